//! Passkeys: one's own, and signing in with them.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use stead_rules::ids::TicketId;
use stead_rules::limits::PASSKEYS_MAX;
use utoipa::ToSchema;
use webauthn_rs::prelude::{PublicKeyCredential, RegisterPublicKeyCredential};

use super::signin::{asker, done, raised, session_cookie};
use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::site::AskedSite;
use crate::http::wire::Json;
use crate::service::core::Core;
use crate::service::passkeys::{self, Begun, PasskeyError, PasskeyView};
use crate::service::signin::Opened;

/// One's own passkeys.
#[derive(Serialize, ToSchema)]
pub(crate) struct PasskeysAnswer {
    passkeys: Vec<PasskeyWire>,
    /// Whether the name this page was opened by can have passkeys; a browser may still not.
    possible_here: bool,
    /// The address to open for passkeys.
    origin: String,
    /// How many there may be.
    most: usize,
}

#[derive(Serialize, ToSchema)]
struct PasskeyWire {
    id: String,
    name: String,
    /// The name of the box that it was made for.
    made_for: String,
    /// Whether it can be used on this page.
    usable_here: bool,
    created_ms: i64,
    /// The last sign-in with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    used_ms: Option<i64>,
}

impl From<PasskeyView> for PasskeyWire {
    fn from(PasskeyView { row, usable_here }: PasskeyView) -> Self {
        Self {
            id: row.id.to_string(),
            name: row.name,
            made_for: row.rp_id,
            usable_here,
            created_ms: row.created.0,
            used_ms: row.used.map(|used| used.0),
        }
    }
}

/// One's own passkeys.
#[utoipa::path(get, path = "/api/v1/passkeys",
    responses((status = 200, body = PasskeysAnswer), (status = "default", body = Problem)))]
pub(crate) async fn list(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    site: AskedSite,
) -> Result<axum::Json<PasskeysAnswer>, Problem> {
    let user = ctx.signed_in()?.user.clone();
    let origin = core.reach().urls().into_iter().next().unwrap_or_default();
    let site = site.0.ok();
    let possible_here = site.is_some();
    let own =
        core.blocking(move |core| passkeys::list(core, &ctx.permit, &user, site.as_ref())).await?;
    let passkeys = own.into_iter().map(PasskeyWire::from).collect();
    Ok(axum::Json(PasskeysAnswer { passkeys, possible_here, origin, most: PASSKEYS_MAX }))
}

/// A challenge for the browser.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChallengeAnswer {
    /// Comes back with what the authenticator answers.
    ceremony: String,
    /// For `navigator.credentials`, as PublicKeyCredential's `parse…OptionsFromJSON` takes it.
    #[schema(value_type = Object)]
    options: Value,
}

impl From<Begun> for ChallengeAnswer {
    fn from(Begun { ceremony, options }: Begun) -> Self {
        Self { ceremony: ceremony.to_string(), options }
    }
}

/// Gives out a challenge for a new passkey.
#[utoipa::path(post, path = "/api/v1/passkeys/begin",
    responses((status = 200, body = ChallengeAnswer), (status = "default", body = Problem)))]
pub(crate) async fn begin(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    site: AskedSite,
) -> Result<axum::Json<ChallengeAnswer>, Problem> {
    let (facts, site) = (ctx.signed_in()?.clone(), site.site()?);
    let begun = core
        .blocking(move |core| {
            let asker = asker(&ctx);
            passkeys::begin_registration(core, &ctx.permit, ctx.now, &asker, &facts, &site)
        })
        .await?;
    Ok(axum::Json(begun.into()))
}

/// What the authenticator made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPasskeyRequest {
    /// From the challenge.
    ceremony: String,
    /// What its owner calls it.
    name: String,
    /// `PublicKeyCredential.toJSON()`.
    #[schema(value_type = Object)]
    credential: RegisterPublicKeyCredential,
}

/// A passkey that was made.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewPasskeyAnswer {
    id: String,
}

/// Keeps a new passkey. This session gets another token, unless a recovery code was shown in it.
#[utoipa::path(post, path = "/api/v1/passkeys", request_body = NewPasskeyRequest,
    responses((status = 200, body = NewPasskeyAnswer), (status = "default", body = Problem)))]
