//! `POST /oauth/token`: one door, one grant a line.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use serde::Serialize;
use stead_rules::provider::{Client, GrantType};
use stead_rules::secret::SecretText;

use super::client::proved;
use super::device;
use super::error::OAuthError;
use super::form::Members;
use crate::http::ctx::Ctx;
use crate::service::core::Core;
use crate::service::provider::tokens::{self, Given, ShownCode};

/// What a client is given (RFC 6749 §5.1).
#[derive(Serialize)]
pub(crate) struct TokenAnswer {
    pub(super) access_token: String,
    pub(super) token_type: &'static str,
    pub(super) expires_in: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id_token: Option<String>,
    pub(super) scope: String,
}

/// Gives tokens for what a client shows (RFC 6749 §3.2).
#[utoipa::path(post, path = "/oauth/token", responses((status = 200)))]
pub(crate) async fn token(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    headers: HeaderMap,
    form: Members,
) -> Result<axum::Json<TokenAnswer>, OAuthError> {
    let grant = form.need("grant_type")?;
    let grant = GrantType::from_word(grant).ok_or_else(OAuthError::unsupported_grant_type)?;
    let client = proved(&core, &ctx, &headers, &form).await?;
    if !client.grants.contains(&grant) {
        return Err(OAuthError::unauthorized_client());
    }
    let given = match grant {
        GrantType::AuthorizationCode => by_code(&core, ctx, client, &form).await?,
        GrantType::RefreshToken => by_refresh(&core, ctx, client, &form).await?,
        GrantType::DeviceCode => {
            return device::exchange(&core, ctx, &form).await.map(axum::Json);
        }
    };
    Ok(axum::Json(answer(&given)))
}

async fn by_code(
    core: &Arc<Core>,
    ctx: Ctx,
    client: Client,
    form: &Members,
) -> Result<Given, OAuthError> {
    let shown = ShownCode {
        code: SecretText::new(form.need("code")?.to_owned()),
        redirect_uri: form.need("redirect_uri")?.to_owned(),
        verifier: SecretText::new(form.need("code_verifier")?.to_owned()),
        peer: ctx.peer,
        agent: ctx.agent.clone(),
    };
    let given = core
        .blocking(move |core| {
            tokens::exchange(core, &ctx.permit, ctx.now, &client, &shown).map_err(OAuthError::from)
        })
        .await?;
    Ok(given)
}

async fn by_refresh(
    core: &Arc<Core>,
    ctx: Ctx,
    client: Client,
    form: &Members,
) -> Result<Given, OAuthError> {
    let token = SecretText::new(form.need("refresh_token")?.to_owned());
    let given = core
        .blocking(move |core| {
            tokens::refresh(core, &ctx.permit, ctx.now, &client, &token).map_err(OAuthError::from)
        })
        .await?;
    Ok(given)
}

fn answer(given: &Given) -> TokenAnswer {
    TokenAnswer {
        access_token: given.access.expose().to_owned(),
        token_type: "Bearer",
        expires_in: given.expires_in_seconds,
        refresh_token: given.refresh.as_ref().map(|token| token.expose().to_owned()),
        id_token: given.id_token.clone(),
        scope: given.scopes.words(),
    }
}
