//! Files that are gone. They are hidden, kept for a while, and only then forgotten.

use stead_rules::ids::LibraryId;

use super::put::bring_back;
use crate::{Library, ReadTx, StoreError, WriteTx};

/// How many files of a root are there, as far as the index knows.
///
/// # Errors
/// [`StoreError`].
pub fn files_there(tx: &ReadTx<'_, Library>, root_n: i64) -> Result<u64, StoreError> {
    let sql = "SELECT count(*) FROM folder d JOIN file f ON f.folder_n = d.n
                WHERE d.root_n = ?1 AND f.missing_ms IS NULL";
    Ok(tx.transaction.query_row(sql, [root_n], |row| row.get(0))?)
}

/// Numbers of the files of a folder that are there, as far as the index knows.
///
/// # Errors
/// [`StoreError`].
pub fn files_in(tx: &ReadTx<'_, Library>, folder_n: i64) -> Result<Vec<i64>, StoreError> {
    let sql = "SELECT n FROM file WHERE folder_n = ?1 AND missing_ms IS NULL";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let rows = statement.query_map([folder_n], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Hides a file that was in `folder_n` and is gone. One that was found elsewhere meanwhile is in
/// another folder and stays.
///
/// # Errors
/// [`StoreError`].
pub fn file_gone(
    tx: &WriteTx<'_, Library>,
    file_n: i64,
    folder_n: i64,
    now_ms: i64,
) -> Result<(), StoreError> {
    let sql = "UPDATE file SET missing_ms = ?3
                WHERE n = ?1 AND folder_n = ?2 AND missing_ms IS NULL RETURNING item_n";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let found: Vec<i64> = statement
        .query_map((file_n, folder_n, now_ms), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    found.into_iter().try_for_each(|item_n| hide_if_bare(tx, item_n, now_ms))
}

/// Hides an item of which nothing is there, and what it was the last part of.
pub(super) fn hide_if_bare(
    tx: &WriteTx<'_, Library>,
    item_n: i64,
    now_ms: i64,
) -> Result<(), StoreError> {
    let sql = "UPDATE item SET missing_ms = ?2
                WHERE n = ?1 AND missing_ms IS NULL
                  AND NOT EXISTS (SELECT 1 FROM file WHERE item_n = ?1 AND missing_ms IS NULL)
                  AND NOT EXISTS (SELECT 1 FROM item c WHERE c.parent_n = ?1
                                     AND c.missing_ms IS NULL)
               RETURNING parent_n";
    let mut next = Some(item_n);
    while let Some(n) = next {
        let mut statement = tx.transaction.prepare_cached(sql)?;
        let hidden: Vec<Option<i64>> =
            statement.query_map((n, now_ms), |row| row.get(0))?.collect::<Result<_, _>>()?;
        next = hidden.into_iter().next().flatten();
    }
    Ok(())
}

/// Shows a file again that was gone and is back, unchanged, where it was.
///
/// # Errors
/// [`StoreError`].
pub fn file_back(tx: &WriteTx<'_, Library>, file_n: i64) -> Result<(), StoreError> {
    let sql = "UPDATE file SET missing_ms = NULL WHERE n = ?1 RETURNING item_n";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let found: Vec<i64> =
        statement.query_map([file_n], |row| row.get(0))?.collect::<Result<_, _>>()?;
    found.into_iter().try_for_each(|item_n| bring_back(tx, item_n))
}

/// Forgets a folder that is gone, unless files that were in it are still kept.
///
/// # Errors
/// [`StoreError`].
pub fn folder_gone(tx: &WriteTx<'_, Library>, folder_n: i64) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM problem WHERE folder_n = ?1",
        "DELETE FROM artwork WHERE folder_n = ?1",
        "UPDATE folder SET signature = NULL WHERE n = ?1",
        "DELETE FROM folder WHERE n = ?1
            AND NOT EXISTS (SELECT 1 FROM file WHERE folder_n = ?1)",
    ] {
        tx.transaction.prepare_cached(sql)?.execute([folder_n])?;
    }
    Ok(())
}

/// Forgets up to `limit` files that have been gone since before `before_ms`: how many they were.
///
/// # Errors
/// [`StoreError`].
pub fn forget_old(
    tx: &WriteTx<'_, Library>,
    before_ms: i64,
    limit: u32,
) -> Result<usize, StoreError> {
    let sql = "DELETE FROM file WHERE n IN
                 (SELECT n FROM file WHERE missing_ms < ?1 LIMIT ?2)";
    let gone = tx.transaction.execute(sql, (before_ms, limit))?;
    let bare = "DELETE FROM item WHERE missing_ms < ?1
                   AND NOT EXISTS (SELECT 1 FROM file WHERE item_n = item.n)
                   AND NOT EXISTS (SELECT 1 FROM item c WHERE c.parent_n = item.n)";
    while tx.transaction.execute(bare, [before_ms])? > 0 {}
    Ok(gone)
}

/// How many files of a library are gone.
///
/// # Errors
/// [`StoreError`].
pub fn count(tx: &ReadTx<'_, Library>, library: LibraryId) -> Result<u64, StoreError> {
    let sql = "SELECT count(*) FROM lib l JOIN root r ON r.lib_n = l.n
                 JOIN folder d ON d.root_n = r.n JOIN file f ON f.folder_n = d.n
                WHERE l.id = ?1 AND f.missing_ms IS NOT NULL";
    Ok(tx.transaction.query_row(sql, [library.as_bytes()], |row| row.get(0))?)
}
