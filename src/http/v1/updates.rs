//! Updates of an appliance.

use std::sync::Arc;

use axum::body::HttpBody as _;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use futures_util::StreamExt as _;
use serde::Serialize;
use stead_rules::limits::UPDATE_MAX_BYTES;
use tokio::sync::mpsc;
use utoipa::ToSchema;

use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::wire::cut_off;
use crate::service::core::Core;
use crate::service::updates::{self, Outcome, Stage, UpdateError, View};

const MEDIA_TYPE: &str = "application/octet-stream";
/// Pieces of a file that wait for the disk.
const PIECES_WAITING: usize = 4;

/// The systems of the box, and updates of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct UpdatesAnswer {
    /// Whether this server is updated here; elsewhere its system does that.
    here: bool,
    /// The version of the system that runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// Where systems lie: one runs, the other takes the next update.
    systems: Vec<SystemEntry>,
    /// How far an update is: `none`, `arrives`, `ready`, `installing` or `failed`.
    stage: &'static str,
    /// The version of the update that is ready or installed.
    #[serde(skip_serializing_if = "Option::is_none")]
    offered: Option<String>,
    /// Why the update could not be installed, in the words of the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    /// The update that was installed last.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<LastUpdate>,
}

/// Where a system lies.
#[derive(Serialize, ToSchema)]
struct SystemEntry {
    /// `A` or `B`.
    name: String,
    /// It runs.
    running: bool,
    /// The next start begins with it.
    next: bool,
    /// It may be started.
    good: bool,
    /// Its version, where an update brought it.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
}

/// An update that was installed.
#[derive(Serialize, ToSchema)]
struct LastUpdate {
    /// Its version.
    version: String,
    /// `waits` for a restart, `runs`, or was `left` by itself since it did not work.
    outcome: &'static str,
    /// The last that its service said before it was left, if it came so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl From<Option<View>> for UpdatesAnswer {
    fn from(view: Option<View>) -> Self {
        let here = view.is_some();
        let Some(View { systems, stage, last }) = view else {
            return Self {
                here,
                version: None,
                systems: Vec::new(),
                stage: "none",
                offered: None,
                failure: None,
                last: None,
            };
        };
        let (stage, offered, failure) = match stage {
            Stage::None => ("none", None, None),
            Stage::Arrives => ("arrives", None, None),
            Stage::Ready(bundle) => ("ready", Some(bundle.version), None),
            Stage::Installing(bundle) => ("installing", Some(bundle.version), None),
            Stage::Failed(why) => ("failed", None, Some(why)),
        };
        let entries = systems.slots.into_iter().map(|slot| SystemEntry {
            // What was flashed says no version; what runs is known all the same.
            version: slot.version.or_else(|| slot.is_running.then(|| systems.version.clone())),
            name: slot.name,
            running: slot.is_running,
            next: slot.is_next,
            good: slot.is_good,
        });
        Self {
            here,
            systems: entries.collect(),
            version: Some(systems.version),
            stage,
            offered,
            failure,
            last: last.map(LastUpdate::from),
        }
    }
}

impl From<(String, Outcome)> for LastUpdate {
    fn from((version, outcome): (String, Outcome)) -> Self {
        let (outcome, reason) = match outcome {
            Outcome::Waits => ("waits", None),
            Outcome::Runs => ("runs", None),
            Outcome::Left(reason) => ("left", reason),
        };
        Self { version, outcome, reason }
    }
}

/// Which systems there are, and how far an update is.
#[utoipa::path(get, path = "/api/v1/system/updates",
    responses((status = 200, body = UpdatesAnswer), (status = "default", body = Problem)))]
pub(crate) async fn look(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<axum::Json<UpdatesAnswer>, Problem> {
    let looked =
        core.blocking(move |core| updates::look(core, &ctx.permit).map_err(Problem::from)).await?;
    Ok(axum::Json(looked.into()))
}

/// An update that may be installed.
#[derive(Serialize, ToSchema)]
pub(crate) struct OfferedAnswer {
    /// Its version.
    version: String,
}

/// Takes in the file of an update, and says what it is. Nothing is installed by this.
#[utoipa::path(post, path = "/api/v1/system/updates/file",
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, body = OfferedAnswer), (status = "default", body = Problem)))]
pub(crate) async fn send(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    request: Request,
) -> Result<axum::Json<OfferedAnswer>, Problem> {
    // As with JSON, a form on another site cannot send this kind without asking first.
    let kind = request.headers().get(header::CONTENT_TYPE);
    if kind.is_none_or(|kind| kind.as_bytes() != MEDIA_TYPE.as_bytes()) {
        let detail = "Send the file as application/octet-stream.";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "octets_only", detail));
    }
    if request.body().size_hint().exact().is_some_and(|size| size > UPDATE_MAX_BYTES) {
        return Err(UpdateError::TooLarge.into());
    }
    let (pieces, mut come) = mpsc::channel::<Result<bytes::Bytes, Problem>>(PIECES_WAITING);
    let taken = core.blocking(move |core| {
        let mut incoming = updates::receive(core, &ctx.permit)?;
        loop {
            match come.blocking_recv() {
                Some(Ok(bytes)) => incoming.take(&bytes)?,
                Some(Err(problem)) => return Err(problem),
                None => return Ok::<_, Problem>(incoming.keep()?),
            }
        }
    });
    let sent = async {
        let mut body = request.into_body().into_data_stream();
        while let Some(bytes) = body.next().await {
            let is_last = bytes.is_err();
            let told = pieces.send(bytes.map_err(|_| cut_off())).await;
            if is_last || told.is_err() {
                break;
            }
        }
        drop(pieces);
    };
    let (taken, ()) = tokio::join!(taken, sent);
    Ok(axum::Json(OfferedAnswer { version: taken?.version }))
}

/// Has the update installed that was sent, beside what runs.
#[utoipa::path(post, path = "/api/v1/system/updates/install",
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn install(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<StatusCode, Problem> {
    core.blocking(move |core| updates::install(core, &ctx.permit, ctx.now).map_err(Problem::from))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Restarts the box with its other system.
#[utoipa::path(post, path = "/api/v1/system/updates/switch",
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn switch(State(core): State<Arc<Core>>, ctx: Ctx) -> Result<StatusCode, Problem> {
    core.blocking(move |core| updates::switch(core, &ctx.permit, ctx.now).map_err(Problem::from))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Restarts the box.
#[utoipa::path(post, path = "/api/v1/system/restart",
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn restart(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<StatusCode, Problem> {
    core.blocking(move |core| updates::restart(core, &ctx.permit, ctx.now).map_err(Problem::from))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
