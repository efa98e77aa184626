//! The way to an external issuer and back: to sign in, to show anew who one is, and to claim.
//!
//! The issuer sends the browser to `/signin/callback`, a page of the web app. It changes nothing by
//! being opened: what came along is posted to the call that ends what was begun.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use stead_rules::ids::TicketId;
use stead_rules::secret::SecretText;
use utoipa::ToSchema;

use super::claim::{CodesAnswer, EnrolmentAnswer};
use super::signin::{asker, goes_on, raised};
use crate::http::conn::Transport;
use crate::http::cookies::Cookie;
use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::gate::asked_host;
use crate::http::wire::Json;
use crate::service::claim::{self, Vouched};
use crate::service::core::Core;
use crate::service::issuer::{self, Returned, Sent};

/// Nothing is said here.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SendRequest {}

/// Who signs in says nothing here but how.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SendToSignInRequest {
    /// A second factor is asked for in a remembered browser, too.
    #[serde(default)]
    anew: bool,
}

/// Where to go.
#[derive(Serialize, ToSchema)]
pub(crate) struct SendAnswer {
    /// The address at the issuer, to be opened in place of this page.
    redirect: String,
}

/// What the issuer sent along (RFC 6749 §4.1.2, RFC 9207).
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReturnRequest {
    state: String,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    iss: Option<String>,
    #[serde(default)]
    error: Option<String>,
}

impl ReturnRequest {
    fn returned(self) -> Returned {
        let Self { state, code, iss, error } = self;
        Returned { state, code: code.map(SecretText::new), issuer: iss, error }
    }
}

/// The origin by which this browser reached the server; the gate has admitted its host.
fn origin(ctx: &Ctx, uri: &Uri, headers: &HeaderMap) -> Result<String, Problem> {
    let scheme = match ctx.transport {
        Transport::Tls => "https",
        Transport::Loopback | Transport::Plain => "http",
    };
    Ok(format!("{scheme}://{}", asked_host(uri, headers)?))
}

fn sent(sent: &Sent, transport: Transport) -> Response {
    let cookie = Cookie::Issuer.set(&sent.browser.to_string(), transport);
    let headers: HeaderMap = cookie.map(|value| (header::SET_COOKIE, value)).into_iter().collect();
    (headers, axum::Json(SendAnswer { redirect: sent.redirect.clone() })).into_response()
}

fn browser(ctx: &Ctx, headers: &HeaderMap) -> Option<TicketId> {
    Cookie::Issuer.read(headers, ctx.transport)?.parse().ok()
}

/// The cookie has done its work.
fn back(mut response: Response, transport: Transport) -> Response {
    if let Some(gone) = Cookie::Issuer.clear(transport) {
        response.headers_mut().append(header::SET_COOKIE, gone);
    }
    response
}

/// Sends a browser to the issuer to sign in.
#[utoipa::path(post, path = "/api/v1/signin/external", request_body = SendToSignInRequest,
    responses((status = 200, body = SendAnswer), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 502, body = Problem, content_type = "application/problem+json"),
        (status = "default", body = Problem)))]
pub(crate) async fn signin(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    uri: Uri,
    headers: HeaderMap,
    Json(request): Json<SendToSignInRequest>,
) -> Result<Response, Problem> {
    let origin = origin(&ctx, &uri, &headers)?;
    let (permit, peer) = (&ctx.permit, ctx.peer);
    let there = issuer::begin_sign_in(&core, permit, ctx.now, peer, &origin, request.anew).await?;
    Ok(sent(&there, ctx.transport))
}

/// Signs in who comes back from the issuer.
#[utoipa::path(post, path = "/api/v1/signin/external/finish", request_body = ReturnRequest,
    responses((status = 200, body = super::signin::SignInAnswer),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 502, body = Problem, content_type = "application/problem+json"),
        (status = "default", body = Problem)))]
