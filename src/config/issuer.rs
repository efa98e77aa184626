//! The external issuer: its address, and what its word is worth.

use std::net::IpAddr;
use std::path::PathBuf;

use axum::http::Uri;
use stead_rules::signin::oidc::{Assurances, Profile};

use super::checked::absolute;
use super::problem::Problem;
use super::raw::RawIssuer;

/// The longest address of a page: it becomes a QR code that a phone can read.
const PAGE_MAX_BYTES: usize = 512;

/// Where accounts are, if not on this server.
#[derive(Debug, Clone)]
pub struct Issuer {
    /// Its address as it names itself.
    pub url: IssuerUrl,
    /// What people call it.
    pub name: String,
    /// What this server is called there; none where it registers itself.
    pub client_id: Option<String>,
    /// A file with this server's secret there.
    pub client_secret_file: Option<PathBuf>,
    /// The certificates that vouch for it, in place of the usual ones.
    pub ca: Option<PathBuf>,
    /// What its word is worth.
    pub profile: Profile,
    /// What is asked for there; begins with `openid`.
    pub scopes: Vec<String>,
}

/// The address of an issuer: https, or http on literal loopback. It is compared as text
/// (OpenID Connect Discovery 1.0 §4.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerUrl {
    text: String,
    loopback: bool,
}

/// Why a text is no address that this server would ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadUrl {
    /// It is none at all, or has a query, a fragment or a user.
    NotAnAddress,
    /// Plain http to somewhere else.
    NotSecure,
}

impl IssuerUrl {
    /// Takes the address of an issuer.
    ///
    /// # Errors
    /// [`BadUrl`].
    pub fn parse(text: &str) -> Result<Self, BadUrl> {
        let loopback = endpoint(text, true)?;
        if text.contains(['?', '#']) {
            return Err(BadUrl::NotAnAddress);
        }
        Ok(Self { text: text.to_owned(), loopback })
    }

    /// As it is written, and as the issuer must name itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Where it describes itself (OpenID Connect Discovery 1.0 §4).
    #[must_use]
    pub fn discovery(&self) -> String {
        format!("{}/.well-known/openid-configuration", self.text.trim_end_matches('/'))
    }

    /// Whether an endpoint that the issuer names may be asked: https; on the box itself only where
    /// the issuer is, so that no issuer elsewhere makes this server talk to its own machine.
    #[must_use]
    pub fn admits(&self, address: &str) -> bool {
        match endpoint(address, self.loopback) {
            Ok(loopback) => self.loopback || !loopback,
            Err(_) => false,
        }
    }
}

impl IssuerUrl {
    /// Whether a page that the issuer names may be shown as a link; it may have a fragment.
    #[must_use]
    pub fn admits_page(&self, address: &str) -> bool {
        let (page, fragment) = address.split_once('#').unwrap_or((address, ""));
        let plain = fragment.bytes().all(|byte| byte.is_ascii_graphic());
        plain && address.len() <= PAGE_MAX_BYTES && self.admits(page)
    }

    /// Whether an address is at the issuer's very own origin, where a secret of this server's may go.
    #[must_use]
    pub fn is_own(&self, address: &str) -> bool {
        let origin = origin_of(&self.text);
        origin.is_some() && origin == origin_of(address) && self.admits(address)
    }
}

/// Scheme, host and port.
fn origin_of(text: &str) -> Option<(String, String, u16)> {
    let uri: Uri = text.parse().ok()?;
    let scheme = uri.scheme_str()?.to_ascii_lowercase();
    let usual = if scheme == "https" { 443 } else { 80 };
    let port = uri.port_u16().unwrap_or(usual);
    Some((scheme, uri.host()?.to_ascii_lowercase(), port))
}

/// Whether the host is literally the box itself.
fn endpoint(text: &str, plain_on_loopback: bool) -> Result<bool, BadUrl> {
    let uri: Uri = text.parse().map_err(|_| BadUrl::NotAnAddress)?;
    let host = uri.host().filter(|host| !host.is_empty()).ok_or(BadUrl::NotAnAddress)?;
    let named = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
    if named || text.contains('#') {
        return Err(BadUrl::NotAnAddress);
    }
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let literal = bare.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback());
    let loopback = literal || bare.eq_ignore_ascii_case("localhost");
    match uri.scheme_str() {
        Some("https") => Ok(loopback),
        Some("http") if literal && plain_on_loopback => Ok(true),
        Some("http") => Err(BadUrl::NotSecure),
        Some(_) | None => Err(BadUrl::NotAnAddress),
    }
}

