//! Backups of the accounts: a copy that travels alone, and the way back of one.
//!
//! ```text
//! accounts.db ─copy─▶ a file of its own ─▶ … ─▶ checked ─▶ accounts.db.restored (fsync)
//!                                                             │ the next start
//!                          accounts.db.before-recovery ◀─aside┴─▶ accounts.db
//! ```
//!
//! What comes back may have been made by anybody, so nothing of it is believed before it is found to
//! be whole and of exactly the tables that this version has. With `accounts.db.restored` on the disk
//! the restore is decided: every start goes on with it before anything else is opened.
#![expect(clippy::disallowed_methods, reason = "a backup is opened here, and never served from")]

use std::fs::File;
use std::io;
use std::path::Path;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OptionalExtension};
use stead_rules::claim::{Eras, Generation, Kept};
use stead_rules::ids::BoxId;
use stead_rules::time::{Now, WallMs};

use crate::accounts::audit;
use crate::accounts::claim::{bump_epoch, keep, server, set_generation};
use crate::accounts::era::set_eras;
use crate::open::{
    Accounts, DatabaseKind, Found, OpenError, Triggers, fresh_in_memory, open_reader, open_writer,
    open_writer_with, read_server_facts, set_aside_for_recovery, settle_draft,
};
use crate::room::Failure;
use crate::tx::{Db, StoreError};

/// A copy that was checked, and takes the place of the accounts at the next start.
const RESTORED: &str = "accounts.db.restored";
/// The row that says when a backup was made, in milliseconds since 1970.
const MADE: &str = "made_ms";

/// What stays behind: what is open at the moment, what works once, and what waits to be sent.
const LEFT_OUT: [&str; 6] =
    ["session", "way_back", "invitation", "oauth_registration", "claim_offer", "carried"];
/// The largest number of any kind that is taken from a backup: a server that is claimed each second of
/// a century does not come near, and what is counted on from there never overflows.
const NUMBERS_MAX: u64 = 1 << 40;

/// A file that a backup carries beside the accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// What it is called.
    pub name: String,
    /// What it holds.
    pub content: Vec<u8>,
}

/// What a backup is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// The server that it is of.
    pub box_id: BoxId,
    /// What people call that server.
    pub name: String,
    /// How often it was claimed when the backup was made.
    pub generation: Generation,
    /// When it was made.
    pub made: WallMs,
    /// How many people may sign in.
    pub people: u64,
    /// Where the owner's account is, if not on that server.
    pub issuer: Option<String>,
    /// What it carries beside the accounts.
    pub carried: Vec<Carried>,
}

/// A backup cannot be made, or one cannot be put back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// It is nothing that a server of ours made, or it is damaged.
    #[error("this is no backup of a Stead server, or it is damaged")]
    NotOurs,
    /// A later version of ours made it.
    #[error("the backup was made by a later version")]
    Newer,
    /// Nobody in it could open the server.
    #[error("the backup is of a server without an owner")]
    NoOwner,
    /// Somebody else holds the accounts for too long.
    #[error("the accounts are held by somebody else")]
    Busy,
    /// A file could not be opened or put in its place.
    #[error(transparent)]
    Open(OpenError),
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system refused.
    #[error("a file of the backup could not be written")]
    Io(#[from] io::Error),
}

impl Failure for BackupError {
    fn into_store(self) -> Result<StoreError, Self> {
        match self {
            Self::Store(error) => Ok(error),
            other @ (Self::NotOurs
            | Self::Newer
            | Self::NoOwner
            | Self::Busy
            | Self::Open(_)
            | Self::Io(_)) => Err(other),
        }
    }
}

impl From<rusqlite::Error> for BackupError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<OpenError> for BackupError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Damaged { .. } => Self::NotOurs,
            OpenError::Migration { source, .. } => migration(&source),
            OpenError::Newer { .. } => Self::Newer,
            OpenError::Create { .. }
            | OpenError::Keep { .. }
            | OpenError::Rename { .. }
            | OpenError::Look { .. }
            | OpenError::Io { .. } => Self::Open(error),
        }
    }
}

/// A disk without room is no fault of the backup.
fn migration(error: &refinery::Error) -> BackupError {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        let code = error.downcast_ref::<rusqlite::Error>().and_then(|e| e.sqlite_error_code());
        if code == Some(rusqlite::ErrorCode::DiskFull) {
            return StoreError::Full(None).into();
        }
        cause = error.source();
    }
    BackupError::NotOurs
}

