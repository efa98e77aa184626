//! What was understood, on one line.

use std::fmt::Write;

use crate::media::{
    Episode, Film, Ids, LibraryKind, Track, Understood, understand, understand_alone,
};

/// Asserts what every path means in a library of this kind.
pub(super) fn check(library: LibraryKind, cases: &[(&str, &str)]) {
    check_with(|path| understand(library, path), cases);
}

/// Asserts what every path means where anything may lie and nothing is beside it.
pub(super) fn check_alone(cases: &[(&str, &str)]) {
    check_with(understand_alone, cases);
}

fn check_with(understand: impl Fn(&str) -> Understood, cases: &[(&str, &str)]) {
    let mut wrong = String::new();
    for (path, want) in cases {
        let read = line(&understand(path));
        if read != *want {
            writeln!(wrong, "{path}\n  want {want}\n  read {read}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

pub(super) fn line(understood: &Understood) -> String {
    match understood {
        Understood::Film(film) => film_line(film),
        Understood::Episode(episode) => episode_line(episode),
        Understood::Track(track) => track_line(track),
        Understood::Photo(photo) => {
            format!("photo {} in {:?} at {:?}", photo.title, photo.album, photo.taken_ms)
        }
        Understood::Clip(clip) => {
            format!("clip {} in {:?} at {:?}", clip.title, clip.album, clip.taken_ms)
        }
        Understood::Extra(extra) => format!("{:?} '{}' of {}", extra.kind, extra.title, extra.of),
        Understood::Unclear { title, why } => format!("unclear {title}: {}", why.code()),
        Understood::Passed => "passed".into(),
    }
}

fn film_line(film: &Film) -> String {
    let mut text = film.title.clone();
    year(&mut text, film.year);
    ids(&mut text, &film.ids);
    if let Some(version) = &film.version {
        write!(text, " | {version}").unwrap();
    }
    if let Some(part) = film.part {
        write!(text, " | part {part}").unwrap();
    }
    text
}

fn episode_line(episode: &Episode) -> String {
    let mut text = episode.series.title.clone();
    year(&mut text, episode.series.year);
    ids(&mut text, &episode.series.ids);
    write!(text, " {}x{}", episode.season, episode.first).unwrap();
    if episode.last != episode.first {
        write!(text, "-{}", episode.last).unwrap();
    }
    if episode.absolute {
        text.push_str(" absolute");
    }
    if let Some(aired) = episode.aired {
        write!(text, " {}-{}-{}", aired.year, aired.month, aired.day).unwrap();
    }
    if let Some(title) = &episode.title {
        write!(text, " '{title}'").unwrap();
    }
    if let Some(version) = &episode.version {
        write!(text, " | {version}").unwrap();
    }
    text
}

fn track_line(track: &Track) -> String {
    let name = |name: &Option<String>| name.clone().unwrap_or_else(|| "?".into());
    let number = |number: Option<u32>| number.map_or_else(|| "-".into(), |n| n.to_string());
    let mut text = format!("{} / {}", name(&track.artist), name(&track.album));
    year(&mut text, track.year);
    write!(text, " / {}.{} {}", number(track.disc), number(track.number), track.title).unwrap();
    text
}

fn year(text: &mut String, year: Option<u32>) {
    if let Some(year) = year {
        write!(text, " ({year})").unwrap();
    }
}

fn ids(text: &mut String, ids: &Ids) {
    for (name, id) in [("tmdb", &ids.tmdb), ("imdb", &ids.imdb), ("tvdb", &ids.tvdb)] {
        if let Some(id) = id {
            write!(text, " {name}={id}").unwrap();
        }
    }
}
