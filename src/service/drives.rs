//! Disks that are attached to an appliance: what there is, reading them, letting go of them, and
//! making an empty one. The helper does it as root; here is decided who may ask, and it is written down.

use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;
use stead_rules::policy::{Action, Guard, Permit, Tend};
use stead_rules::system::is_named;
use stead_rules::time::Now;
use stead_store::accounts::audit;

use super::core::{Core, CoreError, permitted};
use crate::host::helper::{Answer, Disk, DiskVolume, HelperError, Job, ask};

/// Why nothing was done with a disk.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    /// Nobody looks after disks for this server.
    #[error("this server does not look after disks")]
    NotHere,
    /// What was typed is not the disk's name.
    #[error("this is not the name of the disk")]
    NotItsName,
    /// The rules say no.
    #[error("{0}")]
    Refused(String),
    /// A tool says why it did not go.
    #[error("{0}")]
    Failed(String),
    /// Something is being done with a disk.
    #[error("something else is being done with a disk")]
    Busy,
    /// The helper does not answer.
    #[error(transparent)]
    Helper(#[from] HelperError),
    /// The core refused.
    #[error(transparent)]
    Core(#[from] CoreError),
}

/// The file systems that an owner has let go of: they stay so until their disk is unplugged, or
/// until they are to be read again.
type LetGo = BTreeSet<String>;

/// What is known of disks while the server runs, for one at a time.
pub struct Drives {
    /// None while somebody has it.
    free: Mutex<Option<LetGo>>,
    freed: Condvar,
}

impl Default for Drives {
    fn default() -> Self {
        Self { free: Mutex::new(Some(LetGo::new())), freed: Condvar::new() }
    }
}

/// A disk that is to be made empty, as it was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emptied {
    /// What the kernel calls it.
    pub name: String,
    /// How large it is.
    pub size_bytes: u64,
    /// Its maker's name for it.
    pub model: Option<String>,
    /// What its new file system is called.
    pub label: String,
}

/// The disks that are not the system's; none where nobody looks after disks. Blocks.
///
/// # Errors
/// [`DriveError`].
pub fn look(core: &Core, permit: &Permit) -> Result<Option<Vec<Disk>>, DriveError> {
    permitted(permit, Action::Tend(Tend::Libraries))?;
    if core.config.system.helper.is_none() {
        return Ok(None);
    }
    match answer(core, Job::ListDisks)? {
        Answer::Disks(disks) => Ok(Some(disks)),
        Answer::Done
        | Answer::Systems(_)
        | Answer::Update(_)
        | Answer::Mounted { .. }
        | Answer::Refused { .. }
        | Answer::Failed { .. } => Err(unlike()),
    }
}

/// Has the file system with this id read, read-only: the folder that it appears in. Blocks.
///
/// # Errors
/// [`DriveError`].
pub fn mount(core: &Core, permit: &Permit, now: Now, uuid: &str) -> Result<String, DriveError> {
    permitted(permit, Action::Tend(Tend::Libraries))?;
    let mut turn = turn(core)?;
    match answer(core, Job::Mount { uuid: uuid.to_owned() })? {
        Answer::Mounted { folder } => {
            turn.let_go.remove(uuid);
            write_down(core, Some(permit), now, ("disk.mounted", json!({ "uuid": uuid })))?;
            Ok(folder)
        }
        Answer::Done
        | Answer::Disks(_)
        | Answer::Systems(_)
        | Answer::Update(_)
        | Answer::Refused { .. }
        | Answer::Failed { .. } => Err(unlike()),
    }
}

/// Lets go of it, so that it can be unplugged. Blocks.
///
/// # Errors
/// [`DriveError`].
pub fn unmount(core: &Core, permit: &Permit, now: Now, uuid: &str) -> Result<(), DriveError> {
    permitted(permit, Action::Tend(Tend::Libraries))?;
    let mut turn = turn(core)?;
    done(answer(core, Job::Unmount { uuid: uuid.to_owned() })?)?;
    turn.let_go.insert(uuid.to_owned());
    write_down(core, Some(permit), now, ("disk.unmounted", json!({ "uuid": uuid })))
}

/// Makes a whole disk empty, with one new file system on it. `typed` is the name that it was shown
/// by: its model, or else what the kernel calls it. Blocks.
///
/// # Errors
/// [`DriveError`]; the disk is as it was unless a tool failed.
pub fn format(
    core: &Core,
    permit: &Permit,
    now: Now,
    disk: &Emptied,
    typed: &str,
) -> Result<(), DriveError> {
    permitted(permit, Action::Guard(Guard::Wipe))?;
    if !is_named(typed, disk.model.as_deref(), &disk.name) {
        return Err(DriveError::NotItsName);
    }
    // Before it is done: what is on the disk is gone afterwards, whatever becomes of this server.
    let Emptied { name, size_bytes, model, label } = disk.clone();
    let detail = json!({ "name": name, "model": model, "label": label, "bytes": size_bytes });
    write_down(core, Some(permit), now, ("disk.emptied", detail))?;
    let _turn = turn(core)?;
    done(answer(core, Job::Format { disk: name, size_bytes, model, label })?)
}

