//! Letting televisions and apps in, and passwords for apps.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::wire::Json;
use crate::service::core::Core;
use crate::service::devices::{self, Judge};
use crate::service::{app_passwords, sessions};

/// The code that a device shows.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodeRequest {
    /// Eight letters; case, spaces and dashes do not matter.
    code: String,
}

/// What waits under a code. Nothing that it says of itself is proved.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeviceAnswer {
    /// `tv`, `app` or `server`.
    kind: &'static str,
    /// What it calls itself; may be empty.
    name: String,
    /// What its program calls itself.
    agent: String,
    /// Its address.
    address: String,
    /// Whether it is in a network of the box.
    near: bool,
    /// How long its code is good for yet.
    expires_in_s: u64,
}

fn judge(ctx: &Ctx) -> Result<Judge<'_>, Problem> {
    Ok(Judge { by: ctx.signed_in()?, peer: ctx.peer })
}

/// Shows what waits under a code, before anybody says yes to it.
#[utoipa::path(post, path = "/api/v1/devices/look", request_body = CodeRequest,
    responses((status = 200, body = DeviceAnswer), (status = "default", body = Problem)))]
pub(crate) async fn look(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<CodeRequest>,
) -> Result<axum::Json<DeviceAnswer>, Problem> {
    let seen = core
        .blocking(move |core| {
            let seen = devices::look(core, &ctx.permit, ctx.now, judge(&ctx)?, &request.code)?;
            Ok::<_, Problem>(seen)
        })
        .await?;
    Ok(axum::Json(DeviceAnswer {
        kind: seen.client.word(),
        name: seen.name,
        agent: sessions::shortened(&seen.agent),
        address: seen.address.to_string(),
        near: seen.near,
        expires_in_s: seen.left_seconds,
    }))
}

/// The code that a device shows, and what it is to be called.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeviceApproveRequest {
    code: String,
    name: String,
}

/// Lets a device in, for playback alone.
#[utoipa::path(post, path = "/api/v1/devices/approve", request_body = DeviceApproveRequest,
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn approve(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<DeviceApproveRequest>,
) -> Result<StatusCode, Problem> {
    core.blocking(move |core| {
        let DeviceApproveRequest { code, name } = request;
        devices::approve(core, &ctx.permit, ctx.now, judge(&ctx)?, &code, &name)?;
        Ok::<_, Problem>(StatusCode::NO_CONTENT)
    })
    .await
}

/// Sends a device away.
#[utoipa::path(post, path = "/api/v1/devices/deny", request_body = CodeRequest,
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn deny(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<CodeRequest>,
) -> Result<StatusCode, Problem> {
    core.blocking(move |core| {
        devices::deny(core, &ctx.permit, ctx.now, judge(&ctx)?, &request.code)?;
        Ok::<_, Problem>(StatusCode::NO_CONTENT)
    })
    .await
}

/// Whether people may make passwords for apps.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AppPasswords {
    allowed: bool,
}

/// Whether people may make passwords for apps.
#[utoipa::path(get, path = "/api/v1/app-passwords",
    responses((status = 200, body = AppPasswords), (status = "default", body = Problem)))]
pub(crate) async fn app_passwords(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<axum::Json<AppPasswords>, Problem> {
    let allowed = core.blocking(move |core| app_passwords::are_allowed(core, &ctx.permit)).await?;
    Ok(axum::Json(AppPasswords { allowed }))
}

/// Says whether people may make passwords for apps. Off ends those that there are.
#[utoipa::path(post, path = "/api/v1/settings/app-passwords", request_body = AppPasswords,
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn allow_app_passwords(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<AppPasswords>,
) -> Result<StatusCode, Problem> {
    core.blocking(move |core| app_passwords::allow(core, &ctx.permit, ctx.now, request.allowed))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What the app is called.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AppPasswordRequest {
    name: String,
}

/// A password for one app.
#[derive(Serialize, ToSchema)]
pub(crate) struct AppPasswordAnswer {
    /// The name to type beside it.
    login: String,
    /// Shown now and never again.
    password: String,
}

/// Makes a password for one app, for playback alone.
#[utoipa::path(post, path = "/api/v1/app-passwords", request_body = AppPasswordRequest,
    responses((status = 201, body = AppPasswordAnswer), (status = "default", body = Problem)))]
pub(crate) async fn make_app_password(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<AppPasswordRequest>,
) -> Result<(StatusCode, axum::Json<AppPasswordAnswer>), Problem> {
    let made = core
        .blocking(move |core| {
            let judge = judge(&ctx)?;
            let made = app_passwords::make(core, &ctx.permit, ctx.now, judge, &request.name)?;
            Ok::<_, Problem>(made)
        })
        .await?;
    let password = made.password.expose().to_owned();
    Ok((StatusCode::CREATED, axum::Json(AppPasswordAnswer { login: made.login, password })))
}
