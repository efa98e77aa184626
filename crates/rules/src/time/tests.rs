//! How long ago something was, over restarts and wrong clocks.

use super::{BootMs, ClockBounds, Elapsed, Moment, Now, TimeTrust, WallMs};

const HOUR: u64 = 3_600_000;

fn now(wall_hours: i64, boot_hours: u64, trust: TimeTrust) -> Now {
    Now { wall: WallMs(wall_hours * 3_600_000), boot: BootMs(boot_hours * HOUR), trust }
}

#[test]
fn elapsed_time_is_as_certain_as_the_clock() {
    use Elapsed::{AtLeast, Exactly};
    use TimeTrust::{Held, Synced, Unknown};
    let running = |hours: i64, boot: u64| Moment {
        wall: WallMs(hours * 3_600_000),
        boot: Some(BootMs(boot * HOUR)),
    };
    let older = |hours: i64| Moment::before_this_start(WallMs(hours * 3_600_000));
    for (moment, now, want) in [
        (running(100, 1), now(103, 4, Synced), Exactly(3 * HOUR)),
        // The wall clock jumped a year ahead, and back.
        (running(100, 1), now(8860, 4, Synced), Exactly(3 * HOUR)),
        (running(100, 1), now(0, 4, Unknown), Exactly(3 * HOUR)),
        // Started since.
        (older(100), now(103, 1, Synced), Exactly(3 * HOUR)),
        (older(100), now(103, 1, Held), Exactly(3 * HOUR)),
        (older(100), now(103, 1, Unknown), AtLeast(3 * HOUR)),
        (older(100), now(90, 2, Synced), AtLeast(2 * HOUR)),
        (older(100), now(90, 2, Unknown), AtLeast(2 * HOUR)),
        // It was up longer than the wall clock says went by.
        (older(100), now(101, 5, Held), Exactly(5 * HOUR)),
    ] {
        assert_eq!(moment.elapsed(now), want, "{moment:?} {now:?}");
    }
}

#[test]
fn doubt_grants_nothing_and_ends_nothing() {
    let doubt = Elapsed::AtLeast(10_000);
    assert!(!doubt.surely_within(3600));
    assert!(!doubt.surely_reached(11));
    assert!(doubt.surely_reached(10));
    let sure = Elapsed::Exactly(10_000);
    assert!(sure.surely_within(11) && !sure.surely_within(10));
    assert!(sure.surely_reached(10) && !sure.surely_reached(11));
}

#[test]
fn seconds_are_never_negative() {
    assert_eq!(WallMs(-5).unix_seconds(), 0);
    assert_eq!(WallMs(1999).unix_seconds(), 1);
    assert_eq!(WallMs(i64::MAX).plus_ms(5), WallMs(i64::MAX));
    assert_eq!(BootMs(1).since_ms(BootMs(2)), 0);
}

const YEAR: i64 = 365 * 24 * 3_600_000;
const BUILD: WallMs = WallMs(56 * YEAR);

fn years(after_build: i64) -> WallMs {
    BUILD.plus_ms(after_build * YEAR)
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
        assert_eq!(ClockBounds { build: BUILD, mark }.floor(), want, "{mark:?}");
    }
}

#[test]
fn a_browser_is_believed_only_where_nothing_else_is_known() {
    use TimeTrust::{Held, Synced, Unknown};
    let bounds = ClockBounds { build: BUILD, mark: Some(years(1)) };
    for (trust, browser, taken) in [
        (Unknown, years(2), true),
        (Held, years(2), false),
        (Synced, years(2), false),
        (Unknown, years(1), false),
        (Unknown, years(0), false),
        (Unknown, years(19), true),
        (Unknown, years(20), false),
        (Unknown, WallMs(i64::MAX), false),
        (Unknown, WallMs(i64::MIN), false),
    ] {
        let now = Now { wall: years(1), boot: BootMs(1), trust };
        assert_eq!(bounds.takes_from_browser(now, browser), taken, "{trust:?} {browser:?}");
    }
}

#[test]
fn a_clock_that_runs_ahead_cannot_raise_its_own_ceiling() {
    let mut bounds = ClockBounds { build: BUILD, mark: None };
    for year in 1..100 {
        if bounds.believable(years(year)) {
            bounds.mark = Some(years(year));
        }
    }
    assert_eq!(bounds.mark, Some(years(19)));
}
