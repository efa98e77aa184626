//! Passwords for apps that can do no better: off until the owner allows them, good for playback
//! alone, shown once.
//!
//! Each is a session of its own kind, found by the hash of the password, so it is listed, judged,
//! revoked and ended with the person's factors like any other. A right one is never made to wait:
//! with 103 random bits nobody guesses it, so slowing guesses only keeps their noise down.

use stead_rules::claim::Peer;
use stead_rules::limits::{DEVICES_PER_USER_MAX, PASSWORD_ALL_WAIT_SECONDS};
use stead_rules::policy::{Action, ClientKind, Guard, Own, Permit};
use stead_rules::secret::SecretText;
use stead_rules::signin::{AppPassword, BadName, Name, NoticeKind, Wait, place_of, wait_after};
use stead_rules::time::Now;
use stead_store::accounts::audit;
use stead_store::accounts::devices::{self as rows, Origin};
use stead_store::accounts::identity::{self, User};
use stead_store::accounts::sessions::{SessionFacts, by_token, make_session};
use stead_store::accounts::throttle::{self, Guess};
use stead_store::{Accounts, Failure, ReadTx, StoreError};

use super::core::{Core, CoreError, permitted};
use super::devices::{Inherited, Judge, inherit};
use super::{notices, sha256};
use crate::host::entropy::bytes;

/// What wrong app passwords are counted under.
const APP_GUESSES: &str = "app";

/// An app password could not be made, or was not taken.
#[derive(Debug, thiserror::Error)]
pub enum AppPasswordError {
    /// The owner has not allowed them.
    #[error("app passwords are switched off")]
    NotAllowed,
    /// The person has too many devices.
    #[error("one person has too many devices")]
    TooMany,
    /// Too many wrong ones.
    #[error("too many wrong tries; wait {seconds} seconds")]
    SlowDown {
        /// How long.
        seconds: u64,
    },
    /// The name cannot be used.
    #[error("the name cannot be used")]
    Name(#[from] BadName),
    /// The core refused.
    #[error(transparent)]
    Core(#[from] CoreError),
}

impl Failure for AppPasswordError {
    fn into_store(self) -> Result<StoreError, Self> {
        let Self::Core(error) = self else { return Err(self) };
        error.into_store().map_err(Self::Core)
    }
}

impl From<StoreError> for AppPasswordError {
    fn from(error: StoreError) -> Self {
        Self::Core(error.into())
    }
}

/// What an app is given.
pub struct Made {
    /// The name to type.
    pub login: String,
    /// The password.
    pub password: AppPassword,
}

/// Makes a password for one app, which is called `name`. Blocks.
///
/// # Errors
/// [`AppPasswordError`].
pub fn make(
    core: &Core,
    permit: &Permit,
    now: Now,
    judge: Judge<'_>,
    name: &str,
) -> Result<Made, AppPasswordError> {
    permitted(permit, Action::OwnAccount(Own::Factors))?;
    let name = Name::parse(name)?;
    let Judge { by, peer } = judge;
    let password = fresh(core);
    let inherited = Inherited { methods: by.session.methods, auth: by.session.auth };
    let session = inherit(core, now, by, inherited, ClientKind::AppPassword, name.as_str());
    let origin = Origin {
        session: session.id,
        name: name.as_str().to_owned(),
        approved_by: by.session.id,
        approved_from: peer.address.to_string(),
        asked_from: peer.address.to_string(),
    };
    let detail = serde_json::json!({
        "user": by.user.id.to_string(), "session": session.id.to_string(),
    });
    let login = core.store()?.accounts.write(|tx| {
        if !rows::app_passwords_allowed(tx)? {
            return Err(AppPasswordError::NotAllowed);
        }
        if rows::count(tx, by.user.id)? >= DEVICES_PER_USER_MAX {
            return Err(AppPasswordError::TooMany);
        }
        make_session(tx, &core.run, &session, &sha256(password.expose().as_bytes()))?;
        rows::put_origin(tx, &origin)?;
        let (who, kind) = (Some(by.session.id), NoticeKind::DeviceApproved);
        notices::tell(tx, core, now, by.user.id, who, kind, &origin.name)?;
        audit::append(tx, now, "device.app_password_made", &detail.to_string())?;
        Ok(name_to_type(tx, &by.user)?)
    })?;
    Ok(Made { login, password })
}

fn fresh(core: &Core) -> AppPassword {
    loop {
        let random = zeroize::Zeroizing::new(bytes(core.entropy.as_ref()));
        if let Some(password) = AppPassword::from_random(&random) {
            return password;
        }
    }
}

/// Whether people may make passwords for apps. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn are_allowed(core: &Core, permit: &Permit) -> Result<bool, CoreError> {
    permitted(permit, Action::OwnAccount(Own::Sessions))?;
    Ok(core.store()?.accounts.read(rows::app_passwords_allowed)?)
}

/// Says whether people may make passwords for apps. Where they may not, those that there are end:
/// switching it off leaves no way in by them. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn allow(core: &Core, permit: &Permit, now: Now, allowed: bool) -> Result<(), CoreError> {
    permitted(permit, Action::Guard(Guard::Policy))?;
    let by = permit.user().map(|user| user.to_string());
    core.store()?.accounts.write(|tx| {
        rows::allow_app_passwords(tx, allowed)?;
        let ended = if allowed { 0 } else { rows::end_app_passwords(tx)? };
        let detail = serde_json::json!({ "allowed": allowed, "ended": ended, "by": by });
        audit::append(tx, now, "device.app_passwords_switched", &detail.to_string())
    })?;
    core.session_ended.send_replace(());
    Ok(())
}

