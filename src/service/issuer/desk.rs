//! Browsers that were sent to the issuer. They live in memory, because they live for minutes.

use std::net::IpAddr;

use stead_rules::ids::{SessionId, TicketId};
use stead_rules::limits::{ISSUER_WAITS_MAX, ISSUER_WAITS_OF_PLACE_MAX};
use stead_rules::secret::SecretText;
use stead_rules::signin::oidc::is_waited_for;
use stead_rules::time::{BootMs, Now};

use super::Client;

/// What a browser was sent for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To sign in.
    SignIn {
        /// A second factor is asked for in a remembered browser, too.
        anew: bool,
    },
    /// To show anew who they are, in this session.
    StepUp(SessionId),
    /// To become the owner, by the browser that holds the claim.
    Claim(TicketId),
}

impl Purpose {
    /// The word that the page of the callback goes on by; the server goes by its own memory.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::SignIn { .. } => "signin",
            Self::StepUp(_) => "stepup",
            Self::Claim(_) => "claim",
        }
    }

    /// Whether the person must show who they are although they are signed in there.
    pub(super) const fn is_anew(self) -> bool {
        match self {
            Self::SignIn { .. } => false,
            // Whoever holds the proof may sit at a browser where somebody else is signed in.
            Self::StepUp(_) | Self::Claim(_) => true,
        }
    }
}

/// A browser that was sent away.
pub(super) struct Waiting {
    pub(super) browser: TicketId,
    pub(super) state: SecretText,
    pub(super) nonce: SecretText,
    pub(super) verifier: SecretText,
    pub(super) redirect_uri: String,
    pub(super) begun: BootMs,
    pub(super) place: IpAddr,
    pub(super) purpose: Purpose,
    /// Whether the issuer was asked for one certain person, so that its refusal is of that person.
    pub(super) is_for_one: bool,
    /// As what this server asks: what changes meanwhile is for the next one.
    pub(super) client: Client,
}

/// All of them, the oldest first.
#[derive(Default)]
pub(super) struct Desk {
    waiting: Vec<Waiting>,
}

impl Desk {
    /// The oldest makes room, first of the same place: one that floods loses its own.
    pub(super) fn add(&mut self, waiting: Waiting, now: Now) {
        self.waiting.retain(|old| is_waited_for(old.begun, now));
        let of_place = |one: &Waiting| one.place == waiting.place;
        if self.waiting.iter().filter(|one| of_place(one)).count() >= ISSUER_WAITS_OF_PLACE_MAX
            && let Some(oldest) = self.waiting.iter().position(of_place)
        {
            self.waiting.remove(oldest);
        }
        if self.waiting.len() >= ISSUER_WAITS_MAX {
            self.waiting.remove(0);
        }
        self.waiting.push(waiting);
    }

    /// Once, and by the browser that was sent.
    pub(super) fn take(
        &mut self,
        browser: TicketId,
        state: &SecretText,
        now: Now,
    ) -> Option<Waiting> {
        let found = self
            .waiting
            .iter()
            .position(|one| one.browser == browser && one.state.matches(state))?;
        let waiting = self.waiting.remove(found);
        is_waited_for(waiting.begun, now).then_some(waiting)
    }
}
