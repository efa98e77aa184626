//! Where updates are fetched from: a folder that any web server can serve.

use super::issuer::{BadUrl, IssuerUrl};
use super::problem::Problem;

/// The address of that folder: https, or http on literal loopback. What is fetched is signed, so plain
/// http could bring nothing false; but whoever is on the way could hold new versions back for ever,
/// and would see what a box runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateSource(IssuerUrl);

impl UpdateSource {
    /// Takes an address.
    ///
    /// # Errors
    /// [`BadUrl`].
    pub fn parse(text: &str) -> Result<Self, BadUrl> {
        IssuerUrl::parse(text.trim().trim_end_matches('/')).map(Self)
    }

    /// As it is written, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The address of a file of a channel.
    #[must_use]
    pub fn file(&self, channel: &str, name: &str) -> String {
        format!("{}/{channel}/{name}", self.as_str())
    }

    /// Whether an address is at the very same origin: where a redirect may lead.
    #[must_use]
    pub fn is_own(&self, address: &str) -> bool {
        self.0.is_own(address)
    }
}

/// Checks the key; none where nobody is asked.
pub(super) fn source(text: &str, note: &mut impl FnMut(Problem)) -> Option<UpdateSource> {
    if text.trim().is_empty() {
        return None;
    }
    let problem = match UpdateSource::parse(text) {
        Ok(source) => return Some(source),
        Err(BadUrl::NotAnAddress) => {
            let what = format!("system.update_source: {text:?} is not the address of a folder");
            Problem::new(what).hint("write it as https://updates.example.net/stead")
        }
        Err(BadUrl::NotSecure) => {
            let what = format!("system.update_source: {text:?} is not secure");
            Problem::new(what).hint("use https; http is for a source at 127.0.0.1 or [::1] alone")
        }
    };
    note(problem);
    None
}
