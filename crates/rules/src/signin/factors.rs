//! Which factors may come and go, and what is asked of whom.
//!
//! A second factor is something kept that one shows beside a password: an authenticator, a
//! passkey. Recovery codes stand in for a lost one; they are none themselves.

use super::assurance::{Assurance, Method, Methods};
use super::password::Password;
use crate::ids::FactorId;
use crate::limits::{AUTHENTICATORS_MAX, PASSWORD_MIN_ALONE_CHARS, PASSWORD_MIN_WITH_FACTOR_CHARS};
use crate::policy::Role;

/// A kind of second factor that an account keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactorKind {
    /// An authenticator app.
    Totp,
    /// A passkey.
    Passkey,
}

impl FactorKind {
    /// The stable word, as answered and logged.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Passkey => "passkey",
        }
    }
}

/// There are enough of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an account has at most {most} of these")]
pub struct TooManyFactors {
    /// How many there may be.
    pub most: usize,
}

/// Whether an account that has `present` authenticators may get one more.
///
/// # Errors
/// [`TooManyFactors`].
pub const fn may_add(present: usize) -> Result<(), TooManyFactors> {
    if present < AUTHENTICATORS_MAX {
        Ok(())
    } else {
        Err(TooManyFactors { most: AUTHENTICATORS_MAX })
    }
}

/// It is the last second factor, and there must be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is the last second factor, and this account needs one")]
pub struct LastFactor;

/// Whether one of `present` second factors may go. `required` says that a policy wants one of this
/// user; whoever administers always needs one.
///
/// # Errors
/// [`LastFactor`].
pub const fn may_remove(role: Role, required: bool, present: usize) -> Result<(), LastFactor> {
    may_remove_several(role, required, present, 1)
}

/// Whether `going` of `present` second factors may go at once; see [`may_remove`].
///
/// # Errors
/// [`LastFactor`].
pub const fn may_remove_several(
    role: Role,
    required: bool,
    present: usize,
    going: usize,
) -> Result<(), LastFactor> {
    let needs_one = required || role.is_privileged();
    if going == 0 || present > going || !needs_one { Ok(()) } else { Err(LastFactor) }
}

/// What was shown last in this session is among what is said to be lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what is lost was shown in this session just now")]
pub struct ShownItself;

/// Whether these factors may be revoked as lost by who showed `shown` last: another one, or a
/// recovery code. Who can show it has not lost it, and who revokes all that they can show is locked
/// out by the next step-up.
///
/// # Errors
/// [`ShownItself`].
pub fn may_call_lost(shown: Option<FactorId>, lost: &[FactorId]) -> Result<(), ShownItself> {
    if shown.is_some_and(|shown| lost.contains(&shown)) { Err(ShownItself) } else { Ok(()) }
}

/// What speaks for it that a session is the person's, beside the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Vouched {
    /// Nothing: an old password opened it, and others may know that.
    OldPassword,
    /// It made the account, by an invitation.
    MadeTheAccount,
    /// A one-time code or reset link of the owner opened it.
    OneTimeCode,
    /// A link sent to the person's mail opened it.
    MailedLink,
}

impl Vouched {
    const ALL: [Self; 4] =
        [Self::OldPassword, Self::MadeTheAccount, Self::OneTimeCode, Self::MailedLink];

    /// The stable word, as stored.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::OldPassword => "old_password",
            Self::MadeTheAccount => "made_the_account",
            Self::OneTimeCode => "one_time_code",
            Self::MailedLink => "mailed_link",
        }
    }

    /// The one with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

/// What is known when somebody wants to enrol the first second factor of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstFactor {
    /// What speaks for the session.
    pub vouched: Vouched,
    /// A requirement is on, and this device was in use before it was switched on.
    pub device_before_requirement: bool,
    /// In this session the person showed a second factor at the issuer that vouches for them.
    pub second_factor_elsewhere: bool,
}

/// A first factor may not be enrolled by the password alone: whoever learned an old password
/// would make the account theirs for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a first second factor takes more than the password")]
pub struct CannotEnrol;

/// Whether the first second factor of an account may be enrolled.
///
/// # Errors
/// [`CannotEnrol`].
pub const fn may_enrol_first(first: FirstFactor) -> Result<(), CannotEnrol> {
    match first.vouched {
        Vouched::MadeTheAccount | Vouched::OneTimeCode | Vouched::MailedLink => Ok(()),
        Vouched::OldPassword
            if first.device_before_requirement || first.second_factor_elsewhere =>
        {
            Ok(())
        }
        Vouched::OldPassword => Err(CannotEnrol),
    }
}

