//! Ranges and conditions.

use proptest::prelude::*;

use crate::playback::Answer::{
    self, Full, NotModified, Partial, PreconditionFailed, Unsatisfiable,
};
use crate::playback::{Conditions, Method, Representation, answer, file_etag};
use crate::time::WallMs;

const ETAG: &str = "\"a,b\"";
const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const BEFORE: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
const AFTER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";

fn of_size(size: u64) -> Representation<'static> {
    Representation { size, etag: ETAG, modified: Some(WallMs(784_111_777_999)) }
}

fn ranged(size: u64, range: &str) -> Answer {
    let asked = Conditions { range: Some(range), ..Conditions::default() };
    answer(Method::Get, &of_size(size), &asked)
}

const fn part(start: u64, length: u64) -> Answer {
    Partial { start, length }
}

#[test]
fn one_range_of_a_thousand_bytes() {
    for (range, want) in [
        ("bytes=0-", part(0, 1000)),
        ("bytes=0-0", part(0, 1)),
        ("bytes=0-999", part(0, 1000)),
        ("bytes=0-1000", part(0, 1000)),
        ("bytes=500-599", part(500, 100)),
        ("bytes=999-", part(999, 1)),
        ("bytes=999-999", part(999, 1)),
        ("bytes=1000-", Unsatisfiable),
        ("bytes=1000-2000", Unsatisfiable),
        ("bytes=-1", part(999, 1)),
        ("bytes=-1000", part(0, 1000)),
        ("bytes=-5000", part(0, 1000)),
        ("bytes=-0", Unsatisfiable),
        ("bytes=500-18446744073709551615", part(500, 500)),
        ("bytes=500-99999999999999999999999", part(500, 500)),
        ("bytes=99999999999999999999999-", Unsatisfiable),
        ("Bytes=0-1", part(0, 2)),
        (" bytes = 0 - 1 ", part(0, 2)),
        ("bytes=0-1,", part(0, 2)),
    ] {
        assert_eq!(ranged(1000, range), want, "{range}");
    }
}

#[test]
fn what_is_not_understood_is_passed_over() {
    for range in [
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=5-4",
        "bytes=--5",
        "bytes=+5-",
        "bytes=0x10-",
        "items=0-5",
        "bytes=0-1-2",
        "bytes=0-0,5-9",
        "bytes=0-,0-,0-,0-",
        "bytes=٣-",
    ] {
        assert_eq!(ranged(1000, range), Full, "{range}");
    }
}

#[test]
fn an_empty_file_has_no_parts() {
    assert_eq!(ranged(0, "bytes=0-"), Unsatisfiable);
    assert_eq!(ranged(0, "bytes=-5"), Unsatisfiable);
    assert_eq!(answer(Method::Get, &of_size(0), &Conditions::default()), Full);
}

#[test]
fn head_knows_no_ranges() {
    let asked = Conditions { range: Some("bytes=5-9"), ..Conditions::default() };
    assert_eq!(answer(Method::Head, &of_size(1000), &asked), Full);
}

#[test]
fn a_range_holds_only_for_the_file_it_was_begun_with() {
    for (if_range, want) in [
        (None, part(5, 5)),
        (Some(ETAG), part(5, 5)),
        (Some(" \"a,b\" "), part(5, 5)),
        (Some("\"other\""), Full),
        (Some("W/\"a,b\""), Full),
        (Some("*"), Full),
        (Some(DATE), part(5, 5)),
        (Some(BEFORE), Full),
        (Some(AFTER), Full),
        (Some("Sunday, 06-Nov-94 08:49:37 GMT"), Full),
        (Some(""), Full),
    ] {
        let asked = Conditions { range: Some("bytes=5-9"), if_range, ..Conditions::default() };
        assert_eq!(answer(Method::Get, &of_size(1000), &asked), want, "{if_range:?}");
    }
}

