//! What a file is by its first bytes, and what its name promises.

use super::ProbeError;
use super::bytes::find;
use super::source::Source;

/// What an owner would call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Films, episodes, home videos.
    Video,
    /// Music.
    Audio,
    /// Photos and artwork.
    Picture,
    /// Nothing that is listed.
    Other,
}

impl Class {
    /// Whether a name of this class may stand over content of class `found`. Sound in a video
    /// container and the reverse are common (`.mp4` with a song, `.ogg` with a film).
    pub(crate) fn may_hold(self, found: Self) -> bool {
        match (self, found) {
            (Self::Video | Self::Audio, Self::Video | Self::Audio) => true,
            (Self::Picture, Self::Picture) => true,
            (Self::Picture, Self::Video | Self::Audio | Self::Other)
            | (Self::Video | Self::Audio, Self::Picture | Self::Other)
            | (Self::Other, _) => false,
        }
    }

    pub(super) const fn in_words(self) -> &'static str {
        match self {
            Self::Video => "video",
            Self::Audio => "sound",
            Self::Picture => "a picture",
            Self::Other => "something else",
        }
    }
}

macro_rules! containers {
    ($($(#[$doc:meta])* $name:ident $class:ident $word:literal $demuxer:expr, $mime:literal, $words:literal;)*) => {
        /// A file format.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Container {$($(#[$doc])* $name,)*}

        impl Container {
            /// What an owner would call it.
            #[must_use]
            pub const fn class(self) -> Class {
                match self {$(Self::$name => Class::$class,)*}
            }

            /// The word under which it is stored.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self {$(Self::$name => $word,)*}
            }

            /// The one demuxer that ffmpeg may use for it.
            #[must_use]
            pub const fn demuxer(self) -> Option<&'static str> {
                match self {$(Self::$name => $demuxer,)*}
            }

            /// The media type it is sent with.
            #[must_use]
            pub const fn mime(self) -> &'static str {
                match self {$(Self::$name => $mime,)*}
            }

            /// What it is called in a sentence.
            #[must_use]
            pub const fn in_words(self) -> &'static str {
                match self {$(Self::$name => $words,)*}
            }

            /// The container stored under `word`.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word {$($word => Some(Self::$name),)* _ => None}
            }
        }
    };
}

containers! {
    /// ISO base media: mp4, m4v, m4a, mov.
    Mp4 Video "mp4" Some("mov"), "video/mp4", "MP4 video";
    /// Matroska.
    Mkv Video "mkv" Some("matroska"), "video/x-matroska", "Matroska video";
    /// The part of Matroska that browsers play.
    Webm Video "webm" Some("matroska"), "video/webm", "WebM video";
    /// MPEG audio, layer 1 to 3.
    Mp3 Audio "mp3" Some("mp3"), "audio/mpeg", "MP3 sound";
    /// FLAC.
    Flac Audio "flac" Some("flac"), "audio/flac", "FLAC sound";
    /// Ogg with Vorbis, Opus, FLAC or Theora.
    Ogg Audio "ogg" Some("ogg"), "audio/ogg", "Ogg sound";
    /// RIFF WAVE.
    Wav Audio "wav" Some("wav"), "audio/wav", "WAV sound";
    /// Raw AAC.
    Adts Audio "aac" Some("aac"), "audio/aac", "AAC sound";
    /// JPEG.
    Jpeg Picture "jpeg" None, "image/jpeg", "a JPEG picture";
    /// PNG.
    Png Picture "png" None, "image/png", "a PNG picture";
    /// WebP.
    Webp Picture "webp" None, "image/webp", "a WebP picture";
    /// HEIC and AVIF.
    Heif Picture "heif" None, "image/heif", "a HEIC picture";
    /// AVI.
    Avi Video "avi" Some("avi"), "video/x-msvideo", "AVI video";
    /// Windows Media.
    Asf Video "asf" Some("asf"), "video/x-ms-asf", "Windows Media";
    /// MPEG transport stream.
    MpegTs Video "mpegts" Some("mpegts"), "video/mp2t", "an MPEG transport stream";
    /// MPEG program stream.
    MpegPs Video "mpeg" Some("mpeg"), "video/mpeg", "an MPEG program stream";
    /// Flash video.
    Flv Video "flv" Some("flv"), "video/x-flv", "Flash video";
    /// A playlist: it points elsewhere, so it is never followed.
    Playlist Other "playlist" None, "application/octet-stream", "a playlist";
    /// Text.
    Text Other "text" None, "text/plain", "text";
    /// Anything else.
    Unknown Other "unknown" None, "application/octet-stream", "nothing that is known";
}

/// What `source` is.
pub(super) fn container(source: &Source<'_>) -> Container {
    let head = source.head();
    by_magic(head)
        .or_else(|| behind_id3(source))
        .or_else(|| by_sound_frames(head))
        .or_else(|| by_packets(head))
        .unwrap_or_else(|| if is_text(head) { Container::Text } else { Container::Unknown })
}

