//! ISO base media files (mp4, m4v, m4a, mov): a walk over the boxes that matter.
//!
//! ```text
//! ftyp  mdat (skipped, wherever it lies)  moov ─┬─ mvhd            length, date
//!                                               ├─ mvex/mehd       length when in fragments
//!                                               ├─ trak ── tkhd mdia ── mdhd hdlr minf/stbl/stsd
//!                                               └─ udta/meta/ilst  texts and cover
//! ```
//! Only headers of boxes are read, at their offsets, so a `moov` at the end of 50 GB costs the same
//! as one at the start, and the sample tables are never touched.

use super::bytes::{Bytes, left_out};
use super::comments::{first, tidy, year};
use super::source::Source;
use super::{Audio, Damage, Header, ProbeError, Size, Tags, Video};
use crate::work::worker::wire::Span;
use stead_rules::limits::PROBE_STEPS_MAX;

/// Seconds from 1904, where this format's clock starts, to 1970.
const FROM_1904_SECONDS: i64 = 2_082_844_800;
/// Dates before 1995 are a camera that was never set.
const CREDIBLE_SECONDS: i64 = 788_918_400;

/// A box without its header.
#[derive(Debug, Clone, Copy)]
struct Part {
    kind: [u8; 4],
    from: u64,
    to: u64,
}

impl Part {
    fn length(self) -> u64 {
        self.to.saturating_sub(self.from)
    }
}

/// Walks the boxes of a region; every box below the top level counts against one budget.
#[derive(Debug)]
struct Walk<'s, 'f> {
    source: &'s Source<'f>,
    steps_left: u32,
}

pub(super) fn header(source: &Source<'_>) -> Result<Header, ProbeError> {
    let mut found = Header::default();
    let (moov, end) = top_level(source);
    if end.is_some_and(|end| end > source.size()) {
        found.damage = Some(Damage { promised_bytes: end });
        return Ok(found);
    }
    let moov = moov.ok_or(match end {
        Some(_) => ProbeError::Truncated { promised_bytes: None, size: source.size() },
        None => ProbeError::Unsupported { what: "Such fragmented MP4" },
    })?;
    Walk { source, steps_left: PROBE_STEPS_MAX }.movie(moov, &mut found);
    if found.video.is_none() && found.audio.is_none() {
        return Err(ProbeError::Damaged { what: "index of the video" });
    }
    Ok(found)
}

/// The index, and where the last box ends: unknown of a file with so many boxes that it is not
/// read to its end. Days of recording in fragments have more than any other file.
fn top_level(source: &Source<'_>) -> (Option<Part>, Option<u64>) {
    let mut walk = Walk { source, steps_left: PROBE_STEPS_MAX };
    let (mut moov, mut at) = (None, 0);
    while let Some(part) = walk.part(at, u64::MAX) {
        if part.to > source.size() && !is_top_level(part.kind) {
            // Not a box: some devices leave rubbish behind the last one.
            break;
        }
        if part.kind == *b"moov" {
            moov = Some(part);
        }
        at = part.to;
    }
    (moov, (walk.steps_left > 0).then_some(at))
}

impl Walk<'_, '_> {
    /// The box that begins at `at` in a region that ends at `end`. Of a box at the top level the
    /// end may lie behind the file.
    fn part(&mut self, at: u64, end: u64) -> Option<Part> {
        self.steps_left = self.steps_left.checked_sub(1)?;
        let inside = end.min(self.source.size());
        if at.checked_add(8)? > inside {
            return None;
        }
        let head = self.source.read(at, 16.min(inside - at))?;
        let mut bytes = Bytes::new(&head);
        let short = u64::from(bytes.be32()?);
        let kind = bytes.array()?;
        let (head_length, length) = match short {
            0 => (8, inside - at),
            1 => (16, bytes.be64()?),
            length => (8, length),
        };
        let to = at.checked_add(length)?;
        (length >= head_length && to <= end).then_some(Part { kind, from: at + head_length, to })
    }

    fn each(&mut self, parent: Part, mut visit: impl FnMut(&mut Self, Part)) {
        let mut at = parent.from;
        while let Some(part) = self.part(at, parent.to) {
            visit(self, part);
            at = part.to;
        }
    }

    fn child(&mut self, parent: Part, kind: &[u8; 4]) -> Option<Part> {
        let mut at = parent.from;
        while let Some(part) = self.part(at, parent.to) {
            if part.kind == *kind {
                return Some(part);
            }
            at = part.to;
        }
        None
    }

    fn descend(&mut self, parent: Part, path: &[&[u8; 4]]) -> Option<Part> {
        path.iter().try_fold(parent, |at, kind| self.child(at, kind))
    }

