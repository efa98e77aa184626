//! Approval on a phone that is signed in: who may be asked, who may approve, and when nobody is
//! asked any more.
//!
//! ```text
//! asked ─▶ waiting ─┬─ the right number ──▶ approved (once)
//!                   ├─ another number ────▶ over; three in a row count as a refusal
//!                   ├─ "it was not me" ───▶ over; nobody is asked from that place for a while
//!                   └─ 3 min ─────────────▶ over
//! ```

use super::assurance::{Assurance, Methods};
use super::session::Life;
use crate::limits::{
    APPROVAL_REFUSED_SECONDS, APPROVAL_SECONDS, APPROVAL_WRONG_MAX, APPROVALS_PENDING_MAX,
};
use crate::policy::ClientKind;
use crate::time::{BootMs, Now};

/// A session that might approve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Approver {
    /// What kind of client it is.
    pub client: ClientKind,
    /// How the person signed in there.
    pub methods: Methods,
    /// What its age leaves of it.
    pub life: Life,
    /// Whether it is the browser that asks.
    pub asks_itself: bool,
}

/// Whether a session may approve: its person has once shown a second factor there, which a
/// remembered browser has not, and it goes on. A phone lies idle for days and is had all the same.
/// A browser vouches for no sign-in of its own.
#[must_use]
pub fn may_approve(approver: Approver) -> bool {
    approver.client.may_administer()
        && approver.methods.assurance_shown_now() >= Assurance::Mfa
        && approver.life != Life::Ended
        && !approver.asks_itself
}

/// Why nobody is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAsked {
    /// As many requests wait as may.
    #[error("as many requests wait as may")]
    TooMany {
        /// Until one of them ends.
        wait_seconds: u64,
    },
    /// Somebody said not long ago that it was not them.
    #[error("a request from this place was refused not long ago")]
    Refused {
        /// How long nobody is asked from there.
        wait_seconds: u64,
    },
}

/// Whether somebody may be asked. `pending` is when the requests that wait for this person began;
/// `refused` is when one from this place was last refused.
///
/// # Errors
/// [`NotAsked`].
pub fn may_ask(pending: &[BootMs], refused: Option<BootMs>, now: Now) -> Result<(), NotAsked> {
    if let Some(wait_seconds) = refused.and_then(|at| left(at, APPROVAL_REFUSED_SECONDS, now)) {
        return Err(NotAsked::Refused { wait_seconds });
    }
    let waiting = || pending.iter().filter_map(|begun| left(*begun, APPROVAL_SECONDS, now));
    match waiting().min() {
        Some(wait_seconds) if waiting().count() >= APPROVALS_PENDING_MAX => {
            Err(NotAsked::TooMany { wait_seconds })
        }
        Some(_) | None => Ok(()),
    }
}

/// Whether a request still waits.
#[must_use]
pub const fn approval_is_live(begun: BootMs, now: Now) -> bool {
    now.boot.since_ms(begun) < APPROVAL_SECONDS * 1000
}

/// Whether a refusal still counts.
#[must_use]
pub const fn refusal_counts(at: BootMs, now: Now) -> bool {
    now.boot.since_ms(at) < APPROVAL_REFUSED_SECONDS * 1000
}

/// Whether so many wrong numbers in a row count as a refusal.
#[must_use]
pub const fn wrong_numbers_refuse(in_a_row: u32) -> bool {
    in_a_row >= APPROVAL_WRONG_MAX
}

/// Whole seconds left of `seconds` since `begun`, rounded up; none when they are over.
fn left(begun: BootMs, seconds: u64, now: Now) -> Option<u64> {
    let left_ms = seconds.saturating_mul(1000).saturating_sub(now.boot.since_ms(begun));
    (left_ms > 0).then(|| left_ms.div_ceil(1000))
}

/// The number that is shown where somebody signs in, and the three of which the phone shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers {
    /// The right one, 10 to 99.
    pub right: u8,
    /// What the phone shows, in this order.
    pub shown: [u8; 3],
}

/// How many two-digit numbers there are.
const NUMBERS: u8 = 90;

/// Makes numbers of four random ones, each below its bound: 90, 89, 88 for the numbers and 3 for
/// the place of the right one.
#[must_use]
pub const fn numbers(right: u8, second: u8, third: u8, place: u8) -> Numbers {
    let right = right % NUMBERS;
    // Each of the others is some way on from the right one, and not as far as the one before.
    let step = second % (NUMBERS - 1);
    let more = third % (NUMBERS - 2);
    let more = if more >= step { more + 1 } else { more };
    let others = [wrapped(right, step), wrapped(right, more)];
    let right = right + 10;
    let [one, two] = others;
    let shown = match place % 3 {
        0 => [right, one, two],
        1 => [one, right, two],
        _ => [one, two, right],
    };
    Numbers { right, shown }
}

/// The number so far on from `from`, in the circle of two-digit numbers; never `from` itself.
const fn wrapped(from: u8, step: u8) -> u8 {
    (from + 1 + step) % NUMBERS + 10
}
