//! The address that a box's owner gives it in `stead.txt`, in place of what the router hands out.
//!
//! ```text
//! address = 192.168.1.20/24      IPv4 or IPv6, with the size of its network
//! gateway = 192.168.1.1          the router; without one only the own network is reached
//! dns = 192.168.1.1, 9.9.9.9     who knows names; without any the gateway is asked
//! ```
//!
//! Whoever writes a wrong one must still reach the box, so a line that cannot be meant gives no address
//! at all: the router is asked then.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What is repeated of a line in a sentence about it.
const WRITTEN_MAX_CHARS: usize = 48;
/// The route over a cable, which is systemd-networkd's own number.
const WIRED_METRIC: u16 = 1024;
/// The route over a radio: where there is a cable too, that is taken. As in `80-wireless.network`.
const WIRELESS_METRIC: u16 = 2048;

/// An address of a box that holds at each start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaticAddress {
    address: IpAddr,
    /// How many bits of it are the network's.
    prefix: u8,
    gateway: Option<IpAddr>,
    dns: Vec<IpAddr>,
}

/// Why the lines give no address. Each is a sentence that goes on after "no address is set: ".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// There is nothing that they could belong to.
    #[error("gateway = and dns = stand there without address =")]
    Missing,
    /// It is no address.
    #[error("address = {0} is no address; write it as 192.168.1.20/24")]
    NoAddress(String),
    /// Which addresses are near is not said.
    #[error("address = {0} says no size of its network; in most homes it is {0}/{1}")]
    NoPrefix(String, u8),
    /// It is the network's own, everybody's or the machine's.
    #[error("address = {0} is no address that a box can have")]
    NotOfABox(String),
    /// It is no address.
    #[error("gateway = {0} is no address of a router; write it as 192.168.1.1")]
    NoGateway(String),
    /// It cannot be reached.
    #[error("gateway = {0} does not lie in the network of address = {1}")]
    GatewayElsewhere(IpAddr, String),
    /// They are the same.
    #[error("gateway = {0} is the address of the box itself; it is the router's that is meant")]
    GatewayIsTheBox(IpAddr),
    /// It is no address.
    #[error(
        "dns = {0} is no address of a name server; write it as 192.168.1.1, several with commas \
         between them"
    )]
    NoNameServer(String),
}

/// What a machine is connected by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// A cable.
    Wired,
    /// A radio.
    Wireless,
}

impl StaticAddress {
    /// What three lines of a `stead.txt` say, None if they say nothing.
    ///
    /// # Errors
    /// [`BadAddress`].
    pub fn read(
        address: Option<&str>,
        gateway: Option<&str>,
        dns: Option<&str>,
    ) -> Result<Option<Self>, BadAddress> {
        let Some(written) = address else {
            return match gateway.or(dns) {
                Some(_) => Err(BadAddress::Missing),
                None => Ok(None),
            };
        };
        let (address, prefix) = with_prefix(written)?;
        let mut read = Self { address, prefix, gateway: None, dns: Vec::new() };
        read.gateway = gateway.map(|gateway| read.gateway(gateway)).transpose()?;
        read.dns = match dns {
            Some(dns) => dns.split(',').map(name_server).collect::<Result<_, _>>()?,
            None => read.gateway.into_iter().collect(),
        };
        Ok(Some(read))
    }

    fn gateway(&self, written: &str) -> Result<IpAddr, BadAddress> {
        let gateway: IpAddr =
            written.parse().map_err(|_| BadAddress::NoGateway(cut_short(written)))?;
        if gateway == self.address {
            return Err(BadAddress::GatewayIsTheBox(gateway));
        }
        // Routers of IPv6 go by an address that is each link's own.
        let on_link = matches!((self.address, gateway), (IpAddr::V6(_), IpAddr::V6(gateway))
            if gateway.is_unicast_link_local());
        if on_link || (self.holds(gateway) && can_be_a_machine(gateway, self.prefix)) {
            return Ok(gateway);
        }
        Err(BadAddress::GatewayElsewhere(gateway, format!("{}/{}", self.address, self.prefix)))
    }

    fn holds(&self, other: IpAddr) -> bool {
        match (self.address, other) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (own.to_bits() ^ other.to_bits()) & !host_bits_v4(self.prefix) == 0
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                (own.to_bits() ^ other.to_bits()) & !host_bits_v6(self.prefix) == 0
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }

