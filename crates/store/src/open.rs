//! Opening: what is there, which settings hold, and migrations.
#![expect(clippy::disallowed_methods, reason = "the one module that opens databases")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension};

use stead_rules::claim::{Eras, Kept};
use stead_rules::ids::BoxId;

use crate::accounts::claim::{Server, keep, make_server, set_generation};
use crate::accounts::era::{self, set_eras};
use crate::before_update::{self, CopyError};
use crate::columns::id;
use crate::lost::{part_from_log, remember_place};
use crate::room::Room;
use crate::tx::{Db, StoreError};

/// A statement waits this long for a lock; there is one writer, so only checkpoints and a second
/// process (a backup, a shell) can hold one.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Page cache of one connection, in KiB. Eight connections stay under 8 MiB.
const CACHE_KIB: i64 = 1024;
/// The WAL is cut back to this after a checkpoint, so that a burst does not pin disk space.
const WAL_KEPT_BYTES: i64 = 4 * 1024 * 1024;
/// Statements that a connection keeps prepared: entering one file takes about twenty, and a cache
/// that is too small for a round keeps none of them; a reader answers a dozen kinds of requests.
const STATEMENTS_KEPT: usize = 64;

/// A connection is used by one thread at a time, which the type system holds: SQLite need not lock it
/// at each column that is read.
const OPENED: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// Which of the two databases.
pub trait DatabaseKind: Send + Sync + 'static {
    /// The file's name in the data folder.
    const FILE: &'static str;
    /// `PRAGMA synchronous`.
    const SYNCHRONOUS: &'static str;
    /// Whether readers see `accounts.db` as `acc`.
    const SEES_ACCOUNTS: bool;
    /// The migrations, in order.
    fn migrations() -> refinery::Runner;
}

/// `accounts.db`: users, sessions, libraries, what people watched. A commit is on the disk.
#[derive(Debug)]
pub enum Accounts {}

/// `library.db`: items and files. Rebuildable, so a commit may be lost with the power.
#[derive(Debug)]
pub enum Library {}

mod accounts_migrations {
    refinery::embed_migrations!("migrations/accounts");
}

mod library_migrations {
    refinery::embed_migrations!("migrations/library");
}

impl DatabaseKind for Accounts {
    const FILE: &'static str = "accounts.db";
    const SYNCHRONOUS: &'static str = "FULL";
    const SEES_ACCOUNTS: bool = false;
    fn migrations() -> refinery::Runner {
        accounts_migrations::migrations::runner()
    }
}

impl DatabaseKind for Library {
    const FILE: &'static str = "library.db";
    const SYNCHRONOUS: &'static str = "NORMAL";
    const SEES_ACCOUNTS: bool = true;
    fn migrations() -> refinery::Runner {
        library_migrations::migrations::runner()
    }
}

/// A database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// SQLite refuses the file, or a check of its pages fails.
    #[error("{} is damaged", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        #[source]
        source: Option<rusqlite::Error>,
    },
    /// It was written by a newer version.
    #[error("{} was written by a newer version of Stead; start that version again", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
    },
    /// What is there could not be kept before it is brought up to date.
    #[error(
        "no copy of {} could be kept before it is brought up to date; nothing was changed: make room \
         on its disk", path.display()
    )]
    Keep {
        /// The file.
        path: PathBuf,
        /// What SQLite or the system says.
        #[source]
        source: CopyError,
    },
    /// A migration failed and was rolled back.
    #[error("{} could not be brought up to date; nothing was changed", path.display())]
    Migration {
        /// The file.
        path: PathBuf,
        /// What refinery says.
        #[source]
        source: Box<refinery::Error>,
    },
    /// The first row could not be written.
    #[error("{} could not be made", path.display())]
    Create {
        /// The file.
        path: PathBuf,
        /// What the store says.
        #[source]
        source: StoreError,
    },
    /// The finished file could not be put in its place.
    #[error("{} could not be put in place", path.display())]
    Rename {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// Whether there is a file could not be found out.
    #[error("{} cannot be looked at", path.display())]
    Look {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The file cannot be opened at all.
    #[error("{} cannot be opened", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        #[source]
        source: rusqlite::Error,
    },
}

/// Both databases, open and up to date.
#[derive(Debug)]
pub struct Store {
    /// Who.
    pub accounts: Db<Accounts>,
    /// What.
    pub library: Db<Library>,
}

impl Store {
    /// Makes `accounts.db` for a new server, then opens both databases. The file is complete
    /// under another name before it gets its own, so an `accounts.db` that is empty or cut short
    /// is always damage and never a first start that was interrupted.
    ///
    /// # Errors
    /// [`OpenError`]; a file that has the name already stays as it is.
    pub fn create(folder: &Path, server: &Server) -> Result<Self, OpenError> {
        let path = folder.join(Accounts::FILE);
        if path.try_exists().unwrap_or(true) {
            return Self::open(folder);
        }
        make_accounts(folder, &path, server, None)?;
        Self::open(folder)
    }

