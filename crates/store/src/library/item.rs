//! An item as lists show it.

use rusqlite::Row;
use stead_rules::ids::{ItemId, LibraryId};
use stead_rules::media::ItemKind;

use crate::columns::{Stored, id, item_kind};

/// An item as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemRow {
    /// Its number, for cursors and for the indexer.
    pub n: i64,
    /// Its name for the world.
    pub id: ItemId,
    /// Where it belongs.
    pub library: LibraryId,
    /// What it is.
    pub kind: ItemKind,
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
    /// How long it plays.
    pub duration_ms: Option<u64>,
    /// Width of its picture.
    pub width: Option<u32>,
    /// Height of its picture.
    pub height: Option<u32>,
    /// When it was taken, as the clock on the wall stood.
    pub taken_ms: Option<i64>,
    /// When it was first seen.
    pub added_ms: i64,
    /// What it is part of.
    pub parent: Option<ItemId>,
    /// How many parts it has.
    pub children: u32,
    /// The version of its picture or of what it is part of, when there is one.
    pub picture: Option<u32>,
    /// How far the one who asks is.
    pub position_ms: Option<u64>,
    /// Whether the one who asks has seen it.
    pub watched: bool,
}

/// What every list selects, from `item i`, `lib l` and `acc.user_data u`.
macro_rules! item_columns {
    () => {
        concat!(
            "i.n, i.id, l.id AS library_id, i.kind, i.title, i.sort_title, i.subtitle, i.year, \
         i.season, i.number, i.disc, i.duration_ms, i.width, i.height, i.taken_ms, i.added_ms, \
         CASE WHEN i.picture = 'made' AND ",
            picture_within_age!("i"),
            " THEN i.picture_version ELSE \
           (SELECT p.picture_version FROM item p \
             WHERE p.n = i.parent_n AND p.picture = 'made' AND ",
            picture_within_age!("p"),
            ") END AS picture, \
         (SELECT p.id FROM item p WHERE p.n = i.parent_n) AS parent_id, \
         CASE WHEN i.kind IN ('series', 'season', 'artist', 'album') THEN \
           (SELECT count(*) FROM item k WHERE k.parent_n = i.n AND k.missing_ms IS NULL AND ",
            within_age!("k"),
            ") \
         ELSE 0 END AS children, \
         u.position_ms, coalesce(u.watched, 0) AS watched"
        )
    };
}

/// Whether a title is for the age of whoever looks, by `acc.visible_library v`. What was decided by
/// hand goes first, of itself and then of what it is part of; then what its files say. What nobody
/// rated is a matter of the limit, for films and episodes; nobody rates music and photos.
macro_rules! title_within_age {
    ($title:literal) => {
        concat!(
            "coalesce(coalesce(",
            $title,
            ".age_by_hand, \
               (SELECT coalesce(p.age_by_hand, g.age_by_hand) \
                  FROM item p LEFT JOIN item g ON g.n = p.parent_n WHERE p.n = ",
            $title,
            ".parent_n), ",
            $title,
            ".age_rating) <= v.max_age, \
             NOT (v.hides_unrated AND ",
            $title,
            ".kind IN ('film', 'episode')))"
        )
    };
}

/// Whether an item is for the age of whoever looks: a title by its rating, anything else when a title
/// in it is. Who has no limit costs nothing.
macro_rules! within_age {
    ($item:literal) => {
        concat!(
            "(v.max_age IS NULL OR CASE WHEN ",
            $item,
            ".kind IN ('film', 'episode', 'track', 'photo') THEN ",
            title_within_age!($item),
            " ELSE EXISTS (SELECT 1 FROM item c WHERE c.parent_n = ",
            $item,
            ".n AND c.missing_ms IS NULL AND CASE \
               WHEN c.kind IN ('film', 'episode', 'track', 'photo') THEN ",
            title_within_age!("c"),
            " ELSE EXISTS (SELECT 1 FROM item d WHERE d.parent_n = c.n \
               AND d.missing_ms IS NULL AND ",
            title_within_age!("d"),
            ") END) END) "
        )
    };
}

/// Whether the picture of an item is for the age of whoever looks: one that was made of a part of it
/// when that part is, since it shows what is in it.
macro_rules! picture_within_age {
    ($item:literal) => {
        concat!(
            "(v.max_age IS NULL OR ",
            $item,
            ".picture_of IS NULL OR EXISTS (SELECT 1 FROM item m WHERE m.id = ",
            $item,
            ".picture_of AND ",
            title_within_age!("m"),
            ")) "
        )
    };
}

/// Who may see which `item i`: the one predicate, of libraries and of ages. The user is `?1`.
macro_rules! visible {
    () => {
        concat!(
            " JOIN lib l ON l.n = i.lib_n \
              JOIN acc.visible_library v ON v.library_id = l.id AND v.user_id = ?1 AND ",
            within_age!("i")
        )
    };
}

/// Who may see what, and how far they are: user is `?1`.
macro_rules! seen_by_user {
    () => {
        concat!(
            visible!(),
            " LEFT JOIN acc.user_data u ON u.user_id = ?1 AND u.content_key = i.content_key "
        )
    };
}

/// Leaves out what lies in closed libraries: their list is the parameter of this name, made by
/// [`closed_list`].
macro_rules! not_closed {
    ($list:literal) => {
        concat!("hex(l.id) NOT IN (SELECT value FROM json_each(", $list, ")) ")
    };
}

/// Libraries as a parameter: a JSON list of their ids in hexadecimal letters, as SQLite's `hex` writes
/// them.
pub(crate) fn closed_list(libraries: &[LibraryId]) -> String {
    let ids: Vec<_> =
        libraries.iter().map(|id| format!("\"{}\"", id.to_string().to_uppercase())).collect();
    format!("[{}]", ids.join(","))
}

pub(crate) use {
    item_columns, not_closed, picture_within_age, seen_by_user, title_within_age, visible,
    within_age,
};

pub(crate) fn item_row(row: &Row<'_>) -> rusqlite::Result<ItemRow> {
    Ok(ItemRow {
        n: row.get("n")?,
        id: id(row, "id")?,
        library: id(row, "library_id")?,
        kind: item_kind(row, "kind")?,
        title: row.get("title")?,
        sort_title: row.get("sort_title")?,
        subtitle: row.get("subtitle")?,
        year: row.get("year")?,
        season: row.get("season")?,
        number: row.get("number")?,
        disc: row.get("disc")?,
        duration_ms: row.get("duration_ms")?,
        width: row.get("width")?,
        height: row.get("height")?,
        taken_ms: row.get("taken_ms")?,
        added_ms: row.get("added_ms")?,
        parent: row.get::<_, Option<Stored<ItemId>>>("parent_id")?.map(|stored| stored.0),
        children: row.get("children")?,
        picture: row.get("picture")?,
        position_ms: row.get("position_ms")?,
        watched: row.get("watched")?,
    })
}
