//! The web app's files, embedded at build. Vite puts a hash in their names, so they may be kept for
//! ever, and compresses what is text: that is embedded compressed only, sent as it lies, and unpacked
//! piece by piece for the few who do not take it so.

use std::borrow::Cow;
use std::io::{Cursor, Read as _};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flate2::read::GzDecoder;
use futures_util::stream;
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
    let Some((file, is_packed)) = found(path) else { return Problem::not_found().into_response() };
    let as_packed = is_packed && takes_gzip(headers);
    let body = if is_packed && !as_packed { unpacked(file) } else { Body::from(file) };
    let mut response = body.into_response();
    let answer = response.headers_mut();
    answer.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(path)));
    answer.insert(header::CACHE_CONTROL, keep);
    answer.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if as_packed {
        answer.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

/// A file as it is embedded, and whether that is compressed.
fn found(path: &str) -> Option<(Bytes, bool)> {
    if path.ends_with(".gz") {
        return None;
    }
    let plain = Dist::get(path).map(|file| (file, false));
    let (file, is_packed) =
        plain.or_else(|| Dist::get(&format!("{path}.gz")).map(|file| (file, true)))?;
    Some((as_it_lies(file.data), is_packed))
}

/// How much is unpacked at a time.
const PIECE_BYTES: usize = 16 * 1024;

/// Unpacked while it is read: nobody who asks and does not read costs more than one piece.
fn unpacked(file: Bytes) -> Body {
    let mut packed = GzDecoder::new(Cursor::new(file));
    Body::from_stream(stream::iter(std::iter::from_fn(move || {
        let mut piece = Vec::with_capacity(PIECE_BYTES);
        match packed.by_ref().take(PIECE_BYTES as u64).read_to_end(&mut piece) {
            Ok(0) => None,
            Ok(_) => Some(Ok(Bytes::from(piece))),
            Err(error) => Some(Err(error)),
        }
    })))
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

    #[tokio::test]
    async fn who_takes_no_gzip_gets_the_same_file() {
        let scripts = Dist::iter().filter(|name| name.ends_with(".js.gz"));
        let name = scripts.max_by_key(|name| Dist::get(name).unwrap().data.len()).unwrap();
        let name = name.strip_suffix(".gz").unwrap();
        let as_is = file(name, &HeaderMap::new(), FOR_EVER);
        assert_eq!(as_is.headers().get(header::CONTENT_ENCODING), None);
        let mut takes = HeaderMap::new();
        takes.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("br, gzip"));
        let packed = file(name, &takes, FOR_EVER);
        assert_eq!(packed.headers()[header::CONTENT_ENCODING], "gzip");
        let read = async |answer: Response| {
            axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap()
        };
        let (as_is, packed) = (read(as_is).await, read(packed).await);
        assert!(as_is.len() > 2 * PIECE_BYTES && packed.len() < as_is.len());
        let mut again = Vec::new();
        GzDecoder::new(&packed[..]).read_to_end(&mut again).unwrap();
        assert_eq!(as_is, again);
        assert_eq!(file(&format!("{name}.gz"), &takes, FOR_EVER).status(), 404);
    }

    #[test]
    fn embedded_files_are_not_copied() {
        static EMBEDDED: &[u8] = b"app";
        assert_eq!(as_it_lies(Cow::Borrowed(EMBEDDED)).as_ptr(), EMBEDDED.as_ptr());
    }
}
