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
use stead_store::accounts::devices::{self as rows, Origin};
use stead_store::accounts::sessions::{SessionFacts, by_token, make_session};
use stead_store::accounts::throttle::{self, Guess};
use stead_store::accounts::{audit, identity};
use stead_store::{Failure, StoreError};

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
) -> Result<AppPassword, AppPasswordError> {
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
    core.store()?.accounts.write(|tx| {
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
        Ok(())
    })?;
    Ok(password)
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
    let login = Name::parse(login).map(|name| name.key()).unwrap_or_default();
    // What has not its form is no guess: somebody sends the password of their account.
    let Ok(password) = AppPassword::parse(password.expose()) else { return Ok(None) };
    let hash = sha256(password.expose().as_bytes());
    let accounts = &core.store()?.accounts;
    let (allowed, account, facts) = accounts.read(|tx| {
        let account = identity::account_by_login(tx, &login)?.map(|account| account.id);
        Ok::<_, StoreError>((
            rows::app_passwords_allowed(tx)?,
            account,
            by_token(tx, &core.run, &hash)?,
        ))
    })?;
    // Where they are off nothing can be guessed, so nothing is counted, nor written for a stranger.
    if !allowed {
        return Ok(None);
    }
    let right = facts.filter(|facts| {
        facts.session.client == ClientKind::AppPassword && account == Some(facts.user.account)
    });
    if right.is_some() {
        return Ok(right);
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
