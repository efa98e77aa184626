//! Showing a factor again in a session that goes on: it gets another id and another token, so
//! that whoever knew the old ones is not raised with it.

use std::sync::Arc;

use stead_rules::ids::{AccountId, SessionId};
use stead_rules::policy::{Action, Own, Permit, Role};
use stead_rules::signin::{Method, Methods, Password, raises, step_up_methods};
use stead_rules::time::{Moment, Now, WallMs};
use stead_store::accounts::identity::{self, Account};
use stead_store::accounts::sessions::{self as rows, Session, SessionFacts};
use stead_store::accounts::{audit, claim};
use stead_store::{Accounts, ReadTx, StoreError, WriteTx};

use super::core::{Core, CoreError, permitted};
use super::sessions::Token;
use super::signin::factor::{self, Accepted, Factor, Showing};
use super::signin::{Asker, SignInError, check_password_of};
use super::{approvals, factors};
use crate::host::entropy::fresh;

/// What can be shown in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// One of these.
    pub methods: Methods,
    /// The password is asked for beside it: the session was opened without it.
    pub password_too: bool,
}

/// Tells what can be shown in the session that asks. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn wanted(
    core: &Core,
    permit: &Permit,
    now: Now,
    facts: &SessionFacts,
) -> Result<Wanted, CoreError> {
    permitted(permit, Action::OwnAccount(Own::StepUp))?;
    core.store()?.accounts.read(|tx| {
        let second = factors::methods(tx, facts.user.account)?;
        let known = identity::account_by_id(tx, facts.user.account)?;
        let password_too = known.is_some_and(|account| needs_password(facts, &account));
        let there = approvals::somebody_else_is_there(tx, core, now, facts)?;
        let methods = step_up_methods(facts.session.methods, second, password_too, there);
        Ok(Wanted { methods, password_too })
    })
}

/// Whether the password is asked for beside a factor that is nothing without it.
pub(crate) fn needs_password(facts: &SessionFacts, account: &Account) -> bool {
    !account.password_hash.is_empty() && !facts.session.methods.has(Method::Password)
}

/// What somebody shows.
pub struct Shown {
    /// A second factor; none where there is none.
    pub factor: Option<Factor>,
    /// The password, where it is asked for.
    pub password: Option<Password>,
    /// What the browser's clock says.
    pub browser_time: WallMs,
}

/// Raises the session that asks by what is shown.
///
/// # Errors
/// [`SignInError`].
pub async fn show(
    core: &Arc<Core>,
    permit: &Permit,
    now: Now,
    asker: Asker,
    facts: SessionFacts,
    shown: Shown,
) -> Result<Token, SignInError> {
    permitted(permit, Action::OwnAccount(Own::StepUp))?;
    let id = facts.user.account;
    let (account, second) = core.read_accounts(move |tx| own(tx, id)).await?;
    let Shown { factor, password, browser_time } = shown;
    let mut methods = Methods::NONE;
    match password {
        Some(password) => {
            check_password_of(core, now, &asker, &account.login, password).await?;
            methods = methods.and(Method::Password);
        }
        None if factor.is_none() || needs_password(&facts, &account) => {
            return Err(SignInError::PasswordNeeded);
        }
        None => {}
    }
    if factor.is_none() && second != Methods::NONE {
        return Err(SignInError::FactorNeeded);
    }
    if let Some(factor) = &factor
        && !raises(facts.session.methods, methods.and(factor.method()))
    {
        return Err(SignInError::PasskeyNeeded);
    }
    core.blocking(move |core| {
        let Some(factor) = factor else {
            return Ok(core.store()?.accounts.write(|tx| raise(tx, core, now, &facts, methods))?);
        };
        let showing = Showing { now, account: &account, browser_time };
        raise_with(core, now, &asker, &facts, &account, methods, |tx| {
            factor::accept(tx, core, &showing, &factor)
        })
    })
    .await
}

/// Raises a session by a factor that `look` judges; a miss of it is counted. Blocks.
///
/// # Errors
/// [`SignInError`].
pub(crate) fn raise_with(
    core: &Core,
    now: Now,
    asker: &Asker,
    facts: &SessionFacts,
    account: &Account,
    shown: Methods,
    mut look: impl FnMut(&WriteTx<'_, Accounts>) -> Result<Accepted, SignInError>,
) -> Result<Token, SignInError> {
    core.store()?.accounts.write(|tx| {
        match factor::in_turn(tx, core, now, asker, account, || look(tx))? {
            Ok(Accepted { method, factor }) => {
                let token = raise(tx, core, now, facts, shown.and(method))?;
                if let Some(factor) = factor {
                    rows::note_factor(tx, &token.hash(), factor)?;
                }
                Ok(Ok(token))
            }
            Err(wrong) => Ok::<_, SignInError>(Err(wrong)),
        }
    })?
}

fn own(tx: &ReadTx<'_, Accounts>, account: AccountId) -> Result<(Account, Methods), CoreError> {
    let known = identity::account_by_id(tx, account)?;
    let known = known.ok_or(StoreError::BadRow { what: "account" })?;
    Ok((known, factors::methods(tx, account)?))
}

/// Gives a session another id and token, with what was shown in it just now. What was shown
/// before counts no more, but for the password; see [`Methods::after_step_up`].
///
/// # Errors
/// [`StoreError`].
pub(crate) fn raise(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    facts: &SessionFacts,
    shown: Methods,
) -> Result<Token, StoreError> {
    let old = &facts.session;
    let token = Token::fresh(core);
    let renewed = Session {
        id: fresh(core.entropy.as_ref(), SessionId::from_bytes),
        methods: old.methods.after_step_up(shown),
        auth: Moment::of(now),
        last_seen: Moment::of(now),
        rested: false,
        ..old.clone()
    };
    rows::renew(tx, &core.run, old.id, &renewed, &token.hash())?;
    claim::mark_clock(tx, core.clock.mark())?;
    if facts.user.role == Role::Owner {
        claim::set_owner_came(tx, true)?;
    }
    let detail = serde_json::json!({
        "user": facts.user.id.to_string(), "methods": shown.words(),
    });
    audit::append(tx, now, "signin.step_up", &detail.to_string())?;
    Ok(token)
}
