//! The first page: what somebody was in the middle of, and what is new.

use stead_rules::ids::{LibraryId, UserId};
use stead_rules::limits::{RESUME_FROM_PERCENT, RESUME_MIN_MS, RESUME_TO_PERCENT};
use stead_rules::media::ItemKind;

use super::item::{
    ItemRow, closed_list, item_columns, not_closed, picture_within_age, seen_by_user,
    title_within_age, visible, within_age,
};
use super::lists::{Order, of_kind, rows};
use crate::{Library, ReadTx, StoreError};

/// What `user` was in the middle of, the last first. What they saw to its end before and began
/// again counts too; at its end a position goes back to the beginning. Nothing of `closed` libraries.
///
/// # Errors
/// [`StoreError`].
pub fn continued(
    tx: &ReadTx<'_, Library>,
    user: UserId,
    closed: &[LibraryId],
    limit: u32,
) -> Result<Vec<ItemRow>, StoreError> {
    // From the few rows of the user to the items, never the other way round.
    let sql = concat!(
        "SELECT ",
        item_columns!(),
        " FROM acc.user_data r CROSS JOIN item i ON i.content_key = r.content_key",
        seen_by_user!(),
        "WHERE ",
        not_closed!("?6"),
        "AND r.user_id = ?1 AND i.missing_ms IS NULL \
         AND i.kind IN ('film', 'episode') \
         AND coalesce(r.duration_ms, i.duration_ms) >= ?3 \
         AND r.position_ms * 100 >= coalesce(r.duration_ms, i.duration_ms) * ?4 \
         AND r.position_ms * 100 <= coalesce(r.duration_ms, i.duration_ms) * ?5 \
         ORDER BY r.updated_ms DESC LIMIT ?2"
    );
    let bounds = (RESUME_MIN_MS, RESUME_FROM_PERCENT, RESUME_TO_PERCENT);
    let closed = closed_list(closed);
    rows(tx, sql, (user.as_bytes(), limit, bounds.0, bounds.1, bounds.2, closed))
}

/// The newest of `kinds` in `library` that `user` sees.
///
/// # Errors
/// [`StoreError`].
pub fn latest(
    tx: &ReadTx<'_, Library>,
    user: UserId,
    library: LibraryId,
    kinds: &[ItemKind],
    limit: u32,
) -> Result<Vec<ItemRow>, StoreError> {
    let mut found = Vec::new();
    for kind in kinds {
        found.extend(of_kind(tx, user, library, *kind, &Order::Added(None), limit)?);
    }
    found.sort_by_key(|item| std::cmp::Reverse((item.added_ms, item.n)));
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(found)
}
