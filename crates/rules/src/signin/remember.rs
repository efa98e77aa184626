//! Browsers that are not asked for a second factor for a while.

use crate::limits::{REMEMBERED_DEVICE_LONG_SECONDS, REMEMBERED_DEVICE_SECONDS};
use crate::time::{Moment, Now};

/// For how long a person wants a browser of theirs to be remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RememberFor {
    /// A month: what is offered first.
    Month,
    /// A season.
    Season,
}

impl RememberFor {
    /// In seconds, as stored.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        match self {
            Self::Month => REMEMBERED_DEVICE_SECONDS,
            Self::Season => REMEMBERED_DEVICE_LONG_SECONDS,
        }
    }
}

/// Whether a browser that showed a factor then, and is remembered for so long, may stand for one.
/// Where the time that went by is not known it may not.
#[must_use]
pub fn is_remembered(since: Moment, seconds: u64, now: Now) -> bool {
    since.elapsed(now).surely_within(seconds.min(REMEMBERED_DEVICE_LONG_SECONDS))
}
