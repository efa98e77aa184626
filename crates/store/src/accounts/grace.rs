//! What is used up of people's grace.

use rusqlite::{OptionalExtension, Row};
use stead_rules::ids::UserId;
use stead_rules::policy::{Allowance, Reminder, RequirementId};
use stead_rules::time::Now;

use super::sessions::{RunId, next_moment};
use crate::columns::Cells;
use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// The columns in which a moment of a clock is kept.
pub(super) const SEEN: [&str; 3] = ["seen_ms", "seen_boot_ms", "seen_run"];

/// Somebody's grace from one requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Granted {
    /// Whose.
    pub user: UserId,
    /// From what.
    pub requirement: RequirementId,
    /// What was granted, and is used up.
    pub allowance: Allowance,
    /// What the owner granted them of their own.
    pub given_seconds: Option<u64>,
    /// The last reminder that was sent.
    pub told: Option<Reminder>,
}

/// Grants somebody grace, unless they had some of this requirement before.
///
/// # Errors
/// [`StoreError`].
pub fn grant(
    tx: &WriteTx<'_, Accounts>,
    run: &RunId,
    user: UserId,
    requirement: RequirementId,
    seconds: u64,
    now: Now,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO grace (user_id, requirement_id, granted_seconds, used_ms, seen_ms,
                                  seen_boot_ms, seen_run, believed)
               VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6, ?7)
               ON CONFLICT (user_id, requirement_id) DO NOTHING";
    let Allowance { seen, believed, .. } = Allowance::granted(seconds, now);
    let values = (user.as_bytes(), requirement.0, seconds, seen.wall.0, now.boot.0, run, believed);
    tx.transaction.execute(sql, values)?;
    Ok(())
}

/// Gives one person a time of their own; what was used up stays used up.
///
/// # Errors
/// [`StoreError`].
pub fn give(
    tx: &WriteTx<'_, Accounts>,
    run: &RunId,
    user: UserId,
    requirement: RequirementId,
    seconds: u64,
    now: Now,
) -> Result<(), StoreError> {
    grant(tx, run, user, requirement, seconds, now)?;
    let sql = "UPDATE grace SET given_seconds = ?3 WHERE user_id = ?1 AND requirement_id = ?2";
    tx.transaction.execute(sql, (user.as_bytes(), requirement.0, seconds))?;
    regrant(tx, user, requirement, seconds)
}

/// Gives everybody who had grace from a requirement another time, but who was given more of their own.
///
/// # Errors
/// [`StoreError`].
pub fn regrant_all(
    tx: &WriteTx<'_, Accounts>,
    run: &RunId,
    requirement: RequirementId,
    seconds: u64,
) -> Result<(), StoreError> {
    for granted in of_requirement(tx, run, requirement)? {
        let after = granted.allowance.regranted_beside(seconds, granted.given_seconds);
        regrant(tx, granted.user, requirement, after.granted_seconds)?;
    }
    Ok(())
}

/// Who has more time than before is reminded of it anew.
fn regrant(
    tx: &WriteTx<'_, Accounts>,
    user: UserId,
    requirement: RequirementId,
    seconds: u64,
) -> Result<(), StoreError> {
    let sql = "UPDATE grace SET
                 told = CASE WHEN ?3 > granted_seconds THEN NULL ELSE told END,
                 granted_seconds = ?3
                WHERE user_id = ?1 AND requirement_id = ?2";
    let values = (user.as_bytes(), requirement.0, seconds);
    tx.transaction.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// Grace that means nothing: it is nobody's time, and whoever it is of is refused until it is given anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable {
    /// Whose.
    pub user: UserId,
    /// From what.
    pub requirement: RequirementId,
}

/// Somebody's grace from one requirement.
///
/// # Errors
/// [`StoreError`].
pub fn of(
    tx: &ReadTx<'_, Accounts>,
    run: &RunId,
    user: UserId,
    requirement: RequirementId,
) -> Result<Option<Result<Granted, Unreadable>>, StoreError> {
    let sql = format!("SELECT {GRANTED} FROM grace g WHERE user_id = ?1 AND requirement_id = ?2");
    let found = tx
        .transaction
        .query_row(&sql, (user.as_bytes(), requirement.0), |row| Ok(granted_row(row, run)));
    Ok(found.optional()?.flatten())
}

/// Forgets somebody's grace from one requirement, whatever it says.
///
/// # Errors
/// [`StoreError`].
pub fn forget(
    tx: &WriteTx<'_, Accounts>,
    user: UserId,
    requirement: RequirementId,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM grace WHERE user_id = ?1 AND requirement_id = ?2";
    tx.transaction.execute(sql, (user.as_bytes(), requirement.0))?;
    Ok(())
}

/// Everybody's grace, also from requirements that are switched off.
///
/// # Errors
/// [`StoreError`].
pub fn every(
    tx: &ReadTx<'_, Accounts>,
    run: &RunId,
) -> Result<Vec<Result<Granted, Unreadable>>, StoreError> {
    let mut statement = tx.transaction.prepare_cached(&format!("SELECT {GRANTED} FROM grace g"))?;
    let rows = statement.query_map([], |row| Ok(granted_row(row, run)))?;
    Ok(rows.filter_map(Result::transpose).collect::<Result<_, _>>()?)
}

/// Everybody's grace from requirements that are switched on, as far as it can be read.
///
/// # Errors
/// [`StoreError`].
pub fn running(tx: &ReadTx<'_, Accounts>, run: &RunId) -> Result<Vec<Granted>, StoreError> {
    let sql = format!(
        "SELECT {GRANTED} FROM grace g JOIN requirement r ON r.id = g.requirement_id
                WHERE r.is_on = 1 ORDER BY g.requirement_id, g.user_id"
    );
    let mut statement = tx.transaction.prepare(&sql)?;
    let rows = statement.query_map([], |row| Ok(granted_row(row, run)))?;
    readable(rows)
}

