//! One event at a time: what it changes, what must be done, or why it is refused.
//!
//! Time is an event like any other, but nobody must remember it: every event is decided as if the
//! clock had ticked just before, so a browser that comes after the deadline is a stranger.

use super::effect::{ClaimLog, Effect, Ended};
use super::event::{Event, Link, OwnerLoss, Peer, RecoveryWay, Reject};
use super::state::{Before, Generation, LockReason, Pending, ProofKind, State, WizardStep};
use crate::ids::TicketId;
use crate::limits::{CLAIM_PENDING_SECONDS, PLUG_CLAIMED_WAIT_SECONDS};
use crate::time::{BootMs, Now};

/// What an accepted event leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The state to go on with.
    pub next: State,
    /// What to do after the commit, in this order.
    pub effects: Vec<Effect>,
}

/// What any event leads to, refused ones included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The state to go on with; a refused event may still have met a claim that was over.
    pub next: State,
    /// What to do, in this order.
    pub effects: Vec<Effect>,
    /// The answer for whoever caused the event.
    pub answer: Result<(), Reject>,
}

/// Decides an event: the form most callers want, since time passes and refusals are logged.
#[must_use]
pub fn apply(state: &State, event: &Event, now: Now) -> Applied {
    let Step { next, mut effects } = settle(state, now);
    match decide(&next, event, now) {
        Ok(step) => {
            effects.extend(step.effects);
            Applied { next: step.next, effects, answer: Ok(()) }
        }
        Err(reject) => {
            effects.extend(refusal_log(event, &reject).map(Effect::Log));
            Applied { next, effects, answer: Err(reject) }
        }
    }
}

/// Decides an event. After a refusal the state is that of [`settle`].
pub fn step(state: &State, event: &Event, now: Now) -> Result<Step, Reject> {
    let Step { next, mut effects } = settle(state, now);
    let decided = decide(&next, event, now)?;
    effects.extend(decided.effects);
    Ok(Step { next: decided.next, effects })
}

/// Whether a peer may show a proof at all. To be asked before a proof is looked at: who may not
/// must not learn whether it was right, nor count as having missed.
pub fn may_show_proof(state: &State, peer: Peer, now: Now) -> Result<(), Reject> {
    offer_to(&settle(state, now).next, peer).map(drop)
}

/// Ends a pending claim whose time is over; anything else stays as it is.
#[must_use]
pub fn settle(state: &State, now: Now) -> Step {
    match state {
        State::Pending(pending) if pending.is_over(now) => ended(pending, Ended::TimedOut),
        State::Factory
        | State::Legacy
        | State::Offered
        | State::Pending(_)
        | State::Claimed
        | State::Orphaned
        | State::Recovery
        | State::Locked(_) => stay(*state),
    }
}

fn decide(state: &State, event: &Event, now: Now) -> Result<Step, Reject> {
    match *event {
        Event::OfferMade => offer_made(state, now),
        Event::AddressesChanged => addresses_changed(state),
        Event::RotateAsked => rotate_asked(state),
        Event::SecretAged => secret_aged(state, now),
        Event::ProofAccepted { kind, browser, take_over, peer } => {
            let claimant = Claimant { kind, browser, take_over, peer };
            proof_accepted(state, &claimant, now)
        }
        Event::ProofRejected { peer, .. } => Err(proof_rejected(state, peer)),
        Event::StepBegun { browser } => Ok(stay_longer(held(state, browser)?, now)),
        Event::StepDone { browser, step } => step_done(held(state, browser)?, step, now),
        Event::OwnerWritten { browser, generation } => {
            owner_written(held(state, browser)?, generation)
        }
        Event::BackupRestored { browser, generation } => {
            backup_restored(held(state, browser)?, generation)
        }
        Event::Denied { browser } => Ok(ended(held(state, browser)?, Ended::Denied)),
        Event::OwnerSteppedUp { generation } => owner_stepped_up(state, generation),
        Event::OwnerCameBack { generation } => owner_came_back(state, generation, now),
        Event::OwnerLost { why } => owner_lost(state, why),
        Event::RecoveryOpened { by, generation } => recovery_opened(state, by, generation),
        Event::Tick => Ok(stay(*state)),
    }
}

struct Claimant {
    kind: ProofKind,
    browser: TicketId,
    take_over: bool,
    peer: Peer,
}

fn offer_made(state: &State, now: Now) -> Result<Step, Reject> {
    match state {
        State::Factory => Ok(go(State::Offered, vec![Effect::Log(ClaimLog::Offered)])),
        State::Offered | State::Legacy | State::Recovery => Ok(stay(*state)),
        State::Pending(pending) => Err(in_progress(pending, now)),
        State::Claimed | State::Orphaned => Err(Reject::AlreadyClaimed),
        State::Locked(reason) => Err(Reject::Locked(*reason)),
    }
}

