//! Ways back for whoever forgot or lost what they sign in with. Secrets come in bodies only: a
//! page takes them out of its address's fragment, which no browser sends.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use stead_rules::secret::SecretText;
use stead_rules::signin::Password;
use stead_rules::time::WallMs;
use utoipa::ToSchema;

use crate::http::cookies::Cookie;
use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::v1::signin::asker;
use crate::http::wire::Json;
use crate::net::qr;
use crate::service::core::Core;
use crate::service::rescue::{self, Codes, Enrolment, Possession, Renewal, RescueError};

/// The secret of a link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResetLookRequest {
    secret: String,
}

/// What a link is for.
#[derive(Serialize, ToSchema)]
pub(crate) struct ResetLookAnswer {
    /// Whose password it sets.
    name: String,
    /// Whether an authenticator is set up anew, too.
    new_factor: bool,
    password_min_chars: usize,
}

/// Tells what a link is for; that uses nothing up.
#[utoipa::path(post, path = "/api/v1/reset/look", request_body = ResetLookRequest,
    responses((status = 200, body = ResetLookAnswer), (status = "default", body = Problem)))]
pub(crate) async fn look(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<ResetLookRequest>,
) -> Result<axum::Json<ResetLookAnswer>, Problem> {
    let secret = SecretText::new(request.secret);
    let look = core
        .blocking(move |core| {
            rescue::look(core, &ctx.permit, ctx.now, &secret).map_err(Problem::from)
        })
        .await?;
    Ok(axum::Json(ResetLookAnswer {
        name: look.login,
        new_factor: look.new_factor,
        password_min_chars: look.password_min_chars,
    }))
}

/// What the authenticator app is given.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewFactorAnswer {
    /// `otpauth://…`, for a button.
    otpauth_uri: String,
    /// The secret alone, to be typed or copied.
    secret_base32: String,
    /// The same as a picture: an SVG document.
    qr_svg: String,
}

impl NewFactorAnswer {
    pub(super) fn of(made: &Enrolment) -> Result<Self, Problem> {
        let picture = qr::svg(&made.uri, "QR code for an authenticator app")
            .map_err(|error| Problem::internal(&error))?;
        Ok(Self {
            otpauth_uri: made.uri.to_string(),
            secret_base32: made.secret_base32.to_string(),
            qr_svg: picture,
        })
    }
}

/// Makes the new authenticator of a link that asks for one.
#[utoipa::path(post, path = "/api/v1/reset/factor", request_body = ResetLookRequest,
    responses((status = 200, body = NewFactorAnswer), (status = "default", body = Problem)))]
pub(crate) async fn factor(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<ResetLookRequest>,
) -> Result<axum::Json<NewFactorAnswer>, Problem> {
    let secret = SecretText::new(request.secret);
    let made = core
        .blocking(move |core| {
            rescue::enrol(core, &ctx.permit, ctx.now, &secret).map_err(Problem::from)
        })
        .await?;
    Ok(axum::Json(NewFactorAnswer::of(&made)?))
}

/// The new password, by a link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResetRequest {
    secret: String,
    password: String,
    /// The first code of the new authenticator, where the link asks for one.
    #[serde(default)]
    totp_code: Option<String>,
    /// The browser's clock, in milliseconds since 1970: a box without a clock takes it.
    browser_time_ms: i64,
}

/// What was set.
#[derive(Serialize, ToSchema)]
pub(crate) struct RenewedAnswer {
    /// New recovery codes, if there is a new authenticator. Each works once.
    recovery_codes: Vec<String>,
}

impl From<Codes> for RenewedAnswer {
    fn from(codes: Codes) -> Self {
        Self { recovery_codes: codes.iter().map(|code| code.to_string()).collect() }
    }
}

fn renewal(password: String, totp_code: Option<String>, browser_time_ms: i64) -> Renewal {
    Renewal {
        password: Password::typed(&SecretText::new(password)),
        totp_code,
        browser_time: WallMs(browser_time_ms),
    }
}

