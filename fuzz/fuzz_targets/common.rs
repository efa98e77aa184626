//! A file of arbitrary bytes, as the prober opens it.

use std::fs::File;
use std::io::Write;

use rustix::fs::{MemfdFlags, memfd_create};
use stead::work::launcher::Cancel;
use stead::work::probe::{Class, probe};

pub fn look(class: Class, bytes: &[u8]) {
    let Ok(descriptor) = memfd_create(c"fuzz", MemfdFlags::CLOEXEC) else { return };
    let mut file = File::from(descriptor);
    if file.write_all(bytes).is_ok() {
        drop(probe(&file, class, &Cancel::default()));
    }
}