    /// What systemd-networkd is told for one kind of link (`systemd.network(5)`). The address takes the
    /// place of what is handed out of its kind; of the other kind everything stays as it is without one.
    #[must_use]
    pub fn network_file(&self, link: Link) -> String {
        let (kind, metric) = match link {
            Link::Wired => ("Type=ether\nKind=!*\n", WIRED_METRIC),
            Link::Wireless => ("Type=wlan\n", WIRELESS_METRIC),
        };
        // An address that a machine gives itself, too, is for those that have none of IPv4.
        let (handed_out, own) = match self.address {
            IpAddr::V4(_) => ("ipv6", "ipv6"),
            IpAddr::V6(_) => ("ipv4", "yes"),
        };
        let mut text = format!(
            "# Made at each start of what stead.txt says.\n[Match]\n{kind}\n[Network]\nDHCP={handed_out}\n\
             LinkLocalAddressing={own}\nIPv6AcceptRA=yes\nLLMNR=no\nMulticastDNS=no\n"
        );
        for server in &self.dns {
            let _ = writeln!(text, "DNS={server}");
        }
        if link == Link::Wireless {
            text.push_str("IgnoreCarrierLoss=3s\n");
        }
        // Cable and radio may lead into one network, where each would find the other's address taken.
        let _ = write!(
            text,
            "\n[Address]\nAddress={}/{}\nRouteMetric={metric}\nDuplicateAddressDetection=none\n",
            self.address, self.prefix
        );
        if let Some(gateway) = self.gateway {
            let _ = write!(text, "\n[Route]\nGateway={gateway}\nMetric={metric}\n");
        }
        // What routers of IPv6 send is heard all the same: it has the names' servers, and how large a packet may be.
        let advertised = match self.address {
            IpAddr::V4(_) => "",
            IpAddr::V6(_) => "UseAutonomousPrefix=no\nUseGateway=no\nDHCPv6Client=no\n",
        };
        let _ = write!(
            text,
            "\n[DHCPv4]\nClientIdentifier=mac\nRouteMetric={metric}\nUseMTU=yes\n\n\
             [IPv6AcceptRA]\nRouteMetric={metric}\n{advertised}\n[Link]\nRequiredForOnline=no\n"
        );
        text
    }
}

fn with_prefix(written: &str) -> Result<(IpAddr, u8), BadAddress> {
    let wrong = || BadAddress::NoAddress(cut_short(written));
    let (address, prefix) = match written.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (written, None),
    };
    let address: IpAddr = address.trim().parse().map_err(|_| wrong())?;
    let (longest, usual) = match address {
        IpAddr::V4(_) => (32, 24),
        IpAddr::V6(_) => (128, 64),
    };
    let Some(prefix) = prefix else {
        return Err(BadAddress::NoPrefix(address.to_string(), usual));
    };
    let prefix = prefix.trim().parse().ok().filter(|bits| (1..=longest).contains(bits));
    let prefix: u8 = prefix.ok_or_else(wrong)?;
    if !can_be_a_machine(address, prefix) {
        return Err(BadAddress::NotOfABox(format!("{address}/{prefix}")));
    }
    Ok((address, prefix))
}

/// Whether one machine alone can have it in a network of this size.
fn can_be_a_machine(address: IpAddr, prefix: u8) -> bool {
    let of_one = !address.is_unspecified() && !address.is_loopback() && !address.is_multicast();
    let of_host = match address {
        // Networks of one and of two have neither an address of their own nor one for all (RFC 3021).
        IpAddr::V4(address) if prefix < 31 => {
            let host = address.to_bits() & host_bits_v4(prefix);
            host != 0 && host != host_bits_v4(prefix)
        }
        IpAddr::V4(address) => address != Ipv4Addr::BROADCAST,
        // One that is each link's own is there without a line.
        IpAddr::V6(address) => {
            !address.is_unicast_link_local() && address.to_ipv4_mapped().is_none()
        }
    };
    of_one && of_host
}

fn host_bits_v4(prefix: u8) -> u32 {
    u32::MAX.checked_shr(u32::from(prefix)).unwrap_or(0)
}

fn host_bits_v6(prefix: u8) -> u128 {
    u128::MAX.checked_shr(u32::from(prefix)).unwrap_or(0)
}

fn name_server(written: &str) -> Result<IpAddr, BadAddress> {
    let wrong = || BadAddress::NoNameServer(cut_short(written.trim()));
    let server: IpAddr = written.trim().parse().map_err(|_| wrong())?;
    // One on this machine would be asked by itself; one that is a link's own does not say whose.
    let link_local =
        matches!(server, IpAddr::V6(server) if Ipv6Addr::is_unicast_link_local(&server));
    let usable = !server.is_unspecified() && !server.is_loopback() && !server.is_multicast();
    if usable && !link_local { Ok(server) } else { Err(wrong()) }
}

fn cut_short(written: &str) -> String {
    written.chars().take(WRITTEN_MAX_CHARS).collect()
}

#[cfg(test)]
mod tests;
