//! The one place where refusals become words: RFC 9457 problems with stable codes.
//!
//! A handler returns `Result<_, Problem>`; every error of a use case has its sentence here, and
//! each sentence says what to do. Anything unexpected is one fixed text, and its chain goes to the
//! log, once. The table of codes is docs/status-codes.md, which a test holds against this file.

mod devices;
mod issuer;
mod sign_up;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use stead_rules::claim::{BadOwnCode, NoPlace, Reject};
use stead_rules::limits::{
    PASSKEYS_MAX, PASSWORD_MIN_ALONE_CHARS, PLUG_SETTLE_SECONDS, PLUG_WINDOW_SECONDS,
};
use stead_rules::playback::BadLink;
use stead_rules::provider::Untrusted;
use stead_rules::signin::{
    BadName, BadPassword, Drift, NoHelp, NoPasskeyHere, NotAsked, TimeSource, TooManyFactors,
    TooManyPasskeys,
};
use stead_store::StoreError;

use super::oauth::BadForm;
use crate::host::kind::Kind;
use crate::service::approvals::ApprovalError;
use crate::service::chain;
use crate::service::claim::ClaimError;
use crate::service::core::CoreError;
use crate::service::factors::FactorError;
use crate::service::folders::FolderError;
use crate::service::items::ItemsError;
use crate::service::libraries::LibraryError;
use crate::service::own_password::PasswordError;
use crate::service::passkeys::PasskeyError;
use crate::service::passwords::HashError;
use crate::service::people::PeopleError;
use crate::service::playback::PlayError;
use crate::service::provider::ProviderError;
use crate::service::provider::authorize::AuthorizeError;
use crate::service::rescue::RescueError;
use crate::service::settings::SettingsError;
use crate::service::signin::SignInError;

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
        let body = serde_json::to_string(&self).unwrap_or_else(|_| "{}".to_owned());
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = retry {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
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

impl From<ClaimError> for Problem {
    fn from(error: ClaimError) -> Self {
        match error {
            ClaimError::Refused(reject) => Self::claim_refused(&reject),
            ClaimError::SlowDown { seconds } => Self::slow_down(
                seconds,
                "Too many wrong codes were typed. Wait, or use the link in Setup Stead.html, \
                 which is never delayed.",
            ),
            ClaimError::NoOwnCode { refused } => {
                let detail = no_own_code_words(refused);
                Self::new(StatusCode::FORBIDDEN, "no_own_code", detail)
            }
            ClaimError::Name(name) => Self::name(name),
            ClaimError::Password(password) => Self::password(password),
            ClaimError::TotpWrong { drift, judged_by } => {
                let detail = match judged_by {
                    TimeSource::Server => wrong_code_words(drift),
                    TimeSource::Browser => claims_wrong_code_words(drift),
                };
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                Self::wrong_code(status, "totp_wrong", drift, detail)
            }
            ClaimError::AtIssuer => Self::new(
                StatusCode::CONFLICT,
                "claim_at_issuer",
                "The owner of this server signs in where their account is. Go on with the button \
                 of the set-up page.",
            ),
            ClaimError::Issuer(error) => error.into(),
            ClaimError::TailWrong => Self::invalid(
                "code_tail",
                "tail_wrong",
                "None of your recovery codes ends like that. Look at the list you kept and type \
                 the last four characters of any code.",
            ),
            ClaimError::NameTaken => Self::name_taken(),
            ClaimError::NotItsName => Self::invalid(
                "name",
                "not_its_name",
                "This is not the name of the server. Type it as it stands above.",
            ),
            ClaimError::NoPlace(NoPlace::Full) => Self::new(
                StatusCode::CONFLICT,
                "plug_full",
                "Four phones wait for the plug already. Try again in ten minutes.",
            )
            .retry_after(PLUG_WINDOW_SECONDS),
            ClaimError::NoPlace(NoPlace::UnderWay) => Self::new(
                StatusCode::CONFLICT,
                "plug_under_way",
                "Somebody is cutting the power for another phone. Try again in two minutes.",
            )
            .retry_after(PLUG_SETTLE_SECONDS),
            ClaimError::NoPlace(NoPlace::Won) => Self::new(
                StatusCode::CONFLICT,
                "plug_won",
                "Another phone has shown the plug pattern, and nobody else may now. If that was \
                 you, go on there.",
            ),
            ClaimError::Wish(error) => Self::internal(&error),
            ClaimError::Anew(error) => Self::internal(&error),
            ClaimError::Hash(error) => error.into(),
            ClaimError::Core(error) => error.into(),
        }
    }
}

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

impl From<AuthorizeError> for Problem {
    fn from(error: AuthorizeError) -> Self {
        match error {
            AuthorizeError::Untrusted(Untrusted::Client) => Self::new(
                StatusCode::BAD_REQUEST,
                "unknown_client",
                "The app or server that sent you here is not known to this server. Go back and \
                 connect it anew.",
            ),
            AuthorizeError::Untrusted(Untrusted::Redirect) => Self::new(
                StatusCode::BAD_REQUEST,
                "unknown_redirect",
                "Whoever sent you here wants the answer at an address that is not registered, so \
                 nothing was sent. Go back; if you do not know who it was, close this page.",
            ),
            AuthorizeError::Core(error) => error.into(),
        }
    }
}

impl From<BadForm> for Problem {
    fn from(error: BadForm) -> Self {
        let detail = match error {
            BadForm::Twice => {
                "The request names something twice, so nobody can tell what is meant."
            }
            BadForm::TooMany => "The request is longer than any real one.",
        };
        Self::new(StatusCode::BAD_REQUEST, "bad_request", detail)
    }
}

impl From<ProviderError> for Problem {
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::Core(error) => error.into(),
            error @ ProviderError::Key => Self::internal(&error),
        }
    }
}

