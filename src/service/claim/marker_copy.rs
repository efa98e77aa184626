//! The second copy of the marker, outside of the data folder: two places on the partition of an
//! appliance that holds the loader's environment, which lies before them. A file can stand for it.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use stead_rules::claim::{COPY_BYTES, Generation, MarkerCopy, copy_bytes};
use stead_rules::ids::BoxId;
use stead_rules::limits::MARKER_COPY_OFFSETS;

/// The copy could not be written.
#[derive(Debug, thiserror::Error)]
#[error("writing the second copy of the marker to {}", path.display())]
pub(super) struct CopyError {
    path: PathBuf,
    source: io::Error,
}

/// Reads the copy. What cannot be read is no sign of a new server.
pub(super) fn read(path: &Path) -> MarkerCopy {
    let places = File::open(path).map(|file| {
        MARKER_COPY_OFFSETS.map(|offset| {
            let mut bytes = [0; COPY_BYTES];
            file.read_exact_at(&mut bytes, offset).ok().map(|()| bytes)
        })
    });
    match places {
        Ok([first, second]) => {
            MarkerCopy::of(first.as_ref().map(|b| &b[..]), second.as_ref().map(|b| &b[..]))
        }
        Err(error) => {
            tracing::error!(
                path = %path.display(), %error,
                "the second copy of the marker cannot be read: without it a server counts as claimed"
            );
            MarkerCopy::Unreadable
        }
    }
}

/// Writes both places, one after the other, so that one of them is whole at any moment.
pub(super) fn write(path: &Path, box_id: BoxId, generation: Generation) -> Result<(), CopyError> {
    fill(path, &copy_bytes(box_id, generation))
}

/// Takes the copy away: this is a new server again. Between the two places the second counts still; a
/// wipe that is cut off there goes on at the next start.
pub(super) fn blank(path: &Path) -> Result<(), CopyError> {
    fill(path, &[0; COPY_BYTES])
}

fn fill(path: &Path, bytes: &[u8; COPY_BYTES]) -> Result<(), CopyError> {
    let written = OpenOptions::new().write(true).open(path).and_then(|file| {
        for offset in MARKER_COPY_OFFSETS {
            file.write_all_at(bytes, offset)?;
            file.sync_all()?;
        }
        Ok(())
    });
    written.map_err(|source| CopyError { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: BoxId = BoxId::from_bytes([0xab; 16]);

    #[test]
    fn a_copy_lies_beyond_the_loaders_environment_and_leaves_it_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        assert_eq!(read(&path), MarkerCopy::Unreadable, "no partition is no new server");
        assert!(write(&path, ID, Generation(1)).is_err(), "it is never made");
        let environment = vec![0x5a; 128 * 1024];
        let mut whole = environment.clone();
        whole.resize(1024 * 1024, 0);
        std::fs::write(&path, &whole).unwrap();
        assert_eq!(read(&path), MarkerCopy::None);
        for generation in [1, 7] {
            let generation = Generation(generation);
            write(&path, ID, generation).unwrap();
            assert_eq!(read(&path), MarkerCopy::Of { box_id: ID, generation });
        }
        let after = std::fs::read(&path).unwrap();
        assert_eq!((after.len(), &after[..environment.len()]), (whole.len(), &environment[..]));
        blank(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), whole);
        std::fs::write(&path, &environment).unwrap();
        assert_eq!(read(&path), MarkerCopy::Unreadable, "a partition that is too short");
    }
}
