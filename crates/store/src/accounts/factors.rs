//! The authenticators that an account keeps.

use rusqlite::Row;
use stead_rules::ids::{AccountId, FactorId};
use stead_rules::time::WallMs;
use zeroize::Zeroizing;

use super::alone;
use crate::columns::id;
use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// A confirmed authenticator.
pub struct Authenticator {
    /// Which.
    pub id: FactorId,
    /// What its owner calls it.
    pub name: String,
    /// The shared secret.
    pub secret: Zeroizing<Vec<u8>>,
    /// The last step that was accepted.
    pub last_step: u64,
    /// When it was added.
    pub created: WallMs,
    /// When it was last shown.
    pub used: Option<WallMs>,
}

/// The account's authenticators, the oldest first.
///
/// # Errors
/// [`StoreError`].
pub fn authenticators(
    tx: &ReadTx<'_, Accounts>,
    account: AccountId,
) -> Result<Vec<Authenticator>, StoreError> {
    let sql = "SELECT id, name, secret, last_step, created_ms, used_ms FROM totp
                WHERE account_id = ?1 ORDER BY created_ms, id";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let rows = statement.query_map([account.as_bytes()], authenticator_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Adds an authenticator to an account.
///
/// # Errors
/// [`StoreError`].
pub fn add_authenticator(
    tx: &WriteTx<'_, Accounts>,
    account: AccountId,
    new: &Authenticator,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO totp (id, account_id, name, secret, last_step, created_ms, used_ms)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    tx.transaction.execute(
        sql,
        rusqlite::params![
            new.id.as_bytes(),
            account.as_bytes(),
            new.name,
            *new.secret,
            new.last_step,
            new.created.0,
            new.used.map(|used| used.0),
        ],
    )?;
    alone::settle(tx, account)
}

/// Gives an authenticator of the account another name: false when there is none.
///
/// # Errors
/// [`StoreError`].
pub fn rename_authenticator(
    tx: &WriteTx<'_, Accounts>,
    account: AccountId,
    factor: FactorId,
    name: &str,
) -> Result<bool, StoreError> {
    let sql = "UPDATE totp SET name = ?3 WHERE account_id = ?1 AND id = ?2";
    Ok(tx.transaction.execute(sql, (account.as_bytes(), factor.as_bytes(), name))? == 1)
}

/// Removes an authenticator of the account: false when there is none.
///
/// # Errors
/// [`StoreError`].
pub fn remove_authenticator(
    tx: &WriteTx<'_, Accounts>,
    account: AccountId,
    factor: FactorId,
) -> Result<bool, StoreError> {
    let sql = "DELETE FROM totp WHERE account_id = ?1 AND id = ?2";
    Ok(tx.transaction.execute(sql, (account.as_bytes(), factor.as_bytes()))? == 1)
}

/// Accepts `step` once: false when it or a later one was accepted already (RFC 6238 §5.2).
///
/// # Errors
/// [`StoreError`].
pub fn accept_totp_step(
    tx: &WriteTx<'_, Accounts>,
    factor: FactorId,
    step: u64,
    now: WallMs,
) -> Result<bool, StoreError> {
    let sql = "UPDATE totp SET last_step = ?2, used_ms = ?3 WHERE id = ?1 AND last_step < ?2";
    Ok(tx.transaction.execute(sql, (factor.as_bytes(), step, now.0))? == 1)
}

/// Lowers the last accepted step, which a wrong clock had put into the future.
///
/// # Errors
/// [`StoreError`].
pub fn lower_totp_step(
    tx: &WriteTx<'_, Accounts>,
    factor: FactorId,
    step: u64,
) -> Result<(), StoreError> {
    let sql = "UPDATE totp SET last_step = ?2 WHERE id = ?1 AND last_step > ?2";
    tx.transaction.execute(sql, (factor.as_bytes(), step))?;
    Ok(())
}

fn authenticator_row(row: &Row<'_>) -> rusqlite::Result<Authenticator> {
    let used: Option<i64> = row.get("used_ms")?;
    Ok(Authenticator {
        id: id(row, "id")?,
        name: row.get("name")?,
        secret: Zeroizing::new(row.get("secret")?),
        last_step: row.get("last_step")?,
        created: WallMs(row.get("created_ms")?),
        used: used.map(WallMs),
    })
}
