//! The words for what goes wrong between this server and its issuer.

use axum::http::StatusCode;

use super::Problem;
use crate::service::chain;
use crate::service::issuer::{IssuerError, Refusal};

/// When to ask an issuer again that did not answer.
const ISSUER_RETRY_SECONDS: u64 = 30;

impl From<IssuerError> for Problem {
    fn from(error: IssuerError) -> Self {
        match error {
            IssuerError::None => Self::not_found(),
            IssuerError::NoClient => Self::new(
                StatusCode::CONFLICT,
                "issuer_no_client",
                "This server is not registered where its accounts are, so nobody can be sent \
                 there. Whoever claims it lets it in there by a code; or whoever set it up \
                 registers it there and puts issuer.client_id into its config.",
            ),
            IssuerError::Configured => Self::new(
                StatusCode::CONFLICT,
                "issuer_registered_by_hand",
                "The config of this server says what it is called where its accounts are, so it \
                 needs no code. Go on with the button of the set-up page.",
            ),
            IssuerError::NoCodes(_) => {
                tracing::warn!(error = %chain(&error), "this server cannot register itself");
                Self::new(
                    StatusCode::BAD_GATEWAY,
                    "issuer_no_codes",
                    "The service where your account is lets no server in by a code. Register this \
                     server there by hand, put the id that it gives into issuer.client_id of \
                     this server's config, restart it, and come back here.",
                )
            }
            IssuerError::NotRegistered(_) => {
                tracing::warn!(error = %chain(&error), "this server was not registered");
                Self::new(
                    StatusCode::BAD_GATEWAY,
                    "issuer_registered_nothing",
                    "You let this server in, and the service where your account is did not \
                     register it. Take a new code; if it stays, register this server there by \
                     hand and put the id that it gives into issuer.client_id of its config.",
                )
            }
            IssuerError::Unavailable(_) | IssuerError::Unfit(_) => {
                tracing::warn!(error = %chain(&error), "the issuer could not be used");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "issuer_unavailable",
                    "The service where your account is does not answer. What plays goes on; to \
                     sign in, try again in a while.",
                )
                .retry_after(ISSUER_RETRY_SECONDS)
            }
            IssuerError::Over => Self::new(
                StatusCode::UNAUTHORIZED,
                "issuer_signin_over",
                "This took too long, or was begun in another browser. Begin again here.",
            ),
            IssuerError::Refused(Refusal::Client) => Self::new(
                StatusCode::BAD_GATEWAY,
                "issuer_knows_us_not",
                "The service where your account is does not know this server by this address. \
                 Whoever set this server up registers the address there.",
            ),
            IssuerError::Refused(Refusal::Denied) => Self::new(
                StatusCode::FORBIDDEN,
                "issuer_refused",
                "The sign-in was called off where your account is. Begin again if you want in.",
            ),
            IssuerError::ShutOut => Self::new(
                StatusCode::FORBIDDEN,
                "issuer_shut_out",
                "The service where your account is does not let you in any more. If you own this \
                 server, nobody administers it until it does, or until you come back with a \
                 recovery code and the box at hand.",
            ),
            IssuerError::Refused(Refusal::Code | Refusal::Other)
            | IssuerError::NotBelieved(_)
            | IssuerError::BadClaims(_) => {
                tracing::warn!(error = %chain(&error), "a sign-in at the issuer was not believed");
                Self::new(
                    StatusCode::BAD_GATEWAY,
                    "issuer_not_believed",
                    "What came back from the service where your account is does not hold. Begin \
                     again; if it stays, the log of this server says why.",
                )
            }
            IssuerError::Unknown => Self::new(
                StatusCode::FORBIDDEN,
                "issuer_unknown_person",
                "Nobody who uses this server has this account. Ask its owner to let you in, or \
                 sign in with another account.",
            ),
            IssuerError::OtherPerson => Self::new(
                StatusCode::FORBIDDEN,
                "issuer_other_person",
                "This is another account than the one that is signed in here. Sign out first, or \
                 take the other account.",
            ),
            IssuerError::NoFactor => Self::new(
                StatusCode::FORBIDDEN,
                "issuer_no_factor",
                "The service where your account is does not say that you showed a second factor. \
                 Set one up there, or show the one that you have here.",
            ),
            IssuerError::SignIn(error) => error.into(),
            IssuerError::Core(error) => error.into(),
        }
    }
}
