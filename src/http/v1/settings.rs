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
    /// Whether known users go on watching when the server has lost its owner.
    orphaned_playback: bool,
    /// The only folders in which libraries may be made.
    media_roots: Vec<String>,
    /// Free space where the database lies.
    #[serde(skip_serializing_if = "Option::is_none")]
    data_free_bytes: Option<u64>,
    /// What the config file of the owner's own sets, as `section.key`; empty where it does not hold.
    own_config_keys: Vec<String>,
    /// Why the config file of the owner's own is left out; empty where it is not.
    own_config_problems: Vec<String>,
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
        orphaned_playback: settings.orphaned_playback,
        media_roots: settings.media_roots,
        data_free_bytes: settings.data_free_bytes,
        own_config_keys: settings.own_config_keys,
        own_config_problems: settings.own_config_problems,
    }))
}

/// What may be changed; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingsRequest {
    /// What people call the server.
    name: Option<String>,
    /// Whether known users go on watching when the server has lost its owner.
    orphaned_playback: Option<bool>,
}

/// Changes the server's settings.
#[utoipa::path(post, path = "/api/v1/settings", request_body = SettingsRequest,
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn write(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<SettingsRequest>,
) -> Result<StatusCode, Problem> {
    let SettingsRequest { name, orphaned_playback } = request;
    let change = settings::Change { name, orphaned_playback };
    core.blocking(move |core| {
        settings::change(core, &ctx.permit, ctx.now, &change).map_err(Problem::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
