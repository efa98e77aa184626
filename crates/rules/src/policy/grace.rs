//! Time that is granted and used up: grace from a requirement, and the life of an exemption.
//!
//! What is kept is how much was *used up*, and when that was last looked at. A deadline would move
//! with the clock that it is read by; this grows by what certainly went by, whatever a clock says:
//! by uptime while the box runs, and by the wall clock across a restart where that is believed.
//! Turning the clock back, starting anew and switching a requirement off and on stretch nothing.

use super::require::Grace;
use crate::time::{Elapsed, Moment, Now};

const DAY_MS: u64 = 24 * 3600 * 1000;

/// Time that was granted, and what is used up of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Seconds that were granted.
    pub granted_seconds: u64,
    /// Milliseconds that are used up.
    pub used_ms: u64,
    /// When that was last looked at.
    pub seen: Moment,
}

impl Allowance {
    /// So many seconds from now on.
    #[must_use]
    pub const fn granted(seconds: u64, now: Now) -> Self {
        Self { granted_seconds: seconds, used_ms: 0, seen: Moment::of(now) }
    }

    /// The same with what went by until now used up, to be kept.
    #[must_use]
    pub fn until(self, now: Now) -> Self {
        // What may have gone by, and may not, is not counted: it takes nobody's access away.
        let (Elapsed::Exactly(passed) | Elapsed::AtLeast(passed)) = self.seen.elapsed(now);
        Self { used_ms: self.used_ms.saturating_add(passed), seen: Moment::of(now), ..self }
    }

    /// Grants another time than before; what was used up stays used up.
    #[must_use]
    pub const fn regranted(self, seconds: u64) -> Self {
        Self { granted_seconds: seconds, ..self }
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

    /// Whether anything is left of it.
    #[must_use]
    pub fn is_live(self, now: Now) -> bool {
        self.left_ms(now) > 0
    }
}
