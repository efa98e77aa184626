//! Refusals in the form of RFC 6749 §5.2, which programs read: `{error, error_description}`.
//! Words for people are the client's to find; these are for whoever wrote it.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::http::error::Problem;
use crate::service::chain;
use crate::service::core::CoreError;
use crate::service::provider::ProviderError;
use crate::service::provider::tokens::TokenError;

/// A refusal, as a client of OAuth reads it.
#[derive(Debug)]
pub struct OAuthError {
    status: StatusCode,
    error: &'static str,
    description: String,
    /// The scheme to try, where a header said who asks (RFC 6749 §5.2, RFC 6750 §3).
    challenge: Option<&'static str>,
    /// What this protocol has no word for: somebody is slowed down, the disk is full.
    other: Option<Box<Problem>>,
}

#[derive(Serialize)]
struct Body<'a> {
    error: &'a str,
    error_description: &'a str,
}

impl OAuthError {
    /// A refusal with 400, by a code that an RFC registers.
    pub(crate) fn of(error: &'static str, description: &str) -> Self {
        let description = description.to_owned();
        Self { status: StatusCode::BAD_REQUEST, error, description, challenge: None, other: None }
    }

    /// Something is missing, twice, or malformed.
    pub(crate) fn invalid_request(description: &str) -> Self {
        Self::of("invalid_request", description)
    }

    /// A member is missing.
    pub(crate) fn lacks(name: &str) -> Self {
        Self::invalid_request(&format!("The member {name} is missing."))
    }

    /// Who asks is not who they say, or nobody known.
    pub(crate) fn invalid_client() -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            challenge: Some("Basic realm=\"stead\""),
            ..Self::of("invalid_client", "The client is unknown, or did not prove who it is.")
        }
    }

    /// What was shown gives nothing: wrong, used, too old, of another client.
    pub(crate) fn invalid_grant(description: &str) -> Self {
        Self::of("invalid_grant", description)
    }

    /// The client may not use this grant.
    pub(crate) fn unauthorized_client() -> Self {
        Self::of("unauthorized_client", "This client may not use this grant.")
    }

    /// No such grant here.
    pub(crate) fn unsupported_grant_type() -> Self {
        Self::of("unsupported_grant_type", "This grant is not given here.")
    }

    /// The bearer token gives nothing (RFC 6750 §3.1).
    pub(crate) fn invalid_token() -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            challenge: Some("Bearer error=\"invalid_token\""),
            ..Self::of("invalid_token", "The token is unknown, over, or was taken back.")
        }
    }

    /// The token was given for less (RFC 6750 §3.1).
    pub(crate) fn insufficient_scope() -> Self {
        Self {
            status: StatusCode::FORBIDDEN,
            challenge: Some("Bearer error=\"insufficient_scope\""),
            ..Self::of("insufficient_scope", "The token was not given for this.")
        }
    }

    /// Everything unexpected; its causes go to the log.
    fn server_error(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error = %chain(error), "a request of a client failed");
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self { status, ..Self::of("server_error", "Something went wrong in the server.") }
    }

    fn unavailable(description: &str) -> Self {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self { status, ..Self::of("temporarily_unavailable", description) }
    }
}

impl From<Problem> for OAuthError {
    fn from(problem: Problem) -> Self {
        let other = Some(Box::new(problem));
        Self { other, ..Self::of("temporarily_unavailable", "Ask again later.") }
    }
}

impl From<CoreError> for OAuthError {
    fn from(error: CoreError) -> Self {
        match error {
            CoreError::NoStore => Self::unavailable("The server is locked."),
            CoreError::Stopping => Self::unavailable("The server is restarting."),
            CoreError::Store(error) => Self::server_error(&error),
            CoreError::NotPermitted(error) => Self::server_error(&error),
        }
    }
}

impl From<ProviderError> for OAuthError {
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::Core(error) => error.into(),
            error @ ProviderError::Key => Self::server_error(&error),
        }
    }
}

impl From<TokenError> for OAuthError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Refused(why) => Self::invalid_grant(why),
            error @ TokenError::Gone => Self::of("access_denied", &error.to_string()),
            TokenError::Provider(error) => error.into(),
        }
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        if let Some(problem) = self.other {
            return problem.into_response();
        }
        let body = Body { error: self.error, error_description: &self.description };
        let mut response = (self.status, axum::Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(challenge) = self.challenge {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }
}
