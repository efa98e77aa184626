//! Where people want to be written to, and what waits to be sent.

use rusqlite::OptionalExtension;
use stead_rules::ids::UserId;
use stead_rules::time::WallMs;

use crate::columns::id;
use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// Where a user wants to be written to, if they said so.
///
/// # Errors
/// [`StoreError`].
pub fn address(tx: &ReadTx<'_, Accounts>, user: UserId) -> Result<Option<String>, StoreError> {
    let sql = "SELECT address FROM mail_address WHERE user_id = ?1";
    Ok(tx.transaction.query_row(sql, [user.as_bytes()], |row| row.get(0)).optional()?)
}

/// Takes or forgets an address. Without one nothing waits for this user any more.
///
/// # Errors
/// [`StoreError`].
pub fn set_address(
    tx: &WriteTx<'_, Accounts>,
    user: UserId,
    address: Option<&str>,
) -> Result<(), StoreError> {
    match address {
        Some(address) => {
            let sql = "INSERT OR REPLACE INTO mail_address (user_id, address) VALUES (?1, ?2)";
            tx.transaction.execute(sql, (user.as_bytes(), address))?;
        }
        None => {
            for table in ["mail_address", "mail_waiting"] {
                let sql = format!("DELETE FROM {table} WHERE user_id = ?1");
                tx.transaction.execute(&sql, [user.as_bytes()])?;
            }
        }
    }
    Ok(())
}

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It waits to be sent.
    Waits,
    /// Whom it is for has left no address.
    NoAddress,
    /// As many wait as may.
    Full,
}

/// Has a message wait for whoever left an address, if fewer than `most` are kept. Those that were
/// refused for good make room for it.
///
/// # Errors
/// [`StoreError`].
pub fn wait(
    tx: &WriteTx<'_, Accounts>,
    user: UserId,
    subject: &str,
    body: &str,
    now: WallMs,
    most: u32,
) -> Result<Kept, StoreError> {
    if address(tx, user)?.is_none() {
        return Ok(Kept::NoAddress);
    }
    let sql = "SELECT count(*) FROM mail_waiting";
    let kept: u32 = tx.transaction.query_row(sql, [], |row| row.get(0))?;
    if kept >= most && forget_refused(tx)? == 0 {
        return Ok(Kept::Full);
    }
    let sql = "INSERT INTO mail_waiting (user_id, subject, body, made_ms) VALUES (?1, ?2, ?3, ?4)";
    tx.transaction.execute(sql, (user.as_bytes(), subject, body, now.0))?;
    Ok(Kept::Waits)
}

/// A message that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its number.
    pub id: i64,
    /// Whom it is for.
    pub user: UserId,
    /// Where they want it now.
    pub address: String,
    /// What it is about.
    pub subject: String,
    /// What it says.
    pub body: String,
}

/// The oldest message that may be sent.
///
/// # Errors
/// [`StoreError`].
pub fn next(tx: &ReadTx<'_, Accounts>) -> Result<Option<Waiting>, StoreError> {
    let sql = "SELECT w.id, w.user_id, a.address, w.subject, w.body
                 FROM mail_waiting w JOIN mail_address a ON a.user_id = w.user_id
                WHERE w.refused IS NULL ORDER BY w.tries, w.id LIMIT 1";
    let found = tx.transaction.query_row(sql, [], |row| {
        Ok(Waiting {
            id: row.get("id")?,
            user: id(row, "user_id")?,
            address: row.get("address")?,
            subject: row.get("subject")?,
            body: row.get("body")?,
        })
    });
    Ok(found.optional()?)
}

/// It was taken.
///
/// # Errors
/// [`StoreError`].
pub fn sent(tx: &WriteTx<'_, Accounts>, id: i64, now: WallMs) -> Result<(), StoreError> {
    tx.transaction.execute("DELETE FROM mail_waiting WHERE id = ?1", [id])?;
    let sql = "UPDATE mail_state SET sent_ms = ?1, trouble = NULL, trouble_ms = NULL";
    tx.transaction.execute(sql, [now.0])?;
    Ok(())
}

/// It was not. A message that was refused for good is kept and not tried again.
///
/// # Errors
/// [`StoreError`].
pub fn failed(
    tx: &WriteTx<'_, Accounts>,
    id: i64,
    why: &str,
    for_good: bool,
    now: WallMs,
) -> Result<(), StoreError> {
    let sql = "UPDATE mail_waiting SET tries = tries + 1,
                      refused = CASE WHEN ?3 THEN ?2 ELSE refused END WHERE id = ?1";
    tx.transaction.execute(sql, (id, why, for_good))?;
    let sql = "UPDATE mail_state SET trouble = ?1, trouble_ms = ?2";
    tx.transaction.execute(sql, (why, now.0))?;
    Ok(())
}

/// How the mail stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// Messages that wait.
    pub waiting: u64,
    /// Since when the oldest does.
    pub oldest: Option<WallMs>,
    /// Messages that were refused for good.
    pub refused: u64,
    /// When one was last taken.
    pub sent: Option<WallMs>,
    /// What last went wrong, and when; none once one was taken.
    pub trouble: Option<(String, WallMs)>,
}

/// How the mail stands.
///
/// # Errors
/// [`StoreError`].
pub fn standing(tx: &ReadTx<'_, Accounts>) -> Result<Standing, StoreError> {
    let sql = "SELECT (SELECT count(*) FROM mail_waiting WHERE refused IS NULL) AS waiting,
                      (SELECT min(made_ms) FROM mail_waiting WHERE refused IS NULL) AS oldest,
                      (SELECT count(*) FROM mail_waiting WHERE refused IS NOT NULL) AS refused,
                      sent_ms, trouble, trouble_ms
                 FROM mail_state";
    let found = tx.transaction.query_row(sql, [], |row| {
        let wall = |name| row.get::<_, Option<i64>>(name).map(|ms| ms.map(WallMs));
        let trouble: Option<String> = row.get("trouble")?;
        Ok(Standing {
            waiting: row.get("waiting")?,
            oldest: wall("oldest")?,
            refused: row.get("refused")?,
            sent: wall("sent_ms")?,
            trouble: trouble.zip(wall("trouble_ms")?),
        })
    });
    Ok(found.optional()?.unwrap_or_default())
}

/// Forgets messages that were refused for good, and says how many.
///
/// # Errors
/// [`StoreError`].
pub fn forget_refused(tx: &WriteTx<'_, Accounts>) -> Result<usize, StoreError> {
    Ok(tx.transaction.execute("DELETE FROM mail_waiting WHERE refused IS NOT NULL", [])?)
}
