//! Passkeys: public keys that authenticators hold the other half of.

use rusqlite::{OptionalExtension, Row};
use stead_rules::ids::{AccountId, FactorId};
use stead_rules::time::WallMs;

use super::alone;
use crate::columns::id;
use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// A passkey, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyRow {
    /// Which.
    pub id: FactorId,
    /// Whose.
    pub account: AccountId,
    /// The name of the box that it was made for.
    pub rp_id: String,
    /// What the authenticator calls it.
    pub credential_id: Vec<u8>,
    /// JSON: the public key, its counter and its flags.
    pub credential: String,
    /// What its owner calls it.
    pub name: String,
    /// When it was made.
    pub created: WallMs,
    /// When it was last used.
    pub used: Option<WallMs>,
    /// Whether its name still leads here.
    pub leads_here: bool,
}

const COLUMNS: &str = "id, account_id, rp_id, credential_id, credential, name, created_ms, used_ms,
            leads_here";

/// Stores a new passkey.
///
/// # Errors
/// [`StoreError::Exists`] when somebody has this credential already.
pub fn add(tx: &WriteTx<'_, Accounts>, passkey: &PasskeyRow) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO passkey (id, account_id, rp_id, credential_id, credential, name, created_ms)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    tx.transaction.execute(
        sql,
        (
            passkey.id.as_bytes(),
            passkey.account.as_bytes(),
            &passkey.rp_id,
            &passkey.credential_id,
            &passkey.credential,
            &passkey.name,
            passkey.created.0,
        ),
    )?;
    alone::settle(tx, passkey.account)
}

/// The passkeys of an account, the oldest first.
///
/// # Errors
/// [`StoreError`].
pub fn of_account(
    tx: &ReadTx<'_, Accounts>,
    account: AccountId,
) -> Result<Vec<PasskeyRow>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM passkey WHERE account_id = ?1 ORDER BY created_ms, rowid");
    let mut statement = tx.transaction.prepare_cached(&sql)?;
    let rows = statement.query_map([account.as_bytes()], passkey_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether anybody has a passkey for a name that leads here.
///
/// # Errors
/// [`StoreError`].
pub fn any_leads_here(tx: &ReadTx<'_, Accounts>) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM passkey WHERE leads_here)";
    Ok(tx.transaction.query_row(sql, [], |row| row.get(0))?)
}

/// The passkey that an authenticator calls so.
///
/// # Errors
/// [`StoreError`].
pub fn by_credential(
    tx: &ReadTx<'_, Accounts>,
    credential_id: &[u8],
) -> Result<Option<PasskeyRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM passkey WHERE credential_id = ?1");
    Ok(tx.transaction.query_row(&sql, [credential_id], passkey_row).optional()?)
}

/// Records a use: the counter may have moved on.
///
/// # Errors
/// [`StoreError`].
pub fn used(
    tx: &WriteTx<'_, Accounts>,
    passkey: FactorId,
    credential: &str,
    now: WallMs,
) -> Result<(), StoreError> {
    let sql = "UPDATE passkey SET credential = ?2, used_ms = ?3 WHERE id = ?1";
    tx.transaction.execute(sql, (passkey.as_bytes(), credential, now.0))?;
    Ok(())
}

/// Says which names lead here; of passkeys for any other nobody can show one. How many that changes.
///
/// # Errors
/// [`StoreError`].
pub fn note_names(tx: &WriteTx<'_, Accounts>, names: &[String]) -> Result<usize, StoreError> {
    let made_for: Vec<(String, bool)> = {
        let sql = "SELECT DISTINCT rp_id, leads_here FROM passkey";
        let mut statement = tx.transaction.prepare(sql)?;
        let rows =
            statement.query_map([], |row| Ok((row.get("rp_id")?, row.get("leads_here")?)))?;
        rows.collect::<Result<_, _>>()?
    };
    let mut changed = 0;
    for (name, noted) in made_for {
        let leads_here = names.contains(&name);
        if leads_here != noted {
            let sql = "UPDATE passkey SET leads_here = ?2 WHERE rp_id = ?1";
            changed += tx.transaction.execute(sql, (&name, leads_here))?;
        }
    }
    Ok(changed)
}

/// Gives a passkey another name: false when the account has none like that.
///
/// # Errors
/// [`StoreError`].
pub fn rename(
    tx: &WriteTx<'_, Accounts>,
    account: AccountId,
    passkey: FactorId,
    name: &str,
) -> Result<bool, StoreError> {
    let sql = "UPDATE passkey SET name = ?3 WHERE id = ?1 AND account_id = ?2";
    Ok(tx.transaction.execute(sql, (passkey.as_bytes(), account.as_bytes(), name))? == 1)
}

/// Removes a passkey: false when the account has none like that.
///
/// # Errors
/// [`StoreError`].
pub fn remove(
    tx: &WriteTx<'_, Accounts>,
    account: AccountId,
    passkey: FactorId,
) -> Result<bool, StoreError> {
    let sql = "DELETE FROM passkey WHERE id = ?1 AND account_id = ?2";
    Ok(tx.transaction.execute(sql, (passkey.as_bytes(), account.as_bytes()))? == 1)
}

fn passkey_row(row: &Row<'_>) -> rusqlite::Result<PasskeyRow> {
    Ok(PasskeyRow {
        id: id(row, "id")?,
        account: id(row, "account_id")?,
        rp_id: row.get("rp_id")?,
        credential_id: row.get("credential_id")?,
        credential: row.get("credential")?,
        name: row.get("name")?,
        created: WallMs(row.get("created_ms")?),
        used: row.get::<_, Option<i64>>("used_ms")?.map(WallMs),
        leads_here: row.get("leads_here")?,
    })
}
