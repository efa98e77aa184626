//! Days that stand in names.

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AirDate {
    /// 1900 to 2099.
    pub year: u32,
    /// 1 to 12.
    pub month: u32,
    /// 1 to 31, as the month has them.
    pub day: u32,
}

/// A time found in a name, and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) date: AirDate,
    pub(super) begin: usize,
    pub(super) end: usize,
}

impl AirDate {
    /// The day, if there is such a day.
    #[must_use]
    pub fn new(year: u32, month: u32, day: u32) -> Option<Self> {
        let fits = (1900..=2099).contains(&year) && (1..=days_in(year, month)).contains(&day);
        fits.then_some(Self { year, month, day })
    }

    /// Days since the first of January 1970 (Howard Hinnant's `days_from_civil`).
    #[must_use]
    pub fn days_since_epoch(self) -> i64 {
        let (year, month) = (i64::from(self.year), i64::from(self.month));
        let year = if month <= 2 { year - 1 } else { year };
        let month = (month + 9) % 12;
        let day_of_year = (153 * month + 2) / 5 + i64::from(self.day) - 1;
        let day_of_era = (year % 400) * 365 + (year % 400) / 4 - (year % 400) / 100 + day_of_year;
        (year / 400) * 146_097 + day_of_era - 719_468
    }

    /// The day, within the years that are told apart.
    #[must_use]
    pub fn from_days_since_epoch(days: i64) -> Option<Self> {
        let days = days.checked_add(719_468).filter(|days| *days >= 0)?;
        let of_era = days % 146_097;
        let of_era_year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * of_era_year + of_era_year / 4 - of_era_year / 100);
        let shifted = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = of_era_year + days / 146_097 * 400 + i64::from(month <= 2);
        Self::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?)
    }
}

/// `2024-05-01`, `2024.05.01`, `2024 05 01` anywhere in a name.
pub(super) fn separated(text: &str) -> Option<Found> {
    let bytes = text.as_bytes();
    (0..bytes.len()).find_map(|begin| {
        let separator = bytes.get(begin + 4).copied().filter(|byte| b"-. _".contains(byte))?;
        let same = bytes.get(begin + 7) == Some(&separator);
        let year = number(bytes, begin, 4).filter(|_| same)?;
        let date = AirDate::new(year, number(bytes, begin + 5, 2)?, number(bytes, begin + 8, 2)?)?;
        let end = begin + 10;
        stands_alone(bytes, begin, end).then_some(Found { date, begin, end })
    })
}

/// `20240501` and `20240501_123456`, as cameras and phones write them.
pub(super) fn compact(text: &str) -> Option<Found> {
    let bytes = text.as_bytes();
    (0..bytes.len()).find_map(|begin| {
        let (year, month) = (number(bytes, begin, 4)?, number(bytes, begin + 4, 2)?);
        let date = AirDate::new(year, month, number(bytes, begin + 6, 2)?)?;
        let end = begin + 8;
        stands_alone(bytes, begin, end).then_some(Found { date, begin, end })
    })
}

/// The time of day that follows a date: `123456`, `12.34.56`, `12-34-56`.
pub(super) fn time_of_day(text: &str, from: usize) -> Option<u32> {
    let tail = text.get(from..)?.trim_start_matches([' ', '_', '-', 'T', 't', ',']);
    let tail = tail.strip_prefix("at ").unwrap_or(tail).as_bytes();
    let separated = tail.get(2).is_some_and(|byte| b".-:_h".contains(byte));
    let at = if separated { [0, 3, 6] } else { [0, 2, 4] };
    let [hours, minutes, seconds] = at.map(|at| number(tail, at, 2));
    let (hours, minutes, seconds) = (hours?, minutes?, seconds?);
    (hours < 24 && minutes < 60 && seconds < 60).then_some(hours * 3600 + minutes * 60 + seconds)
}

/// The number that `count` digits at `at` make.
fn number(bytes: &[u8], at: usize, count: usize) -> Option<u32> {
    bytes.get(at..at + count)?.iter().try_fold(0_u32, |value, byte| {
        byte.is_ascii_digit().then(|| value * 10 + u32::from(byte - b'0'))
    })
}

fn stands_alone(bytes: &[u8], begin: usize, end: usize) -> bool {
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    !digit(begin.checked_sub(1)) && !digit(Some(end))
}

const fn days_in(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => 0,
    }
}