    /// Sets whatever lies in the place of `accounts.db` aside, as `accounts.db.before-recovery`,
    /// and makes one of these eras that waits for a new owner of a server that had one. Nothing is
    /// deleted.
    ///
    /// # Errors
    /// [`OpenError`]; what was set aside stays so, and the server is as one without accounts.
    pub fn create_for_recovery(
        folder: &Path,
        server: &Server,
        eras: Option<Eras>,
    ) -> Result<Self, OpenError> {
        let path = folder.join(Accounts::FILE);
        set_aside_for_recovery(&path)?;
        make_accounts(folder, &path, server, eras)?;
        Self::open(folder)
    }

    /// Opens both databases in `folder` and migrates. Accounts that are migrated are kept as they were,
    /// for the system before (see [`before_update`]). `library.db` is rebuildable: a damaged one is
    /// set aside as `library.db.damaged`, one of a newer version as `library.db.newer`, and made anew.
    ///
    /// # Errors
    /// [`OpenError`]; nothing was changed then.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        let accounts = folder.join(Accounts::FILE);
        if read_server_facts(&accounts)? == Found::Newer {
            return Err(OpenError::Newer { path: accounts });
        }
        before_update::keep(folder)?;
        let accounts = open_writer::<Accounts>(&accounts)?;
        remember_place(folder);
        let library = folder.join(Library::FILE);
        let library = match open_writer::<Library>(&library) {
            Err(OpenError::Damaged { path, .. }) => anew(&path, "damaged")?,
            Err(OpenError::Newer { path }) => anew(&path, "newer")?,
            other => other?,
        };
        Ok(Self {
            accounts: Db::new(folder.to_path_buf(), accounts),
            library: Db::new(folder.to_path_buf(), library),
        })
    }

    /// The same, with somebody who knows how much room there is.
    #[must_use]
    pub fn with_room(mut self, room: Arc<dyn Room>) -> Self {
        self.accounts.set_room(Arc::clone(&room));
        self.library.set_room(room);
        self
    }
}

fn make_accounts(
    folder: &Path,
    path: &Path,
    server: &Server,
    eras: Option<Eras>,
) -> Result<(), OpenError> {
    let draft = folder.join("accounts.db.new");
    for suffix in ["", "-wal", "-shm"] {
        // Left by an interrupted attempt, or absent.
        drop(std::fs::remove_file(format!("{}{suffix}", draft.display())));
    }
    let failed = |source| OpenError::Create { path: path.to_path_buf(), source };
    let db = Db::<Accounts>::new(folder.to_path_buf(), open_writer::<Accounts>(&draft)?);
    db.write(|tx| {
        make_server(tx, server)?;
        if server.generation > 0 {
            set_generation(tx, server.generation)?;
            keep(tx, Kept::Recovery)?;
        }
        set_eras(tx, eras)
    })
    .map_err(failed)?;
    settle_draft(db.into_writer()).map_err(|error| failed(error.into()))?;
    // A full disk must not put a file in place that only looks finished.
    read_server_facts(&draft)?;
    // Left of a file that somebody took away: SQLite would mix it into this one.
    part_from_log(folder)?;
    std::fs::File::open(&draft)
        .and_then(|file| file.sync_all())
        .and_then(|()| std::fs::rename(&draft, path))
        .and_then(|()| std::fs::File::open(folder)?.sync_all())
        .map_err(|source| OpenError::Rename { path: path.to_path_buf(), source })
}

/// Moves the write-ahead log into the file, which travels alone, and says whether that worked:
/// closing would not.
pub(crate) fn settle_draft(connection: Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "DELETE")?;
    connection.close().map_err(|(_, error)| error)
}

/// What lies where `accounts.db` belongs, before anything is opened for writing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// No file.
    Nothing,
    /// A file that SQLite or our own checks refuse.
    Unreadable,
    /// A database of a newer version, of which nothing else is known.
    Newer,
    /// A database of ours.
    Server {
        /// Whose it is.
        box_id: BoxId,
        /// 0 when it was never claimed.
        generation: u64,
        /// The version that made it.
        created_by: String,
        /// What became of its owner.
        kept: Kept,
        /// The eras that it knows.
        eras: Option<Eras>,
    },
}

/// Looks at `accounts.db` in `folder` without changing a byte of it or of its log.
///
/// # Errors
/// When it could not be looked at (rights, descriptors, a failing disk): that is no damage, and
/// nothing may be concluded from it.
pub fn inspect(folder: &Path) -> Result<Found, OpenError> {
    let path = folder.join(Accounts::FILE);
    match path.try_exists() {
        Ok(false) => Ok(Found::Nothing),
        Ok(true) => match read_server_facts(&path) {
            Err(OpenError::Damaged { .. }) => Ok(Found::Unreadable),
            other => other,
        },
        Err(source) => Err(OpenError::Look { path, source }),
    }
}

