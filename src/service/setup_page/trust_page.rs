//! The page of the plain port. It leads to TLS and tells which warning comes; it knows no secret,
//! takes no input and sets no cookie, since anybody on the way can read and change it.

use super::template::{self, ARROW, Page, escape};
use super::{Family, origin, warning};
use crate::net::guard::{AskedHost, parse_host};

/// What the page is made from.
#[derive(Debug, Clone)]
pub struct TrustPage<'a> {
    /// The `Host` header as asked, which the Host guard has let pass.
    pub asked_host: &'a str,
    /// The path and query as asked; the way on keeps them.
    pub path: &'a str,
    /// Where TLS is served.
    pub https_port: u16,
    /// The name of the server, shown only once it has an owner.
    pub box_name: &'a str,
    /// SHA-256 of the authority, as text.
    pub ca_fingerprint: &'a str,
    /// What the server is ready for.
    pub state: TrustState,
    /// The browser, as far as it can be told.
    pub family: Option<Family>,
}

/// What stands behind the secure door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrustState {
    /// The set-up.
    NeedsSetUp,
    /// The server, for those who have an account.
    Ready,
    /// An explanation of what happened.
    Locked,
}

/// The whole page.
#[must_use]
pub fn render(page: &TrustPage<'_>) -> Page {
    let host = host_of_asked(page.asked_host);
    let link = format!("{}{}", origin("https", &host, page.https_port), sound_path(page.path));
    let (title, lede, button) = words(page);
    let body = format!(
        "<h1>{title}</h1>\n<p class=\"lede\">{lede}</p>\n\
         <a class=\"go\" rel=\"noreferrer\" href=\"{}\">{button}{ARROW}</a>\n\
         <section><h2>A warning comes, once</h2><p class=\"soft\">Your browser does not know this \
         server yet and will say so in strong words. It is your own server, at home, with a \
         certificate of its own. Go on as shown here, and only here: never for a bank or a \
         shop.</p>{}</section>\n{}",
        escape(&link),
        warning::guide(&host, page.family),
        comparison(page),
    );
    template::page("Go on to the secure page – Stead", &body)
}

/// `https://` on the host that was asked for, as a link may hold it.
#[must_use]
pub fn secure_origin(asked_host: &str, https_port: u16) -> String {
    escape(&origin("https", &host_of_asked(asked_host), https_port))
}

fn words(page: &TrustPage<'_>) -> (String, &'static str, &'static str) {
    match page.state {
        TrustState::NeedsSetUp => (
            String::from("Set-up goes on over a secure connection"),
            "This server has no owner yet. You are about to type a password, so the rest is \
             encrypted.",
            "Go on to set-up",
        ),
        TrustState::Ready => (
            format!("{} is behind a secure connection", escape(page.box_name)),
            "What you watch and what you type stays between you and the server.",
            "Go on",
        ),
        TrustState::Locked => (
            String::from("This server has locked itself"),
            "It keeps its doors shut until that is mended. The secure page tells what happened \
             and what helps.",
            "Go on",
        ),
    }
}

fn comparison(page: &TrustPage<'_>) -> String {
    format!(
        "<section class=\"card\"><h2>No warning on the next visit</h2><p class=\"soft\">After \
         signing in, install the certificate of this server: under Settings, “This \
         server”. Until then some browsers ask again after a while. <a href=\"/certificate\">What it \
         can and cannot do</a>.</p>\
         <p class=\"soft\">The SHA-256 fingerprint of its authority is below. Read it on a page \
         you trust, such as the set-up file; on this one, anybody on the way could have changed \
         it.</p><p class=\"mono\">{}</p></section>\n",
        template::fingerprint(page.ca_fingerprint)
    )
}

/// The host without its port, spelled by us. The Host guard has let it pass; should something
/// else come, the link leads to this machine rather than to a place of a stranger's choice.
fn host_of_asked(asked: &str) -> String {
    match parse_host(asked) {
        Some(AskedHost::Name(name)) => name,
        Some(AskedHost::Address(address)) => super::host_of(address),
        None => String::from("localhost"),
    }
}

/// A path starts with a single slash and is visible ASCII; anything else becomes the front page.
fn sound_path(path: &str) -> &str {
    let sound = path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if sound { path } else { "/" }
}
