//! The one place where refusals become words: RFC 9457 problems with stable codes.
//!
//! A handler returns `Result<_, Problem>`; every error of a use case has its sentence here, in the
//! file of its area, and each sentence says what to do. Anything unexpected is one fixed text, and its
//! chain goes to the log, once. The table of codes is docs/status-codes.md, which a test holds against
//! these files.

mod backup;
mod claim;
mod codes;
mod devices;
mod drives;
mod factors;
mod issuer;
mod mail;
mod media;
mod people;
mod policy;
mod profiles;
mod provider;
mod ratings;
mod sharing;
mod sign_up;
mod signin;
mod updates;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use stead_rules::signin::{BadName, BadPassword};
use stead_store::StoreError;

use crate::host::kind::Kind;
use crate::service::chain;
use crate::service::core::CoreError;
use crate::service::passwords::HashError;
use crate::service::settings::SettingsError;

/// An RFC 9457 problem: the body of every answer that is not what was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// `about:blank`: the code says what it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The HTTP status in words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// Stable: programs decide by it.
    code: &'static str,
    /// For people: what happened and what to do.
    detail: String,
    /// What belongs to this code alone.
    #[serde(flatten)]
    #[schema(value_type = Object, additional_properties)]
    extras: Map<String, Value>,
    #[serde(skip)]
    retry_after_seconds: Option<u64>,
}

impl Problem {
    /// A problem with a stable code and a sentence that says what to do.
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            code,
            detail: detail.into(),
            extras: Map::new(),
            retry_after_seconds: None,
        }
    }

    /// Adds a member of its own.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.extras.insert(name.to_owned(), value.into());
        self
    }

    /// Says when to come back.
    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_seconds = Some(seconds);
        self.with("retry_after_s", seconds)
    }

    /// What a step-up asks for, said to programs by RFC 9470 in the words of RFC 6750 §3.
    fn challenge(&self) -> Option<HeaderValue> {
        let code = self.code;
        if code != "insufficient_user_authentication" {
            return None;
        }
        let level = self.extras.get("level")?.as_str()?;
        let challenge = format!("Bearer error=\"{code}\", acr_values=\"{level}\"");
        let challenge = match self.extras.get("max_age_s").and_then(Value::as_u64) {
            Some(seconds) => format!("{challenge}, max_age=\"{seconds}\""),
            None => challenge,
        };
        HeaderValue::from_str(&challenge).ok()
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// Nobody may know whether it is there.
    pub(crate) fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "There is nothing here. Check the address, or go back to the start page.",
        )
    }

    /// A cookie is missing or void.
    pub(crate) fn not_signed_in() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "not_signed_in", "Sign in to go on.")
    }

    /// A value of the request is not what it should be.
    pub(crate) fn invalid(field: &'static str, code: &'static str, detail: &str) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail).with("field", field)
    }

    /// The fixed text of everything unexpected; `error` goes to the log with its causes.
    pub(crate) fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error = %chain(error), "a request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something went wrong in the server. Try again; if it stays, its log says more.",
        )
    }

    pub(crate) fn busy(detail: &str, seconds: u64) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail).retry_after(seconds)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry = self.retry_after_seconds;
        let challenge = self.challenge();
        let body = serde_json::to_string(&self).unwrap_or_else(|_| "{}".to_owned());
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = retry {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(challenge) = challenge {
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

impl From<CoreError> for Problem {
    fn from(error: CoreError) -> Self {
        match error {
            CoreError::NoStore => Self::new(
                StatusCode::FORBIDDEN,
                "locked",
                "This server is locked: what it has stored cannot be read. Its start page says \
                 what helps.",
            ),
            CoreError::Stopping => Self::busy("The server is restarting. Try again soon.", 10),
            CoreError::Store(StoreError::Full(_)) => Self::new(
                StatusCode::INSUFFICIENT_STORAGE,
                "disk_full",
                "The disk that holds Stead's data is full. Make room there and try again; \
                 nothing was lost.",
            ),
            CoreError::Store(StoreError::ReadOnly(_)) => Self::new(
                StatusCode::INSUFFICIENT_STORAGE,
                "disk_read_only",
                "Stead's data folder cannot be written. Check the disk and its rights, then try \
                 again; nothing was lost.",
            ),
            CoreError::Store(other) => Self::internal(&other),
            // A fault of the route table, not of whoever asks.
            CoreError::NotPermitted(error) => Self::internal(&error),
        }
    }
}

impl From<HashError> for Problem {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => {
                Self::busy("Many people are signing in at this moment. Try again soon.", 5)
            }
            HashError::Failed => Self::internal(&error),
        }
    }
}

impl From<SettingsError> for Problem {
    fn from(error: SettingsError) -> Self {
        match error {
            SettingsError::Name(name) => Self::name(name),
            SettingsError::Core(error) => error.into(),
        }
    }
}

impl Problem {
    fn slow_down(seconds: u64, detail: &str) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "slow_down", detail).retry_after(seconds)
    }

    fn name_taken() -> Self {
        Self::invalid(
            "name",
            "name_taken",
            "Somebody signs in here with this name already. Choose another one.",
        )
    }

    fn name(name: BadName) -> Self {
        let detail = match name {
            BadName::Empty => "Type a name with at least one letter or digit.",
            BadName::TooLong => "This name is too long. Use at most 64 characters.",
            BadName::Invisible => "This name holds characters that cannot be seen. Type it anew.",
        };
        Self::invalid("name", name.code(), detail)
    }

    fn password(password: BadPassword) -> Self {
        let detail = match password {
            BadPassword::TooShort { min } => {
                format!("This password is too short. Use at least {min} characters.")
            }
            BadPassword::TooLong => "This password is too long. Use at most 1024 bytes.".to_owned(),
            BadPassword::TooCommon => "This password is one of the first that would be tried. \
                                       Choose another; a few words in a row are good."
                .to_owned(),
            BadPassword::ContainsName => {
                "This password is mostly a name that others know. Choose another.".to_owned()
            }
            BadPassword::ControlCharacter => {
                "This password holds characters that no keyboard makes. Type it anew.".to_owned()
            }
        };
        Self::invalid("password", password.code(), &detail)
    }
}

/// Who makes links and codes for people.
const fn who_helps(kind: Kind) -> &'static str {
    match kind {
        Kind::Server => "the owner of this server",
        Kind::Accounts => "whoever runs this service",
    }
}
