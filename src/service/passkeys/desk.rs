//! Challenges that were given out and are waited for. They live in memory, because they live for
//! minutes, and each is taken once: an answer that was recorded opens nothing.

use std::collections::VecDeque;
use std::net::IpAddr;

use serde_json::Value;
use stead_rules::ids::{AccountId, SessionId, TicketId};
use stead_rules::limits::{PASSKEY_CEREMONIES_MAX, PASSKEY_CEREMONIES_PER_PLACE_MAX};
use stead_rules::signin::{ceremony_is_live, place_of};
use stead_rules::time::{BootMs, Now};
use webauthn_rs::prelude::{DiscoverableAuthentication, PasskeyRegistration};

use super::{PasskeyError, Site};
use crate::host::entropy::fresh;
use crate::service::core::Core;

/// A challenge, as the page hands it to the browser.
pub struct Begun {
    /// Comes back with the answer.
    pub ceremony: TicketId,
    /// The options of `navigator.credentials.create` or `.get`.
    pub options: Value,
}

/// What the answer to a challenge is good for.
pub(super) enum Ceremony {
    /// A new passkey for the account of this session.
    Register(SessionId, Box<PasskeyRegistration>),
    /// A sign-in by whoever it turns out to be.
    Anybody(Box<DiscoverableAuthentication>),
    /// The second step of this sign-in.
    SecondStep(TicketId, AccountId, Box<DiscoverableAuthentication>),
    /// This session shows its factor anew.
    StepUp(SessionId, AccountId, Box<DiscoverableAuthentication>),
}

struct Waiting {
    id: TicketId,
    begun: BootMs,
    place: IpAddr,
    site: Site,
    what: Ceremony,
}

/// Challenges that are waited for.
#[derive(Default)]
pub struct PasskeyDesk {
    waiting: VecDeque<Waiting>,
}

impl PasskeyDesk {
    fn add(&mut self, new: Waiting, now: Now) {
        self.waiting.retain(|old| ceremony_is_live(old.begun, now));
        let here = self.waiting.iter().filter(|old| old.place == new.place).count();
        if here >= PASSKEY_CEREMONIES_PER_PLACE_MAX
            && let Some(oldest) = self.waiting.iter().position(|old| old.place == new.place)
        {
            self.waiting.remove(oldest);
        }
        if self.waiting.len() >= PASSKEY_CEREMONIES_MAX {
            self.waiting.pop_front();
        }
        self.waiting.push_back(new);
    }

    fn take(&mut self, id: TicketId, now: Now) -> Option<Waiting> {
        let found = self.waiting.iter().position(|one| one.id == id)?;
        self.waiting.remove(found).filter(|one| ceremony_is_live(one.begun, now))
    }
}

/// Notes a challenge that is given out on this page.
pub(super) fn wait_for(
    core: &Core,
    now: Now,
    peer: IpAddr,
    site: &Site,
    what: Ceremony,
) -> TicketId {
    let id = fresh(core.entropy.as_ref(), TicketId::from_bytes);
    let place = place_of(peer);
    let waiting = Waiting { id, begun: now.boot, place, site: site.clone(), what };
    core.passkey_desk().add(waiting, now);
    id
}

/// Takes a challenge that this page was given; nobody gets it again, whatever comes of it.
pub(super) fn take(
    core: &Core,
    now: Now,
    site: &Site,
    id: TicketId,
) -> Result<Ceremony, PasskeyError> {
    let waiting = core.passkey_desk().take(id, now).ok_or(PasskeyError::CeremonyOver)?;
    if waiting.site == *site { Ok(waiting.what) } else { Err(PasskeyError::CeremonyOver) }
}

#[cfg(test)]
mod tests;
