//! The limits of belief in a wall clock.

use super::{Now, TimeTrust, WallMs};
use crate::limits::CLOCK_AHEAD_MAX_SECONDS;

/// What is certain about the time: this was built then, and the clock was marked then.
///
/// The ceiling counts from the build, which nobody can move: counted from the mark, a clock that
/// runs ahead would raise it again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockBounds {
    /// When this program was built.
    pub build: WallMs,
    /// The time that the last run kept on disk.
    pub mark: Option<WallMs>,
}

impl ClockBounds {
    /// The earliest time it can be. A mark beyond the ceiling was made by a broken clock.
    #[must_use]
    pub fn floor(self) -> WallMs {
        let mark = self.mark.filter(|mark| *mark < self.ceiling());
        mark.map_or(self.build, |mark| mark.max(self.build))
    }

    /// Whether it may be this time: later than the floor, and while the box's own CA is valid.
    #[must_use]
    pub fn believable(self, wall: WallMs) -> bool {
        self.floor() < wall && wall < self.ceiling()
    }

    /// Whether to take over, as held, the time of a browser whose person has proved who they are.
    #[must_use]
    pub fn takes_from_browser(self, now: Now, browser: WallMs) -> bool {
        match now.trust {
            TimeTrust::Unknown => self.believable(browser),
            TimeTrust::Held | TimeTrust::Synced => false,
        }
    }

    const fn ceiling(self) -> WallMs {
        self.build.plus_ms(CLOCK_AHEAD_MAX_SECONDS * 1000)
    }
}