/// Grace of one person from requirements that are switched on, as far as it can be read.
///
/// # Errors
/// [`StoreError`].
pub fn running_of(
    tx: &ReadTx<'_, Accounts>,
    run: &RunId,
    user: UserId,
) -> Result<Vec<Granted>, StoreError> {
    let sql = format!(
        "SELECT {GRANTED} FROM grace g JOIN requirement r ON r.id = g.requirement_id
                WHERE r.is_on = 1 AND g.user_id = ?1"
    );
    let mut statement = tx.transaction.prepare_cached(&sql)?;
    let rows = statement.query_map([user.as_bytes()], |row| Ok(granted_row(row, run)))?;
    readable(rows)
}

fn readable(
    rows: impl Iterator<Item = rusqlite::Result<Option<Result<Granted, Unreadable>>>>,
) -> Result<Vec<Granted>, StoreError> {
    let all: Vec<_> = rows.collect::<Result<_, _>>()?;
    Ok(all.into_iter().flatten().flatten().collect())
}

/// Keeps what is used up of somebody's grace by now.
///
/// # Errors
/// [`StoreError`].
pub fn keep(
    tx: &WriteTx<'_, Accounts>,
    run: &RunId,
    granted: &Granted,
    now: Now,
) -> Result<(), StoreError> {
    put(tx, run, &Granted { allowance: granted.allowance.until(now), ..*granted }, now)
}

/// Keeps that somebody was reminded at this step.
///
/// # Errors
/// [`StoreError`].
pub fn tell(
    tx: &WriteTx<'_, Accounts>,
    run: &RunId,
    granted: &Granted,
    step: Reminder,
    now: Now,
) -> Result<(), StoreError> {
    let allowance = granted.allowance.until(now);
    put(tx, run, &Granted { allowance, told: Some(step), ..*granted }, now)
}

/// A requirement that was off does not use up anybody's grace: from now on it counts again.
///
/// # Errors
/// [`StoreError`].
pub fn go_on(
    tx: &WriteTx<'_, Accounts>,
    run: &RunId,
    requirement: RequirementId,
    now: Now,
) -> Result<(), StoreError> {
    for granted in of_requirement(tx, run, requirement)? {
        put(tx, run, &Granted { allowance: granted.allowance.going_on(now), ..granted }, now)?;
    }
    Ok(())
}

/// Everybody's grace from one requirement, as far as it can be read.
fn of_requirement(
    tx: &ReadTx<'_, Accounts>,
    run: &RunId,
    requirement: RequirementId,
) -> Result<Vec<Granted>, StoreError> {
    let sql = format!("SELECT {GRANTED} FROM grace g WHERE requirement_id = ?1");
    let mut statement = tx.transaction.prepare_cached(&sql)?;
    let rows = statement.query_map([requirement.0], |row| Ok(granted_row(row, run)))?;
    readable(rows)
}

fn put(
    tx: &WriteTx<'_, Accounts>,
    run: &RunId,
    granted: &Granted,
    now: Now,
) -> Result<(), StoreError> {
    let sql = "UPDATE grace SET used_ms = ?3, seen_ms = ?4, seen_boot_ms = ?5, seen_run = ?6,
                      told = ?7, believed = ?8
                WHERE user_id = ?1 AND requirement_id = ?2";
    let Allowance { used_ms, seen, believed, .. } = granted.allowance;
    tx.transaction.prepare_cached(sql)?.execute(rusqlite::params![
        granted.user.as_bytes(),
        granted.requirement.0,
        i64::try_from(used_ms).unwrap_or(i64::MAX),
        seen.wall.0,
        now.boot.0,
        run,
        granted.told.map(Reminder::word),
        believed,
    ])?;
    Ok(())
}

/// The allowance of a grace that was joined, if there is one.
pub(super) fn maybe(cells: &mut Cells<'_, '_>, run: &RunId) -> rusqlite::Result<Option<Allowance>> {
    let Some(granted_seconds) = cells.take()? else { return Ok(None) };
    allowance(granted_seconds, cells, run).map(Some)
}

/// What [`granted_row`] reads, in its order.
const GRANTED: &str =
    "g.user_id, g.requirement_id, g.told, g.given_seconds, g.granted_seconds, g.used_ms, g.seen_ms,
                       g.seen_boot_ms, g.seen_run, g.believed";

/// None of what is nobody's.
fn granted_row(row: &Row<'_>, run: &RunId) -> Option<Result<Granted, Unreadable>> {
    let cells = &mut Cells::of(row);
    let (user, requirement) = (cells.id().ok()?, RequirementId(cells.take().ok()?));
    let granted = granted(user, requirement, cells, run);
    Some(granted.map_err(|_| Unreadable { user, requirement }))
}

fn granted(
    user: UserId,
    requirement: RequirementId,
    cells: &mut Cells<'_, '_>,
    run: &RunId,
) -> rusqlite::Result<Granted> {
    let told: Option<String> = cells.take()?;
    Ok(Granted {
        user,
        requirement,
        told: told.as_deref().and_then(Reminder::from_word),
        given_seconds: cells.take()?,
        allowance: allowance(cells.take()?, cells, run)?,
    })
}

pub(super) fn allowance(
    granted_seconds: u64,
    cells: &mut Cells<'_, '_>,
    run: &RunId,
) -> rusqlite::Result<Allowance> {
    Ok(Allowance {
        granted_seconds,
        used_ms: cells.take()?,
        seen: next_moment(cells, run)?,
        believed: cells.flag()?,
    })
}
