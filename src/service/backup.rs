//! Backups: what the owner takes away, and what comes back of it.
//!
//! ```text
//! accounts, CA ─▶ one database that travels alone ─▶ locked by words of the owner's (age) ─▶ browser
//! ```
//!
//! A backup is an age file (C2SP age-encryption.org/v1), so it can be opened without a server, and its
//! content is `accounts.db` as it was, with the keys of the box's authority in a table of their own.
//! Media and what is known of them stay behind: the one is too large, the other is found again.

pub(crate) mod seal;

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, MutexGuard, PoisonError};

use stead_rules::limits::{BACKUP_MAX_BYTES, PASSWORD_MIN_ALONE_CHARS};
use stead_rules::policy::{Action, Guard, Permit};
use stead_rules::signin::{BadPassword, NoticeKind, Password, check_password};
use stead_rules::time::Now;
use stead_store::StoreError;
use stead_store::accounts::audit;
use stead_store::accounts::sessions::SessionFacts;
use stead_store::backup::{self as copies, BackupError as CopyError, Carried};

use super::core::{Core, CoreError, permitted};
use super::notices;
use crate::config::Paths;
use crate::host::disk::{Space, is_full, space};
use crate::host::files::remove_durably;
use crate::net::ca::{AuthorityFiles, CaError};
use seal::SealError;

