//! What somebody signs in with: the list over all kinds, and the browsers that are remembered.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use stead_rules::ids::{DeviceId, FactorId};
use stead_rules::limits::RECOVERY_CODES;
use utoipa::ToSchema;

use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::wire::{Json, Segment};
use crate::service::core::Core;
use crate::service::factors::{self, Kept};
use crate::service::remembered;

/// What one signs in with.
#[derive(Serialize, ToSchema)]
pub(crate) struct FactorsAnswer {
    /// Second factors, of all kinds.
    second: Vec<FactorWire>,
    recovery_codes_left: u32,
    /// How many a new set has.
    recovery_codes_of: usize,
    /// Whether there is a password at this server.
    has_password: bool,
}

#[derive(Serialize, ToSchema)]
struct FactorWire {
    id: String,
    /// `totp` or `passkey`.
    kind: &'static str,
    name: String,
    created_ms: i64,
    /// When it was last shown.
    used_ms: Option<i64>,
}

impl From<Kept> for FactorWire {
    fn from(kept: Kept) -> Self {
        Self {
            id: kept.id.to_string(),
            kind: kept.kind.word(),
            name: kept.name,
            created_ms: kept.created.0,
            used_ms: kept.used.map(|used| used.0),
        }
    }
}

/// What one signs in with.
#[utoipa::path(get, path = "/api/v1/factors",
    responses((status = 200, body = FactorsAnswer), (status = "default", body = Problem)))]
pub(crate) async fn list(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<axum::Json<FactorsAnswer>, Problem> {
    let facts = ctx.signed_in()?.clone();
    let all = core.blocking(move |core| factors::list(core, &ctx.permit, &facts)).await?;
    Ok(axum::Json(FactorsAnswer {
        second: all.second.into_iter().map(FactorWire::from).collect(),
        recovery_codes_left: all.recovery_codes_left,
        recovery_codes_of: RECOVERY_CODES,
        has_password: all.has_password,
    }))
}

/// Another name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NameRequest {
    name: String,
}

/// Gives a second factor another name.
#[utoipa::path(post, path = "/api/v1/factors/{id}/rename", params(("id" = String, Path)),
    request_body = NameRequest,
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn rename(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(factor): Segment<FactorId>,
    Json(request): Json<NameRequest>,
) -> Result<StatusCode, Problem> {
    let facts = ctx.signed_in()?.clone();
    core.blocking(move |core| {
        factors::rename(core, &ctx.permit, ctx.now, &facts, factor, &request.name)
            .map_err(Problem::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes a second factor. Everywhere else one is signed out.
#[utoipa::path(post, path = "/api/v1/factors/{id}/remove", params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn remove(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(factor): Segment<FactorId>,
) -> Result<StatusCode, Problem> {
    let facts = ctx.signed_in()?.clone();
    core.blocking(move |core| {
        factors::remove(core, &ctx.permit, ctx.now, &facts, factor).map_err(Problem::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Browsers that are not asked for a second factor for a while.
#[derive(Serialize, ToSchema)]
pub(crate) struct RememberedAnswer {
    devices: Vec<DeviceWire>,
}

#[derive(Serialize, ToSchema)]
struct DeviceWire {
    id: String,
    /// What the browser calls itself.
    agent: String,
    since_ms: i64,
    /// For how long it is remembered from then on.
    for_s: u64,
    /// When it last stood for a factor.
    used_ms: Option<i64>,
}

/// Browsers that are not asked for a second factor for a while.
#[utoipa::path(get, path = "/api/v1/remembered",
    responses((status = 200, body = RememberedAnswer), (status = "default", body = Problem)))]
pub(crate) async fn remembered(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<axum::Json<RememberedAnswer>, Problem> {
    let list = core.blocking(move |core| remembered::list(core, &ctx.permit, ctx.now)).await?;
    let devices = list
        .into_iter()
        .map(|device| DeviceWire {
            id: device.id.to_string(),
            agent: device.agent,
            since_ms: device.since.wall.0,
            for_s: device.seconds,
            used_ms: device.used.map(|used| used.0),
        })
        .collect();
    Ok(axum::Json(RememberedAnswer { devices }))
}

/// Asks a browser for the second factor again.
#[utoipa::path(post, path = "/api/v1/remembered/{id}/forget", params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn forget(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(device): Segment<DeviceId>,
) -> Result<StatusCode, Problem> {
    let there =
        core.blocking(move |core| remembered::forget(core, &ctx.permit, ctx.now, device)).await?;
    if there { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found()) }
}
