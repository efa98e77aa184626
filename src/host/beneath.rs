//! Opening a file inside a folder and nowhere else, whatever links lie on the way.
//!
//! The kernel does it in one step (`openat2`, Linux 5.6). Boxes with an older kernel of their
//! maker, and emulators, do not know that step; there every part of the path is opened by itself
//! and no link is followed at all, which is stricter and never looser.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::{Component, Path};

use rustix::fs::{Mode, OFlags, ResolveFlags, openat, openat2};
use rustix::io::Errno;

#[cfg(test)]
mod tests;

/// A pipe or a device that took the file's place must not make the opener wait.
const READING: OFlags =
    OFlags::RDONLY.union(OFlags::CLOEXEC).union(OFlags::NONBLOCK).union(OFlags::NOCTTY);

/// Opens `path`, which counts from `folder`, for reading.
///
/// # Errors
/// When there is no such file, it may not be read, or the path leads out of the folder.
pub fn open_beneath(folder: impl AsFd, path: &Path) -> io::Result<File> {
    match in_one_step(&folder, path) {
        Err(Errno::NOSYS) => Ok(part_by_part(&folder, path)?),
        opened => Ok(opened?),
    }
}

fn in_one_step(folder: impl AsFd, path: &Path) -> Result<File, Errno> {
    let within = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    openat2(folder, path, READING, Mode::empty(), within).map(File::from)
}

fn part_by_part(folder: impl AsFd, path: &Path) -> Result<File, Errno> {
    let on_the_way = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::DIRECTORY | OFlags::NOFOLLOW;
    let mut parts = path.components().peekable();
    let mut here = openat(folder, ".", on_the_way, Mode::empty())?;
    while let Some(part) = parts.next() {
        // What openat2 says of a path that leads out.
        let Component::Normal(name) = part else { return Err(Errno::XDEV) };
        let last = parts.peek().is_none();
        let flags = if last { READING | OFlags::NOFOLLOW } else { on_the_way };
        here = openat(&here, name, flags, Mode::empty())?;
    }
    Ok(File::from(here))
}
