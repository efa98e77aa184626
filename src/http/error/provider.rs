//! The words for programs that let people sign in here.

use axum::http::StatusCode;
use stead_rules::provider::Untrusted;

use super::super::oauth::BadForm;
use super::Problem;
use crate::service::provider::ProviderError;
use crate::service::provider::authorize::AuthorizeError;

impl From<AuthorizeError> for Problem {
    fn from(error: AuthorizeError) -> Self {
        match error {
            AuthorizeError::Untrusted(Untrusted::Client) => Self::new(
                StatusCode::BAD_REQUEST,
                "unknown_client",
                "The app or server that sent you here is not known to this server. Go back and \
                 connect it anew.",
            ),
            AuthorizeError::Untrusted(Untrusted::Redirect) => Self::new(
                StatusCode::BAD_REQUEST,
                "unknown_redirect",
                "Whoever sent you here wants the answer at an address that is not registered, so \
                 nothing was sent. Go back; if you do not know who it was, close this page.",
            ),
            AuthorizeError::Core(error) => error.into(),
        }
    }
}

impl From<BadForm> for Problem {
    fn from(error: BadForm) -> Self {
        let detail = match error {
            BadForm::Twice => {
                "The request names something twice, so nobody can tell what is meant."
            }
            BadForm::TooMany => "The request is longer than any real one.",
        };
        Self::new(StatusCode::BAD_REQUEST, "bad_request", detail)
    }
}

impl From<ProviderError> for Problem {
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::Core(error) => error.into(),
            error @ ProviderError::Key => Self::internal(&error),
        }
    }
}
