//! Mail: where somebody wants to be written to, and how it stands.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::wire::Json;
use crate::service::core::Core;
use crate::service::mail;

/// How the mail stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct MailAnswer {
    /// Who writes; missing where no mail goes out.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// Messages that wait to be taken.
    waiting: u64,
    /// Since when the oldest of them does.
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest_ms: Option<i64>,
    /// Whether as many wait as may: what is told meanwhile is told in the app alone.
    full: bool,
    /// Messages that the mail server has refused for good; the next trial forgets them.
    refused: u64,
    /// When one was last taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_ms: Option<i64>,
    /// What the mail server last said when it did not take one; missing once it has taken one again.
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<String>,
    /// When that was.
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble_ms: Option<i64>,
}

/// How the mail stands.
#[utoipa::path(get, path = "/api/v1/mail",
    responses((status = 200, body = MailAnswer), (status = "default", body = Problem)))]
pub(crate) async fn look(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<axum::Json<MailAnswer>, Problem> {
    let seen = core.blocking(move |core| mail::look(core, &ctx.permit)).await?;
    let standing = seen.standing;
    let (trouble, trouble_ms) = standing.trouble.unzip();
    Ok(axum::Json(MailAnswer {
        from: seen.from,
        waiting: standing.waiting,
        oldest_ms: standing.oldest.map(|at| at.0),
        full: seen.is_full,
        refused: standing.refused,
        sent_ms: standing.sent.map(|at| at.0),
        trouble,
        trouble_ms: trouble_ms.map(|at| at.0),
    }))
}

/// Has a message to oneself sent.
#[utoipa::path(post, path = "/api/v1/mail/test",
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn try_out(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<StatusCode, Problem> {
    core.blocking(move |core| {
        let facts = ctx.signed_in()?;
        mail::try_out(core, &ctx.permit, ctx.now, facts).map_err(Problem::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Where somebody wants to be written to.
#[derive(Serialize, ToSchema)]
pub(crate) struct AddressAnswer {
    /// Missing for nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    /// Whether this server sends mail at all.
    goes_out: bool,
}

/// Where somebody wants to be written to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddressRequest {
    /// Empty or missing for nowhere.
    #[serde(default)]
    address: Option<String>,
}

/// Where one wants to be written to.
#[utoipa::path(get, path = "/api/v1/mail-address",
    responses((status = 200, body = AddressAnswer), (status = "default", body = Problem)))]
pub(crate) async fn address(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<axum::Json<AddressAnswer>, Problem> {
    let goes_out = core.letterbox.is_some();
    let address = core
        .blocking(move |core| {
            let facts = ctx.signed_in()?;
            mail::address(core, &ctx.permit, facts).map_err(Problem::from)
        })
        .await?;
    Ok(axum::Json(AddressAnswer { address, goes_out }))
}

/// Takes an address to write to, or forgets it.
#[utoipa::path(post, path = "/api/v1/mail-address", request_body = AddressRequest,
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn set_address(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<AddressRequest>,
) -> Result<StatusCode, Problem> {
    core.blocking(move |core| {
        let facts = ctx.signed_in()?;
        let typed = request.address.as_deref();
        mail::set_address(core, &ctx.permit, facts, typed).map_err(Problem::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
