//! What is known of a connection before its first request.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;
use stead_rules::proxy::{self, Client, Prefix, Told};

/// How bytes travel. Credentials are taken on the first two only, but for those of televisions that
/// play over plain http, which are good for nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// TLS.
    Tls,
    /// Plain http, from the box itself to a literal loopback name.
    Loopback,
    /// Plain http in the own network, where the config says so.
    Plain,
}

/// Whether somebody is where the system side lets people play without a sign-in (C7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nearness {
    /// They are.
    Listed,
    /// They are not, or there is no such place.
    Elsewhere,
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

/// Whether somebody says that they only pass a request on. Unless the config names them, nobody who
/// comes through one is taken for near: neither for the box itself nor for a machine of its network.
/// Forging such a header only takes rights away.
fn came_by_proxy(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| {
        let name = name.as_str();
        matches!(name, "forwarded" | "via" | "x-real-ip") || name.starts_with("x-forwarded-")
    })
}

/// Who asks on this connection, by the word of the proxies that the config names.
#[must_use]
pub fn client(connection: Connection, headers: &HeaderMap, proxies: &[Prefix]) -> Client {
    let told = Told {
        forwarded: lines(headers, "forwarded"),
        x_forwarded_for: lines(headers, "x-forwarded-for"),
        passed_on: came_by_proxy(headers),
    };
    proxy::client(connection.address(), &told, proxies)
}

/// Whether a proxy on the box itself says that the client came to it by TLS. Between the two no
/// byte leaves the machine.
#[must_use]
pub fn by_tls_to_own_proxy(
    connection: Connection,
    headers: &HeaderMap,
    proxies: &[Prefix],
) -> bool {
    let own = connection.address().is_loopback()
        && proxies.iter().any(|proxy| proxy.contains(connection.address()));
    let said = lines(headers, "x-forwarded-proto");
    own && !said.is_empty() && said.iter().all(|word| word.trim().eq_ignore_ascii_case("https"))
}

/// The values of one header; one that is no text reads like nobody's name.
fn lines<'a>(headers: &'a HeaderMap, name: &str) -> Vec<&'a str> {
    headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default()).collect()
}
