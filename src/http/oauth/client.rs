//! How a client says who it is: by `client_secret_basic`, by `client_secret_post`, or, a public
//! one, by its id alone (RFC 6749 §2.3.1).

use std::sync::Arc;

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use stead_rules::provider::{Client, ClientAuth};
use stead_rules::secret::SecretText;

use super::error::OAuthError;
use super::form::Members;
use crate::http::ctx::Ctx;
use crate::service::core::Core;
use crate::service::provider::clients::{self, Presented};

/// The client that asks, if it is known and proved who it is.
pub(super) async fn proved(
    core: &Arc<Core>,
    ctx: &Ctx,
    headers: &HeaderMap,
    form: &Members,
) -> Result<Client, OAuthError> {
    let (shown, ctx) = (presented(headers, form)?, ctx.clone());
    let client = core
        .blocking(move |core| {
            clients::authenticate(core, &ctx.permit, &shown).map_err(OAuthError::from)
        })
        .await?;
    client.ok_or_else(OAuthError::invalid_client)
}

/// What a request says of its client. That it is true is for the use case to find out.
fn presented(headers: &HeaderMap, form: &Members) -> Result<Presented, OAuthError> {
    let named = form.get("client_id");
    let secret = form.get("client_secret").map(|secret| SecretText::new(secret.to_owned()));
    match (headers.get(header::AUTHORIZATION), secret) {
        (Some(_), Some(_)) => {
            Err(OAuthError::invalid_request("A client shows its secret in one place only."))
        }
        (Some(value), None) => {
            let shown =
                value.to_str().ok().and_then(basic).ok_or_else(OAuthError::invalid_client)?;
            if named.is_some_and(|named| named != shown.id) {
                return Err(OAuthError::invalid_request("Two clients are named."));
            }
            Ok(shown)
        }
        (None, secret) => {
            let id = named.ok_or_else(OAuthError::invalid_client)?.to_owned();
            let way = if secret.is_some() { ClientAuth::Post } else { ClientAuth::None };
            Ok(Presented { id, secret, way })
        }
    }
}

/// Both halves are form-encoded before they are joined (RFC 6749 §2.3.1).
fn basic(value: &str) -> Option<Presented> {
    let (scheme, text) = value.split_once(' ')?;
    let decoded =
        scheme.eq_ignore_ascii_case("basic").then(|| STANDARD.decode(text.trim()).ok())??;
    let text = SecretText::new(String::from_utf8(decoded).ok()?);
    let (id, secret) = text.expose().split_once(':')?;
    let secret = Some(SecretText::new(form_decoded(secret)?));
    Some(Presented { id: form_decoded(id)?, secret, way: ClientAuth::Basic })
}

fn form_decoded(text: &str) -> Option<String> {
    let mut members = form_urlencoded::parse(text.as_bytes());
    match (members.next(), members.next()) {
        (Some((text, rest)), None) if rest.is_empty() => Some(text.into_owned()),
        (None, None) => Some(String::new()),
        _ => None,
    }
}
