//! One-time links and codes that the owner gave out.

use rusqlite::{OptionalExtension, Row};
use stead_rules::ids::UserId;
use stead_rules::signin::WayBack;
use stead_rules::time::{Moment, Now};

use super::sessions::{RunId, moment};
use crate::columns::id;
use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// A link or code that waits to be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Whose way back it is.
    pub user: UserId,
    /// SHA-256 of the secret.
    pub secret_hash: [u8; 32],
    /// Whether the second factor is to be set up anew, too.
    pub new_factor: bool,
    /// When it was made.
    pub made: Moment,
}

/// Keeps a new one; it takes the place of the old one.
///
/// # Errors
/// [`StoreError`].
pub fn put(
    tx: &WriteTx<'_, Accounts>,
    run: &RunId,
    kind: WayBack,
    waiting: &Waiting,
    now: Now,
) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO way_back
                 (user_id, kind, secret_hash, new_factor, made_ms, made_boot_ms, made_run)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let values = rusqlite::params![
        waiting.user.as_bytes(),
        kind.word(),
        waiting.secret_hash,
        waiting.new_factor,
        now.wall.0,
        now.boot.0,
        run,
    ];
    tx.transaction.execute(sql, values)?;
    Ok(())
}

const COLUMNS: &str = "user_id, secret_hash, new_factor, made_ms, made_boot_ms, made_run";

/// The link with this hash.
///
/// # Errors
/// [`StoreError`].
pub fn link_by_secret(
    tx: &ReadTx<'_, Accounts>,
    run: &RunId,
    secret_hash: &[u8; 32],
) -> Result<Option<Waiting>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM way_back WHERE kind = 'link' AND secret_hash = ?1");
    let found = tx.transaction.query_row(&sql, [secret_hash], |row| waiting_row(row, run));
    Ok(found.optional()?)
}

/// What waits for somebody.
///
/// # Errors
/// [`StoreError`].
pub fn of_user(
    tx: &ReadTx<'_, Accounts>,
    run: &RunId,
    user: UserId,
    kind: WayBack,
) -> Result<Option<Waiting>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM way_back WHERE user_id = ?1 AND kind = ?2");
    let found =
        tx.transaction.query_row(&sql, (user.as_bytes(), kind.word()), |row| waiting_row(row, run));
    Ok(found.optional()?)
}

/// Uses one up: false when it is not there any more.
///
/// # Errors
/// [`StoreError`].
pub fn take(
    tx: &WriteTx<'_, Accounts>,
    kind: WayBack,
    waiting: &Waiting,
) -> Result<bool, StoreError> {
    let sql = "DELETE FROM way_back WHERE user_id = ?1 AND kind = ?2 AND secret_hash = ?3";
    let values = (waiting.user.as_bytes(), kind.word(), waiting.secret_hash);
    Ok(tx.transaction.execute(sql, values)? == 1)
}

/// Voids whatever waits for somebody.
///
/// # Errors
/// [`StoreError`].
pub fn remove_all(tx: &WriteTx<'_, Accounts>, user: UserId) -> Result<(), StoreError> {
    tx.transaction.execute("DELETE FROM way_back WHERE user_id = ?1", [user.as_bytes()])?;
    Ok(())
}

fn waiting_row(row: &Row<'_>, run: &RunId) -> rusqlite::Result<Waiting> {
    Ok(Waiting {
        user: id(row, "user_id")?,
        secret_hash: row.get("secret_hash")?,
        new_factor: row.get("new_factor")?,
        made: moment(row, run, ["made_ms", "made_boot_ms", "made_run"])?,
    })
}
