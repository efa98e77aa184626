//! Trailers, deleted scenes and the like: by their folder or by the end of their name.

use super::clean::{spaced, titled};
use super::{Extra, ExtraKind, Place, Understood};

/// Folders inside the folder of a film or a series.
const FOLDERS: &[(&str, ExtraKind)] = &[
    ("trailers", ExtraKind::Trailer),
    ("trailer", ExtraKind::Trailer),
    ("behind the scenes", ExtraKind::BehindTheScenes),
    ("deleted scenes", ExtraKind::DeletedScene),
    ("featurettes", ExtraKind::Featurette),
    ("interviews", ExtraKind::Interview),
    ("scenes", ExtraKind::Scene),
    ("shorts", ExtraKind::Short),
    ("samples", ExtraKind::Sample),
    ("sample", ExtraKind::Sample),
    ("extras", ExtraKind::Other),
    ("extra", ExtraKind::Other),
    ("bonus", ExtraKind::Other),
    ("clips", ExtraKind::Other),
    ("other", ExtraKind::Other),
    ("backdrops", ExtraKind::Other),
];

/// Ends of names, behind a dash.
const SUFFIXES: &[(&str, ExtraKind)] = &[
    ("trailer", ExtraKind::Trailer),
    ("behindthescenes", ExtraKind::BehindTheScenes),
    ("deleted", ExtraKind::DeletedScene),
    ("deletedscene", ExtraKind::DeletedScene),
    ("featurette", ExtraKind::Featurette),
    ("interview", ExtraKind::Interview),
    ("scene", ExtraKind::Scene),
    ("short", ExtraKind::Short),
    ("sample", ExtraKind::Sample),
    ("clip", ExtraKind::Other),
    ("extra", ExtraKind::Other),
    ("other", ExtraKind::Other),
];

pub(super) fn read(place: &Place<'_>) -> Option<Understood> {
    by_folder(place).or_else(|| by_suffix(place)).map(Understood::Extra)
}

/// The folder counts only inside another one: "Shorts" at the top is somebody's collection.
fn by_folder(place: &Place<'_>) -> Option<Extra> {
    let (folder, above) = place.folders.split_last()?;
    if above.is_empty() {
        return None;
    }
    let lower = spaced(folder).to_lowercase();
    let (_, kind) = FOLDERS.iter().find(|(name, _)| *name == lower)?;
    Some(Extra { kind: *kind, title: title(place.stem), of: above.join("/") })
}

fn by_suffix(place: &Place<'_>) -> Option<Extra> {
    let lower = place.stem.to_ascii_lowercase();
    let whole = || if place.folders.is_empty() { None } else { kind_of_whole(&lower) };
    let (kind, front) = kind_behind_dash(&lower).or_else(whole)?;
    let name = place.stem.get(..front).unwrap_or(place.stem);
    let shown = if name.is_empty() { place.stem } else { name };
    Some(Extra { kind, title: title(shown), of: place.folders.join("/") })
}

fn kind_behind_dash(lower: &str) -> Option<(ExtraKind, usize)> {
    let (front, word) = lower.rsplit_once('-')?;
    let bare = word.trim_end_matches(|c: char| c.is_ascii_digit());
    let (_, kind) = SUFFIXES.iter().find(|(name, _)| *name == bare)?;
    // "Film - Trailer" with spaces may be a title; without any it is the known form.
    (!word.starts_with(' ')).then_some((*kind, front.len()))
}

/// `trailer.mp4`, `sample.mkv`, `film.sample.mkv`, `sample-film.mkv`.
fn kind_of_whole(lower: &str) -> Option<(ExtraKind, usize)> {
    let is_sample = lower == "sample"
        || lower.ends_with(".sample")
        || lower.starts_with("sample-")
        || lower.starts_with("sample.");
    if is_sample {
        return Some((ExtraKind::Sample, 0));
    }
    matches!(lower, "trailer" | "movie-trailer").then_some((ExtraKind::Trailer, 0))
}

fn title(stem: &str) -> String {
    let titled = titled(stem);
    if titled.title.is_empty() { stem.to_owned() } else { titled.title }
}
