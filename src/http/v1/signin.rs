//! Signing in and out.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use stead_rules::secret::SecretText;
use stead_rules::signin::Password;
use stead_rules::time::WallMs;
use utoipa::ToSchema;

use crate::http::conn::Transport;
use crate::http::cookies::Cookie;
use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::wire::Json;
use crate::service::core::Core;
use crate::service::sessions::{self, Token};
use crate::service::signin::{self, Asker, Factor, Next};

/// Who signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignInRequest {
    name: String,
    password: String,
}

/// How it goes on.
#[derive(Serialize, ToSchema)]
pub(crate) struct SignInAnswer {
    /// `totp` when a second factor is asked for, else `done`.
    step: &'static str,
    /// Comes back with the factor.
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<String>,
}

/// Checks a name and a password.
#[utoipa::path(post, path = "/api/v1/signin", request_body = SignInRequest,
    responses((status = 200, body = SignInAnswer), (status = "default", body = Problem)))]
pub(crate) async fn signin(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<SignInRequest>,
) -> Result<Response, Problem> {
    let password = Password::typed(&SecretText::new(request.password));
    match signin::begin(&core, &ctx.permit, ctx.now, asker(&ctx), &request.name, password).await? {
        Next::Factor(ticket) => {
            let answer = SignInAnswer { step: "totp", ticket: Some(ticket.to_string()) };
            Ok(axum::Json(answer).into_response())
        }
        Next::Done(token) => Ok(done(&token, ctx.transport)),
    }
}

pub(super) fn asker(ctx: &Ctx) -> Asker {
    Asker { peer: ctx.peer, agent: ctx.agent.clone() }
}

pub(super) fn done(token: &Token, transport: Transport) -> Response {
    let cookie = Cookie::Session.set(token.expose(), transport);
    let headers: HeaderMap = cookie.map(|value| (header::SET_COOKIE, value)).into_iter().collect();
    (headers, axum::Json(SignInAnswer { step: "done", ticket: None })).into_response()
}

/// A second factor.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FactorRequest {
    /// From the first step.
    ticket: String,
    method: FactorMethod,
    code: String,
    /// The browser's clock, in milliseconds since 1970: a box without a clock takes it.
    browser_time_ms: i64,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum FactorMethod {
    Totp,
    Recovery,
}

/// Checks the second factor.
#[utoipa::path(post, path = "/api/v1/signin/factor", request_body = FactorRequest,
    responses((status = 200, body = SignInAnswer), (status = "default", body = Problem)))]
pub(crate) async fn factor(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<FactorRequest>,
) -> Result<Response, Problem> {
    let transport = ctx.transport;
    let token = core
        .blocking(move |core| {
            let ticket = request.ticket.parse().map_err(|_| signin::SignInError::TicketOver)?;
            let factor = match request.method {
                FactorMethod::Totp => Factor::Totp(request.code),
                FactorMethod::Recovery => Factor::Recovery(SecretText::new(request.code)),
            };
            let time = WallMs(request.browser_time_ms);
            signin::finish(core, &ctx.permit, ctx.now, &asker(&ctx), ticket, &factor, time)
                .map_err(Problem::from)
        })
        .await?;
    Ok(done(&token, transport))
}

/// Ends this session.
#[utoipa::path(post, path = "/api/v1/signout",
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn signout(State(core): State<Arc<Core>>, ctx: Ctx) -> Result<Response, Problem> {
    let cookie = Cookie::Session.clear(ctx.transport);
    core.blocking(move |core| sessions::sign_out(core, &ctx.permit)).await?;
    let headers: HeaderMap = cookie.map(|value| (header::SET_COOKIE, value)).into_iter().collect();
    Ok((StatusCode::NO_CONTENT, headers).into_response())
}
