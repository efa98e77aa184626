//! Time that is granted and used up: grace from a requirement, and the life of an exemption.
//!
//! What is kept is how much was *used up*, and when that was last looked at. A deadline would move
//! with the clock that it is read by; this grows by what certainly went by, whatever a clock says:
//! by uptime while the box runs, and by the wall clock across a restart where that is believed. A box
//! without a clock of its own learns the time only after its start, so the last time that was believed
//! is kept through the looks in between: what it was off counts as soon as the time is known. Turning
//! the clock back, starting anew and switching a requirement off and on stretch nothing.

use super::require::Grace;
use crate::time::{Moment, Now, TimeTrust, WallMs};

const DAY_MS: u64 = 24 * 3600 * 1000;

/// Time that was granted, and what is used up of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Seconds that were granted.
    pub granted_seconds: u64,
    /// Milliseconds that are used up.
    pub used_ms: u64,
    /// When that was last looked at. Where the wall clock was not believed then, its part is what was
    /// believed last and the uptime since.
    pub seen: Moment,
    /// Whether the wall clock was believed then.
    pub believed: bool,
}

/// Later than any clock will say: nothing goes by from it on.
const NEVER: WallMs = WallMs(i64::MAX);

impl Allowance {
    /// So many seconds from now on.
    #[must_use]
    pub fn granted(seconds: u64, now: Now) -> Self {
        let believed = now.trust != TimeTrust::Unknown;
        let wall = if believed { now.wall } else { NEVER };
        let seen = Moment { wall, boot: Some(now.boot) };
        Self { granted_seconds: seconds, used_ms: 0, seen, believed }
    }

    /// The same with what went by until now used up, to be kept.
    #[must_use]
    pub fn until(self, now: Now) -> Self {
        let passed = self.passed_ms(now);
        let believed = now.trust != TimeTrust::Unknown;
        let wall = if believed {
            now.wall
        } else {
            self.seen.wall.plus_ms(i64::try_from(passed).unwrap_or(i64::MAX))
        };
        let seen = Moment { wall, boot: Some(now.boot) };
        Self { used_ms: self.used_ms.saturating_add(passed), seen, believed, ..self }
    }

    /// From now on, as if nothing had gone by since it was looked at.
    #[must_use]
    pub fn going_on(self, now: Now) -> Self {
        Self { used_ms: self.used_ms, ..Self::granted(self.granted_seconds, now) }
    }

    /// What certainly went by since it was looked at. Within one start uptime knows, and the wall
    /// clock may have been turned; it is asked where a start lies between, or where it was not
    /// believed before.
    fn passed_ms(self, now: Now) -> u64 {
        let up = self.seen.boot.map_or(now.boot.0, |boot| now.boot.since_ms(boot));
        match now.trust {
            TimeTrust::Held | TimeTrust::Synced if self.seen.boot.is_none() || !self.believed => {
                let wall = now.wall.0.saturating_sub(self.seen.wall.0);
                u64::try_from(wall).unwrap_or_default().max(up)
            }
            TimeTrust::Held | TimeTrust::Synced | TimeTrust::Unknown => up,
        }
    }

    /// Grants another time than before; what was used up stays used up.
    #[must_use]
    pub const fn regranted(self, seconds: u64) -> Self {
        Self { granted_seconds: seconds, ..self }
    }

    /// Grants what everybody has by now, unless one person was given more of their own.
    #[must_use]
    pub fn regranted_beside(self, everybody: u64, given: Option<u64>) -> Self {
        self.regranted(given.map_or(everybody, |given| given.max(everybody)))
    }

    /// Milliseconds that are left.
    #[must_use]
    pub fn left_ms(self, now: Now) -> u64 {
        let granted = self.granted_seconds.saturating_mul(1000);
        granted.saturating_sub(self.until(now).used_ms)
    }

    /// What is left of it as grace.
    #[must_use]
    pub fn grace(self, now: Now) -> Grace {
        match u32::try_from(self.left_ms(now).div_ceil(DAY_MS)) {
            Ok(0) => Grace::Over,
            Ok(days) => Grace::Days(days),
            Err(_) => Grace::Days(u32::MAX),
        }
    }

    /// Days that are left, rounded up; none when it is over.
    #[must_use]
    pub fn days_left(self, now: Now) -> Option<u32> {
        match self.grace(now) {
            Grace::Days(days) => Some(days),
            Grace::Over => None,
        }
    }

    /// Whether anything is left of it.
    #[must_use]
    pub fn is_live(self, now: Now) -> bool {
        self.left_ms(now) > 0
    }
}
