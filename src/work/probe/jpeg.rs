//! JPEG: size, orientation and date, and whether the picture has its end.

use super::bytes::{Bytes, find};
use super::exif::{self, Exif};
use super::source::Source;
use super::{Damage, Header, ProbeError, Size};

/// Most segments before the picture; a camera writes about ten, an editor of colour profiles
/// forty.
const SEGMENTS_MAX: u32 = 512;
/// The end of the picture is searched in steps of this.
const SEARCH_STEP_BYTES: usize = 256 * 1024;
/// How far the end is searched; no camera makes larger ones.
const SEARCH_BYTES_MAX: u64 = 256 * 1024 * 1024;

pub(super) fn header(source: &Source<'_>) -> Result<Header, ProbeError> {
    let mut exif = Exif::default();
    let mut size = None;
    let mut picture_from = None;
    let mut at = 2;
    for _ in 0..SEGMENTS_MAX {
        let Some(segment) = segment(source, at) else { break };
        match segment.marker {
            0xDA => {
                picture_from = Some(segment.to);
                break;
            }
            0xE1 => exif.add(read_exif(source, segment)),
            0xC4 | 0xC8 | 0xCC => {}
            0xC0..=0xCF => size = size.or_else(|| frame_size(source, segment)),
            _ => {}
        }
        at = segment.to;
    }
    let cut_off = Damage { promised_bytes: None };
    let damage = match picture_from {
        Some(from) => (!has_end(source, from)).then_some(cut_off),
        None if at >= source.size() => Some(cut_off),
        None => return Err(ProbeError::Damaged { what: "picture" }),
    };
    let picture = size.map(|size| exif.upright(size));
    if picture.is_none() && damage.is_none() {
        return Err(ProbeError::Damaged { what: "picture" });
    }
    Ok(Header { picture, taken_ms: exif.taken_ms, damage, ..Header::default() })
}

#[derive(Debug, Clone, Copy)]
struct Segment {
    marker: u8,
    from: u64,
    to: u64,
}

fn segment(source: &Source<'_>, at: u64) -> Option<Segment> {
    let head = source.read(at, 4)?;
    let mut bytes = Bytes::new(&head);
    if bytes.u8()? != 0xFF {
        return None;
    }
    let marker = bytes.u8()?;
    if marker == 0xFF {
        // A filler; the marker follows.
        return Some(Segment { marker: 0, from: at + 1, to: at + 1 });
    }
    let length = u64::from(bytes.be16()?.checked_sub(2)?);
    Some(Segment { marker, from: at + 4, to: at + 4 + length })
}

fn frame_size(source: &Source<'_>, segment: Segment) -> Option<Size> {
    let block = source.read(segment.from, 5)?;
    let mut bytes = Bytes::new(&block);
    bytes.skip(1)?;
    let (height, width) = (bytes.be16()?, bytes.be16()?);
    Some(Size { width: u32::from(width), height: u32::from(height) })
}

fn read_exif(source: &Source<'_>, segment: Segment) -> Exif {
    source
        .read(segment.from, segment.to - segment.from)
        .as_deref()
        .and_then(|block| block.strip_prefix(b"Exif\0\0"))
        .map_or_else(Exif::default, exif::read)
}

/// Whether the mark of the end comes after the picture's start. In the picture itself it cannot
/// occur, so the first one is it. Phones append a video to a photo, so it need not be last.
fn has_end(source: &Source<'_>, from: u64) -> bool {
    let (end_from, end) = source.end();
    let behind = usize::try_from(from.saturating_sub(end_from)).unwrap_or(usize::MAX);
    if end.get(behind..).is_some_and(|rest| find(rest, b"\xFF\xD9").is_some()) {
        return true;
    }
    let mut at = from;
    while at < source.size() && at - from < SEARCH_BYTES_MAX {
        let block = source.read_some(at, SEARCH_STEP_BYTES);
        if block.is_empty() {
            // The disk gives no more.
            return false;
        }
        if find(&block, b"\xFF\xD9").is_some() {
            return true;
        }
        // One byte again, as the mark may lie across.
        at += (block.len() as u64).saturating_sub(1).max(1);
    }
    false
}
