//! Lists of items: of one kind in one library, or the parts of one item, page by page.

use rusqlite::Params;
use stead_rules::ids::{ItemId, LibraryId, UserId};
use stead_rules::media::ItemKind;

use super::item::{
    ItemRow, item_columns, item_row, picture_within_age, seen_by_user, title_within_age, visible,
    within_age,
};
use crate::columns::item_kind_word;
use crate::{Library, ReadTx, StoreError};

/// In which order, and behind which row: the value of the order in the last row that was shown,
/// and its number, which breaks ties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// By title, from the start or behind a row.
    Title(Option<(String, i64)>),
    /// Newest first, from the start or behind a row.
    Added(Option<(i64, i64)>),
    /// Last taken first, from the start or behind a row.
    Taken(Option<(i64, i64)>),
}

macro_rules! of_kind {
    ($index:literal, $more:literal) => {
        concat!(
            "SELECT ",
            item_columns!(),
            " FROM item i INDEXED BY ",
            $index,
            seen_by_user!(),
            "WHERE i.lib_n = (SELECT n FROM lib WHERE id = ?2) AND i.kind = ?3 \
             AND i.missing_ms IS NULL ",
            $more,
            " LIMIT ?6"
        )
    };
}

/// Up to `limit` items of one kind in one library, in `order`, that `user` sees.
///
/// # Errors
/// [`StoreError`].
pub fn of_kind(
    tx: &ReadTx<'_, Library>,
    user: UserId,
    library: LibraryId,
    kind: ItemKind,
    order: &Order,
    limit: u32,
) -> Result<Vec<ItemRow>, StoreError> {
    let (user, library, kind) = (user.as_bytes(), library.as_bytes(), item_kind_word(kind));
    match order {
        Order::Title(behind) => {
            let (title, n) = behind.clone().unwrap_or_default();
            let sql = of_kind!(
                "item_by_title",
                "AND (i.sort_title, i.n) > (?4, ?5) ORDER BY i.sort_title, i.n"
            );
            rows(tx, sql, (user, library, kind, title, n, limit))
        }
        Order::Added(behind) => {
            let (at, n) = behind.unwrap_or((i64::MAX, i64::MAX));
            let sql = of_kind!(
                "item_by_added",
                "AND (i.added_ms, i.n) < (?4, ?5) ORDER BY i.added_ms DESC, i.n DESC"
            );
            rows(tx, sql, (user, library, kind, at, n, limit))
        }
        Order::Taken(behind) => {
            let (at, n) = behind.unwrap_or((i64::MAX, i64::MAX));
            let sql = of_kind!(
                "item_by_taken",
                "AND i.taken_ms IS NOT NULL AND (i.taken_ms, i.n) < (?4, ?5) \
                 ORDER BY i.taken_ms DESC, i.n DESC"
            );
            rows(tx, sql, (user, library, kind, at, n, limit))
        }
    }
}

/// A place among the parts of one item: disc, season, number, title, row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartPlace {
    /// Disc, zero for none.
    pub disc: u32,
    /// Number, zero for none.
    pub number: u32,
    /// Sort title.
    pub title: String,
    /// Row.
    pub n: i64,
}

/// Up to `limit` parts of `parent` behind `behind`, by disc, number and title, that `user` sees.
///
/// # Errors
/// [`StoreError`].
pub fn parts(
    tx: &ReadTx<'_, Library>,
    user: UserId,
    parent: ItemId,
    behind: &PartPlace,
    limit: u32,
) -> Result<Vec<ItemRow>, StoreError> {
    let sql = concat!(
        "SELECT ",
        item_columns!(),
        " FROM item i ",
        seen_by_user!(),
        "WHERE i.parent_n = (SELECT n FROM item WHERE id = ?2) AND i.missing_ms IS NULL \
         AND (coalesce(i.disc, 0), coalesce(i.number, 0), i.sort_title, i.n) > (?3, ?4, ?5, ?6) \
         ORDER BY coalesce(i.disc, 0), coalesce(i.number, 0), i.sort_title, i.n LIMIT ?7"
    );
    let place = (behind.disc, behind.number, &behind.title, behind.n);
    let (user, parent) = (user.as_bytes(), parent.as_bytes());
    rows(tx, sql, (user, parent, place.0, place.1, place.2, place.3, limit))
}

pub(super) fn rows(
    tx: &ReadTx<'_, Library>,
    sql: &str,
    params: impl Params,
) -> Result<Vec<ItemRow>, StoreError> {
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let found = statement.query_map(params, item_row)?;
    Ok(found.collect::<Result<_, _>>()?)
}
