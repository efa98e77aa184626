//! Links that carry their own permission to one item.
//!
//! A link says which session asked for which item, and until when in uptime, so that no clock
//! matters. The caller signs the bytes with a key of this start of the machine, checks that
//! signature before it reads them, and judges the session at every request like a cookie.

use crate::ids::{ItemId, SessionId};
use crate::limits::STREAM_LINK_SECONDS;
use crate::time::{BootMs, Now};

const ID_BYTES: usize = 16;

/// What a link says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamLink {
    /// Who asked for it.
    pub session: SessionId,
    /// For what.
    pub item: ItemId,
    /// Until when.
    pub until: BootMs,
}

/// What stands for a session in a link that is made for whoever plays without a sign-in (C7). No
/// session has this id, and the link opens nothing but where such people are let in.
pub const LOCAL_SESSION: SessionId = SessionId::from_bytes([0; ID_BYTES]);

/// The link cannot be used any more, or never could.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the link has expired")]
pub struct BadLink;

impl StreamLink {
    /// How long the signed bytes are.
    pub const BYTES: usize = ID_BYTES + ID_BYTES + 8;

    /// A fresh link.
    #[must_use]
    pub const fn new(session: SessionId, item: ItemId, now: Now) -> Self {
        Self { session, item, until: now.boot.plus_ms(STREAM_LINK_SECONDS * 1000) }
    }

    /// The bytes to sign.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::BYTES] {
        let until = self.until.0.to_be_bytes();
        let fields = self.session.as_bytes().iter().chain(self.item.as_bytes()).chain(&until);
        let mut bytes = [0; Self::BYTES];
        bytes.iter_mut().zip(fields).for_each(|(to, from)| *to = *from);
        bytes
    }

    /// Reads bytes whose signature was checked.
    pub fn decode(bytes: &[u8]) -> Result<Self, BadLink> {
        let (session, rest) = bytes.split_first_chunk::<ID_BYTES>().ok_or(BadLink)?;
        let (item, until) = rest.split_first_chunk::<ID_BYTES>().ok_or(BadLink)?;
        let until = until.try_into().map_err(|_| BadLink)?;
        Ok(Self {
            session: SessionId::from_bytes(*session),
            item: ItemId::from_bytes(*item),
            until: BootMs(u64::from_be_bytes(until)),
        })
    }
}

/// Whether a link opens anything at `now`. One that reaches further than any fresh one was not
/// made in this run.
pub fn admit(link: StreamLink, now: Now) -> Result<StreamLink, BadLink> {
    let left_ms = link.until.since_ms(now.boot);
    let fresh = 1..=STREAM_LINK_SECONDS * 1000;
    if fresh.contains(&left_ms) { Ok(link) } else { Err(BadLink) }
}
