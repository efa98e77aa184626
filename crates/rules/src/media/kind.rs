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
