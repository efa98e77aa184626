//! Discovery between two machines: Stead at one end of a cable, Avahi and a hand-built query at
//! the other.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test tells failures by panicking"
)]

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::Path;
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::json;

use crate::harness::{Client, totp_code};
use crate::lan::{Avahi, BOX_ADDRESS, End, Lan, PATIENCE};
use crate::program::Served;

const SHARED_NAME: &str = "stead.local";
const SERVICES: [&str; 3] = ["_stead._tcp", "_http._tcp", "_https._tcp"];

/// Starts the real server at the box's end.
fn serve(lan: &Lan) -> Served {
    serve_in(lan, tempfile::tempdir().unwrap())
}

/// The same, on a data folder that outlives it.
fn serve_on(lan: &Lan, data: &Path) -> Served {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(data, folder.path().join("data")).unwrap();
    serve_in(lan, folder)
}

fn serve_in(lan: &Lan, folder: tempfile::TempDir) -> Served {
    Served::start_on(lan, folder)
}

/// What the server says that it is called.
fn host_name(lan: &Lan, served: &Served) -> String {
    let port = served.http_port;
    lan.at(End::Box, move || {
        let server = Client::new(port).get("/api/v1/server").expect(200).json();
        server["host_name"].as_str().unwrap().to_owned()
    })
}

/// The lines of this box's services, all of which carry `word` in TXT.
fn all_services_say(lines: &[String], label: &str, word: &str) -> bool {
    SERVICES.iter().all(|service| {
        let of_service = |line: &&String| {
            let fields: Vec<_> = line.split(';').collect();
            fields[3] == label && fields[4] == *service
        };
        let mut found = lines.iter().filter(of_service).peekable();
        found.peek().is_some() && found.all(|line| line.contains(word))
    })
}

#[test]
fn avahi_sees_the_box_come_be_claimed_and_go() {
    let lan = Lan::new();
    let avahi = Avahi::start(&lan, "phone");
    let mut served = serve(&lan);
    let host = host_name(&lan, &served);
    let label = host.strip_suffix(".local").unwrap();
    assert!(label.starts_with("stead-") && label.len() == 10, "{label}");

    let lines = avahi.resolved_until(|lines| all_services_say(lines, label, "\"claimed=0\""));
    let line = lines.iter().find(|line| line.contains(";_stead._tcp;")).unwrap();
    for word in ["\"txtvers=1\"", "\"id=", "\"ver=", "\"model=", "\"path=/", "\"api="] {
        assert!(line.contains(word), "{word}: {line}");
    }
    let https = format!(";{host};");
    assert!(line.contains(&https) && line.contains(&format!(";{};", served.https_port)), "{line}");
    let secret = std::fs::read_to_string(served.data().join("Setup Stead.html")).unwrap();
    let secret = secret.split("#s=").nth(1).unwrap().split('"').next().unwrap();
    assert!(!lines.concat().contains(secret), "a secret is announced");

    claim(&lan, &served, secret);
    avahi.resolved_until(|lines| all_services_say(lines, label, "\"claimed=1\""));

    let mut browse = avahi.browse();
    for service in SERVICES {
        browse.wait_for("+", &format!(";{label};{service};"));
    }
    served.signal(Signal::SIGTERM);
    served.told("STOPPING=1");
    for service in SERVICES {
        browse.wait_for("-", &format!(";{label};{service};"));
    }
    assert_eq!(served.ended().code, Some(0));
    assert!(!avahi.resolved().iter().any(|line| line.contains(label)), "goodbye clears caches");
}

/// Nobody is so quick by hand; a claim that an app drives is.
#[test]
fn a_claim_while_names_are_still_asked_for_is_told_under_one_name() {
    let lan = Lan::new();
    let avahi = Avahi::start(&lan, "phone");
    let served = serve(&lan);
    let host = host_name(&lan, &served);
    let label = host.strip_suffix(".local").unwrap();
    let secret = std::fs::read_to_string(served.data().join("Setup Stead.html")).unwrap();
    let secret = secret.split("#s=").nth(1).unwrap().split('"').next().unwrap();
    claim(&lan, &served, secret);
    avahi.resolved_until(|lines| all_services_say(lines, label, "\"claimed=1\""));
    // Another name would come with the probes that follow, three of them in three quarters of a second.
    one_shot(&lan, &host, BOX_ADDRESS).expect("an answer");
    let others = |line: &&String| {
        line.split(';').nth(3).is_some_and(|name| name.starts_with(label) && name != label)
    };
    assert_eq!(avahi.resolved().iter().find(others), None);
}

