//! External issuers. The embedded account service has its row in [`super::identity`].

use rusqlite::OptionalExtension as _;
use stead_rules::ids::IssuerId;
use stead_rules::time::WallMs;

use crate::columns::Stored;
use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// An external issuer, as configured.
#[derive(Debug, Clone, Copy)]
pub struct External<'a> {
    /// Its address.
    pub url: &'a str,
    /// What people call it.
    pub name: &'a str,
    /// What its word is worth.
    pub assurance: &'a str,
}

/// The row of the issuer with this address.
///
/// # Errors
/// [`StoreError`].
pub fn external(tx: &ReadTx<'_, Accounts>, url: &str) -> Result<Option<IssuerId>, StoreError> {
    let sql = "SELECT id FROM issuer WHERE kind = 'external' AND url = ?1";
    let found = tx.transaction.query_row(sql, [url], |row| row.get::<_, Stored<IssuerId>>(0));
    Ok(found.optional()?.map(|id| id.0))
}

/// Makes the row, or gives the one there is its present name and worth.
///
/// # Errors
/// [`StoreError`].
pub fn put_external(
    tx: &WriteTx<'_, Accounts>,
    fresh: IssuerId,
    issuer: &External<'_>,
    now: WallMs,
) -> Result<IssuerId, StoreError> {
    let sql = "INSERT INTO issuer (id, kind, url, name, assurance, created_ms)
               VALUES (?1, 'external', ?2, ?3, ?4, ?5)
               ON CONFLICT (url) WHERE kind = 'external'
               DO UPDATE SET name = excluded.name, assurance = excluded.assurance
               RETURNING id";
    let values = (fresh.as_bytes(), issuer.url, issuer.name, issuer.assurance, now.0);
    let id: Stored<IssuerId> = tx.transaction.query_row(sql, values, |row| row.get(0))?;
    Ok(id.0)
}
