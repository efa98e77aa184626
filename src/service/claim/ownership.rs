//! The owner who goes, and the owner who comes back: signing a server out, and opening one that is
//! locked or orphaned.

use std::sync::MutexGuard;

use stead_rules::claim::{
    Applied, Event, Generation, Kept, LockReason, OwnerLoss, State, Step, adopted, next_generation,
    step,
};
use stead_rules::ids::{EraId, IssuerId};
use stead_rules::policy::{Action, Guard, Permit, Role};
use stead_rules::signin::NoticeKind;
use stead_rules::time::Now;
use stead_store::accounts::era::set_eras;
use stead_store::accounts::sessions::SessionFacts;
use stead_store::accounts::{audit, claim as rows, identity};
use stead_store::{Accounts, WriteTx};

use super::desk::ClaimDesk;
use super::effects::run;
use super::finish::stored_generation;
use super::{ClaimError, Outcome, plug};
use crate::service::core::{Core, permitted};
use crate::service::notices;
use crate::service::sessions::{self, Token};

/// Signs the server out: it has no owner any more until the same one comes back, or a new one is
/// made with the box in hand. `typed` is the server's name, so that it does not happen by a slip.
/// Blocks.
///
/// # Errors
/// [`ClaimError`].
pub fn give_up(core: &Core, permit: &Permit, now: Now, typed: &str) -> Outcome {
    permitted(permit, Action::Guard(Guard::Wipe))?;
    check_name(core, typed)?;
    lose_owner(core, &mut core.desk(), now, OwnerLoss::SignedOut)
}

/// What the owner calls the server, as they typed it to show that they mean it.
pub(crate) fn check_name(core: &Core, typed: &str) -> Result<(), ClaimError> {
    let server = core.store()?.accounts.read(rows::server)?;
    let is_it = server.is_some_and(|server| server.name.trim() == typed.trim());
    if is_it { Ok(()) } else { Err(ClaimError::NotItsName) }
}

/// The issuer of this identity has refused it in so many words, at a sign-in that its person made.
/// If it was the owner's the server has none now. Not for what may pass: an issuer that does not
/// answer, fails, or has forgotten a token. Blocks.
///
/// # Errors
/// [`ClaimError`].
pub fn owner_refused(core: &Core, now: Now, issuer: IssuerId, sub: &str) -> Outcome {
    let user = core.store()?.accounts.read(|tx| identity::user_by_identity(tx, issuer, sub))?;
    if user.is_some_and(|user| user.role == Role::Owner) {
        lose_owner(core, &mut core.desk(), now, OwnerLoss::IssuerRefused)?;
    }
    Ok(())
}

fn lose_owner(core: &Core, desk: &mut ClaimDesk, now: Now, why: OwnerLoss) -> Outcome {
    let event = Event::OwnerLost { why };
    let applied = core.store()?.accounts.write(|tx| {
        let decided = step(&desk.state, &event, now)?;
        rows::keep(tx, Kept::Orphaned)?;
        match why {
            OwnerLoss::SignedOut => {}
            OwnerLoss::IssuerRefused => rows::keep_refusal(tx)?,
        }
        rows::end_sessions_of_owner(tx)?;
        Ok::<_, ClaimError>(Applied {
            next: decided.next,
            effects: decided.effects,
            answer: Ok(()),
        })
    })?;
    run(core, desk, applied, now)
}

/// Opens a server that is locked or orphaned, for its owner who has just shown a second factor. The
/// token goes on with the session that asks. Blocks.
///
/// # Errors
/// [`ClaimError`]; nothing is changed then.
pub fn unlock(
    core: &Core,
    permit: &Permit,
    now: Now,
    facts: &SessionFacts,
) -> Result<Token, ClaimError> {
    permitted(permit, Action::Unlock)?;
    let mut desk = core.desk();
    let generation = generation_after(core, &desk)?;
    let event = Event::OwnerSteppedUp { generation };
    let (token, applied) = core.store()?.accounts.write(|tx| {
        let decided = step(&desk.state, &event, now)?;
        if matches!(desk.state, State::Locked(_)) {
            void_what_is_old(tx, generation, desk.era)?;
        }
        rows::keep(tx, Kept::Owned)?;
        let detail = serde_json::json!({ "user": facts.user.id.to_string() });
        audit::append(tx, now, "claim.opened_by_owner", &detail.to_string())?;
        if desk.state == State::Locked(LockReason::Restored) {
            notices::tell(tx, core, now, facts.user.id, None, NoticeKind::Restored, "")?;
        }
        let token = sessions::go_on_as(tx, core, now, facts)?;
        let applied = Applied { next: decided.next, effects: decided.effects, answer: Ok(()) };
        Ok::<_, ClaimError>((token, applied))
    })?;
    run(core, &mut desk, applied, now)?;
    Ok(token)
}

