//! Entering what the indexer has understood: a file, its item, and what that is part of.

use std::collections::HashMap;

use rusqlite::{OptionalExtension, params};
use stead_rules::ids::{ContentKey, FileId, ItemId};
use stead_rules::media::{Age, ItemKind};

use super::missing::hide_if_bare;
use super::ratings;
use crate::accounts::ratings::Mark;
use crate::columns::item_kind_word;
use crate::{Library, StoreError, WriteTx};

/// How many containers are remembered within a scan. Beyond it all are forgotten: a disk is read
/// folder by folder, so the next ones are needed soon and the last ones no more.
const REMEMBERED_MAX: usize = 2048;

/// An item as the indexer understands it. `id` is used if the item is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// A fresh id.
    pub id: ItemId,
    /// What it is.
    pub kind: ItemKind,
    /// What makes it one with others of the same kind in the library; `None` for what is always
    /// its own.
    pub fold_key: Option<String>,
    /// What it is called.
    pub title: String,
    /// How it is sorted.
    pub sort_title: String,
    /// Whose it is, or what it is part of.
    pub subtitle: Option<String>,
    /// Year of release.
    pub year: Option<u16>,
    /// Season of an episode.
    pub season: Option<u32>,
    /// Number within its parent.
    pub number: Option<u32>,
    /// Disc of a track.
    pub disc: Option<u32>,
    /// When it was taken.
    pub taken_ms: Option<i64>,
    /// Further words under which it is found.
    pub context: String,
}

/// A file as the prober found it. `id` is used if the file is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFacts {
    /// A fresh id.
    pub id: FileId,
    /// Its name in its folder.
    pub name: Vec<u8>,
    /// Its inode.
    pub inode: i64,
    /// Its length.
    pub size: u64,
    /// Time of its last change.
    pub mtime_ns: i64,
    /// Who it is.
    pub content: ContentKey,
    /// The word for its format.
    pub container: String,
    /// Codec of its picture.
    pub video: Option<String>,
    /// Codec of its sound.
    pub audio: Option<String>,
    /// How long it plays.
    pub duration_ms: Option<u64>,
    /// Width and height of its picture.
    pub picture: Option<(u32, u32)>,
    /// Where its cover lies: offset, length, whether ID3's zeros are in it.
    pub cover: Option<(u64, u64, bool)>,
    /// For whom it is, as it or what lies beside it says.
    pub age: Option<Age>,
    /// What tells that the descriptions beside it are as they were.
    pub described: i64,
}

/// What a scan knows while it lasts.
#[derive(Debug, Default)]
pub struct Remembered {
    /// Containers that were met a moment ago, so that each track does not ask for its album.
    containers: HashMap<(i64, ItemKind, String), Container>,
    /// For whom titles are, as somebody decided: an index that was made anew does not know it.
    decided: HashMap<Mark, Age>,
}

impl Remembered {
    /// With what was decided in the library that is scanned.
    #[must_use]
    pub fn with(decided: HashMap<Mark, Age>) -> Self {
        Self { containers: HashMap::new(), decided }
    }

    /// What was rolled back, or is part of something else now, must not be remembered.
    pub fn forget_containers(&mut self) {
        self.containers.clear();
    }
}

/// Something that others are part of, and what it is part of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Container {
    n: i64,
    parent_n: Option<i64>,
}

/// Where a file goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The library's number.
    pub lib_n: i64,
    /// The folder's number.
    pub folder_n: i64,
    /// The file that this one is, when it is known already (it changed, or it was moved here).
    pub known_file_n: Option<i64>,
    /// The time now.
    pub now_ms: i64,
}

/// Enters `file` at `place` as `leaf`, part of the last of `parents`, each part of the one before.
///
/// # Errors
/// [`StoreError`]. After one that [is of the value](StoreError::is_of_the_value) nothing of the file
/// is entered and the transaction is good.
pub fn file(
    tx: &WriteTx<'_, Library>,
    remembered: &mut Remembered,
    place: Place,
    parents: &[Entry],
    leaf: &Entry,
    file: &FileFacts,
) -> Result<(), StoreError> {
    let entered = tx.part(|| enter(tx, remembered, place, parents, leaf, file));
    if entered.is_err() {
        // What was rolled back must not be remembered.
        remembered.forget_containers();
    }
    entered
}

