//! At which time to check a code on a box without a battery-backed clock.

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

/// The time to check a code at, after the right password. Only where the box does not know the
/// time is the browser asked, and never for a time whose codes are used up. A time far beyond the
/// floor is refused: one code accepted there would make every honest one a replay.
#[must_use]
pub fn time_for_totp(
    now: Now,
    floor: WallMs,
    last_step: Option<u64>,
    browser: Option<WallMs>,
) -> (WallMs, TimeSource) {
    match (now.trust, browser) {
        (TimeTrust::Unknown, Some(browser))
            if believable(floor, browser) && is_unused(browser, last_step) =>
        {
            (browser, TimeSource::Browser)
        }
        (TimeTrust::Unknown | TimeTrust::Held | TimeTrust::Synced, Some(_) | None) => {
            (now.wall, TimeSource::Server)
        }
    }
}

fn believable(floor: WallMs, time: WallMs) -> bool {
    floor < time && time < floor.plus_ms(CLOCK_AHEAD_MAX_SECONDS * 1000)
}

fn is_unused(time: WallMs, last_step: Option<u64>) -> bool {
    last_step.is_none_or(|last| step_of(time) > last)
}
