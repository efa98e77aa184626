//! The words for a claim, and what is refused of one.

use axum::http::StatusCode;
use stead_rules::claim::{BadOwnCode, NoPlace, Reject};
use stead_rules::limits::{PLUG_SETTLE_SECONDS, PLUG_WINDOW_SECONDS};
use stead_rules::signin::TimeSource;

use super::Problem;
use super::codes::{claims_wrong_code_words, wrong_code_words};
use crate::service::claim::ClaimError;

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
            ClaimError::NoPlace(NoPlace::Taken) => Self::new(
                StatusCode::CONFLICT,
                "plug_taken",
                "Another phone of your network waits for the plug already. Go on there if it is \
                 yours; otherwise leave the plug alone and try again in ten minutes.",
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
            ClaimError::Backup(error) => error.into(),
            ClaimError::Hash(error) => error.into(),
            ClaimError::Core(error) => error.into(),
        }
    }
}

impl Problem {
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
