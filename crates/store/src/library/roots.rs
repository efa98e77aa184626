//! Libraries and their folders, as the indexer knows them.

use rusqlite::OptionalExtension;
use stead_rules::ids::{LibraryId, RootId};

use crate::{Library, ReadTx, StoreError, WriteTx};

/// A folder of a library, by its number here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownRoot {
    /// Its number.
    pub n: i64,
    /// The number of its library.
    pub lib_n: i64,
    /// The id of its file system when it was last read to its end.
    pub filesystem: Option<i64>,
    /// Its inode then.
    pub inode: Option<i64>,
    /// When that was.
    pub scanned_ms: Option<i64>,
}

/// The folder `root` of `library`, entered if it is new.
///
/// # Errors
/// [`StoreError`].
pub fn enter(
    tx: &WriteTx<'_, Library>,
    library: LibraryId,
    root: RootId,
) -> Result<KnownRoot, StoreError> {
    let enter_lib = "INSERT OR IGNORE INTO lib (id) VALUES (?1)";
    tx.transaction.execute(enter_lib, [library.as_bytes()])?;
    let enter_root = "INSERT OR IGNORE INTO root (id, lib_n)
                      VALUES (?2, (SELECT n FROM lib WHERE id = ?1))";
    tx.transaction.execute(enter_root, (library.as_bytes(), root.as_bytes()))?;
    let sql = "SELECT n, lib_n, filesystem, inode, scanned_ms FROM root WHERE id = ?1";
    Ok(tx.transaction.query_row(sql, [root.as_bytes()], |row| {
        Ok(KnownRoot {
            n: row.get(0)?,
            lib_n: row.get(1)?,
            filesystem: row.get(2)?,
            inode: row.get(3)?,
            scanned_ms: row.get(4)?,
        })
    })?)
}

/// Notes that a scan begins.
///
/// # Errors
/// [`StoreError`].
pub fn begin(tx: &WriteTx<'_, Library>, root_n: i64, now_ms: i64) -> Result<(), StoreError> {
    let sql = "UPDATE root SET begun_ms = ?2 WHERE n = ?1";
    tx.transaction.execute(sql, (root_n, now_ms))?;
    Ok(())
}

/// Folders that were begun and need not go on by themselves.
///
/// # Errors
/// [`StoreError`].
pub fn settled(tx: &ReadTx<'_, Library>) -> Result<Vec<RootId>, StoreError> {
    let sql = "SELECT id FROM root WHERE begun_ms IS NULL";
    let mut statement = tx.transaction.prepare(sql)?;
    let rows = statement.query_map([], |row| crate::columns::id(row, "id"))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Notes that a scan has ended without reading everything, and need not go on by itself.
///
/// # Errors
/// [`StoreError`].
pub fn end(tx: &WriteTx<'_, Library>, root_n: i64) -> Result<(), StoreError> {
    let sql = "UPDATE root SET begun_ms = NULL WHERE n = ?1";
    tx.transaction.execute(sql, [root_n])?;
    Ok(())
}

/// Notes what a folder is that is read for the first time, so that a disk which is pulled meanwhile
/// is missed.
///
/// # Errors
/// [`StoreError`].
pub fn meet(
    tx: &WriteTx<'_, Library>,
    root_n: i64,
    (filesystem, inode): (i64, i64),
) -> Result<(), StoreError> {
    let sql = "UPDATE root SET filesystem = ?2, inode = ?3 WHERE n = ?1 AND inode IS NULL";
    tx.transaction.execute(sql, (root_n, filesystem, inode))?;
    Ok(())
}

/// Notes that a folder was read to its end, and what it was then.
///
/// # Errors
/// [`StoreError`].
pub fn finish(
    tx: &WriteTx<'_, Library>,
    root_n: i64,
    (filesystem, inode): (i64, i64),
    now_ms: i64,
) -> Result<(), StoreError> {
    let sql = "UPDATE root SET filesystem = ?2, inode = ?3, scanned_ms = ?4, vanished = 0,
                      begun_ms = NULL
                WHERE n = ?1";
    tx.transaction.execute(sql, (root_n, filesystem, inode, now_ms))?;
    Ok(())
}

/// Notes that so many files are gone that the owner has to say yes first.
///
/// # Errors
/// [`StoreError`].
pub fn ask(tx: &WriteTx<'_, Library>, root_n: i64, vanished: u64) -> Result<(), StoreError> {
    let sql = "UPDATE root SET vanished = ?2 WHERE n = ?1";
    tx.transaction.execute(sql, (root_n, vanished))?;
    Ok(())
}

/// How many files of the library are gone and wait for the owner's word.
///
/// # Errors
/// [`StoreError`].
pub fn asking(tx: &ReadTx<'_, Library>, library: LibraryId) -> Result<u64, StoreError> {
    let sql = "SELECT coalesce(sum(r.vanished), 0) FROM root r JOIN lib l ON l.n = r.lib_n
                WHERE l.id = ?1";
    Ok(tx.transaction.query_row(sql, [library.as_bytes()], |row| row.get(0))?)
}

/// Forgets everything about a library that is no more: at most `limit` items of it at once, so
/// that nobody waits long for the writer. True when nothing is left.
///
/// # Errors
/// [`StoreError`].
pub fn forget(
    tx: &WriteTx<'_, Library>,
    library: LibraryId,
    limit: u32,
) -> Result<bool, StoreError> {
    let sql = "SELECT n FROM lib WHERE id = ?1";
    let n: Option<i64> =
        tx.transaction.query_row(sql, [library.as_bytes()], |row| row.get(0)).optional()?;
    let Some(n) = n else { return Ok(true) };
    // Parts come after what they are part of, so the last go first and nothing cascades far.
    let sql = "DELETE FROM item WHERE n IN
                 (SELECT n FROM item WHERE lib_n = ?1 ORDER BY n DESC LIMIT ?2)";
    if tx.transaction.execute(sql, (n, limit))? > 0 {
        return Ok(false);
    }
    tx.transaction.execute("DELETE FROM lib WHERE n = ?1", [n])?;
    Ok(true)
}

/// The libraries that have rows here, also those that are no more.
///
/// # Errors
/// [`StoreError`].
pub fn libraries(tx: &ReadTx<'_, Library>) -> Result<Vec<LibraryId>, StoreError> {
    let mut statement = tx.transaction.prepare("SELECT id FROM lib")?;
    let rows = statement.query_map([], |row| crate::columns::id(row, "id"))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
