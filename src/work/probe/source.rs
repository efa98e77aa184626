//! A file as the parsers see it: its two ends are at hand, the rest is read at an offset.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::work::launcher::Cancel;
use stead_rules::limits::{CONTENT_KEY_END_BYTES, PROBE_BLOCK_BYTES_MAX};

/// A file whose ends have been read. They are needed for the content key anyway, and most headers
/// lie in them, so most files cost two reads.
#[derive(Debug)]
pub(crate) struct Source<'f> {
    file: &'f File,
    cancel: &'f Cancel,
    size: u64,
    head: Vec<u8>,
    tail: Vec<u8>,
    /// The first thing that the disk refused. Whatever a parser concludes after it says nothing
    /// about the file.
    refused: OnceCell<io::Error>,
}

impl<'f> Source<'f> {
    pub(crate) fn open(file: &'f File, cancel: &'f Cancel) -> io::Result<Self> {
        let size = file.metadata()?.len();
        let end_of =
            |length: u64| usize::try_from(length).unwrap_or(usize::MAX).min(CONTENT_KEY_END_BYTES);
        let head = read_all(file, 0, end_of(size))?;
        let length = end_of(size - head.len() as u64);
        let tail = read_all(file, size - length as u64, length)?;
        Ok(Self { file, cancel, size, head, tail, refused: OnceCell::new() })
    }

    /// Why not everything that was asked for could be read, if so.
    pub(crate) fn into_refused(self) -> Option<io::Error> {
        self.refused.into_inner()
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// The first bytes, up to 64 KiB.
    pub(crate) fn head(&self) -> &[u8] {
        &self.head
    }

    /// The last bytes, up to 64 KiB; of a short file what does not belong to its head.
    pub(crate) fn tail(&self) -> &[u8] {
        &self.tail
    }

    fn tail_offset(&self) -> u64 {
        self.size.saturating_sub(self.tail.len() as u64)
    }

    /// The last bytes of the file with the offset where they begin, also of a short file.
    pub(crate) fn end(&self) -> (u64, &[u8]) {
        if self.tail.is_empty() { (0, &self.head) } else { (self.tail_offset(), &self.tail) }
    }

    /// `length` bytes at `offset`; `None` when they are not all there, are too many to hold, or the
    /// disk refuses.
    pub(crate) fn read(&self, offset: u64, length: u64) -> Option<Cow<'_, [u8]>> {
        if length > PROBE_BLOCK_BYTES_MAX || offset.checked_add(length)? > self.size {
            return None;
        }
        let length = usize::try_from(length).ok()?;
        if let Some(part) = slice(&self.head, 0, offset, length) {
            return Some(Cow::Borrowed(part));
        }
        if let Some(part) = slice(&self.tail, self.tail_offset(), offset, length) {
            return Some(Cow::Borrowed(part));
        }
        match self.read_from_disk(offset, length) {
            Ok(bytes) => Some(Cow::Owned(bytes)),
            Err(error) => {
                self.refused.get_or_init(|| error);
                None
            }
        }
    }

    fn read_from_disk(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        if self.cancel.is_cancelled() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        read_all(self.file, offset, length)
    }

    /// Up to `length` bytes at `offset`, fewer at the end of the file, none when the disk refuses.
    pub(crate) fn read_some(&self, offset: u64, length: usize) -> Cow<'_, [u8]> {
        let length = (length as u64).min(self.size.saturating_sub(offset));
        self.read(offset, length).unwrap_or_default()
    }
}

fn slice(bytes: &[u8], begins: u64, offset: u64, length: usize) -> Option<&[u8]> {
    let from = usize::try_from(offset.checked_sub(begins)?).ok()?;
    bytes.get(from..from.checked_add(length)?)
}

/// Bytes within the length that the file had: if they are not there, it was cut off a moment ago.
fn read_all(file: &File, offset: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, offset)?;
    Ok(bytes)
}
