//! The log of decisions.

use stead_rules::time::{Now, TimeTrust};

use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// Appends an entry; `detail` is a JSON object without secrets.
///
/// # Errors
/// [`StoreError`].
pub fn append(
    tx: &WriteTx<'_, Accounts>,
    now: Now,
    kind: &str,
    detail: &str,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO audit (at_ms, trust, kind, detail) VALUES (?1, ?2, ?3, ?4)";
    tx.transaction.execute(sql, (now.wall.0, trust_word(now.trust), kind, detail))?;
    Ok(())
}

/// The kinds of the newest `limit` entries, newest first, with their details.
///
/// # Errors
/// [`StoreError`].
pub fn newest(tx: &ReadTx<'_, Accounts>, limit: u32) -> Result<Vec<(String, String)>, StoreError> {
    let mut statement =
        tx.transaction.prepare("SELECT kind, detail FROM audit ORDER BY seq DESC LIMIT ?1")?;
    let rows = statement.query_map([limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn trust_word(trust: TimeTrust) -> &'static str {
    match trust {
        TimeTrust::Unknown => "unknown",
        TimeTrust::Held => "held",
        TimeTrust::Synced => "synced",
    }
}
