//! Disks that are attached to an appliance: what there is, reading them, letting go of them, and
//! making an empty one. The helper does it as root; here is decided who may ask, and it is written down.

use std::sync::TryLockError;

use serde_json::json;
use stead_rules::policy::{Action, Guard, Permit, Tend};
use stead_rules::system::is_named;
use stead_rules::time::Now;
use stead_store::accounts::audit;

use super::core::{Core, CoreError, permitted};
use crate::host::helper::{Answer, Disk, HelperError, Job, ask};

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
        Answer::Done | Answer::Mounted { .. } | Answer::Refused { .. } | Answer::Failed { .. } => {
            Err(unlike())
        }
    }
}

/// Has the file system with this id read, read-only: the folder that it appears in. Blocks.
///
/// # Errors
/// [`DriveError`].
pub fn mount(core: &Core, permit: &Permit, now: Now, uuid: &str) -> Result<String, DriveError> {
    permitted(permit, Action::Tend(Tend::Libraries))?;
    match in_turn(core, Job::Mount { uuid: uuid.to_owned() })? {
        Answer::Mounted { folder } => {
            write_down(core, permit, now, ("disk.mounted", json!({ "uuid": uuid })))?;
            Ok(folder)
        }
        Answer::Done | Answer::Disks(_) | Answer::Refused { .. } | Answer::Failed { .. } => {
            Err(unlike())
        }
    }
}

/// Lets go of it, so that it can be unplugged. Blocks.
///
/// # Errors
/// [`DriveError`].
pub fn unmount(core: &Core, permit: &Permit, now: Now, uuid: &str) -> Result<(), DriveError> {
    permitted(permit, Action::Tend(Tend::Libraries))?;
    done(in_turn(core, Job::Unmount { uuid: uuid.to_owned() })?)?;
    write_down(core, permit, now, ("disk.unmounted", json!({ "uuid": uuid })))
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
    write_down(core, permit, now, ("disk.emptied", detail))?;
    done(in_turn(core, Job::Format { disk: name, size_bytes, model, label })?)
}

/// One thing is done with disks at a time; nobody waits for it on a thread, since it may take long.
fn in_turn(core: &Core, job: Job) -> Result<Answer, DriveError> {
    let _turn = match core.drives.try_lock() {
        Ok(turn) => turn,
        Err(TryLockError::Poisoned(turn)) => turn.into_inner(),
        Err(TryLockError::WouldBlock) => return Err(DriveError::Busy),
    };
    answer(core, job)
}

fn answer(core: &Core, job: Job) -> Result<Answer, DriveError> {
    let helper = core.config.system.helper.as_deref().ok_or(DriveError::NotHere)?;
    match ask(helper, job)? {
        Answer::Refused { why } => Err(DriveError::Refused(why)),
        Answer::Failed { detail } => Err(DriveError::Failed(detail)),
        answer @ (Answer::Done | Answer::Disks(_) | Answer::Mounted { .. }) => Ok(answer),
    }
}

fn done(answer: Answer) -> Result<(), DriveError> {
    match answer {
        Answer::Done => Ok(()),
        Answer::Disks(_)
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
    permit: &Permit,
    now: Now,
    (kind, mut detail): (&str, serde_json::Value),
) -> Result<(), DriveError> {
    if let (Some(object), Some(user)) = (detail.as_object_mut(), permit.user()) {
        object.insert("by".to_owned(), json!(user.to_string()));
    }
    let accounts = &core.store()?.accounts;
    let written = accounts.write(|tx| audit::append(tx, now, kind, &detail.to_string()));
    Ok(written.map_err(CoreError::from)?)
}
