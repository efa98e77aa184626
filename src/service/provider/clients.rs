//! Who asks for tokens, and whether they are who they say.

use stead_rules::policy::{Action, Permit};
use stead_rules::provider::{Client, ClientAuth, Scope, built_in};
use stead_rules::secret::{SecretText, same_bytes};
use stead_store::accounts::provider as rows;
use stead_store::{Accounts, ReadTx, StoreError};

use crate::host::kind::Kind;
use crate::service::core::{Core, CoreError, permitted};
use crate::service::sha256;

/// What a request says of its client.
#[derive(Debug, Clone)]
pub struct Presented {
    /// The client's id.
    pub id: String,
    /// Its secret, if it showed one.
    pub secret: Option<SecretText>,
    /// Where it showed it.
    pub way: ClientAuth,
}

/// The client that every service of this kind knows. Where no media is, nothing is played.
fn known(core: &Core, client_id: &str) -> Option<Client> {
    let plays = |client: &Client| client.scopes.has(Scope::Playback);
    built_in(client_id).filter(|client| match core.kind {
        Kind::Server => true,
        Kind::Accounts => !plays(client),
    })
}

/// The client that asks, if it is known and proved who it is. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn authenticate(
    core: &Core,
    permit: &Permit,
    shown: &Presented,
) -> Result<Option<Client>, CoreError> {
    permitted(permit, Action::SignIn)?;
    if let Some(client) = known(core, &shown.id) {
        return Ok(Some(client).filter(|client| client.auth == shown.way));
    }
    let stored = core.store()?.accounts.read(|tx| rows::client(tx, &shown.id))?;
    Ok(stored.filter(|stored| is_proved(stored, shown)).map(|stored| stored.client))
}

/// A client shows its secret the way it registered, and one without a secret shows none.
fn is_proved(stored: &rows::StoredClient, shown: &Presented) -> bool {
    let right = match (stored.client.auth, &shown.secret) {
        (ClientAuth::None, secret) => secret.is_none(),
        (ClientAuth::Basic | ClientAuth::Post, None) => false,
        (ClientAuth::Basic | ClientAuth::Post, Some(secret)) => {
            same_bytes(&sha256(secret.expose().as_bytes()), &stored.secret_hash)
        }
    };
    right && stored.client.auth == shown.way
}

/// The client with this id.
pub(super) fn find(
    tx: &ReadTx<'_, Accounts>,
    core: &Core,
    client_id: &str,
) -> Result<Option<Client>, StoreError> {
    match known(core, client_id) {
        Some(client) => Ok(Some(client)),
        None => Ok(rows::client(tx, client_id)?.map(|stored| stored.client)),
    }
}
