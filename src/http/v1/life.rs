//! The end of an ownership, its return, and the plug pattern that leads to another one.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use stead_rules::claim::Place;
use stead_rules::secret::SecretText;
use utoipa::ToSchema;

use crate::http::cookies::Cookie;
use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::wire::Json;
use crate::service::claim;
use crate::service::core::Core;

/// Opens a server that is locked or has lost its owner, for that owner.
#[utoipa::path(post, path = "/api/v1/unlock",
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn unlock(State(core): State<Arc<Core>>, ctx: Ctx) -> Result<Response, Problem> {
    let transport = ctx.transport;
    let token = core
        .blocking(move |core| {
            let facts = ctx.signed_in()?;
            claim::unlock(core, &ctx.permit, ctx.now, facts).map_err(Problem::from)
        })
        .await?;
    let cookie = Cookie::Session.set(token.expose(), transport);
    let headers: HeaderMap = cookie.map(|value| (header::SET_COOKIE, value)).into_iter().collect();
    Ok((StatusCode::NO_CONTENT, headers).into_response())
}

/// That it is meant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MeantRequest {
    /// The name of the server, as its owner calls it.
    name: String,
}

/// Signs the server out: it has no owner until the same one comes back, or a new one is made.
#[utoipa::path(post, path = "/api/v1/server/give-up", request_body = MeantRequest,
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn give_up(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<MeantRequest>,
) -> Result<StatusCode, Problem> {
    core.blocking(move |core| {
        claim::give_up(core, &ctx.permit, ctx.now, &request.name).map_err(Problem::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Wipes the server: everything but media goes, and it waits for an owner like a new one. The
/// server ends with this answer.
#[utoipa::path(post, path = "/api/v1/server/wipe", request_body = MeantRequest,
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn wipe(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<MeantRequest>,
) -> Result<StatusCode, Problem> {
    core.blocking(move |core| {
        claim::wipe::wipe(core, &ctx.permit, ctx.now, &request.name).map_err(Problem::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Where a phone stands that waits for the plug pattern.
#[derive(Serialize, ToSchema)]
pub(crate) struct PlugAnswer {
    /// `waits`, `won` or `out`.
    state: &'static str,
    /// What the phone keeps and shows again.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// How often its person is to cut the power.
    #[serde(skip_serializing_if = "Option::is_none")]
    told: Option<u8>,
    /// How often it was cut so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    counted: Option<u8>,
    /// The pattern must be done, or go on, within this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_s: Option<u64>,
    /// The owner may still come within this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner_has_s: Option<u64>,
}

impl PlugAnswer {
    fn at(place: Place) -> Self {
        let of = |state| Self {
            state,
            secret: None,
            told: None,
            counted: None,
            left_s: None,
            owner_has_s: None,
        };
        match place {
            Place::Waits { told, counted, left_ms } => Self {
                told: Some(told),
                counted: Some(counted),
                left_s: Some(left_ms / 1000),
                ..of("waits")
            },
            Place::Won => of("won"),
            Place::Out => of("out"),
        }
    }
}

/// Lets this phone wait for the plug pattern.
#[utoipa::path(post, path = "/api/v1/plug/wait",
    responses((status = 200, body = PlugAnswer), (status = "default", body = Problem)))]
pub(crate) async fn plug_wait(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<axum::Json<PlugAnswer>, Problem> {
    let waiting = core
        .blocking(move |core| {
            claim::plug::wait(core, &ctx.permit, ctx.now, ctx.peer).map_err(Problem::from)
        })
        .await?;
    let secret = Some(waiting.secret.to_string());
    Ok(axum::Json(PlugAnswer { secret, ..PlugAnswer::at(waiting.place) }))
}

/// What a waiting phone holds.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlugRequest {
    secret: String,
}

/// Where this phone stands.
#[utoipa::path(post, path = "/api/v1/plug/look", request_body = PlugRequest,
    responses((status = 200, body = PlugAnswer), (status = "default", body = Problem)))]
pub(crate) async fn plug_look(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<PlugRequest>,
) -> Result<axum::Json<PlugAnswer>, Problem> {
    let secret = SecretText::new(request.secret);
    let seen = core
        .blocking(move |core| {
            claim::plug::look(core, &ctx.permit, ctx.now, ctx.peer, &secret).map_err(Problem::from)
        })
        .await?;
    Ok(axum::Json(PlugAnswer { owner_has_s: seen.waits_seconds, ..PlugAnswer::at(seen.place) }))
}

/// This phone waits no longer.
#[utoipa::path(post, path = "/api/v1/plug/leave", request_body = PlugRequest,
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn plug_leave(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<PlugRequest>,
) -> Result<StatusCode, Problem> {
    let secret = SecretText::new(request.secret);
    core.blocking(move |core| {
        claim::plug::leave(core, &ctx.permit, ctx.now, ctx.peer, &secret).map_err(Problem::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
