//! The cover inside an audio or video file: the probe has found where it lies, this reads it.

use std::fs::File;
use std::os::unix::fs::FileExt;

use stead_rules::limits;

use super::Descriptors;
use super::picture;
use super::wire::{Reply, Span};

/// Makes a picture from the bytes at `span` of the input.
pub(super) fn make(span: Span, descriptors: &Descriptors, widest: u32) -> Reply {
    read(span, descriptors)
        .map_or(Reply::Nothing, |bytes| picture::make_from(&bytes, descriptors, widest))
}

fn read(span: Span, descriptors: &Descriptors) -> Option<Vec<u8>> {
    if span.length > limits::COVER_BYTES_MAX {
        return None;
    }
    let mut bytes = vec![0; usize::try_from(span.length).ok()?];
    let file = File::from(descriptors.input.try_clone().ok()?);
    file.read_exact_at(&mut bytes, span.offset).ok()?;
    if span.unsynchronised {
        bytes = synchronised(&bytes);
    }
    Some(bytes)
}

/// ID3v2 puts a zero after each 0xFF where a player might take it for sound.
fn synchronised(bytes: &[u8]) -> Vec<u8> {
    let mut previous = 0;
    let mut kept = Vec::with_capacity(bytes.len());
    for &byte in bytes {
        if !(previous == 0xFF && byte == 0) {
            kept.push(byte);
        }
        previous = byte;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::synchronised;

    #[test]
    fn the_zero_after_ff_goes_and_no_other() {
        assert_eq!(synchronised(&[0xFF, 0, 0, 0xFF, 0xE0, 0]), [0xFF, 0, 0xFF, 0xE0, 0]);
    }
}
