//! The words for signing in, and for approvals of it.

use axum::http::StatusCode;
use stead_rules::signin::NotAsked;

use super::codes::wrong_code_words;
use super::{Problem, who_helps};
use crate::service::approvals::ApprovalError;
use crate::service::signin::SignInError;

impl From<SignInError> for Problem {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::WrongNameOrPassword => Self::new(
                StatusCode::UNAUTHORIZED,
                "wrong_name_or_password",
                "The name or the password is wrong. Try again; capital letters count in passwords.",
            ),
            SignInError::WrongCode { drift } => {
                let detail = wrong_code_words(drift);
                Self::wrong_code(StatusCode::UNAUTHORIZED, "wrong_code", drift, detail)
            }
            SignInError::SlowDown { seconds } => {
                Self::slow_down(seconds, "There were several wrong tries. Wait, then try again.")
            }
            SignInError::TicketOver => Self::new(
                StatusCode::UNAUTHORIZED,
                "signin_over",
                "This took too long. Begin again with your name and password.",
            ),
            SignInError::Changed => Self::new(
                StatusCode::UNAUTHORIZED,
                "signin_changed",
                "What you sign in with was changed meanwhile, or everybody was signed out. Begin \
                 again with your name and the password that counts now.",
            ),
            SignInError::PasswordNeeded => Self::invalid(
                "password",
                "password_needed",
                "Type your password too. It was not asked for when you signed in here.",
            ),
            SignInError::FactorNeeded => Self::invalid(
                "code",
                "factor_needed",
                "Show your second factor: the code of your authenticator app, or a recovery code.",
            ),
            SignInError::PasskeyNeeded => Self::invalid(
                "code",
                "passkey_needed",
                "You signed in here with a passkey alone. Show it again: a code is not enough by itself.",
            ),
            SignInError::PasswordVoid(kind) => Self::new(
                StatusCode::FORBIDDEN,
                "password_void",
                format!(
                    "This password opens nothing any more, since somebody said of your account \
                     that it was not them. Ask {} for a one-time link: it sets another.",
                    who_helps(kind)
                ),
            ),
            SignInError::Hash(error) => error.into(),
            SignInError::Core(error) => error.into(),
        }
    }
}

impl From<ApprovalError> for Problem {
    fn from(error: ApprovalError) -> Self {
        match error {
            ApprovalError::NotAsked(NotAsked::TooMany { wait_seconds }) => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "approvals_waiting",
                "Several requests wait on your devices already. Answer them there, or wait.",
            )
            .retry_after(wait_seconds),
            ApprovalError::NotAsked(NotAsked::Refused { wait_seconds }) => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "approval_refused",
                "Such a request was refused not long ago. Show another factor, or wait.",
            )
            .retry_after(wait_seconds),
            ApprovalError::NobodyThere => Self::new(
                StatusCode::CONFLICT,
                "no_approver",
                "None of your devices can approve this: one must be signed in with a second factor. \
                 Show another factor.",
            ),
            ApprovalError::NotYou => Self::new(
                StatusCode::FORBIDDEN,
                "cannot_approve",
                "This session cannot approve. Sign in here with a second factor first.",
            ),
            ApprovalError::Over => Self::new(
                StatusCode::UNAUTHORIZED,
                "approval_over",
                "This request was refused, answered wrongly, or took too long. Begin again.",
            ),
            ApprovalError::WrongNumber => Self::new(
                StatusCode::CONFLICT,
                "wrong_number",
                "That was not the number shown there, so nobody was let in. If it was you, begin \
                 again there.",
            ),
            ApprovalError::SignIn(error) => error.into(),
            ApprovalError::Core(error) => error.into(),
        }
    }
}
