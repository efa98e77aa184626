//! Transactions: one writer for each database, a few readers, and a type for each.

use std::marker::PhantomData;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use crate::open::{Accounts, BUSY_TIMEOUT, DatabaseKind, Library, OpenError, open_reader};
use crate::room::{Failure, Room, Unknown, sorted};

/// Readers in use at once, and idle ones kept open. Each pins about 200 KiB beside its page cache
/// (measured), and the four cores of a box are busy with as many.
const READERS_MAX: usize = 4;
/// How long somebody waits for a reader before one more is opened: many times what a read takes.
const READER_WAIT: Duration = Duration::from_millis(100);
/// How long readers are waited for where nothing depends on it.
const SETTLE_WAIT: Duration = Duration::from_millis(200);

/// A question to the store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No room is left where the database lies, or what is left is kept for something else.
    #[error("the disk that holds the database is full")]
    Full(#[source] Option<rusqlite::Error>),
    /// The database lies on something that cannot be written.
    #[error("the folder that holds the database cannot be written")]
    ReadOnly(#[source] rusqlite::Error),
    /// The file is not what SQLite wrote.
    #[error("the database is damaged")]
    Damaged(#[source] rusqlite::Error),
    /// A row holds what no version of ours wrote.
    #[error("a stored {what} cannot be read")]
    BadRow {
        /// The kind of value.
        what: &'static str,
    },
    /// A value that must be unique is taken.
    #[error("it exists already")]
    Exists(#[source] rusqlite::Error),
    /// A reader could not be opened.
    #[error("the database cannot be opened")]
    Open(#[source] Box<OpenError>),
    /// Anything else SQLite says.
    #[error("the database refused")]
    Sqlite(#[source] rusqlite::Error),
}

impl StoreError {
    /// Whether it is about what was to be stored, and not about the database.
    #[must_use]
    pub fn is_of_the_value(&self) -> bool {
        match self {
            Self::Exists(_) => true,
            Self::Sqlite(error) => {
                let code = error.sqlite_error_code();
                matches!(error, rusqlite::Error::ToSqlConversionFailure(_))
                    || matches!(code, Some(ErrorCode::TooBig | ErrorCode::TypeMismatch))
            }
            Self::Full(_)
            | Self::ReadOnly(_)
            | Self::Damaged(_)
            | Self::BadRow { .. }
            | Self::Open(_) => false,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full(Some(error)),
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                Self::ReadOnly(error)
            }
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(error),
            Some(ErrorCode::ConstraintViolation) => Self::Exists(error),
            _ => Self::Sqlite(error),
        }
    }
}

/// A database with its one writer and its readers.
#[derive(Debug)]
pub struct Db<D> {
    folder: PathBuf,
    writer: Mutex<Connection>,
    readers: Mutex<Readers>,
    freed: Condvar,
    room: Arc<dyn Room>,
    kind: PhantomData<D>,
}

impl<D: DatabaseKind> Db<D> {
    pub(crate) fn new(folder: PathBuf, writer: Connection) -> Self {
        Self {
            folder,
            writer: Mutex::new(writer),
            readers: Mutex::default(),
            freed: Condvar::new(),
            room: Arc::new(Unknown),
            kind: PhantomData,
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn set_room(&mut self, room: Arc<dyn Room>) {
        self.room = room;
    }

    /// The writing connection alone, to be closed with care.
    pub(crate) fn into_writer(self) -> Connection {
        self.writer.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `work` on one unchanging view of the database. Blocks.
    ///
    /// # Errors
    /// What `work` returns, or that no reader could be had.
    pub fn read<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&ReadTx<'_, D>) -> Result<T, E>,
    ) -> Result<T, E> {
        let (place, idle) = self.place();
        let reader = idle.map_or_else(|| self.open_reader(), Ok);
        let mut connection = reader.map_err(|error| sorted(error, self.room.as_ref()))?;
        let result = {
            let transaction = connection
                .transaction_with_behavior(TransactionBehavior::Deferred)
                .map_err(StoreError::from)?;
            work(&ReadTx { transaction, kind: PhantomData })
        };
        place.keep(connection);
        result
    }

    /// A place among the readers, and an idle one if there is one. Whoever finds all places taken
    /// waits a moment and then takes one more: they may be the one who holds them.
    fn place(&self) -> (Place<'_>, Option<Connection>) {
        let full = |readers: &mut Readers| readers.used >= READERS_MAX;
        let waited = self.freed.wait_timeout_while(lock(&self.readers), READER_WAIT, full);
        let (mut readers, _) = waited.unwrap_or_else(PoisonError::into_inner);
        readers.used = readers.used.saturating_add(1);
        (Place { readers: &self.readers, freed: &self.freed }, readers.idle.pop())
    }

    fn open_reader(&self) -> Result<Connection, StoreError> {
        open_reader::<D>(&self.folder).map_err(|error| StoreError::Open(Box::new(error)))
    }
}

/// The reading connections of a database.
#[derive(Debug, Default)]
struct Readers {
    idle: Vec<Connection>,
    used: usize,
}

/// A place among the readers that are in use; dropping it frees it, after a panic too.
struct Place<'a> {
    readers: &'a Mutex<Readers>,
    freed: &'a Condvar,
}

impl Place<'_> {
    /// Leaves the reader for the next one.
    fn keep(self, connection: Connection) {
        let mut readers = lock(self.readers);
        if readers.idle.len() < READERS_MAX {
            readers.idle.push(connection);
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut readers = lock(self.readers);
        readers.used = readers.used.saturating_sub(1);
        self.freed.notify_one();
    }
}

impl Db<Accounts> {
    /// Runs `work` in a write transaction that commits when `work` succeeds and otherwise leaves
    /// no trace. On a full disk room is made, if any was set aside, and `work` runs once more.
    /// Blocks: never call it on an async thread.
    ///
    /// # Errors
    /// What `work` returns, or that the transaction could not begin or commit.
    pub fn write<T, E: Failure>(
        &self,
        mut work: impl FnMut(&WriteTx<'_, Accounts>) -> Result<T, E>,
    ) -> Result<T, E> {
        // Held over both tries: nobody else may find the reserve gone and the disk full.
        let mut connection = lock(&self.writer);
        let failed = match once(&mut connection, &mut work, self.room.as_ref()) {
            Ok(value) => return Ok(value),
            Err(error) => error.into_store()?,
        };
        if matches!(failed, StoreError::Full(_)) && self.room.make() {
            return once(&mut connection, work, self.room.as_ref());
        }
        Err(failed.into())
    }

    /// As [`Db::write`], for what nobody waits for: it takes nothing from the reserve. Blocks.
    ///
    /// # Errors
    /// What `work` returns, or that the transaction could not begin or commit.
    pub fn note<T, E: Failure>(
        &self,
        work: impl FnOnce(&WriteTx<'_, Accounts>) -> Result<T, E>,
    ) -> Result<T, E> {
        once(&mut lock(&self.writer), work, self.room.as_ref())
    }

    /// Moves what was committed out of the write-ahead log, as far as no reader needs it there: an
    /// older copy that is put beside the log does not find it in there then. Blocks.
    ///
    /// # Errors
    /// What SQLite says. Nothing is lost then.
    pub fn settle(&self) -> Result<(), StoreError> {
        let connection = lock(&self.writer);
        // Whoever reads for long keeps nobody from writing: the log stays then.
        connection.busy_timeout(SETTLE_WAIT)?;
        let settled = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        connection.busy_timeout(BUSY_TIMEOUT)?;
        Ok(settled?)
    }
}

impl Db<Library> {
    /// Runs `work` in a write transaction that commits when `work` succeeds and otherwise leaves
    /// no trace. What is left of a disk that is nearly full is kept for the accounts: then nothing
    /// is begun. Blocks: never call it on an async thread.
    ///
    /// # Errors
    /// What `work` returns, or that the transaction could not begin or commit.
    pub fn write<T, E: Failure>(
        &self,
        work: impl FnOnce(&WriteTx<'_, Library>) -> Result<T, E>,
    ) -> Result<T, E> {
        if self.room.is_short() {
            return Err(StoreError::Full(None).into());
        }
        once(&mut lock(&self.writer), work, self.room.as_ref())
    }
}

/// One transaction.
fn once<D, T, E: Failure>(
    connection: &mut Connection,
    work: impl FnOnce(&WriteTx<'_, D>) -> Result<T, E>,
    room: &dyn Room,
) -> Result<T, E> {
    let sort = |error: E| error.into_store().map_or_else(|own| own, |e| sorted(e, room).into());
    committed(connection, work).map_err(sort)
}

fn committed<D, T, E: From<StoreError>>(
    connection: &mut Connection,
    work: impl FnOnce(&WriteTx<'_, D>) -> Result<T, E>,
) -> Result<T, E> {
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(StoreError::from)?;
    let tx = WriteTx(ReadTx { transaction, kind: PhantomData });
    let value = work(&tx)?;
    tx.0.transaction.commit().map_err(StoreError::from)?;
    Ok(value)
}

/// A panic inside a transaction rolled it back, so the connection behind a poisoned lock is whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One unchanging view of database `D`.
#[derive(Debug)]
pub struct ReadTx<'c, D> {
    pub(crate) transaction: rusqlite::Transaction<'c>,
    kind: PhantomData<D>,
}

/// The one writer of database `D`; whatever can be asked of a [`ReadTx`] can be asked of it.
#[derive(Debug)]
pub struct WriteTx<'c, D>(ReadTx<'c, D>);

impl<'c, D> Deref for WriteTx<'c, D> {
    type Target = ReadTx<'c, D>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<D> WriteTx<'_, D> {
    /// Runs `work`. When it fails over a value that cannot be stored nothing of it stays, and the
    /// transaction goes on.
    pub(crate) fn part<T>(
        &self,
        work: impl FnOnce() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let run = |sql| self.transaction.prepare_cached(sql)?.execute(());
        run("SAVEPOINT part")?;
        let result = work();
        match &result {
            Ok(_) => {}
            Err(error) if error.is_of_the_value() => {
                run("ROLLBACK TO part")?;
            }
            // The whole transaction is lost, and SQLite may have ended it already.
            Err(_) => return result,
        }
        run("RELEASE part")?;
        result
    }
}
