//! Headers of every answer, refusals included.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use axum::response::Response;

use super::gate::asked_host;
use crate::net::guard::{AskedHost, parse_host};
use crate::service::core::Core;

/// Pages load nothing from elsewhere, run no inline script and are framed by nobody. Pictures may
/// be `data:` (QR codes) and `blob:`; media may be `blob:` (hls.js).
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; \
    media-src 'self' blob:; style-src 'self'; script-src 'self'; connect-src 'self'; \
    object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// The policy of a page that the server writes itself: no script, one known style.
pub(crate) fn page_policy(style_hash: &str) -> Option<HeaderValue> {
    let policy = format!(
        "default-src 'none'; img-src 'self' data:; style-src {style_hash}; \
         frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    );
    HeaderValue::from_str(&policy).ok()
}

/// Half a year, within which an owner who goes back to the box's own authority waits at most.
const STRICT_TRANSPORT: &str = "max-age=15552000";

/// The word that a browser must come by TLS from now on: only for a name that a certificate from
/// outside covers. On the box's own authority it would shut out every device without it, since
/// browsers let nobody go on past a warning there.
pub(crate) fn transport_security(
    core: &Core,
    uri: &Uri,
    headers: &HeaderMap,
) -> Option<HeaderValue> {
    let given = core.certificate.given()?;
    let host = asked_host(uri, headers).ok()?;
    match parse_host(&host)? {
        AskedHost::Name(name) if given.covers(&name) => {
            Some(HeaderValue::from_static(STRICT_TRANSPORT))
        }
        AskedHost::Name(_) | AskedHost::Address(_) => None,
    }
}

/// Adds what an answer lacks; what it set itself stays.
pub(crate) fn finish(mut response: Response, strict: Option<HeaderValue>) -> Response {
    let headers = response.headers_mut();
    if let Some(strict) = strict {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, strict);
    }
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=(), browsing-topics=()",
        ),
    ];
    for (name, value) in fixed {
        add(headers, name, value);
    }
    response
}

fn add(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.entry(name).or_insert(HeaderValue::from_static(value));
}
