//! Disks that are attached to an appliance.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::host::helper::{Disk, DiskVolume};
use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::wire::Json;
use crate::service::core::Core;
use crate::service::drives::{self, Emptied};

/// The disks.
#[derive(Serialize, ToSchema)]
pub(crate) struct DisksAnswer {
    /// Whether this server looks after disks; elsewhere its system does.
    looked_after: bool,
    /// All but the system's own.
    disks: Vec<DiskEntry>,
}

/// A disk.
#[derive(Serialize, ToSchema)]
struct DiskEntry {
    /// What the kernel calls it now.
    name: String,
    /// How large it is.
    size_bytes: u64,
    /// Its maker's name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    /// It takes no writes.
    read_only: bool,
    /// The file systems on it.
    volumes: Vec<VolumeEntry>,
}

/// A file system on a disk.
#[derive(Serialize, ToSchema)]
struct VolumeEntry {
    /// Its id.
    uuid: String,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    /// Which kind it is, as `ext4`.
    file_system: String,
    /// How large it is.
    size_bytes: u64,
    /// The folder that it is read in; missing while it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    folder: Option<String>,
}

impl From<Disk> for DiskEntry {
    fn from(disk: Disk) -> Self {
        let Disk { name, size_bytes, model, read_only, volumes } = disk;
        let volumes = volumes.into_iter().map(VolumeEntry::from).collect();
        Self { name, size_bytes, model, read_only, volumes }
    }
}

impl From<DiskVolume> for VolumeEntry {
    fn from(volume: DiskVolume) -> Self {
        let DiskVolume { uuid, label, file_system, size_bytes, folder } = volume;
        Self { uuid, label, file_system, size_bytes, folder }
    }
}

/// Which disks there are.
#[utoipa::path(get, path = "/api/v1/disks",
    responses((status = 200, body = DisksAnswer), (status = "default", body = Problem)))]
pub(crate) async fn look(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<axum::Json<DisksAnswer>, Problem> {
    let found =
        core.blocking(move |core| drives::look(core, &ctx.permit).map_err(Problem::from)).await?;
    let looked_after = found.is_some();
    let disks = found.unwrap_or_default().into_iter().map(DiskEntry::from).collect();
    Ok(axum::Json(DisksAnswer { looked_after, disks }))
}

/// A file system.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VolumeRequest {
    /// Its id.
    uuid: String,
}

/// Where a file system is read.
#[derive(Serialize, ToSchema)]
pub(crate) struct MountedAnswer {
    /// The folder.
    folder: String,
}

/// Reads a file system, without ever writing to it.
#[utoipa::path(post, path = "/api/v1/disks/mount", request_body = VolumeRequest,
    responses((status = 200, body = MountedAnswer), (status = "default", body = Problem)))]
pub(crate) async fn mount(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<VolumeRequest>,
) -> Result<axum::Json<MountedAnswer>, Problem> {
    let folder = core
        .blocking(move |core| {
            drives::mount(core, &ctx.permit, ctx.now, &request.uuid).map_err(Problem::from)
        })
        .await?;
    Ok(axum::Json(MountedAnswer { folder }))
}

/// Lets go of a file system: its disk can be unplugged then.
#[utoipa::path(post, path = "/api/v1/disks/unmount", request_body = VolumeRequest,
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn unmount(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<VolumeRequest>,
) -> Result<StatusCode, Problem> {
    core.blocking(move |core| {
        drives::unmount(core, &ctx.permit, ctx.now, &request.uuid).map_err(Problem::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A disk that is to be made empty, as it was shown, and the confirmation.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EmptyRequest {
    /// What the kernel calls it.
    name: String,
    /// How large it is.
    size_bytes: u64,
    /// Its maker's name for it, if it has one.
    #[serde(default)]
    model: Option<String>,
    /// What its new file system is called: letters, digits, `-`, `_` and `.`, at most 16.
    label: String,
    /// The model, typed once more, or the name of a disk without one.
    typed: String,
}

/// Makes a whole disk empty, with one new file system on it. All that was on it is gone.
#[utoipa::path(post, path = "/api/v1/disks/empty", request_body = EmptyRequest,
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn empty(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<EmptyRequest>,
) -> Result<StatusCode, Problem> {
    let EmptyRequest { name, size_bytes, model, label, typed } = request;
    let disk = Emptied { name, size_bytes, model, label };
    core.blocking(move |core| {
        drives::format(core, &ctx.permit, ctx.now, &disk, &typed).map_err(Problem::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
