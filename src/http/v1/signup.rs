//! Making an account, where the account service stands alone.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use stead_rules::secret::SecretText;
use stead_rules::signin::Password;
use utoipa::ToSchema;

use super::signin::{SignInAnswer, asker, done};
use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::wire::Json;
use crate::service::core::Core;
use crate::service::sign_up;

/// Who makes an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignUpRequest {
    name: String,
    password: String,
}

/// Makes an account, and signs its person in.
#[utoipa::path(post, path = "/api/v1/signup", request_body = SignUpRequest,
    responses((status = 201, body = SignInAnswer), (status = "default", body = Problem)))]
pub(crate) async fn sign_up(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<SignUpRequest>,
) -> Result<Response, Problem> {
    let password = Password::typed(&SecretText::new(request.password));
    let opened =
        sign_up::sign_up(&core, &ctx.permit, ctx.now, asker(&ctx), &request.name, password).await?;
    Ok((StatusCode::CREATED, done(&opened, ctx.transport)).into_response())
}
