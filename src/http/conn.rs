//! What is known of a connection before its first request.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;

/// How bytes travel: credentials are taken on these two only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// TLS.
    Tls,
    /// Plain http, from the box itself to a literal loopback name.
    Loopback,
}

/// One connection.
#[derive(Debug, Clone, Copy)]
pub struct Connection {
    /// The other end.
    pub peer: SocketAddr,
    /// Whether it came in by the TLS port.
    pub tls: bool,
}

impl Connection {
    /// The peer's address, an IPv4 one inside IPv6 decoded.
    #[must_use]
    pub fn address(&self) -> IpAddr {
        self.peer.ip().to_canonical()
    }
}

/// Whether somebody says that they only pass a request on. No proxy is believed in this version,
/// and so nobody who comes through one is taken for near: neither for the box itself nor for a
/// machine of its network. Forging such a header only takes rights away.
#[must_use]
pub fn came_by_proxy(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| {
        let name = name.as_str();
        matches!(name, "forwarded" | "via" | "x-real-ip") || name.starts_with("x-forwarded-")
    })
}
