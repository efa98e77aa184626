//! What happened to what somebody signs in with.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use stead_rules::ids::NoticeId;
use utoipa::ToSchema;

use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::wire::Segment;
use crate::service::core::Core;
use crate::service::disown::{self, Next};
use crate::service::notices;

/// What this session has not seen, the newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct NoticesAnswer {
    notices: Vec<NoticeWire>,
}

#[derive(Serialize, ToSchema)]
struct NoticeWire {
    id: String,
    /// What happened: `factor_added`, `factor_removed`, `factor_renamed`,
    /// `recovery_codes_made`, `recovery_code_used`, `recovery_codes_few`, `password_changed`,
    /// `device_remembered`, `device_forgotten`, `reset`, `device_approved`, `signed_in`,
    /// `passkey_copied`, `device_lost`, `disowned`, `authority_made`, `second_factor_asked`,
    /// `backup_made`, `restored` or `update_there`.
    kind: &'static str,
    /// The name of the factor, what a device calls itself, how many codes are left, or what is asked for.
    about: String,
    at_ms: i64,
}

/// What this session has not seen.
#[utoipa::path(get, path = "/api/v1/notices",
    responses((status = 200, body = NoticesAnswer), (status = "default", body = Problem)))]
pub(crate) async fn list(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<axum::Json<NoticesAnswer>, Problem> {
    let list = core.blocking(move |core| notices::list(core, &ctx.permit, ctx.now)).await?;
    let wire = |notice: stead_store::accounts::notices::Notice| NoticeWire {
        id: notice.id.to_string(),
        kind: notice.kind.word(),
        about: notice.about,
        at_ms: notice.at.0,
    };
    Ok(axum::Json(NoticesAnswer { notices: list.into_iter().map(wire).collect() }))
}

/// This session has seen it.
#[utoipa::path(post, path = "/api/v1/notices/{id}/seen", params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn seen(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(notice): Segment<NoticeId>,
) -> Result<StatusCode, Problem> {
    let there = core.blocking(move |core| notices::seen(core, &ctx.permit, notice)).await?;
    if there { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found()) }
}

/// What is to be done next.
#[derive(Serialize, ToSchema)]
pub(crate) struct DisownAnswer {
    /// `new_password`: choose one now. `ask_the_owner`: a new one takes a link or code of the
    /// owner's. `nothing`: there is no password here.
    next: &'static str,
}

/// "It was not me": undoes what the notice tells of, signs out everywhere else, and wants another
/// password.
#[utoipa::path(post, path = "/api/v1/notices/{id}/disown", params(("id" = String, Path)),
    responses((status = 200, body = DisownAnswer), (status = "default", body = Problem)))]
pub(crate) async fn disown(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(notice): Segment<NoticeId>,
) -> Result<axum::Json<DisownAnswer>, Problem> {
    let facts = ctx.signed_in()?.clone();
    let next = core
        .blocking(move |core| {
            disown::disown(core, &ctx.permit, ctx.now, &facts, notice).map_err(Problem::from)
        })
        .await?;
    let next = match next {
        Next::NewPassword => "new_password",
        Next::AskTheOwner => "ask_the_owner",
        Next::Nothing => "nothing",
    };
    Ok(axum::Json(DisownAnswer { next }))
}
