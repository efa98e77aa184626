//! Which items want a picture, what it can be made of, and what became of it.

use std::path::PathBuf;

use rusqlite::OptionalExtension;
use stead_rules::ids::{ItemId, LibraryId, UserId};
use stead_rules::limits::WORKER_DEATHS_MAX;
use stead_rules::media::ItemKind;

use super::detail::path;
use super::item::{picture_within_age, title_within_age, visible, within_age};
use crate::columns::{id, item_kind, maybe_id};
use crate::{Library, ReadTx, StoreError, WriteTx};

/// An item that wants a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanting {
    /// Its number.
    pub n: i64,
    /// Which.
    pub id: ItemId,
    /// What it is.
    pub kind: ItemKind,
    /// Version of the picture it has.
    pub version: u32,
    /// Its library.
    pub library: LibraryId,
    /// The part of it whose own file the picture that it has was made of.
    pub of: Option<ItemId>,
}

/// The next item behind number `behind` that wants a picture of its own.
///
/// # Errors
/// [`StoreError`].
pub fn next(tx: &ReadTx<'_, Library>, behind: i64) -> Result<Option<Wanting>, StoreError> {
    let sql = "SELECT i.n, i.id, i.kind, i.picture_version, i.picture_of, l.id AS library_id
                 FROM item i INDEXED BY item_without_picture JOIN lib l ON l.n = i.lib_n
                WHERE i.picture = 'wanted' AND i.missing_ms IS NULL AND i.n > ?1
                ORDER BY i.n LIMIT 1";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    Ok(statement.query_row([behind], wanting).optional()?)
}

/// The item, if it wants a picture.
///
/// # Errors
/// [`StoreError`].
pub fn wanted(tx: &ReadTx<'_, Library>, item: ItemId) -> Result<Option<Wanting>, StoreError> {
    let sql = "SELECT i.n, i.id, i.kind, i.picture_version, i.picture_of, l.id AS library_id
                 FROM item i JOIN lib l ON l.n = i.lib_n
                WHERE i.id = ?1 AND i.picture = 'wanted' AND i.missing_ms IS NULL";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    Ok(statement.query_row([item.as_bytes()], wanting).optional()?)
}

/// The item, if it has a small picture.
///
/// # Errors
/// [`StoreError`].
pub fn made(tx: &ReadTx<'_, Library>, item: ItemId) -> Result<Option<Wanting>, StoreError> {
    let sql = "SELECT i.n, i.id, i.kind, i.picture_version, i.picture_of, l.id AS library_id
                 FROM item i JOIN lib l ON l.n = i.lib_n
                WHERE i.id = ?1 AND i.picture = 'made' AND i.missing_ms IS NULL";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    Ok(statement.query_row([item.as_bytes()], wanting).optional()?)
}

/// Whether there is such an item.
///
/// # Errors
/// [`StoreError`].
pub fn exists(tx: &ReadTx<'_, Library>, item: ItemId) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM item WHERE id = ?1)";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    Ok(statement.query_row([item.as_bytes()], |row| row.get(0))?)
}

fn wanting(row: &rusqlite::Row<'_>) -> rusqlite::Result<Wanting> {
    Ok(Wanting {
        n: row.get("n")?,
        id: id(row, "id")?,
        kind: item_kind(row, "kind")?,
        version: row.get("picture_version")?,
        library: id(row, "library_id")?,
        of: maybe_id(row, "picture_of")?,
    })
}

/// A file that a picture can be made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Material {
    /// Its number.
    pub file_n: i64,
    /// The item that it is a file of.
    pub item: ItemId,
    /// Number of its folder.
    pub folder_n: i64,
    /// Where the library's folder lies.
    pub root: PathBuf,
    /// Where its folder lies below.
    pub folder: PathBuf,
    /// Its name.
    pub name: Vec<u8>,
    /// The word for its format.
    pub container: String,
    /// Whether there is a moving picture in it.
    pub has_video: bool,
    /// How long it plays.
    pub duration_ms: Option<u64>,
    /// The season of the item that wants a picture.
    pub season: Option<u32>,
    /// Where its cover lies: offset, length, whether ID3's zeros are in it.
    pub cover: Option<(u64, u64, bool)>,
    /// How many workers it has killed.
    pub deaths: u32,
}

