//! What is done with tokens: asking who somebody is (OpenID Connect Core §5.3), asking whether a
//! token counts (RFC 7662), taking one back (RFC 7009).

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use serde::Serialize;
use stead_rules::provider::{ClientAuth, Scope};
use stead_rules::secret::SecretText;

use super::client::proved;
use super::error::OAuthError;
use super::form::Members;
use crate::http::ctx::Ctx;
use crate::service::core::Core;
use crate::service::provider::{issuer, tokens};

/// Who somebody is.
#[derive(Serialize)]
pub(crate) struct Person {
    sub: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

/// Who is behind an access token.
#[utoipa::path(get, path = "/oauth/userinfo", responses((status = 200)))]
pub(crate) async fn userinfo(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    headers: HeaderMap,
) -> Result<axum::Json<Person>, OAuthError> {
    person(&core, ctx, &headers).await
}

/// The same, for clients that post (OpenID Connect Core §5.3.1).
#[utoipa::path(post, path = "/oauth/userinfo", responses((status = 200)))]
pub(crate) async fn userinfo_by_post(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    headers: HeaderMap,
) -> Result<axum::Json<Person>, OAuthError> {
    person(&core, ctx, &headers).await
}

async fn person(
    core: &Arc<Core>,
    ctx: Ctx,
    headers: &HeaderMap,
) -> Result<axum::Json<Person>, OAuthError> {
    let token = bearer(headers).ok_or_else(OAuthError::invalid_token)?;
    let now = ctx.now;
    let known = core
        .blocking(move |core| {
            tokens::userinfo(core, &ctx.permit, now, &token).map_err(OAuthError::from)
        })
        .await?
        .ok_or_else(OAuthError::invalid_token)?;
    if !known.scopes.has(Scope::OpenId) {
        return Err(OAuthError::insufficient_scope());
    }
    let user = known.session.user;
    let name = known.scopes.has(Scope::Profile).then_some(user.name);
    Ok(axum::Json(Person { sub: user.account.to_string(), name }))
}

/// The token of an `Authorization: Bearer` header (RFC 6750 §2.1), the one place where it is read.
pub(super) fn bearer(headers: &HeaderMap) -> Option<SecretText> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| SecretText::new(token.trim().to_owned()))
}

/// Whether a token counts; of one that does not, nothing else is told.
#[derive(Serialize, Default)]
pub(crate) struct Introspection {
    active: bool,
    #[serde(flatten)]
    facts: Option<TokenFacts>,
}

#[derive(Serialize)]
struct TokenFacts {
    iss: String,
    sub: String,
    client_id: String,
    username: String,
    scope: String,
    token_type: &'static str,
    iat: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<u64>,
}

/// Tells a client of its own tokens.
#[utoipa::path(post, path = "/oauth/introspect", responses((status = 200)))]
pub(crate) async fn introspect(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    headers: HeaderMap,
    form: Members,
) -> Result<axum::Json<Introspection>, OAuthError> {
    let client = proved(&core, &ctx, &headers, &form).await?;
    if client.auth == ClientAuth::None {
        return Err(OAuthError::invalid_client());
    }
    let token = SecretText::new(form.need("token")?.to_owned());
    let (now, maker) = (ctx.now, issuer(&core));
    let known = core
        .blocking(move |core| {
            tokens::introspect(core, &ctx.permit, now, &client, &token).map_err(OAuthError::from)
        })
        .await?;
    let facts = known.map(|known| TokenFacts {
        iss: maker,
        sub: known.session.user.account.to_string(),
        client_id: known.client_id,
        username: known.session.user.name,
        scope: known.scopes.words(),
        token_type: "Bearer",
        iat: known.issued_at,
        exp: known.expires_at,
    });
    Ok(axum::Json(Introspection { active: facts.is_some(), facts }))
}

/// Takes a token back. One that is not known is as good as taken back.
#[utoipa::path(post, path = "/oauth/revoke", responses((status = 200)))]
pub(crate) async fn revoke(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    headers: HeaderMap,
    form: Members,
) -> Result<StatusCode, OAuthError> {
    let client = proved(&core, &ctx, &headers, &form).await?;
    let token = SecretText::new(form.need("token")?.to_owned());
    core.blocking(move |core| {
        tokens::revoke(core, &ctx.permit, &client, &token).map_err(OAuthError::from)
    })
    .await?;
    Ok(StatusCode::OK)
}
