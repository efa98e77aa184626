//! Tokens: given for a code or a refresh token, asked about, taken back.
//!
//! Refusals are told in words for whoever wrote the client. What a refusal changes (a code is used
//! up, a family is taken back) is kept, so it is no error of the transaction.

use std::str::FromStr;

use serde_json::json;
use stead_rules::claim::{Peer, State};
use stead_rules::ids::TicketId;
use stead_rules::limits::{
    ACCESS_TOKEN_SECONDS, ACCESS_TOKENS_PER_GRANT_MAX, ID_TOKEN_SECONDS, SESSION_IDLE_SECONDS,
};
use stead_rules::policy::{Action, Permit};
use stead_rules::provider::{
    Client, ClientAuth, GrantType, Scope, Scopes, access_is_live, acr, amr, code_is_live,
    is_renewed, is_verifier,
};
use stead_rules::secret::{SecretText, same_bytes};
use stead_rules::time::Now;
use stead_store::accounts::audit;
use stead_store::accounts::provider::{self as rows, Grant, GrantId};
use stead_store::accounts::sessions::{self, SessionFacts};
use stead_store::{Accounts, ReadTx, StoreError, WriteTx};

use super::{ProviderError, base64url, is_live, issuer, keys, opaque, refusal};
use crate::service::core::{Core, permitted};
use crate::service::devices::{self, App};
use crate::service::judge::standing;
use crate::service::sha256;

/// What a client is given.
pub struct Given {
    /// For userinfo, for ten minutes.
    pub access: SecretText,
    /// How long it is good, in seconds.
    pub expires_in_seconds: u64,
    /// Gives the next ones.
    pub refresh: Option<SecretText>,
    /// Says who signed in, and how.
    pub id_token: Option<String>,
    /// For what.
    pub scopes: Scopes,
}

/// No tokens.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// What was shown gives nothing; the words are for whoever wrote the client.
    #[error("{0}")]
    Refused(&'static str),
    /// The one person who was asked for has no account here any more.
    #[error("the person who was asked for has no account here any more")]
    Gone,
    /// The provider could not do its part.
    #[error(transparent)]
    Provider(#[from] ProviderError),
}

/// What a client shows for its first tokens.
pub struct ShownCode {
    /// The code.
    pub code: SecretText,
    /// Where it says that it got it.
    pub redirect_uri: String,
    /// PKCE.
    pub verifier: SecretText,
    /// Where it is.
    pub peer: Peer,
    /// What it calls itself.
    pub agent: String,
}

/// A token that counts, and whose it is.
pub struct Known {
    /// The session that gave it.
    pub session: SessionFacts,
    /// What it belongs to.
    pub client_id: String,
    /// For what.
    pub scopes: Scopes,
    /// When it was given, in seconds since 1970.
    pub issued_at: u64,
    /// When it is over.
    pub expires_at: Option<u64>,
}

type Outcome = Result<Given, &'static str>;

const REPLAYED: &str = "The code was used already; what it gave was taken back.";

/// Gives tokens for a code. Any second use takes back what the first one gave. Blocks.
///
/// # Errors
/// [`TokenError`].
pub fn exchange(
    core: &Core,
    permit: &Permit,
    now: Now,
    client: &Client,
    shown: &ShownCode,
) -> Result<Given, TokenError> {
    permitted(permit, Action::SignIn).map_err(ProviderError::from)?;
    let server = standing(core, now);
    let store = core.store().map_err(ProviderError::from)?;
    let gone = |tx: &ReadTx<'_, Accounts>| refusal::tells(tx, &core.ticket_key, client, shown, now);
    if store.accounts.read(gone).map_err(ProviderError::from)? {
        return Err(TokenError::Gone);
    }
    let outcome = store.accounts.write(|tx| exchanged(tx, core, now, &server, client, shown));
    let outcome = outcome.map_err(TokenError::Provider)?;
    if outcome.as_ref().err() == Some(&REPLAYED) {
        // An app that plays may have been signed out.
        core.session_ended.send_replace(());
    }
    outcome.map_err(TokenError::Refused)
}

fn exchanged(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    server: &State,
    client: &Client,
    shown: &ShownCode,
) -> Result<Outcome, ProviderError> {
    let hash = sha256(shown.code.expose().as_bytes());
    let Some(grant) = rows::grant_by_code(tx, &core.run, &hash)? else {
        return Ok(Err("The code is unknown."));
    };
    if grant.client_id != client.id {
        return Ok(Err("The code was given to another client."));
    }
    if !rows::use_code(tx, &grant.id)? {
        take_back(tx, now, &grant, "oauth.code_replayed")?;
        return Ok(Err(REPLAYED));
    }
    if let Some(wrong) = wrong_code(&grant, now, shown) {
        return Ok(Err(wrong));
    }
    let Some(session) = giver(tx, core, now, server, &grant)? else {
        return Ok(Err("The person has signed out."));
    };
    if grant.scopes.has(Scope::Playback) {
        return let_app_in(tx, core, now, client, &grant, &session, shown);
    }
    Ok(Ok(give(tx, core, now, client, &grant, &session)?))
}

/// An app plays as its person: what it gets is a session of theirs, listed and ended like any
/// other, and worth what the session that agreed was worth.
fn let_app_in(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    client: &Client,
    grant: &Grant,
    session: &SessionFacts,
    shown: &ShownCode,
) -> Result<Outcome, ProviderError> {
    let app = App { name: &client.name, agent: &shown.agent, peer: shown.peer };
    let Some((id, token)) = devices::let_app_in(tx, core, now, session, &app)? else {
        return Ok(Err("The person has too many devices."));
    };
    rows::set_app_session(tx, &grant.id, id)?;
    let id_token = if grant.scopes.has(Scope::OpenId) {
        let claims = claims(core, now, grant, session, &token.hash());
        Some(keys::sign(tx, core, now, &claims)?)
    } else {
        None
    };
    Ok(Ok(Given {
        access: SecretText::new(token.expose().to_owned()),
        expires_in_seconds: SESSION_IDLE_SECONDS,
        refresh: None,
        id_token,
        scopes: grant.scopes,
    }))
}

fn wrong_code(grant: &Grant, now: Now, shown: &ShownCode) -> Option<&'static str> {
    if !code_is_live(grant.given, now) {
        Some("The code is over.")
    } else if grant.redirect_uri != shown.redirect_uri {
        Some("The redirect_uri is not the one that the code was sent to.")
    } else if !fits_challenge(&shown.verifier, &grant.challenge) {
        Some("The code_verifier does not fit.")
    } else {
        None
    }
}

