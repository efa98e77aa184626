//! The web app's files, embedded at build. Vite compresses them and puts a hash in their names,
//! so they are sent as they are and may be kept for ever.

use std::borrow::Cow;

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use rust_embed::RustEmbed;

use super::error::Problem;
use super::wire::Segment;

#[derive(RustEmbed)]
#[folder = "web/dist"]
struct Dist;

const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// A file of the web app.
#[utoipa::path(get, path = "/assets/{name}", params(("name" = String, Path)),
    responses((status = 200, body = String)))]
pub(crate) async fn asset(Segment(name): Segment<String>, headers: HeaderMap) -> Response {
    file(&format!("assets/{name}"), &headers, FOR_EVER)
}

/// The icon.
#[utoipa::path(get, path = "/favicon.svg", responses((status = 200, body = String)))]
pub(crate) async fn icon(headers: HeaderMap) -> Response {
    file("favicon.svg", &headers, ASK_AGAIN)
}

/// What a phone's home screen is told.
#[utoipa::path(get, path = "/manifest.webmanifest", responses((status = 200, body = String)))]
pub(crate) async fn manifest(headers: HeaderMap) -> Response {
    file("manifest.webmanifest", &headers, ASK_AGAIN)
}

/// The app's one page.
pub(super) fn index() -> Response {
    file("index.html", &HeaderMap::new(), HeaderValue::from_static("no-store"))
}

fn file(path: &str, headers: &HeaderMap, keep: HeaderValue) -> Response {
    let plain = Dist::get(path).filter(|_| !path.ends_with(".gz"));
    let Some(plain) = plain else { return Problem::not_found().into_response() };
    let packed = if takes_gzip(headers) { Dist::get(&format!("{path}.gz")) } else { None };
    let is_packed = packed.is_some();
    let mut response = as_it_lies(packed.unwrap_or(plain).data).into_response();
    let answer = response.headers_mut();
    answer.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(path)));
    answer.insert(header::CACHE_CONTROL, keep);
    answer.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if is_packed {
        answer.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

/// What is embedded is sent from where it lies: many who ask and do not read cost no memory. A
/// build for development reads the files anew.
fn as_it_lies(data: Cow<'static, [u8]>) -> Bytes {
    match data {
        Cow::Borrowed(embedded) => Bytes::from_static(embedded),
        Cow::Owned(read) => Bytes::from(read),
    }
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    accepted.is_some_and(|list| {
        list.split(',').any(|one| one.trim() == "gzip" || one.trim().starts_with("gzip;q=1"))
    })
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("txt") => "text/plain; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("webmanifest") => "application/manifest+json",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some(_) | None => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_files_are_not_copied() {
        static EMBEDDED: &[u8] = b"app";
        assert_eq!(as_it_lies(Cow::Borrowed(EMBEDDED)).as_ptr(), EMBEDDED.as_ptr());
    }
}
