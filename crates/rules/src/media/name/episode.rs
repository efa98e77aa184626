//! Episodes: the forms in which people and release names write season and number.

use super::clean::{Titled, spaced, tidy, titled, version};
use super::marks::{self, Marks};
use super::number::{self, Numbers, Style};
use super::season::{self, SeasonFolder};
use super::{Episode, Place, Series, Unclear, Understood};
use crate::media::sort::title_key;

/// Reads a name in a library of series.
pub(super) fn read(place: &Place<'_>) -> Understood {
    match any(place) {
        Some(episode) if !episode.series.title.is_empty() => Understood::Episode(episode),
        Some(_) => unclear(place, Unclear::NoTitle),
        None => unclear(place, Unclear::NoEpisodeNumber),
    }
}

/// An episode that nobody would take for a film: `S01E02`, `1x02`, or inside a season's folder.
pub(super) fn surely(place: &Place<'_>) -> Option<Episode> {
    let in_season = season::of(place.folders).is_some();
    let episode = any(place)?;
    let sure = number::find(&named(place).text).is_some_and(|found| found.style == Style::Sure);
    ((sure || in_season) && !episode.series.title.is_empty()).then_some(episode)
}

fn unclear(place: &Place<'_>, why: Unclear) -> Understood {
    let title = titled(place.stem).title;
    let title = if title.is_empty() { place.stem.to_owned() } else { title };
    Understood::Unclear { title, why }
}

fn named(place: &Place<'_>) -> Marks {
    marks::take(&spaced(place.stem))
}

fn any(place: &Place<'_>) -> Option<Episode> {
    let marks = named(place);
    let folder = season::of(place.folders);
    let season = folder.as_ref().map(|folder| folder.season);
    let found = number::find(&marks.text)
        .or_else(|| number::find_in_season(&marks.text, season?))
        .or_else(|| number::find_absolute(&marks.text))?;
    let (before, after) = (marks.text.get(..found.begin)?, marks.text.get(found.end..)?);
    let series = series(place, folder.as_ref(), before);
    let (title, version) = title_and_version(after, &marks.labels);
    Some(episode(series, &found, season, title, version))
}

fn episode(
    series: Series,
    found: &Numbers,
    folder: Option<u32>,
    title: Option<String>,
    version: Option<String>,
) -> Episode {
    let absolute = found.style == Style::Absolute && folder.is_none();
    Episode {
        series,
        season: found.season.or(folder).unwrap_or(1),
        first: found.first,
        last: found.last,
        absolute,
        aired: found.aired,
        title,
        version,
    }
}

/// What follows the number: a title, then words about the file.
fn title_and_version(after: &str, labels: &[String]) -> (Option<String>, Option<String>) {
    let text = tidy(after.trim_start_matches(['.', ' ', ')', ']']));
    let Titled { title, version: of_title, .. } = titled(text);
    let only_words = super::words::is_strong(title.split(' ').next().unwrap_or_default());
    let version = of_title.or_else(|| version(text, labels));
    ((!title.is_empty() && !only_words).then_some(title), version)
}

/// Which series: the folder that holds the season, or what stands before the number.
fn series(place: &Place<'_>, folder: Option<&SeasonFolder>, before: &str) -> Series {
    let own = titled(before);
    let holder = folder.map_or(place.folders, |folder| folder.above(place.folders));
    let of_folder = holder.last().map(|name| titled(name)).filter(|name| !name.title.is_empty());
    let of_season = folder.and_then(|folder| folder.series.clone());
    let chosen = match (of_folder, of_season) {
        (Some(holder), Some(pack)) if related(&holder, &pack) => holder,
        (_, Some(pack)) => pack,
        (Some(holder), None) if folder.is_some() => holder,
        (Some(holder), None) if own.title.is_empty() || related(&holder, &own) => holder,
        (Some(_) | None, None) => own,
    };
    Series { title: chosen.title, year: chosen.year, ids: chosen.ids }
}

/// Two names mean one series when one begins with the other.
fn related(left: &Titled, right: &Titled) -> bool {
    let (left, right) = (title_key(&left.title), title_key(&right.title));
    !right.is_empty() && (left.starts_with(&right) || right.starts_with(&left))
}