fn enter(
    tx: &WriteTx<'_, Library>,
    remembered: &mut Remembered,
    place: Place,
    parents: &[Entry],
    leaf: &Entry,
    file: &FileFacts,
) -> Result<(), StoreError> {
    let mut parent_n = None;
    let mut claim = None;
    for parent in parents {
        let found = container(tx, remembered, place, parent_n, parent)?;
        if found.parent_n != parent_n {
            claim = Some(Claim { whole: parent, found, by: parent_n });
        }
        parent_n = Some(found.n);
    }
    let before = match place.known_file_n {
        Some(file_n) => item_of_file(tx, file_n)?,
        None => None,
    };
    let item_n = leaf_item(tx, place, parent_n, leaf, before.map(|before| before.item_n))?;
    put_file(tx, place, item_n, file)?;
    describe_item(tx, place, item_n, file)?;
    ratings::of_versions(tx, item_n)?;
    if let Some(age) = remembered.decided.get(&ratings::title_mark(file.content))
        && place.known_file_n.is_none()
    {
        ratings::decide_again(tx, item_n, *age)?;
    }
    if let Some(claim) = claim {
        settle_claim(tx, remembered, place, &claim, leaf)?;
    }
    let Some(before) = before else { return Ok(()) };
    if before.item_n != item_n || before.parent_n != parent_n {
        ratings::take_along(tx, before.item_n, before.parent_n, item_n)?;
    }
    if before.item_n != item_n {
        ratings::of_versions(tx, before.item_n)?;
        drop_if_bare(tx, remembered, Some(before.item_n))?;
    }
    if before.parent_n != parent_n {
        drop_if_bare(tx, remembered, before.parent_n)?;
    }
    Ok(())
}

/// What a known file was part of.
#[derive(Debug, Clone, Copy)]
struct Before {
    item_n: i64,
    parent_n: Option<i64>,
}

fn container(
    tx: &WriteTx<'_, Library>,
    remembered: &mut Remembered,
    place: Place,
    parent_n: Option<i64>,
    entry: &Entry,
) -> Result<Container, StoreError> {
    let key = (place.lib_n, entry.kind, entry.fold_key.clone().unwrap_or_default());
    if let Some(known) = remembered.containers.get(&key) {
        return Ok(*known);
    }
    let found = match by_fold(tx, place.lib_n, entry)? {
        Some(known) => {
            bring_back(tx, known.n)?;
            known
        }
        None => {
            let n = insert(tx, place, parent_n, entry)?;
            if let Some(age) = remembered.decided.get(&ratings::whole_mark(entry.kind, &key.2)) {
                ratings::decide_again(tx, n, *age)?;
            }
            Container { n, parent_n }
        }
    };
    if remembered.containers.len() >= REMEMBERED_MAX {
        remembered.forget_containers();
    }
    remembered.containers.insert(key, found);
    Ok(found)
}

fn by_fold(
    tx: &WriteTx<'_, Library>,
    lib_n: i64,
    entry: &Entry,
) -> Result<Option<Container>, StoreError> {
    let Some(key) = &entry.fold_key else { return Ok(None) };
    let sql = "SELECT n, parent_n FROM item WHERE lib_n = ?1 AND kind = ?2 AND fold_key = ?3";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let row = (lib_n, item_kind_word(entry.kind), key);
    let found = statement
        .query_row(row, |row| Ok(Container { n: row.get(0)?, parent_n: row.get(1)? }))
        .optional();
    Ok(found?)
}

/// A track says that its album is somebody's, and so far the album is not theirs.
struct Claim<'e> {
    whole: &'e Entry,
    found: Container,
    by: Option<i64>,
}

/// An album is theirs who made all of its tracks; with tracks of several it is nobody's, whichever
/// of them was read first. Who was entered for it alone goes again.
fn settle_claim(
    tx: &WriteTx<'_, Library>,
    remembered: &mut Remembered,
    place: Place,
    claim: &Claim<'_>,
    leaf: &Entry,
) -> Result<(), StoreError> {
    let Claim { whole, found, by } = claim;
    let others = "SELECT EXISTS (SELECT 1 FROM item WHERE parent_n = ?1 AND missing_ms IS NULL
                                    AND subtitle IS NOT ?2)";
    let mut statement = tx.transaction.prepare_cached(others)?;
    let is_shared: bool = statement.query_row((found.n, &leaf.subtitle), |row| row.get(0))?;
    let owner = by.filter(|_| !is_shared);
    let subtitle = whole.subtitle.clone().filter(|_| owner.is_some());
    let sql = "UPDATE item SET parent_n = ?2, subtitle = ?3 WHERE n = ?1";
    tx.transaction.prepare_cached(sql)?.execute((found.n, owner, &subtitle))?;
    let context = subtitle.clone().unwrap_or_default();
    make_findable(tx, found.n, &Entry { subtitle, context, ..(*whole).clone() })?;
    for n in [found.parent_n, *by].into_iter().flatten().filter(|n| Some(*n) != owner) {
        drop_if_bare(tx, remembered, Some(n))?;
        hide_if_bare(tx, n, place.now_ms)?;
    }
    // It is remembered as part of something else.
    remembered.forget_containers();
    Ok(())
}

