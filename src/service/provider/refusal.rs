//! Codes that give nothing: what a client is told of somebody who has no account here any more.
//!
//! A client that asks for one certain person learns by the browser only that it was not them. That
//! the account itself is gone it learns here, at the token endpoint, where no browser speaks for
//! anybody. Such a code holds what it says, signed by a key of this run, and is looked at anew when
//! it comes back; nothing is kept.

use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use serde::{Deserialize, Serialize};
use stead_rules::ids::AccountId;
use stead_rules::provider::{Asked, Client, code_is_live};
use stead_rules::secret::SecretText;
use stead_rules::time::{BootMs, Moment, Now, WallMs};
use stead_store::accounts::identity;
use stead_store::{Accounts, ReadTx, StoreError};

use super::base64url;
use super::tokens::{ShownCode, fits_challenge};

/// No other code begins like this one: they hold no dot.
const MARK: &str = "gone.";
/// What else the key signs begins with other bytes.
const DOMAIN: &[u8] = b"refusal\0";

#[derive(Serialize, Deserialize)]
struct Said {
    client: String,
    redirect_uri: String,
    challenge: String,
    sub: String,
    /// Uptime in milliseconds.
    given: u64,
}

/// Whether nobody can sign in here as this person any more.
pub(super) fn is_gone(tx: &ReadTx<'_, Accounts>, sub: &str) -> Result<bool, StoreError> {
    let Ok(account) = AccountId::from_str(sub) else { return Ok(true) };
    let enabled = identity::account_by_id(tx, account)?.is_some_and(|account| account.enabled);
    let user = identity::user_by_account(tx, account)?;
    Ok(!enabled || !user.is_some_and(|user| user.enabled))
}

/// A code for this request, which asks for somebody who is gone.
pub(super) fn give(key: &hmac::Key, asked: &Asked, sub: &str, now: Now) -> String {
    let said = Said {
        client: asked.client.id.clone(),
        redirect_uri: asked.redirect_uri.clone(),
        challenge: asked.challenge.clone(),
        sub: sub.to_owned(),
        given: now.boot.0,
    };
    let body = serde_json::json!(said).to_string();
    let tag = hmac::sign(key, &signed(body.as_bytes()));
    format!("{MARK}{}.{}", base64url(body.as_bytes()), base64url(tag.as_ref()))
}

/// Whether this is such a code, in time, of this client and of who began the request, about somebody
/// who is gone still.
pub(super) fn tells(
    tx: &ReadTx<'_, Accounts>,
    key: &hmac::Key,
    client: &Client,
    shown: &ShownCode,
    now: Now,
) -> Result<bool, StoreError> {
    let Some(said) = read(key, &shown.code) else { return Ok(false) };
    let given = Moment { wall: WallMs(0), boot: Some(BootMs(said.given)) };
    let is_its = said.client == client.id
        && said.redirect_uri == shown.redirect_uri
        && fits_challenge(&shown.verifier, &said.challenge)
        && code_is_live(given, now);
    Ok(is_its && is_gone(tx, &said.sub)?)
}

fn read(key: &hmac::Key, code: &SecretText) -> Option<Said> {
    let (body, tag) = code.expose().strip_prefix(MARK)?.split_once('.')?;
    let (body, tag) = (URL_SAFE_NO_PAD.decode(body).ok()?, URL_SAFE_NO_PAD.decode(tag).ok()?);
    hmac::verify(key, &signed(&body), &tag).ok()?;
    serde_json::from_slice(&body).ok()
}

fn signed(body: &[u8]) -> Vec<u8> {
    [DOMAIN, body].concat()
}
