//! The words for age ratings and limits.

use axum::http::StatusCode;
use stead_rules::media::BadAge;

use super::Problem;
use crate::service::ratings::RatingError;

impl From<BadAge> for Problem {
    fn from(_: BadAge) -> Self {
        Self::invalid("age", "age_invalid", "An age is from 0 to 21 years. Choose another.")
    }
}

impl From<RatingError> for Problem {
    fn from(error: RatingError) -> Self {
        match error {
            RatingError::NotFound => Self::not_found(),
            RatingError::Tends => Self::new(
                StatusCode::CONFLICT,
                "limit_for_members",
                "The owner and administrators see everything. Make this person a member first, or \
                 make a profile and limit that.",
            ),
            RatingError::Core(error) => error.into(),
        }
    }
}
