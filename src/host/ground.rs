//! The ground that a server stands on, looked at before any port opens: a data folder that takes
//! writes and belongs to nobody else, and media folders that are there.

use super::disk::{Ballast, Space, Trouble, space};
use super::files::FileError;
use super::kind::{Kind, keep, kind_of};
use rustix::fs::{Access, FlockOperation, Mode};
use rustix::io::Errno;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Only the user that runs Stead sees the data folder.
const DATA_DIR_MODE: u32 = 0o700;

/// What is written to see whether the folder takes writes: more than fits beside an inode.
const PROBE_BYTES: usize = 64 * 1024;

/// How long a start waits for the server before it: one that was just ended, or killed, may have been
/// about to start a worker, which holds what is open until it is another program.
const LOCK_WAIT: Duration = Duration::from_secs(2);
/// How often it looks.
const LOCK_LOOK: Duration = Duration::from_millis(50);

/// Why the data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataFolderError {
    /// It is there but no folder.
    #[error("the data folder {0} is not a folder; name another one with --data or paths.data_dir")]
    NotAFolder(PathBuf),
    /// It, or the folder it would be made in, takes no writes.
    #[error("the data folder {path} cannot be written: {why} ({source}). {advice}")]
    Unwritable {
        /// The data folder.
        path: PathBuf,
        /// The kind of trouble, in words.
        why: Trouble,
        /// What to do about it.
        advice: String,
        /// The error itself.
        source: io::Error,
    },
    /// Another server runs on it.
    #[error(
        "another Stead already runs on the data folder {0}: stop it, or give this one its own \
         with --data"
    )]
    InUse(PathBuf),
    /// It is an account service's.
    #[error(
        "the data folder {0} belongs to an account service, which `stead accounts serve` runs: \
         give the server a folder of its own with --data"
    )]
    OfAccounts(PathBuf),
    /// It is a server's.
    #[error(
        "the data folder {0} belongs to a media server, which `stead serve` runs: give the account \
         service a folder of its own with --data"
    )]
    OfServer(PathBuf),
    /// It could not be written down whose it is.
    #[error("the data folder {path} could not be marked as an account service's")]
    NotMarked {
        /// The data folder.
        path: PathBuf,
        /// Why.
        source: FileError,
    },
}

/// Refuses a folder of the other kind.
pub fn check_kind(path: &Path, kind: Kind) -> Result<(), DataFolderError> {
    match (kind, kind_of(path)) {
        (Kind::Server, Some(Kind::Accounts)) => Err(DataFolderError::OfAccounts(path.to_owned())),
        (Kind::Accounts, Some(Kind::Server)) => Err(DataFolderError::OfServer(path.to_owned())),
        (Kind::Server | Kind::Accounts, None)
        | (Kind::Server, Some(Kind::Server))
        | (Kind::Accounts, Some(Kind::Accounts)) => Ok(()),
    }
}

/// A data folder that this process holds; another server cannot start on it until this is dropped.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    kind: Kind,
    _lock: File,
    made: bool,
    gave_up_ballast: bool,
}

