//! Ogg: the first packets of the first stream, and the position that the last page tells.

use super::bytes::{Bytes, find_last, left_out};
use super::source::Source;
use super::{Audio, Header, ProbeError, Size, Video, comments};
use stead_rules::limits::PROBE_BLOCK_BYTES_MAX;

/// Most pages that the first two packets may spread over.
const PAGES_MAX: u32 = 64;

pub(super) fn header(source: &Source<'_>) -> Result<Header, ProbeError> {
    let damaged = || ProbeError::Damaged { what: "header of the sound" };
    let mut packets = Packets { source, at: 0, serial: None, carried: Vec::new() };
    let first = packets.next().ok_or_else(damaged)?;
    let mut found = Header::default();
    let Some(stream) = Stream::of(&first) else {
        found.video = theora(&first);
        return found.video.is_some().then_some(found).ok_or_else(damaged);
    };
    if let Some(block) = packets.next().as_deref().and_then(|packet| stream.comments(packet)) {
        left_out(comments::read(block, &mut found.tags));
    }
    found.duration_ms = last_position(source).and_then(|at| stream.duration_ms(at));
    found.audio = Some(Audio {
        codec: stream.codec.to_owned(),
        channels: Some(u32::from(stream.channels)),
        rate_hz: Some(stream.rate_hz),
    });
    Ok(found)
}

#[derive(Debug, Clone, Copy)]
struct Stream {
    codec: &'static str,
    channels: u8,
    rate_hz: u32,
    skipped: u64,
}

impl Stream {
    fn of(packet: &[u8]) -> Option<Self> {
        if let Some(rest) = packet.strip_prefix(b"OpusHead") {
            let mut bytes = Bytes::new(rest);
            bytes.skip(1)?;
            let channels = bytes.u8()?;
            // Positions of Opus count at 48 kHz whatever was recorded.
            let skipped = u64::from(bytes.le16()?);
            return Some(Self { codec: "opus", channels, rate_hz: 48_000, skipped });
        }
        if let Some(rest) = packet.strip_prefix(b"\x01vorbis") {
            let mut bytes = Bytes::new(rest);
            bytes.skip(4)?;
            let channels = bytes.u8()?;
            let rate_hz = bytes.le32().filter(|rate| *rate > 0)?;
            return Some(Self { codec: "vorbis", channels, rate_hz, skipped: 0 });
        }
        None
    }

    fn comments<'p>(&self, packet: &'p [u8]) -> Option<&'p [u8]> {
        packet.strip_prefix(b"OpusTags").or_else(|| packet.strip_prefix(b"\x03vorbis"))
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

/// The packets of the first stream in the file.
#[derive(Debug)]
struct Packets<'s, 'f> {
    source: &'s Source<'f>,
    at: u64,
    serial: Option<u32>,
    /// Whole packets of a page that were not asked for yet.
    carried: Vec<Vec<u8>>,
}

impl Packets<'_, '_> {
    fn next(&mut self) -> Option<Vec<u8>> {
        if !self.carried.is_empty() {
            return Some(self.carried.remove(0));
        }
        let mut packet = Vec::new();
        for _ in 0..PAGES_MAX {
            let page = self.page()?;
            let mut bytes = Bytes::new(&page.body);
            let mut whole = Vec::new();
            for length in &page.lacing {
                packet.extend_from_slice(bytes.take(usize::from(*length))?);
                if *length < 255 {
                    whole.push(std::mem::take(&mut packet));
                }
            }
            if packet.len() as u64 > PROBE_BLOCK_BYTES_MAX {
                return None;
            }
            if !whole.is_empty() {
                self.carried = whole.split_off(1);
                return whole.pop();
            }
        }
        None
    }

    /// The next page of the stream that the file begins with.
    fn page(&mut self) -> Option<Page> {
        for _ in 0..PAGES_MAX {
            let head = self.source.read(self.at, 27)?;
            let mut bytes = Bytes::new(&head);
            if bytes.array()? != *b"OggS" {
                return None;
            }
            bytes.skip(10)?;
            let serial = bytes.le32()?;
            bytes.skip(8)?;
            let segments = u64::from(bytes.u8()?);
            let lacing = self.source.read(self.at + 27, segments)?.into_owned();
            let length: u64 = lacing.iter().map(|length| u64::from(*length)).sum();
            let from = self.at + 27 + segments;
            self.at = from + length;
            if *self.serial.get_or_insert(serial) == serial {
                let body = self.source.read(from, length)?.into_owned();
                return Some(Page { lacing, body });
            }
        }
        None
    }
}

#[derive(Debug)]
struct Page {
    lacing: Vec<u8>,
    body: Vec<u8>,
}

/// The position at the end of the last page.
fn last_position(source: &Source<'_>) -> Option<u64> {
    let (_, end) = source.end();
    let at = find_last(end, b"OggS")?;
    let mut bytes = Bytes::new(end.get(at + 6..)?);
    bytes.le64().filter(|position| *position != u64::MAX)
}
