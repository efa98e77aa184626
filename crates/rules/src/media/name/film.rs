//! Films: the file's own name, or its folder's where the file says less.

use super::clean::{PART_WORDS, Titled, part_number, spaced, titled};
use super::{Film, Ids, Place, Unclear, Understood};
use crate::media::sort::title_key;

/// Folders that a disc's structure brings; the film is what holds them.
const DISC_FOLDERS: &[&str] = &["video_ts", "bdmv", "stream", "certificate", "hvdvd_ts"];

/// What may stand between the words of a name.
const SEPARATORS: [char; 4] = [' ', '_', '.', '-'];

pub(super) fn read(place: &Place<'_>) -> Understood {
    let film = film(place);
    if film.title.is_empty() {
        let title = place.stem.to_owned();
        return Understood::Unclear { title, why: Unclear::NoTitle };
    }
    Understood::Film(film)
}

fn film(place: &Place<'_>) -> Film {
    let in_disc = place.parent().is_some_and(is_disc_folder);
    let folder = place
        .folders
        .iter()
        .rev()
        .find(|folder| !is_disc_folder(folder) && part_alone(folder).is_none());
    let of_folder = folder.map(|folder| titled(folder));
    let (stem, part) = split_part(place.stem, of_folder.as_ref());
    let own = titled(stem);
    let part = part.or(own.part).or_else(|| place.parent().and_then(part_alone));
    match of_folder {
        Some(folder) if in_disc => merged(&folder, None, part),
        Some(folder) if folder_knows_better(&folder, &own) => {
            merged(&folder, version_in(&folder, &own, stem), part)
        }
        Some(folder) => merged(&with_ids_of(own, &folder), None, part),
        None => merged(&own, None, part),
    }
}

/// The folder names the film when it has a year or numbers and the file has none, or when both
/// mean the same film and the folder says more.
fn folder_knows_better(folder: &Titled, own: &Titled) -> bool {
    let folder_knows = folder.year.is_some() || folder.ids != Ids::default();
    let own_knows = own.year.is_some() || own.ids != Ids::default();
    let same = title_key(&folder.title) == title_key(&own.title);
    folder_knows && !folder.title.is_empty() && (!own_knows || (same && own.ids == Ids::default()))
}

/// Inside a film's own folder whatever follows its title tells the version: "Film - 1080p".
fn version_in(folder: &Titled, own: &Titled, stem: &str) -> Option<String> {
    if own.version.is_some() {
        return own.version.clone();
    }
    let spaced = spaced(stem);
    let label = spaced.get(folder.title.len()..)?.trim().strip_prefix("- ")?;
    let begins = title_key(spaced.get(..folder.title.len())?) == title_key(&folder.title);
    begins.then(|| label.trim().to_owned()).filter(|label| !label.is_empty())
}

fn with_ids_of(own: Titled, folder: &Titled) -> Titled {
    let same = title_key(&folder.title) == title_key(&own.title);
    if same && own.ids == Ids::default() { Titled { ids: folder.ids.clone(), ..own } } else { own }
}

fn merged(named: &Titled, version: Option<String>, part: Option<u32>) -> Film {
    Film {
        title: named.title.clone(),
        year: named.year,
        ids: named.ids.clone(),
        version: version.or_else(|| named.version.clone()),
        part: part.or(named.part),
    }
}

fn is_disc_folder(folder: &str) -> bool {
    DISC_FOLDERS.contains(&folder.to_ascii_lowercase().as_str())
}

/// `film-cd1`, `Film (2020) part 2`: the name before it, and the number.
fn split_part<'s>(stem: &'s str, folder: Option<&Titled>) -> (&'s str, Option<u32>) {
    let digits = stem.len() - stem.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (front, number) = stem.split_at(stem.len() - digits);
    let word_end = front.trim_end_matches(SEPARATORS);
    let lower = word_end.to_ascii_lowercase();
    let Some(word) = PART_WORDS.iter().find(|word| lower.ends_with(*word)) else {
        return (stem, None);
    };
    let Some(before) = word_end.get(..word_end.len() - word.len()) else { return (stem, None) };
    let sure = match *word {
        "part" | "pt" => is_whole_name(before, folder),
        _ => before.trim_end().ends_with([')', ']', '-']),
    };
    match part_number(number) {
        Some(number) if sure && !before.is_empty() => (before, Some(number)),
        Some(_) | None => (stem, None),
    }
}

/// Whether a film's name has ended before its part: by a year or a bracket, or because it is the
/// name of its folder. "Mockingjay - Part 1" alone is a title, and its second part another film.
fn is_whole_name(before: &str, folder: Option<&Titled>) -> bool {
    let name = before.trim_end_matches(SEPARATORS);
    let own = titled(name);
    let is_folders = |folder: &Titled| {
        folder.year.is_some() && title_key(&folder.title) == title_key(&own.title)
    };
    name.ends_with([')', ']']) || own.year.is_some() || folder.is_some_and(is_folders)
}

/// A folder that is nothing but a part: `CD1`, `Disc 2`.
fn part_alone(folder: &str) -> Option<u32> {
    let lower = folder.to_ascii_lowercase();
    let rest =
        ["cd", "disc", "disk", "dvd"].into_iter().find_map(|word| lower.strip_prefix(word))?;
    part_number(rest.trim_start_matches(SEPARATORS))
}
