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

use stead_rules::policy::{Action, Own, Permit};
use stead_rules::signin::{
    AskedName, BadName, BoxNames, NoPasskeyHere, TooManyPasskeys, passkey_name,
};
use stead_store::accounts::identity::User;
use stead_store::accounts::passkeys::{self as rows, PasskeyRow};
use stead_store::{Failure, StoreError};
use webauthn_rs::prelude::{Passkey, Url, Webauthn, WebauthnBuilder, WebauthnError};

use super::core::{Core, CoreError, permitted};
use super::factors::FactorError;
use super::signin::SignInError;
use crate::net::guard::{AskedHost, parse_host};
use crate::net::names::local_names_with_renames;

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
    /// It may not be the first factor.
    #[error(transparent)]
    Factor(#[from] FactorError),
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
            Self::Factor(error) => error.into_store().map_err(Self::Factor),
            other @ Self::NotHere(_)
            | other @ Self::CeremonyOver
            | other @ Self::Refused
            | other @ Self::NoneHere
            | other @ Self::TooMany(_)
            | other @ Self::Exists
            | other @ Self::Name(_)
            | other @ Self::Library(_) => Err(other),
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
    permitted(permit, Action::OwnAccount(Own::Sessions))?;
    let own = core.store()?.accounts.read(|tx| rows::of_account(tx, user.account))?;
    let here = |row: &PasskeyRow| site.is_some_and(|site| site.name == row.rp_id);
    Ok(own.into_iter().map(|row| PasskeyView { usable_here: here(&row), row }).collect())
}

/// Says at a start which names lead here. Those that a conflict can turn the box's own name into are
/// among them, or whoever makes one would make the passkeys count for nothing. Blocks.
pub fn note_names(core: &Core) {
    let Ok(store) = core.store() else { return };
    let own = local_names_with_renames(&core.own_label);
    let configured = core.config.net.names.iter().map(|name| name.to_ascii_lowercase());
    let names: Vec<_> = own.into_iter().chain(configured).chain(["localhost".to_owned()]).collect();
    match store.accounts.write(|tx| rows::note_names(tx, &names)) {
        Ok(0) => {}
        Ok(changed) => {
            tracing::info!(changed, "passkeys are for names that lead here no more, or again")
        }
        Err(error) => tracing::warn!(%error, "which passkeys are of use was not noted"),
    }
}

fn stored(row: &PasskeyRow) -> Result<Passkey, StoreError> {
    serde_json::from_str(&row.credential).map_err(|_| StoreError::BadRow { what: "passkey" })
}

fn to_store(passkey: &Passkey) -> Result<String, StoreError> {
    serde_json::to_string(passkey).map_err(|_| StoreError::BadRow { what: "passkey" })
}