    fn movie(&mut self, moov: Part, found: &mut Header) {
        let mut length = None;
        self.each(moov, |walk, part| match &part.kind {
            b"mvhd" => length = walk.movie_header(part, found),
            b"trak" => left_out(walk.track(part, found)),
            b"udta" => left_out(walk.texts(part, found)),
            b"meta" => left_out(walk.item_list(part, found)),
            _ => {}
        });
        let fragmented = self.descend(moov, &[b"mvex", b"mehd"]);
        if let (Some(part), Some(Clock { scale, units: 0 })) = (fragmented, length) {
            length = self.fragments_length(part).map(|units| Clock { scale, units });
        }
        found.duration_ms = length.and_then(Clock::ms).filter(|ms| *ms > 0);
    }

    fn movie_header(&mut self, part: Part, found: &mut Header) -> Option<Clock> {
        let block = self.source.read(part.from, part.length().min(32))?;
        let mut bytes = Bytes::new(&block);
        let (created, clock) = times(&mut bytes)?;
        found.taken_ms = credible(created);
        Some(clock)
    }

    fn fragments_length(&mut self, part: Part) -> Option<u64> {
        let block = self.source.read(part.from, part.length().min(12))?;
        let mut bytes = Bytes::new(&block);
        match bytes.be32()? >> 24 {
            0 => short_length(&mut bytes),
            _ => long_length(&mut bytes),
        }
    }

    fn track(&mut self, track: Part, found: &mut Header) -> Option<()> {
        let handler = self.descend(track, &[b"mdia", b"hdlr"])?;
        let block = self.source.read(handler.from, 12)?;
        let kind = block.get(8..12)?.to_owned();
        let samples = self.descend(track, &[b"mdia", b"minf", b"stbl", b"stsd"])?;
        // Version, count, then the first entry, itself a box.
        let entry = self.part(samples.from.checked_add(8)?, samples.to)?;
        match kind.as_slice() {
            b"vide" if found.video.is_none() => {
                let turned = self.child(track, b"tkhd").is_some_and(|part| self.is_turned(part));
                found.video = self.video(entry, turned);
            }
            b"soun" if found.audio.is_none() => found.audio = self.audio(entry),
            _ => {}
        }
        Some(())
    }

    /// Whether the track's matrix turns the picture by a quarter.
    fn is_turned(&mut self, part: Part) -> bool {
        self.matrix(part).is_some_and(|[a, b, c, d]| a == 0 && d == 0 && b != 0 && c != 0)
    }

    fn matrix(&mut self, part: Part) -> Option<[u32; 4]> {
        let block = self.source.read(part.from, part.length().min(96))?;
        let mut bytes = Bytes::new(&block);
        let times = if bytes.u8()? == 0 { 20 } else { 32 };
        bytes.skip(3 + times + 16)?;
        let (a, b) = (bytes.be32()?, bytes.be32()?);
        bytes.skip(4)?;
        Some([a, b, bytes.be32()?, bytes.be32()?])
    }

    fn video(&mut self, entry: Part, turned: bool) -> Option<Video> {
        let block = self.source.read(entry.from, 28)?;
        let mut bytes = Bytes::new(&block);
        bytes.skip(24)?;
        let (width, height) = (u32::from(bytes.be16()?), u32::from(bytes.be16()?));
        let size =
            if turned { Size { width: height, height: width } } else { Size { width, height } };
        Some(Video { codec: video_codec(entry.kind), size })
    }

    fn audio(&mut self, entry: Part) -> Option<Audio> {
        let block = self.source.read(entry.from, 28)?;
        let mut bytes = Bytes::new(&block);
        bytes.skip(16)?;
        let channels = u32::from(bytes.be16()?);
        bytes.skip(6)?;
        let rate_hz = bytes.be32()? >> 16;
        Some(Audio {
            codec: audio_codec(entry.kind),
            channels: Some(channels).filter(|n| *n > 0),
            rate_hz: Some(rate_hz).filter(|n| *n > 0),
        })
    }

    fn texts(&mut self, user_data: Part, found: &mut Header) -> Option<()> {
        let meta = self.child(user_data, b"meta")?;
        self.item_list(meta, found)
    }

    fn item_list(&mut self, meta: Part, found: &mut Header) -> Option<()> {
        // In mp4 four bytes of version come first, in mov they do not.
        let versioned = Part { from: meta.from.checked_add(4)?, ..meta };
        let list = self.child(versioned, b"ilst").or_else(|| self.child(meta, b"ilst"))?;
        self.each(list, |walk, item| left_out(walk.item(item, found)));
        Some(())
    }

    fn item(&mut self, item: Part, found: &mut Header) -> Option<()> {
        let data = self.child(item, b"data")?;
        let value = Part { from: data.from.checked_add(8)?, ..data };
        if item.kind == *b"----" {
            return self.named_item(item, value, found);
        }
        if item.kind == *b"covr" {
            let span = Span { offset: value.from, length: value.length(), unsynchronised: false };
            found.cover = found.cover.or(Some(span)).filter(|span| span.length > 0);
            return Some(());
        }
        if is_wanted(item.kind) {
            let block = self.source.read(value.from, value.length())?;
            set(&mut found.tags, item.kind, &block);
        }
        Some(())
    }

