//! Sessions that were made over plain http (`net.plain_playback`): which they are. Such a session is
//! good on the plain port alone, and one that was made over TLS is good for nothing there.

use stead_rules::ids::SessionId;

use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// Marks a session.
///
/// # Errors
/// [`StoreError`].
pub fn mark(tx: &WriteTx<'_, Accounts>, session: SessionId) -> Result<(), StoreError> {
    let sql = "INSERT OR IGNORE INTO plain_session (session_id) VALUES (?1)";
    tx.transaction.execute(sql, [session.as_bytes()])?;
    Ok(())
}

/// Whether a session is marked.
///
/// # Errors
/// [`StoreError`].
pub fn is_marked(tx: &ReadTx<'_, Accounts>, session: SessionId) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM plain_session WHERE session_id = ?1)";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    Ok(statement.query_row([session.as_bytes()], |row| row.get(0))?)
}
