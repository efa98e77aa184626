//! Televisions, apps, and passwords for apps: what is known of them beside their sessions.

use rusqlite::OptionalExtension;
use stead_rules::ids::{SessionId, UserId};
use stead_rules::policy::ClientKind;

use crate::columns::id;
use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// Where a session came from that somebody was let in with, and not signed in by themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The session.
    pub session: SessionId,
    /// What it is called.
    pub name: String,
    /// The session of who approved; it may be gone.
    pub approved_by: SessionId,
    /// The address of who approved.
    pub approved_from: String,
    /// The address of what asked.
    pub asked_from: String,
}

/// Stores where a session came from.
///
/// # Errors
/// [`StoreError`].
pub fn put_origin(tx: &WriteTx<'_, Accounts>, origin: &Origin) -> Result<(), StoreError> {
    let sql = "INSERT INTO device (session_id, name, approved_by, approved_from, asked_from)
               VALUES (?1, ?2, ?3, ?4, ?5)";
    tx.transaction.execute(
        sql,
        (
            origin.session.as_bytes(),
            &origin.name,
            origin.approved_by.as_bytes(),
            &origin.approved_from,
            &origin.asked_from,
        ),
    )?;
    Ok(())
}

/// Where the sessions of a user came from, of those that somebody approved.
///
/// # Errors
/// [`StoreError`].
pub fn origins(tx: &ReadTx<'_, Accounts>, user: UserId) -> Result<Vec<Origin>, StoreError> {
    let sql = "SELECT d.* FROM device d JOIN session s ON s.id = d.session_id
                WHERE s.user_id = ?1 ORDER BY s.created_ms DESC LIMIT 200";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let rows = statement.query_map([user.as_bytes()], |row| {
        Ok(Origin {
            session: id(row, "session_id")?,
            name: row.get("name")?,
            approved_by: id(row, "approved_by")?,
            approved_from: row.get("approved_from")?,
            asked_from: row.get("asked_from")?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many televisions, apps and passwords for apps of a user are good for anything. What ended with
/// the person's factors waits to be tidied up, and takes nobody's room.
///
/// # Errors
/// [`StoreError`].
pub fn count(tx: &ReadTx<'_, Accounts>, user: UserId) -> Result<u32, StoreError> {
    let sql = "SELECT count(*) FROM device d JOIN session s ON s.id = d.session_id
                 JOIN user u ON u.id = s.user_id JOIN server ON server.one = 1
                WHERE s.user_id = ?1 AND s.generation = server.generation
                  AND s.epoch = server.epoch + u.epoch";
    Ok(tx.transaction.query_row(sql, [user.as_bytes()], |row| row.get(0))?)
}

/// Whether people may make passwords for apps.
///
/// # Errors
/// [`StoreError`].
pub fn app_passwords_allowed(tx: &ReadTx<'_, Accounts>) -> Result<bool, StoreError> {
    let found = tx.transaction.query_row("SELECT app_passwords FROM server", [], |row| row.get(0));
    Ok(found.optional()?.unwrap_or(false))
}

/// Says whether people may make passwords for apps.
///
/// # Errors
/// [`StoreError`].
pub fn allow_app_passwords(tx: &WriteTx<'_, Accounts>, allowed: bool) -> Result<(), StoreError> {
    tx.transaction.execute("UPDATE server SET app_passwords = ?1", [allowed])?;
    Ok(())
}

/// Ends every app password of everybody: how many there were.
///
/// # Errors
/// [`StoreError`].
pub fn end_app_passwords(tx: &WriteTx<'_, Accounts>) -> Result<usize, StoreError> {
    let word = ClientKind::AppPassword.word();
    Ok(tx.transaction.execute("DELETE FROM session WHERE client = ?1", [word])?)
}
