//! Decisions that are alike, counted by the hour. What is refused a million times is one row and, when
//! its hour is over, one entry of the log.

use std::collections::HashMap;

use rusqlite::Row;
use stead_rules::ids::UserId;
use stead_rules::time::WallMs;

use crate::columns::id;
use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// What makes decisions alike.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Alike {
    /// Whose.
    pub user: UserId,
    /// What was decided: `notice`, `stepup`, `denied` or `exempt`.
    pub kind: String,
    /// By which door.
    pub door: String,
    /// Why.
    pub reason: String,
    /// The requirement that asked for it; 0: none.
    pub requirement: i64,
    /// Hours since 1970.
    pub hour: i64,
}

/// How often, and when first and last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// How often.
    pub times: u64,
    /// When first.
    pub first: WallMs,
    /// When last.
    pub last: WallMs,
}

/// Adds to what was counted.
///
/// # Errors
/// [`StoreError`].
pub fn add(tx: &WriteTx<'_, Accounts>, alike: &Alike, counted: Counted) -> Result<(), StoreError> {
    // A clock that is turned back comes to an hour again that was logged: it is logged once more then.
    let sql =
        "INSERT INTO decision (user_id, kind, door, reason, requirement, hour, times, first_ms,
                                     last_ms)
               SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 FROM user WHERE id = ?1
               ON CONFLICT DO UPDATE SET times = CASE is_logged WHEN 1 THEN 0 ELSE times END
                                                 + excluded.times,
                 first_ms = CASE is_logged WHEN 1 THEN excluded.first_ms ELSE first_ms END,
                 last_ms = excluded.last_ms, is_logged = 0";
    let Alike { user, kind, door, reason, requirement, hour } = alike;
    tx.transaction.prepare_cached(sql)?.execute(rusqlite::params![
        user.as_bytes(),
        kind,
        door,
        reason,
        requirement,
        hour,
        i64::try_from(counted.times).unwrap_or(i64::MAX),
        counted.first.0,
        counted.last.0,
    ])?;
    Ok(())
}

/// Whether something was counted in hours other than this one and stands in no entry of the log yet.
///
/// # Errors
/// [`StoreError`].
pub fn any_unlogged(tx: &ReadTx<'_, Accounts>, hour: i64) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM decision WHERE is_logged = 0 AND hour <> ?1)";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    Ok(statement.query_row([hour], |row| row.get(0))?)
}

/// What was counted in hours other than this one and stands in no entry of the log yet; it is taken
/// for logged from now on.
///
/// # Errors
/// [`StoreError`].
pub fn take_unlogged(
    tx: &WriteTx<'_, Accounts>,
    hour: i64,
) -> Result<Vec<(Alike, Counted)>, StoreError> {
    let sql = "SELECT * FROM decision WHERE is_logged = 0 AND hour <> ?1
                ORDER BY hour, first_ms, user_id, kind, door, reason, requirement";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let rows = statement.query_map([hour], decision_row)?.collect::<Result<Vec<_>, _>>()?;
    let sql = "UPDATE decision SET is_logged = 1 WHERE is_logged = 0 AND hour <> ?1";
    tx.transaction.execute(sql, [hour])?;
    Ok(rows)
}

/// What was counted of somebody and stands in no entry of the log yet; it is taken for logged from now
/// on.
///
/// # Errors
/// [`StoreError`].
pub fn take_unlogged_of(
    tx: &WriteTx<'_, Accounts>,
    user: UserId,
) -> Result<Vec<(Alike, Counted)>, StoreError> {
    let sql = "SELECT * FROM decision WHERE is_logged = 0 AND user_id = ?1
                ORDER BY hour, first_ms, kind, door, reason, requirement";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let rows = statement.query_map([user.as_bytes()], decision_row)?.collect::<Result<_, _>>()?;
    let sql = "UPDATE decision SET is_logged = 1 WHERE is_logged = 0 AND user_id = ?1";
    tx.transaction.execute(sql, [user.as_bytes()])?;
    Ok(rows)
}

/// Forgets what was counted before this hour, and the oldest of what is more than `most`.
///
/// # Errors
/// [`StoreError`].
pub fn forget(tx: &WriteTx<'_, Accounts>, before_hour: i64, most: u64) -> Result<(), StoreError> {
    let sql = "DELETE FROM decision WHERE is_logged = 1 AND hour < ?1";
    tx.transaction.execute(sql, [before_hour])?;
    let sql = "DELETE FROM decision WHERE rowid IN (SELECT rowid FROM decision WHERE is_logged = 1
                ORDER BY hour DESC LIMIT -1 OFFSET ?1)";
    tx.transaction.execute(sql, [i64::try_from(most).unwrap_or(i64::MAX)])?;
    Ok(())
}

/// How often each person was refused or asked since an hour, and when last.
///
/// # Errors
/// [`StoreError`].
pub fn blocked_since(
    tx: &ReadTx<'_, Accounts>,
    hour: i64,
) -> Result<HashMap<UserId, (u64, WallMs)>, StoreError> {
    let sql = "SELECT user_id, sum(times) AS times, max(last_ms) AS last FROM decision
                WHERE kind = 'denied' AND hour >= ?1 GROUP BY user_id";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let rows = statement.query_map([hour], |row| {
        Ok((id(row, "user_id")?, (row.get("times")?, WallMs(row.get("last")?))))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn decision_row(row: &Row<'_>) -> rusqlite::Result<(Alike, Counted)> {
    let alike = Alike {
        user: id(row, "user_id")?,
        kind: row.get("kind")?,
        door: row.get("door")?,
        reason: row.get("reason")?,
        requirement: row.get("requirement")?,
        hour: row.get("hour")?,
    };
    let counted = Counted {
        times: row.get("times")?,
        first: WallMs(row.get("first_ms")?),
        last: WallMs(row.get("last_ms")?),
    };
    Ok((alike, counted))
}
