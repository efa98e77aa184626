//! The wizard's calls.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use stead_rules::secret::SecretText;
use stead_rules::signin::Password;
use stead_rules::time::WallMs;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::http::cookies::Cookie;
use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::wire::Json;
use crate::net::qr;
use crate::service::claim::{self, Begun, Enrolment, Proof, Standing};
use crate::service::core::Core;

/// A proof of possession and what belongs to it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BeginRequest {
    proof: ProofWire,
    /// The browser's clock, in milliseconds since 1970: a box without a clock takes it.
    browser_time_ms: i64,
    /// Continue here although another browser has begun.
    #[serde(default)]
    take_over: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum ProofWire {
    /// The secret of the link in the set-up page.
    Link { secret: String },
    /// The code on the console.
    Code { code: String },
    /// The owner's own code, from `stead.txt`.
    Own { code: String },
    /// What this phone holds since it waited for the plug pattern.
    Plug { secret: String },
}

/// Where the wizard stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct StepAnswer {
    /// `owner`, `totp`, `codes`, `finish` or `done`.
    step: &'static str,
    /// How long the next step may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in_s: Option<u64>,
    /// Another browser with the proof went on; from this address.
    #[serde(skip_serializing_if = "Option::is_none")]
    taken_over_by: Option<String>,
}

impl StepAnswer {
    fn at(begun: Begun) -> Self {
        Self {
            step: begun.step.word(),
            expires_in_s: Some(begun.expires_in_seconds),
            taken_over_by: None,
        }
    }

    const fn word(step: &'static str) -> Self {
        Self { step, expires_in_s: None, taken_over_by: None }
    }
}

/// Begins a claim.
#[utoipa::path(post, path = "/api/v1/claim/begin", request_body = BeginRequest,
    responses((status = 200, body = StepAnswer), (status = "default", body = Problem)))]
pub(crate) async fn begin(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<BeginRequest>,
) -> Result<Response, Problem> {
    let transport = ctx.transport;
    let (time, take_over) = (WallMs(request.browser_time_ms), request.take_over);
    let proof = match request.proof {
        ProofWire::Link { secret } => Proof::Link(SecretText::new(secret)),
        ProofWire::Code { code } => Proof::Code(SecretText::new(code)),
        ProofWire::Own { code } => {
            let right = claim::is_own_code(&core, &ctx.permit, ctx.now, ctx.peer, code).await?;
            Proof::Own { right }
        }
        ProofWire::Plug { secret } => Proof::Plug(SecretText::new(secret)),
    };
    let begun = core
        .blocking(move |core| {
            claim::begin(core, &ctx.permit, ctx.now, ctx.peer, &proof, take_over, time)
                .map_err(Problem::from)
        })
        .await?;
    let cookie = Cookie::Claim.set(&begun.ticket.to_string(), transport);
    Ok((set(cookie), axum::Json(StepAnswer::at(begun))).into_response())
}

fn set(cookie: Option<axum::http::HeaderValue>) -> axum::http::HeaderMap {
    cookie.map(|value| (header::SET_COOKIE, value)).into_iter().collect()
}

/// Where this browser's claim stands.
#[utoipa::path(get, path = "/api/v1/claim",
    responses((status = 200, body = StepAnswer), (status = "default", body = Problem)))]
pub(crate) async fn standing(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<axum::Json<StepAnswer>, Problem> {
    let standing = core
        .blocking(move |core| claim::standing(core, &ctx.permit, ctx.now).map_err(Problem::from))
        .await?;
    Ok(axum::Json(match standing {
        Standing::Holds(begun) => StepAnswer::at(begun),
        Standing::TakenOver(by) => {
            StepAnswer { taken_over_by: Some(by.to_string()), ..StepAnswer::word("taken_over") }
        }
    }))
}

/// Who the owner will be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnerRequest {
    name: String,
    password: String,
}

/// What the authenticator app is given.
#[derive(Serialize, ToSchema)]
pub(crate) struct EnrolmentAnswer {
    step: &'static str,
    /// `otpauth://…`, for a button.
    otpauth_uri: String,
    /// The secret alone, to be typed or copied.
    secret_base32: String,
    /// The same as a picture: an SVG document.
    qr_svg: String,
}

/// Names the owner.
#[utoipa::path(post, path = "/api/v1/claim/owner", request_body = OwnerRequest,
    responses((status = 200, body = EnrolmentAnswer), (status = "default", body = Problem)))]
pub(crate) async fn owner(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<OwnerRequest>,
) -> Result<axum::Json<EnrolmentAnswer>, Problem> {
    let password = Password::typed(&SecretText::new(request.password));
    let (permit, name) = (&ctx.permit, &request.name);
    let made = claim::name_owner(&core, permit, ctx.now, ctx.peer, name, password).await?;
    Ok(axum::Json(EnrolmentAnswer::of(&made)?))
}

impl EnrolmentAnswer {
    pub(super) fn of(made: &Enrolment) -> Result<Self, Problem> {
        let picture = qr::svg(&made.uri, "QR code for an authenticator app")
            .map_err(|error| Problem::internal(&error))?;
        Ok(Self {
            step: "totp",
            otpauth_uri: made.uri.to_string(),
            secret_base32: made.secret_base32.to_string(),
            qr_svg: picture,
        })
    }
}

/// The authenticator's first code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TotpRequest {
    code: String,
}

/// Codes to keep.
#[derive(Serialize, ToSchema)]
pub(crate) struct CodesAnswer {
    step: &'static str,
    /// Each works once.
    recovery_codes: Vec<String>,
}

/// Confirms the authenticator.
#[utoipa::path(post, path = "/api/v1/claim/totp", request_body = TotpRequest,
    responses((status = 200, body = CodesAnswer), (status = "default", body = Problem)))]
pub(crate) async fn totp(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<TotpRequest>,
) -> Result<axum::Json<CodesAnswer>, Problem> {
    let codes = core
        .blocking(move |core| {
            claim::confirm_totp(core, &ctx.permit, ctx.now, &request.code).map_err(Problem::from)
        })
        .await?;
    Ok(axum::Json(CodesAnswer::of(&codes)))
}

impl CodesAnswer {
    pub(super) fn of(codes: &[Zeroizing<String>]) -> Self {
        let recovery_codes = codes.iter().map(|code| code.to_string()).collect();
        Self { step: "codes", recovery_codes }
    }
}

/// The end of one recovery code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FinishRequest {
    /// The last four characters of any of the codes.
    code_tail: String,
}

/// Makes the owner.
#[utoipa::path(post, path = "/api/v1/claim/finish", request_body = FinishRequest,
    responses((status = 200, body = StepAnswer), (status = "default", body = Problem)))]
pub(crate) async fn finish(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<FinishRequest>,
) -> Result<Response, Problem> {
    let transport = ctx.transport;
    let finished = core
        .blocking(move |core| {
            claim::finish(core, &ctx.permit, ctx.now, &request.code_tail, &ctx.agent)
                .map_err(Problem::from)
        })
        .await?;
    let mut headers = set(Cookie::Session.set(finished.token.expose(), transport));
    if let Some(gone) = Cookie::Claim.clear(transport) {
        headers.append(header::SET_COOKIE, gone);
    }
    Ok((headers, axum::Json(StepAnswer::word("done"))).into_response())
}

/// Gives the claim up.
#[utoipa::path(post, path = "/api/v1/claim/cancel",
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn cancel(State(core): State<Arc<Core>>, ctx: Ctx) -> Result<StatusCode, Problem> {
    core.blocking(move |core| claim::cancel(core, &ctx.permit, ctx.now).map_err(Problem::from))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