/// Sets a new password by a link, which is used up. Whoever has no second factor adds the first one in
/// this browser.
#[utoipa::path(post, path = "/api/v1/reset", request_body = ResetRequest,
    responses((status = 200, body = RenewedAnswer), (status = "default", body = Problem)))]
pub(crate) async fn reset(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<ResetRequest>,
) -> Result<Response, Problem> {
    let secret = SecretText::new(request.secret);
    let renewal = renewal(request.password, request.totp_code, request.browser_time_ms);
    let (permit, asker) = (&ctx.permit, asker(&ctx));
    let done = rescue::finish(&core, permit, ctx.now, asker, secret, renewal).await?;
    let cookie = done.device.and_then(|token| Cookie::Device.set(token.expose(), ctx.transport));
    let headers: HeaderMap = cookie.map(|value| (header::SET_COOKIE, value)).into_iter().collect();
    Ok((headers, axum::Json(RenewedAnswer::from(done.codes))).into_response())
}

/// The owner's two proofs.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RescueBeginRequest {
    possession: PossessionWire,
    recovery_code: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum PossessionWire {
    /// The secret of the link that `stead rescue` shows.
    Secret { secret: String },
    /// The owner's own code, from `stead.txt`.
    Own { code: String },
    /// What this phone holds since it waited for the plug pattern.
    Plug { secret: String },
}

/// How the owner goes on.
#[derive(Serialize, ToSchema)]
pub(crate) struct RescueBegunAnswer {
    /// Comes back with the new password.
    ticket: String,
    /// Whose password is set.
    name: String,
    password_min_chars: usize,
    /// A new authenticator, for whoever lost the old one.
    factor: NewFactorAnswer,
}

/// Begins the owner's way back: a recovery code and proof that the box is in hand.
#[utoipa::path(post, path = "/api/v1/rescue/owner", request_body = RescueBeginRequest,
    responses((status = 200, body = RescueBegunAnswer), (status = "default", body = Problem)))]
pub(crate) async fn begin_owner(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<RescueBeginRequest>,
) -> Result<axum::Json<RescueBegunAnswer>, Problem> {
    let shown = match request.possession {
        PossessionWire::Secret { secret } => Possession::Secret(SecretText::new(secret)),
        PossessionWire::Own { code } => {
            let code = SecretText::new(code);
            let right = rescue::is_own_code(&core, &ctx.permit, ctx.now, ctx.peer, &code).await?;
            Possession::Own { right }
        }
        PossessionWire::Plug { secret } => Possession::Plug(SecretText::new(secret)),
    };
    let code = SecretText::new(request.recovery_code);
    let begun = core
        .blocking(move |core| {
            rescue::begin(core, &ctx.permit, ctx.now, ctx.peer, &shown, &code)
                .map_err(Problem::from)
        })
        .await?;
    Ok(axum::Json(RescueBegunAnswer {
        ticket: begun.ticket.to_string(),
        name: begun.login,
        password_min_chars: begun.password_min_chars,
        factor: NewFactorAnswer::of(&begun.enrolment)?,
    }))
}

/// The owner's new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RescueFinishRequest {
    ticket: String,
    password: String,
    /// The first code of the new authenticator, if it takes the place of the old one.
    #[serde(default)]
    totp_code: Option<String>,
    /// The browser's clock, in milliseconds since 1970: a box without a clock takes it.
    browser_time_ms: i64,
}

/// Sets the owner's new password; recovery code and proof are used up.
#[utoipa::path(post, path = "/api/v1/rescue/owner/finish", request_body = RescueFinishRequest,
    responses((status = 200, body = RenewedAnswer), (status = "default", body = Problem)))]
pub(crate) async fn finish_owner(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<RescueFinishRequest>,
) -> Result<axum::Json<RenewedAnswer>, Problem> {
    let ticket = request.ticket.parse().map_err(|_| RescueError::Over)?;
    let renewal = renewal(request.password, request.totp_code, request.browser_time_ms);
    let (permit, peer) = (&ctx.permit, ctx.peer);
    let codes = rescue::finish_owner(&core, permit, ctx.now, peer, ticket, renewal).await?;
    Ok(axum::Json(codes.into()))
}
