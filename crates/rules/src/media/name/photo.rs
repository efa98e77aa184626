//! Photos and the videos among them: a name, a folder, and often a time.

use super::date::{self, Found};
use super::{Clip, Photo, Place, Understood};

pub(super) fn read(place: &Place<'_>) -> Understood {
    Understood::Photo(Photo {
        title: place.stem.to_owned(),
        album: album(place),
        taken_ms: taken_ms(place.stem),
    })
}

pub(super) fn clip(place: &Place<'_>) -> Understood {
    Understood::Clip(Clip {
        title: place.stem.to_owned(),
        album: album(place),
        taken_ms: taken_ms(place.stem),
    })
}

fn album(place: &Place<'_>) -> Option<String> {
    place.parent().map(str::to_owned)
}

/// Noon stands for a day without a time, so that no time zone moves it to another day.
fn taken_ms(stem: &str) -> Option<i64> {
    let Found { date, end, .. } = date::separated(stem).or_else(|| date::compact(stem))?;
    let seconds = date::time_of_day(stem, end).unwrap_or(12 * 3600);
    Some((date.days_since_epoch() * 86_400 + i64::from(seconds)) * 1000)
}
