//! Which time to believe on a box without a battery-backed clock.
//!
//! The floor is what is certain: the build, and the last mark on disk. Above it lies what a
//! person's browser says, which is believed during a claim, and for a one-time code at a sign-in
//! whose password was right. What lies beyond the ceiling is a broken clock, and believing it
//! once would make every honest time look old.

use super::totp::step_of;
use crate::limits::CLOCK_AHEAD_MAX_SECONDS;
use crate::time::{Now, TimeTrust, WallMs};

/// Whose time a code is checked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimeSource {
    /// The box's.
    Server,
    /// The browser's, which goes to the log.
    Browser,
}

/// The earliest time it can be. A mark beyond the ceiling was made by a broken clock.
#[must_use]
pub fn floor(build: WallMs, mark: Option<WallMs>) -> WallMs {
    mark.filter(|mark| believable(build, *mark)).unwrap_or(build)
}

/// The time to take over, as held, from the browser that holds the proof of a claim.
#[must_use]
pub fn accept_browser_time(now: Now, floor: WallMs, browser: WallMs) -> Option<WallMs> {
    match now.trust {
        TimeTrust::Unknown | TimeTrust::Held => believable(floor, browser).then_some(browser),
        TimeTrust::Synced => None,
    }
}

/// The time to check a code at, after the right password. Only where the box does not know the
/// time is the browser asked, and never for a time whose codes are used up.
#[must_use]
pub fn time_for_totp(
    now: Now,
    floor: WallMs,
    last_step: Option<u64>,
    browser: Option<WallMs>,
) -> (WallMs, TimeSource) {
    match (now.trust, browser) {
        (TimeTrust::Unknown, Some(browser))
            if believable(floor, browser)
                && last_step.is_none_or(|last| step_of(browser) > last) =>
        {
            (browser, TimeSource::Browser)
        }
        (TimeTrust::Unknown | TimeTrust::Held | TimeTrust::Synced, Some(_) | None) => {
            (now.wall, TimeSource::Server)
        }
    }
}

fn believable(floor: WallMs, time: WallMs) -> bool {
    let ceiling = floor.plus_ms(CLOCK_AHEAD_MAX_SECONDS * 1000);
    floor < time && time < ceiling
}
