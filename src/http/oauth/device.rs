//! The device grant (RFC 8628) for televisions and apps.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use stead_rules::limits::{DEVICE_POLL_SECONDS, SESSION_IDLE_SECONDS};
use stead_rules::signin::{DeviceClient, PLAYBACK_SCOPE, scope_is_playback};
use utoipa::ToSchema;

use super::{Fields, OAuthError, Refusal, never_kept};
use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::v1::tv::complete;
use crate::service::core::Core;
use crate::service::devices::{self, Asked, DeviceError, Offer, Polled};

/// The `grant_type` of RFC 8628 §3.4.
pub(crate) const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// RFC 8628 §3.2.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeviceAuthorization {
    device_code: String,
    user_code: String,
    verification_uri: String,
    /// The code stands in the fragment, which no server logs.
    verification_uri_complete: String,
    expires_in: u64,
    interval: u64,
}

/// Gives a device a code to show. `device_name` is what the person sees it call itself.
#[utoipa::path(post, path = "/oauth/device_authorization",
    responses((status = 200, body = DeviceAuthorization), (status = 400, body = Refusal)))]
pub(crate) async fn authorize(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    fields: Fields,
) -> Result<Response, OAuthError> {
    let client = client(&fields)?;
    if !fields.value("scope").is_none_or(scope_is_playback) {
        return Err(Refusal::new("invalid_scope", "The one scope there is: playback.").into());
    }
    let name = fields.value("device_name").unwrap_or_default().to_owned();
    let offer = core
        .blocking(move |core| {
            let asked = Asked { client, name, agent: ctx.agent.clone(), peer: ctx.peer };
            devices::ask(core, &ctx.permit, ctx.now, asked).map_err(Problem::from)
        })
        .await?;
    Ok(never_kept(axum::Json(answer(offer))))
}

fn answer(offer: Offer) -> DeviceAuthorization {
    let Offer { device_code, user_code, pages, expires_in_seconds } = offer;
    let verification_uri = pages.into_iter().next().unwrap_or_default();
    DeviceAuthorization {
        verification_uri_complete: complete(&verification_uri, &user_code),
        verification_uri,
        user_code,
        device_code: device_code.expose().to_owned(),
        expires_in: expires_in_seconds,
        interval: DEVICE_POLL_SECONDS,
    }
}

fn client(fields: &Fields) -> Result<DeviceClient, Refusal> {
    DeviceClient::from_id(fields.wanted("client_id")?)
        .ok_or(Refusal::new("invalid_client", "This server knows no client of that id."))
}

/// RFC 6749 §5.1.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenAnswer {
    access_token: String,
    token_type: &'static str,
    /// It ends when it was not used for so long; each use begins that anew.
    expires_in: u64,
    scope: &'static str,
}

/// Exchanges a device's code for a token, once.
pub(super) async fn exchange(
    core: &Arc<Core>,
    ctx: Ctx,
    fields: &Fields,
) -> Result<Response, OAuthError> {
    let client = client(fields)?;
    let code = fields.wanted("device_code")?.to_owned();
    let polled =
        core.blocking(move |core| devices::poll(core, &ctx.permit, ctx.now, client, &code)).await;
    let refusal = match polled {
        Ok(Polled::Done(token)) => {
            return Ok(never_kept(axum::Json(TokenAnswer {
                access_token: token.expose().to_owned(),
                token_type: "Bearer",
                expires_in: SESSION_IDLE_SECONDS,
                scope: PLAYBACK_SCOPE,
            })));
        }
        Ok(Polled::Pending) => Refusal::new("authorization_pending", "Nobody has said yes yet."),
        Ok(Polled::SlowDown) => Refusal::new("slow_down", "Wait five seconds longer each time."),
        Ok(Polled::Denied) => Refusal::new("access_denied", "Somebody said no."),
        Ok(Polled::Over) => Refusal::new("expired_token", "The code is void. Ask for another one."),
        Err(DeviceError::NoSuchDevice) => {
            Refusal::new("invalid_grant", "No such code was given out, or it was used.")
        }
        Err(error) => return Err(OAuthError::Other(error.into())),
    };
    Err(refusal.into())
}
