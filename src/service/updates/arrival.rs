//! The way of an update into the folder for updates, wherever its bytes come from.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use stead_rules::limits::UPDATE_MAX_BYTES;
use stead_rules::policy::{Action, Guard, Permit};
use stead_store::StoreError;

use super::{Stage, UpdateError, answer, unlike};
use crate::host::disk::space;
use crate::host::files::remove_durably;
use crate::host::helper::{Answer, Bundle, Job};
use crate::service::chain;
use crate::service::core::{Core, CoreError, permitted};

/// What an update is called in the folder for updates; there is one at a time.
pub(super) const FILE: &str = "update.raucb";
/// The same while it comes in.
const PART: &str = "update.part";
/// What is fetched is noted beside the part of it that is here.
const NOTE: &str = "update.json";

/// Where an update comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Somebody sends its file.
    Sent,
    /// A disk that is plugged in.
    Disk,
    /// The source that the configuration names.
    Source,
}

/// Who wants an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Somebody, who has it installed.
    Person,
    /// The box, as its owner wants.
    Itself,
}

/// An update on its way in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// Where it comes from.
    pub origin: Origin,
    /// How much of it is here.
    pub has_bytes: u64,
    /// How large it is, if that is known.
    pub of_bytes: Option<u64>,
}

/// An update that comes in. Unless it is fetched, it is gone when this is dropped.
pub struct Incoming<'a> {
    core: &'a Core,
    file: File,
    arrival: Arrival,
}

/// Begins to take in the file of an update. Blocks.
///
/// # Errors
/// [`UpdateError`].
pub fn receive<'a>(
    core: &'a Core,
    permit: &Permit,
    origin: Origin,
    of_bytes: Option<u64>,
) -> Result<Incoming<'a>, UpdateError> {
    permitted(permit, Action::Guard(Guard::Update))?;
    begin(core, origin, of_bytes)
}

/// The same for whoever was asked already.
pub(super) fn begin(
    core: &Core,
    origin: Origin,
    of_bytes: Option<u64>,
) -> Result<Incoming<'_>, UpdateError> {
    if core.config.system.helper.is_none() {
        return Err(UpdateError::NotHere);
    }
    if of_bytes.is_some_and(|bytes| bytes > UPDATE_MAX_BYTES) {
        return Err(UpdateError::TooLarge);
    }
    let mut stage = core.updates.stage();
    match *stage {
        Stage::Arrives(_) | Stage::Installing(_) => return Err(UpdateError::Busy),
        Stage::None | Stage::Ready(..) | Stage::Failed(_) => {}
    }
    // What was sent before makes way: there may be room for one only.
    remove(core)?;
    *stage = Stage::None;
    match origin {
        // Whoever is refused while they send a large file does not hear why: as much as fits is taken.
        Origin::Sent => {}
        Origin::Disk | Origin::Source => check_room(core, of_bytes.unwrap_or_default())?,
    }
    let file = File::create(part(core))?;
    let arrival = Arrival { origin, has_bytes: 0, of_bytes };
    *stage = Stage::Arrives(arrival.clone());
    Ok(Incoming { core, file, arrival })
}

/// Goes on with what is fetched, from this byte.
pub(super) fn go_on(core: &Core, from: u64, of_bytes: u64) -> Result<Incoming<'_>, UpdateError> {
    let file = OpenOptions::new().create(true).append(true).open(part(core))?;
    file.set_len(from)?;
    let arrival = Arrival { origin: Origin::Source, has_bytes: from, of_bytes: Some(of_bytes) };
    Ok(Incoming { core, file, arrival })
}

/// Whether so much more fits in.
pub(super) fn check_room(core: &Core, bytes: u64) -> Result<(), UpdateError> {
    if space(&core.config.system.updates)?.holds(bytes) {
        Ok(())
    } else {
        Err(CoreError::from(StoreError::Full(None)).into())
    }
}

impl Incoming<'_> {
    /// Takes some more of it. Blocks.
    ///
    /// # Errors
    /// [`UpdateError`]; what came in goes with this.
    pub fn take(&mut self, bytes: &[u8]) -> Result<(), UpdateError> {
        let has_bytes = self.arrival.has_bytes.saturating_add(bytes.len() as u64);
        if has_bytes > UPDATE_MAX_BYTES {
            return Err(UpdateError::TooLarge);
        }
        // What people write comes first.
        if space(&self.core.config.system.updates)?.is_short() {
            return Err(CoreError::from(StoreError::Full(None)).into());
        }
        self.file.write_all(bytes)?;
        self.arrival.has_bytes = has_bytes;
        *self.core.updates.stage() = Stage::Arrives(self.arrival.clone());
        Ok(())
    }

    /// It goes on another time. Blocks.
    pub(super) fn rest(self) -> Result<(), UpdateError> {
        Ok(self.file.sync_all()?)
    }

    /// It is all there, and may be installed if it says what it is. Blocks.
    ///
    /// # Errors
    /// [`UpdateError`]; the file is gone then.
    pub fn keep(self, by: By) -> Result<Bundle, UpdateError> {
        let bundle = self.look_into()?;
        *self.core.updates.stage() = Stage::Ready(bundle.clone(), by);
        Ok(bundle)
    }

    /// What it is, if it may be installed here. Blocks.
    ///
    /// # Errors
    /// [`UpdateError`]. The file is gone then, but for one that is fetched and that nobody has looked
    /// into: it stays a part, which is looked into another time.
    pub(super) fn look_into(&self) -> Result<Bundle, UpdateError> {
        self.file.sync_all()?;
        fs::rename(part(self.core), file(self.core))?;
        let looked = match answer(self.core, Job::Inspect { bundle: FILE.to_owned() }) {
            Ok(Answer::Update(bundle)) => return Ok(bundle),
            Ok(_) => unlike(),
            Err(error) => error,
        };
        match (&looked, self.arrival.origin) {
            (UpdateError::Helper(_) | UpdateError::Failed(_), Origin::Source) => {
                turn_back(self.core)?;
            }
            (_, Origin::Sent | Origin::Disk | Origin::Source) => remove(self.core)?,
        }
        Err(looked)
    }
}

impl Drop for Incoming<'_> {
    fn drop(&mut self) {
        if self.arrival.origin == Origin::Source {
            return;
        }
        let mut stage = self.core.updates.stage();
        if matches!(*stage, Stage::Arrives(_)) {
            *stage = Stage::None;
            if let Err(error) = remove(self.core) {
                tracing::warn!(error = %chain(&error), "half an update is left");
            }
        }
    }
}

fn file(core: &Core) -> PathBuf {
    core.config.system.updates.join(FILE)
}

pub(super) fn part(core: &Core) -> PathBuf {
    core.config.system.updates.join(PART)
}

pub(super) fn noted_at(core: &Core) -> PathBuf {
    core.config.system.updates.join(NOTE)
}

/// How much is here of what comes in.
pub(super) fn has_bytes(core: &Core) -> u64 {
    part(core).metadata().map_or(0, |part| part.len())
}

/// Lets a whole update be a part again, which is looked at anew.
pub(super) fn turn_back(core: &Core) -> io::Result<()> {
    match fs::rename(file(core), part(core)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Takes away all that there is of an update.
pub(super) fn remove(core: &Core) -> io::Result<()> {
    remove_from(&core.config.system.updates)
}

/// The same, of the folder for updates.
pub(crate) fn remove_from(updates: &Path) -> io::Result<()> {
    for name in [NOTE, FILE, PART] {
        remove_durably(&updates.join(name)).map_err(io::Error::other)?;
    }
    Ok(())
}
