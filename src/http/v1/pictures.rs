//! Pictures of items.

#![expect(unused_qualifications, reason = "utoipa writes the full path of parameter structs")]

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use stead_rules::ids::ItemId;
use tokio::sync::broadcast::error::RecvError;
use utoipa::{IntoParams, ToSchema};

use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::wire::{Params, Segment};
use crate::service::core::Core;
use crate::service::pictures::{self, Looked, Size};
use crate::service::scans::Told;

/// How large a picture.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImageParams {
    #[param(inline)]
    #[serde(default)]
    size: SizeWire,
    /// `image_version`, so that a browser keeps each version.
    #[serde(rename = "v")]
    _version: Option<u32>,
}

#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SizeWire {
    #[default]
    Small,
    Large,
}

/// A picture that is being made is waited for this long: a person looks at an empty card.
const PICTURE_WAIT: Duration = Duration::from_secs(5);

/// The picture of an item, as JPEG.
#[utoipa::path(get, path = "/api/v1/items/{id}/image",
    params(("id" = String, Path), ImageParams),
    responses((status = 200, body = Vec<u8>, content_type = "image/jpeg"), (status = 304),
        (status = "default", body = Problem)))]
pub(crate) async fn image(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(item): Segment<ItemId>,
    Params(params): Params<ImageParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let size = match params.size {
        SizeWire::Small => Size::Small,
        SizeWire::Large => Size::Large,
    };
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let known = known.unwrap_or_default().to_owned();
    let looked = tokio::time::timeout(PICTURE_WAIT, look(&core, &ctx, item, size, known)).await;
    match looked {
        Ok(Ok(Looked::Picture { bytes, tag })) => Ok(sent(bytes.into_response(), &tag)),
        Ok(Ok(Looked::Same { tag })) => Ok(sent(StatusCode::NOT_MODIFIED.into_response(), &tag)),
        Ok(Ok(Looked::None)) => Err(Problem::not_found()),
        Ok(Ok(Looked::Awaited(_))) | Err(_) => Err(Problem::busy(
            "This picture is still being made. Try again in a moment.",
            PICTURE_WAIT.as_secs(),
        )),
        Ok(Err(problem)) => Err(problem),
    }
}

/// Looks until there is a picture, or none to come.
async fn look(
    core: &Arc<Core>,
    ctx: &Ctx,
    item: ItemId,
    size: Size,
    known: String,
) -> Result<Looked, Problem> {
    let mut told = core.scans.listen();
    let mut tries = 0;
    loop {
        let (ctx, known) = (ctx.clone(), known.clone());
        let looked = core
            .blocking(move |core| {
                pictures::look(core, &ctx.permit, item, size, &known).map_err(Problem::from)
            })
            .await?;
        let Looked::Awaited(awaited) = looked else { return Ok(looked) };
        tries += 1;
        // The small one, then the large one; what does not come then does not come.
        if tries > 2 {
            return Ok(Looked::None);
        }
        loop {
            match told.recv().await {
                Ok(Told::Picture(made)) if made == awaited => break,
                Ok(Told::Picture(_) | Told::Scan(..) | Told::Changed(_)) => {}
                Err(RecvError::Lagged(_)) => break,
                Err(RecvError::Closed) => return Ok(Looked::None),
            }
        }
    }
}

fn sent(mut response: Response, tag: &str) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/jpeg"));
    // Another user of the same browser may not see it: it is asked for again each time.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}
