//! How our types lie in columns: ids as 16-byte blobs, words as the text the schema names.

use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};

/// An id read from a blob column.
pub(crate) struct Stored<T>(pub(crate) T);

macro_rules! stored_ids {
    ($($name:ident),* $(,)?) => {$(
        impl FromSql for Stored<stead_rules::ids::$name> {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                let bytes = value.as_blob()?.try_into().map_err(|_| FromSqlError::InvalidType)?;
                Ok(Self(stead_rules::ids::$name::from_bytes(bytes)))
            }
        }
    )*};
}

stored_ids!(
    BoxId, IssuerId, AccountId, UserId, SessionId, LibraryId, RootId, ItemId, FileId, ContentKey
);

/// Reads the id in column `name`.
pub(crate) fn id<T>(row: &Row<'_>, name: &str) -> rusqlite::Result<T>
where
    Stored<T>: FromSql,
{
    row.get::<_, Stored<T>>(name).map(|stored| stored.0)
}