/// A name as it is compared; empty if it is none.
fn key(name: &str) -> String {
    Name::parse(name).map(|name| name.key()).unwrap_or_default()
}

/// What somebody signs in with here; of who comes from elsewhere nobody but the server knows it.
fn login_of(tx: &ReadTx<'_, Accounts>, user: &User) -> Result<String, StoreError> {
    let account = identity::account_by_id(tx, user.account)?;
    Ok(account.map(|account| account.login).unwrap_or_default())
}

/// The name to type beside an app password: the one that is shown, where an app can send it (RFC
/// 7617 §2 takes no colon), and what they sign in with where it cannot.
fn name_to_type(tx: &ReadTx<'_, Accounts>, user: &User) -> Result<String, StoreError> {
    let can_be_sent = !key(&user.name).is_empty() && !user.name.contains(':');
    if can_be_sent { Ok(user.name.clone()) } else { login_of(tx, user) }
}

/// The session behind a name and an app password, if there is one. Blocks.
///
/// # Errors
/// [`AppPasswordError::SlowDown`] for a wrong one after other wrong ones; [`CoreError`].
pub(crate) fn find(
    core: &Core,
    now: Now,
    peer: Peer,
    login: &str,
    password: &SecretText,
) -> Result<Option<SessionFacts>, AppPasswordError> {
    let typed = key(login);
    // What has not its form is no guess: somebody sends the password of their account.
    let Ok(password) = AppPassword::parse(password.expose()) else { return Ok(None) };
    let hash = sha256(password.expose().as_bytes());
    let accounts = &core.store()?.accounts;
    let (allowed, found) = accounts.read(|tx| {
        let found = match by_token(tx, &core.run, &hash)? {
            Some(facts) => Some((login_of(tx, &facts.user)?, facts)),
            None => None,
        };
        Ok::<_, StoreError>((rows::app_passwords_allowed(tx)?, found))
    })?;
    // Where they are off nothing can be guessed, so nothing is counted, nor written for a stranger.
    if !allowed {
        return Ok(None);
    }
    let right = found.filter(|(login, facts)| {
        let is_theirs = typed == *login || typed == key(&facts.user.name);
        facts.session.client == ClientKind::AppPassword && is_theirs && !typed.is_empty()
    });
    if let Some((_, facts)) = right {
        return Ok(Some(facts));
    }
    let place = place_of(peer.address).to_string();
    // One count for all names: a stranger makes no row by another name, and learns of none.
    let guess = Guess { credential: APP_GUESSES.to_owned(), place };
    accounts.write(|tx| {
        let tries = throttle::tries(tx, &core.run, &guess)?;
        match wait_after(tries, PASSWORD_ALL_WAIT_SECONDS, now) {
            Wait::Seconds(seconds) => Err(AppPasswordError::SlowDown { seconds }),
            Wait::Go => Ok(throttle::add_miss(tx, &core.run, &guess, now)?),
        }
    })?;
    Ok(None)
}
