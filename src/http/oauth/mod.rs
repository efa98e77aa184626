//! `/oauth`: what apps speak that know OAuth 2.0 and nothing of Stead. Bodies are forms, answers
//! and errors are the JSON of RFC 6749, whatever the rest of the API does.

pub(crate) mod device;
mod fields;

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::ctx::Ctx;
use super::error::Problem;
use crate::service::core::Core;

pub(crate) use fields::Fields;

/// The body of a refusal (RFC 6749 §5.2).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Refusal {
    error: &'static str,
    error_description: &'static str,
}

impl Refusal {
    pub(crate) const fn new(error: &'static str, error_description: &'static str) -> Self {
        Self { error, error_description }
    }
}

/// A refusal of this protocol, or a problem that is none of its business: a locked server, a fault.
pub(crate) enum OAuthError {
    Refused(Refusal),
    Other(Problem),
}

impl From<Refusal> for OAuthError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Problem> for OAuthError {
    fn from(problem: Problem) -> Self {
        Self::Other(problem)
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        match self {
            Self::Refused(refusal) => never_kept((StatusCode::BAD_REQUEST, axum::Json(refusal))),
            Self::Other(problem) => problem.into_response(),
        }
    }
}

/// Tokens and refusals are kept by no cache (RFC 6749 §5.1).
pub(crate) fn never_kept(answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

/// Exchanges a grant for a token.
#[utoipa::path(post, path = "/oauth/token",
    responses((status = 200, body = device::TokenAnswer), (status = 400, body = Refusal)))]
pub(crate) async fn token(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    fields: Fields,
) -> Result<Response, OAuthError> {
    match fields.wanted("grant_type")? {
        device::GRANT_TYPE => device::exchange(&core, ctx, &fields).await,
        _ => Err(Refusal::new(
            "unsupported_grant_type",
            "Televisions and apps are let in by the device grant. There is no password grant.",
        )
        .into()),
    }
}
