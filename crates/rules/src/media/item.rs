//! What a listed thing is.

/// What a listed thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ItemKind {
    /// A film or a home video.
    Film,
    /// A series with seasons.
    Series,
    /// A season with episodes.
    Season,
    /// An episode.
    Episode,
    /// Somebody who makes music.
    Artist,
    /// An album with tracks.
    Album,
    /// A piece of music.
    Track,
    /// A photo.
    Photo,
}
