//! The words for inviting people, and for coming in.

use axum::http::StatusCode;
use stead_rules::signin::CannotInvite;

use super::Problem;
use crate::service::invitations::InviteError;
use crate::service::join::JoinError;

impl From<InviteError> for Problem {
    fn from(error: InviteError) -> Self {
        match error {
            InviteError::NotFound => Self::not_found(),
            InviteError::NameTaken => Self::name_taken(),
            InviteError::Name(name) => Self::name(name),
            // The role of an owner is none that the call takes.
            InviteError::Cannot(CannotInvite::Owner) => Self::not_found(),
            InviteError::Cannot(CannotInvite::Length) => Self::invalid(
                "days",
                "invitation_length",
                "An invitation is good for 1 to 30 days. Choose a number between them.",
            ),
            InviteError::Cannot(CannotInvite::TooMany) => Self::new(
                StatusCode::CONFLICT,
                "invitations_full",
                "Too many invitations wait. Take some back that nobody will use.",
            ),
            InviteError::Core(error) => error.into(),
        }
    }
}

impl From<JoinError> for Problem {
    fn from(error: JoinError) -> Self {
        match error {
            JoinError::Over => Self::new(
                StatusCode::FORBIDDEN,
                "invitation_over",
                "This invitation is over: it was used, is too old, or was taken back. Ask whoever \
                 invited you for another.",
            ),
            JoinError::NoOwner => Self::new(
                StatusCode::FORBIDDEN,
                "orphaned",
                "This server has no owner at the moment, so nobody new comes in. The invitation is \
                 good again when its owner is back.",
            ),
            JoinError::MoreIsAsked => Self::new(
                StatusCode::CONFLICT,
                "invitation_asks_more",
                "A second factor is asked for here by now. The invitation is still good: go on and \
                 set one up.",
            ),
            JoinError::NameTaken => Self::invalid(
                "name",
                "name_taken",
                "Somebody on this server has this name by now. Ask whoever invited you for an \
                 invitation by another.",
            ),
            JoinError::Renewal(error) => error.into(),
            JoinError::Core(error) => error.into(),
        }
    }
}