/// A box that lost its accounts has an owner all the same: nobody is invited to claim it.
#[test]
fn a_locked_box_announces_that_it_is_claimed() {
    let lan = Lan::new();
    let avahi = Avahi::start(&lan, "phone");
    let served = serve(&lan);
    let secret = std::fs::read_to_string(served.data().join("Setup Stead.html")).unwrap();
    let secret = secret.split("#s=").nth(1).unwrap().split('"').next().unwrap();
    claim(&lan, &served, secret);
    let folder = served.kill();
    for suffix in ["", "-wal", "-shm"] {
        drop(std::fs::remove_file(folder.path().join(format!("data/accounts.db{suffix}"))));
    }
    let served = serve_in(&lan, folder);
    // What Avahi remembers of the first start has another port.
    let port = format!(";{};", served.https_port);
    avahi.resolved_until(|lines| {
        let mut now = lines.iter().filter(|line| line.contains(";_stead._tcp;"));
        now.any(|line| line.contains(&port) && line.contains("\"claimed=1\""))
    });
}

fn claim(lan: &Lan, served: &Served, secret: &str) {
    let (port, secret) = (served.http_port, secret.to_owned());
    lan.at(End::Box, move || claim_here(port, &secret));
}

/// The whole claim, from the secret of the set-up page to the owner, where this thread is.
pub(crate) fn claim_here(port: u16, secret: &str) {
    let mut browser = Client::new(port);
    let now = rustls::pki_types::UnixTime::now().as_secs();
    let mut post = |path: &str, body: serde_json::Value| {
        browser.post(&format!("/api/v1/claim/{path}"), &body).expect(200).json()
    };
    let proof = json!({ "kind": "link", "secret": secret });
    post("begin", json!({ "proof": proof, "browser_time_ms": now * 1000 }));
    let enrolment = post("owner", json!({ "name": "Ada", "password": "four words of a phrase" }));
    let code = totp_code(enrolment["secret_base32"].as_str().unwrap(), now);
    let codes = post("totp", json!({ "code": code }));
    let first = codes["recovery_codes"][0].as_str().unwrap();
    let done = post("finish", json!({ "code_tail": &first[first.len() - 4..] }));
    assert_eq!(done["step"], "done");
}

/// Android's resolver asks once, from a high port, and wants the answer sent back there.
#[test]
fn a_one_shot_query_from_a_high_port_is_answered_there() {
    let lan = Lan::new();
    let served = serve(&lan);
    let host = host_name(&lan, &served);
    let (answer, from) = one_shot(&lan, &host, BOX_ADDRESS).expect("an answer");
    assert_eq!(from, SocketAddr::from((BOX_ADDRESS, 5353)));
    assert_eq!(&answer[..2], &QUERY_ID.to_be_bytes(), "RFC 6762 §6.7: the id of the query");
    assert_eq!(answer[2] & 0x80, 0x80, "a response");
    assert_eq!(&answer[4..6], &[0, 1], "the question is repeated");

    let moved = Ipv4Addr::new(198, 51, 100, 77);
    lan.remove_address(End::Box, BOX_ADDRESS);
    lan.add_address(End::Box, moved);
    assert!(one_shot(&lan, &host, moved).is_some(), "the new address is not announced");
}

#[test]
fn the_short_name_leads_to_the_box_while_no_other_has_it() {
    let lan = Lan::new();
    let served = serve(&lan);
    assert!(one_shot(&lan, SHARED_NAME, BOX_ADDRESS).is_some());
    // Admitted, and in the certificate, or curl would refuse the answer.
    assert!(get_by_name(&lan, &served, SHARED_NAME).contains("\"host_name\""));
}

#[test]
fn the_short_name_is_left_to_the_one_who_has_it() {
    let lan = Lan::new();
    let avahi = Avahi::start(&lan, "stead");
    let served = serve(&lan);
    let host = host_name(&lan, &served);
    let label = host.strip_suffix(".local").unwrap();
    avahi.resolved_until(|lines| all_services_say(lines, label, &format!(";{host};")));
    // The box answers to its own name, so it would to others by now.
    assert!(one_shot(&lan, &host, BOX_ADDRESS).is_some());
    for name in [SHARED_NAME, "stead-2.local"] {
        assert!(ask_once(&lan, name, BOX_ADDRESS).is_none(), "{name}");
    }
}

