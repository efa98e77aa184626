//! The claim at an issuer that does not know this server yet: a code to compare, and what came of it.
//! Both calls are for the browser that holds the proof alone.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::claim::{CodesAnswer, EnrolmentAnswer};
use super::issuer::SendRequest;
use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::wire::Json;
use crate::net::qr;
use crate::service::claim::{self, ByCode, Vouched};
use crate::service::core::Core;
use crate::service::issuer::{CodeShown, Look};

/// How it stands.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum ByCodeAnswer {
    /// The step `waiting`: a code to approve at the issuer.
    Waiting(CodeAnswer),
    /// Nothing to show: `none`, `registering`, `denied` or `over`.
    Bare(BareAnswer),
    /// The step `totp`: somebody said yes, and a factor of this server's own follows.
    Factor(EnrolmentAnswer),
    /// The step `codes`.
    Codes(CodesAnswer),
}

/// A code to approve at the issuer.
#[derive(Serialize, ToSchema)]
pub(crate) struct CodeAnswer {
    step: &'static str,
    /// The letters that both pages show.
    user_code: String,
    /// Where they are typed.
    page: String,
    /// The same with the letters filled in.
    link: String,
    /// That as a picture: an SVG document.
    qr_svg: String,
    /// How long the code is good.
    expires_in_s: u64,
    /// When to ask again.
    again_in_s: u64,
}

/// A step with nothing to show.
#[derive(Serialize, ToSchema)]
pub(crate) struct BareAnswer {
    step: &'static str,
    /// When to ask again.
    #[serde(skip_serializing_if = "Option::is_none")]
    again_in_s: Option<u64>,
}

fn answer(by_code: ByCode) -> Result<axum::Json<ByCodeAnswer>, Problem> {
    Ok(axum::Json(match by_code {
        ByCode::LetIn(Vouched::Factor(made)) => ByCodeAnswer::Factor(EnrolmentAnswer::of(&made)?),
        ByCode::LetIn(Vouched::Codes(codes)) => ByCodeAnswer::Codes(CodesAnswer::of(&codes)),
        ByCode::Stands(look) => stands(look)?,
    }))
}

fn stands(look: Look) -> Result<ByCodeAnswer, Problem> {
    let bare = |step| ByCodeAnswer::Bare(BareAnswer { step, again_in_s: None });
    Ok(match look {
        Look::Waiting { shown: CodeShown { code, page, link }, left_seconds, again_seconds } => {
            let qr_svg = qr::svg(&link, "").map_err(|error| Problem::internal(&error))?;
            ByCodeAnswer::Waiting(CodeAnswer {
                step: "waiting",
                user_code: code,
                page,
                link,
                qr_svg,
                expires_in_s: left_seconds,
                again_in_s: again_seconds,
            })
        }
        Look::Registering { again_seconds } => {
            ByCodeAnswer::Bare(BareAnswer { step: "registering", again_in_s: Some(again_seconds) })
        }
        Look::Denied => bare("denied"),
        Look::Over => bare("over"),
        // Who is done has gone on with the wizard.
        Look::Nothing | Look::Done(_) => bare("none"),
    })
}

/// Asks the issuer for a code by which its owner lets this server in.
#[utoipa::path(post, path = "/api/v1/claim/external/code", request_body = SendRequest,
    responses((status = 200, body = ByCodeAnswer), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 502, body = Problem, content_type = "application/problem+json"),
        (status = "default", body = Problem)))]
pub(crate) async fn begin(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(SendRequest {}): Json<SendRequest>,
) -> Result<axum::Json<ByCodeAnswer>, Problem> {
    answer(claim::begin_by_code(&core, &ctx.permit, ctx.now).await?)
}

/// Tells whether somebody has let this server in.
#[utoipa::path(post, path = "/api/v1/claim/external/look", request_body = SendRequest,
    responses((status = 200, body = ByCodeAnswer), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 502, body = Problem, content_type = "application/problem+json"),
        (status = "default", body = Problem)))]
pub(crate) async fn look(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(SendRequest {}): Json<SendRequest>,
) -> Result<axum::Json<ByCodeAnswer>, Problem> {
    answer(claim::look_by_code(&core, &ctx.permit, ctx.now).await?)
}
