//! Where answers may be sent. A wrong one of these is how codes are stolen, so nothing here is
//! lenient: what is asked must be what is registered, byte by byte (RFC 9700 §2.1).

/// Longer than any real one, short enough to be shown.
const URI_MAX_BYTES: usize = 512;

/// The kinds of address that an answer can be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedirectKind {
    /// A page over TLS.
    Https,
    /// A port on the machine of the browser itself (RFC 8252 §7.3).
    Loopback,
    /// An app that claims a scheme of its own (RFC 8252 §7.1).
    PrivateScheme,
}

/// The kind of an address that may be registered at all; none for any other.
#[must_use]
pub fn redirect_kind(uri: &str) -> Option<RedirectKind> {
    let plain = uri.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}#".contains(&b));
    if !plain || uri.len() > URI_MAX_BYTES {
        return None;
    }
    let (scheme, rest) = uri.split_once(':')?;
    match scheme {
        "https" => host_of(rest).filter(|host| !host.is_empty()).map(|_| RedirectKind::Https),
        "http" => {
            let host = host_of(rest)?;
            matches!(host, "127.0.0.1" | "[::1]").then_some(RedirectKind::Loopback)
        }
        // A name in reverse, so that it belongs to somebody.
        _ => (is_scheme(scheme) && scheme.contains('.')).then_some(RedirectKind::PrivateScheme),
    }
}

/// The part of an address that tells people where an answer goes.
#[must_use]
pub fn redirect_place(uri: &str) -> &str {
    let Some((scheme, rest)) = uri.split_once(':') else { return uri };
    match redirect_kind(uri) {
        Some(RedirectKind::Https | RedirectKind::Loopback) => authority_of(rest).unwrap_or(uri),
        Some(RedirectKind::PrivateScheme) | None => scheme,
    }
}

/// The pages of a Stead server that take answers.
const SERVER_CALLBACKS: [&str; 2] = ["/signin/callback", "/claim/callback"];

/// Whether this is a page on which a Stead server takes answers. A server that was let in by a code
/// registers no other: whoever approved it saw its name and not its addresses.
#[must_use]
pub fn is_server_callback(uri: &str) -> bool {
    let path = match redirect_kind(uri) {
        Some(RedirectKind::Https | RedirectKind::Loopback) => {
            without_port(uri).map(|(_, path)| path)
        }
        Some(RedirectKind::PrivateScheme) | None => None,
    };
    path.is_some_and(|path| SERVER_CALLBACKS.contains(&path))
}

/// Whether an answer may be sent to `asked` when `registered` is. An app cannot know its loopback
/// port before it asks, so the port there is any (RFC 8252 §7.3).
#[must_use]
pub fn redirect_matches(registered: &str, asked: &str) -> bool {
    match redirect_kind(registered) {
        Some(RedirectKind::Loopback) => {
            redirect_kind(asked) == Some(RedirectKind::Loopback)
                && without_port(registered) == without_port(asked)
        }
        Some(RedirectKind::Https | RedirectKind::PrivateScheme) => registered == asked,
        None => false,
    }
}

fn is_scheme(scheme: &str) -> bool {
    scheme.starts_with(|c: char| c.is_ascii_lowercase())
        && scheme.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || ".+-".contains(c))
}

/// `//host:port/path` → `host:port`; none with user information, which hides the true host.
fn authority_of(rest: &str) -> Option<&str> {
    let rest = rest.strip_prefix("//")?;
    let authority = rest.split(['/', '?']).next()?;
    (!authority.contains('@')).then_some(authority)
}

fn host_of(rest: &str) -> Option<&str> {
    let (host, port) = split_port(authority_of(rest)?);
    let right = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    right.then_some(host)
}

fn split_port(authority: &str) -> (&str, Option<&str>) {
    let after_host = authority.rfind(']').map_or(0, |end| end + 1);
    match authority.get(after_host..).and_then(|rest| rest.find(':')) {
        Some(colon) => {
            let (host, port) = authority.split_at(after_host + colon);
            (host, port.strip_prefix(':'))
        }
        None => (authority, None),
    }
}

/// Host and what follows the authority.
fn without_port(uri: &str) -> Option<(&str, &str)> {
    let (_, rest) = uri.split_once(':')?;
    let authority = authority_of(rest)?;
    let after = rest.strip_prefix("//")?.strip_prefix(authority)?;
    Some((split_port(authority).0, after))
}
