//! Libraries, their folders, and who sees them.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rusqlite::{OptionalExtension, Row};
use stead_rules::ids::{LibraryId, RootId, UserId};
use stead_rules::media::LibraryKind;
use stead_rules::time::WallMs;

use crate::columns::{id, library_kind, library_kind_word};
use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// A library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LibraryRow {
    /// Which.
    pub id: LibraryId,
    /// What people call it.
    pub name: String,
    /// What it holds.
    pub kind: LibraryKind,
}

/// A folder of a library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootRow {
    /// Which.
    pub id: RootId,
    /// Whose.
    pub library: LibraryId,
    /// Where.
    pub path: PathBuf,
    /// What the folder was when it was added (device and inode), so that an empty mount point is
    /// not taken for an emptied library.
    pub marker: Option<String>,
}

/// Adds a library with one folder.
///
/// # Errors
/// [`StoreError::Exists`] if the folder belongs to a library already.
pub fn add(
    tx: &WriteTx<'_, Accounts>,
    library: &LibraryRow,
    root: &RootRow,
    now: WallMs,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO library (id, name, kind, created_ms) VALUES (?1, ?2, ?3, ?4)";
    let kind = library_kind_word(library.kind);
    tx.transaction.execute(sql, (library.id.as_bytes(), &library.name, kind, now.0))?;
    let sql = "INSERT INTO library_root (id, library_id, path, marker) VALUES (?1, ?2, ?3, ?4)";
    let path = root.path.as_os_str().as_bytes();
    tx.transaction.execute(sql, (root.id.as_bytes(), library.id.as_bytes(), path, &root.marker))?;
    Ok(())
}

/// Removes a library: false when there is none. What people watched stays.
///
/// # Errors
/// [`StoreError`].
pub fn remove(tx: &WriteTx<'_, Accounts>, library: LibraryId) -> Result<bool, StoreError> {
    let sql = "DELETE FROM library WHERE id = ?1";
    Ok(tx.transaction.execute(sql, [library.as_bytes()])? == 1)
}

/// What a library is called, if it is there.
///
/// # Errors
/// [`StoreError`].
pub fn name(tx: &ReadTx<'_, Accounts>, library: LibraryId) -> Result<Option<String>, StoreError> {
    let sql = "SELECT name FROM library WHERE id = ?1";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    Ok(statement.query_row([library.as_bytes()], |row| row.get("name")).optional()?)
}

/// The libraries that `user` sees, by name.
///
/// # Errors
/// [`StoreError`].
pub fn visible(tx: &ReadTx<'_, Accounts>, user: UserId) -> Result<Vec<LibraryRow>, StoreError> {
    let sql = "SELECT l.id, l.name, l.kind FROM library l
                 JOIN visible_library v ON v.library_id = l.id AND v.user_id = ?1
                ORDER BY l.name, l.id";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let rows = statement.query_map([user.as_bytes()], library_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The library if `user` sees it.
///
/// # Errors
/// [`StoreError`].
pub fn visible_one(
    tx: &ReadTx<'_, Accounts>,
    user: UserId,
    library: LibraryId,
) -> Result<Option<LibraryRow>, StoreError> {
    let sql = "SELECT l.id, l.name, l.kind FROM library l
                 JOIN visible_library v ON v.library_id = l.id AND v.user_id = ?1
                WHERE l.id = ?2";
    let found = tx.transaction.query_row(sql, (user.as_bytes(), library.as_bytes()), library_row);
    Ok(found.optional()?)
}

/// Every library, for the indexer.
///
/// # Errors
/// [`StoreError`].
pub fn all(tx: &ReadTx<'_, Accounts>) -> Result<Vec<LibraryRow>, StoreError> {
    let mut statement = tx.transaction.prepare("SELECT id, name, kind FROM library")?;
    let rows = statement.query_map([], library_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The folders of a library.
///
/// # Errors
/// [`StoreError`].
pub fn roots(tx: &ReadTx<'_, Accounts>, library: LibraryId) -> Result<Vec<RootRow>, StoreError> {
    let sql = "SELECT id, library_id, path, marker FROM library_root WHERE library_id = ?1";
    let mut statement = tx.transaction.prepare(sql)?;
    let rows = statement.query_map([library.as_bytes()], root_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Every folder of every library.
///
/// # Errors
/// [`StoreError`].
pub fn all_roots(tx: &ReadTx<'_, Accounts>) -> Result<Vec<RootRow>, StoreError> {
    let sql = "SELECT id, library_id, path, marker FROM library_root";
    let mut statement = tx.transaction.prepare(sql)?;
    let rows = statement.query_map([], root_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Lets `user` see `library`.
///
/// # Errors
/// [`StoreError`].
pub fn share(
    tx: &WriteTx<'_, Accounts>,
    library: LibraryId,
    user: UserId,
    now: WallMs,
) -> Result<(), StoreError> {
    let sql = "INSERT OR IGNORE INTO share (library_id, user_id, created_ms) VALUES (?1, ?2, ?3)";
    tx.transaction.execute(sql, (library.as_bytes(), user.as_bytes(), now.0))?;
    Ok(())
}

fn library_row(row: &Row<'_>) -> rusqlite::Result<LibraryRow> {
    Ok(LibraryRow { id: id(row, "id")?, name: row.get("name")?, kind: library_kind(row, "kind")? })
}

fn root_row(row: &Row<'_>) -> rusqlite::Result<RootRow> {
    let path: Vec<u8> = row.get("path")?;
    Ok(RootRow {
        id: id(row, "id")?,
        library: id(row, "library_id")?,
        path: Path::new(OsStr::from_bytes(&path)).to_path_buf(),
        marker: row.get("marker")?,
    })
}
