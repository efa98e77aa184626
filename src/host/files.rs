//! Writing files so that a cut of power leaves either the old or the new content, never a mix.
//!
//! The order is: temporary file in the same folder, content, fsync, rename, fsync of the folder.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

#[cfg(test)]
mod tests;

/// Only the service itself reads the file: keys, secrets, markers.
pub const PRIVATE: u32 = 0o600;

/// Why a file could not be written or removed durably.
#[derive(Debug, thiserror::Error)]
#[error("{doing} {}", path.display())]
pub struct FileError {
    doing: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl FileError {
    /// The kind of the failure underneath, to tell a full disk from a missing right.
    #[must_use]
    pub fn kind(&self) -> io::ErrorKind {
        self.source.kind()
    }

    /// Whether there was no room.
    #[must_use]
    pub fn is_full(&self) -> bool {
        super::disk::is_full(&self.source)
    }
}

/// Replaces `path` by `bytes` with exactly the permissions `mode`. On an error the old file is
/// untouched.
pub fn write_atomically(path: &Path, bytes: &[u8], mode: u32) -> Result<(), FileError> {
    let temporary = beside(path);
    let written = write_new(&temporary, bytes, mode)
        .and_then(|()| fs::rename(&temporary, path))
        .map_err(failed("writing", path));
    if written.is_err() {
        // What is left of the temporary file only takes room; the first error is the one to tell.
        let _ = fs::remove_file(&temporary);
    }
    written?;
    sync_folder_of(path)
}

/// Removes `path` so that it stays removed after a cut of power. A missing file is fine.
pub fn remove_durably(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Ok(()) => sync_folder_of(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(failed("removing", path)(error)),
    }
}

/// Renames `path` within its folder so that it stays renamed after a cut of power. A missing file is fine.
pub fn rename_durably(path: &Path, to: &Path) -> Result<(), FileError> {
    match fs::rename(path, to) {
        Ok(()) => sync_folder_of(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(failed("renaming", path)(error)),
    }
}

/// A file left by a killed writer is overwritten: the service holds the only lock on its folder.
fn write_new(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(path)?;
    // The mode given to open is cut by the umask and ignored when the file is already there.
    file.set_permissions(fs::Permissions::from_mode(mode))?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default();
    let hidden: OsString = [".".as_ref(), name, ".new".as_ref()].into_iter().collect();
    path.with_file_name(hidden)
}

fn sync_folder_of(path: &Path) -> Result<(), FileError> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    };
    File::open(folder).and_then(|opened| opened.sync_all()).map_err(failed("syncing", folder))
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FileError {
    let path = path.to_path_buf();
    move |source| FileError { doing, path, source }
}
