//! The static pages: `Setup Stead.html`, and what a server shows while it serves nothing else.
//!
//! None of them has a script. Browsers ask or refuse when a file or a public page calls into the
//! local network, but they always follow a link. Everything that comes from outside is escaped,
//! and only the set-up file knows a secret.

pub mod certificate_page;
pub mod locked_page;
mod systems;
mod template;
pub mod trust_page;
pub mod unclaimed_page;
mod warning;

#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use stead_rules::time::WallMs;

use crate::host::files::{FileError, PRIVATE, remove_durably, write_atomically};
use crate::net::qr;

pub use systems::System;
pub use template::{Page, escape};
pub use warning::Family;

/// What the file is called wherever it lies: people look for it by name.
pub const FILE_NAME: &str = "Setup Stead.html";

/// The port that need not be written in an `https` address.
const HTTPS_PORT: u16 = 443;
/// The port that need not be written in an `http` address.
const HTTP_PORT: u16 = 80;

/// What the set-up file tells.
#[derive(Debug, Clone)]
pub struct SetupPage<'a> {
    /// The name of the server, such as `Stead`.
    pub box_name: &'a str,
    /// The `.local` name that is really announced.
    pub host_name: &'a str,
    /// Where TLS is served.
    pub https_port: u16,
    /// Where the plain page is served.
    pub http_port: u16,
    /// The addresses that others can reach, best first.
    pub addresses: &'a [IpAddr],
    /// The secret of the link.
    pub secret: &'a str,
    /// SHA-256 of the authority, as text.
    pub ca_fingerprint: &'a str,
    /// SHA-256 of the certificate that is served, as text.
    pub leaf_fingerprint: &'a str,
    /// When the file was made, by the clock of the box.
    pub made_ms: WallMs,
    /// The version of the server.
    pub version: &'a str,
}

/// Where the file lies in a data folder.
#[must_use]
pub fn path(data_dir: &Path) -> PathBuf {
    data_dir.join(FILE_NAME)
}

/// Writes the file so that only the service and root can read it, all of it or nothing.
pub fn write(data_dir: &Path, page: &SetupPage<'_>) -> Result<(), FileError> {
    write_atomically(&path(data_dir), render(page).as_bytes(), PRIVATE)
}

/// Removes the file for good; it may be gone already.
pub fn remove(data_dir: &Path) -> Result<(), FileError> {
    remove_durably(&path(data_dir))
}

/// The way from the file into the claim, for a host as it is written in an address.
#[must_use]
pub fn claim_link(host: &str, https_port: u16, secret: &str) -> String {
    format!("{}/claim#s={}", origin("https", host, https_port), fragment(secret))
}

/// An address as it stands in a link: IPv6 in brackets.
#[must_use]
pub fn host_of(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("[{v6}]"),
    }
}

/// The whole file.
#[must_use]
pub fn render(page: &SetupPage<'_>) -> String {
    let name = escape(page.box_name);
    let body = [
        start(page, &name),
        phone_code(page),
        warning_once(page),
        other_ways(page),
        not_found(page),
        key_notice(),
        fingerprints(page),
        footer(page),
    ];
    template::file(&format!("Set up {}", page.box_name), &body.concat())
}

fn start(page: &SetupPage<'_>, name: &str) -> String {
    let link = escape(&claim_link(page.host_name, page.https_port, page.secret));
    format!(
        "<h1>Set up {name}</h1>\n<p class=\"lede\">Your server is running and waits for its owner. \
         Open this file on a phone or computer in the same network as the server, and tap the \
         button. It takes about three minutes.</p>\n\
         <a class=\"go\" rel=\"noreferrer\" href=\"{link}\">Start set-up{}</a>\n",
        template::ARROW
    )
}

/// Addresses, and the computer that runs the server itself, which may have no network at all.
fn other_ways(page: &SetupPage<'_>) -> String {
    let hosts = page.addresses.iter().map(|address| host_of(*address));
    let ways: String = hosts.map(|host| way(page, &host, "")).collect();
    let itself =
        way(page, "localhost", "<br><span class=\"soft\">only on the server itself</span>");
    format!(
        "<section><h2>The button leads nowhere?</h2><p class=\"soft\">Some phones and routers do \
         not know names that end in <code>.local</code>. These lead to the same place:</p>\
         <ul class=\"ways\">{ways}{itself}</ul></section>\n"
    )
}

fn way(page: &SetupPage<'_>, host: &str, where_to: &str) -> String {
    let link = escape(&claim_link(host, page.https_port, page.secret));
    let shown = escape(&origin("https", host, page.https_port));
    format!("<li><a rel=\"noreferrer\" href=\"{link}\"><span>{shown}{where_to}</span></a></li>")
}