pub(crate) async fn signin_finish(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    headers: HeaderMap,
    Json(request): Json<ReturnRequest>,
) -> Result<Response, Problem> {
    let (permit, browser) = (&ctx.permit, browser(&ctx, &headers));
    let returned = request.returned();
    let next =
        issuer::finish_sign_in(&core, permit, ctx.now, asker(&ctx), browser, returned).await?;
    Ok(back(goes_on(next, ctx.transport), ctx.transport))
}

/// Sends a signed-in browser to the issuer to show anew who its person is.
#[utoipa::path(post, path = "/api/v1/stepup/external", request_body = SendRequest,
    responses((status = 200, body = SendAnswer), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 502, body = Problem, content_type = "application/problem+json"),
        (status = "default", body = Problem)))]
pub(crate) async fn stepup(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    uri: Uri,
    headers: HeaderMap,
    Json(SendRequest {}): Json<SendRequest>,
) -> Result<Response, Problem> {
    let (origin, facts) = (origin(&ctx, &uri, &headers)?, ctx.signed_in()?.clone());
    let (permit, peer) = (&ctx.permit, ctx.peer);
    let there = issuer::begin_step_up(&core, permit, ctx.now, peer, &origin, facts).await?;
    Ok(sent(&there, ctx.transport))
}

/// Raises the session of who comes back from the issuer.
#[utoipa::path(post, path = "/api/v1/stepup/external/finish", request_body = ReturnRequest,
    responses((status = 204), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 502, body = Problem, content_type = "application/problem+json"),
        (status = "default", body = Problem)))]
pub(crate) async fn stepup_finish(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    headers: HeaderMap,
    Json(request): Json<ReturnRequest>,
) -> Result<Response, Problem> {
    let (permit, browser, facts) = (&ctx.permit, browser(&ctx, &headers), ctx.signed_in()?.clone());
    let returned = request.returned();
    let token = issuer::finish_step_up(&core, permit, ctx.now, facts, browser, returned).await?;
    Ok(back(raised(&token, ctx.transport), ctx.transport))
}

/// Sends the browser that holds the claim to the issuer.
#[utoipa::path(post, path = "/api/v1/claim/external", request_body = SendRequest,
    responses((status = 200, body = SendAnswer), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 502, body = Problem, content_type = "application/problem+json"),
        (status = "default", body = Problem)))]
pub(crate) async fn claim(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    uri: Uri,
    headers: HeaderMap,
    Json(SendRequest {}): Json<SendRequest>,
) -> Result<Response, Problem> {
    let origin = origin(&ctx, &uri, &headers)?;
    let there = claim::begin_at_issuer(&core, &ctx.permit, ctx.now, ctx.peer, &origin).await?;
    Ok(sent(&there, ctx.transport))
}

/// How the wizard goes on: with a factor of this server's own, or with the recovery codes.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum VouchedAnswer {
    /// The step `totp`.
    Factor(EnrolmentAnswer),
    /// The step `codes`.
    Codes(CodesAnswer),
}

/// Makes who comes back from the issuer the one who will be the owner.
#[utoipa::path(post, path = "/api/v1/claim/external/finish", request_body = ReturnRequest,
    responses((status = 200, body = VouchedAnswer), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 502, body = Problem, content_type = "application/problem+json"),
        (status = "default", body = Problem)))]
pub(crate) async fn claim_finish(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    headers: HeaderMap,
    Json(request): Json<ReturnRequest>,
) -> Result<Response, Problem> {
    let (permit, browser) = (&ctx.permit, browser(&ctx, &headers));
    let vouched =
        claim::finish_at_issuer(&core, permit, ctx.now, browser, request.returned()).await?;
    let answer = match vouched {
        Vouched::Factor(made) => VouchedAnswer::Factor(EnrolmentAnswer::of(&made)?),
        Vouched::Codes(codes) => VouchedAnswer::Codes(CodesAnswer::of(&codes)),
    };
    Ok(back(axum::Json(answer).into_response(), ctx.transport))
}
