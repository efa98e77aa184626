//! Dates of HTTP.

use proptest::prelude::*;

use crate::playback::{http_date, parse_http_date};
use crate::time::WallMs;

const EXAMPLE: WallMs = WallMs(784_111_777_000);

#[test]
fn the_three_forms_of_the_rfc_are_read() {
    for text in [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ] {
        assert_eq!(parse_http_date(text), Some(EXAMPLE), "{text}");
    }
    assert_eq!(http_date(EXAMPLE).unwrap(), "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_eq!(http_date(WallMs(0)).unwrap(), "Thu, 01 Jan 1970 00:00:00 GMT");
    assert_eq!(http_date(WallMs(-1)).unwrap(), "Wed, 31 Dec 1969 23:59:59 GMT");
    assert_eq!(http_date(WallMs(951_825_600_000)).unwrap(), "Tue, 29 Feb 2000 12:00:00 GMT");
    assert_eq!(http_date(WallMs(i64::MAX)), None);
    assert_eq!(http_date(WallMs(i64::MIN)), None);
}

#[test]
fn anything_else_is_no_date() {
    for text in [
        "",
        "yesterday",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 25:49:37 GMT",
        "Sun, 06 Nov 1994 8:4:61 GMT",
        "Sun, +6 Nov 1994 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
    ] {
        assert_eq!(parse_http_date(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read(seconds in -2_000_000_000_i64..4_000_000_000) {
        let time = WallMs(seconds * 1000);
        prop_assert_eq!(parse_http_date(&http_date(time).unwrap()), Some(time));
    }

    #[test]
    fn any_text_is_read_without_harm(text in "\\PC{0,40}") {
        let _ = parse_http_date(&text);
    }
}