impl From<PeopleError> for Problem {
    fn from(error: PeopleError) -> Self {
        match error {
            PeopleError::NotFound => Self::not_found(),
            PeopleError::Owner => Self::not_for_owner(),
            PeopleError::Core(error) => error.into(),
        }
    }
}

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
                "This does not prove that the box is yours. Run `stead rescue` on it and open the \
                 link that it shows within 15 minutes.",
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
            RescueError::Core(error) => error.into(),
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

impl From<SettingsError> for Problem {
    fn from(error: SettingsError) -> Self {
        match error {
            SettingsError::Name(name) => Self::name(name),
            SettingsError::Core(error) => error.into(),
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

    fn not_for_owner() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "not_for_owner",
            "This is not done to the owner. The owner's way back is a recovery code and \
             `stead rescue` on the box.",
        )
    }

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

    fn wrong_code(
        status: StatusCode,
        code: &'static str,
        drift: Option<Drift>,
        detail: String,
    ) -> Self {
        let problem = Self::new(status, code, detail).with("field", "code");
        let Some(Drift { app_ahead_seconds, server_time }) = drift else { return problem };
        let problem = problem.with("drift_s", app_ahead_seconds);
        match server_time {
            Some(time) => problem.with("server_time_ms", time.0),
            None => problem,
        }
    }

    fn claim_refused(reject: &Reject) -> Self {
        let (status, detail) = claim_words(reject);
        let problem = Self::new(status, reject.code(), detail);
        match reject {
            Reject::InProgress { can_take_over, from, begun_seconds_ago } => problem
                .with("can_take_over", *can_take_over)
                .with("other_address", from.to_string())
                .with("started_s_ago", *begun_seconds_ago),
            Reject::WrongStep { at } => problem.with("step", at.word()),
            Reject::Locked(reason) => problem.with("reason", reason.word()),
            Reject::NotYours { taken_over } => problem.with("taken_over", *taken_over),
            Reject::NotOffered
            | Reject::OffLink
            | Reject::ProofWrong
            | Reject::AlreadyClaimed
            | Reject::NothingToUnlock
            | Reject::NotNow => problem,
        }
    }
}

/// Who makes links and codes for people.
const fn who_helps(kind: Kind) -> &'static str {
    match kind {
        Kind::Server => "the owner of this server",
        Kind::Accounts => "whoever runs this service",
    }
}

fn no_own_code_words(refused: Option<BadOwnCode>) -> String {
    let why = refused.map_or_else(
        || "This server has taken no code of your own".to_owned(),
        |bad| format!("The code in stead.txt was not taken: {bad}"),
    );
    format!(
        "{why}. Write one into stead.txt, on the card or on a stick, and try again; or use the \
         link in Setup Stead.html."
    )
}

fn wrong_code_words(drift: Option<Drift>) -> String {
    let Some(Drift { app_ahead_seconds: seconds, .. }) = drift else {
        return "This code is wrong or was used already. Wait for the next one.".to_owned();
    };
    let way = if seconds > 0 { "ahead of" } else { "behind" };
    format!(
        "This code belongs to another time: your phone's clock seems to be about {} s {way} the \
         server's. Set the phone's clock to automatic and try again.",
        seconds.abs()
    )
}

