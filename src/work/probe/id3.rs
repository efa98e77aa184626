//! ID3v2 (2.2, 2.3, 2.4) and ID3v1: the texts, and where the cover lies.

use std::borrow::Cow;

use super::Tags;
use super::bytes::Bytes;
use super::comments::{first, number, tidy, year};
use super::source::Source;
use crate::work::worker::wire::Span;
use stead_rules::limits::PROBE_STEPS_MAX;

/// Longest text frame that is read; lyrics and serial numbers may be longer.
const TEXT_BYTES_MAX: u64 = 8 * 1024;
/// Longest head of a picture frame: kind of file, kind of picture, description.
const PICTURE_HEAD_BYTES: u64 = 1024;

/// What the first ten bytes of a tag say.
#[derive(Debug, Clone, Copy)]
struct Tag {
    version: u8,
    unsynchronised: bool,
    extended: bool,
    from: u64,
    to: u64,
}

/// Where the tag that begins at `at` ends; `None` when there is none.
pub(super) fn tag_end(source: &Source<'_>, at: u64) -> Option<u64> {
    tag(source, at).map(|tag| tag.to)
}

fn tag(source: &Source<'_>, at: u64) -> Option<Tag> {
    let head = source.read(at, 10)?;
    let mut bytes = Bytes::new(&head);
    if bytes.array()? != *b"ID3" {
        return None;
    }
    let version = bytes.u8()?;
    bytes.skip(1)?;
    let flags = bytes.u8()?;
    let length = synchsafe(bytes.be32()?);
    let footer = if flags & 0x10 == 0 { 0 } else { 10 };
    let from = at.checked_add(10)?;
    Some(Tag {
        version,
        unsynchronised: flags & 0x80 != 0,
        extended: flags & 0x40 != 0,
        from,
        to: from + u64::from(length) + footer,
    })
}

/// Reads the tag at the start of the file; what is broken is left out.
pub(super) fn read(source: &Source<'_>, tags: &mut Tags) -> Option<Span> {
    let tag = tag(source, 0)?;
    let mut cover = None;
    let mut at = after_extended(source, tag).unwrap_or(tag.from);
    for _ in 0..PROBE_STEPS_MAX {
        let Some(frame) = frame(source, tag, at) else { break };
        if frame.is_picture() {
            cover = cover.or_else(|| picture(source, tag, frame));
        } else if let Some(text) = text(source, tag, frame) {
            set(tags, frame.id, &text);
        }
        at = frame.to;
    }
    cover
}

fn after_extended(source: &Source<'_>, tag: Tag) -> Option<u64> {
    if !tag.extended {
        return None;
    }
    let length = Bytes::new(&source.read(tag.from, 4)?).be32()?;
    let length = if tag.version >= 4 { synchsafe(length) } else { length.checked_add(4)? };
    tag.from.checked_add(u64::from(length))
}

#[derive(Debug, Clone, Copy)]
struct Frame {
    id: [u8; 4],
    /// Something stands before the content: a length, a group.
    flags: u8,
    from: u64,
    to: u64,
}

impl Frame {
    fn is_picture(self) -> bool {
        matches!(&self.id, b"APIC" | b"PIC\0")
    }
}

fn frame(source: &Source<'_>, tag: Tag, at: u64) -> Option<Frame> {
    let short = tag.version == 2;
    let head_length: u64 = if short { 6 } else { 10 };
    let from = at.checked_add(head_length)?;
    let head = source.read(at, head_length).filter(|_| from <= tag.to)?;
    let mut bytes = Bytes::new(&head);
    let (id, length, flags) = if short {
        let [a, b, c] = bytes.array()?;
        ([a, b, c, 0], bytes.be24()?, 0)
    } else {
        let id = bytes.array()?;
        let length = bytes.be32()?;
        let length = if tag.version >= 4 { synchsafe(length) } else { length };
        bytes.skip(1)?;
        (id, length, bytes.u8()?)
    };
    let to = from.checked_add(u64::from(length))?;
    let is_padding = id.first() == Some(&0);
    (!is_padding && length > 0 && to <= tag.to).then_some(Frame { id, flags, from, to })
}

/// The text of a frame that begins with `T`.
fn text(source: &Source<'_>, tag: Tag, frame: Frame) -> Option<String> {
    if frame.id.first() != Some(&b'T') || is_packed(tag, frame) {
        return None;
    }
    let from = content_from(tag, frame);
    let block = source.read(from, frame.to.checked_sub(from)?.min(TEXT_BYTES_MAX))?;
    let unsynchronised = tag.unsynchronised || (tag.version >= 4 && frame.flags & 2 != 0);
    let block = if unsynchronised { Cow::Owned(synchronised(&block)) } else { block };
    let (encoding, rest) = block.split_first()?;
    let decoded = decode(*encoding, rest)?;
    // 2.4 lists several values; the first is the one that matters.
    decoded.split('\0').next().and_then(tidy)
}

/// Compressed or encrypted.
fn is_packed(tag: Tag, frame: Frame) -> bool {
    let mask = if tag.version >= 4 { 0x0C } else { 0xC0 };
    frame.flags & mask != 0
}

