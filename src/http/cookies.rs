//! Cookies: one for a session, one for a claim under way, one for a browser that is remembered, one
//! for a way to the issuer.
//!
//! Over TLS their names carry `__Host-`, so no other name of the box and no plain page can set
//! them. On plain http from the box itself browsers refuse that prefix, so they have other names,
//! which are read on loopback only.

use axum::http::{HeaderMap, HeaderValue, header};

use super::conn::Transport;

/// What a cookie is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cookie {
    /// A signed-in browser.
    Session,
    /// The browser that holds the claim.
    Claim,
    /// A browser that was sent to the issuer.
    Issuer,
    /// A browser that is not asked for a second factor for a while.
    Device,
}

/// How long a browser keeps a cookie; the server ends both earlier by its own rules.
const KEPT_SECONDS: u64 = 400 * 24 * 3600;

impl Cookie {
    /// What the cookie is called there.
    pub(super) const fn name(self, transport: Transport) -> &'static str {
        match (self, transport) {
            (Self::Session, Transport::Tls) => "__Host-stead",
            (Self::Session, Transport::Loopback) => "stead-loopback",
            (Self::Claim, Transport::Tls) => "__Host-stead-claim",
            (Self::Issuer, Transport::Tls) => "__Host-stead-issuer",
            (Self::Issuer, Transport::Loopback) => "stead-issuer-loopback",
            (Self::Claim, Transport::Loopback) => "stead-claim-loopback",
            (Self::Session, Transport::Plain) => "stead-plain",
            (Self::Claim, Transport::Plain) => "stead-claim-plain",
            (Self::Issuer, Transport::Plain) => "stead-issuer-plain",
            (Self::Device, Transport::Tls) => "__Host-stead-device",
            (Self::Device, Transport::Loopback) => "stead-device-loopback",
            (Self::Device, Transport::Plain) => "stead-device-plain",
        }
    }

    /// The value the client sent; a name sent twice counts as not sent.
    pub(crate) fn read(self, headers: &HeaderMap, transport: Transport) -> Option<&str> {
        let name = self.name(transport);
        let mut found = headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(key, _)| *key == name)
            .map(|(_, value)| value);
        match (found.next(), found.next()) {
            (Some(value), None) => Some(value),
            _ => None,
        }
    }

    /// `Set-Cookie` that gives the client `value`, which must be base64url.
    pub(crate) fn set(self, value: &str, transport: Transport) -> Option<HeaderValue> {
        self.line(value, KEPT_SECONDS, transport)
    }

    /// `Set-Cookie` that takes it away.
    pub(crate) fn clear(self, transport: Transport) -> Option<HeaderValue> {
        self.line("", 0, transport)
    }

    fn line(self, value: &str, max_age: u64, transport: Transport) -> Option<HeaderValue> {
        let name = self.name(transport);
        // The claim begins with a link out of a file, which is another site to the browser, but
        // the cookie is only ever set and read by the page's own calls: Strict fits both.
        let same_site = match self {
            Self::Session => "Lax",
            Self::Claim | Self::Issuer | Self::Device => "Strict",
        };
        let secure = match transport {
            Transport::Tls => "; Secure",
            Transport::Loopback | Transport::Plain => "",
        };
        let line = format!(
            "{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite={same_site}{secure}"
        );
        HeaderValue::from_str(&line).ok()
    }
}
