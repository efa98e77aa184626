//! Tracks, as far as folders and names tell; the tags in the file go before.

use super::clean::{spaced, tidy, titled};
use super::{Place, Track, Unclear, Understood};

pub(super) fn read(place: &Place<'_>) -> Understood {
    let (disc_of_folder, folders) = without_disc_folder(place.folders);
    let named = named(&spaced(place.stem));
    let (artist, album, year) = album(folders);
    if named.title.is_empty() {
        return Understood::Unclear { title: place.stem.to_owned(), why: Unclear::NoTitle };
    }
    Understood::Track(Track {
        artist: named.artist.or(artist),
        album,
        year,
        disc: named.disc.or(disc_of_folder),
        number: named.number,
        title: named.title,
    })
}

#[derive(Default)]
struct Named {
    artist: Option<String>,
    disc: Option<u32>,
    number: Option<u32>,
    title: String,
}

/// `01 - Title`, `1-03 Title`, `03. Title`, `Artist - 03 - Title`, `Artist - Title`.
fn named(stem: &str) -> Named {
    if let Some((disc, number, rest)) = leading_number(stem) {
        let title = tidy(rest).to_owned();
        return Named { disc, number: Some(number), title, artist: None };
    }
    let parts: Vec<&str> = stem.splitn(3, " - ").map(str::trim).collect();
    match parts.as_slice() {
        [artist, number, title] if short_number(number).is_some() => Named {
            artist: Some((*artist).to_owned()),
            number: short_number(number),
            title: (*title).to_owned(),
            disc: None,
        },
        [artist, title] if !artist.is_empty() => Named {
            artist: Some((*artist).to_owned()),
            title: (*title).to_owned(),
            ..Named::default()
        },
        _ => Named { title: tidy(stem).to_owned(), ..Named::default() },
    }
}

/// The number in front, with its disc; a name that is only a number is its own title.
fn leading_number(stem: &str) -> Option<(Option<u32>, u32, &str)> {
    let (first, rest) = digits(stem)?;
    if let Some((second, after)) = rest.strip_prefix(['-', '.']).and_then(digits)
        && separated(after)
    {
        return Some((Some(first), second, after));
    }
    let (disc, number) = if first > 100 { (Some(first / 100), first % 100) } else { (None, first) };
    separated(rest).then_some((disc, number, rest))
}

fn digits(text: &str) -> Option<(u32, &str)> {
    let count = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(count);
    (1..=3).contains(&count).then(|| number.parse().ok().map(|number| (number, rest)))?
}

/// A number in front is a track's only with something between it and a title.
fn separated(rest: &str) -> bool {
    rest.starts_with([' ', '.', '-', '_', ')'])
        && !tidy(rest.trim_start_matches(['.', ')'])).is_empty()
}

fn short_number(text: &str) -> Option<u32> {
    digits(text).filter(|(_, rest)| rest.is_empty()).map(|(number, _)| number)
}

/// `CD 1`, `Disc 2` between the album and its tracks.
fn without_disc_folder<'a>(folders: &'a [&'a str]) -> (Option<u32>, &'a [&'a str]) {
    let Some((last, above)) = folders.split_last() else { return (None, folders) };
    let lower = last.to_ascii_lowercase();
    let words = ["cd", "disc", "disk", "side", "vinyl"];
    let number = words.into_iter().find_map(|word| lower.strip_prefix(word)).and_then(|rest| {
        let rest = rest.trim_start_matches([' ', '_', '-', '.']);
        digits(rest).map(|(number, _)| number)
    });
    if number.is_some() { (number, above) } else { (None, folders) }
}

/// `Artist/Album (2001)`, `Artist/2001 - Album`, or `Artist - Album` alone.
fn album(folders: &[&str]) -> (Option<String>, Option<String>, Option<u32>) {
    let Some((last, above)) = folders.split_last() else { return (None, None, None) };
    let (album, year) = album_and_year(last);
    let artist = above.last().map(|artist| (*artist).to_owned());
    match (artist, album.split_once(" - ")) {
        (Some(artist), Some((front, title))) if front.trim() == artist => {
            (Some(artist), Some(title.trim().to_owned()), year)
        }
        (Some(artist), _) => (Some(artist), Some(album), year),
        (None, Some((artist, title))) => {
            (Some(artist.trim().to_owned()), Some(title.trim().to_owned()), year)
        }
        (None, None) => (None, Some(album), year),
    }
}

fn album_and_year(folder: &str) -> (String, Option<u32>) {
    let spaced = spaced(folder);
    let in_front = spaced.trim_start_matches(['(', '[']);
    if let Some((year, rest)) = year_in_front(in_front) {
        return (rest.to_owned(), Some(year));
    }
    let named = titled(folder);
    match named.year {
        Some(_) if spaced.contains(['(', '[']) => (named.title, named.year),
        Some(_) | None if named.title.is_empty() => (spaced, None),
        Some(_) | None => (without_brackets(&spaced), None),
    }
}

/// `2001 - Album`, `[2001] Album`.
fn year_in_front(text: &str) -> Option<(u32, &str)> {
    let year = text.get(..4)?.parse().ok().filter(|year| (1900..=2099).contains(year))?;
    let rest = text.get(4..)?;
    let marked = rest.starts_with([')', ']']) || rest.trim_start().starts_with("- ");
    let rest = tidy(rest.trim_start_matches([')', ']']));
    (marked && !rest.is_empty()).then_some((year, rest))
}

/// `Album [FLAC]` without what describes the files.
fn without_brackets(text: &str) -> String {
    let plain = super::marks::take(text).text;
    if plain.is_empty() { text.to_owned() } else { plain }
}
