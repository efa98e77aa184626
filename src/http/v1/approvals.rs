//! Approval on a phone that is signed in: asking, and the inbox there.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use stead_rules::ids::TicketId;
use stead_rules::limits::APPROVAL_SECONDS;
use stead_rules::policy::Shows;
use utoipa::ToSchema;

use super::signin::asker;
use crate::http::conn::Transport;
use crate::http::cookies::Cookie;
use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::wire::{Json, Segment};
use crate::service::approvals::{self, ApprovalError, Asked, Looked, Tapped, Waiting};
use crate::service::core::Core;
use crate::service::sessions;

/// A sign-in whose password was right.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskRequest {
    ticket: String,
}

/// A request that waits on the phone.
#[derive(Serialize, ToSchema)]
pub(crate) struct AskedAnswer {
    request: String,
    /// What to tap on the phone.
    number: u8,
    /// How long it waits, in seconds.
    expires_in_s: u64,
}

impl From<Asked> for AskedAnswer {
    fn from(Asked { request, number }: Asked) -> Self {
        Self { request: request.to_string(), number, expires_in_s: APPROVAL_SECONDS }
    }
}

/// Asks one's signed-in devices to approve a sign-in.
#[utoipa::path(post, path = "/api/v1/signin/approval/begin", request_body = AskRequest,
    responses((status = 200, body = AskedAnswer), (status = "default", body = Problem)))]
pub(crate) async fn ask_to_sign_in(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    headers: HeaderMap,
    Json(request): Json<AskRequest>,
) -> Result<axum::Json<AskedAnswer>, Problem> {
    let own = Cookie::Session.read(&headers, ctx.transport).map(str::to_owned);
    let asked = core
        .blocking(move |core| {
            let ticket = parsed(&request.ticket)?;
            let own =
                own.map(|token| sessions::find(core, &token, Shows::Cookie)).transpose()?.flatten();
            let own = own.map(|facts| facts.session.id);
            approvals::ask_to_sign_in(core, &ctx.permit, ctx.now, &asker(&ctx), ticket, own)
        })
        .await?;
    Ok(axum::Json(asked.into()))
}

/// A request that was made here.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LookRequest {
    request: String,
}

/// How a request stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct LookAnswer {
    /// `waiting` or `done`.
    step: &'static str,
}

/// Looks whether a sign-in was approved; then it is done.
#[utoipa::path(post, path = "/api/v1/signin/approval", request_body = LookRequest,
    responses((status = 200, body = LookAnswer), (status = "default", body = Problem)))]
pub(crate) async fn sign_in(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<LookRequest>,
) -> Result<Response, Problem> {
    let transport = ctx.transport;
    let looked = core
        .blocking(move |core| {
            let request = parsed(&request.request)?;
            approvals::sign_in(core, &ctx.permit, ctx.now, &asker(&ctx), request)
        })
        .await?;
    Ok(told(&looked, transport))
}

/// Asks one's other signed-in devices to raise this session.
#[utoipa::path(post, path = "/api/v1/stepup/approval/begin",
    responses((status = 200, body = AskedAnswer), (status = "default", body = Problem)))]
pub(crate) async fn ask_to_step_up(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<axum::Json<AskedAnswer>, Problem> {
    let facts = ctx.signed_in()?.clone();
    let asked = core
        .blocking(move |core| {
            approvals::ask_to_step_up(core, &ctx.permit, ctx.now, &asker(&ctx), &facts)
        })
        .await?;
    Ok(axum::Json(asked.into()))
}

/// Looks whether raising this session was approved; then it has another token.
#[utoipa::path(post, path = "/api/v1/stepup/approval", request_body = LookRequest,
    responses((status = 200, body = LookAnswer), (status = "default", body = Problem)))]
pub(crate) async fn step_up(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<LookRequest>,
) -> Result<Response, Problem> {
    let (facts, transport) = (ctx.signed_in()?.clone(), ctx.transport);
    let looked = core
        .blocking(move |core| {
            let request = parsed(&request.request)?;
            approvals::step_up(core, &ctx.permit, ctx.now, &facts, request)
        })
        .await?;
    Ok(told(&looked, transport))
}

fn told(looked: &Looked, transport: Transport) -> Response {
    match looked {
        Looked::Waits => axum::Json(LookAnswer { step: "waiting" }).into_response(),
        Looked::Opened(token) => {
            let cookie = Cookie::Session.set(token.expose(), transport);
            let headers: HeaderMap =
                cookie.map(|value| (header::SET_COOKIE, value)).into_iter().collect();
            (headers, axum::Json(LookAnswer { step: "done" })).into_response()
        }
    }
}

/// What waits to be approved here.
#[derive(Serialize, ToSchema)]
pub(crate) struct InboxAnswer {
    requests: Vec<WaitingWire>,
}

#[derive(Serialize, ToSchema)]
struct WaitingWire {
    id: String,
    /// What the browser that asks calls itself.
    agent: String,
    /// From where it asks.
    address: String,
    at_ms: i64,
    /// One of these is shown where somebody signs in.
    numbers: [u8; 3],
    /// `sign_in`, or `step_up` for a session that is there already.
    kind: &'static str,
}

impl From<Waiting> for WaitingWire {
    fn from(waiting: Waiting) -> Self {
        Self {
            id: waiting.request.to_string(),
            agent: waiting.agent,
            address: waiting.address.to_string(),
            at_ms: waiting.at.0,
            numbers: waiting.numbers,
            kind: if waiting.steps_up { "step_up" } else { "sign_in" },
        }
    }
}

/// What waits to be approved by this session.
#[utoipa::path(get, path = "/api/v1/approvals",
    responses((status = 200, body = InboxAnswer), (status = "default", body = Problem)))]
pub(crate) async fn inbox(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<axum::Json<InboxAnswer>, Problem> {
    let facts = ctx.signed_in()?.clone();
    let waiting =
        core.blocking(move |core| approvals::inbox(core, &ctx.permit, ctx.now, &facts)).await?;
    let requests = waiting.into_iter().map(WaitingWire::from).collect();
    Ok(axum::Json(InboxAnswer { requests }))
}

/// The number that was tapped.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApproveRequest {
    number: u8,
}

/// Approves a request, if the number is the one that is shown there.
#[utoipa::path(post, path = "/api/v1/approvals/{id}/approve", params(("id" = String, Path)),
    request_body = ApproveRequest,
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn approve(
    core: State<Arc<Core>>,
    ctx: Ctx,
    Segment(request): Segment<TicketId>,
    Json(tapped): Json<ApproveRequest>,
) -> Result<StatusCode, Problem> {
    answer(core, ctx, request, Tapped::Number(tapped.number)).await
}

/// "It was not me."
#[utoipa::path(post, path = "/api/v1/approvals/{id}/refuse", params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn refuse(
    core: State<Arc<Core>>,
    ctx: Ctx,
    Segment(request): Segment<TicketId>,
) -> Result<StatusCode, Problem> {
    answer(core, ctx, request, Tapped::NotMe).await
}

async fn answer(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    request: TicketId,
    tapped: Tapped,
) -> Result<StatusCode, Problem> {
    let facts = ctx.signed_in()?.clone();
    core.blocking(move |core| {
        approvals::answer(core, &ctx.permit, ctx.now, &facts, request, tapped)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn parsed(text: &str) -> Result<TicketId, ApprovalError> {
    text.parse().map_err(|_| ApprovalError::Over)
}
