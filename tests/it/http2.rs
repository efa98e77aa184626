//! The same doors over HTTP/2: a request is what it says, however it was framed.

use std::cell::RefCell;
use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Request, Version};
use futures_util::stream;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

use crate::access::{Case, has_headers, hold, locked, member, sweep};
use crate::harness::{Answer, App, Client, Owner};

/// One connection.
struct Http2 {
    runtime: Runtime,
    sender: SendRequest<Body>,
    authority: String,
}

impl Http2 {
    fn connect(port: u16) -> Self {
        let runtime = Runtime::new().unwrap();
        let sender = runtime.block_on(async {
            let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
            let (sender, connection) =
                handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
            tokio::spawn(connection);
            sender
        });
        Self { runtime, sender, authority: format!("127.0.0.1:{port}") }
    }

    fn ask(&mut self, method: &str, path: &str, who: &Client, body: Option<String>) -> Answer {
        let mut request =
            Request::builder().method(method).uri(format!("http://{}{path}", self.authority));
        for (name, value) in who.who() {
            request = request.header(name, value);
        }
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        self.send(request.body(Body::from(body.unwrap_or_default())).unwrap())
    }

    fn send(&mut self, request: Request<Body>) -> Answer {
        self.runtime.block_on(async {
            let response = self.sender.send_request(request).await.unwrap();
            assert_eq!(response.version(), Version::HTTP_2);
            let text = |value: &axum::http::HeaderValue| value.to_str().unwrap().to_owned();
            let headers: Vec<_> = response
                .headers()
                .iter()
                .map(|(name, value)| (name.as_str().to_owned(), text(value)))
                .collect();
            let endless = headers.iter().any(|(_, value)| value == "text/event-stream");
            let status = response.status().as_u16();
            let body = if endless {
                Vec::new()
            } else {
                to_bytes(Body::new(response.into_body()), 1 << 20).await.unwrap().to_vec()
            };
            Answer { status, headers, body }
        })
    }
}

#[test]
fn a_refusal_comes_after_the_little_that_was_still_on_its_way() {
    let app = App::start();
    let mut http2 = Http2::connect(app.http_port);
    let sent = Arc::new(AtomicBool::new(false));
    let noted = Arc::clone(&sent);
    let late = stream::once(async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
        noted.store(true, Ordering::SeqCst);
        Ok::<_, Infallible>("{}")
    });
    let request = Request::post(format!("http://{}/api/v1/people", http2.authority))
        .header("content-type", "application/json")
        .header("content-length", "2")
        .body(Body::from_stream(late))
        .unwrap();
    assert_eq!(http2.send(request).status, 405);
    // A reset in its place makes some clients lose the answer.
    assert!(sent.load(Ordering::SeqCst), "answered while the request was still coming");
}

#[test]
fn every_row_answers_over_http2_as_it_does_over_http1() {
    let app = App::start();
    let secret = app.link_secret();
    let mut http2 = Http2::connect(app.http_port);
    let mut ask = |browser: &Client, case: &Case| {
        let (path, body) = case.target();
        http2.ask(case.method, &path, browser, body)
    };
    sweep("anybody, offered", || {}, |case| ask(&app.client(), case));
    let holder = RefCell::new(app.client());
    let hold = || hold(&mut holder.borrow_mut(), &secret);
    hold();
    sweep("stranger, pending", || {}, |case| ask(&app.client(), case));
    sweep("holder, pending", hold, |case| ask(&holder.borrow(), case));
    holder.borrow_mut().post("/api/v1/claim/cancel", &serde_json::json!({}));
    let owner = Owner::claim(&app);
    sweep("stranger, claimed", || {}, |case| ask(&app.client(), case));
    let member = member(&app);
    sweep("member, claimed", || {}, |case| ask(&member, case));
    sweep("owner, claimed", || {}, |case| ask(&owner.browser, case));
    let (app, owner) = locked();
    let mut http2 = Http2::connect(app.http_port);
    sweep(
        "anybody, locked",
        || {},
        |case| {
            let (path, body) = case.target();
            http2.ask(case.method, &path, &owner, body)
        },
    );
}

#[test]
fn odd_targets_open_nothing_over_http2() {
    let app = App::start();
    let owner = Owner::claim(&app);
    let mut http2 = Http2::connect(app.http_port);
    http2.ask("GET", "/api/v1/me", &owner.browser, None).expect(200);
    for (method, path) in [
        ("GET", "/api/v1/../v1/me"),
        ("GET", "/%61pi/v1/me"),
        ("GET", "/api%2Fv1%2Fme"),
        ("GET", "/api%252Fv1%252Fme"),
        ("GET", "//api/v1/me"),
        ("GET", "/api/v1/me/"),
        ("GET", "/assets/..%2f..%2faccounts.db"),
        ("PUT", "/api/v1/me"),
        ("DELETE", "/api/v1/sessions"),
        ("OPTIONS", "/api/v1/me"),
        ("PROPFIND", "/"),
    ] {
        for browser in [&app.client(), &owner.browser] {
            let answer = http2.ask(method, path, browser, None);
            let refused = matches!(answer.status, 400 | 401 | 403 | 404 | 405);
            assert!(refused, "{method} {path}: {} {}", answer.status, answer.text());
            has_headers(&answer, path);
        }
    }
}

#[test]
fn over_http2_a_request_names_one_host_too_and_it_is_ours() {
    let app = App::start();
    let mut http2 = Http2::connect(app.http_port);
    let ours = http2.authority.clone();
    let mut ask = |authority: &str, host: Option<&str>| {
        let mut request = Request::get(format!("http://{authority}/health"));
        if let Some(host) = host {
            request = request.header("host", host);
        }
        http2.send(request.body(Body::empty()).unwrap()).status
    };
    assert_eq!(ask(&ours, None), 200);
    assert_eq!(ask("evil.example", None), 421);
    // What is routed by one of two names and judged by the other is a way around.
    assert_eq!(ask(&ours, Some("evil.example")), 400);
    assert_eq!(ask("evil.example", Some(&ours)), 400);
    assert_eq!(ask(&ours, Some(&ours)), 200);
}