/// The owner who comes back with a recovery code and the box in hand. It holds the claim: nobody makes
/// a new owner meanwhile.
pub(crate) struct OwnerBack<'a> {
    desk: MutexGuard<'a, ClaimDesk>,
    generation: Generation,
}

/// Takes the claim, for an owner who comes back. Blocks.
///
/// # Errors
/// [`ClaimError`].
pub(crate) fn come_back(core: &Core) -> Result<OwnerBack<'_>, ClaimError> {
    let desk = core.desk();
    let generation = next_generation(desk.marker, stored_generation(core)?);
    Ok(OwnerBack { desk, generation })
}

/// Whether an owner may come back now. Blocks.
///
/// # Errors
/// [`ClaimError::Refused`] if not.
pub(crate) fn may_come_back(core: &Core, now: Now) -> Outcome {
    let back = come_back(core)?;
    back.decided(now).map(drop)
}

impl OwnerBack<'_> {
    fn decided(&self, now: Now) -> Result<Step, ClaimError> {
        let event = Event::OwnerCameBack { generation: self.generation };
        Ok(step(&self.desk.state, &event, now)?)
    }

    /// Ends a recovery, in the transaction that lets the owner in again: what was opened before it
    /// is void.
    pub(crate) fn write(
        &self,
        tx: &WriteTx<'_, Accounts>,
        now: Now,
    ) -> Result<Applied, ClaimError> {
        let Step { next, effects } = self.decided(now)?;
        if self.desk.state != State::Claimed && next == State::Claimed {
            rows::set_generation(tx, self.generation.0)?;
            rows::keep(tx, Kept::Owned)?;
            // Or the pattern that opened the recovery would after a power cut wait for them.
            rows::set_owner_came(tx, true)?;
            audit::append(tx, now, "recovery.ended_by_owner", "{}")?;
        }
        Ok(Applied { next, effects, answer: Ok(()) })
    }

    /// After the commit.
    pub(crate) fn run(mut self, core: &Core, applied: Applied, now: Now) -> Outcome {
        let ends_recovery = self.desk.state != applied.next;
        run(core, &mut self.desk, applied, now)?;
        if ends_recovery {
            plug::forget(core, &mut self.desk, now);
        }
        Ok(())
    }
}

/// Nothing was restored on a server that only lost its owner: its members go on as they are.
fn generation_after(core: &Core, desk: &ClaimDesk) -> Result<Generation, ClaimError> {
    let next = next_generation(desk.marker, stored_generation(core)?);
    Ok(match desk.state {
        State::Orphaned => Generation(next.0.saturating_sub(1)),
        State::Factory
        | State::Legacy
        | State::Offered
        | State::Pending(_)
        | State::Claimed
        | State::Recovery
        | State::Locked(_) => next,
    })
}

/// The accounts may be older than what was done since: sessions that were ended, and recovery codes,
/// invitations and ways back that were used, must not come back with them. From now on they are the latest: they know the
/// marker's era.
pub(super) fn void_what_is_old(
    tx: &WriteTx<'_, Accounts>,
    generation: Generation,
    era: Option<EraId>,
) -> Result<(), ClaimError> {
    rows::set_generation(tx, generation.0)?;
    set_eras(tx, adopted(era))?;
    rows::bump_epoch(tx)?;
    rows::void_what_works_once(tx)?;
    Ok(rows::void_recovery_codes(tx)?)
}
