//! Who asks when somebody passes a request on: the client behind proxies that the config names.
//!
//! Each proxy writes down who came to it, behind what was written before. So the list is read from
//! its end, and only for as long as the reader of each entry is a proxy that we believe:
//!
//! ```text
//!   X-Forwarded-For: 10.0.0.9, 203.0.113.7, 10.0.0.3      from 10.0.0.2
//!                    anybody's  the client  a proxy of ours, a proxy of ours
//!                    words
//! ```
//!
//! It knows nothing of HTTP but the text of two headers (RFC 7239, and the older
//! `X-Forwarded-For`). What is doubtful is believed in nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::limits::FORWARDED_HOPS_MAX;

#[cfg(test)]
mod tests;

/// A range of addresses, as `10.0.0.2/32` or `fd00::/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prefix {
    address: IpAddr,
    bits: u8,
}

/// What a request says of its way, as its headers say it, in their order.
#[derive(Debug, Clone, Default)]
pub struct Told<'a> {
    /// The lines of `Forwarded`.
    pub forwarded: Vec<&'a str>,
    /// The lines of `X-Forwarded-For`.
    pub x_forwarded_for: Vec<&'a str>,
    /// Whether any header at all says that somebody passed the request on.
    pub passed_on: bool,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// Their address, or that of the nearest machine that is known for sure.
    pub address: IpAddr,
    /// How they came.
    pub way: Way,
}

/// How a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Straight from the client.
    Straight,
    /// By proxies that are believed, so that the client is known.
    Believed,
    /// By somebody who is not believed: the client may be anywhere.
    Unknown,
}

impl Prefix {
    /// Reads an address with or without a length; bits behind the length must be zero, so that a
    /// slip of the finger is seen.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
        let address: IpAddr = address.parse().ok()?;
        let most = most_bits(address);
        let bits = match bits {
            None => most,
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok()?,
            Some(_) => return None,
        };
        let sound = bits <= most && Self { address, bits }.is_tidy();
        sound.then_some(Self { address, bits })
    }

    /// Whether the address is in the range. An IPv4 address inside IPv6 counts as itself.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (own.to_bits() ^ other.to_bits()) & mask_v4(self.bits) == 0
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                (own.to_bits() ^ other.to_bits()) & mask_v6(self.bits) == 0
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }

    /// Whether every address is in it.
    #[must_use]
    pub const fn is_everything(&self) -> bool {
        self.bits == 0
    }

    fn is_tidy(&self) -> bool {
        match self.address {
            IpAddr::V4(v4) => v4.to_bits() & !mask_v4(self.bits) == 0,
            IpAddr::V6(v6) => v6.to_bits() & !mask_v6(self.bits) == 0,
        }
    }
}

impl std::fmt::Display for Prefix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

/// Who asks, given who is at the other end of the connection.
#[must_use]
pub fn client(peer: IpAddr, told: &Told<'_>, proxies: &[Prefix]) -> Client {
    let peer = peer.to_canonical();
    if !told.passed_on {
        return Client { address: peer, way: Way::Straight };
    }
    let known = |address: IpAddr| proxies.iter().any(|proxy| proxy.contains(address));
    let unknown = Client { address: peer, way: Way::Unknown };
    if !known(peer) {
        return unknown;
    }
    let Some(hops) = hops(told) else { return unknown };
    let mut nearest = peer;
    for hop in hops.into_iter().rev() {
        // Who says that they are not known, or that they are this machine, is nobody.
        let Some(address) = hop.filter(|address| is_somebody(*address)) else {
            return Client { address: nearest, way: Way::Unknown };
        };
        if !known(address) {
            return Client { address, way: Way::Believed };
        }
        nearest = address;
    }
    if nearest == peer { unknown } else { Client { address: nearest, way: Way::Believed } }
}

/// The machines on the way, the client first; none for an entry that names no address. Nothing at
/// all when the headers disagree on how to tell it: most proxies write one of them and pass the
/// other on as it came, so nobody can say which is theirs.
fn hops(told: &Told<'_>) -> Option<Vec<Option<IpAddr>>> {
    let hops: Vec<_> = match (told.forwarded.is_empty(), told.x_forwarded_for.is_empty()) {
        (false, true) => told.forwarded.iter().flat_map(|line| elements(line)).collect(),
        (true, false) => told
            .x_forwarded_for
            .iter()
            .flat_map(|line| line.split(','))
            .map(|entry| node(entry.trim()))
            .collect(),
        (true, true) | (false, false) => return None,
    };
    (hops.len() <= FORWARDED_HOPS_MAX).then_some(hops)
}

/// The `for=` of each element of one `Forwarded` line.
fn elements(line: &str) -> Vec<Option<IpAddr>> {
    line.split(',').map(|element| node(&parameter(element, "for").unwrap_or_default())).collect()
}

/// The value of one parameter of an element; one that is there twice is not there. Addresses hold
/// neither commas nor semicolons, so quoted ones are of no interest and end in no address.
fn parameter(element: &str, name: &str) -> Option<String> {
    let pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let mut found = pairs.filter(|(key, _)| key.trim().eq_ignore_ascii_case(name));
    match (found.next(), found.next()) {
        (Some((_, value)), None) => Some(value.trim().trim_matches('"').to_owned()),
        _ => None,
    }
}

/// `192.0.2.7`, `192.0.2.7:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
fn node(text: &str) -> Option<IpAddr> {
    if let Some(rest) = text.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        let port = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
        let address: Ipv6Addr = address.parse().ok().filter(|_| port)?;
        return Some(IpAddr::V6(address).to_canonical());
    }
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address.to_canonical());
    }
    let (address, port) = text.split_once(':')?;
    let address: Ipv4Addr = address.parse().ok().filter(|_| is_port(port))?;
    Some(IpAddr::V4(address))
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

fn is_somebody(address: IpAddr) -> bool {
    !address.is_loopback() && !address.is_unspecified() && !address.is_multicast()
}

const fn most_bits(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

fn mask_v4(bits: u8) -> u32 {
    u32::MAX.checked_shl(32_u32.saturating_sub(bits.into())).unwrap_or(0)
}

fn mask_v6(bits: u8) -> u128 {
    u128::MAX.checked_shl(128_u32.saturating_sub(bits.into())).unwrap_or(0)
}
