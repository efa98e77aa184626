//! How a session ages: it tends for a day, plays for a season, then ends.

use crate::limits::{SESSION_IDLE_SECONDS, SIGNIN_TICKET_SECONDS, TEND_IDLE_SECONDS, TEND_SECONDS};
use crate::time::{BootMs, Moment, Now};

/// What a session's age leaves of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Life {
    /// Everything that its assurance and role allow.
    Live,
    /// Playback; administration asks for a factor again.
    PlaybackOnly,
    /// Nothing: sign in.
    Ended,
}

/// What is left of a session whose factor was shown at `auth` and which was last used at
/// `last_seen`; `rested` is true once [`rests`] was, until a factor is shown again.
#[must_use]
pub fn life(auth: Moment, last_seen: Moment, rested: bool, now: Now) -> Life {
    if last_seen.elapsed(now).surely_reached(SESSION_IDLE_SECONDS) {
        Life::Ended
    } else if !rested && !rests(last_seen, now) && auth.elapsed(now).surely_within(TEND_SECONDS) {
        Life::Live
    } else {
        Life::PlaybackOnly
    }
}

/// Whether a session was left alone for so long that its right to tend is over. The caller keeps
/// that with the session, or the next request of a player would bring the right back.
#[must_use]
pub fn rests(last_seen: Moment, now: Now) -> bool {
    !last_seen.elapsed(now).surely_within(TEND_IDLE_SECONDS)
}

/// Whether a sign-in that waits for its second factor is still waited for.
#[must_use]
pub const fn ticket_is_live(begun: BootMs, now: Now) -> bool {
    now.boot.since_ms(begun) < SIGNIN_TICKET_SECONDS * 1000
}
