//! The other direction: which boxes a network has, as they say of themselves.
//!
//! Whatever comes in was sent by a stranger and will stand in a terminal: names must be host names,
//! words are cut and hold plain letters only, and the list has an end. What a box says of itself is
//! a hint of where to go and proves nothing; its certificate does.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::thread;
use std::time::Duration;

use mdns_sd::{Receiver, ResolvedService, ServiceDaemon, ServiceEvent};
use stead_rules::limits::{FOUND_BOXES_MAX, FOUND_WORD_MAX_CHARS};

use super::Trouble;
use super::running::{ANSWER, daemon_trouble, pause, port_can_be_shared};
use super::services::STEAD;
use crate::net::names::is_v6_link_local;

/// How long the first question is listened to. It is repeated after a second, and the second one
/// comes more than a second after that.
const FIRST_QUESTION: Duration = Duration::from_millis(2400);

/// By the full name of the service, or by the name of the host: each is unique on a network.
type Boxes = BTreeMap<String, Found>;

/// A box that answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The name that leads to it, such as `stead-ab12.local`.
    pub host_name: String,
    /// Its addresses, those that people read best first.
    pub addresses: Vec<IpAddr>,
    /// Where TLS is served.
    pub port: u16,
    /// Where its web app begins.
    pub path: String,
    /// The id of the box; empty when it tells none.
    pub id: String,
    /// The version of its server; empty when it tells none.
    pub version: String,
    /// What kind of machine it is; empty when it tells none.
    pub model: String,
    /// Whether it has an owner, if it says so.
    pub claimed: Option<bool>,
}

impl Found {
    /// The address to open, for the name or an address of the box; the usual port need not be told.
    #[must_use]
    pub fn link(&self, host: &str) -> String {
        match self.port {
            443 => format!("https://{host}{}", self.path),
            port => format!("https://{host}:{port}{}", self.path),
        }
    }

    /// Links by name and by address. A browser takes no link-local address of IPv6.
    #[must_use]
    pub fn links(&self) -> Vec<String> {
        let usable = self.addresses.iter().filter(|address| !is_v6_link_local(**address));
        let hosts = usable.map(|address| match address {
            IpAddr::V4(v4) => v4.to_string(),
            IpAddr::V6(v6) => format!("[{v6}]"),
        });
        std::iter::once(self.host_name.clone()).chain(hosts).map(|host| self.link(&host)).collect()
    }
}

/// Asks the network twice and listens for this long in all. Those without an owner come first, since
/// they are what is looked for most.
///
/// Twice, since a box sends no record again that it has sent within a second (RFC 6762 §6): whoever
/// asks just after somebody else may get an answer with holes, and what is known already is not
/// asked for again. The second question comes from somebody who knows nothing.
pub fn find(time: Duration) -> Result<Vec<Found>, Trouble> {
    port_can_be_shared()?;
    let boxes = ask(BTreeMap::new(), FIRST_QUESTION)?;
    let boxes = ask(boxes, time.saturating_sub(FIRST_QUESTION))?;
    let mut boxes: Vec<_> = by_host(boxes).into_values().collect();
    boxes.sort_by(|left, right| {
        (left.claimed, &left.host_name).cmp(&(right.claimed, &right.host_name))
    });
    Ok(boxes)
}

/// One entry for each box: it may have announced its service under more than one name.
fn by_host(boxes: Boxes) -> Boxes {
    let mut hosts = Boxes::new();
    for found in boxes.into_values() {
        match hosts.get(&found.host_name) {
            Some(known) if !known.id.is_empty() => {}
            Some(_) | None => drop(hosts.insert(found.host_name.clone(), found)),
        }
    }
    hosts
}

fn ask(boxes: Boxes, time: Duration) -> Result<Boxes, Trouble> {
    let daemon = ServiceDaemon::new().map_err(daemon_trouble)?;
    let events = daemon.browse(STEAD).map_err(daemon_trouble)?;
    let listener = thread::Builder::new()
        .name(String::from("mdns-find"))
        .spawn(move || listen(boxes, &events))
        .map_err(|error| Trouble::Daemon(error.to_string()))?;
    pause(time);
    daemon.stop_browse(STEAD).map_err(daemon_trouble)?;
    let boxes = listener.join();
    if let Ok(ended) = daemon.shutdown() {
        let _ = ended.recv_timeout(ANSWER);
    }
    boxes.map_err(|_| Trouble::Daemon(String::from("the listener has failed")))
}

