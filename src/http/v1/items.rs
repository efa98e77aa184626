//! What there is: lists, items, search.

#![expect(unused_qualifications, reason = "utoipa writes the full path of parameter structs")]

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use stead_rules::ids::ItemId;
use stead_rules::limits::PAGE_ITEMS_MAX;
use stead_rules::media::ItemKind;
use stead_store::library::item::ItemRow;
use utoipa::{IntoParams, ToSchema};

use super::libraries::KindWire;
use super::ratings::RatingWire;
use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::wire::{Params, Segment};
use crate::service::core::Core;
use crate::service::items::{self, Among, Sort};

/// What an item is.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ItemKindWire {
    Film,
    Series,
    Season,
    Episode,
    Artist,
    Album,
    Track,
    Photo,
}

macro_rules! same_kinds {
    ($($kind:ident),*) => {
        impl From<ItemKind> for ItemKindWire {
            fn from(kind: ItemKind) -> Self {
                match kind { $(ItemKind::$kind => Self::$kind),* }
            }
        }

        impl From<ItemKindWire> for ItemKind {
            fn from(kind: ItemKindWire) -> Self {
                match kind { $(ItemKindWire::$kind => Self::$kind),* }
            }
        }
    };
}

same_kinds!(Film, Series, Season, Episode, Artist, Album, Track, Photo);

/// An item as lists show it.
#[derive(Serialize, ToSchema)]
pub(crate) struct ItemWire {
    id: String,
    library_id: String,
    kind: ItemKindWire,
    title: String,
    /// Whose it is, or what it is part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    subtitle: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    year: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    season: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disc: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u32>,
    /// When it was taken, as the clock on the wall stood.
    #[serde(skip_serializing_if = "Option::is_none")]
    taken_ms: Option<i64>,
    /// Whether there is a picture.
    image: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_version: Option<u32>,
    /// How many parts it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    children: Option<u32>,
    /// Where the one who asks goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    position_ms: Option<u64>,
    watched: bool,
}

impl From<ItemRow> for ItemWire {
    fn from(row: ItemRow) -> Self {
        Self {
            id: row.id.to_string(),
            library_id: row.library.to_string(),
            kind: row.kind.into(),
            title: row.title,
            subtitle: row.subtitle,
            year: row.year,
            parent_id: row.parent.map(|parent| parent.to_string()),
            number: row.number,
            season: row.season,
            disc: row.disc,
            duration_ms: row.duration_ms,
            width: row.width,
            height: row.height,
            taken_ms: row.taken_ms,
            image: row.picture.is_some(),
            image_version: row.picture,
            children: (row.children > 0).then_some(row.children),
            position_ms: row.position_ms,
            watched: row.watched,
        }
    }
}

/// Which items: those of a kind in a library, or the parts of one item.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    library: Option<String>,
    #[param(inline)]
    kind: Option<ItemKindWire>,
    parent: Option<String>,
    #[param(inline)]
    #[serde(default)]
    sort: SortWire,
    /// At most 200.
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SortWire {
    #[default]
    Title,
    Added,
    Taken,
    /// The order of the parts of an item, which is the only one they have.
    Number,
}

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct ListAnswer {
    items: Vec<ItemWire>,
    /// The cursor of the next page, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A page of a list.
#[utoipa::path(get, path = "/api/v1/items", params(ListParams),
    responses((status = 200, body = ListAnswer), (status = "default", body = Problem)))]
pub(crate) async fn list(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Params(params): Params<ListParams>,
) -> Result<axum::Json<ListAnswer>, Problem> {
    let among = among(&params)?;
    let page = core
        .blocking(move |core| {
            let limit = params.limit.unwrap_or(PAGE_ITEMS_MAX);
            items::list(core, &ctx.permit, among, limit, params.cursor.as_deref())
                .map_err(Problem::from)
        })
        .await?;
    Ok(axum::Json(ListAnswer { items: wires(page.items), next: page.next }))
}

fn wires(items: Vec<ItemRow>) -> Vec<ItemWire> {
    items.into_iter().map(ItemWire::from).collect()
}

