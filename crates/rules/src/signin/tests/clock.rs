//! Which time is believed.

use crate::signin::{TimeSource, accept_browser_time, floor, step_of, time_for_totp};
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
fn the_floor_is_the_later_of_build_and_mark() {
    for (mark, want) in [
        (None, BUILD),
        (Some(years(1)), years(1)),
        (Some(years(-1)), BUILD),
        (Some(WallMs(0)), BUILD),
        (Some(years(19)), years(19)),
        (Some(years(20)), BUILD),
        (Some(WallMs(i64::MAX)), BUILD),
    ] {
        assert_eq!(floor(BUILD, mark), want, "{mark:?}");
    }
}

#[test]
fn a_claim_takes_the_browsers_time_unless_the_network_tells_it() {
    for (trust, browser, want) in [
        (Unknown, years(2), Some(years(2))),
        (Held, years(2), Some(years(2))),
        (Synced, years(2), None),
        (Unknown, years(0), None),
        (Unknown, years(-3), None),
        (Unknown, years(20), None),
        (Unknown, WallMs(i64::MAX), None),
        (Unknown, WallMs(i64::MIN), None),
    ] {
        let taken = accept_browser_time(now(BUILD, trust), BUILD, browser);
        assert_eq!(taken, want, "{trust:?} {browser:?}");
    }
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
