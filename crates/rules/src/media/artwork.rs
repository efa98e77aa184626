//! Pictures that lie beside media and show it: the names that owners of other servers use.

/// What a picture is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ArtworkRole {
    /// Upright, or square for albums: what lists show.
    Poster,
    /// Wide: behind the details.
    Backdrop,
    /// The title as a picture.
    Logo,
    /// Very wide.
    Banner,
    /// Wide, of one episode or video.
    Thumb,
}

/// Of what a picture is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ArtworkOf {
    /// What its folder stands for.
    Folder,
    /// A season of the series that its folder stands for; zero are the specials.
    Season(u32),
    /// The file beside it whose name without ending is this.
    File(String),
}

/// A picture understood as artwork.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Artwork {
    /// Of what.
    pub of: ArtworkOf,
    /// For what.
    pub role: ArtworkRole,
    /// The place among several of one role, from zero: `poster` is before `poster2`.
    pub rank: u32,
}

/// Reads the name of a picture that lies in a folder of films, series or music. Any picture may
/// be artwork of the file that shares its name, so the caller looks whether there is one.
#[must_use]
pub fn artwork(file_name: &str) -> Artwork {
    let stem = file_name.rsplit_once('.').map_or(file_name, |(stem, _)| stem);
    let lower = stem.to_ascii_lowercase();
    of_folder(&lower)
        .or_else(|| of_season(&lower))
        .or_else(|| of_file(stem, &lower))
        .unwrap_or_else(|| Artwork {
            of: ArtworkOf::File(stem.to_owned()),
            role: ArtworkRole::Thumb,
            rank: 0,
        })
}

fn of_folder(stem: &str) -> Option<Artwork> {
    let (word, rank) = split_rank(stem);
    let (role, preference) = folder_role(word)?;
    Some(Artwork { of: ArtworkOf::Folder, role, rank: rank * 10 + preference })
}

/// The role of a whole name, and which name goes first where a folder holds several.
fn folder_role(word: &str) -> Option<(ArtworkRole, u32)> {
    Some(match word {
        "poster" => (ArtworkRole::Poster, 0),
        "folder" => (ArtworkRole::Poster, 1),
        "cover" => (ArtworkRole::Poster, 2),
        "movie" | "show" | "album" | "front" | "artist" => (ArtworkRole::Poster, 3),
        "default" => (ArtworkRole::Poster, 4),
        "fanart" => (ArtworkRole::Backdrop, 0),
        "backdrop" => (ArtworkRole::Backdrop, 1),
        "background" | "art" => (ArtworkRole::Backdrop, 2),
        "logo" => (ArtworkRole::Logo, 0),
        "clearlogo" => (ArtworkRole::Logo, 1),
        "banner" => (ArtworkRole::Banner, 0),
        "thumb" => (ArtworkRole::Thumb, 0),
        "landscape" => (ArtworkRole::Thumb, 1),
        _ => return None,
    })
}

/// `backdrop2`, `backdrop-2` and `backdrop (2)` are the second of their kind.
fn split_rank(stem: &str) -> (&str, u32) {
    let open = stem.trim_end_matches(')');
    let word = open.trim_end_matches(|c: char| c.is_ascii_digit());
    let rank = open.get(word.len()..).and_then(|digits| digits.parse().ok()).unwrap_or(0);
    (word.trim_end_matches(['-', '_', ' ', '(']), std::cmp::min(rank, 1000))
}

/// `season01-poster`, `season-specials-banner`, `season01`.
fn of_season(stem: &str) -> Option<Artwork> {
    let rest = stem.strip_prefix("season")?.trim_start_matches(['-', '_', ' ']);
    let (season, role) = match rest.split_once(['-', '_']) {
        Some((season, role)) => (season, folder_role(role)?.0),
        None => (rest, ArtworkRole::Poster),
    };
    let season = match season {
        "specials" => 0,
        "all" => return None,
        digits => digits.parse().ok()?,
    };
    Some(Artwork { of: ArtworkOf::Season(season), role, rank: 0 })
}

/// `Film (2020)-poster`: the role behind the last dash.
fn of_file(stem: &str, lower: &str) -> Option<Artwork> {
    let (before, _) = lower.rsplit_once('-')?;
    let (word, rank) = split_rank(lower.get(before.len() + 1..)?.trim());
    let (role, _) = folder_role(word)?;
    let name = stem.get(..before.len())?.trim_end().to_owned();
    Some(Artwork { of: ArtworkOf::File(name), role, rank })
}
