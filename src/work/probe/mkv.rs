//! Matroska and WebM: a walk over EBML elements up to the first cluster, then by the seek head.

use super::bytes::{Bytes, left_out};
use super::comments::{first, tidy};
use super::source::Source;
use super::{Audio, Damage, Header, ProbeError, Size, Video};
use crate::work::worker::wire::Span;
use stead_rules::limits::PROBE_STEPS_MAX;

const SEGMENT: u32 = 0x1853_8067;
const SEEK_HEAD: u32 = 0x114D_9B74;
const SEEK: u32 = 0x4DBB;
const SEEK_ID: u32 = 0x53AB;
const SEEK_POSITION: u32 = 0x53AC;
const INFO: u32 = 0x1549_A966;
const TIMESTAMP_SCALE: u32 = 0x002A_D7B1;
const DURATION: u32 = 0x4489;
const TITLE: u32 = 0x7BA9;
const DATE: u32 = 0x4461;
const TRACKS: u32 = 0x1654_AE6B;
const TRACK_ENTRY: u32 = 0xAE;
const TRACK_TYPE: u32 = 0x83;
const CODEC: u32 = 0x86;
const VIDEO: u32 = 0xE0;
const PIXEL_WIDTH: u32 = 0xB0;
const PIXEL_HEIGHT: u32 = 0xBA;
const AUDIO: u32 = 0xE1;
const RATE: u32 = 0xB5;
const CHANNELS: u32 = 0x9F;
const ATTACHMENTS: u32 = 0x1941_A469;
const ATTACHED_FILE: u32 = 0x61A7;
const FILE_MIME: u32 = 0x4660;
const FILE_DATA: u32 = 0x465C;
const TAGS: u32 = 0x1254_C367;
const TAG: u32 = 0x7373;
const SIMPLE_TAG: u32 = 0x67C8;
const TAG_NAME: u32 = 0x45A3;
const TAG_TEXT: u32 = 0x4487;
const CLUSTER: u32 = 0x1F43_B675;

/// Seconds from 1970 to 2001, where this format's clock starts.
const FROM_2001_SECONDS: i64 = 978_307_200;

/// An element without its head. `open` elements do not say how long they are.
#[derive(Debug, Clone, Copy)]
struct Element {
    id: u32,
    from: u64,
    to: u64,
    open: bool,
}

#[derive(Debug)]
struct Walk<'s, 'f> {
    source: &'s Source<'f>,
    steps_left: u32,
    found: Header,
    scale_ns: u64,
    length: Option<f64>,
    has_tracks: bool,
    later: Vec<u64>,
    /// They are read last: of some files they are longer than all the rest.
    tags: Vec<Element>,
}

pub(super) fn header(source: &Source<'_>) -> Result<Header, ProbeError> {
    let mut walk = Walk {
        source,
        steps_left: PROBE_STEPS_MAX,
        found: Header::default(),
        scale_ns: 1_000_000,
        length: None,
        has_tracks: false,
        later: Vec::new(),
        tags: Vec::new(),
    };
    let segment = walk.segment().ok_or(ProbeError::Damaged { what: "start of the video" })?;
    if !segment.open && segment.to > source.size() {
        walk.found.damage = Some(Damage { promised_bytes: Some(segment.to) });
        return Ok(walk.found);
    }
    walk.top_level(segment);
    if !walk.has_tracks {
        return Err(ProbeError::Damaged { what: "list of tracks" });
    }
    walk.found.duration_ms = walk.duration_ms();
    Ok(walk.found)
}

impl Walk<'_, '_> {
    fn segment(&mut self) -> Option<Element> {
        let ebml = self.element(0, u64::MAX)?;
        let mut at = ebml.to;
        loop {
            let element = self.element(at, u64::MAX)?;
            if element.id == SEGMENT {
                return Some(element);
            }
            at = element.to;
        }
    }

    fn element(&mut self, at: u64, end: u64) -> Option<Element> {
        self.steps_left = self.steps_left.checked_sub(1)?;
        let inside = end.min(self.source.size());
        let head = self.source.read(at, 12.min(inside.checked_sub(at)?))?;
        let mut bytes = Bytes::new(&head);
        let id = element_id(&mut bytes)?;
        let (length, open) = element_length(&mut bytes)?;
        let from = at + (head.len() - bytes.left()) as u64;
        let to = if open { inside } else { from.checked_add(length)? };
        (to <= end).then_some(Element { id, from, to, open })
    }

