//! The words for what an owner requires, exempts from and groups.

use axum::http::StatusCode;
use stead_rules::policy::{CannotExempt, CannotRequire};

use super::Problem;
use crate::service::policy::PolicyError;

impl From<PolicyError> for Problem {
    fn from(error: PolicyError) -> Self {
        match error {
            PolicyError::NotFound => Self::not_found(),
            PolicyError::Require(cannot) => Self::cannot_require(cannot),
            PolicyError::Exempt(cannot) => cannot.into(),
            PolicyError::ReasonTooLong => Self::invalid(
                "reason",
                "reason_too_long",
                "This reason is too long. Use at most 200 characters.",
            ),
            PolicyError::Stands => Self::new(
                StatusCode::CONFLICT,
                "requirement_stands",
                "This requirement can be read. Switch it off instead, so that what is used up of \
                 people's time to set up a factor is not forgotten.",
            ),
            PolicyError::GroupIsRequired(_) => Self::new(
                StatusCode::CONFLICT,
                "group_required",
                "Something is required of this group. Switch that off first, then remove the group.",
            ),
            PolicyError::GroupNameTaken => Self::new(
                StatusCode::CONFLICT,
                "group_name_taken",
                "Another group has this name already. Choose another one.",
            )
            .with("field", "name"),
            PolicyError::GroupsFull => Self::new(
                StatusCode::CONFLICT,
                "groups_full",
                "There are as many groups as there may be. Remove one that nobody needs first.",
            ),
            PolicyError::Name(name) => Self::name(name),
            PolicyError::RemindedAlready { seconds } => Self::new(
                StatusCode::CONFLICT,
                "reminded_already",
                "This person was reminded less than a day ago. Try again tomorrow.",
            )
            .retry_after(seconds),
            PolicyError::NothingAsked => Self::new(
                StatusCode::CONFLICT,
                "nothing_asked",
                "This person has everything that is required of them, or need not have it. There \
                 is nothing to remind of.",
            ),
            PolicyError::Core(error) => error.into(),
        }
    }
}

impl Problem {
    fn cannot_require(cannot: CannotRequire) -> Self {
        match cannot {
            CannotRequire::Grace => Self::invalid(
                "grace_days",
                "grace_out_of_range",
                "People can be given 0 to 90 days to set up a factor. Type a number in between.",
            ),
            CannotRequire::MaxAge => Self::invalid(
                "max_age_s",
                "max_age_out_of_range",
                "A factor can be asked for again after one hour to 90 days. Type a time in between.",
            ),
            CannotRequire::Level => Self::invalid(
                "level",
                "level_too_low",
                "A requirement asks for a second factor. Choose one of the levels that do.",
            ),
            CannotRequire::OwnFactor => Self::new(
                StatusCode::CONFLICT,
                "own_factor_missing",
                "You have no such factor yourself, so this would lock you out. Set one up under \
                 Security first.",
            ),
            CannotRequire::RecoveryCodes => Self::new(
                StatusCode::CONFLICT,
                "recovery_codes_missing",
                "You have no recovery codes left, so a lost phone would lock you out. Make new ones \
                 under Security first.",
            ),
            CannotRequire::NameNotTrusted => Self::new(
                StatusCode::CONFLICT,
                "name_not_trusted",
                "Nobody could make a passkey here yet, since browsers do not trust the name of this \
                 server. Install its certificate and make a passkey of your own first.",
            ),
        }
    }

    pub(in crate::http) fn bad_about() -> Self {
        Self::invalid(
            "about",
            "bad_about",
            "A requirement is about the server, or about one group or library. Name the group or \
             the library, and nothing else.",
        )
    }

    /// Why nothing may be required of anybody yet, for a page that offers the switch.
    pub(in crate::http) fn code_of(asked: Result<(), CannotRequire>) -> Option<&'static str> {
        asked.err().map(|cannot| Self::cannot_require(cannot).code())
    }
}

impl From<CannotExempt> for Problem {
    fn from(cannot: CannotExempt) -> Self {
        match cannot {
            CannotExempt::Privileged => Self::new(
                StatusCode::CONFLICT,
                "privileged_not_exempt",
                "Who administers this server always needs a second factor, so nobody of them can be \
                 exempt. Make them a member first.",
            ),
            CannotExempt::Length => Self::invalid(
                "days",
                "exemption_length",
                "An exemption lasts 1 to 366 days. Type a number in between.",
            ),
            CannotExempt::NoReason => Self::invalid(
                "reason",
                "reason_missing",
                "Say why, for whoever looks at this in half a year.",
            ),
        }
    }
}
