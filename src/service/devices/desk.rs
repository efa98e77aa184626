//! Devices that wait to be let in. They live in memory, because they live for minutes: after a
//! restart a device shows another code.

use std::net::IpAddr;

use stead_rules::ids::SessionId;
use stead_rules::secret::same_bytes;
use stead_rules::signin::{
    DeviceClient, DevicesFull, Grant, GrantOver, Holder, Holding, Methods, Poll, UserCode, Verdict,
    has_room,
};
use stead_rules::time::{Moment, Now};

use super::{Asked, DeviceError};

/// Devices that wait.
#[derive(Default)]
pub struct DeviceDesk {
    waiting: Vec<Waiting>,
}

/// One of them.
#[derive(Clone)]
pub(super) struct Waiting {
    /// The hash of what the device keeps.
    pub(super) secret: [u8; 32],
    code: UserCode,
    pub(super) grant: Grant,
    pub(super) asked: Asked,
    pub(super) approval: Option<Approval>,
}

/// Who said yes, and what their session was worth then.
#[derive(Clone)]
pub(super) struct Approval {
    pub(super) session: SessionId,
    pub(super) methods: Methods,
    pub(super) auth: Moment,
    pub(super) name: String,
    pub(super) address: IpAddr,
}

impl Waiting {
    pub(super) const fn new(secret: [u8; 32], code: UserCode, grant: Grant, asked: Asked) -> Self {
        Self { secret, code, grant, asked, approval: None }
    }

    fn holder(&self) -> Holder {
        Holder { client: self.asked.client, peer: self.asked.peer }
    }
}

impl DeviceDesk {
    /// Takes a device on, if there is room. Those that are over make it.
    pub(super) fn add(&mut self, one: Waiting, now: Now) -> Result<(), DevicesFull> {
        self.waiting.retain(|old| old.grant.left_seconds(now).is_some());
        let asker = one.holder();
        has_room(Holding::of(self.waiting.iter().map(Waiting::holder), asker), asker)?;
        self.waiting.push(one);
        Ok(())
    }

    /// The device under this code that nobody judged yet.
    pub(super) fn find(&self, code: &UserCode, now: Now) -> Option<Waiting> {
        let waits = |one: &&Waiting| {
            one.grant.verdict() == Verdict::Waiting && one.grant.left_seconds(now).is_some()
        };
        self.waiting.iter().filter(waits).find(|one| one.code.matches(code)).cloned()
    }

    /// Judges a device, once.
    pub(super) fn judge(
        &mut self,
        secret: &[u8; 32],
        verdict: Verdict,
        approval: Option<Approval>,
        now: Now,
    ) -> Result<(), GrantOver> {
        let one = self.waiting.iter_mut().find(|one| one.secret == *secret).ok_or(GrantOver)?;
        one.grant = one.grant.judged(verdict, now)?;
        one.approval = approval;
        Ok(())
    }

    /// A device asks. One that was judged is taken off the desk with the answer, so it is told once
    /// whoever asks again. Whoever overheard a code on the plain port takes it nowhere else.
    pub(super) fn poll(
        &mut self,
        client: DeviceClient,
        plain: bool,
        secret: &[u8; 32],
        now: Now,
    ) -> Result<(Poll, Option<Waiting>), DeviceError> {
        let mut all = self.waiting.iter_mut().enumerate();
        let its = |asked: &Asked| asked.client == client && asked.plain == plain;
        let (index, one) = all
            .find(|(_, one)| same_bytes(&one.secret, secret) && its(&one.asked))
            .ok_or(DeviceError::NoSuchDevice)?;
        let (told, grant) = one.grant.poll(now);
        one.grant = grant;
        match told {
            Poll::Pending | Poll::SlowDown | Poll::Over => Ok((told, None)),
            Poll::Approved | Poll::Denied => Ok((told, Some(self.waiting.remove(index)))),
        }
    }

    /// What was taken could not be finished.
    pub(super) fn put_back(&mut self, one: Waiting) {
        self.waiting.push(one);
    }
}
