//! The other way in which a network finds things: SSDP, by which Windows lists the devices of a
//! network, for those that have no mDNS.
//!
//! The server is a basic device with nothing but a page to open (UPnP Device Architecture 1.1, §1.3
//! and §2). It offers no service, and asks no router for anything. Here are packets and the
//! description as values; the sockets are in `app::ssdp`.
//!
//! A search comes from anybody who can send a packet, under any address that they like to write into
//! it, and an answer is longer than the question: who sends answers must look where they go.

use std::net::{IpAddr, Ipv4Addr};

use stead_rules::ids::BoxId;
use stead_rules::limits::SSDP_SEARCH_MAX_BYTES;

use crate::net::names::Interface;

#[cfg(test)]
mod tests;

/// Where searches are sent to.
pub const GROUP: Ipv4Addr = Ipv4Addr::new(239, 255, 255, 250);
/// The port of searches.
pub const PORT: u16 = 1900;
/// Where the plain port shows the description.
pub const DESCRIPTION_PATH: &str = "/device.xml";

const BASIC: &str = "urn:schemas-upnp-org:device:Basic:1";
const ROOT: &str = "upnp:rootdevice";
/// For how long others may believe what was announced; it is repeated twice in that time.
const MAX_AGE_SECONDS: u32 = 1800;

/// What a search asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Search {
    /// Everything.
    All,
    /// One kind of thing, or one thing, by its name.
    For(String),
}

/// Reads a packet; None when it is no search.
#[must_use]
pub fn search(packet: &[u8]) -> Option<Search> {
    if packet.len() > SSDP_SEARCH_MAX_BYTES {
        return None;
    }
    let mut lines = std::str::from_utf8(packet).ok()?.split("\r\n");
    (lines.next()? == "M-SEARCH * HTTP/1.1").then_some(())?;
    let fields: Vec<_> = lines.filter_map(|line| line.split_once(':')).collect();
    let field = |name: &str| {
        let named = fields.iter().find(|(found, _)| found.trim().eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.trim())
    };
    (field("MAN")? == "\"ssdp:discover\"").then_some(())?;
    match field("ST")? {
        "ssdp:all" => Some(Search::All),
        other => Some(Search::For(other.to_owned())),
    }
}

/// Whether a server that was there comes or goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// It is there.
    Alive,
    /// It goes.
    Goodbye,
}

/// What is told of this server.
#[derive(Debug, Clone)]
pub struct Device {
    /// The id of the box.
    pub id: BoxId,
    /// The name that leads to it.
    pub host_name: String,
    /// The version of the server.
    pub version: &'static str,
    /// The port of the page that leads to TLS.
    pub http_port: u16,
}

impl Device {
    /// The answers to a search, for somebody who reaches this server at `own`.
    #[must_use]
    pub fn answers(&self, search: &Search, own: Ipv4Addr) -> Vec<String> {
        let answer = |target: &String| {
            format!(
                "HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age={MAX_AGE_SECONDS}\r\nEXT:\r\n\
                 LOCATION: {}\r\nSERVER: {}\r\nST: {target}\r\nUSN: {}\r\n\r\n",
                self.location(own),
                self.server(),
                self.unique(target)
            )
        };
        let asked = |target: &&String| match search {
            Search::All => true,
            Search::For(wanted) => wanted == *target,
        };
        self.targets().iter().filter(asked).map(answer).collect()
    }

    /// What the network is told unasked, from the address `own`.
    #[must_use]
    pub fn news(&self, news: News, own: Ipv4Addr) -> Vec<String> {
        let tell = |target: &String| {
            let head = format!("NOTIFY * HTTP/1.1\r\nHOST: {GROUP}:{PORT}\r\nNT: {target}\r\n");
            let unique = self.unique(target);
            match news {
                News::Goodbye => format!("{head}NTS: ssdp:byebye\r\nUSN: {unique}\r\n\r\n"),
                News::Alive => format!(
                    "{head}NTS: ssdp:alive\r\nUSN: {unique}\r\nLOCATION: {}\r\nSERVER: {}\r\n\
                     CACHE-CONTROL: max-age={MAX_AGE_SECONDS}\r\n\r\n",
                    self.location(own),
                    self.server()
                ),
            }
        };
        self.targets().iter().map(tell).collect()
    }

    /// The description, for somebody who asked `host` for it: the page lies there, too.
    #[must_use]
    pub fn description(&self, host: &str) -> String {
        let (name, host) = (escape(&self.host_name), escape(host));
        format!(
            "<?xml version=\"1.0\"?>\n<root xmlns=\"urn:schemas-upnp-org:device-1-0\">\
             <specVersion><major>1</major><minor>1</minor></specVersion><device>\
             <deviceType>{BASIC}</deviceType><friendlyName>Stead ({name})</friendlyName>\
             <manufacturer>Stead</manufacturer><modelName>Stead</modelName>\
             <modelNumber>{}</modelNumber><UDN>{}</UDN>\
             <presentationURL>http://{host}/</presentationURL></device></root>\n",
            self.version,
            self.itself()
        )
    }

    fn targets(&self) -> [String; 3] {
        [ROOT.to_owned(), self.itself(), BASIC.to_owned()]
    }

    /// `uuid:…`, of the id of the box.
    fn itself(&self) -> String {
        let mut uuid = String::from("uuid:");
        for (place, digit) in self.id.to_string().chars().enumerate() {
            if [8, 12, 16, 20].contains(&place) {
                uuid.push('-');
            }
            uuid.push(digit);
        }
        uuid
    }

    fn unique(&self, target: &str) -> String {
        let itself = self.itself();
        if target == itself { itself } else { format!("{itself}::{target}") }
    }

    fn location(&self, own: Ipv4Addr) -> String {
        format!("http://{own}:{}{DESCRIPTION_PATH}", self.http_port)
    }

    fn server(&self) -> String {
        format!("Linux UPnP/1.1 Stead/{}", self.version)
    }
}

/// The address by which a peer on the link reaches this machine; None for whoever is not there.
#[must_use]
pub fn own_address(peer: Ipv4Addr, interfaces: &[Interface]) -> Option<Ipv4Addr> {
    let shares = |own: &&Interface| {
        let alone = std::slice::from_ref(*own);
        // This machine itself counts as on the link everywhere, and has no need of an answer.
        !own.loopback && !peer.is_loopback() && crate::net::names::on_link(IpAddr::V4(peer), alone)
    };
    interfaces.iter().filter(shares).find_map(|own| v4(own.address))
}

/// The addresses on which searches are heard: those of the interfaces that are wanted, or of all.
#[must_use]
pub fn heard_on(interfaces: &[Interface], wanted: &[String]) -> Vec<Ipv4Addr> {
    let chosen =
        |own: &&Interface| !own.loopback && (wanted.is_empty() || wanted.contains(&own.name));
    interfaces.iter().filter(chosen).filter_map(|own| v4(own.address)).collect()
}

const fn v4(address: IpAddr) -> Option<Ipv4Addr> {
    match address {
        IpAddr::V4(v4) => Some(v4),
        IpAddr::V6(_) => None,
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
