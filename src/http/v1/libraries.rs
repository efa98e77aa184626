//! Libraries and the folders they may be made of.

#![expect(unused_qualifications, reason = "utoipa writes the full path of parameter structs")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use stead_rules::ids::LibraryId;
use stead_rules::media::LibraryKind;
use stead_rules::policy::{Closed, Opens};
use utoipa::{IntoParams, ToSchema};

use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::wire::{Json, Params, Segment};
use crate::service::core::Core;
use crate::service::folders;
use crate::service::libraries::{self, LibraryView};
use crate::service::scans::ScanProgress;

/// What a library holds.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KindWire {
    Films,
    Series,
    Music,
    Photos,
    Mixed,
}

impl From<LibraryKind> for KindWire {
    fn from(kind: LibraryKind) -> Self {
        match kind {
            LibraryKind::Films => Self::Films,
            LibraryKind::Series => Self::Series,
            LibraryKind::Music => Self::Music,
            LibraryKind::Photos => Self::Photos,
            LibraryKind::Mixed => Self::Mixed,
        }
    }
}

impl From<KindWire> for LibraryKind {
    fn from(kind: KindWire) -> Self {
        match kind {
            KindWire::Films => Self::Films,
            KindWire::Series => Self::Series,
            KindWire::Music => Self::Music,
            KindWire::Photos => Self::Photos,
            KindWire::Mixed => Self::Mixed,
        }
    }
}

/// How far a scan is.
#[derive(Serialize, ToSchema)]
pub(crate) struct ScanWire {
    /// `idle`, `scanning`, `offline`, `disk_full` (stopped until the data folder has room), or
    /// `failed` (given up over a fault; the log says which).
    state: &'static str,
    files_seen: u64,
    files_done: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    files_total: Option<u64>,
    problems: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    rate_per_s: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    left_s: Option<u64>,
    /// The folder that was read last.
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<String>,
    /// Files that vanished and are kept until the owner says that they are gone.
    vanished: u64,
}

impl From<ScanProgress> for ScanWire {
    fn from(scan: ScanProgress) -> Self {
        Self {
            state: scan.state.word(),
            files_seen: scan.files_seen,
            files_done: scan.files_done,
            files_total: scan.files_total,
            problems: scan.problems,
            rate_per_s: scan.rate_per_s,
            left_s: scan.left_s,
            current: scan.current,
            vanished: scan.vanished,
        }
    }
}

/// A library.
#[derive(Serialize, ToSchema)]
pub(crate) struct LibraryWire {
    id: String,
    name: String,
    kind: KindWire,
    /// Films, episodes, tracks and photos.
    items: u64,
    scan: ScanWire,
    /// Why nothing more is told of it, and what opens it.
    #[serde(skip_serializing_if = "Option::is_none")]
    closed: Option<ClosedWire>,
}

/// A second factor is required for this library.
#[derive(Serialize, ToSchema)]
struct ClosedWire {
    /// `step_up`: show a factor again. `enrol`: set one up. `another_way_in`: not here.
    by: &'static str,
    /// `mfa` or `mfa_phishing_resistant`, where that opens it.
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<&'static str>,
}

impl From<Closed> for ClosedWire {
    fn from(closed: Closed) -> Self {
        match closed.opens {
            Opens::StepUp { level, .. } => Self { by: "step_up", level: Some(level.word()) },
            Opens::Enrol { level } => Self { by: "enrol", level: Some(level.word()) },
            Opens::AnotherWayIn => Self { by: "another_way_in", level: None },
        }
    }
}

impl From<LibraryView> for LibraryWire {
    fn from(view: LibraryView) -> Self {
        let problems = view.totals.problems.max(view.scan.problems);
        Self {
            id: view.row.id.to_string(),
            name: view.row.name,
            kind: view.row.kind.into(),
            items: view.totals.items,
            scan: ScanWire { problems, ..view.scan.into() },
            closed: view.closed.map(ClosedWire::from),
        }
    }
}

/// The libraries that one sees.
#[derive(Serialize, ToSchema)]
pub(crate) struct LibrariesAnswer {
    libraries: Vec<LibraryWire>,
}

/// The libraries that one sees.
#[utoipa::path(get, path = "/api/v1/libraries",
    responses((status = 200, body = LibrariesAnswer), (status = "default", body = Problem)))]
pub(crate) async fn list(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<axum::Json<LibrariesAnswer>, Problem> {
    let list = core
        .blocking(move |core| libraries::list(core, &ctx.permit).map_err(Problem::from))
        .await?;
    let libraries = list.into_iter().map(LibraryWire::from).collect();
    Ok(axum::Json(LibrariesAnswer { libraries }))
}

/// A new library.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddRequest {
    name: String,
    kind: KindWire,
    /// A folder that the picker offers.
    path: String,
}

