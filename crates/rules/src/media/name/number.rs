//! Season and episode numbers inside a name.

use super::date::{self, AirDate};

/// Numbers found in a name, and where they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Numbers {
    pub(super) season: Option<u32>,
    pub(super) first: u32,
    pub(super) last: u32,
    pub(super) aired: Option<AirDate>,
    pub(super) style: Style,
    pub(super) begin: usize,
    pub(super) end: usize,
}

/// How a number was written, which says how sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Season and episode.
    Sure,
    /// A day.
    Daily,
    /// An episode; the season is the folder's.
    InSeason,
    /// A number through all seasons.
    Absolute,
}

/// More episodes than this in one file are a misread number.
const SPAN_MAX: u32 = 30;

/// The forms that tell season and episode, or the day.
pub(super) fn find(text: &str) -> Option<Numbers> {
    let lower = text.to_ascii_lowercase();
    starts(&lower)
        .find_map(|at| season_episode(&lower, at))
        .or_else(|| starts(&lower).find_map(|at| by_cross(&lower, at)))
        .or_else(|| starts(&lower).find_map(|at| in_words(&lower, at)))
        .or_else(|| daily(text))
}

/// The forms that tell an episode inside a season's folder.
pub(super) fn find_in_season(text: &str, season: u32) -> Option<Numbers> {
    let lower = text.to_ascii_lowercase();
    let alone = starts(&lower).find_map(|at| episode_alone(&lower, at));
    alone.or_else(|| leading_number(&lower, season)).or_else(|| find_absolute(text))
}

/// `Show - 012`, as anime is named: a number behind a dash, at the end or before a bracket.
pub(super) fn find_absolute(text: &str) -> Option<Numbers> {
    let lower = text.to_ascii_lowercase();
    let dashes: Vec<usize> = lower.match_indices(" - ").map(|(at, _)| at).collect();
    dashes.into_iter().rev().find_map(|at| {
        let begin = at + 3;
        let (first, end) = digits(&lower, begin, 1..=4)?;
        let (last, end) = span(&lower, first, end);
        let end = skip_release_version(&lower, end);
        let rest = lower.get(end..)?;
        let ends = rest.is_empty() || rest.starts_with([' ', '(']);
        // A year behind a dash is a year.
        let year = (1900..=2099).contains(&first);
        let style = Style::Absolute;
        (ends && !year).then_some(numbers(None, first, last, style, at, end))
    })
}

/// `s01e02`, `s01 e02`, `s1ep2`, and what may follow for more episodes.
fn season_episode(lower: &str, at: usize) -> Option<Numbers> {
    let (season, after) = digits(lower, skip(lower, at, 's')?, 1..=4)?;
    let letter = skip_separator(lower, after);
    let (first, end) = episode_number(lower, letter)?;
    let (last, end) = more(lower, season, first, end);
    Some(numbers(Some(season), first, last, Style::Sure, at, end))
}

/// `1x02`; `1920x1080` is a size.
fn by_cross(lower: &str, at: usize) -> Option<Numbers> {
    let (season, after) = digits(lower, at, 1..=2)?;
    let (first, end) = digits(lower, skip(lower, after, 'x')?, 2..=3)?;
    let mut reach = (first, end);
    loop {
        let (last, end) = reach;
        let dashed = skip(lower, end, '-').unwrap_or(end);
        let crossed = digits(lower, dashed, 1..=2)
            .filter(|(again, _)| *again == season)
            .and_then(|(_, x)| skip(lower, x, 'x'))
            .or_else(|| skip(lower, dashed, 'x'))
            .or((dashed > end).then_some(dashed));
        match crossed.and_then(|begin| digits(lower, begin, 2..=3)) {
            Some((next, end)) if next > last && next - first < SPAN_MAX => reach = (next, end),
            Some(_) | None => break,
        }
    }
    let (last, end) = reach;
    ends_word(lower, end).then_some(numbers(Some(season), first, last, Style::Sure, at, end))
}

/// `season 1 episode 2`, `staffel 1 folge 2`.
fn in_words(lower: &str, at: usize) -> Option<Numbers> {
    let season_at = after_word(lower, at, &["season", "staffel", "saison", "temporada", "series"])?;
    let (season, end) = digits(lower, season_at, 1..=4)?;
    let next = skip_separator(lower, end);
    let next = skip_separator(lower, skip(lower, next, '-').unwrap_or(next));
    let episode_at = after_word(lower, next, &["episode", "folge", "épisode", "episodio", "ep"])?;
    let (first, end) = digits(lower, episode_at, 1..=4)?;
    let (last, end) = span(lower, first, end);
    Some(numbers(Some(season), first, last, Style::Sure, at, end))
}

fn daily(text: &str) -> Option<Numbers> {
    let found = date::separated(text)?;
    let date = found.date;
    let number = date.month * 100 + date.day;
    let daily = numbers(Some(date.year), number, number, Style::Daily, found.begin, found.end);
    Some(Numbers { aired: Some(date), ..daily })
}

