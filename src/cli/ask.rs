//! One question to the running server: a GET on the loopback side of its http port.
//!
//! HTTP/1.0 asks for the simplest answer there is: no chunks, and the end of the answer is the
//! end of the connection.

use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// A healthy server answers in milliseconds; a box that is busy scanning may take longer.
const PATIENCE: Duration = Duration::from_secs(5);

/// No answer that is asked for here is longer.
const ANSWER_BYTES_MAX: u64 = 256 * 1024;

/// What the server said.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum AskError {
    /// Nobody listens at the port.
    #[error("Stead does not run: nothing answers on port {}; `stead serve` starts it", .0.port())]
    NotRunning(SocketAddr),
    /// Somebody listens and says nothing, or something else.
    #[error("port {} is open, but no answer came from Stead", .address.port())]
    Silent {
        /// Who was asked.
        address: SocketAddr,
        /// What went wrong.
        source: io::Error,
    },
}

/// Asks for a path at the address that the config gives for http.
pub(super) fn ask(http_listen: SocketAddr, path: &str) -> Result<Answer, AskError> {
    let address = near(http_listen);
    let mut connection = TcpStream::connect_timeout(&address, PATIENCE)
        .map_err(|_| AskError::NotRunning(address))?;
    exchange(&mut connection, address, path).map_err(|source| AskError::Silent { address, source })
}

/// "Every address" is reached by loopback.
fn near(listen: SocketAddr) -> SocketAddr {
    let every = listen.ip().is_unspecified();
    let ip = if every { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { listen.ip() };
    SocketAddr::new(ip, listen.port())
}

fn exchange(connection: &mut TcpStream, address: SocketAddr, path: &str) -> io::Result<Answer> {
    connection.set_read_timeout(Some(PATIENCE))?;
    connection.set_write_timeout(Some(PATIENCE))?;
    // In one piece: formatted into the connection, each part of it would be a packet of its own.
    let question = format!("GET {path} HTTP/1.0\r\nhost: {address}\r\naccept: */*\r\n\r\n");
    connection.write_all(question.as_bytes())?;
    let mut text = String::new();
    connection.take(ANSWER_BYTES_MAX).read_to_string(&mut text)?;
    parse(&text).ok_or_else(|| io::Error::other("this is not an HTTP answer"))
}

fn parse(text: &str) -> Option<Answer> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut status_line = head.lines().next()?.split(' ');
    let status = status_line.nth(1)?.parse().ok()?;
    head.starts_with("HTTP/1.").then(|| Answer { status, body: body.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read() {
        let answer = parse("HTTP/1.0 503 Service Unavailable\r\na: b\r\n\r\ndegraded\n").unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (503, "degraded\n"));
        for other in ["", "SSH-2.0-OpenSSH", "HTTP/1.1 200 OK\r\n", "x 200 y\r\n\r\n"] {
            assert!(parse(other).is_none(), "{other}");
        }
    }

    #[test]
    fn every_address_is_asked_on_loopback() {
        assert_eq!(near("[::]:80".parse().unwrap()).to_string(), "127.0.0.1:80");
        assert_eq!(near("0.0.0.0:80".parse().unwrap()).to_string(), "127.0.0.1:80");
        assert_eq!(near("[::1]:80".parse().unwrap()).to_string(), "[::1]:80");
        assert_eq!(near("192.0.2.7:80".parse().unwrap()).to_string(), "192.0.2.7:80");
    }

    #[test]
    fn a_closed_port_is_not_running() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let error = ask(free, "/health").unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "Stead does not run: nothing answers on port {}; `stead serve` starts it",
                free.port()
            )
        );
    }
}