fn among(params: &ListParams) -> Result<Among, Problem> {
    match (&params.parent, &params.library, params.kind) {
        (Some(parent), _, _) => parent.parse().map(Among::Parts).map_err(|_| Problem::not_found()),
        (None, Some(library), Some(kind)) => {
            let library = library.parse().map_err(|_| Problem::not_found())?;
            let sort = match params.sort {
                SortWire::Title | SortWire::Number => Sort::Title,
                SortWire::Added => Sort::Added,
                SortWire::Taken => Sort::Taken,
            };
            Ok(Among::Library(library, kind.into(), sort))
        }
        (None, _, _) => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "bad_query",
            "Name a library and a kind, or the item whose parts to list.",
        )),
    }
}

/// An item with what belongs to it.
#[derive(Serialize, ToSchema)]
pub(crate) struct DetailsAnswer {
    #[serde(flatten)]
    item: ItemWire,
    #[serde(skip_serializing_if = "Option::is_none")]
    overview: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<FileWire>,
    /// What it is part of, the outermost first.
    parents: Vec<ParentWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rating: Option<RatingWire>,
}

#[derive(Serialize, ToSchema)]
struct FileWire {
    size: u64,
    container: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    video: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audio: Option<String>,
    /// Bits each second, over its whole length.
    #[serde(skip_serializing_if = "Option::is_none")]
    bitrate: Option<u64>,
}

#[derive(Serialize, ToSchema)]
struct ParentWire {
    id: String,
    title: String,
    kind: ItemKindWire,
}

/// An item with what belongs to it.
#[utoipa::path(get, path = "/api/v1/items/{id}", params(("id" = String, Path)),
    responses((status = 200, body = DetailsAnswer), (status = "default", body = Problem)))]
pub(crate) async fn details(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(item): Segment<ItemId>,
) -> Result<axum::Json<DetailsAnswer>, Problem> {
    let found = core
        .blocking(move |core| items::details(core, &ctx.permit, item).map_err(Problem::from))
        .await?;
    let file = found.file.map(|file| FileWire {
        bitrate: file
            .duration_ms
            .filter(|ms| *ms > 0)
            .map(|ms| file.size.saturating_mul(8000) / ms),
        size: file.size,
        container: file.container,
        video: file.video,
        audio: file.audio,
    });
    let parent = |parent: stead_store::library::detail::Ancestor| ParentWire {
        id: parent.id.to_string(),
        title: parent.title,
        kind: parent.kind.into(),
    };
    Ok(axum::Json(DetailsAnswer {
        item: found.item.into(),
        overview: found.overview,
        file,
        parents: found.ancestors.into_iter().map(parent).collect(),
        rating: RatingWire::of(found.rating),
    }))
}

/// What the first page shows.
#[derive(Serialize, ToSchema)]
pub(crate) struct HomeAnswer {
    /// What was begun and not finished.
    r#continue: Vec<ItemWire>,
    /// What is new, library by library.
    latest: Vec<LatestWire>,
}

#[derive(Serialize, ToSchema)]
struct LatestWire {
    library: LibraryName,
    items: Vec<ItemWire>,
}

#[derive(Serialize, ToSchema)]
struct LibraryName {
    id: String,
    name: String,
    kind: KindWire,
}

/// What the first page shows.
#[utoipa::path(get, path = "/api/v1/home",
    responses((status = 200, body = HomeAnswer), (status = "default", body = Problem)))]
pub(crate) async fn home(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<axum::Json<HomeAnswer>, Problem> {
    let home =
        core.blocking(move |core| items::home(core, &ctx.permit).map_err(Problem::from)).await?;
    let latest = home.latest.into_iter().map(|(library, items)| LatestWire {
        library: LibraryName {
            id: library.id.to_string(),
            name: library.name,
            kind: library.kind.into(),
        },
        items: wires(items),
    });
    Ok(axum::Json(HomeAnswer { r#continue: wires(home.continued), latest: latest.collect() }))
}

/// What to look for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SearchParams {
    q: String,
}

/// What was found.
#[derive(Serialize, ToSchema)]
pub(crate) struct SearchAnswer {
    /// The best first.
    items: Vec<ItemWire>,
}

/// Looks for a text in titles and names.
#[utoipa::path(get, path = "/api/v1/search", params(SearchParams),
    responses((status = 200, body = SearchAnswer), (status = "default", body = Problem)))]
pub(crate) async fn search(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Params(params): Params<SearchParams>,
) -> Result<axum::Json<SearchAnswer>, Problem> {
    let found = core
        .blocking(move |core| items::search(core, &ctx.permit, &params.q).map_err(Problem::from))
        .await?;
    Ok(axum::Json(SearchAnswer { items: wires(found) }))
}
