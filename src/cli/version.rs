//! `stead version`.

use super::Exit;
use super::say::say;
use crate::host::clock::build_time;
use std::sync::LazyLock;

/// The version of this program.
const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(super) fn run() -> Exit {
    say(format_args!("stead {}", short()));
    Exit::Done
}

/// "0.1.0 (built 2026-02-03 for aarch64-unknown-linux-musl)"
pub(super) fn short() -> &'static str {
    static SHORT: LazyLock<String> = LazyLock::new(|| {
        let day = build_time().unix_seconds() / 86_400;
        format!("{VERSION} (built {} for {})", date(day), env!("BUILD_TARGET"))
    });
    &SHORT
}

/// The date of a day, counted from 1970-01-01. The calendar repeats every 400 years of 146,097
/// days; years are counted from March, so that the leap day is a year's last.
pub(super) fn date(day: u64) -> String {
    let from_march_0000 = day + 719_468;
    let (era, day_of_era) = (from_march_0000 / 146_097, from_march_0000 % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day_of_month:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        let cases = [
            (0, "1970-01-01"),
            (58, "1970-02-28"),
            (59, "1970-03-01"),
            (364, "1970-12-31"),
            (11_016, "2000-02-29"),
            (19_782, "2024-02-29"),
            (20_488, "2026-02-04"),
            (47_540, "2100-02-28"),
            (47_541, "2100-03-01"),
        ];
        for (day, expected) in cases {
            assert_eq!(date(day), expected);
        }
    }
}
