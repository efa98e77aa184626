//! Playback: links that carry their own permission.
//!
//! A link names an item, a file and the session that asked for it, and is signed with a key of
//! this server. It is judged at every request like a cookie: a session that ends takes its links
//! along. Links count in uptime and belong to one run of the server, so no clock matters to them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use stead_rules::ids::{ItemId, SessionId};
use stead_rules::limits::STREAM_LINK_SECONDS;
use stead_rules::time::{BootMs, Now};

use super::core::Core;

/// What a link says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// Who asked for it.
    pub session: SessionId,
    /// For what.
    pub item: ItemId,
    /// Until when.
    pub until: BootMs,
}

/// The link cannot be used any more, or never could.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the link has expired")]
pub struct LinkExpired;

const ID_BYTES: usize = 16;
const PAYLOAD_BYTES: usize = ID_BYTES + ID_BYTES + 8;

/// A fresh ticket for `item`.
#[must_use]
pub fn ticket(session: SessionId, item: ItemId, now: Now) -> Ticket {
    Ticket { session, item, until: now.boot.plus_ms(STREAM_LINK_SECONDS * 1000) }
}

/// The text of a ticket in a link.
#[must_use]
pub fn write_ticket(core: &Core, ticket: &Ticket) -> String {
    let payload = payload(ticket);
    let mac = hmac::sign(&core.link_key, &signed(core, &payload));
    let (payload, mac) = (URL_SAFE_NO_PAD.encode(payload), URL_SAFE_NO_PAD.encode(mac));
    format!("{payload}.{mac}")
}

/// Reads a link's text: signed by this run of this server, and not over.
///
/// # Errors
/// [`LinkExpired`], whatever is wrong with it.
pub fn read_ticket(core: &Core, text: &str, now: Now) -> Result<Ticket, LinkExpired> {
    let (payload, mac) = text.split_once('.').ok_or(LinkExpired)?;
    let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| LinkExpired)?;
    let mac = URL_SAFE_NO_PAD.decode(mac).map_err(|_| LinkExpired)?;
    hmac::verify(&core.link_key, &signed(core, &payload), &mac).map_err(|_| LinkExpired)?;
    let ticket = parse(&payload).ok_or(LinkExpired)?;
    if ticket.until > now.boot { Ok(ticket) } else { Err(LinkExpired) }
}

fn payload(ticket: &Ticket) -> Vec<u8> {
    let until = ticket.until.0.to_be_bytes();
    [ticket.session.as_bytes().as_slice(), ticket.item.as_bytes(), &until].concat()
}

fn parse(payload: &[u8]) -> Option<Ticket> {
    let payload: &[u8; PAYLOAD_BYTES] = payload.try_into().ok()?;
    let (session, rest) = payload.split_first_chunk::<ID_BYTES>()?;
    let (item, until) = rest.split_first_chunk::<ID_BYTES>()?;
    Some(Ticket {
        session: SessionId::from_bytes(*session),
        item: ItemId::from_bytes(*item),
        until: BootMs(u64::from_be_bytes(until.try_into().ok()?)),
    })
}

/// The run belongs to what is signed: uptimes of another run mean nothing in this one.
fn signed(core: &Core, payload: &[u8]) -> Vec<u8> {
    [b"stream".as_slice(), &core.run, payload].concat()
}
