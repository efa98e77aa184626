//! The policy asked about what the store says now: at the door of each request, and again while
//! an answer goes on.

use std::sync::TryLockError;

use stead_rules::claim::{Generation, State, settle};
use stead_rules::ids::SessionId;
use stead_rules::policy::{
    Account, Action, Actor, Decision, Door, Epoch, Question, Session, decide,
};
use stead_rules::time::Now;
use stead_store::accounts::sessions::SessionFacts;

use super::core::Core;
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
    decide(&Question {
        now,
        server,
        generation: Generation(generation),
        actor: &session.map_or(without, actor),
        action: asked.action,
        door: asked.door,
        libraries: &[],
        requirements: &[],
    })
}

/// Whether what a session was once allowed to do would be allowed to it now. Blocks.
pub(crate) fn goes_on(core: &Core, session: SessionId, asked: Asked) -> bool {
    let now = core.now();
    // A store that cannot be asked has not said no; the answer that goes on ends by itself.
    let Ok(facts) = sessions::by_id(core, session) else { return true };
    let Some(facts) = facts else { return false };
    let decision = judge(&standing(core, now), now, Some(&facts), Actor::Stranger, asked);
    matches!(decision, Decision::Allow(_) | Decision::AllowNotice { .. })
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
