//! Codes, and the tokens that came of them.

use rusqlite::types::FromSqlError;
use rusqlite::{OptionalExtension, Row};
use stead_rules::ids::SessionId;
use stead_rules::provider::Scopes;
use stead_rules::signin::Methods;
use stead_rules::time::{Moment, Now, WallMs};

use crate::accounts::sessions::{RunId, moment};
use crate::columns::{id, methods};
use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// A code with all that came of it: the family that one reuse takes back.
pub type GrantId = [u8; 16];

/// What a client was given.
pub struct Grant {
    /// Which.
    pub id: GrantId,
    /// The session that gave it, and with which it ends.
    pub session: SessionId,
    /// To whom.
    pub client_id: String,
    /// For what.
    pub scopes: Scopes,
    /// Goes into the ID token.
    pub nonce: Option<String>,
    /// Where the code was sent.
    pub redirect_uri: String,
    /// PKCE.
    pub challenge: String,
    /// Whether the code was shown already.
    pub code_used: bool,
    /// SHA-256 of the refresh token that is good now.
    pub refresh_hash: Option<[u8; 32]>,
    /// How the person had signed in.
    pub methods: Methods,
    /// When.
    pub auth: WallMs,
    /// Server epoch plus user epoch then.
    pub epoch: u64,
    /// When the code was given.
    pub given: Moment,
}

/// An access token, as stored.
pub struct Access {
    /// What it belongs to.
    pub grant: GrantId,
    /// When it was given.
    pub given: Moment,
}

/// Keeps a code; of one session's grants beyond `at_most` the oldest goes.
///
/// # Errors
/// [`StoreError`].
pub fn make_grant(
    tx: &WriteTx<'_, Accounts>,
    run: &RunId,
    grant: &Grant,
    code_hash: &[u8; 32],
    now: Now,
    at_most: u32,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO oauth_grant
                 (id, session_id, client_id, scopes, nonce, redirect_uri, challenge, code_hash,
                  methods, auth_ms, epoch, given_ms, given_boot_ms, given_run)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
    let values = rusqlite::params![
        &grant.id,
        grant.session.as_bytes(),
        &grant.client_id,
        grant.scopes.words(),
        &grant.nonce,
        &grant.redirect_uri,
        &grant.challenge,
        code_hash,
        grant.methods.words(),
        grant.auth.0,
        grant.epoch,
        now.wall.0,
        now.boot.0,
        run,
    ];
    tx.transaction.execute(sql, values)?;
    let sql = "DELETE FROM oauth_grant WHERE session_id = ?1 AND rowid NOT IN
                 (SELECT rowid FROM oauth_grant WHERE session_id = ?1 ORDER BY rowid DESC LIMIT ?2)";
    tx.transaction.execute(sql, (grant.session.as_bytes(), at_most))?;
    Ok(())
}

/// The grant with this id.
///
/// # Errors
/// [`StoreError`].
pub fn grant(
    tx: &ReadTx<'_, Accounts>,
    run: &RunId,
    which: &GrantId,
) -> Result<Option<Grant>, StoreError> {
    let sql = "SELECT * FROM oauth_grant WHERE id = ?1";
    Ok(tx.transaction.query_row(sql, [which], |row| grant_row(row, run)).optional()?)
}

/// The grant behind a code's hash, used or not.
///
/// # Errors
/// [`StoreError`].
pub fn grant_by_code(
    tx: &ReadTx<'_, Accounts>,
    run: &RunId,
    hash: &[u8; 32],
) -> Result<Option<Grant>, StoreError> {
    let sql = "SELECT * FROM oauth_grant WHERE code_hash = ?1";
    Ok(tx.transaction.query_row(sql, [hash], |row| grant_row(row, run)).optional()?)
}

/// Uses a code up: false when it was used before.
///
/// # Errors
/// [`StoreError`].
pub fn use_code(tx: &WriteTx<'_, Accounts>, which: &GrantId) -> Result<bool, StoreError> {
    let sql = "UPDATE oauth_grant SET code_used = 1 WHERE id = ?1 AND code_used = 0";
    Ok(tx.transaction.execute(sql, [which])? == 1)
}

/// Says which refresh token is good from now on.
///
/// # Errors
/// [`StoreError`].
pub fn set_refresh(
    tx: &WriteTx<'_, Accounts>,
    which: &GrantId,
    hash: &[u8; 32],
) -> Result<(), StoreError> {
    tx.transaction
        .execute("UPDATE oauth_grant SET refresh_hash = ?2 WHERE id = ?1", (which, hash))?;
    Ok(())
}

/// Takes back a code and all that came of it: false when there is none.
///
/// # Errors
/// [`StoreError`].
pub fn end_grant(tx: &WriteTx<'_, Accounts>, which: &GrantId) -> Result<bool, StoreError> {
    Ok(tx.transaction.execute("DELETE FROM oauth_grant WHERE id = ?1", [which])? == 1)
}

/// Keeps an access token's hash; of one grant's beyond `at_most` the oldest goes.
///
/// # Errors
/// [`StoreError`].
pub fn make_access(
    tx: &WriteTx<'_, Accounts>,
    run: &RunId,
    which: &GrantId,
    hash: &[u8; 32],
    now: Now,
    at_most: u32,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO oauth_access (token_hash, grant_id, given_ms, given_boot_ms, given_run)
               VALUES (?1, ?2, ?3, ?4, ?5)";
    tx.transaction.execute(sql, (hash, which, now.wall.0, now.boot.0, run))?;
    let sql = "DELETE FROM oauth_access WHERE grant_id = ?1 AND seq NOT IN
                 (SELECT seq FROM oauth_access WHERE grant_id = ?1 ORDER BY seq DESC LIMIT ?2)";
    tx.transaction.execute(sql, (which, at_most))?;
    Ok(())
}

/// The access token with this hash.
///
/// # Errors
/// [`StoreError`].
pub fn access_by_hash(
    tx: &ReadTx<'_, Accounts>,
    run: &RunId,
    hash: &[u8; 32],
) -> Result<Option<Access>, StoreError> {
    let sql = "SELECT * FROM oauth_access WHERE token_hash = ?1";
    let found = tx.transaction.query_row(sql, [hash], |row| {
        Ok(Access { grant: row.get("grant_id")?, given: given(row, run)? })
    });
    Ok(found.optional()?)
}

/// Takes an access token back.
///
/// # Errors
/// [`StoreError`].
pub fn remove_access(tx: &WriteTx<'_, Accounts>, hash: &[u8; 32]) -> Result<(), StoreError> {
    tx.transaction.execute("DELETE FROM oauth_access WHERE token_hash = ?1", [hash])?;
    Ok(())
}

fn given(row: &Row<'_>, run: &RunId) -> rusqlite::Result<Moment> {
    moment(row, run, ["given_ms", "given_boot_ms", "given_run"])
}

fn grant_row(row: &Row<'_>, run: &RunId) -> rusqlite::Result<Grant> {
    let scopes = row.get_ref("scopes")?.as_str().map_err(|_| FromSqlError::InvalidType)?;
    Ok(Grant {
        id: row.get("id")?,
        session: id(row, "session_id")?,
        client_id: row.get("client_id")?,
        scopes: Scopes::from_words(scopes),
        nonce: row.get("nonce")?,
        redirect_uri: row.get("redirect_uri")?,
        challenge: row.get("challenge")?,
        code_used: row.get("code_used")?,
        refresh_hash: row.get("refresh_hash")?,
        methods: methods(row, "methods")?,
        auth: WallMs(row.get("auth_ms")?),
        epoch: row.get("epoch")?,
        given: given(row, run)?,
    })
}
