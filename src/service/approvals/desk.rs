//! Requests that wait for a phone, and refusals that are remembered.

use std::net::IpAddr;

use stead_rules::ids::{AccountId, SessionId, TicketId, UserId};
use stead_rules::limits::APPROVALS_MAX;
use stead_rules::signin::{
    Numbers, approval_is_live, may_ask, refusal_counts, wrong_numbers_refuse,
};
use stead_rules::time::{BootMs, Now, WallMs};

use super::{ApprovalError, Tapped, Waiting};

/// What an approval is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// The sign-in of this ticket.
    SignIn(TicketId),
    /// Raising this session.
    StepUp(SessionId),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Waiting,
    Approved,
    Over,
}

#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) id: TicketId,
    pub(super) user: UserId,
    pub(super) account: AccountId,
    pub(super) what: What,
    /// The session of the browser that asks, which may not answer.
    pub(super) own: Option<SessionId>,
    pub(super) agent: String,
    pub(super) address: IpAddr,
    pub(super) place: IpAddr,
    pub(super) at: WallMs,
    pub(super) begun: BootMs,
    pub(super) numbers: Numbers,
    pub(super) standing: Standing,
    /// The session that approved it.
    pub(super) approved_by: Option<SessionId>,
}

/// Wrong numbers and refusals for one account and place.
struct Remembered {
    account: AccountId,
    place: IpAddr,
    wrong_in_a_row: u32,
    last: BootMs,
    refused: bool,
}

/// Requests that wait for a phone.
#[derive(Default)]
pub struct ApprovalDesk {
    requests: Vec<Request>,
    remembered: Vec<Remembered>,
}

impl ApprovalDesk {
    pub(super) fn add(&mut self, request: Request, now: Now) -> Result<(), ApprovalError> {
        self.forget(now);
        let pending = self.requests.iter().filter(|old| {
            old.user == request.user
                && old.standing == Standing::Waiting
                && old.what != request.what
        });
        let pending: Vec<_> = pending.map(|old| old.begun).collect();
        let refused = self.remembered.iter().find(|one| {
            one.refused && one.account == request.account && one.place == request.place
        });
        may_ask(&pending, refused.map(|one| one.last), now)?;
        // Who asks again takes the earlier request back.
        self.requests.retain(|old| old.what != request.what);
        if self.requests.len() >= APPROVALS_MAX {
            self.requests.remove(0);
        }
        self.requests.push(request);
        Ok(())
    }

    fn forget(&mut self, now: Now) {
        self.requests.retain(|request| approval_is_live(request.begun, now));
        self.remembered.retain(|one| refusal_counts(one.last, now));
    }

    /// A request that waits for this user.
    pub(super) fn waiting(&self, id: TicketId, user: UserId, now: Now) -> Option<&Request> {
        self.requests.iter().find(|request| {
            request.id == id
                && request.user == user
                && request.standing == Standing::Waiting
                && approval_is_live(request.begun, now)
        })
    }

    pub(super) fn of_user(
        &self,
        user: UserId,
        now: Now,
        shown: impl Fn(&Request) -> bool,
    ) -> Vec<Waiting> {
        let waiting = self.requests.iter().filter(|request| {
            request.user == user
                && request.standing == Standing::Waiting
                && approval_is_live(request.begun, now)
                && shown(request)
        });
        let view = |request: &Request| Waiting {
            request: request.id,
            agent: request.agent.clone(),
            address: request.address,
            at: request.at,
            numbers: request.numbers.shown,
            steps_up: matches!(request.what, What::StepUp(_)),
        };
        waiting.map(view).collect()
    }

    /// A request was answered; whatever was tapped, it waits no more.
    pub(super) fn answered(&mut self, id: TicketId, tapped: Tapped, by: SessionId, now: Now) {
        let Some(request) = self.requests.iter_mut().find(|request| request.id == id) else {
            return;
        };
        let right = tapped == Tapped::Number(request.numbers.right);
        request.standing = if right { Standing::Approved } else { Standing::Over };
        request.approved_by = right.then_some(by);
        let (account, place) = (request.account, request.place);
        match tapped {
            Tapped::Number(_) if right => {
                self.remembered.retain(|one| (one.account, one.place) != (account, place));
            }
            Tapped::Number(_) => self.remember(account, place, false, now),
            Tapped::NotMe => {
                self.remember(account, place, true, now);
                // The others of that place are no better.
                let from_there = |old: &Request| (old.account, old.place) == (account, place);
                self.requests.retain(|old| !from_there(old) || old.standing != Standing::Waiting);
            }
        }
    }

    fn remember(&mut self, account: AccountId, place: IpAddr, refused: bool, now: Now) {
        let known =
            self.remembered.iter_mut().find(|one| (one.account, one.place) == (account, place));
        if let Some(one) = known {
            one.wrong_in_a_row = one.wrong_in_a_row.saturating_add(1);
            one.refused = one.refused || refused || wrong_numbers_refuse(one.wrong_in_a_row);
            one.last = now.boot;
            return;
        }
        if self.remembered.len() >= APPROVALS_MAX {
            self.remembered.remove(0);
        }
        let last = now.boot;
        self.remembered.push(Remembered { account, place, wrong_in_a_row: 1, last, refused });
    }

    /// What an approved request is good for, and who approved it; none while it waits. `session` is the one that asks
    /// to be raised.
    pub(super) fn take_approved(
        &mut self,
        id: TicketId,
        now: Now,
        session: Option<SessionId>,
    ) -> Result<Option<(What, Option<SessionId>)>, ApprovalError> {
        let fits = |what: What| match (what, session) {
            (What::SignIn(_), None) => true,
            (What::StepUp(asked), Some(session)) => asked == session,
            (What::SignIn(_), Some(_)) | (What::StepUp(_), None) => false,
        };
        let found = self.requests.iter().position(|request| {
            request.id == id && fits(request.what) && approval_is_live(request.begun, now)
        });
        let found = found.ok_or(ApprovalError::Over)?;
        match self.requests.get(found).map(|request| request.standing) {
            Some(Standing::Waiting) => Ok(None),
            Some(Standing::Approved) => {
                let request = self.requests.remove(found);
                Ok(Some((request.what, request.approved_by)))
            }
            Some(Standing::Over) | None => Err(ApprovalError::Over),
        }
    }
}
