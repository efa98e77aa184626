//! For whom titles are, as somebody decided: kept here because the index can be lost.

use std::collections::HashMap;

use stead_rules::ids::LibraryId;
use stead_rules::media::Age;

use crate::columns::age;
use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// What a title is known by in an index that was made anew; see
/// [`marks_of`](crate::library::ratings::marks_of).
pub type Mark = Vec<u8>;

/// Keeps what was decided of a title with these marks, or forgets it.
///
/// # Errors
/// [`StoreError`].
pub fn keep(
    tx: &WriteTx<'_, Accounts>,
    library: LibraryId,
    marks: &[Mark],
    age: Option<Age>,
) -> Result<(), StoreError> {
    for mark in marks {
        match age {
            Some(age) => {
                let sql = "INSERT OR REPLACE INTO rating (library_id, mark, age)
                           VALUES (?1, ?2, ?3)";
                tx.transaction.execute(sql, (library.as_bytes(), mark, age.get()))?;
            }
            None => {
                let sql = "DELETE FROM rating WHERE library_id = ?1 AND mark = ?2";
                tx.transaction.execute(sql, (library.as_bytes(), mark))?;
            }
        }
    }
    Ok(())
}

/// What was decided in a library.
///
/// # Errors
/// [`StoreError`].
pub fn of_library(
    tx: &ReadTx<'_, Accounts>,
    library: LibraryId,
) -> Result<HashMap<Mark, Age>, StoreError> {
    let sql = "SELECT mark, age FROM rating WHERE library_id = ?1";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let rows = statement.query_map([library.as_bytes()], |row| {
        Ok(age(row, "age")?.map(|age| Ok::<_, rusqlite::Error>((row.get("mark")?, age))))
    })?;
    rows.filter_map(Result::transpose).map(|row| Ok(row??)).collect()
}