    /// Everything before the first cluster, then what the seek head names behind it.
    fn top_level(&mut self, segment: Element) {
        let mut at = segment.from;
        while let Some(element) = self.element(at, segment.to) {
            if element.id == CLUSTER {
                break;
            }
            self.visit(element, segment.from);
            at = element.to;
        }
        for position in std::mem::take(&mut self.later) {
            if position >= at
                && let Some(element) = self.element(position, segment.to)
            {
                self.visit(element, segment.from);
            }
        }
        for tags in std::mem::take(&mut self.tags) {
            self.each(tags, |walk, child| left_out(walk.tag(child)));
        }
    }

    fn visit(&mut self, element: Element, segment_from: u64) {
        match element.id {
            SEEK_HEAD => self.each(element, |walk, seek| left_out(walk.seek(seek, segment_from))),
            INFO => self.each(element, |walk, child| left_out(walk.info(child))),
            TRACKS => {
                self.has_tracks = true;
                self.each(element, |walk, child| left_out(walk.track(child)));
            }
            TAGS if self.tags.len() < 4 => self.tags.push(element),
            ATTACHMENTS => self.each(element, |walk, child| left_out(walk.attachment(child))),
            _ => {}
        }
    }

    fn each(&mut self, parent: Element, mut visit: impl FnMut(&mut Self, Element)) {
        let mut at = parent.from;
        while let Some(child) = self.element(at, parent.to) {
            visit(self, child);
            at = child.to;
        }
    }

    fn seek(&mut self, seek: Element, segment_from: u64) -> Option<()> {
        if seek.id != SEEK {
            return None;
        }
        let (mut id, mut position) = (None, None);
        self.each(seek, |walk, child| match child.id {
            SEEK_ID => id = walk.unsigned(child),
            SEEK_POSITION => position = walk.unsigned(child),
            _ => {}
        });
        let wanted = [INFO, TRACKS, ATTACHMENTS, TAGS].map(u64::from);
        if id.is_some_and(|id| wanted.contains(&id)) && self.later.len() < 16 {
            self.later.push(segment_from.checked_add(position?)?);
        }
        Some(())
    }

    fn info(&mut self, child: Element) -> Option<()> {
        match child.id {
            TIMESTAMP_SCALE => self.scale_ns = self.unsigned(child)?,
            DURATION => self.length = Some(self.float(child)?),
            TITLE => {
                let text = self.text(child)?;
                first(&mut self.found.tags.title, &text);
            }
            DATE => {
                let ns = self.unsigned(child)?.cast_signed();
                let seconds = (ns / 1_000_000_000).checked_add(FROM_2001_SECONDS)?;
                self.found.taken_ms = seconds.checked_mul(1000);
            }
            _ => {}
        }
        Some(())
    }

    fn track(&mut self, entry: Element) -> Option<()> {
        if entry.id != TRACK_ENTRY {
            return None;
        }
        let mut track = Track::default();
        self.each(entry, |walk, child| match child.id {
            TRACK_TYPE => track.kind = walk.unsigned(child).unwrap_or(0),
            CODEC => track.codec = walk.text(child).unwrap_or_default(),
            VIDEO | AUDIO => {
                walk.each(child, |walk, inner| left_out(walk.format(inner, &mut track)))
            }
            _ => {}
        });
        match track.kind {
            1 if self.found.video.is_none() => self.found.video = Some(track.video()),
            2 if self.found.audio.is_none() => self.found.audio = Some(track.audio()),
            _ => {}
        }
        Some(())
    }

    fn format(&mut self, element: Element, track: &mut Track) -> Option<()> {
        let narrow = |wide: u64| u32::try_from(wide).ok();
        match element.id {
            PIXEL_WIDTH => track.size.width = narrow(self.unsigned(element)?)?,
            PIXEL_HEIGHT => track.size.height = narrow(self.unsigned(element)?)?,
            CHANNELS => track.channels = narrow(self.unsigned(element)?),
            RATE => track.rate_hz = whole(self.float(element)?).and_then(narrow),
            _ => {}
        }
        Some(())
    }

    fn attachment(&mut self, file: Element) -> Option<()> {
        if file.id != ATTACHED_FILE || self.found.cover.is_some() {
            return None;
        }
        let (mut mime, mut data) = (None, None);
        self.each(file, |walk, child| match child.id {
            FILE_MIME => mime = walk.text(child),
            FILE_DATA => data = Some(child),
            _ => {}
        });
        let is_picture = matches!(mime?.as_str(), "image/jpeg" | "image/png" | "image/webp");
        let data = data.filter(|data| is_picture && data.to > data.from)?;
        let length = data.to - data.from;
        self.found.cover = Some(Span { offset: data.from, length, unsynchronised: false });
        Some(())
    }

