//! Keys that sign ID tokens.

use rusqlite::Row;
use rusqlite::types::FromSqlError;
use stead_rules::provider::KeyStage;
use stead_rules::time::{Moment, Now};

use crate::accounts::sessions::{RunId, moment};
use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// A key that signs, will sign, or did.
pub struct SigningKey {
    /// What tokens name it by.
    pub kid: String,
    /// PKCS#8.
    pub private: Vec<u8>,
    /// A point on P-256: 4, x, y.
    pub public: Vec<u8>,
    /// Where it stands.
    pub stage: KeyStage,
    /// Since when.
    pub since: Moment,
}

/// Every key, in the order in which they were made.
///
/// # Errors
/// [`StoreError`].
pub fn signing_keys(tx: &ReadTx<'_, Accounts>, run: &RunId) -> Result<Vec<SigningKey>, StoreError> {
    let sql = "SELECT * FROM provider_key ORDER BY rowid";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| key_row(row, run))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Keeps a new key, in its stage from now on.
///
/// # Errors
/// [`StoreError::Exists`] if another key is in a stage that only one can be in.
pub fn make_key(
    tx: &WriteTx<'_, Accounts>,
    run: &RunId,
    key: &SigningKey,
    now: Now,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO provider_key
                 (kid, private, public, stage, stage_ms, stage_boot_ms, stage_run)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let values = rusqlite::params![
        &key.kid,
        &key.private,
        &key.public,
        key.stage.word(),
        now.wall.0,
        now.boot.0,
        run
    ];
    tx.transaction.execute(sql, values)?;
    Ok(())
}

/// Moves a key to a stage, from now on.
///
/// # Errors
/// [`StoreError::Exists`] if another key is in a stage that only one can be in.
pub fn enter_stage(
    tx: &WriteTx<'_, Accounts>,
    run: &RunId,
    kid: &str,
    stage: KeyStage,
    now: Now,
) -> Result<(), StoreError> {
    let sql = "UPDATE provider_key
                  SET stage = ?2, stage_ms = ?3, stage_boot_ms = ?4, stage_run = ?5
                WHERE kid = ?1";
    tx.transaction.execute(sql, (kid, stage.word(), now.wall.0, now.boot.0, run))?;
    Ok(())
}

/// Forgets a key.
///
/// # Errors
/// [`StoreError`].
pub fn remove_key(tx: &WriteTx<'_, Accounts>, kid: &str) -> Result<(), StoreError> {
    tx.transaction.execute("DELETE FROM provider_key WHERE kid = ?1", [kid])?;
    Ok(())
}

fn key_row(row: &Row<'_>, run: &RunId) -> rusqlite::Result<SigningKey> {
    let stage = KeyStage::from_word(row.get_ref("stage")?.as_str()?);
    Ok(SigningKey {
        kid: row.get("kid")?,
        private: row.get("private")?,
        public: row.get("public")?,
        stage: stage.ok_or(FromSqlError::InvalidType)?,
        since: moment(row, run, ["stage_ms", "stage_boot_ms", "stage_run"])?,
    })
}
