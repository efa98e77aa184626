//! What all static pages share: the frame, the style and escaping.
//!
//! The style stands in the page, because the set-up file travels alone. A server says its hash in
//! the Content-Security-Policy instead of allowing inline styles.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};

const STYLE: &str = include_str!("style.css");

const LOGO: &str = r#"<svg viewBox="0 0 32 32" aria-hidden="true"><path class="l-house" d="M14.6 3.1a2.2 2.2 0 0 1 2.8 0l9.7 7.9a2.5 2.5 0 0 1 .9 1.9V26a3.2 3.2 0 0 1-3.2 3.2H7.2A3.2 3.2 0 0 1 4 26V12.9A2.5 2.5 0 0 1 4.9 11z"/><path class="l-lamp" d="M12.8 14.3c0-1 1.1-1.7 2-1.1l6.6 4.3a1.3 1.3 0 0 1 0 2.2l-6.6 4.3a1.3 1.3 0 0 1-2-1.1z"/></svg>"#;

const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Cpath d='M16 2 29 12v14a4 4 0 0 1-4 4H7a4 4 0 0 1-4-4V12z' fill='%231c5a4c'/%3E%3Cpath d='m13 13 9 6-9 6z' fill='%23f4c26b'/%3E%3C/svg%3E";

/// The arrow on a primary button.
pub(super) const ARROW: &str = r#"<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M4 10h11m-5-5 5 5-5 5" fill="none" stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round"/></svg>"#;

/// A static page, ready to be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The whole document, UTF-8.
    pub html: String,
    /// The source that its style needs in `style-src`: `'sha256-…'`.
    pub style_hash: String,
}

/// Puts the frame around a body that is already escaped.
pub(super) fn page(title: &str, body: &str) -> Page {
    Page { html: document(title, body, ""), style_hash: style_source() }
}

/// As [`page`], for a file that no server sends: it brings its own policy and allows nothing but
/// its style and its icon.
pub(super) fn file(title: &str, body: &str) -> String {
    let policy = format!(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; \
         style-src {}; base-uri 'none'; form-action 'none'\">\n",
        style_source()
    );
    document(title, body, &policy)
}

/// Makes any text harmless as HTML text and as an attribute in double or single quotes. Control
/// characters, which no name needs, become spaces.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            control if control.is_control() => safe.push(' '),
            other => safe.push(other),
        }
    }
    safe
}

/// A fingerprint, escaped, that breaks into lines of eight bytes: people compare line by line.
pub(super) fn fingerprint(text: &str) -> String {
    let pairs: Vec<_> = text.split(':').map(escape).collect();
    pairs.chunks(8).map(|line| line.join(":")).collect::<Vec<_>>().join(":<wbr>")
}

fn style_source() -> String {
    format!("'sha256-{}'", STANDARD.encode(digest(&SHA256, STYLE.as_bytes())))
}

fn document(title: &str, body: &str, policy: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n{policy}\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"robots\" content=\"noindex\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"theme-color\" content=\"#f6f4ee\" media=\"(prefers-color-scheme: light)\">\n\
         <meta name=\"theme-color\" content=\"#0f1513\" media=\"(prefers-color-scheme: dark)\">\n\
         <link rel=\"icon\" href=\"{ICON}\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <header>{LOGO}<span>Stead</span></header>\n{body}</main>\n</body>\n</html>\n"
    )
}
