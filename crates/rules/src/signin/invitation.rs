//! Invitations: what an owner may give by one, and what it asks of who comes in by it.

use super::assurance::Assurance;
use crate::limits::INVITATION_MAX_DAYS;
use crate::policy::Role;

/// Why nobody is invited so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum CannotInvite {
    /// There is one owner.
    #[error("there is one owner, and nobody is invited to be another")]
    Owner,
    /// It is over at once, or lies around for long.
    #[error("an invitation is good for 1 to {INVITATION_MAX_DAYS} days")]
    Length,
    /// Too many wait.
    #[error("too many invitations wait")]
    TooMany,
}

/// Whether somebody may be invited to this role for so many days, with this many waiting already.
///
/// # Errors
/// [`CannotInvite`].
pub fn may_invite(role: Role, days: i64, waiting: u32) -> Result<(), CannotInvite> {
    match role {
        Role::Owner => return Err(CannotInvite::Owner),
        Role::Administrator | Role::Member => {}
    }
    if !(1..=i64::from(INVITATION_MAX_DAYS)).contains(&days) {
        return Err(CannotInvite::Length);
    }
    if waiting >= crate::limits::INVITATIONS_MAX {
        return Err(CannotInvite::TooMany);
    }
    Ok(())
}

/// The level that somebody who comes in with this role is asked for, of all that would be required
/// of them: there is no grace for who is new. Who administers needs a second factor whatever is
/// required of others.
#[must_use]
pub fn asked_of_new(role: Role, required: impl Iterator<Item = Assurance>) -> Option<Assurance> {
    let administers = role.is_privileged().then_some(Assurance::Mfa);
    required.max().max(administers)
}
