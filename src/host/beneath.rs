//! Opening a file inside a folder and nowhere else, whatever links lie on the way: none is
//! followed, not even one that stays inside. The walk follows none either, so a link is there only
//! where somebody put it in the place of what the walk saw.
//!
//! The kernel does it in one step (`openat2`, Linux 5.6). Boxes with an older kernel of their
//! maker, and emulators, do not know that step; there every part of the path is opened by itself.

use std::ffi::OsStr;
use std::fs::{File, Metadata};
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
    open_as(folder, path, READING)
}

/// Opens the folder at `path`, which counts from `folder`; the folder itself for no path.
///
/// # Errors
/// When there is no such folder, it may not be read, or the path leads out.
pub fn open_folder_beneath(folder: impl AsFd, path: &Path) -> io::Result<File> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    open_as(folder, path, READING | OFlags::DIRECTORY)
}

/// The facts of what `name` is in `folder`, a link being a link. It is not opened for reading, so
/// nothing waits and its rights do not matter.
///
/// # Errors
/// When there is nothing of that name.
pub fn facts_in(folder: impl AsFd, name: &OsStr) -> io::Result<Metadata> {
    let looking = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    File::from(openat(folder, name, looking, Mode::empty())?).metadata()
}

/// As [`facts_in`] for a path: only its last part may be a link, and is told as one.
///
/// # Errors
/// When there is nothing, or the path leads over a link or out of the folder.
pub fn facts_beneath(folder: impl AsFd, path: &Path) -> io::Result<Metadata> {
    let name = path.file_name().ok_or(Errno::INVAL)?;
    facts_in(open_folder_beneath(folder, path.parent().unwrap_or(Path::new("")))?, name)
}

fn open_as(folder: impl AsFd, path: &Path, flags: OFlags) -> io::Result<File> {
    match in_one_step(&folder, path, flags) {
        Err(Errno::NOSYS) => Ok(part_by_part(&folder, path, flags)?),
        opened => Ok(opened?),
    }
}

fn in_one_step(folder: impl AsFd, path: &Path, flags: OFlags) -> Result<File, Errno> {
    let within = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    openat2(folder, path, flags, Mode::empty(), within).map(File::from)
}

fn part_by_part(folder: impl AsFd, path: &Path, flags: OFlags) -> Result<File, Errno> {
    let on_the_way = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::DIRECTORY | OFlags::NOFOLLOW;
    let mut parts = path.components().peekable();
    let mut here = openat(folder, ".", on_the_way, Mode::empty())?;
    while let Some(part) = parts.next() {
        let name = match part {
            Component::Normal(name) => name,
            Component::CurDir => OsStr::new("."),
            // What openat2 says of a path that leads out.
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                return Err(Errno::XDEV);
            }
        };
        let last = parts.peek().is_none();
        let flags = if last { flags | OFlags::NOFOLLOW } else { on_the_way };
        here = openat(&here, name, flags, Mode::empty())?;
    }
    Ok(File::from(here))
}
