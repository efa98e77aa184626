//! The words for household profiles.

use axum::http::StatusCode;
use stead_rules::signin::CannotEnter;

use super::Problem;
use crate::service::profiles::ProfileError;

impl From<ProfileError> for Problem {
    fn from(error: ProfileError) -> Self {
        match error {
            ProfileError::NotFound => Self::not_found(),
            ProfileError::NameTaken => Self::invalid(
                "name",
                "profile_name_taken",
                "Another profile of yours is called so. Choose another name.",
            ),
            ProfileError::Name(name) => Self::name(name),
            ProfileError::Pin(_) => {
                Self::invalid("pin", "pin_invalid", "A PIN is 4 to 12 digits. Type one.")
            }
            ProfileError::TooMany(_) => Self::new(
                StatusCode::CONFLICT,
                "profiles_full",
                "There are ten profiles. Remove one before you make another.",
            ),
            ProfileError::PinNeeded => Self::invalid(
                "pin",
                "pin_needed",
                "The owner of this server wants a PIN here. Choose one of 4 to 12 digits.",
            ),
            ProfileError::Cannot(CannotEnter::Missing) => Self::new(
                StatusCode::CONFLICT,
                "pin_missing",
                "The owner of this server wants a PIN for each profile and for yourself. Set them in \
                 the settings first.",
            ),
            ProfileError::Cannot(CannotEnter::Locked) => Self::new(
                StatusCode::FORBIDDEN,
                "pin_locked",
                "Five PINs were wrong. Whose account it is was told: in their settings they let it be \
                 tried again, or set another. Else they sign in anew.",
            ),
            ProfileError::PinWrong { left } => Self::new(
                StatusCode::FORBIDDEN,
                "pin_wrong",
                "This PIN is wrong. Type it again; after five wrong ones none opens.",
            )
            .with("field", "pin")
            .with("tries_left", left),
            ProfileError::Hash(error) => error.into(),
            ProfileError::Core(error) => error.into(),
        }
    }
}
