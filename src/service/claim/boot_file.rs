//! `stead.txt` on its medium: read whole or not at all, and replaced whole.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use rustix::fs::{Access, access};
use rustix::io::Errno;
use stead_rules::claim::{BootText, blanked, encoded_like, without_reset};
use stead_rules::limits::BOOT_FILE_MAX_BYTES;
use zeroize::Zeroizing;

use crate::host::files::{FileError, PRIVATE, write_atomically};

/// A `stead.txt` is there, and nothing is known of what stands in it.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unread {
    #[error("this file is larger than {} KiB", BOOT_FILE_MAX_BYTES / 1024)]
    TooLarge,
    #[error("the card or stick does not give it")]
    Failed(#[from] io::Error),
}

/// Whether what somebody writes there is found, and can be taken out again: its folder can be read and
/// written, and the file too where there is one. A medium that is not mounted leaves an empty folder
/// of a system that is read-only. Blocks.
pub fn is_within_reach(path: &Path) -> bool {
    let folder = path.parent().unwrap_or(path);
    let open = |path| access(path, Access::READ_OK | Access::WRITE_OK);
    std::fs::read_dir(folder).is_ok()
        && open(folder).is_ok()
        && matches!(open(path), Ok(()) | Err(Errno::NOENT))
}

/// Reads a file in whichever encoding. Blocks.
pub(super) fn read(path: &Path) -> Result<BootText, Unread> {
    let more_than_all = BOOT_FILE_MAX_BYTES + 1;
    // All at once: a buffer that grows would leave copies of secrets behind.
    let room = usize::try_from(more_than_all).unwrap_or_default();
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    File::open(path)?.take(more_than_all).read_to_end(&mut bytes)?;
    if bytes.len() >= room { Err(Unread::TooLarge) } else { Ok(BootText::decode(&bytes)) }
}

/// Replaces a file of which `text` was read: secrets blanked, and `sentences` told at its end.
pub(super) fn write(path: &Path, text: &str, sentences: &[&str]) -> Result<(), FileError> {
    write_atomically(path, blanked(text, sentences).as_bytes(), PRIVATE)
}

/// The same, but of its wishes only a reset is blanked.
pub(super) fn write_without_reset(
    path: &Path,
    text: &str,
    sentences: &[&str],
) -> Result<(), FileError> {
    write_atomically(path, without_reset(text, sentences).as_bytes(), PRIVATE)
}

/// Tells in a file that is too large to be replaced that nothing came of it: at its end, once, and
/// without touching what stands there.
pub(super) fn say_too_large(path: &Path) -> io::Result<()> {
    let sentence = format!(
        "{}, so nothing of it was read, done or taken out. Put your lines into a new and short \
         stead.txt in place of this file.",
        Unread::TooLarge
    );
    let mut file = OpenOptions::new().read(true).append(true).open(path)?;
    let mut head = [0; 2];
    file.read_exact_at(&mut head, 0)?;
    let line = encoded_like(&head, &["\r\n", &blanked("", &[&sentence])].concat());
    let mut end = vec![0; line.len()];
    let before = file.metadata()?.len().saturating_sub(line.len() as u64);
    file.read_exact_at(&mut end, before)?;
    if end != line {
        file.write_all(&line)?;
        file.sync_all()?;
    }
    Ok(())
}
