//! MPEG audio: the first frame, and how long the sound lasts.

use super::bytes::{Bytes, find};
use super::source::Source;
use super::{Audio, Damage, Header, ProbeError, id3};
use stead_rules::limits::SOUND_SEARCH_BYTES_MAX;

/// What the four bytes at a frame's start say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    /// Where it lies in what was searched.
    at: usize,
    layer: u8,
    rate_hz: u32,
    kbit: u32,
    channels: u32,
    samples: u32,
    length: usize,
}

pub(super) fn header(source: &Source<'_>) -> Result<Header, ProbeError> {
    let mut found = Header::default();
    found.cover = id3::read(source, &mut found.tags);
    id3::read_v1(source, &mut found.tags);
    let sound_from = sound_from(source);
    let sound = source.read_some(sound_from, SOUND_SEARCH_BYTES_MAX);
    let cut_off = ProbeError::Truncated { promised_bytes: None, size: source.size() };
    if sound.is_empty() {
        return Err(cut_off);
    }
    let frame = first_frame(&sound).ok_or(ProbeError::Damaged { what: "sound" })?;
    let block = sound.get(frame.at..).unwrap_or_default();
    let first_byte = sound_from + frame.at as u64;
    let span = Span { from: first_byte, to: source.size() };
    measure(block, frame, span, &mut found);
    found.audio = Some(Audio {
        codec: if frame.layer == 3 { "mp3" } else { "mp2" }.to_owned(),
        channels: Some(frame.channels),
        rate_hz: Some(frame.rate_hz),
    });
    Ok(found)
}

#[derive(Debug, Clone, Copy)]
struct Span {
    from: u64,
    to: u64,
}

/// Behind all tags at the start; some writers stack two.
fn sound_from(source: &Source<'_>) -> u64 {
    let mut at = 0;
    for _ in 0..4 {
        match id3::tag_end(source, at) {
            Some(end) => at = end,
            None => break,
        }
    }
    at
}

/// The length by the encoder's own count, else by the bit rate of the first frame.
fn measure(block: &[u8], frame: Frame, span: Span, found: &mut Header) {
    let bytes_there = span.to.saturating_sub(span.from);
    let (frames, bytes) = counts(block).unwrap_or((None, None));
    if let Some(bytes) = bytes
        // A tag at the end is not counted by some encoders, so only a clear lack is one.
        && bytes_there.saturating_add(u64::from(frame.kbit) * 125) < bytes
    {
        found.damage = Some(Damage { promised_bytes: span.from.checked_add(bytes) });
    }
    found.duration_ms = match frames {
        Some(frames) => Some(frames * u64::from(frame.samples) * 1000 / u64::from(frame.rate_hz)),
        None => Some(bytes_there * 8 / u64::from(frame.kbit.max(1))),
    };
}

/// Frames and bytes as the Xing, Info or VBRI header of the first frame counts them.
fn counts(block: &[u8]) -> Option<(Option<u64>, Option<u64>)> {
    let start = block.get(..200.min(block.len()))?;
    if let Some(at) = find(start, b"Xing").or_else(|| find(start, b"Info")) {
        let mut bytes = Bytes::new(block.get(at + 4..)?);
        let flags = bytes.be32()?;
        let frames = if flags & 1 == 0 { None } else { Some(u64::from(bytes.be32()?)) };
        let length = if flags & 2 == 0 { None } else { Some(u64::from(bytes.be32()?)) };
        return Some((frames.filter(|n| *n > 0), length.filter(|n| *n > 0)));
    }
    let at = find(start, b"VBRI")?;
    let mut bytes = Bytes::new(block.get(at + 10..)?);
    let length = u64::from(bytes.be32()?);
    Some((Some(u64::from(bytes.be32()?)), Some(length)))
}

/// The first frame that is followed by another, or that ends exactly with what there is.
pub(super) fn first_frame(bytes: &[u8]) -> Option<Frame> {
    let mut from = 0;
    while let Some(rest) = bytes.get(from..) {
        let at = from + rest.iter().position(|byte| *byte == 0xFF)?;
        if let Some(frame) = frame_at(bytes, at)
            && is_followed(bytes, &frame)
        {
            return Some(frame);
        }
        from = at + 1;
    }
    None
}

fn is_followed(bytes: &[u8], frame: &Frame) -> bool {
    let next = frame.at + frame.length;
    next == bytes.len()
        || frame_at(bytes, next)
            .is_some_and(|next| (next.layer, next.rate_hz) == (frame.layer, frame.rate_hz))
}

fn frame_at(bytes: &[u8], at: usize) -> Option<Frame> {
    const RATES: [u32; 3] = [44_100, 48_000, 32_000];
    let head = Bytes::new(bytes.get(at..)?).be32()?;
    let field = |shift: u32, mask: u32| (head >> shift) & mask;
    let (version, layer_bits) = (field(19, 3), field(17, 3));
    if field(21, 0x7FF) != 0x7FF || version == 1 || layer_bits == 0 {
        return None;
    }
    // 1 stands for MPEG 1, 2 and 4 for halved and quartered rates.
    let divisor = match version {
        3 => 1,
        2 => 2,
        _ => 4,
    };
    let layer = u8::try_from(4 - layer_bits).ok()?;
    let rate_hz = RATES.get(usize::try_from(field(10, 3)).ok()?)? / divisor;
    let kbit = kilobits(divisor == 1, layer, usize::try_from(field(12, 15)).ok()?)?;
    let padding = field(9, 1);
    let samples = match (layer, divisor) {
        (1, _) => 384,
        (3, 2 | 4) => 576,
        _ => 1152,
    };
    let length = match layer {
        1 => (12_000 * kbit / rate_hz + padding) * 4,
        _ => samples / 8 * kbit * 1000 / rate_hz + padding,
    };
    let channels = if field(6, 3) == 3 { 1 } else { 2 };
    let length = usize::try_from(length).ok().filter(|length| *length > 4)?;
    Some(Frame { at, layer, rate_hz, kbit, channels, samples, length })
}

fn kilobits(mpeg1: bool, layer: u8, index: usize) -> Option<u32> {
    const ONE_1: [u32; 14] = [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448];
    const ONE_2: [u32; 14] = [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384];
    const ONE_3: [u32; 14] = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
    const TWO_1: [u32; 14] = [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256];
    const TWO_23: [u32; 14] = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
    let table = match (mpeg1, layer) {
        (true, 1) => ONE_1,
        (true, 2) => ONE_2,
        (true, _) => ONE_3,
        (false, 1) => TWO_1,
        (false, _) => TWO_23,
    };
    // 0 is "free", which nobody uses; 15 is forbidden.
    table.get(index.checked_sub(1)?).copied()
}