    /// The certificate among the tags, whatever they are of.
    fn tag(&mut self, tag: Element) -> Option<()> {
        if tag.id != TAG || self.found.tags.certificate.is_some() {
            return None;
        }
        self.each(tag, |walk, child| left_out(walk.simple_tag(child)));
        Some(())
    }

    fn simple_tag(&mut self, simple: Element) -> Option<()> {
        if simple.id != SIMPLE_TAG {
            return None;
        }
        let (mut name, mut text) = (None, None);
        self.each(simple, |walk, child| match child.id {
            TAG_NAME => name = walk.text(child),
            TAG_TEXT => text = Some(child),
            _ => {}
        });
        if matches!(name?.to_ascii_uppercase().as_str(), "LAW_RATING" | "ITUNEXTC") {
            let text = self.text(text?)?;
            first(&mut self.found.tags.certificate, &text);
        }
        Some(())
    }

    fn unsigned(&self, element: Element) -> Option<u64> {
        let length = element.to - element.from;
        let block = self.source.read(element.from, length).filter(|_| length <= 8)?;
        Some(block.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    fn float(&self, element: Element) -> Option<f64> {
        let block = self.source.read(element.from, element.to - element.from)?;
        match *block {
            [a, b, c, d] => Some(f64::from(f32::from_be_bytes([a, b, c, d]))),
            _ => Some(f64::from_be_bytes(block.as_ref().try_into().ok()?)),
        }
    }

    fn text(&self, element: Element) -> Option<String> {
        let block = self.source.read(element.from, element.to - element.from)?;
        tidy(&String::from_utf8_lossy(&block))
    }

    fn duration_ms(&self) -> Option<u64> {
        let scale = u32::try_from(self.scale_ns).ok()?;
        whole(self.length? * f64::from(scale) / 1_000_000.0).filter(|ms| *ms > 0)
    }
}

#[derive(Debug, Default)]
struct Track {
    kind: u64,
    codec: String,
    size: Size,
    channels: Option<u32>,
    rate_hz: Option<u32>,
}

impl Track {
    fn video(self) -> Video {
        Video { codec: codec(&self.codec), size: self.size }
    }

    fn audio(self) -> Audio {
        // One channel is what the format means when it says nothing.
        let channels = self.channels.or(Some(1));
        Audio { codec: codec(&self.codec), channels, rate_hz: self.rate_hz }
    }
}

fn codec(id: &str) -> String {
    let known = [
        ("V_MPEG4/ISO/AVC", "h264"),
        ("V_MPEGH/ISO/HEVC", "hevc"),
        ("V_AV1", "av1"),
        ("V_VP8", "vp8"),
        ("V_VP9", "vp9"),
        ("V_MPEG4/", "mpeg4"),
        ("V_MPEG2", "mpeg2video"),
        ("A_AAC", "aac"),
        ("A_AC3", "ac3"),
        ("A_EAC3", "eac3"),
        ("A_DTS", "dts"),
        ("A_TRUEHD", "truehd"),
        ("A_OPUS", "opus"),
        ("A_VORBIS", "vorbis"),
        ("A_FLAC", "flac"),
        ("A_MPEG/L3", "mp3"),
        ("A_MPEG/L2", "mp2"),
        ("A_PCM", "pcm"),
    ];
    let found = known.iter().find(|(prefix, _)| id.starts_with(prefix));
    found.map_or_else(|| id.to_lowercase(), |(_, name)| (*name).to_owned())
}

/// A credible count; nonsense and negative numbers are none.
fn whole(value: f64) -> Option<u64> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range is checked first, and a fraction of a millisecond is no loss"
    )]
    (value.is_finite() && (0.0..1e15).contains(&value)).then_some(value as u64)
}

/// An id keeps its length marker: it is part of the name.
fn element_id(bytes: &mut Bytes<'_>) -> Option<u32> {
    let first = bytes.u8()?;
    let more = first.leading_zeros();
    if more > 3 {
        return None;
    }
    (0..more).try_fold(u32::from(first), |id, _| Some(id << 8 | u32::from(bytes.u8()?)))
}

/// A length loses its marker; all ones means that it is not known.
fn element_length(bytes: &mut Bytes<'_>) -> Option<(u64, bool)> {
    let first = bytes.u8()?;
    let more = first.leading_zeros();
    if more > 7 {
        return None;
    }
    let mask = 0x7F_u8.checked_shr(more).unwrap_or(0);
    let start = u64::from(first & mask);
    let length = (0..more).try_fold(start, |n, _| Some(n << 8 | u64::from(bytes.u8()?)))?;
    let all_ones = (1_u64 << (7 * (more + 1))) - 1;
    Some((length, length == all_ones))
}
