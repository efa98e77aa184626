//! The accounts of a service that stands alone: for whoever runs it, and for its own tidying.

use rusqlite::{OptionalExtension, Row};
use stead_rules::ids::{AccountId, UserId};
use stead_rules::limits::CLIENTS_OF_NOBODY_MAX;
use stead_rules::time::WallMs;

use crate::columns::id;
use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// An account as whoever runs the service sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Which.
    pub account: AccountId,
    /// Whose; an account of this service has a user.
    pub user: UserId,
    /// As its owner writes it.
    pub name: String,
    /// When it was made.
    pub created: WallMs,
    /// The last request of any session that is still there.
    pub last_seen: Option<WallMs>,
    /// Whether there is an authenticator.
    pub has_totp: bool,
    /// Whether there is a passkey.
    pub has_passkey: bool,
    /// Servers and apps that registered by its word.
    pub clients: u32,
    /// Whether it ever had a second factor or let a program in.
    pub settled: bool,
}

const LINE: &str = "SELECT a.id, u.id AS user_id, a.name, a.created_ms, a.settled,
            EXISTS (SELECT 1 FROM totp t WHERE t.account_id = a.id) AS has_totp,
            EXISTS (SELECT 1 FROM passkey p WHERE p.account_id = a.id) AS has_passkey,
            (SELECT count(*) FROM oauth_client c WHERE c.account_id = a.id) AS clients,
            (SELECT max(s.last_seen_ms) FROM session s WHERE s.user_id = u.id) AS last_seen
       FROM account a JOIN user u ON u.account_id = a.id";

/// Every account, by name.
///
/// # Errors
/// [`StoreError`].
pub fn all(tx: &ReadTx<'_, Accounts>) -> Result<Vec<Line>, StoreError> {
    let mut statement = tx.transaction.prepare(&format!("{LINE} ORDER BY a.login"))?;
    let rows = statement.query_map([], line_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The account that is signed in to by this name, folded by the rules.
///
/// # Errors
/// [`StoreError`].
pub fn by_login(tx: &ReadTx<'_, Accounts>, login: &str) -> Result<Option<Line>, StoreError> {
    let sql = format!("{LINE} WHERE a.login = ?1");
    Ok(tx.transaction.query_row(&sql, [login], line_row).optional()?)
}

/// Says that an account holds more than a name and a password, or did once.
///
/// # Errors
/// [`StoreError`].
pub fn settle(tx: &WriteTx<'_, Accounts>, account: AccountId) -> Result<(), StoreError> {
    let sql = "UPDATE account SET settled = 1 WHERE id = ?1 AND settled = 0";
    tx.transaction.execute(sql, [account.as_bytes()])?;
    Ok(())
}

/// Who let in the servers whose account is gone: an account that nobody can sign in to.
const NOBODY: [u8; 16] = [0; 16];

/// Removes an account with all that hangs on it: sessions, factors, what others gave to the programs
/// that it let in, and what was counted of wrong tries at it. The servers that it let in stay known, as
/// nobody's, so that they can be told that it is gone, and for nothing else.
///
/// # Errors
/// [`StoreError`].
pub fn remove(tx: &WriteTx<'_, Accounts>, account: AccountId) -> Result<(), StoreError> {
    let own = account.as_bytes();
    for sql in [
        "DELETE FROM oauth_grant WHERE client_id IN
           (SELECT id FROM oauth_client WHERE account_id = ?1)",
        "DELETE FROM oauth_consent WHERE client_id IN
           (SELECT id FROM oauth_client WHERE account_id = ?1)",
    ] {
        tx.transaction.prepare_cached(sql)?.execute([own])?;
    }
    disown_servers(tx, own)?;
    for sql in [
        "DELETE FROM throttle WHERE credential IN
           (SELECT 'factor:' || lower(hex(id)) FROM account WHERE id = ?1
             UNION ALL SELECT 'device_code:' || lower(hex(id)) FROM user WHERE account_id = ?1)",
        "DELETE FROM user WHERE account_id = ?1",
        "DELETE FROM account WHERE id = ?1",
    ] {
        tx.transaction.prepare_cached(sql)?.execute([own])?;
    }
    Ok(())
}

/// Whether a client is nobody's: the account that let it in was removed.
#[must_use]
pub fn is_nobody(account: AccountId) -> bool {
    *account.as_bytes() == NOBODY
}

/// A login is folded, and is never a space alone.
fn disown_servers(tx: &WriteTx<'_, Accounts>, account: &[u8; 16]) -> Result<(), StoreError> {
    let sql = "INSERT INTO account
                 (id, login, name, password_hash, epoch, enabled, created_ms, settled)
               SELECT ?1, ' ', '', '', 0, 0, 0, 1
                WHERE EXISTS (SELECT 1 FROM oauth_client WHERE account_id = ?2 AND is_server)
               ON CONFLICT (id) DO NOTHING";
    tx.transaction.prepare_cached(sql)?.execute((&NOBODY, account))?;
    let sql = "UPDATE oauth_client SET account_id = ?1 WHERE account_id = ?2 AND is_server";
    tx.transaction.prepare_cached(sql)?.execute((&NOBODY, account))?;
    let sql = "DELETE FROM oauth_client WHERE account_id = ?1 AND id NOT IN
                 (SELECT id FROM oauth_client WHERE account_id = ?1
                   ORDER BY created_ms DESC LIMIT ?2)";
    tx.transaction.prepare_cached(sql)?.execute((&NOBODY, CLIENTS_OF_NOBODY_MAX))?;
    Ok(())
}

/// How many accounts one call of [`remove_unsettled`] takes: each costs about a millisecond on a slow
/// card, and whoever signs in meanwhile waits for all of them.
pub const UNSETTLED_AT_ONCE: u32 = 256;

/// Removes accounts that were made before this moment and never held more than a name and a
/// password, the oldest first and at most [`UNSETTLED_AT_ONCE`]: how many those were.
///
/// # Errors
/// [`StoreError`].
pub fn remove_unsettled(tx: &WriteTx<'_, Accounts>, before: WallMs) -> Result<usize, StoreError> {
    let old: Vec<AccountId> = {
        let sql = "SELECT id FROM account WHERE settled = 0 AND created_ms < ?1
                    ORDER BY created_ms LIMIT ?2";
        let mut statement = tx.transaction.prepare_cached(sql)?;
        let rows = statement.query_map((before.0, UNSETTLED_AT_ONCE), |row| id(row, "id"))?;
        rows.collect::<Result<_, _>>()?
    };
    for account in &old {
        remove(tx, *account)?;
    }
    Ok(old.len())
}

fn line_row(row: &Row<'_>) -> rusqlite::Result<Line> {
    Ok(Line {
        account: id(row, "id")?,
        user: id(row, "user_id")?,
        name: row.get("name")?,
        created: WallMs(row.get("created_ms")?),
        last_seen: row.get::<_, Option<i64>>("last_seen")?.map(WallMs),
        has_totp: row.get("has_totp")?,
        has_passkey: row.get("has_passkey")?,
        clients: row.get("clients")?,
        settled: row.get("settled")?,
    })
}
