//! `Authorization`, for clients that have no cookies: a television's or an app's token (RFC 6750), or
//! a name with an app's own password (RFC 7617).
//! It only reads; what a token is worth is decided elsewhere.

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use stead_rules::secret::SecretText;
use zeroize::Zeroizing;

/// Longer than any token that is given out; what is longer is nobody's.
const CREDENTIAL_MAX_CHARS: usize = 512;

/// What the header says.
pub(crate) enum Authorization {
    /// There is none.
    Absent,
    /// A token.
    Bearer(SecretText),
    /// A name, and the password of an app.
    Basic {
        /// The name to sign in with.
        login: String,
        /// The password.
        password: SecretText,
    },
    /// Something that names nobody: an unknown scheme, or two headers that could be two people.
    Unknown,
}

impl Authorization {
    /// Reads the header.
    pub(crate) fn read(headers: &HeaderMap) -> Self {
        let mut sent = headers.get_all(header::AUTHORIZATION).iter();
        match (sent.next(), sent.next()) {
            (None, _) => Self::Absent,
            (Some(value), None) => value.to_str().map_or(Self::Unknown, Self::parse),
            (Some(_), Some(_)) => Self::Unknown,
        }
    }

    /// The scheme's name is not case-sensitive (RFC 9110 §11.1).
    fn parse(text: &str) -> Self {
        let Some((scheme, credential)) = text.split_once(' ') else { return Self::Unknown };
        let credential = credential.trim_matches(' ');
        if credential.is_empty() || credential.len() > CREDENTIAL_MAX_CHARS {
            return Self::Unknown;
        }
        if scheme.eq_ignore_ascii_case("bearer") {
            return Self::Bearer(SecretText::new(credential.to_owned()));
        }
        if scheme.eq_ignore_ascii_case("basic") {
            return Self::basic(credential).unwrap_or(Self::Unknown);
        }
        Self::Unknown
    }

    /// A name has no colon (RFC 7617 §2), so the first one ends it.
    fn basic(credential: &str) -> Option<Self> {
        let bytes = Zeroizing::new(STANDARD.decode(credential).ok()?);
        let (login, password) = std::str::from_utf8(&bytes).ok()?.split_once(':')?;
        Some(Self::Basic {
            login: login.to_owned(),
            password: SecretText::new(password.to_owned()),
        })
    }
}

/// Whether a request says by a token who asks.
pub(crate) fn is_bearer(headers: &HeaderMap) -> bool {
    matches!(Authorization::read(headers), Authorization::Bearer(_))
}