/// The file that item `n` would be pictured by: its own first, else the first of its parts.
///
/// # Errors
/// [`StoreError`].
pub fn material(tx: &ReadTx<'_, Library>, n: i64) -> Result<Option<Material>, StoreError> {
    let sql = "WITH RECURSIVE down (n, depth) AS (
                 VALUES (?1, 0) UNION ALL
                 SELECT c.n, down.depth + 1 FROM down JOIN item c ON c.parent_n = down.n
                  WHERE down.depth < 3 AND c.missing_ms IS NULL)
               SELECT f.n, i.id AS item_id, f.folder_n, a.path AS root, d.path AS folder, f.name, f.container,
                      f.video IS NOT NULL AS has_video, f.duration_ms, f.cover_offset,
                      f.cover_length, f.cover_stuffed, f.deaths,
                      (SELECT season FROM item WHERE n = ?1) AS season
                 FROM down JOIN item i ON i.n = down.n
                 JOIN file f ON f.item_n = i.n AND f.missing_ms IS NULL
                 JOIN folder d ON d.n = f.folder_n JOIN root r ON r.n = d.root_n
                 JOIN acc.library_root a ON a.id = r.id
                ORDER BY down.depth, coalesce(i.season, 0), coalesce(i.disc, 0),
                         coalesce(i.number, 0), f.n
                LIMIT 1";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let found = statement.query_row([n], |row| {
        let (offset, length): (Option<u64>, Option<u64>) =
            (row.get("cover_offset")?, row.get("cover_length")?);
        let stuffed = row.get("cover_stuffed")?;
        Ok(Material {
            file_n: row.get("n")?,
            item: id(row, "item_id")?,
            folder_n: row.get("folder_n")?,
            root: path(&row.get::<_, Vec<u8>>("root")?),
            folder: path(&row.get::<_, Vec<u8>>("folder")?),
            name: row.get("name")?,
            container: row.get("container")?,
            has_video: row.get("has_video")?,
            duration_ms: row.get("duration_ms")?,
            season: row.get("season")?,
            cover: offset.zip(length).map(|(offset, length)| (offset, length, stuffed)),
            deaths: row.get("deaths")?,
        })
    });
    Ok(found.optional()?)
}

/// The pictures that lie in a folder of the same root, by the folder's path.
///
/// # Errors
/// [`StoreError`].
pub fn artwork_at(
    tx: &ReadTx<'_, Library>,
    beside_folder_n: i64,
    folder_path: &[u8],
) -> Result<Vec<Vec<u8>>, StoreError> {
    let sql = "SELECT a.name FROM folder b JOIN folder d ON d.root_n = b.root_n AND d.path = ?2
                 JOIN artwork a ON a.folder_n = d.n WHERE b.n = ?1 ORDER BY a.name";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let rows = statement.query_map((beside_folder_n, folder_path), |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What became of an item's picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Became {
    /// The small one is in the cache, as of this version.
    Made {
        /// The version that they are stored under.
        version: u32,
        /// The part of the item whose own file it was made of; none for artwork that lies beside it,
        /// and for a file of its own.
        of: Option<ItemId>,
    },
    /// There is nothing to make one of.
    None,
}

/// Notes what became of the picture of item `n`.
///
/// # Errors
/// [`StoreError`].
pub fn settle(tx: &WriteTx<'_, Library>, n: i64, became: Became) -> Result<(), StoreError> {
    match became {
        Became::Made { version, of } => {
            let sql = "UPDATE item SET picture = 'made', picture_version = ?2, picture_of = ?3
                        WHERE n = ?1";
            let of = of.as_ref().map(ItemId::as_bytes);
            tx.transaction.prepare_cached(sql)?.execute((n, version, of))?;
        }
        Became::None => {
            let sql = "UPDATE item SET picture = 'none' WHERE n = ?1";
            tx.transaction.prepare_cached(sql)?.execute([n])?;
        }
    }
    Ok(())
}

