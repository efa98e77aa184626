//! Dates of HTTP, RFC 9110 §5.6.7: one form is written, three are read.

use crate::media::AirDate;
use crate::time::WallMs;

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY_SECONDS: i64 = 86_400;

/// `Sun, 06 Nov 1994 08:49:37 GMT`. `None` outside the years 1900 to 2099, which no file of a
/// library honestly carries.
#[must_use]
pub fn http_date(time: WallMs) -> Option<String> {
    let seconds = time.0.div_euclid(1000);
    let (days, of_day) = (seconds.div_euclid(DAY_SECONDS), seconds.rem_euclid(DAY_SECONDS));
    let date = AirDate::from_days_since_epoch(days)?;
    let weekday = DAYS.get(usize::try_from(days.rem_euclid(7)).ok()?)?;
    let month = MONTHS.get(usize::try_from(date.month).ok()?.checked_sub(1)?)?;
    let (hours, minutes, seconds) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    let (day, year) = (date.day, date.year);
    Some(format!("{weekday}, {day:02} {month} {year} {hours:02}:{minutes:02}:{seconds:02} GMT"))
}

/// Reads any of the three forms, to the second.
#[must_use]
pub fn parse_http_date(text: &str) -> Option<WallMs> {
    let parts: Vec<&str> = text.split([' ', '-']).filter(|part| !part.is_empty()).collect();
    let (date, time) = match parts.as_slice() {
        // Sun, 06 Nov 1994 08:49:37 GMT and Sunday, 06-Nov-94 08:49:37 GMT
        [weekday, day, month, year, time, "GMT"] if weekday.ends_with(',') => {
            (date(year, month, day)?, time)
        }
        // Sun Nov  6 08:49:37 1994
        [_, month, day, time, year] => (date(year, month, day)?, time),
        _ => return None,
    };
    let seconds = date.days_since_epoch() * DAY_SECONDS + seconds_of(time)?;
    Some(WallMs(seconds * 1000))
}

fn date(year: &str, month: &str, day: &str) -> Option<AirDate> {
    let month = (1..).zip(MONTHS).find(|(_, name)| *name == month).map(|(number, _)| number)?;
    AirDate::new(full_year(year)?, month, number(day, 2)?)
}

/// Two digits are years from 1970 to 2069.
fn full_year(text: &str) -> Option<u32> {
    match text.len() {
        2 => number(text, 2).map(|year| if year < 70 { 2000 + year } else { 1900 + year }),
        4 => number(text, 4),
        _ => None,
    }
}

fn seconds_of(time: &str) -> Option<i64> {
    let parts: Vec<&str> = time.split(':').collect();
    let [hours, minutes, seconds] = parts.as_slice() else { return None };
    let (hours, minutes, seconds) = (number(hours, 2)?, number(minutes, 2)?, number(seconds, 2)?);
    // Sixty is a leap second.
    let fits = hours < 24 && minutes < 60 && seconds <= 60;
    fits.then_some(i64::from(hours * 3600 + minutes * 60 + seconds))
}

fn number(text: &str, digits: usize) -> Option<u32> {
    let fits = !text.is_empty() && text.len() <= digits;
    (fits && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}
