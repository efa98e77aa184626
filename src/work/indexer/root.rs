//! Whether the folder of a library is the one it was: an empty mount point looks just like a
//! library that was thrown away.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// What a folder is: the id of its file system, which survives restarts, and its inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RootIdentity {
    pub(super) filesystem: i64,
    pub(super) inode: i64,
}

impl RootIdentity {
    /// What lies at `path` now.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let meta = fs::metadata(path)?;
        if !meta.is_dir() {
            return Err(io::Error::from(io::ErrorKind::NotADirectory));
        }
        let filesystem = rustix::fs::statvfs(path)?.f_fsid;
        Ok(Self { filesystem: filesystem.cast_signed(), inode: meta.ino().cast_signed() })
    }
}

/// Whether a folder can be read as the library it was. Another file system is fine (a disk was
/// replaced by its copy), an empty folder is fine (everything was deleted: the owner is asked), but
/// both together are a disk that is not plugged in.
pub(super) fn is_there(path: &Path, before: Option<RootIdentity>) -> Option<RootIdentity> {
    let now = RootIdentity::of(path).ok()?;
    let is_other = before.is_some_and(|before| before != now);
    if is_other && is_empty(path) {
        return None;
    }
    Some(now)
}

fn is_empty(path: &Path) -> bool {
    fs::read_dir(path).map_or(true, |mut entries| entries.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::{RootIdentity, is_there};

    #[test]
    fn an_empty_folder_in_place_of_a_library_is_a_missing_disk() {
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().join("library");
        std::fs::create_dir(&library).unwrap();
        std::fs::write(library.join("film.mkv"), "x").unwrap();
        let before = RootIdentity::of(&library).unwrap();
        assert_eq!(is_there(&library, Some(before)), Some(before));
        std::fs::rename(&library, folder.path().join("elsewhere")).unwrap();
        assert_eq!(is_there(&library, Some(before)), None, "gone");
        std::fs::create_dir(&library).unwrap();
        assert_eq!(is_there(&library, Some(before)), None, "an empty mount point");
        assert!(is_there(&library, None).is_some(), "a new library may be empty");
        std::fs::write(library.join("film.mkv"), "x").unwrap();
        assert!(is_there(&library, Some(before)).is_some(), "a copy on another disk");
    }
}
