//! Passkeys: making, showing, naming and removing them. What is asked of an authenticator, and
//! whether its answer holds, is `webauthn-rs`'s; whose it is and what it opens is decided here.
//!
//! ```text
//! begin ─▶ a challenge waits in the desk (5 min, once) ─▶ finish: it is taken, checked, and then
//!          registers │ signs in │ is the second step │ raises a session
//! ```

mod desk;
mod register;
mod show;

use stead_rules::ids::FactorId;
use stead_rules::policy::{Action, Own, Permit};
use stead_rules::signin::{
    AskedName, BadName, BoxNames, CannotEnrol, LastFactor, Name, NoPasskeyHere, TooManyPasskeys,
    may_remove, passkey_name,
};
use stead_rules::time::Now;
use stead_store::accounts::audit;
use stead_store::accounts::identity::{self, User};
use stead_store::accounts::passkeys::{self as rows, PasskeyRow};
use stead_store::accounts::sessions::{self, SessionFacts};
use stead_store::{Accounts, Failure, StoreError, WriteTx};
use webauthn_rs::prelude::{Passkey, Url, Webauthn, WebauthnBuilder, WebauthnError};

use super::core::{Core, CoreError, permitted};
use super::signin::SignInError;
use crate::net::guard::{AskedHost, parse_host};

pub use desk::{Begun, PasskeyDesk};
pub use register::{Made, begin as begin_registration, finish as finish_registration};
pub use show::{begin_sign_in, begin_step_up, sign_in, step_up};

