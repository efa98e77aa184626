//! Looking at what there is. Every question goes through the visibility predicate of the store:
//! what somebody does not see is not there.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use stead_rules::ids::{ItemId, LibraryId, UserId};
use stead_rules::limits::{HOME_ROW_ITEMS, PAGE_ITEMS_MAX, SEARCH_ITEMS_MAX};
use stead_rules::media::{ItemKind, LibraryKind};
use stead_rules::policy::{Action, Closed, Permit};
use stead_store::StoreError;
use stead_store::accounts::libraries::{self, LibraryRow};
use stead_store::library::detail::{self, Ancestor, PlayableFile};
use stead_store::library::item::ItemRow;
use stead_store::library::lists::{self, Order, PartPlace};
use stead_store::library::ratings::{self, Rating};
use stead_store::library::{home, search as texts};

use super::core::{Core, CoreError, permitted};
use super::policy::log;

/// A question about items could not be answered.
#[derive(Debug, thiserror::Error)]
pub enum ItemsError {
    /// There is no such thing, or this user does not see it.
    #[error("there is no such thing")]
    NotFound,
    /// The cursor is none that this list gave out.
    #[error("the cursor is not of this list")]
    BadCursor,
    /// A second factor is required for the library that it lies in.
    #[error(transparent)]
    Closed(#[from] Closed),
    /// The core refused.
    #[error(transparent)]
    Core(#[from] CoreError),
}

impl From<StoreError> for ItemsError {
    fn from(error: StoreError) -> Self {
        Self::Core(error.into())
    }
}

/// How a list is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// By title.
    Title,
    /// Newest first.
    Added,
    /// Last taken first.
    Taken,
}

/// Which items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Among {
    /// Everything of a kind in a library.
    Library(LibraryId, ItemKind, Sort),
    /// What an item consists of, in its own order.
    Parts(ItemId),
}

/// A page of a list.
#[derive(Debug)]
pub struct Page {
    /// The items.
    pub items: Vec<ItemRow>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

/// A page of a list. Blocks.
///
/// # Errors
/// [`ItemsError`].
pub fn list(
    core: &Core,
    permit: &Permit,
    among: Among,
    limit: u32,
    cursor: Option<&str>,
) -> Result<Page, ItemsError> {
    let user = user(permit)?;
    let limit = limit.clamp(1, PAGE_ITEMS_MAX);
    let mut items = core.store()?.library.read(|tx| match among {
        Among::Library(library, kind, sort) => {
            log::opens(core, permit, library)?;
            let order = order(sort, cursor)?;
            Ok::<_, ItemsError>(lists::of_kind(tx, user, library, kind, &order, limit + 1)?)
        }
        Among::Parts(parent) => {
            let library = detail::library_of(tx, user, parent)?.ok_or(ItemsError::NotFound)?;
            log::opens(core, permit, library)?;
            let behind = cursor.map(part_place).transpose()?.unwrap_or_default();
            Ok(lists::parts(tx, user, parent, &behind, limit + 1)?)
        }
    })?;
    let more = items.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    items.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = if more { items.last().map(|last| cursor_behind(among, last)) } else { None };
    Ok(Page { items, next })
}

/// Who looks around.
fn user(permit: &Permit) -> Result<UserId, ItemsError> {
    permitted(permit, Action::Browse)?;
    permit.viewer().ok_or(ItemsError::NotFound)
}

/// The libraries of which nothing is shown.
fn closed(permit: &Permit) -> Vec<LibraryId> {
    permit.closed().iter().map(|closed| closed.library).collect()
}

/// A cursor is the place of the last row, so rows that come and go meanwhile shift nothing.
fn cursor_behind(among: Among, last: &ItemRow) -> String {
    let place = match among {
        Among::Library(_, _, Sort::Title) => serde_json::json!([last.sort_title, last.n]),
        Among::Library(_, _, Sort::Added) => serde_json::json!([last.added_ms, last.n]),
        Among::Library(_, _, Sort::Taken) => serde_json::json!([last.taken_ms, last.n]),
        Among::Parts(_) => serde_json::json!([
            last.disc.unwrap_or(0),
            last.number.unwrap_or(0),
            last.sort_title,
            last.n
        ]),
    };
    URL_SAFE_NO_PAD.encode(place.to_string())
}

fn place<T: serde::de::DeserializeOwned>(cursor: &str) -> Result<T, ItemsError> {
    let text = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| ItemsError::BadCursor)?;
    serde_json::from_slice(&text).map_err(|_| ItemsError::BadCursor)
}

