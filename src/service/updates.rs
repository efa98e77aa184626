//! Updates of an appliance: which systems it has, taking in a file with a new one, having it
//! installed, and starting another system.
//!
//! ```text
//! sent by its owner ─┐
//! on a disk ─────────┤
//! fetched ───────────┴▶ looked at (signature, board, version) ─▶ ready ─▶ installed beside what runs
//!                                                                          │
//!                                                                       restart
//!                                                                          │
//!                       works, and stays ◀── its gate ──▶ is left by itself, and says why
//! ```
//!
//! What is signed, and for which board, rauc decides in the helper, before the file is offered and
//! again when it is installed.

mod arrival;
mod begun;
mod fetch;
mod on_disk;
mod source;

use std::fs;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::json;
use stead_rules::policy::{Action, Guard, Permit, Tend};
use stead_rules::time::Now;
use stead_store::StoreError;
use stead_store::accounts::{audit, updates as rows};
use tokio::sync::{Mutex as AsyncMutex, Notify};

use super::chain;
use super::core::{Core, CoreError, permitted};
use crate::host::disk::is_full;
use crate::host::files::{PRIVATE, write_atomically};
use crate::host::helper::{Answer, Bundle, Fallen, HelperError, Job, Systems, ask};

pub(crate) use arrival::remove_from;
pub use arrival::{Arrival, By, Incoming, Origin, receive};
pub use on_disk::{OnDisk, on_disks, take_from_disk};
pub(crate) use source::tend;
pub use source::{
    Offered, SourceView, Trouble, call_off, fetch_now, look_now, read_index, set_wish,
};

use arrival::{FILE, remove};
use source::SourceDesk;

