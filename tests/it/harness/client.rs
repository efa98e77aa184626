//! A small HTTP/1.1 client that can also send what no client should.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::os::fd::AsRawFd;
use std::time::Duration;

use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrIn, bind, connect, socket};
use serde_json::Value;

/// One browser: it keeps cookies.
#[derive(Clone)]
pub(crate) struct Client {
    port: u16,
    cookies: BTreeMap<String, String>,
    headers: Vec<(String, String)>,
    host: String,
    source: Ipv4Addr,
}

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Client {
    pub(crate) fn new(port: u16) -> Self {
        Self {
            port,
            cookies: BTreeMap::new(),
            headers: Vec::new(),
            host: format!("127.0.0.1:{port}"),
            source: Ipv4Addr::LOCALHOST,
        }
    }

    /// The same browser on another machine: its requests come from this address of 127/8.
    pub(crate) fn sent_from(&self, source: Ipv4Addr) -> Self {
        Self { source, ..self.clone() }
    }

    /// The same browser, which sends this header too.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut other = self.clone();
        other.headers.push((name.to_owned(), value.to_owned()));
        other
    }

    /// The same browser, which asks for another name.
    pub(crate) fn with_host(&self, host: &str) -> Self {
        Self { host: format!("{host}:{}", self.port), ..self.clone() }
    }

    /// The same browser, which opened the server by this name.
    pub(crate) fn named(&self, name: &str) -> Self {
        Self { host: format!("{name}:{}", self.port), ..self.clone() }
    }

    /// The same browser at another port of the server (after a restart).
    pub(crate) fn at(&self, port: u16) -> Self {
        Self { port, host: format!("127.0.0.1:{port}"), ..self.clone() }
    }

    /// What its cookies hold.
    pub(crate) fn cookie_values(&self) -> Vec<String> {
        self.cookies.values().cloned().collect()
    }

    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, None)
    }

    pub(crate) fn post(&mut self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, Some(body.to_string()))
    }

    /// Sends a request and keeps the cookies of its answer.
    pub(crate) fn send(&mut self, method: &str, path: &str, body: Option<String>) -> Answer {
        self.try_send(method, path, body).expect("an answer")
    }

    /// As [`Client::send`], to a server that may be gone: none when no answer came.
    pub(crate) fn try_send(
        &mut self,
        method: &str,
        path: &str,
        body: Option<String>,
    ) -> Option<Answer> {
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.host);
        for (name, value) in &self.headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        if !self.cookies.is_empty() {
            request.push_str(&format!("Cookie: {}\r\n", self.cookie_line()));
        }
        if let Some(body) = &body {
            let length = body.len();
            let own = self.headers.iter().any(|(name, _)| name == "Content-Type");
            let kind = if own { "" } else { "Content-Type: application/json\r\n" };
            request.push_str(&format!("{kind}Content-Length: {length}\r\n"));
        }
        request.push_str("Connection: close\r\n\r\n");
        request.push_str(body.as_deref().unwrap_or_default());
        let answer = self.try_send_raw(request.as_bytes(), method == "HEAD")?;
        self.keep_cookies(&answer);
        Some(answer)
    }

    /// Sends a file, as the web app does.
    pub(crate) fn post_file(&mut self, path: &str, content: &[u8]) -> Answer {
        let (host, cookies, length) = (&self.host, self.cookie_line(), content.len());
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookies}\r\n\
             Content-Type: application/octet-stream\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n"
        );
        self.send_raw(&[head.as_bytes(), content].concat(), false)
    }

    /// Sends bytes as they are and reads until the server closes.
    pub(crate) fn send_raw(&self, request: &[u8], no_body: bool) -> Answer {
        self.try_send_raw(request, no_body).expect("an answer")
    }

    fn try_send_raw(&self, request: &[u8], no_body: bool) -> Option<Answer> {
        let mut stream = self.connect()?;
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.write_all(request).ok()?;
        let mut bytes = Vec::new();
        let mut piece = [0; 16 * 1024];
        // The server may close a broken request's connection early; what came counts.
        while let Ok(read @ 1..) = stream.read(&mut piece) {
            bytes.extend_from_slice(&piece[..read]);
            if is_endless(&bytes) {
                break;
            }
        }
        if bytes.is_empty() { None } else { Some(Answer::parse(&bytes, no_body)) }
    }

    /// All cookies as a request names them.
    pub(crate) fn cookie_line(&self) -> String {
        let pairs: Vec<_> = self.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
        pairs.join("; ")
    }

    /// By which name it asks.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The headers that say who asks, for another way of asking.
    pub(crate) fn who(&self) -> Vec<(String, String)> {
        let cookies = (!self.cookies.is_empty()).then(|| ("cookie".to_owned(), self.cookie_line()));
        self.headers.iter().cloned().chain(cookies).collect()
    }

    fn connect(&self) -> Option<TcpStream> {
        let (kind, flags) = (SockType::Stream, SockFlag::SOCK_CLOEXEC);
        let socket = socket(AddressFamily::Inet, kind, flags, None).unwrap();
        let ends = [(self.source, 0), (Ipv4Addr::LOCALHOST, self.port)];
        let [own, server] =
            ends.map(|(address, port)| SockaddrIn::from(SocketAddrV4::new(address, port)));
        bind(socket.as_raw_fd(), &own).unwrap();
        connect(socket.as_raw_fd(), &server).ok()?;
        Some(TcpStream::from(socket))
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    fn keep_cookies(&mut self, answer: &Answer) {
        for (_, line) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let pair = line.split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

impl Answer {
    /// Reads an answer of HTTP/1.1.
    pub(crate) fn parse(bytes: &[u8], no_body: bool) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("no answer: {:?}", String::from_utf8_lossy(bytes)));
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: Vec<_> = lines
            .map(|line| line.split_once(':').unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let rest = &bytes[end + 4..];
        let chunked = headers.iter().any(|(n, v)| n == "transfer-encoding" && v == "chunked");
        let body = match (no_body, chunked) {
            (true, _) => Vec::new(),
            (false, true) => unchunk(rest),
            (false, false) => rest.to_vec(),
        };
        Self { status, headers, body }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text()))
    }

    /// The stable code of a problem; panics for an answer that is none.
    pub(crate) fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        assert!(problem["detail"].as_str().unwrap().len() > 10, "{problem}");
        problem["code"].as_str().unwrap().to_owned()
    }

    /// This answer, which must have this status.
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{:?} {}", self.headers, self.text());
        self
    }
}

/// Events go on for ever: their head is the answer.
fn is_endless(bytes: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]);
    head.contains("\r\n\r\n") && head.contains("content-type: text/event-stream\r\n")
}

fn unchunk(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let Some(end) = rest.windows(2).position(|two| two == b"\r\n") else { return body };
        let size = std::str::from_utf8(&rest[..end]).unwrap();
        let size = usize::from_str_radix(size.split(';').next().unwrap(), 16).unwrap();
        if size == 0 {
            return body;
        }
        let start = end + 2;
        body.extend_from_slice(&rest[start..start + size]);
        rest = &rest[start + size + 2..];
    }
}
