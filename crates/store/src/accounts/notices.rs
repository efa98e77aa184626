//! What a user's other sessions are told.

use stead_rules::ids::{NoticeId, SessionId, UserId};
use stead_rules::limits::NOTICES_MAX;
use stead_rules::signin::{NoticeKind, notice_is_shown};
use stead_rules::time::WallMs;

use crate::columns::{id, notice_kind};
use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// Something that happened to what a user signs in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Which.
    pub id: NoticeId,
    /// What happened.
    pub kind: NoticeKind,
    /// The name of the factor or device; empty where there is none.
    pub about: String,
    /// When.
    pub at: WallMs,
}

/// Keeps a notice for a user; the oldest beyond [`NOTICES_MAX`] makes room.
///
/// # Errors
/// [`StoreError`].
pub fn add(tx: &WriteTx<'_, Accounts>, user: UserId, notice: &Notice) -> Result<(), StoreError> {
    let sql = "INSERT INTO notice (id, user_id, kind, about, at_ms) VALUES (?1, ?2, ?3, ?4, ?5)";
    tx.transaction.execute(
        sql,
        (notice.id.as_bytes(), user.as_bytes(), notice.kind.word(), &notice.about, notice.at.0),
    )?;
    let sql = "DELETE FROM notice WHERE user_id = ?1 AND id NOT IN
                 (SELECT id FROM notice WHERE user_id = ?1 ORDER BY at_ms DESC, rowid DESC
                   LIMIT ?2)";
    tx.transaction.execute(sql, (user.as_bytes(), NOTICES_MAX))?;
    Ok(())
}

/// What a session is shown of what happened since `oldest`, the newest first.
///
/// # Errors
/// [`StoreError`].
pub fn shown_to(
    tx: &ReadTx<'_, Accounts>,
    user: UserId,
    session: SessionId,
    oldest: WallMs,
) -> Result<Vec<Notice>, StoreError> {
    let sql = "SELECT n.id, n.kind, n.about, n.at_ms, n.seen AS by_anybody,
                      h.session_id IS NOT NULL AS here,
                      s.created_ms <= n.at_ms AS before
                 FROM notice n JOIN session s ON s.id = ?2
                 LEFT JOIN notice_seen h ON h.notice_id = n.id AND h.session_id = s.id
                WHERE n.user_id = ?1 AND n.at_ms >= ?3
                ORDER BY n.at_ms DESC, n.rowid DESC";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let rows = statement.query_map((user.as_bytes(), session.as_bytes(), oldest.0), |row| {
        let notice = Notice {
            id: id(row, "id")?,
            kind: notice_kind(row, "kind")?,
            about: row.get("about")?,
            at: WallMs(row.get("at_ms")?),
        };
        let shown = notice_is_shown(row.get("here")?, row.get("by_anybody")?, row.get("before")?);
        Ok(shown.then_some(notice))
    })?;
    let shown = rows.filter_map(Result::transpose).collect::<Result<_, _>>()?;
    Ok(shown)
}

/// A session knows of a notice, because it did what the notice tells.
///
/// # Errors
/// [`StoreError`].
pub fn known_to(
    tx: &WriteTx<'_, Accounts>,
    notice: NoticeId,
    session: SessionId,
) -> Result<(), StoreError> {
    let sql = "INSERT OR IGNORE INTO notice_seen (notice_id, session_id) VALUES (?1, ?2)";
    tx.transaction.execute(sql, (notice.as_bytes(), session.as_bytes()))?;
    Ok(())
}

/// A session of `user` has seen a notice: false when there is none.
///
/// # Errors
/// [`StoreError`].
pub fn seen(
    tx: &WriteTx<'_, Accounts>,
    user: UserId,
    session: SessionId,
    notice: NoticeId,
) -> Result<bool, StoreError> {
    let sql = "UPDATE notice SET seen = 1 WHERE id = ?1 AND user_id = ?2";
    if tx.transaction.execute(sql, (notice.as_bytes(), user.as_bytes()))? == 0 {
        return Ok(false);
    }
    known_to(tx, notice, session)?;
    Ok(true)
}
