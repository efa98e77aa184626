//! Registering clients (RFC 7591), and changing what is registered (RFC 7592). It takes a token
//! that somebody approved: nobody registers by asking alone.

use serde_json::json;
use stead_rules::ids::{AccountId, TicketId};
use stead_rules::limits::{
    CLIENTS_ALONE_MAX, CLIENTS_MAX, CLIENTS_PER_ACCOUNT_MAX, REGISTRATIONS_PER_ACCOUNT_MAX,
};
use stead_rules::policy::{Action, Guard, Permit};
use stead_rules::provider::{
    BadMetadata, Client, ClientAuth, Metadata, Registered, Registrant, built_in,
    register as judged, registration_is_live,
};
use stead_rules::secret::{SecretText, same_bytes};
use stead_rules::time::Now;
use stead_store::accounts::audit;
use stead_store::accounts::provider::{self as rows, ClientRoom, StoredClient};
use stead_store::accounts::sessions::SessionFacts;
use stead_store::{Accounts, Failure, ReadTx, StoreError, WriteTx};

use super::opaque;
use crate::host::entropy::fresh;
use crate::host::kind::Kind;
use crate::service::core::{Core, CoreError, permitted};
use crate::service::sha256;

/// What a client is told when it has registered.
pub struct Made {
    /// What it is.
    pub client: Client,
    /// What it proves itself with, told once.
    pub secret: Option<SecretText>,
    /// By which it changes what it is, told once.
    pub manage: Option<SecretText>,
    /// When it was registered, in seconds since 1970.
    pub issued_at: u64,
}

/// It is not registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The token gives nothing.
    #[error("the token is unknown, used, or over")]
    Token,
    /// What the client says of itself is not taken.
    #[error(transparent)]
    Metadata(#[from] BadMetadata),
    /// There are too many.
    #[error("there are too many clients")]
    Full,
    /// The core refused.
    #[error(transparent)]
    Core(#[from] CoreError),
}

impl Failure for RegisterError {
    fn into_store(self) -> Result<StoreError, Self> {
        let Self::Core(error) = self else { return Err(self) };
        error.into_store().map_err(Self::Core)
    }
}

impl From<StoreError> for RegisterError {
    fn from(error: StoreError) -> Self {
        Self::Core(error.into())
    }
}

/// Makes a token by which one program may register, for the owner to carry over. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn invite(
    core: &Core,
    permit: &Permit,
    now: Now,
    session: &SessionFacts,
) -> Result<SecretText, CoreError> {
    permitted(permit, Action::Guard(Guard::Identity))?;
    core.store()?
        .accounts
        .write(|tx| Ok(approve(tx, core, now, session.user.account, Registrant::Program)?))
}

/// Makes a token by which one client may register, after this account approved it.
pub(crate) fn approve(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    account: AccountId,
    who: Registrant,
) -> Result<SecretText, StoreError> {
    let token = opaque(core);
    let (hash, at_most) = (sha256(token.expose().as_bytes()), REGISTRATIONS_PER_ACCOUNT_MAX);
    rows::make_registration(tx, &core.run, &hash, (account, who), now, at_most)?;
    let detail = json!({ "account": account.to_string() });
    audit::append(tx, now, "oauth.registration_allowed", &detail.to_string())?;
    Ok(token)
}

/// Registers a client by a token, which is used up. Blocks.
///
/// # Errors
/// [`RegisterError`].
pub fn register(
    core: &Core,
    permit: &Permit,
    now: Now,
    token: &SecretText,
    metadata: &Metadata,
) -> Result<Made, RegisterError> {
    permitted(permit, Action::SignIn)?;
    let hash = sha256(token.expose().as_bytes());
    core.store()?.accounts.write(|tx| {
        // A refusal rolls back, so a token is used up by a registration only.
        let allowed = rows::use_registration(tx, &core.run, &hash)?;
        let allowed = allowed.filter(|token| registration_is_live(token.made, now));
        let allowed = allowed.ok_or(RegisterError::Token)?;
        let new = judged(metadata, allowed.registrant)?;
        keep(tx, core, now, (allowed.account, allowed.registrant), new)
    })
}