/// A backup cannot be made or put back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The words that lock it are too weak.
    #[error("the words cannot be used")]
    Words(#[from] BadPassword),
    /// The words do not open it.
    #[error("the words do not open this backup")]
    WordsWrong,
    /// It is nothing that a server of ours made, or it is damaged.
    #[error("this is no backup of a Stead server, or it is damaged")]
    NotOurs,
    /// A later version of ours made it.
    #[error("the backup was made by a later version")]
    Newer,
    /// Nobody in it could open the server.
    #[error("the backup is of a server without an owner")]
    NoOwner,
    /// It is larger than any that is taken.
    #[error("the backup is too large")]
    TooLarge,
    /// Its owner signs in where this server's configuration does not say.
    #[error("the owner in the backup signs in at {issuer}")]
    OwnerElsewhere {
        /// Where.
        issuer: String,
    },
    /// None was sent before.
    #[error("no backup was sent")]
    NoneSent,
    /// The disk.
    #[error("a file of the backup could not be written")]
    Io(#[source] io::Error),
    /// The store could not be copied or opened.
    #[error("the accounts could not be copied")]
    Copy(#[source] CopyError),
    /// The certificates of a backup could not be written.
    #[error("the certificates of the backup could not be written")]
    Authority(#[source] CaError),
    /// The core refused.
    #[error(transparent)]
    Core(#[from] CoreError),
}

impl From<CopyError> for BackupError {
    fn from(error: CopyError) -> Self {
        match error {
            CopyError::NotOurs => Self::NotOurs,
            CopyError::Newer => Self::Newer,
            CopyError::NoOwner => Self::NoOwner,
            CopyError::Store(error) => Self::Core(error.into()),
            CopyError::Io(error) => error.into(),
            CopyError::Busy | CopyError::Open(_) => Self::Copy(error),
        }
    }
}

impl From<io::Error> for BackupError {
    fn from(error: io::Error) -> Self {
        if is_full(&error) {
            return Self::Core(StoreError::Full(None).into());
        }
        Self::Io(error)
    }
}

impl From<SealError> for BackupError {
    fn from(error: SealError) -> Self {
        match error {
            SealError::WordsWrong => Self::WordsWrong,
            SealError::NotSealed => Self::NotOurs,
            SealError::Io(error) => error.into(),
        }
    }
}

/// A backup that was made: a file that has no name any more, and goes when it is read.
pub struct Made {
    /// Its bytes, from the start.
    pub file: File,
    /// How many.
    pub size: u64,
}

/// Makes a backup that `words` open.
///
/// # Errors
/// [`BackupError`]; nothing is left of it then.
pub async fn make(
    core: &Arc<Core>,
    permit: &Permit,
    now: Now,
    facts: &SessionFacts,
    words: Password,
) -> Result<Made, BackupError> {
    permitted(permit, Action::Guard(Guard::Export))?;
    check_password(&words, PASSWORD_MIN_ALONE_CHARS, &[&facts.user.name, "Stead"], false)?;
    let (user, session) = (facts.user.id, facts.session.id);
    core.blocking(move |core| {
        let made = sealed(core, now, &words)?;
        let detail = serde_json::json!({ "user": user.to_string() }).to_string();
        core.store()?.accounts.note(|tx| {
            notices::tell(tx, core, now, user, Some(session), NoticeKind::BackupMade, "")?;
            Ok::<_, CoreError>(audit::append(tx, now, "server.backup_made", &detail)?)
        })?;
        Ok(made)
    })
    .await
}

fn sealed(core: &Core, now: Now, words: &Password) -> Result<Made, BackupError> {
    let _alone = alone(core);
    let folder = folder(core.paths())?;
    let copy = Gone(folder.join("copy.db"));
    let (draft, sealed) = (Gone(folder.join("copy.draft")), Gone(folder.join("copy.age")));
    for file in [&copy, &draft] {
        file.forget()?;
    }
    let accounts = core.paths().accounts_db().metadata()?.len();
    has_room_for(&folder, accounts.saturating_mul(COPIES))?;
    let authority =
        AuthorityFiles::read(&core.paths().tls_dir()).map_err(BackupError::Authority)?;
    let carried = authority.map(carry).unwrap_or_default();
    core.store()?.accounts.copy_to(&copy.0, &carried, now.wall)?;
    seal::seal(words, &copy.0, &sealed.0)?;
    let file = File::open(&sealed.0)?;
    let size = file.metadata()?.len();
    // What cannot be put back is no backup.
    if size > BACKUP_MAX_BYTES {
        return Err(BackupError::TooLarge);
    }
    Ok(Made { file, size })
}

/// How often the accounts lie on the disk while a backup is made or put back: draft, copy, sealed.
pub(crate) const COPIES: u64 = 3;

/// Whether so much is free that nobody else finds the disk full meanwhile.
pub(crate) fn has_room_for(folder: &Path, bytes: u64) -> Result<(), BackupError> {
    let space = space(folder)?;
    let left = Space { free_bytes: space.free_bytes.saturating_sub(bytes), ..space };
    if left.is_short() { Err(CoreError::from(StoreError::Full(None)).into()) } else { Ok(()) }
}

/// One backup at a time: each takes the room of all accounts, and the memory of its key.
pub(crate) fn alone(core: &Core) -> MutexGuard<'_, ()> {
    core.backup.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where backups are made and taken in.
pub(crate) fn folder(paths: &Paths) -> io::Result<PathBuf> {
    let folder = paths.backup_dir();
    DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
    Ok(folder)
}

/// A file that goes with this value, whatever happened.
pub(crate) struct Gone(pub(crate) PathBuf);

impl Gone {
    /// Removes what is left under its name, with whatever SQLite put beside it.
    pub(crate) fn forget(&self) -> io::Result<()> {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            match fs::remove_file(format!("{}{suffix}", self.0.display())) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Err(_) | Ok(()) => {}
            }
        }
        Ok(())
    }
}

impl Drop for Gone {
    fn drop(&mut self) {
        if let Err(error) = self.forget() {
            tracing::warn!(%error, "a file of a backup could not be removed; the next start does");
        }
    }
}

const CA_CERTIFICATE: &str = "ca.pem";
const CA_KEY: &str = "ca.key";

fn carry(authority: AuthorityFiles) -> Vec<Carried> {
    let carried = |name: &str, content| Carried { name: name.to_owned(), content };
    let AuthorityFiles { certificate, key } = authority;
    vec![carried(CA_CERTIFICATE, certificate), carried(CA_KEY, key.to_vec())]
}

/// The authority that a backup carries, if it does.
pub(crate) fn carried_authority(carried: &[Carried]) -> Option<AuthorityFiles> {
    let content = |name| carried.iter().find(|file| file.name == name).map(|file| &file.content);
    let certificate = content(CA_CERTIFICATE)?.clone();
    Some(AuthorityFiles { certificate, key: content(CA_KEY)?.clone().into() })
}

/// Goes on with a restore that is decided, and clears away what a backup that was cut off has left.
/// To be called before anything is opened, by whoever holds the data folder.
///
/// # Errors
/// When something cannot be put in its place; the restore stays decided.
pub fn go_on(paths: &Paths) -> Result<bool, BackupError> {
    remove_all(&paths.backup_dir())?;
    let (new, tls) = (paths.restored_tls_dir(), paths.tls_dir());
    if !copies::is_decided(&paths.data_dir)? {
        remove_all(&new)?;
        return Ok(false);
    }
    // What proved that the box is in hand has done its work, or the next start would go by it again.
    remove_durably(&paths.plug()).map_err(io::Error::other)?;
    if new.try_exists()? {
        if tls.try_exists()? {
            fs::rename(&tls, aside(paths)?)?;
        }
        fs::rename(&new, &tls)?;
    }
    copies::put_in_place(&paths.data_dir).map_err(|error| CopyError::from(error).into())
}

/// Where the certificates that make way are kept: the first that ever did are not lost to the next.
fn aside(paths: &Paths) -> io::Result<PathBuf> {
    let first = paths.tls_dir_before_restore();
    for number in 1..KEPT_AUTHORITIES {
        let name = match number {
            1 => first.clone(),
            number => first.with_extension(format!("before-restore.{number}")),
        };
        if !name.try_exists()? {
            return Ok(name);
        }
    }
    let last = first.with_extension(format!("before-restore.{KEPT_AUTHORITIES}"));
    remove_all(&last)?;
    Ok(last)
}

/// Certificates that are kept aside; the last ones give way.
const KEPT_AUTHORITIES: usize = 9;

pub(crate) fn remove_all(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Err(_) | Ok(()) => Ok(()),
    }
}
