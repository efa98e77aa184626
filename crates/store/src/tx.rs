//! Transactions: one writer for each database, a few readers, and a type for each.

use std::marker::PhantomData;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use crate::open::{DatabaseKind, OpenError, open_reader};

/// Idle readers kept open; more are opened under load and closed again. Each pins up to its page
/// cache, and a 512 MB box answers few requests at once.
const READERS_KEPT: usize = 4;

/// A question to the store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No room is left where the database lies.
    #[error("the disk that holds the database is full")]
    Full(#[source] rusqlite::Error),
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

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full(error),
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
    readers: Mutex<Vec<Connection>>,
    kind: PhantomData<D>,
}

impl<D: DatabaseKind> Db<D> {
    pub(crate) fn new(folder: PathBuf, writer: Connection) -> Self {
        Self {
            folder,
            writer: Mutex::new(writer),
            readers: Mutex::new(Vec::new()),
            kind: PhantomData,
        }
    }

    /// The writing connection alone, to be closed with care.
    pub(crate) fn into_writer(self) -> Connection {
        self.writer.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `work` in a write transaction that commits when `work` succeeds and otherwise leaves
    /// no trace. Blocks: never call it on an async thread.
    ///
    /// # Errors
    /// What `work` returns, or that the transaction could not begin or commit.
    pub fn write<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&WriteTx<'_, D>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut connection = lock(&self.writer);
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(StoreError::from)?;
        let tx = WriteTx(ReadTx { transaction, kind: PhantomData });
        let value = work(&tx)?;
        tx.0.transaction.commit().map_err(StoreError::from)?;
        Ok(value)
    }

    /// Runs `work` on one unchanging view of the database. Blocks.
    ///
    /// # Errors
    /// What `work` returns, or that no reader could be had.
    pub fn read<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&ReadTx<'_, D>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut connection = self.take_reader()?;
        let result = {
            let transaction = connection
                .transaction_with_behavior(TransactionBehavior::Deferred)
                .map_err(StoreError::from)?;
            work(&ReadTx { transaction, kind: PhantomData })
        };
        self.keep_reader(connection);
        result
    }

    fn take_reader(&self) -> Result<Connection, StoreError> {
        if let Some(reader) = lock(&self.readers).pop() {
            return Ok(reader);
        }
        open_reader::<D>(&self.folder).map_err(|error| StoreError::Open(Box::new(error)))
    }

    fn keep_reader(&self, connection: Connection) {
        let mut readers = lock(&self.readers);
        if readers.len() < READERS_KEPT {
            readers.push(connection);
        }
    }
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
