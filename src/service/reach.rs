//! How the server is reached at this moment: names, addresses, ports.

use std::net::IpAddr;

use stead_rules::claim::{Link, Peer};

use crate::net::guard::HostGuard;
use crate::net::names::{Interface, SHARED_NAME, on_link};

/// Names, addresses and ports by which the server is reached now.
#[derive(Debug, Clone)]
pub struct Reach {
    /// `stead-ab12.local`, as discovery has registered it.
    pub host_name: String,
    /// Whether `stead.local` leads here too.
    pub shared_name: bool,
    /// Interfaces that are up.
    pub interfaces: Vec<Interface>,
    /// Addresses that other machines can use.
    pub addresses: Vec<IpAddr>,
    /// Which hosts a request may name.
    pub guard: HostGuard,
    /// The port of TLS.
    pub https_port: u16,
    /// The port of the page that leads to TLS.
    pub http_port: u16,
    /// SHA-256 of the box's own CA, as people compare it.
    pub ca_fingerprint: String,
    /// SHA-256 of the certificate that is served, as people compare it.
    pub leaf_fingerprint: String,
}

impl Reach {
    /// Where a peer is, for decisions that need it. Who comes through a proxy may be anywhere.
    #[must_use]
    pub fn peer(&self, address: IpAddr, by_proxy: bool) -> Peer {
        let near = !by_proxy && on_link(address, &self.interfaces);
        let link = if near { Link::OnLink } else { Link::OffLink };
        Peer { address, link }
    }

    /// The addresses to type, names first.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        let port = self.https_port;
        let suffix = if port == 443 { String::new() } else { format!(":{port}") };
        let shared = self.shared_name.then_some(SHARED_NAME);
        let names = std::iter::once(self.host_name.as_str()).chain(shared);
        let names = names.map(|name| format!("https://{name}{suffix}/"));
        let addresses = self.addresses.iter().map(|address| match address {
            IpAddr::V4(v4) => format!("https://{v4}{suffix}/"),
            IpAddr::V6(v6) => format!("https://[{v6}]{suffix}/"),
        });
        names.chain(addresses).collect()
    }
}
