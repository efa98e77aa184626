//! What people watched and how far, keyed by what a file holds.

use rusqlite::OptionalExtension;
use stead_rules::ids::{ContentKey, UserId};
use stead_rules::time::WallMs;

use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// How far somebody is in something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Where to go on.
    pub position_ms: u64,
    /// How long it is, as the player saw it.
    pub duration_ms: Option<u64>,
    /// Whether it was seen to the end.
    pub watched: bool,
}

/// How far `user` is in `content`.
///
/// # Errors
/// [`StoreError`].
pub fn progress(
    tx: &ReadTx<'_, Accounts>,
    user: UserId,
    content: ContentKey,
) -> Result<Option<Progress>, StoreError> {
    let sql = "SELECT position_ms, duration_ms, watched FROM user_data
                WHERE user_id = ?1 AND content_key = ?2";
    let found = tx.transaction.query_row(sql, (user.as_bytes(), content.as_bytes()), |row| {
        Ok(Progress { position_ms: row.get(0)?, duration_ms: row.get(1)?, watched: row.get(2)? })
    });
    Ok(found.optional()?)
}

/// Records how far `user` is in `content`.
///
/// # Errors
/// [`StoreError`].
pub fn put_progress(
    tx: &WriteTx<'_, Accounts>,
    user: UserId,
    content: ContentKey,
    progress: &Progress,
    now: WallMs,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO user_data
                 (user_id, content_key, position_ms, duration_ms, watched, updated_ms)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)
               ON CONFLICT (user_id, content_key) DO UPDATE SET
                 position_ms = ?3, duration_ms = coalesce(?4, duration_ms), watched = ?5,
                 updated_ms = ?6";
    tx.transaction.execute(
        sql,
        (
            user.as_bytes(),
            content.as_bytes(),
            progress.position_ms,
            progress.duration_ms,
            progress.watched,
            now.0,
        ),
    )?;
    Ok(())
}
