//! The words for what an owner does with people, and for ways back.

use axum::http::StatusCode;
use stead_rules::signin::{NoHelp, TimeSource};

use super::Problem;
use super::codes::{claims_wrong_code_words, wrong_code_words};
use crate::service::people::PeopleError;
use crate::service::rescue::RescueError;

impl From<PeopleError> for Problem {
    fn from(error: PeopleError) -> Self {
        match error {
            PeopleError::NotFound => Self::not_found(),
            PeopleError::Owner => Self::not_for_owner(),
            PeopleError::Core(error) => error.into(),
        }
    }
}

impl From<RescueError> for Problem {
    fn from(error: RescueError) -> Self {
        match error {
            RescueError::Over => Self::new(
                StatusCode::FORBIDDEN,
                "way_back_over",
                "This way back is over: it was used, is too old, or another one took its place. \
                 Ask for another.",
            ),
            RescueError::NotInHand => Self::new(
                StatusCode::FORBIDDEN,
                "not_in_hand",
                "This does not prove that the box is yours. Type the code that it was set up with, \
                 show it with its plug, or run `stead rescue` on it and open the link that it \
                 shows within 15 minutes.",
            ),
            RescueError::WrongCode => Self::wrong_code(
                StatusCode::UNAUTHORIZED,
                "wrong_code",
                None,
                "This recovery code is wrong or was used already. Take another one of the list."
                    .to_owned(),
            ),
            RescueError::SlowDown { seconds } => {
                Self::slow_down(seconds, "There were several wrong tries. Wait, then try again.")
            }
            RescueError::TotpWrong { drift, judged_by } => {
                let detail = match judged_by {
                    TimeSource::Server => wrong_code_words(drift),
                    TimeSource::Browser => claims_wrong_code_words(drift),
                };
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                Self::wrong_code(status, "totp_wrong", drift, detail)
            }
            RescueError::Password(password) => Self::password(password),
            RescueError::NotFound => Self::not_found(),
            RescueError::NoHelp(NoHelp::Owner) => Self::not_for_owner(),
            RescueError::NoHelp(NoHelp::NoPasswordHere) => Self::new(
                StatusCode::CONFLICT,
                "no_password_here",
                "This person signs in elsewhere, so there is no password here to set anew.",
            ),
            RescueError::File(error) => Self::internal(&error),
            RescueError::Hash(error) => error.into(),
            RescueError::Claim(error) => error.into(),
            RescueError::Core(error) => error.into(),
        }
    }
}

impl Problem {
    fn not_for_owner() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "not_for_owner",
            "This is not done to the owner. The owner's way back is a recovery code and \
             `stead rescue` on the box.",
        )
    }
}
