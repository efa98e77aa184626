//! What hangs on which browser: where factors were made.

use stead_rules::ids::{AccountId, FactorId, SessionId};

use crate::columns::id;
use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// Says in which session a factor was made.
///
/// # Errors
/// [`StoreError`].
pub fn made_in(
    tx: &WriteTx<'_, Accounts>,
    factor: FactorId,
    session: SessionId,
) -> Result<(), StoreError> {
    for sql in [
        "UPDATE totp SET made_in = ?2 WHERE id = ?1",
        "UPDATE passkey SET made_in = ?2 WHERE id = ?1",
    ] {
        tx.transaction.execute(sql, (factor.as_bytes(), session.as_bytes()))?;
    }
    Ok(())
}

/// Factors of an account and the sessions that they were made in, where these are still there.
///
/// # Errors
/// [`StoreError`].
pub fn makers(
    tx: &ReadTx<'_, Accounts>,
    account: AccountId,
) -> Result<Vec<(FactorId, SessionId)>, StoreError> {
    let sql = "SELECT id, made_in FROM totp WHERE account_id = ?1 AND made_in IS NOT NULL
               UNION ALL
               SELECT id, made_in FROM passkey WHERE account_id = ?1 AND made_in IS NOT NULL";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let rows = statement
        .query_map([account.as_bytes()], |row| Ok((id(row, "id")?, id(row, "made_in")?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