/// Whether an error says that the file is not what SQLite and we wrote. Anything else (rights,
/// descriptors, a failing disk, a lock) may be gone at the next start.
fn is_damage(error: &rusqlite::Error) -> bool {
    match error.sqlite_error_code() {
        // A missing table is a plain error to SQLite.
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt | ErrorCode::Unknown) => true,
        Some(_) => false,
        // No row, or one of other types.
        None => true,
    }
}

fn refused(path: &Path, source: rusqlite::Error) -> OpenError {
    if is_damage(&source) {
        OpenError::Damaged { path: path.to_path_buf(), source: Some(source) }
    } else {
        OpenError::Io { path: path.to_path_buf(), source }
    }
}

/// The code that the console shows, read beside a server that runs; none when nothing waits to
/// be claimed, or the file is not this user's to read.
#[must_use]
pub fn waiting_code(folder: &Path) -> Option<String> {
    let connection = open_reader::<Accounts>(folder).ok()?;
    let sql = "SELECT console_code FROM claim_offer WHERE one = 1";
    connection.query_row(sql, [], |row| row.get(0)).ok()
}

pub(crate) fn read_server_facts(path: &Path) -> Result<Found, OpenError> {
    let refused = |source| refused(path, source);
    // SQLite throws the log of an empty file away.
    if path.metadata().is_ok_and(|file| file.is_file() && file.len() == 0) {
        return Err(OpenError::Damaged { path: path.to_path_buf(), source: None });
    }
    let connection = Connection::open_with_flags(path, OPENED).map_err(refused)?;
    // A log must not be written into a file that is only looked at, and may be damaged.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(refused)?;
    check_pages(&connection, path)?;
    if newest_applied(&connection).map_err(refused)? > newest_known::<Accounts>() {
        return Ok(Found::Newer);
    }
    connection
        .query_row("SELECT box_id, generation, created_by FROM server WHERE one = 1", [], |row| {
            let (kept, eras) = (kept_by(&connection)?, era::known(&connection)?);
            let (box_id, generation) = (id(row, "box_id")?, row.get(1)?);
            Ok(Found::Server { box_id, generation, created_by: row.get(2)?, kept, eras })
        })
        .map_err(refused)
}

/// A database from before the table has its owner, or never had one. A word that means nothing is
/// no word of ours.
fn kept_by(connection: &Connection) -> rusqlite::Result<Kept> {
    if !connection.table_exists(None, "owner_lost")? {
        return Ok(Kept::Owned);
    }
    let sql = "SELECT kept FROM owner_lost WHERE one = 1";
    let word: Option<String> = connection.query_row(sql, [], |row| row.get(0)).optional()?;
    match word {
        None => Ok(Kept::Owned),
        Some(word) => Kept::from_word(&word).ok_or(rusqlite::Error::InvalidQuery),
    }
}

/// What is set aside for a recovery, file and log together, so that it can be put back.
pub(crate) fn set_aside_for_recovery(path: &Path) -> Result<(), OpenError> {
    const KEPT: usize = 9;
    let aside = |number: usize| match number {
        1 => format!("{}.before-recovery", path.display()),
        number => format!("{}.before-recovery.{number}", path.display()),
    };
    let free = (1..KEPT).find(|number| !Path::new(&aside(*number)).exists()).unwrap_or(KEPT);
    // The file goes last: what is cut off before finds the same free name for it. What an update has
    // kept is of these accounts, and not of those that come.
    for suffix in ["-wal", ".before-update-journal", ".before-update", ""] {
        let from = format!("{}{suffix}", path.display());
        if let Err(source) = std::fs::rename(from, format!("{}{suffix}", aside(free)))
            && source.kind() != std::io::ErrorKind::NotFound
        {
            return Err(OpenError::Rename { path: path.to_path_buf(), source });
        }
    }
    // An index of the log, which SQLite makes anew.
    drop(std::fs::remove_file(format!("{}-shm", path.display())));
    Ok(())
}

fn check_pages(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let verdict: rusqlite::Result<String> =
        connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0));
    match verdict {
        Ok(text) if text == "ok" => Ok(()),
        Ok(_) => Err(OpenError::Damaged { path: path.to_path_buf(), source: None }),
        Err(source) => Err(refused(path, source)),
    }
}

pub(crate) fn open_writer<D: DatabaseKind>(path: &Path) -> Result<Connection, OpenError> {
    open_writer_with::<D>(path, Triggers::Fire)
}

