//! The words for making an account.

use axum::http::StatusCode;

use super::Problem;
use crate::service::sign_up::SignUpError;

impl From<SignUpError> for Problem {
    fn from(error: SignUpError) -> Self {
        match error {
            SignUpError::Closed => Self::new(
                StatusCode::FORBIDDEN,
                "sign_up_closed",
                "No accounts are made here any more. Ask whoever runs this service.",
            ),
            SignUpError::Full => Self::new(
                StatusCode::CONFLICT,
                "accounts_full",
                "This service has as many accounts as it keeps. Those that are never used go after \
                 a week: try again in some days, or ask whoever runs this service.",
            ),
            SignUpError::NameTaken => Self::name_taken(),
            SignUpError::SlowDown { seconds } => {
                Self::slow_down(seconds, "Several accounts were asked for. Wait, then try again.")
            }
            SignUpError::Name(name) => Self::name(name),
            SignUpError::Password(password) => Self::password(password),
            SignUpError::Hash(hash) => hash.into(),
            SignUpError::Core(error) => error.into(),
        }
    }
}
