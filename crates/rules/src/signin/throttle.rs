//! Slows guesses at one credential, from wherever they come and over restarts.
//!
//! The facts lie with the credential in the database. Where the clock cannot tell how much time
//! went by, uptime counts: pulling the plug does not shorten a wait.

use crate::claim::Wait;
use crate::limits::{THROTTLE_FIRST_SECONDS, THROTTLE_LAST_SECONDS};
use crate::time::{Elapsed, Moment, Now};

/// The wrong tries at a credential since the last right one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Misses {
    /// How many.
    pub count: u32,
    /// When the last one was.
    pub last: Moment,
}

/// Whether the credential may be tried now. A try that comes too early is not looked at and does
/// not count.
#[must_use]
pub fn wait_after(misses: Option<Misses>, now: Now) -> Wait {
    let Some(misses) = misses else { return Wait::Go };
    let elapsed_ms = match misses.last.elapsed(now) {
        Elapsed::Exactly(ms) | Elapsed::AtLeast(ms) => ms,
    };
    match pause_ms(misses.count).saturating_sub(elapsed_ms) {
        0 => Wait::Go,
        left => Wait::Seconds(left.div_ceil(1000)),
    }
}

/// One second after the first miss, twice as long after each further one, up to an hour.
fn pause_ms(count: u32) -> u64 {
    let Some(doublings) = count.checked_sub(1) else { return 0 };
    let seconds = THROTTLE_FIRST_SECONDS.checked_shl(doublings.min(32)).unwrap_or(u64::MAX);
    seconds.min(THROTTLE_LAST_SECONDS) * 1000
}
