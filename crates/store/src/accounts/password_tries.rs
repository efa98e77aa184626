//! Wrong passwords. Whoever types them is a stranger and may type any name, so nothing here knows
//! which names somebody has: a name and a place come as keyed hashes, and there is a fixed number of
//! rows, taken by known and unknown names alike.
//!
//! ```text
//! name + place ──hash──▶ bucket of a few, each with its tag ─▶ makes this place wait for this name
//! name ─────────hash──▶ bucket without a tag ─▶ makes all places wait that were never right
//! ```
//!
//! Names that share a bucket of the second kind share a wait that is short and that any stranger
//! who knows a name can bring about; of the first kind two never share a count.

use rusqlite::OptionalExtension;
use stead_rules::ids::AccountId;
use stead_rules::limits::{PASSWORD_MISSES_PER_BUCKET_MAX, PASSWORD_PLACES_MAX};
use stead_rules::signin::{Misses, Tries, and_one, gives_way};
use stead_rules::time::Now;

use super::sessions::{RunId, moment};
use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// A name that a password is tried for, and from where, as keyed hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guess {
    /// Of name and place: which one it is.
    pub tag: [u8; 16],
    /// Of name and place: where its misses are kept.
    pub bucket: u16,
    /// Of the name: where the misses from everywhere are kept.
    pub everywhere: u16,
}

const MOMENT: [&str; 3] = ["last_miss_ms", "miss_boot_ms", "miss_run"];

/// What is remembered of such tries.
///
/// # Errors
/// [`StoreError`].
pub fn tries(tx: &ReadTx<'_, Accounts>, run: &RunId, guess: &Guess) -> Result<Tries, StoreError> {
    Ok(Tries {
        here: here(tx, run, guess)?,
        right_here: right_here(tx, guess)?,
        everywhere: everywhere(tx, run, guess)?,
    })
}

fn here(
    tx: &ReadTx<'_, Accounts>,
    run: &RunId,
    guess: &Guess,
) -> Result<Option<Misses>, StoreError> {
    let sql = "SELECT misses, last_miss_ms, miss_boot_ms, miss_run FROM password_miss
                WHERE tag = ?1";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    Ok(statement.query_row([&guess.tag], |row| misses_row(row, run)).optional()?)
}

fn everywhere(
    tx: &ReadTx<'_, Accounts>,
    run: &RunId,
    guess: &Guess,
) -> Result<Option<Misses>, StoreError> {
    let sql = "SELECT misses, last_miss_ms, miss_boot_ms, miss_run FROM password_miss_everywhere
                WHERE bucket = ?1";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    Ok(statement.query_row([guess.everywhere], |row| misses_row(row, run)).optional()?)
}

fn right_here(tx: &ReadTx<'_, Accounts>, guess: &Guess) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM password_place WHERE tag = ?1)";
    Ok(tx.transaction.prepare_cached(sql)?.query_row([&guess.tag], |row| row.get(0))?)
}

fn misses_row(row: &rusqlite::Row<'_>, run: &RunId) -> rusqlite::Result<Misses> {
    Ok(Misses { count: row.get("misses")?, last: moment(row, run, MOMENT)? })
}

/// Counts a miss, here and everywhere.
///
/// # Errors
/// [`StoreError`].
pub fn add_miss(
    tx: &WriteTx<'_, Accounts>,
    run: &RunId,
    guess: &Guess,
    now: Now,
) -> Result<(), StoreError> {
    let count = and_one(everywhere(tx, run, guess)?, now).count;
    let sql = "INSERT OR REPLACE INTO password_miss_everywhere
                 (bucket, misses, last_miss_ms, miss_boot_ms, miss_run) VALUES (?1, ?2, ?3, ?4, ?5)";
    let values = rusqlite::params![guess.everywhere, count, now.wall.0, now.boot.0, run];
    tx.transaction.prepare_cached(sql)?.execute(values)?;
    let old = here(tx, run, guess)?;
    if old.is_none() && !make_room(tx, run, guess.bucket, now)? {
        // Everybody in this bucket waits. What is counted from everywhere still slows this one.
        return Ok(());
    }
    let count = and_one(old, now).count;
    let sql = "INSERT OR REPLACE INTO password_miss
                 (bucket, tag, misses, last_miss_ms, miss_boot_ms, miss_run)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let values = rusqlite::params![guess.bucket, guess.tag, count, now.wall.0, now.boot.0, run];
    tx.transaction.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// Whether a bucket has room for one more, after the oldest gave way whose wait is over.
fn make_room(
    tx: &WriteTx<'_, Accounts>,
    run: &RunId,
    bucket: u16,
    now: Now,
) -> Result<bool, StoreError> {
    let sql = "SELECT seq, misses, last_miss_ms, miss_boot_ms, miss_run FROM password_miss
                WHERE bucket = ?1 ORDER BY seq";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let rows = statement
        .query_map([bucket], |row| Ok((row.get::<_, i64>("seq")?, misses_row(row, run)?)))?;
    let kept = rows.collect::<Result<Vec<_>, _>>()?;
    if kept.len() < PASSWORD_MISSES_PER_BUCKET_MAX {
        return Ok(true);
    }
    let Some((seq, _)) = kept.iter().find(|(_, misses)| gives_way(*misses, now)) else {
        return Ok(false);
    };
    tx.transaction.execute("DELETE FROM password_miss WHERE seq = ?1", [seq])?;
    Ok(true)
}

/// Forgives the misses from a place where the password was right. Those from elsewhere go on
/// counting: whoever made them is still there.
///
/// # Errors
/// [`StoreError`].
pub fn was_right(
    tx: &WriteTx<'_, Accounts>,
    run: &RunId,
    guess: &Guess,
    account: AccountId,
) -> Result<(), StoreError> {
    let own = here(tx, run, guess)?.map_or(0, |misses| misses.count);
    let sql = "UPDATE password_miss_everywhere SET misses = max(0, misses - ?2) WHERE bucket = ?1";
    tx.transaction.execute(sql, (guess.everywhere, own))?;
    tx.transaction.execute("DELETE FROM password_miss WHERE tag = ?1", [&guess.tag])?;
    let sql = "INSERT OR REPLACE INTO password_place (account_id, tag) VALUES (?1, ?2)";
    tx.transaction.execute(sql, (account.as_bytes(), &guess.tag))?;
    let sql = "DELETE FROM password_place WHERE seq IN
                 (SELECT seq FROM password_place WHERE account_id = ?1
                   ORDER BY seq DESC LIMIT -1 OFFSET ?2)";
    tx.transaction.execute(sql, (account.as_bytes(), PASSWORD_PLACES_MAX))?;
    Ok(())
}
