//! Updates that lie on disks which are plugged in: only in the top folder, only plain files whose names
//! are those of updates. What they are, rauc says in the helper.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

use rustix::fs::Dir;
use stead_rules::limits::{
    UPDATE_DISK_ENTRIES_MAX, UPDATE_MAX_BYTES, UPDATE_PIECE_BYTES, UPDATES_ON_DISKS_MAX,
};
use stead_rules::policy::{Action, Guard, Permit, Tend};
use stead_rules::system::{check_bundle, check_uuid};

use super::arrival::{By, Origin, begin};
use super::{UpdateError, answer, unlike};
use crate::host::beneath::{facts_in, open_beneath, open_folder_beneath};
use crate::host::helper::{Answer, Bundle, Disk, Job};
use crate::service::chain;
use crate::service::core::{Core, CoreError, permitted};
use crate::service::disks::NoAnswer;

/// An update on a disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnDisk {
    /// The id of the file system that it lies on.
    pub uuid: String,
    /// What people call the disk.
    pub disk: String,
    /// The name of its file.
    pub file: String,
    /// How large it is.
    pub size_bytes: u64,
    /// Its version, or why it may not be installed here.
    pub found: Result<String, String>,
}

/// The updates on disks that are read; none where nobody updates this server.
///
/// # Errors
/// [`UpdateError`].
pub async fn on_disks(core: &Arc<Core>, permit: &Permit) -> Result<Vec<OnDisk>, UpdateError> {
    permitted(permit, Action::Tend(Tend::Boards))?;
    if core.config.system.helper.is_none() {
        return Ok(Vec::new());
    }
    // Each is looked into by the helper, which has one turn for whoever asks.
    let _turn = core.updates.listing.lock().await;
    let disks = core.blocking(|core| {
        let Answer::Disks(disks) = answer(core, Job::ListDisks)? else { return Err(unlike()) };
        Ok(disks)
    });
    let mut found = Vec::new();
    for (uuid, disk) in disks.await?.into_iter().flat_map(read_volumes) {
        let (root, looking) = (core.config.system.disks.clone(), uuid.clone());
        let looked = core.disks.ask(&root.join(&uuid), move || files_on(&root, &looking)).await;
        // A disk that hangs or went away hides its own files only.
        let Ok(Ok(files)) = looked else { continue };
        let on_disk = files.into_iter().map(|(file, size_bytes)| {
            let (uuid, disk) = (uuid.clone(), disk.clone());
            OnDisk { uuid, disk, file, size_bytes, found: Err(String::new()) }
        });
        found.extend(on_disk);
    }
    found.truncate(UPDATES_ON_DISKS_MAX);
    core.blocking(move |core| {
        look_into(core, &mut found);
        Ok(found)
    })
    .await
}

/// Finds out what each is. Where the helper does not come back from one, the others of that disk are not
/// tried: each would take as long.
fn look_into(core: &Core, found: &mut [OnDisk]) {
    let mut given_up: Option<(String, String)> = None;
    for one in found {
        if let Some((_, why)) = given_up.as_ref().filter(|(uuid, _)| *uuid == one.uuid) {
            one.found = Err(why.clone());
            continue;
        }
        let job = Job::InspectOnDisk { uuid: one.uuid.clone(), bundle: one.file.clone() };
        one.found = match answer(core, job) {
            Ok(Answer::Update(bundle)) => Ok(bundle.version),
            Ok(_) => Err(unlike().to_string()),
            Err(UpdateError::Refused(why) | UpdateError::Failed(why)) => Err(why),
            Err(error) => {
                tracing::warn!(error = %chain(&error), file = one.file, "a disk is not looked into");
                let why = "the disk could not be read".to_owned();
                given_up = Some((one.uuid.clone(), why.clone()));
                Err(why)
            }
        };
    }
}

/// Takes in an update that lies on a disk, and says what it is. Nothing is installed by this.
///
/// # Errors
/// [`UpdateError`].
pub async fn take_from_disk(
    core: &Arc<Core>,
    permit: &Permit,
    uuid: String,
    file: String,
) -> Result<Bundle, UpdateError> {
    permitted(permit, Action::Guard(Guard::Update))?;
    if core.config.system.helper.is_none() {
        return Err(UpdateError::NotHere);
    }
    if check_uuid(&uuid).is_err() || check_bundle(&file).is_err() {
        return Err(UpdateError::NotOnDisk);
    }
    let root = core.config.system.disks.clone();
    let opened = core.disks.ask(&root.join(&uuid), move || open_on(&root, &uuid, &file)).await;
    let (mut from, size) = match opened {
        Ok(opened) => opened.map_err(|_| UpdateError::NotOnDisk)?,
        Err(NoAnswer) => return Err(UpdateError::DiskSilent),
    };
    let thread = core.disks.threads().acquire_owned().await.map_err(|_| CoreError::Stopping)?;
    core.blocking(move |core| {
        let _held = thread;
        let mut incoming = begin(core, Origin::Disk, Some(size))?;
        let mut piece = vec![0; UPDATE_PIECE_BYTES];
        loop {
            let read = from.read(&mut piece).map_err(|_| UpdateError::DiskSilent)?;
            match piece.get(..read) {
                Some([]) | None => return incoming.keep(By::Person),
                Some(bytes) => incoming.take(bytes)?,
            }
        }
    })
    .await
}

/// The file systems of a disk that are read, with what people call each.
fn read_volumes(disk: Disk) -> Vec<(String, String)> {
    let Disk { name, model, volumes, .. } = disk;
    let called = model.unwrap_or(name);
    let read = volumes.into_iter().filter(|volume| volume.folder.is_some());
    read.map(|volume| (volume.uuid, volume.label.unwrap_or_else(|| called.clone()))).collect()
}

fn folder_of(root: &Path, uuid: &str) -> io::Result<File> {
    open_folder_beneath(File::open(root)?, Path::new(uuid))
}

/// Names and sizes, in the order of their names.
fn files_on(root: &Path, uuid: &str) -> io::Result<Vec<(String, u64)>> {
    check_uuid(uuid).map_err(io::Error::other)?;
    let folder = folder_of(root, uuid)?;
    let mut files = Vec::new();
    for entry in Dir::read_from(&folder)?.take(UPDATE_DISK_ENTRIES_MAX) {
        let entry = entry?;
        // What has another name than an update's is none, and is left alone.
        let Some(name) = entry.file_name().to_str().ok().filter(|name| check_bundle(name).is_ok())
        else {
            continue;
        };
        // What cannot be looked at hides itself only.
        let Ok(facts) = facts_in(&folder, name.as_ref()) else { continue };
        if facts.is_file() && (1..=UPDATE_MAX_BYTES).contains(&facts.len()) {
            files.push((name.to_owned(), facts.len()));
        }
    }
    files.sort();
    files.truncate(UPDATES_ON_DISKS_MAX);
    Ok(files)
}

fn open_on(root: &Path, uuid: &str, name: &str) -> io::Result<(File, u64)> {
    let file = open_beneath(folder_of(root, uuid)?, Path::new(name))?;
    let facts = file.metadata()?;
    if facts.is_file() { Ok((file, facts.len())) } else { Err(io::ErrorKind::NotFound.into()) }
}
