//! Sign-ins that wait for a second factor. They live in memory, because they live for minutes.

use stead_rules::ids::TicketId;
use stead_rules::limits::SIGNIN_TICKETS_MAX;
use stead_rules::signin::{Methods, ticket_is_live};
use stead_rules::time::{BootMs, Now};
use stead_store::accounts::identity::Account;

/// Sign-ins that wait for a second factor.
#[derive(Default)]
pub struct SignInDesk {
    waiting: Vec<Waiting>,
}

/// One of them.
#[derive(Clone)]
pub(crate) struct Waiting {
    pub(crate) ticket: TicketId,
    pub(crate) account: Account,
    /// What was shown already.
    pub(crate) shown: Methods,
    pub(crate) begun: BootMs,
    /// What held of the person when it began.
    pub(super) standing: Standing,
}

/// What ends whatever was opened before: the server's generation, and its epoch with the person's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) generation: u64,
    pub(super) epoch: u64,
}

impl SignInDesk {
    pub(crate) fn add(&mut self, waiting: Waiting, now: Now) {
        self.waiting.retain(|old| ticket_is_live(old.begun, now));
        // The oldest makes room: a flood of right passwords is somebody who has the password.
        if self.waiting.len() >= SIGNIN_TICKETS_MAX {
            self.waiting.remove(0);
        }
        self.waiting.push(waiting);
    }

    pub(crate) fn find(&self, ticket: TicketId, now: Now) -> Option<Waiting> {
        self.waiting
            .iter()
            .find(|one| one.ticket == ticket && ticket_is_live(one.begun, now))
            .cloned()
    }

    pub(crate) fn remove(&mut self, ticket: TicketId) {
        self.waiting.retain(|one| one.ticket != ticket);
    }
}
