//! Showing a factor again in a session that goes on.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use stead_rules::secret::SecretText;
use stead_rules::signin::Password;
use stead_rules::time::WallMs;
use utoipa::ToSchema;

use super::signin::{FactorMethod, asker, offered, raised};
use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::wire::Json;
use crate::service::core::Core;
use crate::service::stepup::{self, Shown};

/// What can be shown.
#[derive(Serialize, ToSchema)]
pub(crate) struct StepUpAnswer {
    /// One of these: `totp`, `recovery`, `passkey`, `approval`, or `password` where there is no
    /// second factor.
    methods: Vec<&'static str>,
    /// The password is asked for beside a code, because this session was opened without it.
    password_too: bool,
}

/// What can be shown to be asked no more for a while.
#[utoipa::path(get, path = "/api/v1/stepup",
    responses((status = 200, body = StepUpAnswer), (status = "default", body = Problem)))]
pub(crate) async fn wanted(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<axum::Json<StepUpAnswer>, Problem> {
    let facts = ctx.signed_in()?.clone();
    let wanted =
        core.blocking(move |core| stepup::wanted(core, &ctx.permit, ctx.now, &facts)).await?;
    let methods = offered(wanted.methods);
    Ok(axum::Json(StepUpAnswer { methods, password_too: wanted.password_too }))
}

/// What is shown.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StepUpRequest {
    /// The kind of the code; none where only the password is shown.
    method: Option<FactorMethod>,
    code: Option<String>,
    password: Option<String>,
    /// The browser's clock, in milliseconds since 1970: a box without a clock takes it.
    browser_time_ms: i64,
}

/// Raises this session by a factor. It gets another token.
#[utoipa::path(post, path = "/api/v1/stepup", request_body = StepUpRequest,
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn show(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<StepUpRequest>,
) -> Result<Response, Problem> {
    let facts = ctx.signed_in()?.clone();
    let shown = Shown {
        factor: request.method.zip(request.code).map(|(method, code)| method.with(code)),
        password: request.password.map(|text| Password::typed(&SecretText::new(text))),
        browser_time: WallMs(request.browser_time_ms),
    };
    let token = stepup::show(&core, &ctx.permit, ctx.now, asker(&ctx), facts, shown).await?;
    Ok(raised(&token, ctx.transport))
}
