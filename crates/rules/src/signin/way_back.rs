//! The ways back for whoever forgot or lost what they sign in with.
//!
//! The owner helps others: a link that sets a new password, or a code that stands in once for a
//! second factor. Nobody helps the owner so; the owner shows a recovery code and that the box is
//! in hand.

use crate::limits::{RESCUE_SECONDS, WAY_BACK_SECONDS};
use crate::policy::Role;
use crate::time::{BootMs, Moment, Now};

/// What the owner gives to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WayBack {
    /// A link that sets a new password.
    Link,
    /// A code that stands in for a second factor.
    Code,
}

impl WayBack {
    /// The stable word, as stored and logged.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Code => "code",
        }
    }
}

/// Somebody cannot be helped in this way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoHelp {
    /// The owner: whoever holds the owner's session for a moment must not take over the account.
    #[error("the owner is not helped by a link or code")]
    Owner,
    /// The password is kept elsewhere.
    #[error("this account has no password here")]
    NoPasswordHere,
}

/// Whether somebody of this role, who has a password here or none, can be given this.
///
/// # Errors
/// [`NoHelp`].
pub const fn may_be_given(
    what: WayBack,
    role: Role,
    has_password_here: bool,
) -> Result<(), NoHelp> {
    match (role, what) {
        (Role::Owner, WayBack::Link | WayBack::Code) => Err(NoHelp::Owner),
        (Role::Member | Role::Administrator, WayBack::Link) if !has_password_here => {
            Err(NoHelp::NoPasswordHere)
        }
        (Role::Member | Role::Administrator, WayBack::Link | WayBack::Code) => Ok(()),
    }
}

/// Whether a link or code still opens something: certainly made less than a day ago. On a box
/// that was off meanwhile and does not know the time it is over; the owner makes another.
#[must_use]
pub fn way_back_is_live(made: Moment, now: Now) -> bool {
    made.elapsed(now).surely_within(WAY_BACK_SECONDS)
}

/// Whether a rescue secret, or a rescue that was begun with it, still opens something.
#[must_use]
pub const fn rescue_is_live(made: BootMs, now: Now) -> bool {
    now.boot.since_ms(made) < RESCUE_SECONDS * 1000
}
