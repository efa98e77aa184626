//! Named people of whom something is not required, for a reason and for a time.

use rusqlite::Row;
use stead_rules::ids::{ExemptionId, UserId};
use stead_rules::policy::{Allowance, RequirementId};
use stead_rules::time::{Now, WallMs};

use super::grace::SEEN;
use super::sessions::{RunId, moment};
use crate::columns::id;
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

/// All exemptions of somebody.
pub(super) struct Exemptions(Vec<(Option<RequirementId>, Allowance)>);

impl Exemptions {
    pub(super) fn of_user(
        tx: &ReadTx<'_, Accounts>,
        run: &RunId,
        user: UserId,
    ) -> Result<Self, StoreError> {
        let sql = "SELECT * FROM exemption WHERE user_id = ?1";
        let mut statement = tx.transaction.prepare_cached(sql)?;
        let rows = statement.query_map([user.as_bytes()], |row| {
            Ok((
                row.get::<_, Option<i64>>("requirement_id")?.map(RequirementId),
                allowance(row, run)?,
            ))
        })?;
        Ok(Self(rows.collect::<Result<_, _>>()?))
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

/// Every exemption, also those that are over.
///
/// # Errors
/// [`StoreError`].
pub fn all(tx: &ReadTx<'_, Accounts>, run: &RunId) -> Result<Vec<Exemption>, StoreError> {
    let mut statement =
        tx.transaction.prepare("SELECT * FROM exemption ORDER BY created_ms, id")?;
    let rows = statement.query_map([], |row| exemption_row(row, run))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Ends an exemption; whose it was, if there was one.
///
/// # Errors
/// [`StoreError`].
pub fn end(tx: &WriteTx<'_, Accounts>, exemption: ExemptionId) -> Result<bool, StoreError> {
    let sql = "DELETE FROM exemption WHERE id = ?1";
    Ok(tx.transaction.execute(sql, [exemption.as_bytes()])? == 1)
}

/// Keeps what is used up of every exemption by now.
///
/// # Errors
/// [`StoreError`].
pub fn keep_all(tx: &WriteTx<'_, Accounts>, run: &RunId, now: Now) -> Result<(), StoreError> {
    all(tx, run)?.iter().try_for_each(|exemption| keep(tx, run, exemption, now))
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
    let sql = "SELECT * FROM exemption WHERE user_id = ?1";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let rows = statement.query_map([user.as_bytes()], |row| exemption_row(row, run))?;
    let own = rows.collect::<Result<Vec<_>, _>>()?;
    own.iter().try_for_each(|exemption| keep(tx, run, exemption, now))
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

fn allowance(row: &Row<'_>, run: &RunId) -> rusqlite::Result<Allowance> {
    Ok(Allowance {
        granted_seconds: row.get("granted_seconds")?,
        used_ms: row.get("used_ms")?,
        seen: moment(row, run, SEEN)?,
        believed: row.get("believed")?,
    })
}

fn exemption_row(row: &Row<'_>, run: &RunId) -> rusqlite::Result<Exemption> {
    Ok(Exemption {
        id: id(row, "id")?,
        user: id(row, "user_id")?,
        from: row.get::<_, Option<i64>>("requirement_id")?.map(RequirementId),
        reason: row.get("reason")?,
        allowance: allowance(row, run)?,
        created: WallMs(row.get("created_ms")?),
    })
}
