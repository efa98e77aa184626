//! FLAC: its metadata blocks, and whether its last frame is there.

use super::bytes::{Bytes, left_out};
use super::source::Source;
use super::{Audio, Damage, Header, ProbeError, comments, id3};
use crate::work::worker::wire::Span;

/// Most metadata blocks; a file has about five.
const BLOCKS_MAX: u32 = 128;

/// What STREAMINFO says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stream {
    pub(super) rate_hz: u32,
    pub(super) channels: u32,
    samples: u64,
    block_samples_max: u64,
    fixed_blocks: bool,
}

pub(super) fn header(source: &Source<'_>) -> Result<Header, ProbeError> {
    let damaged = || ProbeError::Damaged { what: "header of the sound" };
    let mut found = Header::default();
    let start = id3::tag_end(source, 0).unwrap_or(0);
    let mut stream = None;
    let mut at = start + 4;
    for _ in 0..BLOCKS_MAX {
        let head = source.read(at, 4).ok_or_else(|| cut_off(source))?;
        let mut bytes = Bytes::new(&head);
        let (kind, length) = bytes.u8().zip(bytes.be24()).ok_or_else(damaged)?;
        let (from, to) = (at + 4, at + 4 + u64::from(length));
        match kind & 0x7F {
            0 => stream = source.read(from, 18).and_then(|block| Stream::of(&block)),
            4 => left_out(
                source
                    .read(from, u64::from(length))
                    .and_then(|block| comments::read(&block, &mut found.tags)),
            ),
            6 => found.cover = found.cover.or_else(|| picture(source, from, to)),
            _ => {}
        }
        at = to;
        if kind & 0x80 != 0 {
            break;
        }
    }
    let stream = stream.ok_or_else(damaged)?;
    found.duration_ms = Some(stream.samples * 1000 / u64::from(stream.rate_hz.max(1)));
    found.duration_ms = found.duration_ms.filter(|ms| *ms > 0);
    if at >= source.size() || ends_early(source, stream) {
        found.damage = Some(Damage { promised_bytes: None });
    }
    found.audio = Some(Audio {
        codec: "flac".to_owned(),
        channels: Some(stream.channels),
        rate_hz: Some(stream.rate_hz),
    });
    Ok(found)
}

fn cut_off(source: &Source<'_>) -> ProbeError {
    ProbeError::Truncated { promised_bytes: None, size: source.size() }
}

impl Stream {
    /// Reads STREAMINFO without its head.
    pub(super) fn of(block: &[u8]) -> Option<Self> {
        let mut bytes = Bytes::new(block);
        let (shortest, longest) = (bytes.be16()?, bytes.be16()?);
        bytes.skip(6)?;
        // 20 bits of rate, 3 of channels, 5 of depth, 36 of samples.
        let packed = bytes.be64()?;
        Some(Self {
            rate_hz: u32::try_from(packed >> 44).ok().filter(|rate| *rate > 0)?,
            channels: u32::try_from((packed >> 41) & 7).ok()? + 1,
            samples: packed & 0xF_FFFF_FFFF,
            block_samples_max: u64::from(longest),
            fixed_blocks: shortest == longest,
        })
    }
}

fn picture(source: &Source<'_>, from: u64, to: u64) -> Option<Span> {
    let mut at = from.checked_add(4)?;
    for _ in ["kind of file", "description"] {
        at = at.checked_add(4 + u64::from(be32(source, at)?))?;
    }
    // Width, height, depth, colours.
    at = at.checked_add(16)?;
    let length = u64::from(be32(source, at)?);
    let offset = at + 4;
    (offset.checked_add(length)? <= to && length > 0).then_some(Span {
        offset,
        length,
        unsynchronised: false,
    })
}

fn be32(source: &Source<'_>, at: u64) -> Option<u32> {
    Bytes::new(&source.read(at, 4)?).be32()
}

/// Whether none of the last frames that were promised is in the file's end. Only streams of
/// equal blocks are judged: there a frame's number tells where it belongs.
fn ends_early(source: &Source<'_>, stream: Stream) -> bool {
    if !stream.fixed_blocks || stream.samples == 0 || stream.block_samples_max == 0 {
        return false;
    }
    let frames = stream.samples.div_ceil(stream.block_samples_max);
    let (_, end) = source.end();
    let is_last = |number: u64| number < frames && number.saturating_add(2) >= frames;
    // What looks like a frame may be chance in the sound itself, but hardly with such a number.
    !(0..end.len()).rev().any(|at| end.get(at..).and_then(frame_number).is_some_and(is_last))
}

/// The number in a frame header whose checksum agrees.
fn frame_number(bytes: &[u8]) -> Option<u64> {
    let [0xFF, 0xF8, sizes, _, ..] = *bytes else { return None };
    let mut rest = Bytes::new(bytes.get(4..)?);
    let number = coded_number(&mut rest)?;
    match sizes >> 4 {
        6 => rest.skip(1)?,
        7 => rest.skip(2)?,
        _ => {}
    }
    match sizes & 15 {
        12 => rest.skip(1)?,
        13 | 14 => rest.skip(2)?,
        _ => {}
    }
    let head = bytes.get(..bytes.len() - rest.left())?;
    (crc8(head) == rest.u8()?).then_some(number)
}

/// A number in the manner of UTF-8, up to seven bytes.
fn coded_number(bytes: &mut Bytes<'_>) -> Option<u64> {
    let first = bytes.u8()?;
    let ones = first.leading_ones();
    if ones == 0 {
        return Some(u64::from(first));
    }
    if ones == 1 || ones > 6 {
        return None;
    }
    let start = u64::from(first & 0x7F_u8.checked_shr(ones)?);
    (1..ones).try_fold(start, |number, _| {
        let next = bytes.u8().filter(|byte| byte & 0xC0 == 0x80)?;
        Some(number << 6 | u64::from(next & 0x3F))
    })
}

pub(super) fn crc8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ byte, |crc, _| if crc & 0x80 == 0 { crc << 1 } else { crc << 1 ^ 7 })
    })
}