/// For a file opened on a computer: the same link for the camera of a phone. An address is
/// better than the name here, as not every phone knows `.local`.
fn phone_code(page: &SetupPage<'_>) -> String {
    let host = page.addresses.first().map_or_else(|| page.host_name.to_owned(), |a| host_of(*a));
    let link = claim_link(&host, page.https_port, page.secret);
    let Ok(code) = qr::svg(&link, "QR code that opens the set-up on a phone") else {
        return String::new();
    };
    format!(
        "<section class=\"card qr\">{code}<div><h2>Rather on your phone?</h2><p class=\"soft\">\
         Point its camera here. The phone must be in the same network as the server.</p></div>\
         </section>\n"
    )
}

fn warning_once(page: &SetupPage<'_>) -> String {
    format!(
        "<section><h2>Your browser will warn you, once</h2><p class=\"soft\">Browsers know the \
         certificates of public websites. Your server is at your home and made its own, so the \
         first visit looks unsafe to them. Go on as shown; the connection is encrypted all the \
         same. At the end of set-up you can install the certificate, and no warning comes \
         again.</p>{}</section>\n",
        warning::guide(page.host_name, None)
    )
}

fn not_found(page: &SetupPage<'_>) -> String {
    let label = page.host_name.split('.').next().unwrap_or(page.host_name);
    let plain = escape(&origin("http", page.host_name, page.http_port));
    format!(
        "<section><h2>Still not found?</h2><ul class=\"plain\">\
         <li>Is this device in the same network? A guest Wi-Fi, mobile data and a VPN are \
         others.</li>\
         <li>Was the server switched on just now? Give it two minutes.</li>\
         <li>Your router lists its devices. Look for <code>{label}</code>, and open \
         <code>{pattern}</code> with the address that stands there. Set-up then asks for the code \
         that the server shows on its screen.</li>\
         <li>Switch the server off and on: a new copy of this file then names its new addresses. \
         The links in this copy stay good.</li>\
         <li><a href=\"{plain}/\" rel=\"noreferrer\">{plain}</a> answers even where secure pages are \
         blocked, and helps on from there.</li></ul></section>\n",
        label = escape(label),
        pattern = escape(&origin("https", "…", page.https_port)),
    )
}

fn key_notice() -> String {
    String::from(
        "<section class=\"card key\"><h2>This file is a key</h2><p>Whoever opens it in your \
         network before you do can make themselves the owner. Do not send it by mail or chat, \
         and delete your copies when set-up is done. The server deletes its own, and the key \
         then opens nothing any more.</p></section>\n",
    )
}

fn fingerprints(page: &SetupPage<'_>) -> String {
    format!(
        "<section><h2>To be quite sure</h2><p class=\"soft\">Somebody else in your network could \
         pretend to be the server. If you want to rule that out, look at the certificate in the \
         warning before you go on, and compare the SHA-256 fingerprint.</p></section>\n\
         <section class=\"card\"><dl>\
         <dt>The server’s own authority; this one stays once set-up is done</dt><dd class=\"mono\">{}</dd>\
         <dt>The certificate of today; it changes with the addresses</dt>\
         <dd class=\"mono\">{}</dd></dl></section>\n",
        template::fingerprint(page.ca_fingerprint),
        template::fingerprint(page.leaf_fingerprint)
    )
}

fn footer(page: &SetupPage<'_>) -> String {
    format!(
        "<footer>Made by {} ({}), Stead {}, on {} by the clock of the server.</footer>\n",
        escape(page.box_name),
        escape(page.host_name),
        escape(page.version),
        day_text(page.made_ms)
    )
}

/// `scheme://host:port`, without the port where it goes without saying.
pub(crate) fn origin(scheme: &str, host: &str, port: u16) -> String {
    let usual = if scheme == "https" { HTTPS_PORT } else { HTTP_PORT };
    if port == usual { format!("{scheme}://{host}") } else { format!("{scheme}://{host}:{port}") }
}

/// What a fragment may carry as it is (RFC 3986 §2.3); the rest is percent-encoded.
fn fragment(secret: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    let encoded = |byte: u8| {
        if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    secret.bytes().map(encoded).collect()
}

/// `2026-03-01 12:34 UTC`, by the civil calendar counted from March (Howard Hinnant's days).
fn day_text(moment: WallMs) -> String {
    let seconds = moment.unix_seconds();
    let minutes = seconds / 60;
    let days = seconds / 86_400 + 719_468;
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute) = (minutes / 60 % 24, minutes % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02} UTC")
}