fn order(sort: Sort, cursor: Option<&str>) -> Result<Order, ItemsError> {
    Ok(match sort {
        Sort::Title => Order::Title(cursor.map(place).transpose()?),
        Sort::Added => Order::Added(cursor.map(place).transpose()?),
        Sort::Taken => Order::Taken(cursor.map(place).transpose()?),
    })
}

fn part_place(cursor: &str) -> Result<PartPlace, ItemsError> {
    let (disc, number, title, n) = place(cursor)?;
    Ok(PartPlace { disc, number, title, n })
}

/// An item with what belongs to it.
#[derive(Debug)]
pub struct Details {
    /// The item.
    pub item: ItemRow,
    /// What it is about.
    pub overview: Option<String>,
    /// What plays.
    pub file: Option<PlayableFile>,
    /// What it is part of, the outermost first.
    pub ancestors: Vec<Ancestor>,
    /// For whom it is, and who says so.
    pub rating: Rating,
}

/// An item with what belongs to it. Blocks.
///
/// # Errors
/// [`ItemsError`].
pub fn details(core: &Core, permit: &Permit, item: ItemId) -> Result<Details, ItemsError> {
    let user = user(permit)?;
    core.store()?.library.read(|tx| {
        let row = detail::item(tx, user, item)?.ok_or(ItemsError::NotFound)?;
        log::opens(core, permit, row.library)?;
        Ok(Details {
            overview: detail::overview(tx, item)?,
            file: detail::playable(tx, user, item)?,
            ancestors: detail::ancestors(tx, item)?,
            rating: ratings::of_item(tx, item)?,
            item: row,
        })
    })
}

/// What the first page shows.
#[derive(Debug)]
pub struct Home {
    /// What was begun and not finished.
    pub continued: Vec<ItemRow>,
    /// What is new, library by library.
    pub latest: Vec<(LibraryRow, Vec<ItemRow>)>,
}

/// What the first page shows. Blocks.
///
/// # Errors
/// [`ItemsError`].
pub fn home(core: &Core, permit: &Permit) -> Result<Home, ItemsError> {
    let user = user(permit)?;
    let store = core.store()?;
    let seen = store.accounts.read(|tx| libraries::visible(tx, user))?;
    store.library.read(|tx| {
        let continued = home::continued(tx, user, &closed(permit), HOME_ROW_ITEMS)?;
        let mut latest = Vec::with_capacity(seen.len());
        for library in seen.into_iter().filter(|library| permit.opens(library.id).is_ok()) {
            let kinds = shelf_kinds(library.kind);
            let items = home::latest(tx, user, library.id, kinds, HOME_ROW_ITEMS)?;
            latest.push((library, items));
        }
        Ok(Home { continued, latest })
    })
}

/// What stands on a library's shelf: wholes, not their parts.
fn shelf_kinds(kind: LibraryKind) -> &'static [ItemKind] {
    match kind {
        LibraryKind::Films => &[ItemKind::Film],
        LibraryKind::Series => &[ItemKind::Series],
        LibraryKind::Music => &[ItemKind::Album],
        LibraryKind::Photos => &[ItemKind::Photo, ItemKind::Film],
        LibraryKind::Mixed => &[ItemKind::Film, ItemKind::Series, ItemKind::Album, ItemKind::Photo],
    }
}

/// What matches a text, the best first. Blocks.
///
/// # Errors
/// [`ItemsError`].
pub fn search(core: &Core, permit: &Permit, text: &str) -> Result<Vec<ItemRow>, ItemsError> {
    let user = user(permit)?;
    let closed = closed(permit);
    let library = &core.store()?.library;
    Ok(library.read(|tx| texts::search(tx, user, &closed, text, SEARCH_ITEMS_MAX))?)
}