/// The time is the word of the browser that began, and nobody can tell which clock is wrong.
fn claims_wrong_code_words(drift: Option<Drift>) -> String {
    let what = match drift {
        Some(Drift { app_ahead_seconds: seconds, .. }) => format!(
            "This code belongs to another time: the clock of the authenticator app and that of \
             the browser in which set-up was begun are about {} s apart.",
            seconds.abs()
        ),
        None => "This code is wrong, was used already, or belongs to another time.".to_owned(),
    };
    format!(
        "{what} Wait for the next one. If that is wrong too, set the clocks of both devices to \
         automatic and open the set-up link again."
    )
}

fn claim_words(reject: &Reject) -> (StatusCode, &'static str) {
    match reject {
        Reject::NotOffered => (
            StatusCode::CONFLICT,
            "This server does not offer itself to be claimed now. Restart it and try again.",
        ),
        Reject::OffLink => (
            StatusCode::FORBIDDEN,
            "A claim begins in the network of the box. Join its Wi-Fi or plug into its router, \
             then try again.",
        ),
        Reject::ProofWrong => (
            StatusCode::FORBIDDEN,
            "This does not prove that the box is yours. Take the link from Setup Stead.html in \
             its data folder, or the code that its console shows; both change when it is asked \
             to or after 30 days.",
        ),
        Reject::InProgress { .. } => (
            StatusCode::CONFLICT,
            "Another browser is setting this server up. Continue here if that was you, or wait a \
             quarter of an hour.",
        ),
        Reject::NotYours { .. } => (
            StatusCode::UNAUTHORIZED,
            "This browser does not hold the claim. Begin again with the set-up page or the code.",
        ),
        Reject::WrongStep { .. } => {
            (StatusCode::CONFLICT, "An earlier step is missing. Load this page again.")
        }
        Reject::AlreadyClaimed => {
            (StatusCode::GONE, "This server has an owner. Sign in, or ask them to invite you.")
        }
        Reject::Locked(_) => (
            StatusCode::FORBIDDEN,
            "This server is locked, because what it has stored is less than it once had. Its \
             start page says what helps.",
        ),
        Reject::NothingToUnlock => (StatusCode::CONFLICT, "This server is not locked."),
        Reject::NotNow => (StatusCode::CONFLICT, "This cannot be done now."),
    }
}

impl From<BadLink> for Problem {
    fn from(_: BadLink) -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "link_expired",
            "This link has expired. Go back to the item and play it again.",
        )
    }
}

impl From<PlayError> for Problem {
    fn from(error: PlayError) -> Self {
        match error {
            PlayError::NotFound => Self::not_found(),
            PlayError::Gone(_) => Self::new(
                StatusCode::CONFLICT,
                "file_gone",
                "The file is not there now. Check that its disk is plugged in and switched on.",
            ),
            PlayError::Unreadable(error) => {
                tracing::warn!(%error, "a media file cannot be read");
                Self::new(
                    StatusCode::CONFLICT,
                    "file_unreadable",
                    "The file cannot be read. Check its rights and its disk.",
                )
            }
            PlayError::Core(error) => error.into(),
        }
    }
}

impl From<ItemsError> for Problem {
    fn from(error: ItemsError) -> Self {
        match error {
            ItemsError::NotFound => Self::not_found(),
            ItemsError::BadCursor => Self::new(
                StatusCode::BAD_REQUEST,
                "bad_cursor",
                "This page of the list does not exist. Begin at the first page.",
            ),
            ItemsError::Core(error) => error.into(),
        }
    }
}

impl From<FolderError> for Problem {
    fn from(error: FolderError) -> Self {
        match error {
            FolderError::NotAllowed => Self::invalid(
                "path",
                "path_not_allowed",
                "This folder lies outside of those that may be used, or is Stead's own. The \
                 system side allows folders under media.roots in the configuration.",
            ),
            FolderError::Missing => Self::invalid(
                "path",
                "path_missing",
                "There is no such folder now. Check that its disk is plugged in and switched on, \
                 then choose again.",
            ),
            FolderError::Core(error) => error.into(),
        }
    }
}

impl From<LibraryError> for Problem {
    fn from(error: LibraryError) -> Self {
        match error {
            LibraryError::NotFound => Self::not_found(),
            LibraryError::Name(name) => Self::name(name),
            LibraryError::Folder(error) => error.into(),
            LibraryError::InUse => Self::invalid(
                "path",
                "path_in_use",
                "A library has this folder already, or one within it or around it.",
            ),
            LibraryError::Indexer(_) => {
                Self::busy("Many libraries are being read at this moment. Try again soon.", 30)
            }
            LibraryError::Core(error) => error.into(),
        }
    }
}
