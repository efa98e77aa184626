//! The page that asks, for passkeys: they belong to the name it was opened by.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use stead_rules::signin::NoPasskeyHere;

use super::conn::Transport;
use super::error::Problem;
use super::gate::asked_host;
use crate::service::core::Core;
use crate::service::passkeys::{PasskeyError, Site};

/// The page that asks, or why it can have no passkeys.
pub(crate) struct AskedSite(pub(crate) Result<Site, NoPasskeyHere>);

impl AskedSite {
    /// The page, where it can have passkeys.
    ///
    /// # Errors
    /// The problem that says what to do.
    pub(crate) fn site(self) -> Result<Site, Problem> {
        self.0.map_err(|error| PasskeyError::from(error).into())
    }
}

impl FromRequestParts<Arc<Core>> for AskedSite {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, core: &Arc<Core>) -> Result<Self, Problem> {
        let host = asked_host(&parts.uri, &parts.headers)?;
        let scheme = match parts.extensions.get::<Transport>() {
            Some(Transport::Tls) => "https",
            Some(Transport::Loopback) => "http",
            // A television on plain http has no passkeys.
            Some(Transport::Plain) | None => return Err(Problem::not_found()),
        };
        Ok(Self(Site::of(core, scheme, &host)))
    }
}
