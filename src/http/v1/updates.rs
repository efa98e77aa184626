//! Updates of an appliance.

use std::sync::Arc;

use axum::body::HttpBody as _;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use futures_util::StreamExt as _;
use serde::{Deserialize, Serialize};
use stead_rules::limits::UPDATE_MAX_BYTES;
use stead_rules::updates::{Channel, Hold, Hours, How, Wish, Worth};
use tokio::sync::mpsc;
use utoipa::ToSchema;

use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::wire::{Json, cut_off};
use crate::service::core::Core;
use crate::service::updates::{
    self, Arrival, By, Last, Offered, OnDisk, Origin, Outcome, SourceView, Stage, Trouble,
    UpdateError, View,
};

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
    /// An update that comes in.
    #[serde(skip_serializing_if = "Option::is_none")]
    arrives: Option<ArrivalAnswer>,
    /// The version of the update that is ready or installed.
    #[serde(skip_serializing_if = "Option::is_none")]
    offered: Option<String>,
    /// Why the update could not be installed, in the words of the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    /// What was installed or chosen last.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<LastSystem>,
    /// Where updates are fetched from, if they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<SourceAnswer>,
}

/// An update that comes in.
#[derive(Serialize, ToSchema)]
struct ArrivalAnswer {
    /// Where it comes from: `sent`, `disk` or `source`.
    from: &'static str,
    /// How much of it is here.
    has_bytes: u64,
    /// How large it is, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    of_bytes: Option<u64>,
}

impl From<Arrival> for ArrivalAnswer {
    fn from(arrival: Arrival) -> Self {
        let from = match arrival.origin {
            Origin::Sent => "sent",
            Origin::Disk => "disk",
            Origin::Source => "source",
        };
        Self { from, has_bytes: arrival.has_bytes, of_bytes: arrival.of_bytes }
    }
}

/// Where updates are fetched from.
#[derive(Serialize, ToSchema)]
struct SourceAnswer {
    /// Its address.
    address: String,
    /// Which versions are wanted: `stable` or `beta`.
    channel: &'static str,
    /// What is done by itself: `off`, `tell` or `itself`.
    how: &'static str,
    /// The hour of the day in UTC from which something may be done by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    from_hour: Option<u8>,
    /// The hour up to which.
    #[serde(skip_serializing_if = "Option::is_none")]
    to_hour: Option<u8>,
    /// When the source last answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    looked_ms: Option<i64>,
    /// What it offers.
    #[serde(skip_serializing_if = "Option::is_none")]
    offer: Option<OfferEntry>,
    /// What went wrong last: `silent`, `missing`, `broken_off`, `unlike`, `sum`, `refused`, `full`,
    /// `system` or `given_up`.
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<&'static str>,
    /// Why what came was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
    /// Why what is done by itself waits: `time`, `hours`, `playing` or `again`.
    #[serde(skip_serializing_if = "Option::is_none")]
    waits: Option<&'static str>,
}

/// The newest version of a channel.
#[derive(Serialize, ToSchema)]
struct OfferEntry {
    /// Its version.
    version: String,
    /// How large it is.
    size_bytes: u64,
    /// What is new in it, in the words of whoever made it.
    notes: String,
    /// `new`, `old`, or `left`: it did not work before, or its owner went back from it.
    worth: &'static str,
}

impl From<SourceView> for SourceAnswer {
    fn from(view: SourceView) -> Self {
        let SourceView { address, wish, looked, offered, trouble, hold } = view;
        let (how, hours) = match wish.how {
            How::Off => ("off", None),
            How::Tell => ("tell", None),
            How::Within(hours) => ("itself", Some(hours)),
        };
        let (trouble, refused) = trouble.map(told).unzip();
        Self {
            address,
            channel: wish.channel.word(),
            how,
            from_hour: hours.map(Hours::from),
            to_hour: hours.map(Hours::to),
            looked_ms: looked.map(|looked| looked.0),
            offer: offered.map(OfferEntry::from),
            trouble,
            refused: refused.flatten(),
            waits: hold.map(|hold| match hold {
                Hold::Time => "time",
                Hold::Hours => "hours",
                Hold::Playing => "playing",
                Hold::Again => "again",
            }),
        }
    }
}

