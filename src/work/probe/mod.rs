//! What a media file is, read from its header in this process.
//!
//! Hundreds of times cheaper than asking ffprobe, and it runs on whatever lies on a disk, so the
//! parsers are our own: they read through [`Source`], which never reads past the file, and
//! [`Bytes`], which never reads past a block; both answer `None` instead. There is no way to
//! panic, to loop without progress, or to allocate what a file asks for. No picture and no sound
//! is decoded here. Containers without a parser of ours are described by ffprobe, in a worker.

mod bytes;
mod comments;
mod content;
pub mod description;
mod exif;
mod flac;
mod id3;
mod jpeg;
mod mkv;
mod mp3;
mod mp4;
mod ogg;
mod other;
mod riff;
mod sniff;
mod source;

use std::fs::File;
use std::io;

pub use sniff::{Class, Container};

use crate::work::launcher::Cancel;
use crate::work::worker::wire::Span;
use stead_rules::ids::ContentKey;

use source::Source;

/// What a file's header says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Header {
    /// The first moving picture.
    pub video: Option<Video>,
    /// The first sound.
    pub audio: Option<Audio>,
    /// A still picture, as it is meant to be seen.
    pub picture: Option<Size>,
    /// How long it plays.
    pub duration_ms: Option<u64>,
    /// Texts.
    pub tags: Tags,
    /// When it was taken or recorded, as the clock on the wall there stood, read as UTC.
    pub taken_ms: Option<i64>,
    /// Where the cover lies.
    pub cover: Option<Span>,
    /// Why the file is not whole, although its header could be read.
    pub damage: Option<Damage>,
}

/// Width and height in points.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Size {
    /// Points from left to right.
    pub width: u32,
    /// Points from top to bottom.
    pub height: u32,
}

/// A moving picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Video {
    /// Short lower-case name, as ffmpeg spells it.
    pub codec: String,
    /// As it is meant to be seen.
    pub size: Size,
}

/// Sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audio {
    /// Short lower-case name, as ffmpeg spells it.
    pub codec: String,
    /// Channels, when the header says so.
    pub channels: Option<u32>,
    /// Samples a second, when the header says so.
    pub rate_hz: Option<u32>,
}

/// Texts inside a file, trimmed and never longer than the limit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tags {
    /// Title of the track or film.
    pub title: Option<String>,
    /// Who plays.
    pub artist: Option<String>,
    /// Whose album it is.
    pub album_artist: Option<String>,
    /// The album.
    pub album: Option<String>,
    /// Genre.
    pub genre: Option<String>,
    /// Year of the release.
    pub year: Option<u16>,
    /// Number on its disc.
    pub track: Option<u32>,
    /// Number of the disc.
    pub disc: Option<u32>,
    /// For whom some board says that it is.
    pub certificate: Option<String>,
}

/// Why a file is not whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damage {
    /// How long it should be, when that is known.
    pub promised_bytes: Option<u64>,
}

/// A file with its header read.
#[derive(Debug, Clone, PartialEq)]
pub struct Probed {
    /// What it is, by its content.
    pub container: Container,
    /// What its header says; `None` when only ffprobe can tell.
    pub header: Option<Header>,
    /// Who it is, whatever it is called.
    pub content_key: ContentKey,
    /// Length in bytes.
    pub size: u64,
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// It holds nothing.
    #[error("The file is empty. Copy it again.")]
    Empty,
    /// Its content is of another class than its name says, or of none that we know.
    #[error("The name says {named}, but the content is {found}. Rename or replace the file.")]
    Mislabelled {
        /// What the ending of the name promises.
        named: &'static str,
        /// What was found.
        found: &'static str,
    },
    /// The end is missing.
    #[error("The file is cut off{}. Copy it again.", promise(*promised_bytes, *size))]
    Truncated {
        /// How long it should be.
        promised_bytes: Option<u64>,
        /// How long it is.
        size: u64,
    },
    /// The header makes no sense.
    #[error("The {what} in this file cannot be read; it is damaged. Copy it again.")]
    Damaged {
        /// The part that was being read.
        what: &'static str,
    },
    /// We know what it is and cannot use it yet.
    #[error("{what} files are not supported yet.")]
    Unsupported {
        /// Name of the format.
        what: &'static str,
    },
    /// The disk does not give it.
    #[error("The file cannot be read: {0}")]
    Read(#[source] io::Error),
}

impl ProbeError {
    /// A stable word for the kind of problem.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Mislabelled { .. } => "mislabelled",
            Self::Truncated { .. } => "truncated",
            Self::Damaged { .. } => "damaged",
            Self::Unsupported { .. } => "unsupported",
            Self::Read(_) => "unreadable",
        }
    }
}

fn promise(promised: Option<u64>, size: u64) -> String {
    promised.map_or_else(String::new, |bytes| format!(": {size} of {bytes} bytes are there"))
}

/// Goes up when a reader or the rules of names understand what they did not: what an older version
/// could not use is then looked into again.
pub(crate) const VERSION: u32 = 1;

/// Reads the header of `file`, whose name promises `named`, until it is cancelled.
///
/// # Errors
/// [`ProbeError`] with a sentence for the owner.
pub fn probe(file: &File, named: Class, cancel: &Cancel) -> Result<Probed, ProbeError> {
    let source = Source::open(file, cancel).map_err(ProbeError::Read)?;
    let found = look(&source, named);
    source.into_refused().map_or(found, |error| Err(ProbeError::Read(error)))
}

fn look(source: &Source<'_>, named: Class) -> Result<Probed, ProbeError> {
    if source.size() == 0 {
        return Err(ProbeError::Empty);
    }
    let container = sniff::container(source);
    let found = container.class();
    if !named.may_hold(found) {
        return Err(sniff::unsupported(source.head(), named).unwrap_or_else(|| {
            let (named, found) = (named.in_words(), container.in_words());
            ProbeError::Mislabelled { named, found }
        }));
    }
    let header = read_header(source, container)?;
    if let Some(damage) = header.as_ref().and_then(|header| header.damage) {
        let promised_bytes = damage.promised_bytes;
        return Err(ProbeError::Truncated { promised_bytes, size: source.size() });
    }
    let content_key = content::key(source);
    Ok(Probed { container, header, content_key, size: source.size() })
}

fn read_header(source: &Source<'_>, container: Container) -> Result<Option<Header>, ProbeError> {
    let header = match container {
        Container::Mp4 => mp4::header(source)?,
        Container::Mkv | Container::Webm => mkv::header(source)?,
        Container::Mp3 => mp3::header(source)?,
        Container::Flac => flac::header(source)?,
        Container::Ogg => ogg::header(source)?,
        Container::Wav => riff::wave(source)?,
        Container::Jpeg => jpeg::header(source)?,
        Container::Png => other::png(source)?,
        Container::Webp => riff::webp(source)?,
        Container::Heif => return Err(ProbeError::Unsupported { what: "HEIC" }),
        Container::Avi
        | Container::Asf
        | Container::MpegTs
        | Container::MpegPs
        | Container::Flv
        | Container::Adts => return Ok(None),
        Container::Playlist | Container::Text | Container::Unknown => {
            return Err(ProbeError::Damaged { what: "content" });
        }
    };
    Ok(Some(header))
}

#[cfg(test)]
pub(crate) mod tests;