impl DataFolder {
    /// Makes the folder if it is missing, tries a write, takes the lock, and sets a reserve aside.
    /// On a full disk the reserve is given up instead, so that a box whose disk is full starts.
    pub fn prepare(path: &Path, kind: Kind) -> Result<Self, DataFolderError> {
        check_kind(path, kind)?;
        let made = make(path).map_err(|error| unwritable(path, error))?;
        if !path.is_dir() {
            return Err(DataFolderError::NotAFolder(path.to_owned()));
        }
        let gave_up_ballast =
            probe_with_ballast(path).map_err(|error| unwritable(path, error))? || make_room(path);
        let lock = lock(path)?;
        keep(path, kind)
            .map_err(|source| DataFolderError::NotMarked { path: path.to_owned(), source })?;
        if !gave_up_ballast {
            set_ballast_aside(path);
        }
        Ok(Self { path: path.to_owned(), kind, _lock: lock, made, gave_up_ballast })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it is for.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether it was made just now.
    #[must_use]
    pub const fn made(&self) -> bool {
        self.made
    }

    /// Whether the disk was full and the reserve had to go.
    #[must_use]
    pub const fn gave_up_ballast(&self) -> bool {
        self.gave_up_ballast
    }
}

/// Looks whether [`DataFolder::prepare`] would work, without making or writing anything.
pub fn examine_data_folder(path: &Path) -> Result<(), DataFolderError> {
    let standing = nearest_that_exists(path);
    if !standing.is_dir() {
        return Err(DataFolderError::NotAFolder(standing.to_owned()));
    }
    let trouble = |error| unwritable(path, error);
    rustix::fs::access(standing, Access::WRITE_OK | Access::EXEC_OK)
        .map_err(|errno| trouble(errno.into()))?;
    let free_bytes = space(standing).map_err(trouble)?.free_bytes;
    if free_bytes < PROBE_BYTES as u64 && !Ballast::of(path).is_set_aside() {
        return Err(trouble(Errno::NOSPC.into()));
    }
    Ok(())
}

/// The media folders that are not there now. A disk may be plugged in later: this is no reason
/// not to start.
#[must_use]
pub fn missing_folders(folders: &[PathBuf]) -> Vec<&Path> {
    folders.iter().map(PathBuf::as_path).filter(|folder| !folder.is_dir()).collect()
}

fn make(path: &Path) -> io::Result<bool> {
    if path.exists() {
        return Ok(false);
    }
    DirBuilder::new().recursive(true).mode(DATA_DIR_MODE).create(path).map(|()| true)
}

fn probe_with_ballast(path: &Path) -> io::Result<bool> {
    match probe(path) {
        Err(error) if Trouble::of(&error) == Trouble::Full && Ballast::of(path).give_up() => {
            probe(path).map(|()| true)
        }
        other => other.map(|()| false),
    }
}

/// The probe fits where the databases may not open: their logs need more.
fn make_room(path: &Path) -> bool {
    space(path).is_ok_and(Space::is_full) && Ballast::of(path).give_up()
}

/// Without a reserve the server runs as well, until the disk is full.
fn set_ballast_aside(path: &Path) {
    match Ballast::of(path).set_aside() {
        Ok(true) => {}
        Ok(false) => tracing::warn!("too little room on the disk to set a reserve aside"),
        Err(error) => tracing::warn!(%error, "no reserve could be set aside on the disk"),
    }
}

/// Writes, syncs and removes a file: permission bits alone do not tell of full and read-only disks.
fn probe(path: &Path) -> io::Result<()> {
    let file = path.join(".probe");
    let written = write_probe(&file);
    // It may not exist, when the failure was to make it.
    let removed = std::fs::remove_file(&file);
    written.and(removed)
}

fn write_probe(path: &Path) -> io::Result<()> {
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(&[0; PROBE_BYTES])?;
    file.sync_all()
}

fn lock(folder: &Path) -> Result<File, DataFolderError> {
    let path = folder.join("lock");
    let flags = rustix::fs::OFlags::CREATE | rustix::fs::OFlags::RDWR | rustix::fs::OFlags::CLOEXEC;
    let file = rustix::fs::open(&path, flags, Mode::RUSR | Mode::WUSR)
        .map_err(|errno| unwritable(folder, errno.into()))?;
    let mut waited = Duration::ZERO;
    loop {
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(File::from(file)),
            Err(Errno::INTR) => {}
            Err(Errno::WOULDBLOCK) if waited < LOCK_WAIT => {
                #[expect(
                    clippy::disallowed_methods,
                    reason = "nothing runs yet that could stop it"
                )]
                std::thread::sleep(LOCK_LOOK);
                waited = waited.saturating_add(LOCK_LOOK);
            }
            Err(Errno::WOULDBLOCK) => return Err(DataFolderError::InUse(folder.to_owned())),
            Err(errno) => return Err(unwritable(folder, errno.into())),
        }
    }
}

fn nearest_that_exists(path: &Path) -> &Path {
    path.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("/"))
}

fn unwritable(path: &Path, source: io::Error) -> DataFolderError {
    let why = Trouble::of(&source);
    DataFolderError::Unwritable { path: path.to_owned(), why, advice: advice(path, why), source }
}

fn advice(path: &Path, why: Trouble) -> String {
    match why {
        Trouble::Full => "Make room on that disk, then start again; nothing was lost".to_owned(),
        Trouble::ReadOnly => {
            "Mount it for writing, or name another folder with --data or paths.data_dir".to_owned()
        }
        Trouble::Denied => denied_advice(path),
        Trouble::Other => "Name another folder with --data or paths.data_dir".to_owned(),
    }
}

fn denied_advice(path: &Path) -> String {
    let owner = nearest_that_exists(path).metadata().ok().map(|folder| folder.uid());
    let owner = owner.map_or_else(|| "another user".to_owned(), super::users::name_of);
    format!("It belongs to {owner}: run Stead as that user, or name another folder with --data")
}

#[cfg(test)]
mod tests;
