//! In which era of the server's life the accounts are.

use rusqlite::{Connection, OptionalExtension};
use stead_rules::claim::Eras;
use stead_rules::ids::EraId;

use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// The eras that the accounts know; none before they were first counted.
///
/// # Errors
/// [`StoreError`].
pub fn eras(tx: &ReadTx<'_, Accounts>) -> Result<Option<Eras>, StoreError> {
    Ok(known(&tx.transaction)?)
}

/// Goes over to these eras, or to none.
///
/// # Errors
/// [`StoreError`].
pub fn set_eras(tx: &WriteTx<'_, Accounts>, eras: Option<Eras>) -> Result<(), StoreError> {
    let Some(eras) = eras else {
        tx.transaction.execute("DELETE FROM era", [])?;
        return Ok(());
    };
    Ok(tell(&tx.transaction, eras)?)
}

/// The same for accounts that are kept aside.
pub(crate) fn tell(connection: &Connection, eras: Eras) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO era (one, current, previous) VALUES (1, ?1, ?2)";
    let previous = eras.previous.as_ref().map(EraId::as_bytes);
    connection.execute(sql, (eras.current.as_bytes(), previous)).map(drop)
}

/// The same of a database that is only looked at, and may be of a version that counted none.
pub(crate) fn known(connection: &Connection) -> rusqlite::Result<Option<Eras>> {
    if !connection.table_exists(None, "era")? {
        return Ok(None);
    }
    let sql = "SELECT current, previous FROM era WHERE one = 1";
    let found = connection.query_row(sql, [], |row| {
        let previous: Option<[u8; 16]> = row.get("previous")?;
        Ok(Eras {
            current: EraId::from_bytes(row.get("current")?),
            previous: previous.map(EraId::from_bytes),
        })
    });
    found.optional()
}
