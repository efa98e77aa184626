//! Where redirects may lead, and what is read in an answer's head.

use axum::http::{HeaderName, HeaderValue};

use super::*;
use crate::host::clock::SystemClock;

fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
    let pairs = pairs.iter();
    pairs.map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap())).collect()
}

#[test]
fn a_redirect_stays_within_the_source() {
    let at = UpdateSource::parse("https://updates.example.net/stead/").unwrap();
    assert_eq!(at.file("stable", "a.json"), "https://updates.example.net/stead/stable/a.json");
    let source = Source::new(at, Arc::new(SystemClock::new(None))).unwrap();
    for (to, expected) in [
        ("/other/a.json", Some("https://updates.example.net/other/a.json")),
        ("https://updates.example.net/b.json", Some("https://updates.example.net/b.json")),
        ("https://UPDATES.example.net:443/b", Some("https://UPDATES.example.net:443/b")),
        ("http://updates.example.net/b.json", None),
        ("https://updates.example.net:8443/b.json", None),
        ("https://example.net/b.json", None),
        ("//example.net/b.json", None),
        ("https://updates.example.net@example.net/b.json", None),
        ("https://127.0.0.1/b.json", None),
        ("file:///etc/passwd", None),
        ("", None),
    ] {
        let sent = headers(&[(header::LOCATION, to)]);
        let led = source.elsewhere("https://updates.example.net/stead/stable/a.json", &sent);
        assert_eq!(led.as_deref(), expected, "{to}");
    }
    assert_eq!(source.elsewhere("https://updates.example.net/a", &HeaderMap::new()), None);
}

#[test]
fn a_range_says_where_it_begins_and_a_weak_tag_vouches_for_no_byte() {
    for (text, expected) in [
        ("bytes 5-9/10", Some((5, Some(10)))),
        ("bytes 0-9/*", Some((0, None))),
        ("bytes */10", None),
        ("bytes 5-9/x", None),
        ("bytes 5", None),
        ("pages 5-9/10", None),
    ] {
        assert_eq!(range(&headers(&[(header::CONTENT_RANGE, text)])), expected, "{text}");
    }
    let date = "Thu, 01 Jan 2026 00:00:00 GMT";
    for (tag, expected) in [("\"a\"", Some("\"a\"")), ("W/\"a\"", Some(date))] {
        let sent = headers(&[(header::ETAG, tag), (header::LAST_MODIFIED, date)]);
        assert_eq!(validator(&sent).as_deref(), expected, "{tag}");
    }
    assert_eq!(validator(&HeaderMap::new()), None);
}
