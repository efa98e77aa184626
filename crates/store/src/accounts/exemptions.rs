//! Named people of whom something is not required, for a reason and for a time.

use rusqlite::Row;
use stead_rules::ids::{ExemptionId, UserId};
use stead_rules::policy::{Allowance, RequirementId};
use stead_rules::time::{Now, WallMs};

use super::grace;
use super::sessions::RunId;
use crate::columns::Cells;
use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// Somebody's exemption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exemption {
    /// Which.
    pub id: ExemptionId,
    /// Whose.
    pub user: UserId,
    /// From what; none: from everything.
    pub from: Option<RequirementId>,
    /// Why.
    pub reason: String,
    /// For how long, and what is used up of that.
    pub allowance: Allowance,
    /// When it was given.
    pub created: WallMs,
}

/// An exemption of which nothing is known but whose it is: it exempts nobody, and they are refused until
/// it is ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Its id as it lies there, in hexadecimal digits.
    pub id: String,
    /// Whose.
    pub user: UserId,
    /// From what, where that can be read.
    pub from: Option<RequirementId>,
}

/// All exemptions of somebody.
pub(super) struct Exemptions(Vec<(Option<RequirementId>, Allowance)>);

impl Exemptions {
    /// None where one of them means nothing.
    pub(super) fn of_user(
        tx: &ReadTx<'_, Accounts>,
        run: &RunId,
        user: UserId,
    ) -> Result<Option<Self>, StoreError> {
        let own = own(tx, run, user)?.into_iter();
        let kept = own.map(|one| one.map(|one| (one.from, one.allowance)));
        Ok(kept.collect::<Result<_, Unreadable>>().ok().map(Self))
    }

    /// Those from this requirement, or from everything.
    pub(super) fn from(&self, requirement: RequirementId) -> Vec<Allowance> {
        let covers = |from: &Option<RequirementId>| from.is_none_or(|from| from == requirement);
        self.0.iter().filter(|(from, _)| covers(from)).map(|(_, allowance)| *allowance).collect()
    }
}

/// Gives somebody an exemption, in place of what they had from the same.
///
/// # Errors
/// [`StoreError`].
pub fn give(
    tx: &WriteTx<'_, Accounts>,
    run: &RunId,
    exemption: &Exemption,
    now: Now,
) -> Result<(), StoreError> {
    let from = exemption.from.map(|from| from.0);
    let sql = "DELETE FROM exemption WHERE user_id = ?1 AND requirement_id IS ?2";
    tx.transaction.execute(sql, (exemption.user.as_bytes(), from))?;
    let sql =
        "INSERT INTO exemption (id, user_id, requirement_id, reason, granted_seconds, used_ms,
                                      seen_ms, seen_boot_ms, seen_run, believed, created_ms)
               VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, ?7, ?8, ?9, ?10)";
    let Allowance { seen, believed, granted_seconds, .. } =
        Allowance::granted(exemption.allowance.granted_seconds, now);
    tx.transaction.execute(
        sql,
        rusqlite::params![
            exemption.id.as_bytes(),
            exemption.user.as_bytes(),
            from,
            &exemption.reason,
            granted_seconds,
            seen.wall.0,
            now.boot.0,
            run,
            believed,
            exemption.created.0,
        ],
    )?;
    Ok(())
}

const COLUMNS: &str = "user_id, requirement_id, lower(hex(id)), id, reason, created_ms,
            granted_seconds, used_ms, seen_ms, seen_boot_ms, seen_run, believed";

/// Every exemption, also those that are over.
///
/// # Errors
/// [`StoreError`].
pub fn all(
    tx: &ReadTx<'_, Accounts>,
    run: &RunId,
) -> Result<Vec<Result<Exemption, Unreadable>>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM exemption ORDER BY created_ms, id");
    let mut statement = tx.transaction.prepare_cached(&sql)?;
    let rows = statement.query_map([], |row| Ok(exemption_row(row, run)))?;
    Ok(rows.filter_map(Result::transpose).collect::<Result<_, _>>()?)
}

fn own(
    tx: &ReadTx<'_, Accounts>,
    run: &RunId,
    user: UserId,
) -> Result<Vec<Result<Exemption, Unreadable>>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM exemption WHERE user_id = ?1");
    let mut statement = tx.transaction.prepare_cached(&sql)?;
    let rows = statement.query_map([user.as_bytes()], |row| Ok(exemption_row(row, run)))?;
    Ok(rows.filter_map(Result::transpose).collect::<Result<_, _>>()?)
}

/// Ends the exemption with this id, in hexadecimal digits; false when there is none.
///
/// # Errors
/// [`StoreError`].
pub fn end(tx: &WriteTx<'_, Accounts>, id: &str) -> Result<bool, StoreError> {
    let sql = "DELETE FROM exemption WHERE lower(hex(id)) = ?1";
    Ok(tx.transaction.execute(sql, [id])? == 1)
}

/// Keeps what is used up of every exemption by now.
///
/// # Errors
/// [`StoreError`].
pub fn keep_all(tx: &WriteTx<'_, Accounts>, run: &RunId, now: Now) -> Result<(), StoreError> {
    all(tx, run)?.iter().flatten().try_for_each(|exemption| keep(tx, run, exemption, now))
}

/// Keeps what is used up of somebody's exemptions by now.
///
/// # Errors
/// [`StoreError`].
pub fn keep_of(
    tx: &WriteTx<'_, Accounts>,
    run: &RunId,
    user: UserId,
    now: Now,
) -> Result<(), StoreError> {
    own(tx, run, user)?.iter().flatten().try_for_each(|exemption| keep(tx, run, exemption, now))
}

fn keep(
    tx: &WriteTx<'_, Accounts>,
    run: &RunId,
    exemption: &Exemption,
    now: Now,
) -> Result<(), StoreError> {
    let sql = "UPDATE exemption SET used_ms = ?2, seen_ms = ?3, seen_boot_ms = ?4, seen_run = ?5,
                      believed = ?6
                WHERE id = ?1";
    let Allowance { used_ms, seen, believed, .. } = exemption.allowance.until(now);
    let used = i64::try_from(used_ms).unwrap_or(i64::MAX);
    let values = (exemption.id.as_bytes(), used, seen.wall.0, now.boot.0, run, believed);
    tx.transaction.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// None of what is nobody's.
fn exemption_row(row: &Row<'_>, run: &RunId) -> Option<Result<Exemption, Unreadable>> {
    let cells = &mut Cells::of(row);
    let (user, from, id) = (cells.id().ok()?, cells.take(), cells.take().ok()?);
    let from = from.map(|from: Option<i64>| from.map(RequirementId));
    let known = from.as_ref().ok().copied().flatten();
    let read = from.and_then(|from| exemption(user, from, cells, run));
    Some(read.map_err(|_| Unreadable { id, user, from: known }))
}

fn exemption(
    user: UserId,
    from: Option<RequirementId>,
    cells: &mut Cells<'_, '_>,
    run: &RunId,
) -> rusqlite::Result<Exemption> {
    Ok(Exemption {
        user,
        from,
        id: cells.id()?,
        reason: cells.take()?,
        created: WallMs(cells.take()?),
        allowance: grace::allowance(cells.take()?, cells, run)?,
    })
}
