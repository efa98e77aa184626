//! Signing out at a client's wish (OpenID Connect RP-Initiated Logout 1.0): the person confirms,
//! and is sent back only where that client may send them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use stead_rules::policy::{Action, Own, Permit};
use stead_rules::time::Now;
use stead_store::accounts::provider as rows;
use stead_store::{Accounts, ReadTx};

use super::{clients, keys};
use crate::service::core::{Core, CoreError, permitted};
use crate::service::sessions;

/// What a client wishes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wish<'a> {
    /// Which client.
    pub client_id: Option<&'a str>,
    /// An ID token that it was given, perhaps long ago.
    pub hint: Option<&'a str>,
    /// Where the browser goes then.
    pub return_to: Option<&'a str>,
    /// Goes along.
    pub state: Option<&'a str>,
}

/// Ends the session that asks and says where the browser goes, if anywhere. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn leave(
    core: &Core,
    permit: &Permit,
    now: Now,
    wish: &Wish<'_>,
) -> Result<Option<String>, CoreError> {
    permitted(permit, Action::OwnAccount(Own::SignOut))?;
    let return_to = core.store()?.accounts.read(|tx| return_address(tx, core, wish))?;
    sessions::sign_out(core, permit, now)?;
    Ok(return_to)
}

/// Exactly what the client registered, or nothing: another address is an open redirect.
fn return_address(
    tx: &ReadTx<'_, Accounts>,
    core: &Core,
    wish: &Wish<'_>,
) -> Result<Option<String>, CoreError> {
    let Some(asked) = wish.return_to else { return Ok(None) };
    let hinted = match wish.hint {
        Some(hint) => match audience(tx, core, hint)? {
            Some(client_id) => Some(client_id),
            None => return Ok(None),
        },
        None => None,
    };
    let client_id = match (wish.client_id, hinted.as_deref()) {
        (Some(named), Some(hinted)) if named != hinted => return Ok(None),
        (named, hinted) => named.or(hinted),
    };
    let client = match client_id {
        Some(id) => clients::find(tx, core, id)?,
        None => None,
    };
    let known = client.is_some_and(|client| client.post_logout_uris.iter().any(|uri| uri == asked));
    Ok(known.then(|| with_state(asked, wish.state)))
}

fn with_state(uri: &str, state: Option<&str>) -> String {
    let Some(state) = state else { return uri.to_owned() };
    let query =
        form_urlencoded::Serializer::new(String::new()).append_pair("state", state).finish();
    let joint = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{joint}{query}")
}

/// Whom an ID token was for, if one of our keys signed it. Its age does not matter here.
fn audience(
    tx: &ReadTx<'_, Accounts>,
    core: &Core,
    token: &str,
) -> Result<Option<String>, CoreError> {
    let keys = rows::signing_keys(tx, &core.run)?;
    Ok(read(token, |signed, signature| {
        keys.iter().any(|key| keys::is_signed(key, signed, signature))
    }))
}

fn read(token: &str, is_signed: impl FnOnce(&str, &[u8]) -> bool) -> Option<String> {
    let (signed, signature) = token.rsplit_once('.')?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    let (_, claims) = signed.split_once('.')?;
    let claims = URL_SAFE_NO_PAD.decode(claims).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    is_signed(signed, &signature).then(|| claims.get("aud")?.as_str().map(str::to_owned))?
}