fn item_of_file(tx: &WriteTx<'_, Library>, file_n: i64) -> Result<Option<Before>, StoreError> {
    let sql = "SELECT i.n, i.parent_n FROM file f JOIN item i ON i.n = f.item_n WHERE f.n = ?1";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let found = statement
        .query_row([file_n], |row| Ok(Before { item_n: row.get(0)?, parent_n: row.get(1)? }));
    Ok(found.optional()?)
}

/// The item that the file belongs to: the one with the same key, else the one it had, else a new.
fn leaf_item(
    tx: &WriteTx<'_, Library>,
    place: Place,
    parent_n: Option<i64>,
    leaf: &Entry,
    before: Option<i64>,
) -> Result<i64, StoreError> {
    let folded = by_fold(tx, place.lib_n, leaf)?.map(|found| found.n);
    let own = match before {
        Some(n) if files_of(tx, n)? == 1 => Some(n),
        Some(_) | None => None,
    };
    match folded.or(own) {
        Some(n) => {
            update(tx, parent_n, leaf, n)?;
            Ok(n)
        }
        None => insert(tx, place, parent_n, leaf),
    }
}

fn files_of(tx: &WriteTx<'_, Library>, item_n: i64) -> Result<u32, StoreError> {
    let sql = "SELECT count(*) FROM file WHERE item_n = ?1";
    Ok(tx.transaction.prepare_cached(sql)?.query_row([item_n], |row| row.get(0))?)
}

fn insert(
    tx: &WriteTx<'_, Library>,
    place: Place,
    parent_n: Option<i64>,
    entry: &Entry,
) -> Result<i64, StoreError> {
    let sql = "INSERT INTO item
                 (id, lib_n, kind, parent_n, fold_key, title, sort_title, subtitle, year, season,
                  number, disc, taken_ms, added_ms, picture)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,
                       CASE WHEN ?3 = 'track' AND ?4 IS NOT NULL THEN 'none' ELSE 'wanted' END)";
    tx.transaction.prepare_cached(sql)?.execute((
        entry.id.as_bytes(),
        place.lib_n,
        item_kind_word(entry.kind),
        parent_n,
        &entry.fold_key,
        &entry.title,
        &entry.sort_title,
        &entry.subtitle,
        entry.year,
        entry.season,
        entry.number,
        entry.disc,
        entry.taken_ms,
        place.now_ms,
    ))?;
    let n = tx.transaction.last_insert_rowid();
    make_findable(tx, n, entry)?;
    Ok(n)
}

fn update(
    tx: &WriteTx<'_, Library>,
    parent_n: Option<i64>,
    entry: &Entry,
    n: i64,
) -> Result<(), StoreError> {
    let sql = "UPDATE item SET parent_n = ?2, fold_key = ?3, title = ?4, sort_title = ?5,
                      subtitle = ?6, year = ?7, season = ?8, number = ?9, disc = ?10,
                      taken_ms = ?11, kind = ?12
                WHERE n = ?1";
    tx.transaction.prepare_cached(sql)?.execute((
        n,
        parent_n,
        &entry.fold_key,
        &entry.title,
        &entry.sort_title,
        &entry.subtitle,
        entry.year,
        entry.season,
        entry.number,
        entry.disc,
        entry.taken_ms,
        item_kind_word(entry.kind),
    ))?;
    make_findable(tx, n, entry)
}

/// Enters the words under which an item is found, in place of those it had.
fn make_findable(tx: &WriteTx<'_, Library>, n: i64, entry: &Entry) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO item_text (rowid, title, context) VALUES (?1, ?2, ?3)";
    tx.transaction.prepare_cached(sql)?.execute((n, &entry.title, &entry.context))?;
    Ok(())
}

fn put_file(
    tx: &WriteTx<'_, Library>,
    place: Place,
    item_n: i64,
    file: &FileFacts,
) -> Result<(), StoreError> {
    let cover = file.cover;
    let columns = (
        item_n,
        place.folder_n,
        &file.name,
        file.inode,
        file.size,
        file.mtime_ns,
        file.content.as_bytes(),
        &file.container,
        &file.video,
        &file.audio,
        file.duration_ms,
        cover.map(|cover| cover.0),
        cover.map(|cover| cover.1),
        cover.is_some_and(|cover| cover.2),
    );
    let (a, b, c, d, e, f, g, h, i, j, k, l, m, o) = columns;
    let (age, described) = (file.age.map(Age::get), file.described);
    if let Some(n) = place.known_file_n {
        // A changed file may be whole again, so what it did to workers is forgotten.
        let sql = "UPDATE file SET item_n = ?1, folder_n = ?2, name = ?3, inode = ?4, size = ?5,
                          mtime_ns = ?6, content_key = ?7, container = ?8, video = ?9,
                          audio = ?10, duration_ms = ?11, cover_offset = ?12,
                          cover_length = ?13, cover_stuffed = ?14, missing_ms = NULL,
                          deaths = 0, age = ?15, described = ?16
                    WHERE n = ?17";
        let row = params![a, b, c, d, e, f, g, h, i, j, k, l, m, o, age, described, n];
        tx.transaction.prepare_cached(sql)?.execute(row)?;
    } else {
        let sql = "INSERT INTO file
                     (item_n, folder_n, name, inode, size, mtime_ns, content_key, container,
                      video, audio, duration_ms, cover_offset, cover_length, cover_stuffed, age,
                      described, id)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,
                           ?17)";
        let id = file.id.as_bytes();
        let row = params![a, b, c, d, e, f, g, h, i, j, k, l, m, o, age, described, id];
        tx.transaction.prepare_cached(sql)?.execute(row)?;
    }
    let sql = "DELETE FROM problem WHERE folder_n = ?1 AND name = ?2";
    tx.transaction.prepare_cached(sql)?.execute((place.folder_n, &file.name))?;
    Ok(())
}

