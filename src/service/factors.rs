//! What an account keeps to sign in with, over all kinds, and what follows from a change of it.
//!
//! A kind of factor is a variant of [`FactorKind`]: it adds itself to [`second`], to [`rename`] and
//! to [`remove`], and everything else follows.

use stead_rules::ids::{AccountId, FactorId, SessionId, UserId};
use stead_rules::policy::{Action, Own, Permit, may_keep_less};
use stead_rules::signin::{
    Assurance, BadName, Drift, FactorKind, LastFactor, Methods, Name, NoticeKind, ShortAlone,
    ShownItself, TimeSource, TooManyFactors, may_leave_password, may_remove_several, methods_for,
};
use stead_rules::time::{Now, WallMs};
use stead_store::accounts::identity::{self, User};
use stead_store::accounts::sessions::SessionFacts;
use stead_store::accounts::{
    audit, factors as rows, passkeys, people, provider, remembered, sessions,
};
use stead_store::{Accounts, Failure, ReadTx, StoreError, WriteTx};

use super::core::{Core, CoreError, permitted};
use super::{notices, policy};
use crate::host::kind::Kind;

/// A second factor that an account keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Which.
    pub id: FactorId,
    /// Of what kind.
    pub kind: FactorKind,
    /// What its owner calls it.
    pub name: String,
    /// When it was added.
    pub created: WallMs,
    /// When it was last shown.
    pub used: Option<WallMs>,
    /// Whether it can be shown anywhere: not a passkey for a name that is gone.
    pub of_use: bool,
}

/// Everything that somebody signs in with.
#[derive(Debug, Clone)]
pub struct Factors {
    /// The second factors.
    pub second: Vec<Kept>,
    /// Recovery codes that are not used up.
    pub recovery_codes_left: u32,
    /// Whether there is a password here.
    pub has_password: bool,
}

