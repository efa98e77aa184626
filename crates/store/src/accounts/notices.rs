//! What a user's other sessions are told.

use rusqlite::{OptionalExtension, Row};
use stead_rules::ids::{FactorId, NoticeId, SessionId, UserId};
use stead_rules::limits::NOTICES_MAX;
use stead_rules::signin::{NoticeKind, concerns_later_sessions, notice_is_shown};
use stead_rules::time::WallMs;

use crate::columns::{id, maybe_id, notice_kind};
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
    /// The factor that was added, or that looks copied.
    pub factor: Option<FactorId>,
    /// The session that was opened, as long as it is there.
    pub session: Option<SessionId>,
}

/// Keeps a notice for a user; the oldest of its kind beyond [`NOTICES_MAX`] makes room. Of one
/// factor a kind is told once: what is told again takes the place of what was.
///
/// # Errors
/// [`StoreError`].
pub fn add(tx: &WriteTx<'_, Accounts>, user: UserId, notice: &Notice) -> Result<(), StoreError> {
    if let Some(factor) = notice.factor {
        let sql = "DELETE FROM notice WHERE user_id = ?1 AND kind = ?2 AND factor_id = ?3";
        tx.transaction.execute(sql, (user.as_bytes(), notice.kind.word(), factor.as_bytes()))?;
    }
    let sql = "INSERT INTO notice (id, user_id, kind, about, at_ms, factor_id, session_id)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    tx.transaction.execute(
        sql,
        rusqlite::params![
            notice.id.as_bytes(),
            user.as_bytes(),
            notice.kind.word(),
            &notice.about,
            notice.at.0,
            notice.factor.map(|factor| *factor.as_bytes()),
            notice.session.map(|session| *session.as_bytes()),
        ],
    )?;
    let sql = "DELETE FROM notice WHERE user_id = ?1 AND kind = ?2 AND id NOT IN
                 (SELECT id FROM notice WHERE user_id = ?1 AND kind = ?2
                   ORDER BY at_ms DESC, rowid DESC LIMIT ?3)";
    tx.transaction.execute(sql, (user.as_bytes(), notice.kind.word(), NOTICES_MAX))?;
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
    let sql = "SELECT n.id, n.kind, n.about, n.at_ms, n.factor_id, n.session_id,
                      EXISTS (SELECT 1 FROM notice_seen h
                               WHERE h.notice_id = n.id AND h.session_id = s.id)
                      OR EXISTS (SELECT 1 FROM notice_seen_in b
                                  WHERE b.notice_id = n.id AND b.browser_id = s.browser_id)
                      AS here,
                      s.created_ms <= n.at_ms AS before
                 FROM notice n JOIN session s ON s.id = ?2
                WHERE n.user_id = ?1 AND n.at_ms >= ?3
                ORDER BY n.at_ms DESC, n.rowid DESC";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let rows = statement.query_map((user.as_bytes(), session.as_bytes(), oldest.0), |row| {
        let notice = notice_row(row)?;
        let later = concerns_later_sessions(notice.kind, notice.session.is_some());
        let shown = notice_is_shown(row.get("here")?, row.get("before")?, later);
        Ok(shown.then_some(notice))
    })?;
    let shown = rows.filter_map(Result::transpose).collect::<Result<_, _>>()?;
    Ok(shown)
}

/// The notice of a user with this id.
///
/// # Errors
/// [`StoreError`].
pub fn one(
    tx: &ReadTx<'_, Accounts>,
    user: UserId,
    notice: NoticeId,
) -> Result<Option<Notice>, StoreError> {
    let sql = "SELECT id, kind, about, at_ms, factor_id, session_id FROM notice
                WHERE id = ?1 AND user_id = ?2";
    let found = tx.transaction.query_row(sql, (notice.as_bytes(), user.as_bytes()), notice_row);
    Ok(found.optional()?)
}

/// Whether there is a notice of this kind about what this session did.
///
/// # Errors
/// [`StoreError`].
pub fn was_told_of(
    tx: &ReadTx<'_, Accounts>,
    user: UserId,
    kind: NoticeKind,
    session: SessionId,
) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM notice
                               WHERE user_id = ?1 AND kind = ?2 AND session_id = ?3)";
    let of = (user.as_bytes(), kind.word(), session.as_bytes());
    Ok(tx.transaction.query_row(sql, of, |row| row.get(0))?)
}

fn notice_row(row: &Row<'_>) -> rusqlite::Result<Notice> {
    Ok(Notice {
        id: id(row, "id")?,
        kind: notice_kind(row, "kind")?,
        about: row.get("about")?,
        at: WallMs(row.get("at_ms")?),
        factor: maybe_id(row, "factor_id")?,
        session: maybe_id(row, "session_id")?,
    })
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

/// A session knows of a sign-in, because it approved it: a session that is gone meanwhile knows
/// nothing.
///
/// # Errors
/// [`StoreError`].
pub fn sign_in_known_to(
    tx: &WriteTx<'_, Accounts>,
    opened: SessionId,
    session: SessionId,
) -> Result<(), StoreError> {
    let sql = "INSERT OR IGNORE INTO notice_seen (notice_id, session_id)
               SELECT n.id, s.id FROM notice n, session s
                WHERE n.session_id = ?1 AND s.id = ?2";
    tx.transaction.execute(sql, (opened.as_bytes(), session.as_bytes()))?;
    Ok(())
}

/// A session of `user` has seen a notice, and with it the browser that it is in, if that is
/// remembered: false when there is none.
///
/// # Errors
/// [`StoreError`].
pub fn seen(
    tx: &WriteTx<'_, Accounts>,
    user: UserId,
    session: SessionId,
    notice: NoticeId,
) -> Result<bool, StoreError> {
    if one(tx, user, notice)?.is_none() {
        return Ok(false);
    }
    known_to(tx, notice, session)?;
    let sql = "INSERT OR IGNORE INTO notice_seen_in (notice_id, browser_id)
               SELECT ?1, browser_id FROM session WHERE id = ?2 AND browser_id IS NOT NULL";
    tx.transaction.execute(sql, (notice.as_bytes(), session.as_bytes()))?;
    Ok(true)
}
