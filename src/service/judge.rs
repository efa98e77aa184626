//! The policy asked about what the store says now: at the door of each request, and again while
//! an answer goes on.

use std::sync::{Arc, TryLockError};

use stead_rules::claim::{Generation, State, settle};
use stead_rules::ids::{ItemId, SessionId};
use stead_rules::limits::SESSION_UNJUDGED_SECONDS;
use stead_rules::policy::{
    Account, Action, Actor, Decision, Door, Epoch, Holder, Permit, Question, Required, Role,
    Session, decide,
};
use stead_rules::signin::Assurance;
use stead_rules::time::{BootMs, Now};
use stead_store::accounts::requirements::Found;
use stead_store::accounts::sessions::{Session as Stored, SessionFacts};
use stead_store::library::detail;

use super::core::{Core, CoreError};
use super::policy::log;
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
    let concerns: Option<Vec<_>> = match session.map(|facts| &facts.required) {
        None => Some(Vec::new()),
        Some(Found::Rows(rows)) => Some(rows.iter().map(|concern| concern.judged(now)).collect()),
        Some(Found::Unreadable) => None,
    };
    let generation = session.map_or(0, |facts| facts.server_generation);
    let orphaned_playback = session.is_some_and(|facts| facts.orphaned_playback);
    let owner_refused = session.is_some_and(|facts| facts.owner_refused);
    let door = session.map_or(asked.door, |facts| facts.session.client.door(asked.door));
    let decision = decide(&Question {
        now,
        server,
        orphaned_playback,
        owner_refused,
        generation: Generation(generation),
        actor: &session.map_or(without, actor),
        action: asked.action,
        door,
        libraries: &[],
        required: concerns.as_deref().map_or(Required::Unreadable, Required::Rows),
    });
    match session.and_then(|facts| facts.profile) {
        Some(profile) => decision.by_profile(asked.action, profile),
        None => decision,
    }
}

/// Whose it is that goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    /// A session's.
    Session(SessionId),
    /// That of somebody who plays without a sign-in.
    Local,
}

impl Whose {
    /// Whose permission this is; none where it is a stranger's.
    pub(crate) const fn of(permit: &Permit) -> Option<Self> {
        match permit.holder() {
            Holder::User { session, .. } => Some(Self::Session(session)),
            Holder::Local => Some(Self::Local),
            Holder::Anybody | Holder::Claimant(_) => None,
        }
    }
}

/// Something that somebody was allowed and that goes on.
#[derive(Debug, Clone)]
pub(crate) struct Running {
    whose: Whose,
    asked: Asked,
    /// What is sent, if it is one item.
    item: Option<ItemId>,
    /// What was allowed when it was last asked.
    permit: Option<Arc<Permit>>,
    /// When it was last asked whether it may go on.
    looked: BootMs,
    /// When the answer was last known: yes.
    known: BootMs,
}

impl Running {
    /// It was allowed just now.
    pub(crate) const fn since(now: Now, whose: Whose, asked: Asked) -> Self {
        let (looked, known) = (now.boot, now.boot);
        Self { whose, asked, item: None, permit: None, looked, known }
    }

    /// It is about this item.
    pub(crate) fn of(self, item: ItemId) -> Self {
        Self { item: Some(item), ..self }
    }

    /// What it may do, as it was when that was last asked: since it began, its role, its profile and what
    /// is closed to it may have become others.
    pub(crate) fn permit(&self) -> Option<Arc<Permit>> {
        self.permit.clone()
    }

    /// When it was last asked whether it may go on.
    pub(crate) const fn looked(&self) -> BootMs {
        self.looked
    }

    /// Whether it would be allowed now. A store that cannot be asked has not said no, so it goes on
    /// for a while; whoever was signed out meanwhile must not go on for ever.
    pub(crate) async fn goes_on(&mut self, core: &Arc<Core>) -> bool {
        let (now, Self { whose, asked, item, .. }) = (core.now(), &*self);
        let (whose, asked, item) = (*whose, *asked, *item);
        self.looked = now.boot;
        match core.blocking(move |core| allowed(core, now, whose, asked, item)).await {
            Ok(Some(permit)) => {
                self.known = now.boot;
                self.permit = Some(Arc::new(permit));
                true
            }
            Ok(None) => false,
            Err(CoreError::NoStore | CoreError::Stopping | CoreError::NotPermitted(_)) => false,
            Err(CoreError::Store(_)) => {
                now.boot.since_ms(self.known) < SESSION_UNJUDGED_SECONDS * 1000
            }
        }
    }
}

fn allowed(
    core: &Core,
    now: Now,
    whose: Whose,
    asked: Asked,
    item: Option<ItemId>,
) -> Result<Option<Permit>, CoreError> {
    let server = standing(core, now);
    let decision = match whose {
        Whose::Local => judge(&server, now, None, Actor::Local, asked),
        Whose::Session(session) => match sessions::by_id(core, session)? {
            Some(facts) => {
                let decision = judge(&server, now, Some(&facts), Actor::Stranger, asked);
                // That it may go on was noted when it began.
                if !decision.lets_in() {
                    let door = facts.session.client.door(asked.door);
                    log::decided(core, now, facts.user.id, door, &decision);
                }
                decision
            }
            None => return Ok(None),
        },
    };
    let Some(permit) = decision.permit() else { return Ok(None) };
    let Some(item) = item else { return Ok(Some(permit)) };
    let Some(user) = permit.viewer() else { return Ok(None) };
    let library = core.store()?.library.read(|tx| detail::library_of(tx, user, item))?;
    // Asked once more where it is closed, to have it noted.
    let opens = library.is_some_and(|library| {
        permit.opens(library).is_ok() || log::opens(core, &permit, library).is_ok()
    });
    Ok(opens.then_some(permit))
}

fn actor(facts: &SessionFacts) -> Actor {
    Actor::Session(session(facts))
}

/// A session as the rules judge it.
pub(crate) fn session(facts: &SessionFacts) -> Session {
    let account = Account { enabled: facts.user.enabled, epoch: Epoch(facts.epoch_now) };
    session_of(&facts.session, facts.user.role, facts.within_reach, account)
}

/// The same of what is known of a session and of its user.
pub(crate) fn session_of(
    stored: &Stored,
    role: Role,
    reach: Assurance,
    account: Account,
) -> Session {
    Session {
        id: stored.id,
        user: stored.user,
        role,
        client: stored.client,
        methods: stored.methods,
        reach,
        auth: stored.auth,
        last_seen: stored.last_seen,
        rested: stored.rested,
        generation: Generation(stored.generation),
        epoch: Epoch(stored.epoch),
        account,
    }
}