fn keep(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    (account, registrant): (AccountId, Registrant),
    new: Registered,
) -> Result<Made, RegisterError> {
    let (secret, manage) = (opaque(core), opaque(core));
    let id = fresh(core.entropy.as_ref(), TicketId::from_bytes).to_string();
    let client = client(id, new);
    let stored = StoredClient {
        client: client.clone(),
        account,
        registrant,
        secret_hash: sha256(secret.expose().as_bytes()),
        manage_hash: sha256(manage.expose().as_bytes()),
        created: now.wall,
    };
    if !rows::make_client(tx, &stored, room(core))? {
        return Err(RegisterError::Full);
    }
    let detail = json!({ "client": client.id, "account": account.to_string() });
    audit::append(tx, now, "oauth.client_registered", &detail.to_string())?;
    let secret = (client.auth != ClientAuth::None).then_some(secret);
    let issued_at = now.wall.unix_seconds();
    Ok(Made { client, secret, manage: Some(manage), issued_at })
}

fn room(core: &Core) -> ClientRoom {
    match core.kind {
        // All clients are the owner's.
        Kind::Server => ClientRoom { all: CLIENTS_MAX, of_one: CLIENTS_MAX },
        Kind::Accounts => ClientRoom { all: CLIENTS_ALONE_MAX, of_one: CLIENTS_PER_ACCOUNT_MAX },
    }
}

fn client(id: String, new: Registered) -> Client {
    Client {
        id,
        name: new.name,
        auth: new.auth,
        redirect_uris: new.redirect_uris,
        post_logout_uris: new.post_logout_uris,
        grants: new.grants,
        scopes: new.scopes,
    }
}

/// What is registered, for the client itself. Blocks.
///
/// # Errors
/// [`RegisterError`].
pub fn read(
    core: &Core,
    permit: &Permit,
    client_id: &str,
    token: &SecretText,
) -> Result<Made, RegisterError> {
    permitted(permit, Action::SignIn)?;
    let stored = core.store()?.accounts.read(|tx| own(tx, client_id, token))?;
    Ok(told(stored))
}

/// Changes what is registered: a server's addresses change. Blocks.
///
/// # Errors
/// [`RegisterError`].
pub fn replace(
    core: &Core,
    permit: &Permit,
    now: Now,
    client_id: &str,
    token: &SecretText,
    metadata: &Metadata,
) -> Result<Made, RegisterError> {
    permitted(permit, Action::SignIn)?;
    core.store()?.accounts.write(|tx| {
        let stored = own(tx, client_id, token)?;
        let new = judged(metadata, stored.registrant)?;
        if stored.client.auth != new.auth {
            // A client with a secret does not become one without.
            return Err(BadMetadata::Unsupported("token_endpoint_auth_method").into());
        }
        rows::replace_client(tx, client_id, &new)?;
        let detail = json!({ "client": client_id, "redirect_uris": new.redirect_uris });
        audit::append(tx, now, "oauth.client_changed", &detail.to_string())?;
        Ok(told(own(tx, client_id, token)?))
    })
}

/// Forgets a client, at its own wish. Blocks.
///
/// # Errors
/// [`RegisterError`].
pub fn remove(
    core: &Core,
    permit: &Permit,
    now: Now,
    client_id: &str,
    token: &SecretText,
) -> Result<(), RegisterError> {
    permitted(permit, Action::SignIn)?;
    core.store()?.accounts.write(|tx| {
        own(tx, client_id, token)?;
        rows::remove_client(tx, client_id)?;
        let detail = json!({ "client": client_id });
        audit::append(tx, now, "oauth.client_removed", &detail.to_string())?;
        Ok(())
    })
}

fn own(
    tx: &ReadTx<'_, Accounts>,
    client_id: &str,
    token: &SecretText,
) -> Result<StoredClient, RegisterError> {
    if built_in(client_id).is_some() {
        return Err(RegisterError::Token);
    }
    let hash = sha256(token.expose().as_bytes());
    let stored = rows::client(tx, client_id)?;
    stored.filter(|stored| same_bytes(&stored.manage_hash, &hash)).ok_or(RegisterError::Token)
}

fn told(stored: StoredClient) -> Made {
    let issued_at = stored.created.unix_seconds();
    Made { client: stored.client, secret: None, manage: None, issued_at }
}
