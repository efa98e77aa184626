//! How long something has taken: for time limits on children and rates on the screen.
//!
//! Decisions about sessions, claims or policies never use this; they take the clock of the host.

use rustix::event::Timespec;
use rustix::time::{ClockId, clock_gettime};

/// A moment of uptime, counting sleep, for measuring how long work takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

impl Moment {
    /// The present.
    #[must_use]
    pub fn now() -> Self {
        let at = clock_gettime(ClockId::Boottime);
        let seconds = u64::try_from(at.tv_sec).unwrap_or(0);
        let rest_ms = u64::try_from(at.tv_nsec / 1_000_000).unwrap_or(0);
        Self(seconds.saturating_mul(1000).saturating_add(rest_ms))
    }

    /// Milliseconds since then.
    #[must_use]
    pub fn elapsed_ms(self) -> u64 {
        Self::now().0.saturating_sub(self.0)
    }

    /// Milliseconds that are left of `limit_ms` since then, zero when it is over.
    #[must_use]
    pub fn left_ms(self, limit_ms: u64) -> u64 {
        limit_ms.saturating_sub(self.elapsed_ms())
    }
}

/// A duration as system calls take it.
#[must_use]
pub(crate) fn timespec(ms: u64) -> Timespec {
    let seconds = i64::try_from(ms / 1000).unwrap_or(i64::MAX);
    Timespec { tv_sec: seconds, tv_nsec: i64::try_from(ms % 1000).unwrap_or(0) * 1_000_000 }
}
