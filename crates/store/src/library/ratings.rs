//! For whom an item is: what its files say, and what somebody decided.
//!
//! ```text
//! by hand: of the item, of its season, of its series   the nearest goes first, and before
//! by its files: the strictest of its versions          what a file says
//! ```

use rusqlite::OptionalExtension;
use stead_rules::ids::{ContentKey, ItemId};
use stead_rules::media::{Age, ItemKind};

use crate::accounts::ratings::Mark;
use crate::columns::{age, id, item_kind, item_kind_word};
use crate::{Library, ReadTx, StoreError, WriteTx};

/// How an item comes by its rating.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rating {
    /// Decided of the item itself.
    pub by_hand: Option<Age>,
    /// Decided of the nearest that it is part of.
    pub of_whole: Option<Age>,
    /// What its files say; of a series or season, the strictest of its parts.
    pub by_file: Option<Age>,
}

impl Rating {
    /// What counts.
    #[must_use]
    pub fn counts(self) -> Option<Age> {
        self.by_hand.or(self.of_whole).or(self.by_file)
    }
}

/// How an item comes by its rating.
///
/// # Errors
/// [`StoreError`].
pub fn of_item(tx: &ReadTx<'_, Library>, item: ItemId) -> Result<Rating, StoreError> {
    let sql = "SELECT i.age_by_hand AS by_hand,
                      coalesce(p.age_by_hand, g.age_by_hand) AS of_whole,
                      coalesce(i.age_rating,
                               (SELECT max(coalesce(c.age_rating,
                                                    (SELECT max(d.age_rating) FROM item d
                                                      WHERE d.parent_n = c.n)))
                                  FROM item c WHERE c.parent_n = i.n)) AS by_file
                 FROM item i LEFT JOIN item p ON p.n = i.parent_n
                 LEFT JOIN item g ON g.n = p.parent_n
                WHERE i.id = ?1";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let found = statement.query_row([item.as_bytes()], |row| {
        Ok(Rating {
            by_hand: age(row, "by_hand")?,
            of_whole: age(row, "of_whole")?,
            by_file: age(row, "by_file")?,
        })
    });
    Ok(found.optional()?.unwrap_or_default())
}

/// Decides for whom an item and its parts are, or leaves it to the files. False when there is none.
///
/// # Errors
/// [`StoreError`].
pub fn decide(
    tx: &WriteTx<'_, Library>,
    item: ItemId,
    age: Option<Age>,
) -> Result<bool, StoreError> {
    let sql = "UPDATE item SET age_by_hand = ?2 WHERE id = ?1";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    Ok(statement.execute((item.as_bytes(), age.map(Age::get)))? == 1)
}

/// What an item is known by in an index that was made anew: the contents of its files, or, of what has
/// parts, its kind and what makes it one.
///
/// # Errors
/// [`StoreError`].
pub fn marks_of(tx: &ReadTx<'_, Library>, item: ItemId) -> Result<Vec<Mark>, StoreError> {
    let sql = "SELECT kind, fold_key FROM item WHERE id = ?1";
    let found = tx.transaction.query_row(sql, [item.as_bytes()], |row| {
        Ok((item_kind(row, "kind")?, row.get::<_, Option<String>>("fold_key")?))
    });
    let Some((kind, fold_key)) = found.optional()? else { return Ok(Vec::new()) };
    match kind {
        ItemKind::Film | ItemKind::Episode | ItemKind::Track | ItemKind::Photo => {}
        ItemKind::Series | ItemKind::Season | ItemKind::Artist | ItemKind::Album => {
            return Ok(fold_key.map(|key| whole_mark(kind, &key)).into_iter().collect());
        }
    }
    let sql = "SELECT DISTINCT f.content_key FROM item i JOIN file f ON f.item_n = i.n
                WHERE i.id = ?1";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let rows = statement
        .query_map([item.as_bytes()], |row| id::<ContentKey>(row, "content_key").map(title_mark))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn title_mark(content: ContentKey) -> Mark {
    content.as_bytes().to_vec()
}

pub(super) fn whole_mark(kind: ItemKind, fold_key: &str) -> Mark {
    format!("{} {fold_key}", item_kind_word(kind)).into_bytes()
}

/// Decides anew of an item of which nothing is decided: the index that knew it was lost.
pub(super) fn decide_again(
    tx: &WriteTx<'_, Library>,
    item_n: i64,
    age: Age,
) -> Result<(), StoreError> {
    let sql = "UPDATE item SET age_by_hand = coalesce(age_by_hand, ?2) WHERE n = ?1";
    tx.transaction.prepare_cached(sql)?.execute((item_n, age.get()))?;
    Ok(())
}

/// Of several versions the strictest counts, whichever of them plays.
pub(super) fn of_versions(tx: &WriteTx<'_, Library>, item_n: i64) -> Result<(), StoreError> {
    let sql = "UPDATE item SET age_rating = (SELECT max(age) FROM file
                                              WHERE item_n = ?1 AND missing_ms IS NULL)
                WHERE n = ?1";
    tx.transaction.prepare_cached(sql)?.execute([item_n])?;
    Ok(())
}

/// A file that becomes another item, or part of something else, takes along what was decided of it:
/// whoever renames a folder has not decided anew.
pub(super) fn take_along(
    tx: &WriteTx<'_, Library>,
    from_n: i64,
    from_parent_n: Option<i64>,
    to_n: i64,
) -> Result<(), StoreError> {
    let sql = "UPDATE item SET age_by_hand = coalesce(
                   age_by_hand,
                   (SELECT age_by_hand FROM item WHERE n = ?1),
                   CASE WHEN (SELECT coalesce(p.age_by_hand, g.age_by_hand)
                                FROM item p LEFT JOIN item g ON g.n = p.parent_n
                               WHERE p.n = item.parent_n) IS NULL
                        THEN (SELECT coalesce(p.age_by_hand, g.age_by_hand)
                                FROM item p LEFT JOIN item g ON g.n = p.parent_n
                               WHERE p.n = ?2) END)
                WHERE n = ?3";
    tx.transaction.prepare_cached(sql)?.execute((from_n, from_parent_n, to_n))?;
    Ok(())
}