impl Db<Accounts> {
    /// Copies the accounts as they are now to `path`, where nothing may be, with what goes along.
    /// Sessions, tickets and the offer of a claim stay behind. Blocks.
    ///
    /// # Errors
    /// [`BackupError`]; what was begun is left there.
    pub fn copy_to(
        &self,
        path: &Path,
        carried: &[Carried],
        made: WallMs,
    ) -> Result<(), BackupError> {
        let source = open_reader::<Accounts>(self.folder())?;
        let draft = path.with_extension("draft");
        let mut copy = Connection::open(&draft)?;
        // In one step, so that nobody writes in between.
        if Backup::new(&source, &mut copy)?.step(-1)? != StepResult::Done {
            return Err(BackupError::Busy);
        }
        // It is of no use if it is cut off, and nothing of it may lie anywhere else meanwhile.
        copy.pragma_update(None, "journal_mode", "OFF")?;
        copy.pragma_update(None, "temp_store", "MEMORY")?;
        copy.pragma_update(None, "foreign_keys", true)?;
        let transaction = copy.transaction()?;
        for table in LEFT_OUT {
            transaction.execute(&format!("DELETE FROM {table}"), [])?;
        }
        let sql = "INSERT INTO carried (name, content) VALUES (?1, ?2)";
        transaction.execute(sql, (MADE, made.0.to_string().as_bytes()))?;
        for Carried { name, content } in carried {
            transaction.execute(sql, (name, content))?;
        }
        transaction.commit()?;
        // What is left out leaves no trace in pages that are free: they stay behind.
        copy.execute("VACUUM INTO ?1", [path.to_string_lossy()])?;
        drop(copy);
        std::fs::remove_file(draft)?;
        Ok(settle_draft(Connection::open(path)?)?)
    }
}

/// Looks at a file that is said to be a backup, brings it up to the present version, and says what it
/// is of. Blocks.
///
/// # Errors
/// [`BackupError`] if it is none, or of no use.
pub fn describe(path: &Path) -> Result<Described, BackupError> {
    if !runs_nothing_of_others(path).map_err(damaged)? {
        return Err(BackupError::NotOurs);
    }
    match read_server_facts(path)? {
        Found::Server { generation: 1.., .. } => {}
        Found::Server { .. } => return Err(BackupError::NoOwner),
        Found::Newer => return Err(BackupError::Newer),
        Found::Nothing | Found::Unreadable => return Err(BackupError::NotOurs),
    }
    // Nothing runs that a stranger may have written into it, before all of it is found to be ours.
    let connection = open_writer_with::<Accounts>(path, Triggers::Rest)?;
    if schema(&connection)? != schema(&fresh_in_memory::<Accounts>()?)? || !is_whole(&connection)? {
        return Err(BackupError::NotOurs);
    }
    drop(connection);
    let db = Db::<Accounts>::new(path.to_path_buf(), open_writer::<Accounts>(path)?);
    let described = db.write(|tx| {
        let Some(server) = server(tx)? else { return Err(BackupError::NotOurs) };
        let connection: &Connection = &tx.transaction;
        let count = |sql| connection.query_row(sql, [], |row| row.get::<_, u64>(0));
        if count("SELECT count(*) FROM user WHERE role = 'owner' AND enabled")? != 1 {
            return Err(BackupError::NoOwner);
        }
        if count(LARGEST_NUMBER)? > NUMBERS_MAX {
            return Err(BackupError::NotOurs);
        }
        let people = count("SELECT count(*) FROM user WHERE enabled")?;
        let owner_issuer = "SELECT i.url FROM user u JOIN issuer i ON i.id = u.issuer_id
                             WHERE u.role = 'owner' AND i.kind = 'external'";
        let issuer = connection.query_row(owner_issuer, [], |row| row.get(0)).optional()?;
        let (made, carried) = carried(connection)?;
        let generation = Generation(server.generation);
        let (box_id, name) = (server.box_id, server.name);
        Ok(Described { box_id, name, generation, made, people, issuer, carried })
    })?;
    settle_draft(db.into_writer())?;
    Ok(described)
}

/// Decides the restore: the copy, which [`describe`] has seen, takes the place of the accounts at the
/// next start, of this generation and these eras, and waits for its owner. Blocks.
///
/// # Errors
/// [`BackupError`]; nothing is decided then.
pub fn decide(
    folder: &Path,
    copy: &Path,
    now: Now,
    generation: Generation,
    eras: Option<Eras>,
) -> Result<(), BackupError> {
    let db = Db::<Accounts>::new(copy.to_path_buf(), open_writer::<Accounts>(copy)?);
    let detail = format!("{{\"generation\":{}}}", generation.0);
    db.write(|tx| {
        set_generation(tx, generation.0)?;
        set_eras(tx, eras)?;
        bump_epoch(tx)?;
        tx.transaction.execute("DELETE FROM carried", [])?;
        audit::append(tx, now, "recovery.backup_restored", &detail)?;
        keep(tx, Kept::Restored)
    })?;
    settle_draft(db.into_writer())?;
    File::open(copy)?.sync_all()?;
    std::fs::rename(copy, folder.join(RESTORED))?;
    // The name is there for the next start; a cut of power before it is on the disk, which nobody can
    // rule out now, leaves what there was.
    drop(File::open(folder).and_then(|folder| folder.sync_all()));
    Ok(())
}

