//! How many people had a second factor, by day.

use rusqlite::Row;

use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// How many there were on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Adoption {
    /// Days since 1970.
    pub day: i64,
    /// People who may come in.
    pub people: u32,
    /// Those of them who have a second factor.
    pub enrolled: u32,
    /// People of whom something is required.
    pub asked: u32,
    /// Those of them who have what is required.
    pub asked_enrolled: u32,
}

/// Keeps how it is today, in place of what was kept earlier today.
///
/// # Errors
/// [`StoreError`].
pub fn put(tx: &WriteTx<'_, Accounts>, day: &Adoption) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO adoption (day, people, enrolled, asked, asked_enrolled)
               VALUES (?1, ?2, ?3, ?4, ?5)";
    let Adoption { day, people, enrolled, asked, asked_enrolled } = *day;
    tx.transaction.execute(sql, (day, people, enrolled, asked, asked_enrolled))?;
    Ok(())
}

/// The days from `first` on, the oldest first.
///
/// # Errors
/// [`StoreError`].
pub fn since(tx: &ReadTx<'_, Accounts>, first: i64) -> Result<Vec<Adoption>, StoreError> {
    let sql = "SELECT * FROM adoption WHERE day >= ?1 ORDER BY day";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let rows = statement.query_map([first], adoption_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn adoption_row(row: &Row<'_>) -> rusqlite::Result<Adoption> {
    Ok(Adoption {
        day: row.get("day")?,
        people: row.get("people")?,
        enrolled: row.get("enrolled")?,
        asked: row.get("asked")?,
        asked_enrolled: row.get("asked_enrolled")?,
    })
}
