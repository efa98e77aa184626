//! Changing what somebody signs in with: a new authenticator, new recovery codes, another password.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use stead_rules::ids::TicketId;
use stead_rules::secret::SecretText;
use stead_rules::signin::Password;
use stead_rules::time::WallMs;
use utoipa::ToSchema;

use super::signin::{asker, raised};
use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::wire::Json;
use crate::net::qr;
use crate::service::authenticators::FirstCode;
use crate::service::core::Core;
use crate::service::factors::FactorError;
use crate::service::{authenticators, own_password, recovery};

fn ticket(text: &str) -> Result<TicketId, FactorError> {
    text.parse().map_err(|_| FactorError::DraftOver)
}

/// What a new authenticator app is given.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewTotpAnswer {
    /// Comes back with the first code.
    ticket: String,
    /// `otpauth://…`, for a button.
    otpauth_uri: String,
    /// The secret alone, to be typed or copied.
    secret_base32: String,
    /// The same as a picture: an SVG document.
    qr_svg: String,
}

/// Begins a new authenticator.
#[utoipa::path(post, path = "/api/v1/factors/totp",
    responses((status = 200, body = NewTotpAnswer), (status = "default", body = Problem)))]
pub(crate) async fn totp(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<axum::Json<NewTotpAnswer>, Problem> {
    let facts = ctx.signed_in()?.clone();
    let begun = core
        .blocking(move |core| {
            authenticators::begin(core, &ctx.permit, ctx.now, &facts).map_err(Problem::from)
        })
        .await?;
    let picture = qr::svg(&begun.uri, "QR code for an authenticator app")
        .map_err(|error| Problem::internal(&error))?;
    Ok(axum::Json(NewTotpAnswer {
        ticket: begun.ticket.to_string(),
        otpauth_uri: begun.uri.to_string(),
        secret_base32: begun.secret_base32.to_string(),
        qr_svg: picture,
    }))
}

/// The new authenticator's first code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTotpRequest {
    ticket: String,
    /// What its owner calls it.
    name: String,
    code: String,
    /// The browser's clock, in milliseconds since 1970: a box without a clock takes it.
    browser_time_ms: Option<i64>,
}

/// Adds the authenticator. This session gets another token, unless a recovery code was shown in it:
/// that goes on counting, for removing what is lost.
#[utoipa::path(post, path = "/api/v1/factors/totp/confirm", request_body = NewTotpRequest,
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn confirm_totp(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<NewTotpRequest>,
) -> Result<Response, Problem> {
    let (transport, facts, now) = (ctx.transport, ctx.signed_in()?.clone(), ctx.now);
    let token = core
        .blocking(move |core| {
            let ticket = ticket(&request.ticket)?;
            let NewTotpRequest { name, code, browser_time_ms, .. } = &request;
            let code = FirstCode { code, browser_time: browser_time_ms.map(WallMs) };
            authenticators::confirm(core, &ctx.permit, now, &facts, ticket, name, code)
                .map_err(Problem::from)
        })
        .await?;
    Ok(match token {
        Some(token) => raised(&token, transport),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

/// Codes to keep.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewCodesAnswer {
    /// Comes back with the end of one of them.
    ticket: String,
    /// Each works once, when the set is confirmed.
    recovery_codes: Vec<String>,
}

/// Makes new recovery codes. The old ones count until these are confirmed.
#[utoipa::path(post, path = "/api/v1/recovery-codes",
    responses((status = 200, body = NewCodesAnswer), (status = "default", body = Problem)))]
pub(crate) async fn codes(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<axum::Json<NewCodesAnswer>, Problem> {
    let facts = ctx.signed_in()?.clone();
    let offered = core
        .blocking(move |core| {
            recovery::begin(core, &ctx.permit, ctx.now, &facts).map_err(Problem::from)
        })
        .await?;
    Ok(axum::Json(NewCodesAnswer {
        ticket: offered.ticket.to_string(),
        recovery_codes: offered.codes.iter().map(|code| code.to_string()).collect(),
    }))
}

/// The end of one of the new codes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodesKeptRequest {
    ticket: String,
    /// The last four characters of any of the codes.
    code_tail: String,
}

/// Puts the new recovery codes in the place of the old ones.
#[utoipa::path(post, path = "/api/v1/recovery-codes/confirm", request_body = CodesKeptRequest,
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn confirm_codes(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<CodesKeptRequest>,
) -> Result<StatusCode, Problem> {
    let facts = ctx.signed_in()?.clone();
    core.blocking(move |core| {
        let ticket = ticket(&request.ticket)?;
        recovery::confirm(core, &ctx.permit, ctx.now, &facts, ticket, &request.code_tail)
            .map_err(Problem::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The old password and the new one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordRequest {
    /// Not asked for where another one is wanted since a security event.
    old: Option<String>,
    new: String,
}

/// Changes one's password. Everywhere else one is signed out.
#[utoipa::path(post, path = "/api/v1/password", request_body = PasswordRequest,
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn password(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<PasswordRequest>,
) -> Result<StatusCode, Problem> {
    let facts = ctx.signed_in()?.clone();
    let typed = |text| Password::typed(&SecretText::new(text));
    let both = (request.old.map(typed), typed(request.new));
    own_password::change(&core, &ctx.permit, ctx.now, asker(&ctx), facts, both).await?;
    Ok(StatusCode::NO_CONTENT)
}
