//! Playing: a link, the bytes behind it, and where somebody stopped.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use stead_rules::ids::ItemId;
use stead_rules::limits::{PLAYS_MAX_MS, STREAM_LINK_SECONDS};
use stead_rules::playback::Heard;
use utoipa::ToSchema;

use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::stream::{Flow, serve};
use crate::http::wire::{Json, Segment};
use crate::service::core::Core;
use crate::service::playback;

/// A player that is closed gives its place back at once.
const RETRY_STREAM_SECONDS: u64 = 5;

/// What a player is given.
#[derive(Serialize, ToSchema)]
pub(crate) struct PlayAnswer {
    /// Where the bytes are; it takes ranges.
    url: String,
    /// The media type.
    mime: &'static str,
    /// How long the link is good; ask again before.
    expires_in_s: u64,
    /// Where to go on.
    position_ms: u64,
    /// How long it plays.
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<u64>,
    /// `direct` when a browser plays it, `try` when that depends on the browser, else
    /// `container_unsupported`, `video_unsupported` or `audio_unsupported`.
    playable_hint: &'static str,
}

/// Gives a link to what plays for an item.
#[utoipa::path(post, path = "/api/v1/items/{id}/play", params(("id" = String, Path)),
    responses((status = 200, body = PlayAnswer), (status = "default", body = Problem)))]
pub(crate) async fn play(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(item): Segment<ItemId>,
) -> Result<axum::Json<PlayAnswer>, Problem> {
    let play = core
        .blocking(move |core| {
            playback::play(core, &ctx.permit, ctx.now, item).map_err(Problem::from)
        })
        .await?;
    Ok(axum::Json(PlayAnswer {
        url: format!("/stream/{}/{}", play.link, escape(&play.name)),
        mime: play.media_type,
        expires_in_s: STREAM_LINK_SECONDS,
        position_ms: play.position_ms,
        duration_ms: play.duration_ms,
        playable_hint: play.plan.word(),
    }))
}

/// A file's name as one segment of an address (RFC 3986 §2.3).
fn escape(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    name.bytes().fold(String::new(), |mut text, byte| {
        if plain(byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
        text
    })
}

/// Where a player is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProgressRequest {
    /// From the beginning; beyond a year it counts as a year.
    position_ms: u64,
    /// How long it is, as the player sees it.
    duration_ms: Option<u64>,
    event: PlayEvent,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum PlayEvent {
    Playing,
    Paused,
    Stopped,
    Ended,
}

/// Keeps where somebody is.
#[utoipa::path(post, path = "/api/v1/items/{id}/progress", params(("id" = String, Path)),
    request_body = ProgressRequest,
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn progress(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(item): Segment<ItemId>,
    Json(request): Json<ProgressRequest>,
) -> Result<StatusCode, Problem> {
    let position_ms = request.position_ms.min(PLAYS_MAX_MS);
    let heard = match request.event {
        PlayEvent::Playing => Heard::Plays(position_ms),
        PlayEvent::Paused | PlayEvent::Stopped => Heard::At(position_ms),
        PlayEvent::Ended => Heard::Ended,
    };
    let duration_ms = request.duration_ms.map(|ms| ms.min(PLAYS_MAX_MS));
    core.blocking(move |core| {
        playback::progress(core, &ctx.permit, ctx.now, item, heard, duration_ms)
            .map_err(Problem::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sends the bytes behind a link.
#[utoipa::path(method(get, head), path = "/stream/{link}/{name}",
    params(("link" = String, Path), ("name" = String, Path)),
    responses((status = 200, body = Vec<u8>), (status = 206, body = Vec<u8>),
        (status = "default", body = Problem)))]
pub(crate) async fn stream(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let item = ctx.link.ok_or_else(Problem::not_found)?.item;
    let opened = playback::open(&core, &ctx.permit, item).await?;
    // A file that is not there takes no seat: only bytes that flow do.
    let seat = core.pumps.seat(&ctx.permit).ok_or_else(too_many_streams)?;
    Ok(serve(Flow { core, seat }, opened, &method, &headers))
}

fn too_many_streams() -> Problem {
    Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too_many_streams",
        "You are playing as many things at once as one account may. Close a player, then try again.",
    )
    .retry_after(RETRY_STREAM_SECONDS)
}