/// Whether what a database says is to be done at a write is done.
pub(crate) enum Triggers {
    /// It is.
    Fire,
    /// It is not: a stranger may have written it.
    Rest,
}

/// A writing connection to a database that is brought up to date.
pub(crate) fn open_writer_with<D: DatabaseKind>(
    path: &Path,
    triggers: Triggers,
) -> Result<Connection, OpenError> {
    let path = path.to_path_buf();
    let existed = path.try_exists().unwrap_or(true);
    let flags = OPENED | OpenFlags::SQLITE_OPEN_CREATE;
    let mut connection = Connection::open_with_flags(&path, flags)
        .map_err(|source| OpenError::Io { path: path.clone(), source })?;
    match triggers {
        Triggers::Fire => {}
        Triggers::Rest => connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)
            .map(drop)
            .map_err(|source| OpenError::Io { path: path.clone(), source })?,
    }
    if existed {
        check_pages(&connection, &path)?;
    }
    settle::<D>(&connection).map_err(|source| OpenError::Io { path: path.clone(), source })?;
    migrate::<D>(&mut connection, &path)?;
    Ok(connection)
}

/// A database of this version that holds nothing and lies nowhere.
pub(crate) fn fresh_in_memory<D: DatabaseKind>() -> Result<Connection, OpenError> {
    let nowhere = Path::new(":memory:");
    let mut connection = Connection::open_in_memory()
        .map_err(|source| OpenError::Io { path: nowhere.to_path_buf(), source })?;
    migrate::<D>(&mut connection, nowhere)?;
    Ok(connection)
}

fn migrate<D: DatabaseKind>(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let failed =
        |source| OpenError::Migration { path: path.to_path_buf(), source: Box::new(source) };
    let runner = D::migrations().set_grouped(true).set_abort_missing(true);
    let applied = newest_applied(connection)
        .map_err(|source| OpenError::Io { path: path.to_path_buf(), source })?;
    if applied > newest_known::<D>() {
        return Err(OpenError::Newer { path: path.to_path_buf() });
    }
    runner.run(connection).map(drop).map_err(failed)
}

/// The newest version that this program makes of a database.
pub(crate) fn newest_known<D: DatabaseKind>() -> Option<i64> {
    D::migrations().get_migrations().iter().map(|migration| i64::from(migration.version())).max()
}

/// The version of a database; none where there is nothing in it.
pub(crate) fn newest_applied(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    let table = "refinery_schema_history";
    if !connection.table_exists(None, table)? {
        return Ok(None);
    }
    connection.query_row("SELECT max(version) FROM refinery_schema_history", [], |row| row.get(0))
}

/// Keeps statements ready. The planner must not look at what is bound: it does so where SQLite was
/// built with STAT4, and then makes the plan anew each time, which took half of what a request's look
/// into the accounts took. Without ANALYZE, which is not used, it learns nothing by that.
fn keep_plans(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
}

fn settle<D: DatabaseKind>(connection: &Connection) -> rusqlite::Result<()> {
    keep_plans(connection)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", D::SYNCHRONOUS)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.pragma_update(None, "journal_size_limit", WAL_KEPT_BYTES)?;
    connection.pragma_update(None, "temp_store", "MEMORY")
}

pub(crate) fn open_reader<D: DatabaseKind>(folder: &Path) -> Result<Connection, OpenError> {
    let path = folder.join(D::FILE);
    let io = |source| OpenError::Io { path: path.clone(), source };
    let connection = Connection::open_with_flags(&path, OPENED).map_err(io)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(io)?;
    if D::SEES_ACCOUNTS {
        let accounts = folder.join(Accounts::FILE);
        connection
            .execute("ATTACH DATABASE ?1 AS acc", [accounts.to_string_lossy()])
            .map_err(io)?;
    }
    connection.pragma_update(None, "cache_size", -CACHE_KIB).map_err(io)?;
    connection.pragma_update(None, "temp_store", "MEMORY").map_err(io)?;
    // WAL readers need write access to the shared-memory file, so the file is opened writable and
    // the connection is told never to write.
    connection.pragma_update(None, "query_only", true).map_err(io)?;
    keep_plans(&connection).map_err(io)?;
    Ok(connection)
}

/// Sets what lies there aside under another ending, and makes it anew.
fn anew(path: &Path, ending: &str) -> Result<Connection, OpenError> {
    // The file goes last: what is cut off finds it again, and no log is left for the new one.
    for suffix in ["-wal", "-shm", ""] {
        let from = PathBuf::from(format!("{}{suffix}", path.display()));
        let to = PathBuf::from(format!("{}.{ending}{suffix}", path.display()));
        if let Err(error) = std::fs::rename(&from, &to)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            return Err(OpenError::Damaged { path: path.to_path_buf(), source: None });
        }
    }
    open_writer::<Library>(path)
}
