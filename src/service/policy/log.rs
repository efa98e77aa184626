//! The log of what was decided: alike decisions are counted, first in memory, then in a row for each
//! hour, and when the hour is over they are one entry of the log. Whoever asks a million times writes
//! one row and one entry.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use stead_rules::ids::{LibraryId, UserId};
use stead_rules::limits::{BLOCKED_DAYS, DECISION_ROWS_MAX, DECISIONS_HELD_MAX};
use stead_rules::policy::{Closed, Decision, Door, Logged, LoggedKind, Permit};
use stead_rules::time::{Now, WallMs};
use stead_store::accounts::audit;
use stead_store::accounts::decisions::{self as rows, Alike, Counted};
use stead_store::{Accounts, StoreError, WriteTx};

use crate::service::core::{Core, CoreError};

const HOUR_MS: i64 = 3600 * 1000;

/// What was decided and is not written yet.
#[derive(Debug, Default)]
pub struct Decisions {
    held: Mutex<HashMap<Alike, Counted>>,
    /// The hour up to which what was counted is in the log.
    told: AtomicI64,
}

impl Decisions {
    fn held(&self) -> MutexGuard<'_, HashMap<Alike, Counted>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether somebody was refused: the board shows that soon. Who is let in for the time being is
    /// counted with the next minute, since a card is not worn by browsing.
    #[must_use]
    pub fn are_pressing(&self) -> bool {
        let passes = [LoggedKind::Notice.word(), LoggedKind::Exempt.word()];
        self.held().keys().any(|alike| !passes.contains(&alike.kind.as_str()))
    }

    fn count(&self, alike: Alike, counted: Counted) {
        let mut held = self.held();
        if held.len() >= DECISIONS_HELD_MAX && !held.contains_key(&alike) {
            return;
        }
        held.entry(alike)
            .and_modify(|known| {
                known.times = known.times.saturating_add(counted.times);
                known.last = counted.last;
            })
            .or_insert(counted);
    }
}

const fn hour(at: WallMs) -> i64 {
    at.0.div_euclid(HOUR_MS)
}

/// Notes a decision about somebody, where what is required had a say in it. Writes nothing.
pub(crate) fn decided(core: &Core, now: Now, user: UserId, door: Door, decision: &Decision) {
    if let Some(logged) = Logged::of(decision) {
        count(core, now, user, door, logged);
    }
}

/// Whether a permission is good for a library, which is noted where its requirement had a say in it.
/// Writes nothing.
///
/// # Errors
/// [`Closed`].
pub(crate) fn opens(core: &Core, permit: &Permit, library: LibraryId) -> Result<(), Closed> {
    let opens = permit.opens(library);
    let logged = match &opens {
        Ok(()) => permit.eased(library).map(|eased| Logged::of_eased(&eased)),
        Err(closed) => Some(Logged::of_closed(closed)),
    };
    if let (Some(user), Some(logged)) = (permit.user(), logged) {
        count(core, core.now(), user, permit.door(), logged);
    }
    opens
}

fn count(core: &Core, now: Now, user: UserId, door: Door, logged: Logged) {
    let alike = Alike {
        user,
        kind: logged.kind.word().to_owned(),
        door: door.word().to_owned(),
        reason: logged.reason.to_owned(),
        requirement: logged.requirement.unwrap_or_default(),
        hour: hour(now.wall),
    };
    core.decisions.count(alike, Counted { times: 1, first: now.wall, last: now.wall });
}

/// Writes what was counted, and what hours that are over come to. Blocks.
///
/// # Errors
/// [`CoreError`]; what was counted is kept in memory then.
pub fn flush(core: &Core, now: Now) -> Result<(), CoreError> {
    let held = std::mem::take(&mut *core.decisions.held());
    let written = write(core, now, &held);
    if written.is_err() {
        for (alike, counted) in held {
            core.decisions.count(alike, counted);
        }
    }
    written
}

fn write(core: &Core, now: Now, held: &HashMap<Alike, Counted>) -> Result<(), CoreError> {
    let accounts = &core.store()?.accounts;
    let this_hour = hour(now.wall);
    let is_told = core.decisions.told.load(Ordering::Relaxed) == this_hour;
    if held.is_empty() && (is_told || !accounts.read(|tx| rows::any_unlogged(tx, this_hour))?) {
        core.decisions.told.store(this_hour, Ordering::Relaxed);
        return Ok(());
    }
    accounts.note(|tx| {
        for (alike, counted) in held {
            rows::add(tx, alike, *counted)?;
        }
        Ok::<_, CoreError>(tell_hours(tx, now, this_hour)?)
    })?;
    core.decisions.told.store(this_hour, Ordering::Relaxed);
    Ok(())
}

fn tell_hours(tx: &WriteTx<'_, Accounts>, now: Now, this_hour: i64) -> Result<(), StoreError> {
    tell(tx, now, rows::take_unlogged(tx, this_hour)?)
}

/// Writes into the log what was counted of somebody who is about to be removed: it would go with them.
pub(crate) fn tell_of(
    tx: &WriteTx<'_, Accounts>,
    now: Now,
    user: UserId,
) -> Result<(), StoreError> {
    tell(tx, now, rows::take_unlogged_of(tx, user)?)
}

fn tell(
    tx: &WriteTx<'_, Accounts>,
    now: Now,
    counted: Vec<(Alike, Counted)>,
) -> Result<(), StoreError> {
    for (alike, counted) in counted {
        let detail = serde_json::json!({
            "user": alike.user.to_string(), "door": alike.door, "reason": alike.reason,
            "requirement": (alike.requirement > 0).then_some(alike.requirement),
            "times": counted.times, "first_ms": counted.first.0, "last_ms": counted.last.0,
        });
        audit::append(tx, now, &format!("decision.{}", alike.kind), &detail.to_string())?;
    }
    Ok(())
}

/// Forgets what the board does not show any more, and makes room in the log. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn tidy(core: &Core, now: Now) -> Result<(), CoreError> {
    let oldest = first_hour_shown(now);
    core.store()?.accounts.note(|tx| {
        rows::forget(tx, oldest, DECISION_ROWS_MAX)?;
        stead_store::accounts::audit_chain::make_room(tx, now)?;
        Ok(())
    })
}

/// The first hour whose blocked attempts the board counts.
pub(super) const fn first_hour_shown(now: Now) -> i64 {
    hour(now.wall).saturating_sub(BLOCKED_DAYS as i64 * 24)
}