/// A new library.
#[derive(Serialize, ToSchema)]
pub(crate) struct AddAnswer {
    library: LibraryWire,
}

/// Makes a library of a folder and begins to scan it.
#[utoipa::path(post, path = "/api/v1/libraries", request_body = AddRequest,
    responses((status = 201, body = AddAnswer), (status = "default", body = Problem)))]
pub(crate) async fn add(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<AddRequest>,
) -> Result<Response, Problem> {
    let AddRequest { name, kind, path } = request;
    let folder = folders::choose(&core, &ctx.permit, Path::new(&path)).await?;
    let added = core
        .blocking(move |core| {
            libraries::add(core, &ctx.permit, ctx.now, &name, kind.into(), &folder)
                .map_err(Problem::from)
        })
        .await?;
    let answer = AddAnswer { library: added.into() };
    Ok((StatusCode::CREATED, axum::Json(answer)).into_response())
}

/// How a scan is meant.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ScanParams {
    /// Files that vanished are really gone.
    #[serde(default)]
    gone_is_meant: bool,
}

/// Asks for a scan.
#[utoipa::path(post, path = "/api/v1/libraries/{id}/scan", params(("id" = String, Path), ScanParams),
    responses((status = 202), (status = "default", body = Problem)))]
pub(crate) async fn scan(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(library): Segment<LibraryId>,
    Params(params): Params<ScanParams>,
) -> Result<StatusCode, Problem> {
    core.blocking(move |core| {
        libraries::scan(core, &ctx.permit, library, params.gone_is_meant).map_err(Problem::from)
    })
    .await?;
    Ok(StatusCode::ACCEPTED)
}

/// Removes a library; its files stay.
#[utoipa::path(post, path = "/api/v1/libraries/{id}/remove", params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn remove(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(library): Segment<LibraryId>,
) -> Result<StatusCode, Problem> {
    core.blocking(move |core| {
        libraries::remove(core, &ctx.permit, ctx.now, library).map_err(Problem::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Files that cannot be used.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProblemsAnswer {
    problems: Vec<FileProblem>,
}

#[derive(Serialize, ToSchema)]
struct FileProblem {
    /// Below the library's folder.
    path: String,
    /// Stable.
    code: String,
    /// What is wrong, for people.
    detail: String,
}

/// Files of a library that cannot be used.
#[utoipa::path(get, path = "/api/v1/libraries/{id}/problems", params(("id" = String, Path)),
    responses((status = 200, body = ProblemsAnswer), (status = "default", body = Problem)))]
pub(crate) async fn problems(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(library): Segment<LibraryId>,
) -> Result<axum::Json<ProblemsAnswer>, Problem> {
    let found = core
        .blocking(move |core| {
            libraries::problems(core, &ctx.permit, library).map_err(Problem::from)
        })
        .await?;
    let problems = found
        .into_iter()
        .map(|row| FileProblem {
            path: row.path.display().to_string(),
            code: row.code,
            detail: row.detail,
        })
        .collect();
    Ok(axum::Json(ProblemsAnswer { problems }))
}

/// Where to look.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FolderParams {
    /// A folder that an earlier answer named; without it, the folders to begin with.
    path: Option<String>,
}

/// A folder as the picker shows it.
#[derive(Serialize, ToSchema)]
pub(crate) struct FoldersAnswer {
    /// Which; empty above the allowed ones.
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    folders: Vec<FolderWire>,
    /// Where looking begins.
    roots: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct FolderWire {
    name: String,
    path: String,
}

/// Looks into a folder, within those that the system side allows.
#[utoipa::path(get, path = "/api/v1/folders", params(FolderParams),
    responses((status = 200, body = FoldersAnswer), (status = "default", body = Problem)))]
pub(crate) async fn folders(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Params(params): Params<FolderParams>,
) -> Result<axum::Json<FoldersAnswer>, Problem> {
    let path = params.path.as_deref().filter(|path| !path.is_empty()).map(Path::new);
    let view = folders::view(&core, &ctx.permit, path).await?;
    let text = |path: PathBuf| path.display().to_string();
    Ok(axum::Json(FoldersAnswer {
        path: view.path.map(text).unwrap_or_default(),
        parent: view.parent.map(text),
        folders: view.folders.into_iter().map(folder).collect(),
        roots: view.roots.into_iter().map(text).collect(),
    }))
}

fn folder(path: PathBuf) -> FolderWire {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    FolderWire { name, path: path.display().to_string() }
}
