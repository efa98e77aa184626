//! Folders that hold a season.

use super::clean::{Titled, spaced, titled};

/// Words for a season in front of its number.
const WORDS: &[&str] =
    &["season", "series", "staffel", "saison", "temporada", "stagione", "seizoen", "sezon", "book"];

/// A folder that holds a season, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SeasonFolder {
    pub(super) season: u32,
    /// The series, where the folder names it too ("Show S01 1080p").
    pub(super) series: Option<Titled>,
    depth: usize,
}

impl SeasonFolder {
    /// The folders above the season.
    pub(super) fn above<'a>(&self, folders: &'a [&'a str]) -> &'a [&'a str] {
        folders.get(..self.depth).unwrap_or_default()
    }
}

/// The innermost folder that names a season.
pub(super) fn of(folders: &[&str]) -> Option<SeasonFolder> {
    folders.iter().enumerate().rev().find_map(|(depth, folder)| {
        let (season, series) = read(&spaced(folder))?;
        // "Season 1" at the very top belongs to no series that could be named.
        Some(SeasonFolder { season, series, depth })
    })
}

fn read(folder: &str) -> Option<(u32, Option<Titled>)> {
    let lower = folder.to_lowercase();
    if matches!(lower.as_str(), "specials" | "special" | "extras & specials") {
        return Some((0, None));
    }
    if let Some(season) = number_of(&lower) {
        return Some((season, None));
    }
    let at = lower
        .match_indices(' ')
        .find(|(at, _)| lower.get(at + 1..).is_some_and(|rest| number_of(rest).is_some()))?;
    let series = titled(folder.get(..at.0)?.trim_end_matches([' ', '-']));
    let season = number_of(lower.get(at.0 + 1..)?)?;
    (!series.title.is_empty()).then_some((season, Some(series)))
}

/// `season 1`, `season 01 (2019)`, `staffel 2 - titel`, `s01`, `s01 1080p`.
fn number_of(lower: &str) -> Option<u32> {
    let word = WORDS.iter().find_map(|word| lower.strip_prefix(word)).and_then(|rest| {
        let rest = rest.trim_start_matches([' ', '_', '-', '.']);
        leading(rest)
    });
    word.or_else(|| lower.strip_prefix('s').and_then(leading))
}

fn leading(text: &str) -> Option<u32> {
    let count = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at(count);
    let ends = rest.is_empty() || rest.starts_with([' ', '-', '(', '[', '.', ',']);
    ((1..=4).contains(&count) && ends).then(|| digits.parse().ok())?
}