fn addresses_changed(state: &State) -> Result<Step, Reject> {
    match state {
        State::Offered | State::Legacy | State::Recovery | State::Pending(_) => {
            Ok(go(*state, vec![Effect::WriteSetupPage]))
        }
        State::Factory => Err(Reject::NotOffered),
        State::Claimed | State::Orphaned => Err(Reject::AlreadyClaimed),
        State::Locked(reason) => Err(Reject::Locked(*reason)),
    }
}

/// A person asks, perhaps because the secret leaked: a claim made with it ends as well.
fn rotate_asked(state: &State) -> Result<Step, Reject> {
    match state {
        State::Pending(pending) => {
            let Step { next, mut effects } = ended(pending, Ended::Denied);
            effects.extend(rotation());
            Ok(go(next, effects))
        }
        State::Offered | State::Legacy | State::Recovery => Ok(go(*state, rotation())),
        State::Factory => Err(Reject::NotOffered),
        State::Claimed | State::Orphaned => Err(Reject::AlreadyClaimed),
        State::Locked(reason) => Err(Reject::Locked(*reason)),
    }
}

/// Age alone never interrupts a claim.
fn secret_aged(state: &State, now: Now) -> Result<Step, Reject> {
    match state {
        State::Pending(pending) => Err(in_progress(pending, now)),
        State::Factory
        | State::Legacy
        | State::Offered
        | State::Claimed
        | State::Orphaned
        | State::Recovery
        | State::Locked(_) => rotate_asked(state),
    }
}

fn rotation() -> Vec<Effect> {
    vec![Effect::RotateSecret, Effect::WriteSetupPage, Effect::Log(ClaimLog::SecretRotated)]
}

fn proof_accepted(state: &State, claimant: &Claimant, now: Now) -> Result<Step, Reject> {
    let offer = offer_to(state, claimant.peer)?;
    match offer {
        Offer::Open(resumes) => Ok(begun(resumes, claimant, now)),
        Offer::Taken(pending) if pending.holder == claimant.browser => {
            Ok(stay_longer(&pending, now))
        }
        Offer::Taken(pending) if claimant.take_over && pending.can_be_taken_over() => {
            Ok(taken_over(&pending, claimant, now))
        }
        Offer::Taken(pending) => Err(in_progress(&pending, now)),
    }
}

fn proof_rejected(state: &State, peer: Peer) -> Reject {
    match offer_to(state, peer) {
        Ok(Offer::Open(_) | Offer::Taken(_)) => Reject::ProofWrong,
        Err(reject) => reject,
    }
}

enum Offer {
    Open(Before),
    Taken(Pending),
}

/// Whether a peer may show proofs at all, which it learns before anything else.
fn offer_to(state: &State, peer: Peer) -> Result<Offer, Reject> {
    let offer = match state {
        State::Offered => Offer::Open(Before::Offered),
        State::Legacy => Offer::Open(Before::Legacy),
        State::Recovery => Offer::Open(Before::Recovery),
        State::Pending(pending) => Offer::Taken(*pending),
        State::Factory => return Err(Reject::NotOffered),
        State::Claimed | State::Orphaned => return Err(Reject::AlreadyClaimed),
        State::Locked(reason) => return Err(Reject::Locked(*reason)),
    };
    match peer.link {
        Link::OnLink => Ok(offer),
        Link::OffLink => Err(Reject::OffLink),
    }
}

fn begun(resumes: Before, claimant: &Claimant, now: Now) -> Step {
    let log = ClaimLog::Begun { proof: claimant.kind, from: claimant.peer.address };
    let pending = fresh_pending(resumes, claimant, None, now);
    go(State::Pending(pending), vec![Effect::Log(log)])
}

/// The second browser begins at the first step: it must not inherit a password or a factor that
/// somebody else chose.
fn taken_over(pending: &Pending, claimant: &Claimant, now: Now) -> Step {
    let by = claimant.peer.address;
    let next = fresh_pending(pending.resumes, claimant, Some(pending.holder), now);
    go(
        State::Pending(next),
        vec![
            Effect::EndPending(Ended::TakenOver),
            Effect::TellDisplaced { browser: pending.holder, by },
            Effect::Log(ClaimLog::TakenOver { from: pending.from, by }),
        ],
    )
}

