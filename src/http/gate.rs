//! What every request passes before it is routed: the Host guard, then the check that no other
//! site's page speaks through a signed-in browser.

use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use stead_rules::claim::{AskedFor, Link, Peer};
use stead_rules::proxy::{Client, Way};
use tower_http::catch_panic::ResponseForPanic;

use super::authorization;
use super::conn::{Connection, Nearness, Transport, by_tls_to_own_proxy, client};
use super::cookies::Cookie;
use super::error::Problem;
use super::leftover::Leftover;
use super::{headers, pages};
use crate::config::PlainPlayback;
use crate::net::guard::{AskedHost, parse_host};
use crate::service::core::Core;
use crate::service::local;

/// Before all else: nothing is looked at for a host that is not ours, and every answer, also a
/// refusal, gets its headers.
pub(super) async fn gate(core: &Core, request: Request, next: Next) -> Response {
    let (mut request, leftover) = Leftover::follow(request);
    let by_tls = request.extensions().get::<Connection>().is_some_and(|found| found.tls);
    let strict = by_tls
        .then(|| headers::transport_security(core, request.uri(), request.headers()))
        .flatten();
    let response = match admit(core, &request) {
        Ok((transport, peer, nearness)) => {
            request.extensions_mut().insert(transport);
            request.extensions_mut().insert(peer);
            request.extensions_mut().insert(nearness);
            next.run(request).await
        }
        Err(refusal) => {
            drop(request);
            refusal
        }
    };
    leftover.hear_out().await;
    headers::finish(response, strict)
}

fn admit(core: &Core, request: &Request) -> Result<(Transport, Peer, Nearness), Response> {
    let Some(connection) = request.extensions().get::<Connection>().copied() else {
        return Err(Problem::not_found().into_response());
    };
    let reach = core.reach();
    let host = asked_host(request.uri(), request.headers()).map_err(IntoResponse::into_response)?;
    if !reach.guard.admits(&host) {
        return Err(wrong_host(&reach.host_name).into_response());
    }
    let proxies = &core.config.net.proxies;
    let client = client(connection, request.headers(), proxies);
    let transport = match client.way {
        Way::Believed if by_tls_to_own_proxy(connection, request.headers(), proxies) => {
            Some(Transport::Tls)
        }
        Way::Straight | Way::Believed | Way::Unknown => {
            transport(connection, &host, client.way).or_else(|| plain(core, client, request))
        }
    };
    let Some(transport) = transport else {
        return Err(pages::lead_to_tls(core, &reach, &host, request));
    };
    check_origin(request.method(), request.headers(), &host, transport)
        .map_err(IntoResponse::into_response)?;
    let peer = reach.peer(client.address, client.way == Way::Unknown);
    // What a name on the plain port leads to could be anybody on the way.
    let listed = transport != Transport::Plain && local::admits(core, client, asked_for(&host));
    let nearness = if listed { Nearness::Listed } else { Nearness::Elsewhere };
    Ok((transport, peer, nearness))
}

/// Plain http where televisions of the own network may play by it. Rows that are not open there
/// refuse; pages need somebody who was let in, since everybody else is shown the way to TLS.
fn plain(core: &Core, client: Client, request: &Request) -> Option<Transport> {
    let near = client.way == Way::Straight
        && core.reach().peer(client.address, false).link == Link::OnLink;
    let may = match core.config.net.plain_playback {
        PlainPlayback::Off => false,
        PlainPlayback::OnLink => near && !shows_the_way(request),
    };
    may.then_some(Transport::Plain)
}

/// Whether somebody who was not let in asks for a page that only those get who were.
fn shows_the_way(request: &Request) -> bool {
    let known = Cookie::Session.read(request.headers(), Transport::Plain).is_some();
    let path = request.uri().path();
    let open = ["/tv", "/health", "/favicon.svg", "/manifest.webmanifest"].contains(&path)
        || ["/api/", "/assets/", "/stream/"].iter().any(|start| path.starts_with(start));
    !known && !open
}