/// A factor could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum FactorError {
    /// There is none with this id.
    #[error("there is no such factor")]
    NotFound,
    /// The name cannot be used.
    #[error("the name cannot be used")]
    Name(#[from] BadName),
    /// It is the last one.
    #[error(transparent)]
    Last(#[from] LastFactor),
    /// Without it a password is left that may be too short to be all there is.
    #[error(transparent)]
    ShortAlone(#[from] ShortAlone),
    /// It is said to be lost, and was shown just now.
    #[error(transparent)]
    ShownItself(#[from] ShownItself),
    /// What was named is not there any more.
    #[error("what was named is not there any more")]
    Changed,
    /// The session that asks cannot be lost.
    #[error("this session is not lost")]
    NotLost,
    /// Nothing was named.
    #[error("nothing was named")]
    Nothing,
    /// There are enough.
    #[error(transparent)]
    TooMany(#[from] TooManyFactors),
    /// A first factor takes more than the password. Who helps depends on what runs here.
    #[error("a first second factor takes more than the password")]
    CannotEnrol(Kind),
    /// What was begun took too long.
    #[error("this took too long")]
    DraftOver,
    /// The first code of a new authenticator is wrong.
    #[error("the code is wrong")]
    CodeWrong {
        /// How far the app's clock seems to be ahead of the server's.
        drift: Option<Drift>,
        /// By which clock the code was judged.
        judged_by: TimeSource,
    },
    /// What was typed ends none of the new recovery codes.
    #[error("no recovery code ends like that")]
    TailWrong,
    /// The core refused.
    #[error(transparent)]
    Core(#[from] CoreError),
}

impl Failure for FactorError {
    fn into_store(self) -> Result<StoreError, Self> {
        let Self::Core(error) = self else { return Err(self) };
        error.into_store().map_err(Self::Core)
    }
}

impl From<StoreError> for FactorError {
    fn from(error: StoreError) -> Self {
        Self::Core(error.into())
    }
}

/// The second factors of an account.
///
/// # Errors
/// [`StoreError`].
pub(crate) fn second(
    tx: &ReadTx<'_, Accounts>,
    account: AccountId,
) -> Result<Vec<Kept>, StoreError> {
    let authenticators = rows::authenticators(tx, account)?.into_iter().map(|one| Kept {
        id: one.id,
        kind: FactorKind::Totp,
        name: one.name,
        created: one.created,
        used: one.used,
        of_use: true,
    });
    let passkeys = passkeys::of_account(tx, account)?.into_iter().map(|one| Kept {
        id: one.id,
        kind: FactorKind::Passkey,
        name: one.name,
        created: one.created,
        used: one.used,
        of_use: one.leads_here,
    });
    Ok(authenticators.chain(passkeys).collect())
}

/// What the account's owner can show beside a password now.
///
/// # Errors
/// [`StoreError`].
pub(crate) fn methods(
    tx: &ReadTx<'_, Accounts>,
    account: AccountId,
) -> Result<Methods, StoreError> {
    let kinds: Vec<_> = second(tx, account)?.into_iter().map(|kept| kept.kind).collect();
    Ok(methods_for(&kinds, identity::recovery_codes_left(tx, account)?))
}

/// Everything that whoever asks signs in with. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn list(core: &Core, permit: &Permit, facts: &SessionFacts) -> Result<Factors, CoreError> {
    permitted(permit, Action::OwnAccount(Own::Sessions))?;
    let account = facts.user.account;
    Ok(core.store()?.accounts.read(|tx| {
        let known = identity::account_by_id(tx, account)?;
        Ok::<_, StoreError>(Factors {
            second: second(tx, account)?,
            recovery_codes_left: identity::recovery_codes_left(tx, account)?,
            has_password: known.is_some_and(|account| !account.password_hash.is_empty()),
        })
    })?)
}

/// Gives a factor another name. Blocks.
///
/// # Errors
/// [`FactorError`].
pub fn rename(
    core: &Core,
    permit: &Permit,
    now: Now,
    facts: &SessionFacts,
    factor: FactorId,
    name: &str,
) -> Result<(), FactorError> {
    permitted(permit, Action::OwnAccount(Own::Factors))?;
    let (name, account) = (Name::parse(name)?, facts.user.account);
    core.store()?.accounts.write(|tx| {
        let kept = found(tx, account, factor)?;
        match kept.kind {
            FactorKind::Totp => rows::rename_authenticator(tx, account, factor, name.as_str())?,
            FactorKind::Passkey => passkeys::rename(tx, account, factor, name.as_str())?,
        };
        let (user, by, kind) = (&facts.user, Some(facts.session.id), NoticeKind::FactorRenamed);
        notices::tell(tx, core, now, user.id, by, kind, name.as_str())?;
        log(tx, now, "mfa.renamed", user, &kept)
    })
}

fn found(
    tx: &ReadTx<'_, Accounts>,
    account: AccountId,
    factor: FactorId,
) -> Result<Kept, FactorError> {
    let kept = second(tx, account)?.into_iter().find(|kept| kept.id == factor);
    kept.ok_or(FactorError::NotFound)
}

/// Removes a factor. Every other session of the user ends with it. Blocks.
///
/// # Errors
/// [`FactorError`].
pub fn remove(
    core: &Core,
    permit: &Permit,
    now: Now,
    facts: &SessionFacts,
    factor: FactorId,
) -> Result<(), FactorError> {
    permitted(permit, Action::OwnAccount(Own::Factors))?;
    let (user, session) = (&facts.user, facts.session.id);
    core.store()?.accounts.write(|tx| {
        let kept = found(tx, user.account, factor)?;
        let present = second(tx, user.account)?;
        check_going(tx, core, now, facts, &present, std::slice::from_ref(&kept))?;
        take_away(tx, user.account, &kept)?;
        bump_epoch(tx, user.id, Some(session))?;
        notices::tell(
            tx,
            core,
            now,
            user.id,
            Some(session),
            NoticeKind::FactorRemoved,
            &kept.name,
        )?;
        log(tx, now, "mfa.removed", user, &kept)
    })?;
    core.session_ended.send_replace(());
    Ok(())
}

/// Whether these of what is kept may go. What is left for an owner has to be of use, and a factor that
/// is of none still stands between a password and whoever has it. What is required of somebody is not
/// given up by them, or they would be locked out by their own act.
///
/// # Errors
/// [`FactorError`].
pub(crate) fn check_going(
    tx: &ReadTx<'_, Accounts>,
    core: &Core,
    now: Now,
    facts: &SessionFacts,
    present: &[Kept],
    going: &[Kept],
) -> Result<(), FactorError> {
    let user = &facts.user;
    let of_use = |kept: &[Kept]| kept.iter().filter(|one| one.of_use).count();
    may_remove_several(user.role, false, present.len(), going.len())?;
    may_remove_several(user.role, false, of_use(present), of_use(going))?;
    let left = present.iter().filter(|kept| !going.contains(kept) && kept.of_use);
    let after = reach_of(left, people::is_vouched_for(tx, user.id)?);
    let before = reach_of(present.iter().filter(|kept| kept.of_use), false);
    if !going.is_empty() && after < before {
        may_keep_less(user.role, policy::standings::level_asked(tx, core, now, user.id)?, after)?;
    }
    let alone = identity::may_stand_alone(tx, user.account)?;
    Ok(may_leave_password(present.len(), going.len(), alone)?)
}

/// The best that these reach beside a password.
fn reach_of<'a>(kept: impl Iterator<Item = &'a Kept>, vouched_for: bool) -> Assurance {
    let least = if vouched_for { Assurance::Mfa } else { Assurance::Password };
    kept.map(|one| match one.kind {
        FactorKind::Totp => Assurance::Mfa,
        FactorKind::Passkey => Assurance::MfaPhishingResistant,
    })
    .fold(least, Assurance::max)
}

/// Takes a factor out of an account.
///
/// # Errors
/// [`StoreError`].
pub(crate) fn take_away(
    tx: &WriteTx<'_, Accounts>,
    account: AccountId,
    kept: &Kept,
) -> Result<(), StoreError> {
    match kept.kind {
        FactorKind::Totp => rows::remove_authenticator(tx, account, kept.id)?,
        FactorKind::Passkey => passkeys::remove(tx, account, kept.id)?,
    };
    Ok(())
}

/// A line of the audit about a factor.
pub(crate) fn log(
    tx: &WriteTx<'_, Accounts>,
    now: Now,
    what: &str,
    user: &User,
    kept: &Kept,
) -> Result<(), FactorError> {
    let detail = serde_json::json!({
        "user": user.id.to_string(), "factor": kept.id.to_string(), "kind": kept.kind.word(),
    });
    Ok(audit::append(tx, now, what, &detail.to_string())?)
}

/// Ends every session, remembered browser and token of a user that was there before, and what they
/// agreed to at the account service, but for the session that is kept. The caller sends `core.session_ended` after the commit, so that what
/// flows looks again at once.
///
/// # Errors
/// [`StoreError`].
pub(crate) fn bump_epoch(
    tx: &WriteTx<'_, Accounts>,
    user: UserId,
    kept: Option<SessionId>,
) -> Result<(), StoreError> {
    identity::bump_epoch(tx, user)?;
    remembered::remove_all(tx, user)?;
    provider::forget_agreements(tx, user)?;
    match kept {
        Some(session) => sessions::keep(tx, session),
        None => Ok(()),
    }
}
