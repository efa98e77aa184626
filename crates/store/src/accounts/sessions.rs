//! Signed-in clients.

use rusqlite::{OptionalExtension, Row};
use stead_rules::ids::{IssuerId, SessionId, UserId};
use stead_rules::policy::{Assurance, ClientKind};
use stead_rules::time::WallMs;

use super::identity::User;
use crate::columns::{assurance, assurance_word, client, client_word, id, role};
use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// A signed-in client, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Which.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// What kind of client.
    pub client: ClientKind,
    /// What the client calls itself.
    pub agent: String,
    /// Who vouched.
    pub issuer: IssuerId,
    /// What the sign-in was worth.
    pub assurance: Assurance,
    /// The factors that were shown, space-separated.
    pub methods: String,
    /// When the highest of them was shown.
    pub auth: WallMs,
    /// The claim it belongs to.
    pub generation: u64,
    /// Server epoch plus user epoch at sign-in.
    pub epoch: u64,
    /// When it began.
    pub created: WallMs,
    /// Its last request, to the minute.
    pub last_seen: WallMs,
}

/// Stores a new session under the hash of its token.
///
/// # Errors
/// [`StoreError`].
pub fn make_session(
    tx: &WriteTx<'_, Accounts>,
    session: &Session,
    token_hash: &[u8; 32],
) -> Result<(), StoreError> {
    let sql = "INSERT INTO session
                 (id, user_id, token_hash, client, agent, issuer_id, assurance, methods, auth_ms,
                  generation, epoch, created_ms, last_seen_ms)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12)";
    tx.transaction.execute(
        sql,
        (
            session.id.as_bytes(),
            session.user.as_bytes(),
            token_hash,
            client_word(session.client),
            &session.agent,
            session.issuer.as_bytes(),
            assurance_word(session.assurance),
            &session.methods,
            session.auth.0,
            session.generation,
            session.epoch,
            session.created.0,
        ),
    )?;
    Ok(())
}

/// A session with its user and what both are measured against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionFacts {
    /// The session.
    pub session: Session,
    /// Its user.
    pub user: User,
    /// The server's generation now.
    pub server_generation: u64,
    /// Server epoch plus user epoch now.
    pub epoch_now: u64,
}

const FACTS: &str = "SELECT s.id, s.user_id, s.client, s.agent, s.issuer_id, s.assurance,
            s.methods, s.auth_ms, s.generation, s.epoch, s.created_ms, s.last_seen_ms,
            u.issuer_id AS user_issuer, u.sub, u.name, u.role, u.enabled, u.epoch AS user_epoch,
            server.generation AS server_generation, server.epoch + u.epoch AS epoch_now
       FROM session s JOIN user u ON u.id = s.user_id JOIN server ON server.one = 1";

/// The session behind a token's hash.
///
/// # Errors
/// [`StoreError`].
pub fn by_token(
    tx: &ReadTx<'_, Accounts>,
    token_hash: &[u8; 32],
) -> Result<Option<SessionFacts>, StoreError> {
    let mut statement =
        tx.transaction.prepare_cached(&format!("{FACTS} WHERE s.token_hash = ?1"))?;
    Ok(statement.query_row([token_hash], facts_row).optional()?)
}

/// The session with this id.
///
/// # Errors
/// [`StoreError`].
pub fn by_id(
    tx: &ReadTx<'_, Accounts>,
    session: SessionId,
) -> Result<Option<SessionFacts>, StoreError> {
    let mut statement = tx.transaction.prepare_cached(&format!("{FACTS} WHERE s.id = ?1"))?;
    Ok(statement.query_row([session.as_bytes()], facts_row).optional()?)
}

/// All sessions of a user, the last used first.
///
/// # Errors
/// [`StoreError`].
pub fn of_user(tx: &ReadTx<'_, Accounts>, user: UserId) -> Result<Vec<Session>, StoreError> {
    let sql = "SELECT id, user_id, client, agent, issuer_id, assurance, methods, auth_ms,
                      generation, epoch, created_ms, last_seen_ms
                 FROM session WHERE user_id = ?1 ORDER BY last_seen_ms DESC LIMIT 200";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let rows = statement.query_map([user.as_bytes()], session_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Ends a session of `user`: false when there is none.
///
/// # Errors
/// [`StoreError`].
pub fn end(
    tx: &WriteTx<'_, Accounts>,
    user: UserId,
    session: SessionId,
) -> Result<bool, StoreError> {
    let sql = "DELETE FROM session WHERE id = ?1 AND user_id = ?2";
    Ok(tx.transaction.execute(sql, (session.as_bytes(), user.as_bytes()))? == 1)
}

/// Records a request of the session.
///
/// # Errors
/// [`StoreError`].
pub fn touch(
    tx: &WriteTx<'_, Accounts>,
    session: SessionId,
    now: WallMs,
) -> Result<(), StoreError> {
    let sql = "UPDATE session SET last_seen_ms = max(last_seen_ms, ?2) WHERE id = ?1";
    tx.transaction.execute(sql, (session.as_bytes(), now.0))?;
    Ok(())
}

/// Removes sessions that were not used since `before`.
///
/// # Errors
/// [`StoreError`].
pub fn remove_unused(tx: &WriteTx<'_, Accounts>, before: WallMs) -> Result<usize, StoreError> {
    Ok(tx.transaction.execute("DELETE FROM session WHERE last_seen_ms < ?1", [before.0])?)
}

fn session_row(row: &Row<'_>) -> rusqlite::Result<Session> {
    Ok(Session {
        id: id(row, "id")?,
        user: id(row, "user_id")?,
        client: client(row, "client")?,
        agent: row.get("agent")?,
        issuer: id(row, "issuer_id")?,
        assurance: assurance(row, "assurance")?,
        methods: row.get("methods")?,
        auth: WallMs(row.get("auth_ms")?),
        generation: row.get("generation")?,
        epoch: row.get("epoch")?,
        created: WallMs(row.get("created_ms")?),
        last_seen: WallMs(row.get("last_seen_ms")?),
    })
}

fn facts_row(row: &Row<'_>) -> rusqlite::Result<SessionFacts> {
    Ok(SessionFacts {
        session: session_row(row)?,
        user: User {
            id: id(row, "user_id")?,
            issuer: id(row, "user_issuer")?,
            sub: row.get("sub")?,
            name: row.get("name")?,
            role: role(row, "role")?,
            enabled: row.get("enabled")?,
            epoch: row.get("user_epoch")?,
        },
        server_generation: row.get("server_generation")?,
        epoch_now: row.get("epoch_now")?,
    })
}
