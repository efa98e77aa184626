//! The box's id outside of the database: a server that lost its accounts keeps its name and its
//! certificates, so that whoever trusted it before the loss still does after the restore.

use std::path::Path;

use stead_rules::ids::BoxId;

use crate::host::files::{FileError, PRIVATE, write_atomically};

const FIRST_LINE: &str = "This is the id of this Stead server. Do not remove this file.";
const KEY: &str = "box ";

/// The id that was kept, if it can be read.
pub(super) fn read(path: &Path) -> Option<BoxId> {
    let text = std::fs::read_to_string(path).ok()?;
    let mut lines = text.lines();
    if lines.next()? != FIRST_LINE {
        return None;
    }
    lines.next()?.strip_prefix(KEY)?.parse().ok()
}

/// Keeps the id, if it is not kept already.
pub(super) fn keep(path: &Path, id: BoxId) -> Result<(), FileError> {
    if read(path) == Some(id) {
        return Ok(());
    }
    let text = format!("{FIRST_LINE}\n{KEY}{id}\n");
    write_atomically(path, text.as_bytes(), PRIVATE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_was_kept_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("box");
        assert_eq!(read(&path), None);
        let [one, other] = [1, 2].map(|byte| BoxId::from_bytes([byte; 16]));
        for id in [one, one, other] {
            keep(&path, id).unwrap();
            assert_eq!(read(&path), Some(id));
        }
        let whole = std::fs::read_to_string(&path).unwrap();
        for damaged in ["", "box 02", &whole[..40], &whole[..whole.len() - 9], &whole[62..]] {
            std::fs::write(&path, damaged).unwrap();
            assert_eq!(read(&path), None, "{damaged:?}");
        }
    }
}
