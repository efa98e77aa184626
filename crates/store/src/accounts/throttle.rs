//! Wrong tries at credentials: a row for each place they come from, and one for everywhere.

use rusqlite::OptionalExtension;
use stead_rules::limits::THROTTLE_ROWS_MAX;
use stead_rules::signin::{Misses, Tries, and_one};
use stead_rules::time::Now;

use super::sessions::{RunId, moment};
use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// The place of the row that counts misses from everywhere.
const EVERYWHERE: &str = "";

/// Rows are trimmed after so many new ones, for trimming looks at all of them.
const TRIM_EVERY: i64 = 256;

/// A credential that is tried, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guess {
    /// Which: `pwd:<login>` or `factor:<account>`.
    pub credential: String,
    /// From where.
    pub place: String,
    /// Whether it is somebody's, so that its count must not be lost.
    pub known: bool,
}

/// What is remembered of a credential, for a try from `guess.place`.
///
/// # Errors
/// [`StoreError`].
pub fn tries(tx: &ReadTx<'_, Accounts>, run: &RunId, guess: &Guess) -> Result<Tries, StoreError> {
    let here = row(tx, run, &guess.credential, &guess.place)?;
    let everywhere = row(tx, run, &guess.credential, EVERYWHERE)?;
    Ok(Tries {
        here: here.map(|row| row.misses),
        right_here: here.is_some_and(|row| row.was_right),
        everywhere: everywhere.map(|row| row.misses),
    })
}

#[derive(Clone, Copy)]
struct Remembered {
    misses: Misses,
    was_right: bool,
}

fn row(
    tx: &ReadTx<'_, Accounts>,
    run: &RunId,
    credential: &str,
    place: &str,
) -> Result<Option<Remembered>, StoreError> {
    let sql = "SELECT misses, was_right, last_miss_ms, miss_boot_ms, miss_run FROM throttle
                WHERE credential = ?1 AND place = ?2";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let found = statement.query_row((credential, place), |row| {
        let last = moment(row, run, ["last_miss_ms", "miss_boot_ms", "miss_run"])?;
        let misses = Misses { count: row.get("misses")?, last };
        Ok(Remembered { misses, was_right: row.get("was_right")? })
    });
    Ok(found.optional()?)
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
    for place in [EVERYWHERE, &guess.place] {
        let old = row(tx, run, &guess.credential, place)?;
        let misses = and_one(old.map(|row| row.misses), now).count;
        let was_right = old.is_some_and(|row| row.was_right);
        put(tx, run, guess, place, Counted { misses, was_right }, now)?;
    }
    trim_now_and_then(tx)
}

/// Forgives the misses from a place where the credential was right. Those from elsewhere go on
/// counting: whoever made them is still there.
///
/// # Errors
/// [`StoreError`].
pub fn was_right(
    tx: &WriteTx<'_, Accounts>,
    run: &RunId,
    guess: &Guess,
    now: Now,
) -> Result<(), StoreError> {
    let own = row(tx, run, &guess.credential, &guess.place)?.map_or(0, |row| row.misses.count);
    let sql = "UPDATE throttle SET misses = max(0, misses - ?3)
                WHERE credential = ?1 AND place = ?2";
    tx.transaction.execute(sql, (&guess.credential, EVERYWHERE, own))?;
    put(tx, run, guess, &guess.place, Counted { misses: 0, was_right: true }, now)?;
    trim_now_and_then(tx)
}

#[derive(Clone, Copy)]
struct Counted {
    misses: u32,
    was_right: bool,
}

/// Writes a row as the newest one.
fn put(
    tx: &WriteTx<'_, Accounts>,
    run: &RunId,
    guess: &Guess,
    place: &str,
    counted: Counted,
    now: Now,
) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO throttle
                 (credential, place, known, was_right, misses, last_miss_ms, miss_boot_ms, miss_run)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let values = rusqlite::params![
        guess.credential,
        place,
        guess.known,
        counted.was_right,
        counted.misses,
        now.wall.0,
        now.boot.0,
        run,
    ];
    tx.transaction.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

fn trim_now_and_then(tx: &WriteTx<'_, Accounts>) -> Result<(), StoreError> {
    // Every write takes one or two numbers, so each span of this length is met once.
    if tx.transaction.last_insert_rowid() % TRIM_EVERY > 1 {
        return Ok(());
    }
    trim(tx, THROTTLE_ROWS_MAX)
}

/// Removes the oldest rows beyond `most`: of made-up names first, of places that were once right
/// last. What counts the misses at somebody's credential from everywhere always stays; there are
/// two of these for an account.
pub(super) fn trim(tx: &WriteTx<'_, Accounts>, most: u32) -> Result<(), StoreError> {
    let sql = "DELETE FROM throttle WHERE seq IN
                 (SELECT seq FROM throttle WHERE NOT (known AND place = '')
                   ORDER BY was_right DESC, known DESC, seq DESC LIMIT -1 OFFSET ?1)";
    tx.transaction.execute(sql, [most])?;
    Ok(())
}
