//! What the owner wants of updates, and which versions were left.

use rusqlite::OptionalExtension;
use stead_rules::limits::UPDATES_LEFT_MAX;
use stead_rules::time::Now;
use stead_rules::updates::{Channel, Hours, How, Wish};

use crate::{Accounts, ReadTx, StoreError, WriteTx};

const BAD: StoreError = StoreError::BadRow { what: "update_wish" };

/// What the owner wants; nothing, until they say so.
///
/// # Errors
/// [`StoreError`].
pub fn wish(tx: &ReadTx<'_, Accounts>) -> Result<Wish, StoreError> {
    type Row = (String, String, Option<u8>, Option<u8>);
    let sql = "SELECT channel, how, from_hour, to_hour FROM update_wish WHERE one = 1";
    let found = tx.transaction.query_row(sql, [], |row| {
        Ok::<Row, _>((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
    });
    let Some((channel, how, from, to)) = found.optional()? else { return Ok(Wish::default()) };
    let hours = from.zip(to).and_then(|(from, to)| Hours::new(from, to));
    let how = match (how.as_str(), hours) {
        ("off", None) => How::Off,
        ("tell", None) => How::Tell,
        ("itself", Some(hours)) => How::Within(hours),
        _ => return Err(BAD),
    };
    Ok(Wish { channel: Channel::from_word(&channel).ok_or(BAD)?, how })
}

/// Keeps what the owner wants.
///
/// # Errors
/// [`StoreError`].
pub fn set_wish(tx: &WriteTx<'_, Accounts>, wish: Wish) -> Result<(), StoreError> {
    let (how, hours) = match wish.how {
        How::Off => ("off", None),
        How::Tell => ("tell", None),
        How::Within(hours) => ("itself", Some(hours)),
    };
    let sql =
        "INSERT INTO update_wish (one, channel, how, from_hour, to_hour) VALUES (1, ?1, ?2, ?3, ?4)
               ON CONFLICT (one) DO UPDATE SET channel = excluded.channel, how = excluded.how,
                   from_hour = excluded.from_hour, to_hour = excluded.to_hour";
    let (from, to) = (hours.map(Hours::from), hours.map(Hours::to));
    tx.transaction.execute(sql, (wish.channel.word(), how, from, to))?;
    Ok(())
}

/// The version that the owner was told of last.
///
/// # Errors
/// [`StoreError`].
pub fn told(tx: &ReadTx<'_, Accounts>) -> Result<Option<String>, StoreError> {
    let sql = "SELECT told FROM update_wish WHERE one = 1";
    Ok(tx.transaction.query_row(sql, [], |row| row.get(0)).optional()?.flatten())
}

/// Notes which version the owner was told of.
///
/// # Errors
/// [`StoreError`].
pub fn set_told(tx: &WriteTx<'_, Accounts>, version: &str) -> Result<(), StoreError> {
    tx.transaction.execute("UPDATE update_wish SET told = ?1 WHERE one = 1", [version])?;
    Ok(())
}

/// The versions that were left.
///
/// # Errors
/// [`StoreError`].
pub fn left(tx: &ReadTx<'_, Accounts>) -> Result<Vec<String>, StoreError> {
    let mut statement = tx.transaction.prepare_cached("SELECT version FROM update_left")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Notes that a version was left; of many, the oldest is forgotten.
///
/// # Errors
/// [`StoreError`].
pub fn leave(tx: &WriteTx<'_, Accounts>, version: &str, now: Now) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO update_left (version, left_ms) VALUES (?1, ?2)";
    tx.transaction.execute(sql, (version, now.wall.0))?;
    let sql = "DELETE FROM update_left WHERE id NOT IN
                   (SELECT id FROM update_left ORDER BY id DESC LIMIT ?1)";
    tx.transaction.execute(sql, [UPDATES_LEFT_MAX])?;
    Ok(())
}
