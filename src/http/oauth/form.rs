//! Form bodies, as RFC 6749 appendix B writes them.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header;

use super::error::OAuthError;

/// More members than any request of the RFCs has; what follows is not looked at.
const MEMBERS_MAX: usize = 64;

/// The members of a form. An empty one counts as absent (RFC 6749 §3.2).
#[derive(Debug, Default)]
pub struct Members(Vec<(String, String)>);

/// The form cannot be meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadForm {
    /// RFC 6749 §3.2: no member more than once.
    #[error("a member stands twice in the form")]
    Twice,
    /// More than anybody needs.
    #[error("the form has too many members")]
    TooMany,
}

impl Members {
    /// Reads a body; bytes that are no text become signs that nothing here contains.
    ///
    /// # Errors
    /// [`BadForm`].
    pub fn parse(bytes: &[u8]) -> Result<Self, BadForm> {
        let mut members: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(bytes) {
            if members.len() >= MEMBERS_MAX {
                return Err(BadForm::TooMany);
            }
            if members.iter().any(|(known, _)| *known == name) {
                return Err(BadForm::Twice);
            }
            members.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self(members))
    }

    /// The member of this name, if it says anything.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// The member of this name, without which the request cannot be meant.
    pub(crate) fn need(&self, name: &'static str) -> Result<&str, OAuthError> {
        self.get(name).ok_or_else(|| OAuthError::lacks(name))
    }
}

impl<S: Send + Sync> FromRequest<S> for Members {
    type Rejection = OAuthError;

    async fn from_request(request: Request, state: &S) -> Result<Self, OAuthError> {
        if !is_form(&request) {
            return Err(OAuthError::invalid_request(
                "The body must be application/x-www-form-urlencoded.",
            ));
        }
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|_| OAuthError::invalid_request("The body is too large or did not arrive."))?;
        Self::parse(&bytes).map_err(|error| OAuthError::invalid_request(&error.to_string()))
    }
}

fn is_form(request: &Request) -> bool {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}
