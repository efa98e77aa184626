//! What whoever runs an account service asks of it from the shell: who there is, a way back for who
//! forgot their password, and the end of an account.
//!
//! ```text
//! stead accounts ─▶ operator-wish ─▶ looked for each second ─▶ done ─▶ operator-answer ─▶ stead accounts
//! ```
//!
//! Whoever can put a file into the data folder has the service in hand: the accounts lie beside it. So
//! there is nothing to prove, and no port takes such a wish. It counts only if it is root's or of the
//! user that runs the service, and it is done once.

pub mod wire;

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use stead_rules::limits::{OPERATOR_ANSWER_SECONDS, OPERATOR_WISH_MAX_BYTES};
use stead_rules::signin::Name;
use stead_rules::time::{BootMs, Now};
use stead_store::accounts::{alone, audit};
use stead_store::{Accounts, Failure, ReadTx, StoreError};

use self::wire::{Answer, Ask, Line, Told, Wish};
use super::core::{Core, CoreError};
use super::provider::issuer;
use super::rescue::{self, RescueError};
use crate::host::files::{FileError, PRIVATE, remove_durably, write_atomically};
use crate::host::users::own_uid;

/// A wish was not fulfilled.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OperatorError {
    /// One of the two files.
    #[error("a wish of `stead accounts` could not be answered")]
    File(#[from] FileError),
    /// Making the link.
    #[error("the link could not be made")]
    Link(#[from] RescueError),
    /// Nobody has this name.
    #[error("there is no such account")]
    NoSuchAccount,
    /// The core refused.
    #[error(transparent)]
    Core(#[from] CoreError),
}

impl Failure for OperatorError {
    fn into_store(self) -> Result<StoreError, Self> {
        let Self::Core(error) = self else { return Err(self) };
        error.into_store().map_err(Self::Core)
    }
}

impl From<StoreError> for OperatorError {
    fn from(error: StoreError) -> Self {
        Self::Core(error.into())
    }
}

/// What is remembered between two looks.
#[derive(Default)]
pub struct OperatorDesk {
    /// The wish that was done last: one that cannot be removed is not a new one.
    done: Option<String>,
    /// When the answer that lies there was written.
    answered: Option<BootMs>,
}

/// Looks whether something is asked, and takes an answer away that nobody fetched. Called now and then;
/// it looks for one file. Blocks.
pub(crate) fn tick(core: &Core, now: Now) -> Result<(), OperatorError> {
    forget_answer(core, now)?;
    let path = core.paths().operator_wish();
    if path.symlink_metadata().is_err() {
        return Ok(());
    }
    let Some(wish) = wish_at(&path) else {
        tracing::warn!("a wish that is not root's or this service's own, or none, is taken away");
        return Ok(remove_durably(&path)?);
    };
    if core.operator_desk().done.as_ref() != Some(&wish.id) {
        core.operator_desk().done = Some(wish.id.clone());
        let told = fulfil(core, now, &wish.ask);
        let answer = serde_json::to_vec(&Answer { id: wish.id, told }).unwrap_or_default();
        write_atomically(&core.paths().operator_answer(), &answer, PRIVATE)?;
        core.operator_desk().answered = Some(now.boot);
    }
    Ok(remove_durably(&path)?)
}

/// An answer may hold a link, so it lies there no longer than a command waits for it. One of an earlier
/// run goes at once.
fn forget_answer(core: &Core, now: Now) -> Result<(), OperatorError> {
    let answered = core.operator_desk().answered;
    let fresh = |at: BootMs| now.boot.since_ms(at) < OPERATOR_ANSWER_SECONDS * 1000;
    if !answered.is_some_and(fresh) && core.paths().operator_answer().symlink_metadata().is_ok() {
        remove_durably(&core.paths().operator_answer())?;
        core.operator_desk().answered = None;
    }
    Ok(())
}

fn wish_at(path: &Path) -> Option<Wish> {
    let found = path.symlink_metadata().ok()?;
    let ours = found.uid() == 0 || found.uid() == own_uid();
    if !found.is_file() || !ours || found.len() > OPERATOR_WISH_MAX_BYTES {
        return None;
    }
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

fn fulfil(core: &Core, now: Now, ask: &Ask) -> Told {
    let done = match ask {
        Ask::List => list(core),
        Ask::Look { name } => look(core, name),
        Ask::Link { name, new_factor } => link(core, now, name, *new_factor),
        Ask::Remove { name } => remove(core, now, name),
    };
    match done {
        Ok(told) => told,
        Err(OperatorError::NoSuchAccount) => Told::NoSuchAccount,
        Err(error) => {
            tracing::warn!(error = %super::chain(&error), "a wish of `stead accounts` failed");
            Told::Failed
        }
    }
}

fn list(core: &Core) -> Result<Told, OperatorError> {
    let all = core.store()?.accounts.read(alone::all)?;
    Ok(Told::Accounts(all.into_iter().map(line).collect()))
}

fn look(core: &Core, name: &str) -> Result<Told, OperatorError> {
    let found = core.store()?.accounts.read(|tx| found(tx, name))?;
    Ok(Told::Accounts(vec![line(found)]))
}

fn link(core: &Core, now: Now, name: &str, new_factor: bool) -> Result<Told, OperatorError> {
    let account = core.store()?.accounts.read(|tx| found(tx, name))?;
    let made = rescue::link_by_operator(core, now, account.user, new_factor)?;
    let issuer = issuer(core);
    let others = core.reach().urls();
    let others = others.iter().map(|url| url.trim_end_matches('/'));
    let mut urls = Vec::new();
    for address in std::iter::once(issuer.trim_end_matches('/')).chain(others) {
        let url = format!("{address}/reset#s={}", made.secret.as_str());
        if !urls.contains(&url) {
            urls.push(url);
        }
    }
    Ok(Told::Link { name: account.name, urls, seconds: made.seconds })
}

fn remove(core: &Core, now: Now, name: &str) -> Result<Told, OperatorError> {
    let removed = core.store()?.accounts.write(|tx| {
        let account = found(tx, name)?;
        alone::remove(tx, account.account)?;
        let detail = serde_json::json!({
            "account": account.account.to_string(), "user": account.user.to_string(),
            "by": "operator",
        });
        audit::append(tx, now, "account.removed", &detail.to_string())?;
        Ok::<_, OperatorError>(account)
    })?;
    // What goes on for them looks again at once.
    core.session_ended.send_replace(());
    Ok(Told::Removed(line(removed)))
}

fn found(tx: &ReadTx<'_, Accounts>, name: &str) -> Result<alone::Line, OperatorError> {
    let name = Name::parse(name).map_err(|_| OperatorError::NoSuchAccount)?;
    alone::by_login(tx, &name.key())?.ok_or(OperatorError::NoSuchAccount)
}

fn line(account: alone::Line) -> Line {
    let totp = account.has_totp.then(|| "totp".to_owned());
    let passkey = account.has_passkey.then(|| "passkey".to_owned());
    Line {
        name: account.name,
        created_ms: account.created.0,
        last_seen_ms: account.last_seen.map(|at| at.0),
        factors: totp.into_iter().chain(passkey).collect(),
        clients: account.clients,
        goes: !account.settled,
    }
}
