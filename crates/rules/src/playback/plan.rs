//! Whether a client can play a file as it is.
//!
//! Containers and codecs are named by the words under which the index stores them. There is one
//! way to play so far, the file itself; what cannot be played so is refused with what is wrong,
//! so that a person is told before a black window is.

/// A file, as far as playing it is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Media<'a> {
    /// The container's word.
    pub container: &'a str,
    /// The first video track's codec.
    pub video: Option<&'a str>,
    /// The first sound track's codec.
    pub audio: Option<&'a str>,
}

/// Who wants to play.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Client {
    /// A browser of which nothing else is known.
    Browser,
}

/// How to play.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Plan {
    /// As it is: every client of this kind plays it.
    Direct,
    /// As it is, and some clients of this kind do not: the client tries and says.
    Try,
    /// Not as it is.
    Refuse(NotPlayable),
}

/// What stands in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NotPlayable {
    /// The form of the file.
    Container,
    /// The form of the picture.
    Video,
    /// The form of the sound.
    Audio,
}

impl Plan {
    /// The stable word for answers.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Try => "try",
            Self::Refuse(NotPlayable::Container) => "container_unsupported",
            Self::Refuse(NotPlayable::Video) => "video_unsupported",
            Self::Refuse(NotPlayable::Audio) => "audio_unsupported",
        }
    }
}

/// Decides how a client plays a file.
#[must_use]
pub fn plan(client: Client, media: &Media<'_>) -> Plan {
    match client {
        Client::Browser => in_browser(media),
    }
}

fn in_browser(media: &Media<'_>) -> Plan {
    let container = container(media.container);
    let video = media.video.map_or(Support::Yes, |codec| video(media.container, codec));
    let audio = media.audio.map_or(Support::Yes, |codec| audio(media.container, codec));
    match (container, video, audio) {
        (Support::No, _, _) => Plan::Refuse(NotPlayable::Container),
        (_, Support::No, _) => Plan::Refuse(NotPlayable::Video),
        (_, _, Support::No) => Plan::Refuse(NotPlayable::Audio),
        (Support::Yes, Support::Yes, Support::Yes) => Plan::Direct,
        (Support::Yes | Support::Some, Support::Yes | Support::Some, _) => Plan::Try,
    }
}

/// How many browsers play something.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Support {
    Yes,
    Some,
    No,
}

/// Chromium plays Matroska, others do not; QuickTime files differ from MP4 in little.
fn container(word: &str) -> Support {
    match word {
        "mp4" | "mp3" | "flac" | "wav" | "aac" | "jpeg" | "png" | "webp" => Support::Yes,
        "webm" | "ogg" | "mkv" | "heif" => Support::Some,
        _ => Support::No,
    }
}

fn video(container: &str, codec: &str) -> Support {
    match (container, codec) {
        ("mp4", "h264") => Support::Yes,
        ("webm", "vp8" | "vp9") => Support::Yes,
        (_, "h264" | "vp8" | "vp9" | "av1" | "hevc") => Support::Some,
        // A cover is stored as a picture track.
        (_, "mjpeg" | "png") => Support::Yes,
        _ => Support::No,
    }
}

fn audio(container: &str, codec: &str) -> Support {
    match (container, codec) {
        (_, "aac" | "mp3" | "flac") => Support::Yes,
        ("webm" | "ogg", "opus" | "vorbis") | ("wav", "pcm") => Support::Yes,
        (_, "opus" | "vorbis" | "ac3" | "eac3" | "alac" | "pcm") => Support::Some,
        _ => Support::No,
    }
}
