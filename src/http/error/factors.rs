//! The words for changing what one signs in with.

use axum::http::StatusCode;
use stead_rules::limits::{PASSKEYS_MAX, PASSWORD_MIN_ALONE_CHARS};
use stead_rules::signin::{NoPasskeyHere, TimeSource, TooManyFactors, TooManyPasskeys};

use super::codes::{claims_wrong_code_words, wrong_code_words};
use super::{Problem, who_helps};
use crate::host::kind::Kind;
use crate::service::factors::FactorError;
use crate::service::own_password::PasswordError;
use crate::service::passkeys::PasskeyError;

impl From<FactorError> for Problem {
    fn from(error: FactorError) -> Self {
        let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
        match error {
            FactorError::NotFound => Self::not_found(),
            FactorError::Name(name) => Self::name(name),
            FactorError::Last(_) => Self::new(
                StatusCode::CONFLICT,
                "last_factor",
                "This is your last second factor, and your account needs one. Add another first.",
            ),
            FactorError::ShortAlone(_) => Self::new(
                StatusCode::CONFLICT,
                "password_short_alone",
                format!(
                    "Without a second factor your password is all there is. Choose one of at least \
                     {PASSWORD_MIN_ALONE_CHARS} characters first, even if yours is that long already."
                ),
            ),
            FactorError::ShownItself(_) => Self::new(
                StatusCode::CONFLICT,
                "shown_itself",
                "You showed just now what you say is lost. Show another factor, or a recovery code.",
            ),
            FactorError::Changed => Self::new(
                StatusCode::CONFLICT,
                "lost_changed",
                "Something that you chose is not there any more. Nothing was ended; look again.",
            ),
            FactorError::NotLost => Self::new(
                StatusCode::CONFLICT,
                "not_lost",
                "You are using this device now. To leave it, sign out.",
            ),
            FactorError::Nothing => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "nothing_named",
                "Choose what was on the lost device first.",
            ),
            FactorError::TooMany(TooManyFactors { most }) => Self::new(
                StatusCode::CONFLICT,
                "too_many_factors",
                format!("There are {most} of these already. Remove one that you do not use."),
            ),
            FactorError::CannotEnrol(kind) => {
                let detail = match kind {
                    Kind::Server => {
                        "A first second factor takes more than your password. Ask the owner of \
                         this server for a one-time code, and sign in with that."
                    }
                    Kind::Accounts => {
                        "A first second factor takes more than your password. Add it in the \
                         browser in which you made the account, or ask whoever runs this service \
                         for a link (`stead accounts link`), choose a new password by it and sign \
                         in in that browser."
                    }
                };
                Self::new(StatusCode::FORBIDDEN, "enrolment_needs_code", detail)
            }
            FactorError::DraftOver => Self::new(
                StatusCode::CONFLICT,
                "draft_over",
                "This took too long, or was begun elsewhere. Begin again.",
            ),
            FactorError::CodeWrong { drift, judged_by } => {
                let detail = match judged_by {
                    TimeSource::Server => wrong_code_words(drift),
                    TimeSource::Browser => claims_wrong_code_words(drift),
                };
                Self::wrong_code(unprocessable, "totp_wrong", drift, detail)
            }
            FactorError::TailWrong => Self::invalid(
                "code_tail",
                "tail_wrong",
                "None of your new recovery codes ends like that. Look at the list you kept and \
                 type the last four characters of any code.",
            ),
            FactorError::Core(error) => error.into(),
        }
    }
}

impl From<PasswordError> for Problem {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::NoneHere => Self::new(
                StatusCode::CONFLICT,
                "no_password_here",
                "You have no password at this server. Change it where your account is.",
            ),
            PasswordError::OldWrong => Self::invalid(
                "old",
                "password_wrong",
                "Your present password is another one. Try again; capital letters count.",
            ),
            PasswordError::CannotSetWanted(kind) => Self::new(
                StatusCode::FORBIDDEN,
                "password_needs_code",
                format!(
                    "After what was said of your account, another password takes more than the old \
                     one. Ask {} for a one-time link.",
                    who_helps(kind)
                ),
            ),
            PasswordError::NotLookedAt(error) => error.into(),
            PasswordError::New(password) => Self::password(password),
            PasswordError::Hash(error) => error.into(),
            PasswordError::Core(error) => error.into(),
        }
    }
}

impl From<PasskeyError> for Problem {
    fn from(error: PasskeyError) -> Self {
        match error {
            PasskeyError::NotHere(why) => Self::no_passkeys_here(why),
            PasskeyError::CeremonyOver => Self::new(
                StatusCode::UNAUTHORIZED,
                "passkey_over",
                "This took too long, or was answered before. Try again.",
            ),
            PasskeyError::Refused => Self::new(
                StatusCode::UNAUTHORIZED,
                "passkey_refused",
                "This passkey was not accepted. Try again, or sign in another way.",
            ),
            PasskeyError::NoneHere => Self::new(
                StatusCode::CONFLICT,
                "no_passkey_here",
                "You have no passkey for this address. Show another factor.",
            ),
            PasskeyError::TooMany(TooManyPasskeys) => Self::new(
                StatusCode::CONFLICT,
                "too_many_passkeys",
                format!(
                    "You have {PASSKEYS_MAX} passkeys. Remove one that you no longer use first."
                ),
            ),
            PasskeyError::Exists => Self::new(
                StatusCode::CONFLICT,
                "passkey_exists",
                "This passkey is registered already. Use it, or take another device.",
            ),
            PasskeyError::Name(name) => Self::name(name),
            PasskeyError::Factor(error) => error.into(),
            PasskeyError::Library(error) => Self::internal(&error),
            PasskeyError::SignIn(error) => error.into(),
            PasskeyError::Core(error) => error.into(),
        }
    }
}

impl Problem {
    fn no_passkeys_here(why: NoPasskeyHere) -> Self {
        let detail = match why {
            NoPasskeyHere::Address => {
                "Browsers make no passkeys for an address of digits. Open this server by its name."
            }
            NoPasskeyHere::SharedName => {
                "This name may lead to another box tomorrow. Open this server by its own name."
            }
        };
        Self::new(StatusCode::CONFLICT, "no_passkeys_here", detail)
    }
}