/// Has what lies on disks read, read-only, but for what was let go of. Asked for by nobody: it is what
/// an appliance does by itself once it is claimed. Blocks.
///
/// # Errors
/// [`DriveError`]; the next look tries again.
pub(crate) fn attach(core: &Core, now: Now) -> Result<(), DriveError> {
    let mut turn = turn(core)?;
    let Answer::Disks(disks) = answer(core, Job::ListDisks)? else { return Err(unlike()) };
    let volumes: Vec<DiskVolume> = disks.into_iter().flat_map(|disk| disk.volumes).collect();
    turn.let_go.retain(|uuid| volumes.iter().any(|volume| volume.uuid == *uuid));
    let is_to_be_read =
        |volume: &DiskVolume| volume.folder.is_none() && !turn.let_go.contains(&volume.uuid);
    // One that takes too long keeps no other from being read.
    volumes
        .into_iter()
        .filter(is_to_be_read)
        .map(|volume| attach_one(core, now, volume.uuid))
        .fold(Ok(()), Result::and)
}

/// What cannot be read stays on the list of disks, with what its owner can do about it.
fn attach_one(core: &Core, now: Now, uuid: String) -> Result<(), DriveError> {
    match answer(core, Job::Mount { uuid: uuid.clone() }) {
        Ok(_) => write_down(core, None, now, ("disk.mounted", json!({ "uuid": uuid }))),
        Err(DriveError::Refused(why) | DriveError::Failed(why)) => {
            tracing::warn!(uuid, why, "a disk that is there cannot be read");
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// One thing is done with disks at a time. A look that comes by itself is over soon, and whoever asks in
/// that moment waits for it; formatting takes minutes, and nobody holds a thread for that.
fn turn(core: &Core) -> Result<Turn<'_>, DriveError> {
    let Drives { free, freed } = &core.drives;
    let held = free.lock().unwrap_or_else(PoisonError::into_inner);
    let waited = freed.wait_timeout_while(held, TURN, |free| free.is_none());
    let (mut held, _) = waited.unwrap_or_else(PoisonError::into_inner);
    let let_go = held.take().ok_or(DriveError::Busy)?;
    Ok(Turn { drives: &core.drives, let_go })
}

/// How long one's turn is waited for: a look took 0.1 s, and less than a second on a busy box.
const TURN: Duration = Duration::from_secs(5);

/// Somebody's turn: nobody else does anything with disks until this is dropped.
struct Turn<'a> {
    drives: &'a Drives,
    let_go: LetGo,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let let_go = std::mem::take(&mut self.let_go);
        *self.drives.free.lock().unwrap_or_else(PoisonError::into_inner) = Some(let_go);
        self.drives.freed.notify_one();
    }
}

fn answer(core: &Core, job: Job) -> Result<Answer, DriveError> {
    let helper = core.config.system.helper.as_deref().ok_or(DriveError::NotHere)?;
    match ask(helper, job)? {
        Answer::Refused { why } => Err(DriveError::Refused(why)),
        Answer::Failed { detail } => Err(DriveError::Failed(detail)),
        answer @ (Answer::Done
        | Answer::Disks(_)
        | Answer::Systems(_)
        | Answer::Update(_)
        | Answer::Mounted { .. }) => Ok(answer),
    }
}

fn done(answer: Answer) -> Result<(), DriveError> {
    match answer {
        Answer::Done => Ok(()),
        Answer::Disks(_)
        | Answer::Systems(_)
        | Answer::Update(_)
        | Answer::Mounted { .. }
        | Answer::Refused { .. }
        | Answer::Failed { .. } => Err(unlike()),
    }
}

fn unlike() -> DriveError {
    DriveError::Failed("the answer is one to another question".to_owned())
}

fn write_down(
    core: &Core,
    permit: Option<&Permit>,
    now: Now,
    (kind, mut detail): (&str, serde_json::Value),
) -> Result<(), DriveError> {
    if let (Some(object), Some(user)) = (detail.as_object_mut(), permit.and_then(Permit::user)) {
        object.insert("by".to_owned(), json!(user.to_string()));
    }
    let accounts = &core.store()?.accounts;
    let written = accounts.write(|tx| audit::append(tx, now, kind, &detail.to_string()));
    Ok(written.map_err(CoreError::from)?)
}