/// Checks the section; none when accounts are on this server.
pub(super) fn issuer(raw: RawIssuer, note: &mut impl FnMut(Problem)) -> Option<Issuer> {
    if raw.url.is_empty() {
        if !raw.client_id.is_empty() || !raw.name.is_empty() {
            note(
                Problem::new("issuer.url is missing")
                    .hint("name the issuer, or take the section away"),
            );
        }
        return None;
    }
    let profile = profile(&raw, note);
    let client_id = client_id(&raw, note);
    let url = url(&raw.url, note)?;
    let file = |path: PathBuf| (!path.as_os_str().is_empty()).then(|| absolute(&path));
    let name = if raw.name.trim().is_empty() { host_of(&raw.url) } else { raw.name };
    Some(Issuer {
        url,
        name: name.trim().to_owned(),
        client_id,
        client_secret_file: file(raw.client_secret_file),
        ca: file(raw.ca),
        profile,
        scopes: scopes(raw.scopes, note),
    })
}

fn url(text: &str, note: &mut impl FnMut(Problem)) -> Option<IssuerUrl> {
    match IssuerUrl::parse(text) {
        Ok(url) => Some(url),
        Err(BadUrl::NotAnAddress) => {
            note(
                Problem::new(format!("issuer.url: {text:?} is not the address of an issuer"))
                    .hint("write it as the issuer names itself: https://id.example.net"),
            );
            None
        }
        Err(BadUrl::NotSecure) => {
            note(
                Problem::new(format!("issuer.url: {text:?} is not secure"))
                    .hint("use https; http is for an issuer at 127.0.0.1 or [::1] alone"),
            );
            None
        }
    }
}

/// None where this server registers itself.
fn client_id(raw: &RawIssuer, note: &mut impl FnMut(Problem)) -> Option<String> {
    let id = raw.client_id.trim();
    if !id.is_empty() {
        return Some(id.to_owned());
    }
    if !raw.client_secret_file.as_os_str().is_empty() {
        note(
            Problem::new("issuer.client_secret_file is set, and issuer.client_id is not")
                .hint("name the client that the secret is of, or take the secret away"),
        );
    }
    None
}

fn scopes(listed: Vec<String>, note: &mut impl FnMut(Problem)) -> Vec<String> {
    // RFC 6749 §3.3.
    let sound = |scope: &str| {
        !scope.is_empty() && scope.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
    };
    for scope in listed.iter().filter(|scope| !sound(scope)) {
        note(
            Problem::new(format!("issuer.scopes: {scope:?} is not a scope"))
                .hint("write each as one word"),
        );
    }
    let others = listed.into_iter().filter(|scope| scope != "openid");
    std::iter::once("openid".to_owned()).chain(others).collect()
}

fn profile(raw: &RawIssuer, note: &mut impl FnMut(Problem)) -> Profile {
    let lists = [&raw.acr, &raw.amr, &raw.phishing_resistant_acr, &raw.phishing_resistant_amr];
    let listed = lists.iter().any(|list| !list.is_empty());
    match raw.assurance.as_str() {
        "claims" if listed => {
            return Profile::Claims(Assurances {
                acr: raw.acr.clone(),
                amr: raw.amr.clone(),
                phishing_resistant_acr: raw.phishing_resistant_acr.clone(),
                phishing_resistant_amr: raw.phishing_resistant_amr.clone(),
            });
        }
        "claims" => note(
            Problem::new("issuer.assurance = \"claims\" names nothing that counts")
                .hint("list values of acr or amr that mean a second factor at this issuer"),
        ),
        "none" | "asserted" if listed => note(
            Problem::new(format!("issuer.assurance = {:?} looks at no lists", raw.assurance))
                .hint("take acr and amr away, or set assurance to \"claims\""),
        ),
        "asserted" => return Profile::Asserted,
        "none" => {}
        other => note(
            Problem::new(format!("issuer.assurance: there is no {other:?}"))
                .hint("one of none, claims, asserted"),
        ),
    }
    Profile::None
}

fn host_of(url: &str) -> String {
    let uri = url.parse::<Uri>().ok();
    uri.as_ref().and_then(Uri::host).unwrap_or("the issuer").to_owned()
}
