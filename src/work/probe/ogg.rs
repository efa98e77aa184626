//! Ogg: the first packet of each stream, the texts of the sound, and the position that its last
//! page tells.
//!
//! ```text
//! first pages, one for each stream (Skeleton, Theora, Vorbis …)  │ second packets …  │ … last pages
//! ```

use super::bytes::{Bytes, left_out};
use super::source::Source;
use super::{Audio, Header, ProbeError, Size, Video, comments, flac};
use stead_rules::limits::PROBE_BLOCK_BYTES_MAX;

/// Most pages that are looked at, of the first ones and again of those with the texts.
const PAGES_MAX: u32 = 64;

pub(super) fn header(source: &Source<'_>) -> Result<Header, ProbeError> {
    let (firsts, behind) = first_packets(source);
    if firsts.is_empty() {
        return Err(ProbeError::Damaged { what: "header of the sound" });
    }
    let mut found =
        Header { video: firsts.iter().find_map(|(_, packet)| theora(packet)), ..Header::default() };
    let sound = firsts.iter().find_map(|(serial, packet)| Some((*serial, Sound::of(packet)?)));
    if let Some((serial, sound)) = sound {
        let second = packet_behind(source, behind, serial);
        if let Some(block) = second.as_deref().and_then(|packet| sound.comments(packet)) {
            left_out(comments::read(block, &mut found.tags));
        }
        found.duration_ms = last_position(source, serial).and_then(|at| sound.duration_ms(at));
        found.audio = Some(Audio {
            codec: sound.codec.to_owned(),
            channels: Some(sound.channels),
            rate_hz: Some(sound.rate_hz),
        });
    }
    let is_known = found.video.is_some() || found.audio.is_some();
    is_known.then_some(found).ok_or(ProbeError::Unsupported { what: "Such Ogg" })
}

#[derive(Debug, Clone, Copy)]
struct Sound {
    codec: &'static str,
    channels: u32,
    rate_hz: u32,
    skipped: u64,
}

impl Sound {
    fn of(packet: &[u8]) -> Option<Self> {
        if let Some(rest) = packet.strip_prefix(b"OpusHead") {
            let mut bytes = Bytes::new(rest);
            bytes.skip(1)?;
            let channels = u32::from(bytes.u8()?);
            // Positions of Opus count at 48 kHz whatever was recorded.
            let skipped = u64::from(bytes.le16()?);
            return Some(Self { codec: "opus", channels, rate_hz: 48_000, skipped });
        }
        if let Some(rest) = packet.strip_prefix(b"\x01vorbis") {
            let mut bytes = Bytes::new(rest);
            bytes.skip(4)?;
            let channels = u32::from(bytes.u8()?);
            let rate_hz = bytes.le32().filter(|rate| *rate > 0)?;
            return Some(Self { codec: "vorbis", channels, rate_hz, skipped: 0 });
        }
        // Two bytes of version, two of a count, the mark of FLAC, the head of STREAMINFO.
        let info = packet.strip_prefix(b"\x7FFLAC")?.get(2 + 2 + 4 + 4..)?;
        let flac::Stream { rate_hz, channels, .. } = flac::Stream::of(info)?;
        Some(Self { codec: "flac", channels, rate_hz, skipped: 0 })
    }

    fn comments<'p>(&self, packet: &'p [u8]) -> Option<&'p [u8]> {
        match self.codec {
            "opus" => packet.strip_prefix(b"OpusTags"),
            "vorbis" => packet.strip_prefix(b"\x03vorbis"),
            // A metadata block of FLAC, of the kind 4, with its length in three bytes.
            _ => packet.first().filter(|kind| *kind & 0x7F == 4).and_then(|_| packet.get(4..)),
        }
    }

    fn duration_ms(&self, last: u64) -> Option<u64> {
        let samples = last.checked_sub(self.skipped)?;
        u64::try_from(u128::from(samples) * 1000 / u128::from(self.rate_hz)).ok()
    }
}

fn theora(packet: &[u8]) -> Option<Video> {
    let mut bytes = Bytes::new(packet.strip_prefix(b"\x80theora")?);
    bytes.skip(7)?;
    let size = Size { width: bytes.be24()?, height: bytes.be24()? };
    Some(Video { codec: "theora".to_owned(), size })
}

/// The first packet of each stream with the stream's number, and where the pages behind begin.
fn first_packets(source: &Source<'_>) -> (Vec<(u32, Vec<u8>)>, u64) {
    let (mut firsts, mut at) = (Vec::new(), 0);
    for _ in 0..PAGES_MAX {
        let Some(page) = Page::at(source, at).filter(|page| page.is_first) else { break };
        if let Some(body) = source.read(page.from, page.to - page.from) {
            firsts.push((page.serial, body.into_owned()));
        }
        at = page.to;
    }
    (firsts, at)
}

/// The first packet of a stream on the pages from `at` on.
fn packet_behind(source: &Source<'_>, mut at: u64, serial: u32) -> Option<Vec<u8>> {
    let mut packet = Vec::new();
    for _ in 0..PAGES_MAX {
        let page = Page::at(source, at)?;
        at = page.to;
        if page.serial != serial {
            continue;
        }
        let body = source.read(page.from, page.to - page.from)?;
        let mut bytes = Bytes::new(&body);
        for length in &page.lacing {
            packet.extend_from_slice(bytes.take(usize::from(*length))?);
            if *length < 255 {
                return Some(packet);
            }
        }
        if packet.len() as u64 > PROBE_BLOCK_BYTES_MAX {
            return None;
        }
    }
    None
}

/// Where a page lies; its packets are cut into pieces of the lengths in `lacing`.
#[derive(Debug)]
struct Page {
    is_first: bool,
    serial: u32,
    lacing: Vec<u8>,
    from: u64,
    to: u64,
}

impl Page {
    fn at(source: &Source<'_>, at: u64) -> Option<Self> {
        let head = source.read(at, 27)?;
        let mut bytes = Bytes::new(&head);
        if bytes.array()? != *b"OggS" {
            return None;
        }
        bytes.skip(1)?;
        let is_first = bytes.u8()? & 2 != 0;
        bytes.skip(8)?;
        let serial = bytes.le32()?;
        bytes.skip(8)?;
        let segments = u64::from(bytes.u8()?);
        let from = at.checked_add(27 + segments)?;
        let lacing = source.read(at + 27, segments)?.into_owned();
        let length: u64 = lacing.iter().map(|length| u64::from(*length)).sum();
        Some(Self { is_first, serial, lacing, from, to: from.checked_add(length)? })
    }
}

/// The position at the end of the last page of a stream.
fn last_position(source: &Source<'_>, serial: u32) -> Option<u64> {
    let (_, end) = source.end();
    (0..end.len()).rev().find_map(|at| {
        let mut bytes = Bytes::new(end.get(at..)?.strip_prefix(b"OggS")?);
        bytes.skip(2)?;
        let position = bytes.le64().filter(|position| *position != u64::MAX)?;
        (bytes.le32()? == serial).then_some(position)
    })
}
