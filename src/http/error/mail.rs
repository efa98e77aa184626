//! The words for mail.

use axum::http::StatusCode;

use super::Problem;
use crate::service::mail::MailError;

impl From<MailError> for Problem {
    fn from(error: MailError) -> Self {
        match error {
            MailError::NoAddress => Self::invalid(
                "address",
                "mail_address_invalid",
                "This is no mail address. Write it like robin@example.net.",
            ),
            MailError::NotSetUp => Self::new(
                StatusCode::CONFLICT,
                "mail_not_set_up",
                "No mail goes out from this server. Name a mail server under [mail] in its \
                 configuration, and restart it.",
            ),
            MailError::NoneLeft => Self::new(
                StatusCode::CONFLICT,
                "no_mail_address",
                "You have left no address to write to. Leave one under Settings, Security first.",
            ),
            MailError::Full => Self::new(
                StatusCode::CONFLICT,
                "mail_full",
                "As many messages wait as may, so no more are kept. Look at what the mail server says; what \
                 waits is sent when it takes it.",
            ),
            MailError::Core(error) => error.into(),
        }
    }
}