/// Plain http is answered to the box itself by a literal loopback name only: a name could be
/// pointed anywhere, and a proxy on the box would be taken for the person at it.
fn transport(connection: Connection, host: &str, way: Way) -> Option<Transport> {
    if connection.tls {
        return Some(Transport::Tls);
    }
    let literal = asked_for(host) == AskedFor::Loopback;
    (literal && way == Way::Straight && connection.address().is_loopback())
        .then_some(Transport::Loopback)
}

fn asked_for(host: &str) -> AskedFor {
    let literal = match parse_host(host) {
        Some(AskedHost::Address(address)) => address.is_loopback(),
        Some(AskedHost::Name(name)) => name == "localhost",
        None => false,
    };
    if literal { AskedFor::Loopback } else { AskedFor::Other }
}

/// The one host a request names: the authority of an absolute target or of HTTP/2, else the Host
/// header. Two that differ, or none, are refused (RFC 9112 §3.2).
pub(in crate::http) fn asked_host(uri: &Uri, headers: &HeaderMap) -> Result<String, Problem> {
    let mut named = headers
        .get_all(header::HOST)
        .iter()
        .map(|value| value.to_str().ok())
        .chain(uri.authority().map(|authority| Some(authority.as_str())));
    let first = named.next().flatten().ok_or_else(bad_host)?;
    if named.any(|other| other != Some(first)) {
        return Err(bad_host());
    }
    Ok(first.to_owned())
}

fn bad_host() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "bad_host",
        "A request names one host. Open the address of this server in a browser.",
    )
}

fn wrong_host(own: &str) -> Problem {
    Problem::new(
        StatusCode::MISDIRECTED_REQUEST,
        "wrong_host",
        format!(
            "This server does not answer to that name. Use {own} or its address; a name of your \
             own is added under net.names in the configuration."
        ),
    )
}

/// Other sites' pages must neither change anything here nor read anything. Navigations from a
/// link or a file are allowed to look, since they carry no way to read the answer.
fn check_origin(
    method: &Method,
    headers: &HeaderMap,
    host: &str,
    transport: Transport,
) -> Result<(), Problem> {
    let safe = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    let word = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let same = match word("sec-fetch-site") {
        Some("same-origin" | "none") => true,
        Some(_) => safe && is_navigation(word("sec-fetch-mode"), word("sec-fetch-dest")),
        // Older browsers say nothing here; the origin alone decides then.
        None => true,
    };
    // An app may live in a page of its own. No page of another site can send this header unasked,
    // and without a cookie nothing speaks for whoever sits at the browser.
    let says_itself = authorization::is_bearer(headers) && !headers.contains_key(header::COOKIE);
    let origin_fits =
        safe || says_itself || word("origin").is_none_or(|origin| is_own(origin, host, transport));
    if same && origin_fits { Ok(()) } else { Err(cross_site()) }
}

fn is_navigation(mode: Option<&str>, destination: Option<&str>) -> bool {
    mode == Some("navigate") && destination == Some("document")
}

fn is_own(origin: &str, host: &str, transport: Transport) -> bool {
    let scheme = match transport {
        Transport::Tls => "https://",
        Transport::Loopback | Transport::Plain => "http://",
    };
    origin.strip_prefix(scheme).is_some_and(|rest| rest.eq_ignore_ascii_case(host))
}

fn cross_site() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "cross_site",
        "Another site's page asked for this. Open this server in a tab of its own and try there.",
    )
}

/// A handler that panicked is answered like any other unexpected error.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PanicAnswer;

impl ResponseForPanic for PanicAnswer {
    type ResponseBody = axum::body::Body;

    fn response_for_panic(
        &mut self,
        _: Box<dyn std::any::Any + Send>,
    ) -> axum::http::Response<Self::ResponseBody> {
        Problem::internal(&std::io::Error::other("a handler panicked")).into_response()
    }
}