fn fresh_pending(
    resumes: Before,
    claimant: &Claimant,
    displaced: Option<TicketId>,
    now: Now,
) -> Pending {
    Pending {
        holder: claimant.browser,
        proof: claimant.kind,
        from: claimant.peer.address,
        since: now.boot,
        deadline: deadline(now),
        wizard: WizardStep::Owner,
        displaced,
        resumes,
    }
}

/// A step that was done may be done again, because its answer may have been lost on the way to
/// the browser; what it made replaces what there was, and the later steps are to be redone.
fn step_done(pending: &Pending, done: WizardStep, now: Now) -> Result<Step, Reject> {
    match done.next() {
        Some(next) if done <= pending.wizard => {
            let pending = Pending { wizard: next, deadline: deadline(now), ..*pending };
            Ok(go(State::Pending(pending), vec![Effect::Log(ClaimLog::StepDone(done))]))
        }
        Some(_) | None => Err(Reject::WrongStep { at: pending.wizard }),
    }
}

/// The database already holds the claim; the marker follows, then everything that offered it goes.
/// A kill in between is mended by [`super::start_state`].
fn owner_written(pending: &Pending, generation: Generation) -> Result<Step, Reject> {
    match pending.wizard {
        WizardStep::Finish => Ok(go(State::Claimed, after_claim(pending, generation))),
        WizardStep::Owner | WizardStep::Totp | WizardStep::Codes => {
            Err(Reject::WrongStep { at: pending.wizard })
        }
    }
}

/// Its owner comes next, and nobody else: whoever has the box in hand may put the accounts back, and
/// does not become their owner by it.
fn backup_restored(pending: &Pending, generation: Generation) -> Result<Step, Reject> {
    if !pending.can_be_taken_over() {
        return Err(Reject::WrongStep { at: pending.wizard });
    }
    let mut effects = vec![Effect::RaiseMarker(generation), Effect::EndPending(Ended::Restored)];
    effects.extend(forget_own_code(pending));
    effects.push(Effect::Log(ClaimLog::BackupRestored(generation)));
    Ok(go(State::Locked(LockReason::Restored), effects))
}

fn after_claim(pending: &Pending, generation: Generation) -> Vec<Effect> {
    let mut effects =
        vec![Effect::RaiseMarker(generation), Effect::ForgetSecret, Effect::RemoveSetupPage];
    effects.extend(forget_own_code(pending));
    effects.push(Effect::AnnounceClaimed);
    effects.push(Effect::Log(ClaimLog::Claimed(generation)));
    effects
}

/// It may be the former owner's. Whoever has just shown it knows it.
fn forget_own_code(pending: &Pending) -> Option<Effect> {
    match (pending.resumes, pending.proof) {
        (Before::Recovery, ProofKind::Link | ProofKind::Code | ProofKind::Plug) => {
            Some(Effect::ForgetOwnCode)
        }
        (Before::Recovery, ProofKind::Own) | (Before::Legacy | Before::Offered, _) => None,
    }
}

fn owner_stepped_up(state: &State, generation: Generation) -> Result<Step, Reject> {
    match state {
        State::Locked(reason) if reason.owner_may_sign_in() => Ok(unlocked(generation)),
        State::Locked(reason) => Err(Reject::Locked(*reason)),
        State::Orphaned => Ok(unlocked(generation)),
        State::Factory
        | State::Legacy
        | State::Offered
        | State::Pending(_)
        | State::Claimed
        | State::Recovery => Err(Reject::NothingToUnlock),
    }
}

/// A recovery that the owner ends needs no other one. Elsewhere they come back to what there is, and
/// open it by signing in, where it is to be opened. A claim under way is somebody who was faster.
fn owner_came_back(state: &State, generation: Generation, now: Now) -> Result<Step, Reject> {
    match state {
        State::Recovery => {
            let Step { next, mut effects } = unlocked(generation);
            effects.extend([Effect::ForgetSecret, Effect::RemoveSetupPage]);
            Ok(go(next, effects))
        }
        State::Claimed | State::Orphaned => Ok(stay(*state)),
        State::Locked(reason) if reason.owner_may_sign_in() => Ok(stay(*state)),
        State::Locked(reason) => Err(Reject::Locked(*reason)),
        State::Pending(pending) => Err(in_progress(pending, now)),
        State::Factory | State::Legacy | State::Offered => Err(Reject::NotNow),
    }
}

fn unlocked(generation: Generation) -> Step {
    let log = Effect::Log(ClaimLog::Unlocked(generation));
    let effects = vec![
        Effect::RaiseMarker(generation),
        Effect::RecheckSessions,
        Effect::AnnounceClaimed,
        log,
    ];
    go(State::Claimed, effects)
}