/// Why nothing was done about an update.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// Nobody updates this server.
    #[error("this server is not updated by itself")]
    NotHere,
    /// It is larger than both slots.
    #[error("the file is too large for an update")]
    TooLarge,
    /// None was sent before.
    #[error("no update was sent")]
    NoneSent,
    /// The configuration names nobody who has updates.
    #[error("no source of updates is named")]
    NoSource,
    /// The source has offered nothing that could be fetched.
    #[error("the source offers no newer version")]
    NotOffered,
    /// There is no such file on that disk, or no such disk.
    #[error("there is no such update on a disk")]
    NotOnDisk,
    /// The disk does not answer, or not with what lies on it.
    #[error("the disk could not be read")]
    DiskSilent,
    /// One is taken in or installed.
    #[error("an update is under way")]
    Busy,
    /// The rules or rauc say no.
    #[error("{0}")]
    Refused(String),
    /// A tool says why it did not go.
    #[error("{0}")]
    Failed(String),
    /// The disk.
    #[error("the update could not be kept")]
    Io(#[source] io::Error),
    /// The helper does not answer.
    #[error(transparent)]
    Helper(#[from] HelperError),
    /// The core refused.
    #[error(transparent)]
    Core(#[from] CoreError),
}

impl From<io::Error> for UpdateError {
    fn from(error: io::Error) -> Self {
        if is_full(&error) {
            return Self::Core(StoreError::Full(None).into());
        }
        Self::Io(error)
    }
}

/// How far an update is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Stage {
    /// There is none.
    #[default]
    None,
    /// It comes in.
    Arrives(Arrival),
    /// It may be installed.
    Ready(Bundle, By),
    /// It is written beside what runs.
    Installing(Bundle),
    /// It could not be installed, for this reason.
    Failed(String),
}

/// What is known of updates while the server runs.
#[derive(Default)]
pub struct UpdateDesk {
    stage: Mutex<Stage>,
    /// The systems as they were when an install began: rauc tells nobody of them until it is over.
    before: Mutex<Option<Systems>>,
    /// Told when somebody wants the update installed.
    wanted: Notify,
    /// What is known of the source, and what is fetched from it.
    source: Mutex<SourceDesk>,
    /// Held by whoever asks the source.
    looking: AsyncMutex<()>,
    /// Held by whoever has the files on disks looked into.
    listing: AsyncMutex<()>,
    /// Told when there may be something to do by itself.
    tended: Notify,
}

impl UpdateDesk {
    fn before(&self) -> MutexGuard<'_, Option<Systems>> {
        self.before.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn source(&self) -> MutexGuard<'_, SourceDesk> {
        self.source.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The system that is to run, by an update or by its owner's choice, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Last {
    /// Its version; none is known of what was flashed.
    pub version: Option<String>,
    /// Where it lies, if its owner chose it; else it was installed.
    pub chosen: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a system that is to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It begins with the next start.
    Waits,
    /// It runs.
    Runs,
    /// It was left by itself; the last that its service said, if it came so far.
    Left(Option<String>),
}

/// All there is to say.
#[derive(Debug, Clone)]
pub struct View {
    /// The systems.
    pub systems: Systems,
    /// An update on its way.
    pub stage: Stage,
    /// What was installed or chosen last.
    pub last: Option<Last>,
    /// Where updates are fetched from, if they are.
    pub source: Option<SourceView>,
}

/// What there is; none where nobody updates this server. Blocks.
///
/// # Errors
/// [`UpdateError`].
pub fn look(core: &Core, permit: &Permit) -> Result<Option<View>, UpdateError> {
    permitted(permit, Action::Tend(Tend::Boards))?;
    if core.config.system.helper.is_none() {
        return Ok(None);
    }
    let stage = core.updates.stage().clone();
    let known = core.updates.before().clone();
    let systems = match known.filter(|_| matches!(stage, Stage::Installing(_))) {
        Some(known) => known,
        None => systems(core)?,
    };
    // What is noted of the one that is installed now holds once that has ended.
    let noted = Noted::last(core).filter(|_| !matches!(stage, Stage::Installing(_)));
    let last = noted.map(|noted| {
        let outcome = noted.outcome(core, &systems);
        Last { version: noted.version, chosen: noted.chosen, outcome }
    });
    let source = source::view(core)?;
    Ok(Some(View { systems, stage, last, source }))
}

fn systems(core: &Core) -> Result<Systems, UpdateError> {
    let Answer::Systems(systems) = answer(core, Job::ListSystems)? else { return Err(unlike()) };
    Ok(systems)
}

/// What is kept of the system that is to run: its version, the run of the box in which that was decided,
/// and where it lies if its owner chose it. Each on a line of its own; what is not known is empty.
struct Noted {
    version: Option<String>,
    boot: String,
    chosen: Option<String>,
}

impl Noted {
    /// The last that was kept.
    fn last(core: &Core) -> Option<Self> {
        let text = fs::read_to_string(core.paths().update_installed()).ok()?;
        let mut lines = text.lines();
        let known = |line: Option<&str>| line.filter(|line| !line.is_empty()).map(str::to_owned);
        let version = known(lines.next());
        Some(Self { version, boot: lines.next()?.to_owned(), chosen: known(lines.next()) })
    }

    /// Decided in this run of the box.
    fn now(core: &Core, version: Option<String>, chosen: Option<String>) -> Self {
        Self { version, boot: this_boot(core), chosen }
    }

    fn keep(&self, core: &Core) -> Result<(), UpdateError> {
        let Self { version, boot, chosen } = self;
        let (version, chosen) = (version.as_deref(), chosen.as_deref());
        let text =
            format!("{}\n{boot}\n{}\n", version.unwrap_or_default(), chosen.unwrap_or_default());
        core.room
            .with_room(|| {
                write_atomically(&core.paths().update_installed(), text.as_bytes(), PRIVATE)
            })
            .map_err(|error| {
                // What was noted before would be told of this one.
                drop(fs::remove_file(core.paths().update_installed()));
                UpdateError::Failed(chain(&error).to_string())
            })
    }

    /// It waits for the next start of the box.
    fn waits(&self, core: &Core) -> bool {
        self.boot == this_boot(core)
    }

    fn outcome(&self, core: &Core, systems: &Systems) -> Outcome {
        if self.waits(core) {
            return Outcome::Waits;
        }
        let runs = match &self.chosen {
            Some(chosen) => {
                systems.slots.iter().any(|slot| slot.is_running && &slot.name == chosen)
            }
            None => self.version.as_ref() == Some(&systems.version),
        };
        if runs {
            return Outcome::Runs;
        }
        let fallen = systems.fallen.as_ref().filter(|fallen| self.is(fallen));
        Outcome::Left(fallen.map(|fallen| fallen.reason.clone()))
    }

    /// Whether this is the one that left its reason; of what was flashed it is known where it lay alone.
    fn is(&self, fallen: &Fallen) -> bool {
        self.chosen.as_ref().is_none_or(|chosen| chosen == &fallen.slot)
            && self.version.as_ref().is_none_or(|version| version == &fallen.version)
    }
}

/// Has the update installed that was sent, beside what runs: it begins, and goes on after this. Blocks.
///
/// # Errors
/// [`UpdateError`].
pub fn install(core: &Core, permit: &Permit, now: Now) -> Result<(), UpdateError> {
    permitted(permit, Action::Guard(Guard::Update))?;
    begin_install(core, Some(permit), now)
}

/// The same for the box itself.
fn begin_install(core: &Core, permit: Option<&Permit>, now: Now) -> Result<(), UpdateError> {
    let bundle = ready(&core.updates.stage(), permit)?;
    if permit.is_none() && begun::is_often(core, &bundle.version) {
        return give_up(core, now, &bundle.version);
    }
    // Asked before anything else waits for it.
    let before = systems(core)?;
    let mut stage = core.updates.stage();
    if ready(&stage, permit)? != bundle {
        return Err(UpdateError::Busy);
    }
    *core.updates.before() = Some(before);
    let detail = json!({ "version": bundle.version });
    write_down(core, permit, now, "update.began", detail)?;
    if permit.is_none() {
        begun::note(core, &bundle.version)?;
    }
    *stage = Stage::Installing(bundle);
    core.updates.wanted.notify_one();
    Ok(())
}

/// What is ready; what a person has taken in is not for the box to install.
fn ready(stage: &Stage, permit: Option<&Permit>) -> Result<Bundle, UpdateError> {
    match stage {
        Stage::Ready(_, By::Person) if permit.is_none() => Err(UpdateError::NoneSent),
        Stage::Ready(bundle, _) => Ok(bundle.clone()),
        Stage::Arrives(_) | Stage::Installing(_) => Err(UpdateError::Busy),
        Stage::None | Stage::Failed(_) => Err(UpdateError::NoneSent),
    }
}

/// What takes the box down whenever it is installed is for its owner to try again.
fn give_up(core: &Core, now: Now, version: &str) -> Result<(), UpdateError> {
    tracing::error!(version, "installing an update was cut off each time; it is left");
    leave(core, now, version)?;
    source::offer_as_left(core, version);
    let mut stage = core.updates.stage();
    remove(core)?;
    *stage = Stage::None;
    begun::forget(core);
    Ok(())
}

/// Waits until an update is to be installed.
pub(crate) async fn wanted(core: &Core) {
    core.updates.wanted.notified().await;
}

/// Installs it. Blocks for minutes.
pub(crate) fn install_now(core: &Core, now: Now) {
    let Stage::Installing(bundle) = core.updates.stage().clone() else { return };
    let done = done(answer(core, Job::Install { bundle: FILE.to_owned() }));
    let done = done.and_then(|()| note_installed(core, now, &bundle));
    // Installed or not, it has no further use, and takes much room.
    if let Err(error) = remove(core) {
        tracing::warn!(error = %chain(&error), "a file of an update is left");
    }
    begun::forget(core);
    *core.updates.stage() = match done {
        Ok(()) => Stage::None,
        Err(error) => {
            tracing::error!(error = %chain(&error), "an update could not be installed");
            Stage::Failed(error.to_string())
        }
    };
}

fn note_installed(core: &Core, now: Now, bundle: &Bundle) -> Result<(), UpdateError> {
    note_left(core, now)?;
    Noted::now(core, Some(bundle.version.clone()), None).keep(core)?;
    write_down(core, None, now, "update.installed", json!({ "version": bundle.version }))
}

/// Keeps of what was to run before that it was left, if it was: what is noted of it makes way for the
/// next one.
fn note_left(core: &Core, now: Now) -> Result<(), UpdateError> {
    let (Some(noted), Some(systems)) = (Noted::last(core), core.updates.before().clone()) else {
        return Ok(());
    };
    match (noted.outcome(core, &systems), noted.version) {
        (Outcome::Left(_), Some(version)) => leave(core, now, &version),
        (Outcome::Left(_), None) | (Outcome::Waits | Outcome::Runs, _) => Ok(()),
    }
}

/// A version that is not offered by itself again.
fn leave(core: &Core, now: Now, version: &str) -> Result<(), UpdateError> {
    let left = core.store()?.accounts.write(|tx| rows::leave(tx, version, now));
    Ok(left.map_err(CoreError::from)?)
}

/// Starts the other system, as long as it has not been overwritten; the box restarts with it. Blocks.
///
/// # Errors
/// [`UpdateError`].
pub fn switch(core: &Core, permit: &Permit, now: Now) -> Result<(), UpdateError> {
    permitted(permit, Action::Guard(Guard::Update))?;
    if matches!(*core.updates.stage(), Stage::Installing(_)) {
        return Err(UpdateError::Busy);
    }
    if core.config.system.helper.is_none() {
        return Err(UpdateError::NotHere);
    }
    let systems = systems(core)?;
    let other = systems.slots.into_iter().find(|slot| !slot.is_running && !slot.is_empty());
    let Some(other) = other else {
        return Err(UpdateError::Refused("there is no other system yet".to_owned()));
    };
    write_down(core, Some(permit), now, "update.switched", json!({}))?;
    leave(core, now, &systems.version)?;
    done(answer(core, Job::SwitchSlot))?;
    // So that it is told if it does not work. Where this cannot be kept, it is started all the same.
    if let Err(error) = Noted::now(core, other.version, Some(other.name)).keep(core) {
        tracing::warn!(error = %chain(&error), "which system was chosen is not noted");
    }
    done(answer(core, Job::Restart))
}

/// Restarts the box. Blocks.
///
/// # Errors
/// [`UpdateError`].
pub fn restart(core: &Core, permit: &Permit, now: Now) -> Result<(), UpdateError> {
    permitted(permit, Action::Guard(Guard::Update))?;
    if matches!(*core.updates.stage(), Stage::Installing(_)) {
        return Err(UpdateError::Busy);
    }
    if core.config.system.helper.is_none() {
        return Err(UpdateError::NotHere);
    }
    write_down(core, Some(permit), now, "server.restarted", json!({}))?;
    done(answer(core, Job::Restart))
}

/// What a start has found in the folder for updates is of a run that was cut off: what was fetched goes
/// on, and the rest is of no use.
pub(crate) fn tidy(core: &Core) {
    let tidied = match fetch::take_up(core) {
        Ok(true) => Ok(()),
        Ok(false) => remove(core).map_err(UpdateError::from),
        Err(error) => Err(error),
    };
    if let Err(error) = tidied {
        tracing::warn!(error = %chain(&error), "a file of an update is left");
    }
}

/// Waits until there may be something to do by itself, at once.
pub(crate) async fn to_tend(core: &Core) {
    core.updates.tended.notified().await;
}

fn this_boot(core: &Core) -> String {
    let id = core.clock.boot_id().unwrap_or_default();
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn answer(core: &Core, job: Job) -> Result<Answer, UpdateError> {
    let helper = core.config.system.helper.as_deref().ok_or(UpdateError::NotHere)?;
    match ask(helper, job)? {
        Answer::Refused { why } => Err(UpdateError::Refused(why)),
        Answer::Failed { detail } => Err(UpdateError::Failed(detail)),
        answer @ (Answer::Done
        | Answer::Disks(_)
        | Answer::Systems(_)
        | Answer::Update(_)
        | Answer::Mounted { .. }) => Ok(answer),
    }
}

fn done(answer: Result<Answer, UpdateError>) -> Result<(), UpdateError> {
    if answer? == Answer::Done { Ok(()) } else { Err(unlike()) }
}

fn unlike() -> UpdateError {
    UpdateError::Failed("the answer is one to another question".to_owned())
}

fn write_down(
    core: &Core,
    permit: Option<&Permit>,
    now: Now,
    kind: &str,
    mut detail: serde_json::Value,
) -> Result<(), UpdateError> {
    let by = permit.and_then(Permit::user).map(|user| json!(user.to_string()));
    if let (Some(object), Some(by)) = (detail.as_object_mut(), by) {
        object.insert("by".to_owned(), by);
    }
    let accounts = &core.store()?.accounts;
    let written = accounts.write(|tx| audit::append(tx, now, kind, &detail.to_string()));
    Ok(written.map_err(CoreError::from)?)
}