/// Whether who shows this began the request (PKCE, RFC 7636 §4.6).
pub(super) fn fits_challenge(verifier: &SecretText, challenge: &str) -> bool {
    let verifier = verifier.expose();
    let made = base64url(&sha256(verifier.as_bytes()));
    is_verifier(verifier) && same_bytes(made.as_bytes(), challenge.as_bytes())
}

/// Gives the next tokens. A refresh token that was replaced is known to somebody else too, so one
/// use of it ends the family. Blocks.
///
/// # Errors
/// [`TokenError`].
pub fn refresh(
    core: &Core,
    permit: &Permit,
    now: Now,
    client: &Client,
    token: &SecretText,
) -> Result<Given, TokenError> {
    permitted(permit, Action::SignIn).map_err(ProviderError::from)?;
    let server = standing(core, now);
    let store = core.store().map_err(ProviderError::from)?;
    store
        .accounts
        .write(|tx| refreshed(tx, core, now, &server, client, token))
        .map_err(TokenError::Provider)?
        .map_err(TokenError::Refused)
}

fn refreshed(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    server: &State,
    client: &Client,
    token: &SecretText,
) -> Result<Outcome, ProviderError> {
    let Some(grant) = of_refresh(tx, core, token)?.filter(|grant| grant.client_id == client.id)
    else {
        return Ok(Err("The refresh token is unknown."));
    };
    if !is_current(&grant, token) {
        take_back(tx, now, &grant, "oauth.refresh_reused")?;
        return Ok(Err("The refresh token was replaced; its family was taken back."));
    }
    let Some(session) = giver(tx, core, now, server, &grant)? else {
        return Ok(Err("The person has signed out."));
    };
    Ok(Ok(give(tx, core, now, client, &grant, &session)?))
}