/// Whether a restore is decided and waits for the next start.
///
/// # Errors
/// When the folder cannot be looked at.
pub fn is_decided(folder: &Path) -> io::Result<bool> {
    folder.join(RESTORED).try_exists()
}

/// Goes on with a restore that is decided, if one is, and says so. What lies in the place of the
/// accounts is set aside, and never deleted. To be called before anything is opened. Blocks.
///
/// # Errors
/// [`OpenError`]; the restore stays decided.
pub fn put_in_place(folder: &Path) -> Result<bool, OpenError> {
    let path = folder.join(Accounts::FILE);
    if !is_decided(folder).map_err(|source| OpenError::Look { path: path.clone(), source })? {
        return Ok(false);
    }
    set_aside_for_recovery(&path)?;
    std::fs::rename(folder.join(RESTORED), &path)
        .and_then(|()| File::open(folder)?.sync_all())
        .map_err(|source| OpenError::Rename { path, source })?;
    Ok(true)
}

/// The largest of all that is counted on.
const LARGEST_NUMBER: &str = "SELECT max(n) FROM (
    SELECT max(generation, epoch) AS n FROM server UNION ALL SELECT max(epoch) FROM user
    UNION ALL SELECT max(epoch) FROM account UNION ALL SELECT max(seq) FROM sqlite_sequence)";

/// Whether it holds no trigger, view or virtual table but those that we make: they run by themselves,
/// or in the place of what is read.
fn runs_nothing_of_others(path: &Path) -> rusqlite::Result<bool> {
    let names = |connection: &Connection| {
        let sql = "SELECT name FROM sqlite_schema
                    WHERE type NOT IN ('table', 'index') OR sql LIKE '%VIRTUAL%' ORDER BY name";
        let mut statement = connection.prepare(sql)?;
        let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
        rows.collect::<rusqlite::Result<Vec<_>>>()
    };
    let ours = fresh_in_memory::<Accounts>().map_err(|_| rusqlite::Error::InvalidQuery)?;
    let ours = names(&ours)?;
    Ok(names(&Connection::open(path)?)?.iter().all(|name| ours.contains(name)))
}

/// What SQLite cannot read was not written by it.
fn damaged(error: rusqlite::Error) -> BackupError {
    match StoreError::from(error) {
        error @ (StoreError::Full(_) | StoreError::ReadOnly(_)) => error.into(),
        StoreError::Damaged(_)
        | StoreError::BadRow { .. }
        | StoreError::Exists(_)
        | StoreError::Open(_)
        | StoreError::Sqlite(_) => BackupError::NotOurs,
    }
}

/// Everything that was made in it, as it was made: SQLite's own tables too, which say how many rows
/// there are to come and how they lie.
fn schema(connection: &Connection) -> rusqlite::Result<Vec<[String; 4]>> {
    let sql =
        "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema ORDER BY type, name";
    let mut statement = connection.prepare(sql)?;
    let rows =
        statement.query_map([], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?]))?;
    rows.collect()
}

/// Whether every row refers to one that is there, holds what its table allows, and is found by every
/// index: those are made anew, since a stranger's may leave rows out.
fn is_whole(connection: &Connection) -> rusqlite::Result<bool> {
    connection.execute_batch("REINDEX")?;
    let lost = connection.query_row("PRAGMA foreign_key_check", [], |_| Ok(())).optional()?;
    let verdict: String =
        connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    Ok(lost.is_none() && verdict == "ok")
}

fn carried(connection: &Connection) -> Result<(WallMs, Vec<Carried>), BackupError> {
    let mut statement = connection.prepare("SELECT name, content FROM carried ORDER BY name")?;
    let rows = statement.query_map([], |row| {
        Ok(Carried { name: row.get("name")?, content: row.get("content")? })
    })?;
    let (mut made, mut carried) = (WallMs(0), Vec::new());
    for row in rows {
        let row = row?;
        if row.name == MADE {
            let text = String::from_utf8_lossy(&row.content);
            made = WallMs(text.parse().map_err(|_| BackupError::NotOurs)?);
        } else {
            carried.push(row);
        }
    }
    Ok((made, carried))
}
