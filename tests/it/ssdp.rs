//! SSDP between machines of a home: who is on the link finds the page of a box, and nobody else gets
//! a packet.

use std::net::{Ipv4Addr, UdpSocket};
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::home::Home;
use crate::lan::{End, Far, Lan};
use crate::program::{PATIENCE, STEAD, Served};

const BOX: usize = 0;
const COMPUTER: usize = 1;
const GROUP: (Ipv4Addr, u16) = (Ipv4Addr::new(239, 255, 255, 250), 1900);
const SEARCH: &str = "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n\
                      MAN: \"ssdp:discover\"\r\nMX: 1\r\nST: upnp:rootdevice\r\n\r\n";

/// Sends the search from there, and gives the answers of a second.
fn search_from(address: Ipv4Addr, to: (Ipv4Addr, u16)) -> Vec<String> {
    let socket = UdpSocket::bind((address, 0)).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    socket.send_to(SEARCH.as_bytes(), to).unwrap();
    let mut packet = [0; 2000];
    std::iter::from_fn(|| socket.recv(&mut packet).ok().map(|length| packet[..length].to_vec()))
        .map(|bytes| String::from_utf8(bytes).unwrap())
        .collect()
}

/// Searches until the box answers, which listens a moment after it is ready.
fn found(home: &Home) -> String {
    let address = Home::address(COMPUTER);
    let tries = (0..PATIENCE.as_secs())
        .find_map(|_| home.at(COMPUTER, move || search_from(address, GROUP)).first().cloned());
    tries.expect("an answer")
}

/// What `curl` gets at a machine.
fn get(home: &Home, machine: usize, url: &str) -> String {
    let got = home.command(machine, "curl").args(["--silent", "--include", url]).output().unwrap();
    String::from_utf8_lossy(&got.stdout).into_owned()
}

fn field<'a>(packet: &'a str, name: &str) -> &'a str {
    let line = packet.lines().find(|line| line.starts_with(name)).expect(packet);
    line[name.len() + 1..].trim()
}

#[test]
fn a_computer_finds_the_page_of_a_box_and_no_service() {
    let home = Home::with(2);
    let served = home.serve(BOX, tempfile::tempdir().unwrap());
    let answer = found(&home);
    let own = format!("http://{}:{}", Home::address(BOX), served.http_port);
    assert_eq!(field(&answer, "LOCATION"), format!("{own}/device.xml"));
    assert_eq!(field(&answer, "ST"), "upnp:rootdevice");

    let described = get(&home, COMPUTER, field(&answer, "LOCATION"));
    assert!(described.starts_with("HTTP/1.1 200"), "{described}");
    assert!(described.contains("content-type: text/xml"), "{described}");
    assert!(
        described.contains(&format!("<presentationURL>{own}/</presentationURL>")),
        "{described}"
    );
    assert!(described.contains("<friendlyName>Stead (stead-"), "{described}");
    assert!(!described.contains("<service"), "{described}");
    let unique = field(&answer, "USN").split("::").next().unwrap().to_owned();
    assert!(described.contains(&format!("<UDN>{unique}</UDN>")), "{described}");
    assert!(get(&home, COMPUTER, &format!("{own}/")).contains("<html"), "the page is there");
}

#[test]
fn a_box_tells_when_it_goes() {
    let home = Home::with(2);
    let served = home.serve(BOX, tempfile::tempdir().unwrap());
    let listening = home.at(COMPUTER, || {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, GROUP.1)).unwrap();
        socket.join_multicast_v4(&GROUP.0, &Home::address(COMPUTER)).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket
    });
    served.signal(Signal::SIGTERM);
    let mut packet = [0; 2000];
    let goodbye = std::iter::from_fn(|| {
        let length = listening.recv(&mut packet).ok()?;
        Some(String::from_utf8_lossy(&packet[..length]).into_owned())
    })
    .find(|told| told.contains("ssdp:byebye"));
    assert!(goodbye.is_some_and(|told| told.contains("USN: uuid:")), "no goodbye");
    assert_eq!(served.ended().code, Some(0));
}

#[test]
fn switched_off_nothing_is_answered_and_nothing_described() {
    let home = Home::with(2);
    let mut command = home.command(BOX, STEAD);
    command.arg("serve");
    let config = "[discovery]\nssdp = false\n";
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start_configured(folder, config, command, |_| {});
    let address = Home::address(COMPUTER);
    for _ in 0..3 {
        assert_eq!(home.at(COMPUTER, move || search_from(address, GROUP)), [""; 0]);
    }
    let url = format!("http://{}:{}/device.xml", Home::address(BOX), served.http_port);
    assert!(!get(&home, COMPUTER, &url).contains("<root"), "described");
}

/// A search names the address that it is answered to, and anybody can write another's into it.
#[test]
fn nobody_beyond_the_link_gets_an_answer() {
    let lan = Lan::new();
    let far = Far::behind(&lan);
    let _served = Served::start_on(&lan, tempfile::tempdir().unwrap());
    let near = (0..PATIENCE.as_secs()).find(|_| {
        let asked = || search_from(crate::lan::PHONE_ADDRESS, (crate::lan::BOX_ADDRESS, 1900));
        !lan.at(End::Phone, asked).is_empty()
    });
    assert!(near.is_some(), "whoever is near gets one");
    let script = "import socket, sys\n\
                  s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n\
                  s.settimeout(2)\n\
                  s.sendto(sys.argv[2].encode(), (sys.argv[1], 1900))\n\
                  try: print(len(s.recv(2000)))\n\
                  except TimeoutError: print('nothing')\n";
    let mut asked = far.command("python3");
    asked.args(["-c", script, &crate::lan::BOX_ADDRESS.to_string(), SEARCH]);
    let told = asked.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&told.stdout).trim(), "nothing");
}