/// What somebody behind an access token may be told, for the scopes that it has. Blocks.
///
/// # Errors
/// [`ProviderError`].
pub fn userinfo(
    core: &Core,
    permit: &Permit,
    now: Now,
    token: &SecretText,
) -> Result<Option<Known>, ProviderError> {
    permitted(permit, Action::SignIn)?;
    let server = standing(core, now);
    core.store()?.accounts.read(|tx| known_access(tx, core, now, &server, token))
}

/// What a client is told of a token: of its own ones alone (RFC 7662). Blocks.
///
/// # Errors
/// [`ProviderError`].
pub fn introspect(
    core: &Core,
    permit: &Permit,
    now: Now,
    client: &Client,
    token: &SecretText,
) -> Result<Option<Known>, ProviderError> {
    permitted(permit, Action::SignIn)?;
    // Whoever has a public client's id is anybody.
    if client.auth == ClientAuth::None {
        return Ok(None);
    }
    let server = standing(core, now);
    let known =
        core.store()?.accounts.read(|tx| match known_access(tx, core, now, &server, token)? {
            Some(known) => Ok(Some(known)),
            None => known_refresh(tx, core, now, &server, token),
        })?;
    Ok(known.filter(|known| known.client_id == client.id))
}

/// Takes a token of this client back; with a refresh token, all of its family (RFC 7009). Blocks.
///
/// # Errors
/// [`ProviderError`].
pub fn revoke(
    core: &Core,
    permit: &Permit,
    client: &Client,
    token: &SecretText,
) -> Result<(), ProviderError> {
    permitted(permit, Action::SignIn)?;
    core.store()?.accounts.write(|tx| {
        let hash = sha256(token.expose().as_bytes());
        if let Some(access) = rows::access_by_hash(tx, &core.run, &hash)? {
            let grant = rows::grant(tx, &core.run, &access.grant)?;
            if grant.is_some_and(|grant| grant.client_id == client.id) {
                rows::remove_access(tx, &hash)?;
            }
        } else if let Some(grant) = of_refresh(tx, core, token)?
            && grant.client_id == client.id
            && is_current(&grant, token)
        {
            rows::end_grant(tx, &grant.id)?;
        }
        Ok(())
    })
}

fn known_access(
    tx: &ReadTx<'_, Accounts>,
    core: &Core,
    now: Now,
    server: &State,
    token: &SecretText,
) -> Result<Option<Known>, ProviderError> {
    let hash = sha256(token.expose().as_bytes());
    let Some(access) = rows::access_by_hash(tx, &core.run, &hash)? else { return Ok(None) };
    let live = access_is_live(access.given, now);
    let Some(grant) = rows::grant(tx, &core.run, &access.grant)?.filter(|_| live) else {
        return Ok(None);
    };
    let issued_at = access.given.wall.unix_seconds();
    Ok(giver(tx, core, now, server, &grant)?.map(|session| Known {
        session,
        client_id: grant.client_id,
        scopes: grant.scopes,
        issued_at,
        expires_at: Some(issued_at.saturating_add(ACCESS_TOKEN_SECONDS)),
    }))
}

fn known_refresh(
    tx: &ReadTx<'_, Accounts>,
    core: &Core,
    now: Now,
    server: &State,
    token: &SecretText,
) -> Result<Option<Known>, ProviderError> {
    let Some(grant) = of_refresh(tx, core, token)?.filter(|grant| is_current(grant, token)) else {
        return Ok(None);
    };
    Ok(giver(tx, core, now, server, &grant)?.map(|session| Known {
        session,
        client_id: grant.client_id,
        scopes: grant.scopes,
        issued_at: grant.given.wall.unix_seconds(),
        expires_at: None,
    }))
}

/// The session that gave a grant, if it counts still and nothing was changed that ends what came
/// before.
fn giver(
    tx: &ReadTx<'_, Accounts>,
    core: &Core,
    now: Now,
    server: &State,
    grant: &Grant,
) -> Result<Option<SessionFacts>, StoreError> {
    let session = sessions::by_id(tx, &core.run, grant.session)?;
    Ok(session.filter(|one| is_live(server, now, one) && one.epoch_now == grant.epoch))
}

