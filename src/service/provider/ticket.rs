//! Tickets of the authorization page: they say when a request was told to sign in anew.
//!
//! A ticket is kept by nobody but the page that was given it. It holds its moment, and a key of this
//! run signs that with the request it is for, so a stranger who asks for many takes nobody's away.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use stead_rules::provider::{AuthorizeQuery, WantedPerson};
use stead_rules::signin::ticket_is_live;
use stead_rules::time::{BootMs, Now};

/// Uptime in milliseconds.
const MOMENT_BYTES: usize = 8;

/// A ticket for this request, from now on.
pub(super) fn give(key: &hmac::Key, query: &AuthorizeQuery<'_>, now: Now) -> String {
    let mut ticket = now.boot.0.to_be_bytes().to_vec();
    let tag = hmac::sign(key, &signed(query, now.boot));
    ticket.extend_from_slice(tag.as_ref());
    URL_SAFE_NO_PAD.encode(ticket)
}

/// When the ticket of this request was given; none if it is over, another request's, or none of this
/// run.
pub(super) fn begun(
    key: &hmac::Key,
    query: &AuthorizeQuery<'_>,
    ticket: &str,
    now: Now,
) -> Option<BootMs> {
    let bytes = URL_SAFE_NO_PAD.decode(ticket).ok()?;
    let (moment, tag) = bytes.split_first_chunk::<MOMENT_BYTES>()?;
    let begun = BootMs(u64::from_be_bytes(*moment));
    hmac::verify(key, &signed(query, begun), tag).ok()?;
    (begun <= now.boot && ticket_is_live(begun, now)).then_some(begun)
}

/// What makes a request this one and no other, each part with its length.
fn signed(query: &AuthorizeQuery<'_>, begun: BootMs) -> Vec<u8> {
    let parts = [
        query.client_id,
        query.redirect_uri,
        query.scope,
        query.state,
        query.nonce,
        query.code_challenge,
        match query.person {
            WantedPerson::One(sub) => Some(sub),
            WantedPerson::Anybody | WantedPerson::Unreadable => None,
        },
    ];
    let mut bytes = begun.0.to_be_bytes().to_vec();
    for part in parts {
        let part = part.unwrap_or_default();
        bytes.extend_from_slice(&part.len().to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use stead_rules::limits::SIGNIN_TICKET_SECONDS;
    use stead_rules::time::{TimeTrust, WallMs};

    use super::*;

    fn key(seed: u8) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &[seed; 32])
    }

    fn at(boot: u64) -> Now {
        Now { wall: WallMs(0), boot: BootMs(boot), trust: TimeTrust::Synced }
    }

    fn query(state: &str) -> AuthorizeQuery<'_> {
        AuthorizeQuery { client_id: Some("c"), state: Some(state), ..AuthorizeQuery::default() }
    }

    #[test]
    fn a_ticket_is_good_for_its_request_its_run_and_its_time() {
        let given = give(&key(1), &query("s"), at(5000));
        let end = 5000 + SIGNIN_TICKET_SECONDS * 1000;
        for (seed, state, boot, good) in [
            (1, "s", 5000, true),
            (1, "s", end - 1, true),
            (1, "s", end, false),
            (1, "s", 4999, false),
            (1, "t", 5000, false),
            (2, "s", 5000, false),
        ] {
            let found = begun(&key(seed), &query(state), &given, at(boot));
            assert_eq!(found, good.then_some(BootMs(5000)), "{seed} {state} {boot}");
        }
    }

    #[test]
    fn a_ticket_that_was_changed_is_none() {
        let given = give(&key(1), &query("s"), at(5000));
        for index in 0..given.len() {
            let mut changed = given.clone().into_bytes();
            changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(begun(&key(1), &query("s"), &changed, at(5000)), None, "{index}");
        }
        for text in ["", "AAAA", "?", &"A".repeat(4096)] {
            assert_eq!(begun(&key(1), &query("s"), text, at(5000)), None, "{text}");
        }
    }
}
