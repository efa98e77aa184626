//! From a raw name to title, year and rest.

use super::Ids;
use super::marks::{self, Marks};
use super::words::{edition, is_strong, is_weak, resolution};

/// A name taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Titled {
    pub(super) title: String,
    pub(super) year: Option<u32>,
    pub(super) ids: Ids,
    pub(super) version: Option<String>,
    /// Which part of the film, where that is said behind the year.
    pub(super) part: Option<u32>,
}

/// Takes the name of a film or a series apart.
pub(super) fn titled(raw: &str) -> Titled {
    let spaced = spaced(raw);
    let Marks { text, ids, mut labels } = marks::take(&spaced);
    let text = with_bracketed_title(text, &mut labels);
    let Split { title, year, rest } = split(&text);
    let named = title.chars().any(char::is_alphanumeric);
    let title = if named { title.to_owned() } else { String::new() };
    let version = version(rest, &labels);
    let part = year.and_then(|_| part_in(rest));
    Titled { title, year, ids, version, part }
}

/// Dots and underscores of release names become spaces; initials keep their dots.
pub(super) fn spaced(raw: &str) -> String {
    let unified = raw.replace(['–', '—', '\u{2212}'], "-").replace('\u{a0}', " ");
    if unified.contains(' ') {
        return unified.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    join_initials(&unified.replace('_', "."))
}

/// `S.H.I.E.L.D` stays one word, `The.Film` becomes two. A lone letter is no initial.
fn join_initials(dotted: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut initials: Vec<&str> = Vec::new();
    for part in dotted.split('.').chain([""]) {
        if part.chars().count() == 1 && part.chars().all(char::is_alphabetic) {
            initials.push(part);
            continue;
        }
        match initials.len() {
            0 => {}
            1 => words.extend(initials.iter().map(|initial| (*initial).to_owned())),
            _ => words.push(initials.join(".") + "."),
        }
        initials.clear();
        if !part.is_empty() {
            words.push(part.to_owned());
        }
    }
    words.join(" ")
}

struct Split<'a> {
    title: &'a str,
    year: Option<u32>,
    rest: &'a str,
}

fn split(text: &str) -> Split<'_> {
    let (title, year, rest) = at_bracketed_year(text)
        .or_else(|| at_bare_year(text))
        .unwrap_or_else(|| at_release_word(text));
    Split { title: tidy(title), year, rest }
}

/// The last `(2020)`; `(2008-2013)` counts from its beginning.
fn at_bracketed_year(text: &str) -> Option<(&str, Option<u32>, &str)> {
    let opens = text.match_indices('(').map(|(at, _)| at);
    opens.rev().find_map(|at| {
        let inner = text.get(at + 1..)?;
        let (inside, rest) = inner.split_once(')')?;
        let year = year_in(inside, 1880..=2099)?;
        let title = text.get(..at)?;
        (!tidy(title).is_empty()).then_some((title, Some(year), rest))
    })
}

fn year_in(inside: &str, range: std::ops::RangeInclusive<u32>) -> Option<u32> {
    let first = inside.split(['-', ' ']).next()?;
    let digits = first.len() == 4 && first.bytes().all(|byte| byte.is_ascii_digit());
    let year = first.parse().ok().filter(|year| digits && range.contains(year))?;
    let rest = inside.get(4..)?.trim_matches([' ', '-']);
    rest.bytes().all(|byte| byte.is_ascii_digit()).then_some(year)
}

/// The last year that is neither the first word nor behind a release word. 2049 is a title.
fn at_bare_year(text: &str) -> Option<(&str, Option<u32>, &str)> {
    let words = words_at(text);
    let end = release_word(&words).unwrap_or(words.len());
    let years = words.iter().take(end).skip(1).rev();
    let (at, word) = years.copied().find(|(_, word)| bare_year(word).is_some())?;
    let rest = text.get(at + word.len()..)?;
    // "Class of 1984 Reunion": a year in the middle of a title is no year.
    let mut behind = words.iter().filter(|(next, _)| *next > at).map(|(_, word)| *word);
    let (follows, next) = (behind.next(), behind.next());
    let ends_title = follows.is_none_or(|word| {
        is_strong(word)
            || is_weak(word)
            || word.starts_with(['-', '(', '['])
            || part_at(word, next).is_some()
    });
    ends_title.then(|| (text.get(..at).unwrap_or_default(), bare_year(word), rest))
}

