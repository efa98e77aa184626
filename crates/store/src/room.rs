//! What a full disk looks like to SQLite, and who is asked for room.
//!
//! SQLite says "full" when a page cannot be written. When it is a file beside the database that
//! cannot grow or be made (the log, its shared memory), it says only that this failed; then the
//! file system is asked.

use rusqlite::ErrorCode;
use rusqlite::ffi;

use crate::tx::StoreError;

/// The room where the databases lie, as somebody knows it who sees the file system.
pub trait Room: std::fmt::Debug + Send + Sync {
    /// Whether a write may have failed because nothing is left.
    fn is_full(&self) -> bool;
    /// Whether so little is left that only what people wait for may take of it.
    fn is_short(&self) -> bool;
    /// Gives up what was set aside: true when there was something, so that what failed is worth
    /// trying again.
    fn make(&self) -> bool;
}

/// Nobody looks at the file system: SQLite's own word counts.
#[derive(Debug)]
pub(crate) struct Unknown;

impl Room for Unknown {
    fn is_full(&self) -> bool {
        false
    }
    fn is_short(&self) -> bool {
        false
    }
    fn make(&self) -> bool {
        false
    }
}

/// Why a transaction of a use case was rolled back: the store, or the use case itself.
pub trait Failure: From<StoreError> {
    /// The store's error, if it is one.
    ///
    /// # Errors
    /// The use case's own.
    fn into_store(self) -> Result<StoreError, Self>;
}

impl Failure for StoreError {
    fn into_store(self) -> Result<StoreError, Self> {
        Ok(self)
    }
}

/// The error by its cause: what fails for want of room is "full", whatever SQLite calls it.
pub(crate) fn sorted(error: StoreError, room: &dyn Room) -> StoreError {
    let is_full = cause(&error).is_some_and(may_be_full) && room.is_full();
    match error {
        StoreError::Sqlite(source) | StoreError::ReadOnly(source) if is_full => {
            StoreError::Full(Some(source))
        }
        StoreError::Open(_) if is_full => StoreError::Full(None),
        StoreError::Full(_)
        | StoreError::ReadOnly(_)
        | StoreError::Damaged(_)
        | StoreError::BadRow { .. }
        | StoreError::Exists(_)
        | StoreError::Open(_)
        | StoreError::Sqlite(_) => error,
    }
}

/// What SQLite said, where its word leaves open why.
fn cause(error: &StoreError) -> Option<&rusqlite::Error> {
    match error {
        StoreError::Sqlite(source) | StoreError::ReadOnly(source) => Some(source),
        StoreError::Open(open) => std::error::Error::source(open)?.downcast_ref(),
        StoreError::Full(_)
        | StoreError::Damaged(_)
        | StoreError::BadRow { .. }
        | StoreError::Exists(_) => None,
    }
}

/// Writing, growing, syncing or making a file failed.
fn may_be_full(error: &rusqlite::Error) -> bool {
    let rusqlite::Error::SqliteFailure(failure, _) = error else { return false };
    failure.code == ErrorCode::CannotOpen
        || failure.code == ErrorCode::DiskFull
        || [
            ffi::SQLITE_IOERR,
            ffi::SQLITE_IOERR_WRITE,
            ffi::SQLITE_IOERR_TRUNCATE,
            ffi::SQLITE_IOERR_FSYNC,
            ffi::SQLITE_IOERR_DIR_FSYNC,
            ffi::SQLITE_IOERR_CLOSE,
            ffi::SQLITE_IOERR_SHMOPEN,
            ffi::SQLITE_IOERR_SHMSIZE,
            ffi::SQLITE_IOERR_SHMMAP,
        ]
        .contains(&failure.extended_code)
}

#[cfg(test)]
mod tests;
