//! Libraries that are played without a sign-in on a server that was never claimed (C7), and the one
//! row by which the visibility predicate knows who sees them. That row has no account, so nobody
//! signs in as it.

use stead_rules::ids::{IssuerId, LibraryId, UserId};
use stead_rules::time::WallMs;

use super::identity::embedded_issuer;
use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// The `sub` of the row; those of people are ids.
const SUB: &str = "local";

/// Lets `viewer` see these libraries and no others. `fresh` becomes the id of the embedded issuer
/// where there is none yet.
///
/// # Errors
/// [`StoreError`].
pub fn show(
    tx: &WriteTx<'_, Accounts>,
    fresh: IssuerId,
    viewer: UserId,
    libraries: &[LibraryId],
    now: WallMs,
) -> Result<(), StoreError> {
    let issuer = embedded_issuer(tx, fresh, now)?;
    let sql = "INSERT INTO user (id, issuer_id, sub, name, role, created_ms)
               VALUES (?1, ?2, ?3, '', 'member', ?4) ON CONFLICT (id) DO NOTHING";
    tx.transaction.execute(sql, (viewer.as_bytes(), issuer.as_bytes(), SUB, now.0))?;
    let sql = "DELETE FROM share WHERE user_id = ?1";
    tx.transaction.execute(sql, [viewer.as_bytes()])?;
    for library in libraries {
        super::libraries::share(tx, *library, viewer, now)?;
    }
    Ok(())
}

/// Nobody sees anything without a sign-in any more. The libraries stay, for the owner.
///
/// # Errors
/// [`StoreError`].
pub fn hide(tx: &WriteTx<'_, Accounts>, viewer: UserId) -> Result<(), StoreError> {
    tx.transaction.execute("DELETE FROM user WHERE id = ?1", [viewer.as_bytes()])?;
    Ok(())
}

/// Whether there is a row by which anybody sees something without a sign-in.
///
/// # Errors
/// [`StoreError`].
pub fn is_there(tx: &ReadTx<'_, Accounts>, viewer: UserId) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM user WHERE id = ?1)";
    Ok(tx.transaction.query_row(sql, [viewer.as_bytes()], |row| row.get(0))?)
}
