//! The policy asked about what the store says now: at the door of each request, and again while
//! an answer goes on.

use std::sync::{Arc, TryLockError};

use stead_rules::claim::{Generation, State, settle};
use stead_rules::ids::SessionId;
use stead_rules::limits::SESSION_UNJUDGED_SECONDS;
use stead_rules::policy::{
    Account, Action, Actor, Decision, Door, Epoch, Question, Session, decide,
};
use stead_rules::time::{BootMs, Now};
use stead_store::accounts::sessions::SessionFacts;

use super::core::{Core, CoreError};
use super::sessions;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) action: Action,
    pub(crate) door: Door,
}

/// Where the server stands. Blocks for as long as a claim is being written.
pub(crate) fn standing(core: &Core, now: Now) -> State {
    settle(&core.desk().state, now).next
}

/// The same without waiting: none while a claim is being written.
pub(crate) fn standing_at_once(core: &Core, now: Now) -> Option<State> {
    let desk = match core.claim.try_lock() {
        Ok(desk) => desk,
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        Err(TryLockError::WouldBlock) => return None,
    };
    Some(settle(&desk.state, now).next)
}

/// Judges a session, or whoever has none.
pub(crate) fn judge(
    server: &State,
    now: Now,
    session: Option<&SessionFacts>,
    without: Actor,
    asked: Asked,
) -> Decision {
    let generation = session.map_or(0, |facts| facts.server_generation);
    let door = session.map_or(asked.door, |facts| facts.session.client.door(asked.door));
    decide(&Question {
        now,
        server,
        generation: Generation(generation),
        actor: &session.map_or(without, actor),
        action: asked.action,
        door,
        libraries: &[],
        requirements: &[],
    })
}

/// Something that a session was allowed and that goes on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Running {
    session: SessionId,
    asked: Asked,
    /// When it was last asked whether it may go on.
    looked: BootMs,
    /// When the answer was last known: yes.
    known: BootMs,
}

impl Running {
    /// It was allowed just now.
    pub(crate) const fn since(now: Now, session: SessionId, asked: Asked) -> Self {
        Self { session, asked, looked: now.boot, known: now.boot }
    }

    /// When it was last asked whether it may go on.
    pub(crate) const fn looked(&self) -> BootMs {
        self.looked
    }

    /// Whether it would be allowed now. A store that cannot be asked has not said no, so it goes on
    /// for a while; whoever was signed out meanwhile must not go on for ever.
    pub(crate) async fn goes_on(&mut self, core: &Arc<Core>) -> bool {
        let (now, Self { session, asked, .. }) = (core.now(), *self);
        self.looked = now.boot;
        match core.blocking(move |core| allowed(core, now, session, asked)).await {
            Ok(true) => {
                self.known = now.boot;
                true
            }
            Ok(false) => false,
            Err(CoreError::NoStore | CoreError::Stopping | CoreError::NotPermitted(_)) => false,
            Err(CoreError::Store(_)) => {
                now.boot.since_ms(self.known) < SESSION_UNJUDGED_SECONDS * 1000
            }
        }
    }
}

fn allowed(core: &Core, now: Now, session: SessionId, asked: Asked) -> Result<bool, CoreError> {
    let Some(facts) = sessions::by_id(core, session)? else { return Ok(false) };
    let decision = judge(&standing(core, now), now, Some(&facts), Actor::Stranger, asked);
    Ok(matches!(decision, Decision::Allow(_) | Decision::AllowNotice { .. }))
}

fn actor(facts: &SessionFacts) -> Actor {
    Actor::Session(Session {
        id: facts.session.id,
        user: facts.user.id,
        role: facts.user.role,
        client: facts.session.client,
        methods: facts.session.methods,
        reach: facts.within_reach,
        auth: facts.session.auth,
        last_seen: facts.session.last_seen,
        rested: facts.session.rested,
        generation: Generation(facts.session.generation),
        epoch: Epoch(facts.session.epoch),
        account: Account { enabled: facts.user.enabled, epoch: Epoch(facts.epoch_now) },
    })
}
