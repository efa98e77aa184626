//! Reading requests: bodies, queries and path segments, with refusals in our own words.

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;

use super::error::Problem;

/// A JSON body. Nothing else is taken for a write, so that a form on another site cannot make one.
pub(crate) struct Json<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(&request) {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "json_only",
                "Send the body as application/json.",
            ));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(too_large)?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| bad_json(&error))
    }
}

fn is_json(request: &Request) -> bool {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/json")
}

fn too_large(rejection: BytesRejection) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let detail = "The body is too large. Send only what the call describes.";
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail);
    }
    cut_off()
}

/// What was sent ended before it was whole.
pub(crate) fn cut_off() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "body_unreadable", "The body did not arrive whole.")
}

/// The position and the expected type are told; the value, which may be a secret, is not.
fn bad_json(error: &serde_json::Error) -> Problem {
    let detail = if error.is_data() {
        format!(
            "The body is not what this call takes (line {}, column {}): see /openapi.json.",
            error.line(),
            error.column()
        )
    } else {
        format!("The body is not JSON (line {}, column {}).", error.line(), error.column())
    };
    Problem::new(StatusCode::BAD_REQUEST, "bad_json", detail)
}

/// The query of an address.
pub(crate) struct Params<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query: Result<Query<T>, QueryRejection> = Query::from_request_parts(parts, state).await;
        query.map(|Query(value)| Self(value)).map_err(|_| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "bad_query",
                "A parameter of the address is not what this call takes: see /openapi.json.",
            )
        })
    }
}

/// An id (or another value) in the path. One that is none names nothing: 404.
pub(crate) struct Segment<T>(pub(crate) T);

impl<S: Send + Sync, T: std::str::FromStr> FromRequestParts<S> for Segment<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path: Result<Path<String>, PathRejection> =
            Path::from_request_parts(parts, state).await;
        let Path(text) = path.map_err(|_| Problem::not_found())?;
        text.parse().map(Self).map_err(|_| Problem::not_found())
    }
}