pub(crate) async fn add(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    site: AskedSite,
    Json(request): Json<NewPasskeyRequest>,
) -> Result<Response, Problem> {
    let (facts, site) = (ctx.signed_in()?.clone(), site.site()?);
    let transport = ctx.transport;
    let (id, token) = core
        .blocking(move |core| {
            let made = passkeys::Made {
                ceremony: ceremony(&request.ceremony)?,
                name: &request.name,
                credential: &request.credential,
            };
            passkeys::finish_registration(core, &ctx.permit, ctx.now, &facts, &site, &made)
        })
        .await?;
    let answer = axum::Json(NewPasskeyAnswer { id: id.to_string() });
    Ok(match token {
        Some(token) => (session_cookie(&token, transport), answer).into_response(),
        None => answer.into_response(),
    })
}

/// Who wants to sign in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasskeySignInRequest {
    /// Of a sign-in whose password was right; without it anybody's passkey may answer.
    #[serde(default)]
    ticket: Option<String>,
}

/// Gives out a challenge to sign in with a passkey. Without a ticket it says nothing of who has one.
#[utoipa::path(post, path = "/api/v1/signin/passkey/begin", request_body = PasskeySignInRequest,
    responses((status = 200, body = ChallengeAnswer), (status = "default", body = Problem)))]
pub(crate) async fn begin_sign_in(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    site: AskedSite,
    Json(request): Json<PasskeySignInRequest>,
) -> Result<axum::Json<ChallengeAnswer>, Problem> {
    let site = site.site()?;
    let ticket = request.ticket.as_deref().map(ceremony).transpose()?;
    let begun = core
        .blocking(move |core| {
            passkeys::begin_sign_in(core, &ctx.permit, ctx.now, &asker(&ctx), &site, ticket)
        })
        .await?;
    Ok(axum::Json(begun.into()))
}

/// What the authenticator answered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShownPasskeyRequest {
    /// From the challenge.
    ceremony: String,
    /// `PublicKeyCredential.toJSON()`.
    #[schema(value_type = Object)]
    credential: PublicKeyCredential,
}

/// Signs in with a passkey.
#[utoipa::path(post, path = "/api/v1/signin/passkey", request_body = ShownPasskeyRequest,
    responses((status = 200, body = super::signin::SignInAnswer),
        (status = "default", body = Problem)))]
pub(crate) async fn sign_in(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    site: AskedSite,
    Json(request): Json<ShownPasskeyRequest>,
) -> Result<Response, Problem> {
    let (site, transport) = (site.site()?, ctx.transport);
    let token = core
        .blocking(move |core| {
            let id = ceremony(&request.ceremony)?;
            let shown = &request.credential;
            passkeys::sign_in(core, &ctx.permit, ctx.now, &asker(&ctx), &site, id, shown)
        })
        .await?;
    Ok(done(&Opened { token, device: None }, transport))
}

/// Gives out a challenge to show a passkey anew.
#[utoipa::path(post, path = "/api/v1/stepup/passkey/begin",
    responses((status = 200, body = ChallengeAnswer), (status = "default", body = Problem)))]
pub(crate) async fn begin_step_up(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    site: AskedSite,
) -> Result<axum::Json<ChallengeAnswer>, Problem> {
    let (facts, site) = (ctx.signed_in()?.clone(), site.site()?);
    let begun = core
        .blocking(move |core| {
            passkeys::begin_step_up(core, &ctx.permit, ctx.now, &asker(&ctx), &facts, &site)
        })
        .await?;
    Ok(axum::Json(begun.into()))
}

/// Raises this session by a passkey; it gets another token.
#[utoipa::path(post, path = "/api/v1/stepup/passkey", request_body = ShownPasskeyRequest,
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn step_up(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    site: AskedSite,
    Json(request): Json<ShownPasskeyRequest>,
) -> Result<Response, Problem> {
    let (facts, site) = (ctx.signed_in()?.clone(), site.site()?);
    let transport = ctx.transport;
    let token = core
        .blocking(move |core| {
            let id = ceremony(&request.ceremony)?;
            let shown = &request.credential;
            passkeys::step_up(core, &ctx.permit, ctx.now, &facts, &site, id, shown)
        })
        .await?;
    Ok(raised(&token, transport))
}

fn ceremony(text: &str) -> Result<TicketId, PasskeyError> {
    text.parse().map_err(|_| PasskeyError::CeremonyOver)
}
