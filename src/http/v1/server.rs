//! What anybody near may know of the box, and what its owner's tools read.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use stead_rules::claim::State as Claim;
use stead_rules::policy::{Action, Holder};
use utoipa::ToSchema;

use crate::http::ctx::Ctx;
use crate::http::document::document;
use crate::http::error::Problem;
use crate::service::claim;
use crate::service::core::{Core, permitted};
use crate::service::health::{self, Check};
use crate::service::issuer::ExternalIssuer;
use crate::service::sign_up;

/// What anybody may know.
#[derive(Serialize, ToSchema)]
pub(crate) struct ServerAnswer {
    /// `legacy`, `offered`, `pending`, `claimed`, `orphaned`, `recovery` or `locked`.
    state: &'static str,
    claimed: bool,
    /// `server`, or `accounts` where this is the account service alone.
    kind: &'static str,
    /// Whether anybody may make an account here.
    sign_up: bool,
    /// What its owner calls it.
    name: String,
    /// `stead-ab12.local`
    host_name: String,
    id: String,
    version: &'static str,
    /// Where people's accounts are, if not on this server.
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<String>,
    /// How whoever claims it shows there who they are: `redirect`, or `code` where this server is
    /// not registered there yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    claim_by: Option<&'static str>,
    /// `off` where whoever is in a listed network plays listed folders without a sign-in, until the
    /// server is claimed; else `on`.
    local_security: &'static str,
    /// Whether whoever asks is one of those.
    plays_without_sign_in: bool,
    /// Whether anybody signs in by a password of this server.
    passwords_here: bool,
    /// Why it is locked.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

/// What anybody may know of this server.
#[utoipa::path(get, path = "/api/v1/server",
    responses((status = 200, body = ServerAnswer), (status = "default", body = Problem)))]
pub(crate) async fn server(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<axum::Json<ServerAnswer>, Problem> {
    let card = core.blocking(|core| Ok::<_, Problem>(claim::card(core))).await?;
    let reason = match card.state {
        Claim::Locked(reason) => Some(reason.word()),
        Claim::Factory
        | Claim::Legacy
        | Claim::Offered
        | Claim::Pending(_)
        | Claim::Claimed
        | Claim::Orphaned
        | Claim::Recovery => None,
    };
    let issuer = shown_issuer(&core, &card.state);
    let open = core.local.is_some() && !card.state.was_claimed();
    Ok(axum::Json(ServerAnswer {
        state: card.state.word(),
        claimed: card.state.was_claimed(),
        kind: core.kind.word(),
        sign_up: sign_up::is_open(&core),
        name: card.name,
        host_name: core.reach().host_name.clone(),
        claim_by: issuer.map(|issuer| if issuer.registers_itself() { "code" } else { "redirect" }),
        issuer: issuer.map(|issuer| issuer.name().to_owned()),
        id: core.box_id.to_string(),
        version: env!("CARGO_PKG_VERSION"),
        local_security: if open { "off" } else { "on" },
        plays_without_sign_in: open && ctx.permit.holder() == Holder::Local,
        passwords_here: card.passwords_here,
        reason,
    }))
}

/// The issuer, where people can be sent there, or where whoever claims is led there.
fn shown_issuer<'a>(core: &'a Core, state: &Claim) -> Option<&'a ExternalIssuer> {
    let is_claimed_at = match state {
        Claim::Factory | Claim::Legacy | Claim::Offered | Claim::Pending(_) | Claim::Recovery => {
            true
        }
        Claim::Claimed | Claim::Orphaned | Claim::Locked(_) => false,
    };
    core.issuer.as_ref().filter(|issuer| is_claimed_at || issuer.has_client())
}

/// How the server is.
#[derive(Serialize, ToSchema)]
pub(crate) struct HealthAnswer {
    /// `ok`, or `degraded` when a check fails.
    status: &'static str,
    checks: Vec<CheckWire>,
}

#[derive(Serialize, ToSchema)]
struct CheckWire {
    name: &'static str,
    ok: bool,
}

/// How the server is.
#[utoipa::path(get, path = "/api/v1/health",
    responses((status = 200, body = HealthAnswer), (status = 503, body = HealthAnswer)))]
pub(crate) async fn health(State(core): State<Arc<Core>>) -> Response {
    let checks = health::known(&core).await;
    let (code, status) = verdict(&checks);
    let checks = checks.into_iter().map(|c| CheckWire { name: c.name, ok: c.ok }).collect();
    (code, axum::Json(HealthAnswer { status, checks })).into_response()
}

fn verdict(checks: &[Check]) -> (StatusCode, &'static str) {
    if checks.iter().any(|check| check.vital && !check.ok) {
        (StatusCode::SERVICE_UNAVAILABLE, "degraded")
    } else if checks.iter().any(|check| !check.ok) {
        (StatusCode::OK, "degraded")
    } else {
        (StatusCode::OK, "ok")
    }
}

/// How the server is, in a line a check.
#[utoipa::path(get, path = "/health",
    responses((status = 200, body = String), (status = 503, body = String)))]
pub(crate) async fn health_text(State(core): State<Arc<Core>>) -> Response {
    let checks = health::known(&core).await;
    let (code, status) = verdict(&checks);
    let mut text = format!("{status}\n");
    for check in &checks {
        text.push_str(check.name);
        text.push_str(if check.ok { " ok\n" } else { " failed\n" });
    }
    (code, text).into_response()
}

macro_rules! ca_exports {
    ($($(#[$doc:meta])* $name:ident $path:literal $kind:literal $file:literal $field:ident;)*) => {$(
        $(#[$doc])*
        #[utoipa::path(get, path = $path,
            responses((status = 200, body = String, content_type = $kind)))]
        pub(crate) async fn $name(State(core): State<Arc<Core>>) -> Response {
            let body = core.ca().$field.clone();
            let disposition = concat!("attachment; filename=\"", $file, "\"");
            ([
                (header::CONTENT_TYPE, HeaderValue::from_static($kind)),
                (header::CONTENT_DISPOSITION, HeaderValue::from_static(disposition)),
            ], body)
                .into_response()
        }
    )*};
}

ca_exports! {
    /// The box's CA for Linux and Firefox.
    ca_pem "/api/v1/ca.pem" "application/x-pem-file" "stead-ca.pem" pem;
    /// The box's CA for Windows and Android.
    ca_der "/api/v1/ca.crt" "application/x-x509-ca-cert" "stead-ca.crt" der;
    /// The box's CA for iPhone, iPad and Mac.
    ca_profile "/api/v1/ca.mobileconfig" "application/x-apple-aspen-config" "stead-ca.mobileconfig" profile;
}

/// This document.
#[utoipa::path(get, path = "/openapi.json",
    responses((status = 200, body = Object), (status = "default", body = Problem)))]
pub(crate) async fn openapi() -> axum::Json<utoipa::openapi::OpenApi> {
    axum::Json(document())
}

/// The server's figures for Prometheus.
#[utoipa::path(get, path = "/metrics",
    responses((status = 200, body = String), (status = "default", body = Problem)))]
pub(crate) async fn metrics(State(core): State<Arc<Core>>, ctx: Ctx) -> Result<Response, Problem> {
    permitted(&ctx.permit, Action::Metrics)?;
    let text = core.metrics.text();
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], text).into_response())
}
