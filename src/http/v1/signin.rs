//! Signing in and out.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use stead_rules::secret::SecretText;
use stead_rules::signin::{Method, Methods, Password, RememberFor};
use stead_rules::time::WallMs;
use utoipa::ToSchema;

use crate::http::conn::Transport;
use crate::http::cookies::Cookie;
use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::wire::Json;
use crate::service::core::Core;
use crate::service::sessions::{self, Token};
use crate::service::signin::{self, Asker, Factor, Next, Opened, Remember, Sent};

/// Who signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignInRequest {
    name: String,
    password: String,
    /// A second factor is asked for in a remembered browser, too.
    #[serde(default)]
    anew: bool,
}

/// How it goes on.
#[derive(Serialize, ToSchema)]
pub(crate) struct SignInAnswer {
    /// `factor` when a second factor is asked for, else `done`.
    step: &'static str,
    /// Comes back with the factor.
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<String>,
    /// What this person can show now: `totp`, `recovery`, `passkey`, `approval`.
    #[serde(skip_serializing_if = "Option::is_none")]
    methods: Option<Vec<&'static str>>,
}

/// The words for what somebody can show.
pub(crate) fn offered(methods: Methods) -> Vec<&'static str> {
    let word = |method| match method {
        Method::DeviceApproval => "approval",
        Method::Password
        | Method::Totp
        | Method::RecoveryCode
        | Method::Passkey
        | Method::RememberedDevice
        | Method::External
        | Method::ExternalMfa
        | Method::ExternalPhishingResistant => method.word(),
    };
    methods.iter().map(word).collect()
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
    let asker = Asker { anew: request.anew, ..asker(&ctx) };
    let next = signin::begin(&core, &ctx.permit, ctx.now, asker, &request.name, password).await?;
    Ok(goes_on(next, ctx.transport))
}

/// Who asks, as the use cases of signing in want it.
pub(crate) fn asker(ctx: &Ctx) -> Asker {
    let device = ctx.device.clone();
    Asker { peer: ctx.peer, agent: ctx.agent.clone(), device, anew: false }
}

/// How a sign-in goes on.
pub(crate) fn goes_on(next: Next, transport: Transport) -> Response {
    match next {
        Next::Factor { ticket, methods } => axum::Json(SignInAnswer {
            step: "factor",
            ticket: Some(ticket.to_string()),
            methods: Some(offered(methods)),
        })
        .into_response(),
        Next::Done(opened) => done(&opened, transport),
    }
}

/// The answer that signs a browser in.
pub(crate) fn done(opened: &Opened, transport: Transport) -> Response {
    let session = Cookie::Session.set(opened.token.expose(), transport);
    let device =
        opened.device.as_ref().and_then(|token| Cookie::Device.set(token.expose(), transport));
    let mut headers = HeaderMap::new();
    for cookie in [session, device].into_iter().flatten() {
        headers.append(header::SET_COOKIE, cookie);
    }
    let answer = SignInAnswer { step: "done", ticket: None, methods: None };
    (headers, axum::Json(answer)).into_response()
}

/// The answer that gives a session that goes on its new token.
pub(crate) fn raised(token: &Token, transport: Transport) -> Response {
    (StatusCode::NO_CONTENT, session_cookie(token, transport)).into_response()
}

/// The header that gives a browser the token of its session.
pub(crate) fn session_cookie(token: &Token, transport: Transport) -> HeaderMap {
    let cookie = Cookie::Session.set(token.expose(), transport);
    cookie.map(|value| (header::SET_COOKIE, value)).into_iter().collect()
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
    /// Not to be asked in this browser for a while.
    #[serde(default)]
    remember: RememberWish,
}

/// For how long the browser is to be remembered.
#[derive(Deserialize, ToSchema, Default)]
pub(crate) enum RememberWish {
    /// Not at all.
    #[default]
    #[serde(rename = "no")]
    No,
    #[serde(rename = "30_days")]
    Month,
    #[serde(rename = "90_days")]
    Season,
}

impl From<RememberWish> for Remember {
    fn from(wish: RememberWish) -> Self {
        match wish {
            RememberWish::No => Self::No,
            RememberWish::Month => Self::For(RememberFor::Month),
            RememberWish::Season => Self::For(RememberFor::Season),
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FactorMethod {
    Totp,
    Recovery,
}

impl FactorMethod {
    /// The factor with this code.
    pub(crate) fn with(self, code: String) -> Factor {
        match self {
            Self::Totp => Factor::Totp(code),
            Self::Recovery => Factor::Recovery(SecretText::new(code)),
        }
    }
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
    let opened = core
        .blocking(move |core| {
            let ticket = request.ticket.parse().map_err(|_| signin::SignInError::TicketOver)?;
            let factor = request.method.with(request.code);
            let remember = request.remember.into();
            let sent = Sent { factor, browser_time: WallMs(request.browser_time_ms), remember };
            signin::finish(core, &ctx.permit, ctx.now, &asker(&ctx), ticket, &sent)
                .map_err(Problem::from)
        })
        .await?;
    Ok(done(&opened, transport))
}

/// Ends this session.
#[utoipa::path(post, path = "/api/v1/signout",
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn signout(State(core): State<Arc<Core>>, ctx: Ctx) -> Result<Response, Problem> {
    let cookie = Cookie::Session.clear(ctx.transport);
    core.blocking(move |core| sessions::sign_out(core, &ctx.permit, ctx.now)).await?;
    let headers: HeaderMap = cookie.map(|value| (header::SET_COOKIE, value)).into_iter().collect();
    Ok((StatusCode::NO_CONTENT, headers).into_response())
}
