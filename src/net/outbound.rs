//! Questions to the one issuer that the configuration names; of others this server asks the source of
//! updates alone (`source`).
//!
//! No redirects, a bound on the answer's size and time, and TLS by the configured authority or the
//! usual ones, at the time of this server's own clock: a box without a battery would otherwise hold
//! every certificate for one of the future.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{Method, Request, StatusCode, header};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, RootCertStore};
use stead_rules::limits::{ISSUER_ANSWER_MAX_BYTES, ISSUER_ANSWER_SECONDS};
use stead_rules::secret::SecretText;

use crate::config::IssuerUrl;
use crate::host::clock::Clock;

/// The certificates that vouch for the issuer cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// The file of `issuer.ca`.
    #[error("issuer.ca holds no certificate in PEM form")]
    NoCertificate,
    /// It cannot be read.
    #[error("issuer.ca cannot be read")]
    Unreadable(#[source] std::io::Error),
    /// TLS refused them.
    #[error("the certificates of issuer.ca cannot be used")]
    Tls(#[from] rustls::Error),
}

/// A question that got no answer to use.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The issuer names an endpoint that this server does not ask.
    #[error("the issuer names an address that is not asked: {0}")]
    NotAdmitted(String),
    /// It said nothing a moment ago, so it is left alone.
    #[error("the issuer was asked a moment ago and did not answer")]
    AskedJustNow,
    /// It did not answer in time, or not at all.
    #[error("the issuer did not answer within {ISSUER_ANSWER_SECONDS} s")]
    TooSlow,
    /// No connection, or TLS refused it.
    #[error("the issuer cannot be reached")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The body broke off or is too large.
    #[error("the answer of the issuer is too large or broke off")]
    Body(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It failed in itself, or sends elsewhere.
    #[error("the issuer answered {0}")]
    Status(StatusCode),
}

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    /// Its status: success or a refusal of the client.
    pub status: StatusCode,
    /// Its body.
    pub body: Bytes,
}

/// Asks over http or https.
pub(super) type HttpClient = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Asks the issuer.
pub struct Outbound {
    client: HttpClient,
    issuer: IssuerUrl,
}

impl Outbound {
    /// Makes a client for one issuer.
    ///
    /// # Errors
    /// [`OutboundError`].
    pub fn new(
        issuer: IssuerUrl,
        ca: Option<&std::path::Path>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OutboundError> {
        Ok(Self { client: client(ca, clock)?, issuer })
    }

    /// GET.
    ///
    /// # Errors
    /// [`AskError`].
    pub async fn get(&self, address: &str) -> Result<Answer, AskError> {
        self.ask(address, Request::get(address), Bytes::new()).await
    }

    /// POST of a form (RFC 6749 appendix B), with credentials of the client where it has any.
    ///
    /// # Errors
    /// [`AskError`].
    pub async fn post_form(
        &self,
        address: &str,
        form: &[(&str, &str)],
        basic: Option<&str>,
    ) -> Result<Answer, AskError> {
        let mut request = Request::post(address)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(credentials) = basic {
            request = request.header(header::AUTHORIZATION, format!("Basic {credentials}"));
        }
        self.ask(address, request, Bytes::from(form_encoded(form))).await
    }

    /// Sends JSON, or nothing, by the right of a bearer token (RFC 7591 §3.1, RFC 7592 §2).
    ///
    /// # Errors
    /// [`AskError`].
    pub async fn send_json(
        &self,
        method: Method,
        address: &str,
        bearer: &SecretText,
        body: &str,
    ) -> Result<Answer, AskError> {
        let mut request = Request::builder()
            .method(method)
            .uri(address)
            .header(header::AUTHORIZATION, format!("Bearer {}", bearer.expose()));
        if !body.is_empty() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        self.ask(address, request, Bytes::from(body.to_owned())).await
    }

    async fn ask(
        &self,
        address: &str,
        request: axum::http::request::Builder,
        body: Bytes,
    ) -> Result<Answer, AskError> {
        if !self.issuer.admits(address) {
            return Err(AskError::NotAdmitted(address.to_owned()));
        }
        let request = request
            .header(header::ACCEPT, "application/json")
            .header(header::USER_AGENT, concat!("Stead/", env!("CARGO_PKG_VERSION")))
            .body(Full::new(body))
            .map_err(|_| AskError::NotAdmitted(address.to_owned()))?;
        let limit = Duration::from_secs(ISSUER_ANSWER_SECONDS);
        tokio::time::timeout(limit, self.whole(request)).await.map_err(|_| AskError::TooSlow)?
    }

    async fn whole(&self, request: Request<Full<Bytes>>) -> Result<Answer, AskError> {
        let response = self.client.request(request).await;
        let response = response.map_err(|error| AskError::Unreachable(error.into()))?;
        let status = response.status();
        // A redirect is no answer: the issuer says where its endpoints are.
        if !status.is_success() && !status.is_client_error() {
            return Err(AskError::Status(status));
        }
        let body = Limited::new(response.into_body(), ISSUER_ANSWER_MAX_BYTES);
        let body = body.collect().await.map_err(AskError::Body)?.to_bytes();
        Ok(Answer { status, body })
    }
}

/// A client that trusts these authorities at the time of this server.
pub(super) fn client(
    ca: Option<&std::path::Path>,
    clock: Arc<dyn Clock>,
) -> Result<HttpClient, OutboundError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_details(provider, Arc::new(OwnTime(clock)))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots(ca)?)
        .with_no_client_auth();
    // Which schemes may be asked is decided by the configuration, before the connector.
    let connector =
        HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().build();
    Ok(Client::builder(TokioExecutor::new()).pool_max_idle_per_host(1).build(connector))
}

/// The usual authorities, or those of the file in their place.
fn roots(ca: Option<&std::path::Path>) -> Result<RootCertStore, OutboundError> {
    let mut roots = RootCertStore::empty();
    let Some(file) = ca else {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        return Ok(roots);
    };
    let pem = std::fs::read(file).map_err(OutboundError::Unreadable)?;
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        roots.add(certificate.map_err(|_| OutboundError::NoCertificate)?)?;
    }
    if roots.is_empty() { Err(OutboundError::NoCertificate) } else { Ok(roots) }
}

/// This server's own time.
struct OwnTime(Arc<dyn Clock>);

impl std::fmt::Debug for OwnTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OwnTime")
    }
}

impl TimeProvider for OwnTime {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = self.0.now().wall.unix_seconds();
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

/// `application/x-www-form-urlencoded`, with the few letters that need no escape left as they are.
#[must_use]
pub fn form_encoded(pairs: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        escape(&mut text, name);
        text.push('=');
        escape(&mut text, value);
    }
    text
}

/// Escapes everything but the unreserved letters of RFC 3986 §2.3.
pub fn escape(text: &mut String, value: &str) {
    use std::fmt::Write as _;
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests;