#[test]
fn conditions_are_judged_in_the_order_of_the_rfc() {
    let none = Conditions::default();
    let some = |text| Some(text);
    for (asked, want) in [
        (Conditions { if_none_match: some(ETAG), ..none }, NotModified),
        (Conditions { if_none_match: some("W/\"a,b\""), ..none }, NotModified),
        (Conditions { if_none_match: some("\"x\", \"a,b\""), ..none }, NotModified),
        (Conditions { if_none_match: some("*"), ..none }, NotModified),
        (Conditions { if_none_match: some("\"x\""), ..none }, Full),
        (Conditions { if_none_match: some("a,b"), ..none }, Full),
        (Conditions { if_none_match: some("\"x"), ..none }, Full),
        (Conditions { if_match: some(ETAG), ..none }, Full),
        (Conditions { if_match: some("*"), ..none }, Full),
        (Conditions { if_match: some("W/\"a,b\""), ..none }, PreconditionFailed),
        (Conditions { if_match: some("\"x\""), ..none }, PreconditionFailed),
        (Conditions { if_modified_since: some(DATE), ..none }, NotModified),
        (Conditions { if_modified_since: some(AFTER), ..none }, NotModified),
        (Conditions { if_modified_since: some(BEFORE), ..none }, Full),
        (Conditions { if_modified_since: some("soon"), ..none }, Full),
        (Conditions { if_unmodified_since: some(DATE), ..none }, Full),
        (Conditions { if_unmodified_since: some(BEFORE), ..none }, PreconditionFailed),
        (Conditions { if_unmodified_since: some("soon"), ..none }, Full),
        // A tag goes before a date.
        (Conditions { if_none_match: some("\"x\""), if_modified_since: some(DATE), ..none }, Full),
        (Conditions { if_match: some(ETAG), if_unmodified_since: some(BEFORE), ..none }, Full),
        (
            Conditions { if_match: some("\"x\""), if_none_match: some(ETAG), ..none },
            PreconditionFailed,
        ),
        // And every condition before the range.
        (Conditions { if_none_match: some(ETAG), range: some("bytes=0-1"), ..none }, NotModified),
        (
            Conditions { if_match: some("\"x\""), range: some("bytes=9999-"), ..none },
            PreconditionFailed,
        ),
    ] {
        assert_eq!(answer(Method::Get, &of_size(1000), &asked), want, "{asked:?}");
    }
}

#[test]
fn a_file_without_a_time_has_no_dates_to_compare() {
    let file = Representation { modified: None, ..of_size(1000) };
    let asked = Conditions { if_modified_since: Some(AFTER), ..Conditions::default() };
    assert_eq!(answer(Method::Get, &file, &asked), Full);
}

#[test]
fn tags_differ_with_size_and_time() {
    assert_eq!(file_etag(255, 16), "\"ff-10\"");
    assert_ne!(file_etag(1, 2), file_etag(2, 1));
    assert_ne!(file_etag(1, -1), file_etag(1, 1));
}

proptest! {
    #[test]
    fn a_part_lies_inside_the_file(size in 0..5000_u64, first in 0..6000_u64, last in 0..6000_u64) {
        for range in [format!("bytes={first}-{last}"), format!("bytes={first}-"), format!("bytes=-{last}")] {
            if let Partial { start, length } = ranged(size, &range) {
                prop_assert!(length > 0 && start + length <= size);
            }
        }
    }

    #[test]
    fn any_header_is_read_without_harm(text in "\\PC{0,40}", size in any::<u64>()) {
        let header = Some(text.as_str());
        let asked = Conditions {
            range: header, if_range: None, if_match: None, if_none_match: None,
            if_modified_since: None, if_unmodified_since: None,
        };
        let _ = answer(Method::Get, &of_size(size), &asked);
        let all = Conditions { if_range: header, if_match: header, if_none_match: header, ..asked };
        let _ = answer(Method::Get, &of_size(size), &all);
        let set = format!("bytes={text}");
        let _ = ranged(size, &set);
    }
}
