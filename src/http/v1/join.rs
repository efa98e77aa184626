//! Coming in by an invitation. The secret comes in bodies only: the page takes it out of its address's
//! fragment, which no browser sends, and no preview of a chat knows.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use stead_rules::secret::SecretText;
use stead_rules::signin::Password;
use stead_rules::time::WallMs;
use utoipa::ToSchema;

use super::rescue::{NewFactorAnswer, RenewedAnswer};
use super::signin::asker;
use crate::http::cookies::Cookie;
use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::wire::Json;
use crate::service::core::Core;
use crate::service::join::{self, Look};
use crate::service::rescue::Renewal;

/// The secret of a link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct JoinLookRequest {
    secret: String,
}

/// What an invitation says.
#[derive(Serialize, ToSchema)]
pub(crate) struct JoinLookAnswer {
    /// Who runs the server.
    owner: String,
    /// What it is called.
    server: String,
    /// Whom it is for, and by what name they will sign in.
    name: String,
    /// `administrator` or `member`.
    role: &'static str,
    /// What they will see, by name.
    libraries: Vec<String>,
    /// The second factor that is asked for: `mfa` or `mfa_phishing_resistant`. An authenticator is
    /// set up here; a passkey, where it must be one, afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<&'static str>,
    /// How long a password alone must be,
    password_min_alone_chars: usize,
    /// and one beside a second factor.
    password_min_chars: usize,
    expires_in_s: u64,
}

impl From<Look> for JoinLookAnswer {
    fn from(look: Look) -> Self {
        Self {
            owner: look.owner,
            server: look.server,
            name: look.name,
            role: look.role.word(),
            libraries: look.libraries,
            asked: look.asked.map(stead_rules::signin::Assurance::word),
            password_min_alone_chars: stead_rules::signin::password_min_chars(0),
            password_min_chars: stead_rules::signin::password_min_chars(1),
            expires_in_s: look.seconds_left,
        }
    }
}

/// Tells what an invitation is for; that uses nothing up.
#[utoipa::path(post, path = "/api/v1/join/look", request_body = JoinLookRequest,
    responses((status = 200, body = JoinLookAnswer), (status = "default", body = Problem)))]
pub(crate) async fn look(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<JoinLookRequest>,
) -> Result<axum::Json<JoinLookAnswer>, Problem> {
    let secret = SecretText::new(request.secret);
    let look = core
        .blocking(move |core| {
            join::look(core, &ctx.permit, ctx.now, &secret).map_err(Problem::from)
        })
        .await?;
    Ok(axum::Json(look.into()))
}

/// Makes the authenticator of an invitation; the same one at each call.
#[utoipa::path(post, path = "/api/v1/join/factor", request_body = JoinLookRequest,
    responses((status = 200, body = NewFactorAnswer), (status = "default", body = Problem)))]
pub(crate) async fn factor(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<JoinLookRequest>,
) -> Result<axum::Json<NewFactorAnswer>, Problem> {
    let secret = SecretText::new(request.secret);
    let made = core
        .blocking(move |core| {
            join::enrol(core, &ctx.permit, ctx.now, &secret).map_err(Problem::from)
        })
        .await?;
    Ok(axum::Json(NewFactorAnswer::of(&made)?))
}

/// Who comes in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct JoinRequest {
    secret: String,
    password: String,
    /// The first code of the authenticator, where there is one.
    #[serde(default)]
    totp_code: Option<String>,
    /// The browser's clock, in milliseconds since 1970: a box without a clock takes it.
    browser_time_ms: i64,
}

/// Makes the account that an invitation is for, and signs its person in. The invitation is used up.
#[utoipa::path(post, path = "/api/v1/join", request_body = JoinRequest,
    responses((status = 201, body = RenewedAnswer), (status = "default", body = Problem)))]
pub(crate) async fn join(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<JoinRequest>,
) -> Result<Response, Problem> {
    let secret = SecretText::new(request.secret);
    let chosen = Renewal {
        password: Password::typed(&SecretText::new(request.password)),
        totp_code: request.totp_code,
        browser_time: WallMs(request.browser_time_ms),
    };
    let (permit, asker) = (&ctx.permit, asker(&ctx));
    let joined = join::join(&core, permit, ctx.now, asker, secret, chosen).await?;
    let session = Cookie::Session.set(joined.opened.token.expose(), ctx.transport);
    let device = joined.opened.device.as_ref();
    let device = device.and_then(|token| Cookie::Device.set(token.expose(), ctx.transport));
    let mut headers = HeaderMap::new();
    for cookie in [session, device].into_iter().flatten() {
        headers.append(header::SET_COOKIE, cookie);
    }
    let answer = RenewedAnswer::from(joined.codes);
    Ok((StatusCode::CREATED, headers, axum::Json(answer)).into_response())
}
