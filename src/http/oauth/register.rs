//! Registering as a client (RFC 7591), and changing what is registered (RFC 7592).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use stead_rules::provider::{BadMetadata, ClientAuth, GrantType, Metadata};

use super::error::OAuthError;
use super::tokens::bearer;
use crate::http::ctx::Ctx;
use crate::service::core::Core;
use crate::service::provider::issuer;
use crate::service::provider::register::{self, Made, RegisterError};

/// What a client says of itself. Members that nobody here knows are passed over (RFC 7591 §2).
#[derive(Deserialize)]
struct ClientRequest {
    client_name: Option<String>,
    #[serde(default)]
    redirect_uris: Vec<String>,
    #[serde(default)]
    post_logout_redirect_uris: Vec<String>,
    token_endpoint_auth_method: Option<String>,
    grant_types: Option<Vec<String>>,
    response_types: Option<Vec<String>>,
    scope: Option<String>,
    id_token_signed_response_alg: Option<String>,
}

/// The body as it came: it is looked at after the token.
pub(crate) struct ClientBody(Bytes);

impl<S: Send + Sync> FromRequest<S> for ClientBody {
    type Rejection = OAuthError;

    async fn from_request(request: Request, state: &S) -> Result<Self, OAuthError> {
        Bytes::from_request(request, state)
            .await
            .map(Self)
            .map_err(|_| OAuthError::invalid_request("The body is too large or did not arrive."))
    }
}

/// What is registered (RFC 7591 §3.2.1).
#[derive(Serialize)]
pub(crate) struct ClientAnswer {
    client_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
    /// It does not end.
    client_secret_expires_at: u64,
    client_id_issued_at: u64,
    registration_client_uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    registration_access_token: Option<String>,
    client_name: String,
    redirect_uris: Vec<String>,
    post_logout_redirect_uris: Vec<String>,
    token_endpoint_auth_method: &'static str,
    grant_types: Vec<&'static str>,
    response_types: [&'static str; 1],
    scope: String,
    id_token_signed_response_alg: &'static str,
}

/// Registers a client, by a token that somebody approved.
#[utoipa::path(post, path = "/oauth/register", responses((status = 201)))]
pub(crate) async fn register(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    headers: HeaderMap,
    body: ClientBody,
) -> Result<(StatusCode, axum::Json<ClientAnswer>), OAuthError> {
    let token = bearer(&headers).ok_or_else(OAuthError::invalid_token)?;
    let (metadata, maker) = (metadata(&body.0)?, issuer(&core));
    let made = core
        .blocking(move |core| {
            register::register(core, &ctx.permit, ctx.now, &token, &metadata)
                .map_err(OAuthError::from)
        })
        .await?;
    Ok((StatusCode::CREATED, axum::Json(answer(&maker, made))))
}

/// What is registered, for the client itself.
#[utoipa::path(get, path = "/oauth/register/{id}", responses((status = 200)))]
pub(crate) async fn read(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<axum::Json<ClientAnswer>, OAuthError> {
    let token = bearer(&headers).ok_or_else(OAuthError::invalid_token)?;
    let maker = issuer(&core);
    let made = core
        .blocking(move |core| {
            register::read(core, &ctx.permit, &id, &token).map_err(OAuthError::from)
        })
        .await?;
    Ok(axum::Json(answer(&maker, made)))
}

/// Changes what is registered.
#[utoipa::path(put, path = "/oauth/register/{id}", responses((status = 200)))]
pub(crate) async fn replace(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: ClientBody,
) -> Result<axum::Json<ClientAnswer>, OAuthError> {
    let token = bearer(&headers).ok_or_else(OAuthError::invalid_token)?;
    let (metadata, maker) = (metadata(&body.0)?, issuer(&core));
    let made = core
        .blocking(move |core| {
            register::replace(core, &ctx.permit, ctx.now, &id, &token, &metadata)
                .map_err(OAuthError::from)
        })
        .await?;
    Ok(axum::Json(answer(&maker, made)))
}

/// Forgets the client.
#[utoipa::path(delete, path = "/oauth/register/{id}", responses((status = 204)))]
pub(crate) async fn remove(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, OAuthError> {
    let token = bearer(&headers).ok_or_else(OAuthError::invalid_token)?;
    core.blocking(move |core| {
        register::remove(core, &ctx.permit, ctx.now, &id, &token).map_err(OAuthError::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn metadata(body: &[u8]) -> Result<Metadata, OAuthError> {
    let request: ClientRequest = serde_json::from_slice(body).map_err(|_| {
        OAuthError::of("invalid_client_metadata", "The body is not the JSON of a client.")
    })?;
    Ok(Metadata {
        name: request.client_name,
        redirect_uris: request.redirect_uris,
        post_logout_uris: request.post_logout_redirect_uris,
        auth: request.token_endpoint_auth_method,
        grants: request.grant_types,
        response_types: request.response_types,
        scope: request.scope,
        id_token_alg: request.id_token_signed_response_alg,
    })
}

fn answer(issuer: &str, made: Made) -> ClientAnswer {
    let Made { client, secret, manage, issued_at } = made;
    ClientAnswer {
        registration_client_uri: format!("{issuer}/oauth/register/{}", client.id),
        client_id: client.id,
        client_secret: secret.map(|secret| secret.expose().to_owned()),
        client_secret_expires_at: 0,
        client_id_issued_at: issued_at,
        registration_access_token: manage.map(|token| token.expose().to_owned()),
        client_name: client.name,
        redirect_uris: client.redirect_uris,
        post_logout_redirect_uris: client.post_logout_uris,
        token_endpoint_auth_method: ClientAuth::word(client.auth),
        grant_types: client.grants.into_iter().map(GrantType::word).collect(),
        response_types: ["code"],
        scope: client.scopes.words(),
        id_token_signed_response_alg: "ES256",
    }
}

impl From<RegisterError> for OAuthError {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::Token => Self::invalid_token(),
            RegisterError::Metadata(bad @ BadMetadata::RedirectUris) => {
                Self::of("invalid_redirect_uri", &bad.to_string())
            }
            RegisterError::Metadata(bad @ (BadMetadata::Name | BadMetadata::Unsupported(_))) => {
                Self::of("invalid_client_metadata", &bad.to_string())
            }
            RegisterError::Full => {
                Self::of("invalid_client_metadata", "There are too many clients here.")
            }
            RegisterError::Core(error) => error.into(),
        }
    }
}