fn bare_year(word: &str) -> Option<u32> {
    year_in(word, 1900..=2039).filter(|_| word.len() == 4)
}

fn at_release_word(text: &str) -> (&str, Option<u32>, &str) {
    let words = words_at(text);
    let Some(mut index) = release_word(&words) else { return (text, None, "") };
    while index > 1 && words.get(index - 1).is_some_and(|(_, word)| is_weak(word)) {
        index -= 1;
    }
    let at = words.get(index).map_or(text.len(), |(at, _)| *at);
    (text.get(..at).unwrap_or(text), None, text.get(at..).unwrap_or_default())
}

/// The first word, not counting the very first, that only a release name holds.
fn release_word(words: &[(usize, &str)]) -> Option<usize> {
    let found = words.iter().enumerate().skip(1).find(|(_, (_, word))| is_strong(word));
    found.map(|(index, _)| index)
}

/// The words of a text whose words are one space apart, with where they begin.
fn words_at(text: &str) -> Vec<(usize, &str)> {
    let mut next = 0;
    let placed = text.split(' ').map(|word| {
        let at = next;
        next += word.len() + 1;
        (at, word)
    });
    placed.filter(|(_, word)| !word.is_empty()).collect()
}

/// What tells this version from others: a label behind a dash, in brackets, or a known word.
pub(super) fn version(rest: &str, labels: &[String]) -> Option<String> {
    let rest = rest.trim();
    if let Some(named) = labels.iter().find_map(|label| label.strip_prefix("edition ")) {
        return some(named);
    }
    if let Some(label) = rest.strip_prefix("- ") {
        return some(tidy(label));
    }
    if let Some(label) = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        return some(tidy(label.0));
    }
    labels.iter().find_map(|label| known_version(label)).or_else(|| known_version(rest))
}

fn known_version(text: &str) -> Option<String> {
    let editions = text.split_whitespace().find_map(edition);
    let lines = text.split_whitespace().find_map(resolution);
    match (editions, lines) {
        (Some(edition), Some(lines)) => Some(format!("{edition} {lines}")),
        (Some(one), None) | (None, Some(one)) => Some(one.to_owned()),
        (None, None) => None,
    }
}

/// Words for one of several files of a film, in front of its number.
pub(super) const PART_WORDS: [&str; 6] = ["cd", "disc", "disk", "dvd", "part", "pt"];

pub(super) fn part_number(text: &str) -> Option<u32> {
    text.parse().ok().filter(|number| (1..=20).contains(number))
}

/// `CD1`, `part 2` among the words behind a year. `DVD5` and `DVD 9` are kinds of discs.
fn part_in(rest: &str) -> Option<u32> {
    let words = rest.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let next = words.clone().skip(1).map(Some).chain([None]);
    words.zip(next).find_map(|(word, next)| part_at(word, next))
}

fn part_at(word: &str, next: Option<&str>) -> Option<u32> {
    let lower = word.to_ascii_lowercase();
    let known = PART_WORDS.iter().find(|known| lower.starts_with(*known))?;
    match lower.get(known.len()..)? {
        "" if *known != "dvd" => part_number(next?),
        number if !is_strong(word) => part_number(number),
        _ => None,
    }
}

/// "[REC] (2007)": a title that is nothing but brackets is its own label.
fn with_bracketed_title(text: String, labels: &mut Vec<String>) -> String {
    let untitled = text.is_empty() || text.starts_with('(');
    match labels.first() {
        Some(label) if untitled && !is_strong(label) => format!("{} {text}", labels.remove(0)),
        Some(_) | None => text,
    }
}

/// A title without what separated it from its neighbours.
pub(super) fn tidy(text: &str) -> &str {
    let text = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '-' | '_' | ',' | ';'));
    let text = text.trim_end_matches(['(', '[', '{', ' ', '-']);
    // A sentence's own stop ("Good Luck, Mr. Grey." or "E.T.") stays; a separator's does not.
    match text.strip_suffix('.') {
        Some(front) if !front.contains('.') && !front.contains(' ') => front,
        _ => text.trim_start_matches(['.', ' ']),
    }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
