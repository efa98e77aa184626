//! From where a server that was never claimed may be played without a sign-in (C7).
//!
//! An address proves little: whoever passes a request on lends it their own. So nobody counts who
//! comes by a proxy, believed or not, and the machine itself only under a literal loopback name,
//! which no rebound name is.

use std::net::IpAddr;

use crate::proxy::{Client, Prefix, Way};

/// What the system side lists.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listed {
    /// Ranges of addresses, none of which means this machine.
    pub prefixes: Vec<Prefix>,
    /// Whether the machine itself is one of them.
    pub loopback: bool,
}

/// What a request asked for as its host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedFor {
    /// `localhost` or a literal loopback address.
    Loopback,
    /// Anything else.
    Other,
}

impl Listed {
    /// Whether this client may look and play.
    #[must_use]
    pub fn admits(&self, client: Client, host: AskedFor) -> bool {
        match (client.way, client.address.to_canonical()) {
            (Way::Believed | Way::Unknown, _) => false,
            (Way::Straight, address) if address.is_loopback() => {
                self.loopback && host == AskedFor::Loopback
            }
            (Way::Straight, address) => self.lists(address),
        }
    }

    fn lists(&self, address: IpAddr) -> bool {
        self.prefixes.iter().any(|prefix| prefix.contains(address))
    }
}
