//! From a path to what it names: film, episode, track, photo, or something beside one of them.

mod clean;
mod date;
mod episode;
mod extra;
mod film;
mod marks;
mod music;
mod number;
mod photo;
mod season;
mod words;

use super::kind::{FileKind, LibraryKind, file_kind};

pub use date::AirDate;

/// What a path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Understood {
    /// A film, or one of its versions or parts.
    Film(Film),
    /// One or several episodes in one file.
    Episode(Episode),
    /// A track of an album; tags in the file go before what is read here.
    Track(Track),
    /// A photo.
    Photo(Photo),
    /// A video among photos.
    Clip(Clip),
    /// A trailer, a deleted scene: something that belongs to a film or a series.
    Extra(Extra),
    /// Something for this library whose name does not say what; it is listed in the report.
    Unclear {
        /// What it would be called.
        title: String,
        /// Why.
        why: Unclear,
    },
    /// Not something for this kind of library.
    Passed,
}

/// A film.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Film {
    /// The title.
    pub title: String,
    /// The year it came out.
    pub year: Option<u32>,
    /// Numbers that databases know it by.
    pub ids: Ids,
    /// What tells this version from others of the same film ("1080p", "Director's Cut").
    pub version: Option<String>,
    /// Which part, where a film is cut into several files.
    pub part: Option<u32>,
}

/// A series, as its folder or the name before the number tells it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Series {
    /// The title.
    pub title: String,
    /// The year it began.
    pub year: Option<u32>,
    /// Numbers that databases know it by.
    pub ids: Ids,
}

/// One or several episodes in one file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Episode {
    /// Of which series.
    pub series: Series,
    /// The season; zero are the specials, a year for daily programmes.
    pub season: u32,
    /// The first episode in the file; month and day (501 for 1 May) for daily programmes.
    pub first: u32,
    /// The last episode in the file; the same as `first` for a single one.
    pub last: u32,
    /// The number counts through all seasons (anime).
    pub absolute: bool,
    /// The day it was on air, where that is what names it.
    pub aired: Option<AirDate>,
    /// The title, where the name tells it.
    pub title: Option<String>,
    /// What tells this version from others.
    pub version: Option<String>,
}

/// A track, as far as names tell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Track {
    /// Who plays.
    pub artist: Option<String>,
    /// The album.
    pub album: Option<String>,
    /// The album's year.
    pub year: Option<u32>,
    /// The disc.
    pub disc: Option<u32>,
    /// The number on the disc.
    pub number: Option<u32>,
    /// The title.
    pub title: String,
}

/// A photo.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Photo {
    /// Its name.
    pub title: String,
    /// The folder it lies in.
    pub album: Option<String>,
    /// When the name says it was taken, in milliseconds since the epoch with the camera's clock
    /// read as UTC; what is written in the file goes before.
    pub taken_ms: Option<i64>,
}

/// A video among photos.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Clip {
    /// Its name.
    pub title: String,
    /// The folder it lies in.
    pub album: Option<String>,
    /// As of [`Photo::taken_ms`].
    pub taken_ms: Option<i64>,
}

/// Something that belongs to a film or a series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extra {
    /// What it is.
    pub kind: ExtraKind,
    /// Its own title.
    pub title: String,
    /// The folder of what it belongs to, relative to the root.
    pub of: String,
}

/// What an extra is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExtraKind {
    /// An announcement of the film.
    Trailer,
    /// How it was made.
    BehindTheScenes,
    /// What was left out.
    DeletedScene,
    /// About something in it.
    Featurette,
    /// Talk.
    Interview,
    /// A part of it.
    Scene,
    /// A short film that comes with it.
    Short,
    /// A few seconds to try a download with: never listed.
    Sample,
    /// Anything else.
    Other,
}

/// Numbers that databases know a work by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ids {
    /// themoviedb.org.
    pub tmdb: Option<String>,
    /// imdb.com, with its `tt`.
    pub imdb: Option<String>,
    /// thetvdb.com.
    pub tvdb: Option<String>,
}

/// Why a name was not understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unclear {
    /// In a library of series, but without a season and episode.
    NoEpisodeNumber,
    /// Nothing is left of the name.
    NoTitle,
}

impl Unclear {
    /// The stable code for reports.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoEpisodeNumber => "no_episode_number",
            Self::NoTitle => "no_title",
        }
    }
}

/// A path taken apart: the folders below the root, and the name without its ending.
#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    folders: &'a [&'a str],
    stem: &'a str,
}

impl<'a> Place<'a> {
    fn parent(&self) -> Option<&'a str> {
        self.folders.last().copied()
    }
}

/// Reads a path relative to the root of a library, with `/` between its parts.
#[must_use]
pub fn understand(library: LibraryKind, path: &str) -> Understood {
    at_place(path, |name, place| in_library(library, name, place))
}

/// Reads the path of a video that [`understand`] takes for an extra in a library where anything may
/// lie, when there is nothing that it could belong to: then it is a work of its own.
#[must_use]
pub fn understand_alone(path: &str) -> Understood {
    at_place(path, |_, place| episode_or_film(place))
}

/// Whether a folder of this name holds a season of a series.
#[must_use]
pub fn is_season_folder(name: &str) -> bool {
    season::of(&[name]).is_some()
}

fn at_place(path: &str, read: impl FnOnce(&str, &Place<'_>) -> Understood) -> Understood {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let Some((name, folders)) = parts.split_last() else { return Understood::Passed };
    let stem = name.rsplit_once('.').map_or(*name, |(stem, _)| stem);
    read(name, &Place { folders, stem })
}

fn in_library(library: LibraryKind, name: &str, place: &Place<'_>) -> Understood {
    let extra_or =
        |read: fn(&Place<'_>) -> Understood| extra::read(place).unwrap_or_else(|| read(place));
    match (library, file_kind(name)) {
        (LibraryKind::Films, FileKind::Video) => extra_or(film::read),
        (LibraryKind::Series, FileKind::Video) => extra_or(episode::read),
        (LibraryKind::Mixed, FileKind::Video) => extra_or(episode_or_film),
        (LibraryKind::Music | LibraryKind::Mixed, FileKind::Audio) => music::read(place),
        (LibraryKind::Photos | LibraryKind::Mixed, FileKind::Picture) => photo::read(place),
        (LibraryKind::Photos, FileKind::Video) => photo::clip(place),
        (
            LibraryKind::Films
            | LibraryKind::Series
            | LibraryKind::Music
            | LibraryKind::Photos
            | LibraryKind::Mixed,
            FileKind::Video
            | FileKind::Audio
            | FileKind::Picture
            | FileKind::Subtitles
            | FileKind::Description
            | FileKind::Other,
        ) => Understood::Passed,
    }
}

/// Where anything may lie, a plain season and episode number makes an episode.
fn episode_or_film(place: &Place<'_>) -> Understood {
    match episode::surely(place) {
        Some(episode) => Understood::Episode(episode),
        None => film::read(place),
    }
}
