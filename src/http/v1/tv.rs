//! The page for televisions: it asks for a code, shows it, and becomes a signed-in browser once
//! somebody has said yes on a phone. Apps do the same by `/oauth`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use stead_rules::limits::DEVICE_POLL_SECONDS;
use stead_rules::signin::DeviceClient;
use utoipa::ToSchema;

use crate::http::conn::Transport;
use crate::http::cookies::Cookie;
use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::wire::Json;
use crate::net::qr;
use crate::service::core::Core;
use crate::service::devices::{self, Asked, DeviceError, Offer, Polled};

/// What the television calls itself.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TvRequest {
    #[serde(default)]
    name: String,
}

/// What a television shows, and what it keeps.
#[derive(Serialize, ToSchema)]
pub(crate) struct TvAnswer {
    /// Kept by the page; it asks with it.
    device_code: String,
    /// Shown: eight letters.
    user_code: String,
    /// Where the code is typed, the name first.
    pages: Vec<String>,
    /// The first of them with the code.
    qr_svg: String,
    expires_in_s: u64,
    /// How often to ask.
    interval_s: u64,
}

/// Gives a television a code.
#[utoipa::path(post, path = "/api/v1/tv/begin", request_body = TvRequest,
    responses((status = 200, body = TvAnswer), (status = "default", body = Problem)))]
pub(crate) async fn begin(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<TvRequest>,
) -> Result<axum::Json<TvAnswer>, Problem> {
    let offer = core
        .blocking(move |core| {
            let (agent, peer) = (ctx.agent.clone(), ctx.peer);
            let plain = ctx.transport == Transport::Plain;
            let asked = Asked { client: DeviceClient::Tv, name: request.name, agent, peer, plain };
            devices::ask(core, &ctx.permit, ctx.now, asked)
        })
        .await?;
    Ok(axum::Json(shown(offer)?))
}

fn shown(offer: Offer) -> Result<TvAnswer, Problem> {
    let Offer { device_code, user_code, pages, expires_in_seconds } = offer;
    let link = complete(pages.first().map(String::as_str).unwrap_or_default(), &user_code);
    let qr_svg = qr::svg(&link, "").map_err(|error| Problem::internal(&error))?;
    Ok(TvAnswer {
        device_code: device_code.expose().to_owned(),
        user_code,
        pages,
        qr_svg,
        expires_in_s: expires_in_seconds,
        interval_s: DEVICE_POLL_SECONDS,
    })
}

/// The page with the code filled in. It stands in the fragment, which no server logs; the person
/// still says yes by hand.
pub(in crate::http) fn complete(page: &str, user_code: &str) -> String {
    format!("{page}#code={user_code}")
}

/// A television asks.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TvPoll {
    device_code: String,
}

/// How it stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct TvStep {
    /// `waiting`, `slow_down`, `denied`, `over` or `done`.
    step: &'static str,
}

/// Tells a television whether it is let in; with `done` comes the cookie.
#[utoipa::path(post, path = "/api/v1/tv/poll", request_body = TvPoll,
    responses((status = 200, body = TvStep), (status = "default", body = Problem)))]
pub(crate) async fn poll(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<TvPoll>,
) -> Result<Response, Problem> {
    let transport = ctx.transport;
    let polled = core
        .blocking(move |core| {
            let code = request.device_code;
            match transport {
                Transport::Plain => devices::poll_over_plain(core, &ctx.permit, ctx.now, &code),
                Transport::Tls | Transport::Loopback => {
                    devices::poll(core, &ctx.permit, ctx.now, DeviceClient::Tv, &code)
                }
            }
        })
        .await;
    let step = match polled {
        Ok(Polled::Pending) => "waiting",
        Ok(Polled::SlowDown) => "slow_down",
        // No television is a server.
        Ok(Polled::Denied | Polled::Registers(_)) => "denied",
        Ok(Polled::Over) | Err(DeviceError::NoSuchDevice) => "over",
        Ok(Polled::Done(token)) => {
            let cookie = Cookie::Session.set(token.expose(), transport);
            let set = cookie.map(|value| (header::SET_COOKIE, value));
            let headers: HeaderMap = set.into_iter().collect();
            return Ok((headers, axum::Json(TvStep { step: "done" })).into_response());
        }
        Err(error) => return Err(error.into()),
    };
    Ok(axum::Json(TvStep { step }).into_response())
}
