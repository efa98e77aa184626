//! The account service as seen by programs: an OpenID provider. It knows clients, what they may
//! ask for and what they were given; it knows nothing of HTTP.
//!
//! ```text
//! authorize ─▶ grant (a code) ─▶ tokens ─▶ userinfo, introspection
//!    consent        │ dies with its session, its epoch, and at any reuse
//! register ─▶ clients            keys ─▶ ID tokens
//! ```

pub mod authorize;
pub mod clients;
pub mod connections;
pub mod keys;
pub mod logout;
mod refusal;
pub mod register;
mod ticket;
pub mod tokens;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use stead_rules::claim::State;
use stead_rules::policy::{Action, Actor, Decision, Door, Own};
use stead_rules::secret::SecretText;
use stead_rules::time::Now;
use stead_store::accounts::sessions::SessionFacts;
use stead_store::{Failure, StoreError};

use super::core::{Core, CoreError};
use super::judge::{Asked, judge};
use crate::host::entropy::bytes;

/// 256 bit: nobody guesses it, and its hash needs no salt.
const TOKEN_BYTES: usize = 32;

/// The provider could not do its part.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// Making or using a signing key failed.
    #[error("a signing key could not be made or used")]
    Key,
    /// The core refused.
    #[error(transparent)]
    Core(#[from] CoreError),
}

impl Failure for ProviderError {
    fn into_store(self) -> Result<StoreError, Self> {
        match self {
            Self::Core(error) => error.into_store().map_err(Self::Core),
            Self::Key => Err(Self::Key),
        }
    }
}

impl From<StoreError> for ProviderError {
    fn from(error: StoreError) -> Self {
        Self::Core(error.into())
    }
}

/// What tokens name as their maker. It is fixed by the configuration, or follows the box's own
/// name: never what a request calls this server.
#[must_use]
pub fn issuer(core: &Core) -> String {
    if let Some(issuer) = &core.config.accounts.issuer {
        return issuer.clone();
    }
    let reach = core.reach();
    match reach.https_port {
        443 => format!("https://{}", reach.host_name),
        port => format!("https://{}:{port}", reach.host_name),
    }
}

fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A fresh random token.
fn opaque(core: &Core) -> SecretText {
    SecretText::new(base64url(&bytes::<TOKEN_BYTES>(core.entropy.as_ref())))
}

/// Whether a session still counts for anything.
fn is_live(server: &State, now: Now, session: &SessionFacts) -> bool {
    let asked = Asked { action: Action::OwnAccount(Own::Read), door: Door::Api };
    match judge(server, now, Some(session), Actor::Stranger, asked) {
        Decision::Allow(_) | Decision::AllowNotice { .. } => true,
        Decision::StepUp { .. } | Decision::Enrol { .. } | Decision::Deny { .. } => false,
    }
}
