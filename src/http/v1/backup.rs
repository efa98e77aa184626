//! Backups: the owner takes one away, and whoever has the box in hand puts one back.

use std::sync::Arc;

use axum::body::{Body, HttpBody as _};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use serde::{Deserialize, Serialize};
use stead_rules::limits::BACKUP_MAX_BYTES;
use stead_rules::secret::SecretText;
use stead_rules::signin::Password;
use tokio_util::io::ReaderStream;
use utoipa::ToSchema;

use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::wire::{Json, cut_off};
use crate::service::backup::{self, BackupError};
use crate::service::claim;
use crate::service::core::Core;

const MEDIA_TYPE: &str = "application/octet-stream";

/// What locks a backup, and opens it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WordsRequest {
    /// At least 15 characters. Nobody can open the backup without them.
    words: String,
}

impl WordsRequest {
    fn password(self) -> Password {
        Password::typed(&SecretText::new(self.words))
    }
}

/// Makes a backup: an age file, locked by these words.
#[utoipa::path(post, path = "/api/v1/backup", request_body = WordsRequest,
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = "default", body = Problem)))]
pub(crate) async fn make(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<WordsRequest>,
) -> Result<Response, Problem> {
    let facts = ctx.signed_in()?;
    let made = backup::make(&core, &ctx.permit, ctx.now, facts, request.password()).await?;
    let body = Body::from_stream(ReaderStream::new(tokio::fs::File::from_std(made.file)));
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(made.size));
    let name = HeaderValue::from_static("attachment; filename=\"stead-backup.age\"");
    headers.insert(header::CONTENT_DISPOSITION, name);
    Ok(response)
}

/// Takes a backup in, for the browser that holds the claim.
#[utoipa::path(post, path = "/api/v1/claim/backup",
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn send(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    request: Request,
) -> Result<StatusCode, Problem> {
    // As with JSON, a form on another site cannot send this kind without asking first.
    let kind = request.headers().get(header::CONTENT_TYPE);
    if kind.is_none_or(|kind| kind.as_bytes() != MEDIA_TYPE.as_bytes()) {
        let detail = "Send the file as application/octet-stream.";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "octets_only", detail));
    }
    if request.body().size_hint().exact().is_some_and(|size| size > BACKUP_MAX_BYTES) {
        return Err(BackupError::TooLarge.into());
    }
    let now = ctx.now;
    let mut incoming = core
        .blocking(move |core| claim::receive(core, &ctx.permit, now).map_err(Problem::from))
        .await?;
    let mut body = request.into_body().into_data_stream();
    while let Some(bytes) = body.next().await {
        let bytes = bytes.map_err(|_| cut_off())?;
        let taken = core.blocking(move |_| incoming.take(&bytes).map_err(Problem::from));
        incoming = taken.await?;
    }
    core.blocking(move |core| incoming.keep(core, now).map_err(Problem::from)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What is served from the next start on.
#[derive(Serialize, ToSchema)]
pub(crate) struct RestoredAnswer {
    /// What the server is called.
    name: String,
    /// By which name it is found in the network.
    host_name: String,
    /// When the backup was made, in milliseconds since 1970.
    made_ms: i64,
    /// How many people it holds.
    people: u64,
    /// Whether the box has other certificates then.
    other_authority: bool,
}

/// Puts the backup that was sent back, and ends the server. It begins anew, locked until the owner in
/// the backup has signed in with a second factor.
#[utoipa::path(post, path = "/api/v1/claim/restore", request_body = WordsRequest,
    responses((status = 200, body = RestoredAnswer), (status = "default", body = Problem)))]
pub(crate) async fn restore(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<WordsRequest>,
) -> Result<axum::Json<RestoredAnswer>, Problem> {
    let restored = claim::restore(&core, &ctx.permit, ctx.now, request.password()).await?;
    Ok(axum::Json(RestoredAnswer {
        name: restored.name,
        host_name: restored.host_name,
        made_ms: restored.made.0,
        people: restored.people,
        other_authority: restored.other_authority,
    }))
}
