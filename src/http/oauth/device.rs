//! The device grant (RFC 8628) for televisions, apps and servers that are being claimed.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use stead_rules::limits::{DEVICE_POLL_SECONDS, REGISTRATION_TOKEN_SECONDS, SESSION_IDLE_SECONDS};
use stead_rules::signin::{DeviceClient, PLAYBACK_SCOPE, SERVER_SCOPES};

use super::error::OAuthError;
use super::form::Members;
use super::token::TokenAnswer;
use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::v1::tv::complete;
use crate::service::core::Core;
use crate::service::devices::{self, Asked, DeviceError, Introduction, Offer, Polled};

/// RFC 8628 §3.2.
#[derive(Serialize)]
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
#[utoipa::path(post, path = "/oauth/device_authorization", responses((status = 200)))]
pub(crate) async fn authorize(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    fields: Members,
) -> Result<axum::Json<DeviceAuthorization>, OAuthError> {
    let client = client(&core, &fields)?;
    if !fields.get("scope").is_none_or(|scope| client.may_ask_for(scope)) {
        return Err(OAuthError::of("invalid_scope", "This client is not given that."));
    }
    let name = fields.get("device_name").unwrap_or_default().to_owned();
    let offer = core
        .blocking(move |core| {
            let (agent, peer) = (ctx.agent.clone(), ctx.peer);
            let asked = Asked { client, name, agent, peer, plain: false };
            devices::ask(core, &ctx.permit, ctx.now, asked).map_err(Problem::from)
        })
        .await?;
    Ok(axum::Json(answer(offer)))
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

fn client(core: &Core, fields: &Members) -> Result<DeviceClient, OAuthError> {
    let client = DeviceClient::from_id(fields.need("client_id")?);
    client
        .filter(|client| devices::takes(core, *client))
        .ok_or_else(|| OAuthError::of("invalid_client", "This server knows no client of that id."))
}

/// Exchanges a device's code for a token, once.
pub(super) async fn exchange(
    core: &Arc<Core>,
    ctx: Ctx,
    fields: &Members,
) -> Result<TokenAnswer, OAuthError> {
    let client = client(core, fields)?;
    let code = fields.need("device_code")?.to_owned();
    let polled =
        core.blocking(move |core| devices::poll(core, &ctx.permit, ctx.now, client, &code)).await;
    let refusal = match polled {
        Ok(Polled::Done(token)) => {
            return Ok(TokenAnswer {
                access_token: token.expose().to_owned(),
                token_type: "Bearer",
                // It ends when it was not used for so long; each use begins that anew.
                expires_in: SESSION_IDLE_SECONDS,
                refresh_token: None,
                id_token: None,
                scope: PLAYBACK_SCOPE.to_owned(),
            });
        }
        Ok(Polled::Registers(Introduction { registration, id_token })) => {
            return Ok(TokenAnswer {
                access_token: registration.expose().to_owned(),
                token_type: "Bearer",
                expires_in: REGISTRATION_TOKEN_SECONDS,
                refresh_token: None,
                id_token: Some(id_token),
                scope: SERVER_SCOPES.join(" "),
            });
        }
        Ok(Polled::Pending) => OAuthError::of("authorization_pending", "Nobody has said yes yet."),
        Ok(Polled::SlowDown) => OAuthError::of("slow_down", "Wait five seconds longer each time."),
        Ok(Polled::Denied) => OAuthError::of("access_denied", "Somebody said no."),
        Ok(Polled::Over) => {
            OAuthError::of("expired_token", "The code is void. Ask for another one.")
        }
        Err(DeviceError::NoSuchDevice) => {
            OAuthError::of("invalid_grant", "No such code was given out, or it was used.")
        }
        Err(error) => return Err(Problem::from(error).into()),
    };
    Err(refusal)
}