/// The owner is gone: what flows for administration ends, and known users go on.
fn owner_lost(state: &State, why: OwnerLoss) -> Result<Step, Reject> {
    match state {
        State::Claimed => Ok(go(
            State::Orphaned,
            vec![Effect::RecheckSessions, Effect::Log(ClaimLog::Orphaned(why))],
        )),
        State::Orphaned => Ok(stay(*state)),
        State::Locked(reason) => Err(Reject::Locked(*reason)),
        State::Factory | State::Legacy | State::Offered | State::Pending(_) | State::Recovery => {
            Err(Reject::NotNow)
        }
    }
}

/// On a working server the plug alone is not enough: it waits for a day in which the owner can
/// come. A claim under way is somebody who was faster.
fn recovery_opened(state: &State, by: RecoveryWay, generation: Generation) -> Result<Step, Reject> {
    match (state, by) {
        (State::Claimed, RecoveryWay::Plug { waited_seconds })
            if waited_seconds < PLUG_CLAIMED_WAIT_SECONDS =>
        {
            Err(Reject::NotNow)
        }
        (State::Locked(reason), _) if !reason.may_be_recovered() => Err(Reject::Locked(*reason)),
        (State::Claimed | State::Locked(_) | State::Orphaned, _) => {
            Ok(go(State::Recovery, opened(by, generation)))
        }
        // A new secret is what they came for.
        (State::Recovery, _) => Ok(go(State::Recovery, rotation())),
        (State::Factory | State::Legacy | State::Offered | State::Pending(_), _) => {
            Err(Reject::NotNow)
        }
    }
}

/// The marker is whole again before anything else: where it could not be read, the next start
/// would lock again.
fn opened(by: RecoveryWay, generation: Generation) -> Vec<Effect> {
    let mut effects =
        vec![Effect::RaiseMarker(generation), Effect::RecheckSessions, Effect::RotateSecret];
    match by {
        RecoveryWay::OwnCode => {}
        // It is the former owner's, and would prove the box to be theirs from anywhere near.
        RecoveryWay::Root | RecoveryWay::Button | RecoveryWay::Plug { .. } => {
            effects.push(Effect::ForgetOwnCode);
        }
    }
    effects.extend([Effect::WriteSetupPage, Effect::Log(ClaimLog::RecoveryOpened(by))]);
    effects
}

/// The pending claim, if this browser holds it.
fn held(state: &State, browser: TicketId) -> Result<&Pending, Reject> {
    match state {
        State::Pending(pending) if pending.holder == browser => Ok(pending),
        State::Pending(pending) => {
            Err(Reject::NotYours { taken_over: pending.displaced == Some(browser) })
        }
        State::Factory | State::Legacy | State::Offered | State::Recovery => {
            Err(Reject::NotYours { taken_over: false })
        }
        State::Claimed | State::Orphaned => Err(Reject::AlreadyClaimed),
        State::Locked(reason) => Err(Reject::Locked(*reason)),
    }
}

/// Refused proofs are worth a line; other refusals tell nothing that was not known.
fn refusal_log(event: &Event, reject: &Reject) -> Option<ClaimLog> {
    let (proof, Peer { address: from, .. }) = event.proof()?;
    match *reject {
        Reject::ProofWrong => Some(ClaimLog::ProofWrong { proof, from }),
        Reject::OffLink => Some(ClaimLog::OffLinkRefused { from }),
        Reject::InProgress { from: holder, .. } => Some(ClaimLog::RaceLost { from, holder }),
        Reject::NotOffered
        | Reject::NotYours { .. }
        | Reject::WrongStep { .. }
        | Reject::AlreadyClaimed
        | Reject::Locked(_)
        | Reject::NothingToUnlock
        | Reject::NotNow => None,
    }
}

fn in_progress(pending: &Pending, now: Now) -> Reject {
    Reject::InProgress {
        can_take_over: pending.can_be_taken_over(),
        from: pending.from,
        begun_seconds_ago: now.boot.since_ms(pending.since) / 1000,
    }
}

fn ended(pending: &Pending, why: Ended) -> Step {
    go(pending.resumes.state(), vec![Effect::EndPending(why), Effect::Log(ClaimLog::Ended(why))])
}

fn stay_longer(pending: &Pending, now: Now) -> Step {
    stay(State::Pending(Pending { deadline: deadline(now), ..*pending }))
}

fn deadline(now: Now) -> BootMs {
    now.boot.plus_ms(CLAIM_PENDING_SECONDS * 1000)
}

fn stay(state: State) -> Step {
    go(state, Vec::new())
}

fn go(next: State, effects: Vec<Effect>) -> Step {
    Step { next, effects }
}
