//! How much there is.

use stead_rules::ids::LibraryId;

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
