//! The last that a server said before it ended: one line in a folder of the system's, for the screen of a
//! box and for whoever leaves a version that does not work.
//!
//! systemd names the folder (`RuntimeDirectory=`) and the config does not: it may be what is wrong.
//! Where nobody names one, nothing is kept.

use std::fs::{self, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use nix::fcntl::OFlag;

use super::files::{FileError, write_atomically};

#[cfg(test)]
mod tests;

/// In that folder.
const NAME: &str = "last-words";

/// The gate of an update has no rights, and is in the server's group.
const MODE: u32 = 0o640;

/// As much as somebody before a screen reads: four lines of it.
const CHARS_MAX: usize = 300;

/// What is read of the file: as many characters of four bytes each.
const BYTES_MAX: u64 = CHARS_MAX as u64 * 4;

/// Keeps why the server ends.
///
/// # Errors
/// [`FileError`]: it could not be written.
pub fn keep(why: &str) -> Result<(), FileError> {
    let Some(path) = place() else { return Ok(()) };
    write_atomically(&path, format!("{}\n", line(why)).as_bytes(), MODE)
}

/// A server that answers speaks for itself.
pub fn forget() {
    if let Some(path) = place() {
        // What is left of it is read only while nothing answers.
        let _ = fs::remove_file(path);
    }
}

/// What the server said last, if it ended by itself and has not answered since.
#[must_use]
pub fn told() -> Option<String> {
    let mut bytes = Vec::new();
    // What lies there is the server's to make: nothing else is read through it, and nobody waits for it.
    let flags = (OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(place()?).ok()?;
    file.take(BYTES_MAX).read_to_end(&mut bytes).ok()?;
    Some(line(&String::from_utf8_lossy(&bytes))).filter(|told| !told.is_empty())
}

/// One line of bounded length that steers no terminal.
#[must_use]
pub fn line(text: &str) -> String {
    let printable: String =
        text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    let words = printable.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(CHARS_MAX).collect()
}

fn place() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "systemd names its folder there only")]
    let folder = std::env::var_os("RUNTIME_DIRECTORY")?;
    Some(PathBuf::from(folder).join(NAME))
}
