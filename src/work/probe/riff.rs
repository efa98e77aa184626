//! RIFF: WAV sound and WebP pictures.

use super::bytes::Bytes;
use super::source::Source;
use super::{Audio, Damage, Header, ProbeError, Size, exif};

/// Most chunks that are looked at.
const CHUNKS_MAX: u32 = 256;

#[derive(Debug, Clone, Copy)]
struct Chunk {
    kind: [u8; 4],
    from: u64,
    length: u64,
}

fn chunk(source: &Source<'_>, at: u64) -> Option<Chunk> {
    let head = source.read(at, 8)?;
    let mut bytes = Bytes::new(&head);
    Some(Chunk { kind: bytes.array()?, from: at + 8, length: u64::from(bytes.le32()?) })
}

fn each(source: &Source<'_>, mut visit: impl FnMut(Chunk)) {
    let mut at = 12;
    for _ in 0..CHUNKS_MAX {
        let Some(chunk) = chunk(source, at) else { break };
        visit(chunk);
        // Chunks begin at even offsets.
        at = chunk.from + chunk.length + chunk.length % 2;
    }
}

fn damage(source: &Source<'_>) -> Option<Damage> {
    let promised = chunk(source, 0).map(|riff| riff.from + riff.length)?;
    // Writers to a pipe leave the largest number behind.
    let known = promised < u64::from(u32::MAX);
    (known && promised > source.size()).then_some(Damage { promised_bytes: Some(promised) })
}

pub(super) fn wave(source: &Source<'_>) -> Result<Header, ProbeError> {
    let mut found = Header { damage: damage(source), ..Header::default() };
    let (mut rate, mut data) = (None, None);
    each(source, |chunk| match &chunk.kind {
        b"fmt " => (rate, found.audio) = format(source, chunk).unzip(),
        b"data" => data = Some(chunk.length.min(source.size() - chunk.from)),
        _ => {}
    });
    let bytes_a_second: u64 = rate.ok_or(ProbeError::Damaged { what: "header of the sound" })?;
    found.duration_ms = data.map(|bytes| bytes.saturating_mul(1000) / bytes_a_second);
    Ok(found)
}

fn format(source: &Source<'_>, chunk: Chunk) -> Option<(u64, Audio)> {
    let block = source.read(chunk.from, 16)?;
    let mut bytes = Bytes::new(&block);
    bytes.skip(2)?;
    let channels = Some(u32::from(bytes.le16()?));
    let rate_hz = bytes.le32();
    let bytes_a_second = bytes.le32().filter(|rate| *rate > 0)?;
    Some((u64::from(bytes_a_second), Audio { codec: "pcm".to_owned(), channels, rate_hz }))
}

pub(super) fn webp(source: &Source<'_>) -> Result<Header, ProbeError> {
    let mut found = Header { damage: damage(source), ..Header::default() };
    let mut taken = None;
    each(source, |chunk| match &chunk.kind {
        b"VP8X" | b"VP8L" | b"VP8 " if found.picture.is_none() => {
            found.picture = webp_size(source, chunk);
        }
        b"EXIF" => taken = source.read(chunk.from, chunk.length).map(|block| exif::read(&block)),
        _ => {}
    });
    let size = found.picture.ok_or(ProbeError::Damaged { what: "picture" })?;
    let taken = taken.unwrap_or_default();
    found.picture = Some(taken.upright(size));
    found.taken_ms = taken.taken_ms;
    Ok(found)
}

fn webp_size(source: &Source<'_>, chunk: Chunk) -> Option<Size> {
    let block = source.read(chunk.from, chunk.length.min(10))?;
    let mut bytes = Bytes::new(&block);
    match &chunk.kind {
        b"VP8X" => {
            bytes.skip(4)?;
            Some(Size { width: bytes.le24()? + 1, height: bytes.le24()? + 1 })
        }
        b"VP8L" => {
            bytes.skip(1)?;
            let packed = bytes.le32()?;
            Some(Size { width: (packed & 0x3FFF) + 1, height: (packed >> 14 & 0x3FFF) + 1 })
        }
        _ => {
            bytes.skip(6)?;
            let points = |value: u16| u32::from(value & 0x3FFF);
            Some(Size { width: points(bytes.le16()?), height: points(bytes.le16()?) })
        }
    }
}
