//! The accounts as they were before an update: what the system before goes on with if the new one does
//! not work.
//!
//! ```text
//! the new one:  accounts.db ─copy─▶ accounts.db.before-update (fsync) ─▶ accounts.db is migrated
//!               … each era goes into both … it has proved itself: the copy goes
//! the old one:  accounts.db is newer ─link─▶ accounts.db.newer
//!               accounts.db.before-update ─rename─▶ accounts.db
//! ```
//!
//! At each moment there is an `accounts.db`, the newer one or the one before: a start that was cut off
//! begins again with whichever it finds.
#![expect(clippy::disallowed_methods, reason = "a copy is made here, and never served from")]

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rusqlite::{Connection, OpenFlags, ffi};
use stead_rules::claim::Eras;

use crate::accounts::era;
use crate::open::{
    Accounts, BUSY_TIMEOUT, DatabaseKind, Found, OpenError, newest_applied, newest_known,
    read_server_facts, settle_draft,
};
use crate::tx::StoreError;

const COPY: &str = "accounts.db.before-update";
/// The copy before it is whole.
const DRAFT: &str = "accounts.db.before-update.new";
/// What a newer system has made of the accounts, and this one cannot read.
const NEWER: &str = "accounts.db.newer";
/// Only the server itself reads it, like the accounts.
const PRIVATE: u32 = 0o600;

/// The copy could not be written.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// SQLite refused.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// The system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Keeps a copy of accounts that are about to be migrated; those that need no migration stay alone.
/// A copy from before is replaced.
pub(crate) fn keep(folder: &Path) -> Result<(), OpenError> {
    let path = folder.join(Accounts::FILE);
    keep_if_older(folder, &path).map_err(|source| OpenError::Keep { path, source })
}

fn keep_if_older(folder: &Path, path: &Path) -> Result<(), CopyError> {
    let accounts = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    accounts.busy_timeout(BUSY_TIMEOUT)?;
    if newest_applied(&accounts)? >= newest_known::<Accounts>() {
        return Ok(());
    }
    // What is kept from another update is older than these accounts.
    let_go(folder)?;
    let draft = folder.join(DRAFT);
    OpenOptions::new().write(true).create_new(true).mode(PRIVATE).open(&draft)?;
    if let Err(error) = copy_into(&accounts, &draft) {
        // It only takes room; why it is not whole is the error to tell.
        drop(let_go(folder));
        return Err(error);
    }
    fs::rename(&draft, folder.join(COPY))?;
    Ok(sync(folder)?)
}

fn copy_into(accounts: &Connection, draft: &Path) -> Result<(), CopyError> {
    accounts.execute("VACUUM INTO ?1", [draft.to_string_lossy()])?;
    settle_draft(Connection::open(draft)?)?;
    Ok(File::open(draft)?.sync_all()?)
}

/// Looks at the copy, if there is one that this version can read. What was cut off while it was
/// written to is undone first.
#[must_use]
pub fn look(folder: &Path) -> Option<Found> {
    let copy = folder.join(COPY);
    if !copy.exists() {
        return None;
    }
    match read_server_facts(&copy) {
        Ok(found @ Found::Server { .. }) => Some(found),
        Ok(Found::Nothing | Found::Unreadable | Found::Newer) | Err(_) => None,
    }
}

/// Sets accounts that are newer than this version aside as `accounts.db.newer`, and puts the copy, which
/// [`look`] has seen, in their place. To be called before anything is opened. Blocks.
///
/// # Errors
/// [`OpenError`]; there is an `accounts.db`, the newer one or the copy.
pub fn put_back(folder: &Path) -> Result<(), OpenError> {
    let path = folder.join(Accounts::FILE);
    // The log would be mixed into the copy, and belongs to the other file: it goes in there.
    settle(&path).map_err(|source| OpenError::Io { path: path.clone(), source })?;
    in_its_place(folder, &path).map_err(|source| OpenError::Rename { path, source })
}

fn in_its_place(folder: &Path, path: &Path) -> io::Result<()> {
    for suffix in ["-wal", "-shm"] {
        absent_is_fine(fs::remove_file(format!("{}{suffix}", path.display())))?;
    }
    let aside = folder.join(NEWER);
    absent_is_fine(fs::remove_file(&aside))?;
    fs::hard_link(path, &aside)?;
    sync(folder)?;
    fs::rename(folder.join(COPY), path)?;
    sync(folder)
}

/// Moves the whole log into the file. It needs to know nothing of what is in there.
fn settle(path: &Path) -> rusqlite::Result<()> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    let busy: bool =
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy {
        return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_BUSY), None));
    }
    connection.close().map_err(|(_, error)| error)
}

/// Tells the copy of the era that comes next, if there is one: as long as the new system has not proved
/// itself the copy is no older than the accounts. Before the accounts and the marker, so that a cut of
/// power leaves a copy that knows the marker's era. Blocks.
///
/// # Errors
/// [`StoreError`]; the copy is older than the accounts then.
pub fn set_eras_of_copy(folder: &Path, eras: Eras) -> Result<(), StoreError> {
    let copy = folder.join(COPY);
    if !copy.exists() {
        return Ok(());
    }
    let mut connection = Connection::open_with_flags(&copy, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.pragma_update(None, "synchronous", "EXTRA")?;
    let transaction = connection.transaction()?;
    era::tell(&transaction, eras)?;
    Ok(transaction.commit()?)
}

/// Whether there is a copy.
#[must_use]
pub fn is_kept(folder: &Path) -> bool {
    folder.join(COPY).exists()
}

/// Lets the copy go for good: the new system works. Blocks.
///
/// # Errors
/// When it cannot be removed.
pub fn let_go(folder: &Path) -> io::Result<()> {
    for name in [DRAFT, COPY] {
        // What a write that was cut off has left beside it goes last: without that the file is torn.
        for suffix in ["", "-journal"] {
            absent_is_fine(fs::remove_file(folder.join(format!("{name}{suffix}"))))?;
        }
    }
    sync(folder)
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn absent_is_fine(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
