//! How much there is.

use stead_rules::ids::{LibraryId, UserId};

use super::item::{title_within_age, visible, within_age};
use crate::{Library, ReadTx, StoreError};

/// What a library's card shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Items that play or show: films, episodes, tracks, photos.
    pub items: u64,
    /// Files that cannot be used.
    pub problems: u64,
}

/// What there is in a library.
///
/// # Errors
/// [`StoreError`].
pub fn of_library(tx: &ReadTx<'_, Library>, library: LibraryId) -> Result<Totals, StoreError> {
    let sql = "SELECT
                 (SELECT count(*) FROM lib l JOIN item i INDEXED BY item_by_title ON i.lib_n = l.n
                   WHERE l.id = ?1 AND i.missing_ms IS NULL
                     AND i.kind IN ('film', 'episode', 'track', 'photo')),
                 (SELECT count(*) FROM lib l JOIN root r ON r.lib_n = l.n
                    JOIN folder d ON d.root_n = r.n JOIN problem p ON p.folder_n = d.n
                   WHERE l.id = ?1)";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    Ok(statement.query_row([library.as_bytes()], |row| {
        Ok(Totals { items: row.get(0)?, problems: row.get(1)? })
    })?)
}

/// What `user` sees in a library. Whoever has a limit is told of their titles alone, and of no problem.
///
/// # Errors
/// [`StoreError`].
pub fn seen_in_library(
    tx: &ReadTx<'_, Library>,
    user: UserId,
    library: LibraryId,
) -> Result<Totals, StoreError> {
    let limited = "SELECT EXISTS (SELECT 1 FROM acc.visible_library
                                   WHERE user_id = ?1 AND library_id = ?2 AND max_age IS NOT NULL)";
    let mut statement = tx.transaction.prepare_cached(limited)?;
    let who = (user.as_bytes(), library.as_bytes());
    if !statement.query_row(who, |row| row.get::<_, bool>(0))? {
        return of_library(tx, library);
    }
    let sql = concat!(
        "SELECT count(*) FROM item i",
        visible!(),
        "WHERE i.lib_n = (SELECT n FROM lib WHERE id = ?2) AND i.missing_ms IS NULL
           AND i.kind IN ('film', 'episode', 'track', 'photo')"
    );
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let items = statement.query_row(who, |row| row.get(0))?;
    Ok(Totals { items, problems: 0 })
}
