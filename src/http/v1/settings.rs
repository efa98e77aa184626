//! The server's settings, for its owner.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::wire::Json;
use crate::service::core::Core;
use crate::service::settings;

/// The server's settings.
#[derive(Serialize, ToSchema)]
pub(crate) struct SettingsAnswer {
    name: String,
    /// Where it can be reached, its name first.
    urls: Vec<String>,
    /// SHA-256 of the box's own CA.
    ca_fingerprint_sha256: String,
    version: &'static str,
    /// Who may play over plain http: `off` or `on-link`, by the configuration.
    plain_playback: &'static str,
    /// The only folders in which libraries may be made.
    media_roots: Vec<String>,
    /// Free space where the database lies.
    #[serde(skip_serializing_if = "Option::is_none")]
    data_free_bytes: Option<u64>,
}

/// The server's settings.
#[utoipa::path(get, path = "/api/v1/settings",
    responses((status = 200, body = SettingsAnswer), (status = "default", body = Problem)))]
pub(crate) async fn read(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<axum::Json<SettingsAnswer>, Problem> {
    let settings = core.blocking(move |core| settings::read(core, &ctx.permit)).await?;
    Ok(axum::Json(SettingsAnswer {
        name: settings.name,
        urls: settings.urls,
        ca_fingerprint_sha256: settings.ca_fingerprint,
        version: env!("CARGO_PKG_VERSION"),
        plain_playback: settings.plain_playback,
        media_roots: settings.media_roots,
        data_free_bytes: settings.data_free_bytes,
    }))
}

/// What may be changed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingsRequest {
    /// What people call the server.
    name: String,
}

/// Changes the server's settings.
#[utoipa::path(post, path = "/api/v1/settings", request_body = SettingsRequest,
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn write(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<SettingsRequest>,
) -> Result<StatusCode, Problem> {
    let now = ctx.now;
    core.blocking(move |core| {
        settings::rename(core, &ctx.permit, now, &request.name).map_err(Problem::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
