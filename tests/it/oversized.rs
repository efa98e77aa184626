//! Requests larger than any browser makes, and such as are none: refused, not logged at length,
//! and the next one is answered.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::Signal;
use stead_rules::limits::{HEAD_MAX_BYTES, HEADERS_MAX, HTTP2_HEAD_MAX_BYTES};

use crate::harness::Client;
use crate::program::Served;

/// A server with the most talkative log.
fn serve() -> Served {
    Served::start_logging("level = \"trace\"", |_| {})
}

/// The server is well, and its log tells nothing of what was sent.
fn unimpressed(served: Served) {
    Client::new(served.http_port).get("/health").expect(200);
    served.signal(Signal::SIGTERM);
    let ended = served.ended();
    let log = &ended.complained;
    assert_eq!(ended.code, Some(0), "{log}");
    assert!(log.len() < 4096, "{} bytes of log", log.len());
    assert!(!log.contains("aaaa") && !log.contains("defect"), "{log}");
}

/// What is answered to these bytes: a status, or none when the connection was closed over them.
fn status(served: &Served, request: &[u8]) -> Option<u16> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, served.http_port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    // The server may close before it has heard everything.
    let _ = stream.write_all(request);
    let (mut answer, mut piece) = (Vec::new(), [0; 4096]);
    while let Ok(read @ 1..) = stream.read(&mut piece) {
        answer.extend_from_slice(&piece[..read]);
    }
    let answer = String::from_utf8_lossy(&answer).into_owned();
    answer.split(' ').nth(1).map(|status| status.parse().unwrap())
}

fn request(served: &Served, line: &str, headers: &str) -> Vec<u8> {
    let host = format!("Host: 127.0.0.1:{}\r\nConnection: close\r\n", served.http_port);
    format!("{line} HTTP/1.1\r\n{host}{headers}\r\n").into_bytes()
}

fn letters(count: usize) -> String {
    "a".repeat(count)
}

fn many(count: usize) -> String {
    (0..count).map(|number| format!("x-{number}: aaaa\r\n")).collect()
}

const PATH: &str = "/api/v1/server";

#[test]
fn heads_beyond_the_bound_are_refused() {
    let served = serve();
    let get = |headers: &str| status(&served, &request(&served, &format!("GET {PATH}"), headers));
    assert_eq!(get(&format!("x-a: {}\r\n", letters(HEAD_MAX_BYTES / 2))), Some(200));
    assert_eq!(get(&many(HEADERS_MAX - 2)), Some(200), "with Host and Connection");
    assert_eq!(get(&many(HEADERS_MAX - 1)), Some(431));
    assert_eq!(get(&format!("{}: a\r\n", letters(HEAD_MAX_BYTES))), Some(431));
    for size in [HEAD_MAX_BYTES, 2 * HEAD_MAX_BYTES, 5_000_000] {
        let told = get(&format!("x-a: {}\r\n", letters(size)));
        assert!(matches!(told, Some(431) | None), "{size}: {told:?}");
    }
    unimpressed(served);
}

#[test]
fn targets_and_methods_without_end_are_refused() {
    let served = serve();
    let line = |line: &str| status(&served, &request(&served, line, ""));
    assert_eq!(line(&format!("GET {PATH}?{}", letters(HEAD_MAX_BYTES / 2))), Some(200));
    assert_eq!(line(&format!("GET /{}", letters(HEAD_MAX_BYTES / 2))), Some(404));
    assert_eq!(line(&format!("{} {PATH}", letters(5000))), Some(405));
    for size in [HEAD_MAX_BYTES, 2 * HEAD_MAX_BYTES, 5_000_000] {
        for start in ["/", "/api/v1/server?", "/stream/", "http://"] {
            let told = line(&format!("GET {start}{}", letters(size)));
            assert!(matches!(told, Some(414 | 431) | None), "{start} {size}: {told:?}");
        }
    }
    unimpressed(served);
}

#[test]
fn what_is_no_request_is_refused() {
    let served = serve();
    let head = |text: &str| request(&served, &format!("GET {PATH}"), text);
    for (what, bytes) in [
        ("noise", b"\x00\x01\x02\xff".repeat(1000)),
        ("a name with a space", head("x a: aaaa\r\n")),
        ("a header without a name", head(": aaaa\r\n")),
        ("a null in a value", head("x-a: aa\0aa\r\n")),
        ("a folded line", head("x-a: aaaa\r\n aaaa\r\n")),
        ("two lengths", head("Content-Length: 5\r\nContent-Length: 6\r\n")),
        ("a length that is none", head("Content-Length: -5\r\n")),
        ("a length beyond numbers", head(&format!("Content-Length: {}\r\n", "9".repeat(40)))),
        ("another version", b"GET / HTTP/9.9\r\n\r\n".to_vec()),
        ("two requests in a line", b"GET / HTTP/1.1 GET / HTTP/1.1\r\n\r\n".to_vec()),
    ] {
        let told = status(&served, &bytes);
        assert!(matches!(told, Some(400 | 505) | None), "{what}: {told:?}");
    }
    unimpressed(served);
}

/// Sends this over HTTP/2: the status, 0 when the connection was closed over it.
fn over_http2(served: &Served, query: &str, headers: &[String]) -> u16 {
    let folder = tempfile::tempdir().unwrap();
    // By a file: an argument of a program has a bound of its own.
    let url = format!("url = \"https://127.0.0.1:{}{PATH}{query}\"\n", served.https_port);
    let headers = headers.iter().map(|line| format!("header = \"{line}\"\n")).collect::<String>();
    let file = crate::program::write(folder.path(), "curl", &format!("{url}{headers}"));
    let ran = Command::new("curl")
        .args(["-sk", "--http2", "--max-time", "30", "-o", "/dev/null", "-w", "%{http_code}", "-K"])
        .arg(file)
        .output()
        .unwrap();
    String::from_utf8(ran.stdout).unwrap().parse().unwrap()
}

#[test]
fn heads_beyond_the_bound_are_refused_over_http2() {
    let served = serve();
    let bound = HTTP2_HEAD_MAX_BYTES as usize;
    let header = |size| [format!("x-a: {}", letters(size))];
    assert_eq!(over_http2(&served, "", &header(bound / 2)), 200);
    assert_eq!(over_http2(&served, "", &header(bound)), 431);
    assert_eq!(over_http2(&served, &format!("?{}", letters(bound)), &[]), 431);
    // curl reads no line beyond 100 KiB.
    for size in [2 * bound, 6 * bound] {
        let query = format!("?{}", letters(size));
        for told in [over_http2(&served, "", &header(size)), over_http2(&served, &query, &[])] {
            assert!(matches!(told, 431 | 0), "{size}: {told}");
        }
    }
    let many: Vec<_> = (0..2000).map(|number| format!("x-{number}: aaaa")).collect();
    let told = over_http2(&served, "", &many);
    assert!(matches!(told, 431 | 0), "{told}");
    unimpressed(served);
}