/// What an item shows of its file; of several versions, of the one that plays, which is the
/// largest. What people watched hangs on the one that was the largest when the item was new, so
/// that it stays theirs when another version comes.
fn describe_item(
    tx: &WriteTx<'_, Library>,
    place: Place,
    item_n: i64,
    file: &FileFacts,
) -> Result<(), StoreError> {
    let larger = "SELECT EXISTS (SELECT 1 FROM file WHERE item_n = ?1 AND missing_ms IS NULL
                                    AND (size > ?2 OR (size = ?2 AND name < ?3)))";
    let mut statement = tx.transaction.prepare_cached(larger)?;
    let row = (item_n, file.size, &file.name);
    let plays = !statement.query_row(row, |row| row.get::<_, bool>(0))?;
    if plays {
        let sql = "UPDATE item SET duration_ms = ?2, width = ?3, height = ?4 WHERE n = ?1";
        let (width, height) = file.picture.unzip();
        let row = (item_n, file.duration_ms, width, height);
        tx.transaction.prepare_cached(sql)?.execute(row)?;
    }
    let sql = "UPDATE item SET content_key = ?2, missing_ms = NULL,
                      picture = CASE
                        WHEN content_key IS ?2 OR (kind = 'track' AND parent_n IS NOT NULL)
                        THEN picture ELSE 'wanted' END
                WHERE n = ?1
                  AND (content_key IS NULL OR missing_ms IS NOT NULL
                       OR (added_ms = ?3 AND ?4)
                       OR NOT EXISTS (SELECT 1 FROM file f WHERE f.item_n = ?1
                                         AND f.content_key = item.content_key
                                         AND f.missing_ms IS NULL
                                         AND f.content_key <> ?2))";
    let row = (item_n, file.content.as_bytes(), place.now_ms, plays);
    tx.transaction.prepare_cached(sql)?.execute(row)?;
    Ok(())
}

/// Shows an item again, and all that it is part of.
pub(super) fn bring_back(tx: &WriteTx<'_, Library>, n: i64) -> Result<(), StoreError> {
    let sql = "WITH RECURSIVE up (n) AS (
                 VALUES (?1) UNION
                 SELECT i.parent_n FROM up JOIN item i ON i.n = up.n
                  WHERE i.parent_n IS NOT NULL)
               UPDATE item SET missing_ms = NULL
                WHERE n IN (SELECT n FROM up) AND missing_ms IS NOT NULL";
    tx.transaction.prepare_cached(sql)?.execute([n])?;
    Ok(())
}

/// Removes an item without files and parts, and what it was the last part of.
fn drop_if_bare(
    tx: &WriteTx<'_, Library>,
    remembered: &mut Remembered,
    mut next: Option<i64>,
) -> Result<(), StoreError> {
    // What goes must not be remembered as something to be part of.
    remembered.forget_containers();
    while let Some(n) = next {
        let sql = "DELETE FROM item WHERE n = ?1
                     AND NOT EXISTS (SELECT 1 FROM file WHERE item_n = ?1)
                     AND NOT EXISTS (SELECT 1 FROM item WHERE parent_n = ?1)
                   RETURNING parent_n";
        let mut statement = tx.transaction.prepare_cached(sql)?;
        next = statement.query_row([n], |row| row.get(0)).optional()?.flatten();
    }
    Ok(())
}

/// Notes that a known file is where it was, under another inode: a copy was put back.
///
/// # Errors
/// [`StoreError`].
pub fn renumbered(tx: &WriteTx<'_, Library>, file_n: i64, inode: i64) -> Result<(), StoreError> {
    let sql = "UPDATE file SET inode = ?2, missing_ms = NULL WHERE n = ?1 RETURNING item_n";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let item_n: i64 = statement.query_row((file_n, inode), |row| row.get(0))?;
    bring_back(tx, item_n)
}
