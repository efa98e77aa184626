//! Files that cannot be used, and why.

use std::path::PathBuf;

use stead_rules::ids::{LibraryId, UserId};

use super::detail::path;
use crate::{Library, ReadTx, StoreError, WriteTx};

/// A file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProblem<'a> {
    /// Its folder.
    pub folder_n: i64,
    /// Its name.
    pub name: &'a [u8],
    /// Its length.
    pub size: u64,
    /// Time of its last change.
    pub mtime_ns: i64,
    /// A stable word.
    pub code: &'a str,
    /// A sentence.
    pub detail: &'a str,
    /// The version of the readers that say so.
    pub reader: u32,
}

/// A time that no file has: a problem that is stored with it is not taken for known.
pub const NO_TIME: i64 = i64::MIN;

/// Notes that a file cannot be used.
///
/// # Errors
/// [`StoreError`].
pub fn put(tx: &WriteTx<'_, Library>, problem: &NewProblem<'_>) -> Result<(), StoreError> {
    let sql =
        "INSERT OR REPLACE INTO problem (folder_n, name, size, mtime_ns, code, detail, reader)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    tx.transaction.prepare_cached(sql)?.execute((
        problem.folder_n,
        problem.name,
        problem.size,
        problem.mtime_ns,
        problem.code,
        problem.detail,
        problem.reader,
    ))?;
    Ok(())
}

/// Makes the next scan of a root look again into what readers older than `reader` could not use.
/// Until then their word stands.
///
/// # Errors
/// [`StoreError`].
pub fn doubt_older(tx: &WriteTx<'_, Library>, root_n: i64, reader: u32) -> Result<(), StoreError> {
    let folders = "UPDATE folder SET signature = NULL WHERE root_n = ?1
                      AND n IN (SELECT folder_n FROM problem WHERE reader < ?2)";
    tx.transaction.execute(folders, (root_n, reader))?;
    let files = "UPDATE problem SET mtime_ns = ?3 WHERE reader < ?2
                    AND folder_n IN (SELECT n FROM folder WHERE root_n = ?1)";
    tx.transaction.execute(files, (root_n, reader, NO_TIME))?;
    Ok(())
}

/// Forgets what was said about a file that is gone.
///
/// # Errors
/// [`StoreError`].
pub fn clear(tx: &WriteTx<'_, Library>, folder_n: i64, name: &[u8]) -> Result<(), StoreError> {
    let sql = "DELETE FROM problem WHERE folder_n = ?1 AND name = ?2";
    tx.transaction.prepare_cached(sql)?.execute((folder_n, name))?;
    Ok(())
}

/// A problem as its owner reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProblemRow {
    /// Where the file lies below the library's folder.
    pub path: PathBuf,
    /// A stable word.
    pub code: String,
    /// A sentence.
    pub detail: String,
}

/// Up to `limit` problems of a library that `user` sees, by path.
///
/// # Errors
/// [`StoreError`].
pub fn of_library(
    tx: &ReadTx<'_, Library>,
    user: UserId,
    library: LibraryId,
    limit: u32,
) -> Result<Vec<ProblemRow>, StoreError> {
    let sql = "SELECT d.path, p.name, p.code, p.detail
                 FROM lib l
                 JOIN acc.visible_library v ON v.library_id = l.id AND v.user_id = ?1
                 JOIN root r ON r.lib_n = l.n JOIN folder d ON d.root_n = r.n
                 JOIN problem p ON p.folder_n = d.n
                WHERE l.id = ?2 ORDER BY d.path, p.name LIMIT ?3";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let rows = statement.query_map((user.as_bytes(), library.as_bytes(), limit), |row| {
        let folder: Vec<u8> = row.get(0)?;
        let name: Vec<u8> = row.get(1)?;
        Ok(ProblemRow {
            path: path(&folder).join(path(&name)),
            code: row.get(2)?,
            detail: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
