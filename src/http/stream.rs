//! Answering a request for a file: conditions, ranges, headers (RFC 9110 §13, §14).

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use stead_rules::playback::{
    Answer, Conditions, Method as Verb, Representation, answer, file_etag, http_date,
};

use super::error::Problem;
use crate::service::core::Core;
use crate::service::playback::Opened;
use crate::service::pump::Seat;

/// The answer for an open file.
pub(crate) fn serve(flow: Flow, opened: Opened, method: &Method, headers: &HeaderMap) -> Response {
    let etag = file_etag(opened.size, opened.modified_ns);
    let representation =
        Representation { size: opened.size, etag: &etag, modified: Some(opened.modified) };
    let verb = if *method == Method::HEAD { Verb::Head } else { Verb::Get };
    let mut response = match answer(verb, &representation, &conditions(headers)) {
        Answer::Full => whole(flow, opened, verb),
        Answer::Partial { start, length } => part(flow, opened, verb, start, length),
        Answer::NotModified => StatusCode::NOT_MODIFIED.into_response(),
        Answer::Unsatisfiable => return unsatisfiable(opened.size),
        Answer::PreconditionFailed => return precondition_failed(),
    };
    let modified = http_date(representation.modified.unwrap_or_default());
    let headers = response.headers_mut();
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    put(headers, header::ETAG, &etag);
    if let Some(modified) = modified {
        put(headers, header::LAST_MODIFIED, &modified);
    }
    response
}

/// For whom bytes flow.
pub(crate) struct Flow {
    pub(crate) core: Arc<Core>,
    pub(crate) seat: Seat,
}

fn conditions(headers: &HeaderMap) -> Conditions<'_> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    Conditions {
        range: text(header::RANGE),
        if_range: text(header::IF_RANGE),
        if_match: text(header::IF_MATCH),
        if_none_match: text(header::IF_NONE_MATCH),
        if_modified_since: text(header::IF_MODIFIED_SINCE),
        if_unmodified_since: text(header::IF_UNMODIFIED_SINCE),
    }
}

fn whole(flow: Flow, opened: Opened, verb: Verb) -> Response {
    let size = opened.size;
    bytes(flow, opened, verb, 0, size)
}

fn part(flow: Flow, opened: Opened, verb: Verb, start: u64, length: u64) -> Response {
    let last = start.saturating_add(length).saturating_sub(1);
    let range = format!("bytes {start}-{last}/{}", opened.size);
    let mut response = bytes(flow, opened, verb, start, length);
    *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    put(response.headers_mut(), header::CONTENT_RANGE, &range);
    response
}

fn bytes(flow: Flow, opened: Opened, verb: Verb, start: u64, length: u64) -> Response {
    let media_type = opened.media_type;
    let body = match verb {
        Verb::Head => Body::empty(),
        Verb::Get => {
            let Flow { core, seat } = flow;
            let pumps = Arc::clone(&core.pumps);
            Body::from_stream(pumps.stream(core, seat, opened, start, length))
        }
    };
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

fn unsatisfiable(size: u64) -> Response {
    let problem = Problem::new(
        StatusCode::RANGE_NOT_SATISFIABLE,
        "range_not_satisfiable",
        "The file does not reach that far. Ask for a range within it.",
    );
    let mut response = problem.into_response();
    put(response.headers_mut(), header::CONTENT_RANGE, &format!("bytes */{size}"));
    response
}

fn precondition_failed() -> Response {
    Problem::new(
        StatusCode::PRECONDITION_FAILED,
        "precondition_failed",
        "The file has changed since. Begin again from the start.",
    )
    .into_response()
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
