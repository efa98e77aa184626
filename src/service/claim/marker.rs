//! The marker that says, outside the database, that there once was an owner, and in which era the
//! accounts are.

use std::io::ErrorKind;
use std::path::Path;

use stead_rules::claim::{Generation, Marker};
use stead_rules::ids::EraId;

use crate::host::files::{FileError, PRIVATE, write_atomically};

const FIRST_LINE: &str = "This Stead server has been claimed. Do not remove this file.";
const KEY: &str = "generation ";
const ERA: &str = "era ";

/// Reads the marker; anything but a whole one or none at all is unreadable.
pub(super) fn read(path: &Path) -> (Marker, Option<EraId>) {
    match std::fs::read_to_string(path) {
        Ok(text) => match parse(&text) {
            Some((generation, era)) => (Marker::Generation(generation), era),
            None => (Marker::Unreadable, None),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => (Marker::None, None),
        Err(_) => (Marker::Unreadable, None),
    }
}

/// Writes the marker so that it is on the disk when this returns.
pub(super) fn write(
    path: &Path,
    generation: Generation,
    era: Option<EraId>,
) -> Result<(), FileError> {
    let era = era.map(|era| format!("{ERA}{era}\n")).unwrap_or_default();
    let text = format!("{FIRST_LINE}\n{KEY}{}\n{era}", generation.0);
    write_atomically(path, text.as_bytes(), PRIVATE)
}

/// A marker of a version that kept no eras has no third line.
fn parse(text: &str) -> Option<(Generation, Option<EraId>)> {
    let mut lines = text.lines();
    if lines.next()? != FIRST_LINE {
        return None;
    }
    let number = lines.next()?.strip_prefix(KEY)?;
    let generation = number.parse().ok().filter(|number| *number > 0).map(Generation)?;
    let era = match lines.next() {
        Some(line) => Some(line.strip_prefix(ERA)?.parse().ok()?),
        None => None,
    };
    Some((generation, era))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_read_as_it_was_written_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("marker");
        assert_eq!(read(&path), (Marker::None, None));
        let era = Some(EraId::from_bytes([0xab; 16]));
        for (generation, era) in [(1, None), (1, era), (7, era)] {
            write(&path, Generation(generation), era).unwrap();
            assert_eq!(read(&path), (Marker::Generation(Generation(generation)), era));
        }
        let whole = std::fs::read_to_string(&path).unwrap();
        // A marker that ends with its second line is an older one, and knows no era.
        let second_ends = whole.find("\nera ").unwrap();
        let torn = (0..whole.len() - 1).filter(|at| ![second_ends, second_ends + 1].contains(at));
        for at in torn {
            std::fs::write(&path, &whole[..at]).unwrap();
            assert_eq!(read(&path), (Marker::Unreadable, None), "{:?}", &whole[..at]);
        }
        std::fs::write(&path, whole.replace("era ", "age ")).unwrap();
        assert_eq!(read(&path), (Marker::Unreadable, None));
    }
}
