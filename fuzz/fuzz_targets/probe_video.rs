//! Headers of files whose name promises video.
#![no_main]

mod common;

use libfuzzer_sys::fuzz_target;
use stead::work::probe::Class;

fuzz_target!(|bytes: &[u8]| common::look(Class::Video, bytes));
