//! Doors open, and say what is in the way.

use super::*;
use std::net::{Ipv6Addr, TcpStream};

fn any(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv6Addr::UNSPECIFIED, port))
}

#[test]
fn every_address_is_ipv4_too() {
    let doors = Doors::open(any(0), any(0)).unwrap();
    for door in [&doors.https, &doors.http] {
        let port = door.local_addr().unwrap().port();
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    }
}

#[test]
fn a_busy_port_is_named_with_what_to_change() {
    let held = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    let port = held.local_addr().unwrap().port();
    let told = Doors::open(any(0), any(port)).unwrap_err().to_string();
    assert_eq!(
        told,
        format!(
            "port {port} is taken by another program: stop that program, or choose another port \
             with --http-port or net.http_listen in the config"
        )
    );
}

#[test]
fn a_foreign_address_is_named() {
    let foreign: SocketAddr = "192.0.2.1:8443".parse().unwrap();
    let told = Doors::open(foreign, any(0)).unwrap_err().to_string();
    assert_eq!(
        told,
        "192.0.2.1 is no address of this machine: change net.https_listen in the config"
    );
}

#[test]
fn names_choose_the_door_and_order_does_without_them() {
    let socket = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let check = |names: &[&str], https: Option<usize>, http: Option<usize>| {
        let sockets: Vec<_> = names.iter().map(|name| ((*name).to_owned(), socket())).collect();
        let addresses: Vec<_> = sockets.iter().map(|(_, s)| s.local_addr().unwrap()).collect();
        let mut given = Given(sockets);
        let mut at = |door| {
            let address = given.socket(door)?.local_addr().unwrap();
            addresses.iter().position(|known| *known == address)
        };
        assert_eq!((at(Door::Https), at(Door::Http)), (https, http), "{names:?}");
    };
    check(&["http", "https"], Some(1), Some(0));
    check(&["https"], Some(0), None);
    check(&["http"], None, Some(0));
    check(&["unknown", "unknown"], Some(0), Some(1));
    check(&["stead.socket", "http"], Some(0), Some(1));
    check(&[], None, None);
}
