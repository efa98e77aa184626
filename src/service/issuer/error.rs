//! What can go wrong between this server and its issuer.

use stead_rules::signin::oidc::BadClaims;

use crate::net::outbound::{AskError, OutboundError};
use crate::service::core::CoreError;
use crate::service::signin::SignInError;

/// The section `[issuer]` cannot be used on this machine.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// The certificates that vouch for it.
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    /// The file with the secret.
    #[error("issuer.client_secret_file cannot be read")]
    Secret(#[source] std::io::Error),
}

/// A sign-in at the issuer came to nothing here.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// Accounts are on this server.
    #[error("no external issuer is configured")]
    None,
    /// It does not answer, or not as an issuer does.
    #[error("the issuer cannot be asked")]
    Unavailable(#[source] AskError),
    /// This server is not registered there.
    #[error("this server is not registered at the issuer")]
    NoClient,
    /// This server is registered there by hand, so nobody lets it in by a code.
    #[error("this server is registered at the issuer by hand")]
    Configured,
    /// It lets no server in by a code, or not this one.
    #[error("the issuer lets no server in by a code: {0}")]
    NoCodes(&'static str),
    /// It let this server in and did not register it.
    #[error("the issuer does not register this server: {0}")]
    NotRegistered(&'static str),
    /// What it says of itself is none of what this server takes.
    #[error("what the issuer says of itself cannot be used: {0}")]
    Unfit(&'static str),
    /// This browser did not begin here, or too long ago, or was here already.
    #[error("this sign-in is over")]
    Over,
    /// The issuer itself, and not by the browser, refused the one person that it was asked for.
    #[error("the issuer lets this person in no more")]
    ShutOut,
    /// The issuer said no.
    #[error("the issuer refused: {0}")]
    Refused(Refusal),
    /// What came back is not believed.
    #[error("what the issuer sent is not believed: {0}")]
    NotBelieved(&'static str),
    /// The same, by the claims of its token.
    #[error("what the issuer sent is not believed")]
    BadClaims(#[from] BadClaims),
    /// It is somebody, but nobody who uses this server.
    #[error("nobody here has this identity")]
    Unknown,
    /// It is not the person who asked to show anew who they are.
    #[error("this is another person than the one who is signed in")]
    OtherPerson,
    /// The issuer's word is not worth a second factor.
    #[error("the issuer does not say that there was a second factor")]
    NoFactor,
    /// The sign-in that follows.
    #[error(transparent)]
    SignIn(#[from] SignInError),
    /// The core refused.
    #[error(transparent)]
    Core(#[from] CoreError),
}

impl stead_store::Failure for IssuerError {
    fn into_store(self) -> Result<stead_store::StoreError, Self> {
        match self {
            Self::Core(error) => error.into_store().map_err(Self::Core),
            Self::SignIn(error) => error.into_store().map_err(Self::SignIn),
            other @ (Self::None
            | Self::NoClient
            | Self::Configured
            | Self::NoCodes(_)
            | Self::NotRegistered(_)
            | Self::Unavailable(_)
            | Self::Unfit(_)
            | Self::Over
            | Self::ShutOut
            | Self::Refused(_)
            | Self::NotBelieved(_)
            | Self::BadClaims(_)
            | Self::Unknown
            | Self::OtherPerson
            | Self::NoFactor) => Err(other),
        }
    }
}

impl From<stead_store::StoreError> for IssuerError {
    fn from(error: stead_store::StoreError) -> Self {
        Self::Core(error.into())
    }
}

/// Why the issuer said no (RFC 6749 §4.1.2.1). Its own words are not shown: they come by the
/// browser, so anybody may have written them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The person said no, or the issuer did.
    #[error("access_denied")]
    Denied,
    /// The code is used up, over, or another client's.
    #[error("invalid_grant")]
    Code,
    /// This server is not known there, or not by this address.
    #[error("invalid_client")]
    Client,
    /// It failed.
    #[error("error")]
    Other,
}

impl Refusal {
    pub(super) fn of(word: &str) -> Self {
        match word {
            "access_denied" => Self::Denied,
            "invalid_grant" => Self::Code,
            "invalid_client" | "unauthorized_client" | "invalid_request" => Self::Client,
            _ => Self::Other,
        }
    }
}