    /// An item with a name of its own. Of these the certificate is wanted. (`rtng` says only whether
    /// a song is explicit.)
    fn named_item(&mut self, item: Part, value: Part, found: &mut Header) -> Option<()> {
        let name = self.child(item, b"name")?;
        // Version and flags come first.
        let spelled = self.source.read(name.from.checked_add(4)?, name.length().checked_sub(4)?)?;
        if spelled.as_ref() == b"iTunEXTC" {
            let text = self.source.read(value.from, value.length())?;
            first(&mut found.tags.certificate, &String::from_utf8_lossy(&text));
        }
        Some(())
    }
}

fn is_top_level(kind: [u8; 4]) -> bool {
    const KINDS: [&[u8; 4]; 11] = [
        b"mdat", b"moov", b"moof", b"free", b"skip", b"wide", b"uuid", b"sidx", b"mfra", b"meta",
        b"udta",
    ];
    KINDS.contains(&&kind)
}

/// A count of units of `1/scale` seconds.
#[derive(Debug, Clone, Copy)]
struct Clock {
    scale: u32,
    units: u64,
}

impl Clock {
    fn ms(self) -> Option<u64> {
        u64::try_from(u128::from(self.units) * 1000 / u128::from(self.scale).max(1)).ok()
    }
}

/// Creation time, timescale and length, as `mvhd` has them in two versions.
fn times(bytes: &mut Bytes<'_>) -> Option<(u64, Clock)> {
    let version = bytes.be32()? >> 24;
    if version == 1 {
        let created = bytes.be64()?;
        bytes.skip(8)?;
        let scale = bytes.be32()?;
        return Some((created, Clock { scale, units: long_length(bytes)? }));
    }
    let created = u64::from(bytes.be32()?);
    bytes.skip(4)?;
    let scale = bytes.be32()?;
    Some((created, Clock { scale, units: short_length(bytes)? }))
}

/// A length; all ones mean that the writer did not know it, as zero does.
fn short_length(bytes: &mut Bytes<'_>) -> Option<u64> {
    bytes.be32().map(|units| if units == u32::MAX { 0 } else { u64::from(units) })
}

fn long_length(bytes: &mut Bytes<'_>) -> Option<u64> {
    bytes.be64().map(|units| if units == u64::MAX { 0 } else { units })
}

fn credible(seconds_from_1904: u64) -> Option<i64> {
    let seconds = i64::try_from(seconds_from_1904).ok()?.checked_sub(FROM_1904_SECONDS)?;
    (seconds > CREDIBLE_SECONDS).then(|| seconds.checked_mul(1000)).flatten()
}

fn is_wanted(kind: [u8; 4]) -> bool {
    matches!(
        &kind,
        b"\xA9nam"
            | b"\xA9ART"
            | b"aART"
            | b"\xA9alb"
            | b"\xA9gen"
            | b"\xA9day"
            | b"trkn"
            | b"disk"
    )
}

fn set(tags: &mut Tags, kind: [u8; 4], block: &[u8]) {
    let text = String::from_utf8_lossy(block);
    match &kind {
        b"\xA9nam" => first(&mut tags.title, &text),
        b"\xA9ART" => first(&mut tags.artist, &text),
        b"aART" => first(&mut tags.album_artist, &text),
        b"\xA9alb" => first(&mut tags.album, &text),
        b"\xA9gen" => first(&mut tags.genre, &text),
        b"\xA9day" => tags.year = tags.year.or_else(|| year(&text)),
        b"trkn" => tags.track = tags.track.or_else(|| pair(block)),
        b"disk" => tags.disc = tags.disc.or_else(|| pair(block)),
        _ => {}
    }
}

/// Two bytes of nothing, then the number.
fn pair(block: &[u8]) -> Option<u32> {
    let mut bytes = Bytes::new(block);
    bytes.skip(2)?;
    bytes.be16().map(u32::from).filter(|number| *number > 0)
}

fn video_codec(kind: [u8; 4]) -> String {
    match &kind {
        b"avc1" | b"avc3" => "h264".to_owned(),
        b"hvc1" | b"hev1" | b"dvh1" | b"dvhe" => "hevc".to_owned(),
        b"av01" => "av1".to_owned(),
        b"vp08" => "vp8".to_owned(),
        b"vp09" => "vp9".to_owned(),
        b"mp4v" => "mpeg4".to_owned(),
        b"jpeg" | b"mjpa" | b"mjpb" => "mjpeg".to_owned(),
        _ => spelled(kind),
    }
}

fn audio_codec(kind: [u8; 4]) -> String {
    match &kind {
        b"mp4a" => "aac".to_owned(),
        b"ac-3" => "ac3".to_owned(),
        b"ec-3" => "eac3".to_owned(),
        b"Opus" => "opus".to_owned(),
        b"fLaC" => "flac".to_owned(),
        b".mp3" => "mp3".to_owned(),
        b"sowt" | b"twos" | b"lpcm" | b"in24" => "pcm".to_owned(),
        _ => spelled(kind),
    }
}

fn spelled(kind: [u8; 4]) -> String {
    tidy(&String::from_utf8_lossy(&kind).to_lowercase()).unwrap_or_else(|| "unknown".to_owned())
}
