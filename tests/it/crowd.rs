//! Many connections at once, and such as say nothing: the box goes on answering.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::json;
use stead_rules::limits::{
    BLOCKING_THREADS_MAX, CONNECTIONS_MAX, CONNECTIONS_PER_PEER_MAX, HEADER_READ_SECONDS,
    REQUEST_SECONDS,
};

use crate::harness::{App, Client, Owner};
use crate::program::Served;

/// A connection from one of this machine's many loopback addresses.
fn connect(runtime: &tokio::runtime::Runtime, from: u8, port: u16) -> TcpStream {
    let stream = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from((Ipv4Addr::new(127, 0, 0, from), 0))).unwrap();
        socket.connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await.unwrap()
    });
    let stream = stream.into_std().unwrap();
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Whether the other side closes within this time.
fn is_closed_within(stream: &mut TcpStream, time: Duration) -> bool {
    let began = Instant::now();
    let mut piece = [0; 1024];
    while let Ok(1..) = stream.read(&mut piece) {}
    began.elapsed() <= time
}

#[test]
fn silent_connections_on_both_ports_do_not_stop_the_box() {
    let (served, runtime) = (Served::start(), runtime());
    let peers = u8::try_from(CONNECTIONS_MAX / CONNECTIONS_PER_PEER_MAX).unwrap();
    let mut silent = Vec::new();
    for peer in 0..peers {
        for number in 0..CONNECTIONS_PER_PEER_MAX + 2 {
            let port = if number % 2 == 0 { served.https_port } else { served.http_port };
            silent.push(connect(&runtime, 100 + peer, port));
        }
    }
    assert_eq!(served.command("health").code, Some(0));
    Client::new(served.http_port).get("/api/v1/server").expect(200);
}

#[test]
fn one_peer_cannot_take_the_places_of_the_others() {
    let (served, runtime) = (Served::start(), runtime());
    let mut silent: Vec<_> =
        (0..=CONNECTIONS_PER_PEER_MAX).map(|_| connect(&runtime, 100, served.http_port)).collect();
    let mut last = silent.pop().unwrap();
    assert!(is_closed_within(&mut last, Duration::from_secs(3)), "one more is closed at once");
    Client::new(served.http_port).get("/health").expect(200);
}

#[test]
fn whoever_says_nothing_is_let_go() {
    let served = Served::start();
    let connect = |words: &[u8]| {
        let mut stream = connect(&runtime(), 100, served.http_port);
        stream.write_all(words).unwrap();
        stream
    };
    let silent = connect(b"");
    let half = connect(b"GET /health HTTP/1.1\r\nhost: ");
    // The preface of HTTP/2 and empty settings, and then no request.
    let quiet = connect(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
    let limit = Duration::from_secs(HEADER_READ_SECONDS + 8);
    for (what, mut stream) in [("silent", silent), ("half", half), ("quiet", quiet)] {
        assert!(is_closed_within(&mut stream, limit), "{what}");
    }
}

#[test]
fn a_crowd_that_asks_for_health_costs_one_look() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let mut looks = || {
        let text = owner.browser.get("/metrics").expect(200).text();
        let line = text.lines().find(|line| line.starts_with("stead_health_looks_total "));
        line.unwrap().split(' ').nth(1).unwrap().parse::<u32>().unwrap()
    };
    let before = looks();
    for _ in 0..20 {
        app.client().get("/health").expect(200);
    }
    assert_eq!(looks() - before, 1, "the clock of this server stands still");
}

/// The look at who asks waits for a thread like everything else, and has an end like it.
#[test]
fn a_request_that_waits_to_be_judged_is_answered_in_time() {
    let app = App::start();
    let owner = Owner::claim(&app);
    let database = rusqlite::Connection::open(app.data.join("accounts.db")).unwrap();
    // Writers wait for this one, each for a while, until no thread is left that may block.
    database.execute_batch("BEGIN IMMEDIATE").unwrap();
    let rename = || {
        let mut browser = owner.browser.clone();
        std::thread::spawn(move || browser.post("/api/v1/settings", &json!({ "name": "Attic" })))
    };
    let writers: Vec<_> = (0..BLOCKING_THREADS_MAX * 2).map(|_| rename()).collect();
    std::thread::sleep(Duration::from_secs(2));
    let began = Instant::now();
    let answer = owner.browser.clone().get("/api/v1/me").expect(503);
    assert_eq!(answer.code(), "busy");
    assert!(began.elapsed() < Duration::from_secs(REQUEST_SECONDS + 8));
    database.execute_batch("ROLLBACK").unwrap();
    for writer in writers {
        writer.join().unwrap();
    }
}