/// Keeps what came last from each, until the search is stopped.
fn listen(mut boxes: Boxes, events: &Receiver<ServiceEvent>) -> Boxes {
    while let Ok(event) = events.recv() {
        if let ServiceEvent::ServiceResolved(service) = &event {
            keep(&mut boxes, service);
        }
        if let ServiceEvent::ServiceRemoved(_, full_name) = &event {
            boxes.remove(full_name);
        }
        if matches!(event, ServiceEvent::SearchStopped(_)) {
            break;
        }
    }
    boxes
}

fn keep(boxes: &mut Boxes, service: &ResolvedService) {
    let Some(mut found) = read(service) else { return };
    match boxes.get(service.get_fullname()) {
        Some(known) => found = filled(found, known, service.get_properties().is_empty()),
        None if boxes.len() >= FOUND_BOXES_MAX => return,
        None => {}
    }
    boxes.insert(service.get_fullname().to_owned(), found);
}

/// The holes of an answer are filled from an earlier one: its words, or addresses of one kind.
fn filled(found: Found, known: &Found, without_words: bool) -> Found {
    let is_missing =
        |address: &IpAddr| !found.addresses.iter().any(|new| new.is_ipv4() == address.is_ipv4());
    let earlier = known.addresses.iter().copied().filter(is_missing);
    let addresses = sorted(earlier.chain(found.addresses.iter().copied()).collect());
    let words = if without_words { known } else { &found };
    Found { addresses, host_name: found.host_name.clone(), port: found.port, ..words.clone() }
}

/// What a service says, if it can be a box.
fn read(service: &ResolvedService) -> Option<Found> {
    let word = |key| plain(service.get_property_val_str(key).unwrap_or_default());
    let addresses = service.get_addresses().iter().map(mdns_sd::ScopedIp::to_ip_addr);
    let found = Found {
        host_name: host_name(service.get_hostname())?,
        addresses: sorted(addresses.collect()),
        port: service.get_port(),
        path: path(service.get_property_val_str("path").unwrap_or_default()),
        id: word("id"),
        version: word("ver"),
        model: word("model"),
        claimed: match service.get_property_val_str("claimed") {
            Some("0") => Some(false),
            Some("1") => Some(true),
            Some(_) | None => None,
        },
    };
    (found.port != 0 && !found.addresses.is_empty()).then_some(found)
}

/// `stead-ab12.local` of `stead-ab12.local.`: one label below `local`, of letters that may stand
/// in a host name.
fn host_name(host: &str) -> Option<String> {
    let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let label = name.strip_suffix(".local")?;
    let letters = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let fits = (1..=63).contains(&label.len());
    (letters && fits && !label.starts_with('-') && !label.ends_with('-')).then_some(name)
}

/// IPv4 first, and what only leads through one interface last.
fn sorted(mut addresses: Vec<IpAddr>) -> Vec<IpAddr> {
    addresses.sort_by_key(|address| (is_v6_link_local(*address), *address));
    addresses.dedup();
    addresses
}

fn plain(word: &str) -> String {
    let printable = |letter: &char| letter.is_ascii_graphic() || *letter == ' ';
    word.chars().filter(printable).take(FOUND_WORD_MAX_CHARS).collect()
}