fn content_from(tag: Tag, frame: Frame) -> u64 {
    let grouped = if tag.version >= 4 { frame.flags & 0x40 } else { frame.flags & 0x20 };
    let length = if tag.version >= 4 { frame.flags & 1 } else { 0 };
    frame.from + u64::from(grouped != 0) + if length == 0 { 0 } else { 4 }
}

/// Where the bytes of the picture lie behind its kind and description.
fn picture(source: &Source<'_>, tag: Tag, frame: Frame) -> Option<Span> {
    if is_packed(tag, frame) {
        return None;
    }
    let from = content_from(tag, frame);
    let block = source.read(from, frame.to.checked_sub(from)?.min(PICTURE_HEAD_BYTES))?;
    let mut bytes = Bytes::new(&block);
    let encoding = bytes.u8()?;
    if tag.version == 2 {
        bytes.skip(3)?;
    } else {
        let mime = bytes.rest().iter().position(|byte| *byte == 0)?;
        bytes.skip(mime + 1)?;
    }
    bytes.skip(1)?;
    let description = text_end(encoding, bytes.rest())?;
    bytes.skip(description)?;
    let offset = from + (block.len() - bytes.left()) as u64;
    let unsynchronised = tag.unsynchronised || (tag.version >= 4 && frame.flags & 2 != 0);
    Some(Span { offset, length: frame.to.checked_sub(offset)?, unsynchronised })
}

/// Length of a text with its end mark.
fn text_end(encoding: u8, rest: &[u8]) -> Option<usize> {
    if matches!(encoding, 1 | 2) {
        let pairs = rest.chunks_exact(2).position(|pair| pair == [0, 0])?;
        return Some(pairs * 2 + 2);
    }
    rest.iter().position(|byte| *byte == 0).map(|end| end + 1)
}

fn decode(encoding: u8, bytes: &[u8]) -> Option<String> {
    match encoding {
        0 => Some(bytes.iter().map(|byte| char::from(*byte)).collect()),
        1 => match bytes.split_at_checked(2) {
            Some(([0xFE, 0xFF], rest)) => Some(utf16(rest, u16::from_be_bytes)),
            Some(([0xFF, 0xFE], rest)) => Some(utf16(rest, u16::from_le_bytes)),
            _ => Some(utf16(bytes, u16::from_le_bytes)),
        },
        2 => Some(utf16(bytes, u16::from_be_bytes)),
        3 => Some(String::from_utf8_lossy(bytes).into_owned()),
        _ => None,
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).filter_map(|pair| pair.try_into().ok().map(unit));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

fn set(tags: &mut Tags, id: [u8; 4], text: &str) {
    match &id {
        b"TIT2" | b"TT2\0" => first(&mut tags.title, text),
        b"TPE1" | b"TP1\0" => first(&mut tags.artist, text),
        b"TPE2" | b"TP2\0" => first(&mut tags.album_artist, text),
        b"TALB" | b"TAL\0" => first(&mut tags.album, text),
        b"TCON" | b"TCO\0" => first(&mut tags.genre, text),
        b"TDRC" | b"TYER" | b"TYE\0" | b"TDOR" => tags.year = tags.year.or_else(|| year(text)),
        b"TRCK" | b"TRK\0" => tags.track = tags.track.or_else(|| number(text)),
        b"TPOS" | b"TPA\0" => tags.disc = tags.disc.or_else(|| number(text)),
        _ => {}
    }
}

/// ID3v1: the last 128 bytes, for what the first tag left open.
pub(super) fn read_v1(source: &Source<'_>, tags: &mut Tags) -> Option<()> {
    let at = source.size().checked_sub(128)?;
    let block = source.read(at, 128)?;
    let mut bytes = Bytes::new(&block);
    if bytes.array()? != *b"TAG" {
        return None;
    }
    let mut field = |length| bytes.take(length).map(latin);
    first(&mut tags.title, &field(30)?);
    first(&mut tags.artist, &field(30)?);
    first(&mut tags.album, &field(30)?);
    let date = field(4)?;
    tags.year = tags.year.or_else(|| year(&date));
    if let [.., 0, track, _] = *block
        && track > 0
    {
        tags.track = tags.track.or(Some(u32::from(track)));
    }
    Some(())
}

fn latin(bytes: &[u8]) -> String {
    bytes.iter().take_while(|byte| **byte != 0).map(|byte| char::from(*byte)).collect()
}

fn synchronised(bytes: &[u8]) -> Vec<u8> {
    let mut previous = 0;
    bytes
        .iter()
        .copied()
        .filter(|&byte| {
            let stuffing = previous == 0xFF && byte == 0;
            previous = byte;
            !stuffing
        })
        .collect()
}

/// Seven bits to a byte, so that no length looks like sound.
fn synchsafe(value: u32) -> u32 {
    let [a, b, c, d] = value.to_be_bytes().map(|byte| u32::from(byte & 0x7F));
    a << 21 | b << 14 | c << 7 | d
}
