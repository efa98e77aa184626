//! What an owner may set, and what would lock somebody out.

use super::actor::Role;
use super::require::Scope;
use crate::limits::{
    EXEMPTION_MAX_SECONDS, GRACE_MAX_DAYS, MAX_AGE_MAX_SECONDS, MAX_AGE_MIN_SECONDS,
    REMINDER_BY_HAND_SECONDS,
};
use crate::signin::{Assurance, LastFactor};
use crate::time::{Moment, Now};

/// Who switches a requirement on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Author {
    /// The best that their own kept factors reach.
    pub reach: Assurance,
    /// Whether they have recovery codes that were not used.
    pub has_recovery_codes: bool,
    /// Whether browsers take the server's name for passkeys: its own authority was installed by
    /// somebody who signed in with a passkey here, or the owner brought a certificate.
    pub name_is_trusted: bool,
}

/// A requirement as it is wished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wished {
    /// The level.
    pub level: Assurance,
    /// Days of grace for those who are here already.
    pub grace_days: i64,
    /// The longest age of the second factor.
    pub max_age_seconds: Option<u64>,
}

/// Why a requirement is not set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum CannotRequire {
    /// No or too much grace.
    #[error("grace is 0 to {GRACE_MAX_DAYS} days")]
    Grace,
    /// An age that would ask all the time, or never.
    #[error("the longest age of a factor is one hour to 90 days")]
    MaxAge,
    /// What is required must be more than a password.
    #[error("a requirement asks for a second factor")]
    Level,
    /// Whoever sets it would be locked out.
    #[error("whoever requires this has no such factor themselves")]
    OwnFactor,
    /// Whoever sets it could not come back from a lost phone.
    #[error("whoever requires this has no recovery codes")]
    RecoveryCodes,
    /// Nobody could make the passkeys that are asked for.
    #[error("browsers do not trust the name of this server, so nobody could make a passkey here")]
    NameNotTrusted,
}

/// Whether `author` may require what they wish.
///
/// # Errors
/// [`CannotRequire`].
pub fn may_require(author: Author, wished: Wished) -> Result<(), CannotRequire> {
    may_give_days(wished.grace_days)?;
    let ages = MAX_AGE_MIN_SECONDS..=MAX_AGE_MAX_SECONDS;
    if wished.max_age_seconds.is_some_and(|seconds| !ages.contains(&seconds)) {
        return Err(CannotRequire::MaxAge);
    }
    if wished.level < Assurance::Mfa {
        return Err(CannotRequire::Level);
    }
    if wished.level >= Assurance::MfaPhishingResistant && !author.name_is_trusted {
        return Err(CannotRequire::NameNotTrusted);
    }
    if author.reach < wished.level {
        return Err(CannotRequire::OwnFactor);
    }
    if !author.has_recovery_codes {
        return Err(CannotRequire::RecoveryCodes);
    }
    Ok(())
}

/// Whether somebody may be given so many days of grace.
///
/// # Errors
/// [`CannotRequire::Grace`].
pub fn may_give_days(days: i64) -> Result<u32, CannotRequire> {
    let days = u32::try_from(days).map_err(|_| CannotRequire::Grace)?;
    if days <= GRACE_MAX_DAYS { Ok(days) } else { Err(CannotRequire::Grace) }
}

/// Whether factors of somebody may go. `after` is what the rest of theirs reaches; `required` is the
/// highest level that is asked of them without an exemption. Who administers always needs one.
///
/// # Errors
/// [`LastFactor`].
pub fn may_keep_less(
    role: Role,
    required: Option<Assurance>,
    after: Assurance,
) -> Result<(), LastFactor> {
    let administers = role.is_privileged().then_some(Assurance::Mfa);
    match required.max(administers) {
        Some(level) if after < level => Err(LastFactor),
        Some(_) | None => Ok(()),
    }
}

/// Why nobody is exempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum CannotExempt {
    /// Who administers needs a factor, whatever is required of others.
    #[error("who administers is never exempt")]
    Privileged,
    /// It ends never, or at once.
    #[error("an exemption lasts a day to a year")]
    Length,
    /// Nobody will know why.
    #[error("an exemption needs a reason")]
    NoReason,
}

/// Whether somebody with this role may be exempt so long for this reason.
///
/// # Errors
/// [`CannotExempt`].
pub fn may_exempt(role: Role, seconds: u64, reason: &str) -> Result<(), CannotExempt> {
    if role.is_privileged() {
        return Err(CannotExempt::Privileged);
    }
    if !(24 * 3600..=EXEMPTION_MAX_SECONDS).contains(&seconds) {
        return Err(CannotExempt::Length);
    }
    if reason.trim().is_empty() { Err(CannotExempt::NoReason) } else { Ok(()) }
}

/// Something is required of this group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("something is required of this group: end that first")]
pub struct GroupIsRequired;

/// Whether a group may go: with it would go what is required of it, without anybody meaning that.
///
/// # Errors
/// [`GroupIsRequired`].
pub fn may_remove_group(scopes_of_it: &[Scope]) -> Result<(), GroupIsRequired> {
    let required = scopes_of_it.iter().any(|scope| matches!(scope, Scope::Group));
    if required { Err(GroupIsRequired) } else { Ok(()) }
}

/// Somebody was reminded not long ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this person was reminded within a day")]
pub struct RemindedAlready;

/// Whether somebody who was last reminded by hand then may be reminded again.
///
/// # Errors
/// [`RemindedAlready`].
pub fn may_remind(last: Option<Moment>, now: Now) -> Result<(), RemindedAlready> {
    match last {
        Some(last) if !last.elapsed(now).surely_reached(REMINDER_BY_HAND_SECONDS) => {
            Err(RemindedAlready)
        }
        Some(_) | None => Ok(()),
    }
}
