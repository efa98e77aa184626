//! The Host guard: which names a request may ask for. It runs before routing and before CSRF
//! checks, because those compare the origin with the host and so cannot see a rebound name.
//!
//! A foreign name in `Host` means that some page's own name was pointed at this box (DNS
//! rebinding) or that a proxy is not configured. Both are answered 421.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

#[cfg(test)]
mod tests;

/// The longest name that DNS can carry, and so the longest worth comparing.
const HOST_MAX_BYTES: usize = 253;

/// The names and addresses this server answers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostGuard {
    names: BTreeSet<String>,
    addresses: BTreeSet<IpAddr>,
}

/// What a request asked for, after strict parsing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AskedHost {
    /// A DNS name in lower case without a trailing dot.
    Name(String),
    /// A literal address, v4-mapped ones decoded.
    Address(IpAddr),
}

impl HostGuard {
    /// Allows these names and addresses, and always `localhost` with both loopback addresses.
    #[must_use]
    pub fn new<N: AsRef<str>>(
        names: impl IntoIterator<Item = N>,
        addresses: impl IntoIterator<Item = IpAddr>,
    ) -> Self {
        let names = names.into_iter().map(|name| plain_name(name.as_ref()));
        let addresses = addresses.into_iter().map(|address| address.to_canonical());
        Self {
            names: names.chain([String::from("localhost")]).collect(),
            addresses: addresses
                .chain([Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()])
                .collect(),
        }
    }

    /// Whether a `Host` header (or the authority of an absolute target) names this server.
    /// The port must be a number but may be any: a router or a container may map it.
    #[must_use]
    pub fn admits(&self, host: &str) -> bool {
        match parse_host(host) {
            Some(AskedHost::Name(name)) => self.names.contains(&name),
            Some(AskedHost::Address(address)) => self.addresses.contains(&address),
            None => false,
        }
    }
}

/// Parses `name`, `name:port`, `a.b.c.d:port` or `[v6]:port`, and nothing else.
#[must_use]
pub fn parse_host(host: &str) -> Option<AskedHost> {
    if let Some(rest) = host.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        port_is_sound(port).then_some(())?;
        let address: Ipv6Addr = address.parse().ok()?;
        return Some(AskedHost::Address(IpAddr::V6(address).to_canonical()));
    }
    let (name, port) = host.find(':').map_or((host, ""), |at| host.split_at(at));
    port_is_sound(port).then_some(())?;
    if let Ok(address) = name.parse::<Ipv4Addr>() {
        return Some(AskedHost::Address(address.into()));
    }
    name_is_sound(name).then(|| AskedHost::Name(plain_name(name)))
}

/// Nothing, or a colon and a port number other than zero.
fn port_is_sound(port: &str) -> bool {
    let Some(digits) = port.strip_prefix(':') else { return port.is_empty() };
    digits.bytes().all(|b| b.is_ascii_digit()) && digits.parse::<u16>().is_ok_and(|n| n > 0)
}

fn name_is_sound(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name.len() <= HOST_MAX_BYTES && name.split('.').all(label_is_sound)
}

fn label_is_sound(label: &str) -> bool {
    !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn plain_name(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}
