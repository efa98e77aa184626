//! What somebody let in: programs that registered by their word, and programs that they agreed to.

use rusqlite::Row;
use stead_rules::ids::AccountId;
use stead_rules::provider::Scopes;
use stead_rules::time::WallMs;

use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// A program that somebody let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Which.
    pub client_id: String,
    /// As it calls itself.
    pub name: String,
    /// Where its answers go first.
    pub redirect_uri: String,
    /// Whether it registered as a server.
    pub is_server: bool,
    /// Whether it registered by this person's word.
    pub is_own: bool,
    /// What they agreed that it may have, and when.
    pub agreed: Option<(Scopes, WallMs)>,
    /// When it registered.
    pub registered: WallMs,
    /// When it last got tokens for this person.
    pub used: Option<WallMs>,
}

/// What an account let in, by name.
///
/// # Errors
/// [`StoreError`].
pub fn connections(
    tx: &ReadTx<'_, Accounts>,
    account: AccountId,
) -> Result<Vec<Connection>, StoreError> {
    let sql = "SELECT c.id, c.name, c.redirect_uris, c.is_server, c.account_id = ?1 AS is_own,
                      c.created_ms, k.scopes, k.given_ms, k.used_ms
                 FROM oauth_client c
                 LEFT JOIN oauth_consent k ON k.client_id = c.id AND k.account_id = ?1
                WHERE c.account_id = ?1 OR k.client_id IS NOT NULL
                ORDER BY c.name, c.id";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let rows = statement.query_map([account.as_bytes()], connection_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn connection_row(row: &Row<'_>) -> rusqlite::Result<Connection> {
    let given: Option<i64> = row.get("given_ms")?;
    let scopes: Option<String> = row.get("scopes")?;
    let uris: String = row.get("redirect_uris")?;
    Ok(Connection {
        client_id: row.get("id")?,
        name: row.get("name")?,
        redirect_uri: uris.lines().next().unwrap_or_default().to_owned(),
        is_server: row.get("is_server")?,
        is_own: row.get("is_own")?,
        agreed: scopes.zip(given).map(|(words, at)| (Scopes::from_words(&words), WallMs(at))),
        registered: WallMs(row.get("created_ms")?),
        used: row.get::<_, Option<i64>>("used_ms")?.map(WallMs),
    })
}

/// Records that a client got tokens for somebody.
///
/// # Errors
/// [`StoreError`].
pub fn used(
    tx: &WriteTx<'_, Accounts>,
    account: AccountId,
    client_id: &str,
    now: WallMs,
) -> Result<(), StoreError> {
    let sql = "UPDATE oauth_consent SET used_ms = ?3 WHERE account_id = ?1 AND client_id = ?2";
    tx.transaction.execute(sql, (account.as_bytes(), client_id, now.0))?;
    Ok(())
}

/// Takes back what somebody agreed to, and every code and token that a client has of them: false when
/// there was nothing.
///
/// # Errors
/// [`StoreError`].
pub fn take_back(
    tx: &WriteTx<'_, Accounts>,
    account: AccountId,
    client_id: &str,
) -> Result<bool, StoreError> {
    let of = (account.as_bytes(), client_id);
    let sql = "DELETE FROM oauth_grant WHERE client_id = ?2 AND session_id IN
                 (SELECT s.id FROM session s JOIN user u ON u.id = s.user_id
                   WHERE u.account_id = ?1)";
    let grants = tx.transaction.execute(sql, of)?;
    let sql = "DELETE FROM oauth_consent WHERE account_id = ?1 AND client_id = ?2";
    Ok(tx.transaction.execute(sql, of)? + grants > 0)
}