impl From<Offered> for OfferEntry {
    fn from(offered: Offered) -> Self {
        let Offered { offer, worth, .. } = offered;
        let worth = match worth {
            Worth::New => "new",
            Worth::Old => "old",
            Worth::Left => "left",
        };
        Self { version: offer.version, size_bytes: offer.size_bytes, notes: offer.notes, worth }
    }
}

/// The word for what went wrong, and why something was refused.
fn told(trouble: Trouble) -> (&'static str, Option<String>) {
    match trouble {
        Trouble::Silent => ("silent", None),
        Trouble::Missing => ("missing", None),
        Trouble::BrokenOff => ("broken_off", None),
        Trouble::Unlike => ("unlike", None),
        Trouble::Sum => ("sum", None),
        Trouble::Refused(why) => ("refused", Some(why)),
        Trouble::Full => ("full", None),
        Trouble::System => ("system", None),
        Trouble::GivenUp => ("given_up", None),
    }
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

/// A system that is to run: an update that was installed, or the one that its owner chose.
#[derive(Serialize, ToSchema)]
struct LastSystem {
    /// Its version, where an update brought it.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// Where it lies, `A` or `B`, if its owner chose it.
    #[serde(skip_serializing_if = "Option::is_none")]
    chosen: Option<String>,
    /// `waits` for a restart, `runs`, or was `left` by itself since it did not work.
    outcome: &'static str,
    /// Why it was left: the last that its server or its gate said, if it came so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl From<Option<View>> for UpdatesAnswer {
    fn from(view: Option<View>) -> Self {
        let here = view.is_some();
        let Some(View { systems, stage, last, source }) = view else {
            return Self {
                here,
                version: None,
                systems: Vec::new(),
                stage: "none",
                arrives: None,
                offered: None,
                failure: None,
                last: None,
                source: None,
            };
        };
        let (mut arrives, mut offered, mut failure) = (None, None, None);
        let stage = match stage {
            Stage::None => "none",
            Stage::Arrives(arrival) => {
                arrives = Some(arrival.into());
                "arrives"
            }
            Stage::Ready(bundle, _) => {
                offered = Some(bundle.version);
                "ready"
            }
            Stage::Installing(bundle) => {
                offered = Some(bundle.version);
                "installing"
            }
            Stage::Failed(why) => {
                failure = Some(why);
                "failed"
            }
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
            arrives,
            offered,
            failure,
            last: last.map(LastSystem::from),
            source: source.map(SourceAnswer::from),
        }
    }
}

impl From<Last> for LastSystem {
    fn from(Last { version, chosen, outcome }: Last) -> Self {
        let (outcome, reason) = match outcome {
            Outcome::Waits => ("waits", None),
            Outcome::Runs => ("runs", None),
            Outcome::Left(reason) => ("left", reason),
        };
        Self { version, chosen, outcome, reason }
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
    let size = request.body().size_hint().exact();
    if size.is_some_and(|size| size > UPDATE_MAX_BYTES) {
        return Err(UpdateError::TooLarge.into());
    }
    let (pieces, mut come) = mpsc::channel::<Result<bytes::Bytes, Problem>>(PIECES_WAITING);
    let taken = core.blocking(move |core| {
        let mut incoming = updates::receive(core, &ctx.permit, Origin::Sent, size)?;
        loop {
            match come.blocking_recv() {
                Some(Ok(bytes)) => incoming.take(&bytes)?,
                Some(Err(problem)) => return Err(problem),
                None => return Ok::<_, Problem>(incoming.keep(By::Person)?),
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

/// The updates that lie on disks.
#[derive(Serialize, ToSchema)]
pub(crate) struct OnDisksAnswer {
    /// In the order of disks and names.
    updates: Vec<OnDiskEntry>,
}

/// An update on a disk.
#[derive(Serialize, ToSchema)]
struct OnDiskEntry {
    /// The id of the file system that it lies on.
    uuid: String,
    /// What people call the disk.
    disk: String,
    /// The name of its file.
    file: String,
    /// How large it is.
    size_bytes: u64,
    /// Its version, if it may be installed here.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// Why it may not.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
}

impl From<OnDisk> for OnDiskEntry {
    fn from(update: OnDisk) -> Self {
        let OnDisk { uuid, disk, file, size_bytes, found } = update;
        let (version, refused) = match found {
            Ok(version) => (Some(version), None),
            Err(why) => (None, Some(why)),
        };
        Self { uuid, disk, file, size_bytes, version, refused }
    }
}

/// Which updates lie on disks that are plugged in.
#[utoipa::path(get, path = "/api/v1/system/updates/disks",
    responses((status = 200, body = OnDisksAnswer), (status = "default", body = Problem)))]
pub(crate) async fn on_disks(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<axum::Json<OnDisksAnswer>, Problem> {
    let updates = updates::on_disks(&core, &ctx.permit).await?;
    Ok(axum::Json(OnDisksAnswer { updates: updates.into_iter().map(OnDiskEntry::from).collect() }))
}

/// An update on a disk, as the list names it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OnDiskRequest {
    uuid: String,
    file: String,
}

/// Takes in an update from a disk, and says what it is. Nothing is installed by this.
#[utoipa::path(post, path = "/api/v1/system/updates/disk", request_body = OnDiskRequest,
    responses((status = 200, body = OfferedAnswer), (status = "default", body = Problem)))]
pub(crate) async fn take_from_disk(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(OnDiskRequest { uuid, file }): Json<OnDiskRequest>,
) -> Result<axum::Json<OfferedAnswer>, Problem> {
    let taken = updates::take_from_disk(&core, &ctx.permit, uuid, file).await?;
    Ok(axum::Json(OfferedAnswer { version: taken.version }))
}

/// What the owner wants of updates that can be fetched.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WishRequest {
    /// Which versions: `stable` or `beta`.
    channel: String,
    /// What is done by itself: `off`, `tell` or `itself`.
    how: String,
    /// For `itself`: the hour of the day in UTC from which.
    from_hour: Option<u8>,
    /// For `itself`: the hour up to which, another one.
    to_hour: Option<u8>,
}

impl WishRequest {
    fn wish(&self) -> Option<Wish> {
        let hours = self.from_hour.zip(self.to_hour).and_then(|(from, to)| Hours::new(from, to));
        let how = match self.how.as_str() {
            "off" => How::Off,
            "tell" => How::Tell,
            "itself" => How::Within(hours?),
            _ => return None,
        };
        Some(Wish { channel: Channel::from_word(&self.channel)?, how })
    }
}

/// Sets what is done about updates by itself.
#[utoipa::path(post, path = "/api/v1/system/updates/wish", request_body = WishRequest,
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn set_wish(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<WishRequest>,
) -> Result<StatusCode, Problem> {
    let wish = request.wish().ok_or_else(|| {
        let detail =
            "Choose stable or beta; off, tell or itself; and for itself two different hours.";
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "update_wish_unknown", detail)
    })?;
    core.blocking(move |core| {
        updates::set_wish(core, &ctx.permit, ctx.now, wish).map_err(Problem::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Asks the source of updates now; what came of it stands in the answer to GET.
#[utoipa::path(post, path = "/api/v1/system/updates/look",
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn look_now(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<StatusCode, Problem> {
    updates::look_now(&core, &ctx.permit).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Has the update fetched that the source offers. Nothing is installed by this.
#[utoipa::path(post, path = "/api/v1/system/updates/fetch",
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn fetch(State(core): State<Arc<Core>>, ctx: Ctx) -> Result<StatusCode, Problem> {
    core.blocking(move |core| updates::fetch_now(core, &ctx.permit).map_err(Problem::from)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Calls off what is fetched.
#[utoipa::path(post, path = "/api/v1/system/updates/cancel",
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn cancel(State(core): State<Arc<Core>>, ctx: Ctx) -> Result<StatusCode, Problem> {
    core.blocking(move |core| updates::call_off(core, &ctx.permit).map_err(Problem::from)).await?;
    Ok(StatusCode::NO_CONTENT)
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
