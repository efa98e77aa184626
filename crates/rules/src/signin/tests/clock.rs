//! Which time codes are checked at.

use crate::signin::{TimeSource, step_of, time_for_totp};
use crate::time::TimeTrust::{self, Held, Synced, Unknown};
use crate::time::{BootMs, Now, WallMs};

const YEAR: i64 = 365 * 24 * 3_600_000;
const BUILD: WallMs = WallMs(56 * YEAR);

fn years(after_build: i64) -> WallMs {
    BUILD.plus_ms(after_build * YEAR)
}

fn now(wall: WallMs, trust: TimeTrust) -> Now {
    Now { wall, boot: BootMs(1000), trust }
}

#[test]
fn a_box_in_the_dark_checks_codes_at_the_browsers_time() {
    let used = Some(step_of(years(2)));
    let server = (BUILD, TimeSource::Server);
    for (trust, last, browser, want) in [
        (Unknown, None, Some(years(2)), (years(2), TimeSource::Browser)),
        (Unknown, used, Some(years(3)), (years(3), TimeSource::Browser)),
        (Unknown, used, Some(years(2)), server),
        (Unknown, used, Some(years(1)), server),
        (Unknown, None, Some(years(-1)), server),
        (Unknown, None, Some(years(30)), server),
        (Unknown, None, None, server),
        (Held, None, Some(years(2)), server),
        (Synced, None, Some(years(2)), server),
    ] {
        let taken = time_for_totp(now(BUILD, trust), BUILD, last, browser);
        assert_eq!(taken, want, "{trust:?} {last:?} {browser:?}");
    }
}
