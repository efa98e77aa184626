//! Folders on a disk and the files in them, as the indexer compares them.

use std::path::PathBuf;

use rusqlite::{OptionalExtension, Row};
use stead_rules::ids::{ContentKey, FileId};

use super::detail::path;
use crate::columns::{Stored, id};
use crate::{Library, ReadTx, StoreError, WriteTx};

/// What tells that a folder is as it was.
pub type Signature = [u8; 16];

/// A folder that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownFolder {
    /// Its number.
    pub n: i64,
    /// Where it lies below its root.
    pub path: Vec<u8>,
    /// As it was when all it holds was committed; `None` when that never happened.
    pub signature: Option<Signature>,
    /// How many of its files were listed or reported then.
    pub files: u64,
}

/// All folders of a root.
///
/// # Errors
/// [`StoreError`].
pub fn all(tx: &ReadTx<'_, Library>, root_n: i64) -> Result<Vec<KnownFolder>, StoreError> {
    let sql = "SELECT n, path, signature, files FROM folder WHERE root_n = ?1";
    let mut statement = tx.transaction.prepare(sql)?;
    let rows = statement.query_map([root_n], |row| {
        Ok(KnownFolder {
            n: row.get(0)?,
            path: row.get(1)?,
            signature: row.get(2)?,
            files: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A file or a problem that is known in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownEntry {
    /// Number and id of the file; `None` for a problem.
    pub file: Option<(i64, FileId)>,
    /// Its inode; zero for a problem.
    pub inode: i64,
    /// Its name.
    pub name: Vec<u8>,
    /// Length when it was last read.
    pub size: u64,
    /// Time of its last change then.
    pub mtime_ns: i64,
    /// Whether it was gone the last time.
    pub missing: bool,
    /// What told that the descriptions beside it were as they were; zero for a problem.
    pub described: i64,
}

/// What is known in a folder.
///
/// # Errors
/// [`StoreError`].
pub fn entries(tx: &ReadTx<'_, Library>, folder_n: i64) -> Result<Vec<KnownEntry>, StoreError> {
    let sql = "SELECT n, id, inode, name, size, mtime_ns, missing_ms IS NOT NULL AS missing,
                      described
                 FROM file WHERE folder_n = ?1
                UNION ALL
               SELECT NULL, NULL, 0, name, size, mtime_ns, 0, 0 FROM problem WHERE folder_n = ?1";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let rows = statement.query_map([folder_n], |row| {
        let n: Option<i64> = row.get("n")?;
        let file_id = row.get::<_, Option<Stored<FileId>>>("id")?.map(|stored| stored.0);
        Ok(KnownEntry {
            file: n.zip(file_id),
            inode: row.get("inode")?,
            name: row.get("name")?,
            size: row.get("size")?,
            mtime_ns: row.get("mtime_ns")?,
            missing: row.get("missing")?,
            described: row.get("described")?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The number of a folder, entered if it is new.
///
/// # Errors
/// [`StoreError`].
pub fn enter(tx: &WriteTx<'_, Library>, root_n: i64, path: &[u8]) -> Result<i64, StoreError> {
    let sql = "INSERT INTO folder (root_n, path) VALUES (?1, ?2)
               ON CONFLICT (root_n, path) DO UPDATE SET path = path RETURNING n";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    Ok(statement.query_row((root_n, path), |row| row.get(0))?)
}

/// Notes that everything in a folder is committed, as of `signature`.
///
/// # Errors
/// [`StoreError`].
pub fn settle(
    tx: &WriteTx<'_, Library>,
    folder_n: i64,
    signature: &Signature,
    files: u64,
) -> Result<(), StoreError> {
    let sql = "UPDATE folder SET signature = ?2, files = ?3 WHERE n = ?1";
    tx.transaction.prepare_cached(sql)?.execute((folder_n, signature, files))?;
    Ok(())
}

/// Makes the next scan look into a folder, also if it is then as it was before.
///
/// # Errors
/// [`StoreError`].
pub fn unsettle(tx: &WriteTx<'_, Library>, folder_n: i64) -> Result<(), StoreError> {
    let sql = "UPDATE folder SET signature = NULL WHERE n = ?1";
    tx.transaction.prepare_cached(sql)?.execute([folder_n])?;
    Ok(())
}

/// A file that may be the one that was found elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its number.
    pub file_n: i64,
    /// Which.
    pub id: FileId,
    /// Its inode.
    pub inode: i64,
    /// Its length.
    pub size: u64,
    /// Time of its last change.
    pub mtime_ns: i64,
    /// Where it was, below its root.
    pub path: PathBuf,
    /// Whether it was gone already.
    pub missing: bool,
}

/// Files of the same root that were the very same inode with the same length and time.
///
/// # Errors
/// [`StoreError`].
pub fn by_inode(
    tx: &ReadTx<'_, Library>,
    root_n: i64,
    (inode, size, mtime_ns): (i64, u64, i64),
) -> Result<Option<Candidate>, StoreError> {
    let sql = "SELECT f.n, f.id, f.inode, f.size, f.mtime_ns, d.path, f.name, f.missing_ms IS NOT NULL AS missing
                 FROM file f JOIN folder d ON d.n = f.folder_n
                WHERE f.inode = ?2 AND f.size = ?3 AND f.mtime_ns = ?4 AND d.root_n = ?1
                LIMIT 1";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    Ok(statement.query_row((root_n, inode, size, mtime_ns), candidate).optional()?)
}

/// A missing file of the same library with the same content.
///
/// # Errors
/// [`StoreError`].
pub fn missing_by_content(
    tx: &ReadTx<'_, Library>,
    lib_n: i64,
    content: ContentKey,
) -> Result<Option<Candidate>, StoreError> {
    let sql = "SELECT f.n, f.id, f.inode, f.size, f.mtime_ns, d.path, f.name, 1 AS missing
                 FROM file f JOIN folder d ON d.n = f.folder_n JOIN root r ON r.n = d.root_n
                WHERE f.content_key = ?2 AND r.lib_n = ?1 AND f.missing_ms IS NOT NULL
                LIMIT 1";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    Ok(statement.query_row((lib_n, content.as_bytes()), candidate).optional()?)
}

fn candidate(row: &Row<'_>) -> rusqlite::Result<Candidate> {
    let name: Vec<u8> = row.get("name")?;
    Ok(Candidate {
        file_n: row.get("n")?,
        id: id(row, "id")?,
        inode: row.get("inode")?,
        size: row.get("size")?,
        mtime_ns: row.get("mtime_ns")?,
        path: path(&row.get::<_, Vec<u8>>("path")?).join(path(&name)),
        missing: row.get("missing")?,
    })
}

/// Whether the library has any file.
///
/// # Errors
/// [`StoreError`].
pub fn has_files(tx: &ReadTx<'_, Library>, lib_n: i64) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM item WHERE lib_n = ?1)";
    Ok(tx.transaction.query_row(sql, [lib_n], |row| row.get(0))?)
}

/// A picture that lies in a folder beside media.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artwork {
    /// Its name.
    pub name: Vec<u8>,
    /// Its length.
    pub size: u64,
    /// Time of its last change.
    pub mtime_ns: i64,
}

/// Replaces the pictures of a folder by `artwork`: true when that changed anything.
///
/// # Errors
/// [`StoreError`].
pub fn put_artwork(
    tx: &WriteTx<'_, Library>,
    folder_n: i64,
    artwork: &[Artwork],
) -> Result<bool, StoreError> {
    let before = self::artwork(tx, folder_n)?;
    let same = before.len() == artwork.len() && artwork.iter().all(|one| before.contains(one));
    if same {
        return Ok(false);
    }
    tx.transaction
        .prepare_cached("DELETE FROM artwork WHERE folder_n = ?1")?
        .execute([folder_n])?;
    let sql = "INSERT INTO artwork (folder_n, name, size, mtime_ns) VALUES (?1, ?2, ?3, ?4)";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    for one in artwork {
        statement.execute((folder_n, &one.name, one.size, one.mtime_ns))?;
    }
    Ok(true)
}

/// The pictures of a folder, by name.
///
/// # Errors
/// [`StoreError`].
pub fn artwork(tx: &ReadTx<'_, Library>, folder_n: i64) -> Result<Vec<Artwork>, StoreError> {
    let sql = "SELECT name, size, mtime_ns FROM artwork WHERE folder_n = ?1 ORDER BY name";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let rows = statement.query_map([folder_n], |row| {
        Ok(Artwork { name: row.get(0)?, size: row.get(1)?, mtime_ns: row.get(2)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