const QUERY_ID: u16 = 0x5ead;

/// Sends the query until an answer names `address`; nobody answers while names are probed.
fn one_shot(lan: &Lan, host: &str, address: Ipv4Addr) -> Option<(Vec<u8>, SocketAddr)> {
    (0..PATIENCE.as_secs()).find_map(|_| ask_once(lan, host, address))
}

/// Sends the query and waits a second for an answer that names `address`.
fn ask_once(lan: &Lan, host: &str, address: Ipv4Addr) -> Option<(Vec<u8>, SocketAddr)> {
    let query = query(host);
    lan.at(End::Phone, move || {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        assert_ne!(socket.local_addr().unwrap().port(), 5353);
        socket.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
        let _ = socket.send_to(&query, (Ipv4Addr::new(224, 0, 0, 251), 5353));
        let mut answer = vec![0; 9000];
        while let Ok((length, from)) = socket.recv_from(&mut answer) {
            answer.truncate(length);
            if answer.windows(4).any(|bytes| bytes == address.octets()) {
                return Some((answer, from));
            }
            answer.resize(9000, 0);
        }
        None
    })
}

fn query(host: &str) -> Vec<u8> {
    let mut packet = Vec::new();
    for number in [QUERY_ID, 0, 1, 0, 0, 0] {
        packet.extend(number.to_be_bytes());
    }
    for label in host.split('.') {
        packet.push(u8::try_from(label.len()).unwrap());
        packet.extend(label.bytes());
    }
    // The root, type A, class IN without the bit that asks for unicast: a plain old query.
    packet.extend([0, 0, 1, 0, 1]);
    packet
}

#[test]
fn a_name_that_is_taken_is_left_to_its_owner() {
    let lan = Lan::new();
    let data = tempfile::tempdir().unwrap();
    let first = serve_on(&lan, data.path());
    let host = host_name(&lan, &first);
    let label = host.strip_suffix(".local").unwrap().to_owned();
    stop(first);

    let avahi = Avahi::start(&lan, &label);
    let second = serve_on(&lan, data.path());
    let renamed = format!("{label}-2");
    let ours = |lines: &[String]| all_services_say(lines, &renamed, &format!(";{renamed}.local;"));
    avahi.resolved_until(ours);
    let deadline = PATIENCE.as_secs();
    let told = (0..2 * deadline).find(|_| {
        second.told_within(Duration::from_millis(500));
        // The name is told to people and stands in the leaf, or curl would refuse the answer.
        get_by_name(&lan, &second, &format!("{renamed}.local")).contains(&renamed)
    });
    assert!(told.is_some(), "the server does not know its own name");
}

/// As a browser does that knows the address of the name.
fn get_by_name(lan: &Lan, served: &Served, name: &str) -> String {
    let mut curl = lan.command(End::Phone, "curl");
    curl.args(["--silent", "--retry", "1", "--cacert"]).arg(served.data().join("tls/ca.pem"));
    curl.args(["--resolve", &format!("{name}:{}:{BOX_ADDRESS}", served.https_port)]);
    curl.arg(format!("https://{name}:{}/api/v1/server", served.https_port));
    String::from_utf8_lossy(&curl.output().unwrap().stdout).into_owned()
}

/// A responder that does not share the port takes discovery away, and nothing else.
#[test]
fn a_port_that_is_taken_degrades_health_and_the_server_goes_on() {
    let lan = Lan::new();
    let selfish = lan.at(End::Box, || UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 5353)).unwrap());
    let served = serve(&lan);
    assert_eq!(discovery_is_well(&lan, &served), Some(false));
    drop(selfish);
    assert!(host_name(&lan, &served).ends_with(".local"));
    stop(served);
    let served = serve(&lan);
    one_shot(&lan, &host_name(&lan, &served), BOX_ADDRESS).expect("an answer");
    assert_eq!(discovery_is_well(&lan, &served), Some(true));
}

fn discovery_is_well(lan: &Lan, served: &Served) -> Option<bool> {
    let port = served.http_port;
    let health = lan.at(End::Box, move || Client::new(port).get("/api/v1/health").json());
    let checks = health["checks"].as_array().unwrap();
    checks.iter().find(|check| check["name"] == "discovery")?["ok"].as_bool()
}

fn stop(served: Served) {
    served.signal(Signal::SIGTERM);
    assert_eq!(served.ended().code, Some(0));
}
