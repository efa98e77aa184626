//! When codes, tokens and keys are over.

use crate::limits::{
    ACCESS_TOKEN_SECONDS, AUTHORIZATION_CODE_SECONDS, REGISTRATION_TOKEN_SECONDS,
    SIGNING_KEY_OLD_SECONDS, SIGNING_KEY_SECONDS,
};
use crate::time::{Moment, Now};

/// Where a signing key stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyStage {
    /// Published, so that clients know it before it signs.
    Next,
    /// Signs.
    Current,
    /// Signs no more; published until what it signed is over.
    Old,
}

impl KeyStage {
    /// The stable word, as stored.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Current => "current",
            Self::Old => "old",
        }
    }

    /// The stage with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Next, Self::Current, Self::Old].into_iter().find(|stage| stage.word() == word)
    }

    /// Whether a key that entered this stage at `since` leaves it now. A next one waits to be
    /// wanted.
    #[must_use]
    pub fn is_over(self, since: Moment, now: Now) -> bool {
        match self {
            Self::Next => false,
            Self::Current => since.elapsed(now).surely_reached(SIGNING_KEY_SECONDS),
            Self::Old => since.elapsed(now).surely_reached(SIGNING_KEY_OLD_SECONDS),
        }
    }
}

/// Whether a code is still good.
#[must_use]
pub fn code_is_live(given: Moment, now: Now) -> bool {
    given.elapsed(now).surely_within(AUTHORIZATION_CODE_SECONDS)
}

/// Whether an access token is still good.
#[must_use]
pub fn access_is_live(given: Moment, now: Now) -> bool {
    given.elapsed(now).surely_within(ACCESS_TOKEN_SECONDS)
}

/// Whether a token that lets a server register is still good.
#[must_use]
pub fn registration_is_live(given: Moment, now: Now) -> bool {
    given.elapsed(now).surely_within(REGISTRATION_TOKEN_SECONDS)
}

/// Whether this can be a PKCE verifier at all (RFC 7636 §4.1).
#[must_use]
pub fn is_verifier(text: &str) -> bool {
    let unreserved = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    (43..=128).contains(&text.len()) && text.bytes().all(unreserved)
}