/// Whether a factor that was added and shown in a session just now takes the place of what was shown in
/// it before. A recovery code may still remove the factor that is lost, which the new one need not; and
/// a code takes no passkey's place, or the person would be asked for it again at the next step.
#[must_use]
pub fn new_factor_raises(shown: Methods, new: Method) -> bool {
    let after = shown.after_step_up(Methods::NONE.and(new)).assurance_shown_now();
    !shown.has(Method::RecoveryCode) && after >= shown.assurance_shown_now()
}

/// A password that is wanted after a security event takes more than the old one: whoever brought
/// the event about may know that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a password that is wanted takes more than the old one")]
pub struct CannotSetWanted;

/// Whether a session that showed these, and for which this speaks, may set the password that is
/// wanted after a security event.
///
/// # Errors
/// [`CannotSetWanted`].
pub fn may_set_wanted_password(shown: Methods, vouched: Vouched) -> Result<(), CannotSetWanted> {
    let by_factor = shown.assurance_shown_now() >= Assurance::Mfa;
    match vouched {
        Vouched::OneTimeCode | Vouched::MailedLink => Ok(()),
        Vouched::MadeTheAccount | Vouched::OldPassword if by_factor => Ok(()),
        Vouched::MadeTheAccount | Vouched::OldPassword => Err(CannotSetWanted),
    }
}

/// The shortest password of an account: longer where it is all there is.
#[must_use]
pub const fn password_min_chars(second_factors: usize) -> usize {
    if second_factors == 0 { PASSWORD_MIN_ALONE_CHARS } else { PASSWORD_MIN_WITH_FACTOR_CHARS }
}

/// Whether a password is long enough to be all there is.
#[must_use]
pub fn stands_alone(password: &Password) -> bool {
    password.expose().chars().count() >= PASSWORD_MIN_ALONE_CHARS
}

/// The last second factor would leave a password that is too short to be all there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this password is too short to be all there is")]
pub struct ShortAlone;

/// Whether `going` of `present` second factors may leave the password behind, which may be known to
/// be long enough to be all there is.
///
/// # Errors
/// [`ShortAlone`].
pub const fn may_leave_password(
    present: usize,
    going: usize,
    password_stands_alone: bool,
) -> Result<(), ShortAlone> {
    if going == 0 || present > going || password_stands_alone { Ok(()) } else { Err(ShortAlone) }
}

/// What can be shown beside a password by who keeps these. Recovery codes stand in for a factor;
/// without one there is nothing to stand in for.
#[must_use]
pub fn methods_for(kinds: &[FactorKind], recovery_codes_left: u32) -> Methods {
    let mut methods = Methods::NONE;
    for kind in kinds {
        methods = methods.and(match kind {
            FactorKind::Totp => Method::Totp,
            FactorKind::Passkey => Method::Passkey,
        });
    }
    if !kinds.is_empty() && recovery_codes_left > 0 {
        methods = methods.and(Method::RecoveryCode);
    }
    methods
}

/// Whether a session is worth anything after `shown` is shown in it. One that was opened by a passkey,
/// of an account that signs in elsewhere, knows no password and no word of an issuer: a code alone
/// stands beside nothing there, and would end what it was to raise.
#[must_use]
pub fn raises(before: Methods, shown: Methods) -> bool {
    before.after_step_up(shown).assurance_shown_now() > Assurance::None
}

/// What a session that showed `before` may show to be raised: a second factor, as far as it is worth
/// something in it, or the password where there is none. Another device may approve where
/// `somebody_is_there` and the password is known in this session: an approval is worth something
/// beside it only.
#[must_use]
pub fn step_up_methods(
    before: Methods,
    second: Methods,
    password_too: bool,
    somebody_is_there: bool,
) -> Methods {
    let password = Methods::NONE.and(Method::Password);
    if second == Methods::NONE {
        return password;
    }
    let beside = if password_too { password } else { Methods::NONE };
    let asks = somebody_is_there && !password_too;
    let all = if asks { second.and(Method::DeviceApproval) } else { second };
    all.iter().filter(|method| raises(before, beside.and(*method))).collect()
}