/// A path as a link takes it, else the front page.
fn path(word: &str) -> String {
    let fits = word.len() <= FOUND_WORD_MAX_CHARS
        && word.starts_with('/')
        && word.bytes().all(|byte| byte.is_ascii_graphic());
    String::from(if fits { word } else { "/" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mdns_sd::ServiceInfo;

    fn service(host: &str, addresses: &str, words: &[(&str, &str)]) -> ResolvedService {
        ServiceInfo::new(STEAD, "stead-ab12", host, addresses, 8443, words)
            .unwrap()
            .as_resolved_service()
    }

    #[test]
    fn what_a_box_says_is_read() {
        let words = [("id", "0a"), ("ver", "0.1.0"), ("model", "rockpro64"), ("claimed", "0")];
        let words = [words.as_slice(), &[("path", "/")]].concat();
        let found = read(&service("Stead-ab12.local.", "fe80::1,198.51.100.7,2001:db8::7", &words))
            .unwrap();
        assert_eq!(found.host_name, "stead-ab12.local");
        assert_eq!((found.id.as_str(), found.claimed), ("0a", Some(false)));
        assert_eq!((found.version.as_str(), found.model.as_str()), ("0.1.0", "rockpro64"));
        assert_eq!(
            found.links(),
            [
                "https://stead-ab12.local:8443/",
                "https://198.51.100.7:8443/",
                "https://[2001:db8::7]:8443/"
            ]
        );
        assert_eq!(found.addresses.last().unwrap().to_string(), "fe80::1");
        assert_eq!(Found { port: 443, ..found }.link("a.local"), "https://a.local/");
    }

    #[test]
    fn a_stranger_gets_nothing_into_a_terminal() {
        let evil = [
            ("ver", "1\u{1b}[2J\u{7}\u{202e}x"),
            ("model", "é\r\nstead-0000.local waits for its owner"),
            ("path", "/\u{1b}]0;x"),
            ("claimed", "yes"),
        ];
        let found = read(&service("stead-ab12.local.", "198.51.100.7", &evil)).unwrap();
        assert_eq!(found.version, "1[2Jx");
        assert_eq!(found.model, "stead-0000.local waits for its owner");
        assert_eq!((found.path.as_str(), found.claimed), ("/", None));
        let long = "x".repeat(200);
        let found = read(&service("a.local.", "198.51.100.7", &[("ver", &long)])).unwrap();
        assert_eq!(found.version.len(), FOUND_WORD_MAX_CHARS);
        let none: [(&str, &str); 0] = [];
        for host in
            ["a b.local.", "\u{1b}[2J.local.", "-a.local.", "a.example.", ".local.", "a.b.local."]
        {
            let mut service = service("a.local.", "198.51.100.7", &none);
            service.host = host.to_owned();
            assert_eq!(read(&service), None, "{host:?}");
        }
    }

    #[test]
    fn an_answer_with_holes_takes_nothing_away() {
        let none: [(&str, &str); 0] = [];
        let mut boxes = BTreeMap::new();
        keep(&mut boxes, &service("a.local.", "198.51.100.7", &[("ver", "1"), ("claimed", "1")]));
        keep(&mut boxes, &service("a.local.", "198.51.100.8,fe80::1", &none));
        let found = boxes.values().next().unwrap().clone();
        assert_eq!((found.version.as_str(), found.claimed), ("1", Some(true)));
        let addresses = |found: &Found| found.addresses.iter().map(ToString::to_string).collect();
        let all: Vec<String> = addresses(&found);
        assert_eq!(all, ["198.51.100.8", "fe80::1"], "the newer one of a kind counts");
        keep(&mut boxes, &service("a.local.", "fe80::2", &[("ver", "2")]));
        let found = boxes.values().next().unwrap();
        assert_eq!((found.version.as_str(), found.claimed), ("2", None));
        let all: Vec<String> = addresses(found);
        assert_eq!(all, ["198.51.100.8", "fe80::2"]);
    }

    #[test]
    fn a_box_with_two_services_is_one_box() {
        let mut boxes = BTreeMap::new();
        let none: [(&str, &str); 0] = [];
        for (name, words) in [("a", none.as_slice()), ("b", &[("id", "0a")]), ("c", &none)] {
            let mut service = service("a.local.", "198.51.100.7", words);
            service.fullname = format!("{name}.{STEAD}");
            keep(&mut boxes, &service);
        }
        let hosts: Vec<_> = by_host(boxes).into_values().collect();
        assert_eq!(hosts.len(), 1);
        assert_eq!(hosts[0].id, "0a");
    }

    #[test]
    fn a_flood_fills_the_list_and_no_more() {
        let mut boxes = BTreeMap::new();
        let none: [(&str, &str); 0] = [];
        for number in 0..2 * FOUND_BOXES_MAX {
            let mut service = service("a.local.", "198.51.100.7", &none);
            service.fullname = format!("b{number}.{STEAD}");
            keep(&mut boxes, &service);
        }
        assert_eq!(boxes.len(), FOUND_BOXES_MAX);
    }
}
