//! What is known of a connection before its first request.

use std::net::{IpAddr, SocketAddr};

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
