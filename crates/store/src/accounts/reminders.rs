//! Who was reminded of what is required, and when.

use rusqlite::OptionalExtension;
use stead_rules::ids::UserId;
use stead_rules::time::{Moment, Now};

use super::sessions::{RunId, moment};
use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// The step of a reminder that somebody sent.
pub const BY_HAND: &str = "hand";

/// Notes that somebody was reminded at this step.
///
/// # Errors
/// [`StoreError`].
pub fn note(
    tx: &WriteTx<'_, Accounts>,
    run: &RunId,
    user: UserId,
    step: &str,
    now: Now,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO reminder (user_id, step, sent_ms, sent_boot_ms, sent_run)
               VALUES (?1, ?2, ?3, ?4, ?5)";
    tx.transaction.execute(sql, (user.as_bytes(), step, now.wall.0, now.boot.0, run))?;
    Ok(())
}

/// When somebody was last reminded by hand.
///
/// # Errors
/// [`StoreError`].
pub fn last_by_hand(
    tx: &ReadTx<'_, Accounts>,
    run: &RunId,
    user: UserId,
) -> Result<Option<Moment>, StoreError> {
    let sql = "SELECT * FROM reminder WHERE user_id = ?1 AND step = ?2 ORDER BY id DESC LIMIT 1";
    let sent = ["sent_ms", "sent_boot_ms", "sent_run"];
    let found = tx
        .transaction
        .query_row(sql, (user.as_bytes(), BY_HAND), |row| moment(row, run, sent))
        .optional()?;
    Ok(found)
}
