//! After a security event.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::wire::Json;
use crate::service::core::Core;
use crate::service::security_event;

/// That it is meant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecurityEventRequest {
    /// What the server is called.
    name: String,
}

/// What the act did.
#[derive(Serialize, ToSchema)]
pub(crate) struct SecurityEventAnswer {
    /// Who was told.
    people: usize,
    /// Who is asked for another password: those who have one here, whoever asks included.
    passwords: usize,
    /// Browsers, televisions and apps that were signed out.
    sessions: usize,
}

/// Signs everybody out but whoever asks, asks everybody for a new password, and tells them.
#[utoipa::path(post, path = "/api/v1/security-event", request_body = SecurityEventRequest,
    responses((status = 200, body = SecurityEventAnswer), (status = "default", body = Problem)))]
pub(crate) async fn declare(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<SecurityEventRequest>,
) -> Result<axum::Json<SecurityEventAnswer>, Problem> {
    let facts = ctx.signed_in()?.clone();
    let done = core
        .blocking(move |core| {
            security_event::declare(core, &ctx.permit, ctx.now, &facts, &request.name)
                .map_err(Problem::from)
        })
        .await?;
    let security_event::Done { people, passwords, sessions } = done;
    Ok(axum::Json(SecurityEventAnswer { people, passwords, sessions }))
}
