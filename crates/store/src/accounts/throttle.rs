//! Wrong tries at what somebody is asked who is known already (a factor, a device's code), and at
//! what has one count for all (app passwords, sign-up): a row for each place they come from, and one
//! for everywhere. Passwords are in `password_tries`, since anybody may type any name there.
//!
//! Each credential keeps so many places and no more, so nobody's tries push out what is counted of
//! another's.

use rusqlite::OptionalExtension;
use stead_rules::limits::THROTTLE_PLACES_MAX;
use stead_rules::signin::{Misses, Tries, and_one};
use stead_rules::time::Now;

use super::sessions::{RunId, moment};
use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// The place of the row that counts misses from everywhere.
const EVERYWHERE: &str = "";

/// A credential that is tried, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guess {
    /// Which: `factor:<account>`, `device_code:<user>`, or one that everybody shares.
    pub credential: String,
    /// From where.
    pub place: String,
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
    trim(tx, &guess.credential)
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
    trim(tx, &guess.credential)
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
                 (credential, place, was_right, misses, last_miss_ms, miss_boot_ms, miss_run)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let values = rusqlite::params![
        guess.credential,
        place,
        counted.was_right,
        counted.misses,
        now.wall.0,
        now.boot.0,
        run,
    ];
    tx.transaction.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// Removes the oldest places of a credential beyond those that are kept, those that were once right
/// last. What counts its misses from everywhere stays.
fn trim(tx: &WriteTx<'_, Accounts>, credential: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM throttle WHERE seq IN
                 (SELECT seq FROM throttle WHERE credential = ?1 AND place <> ?2
                   ORDER BY was_right DESC, seq DESC LIMIT -1 OFFSET ?3)";
    let values = (credential, EVERYWHERE, THROTTLE_PLACES_MAX);
    tx.transaction.prepare_cached(sql)?.execute(values)?;
    Ok(())
}