/// What is known by its first bytes and cannot be used yet: class, where the mark lies, the mark, and
/// what it is called.
const NOT_YET: &[(Class, usize, &[u8], &str)] = &[
    (Class::Video, 0, b"\x00\x00\x01\xB3", "Bare MPEG video"),
    (Class::Video, 0, b"\x1F\x07\x00", "DV"),
    (Class::Video, 0, b"\x06\x0E\x2B\x34", "MXF"),
    (Class::Video, 0, b".RMF", "RealMedia"),
    (Class::Video, 0, b"\xB7\xD8\x00\x20\x37\x49\xDA\x11", "WTV"),
    (Class::Audio, 8, b"AIFF", "AIFF"),
    (Class::Audio, 8, b"AIFC", "AIFF"),
    (Class::Audio, 0, b"caff", "Core Audio"),
    (Class::Audio, 0, b"MAC ", "Monkey's Audio"),
    (Class::Audio, 0, b"DSD ", "DSF"),
    (Class::Audio, 0, b"MPCK", "Musepack"),
    (Class::Audio, 0, b"MP+", "Musepack"),
    (Class::Audio, 0, b"wvpk", "WavPack"),
    (Class::Picture, 0, b"GIF8", "GIF"),
    (Class::Picture, 0, b"BM", "BMP"),
    (Class::Picture, 0, b"II*\0", "TIFF"),
    (Class::Picture, 0, b"MM\0*", "TIFF"),
];

/// Whether content that no reader knows is of a kind that the name may mean, and of which.
pub(super) fn unsupported(head: &[u8], named: Class) -> Option<ProbeError> {
    let is_mark =
        |at: usize, mark: &[u8]| head.get(at..).is_some_and(|rest| rest.starts_with(mark));
    let mut known = NOT_YET.iter().filter(|(class, ..)| named.may_hold(*class));
    let (.., what) = known.find(|(_, at, mark, _)| is_mark(*at, mark))?;
    Some(ProbeError::Unsupported { what })
}

fn by_magic(head: &[u8]) -> Option<Container> {
    let at = |offset: usize, magic: &[u8]| {
        head.get(offset..).is_some_and(|rest| rest.starts_with(magic))
    };
    match () {
        () if at(4, b"ftyp") => Some(iso_brand(head)),
        () if at(4, b"moov") || at(4, b"mdat") || at(4, b"wide") => Some(Container::Mp4),
        () if at(0, b"\x1A\x45\xDF\xA3") => Some(matroska_kind(head)),
        () if at(0, b"fLaC") => Some(Container::Flac),
        () if at(0, b"OggS") => Some(Container::Ogg),
        () if at(0, b"RIFF") && at(8, b"WAVE") => Some(Container::Wav),
        () if at(0, b"RIFF") && at(8, b"AVI ") => Some(Container::Avi),
        () if at(0, b"RIFF") && at(8, b"WEBP") => Some(Container::Webp),
        () if at(0, b"\xFF\xD8\xFF") => Some(Container::Jpeg),
        () if at(0, b"\x89PNG\r\n\x1A\n") => Some(Container::Png),
        () if at(0, b"\x30\x26\xB2\x75\x8E\x66\xCF\x11") => Some(Container::Asf),
        () if at(0, b"\x00\x00\x01\xBA") => Some(Container::MpegPs),
        () if at(0, b"FLV\x01") => Some(Container::Flv),
        () if at(0, b"#EXTM3U") || at(0, b"\xEF\xBB\xBF#EXTM3U") => Some(Container::Playlist),
        () if at(0, b"[playlist]") || at(0, b"ffconcat") => Some(Container::Playlist),
        () => None,
    }
}

fn iso_brand(head: &[u8]) -> Container {
    match head.get(8..12) {
        Some(b"heic" | b"heix" | b"hevc" | b"mif1" | b"msf1" | b"avif" | b"avis") => {
            Container::Heif
        }
        _ => Container::Mp4,
    }
}

fn matroska_kind(head: &[u8]) -> Container {
    let start = head.get(..256.min(head.len())).unwrap_or_default();
    if find(start, b"webm").is_some() { Container::Webm } else { Container::Mkv }
}

/// ID3v2 stands before MP3, and wrongly also before FLAC and AAC.
fn behind_id3(source: &Source<'_>) -> Option<Container> {
    let after = super::id3::tag_end(source, 0)?;
    let rest = source.read_some(after, 4096);
    by_magic(&rest)
        .filter(|found| *found == Container::Flac)
        .or_else(|| by_sound_frames(&rest).filter(|found| *found == Container::Adts))
        .or(Some(Container::Mp3))
}

/// Two frames of MPEG audio in a row, so that chance is no proof.
fn by_sound_frames(head: &[u8]) -> Option<Container> {
    if is_adts(head) {
        return Some(Container::Adts);
    }
    let start = head.get(..4096.min(head.len()))?;
    super::mp3::first_frame(start).map(|_| Container::Mp3)
}

fn is_adts(head: &[u8]) -> bool {
    let Some(&[first, second, _, fourth, fifth, sixth]) = head.first_chunk::<6>() else {
        return false;
    };
    let sync = |a: u8, b: u8| a == 0xFF && b & 0xF6 == 0xF0;
    let length = usize::from(fourth & 3) << 11 | usize::from(fifth) << 3 | usize::from(sixth) >> 5;
    sync(first, second)
        && length > 7
        && head
            .get(length..length + 2)
            .is_some_and(|next| next.first().zip(next.get(1)).is_some_and(|(a, b)| sync(*a, *b)))
}

/// Transport streams have a sync byte every 188 bytes, on discs every 192 after four of time.
fn by_packets(head: &[u8]) -> Option<Container> {
    let in_step = |first: usize, step: usize| {
        (0..4).all(|packet| head.get(first + packet * step) == Some(&0x47))
    };
    (in_step(0, 188) || in_step(4, 192)).then_some(Container::MpegTs)
}

fn is_text(head: &[u8]) -> bool {
    let start = head.get(..512.min(head.len())).unwrap_or_default();
    !start.is_empty()
        && start.iter().all(|byte| *byte >= 0x20 || matches!(byte, b'\n' | b'\r' | b'\t'))
}