/// Something about a passkey was refused.
#[derive(Debug, thiserror::Error)]
pub enum PasskeyError {
    /// Not on this page.
    #[error(transparent)]
    NotHere(#[from] NoPasskeyHere),
    /// The challenge was used, timed out, or is somebody else's.
    #[error("this challenge is over")]
    CeremonyOver,
    /// The answer of the authenticator does not hold; nobody learns why.
    #[error("this passkey was not accepted")]
    Refused,
    /// The account has no passkey for the name of this page.
    #[error("there is no passkey for this name")]
    NoneHere,
    /// There are enough.
    #[error(transparent)]
    TooMany(#[from] TooManyPasskeys),
    /// It is registered already.
    #[error("this passkey is registered already")]
    Exists,
    /// The name given to it.
    #[error(transparent)]
    Name(#[from] BadName),
    /// There is none like that.
    #[error("there is no such passkey")]
    NotFound,
    /// It may not go.
    #[error(transparent)]
    LastFactor(#[from] LastFactor),
    /// It may not be the first factor.
    #[error(transparent)]
    CannotEnrol(#[from] CannotEnrol),
    /// What was asked for cannot be made; a fault of ours.
    #[error("a challenge could not be made")]
    Library(#[source] WebauthnError),
    /// The sign-in that it belongs to.
    #[error(transparent)]
    SignIn(#[from] SignInError),
    /// The core refused.
    #[error(transparent)]
    Core(#[from] CoreError),
}

impl Failure for PasskeyError {
    fn into_store(self) -> Result<StoreError, Self> {
        match self {
            Self::Core(error) => error.into_store().map_err(Self::Core),
            Self::SignIn(error) => error.into_store().map_err(Self::SignIn),
            other => Err(other),
        }
    }
}

impl From<StoreError> for PasskeyError {
    fn from(error: StoreError) -> Self {
        Self::Core(error.into())
    }
}

/// The page that asks: a passkey is bound to its name, an answer to its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    name: String,
    origin: Url,
}

impl Site {
    /// The site of a page that was opened by `host` (with its port), over `scheme`.
    ///
    /// # Errors
    /// [`NoPasskeyHere`].
    pub fn of(core: &Core, scheme: &str, host: &str) -> Result<Self, NoPasskeyHere> {
        let reach = core.reach();
        let names = BoxNames { own: &reach.host_name, configured: &core.config.net.names };
        let asked = parse_host(host);
        let asked = match &asked {
            Some(AskedHost::Name(name)) => AskedName::Name(name),
            Some(AskedHost::Address(_)) | None => AskedName::Address,
        };
        let name = passkey_name(asked, names)?.to_owned();
        let origin = Url::parse(&format!("{scheme}://{host}"));
        Ok(Self { name, origin: origin.map_err(|_| NoPasskeyHere::Address)? })
    }

    /// The name that passkeys made here belong to.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn webauthn(&self) -> Result<Webauthn, PasskeyError> {
        WebauthnBuilder::new(&self.name, &self.origin)
            .and_then(|builder| builder.rp_name("Stead").build())
            .map_err(PasskeyError::Library)
    }
}

/// A passkey as its owner sees it.
#[derive(Debug, Clone)]
pub struct PasskeyView {
    /// The passkey.
    pub row: PasskeyRow,
    /// Whether it can be used on the page that asks.
    pub usable_here: bool,
}

/// One's own passkeys. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn list(
    core: &Core,
    permit: &Permit,
    user: &User,
    site: Option<&Site>,
) -> Result<Vec<PasskeyView>, CoreError> {
    permitted(permit, Action::OwnAccount(Own::Read))?;
    let own = core.store()?.accounts.read(|tx| rows::of_account(tx, user.account))?;
    let here = |row: &PasskeyRow| site.is_some_and(|site| site.name == row.rp_id);
    Ok(own.into_iter().map(|row| PasskeyView { usable_here: here(&row), row }).collect())
}

/// Gives one of one's own passkeys another name. Blocks.
///
/// # Errors
/// [`PasskeyError`].
pub fn rename(
    core: &Core,
    permit: &Permit,
    now: Now,
    user: &User,
    passkey: FactorId,
    name: &str,
) -> Result<(), PasskeyError> {
    permitted(permit, Action::OwnAccount(Own::Factors))?;
    let name = Name::parse(name)?;
    core.store()?.accounts.write(|tx| {
        if !rows::rename(tx, user.account, passkey, name.as_str())? {
            return Err(PasskeyError::NotFound);
        }
        told(tx, now, "mfa.passkey_named", user, passkey)
    })
}

/// Removes one of one's own passkeys. Every other session of the user ends. Blocks.
///
/// # Errors
/// [`PasskeyError`].
pub fn remove(
    core: &Core,
    permit: &Permit,
    now: Now,
    facts: &SessionFacts,
    passkey: FactorId,
) -> Result<(), PasskeyError> {
    permitted(permit, Action::OwnAccount(Own::Factors))?;
    let user = &facts.user;
    core.store()?.accounts.write(|tx| {
        let others = usize::from(identity::totp(tx, user.account)?.is_some());
        let present = rows::of_account(tx, user.account)?.len();
        if !rows::remove(tx, user.account, passkey)? {
            return Err(PasskeyError::NotFound);
        }
        may_remove(user.role, false, present.saturating_add(others))?;
        identity::bump_epoch(tx, user.id)?;
        sessions::keep(tx, facts.session.id)?;
        told(tx, now, "mfa.passkey_removed", user, passkey)
    })?;
    core.session_ended.send_replace(());
    Ok(())
}

fn stored(row: &PasskeyRow) -> Result<Passkey, StoreError> {
    serde_json::from_str(&row.credential).map_err(|_| StoreError::BadRow { what: "passkey" })
}

fn to_store(passkey: &Passkey) -> Result<String, StoreError> {
    serde_json::to_string(passkey).map_err(|_| StoreError::BadRow { what: "passkey" })
}

fn told(
    tx: &WriteTx<'_, Accounts>,
    now: Now,
    what: &str,
    user: &User,
    passkey: FactorId,
) -> Result<(), PasskeyError> {
    let detail = serde_json::json!({
        "user": user.id.to_string(), "passkey": passkey.to_string(),
    });
    Ok(audit::append(tx, now, what, &detail.to_string())?)
}