fn take_back(
    tx: &WriteTx<'_, Accounts>,
    now: Now,
    grant: &Grant,
    kind: &str,
) -> Result<(), StoreError> {
    rows::end_grant(tx, &grant.id)?;
    let detail = json!({ "client": grant.client_id, "session": grant.session.to_string() });
    audit::append(tx, now, kind, &detail.to_string())
}

fn give(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    client: &Client,
    grant: &Grant,
    session: &SessionFacts,
) -> Result<Given, ProviderError> {
    let access = opaque(core);
    let hash = sha256(access.expose().as_bytes());
    rows::used(tx, session.user.account, &client.id, now.wall)?;
    rows::make_access(tx, &core.run, &grant.id, &hash, now, ACCESS_TOKENS_PER_GRANT_MAX)?;
    let renewed = is_renewed(grant.scopes) && client.grants.contains(&GrantType::RefreshToken);
    let refresh = renewed.then(|| fresh_refresh(core, &grant.id));
    if let Some(token) = &refresh {
        rows::set_refresh(tx, &grant.id, &sha256(token.expose().as_bytes()))?;
    }
    let id_token = if grant.scopes.has(Scope::OpenId) {
        let claims = claims(core, now, grant, session, &hash);
        Some(keys::sign(tx, core, now, &claims)?)
    } else {
        None
    };
    let scopes = grant.scopes;
    Ok(Given { access, expires_in_seconds: ACCESS_TOKEN_SECONDS, refresh, id_token, scopes })
}

fn claims(
    core: &Core,
    now: Now,
    grant: &Grant,
    session: &SessionFacts,
    access_hash: &[u8; 32],
) -> serde_json::Value {
    let issued_at = now.wall.unix_seconds();
    let half = access_hash.get(..16).unwrap_or(access_hash);
    let mut claims = json!({
        "iss": issuer(core),
        "sub": session.user.account.to_string(),
        "aud": grant.client_id,
        "iat": issued_at,
        "exp": issued_at.saturating_add(ID_TOKEN_SECONDS),
        "auth_time": grant.auth.unix_seconds(),
        "acr": acr(grant.methods),
        "amr": amr(grant.methods),
        "sid": grant.session.to_string(),
        "at_hash": base64url(half),
    });
    if let Some(members) = claims.as_object_mut() {
        if let Some(nonce) = &grant.nonce {
            members.insert("nonce".to_owned(), nonce.as_str().into());
        }
        if grant.scopes.has(Scope::Profile) {
            members.insert("name".to_owned(), session.user.name.as_str().into());
        }
    }
    claims
}

/// What a server learns of whoever approved it, bound to the token that it gets beside it. How they
/// had signed in is left out: a code that somebody else showed proves nothing of the kind.
pub(crate) fn id_token_of_device(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    client_id: &str,
    session: &SessionFacts,
    token: &SecretText,
) -> Result<String, ProviderError> {
    let issued_at = now.wall.unix_seconds();
    let hash = sha256(token.expose().as_bytes());
    let claims = json!({
        "iss": issuer(core),
        "sub": session.user.account.to_string(),
        "aud": client_id,
        "iat": issued_at,
        "exp": issued_at.saturating_add(ID_TOKEN_SECONDS),
        "auth_time": session.session.auth.wall.unix_seconds(),
        "at_hash": base64url(hash.get(..16).unwrap_or(&hash)),
    });
    keys::sign(tx, core, now, &claims)
}

/// It names its family, so that a replaced one still tells which to end.
fn fresh_refresh(core: &Core, grant: &GrantId) -> SecretText {
    let family = TicketId::from_bytes(*grant);
    SecretText::new(format!("{family}.{}", opaque(core).expose()))
}

fn of_refresh(
    tx: &ReadTx<'_, Accounts>,
    core: &Core,
    token: &SecretText,
) -> Result<Option<Grant>, StoreError> {
    let family = token.expose().split_once('.').map(|(family, _)| TicketId::from_str(family));
    match family {
        Some(Ok(family)) => rows::grant(tx, &core.run, family.as_bytes()),
        Some(Err(_)) | None => Ok(None),
    }
}

fn is_current(grant: &Grant, token: &SecretText) -> bool {
    let hash = sha256(token.expose().as_bytes());
    grant.refresh_hash.is_some_and(|current| same_bytes(&current, &hash))
}
