//! Changing one's own password: by the old one and a factor shown just now. Every other session
//! ends with it. After a security event the old one counts for nothing, and a second factor or the
//! owner's one-time code does.

use std::sync::Arc;

use stead_rules::policy::{Action, Own, Permit};
use stead_rules::signin::{
    BadPassword, NoticeKind, Password, check_password, may_set_wanted_password, password_min_chars,
    stands_alone,
};
use stead_rules::time::Now;
use stead_store::StoreError;
use stead_store::accounts::audit;
use stead_store::accounts::identity::{self, Account};
use stead_store::accounts::sessions::SessionFacts;

use super::core::{Core, CoreError, permitted};
use super::passwords::HashError;
use super::signin::{Asker, SignInError, check_password_of};
use super::{factors, notices};
use crate::host::entropy::bytes;
use crate::host::kind::Kind;

/// A password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The account has none here: it signs in elsewhere.
    #[error("this account has no password here")]
    NoneHere,
    /// The old one was typed wrong.
    #[error("the old password is wrong")]
    OldWrong,
    /// Another one is wanted since a security event, and the old one is all that was shown.
    /// Who helps depends on what runs here.
    #[error("a password that is wanted takes more than the old one")]
    CannotSetWanted(Kind),
    /// The old one was not looked at.
    #[error(transparent)]
    NotLookedAt(SignInError),
    /// The new one is not taken.
    #[error(transparent)]
    New(#[from] BadPassword),
    /// Too many passwords at once.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The core refused.
    #[error(transparent)]
    Core(#[from] CoreError),
}

/// Changes the password of whoever asks.
///
/// # Errors
/// [`PasswordError`]; nothing is changed then.
pub async fn change(
    core: &Arc<Core>,
    permit: &Permit,
    now: Now,
    asker: Asker,
    facts: SessionFacts,
    (old, new): (Option<Password>, Password),
) -> Result<(), PasswordError> {
    permitted(permit, Action::OwnAccount(Own::Factors))?;
    let id = facts.user.account;
    let (account, second, wanted) = core
        .read_accounts(move |tx| {
            let known = identity::account_by_id(tx, id)?;
            let known = known.ok_or(StoreError::BadRow { what: "account" })?;
            let wanted = identity::new_password_is_wanted(tx, id)?;
            Ok::<_, StoreError>((known, factors::second(tx, id)?.len(), wanted))
        })
        .await?;
    if account.password_hash.is_empty() {
        return Err(PasswordError::NoneHere);
    }
    match old {
        // Whoever brought the event about may know the old one, so it is not asked for.
        _ if wanted => may_set_wanted_password(facts.session.methods, facts.vouched)
            .map_err(|_| PasswordError::CannotSetWanted(core.kind))?,
        Some(old) => check_old(core, now, &asker, &account, old).await?,
        None => return Err(PasswordError::OldWrong),
    }
    check_password(&new, password_min_chars(second), &[&account.name, "Stead"], false)?;
    let alone = stands_alone(&new);
    let hash = core.hasher.hash(asker.peer, new, bytes(core.entropy.as_ref())).await?;
    core.blocking(move |core| keep(core, now, &facts, &hash, alone)).await?;
    Ok(())
}

async fn check_old(
    core: &Arc<Core>,
    now: Now,
    asker: &Asker,
    account: &Account,
    old: Password,
) -> Result<(), PasswordError> {
    match check_password_of(core, now, asker, &account.login, old).await {
        Ok(()) => Ok(()),
        Err(SignInError::WrongNameOrPassword) => Err(PasswordError::OldWrong),
        Err(other) => Err(PasswordError::NotLookedAt(other)),
    }
}

/// Whether somebody is asked for another password since a security event. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn is_wanted(core: &Core, permit: &Permit, facts: &SessionFacts) -> Result<bool, CoreError> {
    permitted(permit, Action::OwnAccount(Own::Read))?;
    let account = facts.user.account;
    Ok(core.store()?.accounts.read(|tx| identity::new_password_is_wanted(tx, account))?)
}

fn keep(
    core: &Core,
    now: Now,
    facts: &SessionFacts,
    hash: &str,
    alone: bool,
) -> Result<(), CoreError> {
    let (user, session) = (&facts.user, Some(facts.session.id));
    let detail = serde_json::json!({ "user": user.id.to_string() }).to_string();
    core.store()?.accounts.write(|tx| {
        identity::set_password(tx, user.account, hash)?;
        if alone {
            identity::password_stands_alone(tx, user.account)?;
        }
        factors::bump_epoch(tx, user.id, session)?;
        notices::tell(tx, core, now, user.id, session, NoticeKind::PasswordChanged, "")?;
        audit::append(tx, now, "mfa.password_changed", &detail)
    })?;
    core.session_ended.send_replace(());
    Ok(())
}
