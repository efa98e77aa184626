//! Who this box is on its network: host name, own addresses, and whether a peer is on the link.
//!
//! `on_link` is a pure function of the peer and the interfaces, so that it can be tested as a
//! table; only [`interfaces`] asks the kernel.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use nix::ifaddrs::{InterfaceAddress, getifaddrs};
use nix::net::if_::InterfaceFlags;
use nix::sys::socket::SockaddrStorage;
use stead_rules::ids::BoxId;

#[cfg(test)]
mod tests;

/// Renames that a name conflict may cause before we stop: the certificate authority of the box
/// is constrained to names made in advance, and a network with four equal names is an attack.
pub const RENAMES_MAX: u32 = 3;

/// The short name that a box takes besides its own when no other has it. It stands in every
/// certificate, whether it is ours at the moment or not: who holds it changes with who is there.
pub const SHARED_NAME: &str = "stead.local";

/// A prefix shorter than this covers a provider's network rather than a home, so sharing it
/// proves nothing. 10.0.0.0/8 is the widest private block that people configure.
const PREFIX_V4_MIN: u8 = 8;
/// As [`PREFIX_V4_MIN`]: the shortest prefix given to one customer is a /32 to a provider.
const PREFIX_V6_MIN: u8 = 33;
/// Link-local addresses are on the link whatever mask the kernel reports (RFC 4291 §2.5.6).
const PREFIX_LINK_LOCAL: u8 = 64;

/// Why the interfaces could not be listed.
#[derive(Debug, thiserror::Error)]
#[error("listing the network interfaces")]
pub struct InterfacesError(#[source] nix::Error);

/// One address of one interface that is up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interface {
    /// What the kernel calls it, such as `eth0`.
    pub name: String,
    /// The address, never a v4-mapped one.
    pub address: IpAddr,
    /// Length of the prefix that is reachable without a router.
    pub prefix: u8,
    /// The interface leads only to this machine.
    pub loopback: bool,
}

/// `stead-ab12`: the last four digits of the box id, so that it is stable and short.
#[must_use]
pub fn host_label(id: &BoxId) -> String {
    let [.., high, low] = id.as_bytes();
    format!("stead-{high:02x}{low:02x}")
}

/// The host label as announced over mDNS: `stead-ab12.local`.
#[must_use]
pub fn local_name(label: &str) -> String {
    format!("{label}.local")
}

/// The name itself and those that a conflict can turn it into: `stead-ab12-2.local` and so on.
#[must_use]
pub fn local_names_with_renames(label: &str) -> Vec<String> {
    let renamed = (2..=RENAMES_MAX + 1).map(|n| local_name(&format!("{label}-{n}")));
    std::iter::once(local_name(label)).chain(renamed).collect()
}

/// Every address of every interface that is up, loopback included.
pub fn interfaces() -> Result<Vec<Interface>, InterfacesError> {
    let mut found: Vec<_> =
        getifaddrs().map_err(InterfacesError)?.filter_map(|entry| from_kernel(&entry)).collect();
    found.sort();
    found.dedup();
    Ok(found)
}

/// The addresses under which others reach this machine: no loopback, and no IPv6 link-local,
/// because browsers accept no zone and so cannot open those. IPv4 first, as people read it best.
#[must_use]
pub fn reachable_addresses(interfaces: &[Interface]) -> Vec<IpAddr> {
    let mut addresses: Vec<_> = interfaces
        .iter()
        .filter(|interface| !interface.loopback && !is_v6_link_local(interface.address))
        .map(|interface| interface.address)
        .collect();
    addresses.sort();
    addresses.dedup();
    addresses
}

/// The loopback addresses of this machine.
#[must_use]
pub fn loopback_addresses(interfaces: &[Interface]) -> Vec<IpAddr> {
    interfaces.iter().filter(|i| i.loopback).map(|i| i.address).collect()
}

/// The peer needs no router to reach us: it shares a prefix with one of our interfaces, or it is
/// this machine. An IPv4 address that came in through an IPv6 socket counts as the IPv4 address.
///
/// This permits starting a claim. It never replaces a factor.
#[must_use]
pub fn on_link(peer: IpAddr, interfaces: &[Interface]) -> bool {
    let peer = peer.to_canonical();
    peer.is_loopback() || interfaces.iter().any(|own| shares_prefix(peer, own))
}

fn shares_prefix(peer: IpAddr, own: &Interface) -> bool {
    match (peer, own.address) {
        (IpAddr::V4(peer), IpAddr::V4(address)) => {
            own.prefix >= PREFIX_V4_MIN && same_prefix_v4(peer, address, own.prefix)
        }
        (IpAddr::V6(peer), IpAddr::V6(address)) if address.is_unicast_link_local() => {
            same_prefix_v6(peer, address, PREFIX_LINK_LOCAL)
        }
        (IpAddr::V6(peer), IpAddr::V6(address)) => {
            own.prefix >= PREFIX_V6_MIN && same_prefix_v6(peer, address, own.prefix)
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}

fn same_prefix_v4(left: Ipv4Addr, right: Ipv4Addr, prefix: u8) -> bool {
    let host_bits = 32_u32.saturating_sub(u32::from(prefix));
    (left.to_bits() ^ right.to_bits()).checked_shr(host_bits).unwrap_or(0) == 0
}

fn same_prefix_v6(left: Ipv6Addr, right: Ipv6Addr, prefix: u8) -> bool {
    let host_bits = 128_u32.saturating_sub(u32::from(prefix));
    (left.to_bits() ^ right.to_bits()).checked_shr(host_bits).unwrap_or(0) == 0
}

/// It leads through one interface only, which a browser cannot name.
pub(crate) fn is_v6_link_local(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local())
}

fn from_kernel(entry: &InterfaceAddress) -> Option<Interface> {
    if !entry.flags.contains(InterfaceFlags::IFF_UP) {
        return None;
    }
    let address = ip_of(entry.address.as_ref()?)?;
    let prefix = entry.netmask.as_ref().and_then(ip_of).map_or(full_prefix(address), prefix_of);
    let loopback = entry.flags.contains(InterfaceFlags::IFF_LOOPBACK);
    Some(Interface { name: entry.interface_name.clone(), address, prefix, loopback })
}

fn ip_of(address: &SockaddrStorage) -> Option<IpAddr> {
    let v4 = address.as_sockaddr_in().map(|v4| IpAddr::V4(v4.ip()));
    v4.or_else(|| address.as_sockaddr_in6().map(|v6| IpAddr::V6(v6.ip())))
}

/// The ones at the front of a mask; a mask with holes counts up to the first hole.
fn prefix_of(mask: IpAddr) -> u8 {
    let ones = match mask {
        IpAddr::V4(mask) => mask.to_bits().leading_ones(),
        IpAddr::V6(mask) => mask.to_bits().leading_ones(),
    };
    u8::try_from(ones).unwrap_or(128)
}

const fn full_prefix(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}
