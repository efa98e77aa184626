//! The marker that says, outside the database, that there once was an owner.

use std::io::ErrorKind;
use std::path::Path;

use stead_rules::claim::{Generation, Marker};

use crate::host::files::{FileError, PRIVATE, write_atomically};

const FIRST_LINE: &str = "This Stead server has been claimed. Do not remove this file.";
const KEY: &str = "generation ";

/// Reads the marker; anything but a whole one or none at all is unreadable.
pub(super) fn read(path: &Path) -> Marker {
    match std::fs::read_to_string(path) {
        Ok(text) => parse(&text).map_or(Marker::Unreadable, Marker::Generation),
        Err(error) if error.kind() == ErrorKind::NotFound => Marker::None,
        Err(_) => Marker::Unreadable,
    }
}

/// Writes the marker so that it is on the disk when this returns.
pub(super) fn write(path: &Path, generation: Generation) -> Result<(), FileError> {
    let text = format!("{FIRST_LINE}\n{KEY}{}\n", generation.0);
    write_atomically(path, text.as_bytes(), PRIVATE)
}

fn parse(text: &str) -> Option<Generation> {
    let mut lines = text.lines();
    if lines.next()? != FIRST_LINE {
        return None;
    }
    let number = lines.next()?.strip_prefix(KEY)?;
    number.parse().ok().filter(|number| *number > 0).map(Generation)
}