/// `e05`, `ep 05`, `episode 5`, `folge 5`.
fn episode_alone(lower: &str, at: usize) -> Option<Numbers> {
    let words = ["episode", "folge", "épisode", "episodio", "ep", "e"];
    let (first, end) = digits(lower, after_word(lower, at, &words)?, 1..=4)?;
    let (last, end) = span(lower, first, end);
    ends_word(lower, end).then_some(numbers(None, first, last, Style::InSeason, at, end))
}

/// `01 - Title`, `01. Title`, `01`; `102` in season 1 is its second.
fn leading_number(lower: &str, season: u32) -> Option<Numbers> {
    let (number, end) = digits(lower, 0, 1..=3)?;
    let (last, end) = span(lower, number, end);
    let rest = lower.get(end..)?;
    if !(rest.is_empty() || rest.starts_with([' ', '.', '-', '_', ')'])) {
        return None;
    }
    let with_season = season > 0 && number / 100 == season && number % 100 > 0;
    let base = if with_season && number == last { number - number % 100 } else { 0 };
    Some(numbers(None, number - base, last - base, Style::InSeason, 0, end))
}

/// What may follow `s01e02`: `e03`, `-e03`, `-03`, `-s01e03`, several times.
fn more(lower: &str, season: u32, first: u32, end: usize) -> (u32, usize) {
    let (mut last, mut end) = (first, end);
    while let Some((next, after)) = one_more(lower, season, end) {
        if next <= last || next - first >= SPAN_MAX {
            break;
        }
        (last, end) = (next, after);
    }
    (last, end)
}

fn one_more(lower: &str, season: u32, end: usize) -> Option<(u32, usize)> {
    let dash = skip_separator(lower, end);
    let dashed = skip(lower, dash, '-').map(|at| skip_separator(lower, at));
    let tight = skip(lower, end, '-');
    let repeated = dashed.and_then(|at| {
        let (again, at) = digits(lower, skip(lower, at, 's')?, 1..=4)?;
        (again == season).then(|| episode_number(lower, at))?
    });
    let bare =
        || tight.and_then(|at| digits(lower, at, 1..=4)).filter(|(_, at)| ends_word(lower, *at));
    repeated
        .or_else(|| dashed.and_then(|at| episode_number(lower, at)))
        .or_else(|| episode_number(lower, dash))
        .or_else(bare)
}

/// `5-7` for one number and the same for two.
fn span(lower: &str, first: u32, end: usize) -> (u32, usize) {
    let next = skip(lower, end, '-').and_then(|at| {
        let at = skip(lower, at, 'e').unwrap_or(at);
        digits(lower, at, 1..=4).filter(|(_, at)| ends_word(lower, *at))
    });
    match next {
        Some((last, at)) if last > first && last - first < SPAN_MAX => (last, at),
        Some(_) | None => (first, end),
    }
}

fn episode_number(lower: &str, at: usize) -> Option<(u32, usize)> {
    let at = skip(lower, at, 'e')?;
    let at = skip(lower, at, 'p').unwrap_or(at);
    digits(lower, at, 1..=4)
}

/// `12v2` is the second release of the twelfth.
fn skip_release_version(lower: &str, end: usize) -> usize {
    let version = skip(lower, end, 'v').and_then(|at| digits(lower, at, 1..=1));
    version.map_or(end, |(_, at)| at)
}

const fn numbers(
    season: Option<u32>,
    first: u32,
    last: u32,
    style: Style,
    begin: usize,
    end: usize,
) -> Numbers {
    Numbers { season, first, last, aired: None, style, begin, end }
}

/// Where words begin.
fn starts(lower: &str) -> impl Iterator<Item = usize> + '_ {
    let before = std::iter::once(' ').chain(lower.chars());
    lower
        .char_indices()
        .zip(before)
        .filter(|(_, before)| !before.is_alphanumeric())
        .map(|((at, _), _)| at)
}

fn skip(text: &str, at: usize, letter: char) -> Option<usize> {
    text.get(at..)?.starts_with(letter).then(|| at + letter.len_utf8())
}

fn skip_separator(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.len() - rest.trim_start_matches([' ', '.', '_']).len()
}

fn after_word(lower: &str, at: usize, words: &[&str]) -> Option<usize> {
    let rest = lower.get(at..)?;
    let word = words.iter().find(|word| rest.starts_with(**word))?;
    Some(skip_separator(lower, at + word.len()))
}

/// The number at `at` if it has so many digits, and where it ends.
fn digits(text: &str, at: usize, count: std::ops::RangeInclusive<usize>) -> Option<(u32, usize)> {
    let rest = text.get(at..)?;
    let length = rest.bytes().take_while(u8::is_ascii_digit).count();
    let number = rest.get(..length)?.parse().ok()?;
    count.contains(&length).then_some((number, at + length))
}

fn ends_word(text: &str, at: usize) -> bool {
    text.get(at..).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
}
