//! Disks as this program meets them: how much is free, why a write failed, and a reserve for the
//! moment when nothing is free.

use rustix::io::Errno;
use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// What is set aside, to be given up when the disk is full: enough for both databases to finish
/// what they are writing and for an owner to tidy up.
pub const BALLAST_BYTES: u64 = 32 * 1024 * 1024;

/// The reserve is only set aside while this many times its size is free: a small disk is for its
/// owner to fill.
const BALLAST_ROOM: u64 = 8;

/// With less than this a write may fail for want of room: what a sign-in or a claim needs, with
/// both databases' logs.
const FULL_BELOW_BYTES: u64 = 1024 * 1024;

/// What indexing and pictures leave to people: a claim, sign-ins and settings of many days.
const LEFT_TO_PEOPLE_BYTES: u64 = 8 * 1024 * 1024;

/// What the kernel calls the disks and their partitions, and how large they are, as it lists them:
/// another text when one has come or gone.
///
/// # Errors
/// When `/proc` cannot be read.
pub fn partitions() -> io::Result<String> {
    std::fs::read_to_string("/proc/partitions")
}

/// Whether so much free space is enough to set the reserve aside.
#[must_use]
pub const fn has_room_for_ballast(free_bytes: u64) -> bool {
    free_bytes >= BALLAST_BYTES * BALLAST_ROOM
}

/// Why a disk took no write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// No space or no quota is left.
    Full,
    /// The file system is read-only.
    ReadOnly,
    /// This user may not.
    Denied,
    /// Something else: see the error itself.
    Other,
}

impl Trouble {
    /// Sorts an error.
    #[must_use]
    pub fn of(error: &io::Error) -> Self {
        match error.raw_os_error().map(Errno::from_raw_os_error) {
            Some(Errno::NOSPC | Errno::DQUOT) => Self::Full,
            Some(Errno::ROFS) => Self::ReadOnly,
            Some(Errno::ACCESS | Errno::PERM) => Self::Denied,
            Some(_) | None => Self::Other,
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "no space is left there",
            Self::ReadOnly => "the file system is read-only",
            Self::Denied => "this user may not write there",
            Self::Other => "the disk refused",
        })
    }
}

/// True for "no space left" and "quota exceeded".
#[must_use]
pub fn is_full(error: &io::Error) -> bool {
    Trouble::of(error) == Trouble::Full
}

/// The room on a file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// What this user may still fill.
    pub free_bytes: u64,
    /// All of it.
    pub total_bytes: u64,
}

impl Space {
    /// Whether a write may fail for want of room.
    #[must_use]
    pub const fn is_full(self) -> bool {
        self.free_bytes < FULL_BELOW_BYTES
    }

    /// Whether what is left is for people alone.
    #[must_use]
    pub const fn is_short(self) -> bool {
        self.free_bytes < LEFT_TO_PEOPLE_BYTES
    }

    /// Whether so much more fits beside what is left to people.
    #[must_use]
    pub const fn holds(self, bytes: u64) -> bool {
        self.free_bytes >= bytes.saturating_add(LEFT_TO_PEOPLE_BYTES)
    }

    /// Whether work that was stopped by a short disk goes on: with twice what stops it, so that
    /// it does not begin for one file.
    #[must_use]
    pub const fn has_room_for_work(self) -> bool {
        self.free_bytes >= 2 * LEFT_TO_PEOPLE_BYTES
    }

    /// Whether all is well: there is room, and the reserve is there or would not be the last.
    #[must_use]
    pub const fn is_well(self, is_set_aside: bool) -> bool {
        !self.is_full() && (is_set_aside || self.free_bytes >= 2 * BALLAST_BYTES)
    }
}

/// The room on the file system that holds `path`.
pub fn space(path: &Path) -> io::Result<Space> {
    let stat = rustix::fs::statvfs(path)?;
    Ok(Space {
        free_bytes: stat.f_bavail.saturating_mul(stat.f_frsize),
        total_bytes: stat.f_blocks.saturating_mul(stat.f_frsize),
    })
}

/// A file that only takes space, until the space is needed.
#[derive(Debug, Clone)]
pub struct Ballast {
    file: PathBuf,
    bytes: u64,
}

impl Ballast {
    /// The reserve in a data folder; it is not made yet.
    #[must_use]
    pub fn of(data_dir: &Path) -> Self {
        Self { file: data_dir.join("ballast"), bytes: BALLAST_BYTES }
    }

    /// Whether the reserve lies there.
    #[must_use]
    pub fn is_set_aside(&self) -> bool {
        self.file.metadata().is_ok_and(|file| file.len() >= self.bytes)
    }

    /// Sets the reserve aside if there is room for it many times over. True when it lies there.
    pub fn set_aside(&self) -> io::Result<bool> {
        if self.is_set_aside() {
            return Ok(true);
        }
        let folder = self.file.parent().unwrap_or(Path::new("."));
        if !has_room_for_ballast(space(folder)?.free_bytes) {
            return Ok(false);
        }
        self.take_whole().map(|()| true)
    }

    /// Takes all of it or nothing: a part of a reserve would be taken for the whole one.
    fn take_whole(&self) -> io::Result<()> {
        let taken = self.take();
        if taken.is_err() {
            // What could not be written can be removed; the first error is the one to tell.
            let _ = std::fs::remove_file(&self.file);
        }
        taken
    }

    /// Space that is really taken: a file with holes would reserve nothing.
    fn take(&self) -> io::Result<()> {
        let file = File::create(&self.file)?;
        rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, self.bytes)?;
        file.sync_all()
    }

    /// Gives the reserve up. True when there was one, so that a failed write is worth trying again.
    pub fn give_up(&self) -> bool {
        std::fs::remove_file(&self.file).is_ok()
    }
}

#[cfg(test)]
mod tests;
