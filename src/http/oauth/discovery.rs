//! What a client finds out by itself: where everything is (OpenID Connect Discovery 1.0, RFC 8414)
//! and which keys sign.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use stead_rules::provider::{GrantType, Scope};

use super::error::OAuthError;
use crate::host::kind::Kind;
use crate::http::ctx::Ctx;
use crate::service::core::Core;
use crate::service::provider::{issuer, keys};

/// The metadata of both documents; what one of them does not know it passes over.
#[derive(Serialize)]
pub(crate) struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    device_authorization_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: String,
    jwks_uri: String,
    registration_endpoint: String,
    introspection_endpoint: String,
    revocation_endpoint: String,
    end_session_endpoint: String,
    response_types_supported: [&'static str; 1],
    response_modes_supported: [&'static str; 1],
    grant_types_supported: [&'static str; 3],
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: [&'static str; 1],
    token_endpoint_auth_methods_supported: [&'static str; 3],
    introspection_endpoint_auth_methods_supported: [&'static str; 2],
    revocation_endpoint_auth_methods_supported: [&'static str; 3],
    code_challenge_methods_supported: [&'static str; 1],
    scopes_supported: Vec<&'static str>,
    claims_supported: [&'static str; 10],
    acr_values_supported: [&'static str; 3],
    prompt_values_supported: [&'static str; 3],
    authorization_response_iss_parameter_supported: bool,
    claims_parameter_supported: bool,
    request_parameter_supported: bool,
    request_uri_parameter_supported: bool,
}

/// Where everything is.
#[utoipa::path(get, path = "/.well-known/openid-configuration", responses((status = 200)))]
pub(crate) async fn openid(State(core): State<Arc<Core>>, _: Ctx) -> axum::Json<Metadata> {
    axum::Json(metadata(&issuer(&core), core.kind))
}

/// The same for clients that know nothing of OpenID Connect.
#[utoipa::path(get, path = "/.well-known/oauth-authorization-server", responses((status = 200)))]
pub(crate) async fn oauth(State(core): State<Arc<Core>>, _: Ctx) -> axum::Json<Metadata> {
    axum::Json(metadata(&issuer(&core), core.kind))
}

fn metadata(issuer: &str, kind: Kind) -> Metadata {
    let at = |path: &str| format!("{issuer}{path}");
    let (basic, post, none) = ("client_secret_basic", "client_secret_post", "none");
    Metadata {
        issuer: issuer.to_owned(),
        authorization_endpoint: at("/authorize"),
        device_authorization_endpoint: at("/oauth/device_authorization"),
        token_endpoint: at("/oauth/token"),
        userinfo_endpoint: at("/oauth/userinfo"),
        jwks_uri: at("/oauth/jwks"),
        registration_endpoint: at("/oauth/register"),
        introspection_endpoint: at("/oauth/introspect"),
        revocation_endpoint: at("/oauth/revoke"),
        end_session_endpoint: at("/signout"),
        response_types_supported: ["code"],
        response_modes_supported: ["query"],
        grant_types_supported: GrantType::ALL.map(GrantType::word),
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["ES256"],
        token_endpoint_auth_methods_supported: [basic, post, none],
        introspection_endpoint_auth_methods_supported: [basic, post],
        revocation_endpoint_auth_methods_supported: [basic, post, none],
        code_challenge_methods_supported: ["S256"],
        scopes_supported: Scope::ALL
            .into_iter()
            .filter(|scope| *scope != Scope::Playback || kind == Kind::Server)
            .map(Scope::word)
            .collect(),
        claims_supported: [
            "iss",
            "sub",
            "aud",
            "exp",
            "iat",
            "auth_time",
            "acr",
            "amr",
            "sid",
            "name",
        ],
        acr_values_supported: ["pwd", "mfa", "mfa_phishing_resistant"],
        prompt_values_supported: ["none", "login", "consent"],
        authorization_response_iss_parameter_supported: true,
        claims_parameter_supported: true,
        request_parameter_supported: false,
        request_uri_parameter_supported: false,
    }
}

/// The keys that sign ID tokens (RFC 7517).
#[derive(Serialize)]
pub(crate) struct KeySet {
    keys: Vec<Key>,
}

#[derive(Serialize)]
struct Key {
    kty: &'static str,
    crv: &'static str,
    r#use: &'static str,
    alg: &'static str,
    kid: String,
    x: String,
    y: String,
}

/// The keys that sign, will sign next, and did.
#[utoipa::path(get, path = "/oauth/jwks", responses((status = 200)))]
pub(crate) async fn jwks(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<axum::Json<KeySet>, OAuthError> {
    let now = ctx.now;
    let published = core.blocking(move |core| keys::published(core, &ctx.permit, now)).await?;
    let (kty, crv, alg) = ("EC", "P-256", "ES256");
    let key = |one: keys::PublicKey| Key {
        kty,
        crv,
        r#use: "sig",
        alg,
        kid: one.kid,
        x: one.x,
        y: one.y,
    };
    Ok(axum::Json(KeySet { keys: published.into_iter().map(key).collect() }))
}
