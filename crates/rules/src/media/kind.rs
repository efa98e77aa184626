//! What a library holds.

/// What a library holds; it decides how names are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LibraryKind {
    /// Films.
    Films,
    /// Series, seasons, episodes.
    Series,
    /// Artists, albums, tracks.
    Music,
    /// Photos and home videos.
    Photos,
    /// Anything; each file is taken for what it looks like.
    Mixed,
}

/// What a file is by its name; its content has the last word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// A film, an episode, a home video.
    Video,
    /// A track.
    Audio,
    /// A photo or artwork.
    Picture,
    /// Subtitles beside a video.
    Subtitles,
    /// Words about something beside it (NFO).
    Description,
    /// Nothing for a library.
    Other,
}

const VIDEO: &[&str] = &[
    "3g2", "3gp", "asf", "avi", "divx", "dv", "f4v", "flv", "m2ts", "m2v", "m4v", "mk3d", "mkv",
    "mov", "mp4", "mpeg", "mpg", "mts", "mxf", "ogm", "ogv", "rm", "rmvb", "ts", "vob", "webm",
    "wmv", "wtv",
];
const AUDIO: &[&str] = &[
    "aac", "aif", "aiff", "alac", "ape", "dsf", "flac", "m4a", "m4b", "mka", "mp2", "mp3", "mpc",
    "oga", "ogg", "opus", "wav", "wma", "wv",
];
const PICTURE: &[&str] =
    &["avif", "bmp", "gif", "heic", "heif", "jpe", "jpeg", "jpg", "png", "tif", "tiff", "webp"];
const SUBTITLES: &[&str] = &["ass", "idx", "smi", "srt", "ssa", "sub", "sup", "vtt"];

/// What the name of a file promises. Names that begin with a dot are somebody else's (macOS,
/// NAS thumbnails, half-finished downloads).
#[must_use]
pub fn file_kind(name: &str) -> FileKind {
    let Some((stem, extension)) = name.rsplit_once('.') else { return FileKind::Other };
    if stem.is_empty() || name.starts_with('.') {
        return FileKind::Other;
    }
    let extension = extension.to_ascii_lowercase();
    let is_one_of = |known: &[&str]| known.contains(&extension.as_str());
    if is_one_of(VIDEO) {
        FileKind::Video
    } else if is_one_of(AUDIO) {
        FileKind::Audio
    } else if is_one_of(PICTURE) {
        FileKind::Picture
    } else if is_one_of(SUBTITLES) {
        FileKind::Subtitles
    } else if extension == "nfo" {
        FileKind::Description
    } else {
        FileKind::Other
    }
}
