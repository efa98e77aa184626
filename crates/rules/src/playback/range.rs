//! Which bytes of a file answer a request: RFC 9110 §13 (conditions) and §14 (ranges).
//!
//! One range is served as asked. Several ranges in one request are answered with the whole file,
//! which RFC 9110 §14.2 allows: no player asks so, and assembling parts would cost buffers that
//! an attacker chooses. What is not understood is passed over, as the RFC wants.

use super::date::{http_date, parse_http_date};
use crate::time::WallMs;

/// A method for which bytes are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// The bytes.
    Get,
    /// Everything but the bytes; ranges mean nothing here (§14.2).
    Head,
}

/// The file as it is now.
#[derive(Debug, Clone, Copy)]
pub struct Representation<'a> {
    /// How many bytes.
    pub size: u64,
    /// Its strong entity tag, quotes included; see [`file_etag`].
    pub etag: &'a str,
    /// When it was last written.
    pub modified: Option<WallMs>,
}

/// The headers of a request that decide, as sent; `None` where a header is missing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Conditions<'a> {
    /// `Range`
    pub range: Option<&'a str>,
    /// `If-Range`
    pub if_range: Option<&'a str>,
    /// `If-Match`
    pub if_match: Option<&'a str>,
    /// `If-None-Match`
    pub if_none_match: Option<&'a str>,
    /// `If-Modified-Since`
    pub if_modified_since: Option<&'a str>,
    /// `If-Unmodified-Since`
    pub if_unmodified_since: Option<&'a str>,
}

/// What to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// 200 with everything.
    Full,
    /// 206 with a part.
    Partial {
        /// The first byte.
        start: u64,
        /// How many; never zero.
        length: u64,
    },
    /// 304.
    NotModified,
    /// 416 with `Content-Range: bytes */size`.
    Unsatisfiable,
    /// 412.
    PreconditionFailed,
}

/// A strong entity tag of a file's bytes, as far as its size and time tell.
#[must_use]
pub fn file_etag(size: u64, modified_ns: i64) -> String {
    format!("\"{size:x}-{modified_ns:x}\"")
}

/// Decides in the order of §13.2.2.
#[must_use]
pub fn answer(method: Method, file: &Representation<'_>, asked: &Conditions<'_>) -> Answer {
    if precondition_fails(file, asked) {
        return Answer::PreconditionFailed;
    }
    if is_not_modified(file, asked) {
        return Answer::NotModified;
    }
    match (method, asked.range) {
        (Method::Get, Some(range)) if range_still_holds(file, asked.if_range) => {
            part(file.size, range)
        }
        (Method::Get | Method::Head, Some(_) | None) => Answer::Full,
    }
}

fn precondition_fails(file: &Representation<'_>, asked: &Conditions<'_>) -> bool {
    match (asked.if_match, asked.if_unmodified_since) {
        (Some(tags), _) => !lists(tags, file.etag, Comparison::Strong),
        (None, Some(date)) => changed_since(file, date).unwrap_or(false),
        (None, None) => false,
    }
}

fn is_not_modified(file: &Representation<'_>, asked: &Conditions<'_>) -> bool {
    match (asked.if_none_match, asked.if_modified_since) {
        (Some(tags), _) => lists(tags, file.etag, Comparison::Weak),
        (None, Some(date)) => !changed_since(file, date).unwrap_or(true),
        (None, None) => false,
    }
}

/// Nothing where either date is missing or unreadable; such a condition is passed over.
fn changed_since(file: &Representation<'_>, date: &str) -> Option<bool> {
    let (modified, since) = (file.modified?, parse_http_date(date.trim())?);
    Some(modified.unix_seconds() > since.unix_seconds())
}

/// `If-Range` holds one strong tag or exactly our date; a weak tag never matches (§13.1.5).
fn range_still_holds(file: &Representation<'_>, if_range: Option<&str>) -> bool {
    match if_range.map(str::trim) {
        None => true,
        Some(tag) if tag.starts_with(['"', 'W']) => tag == file.etag,
        Some(date) => file.modified.and_then(http_date).is_some_and(|own| own == date),
    }
}

fn part(size: u64, range: &str) -> Answer {
    match parse(range) {
        Some(Wanted::From(first)) => slice(size, first, u64::MAX),
        Some(Wanted::Between(first, last)) if first <= last => slice(size, first, last),
        Some(Wanted::Last(count)) if count > 0 && size > 0 => {
            let length = count.min(size);
            Answer::Partial { start: size - length, length }
        }
        Some(Wanted::Last(_)) => Answer::Unsatisfiable,
        Some(Wanted::Between(..)) | None => Answer::Full,
    }
}

fn slice(size: u64, first: u64, last: u64) -> Answer {
    if first >= size {
        return Answer::Unsatisfiable;
    }
    let last = last.min(size - 1);
    Answer::Partial { start: first, length: last - first + 1 }
}

enum Wanted {
    From(u64),
    Between(u64, u64),
    Last(u64),
}

/// One range of bytes; nothing for other units, several ranges and bad syntax.
fn parse(range: &str) -> Option<Wanted> {
    let (unit, set) = range.trim().split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (first, last) = set.trim_matches([' ', '\t', ',']).split_once('-')?;
    match (first.trim(), last.trim()) {
        ("", count) => number(count).map(Wanted::Last),
        (first, "") => number(first).map(Wanted::From),
        (first, last) => Some(Wanted::Between(number(first)?, number(last)?)),
    }
}

/// Digits only; a number that fits nowhere is as good as the largest one.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Strong,
    Weak,
}

/// Whether a list of entity tags names this one; `*` names any. Commas may stand inside a tag.
fn lists(tags: &str, etag: &str, comparison: Comparison) -> bool {
    let mut rest = tags.trim();
    if rest == "*" {
        return true;
    }
    while !rest.is_empty() {
        let weak = rest.starts_with("W/");
        let quoted = rest.strip_prefix("W/").unwrap_or(rest);
        let Some(end) = quoted.strip_prefix('"').and_then(|inner| inner.find('"')) else {
            return false;
        };
        let (tag, after) = quoted.split_at(end + 2);
        if tag == etag && (!weak || comparison == Comparison::Weak) {
            return true;
        }
        rest = after.trim_start_matches([' ', '\t', ',']);
    }
    false
}
