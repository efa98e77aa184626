//! What is being made and waits to be confirmed: an authenticator for its first code, a set of
//! recovery codes until its owner shows that they were kept. It lives in memory, for minutes.

use stead_rules::ids::{TicketId, UserId};
use stead_rules::limits::{FACTOR_DRAFT_SECONDS, FACTOR_DRAFTS_MAX};
use stead_rules::signin::RecoveryCode;
use stead_rules::time::{BootMs, Now};
use zeroize::Zeroizing;

/// What waits.
#[derive(Default)]
pub struct DraftDesk {
    drafts: Vec<Draft>,
}

#[derive(Clone)]
struct Draft {
    ticket: TicketId,
    user: UserId,
    begun: BootMs,
    made: Made,
}

/// What was made.
#[derive(Clone)]
pub(crate) enum Made {
    /// The secret of an authenticator.
    Authenticator(Zeroizing<Vec<u8>>),
    /// A set of recovery codes.
    Codes(Vec<RecoveryCode>),
}

impl DraftDesk {
    /// Keeps a draft for its user; the oldest makes room.
    pub(crate) fn add(&mut self, now: Now, ticket: TicketId, user: UserId, made: Made) {
        self.drafts.retain(|draft| is_live(draft, now));
        if self.drafts.len() >= FACTOR_DRAFTS_MAX {
            self.drafts.remove(0);
        }
        self.drafts.push(Draft { ticket, user, begun: now.boot, made });
    }

    /// What `user` has begun under this ticket.
    pub(crate) fn find(&self, now: Now, ticket: TicketId, user: UserId) -> Option<Made> {
        let mine = |draft: &&Draft| draft.ticket == ticket && draft.user == user;
        let found = self.drafts.iter().find(mine).filter(|draft| is_live(draft, now));
        found.map(|draft| draft.made.clone())
    }

    /// It is confirmed.
    pub(crate) fn remove(&mut self, ticket: TicketId) {
        self.drafts.retain(|draft| draft.ticket != ticket);
    }
}

const fn is_live(draft: &Draft, now: Now) -> bool {
    now.boot.since_ms(draft.begun) < FACTOR_DRAFT_SECONDS * 1000
}