/// Makes the items of a folder, and what they are part of, look for a picture again.
///
/// # Errors
/// [`StoreError`].
pub fn want_again_in(tx: &WriteTx<'_, Library>, folder_n: i64) -> Result<(), StoreError> {
    let sql = "WITH RECURSIVE up (n) AS (
                 SELECT item_n FROM file WHERE folder_n = ?1 UNION
                 SELECT i.parent_n FROM up JOIN item i ON i.n = up.n
                  WHERE i.parent_n IS NOT NULL)
               UPDATE item SET picture = 'wanted'
                WHERE n IN (SELECT n FROM up) AND NOT (kind = 'track' AND parent_n IS NOT NULL)";
    tx.transaction.prepare_cached(sql)?.execute([folder_n])?;
    Ok(())
}

/// Makes one item look for a picture again: its files in the cache are gone.
///
/// # Errors
/// [`StoreError`].
pub fn want_again(tx: &WriteTx<'_, Library>, item: ItemId) -> Result<(), StoreError> {
    let sql = "UPDATE item SET picture = 'wanted' WHERE id = ?1";
    tx.transaction.prepare_cached(sql)?.execute([item.as_bytes()])?;
    Ok(())
}

/// Notes that a file killed a worker: how often it has.
///
/// # Errors
/// [`StoreError`].
pub fn killed_worker(tx: &WriteTx<'_, Library>, file_n: i64) -> Result<u32, StoreError> {
    let sql = "UPDATE file SET deaths = deaths + 1 WHERE n = ?1 RETURNING deaths";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    Ok(statement.query_row([file_n], |row| row.get(0)).optional()?.unwrap_or(WORKER_DEATHS_MAX))
}

/// The picture that stands for an item: its own, else that of what it is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// The item whose picture it is.
    pub item: ItemId,
    /// Its version.
    pub version: u32,
}

/// An item (`?2`) that a user (`?1`) sees, and what it is part of, the nearest first. A track is part
/// of an album of an artist, an episode of a season of a series.
const UP: &str = concat!(
    "WITH RECURSIVE up (n, depth, max_age, hides_unrated) AS (
     SELECT i.n, 0, v.max_age, v.hides_unrated FROM item i",
    visible!(),
    " WHERE i.id = ?2
      UNION ALL
     SELECT i.parent_n, up.depth + 1, up.max_age, up.hides_unrated FROM up JOIN item i ON i.n = up.n
      WHERE i.parent_n IS NOT NULL AND up.depth < 4)"
);

/// The picture for `item` if `user` sees it: its own, or of the nearest that it is part of.
///
/// # Errors
/// [`StoreError`].
pub fn shown(
    tx: &ReadTx<'_, Library>,
    user: UserId,
    item: ItemId,
) -> Result<Option<Shown>, StoreError> {
    const WITHIN: &str = picture_within_age!("i");
    let sql = format!(
        "{UP} SELECT i.id, i.picture_version FROM up v JOIN item i ON i.n = v.n
         WHERE i.picture = 'made' AND {WITHIN} ORDER BY v.depth LIMIT 1"
    );
    let mut statement = tx.transaction.prepare_cached(&sql)?;
    let found = statement.query_row((user.as_bytes(), item.as_bytes()), |row| {
        Ok(Shown { item: id(row, "id")?, version: row.get("picture_version")? })
    });
    Ok(found.optional()?)
}

/// The nearest of `item` and what it is part of whose picture is still to be made, if `user` sees
/// it.
///
/// # Errors
/// [`StoreError`].
pub fn awaited(
    tx: &ReadTx<'_, Library>,
    user: UserId,
    item: ItemId,
) -> Result<Option<ItemId>, StoreError> {
    let sql = format!(
        "{UP} SELECT i.id FROM up JOIN item i ON i.n = up.n
         WHERE i.picture = 'wanted' AND i.missing_ms IS NULL ORDER BY up.depth LIMIT 1"
    );
    let mut statement = tx.transaction.prepare_cached(&sql)?;
    let found = statement.query_row((user.as_bytes(), item.as_bytes()), |row| id(row, "id"));
    Ok(found.optional()?)
}
