//! One item: what its page shows, and the file that plays.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rusqlite::{OptionalExtension, Row};
use stead_rules::ids::{ContentKey, FileId, ItemId, LibraryId, UserId};
use stead_rules::media::ItemKind;

use super::item::{
    ItemRow, item_columns, item_row, picture_within_age, seen_by_user, title_within_age, visible,
    within_age,
};
use crate::columns::{id, item_kind};
use crate::{Library, ReadTx, StoreError};

/// The item if `user` sees it, also while its files are away.
///
/// # Errors
/// [`StoreError`].
pub fn item(
    tx: &ReadTx<'_, Library>,
    user: UserId,
    item: ItemId,
) -> Result<Option<ItemRow>, StoreError> {
    let sql =
        concat!("SELECT ", item_columns!(), " FROM item i", seen_by_user!(), "WHERE i.id = ?2");
    let mut statement = tx.transaction.prepare_cached(sql)?;
    Ok(statement.query_row((user.as_bytes(), item.as_bytes()), item_row).optional()?)
}

/// The library that the item lies in, if `user` sees it.
///
/// # Errors
/// [`StoreError`].
pub fn library_of(
    tx: &ReadTx<'_, Library>,
    user: UserId,
    item: ItemId,
) -> Result<Option<LibraryId>, StoreError> {
    let sql = concat!("SELECT l.id FROM item i", visible!(), "WHERE i.id = ?2");
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let found = statement.query_row((user.as_bytes(), item.as_bytes()), |row| id(row, "id"));
    Ok(found.optional()?)
}

/// What is written about the item.
///
/// # Errors
/// [`StoreError`].
pub fn overview(tx: &ReadTx<'_, Library>, item: ItemId) -> Result<Option<String>, StoreError> {
    let sql = "SELECT overview FROM item WHERE id = ?1";
    let found = tx.transaction.query_row(sql, [item.as_bytes()], |row| row.get(0));
    Ok(found.optional()?.flatten())
}

/// What an item is part of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ancestor {
    /// Which.
    pub id: ItemId,
    /// What it is called.
    pub title: String,
    /// What it is.
    pub kind: ItemKind,
}

/// What the item is part of, the outermost first.
///
/// # Errors
/// [`StoreError`].
pub fn ancestors(tx: &ReadTx<'_, Library>, item: ItemId) -> Result<Vec<Ancestor>, StoreError> {
    let sql = "WITH RECURSIVE up (n, depth) AS (
                 SELECT parent_n, 1 FROM item WHERE id = ?1
                  UNION ALL
                 SELECT i.parent_n, up.depth + 1 FROM up JOIN item i ON i.n = up.n
                  WHERE up.depth < 4)
               SELECT i.id, i.title, i.kind FROM up JOIN item i ON i.n = up.n
                ORDER BY up.depth DESC";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let found = statement.query_map([item.as_bytes()], |row| {
        Ok(Ancestor { id: id(row, "id")?, title: row.get("title")?, kind: item_kind(row, "kind")? })
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// A file that plays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlayableFile {
    /// Which.
    pub id: FileId,
    /// Of which item.
    pub item: ItemId,
    /// In which library.
    pub library: LibraryId,
    /// Where the library's folder lies.
    pub root: PathBuf,
    /// Where the file lies below it.
    pub path: PathBuf,
    /// Length when it was last read.
    pub size: u64,
    /// Time of its last change, when it was last read.
    pub mtime_ns: i64,
    /// Who it is.
    pub content: ContentKey,
    /// On whom hangs what people watched of the item: on it, or on another version.
    pub watched_as: ContentKey,
    /// The word for its format.
    pub container: String,
    /// Codec of its picture.
    pub video: Option<String>,
    /// Codec of its sound.
    pub audio: Option<String>,
    /// How long it plays.
    pub duration_ms: Option<u64>,
}

/// The file that plays for the item, if `user` sees it and it is there: the largest version.
///
/// # Errors
/// [`StoreError`].
pub fn playable(
    tx: &ReadTx<'_, Library>,
    user: UserId,
    item: ItemId,
) -> Result<Option<PlayableFile>, StoreError> {
    let sql = concat!(
        "SELECT f.id, i.id AS item_id, l.id AS library_id, a.path AS root, d.path AS folder,
                      f.name, f.size, f.mtime_ns, f.content_key, f.container, f.video, f.audio,
                      f.duration_ms, coalesce(i.content_key, f.content_key) AS watched_as
                 FROM item i",
        visible!(),
        "        JOIN file f ON f.item_n = i.n AND f.missing_ms IS NULL
                 JOIN folder d ON d.n = f.folder_n
                 JOIN root r ON r.n = d.root_n
                 JOIN acc.library_root a ON a.id = r.id
                WHERE i.id = ?2
                ORDER BY f.size DESC, f.name, f.n LIMIT 1"
    );
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let found = statement.query_row((user.as_bytes(), item.as_bytes()), playable_row);
    Ok(found.optional()?)
}

fn playable_row(row: &Row<'_>) -> rusqlite::Result<PlayableFile> {
    let name: Vec<u8> = row.get("name")?;
    Ok(PlayableFile {
        id: id(row, "id")?,
        item: id(row, "item_id")?,
        library: id(row, "library_id")?,
        root: path(&row.get::<_, Vec<u8>>("root")?),
        path: path(&row.get::<_, Vec<u8>>("folder")?).join(OsStr::from_bytes(&name)),
        size: row.get("size")?,
        mtime_ns: row.get("mtime_ns")?,
        content: id(row, "content_key")?,
        watched_as: id(row, "watched_as")?,
        container: row.get("container")?,
        video: row.get("video")?,
        audio: row.get("audio")?,
        duration_ms: row.get("duration_ms")?,
    })
}

pub(super) fn path(bytes: &[u8]) -> PathBuf {
    Path::new(OsStr::from_bytes(bytes)).to_path_buf()
}
