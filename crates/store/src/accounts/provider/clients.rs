//! Registered clients, the tokens that let them register, and what people agreed they may have.

use rusqlite::types::FromSqlError;
use rusqlite::{OptionalExtension, Row};
use stead_rules::ids::{AccountId, UserId};
use stead_rules::provider::{Client, ClientAuth, GrantType, Registered, Registrant, Scopes};
use stead_rules::time::{Moment, Now, WallMs};

use crate::accounts::alone;
use crate::accounts::sessions::{RunId, moment};
use crate::columns::id;
use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// A registered client with the hashes of its secrets.
pub struct StoredClient {
    /// What it is.
    pub client: Client,
    /// Who let it in.
    pub account: AccountId,
    /// What it registered as.
    pub registrant: Registrant,
    /// SHA-256 of its secret.
    pub secret_hash: [u8; 32],
    /// SHA-256 of the token by which it changes what it is.
    pub manage_hash: [u8; 32],
    /// When it registered.
    pub created: WallMs,
}

/// A token that lets a server register, used up.
pub struct Registration {
    /// Who approved it.
    pub account: AccountId,
    /// For whom.
    pub registrant: Registrant,
    /// When it was made.
    pub made: Moment,
}

/// Keeps the hash of a token that lets one client register once; of one account's beyond `at_most`
/// the oldest goes.
///
/// # Errors
/// [`StoreError`].
pub fn make_registration(
    tx: &WriteTx<'_, Accounts>,
    run: &RunId,
    hash: &[u8; 32],
    token: (AccountId, Registrant),
    now: Now,
    at_most: u32,
) -> Result<(), StoreError> {
    let (account, registrant) = token;
    let sql = "INSERT INTO oauth_registration
                 (token_hash, account_id, for_server, made_ms, made_boot_ms, made_run)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let server = is_server(registrant);
    let values = (hash, account.as_bytes(), server, now.wall.0, now.boot.0, run);
    tx.transaction.execute(sql, values)?;
    let sql = "DELETE FROM oauth_registration WHERE account_id = ?1 AND rowid NOT IN
                 (SELECT rowid FROM oauth_registration WHERE account_id = ?1
                   ORDER BY rowid DESC LIMIT ?2)";
    tx.transaction.execute(sql, (account.as_bytes(), at_most))?;
    Ok(())
}

/// Takes such a token away and says what it was; none if there is none.
///
/// # Errors
/// [`StoreError`].
pub fn use_registration(
    tx: &WriteTx<'_, Accounts>,
    run: &RunId,
    hash: &[u8; 32],
) -> Result<Option<Registration>, StoreError> {
    let sql = "DELETE FROM oauth_registration WHERE token_hash = ?1 RETURNING *";
    let found = tx.transaction.query_row(sql, [hash], |row| {
        Ok(Registration {
            account: id(row, "account_id")?,
            registrant: registrant(row.get("for_server")?),
            made: moment(row, run, ["made_ms", "made_boot_ms", "made_run"])?,
        })
    });
    Ok(found.optional()?)
}

/// Room for clients.
#[derive(Debug, Clone, Copy)]
pub struct ClientRoom {
    /// Of everybody.
    pub all: u32,
    /// Of one account.
    pub of_one: u32,
}

/// Keeps a client: false when there is no room.
///
/// # Errors
/// [`StoreError`].
pub fn make_client(
    tx: &WriteTx<'_, Accounts>,
    stored: &StoredClient,
    room: ClientRoom,
) -> Result<bool, StoreError> {
    let sql = "INSERT INTO oauth_client
                 (id, account_id, name, auth, secret_hash, manage_hash, redirect_uris,
                  post_logout_uris, grants, scopes, created_ms, is_server)
               SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?14
                WHERE (SELECT count(*) FROM oauth_client) < ?12
                  AND (SELECT count(*) FROM oauth_client WHERE account_id = ?2) < ?13";
    let client = &stored.client;
    let values = rusqlite::params![
        &client.id,
        stored.account.as_bytes(),
        &client.name,
        client.auth.word(),
        &stored.secret_hash,
        &stored.manage_hash,
        client.redirect_uris.join("\n"),
        client.post_logout_uris.join("\n"),
        words(&client.grants),
        client.scopes.words(),
        stored.created.0,
        room.all,
        room.of_one,
        is_server(stored.registrant),
    ];
    let made = tx.transaction.execute(sql, values)? == 1;
    if made {
        alone::settle(tx, stored.account)?;
    }
    Ok(made)
}

/// Changes what a client is; its secrets stay.
///
/// # Errors
/// [`StoreError`].
pub fn replace_client(
    tx: &WriteTx<'_, Accounts>,
    client_id: &str,
    new: &Registered,
) -> Result<(), StoreError> {
    let sql = "UPDATE oauth_client SET name = ?2, auth = ?3, redirect_uris = ?4,
                      post_logout_uris = ?5, grants = ?6, scopes = ?7
                WHERE id = ?1";
    let values = rusqlite::params![
        client_id,
        &new.name,
        new.auth.word(),
        new.redirect_uris.join("\n"),
        new.post_logout_uris.join("\n"),
        words(&new.grants),
        new.scopes.words(),
    ];
    tx.transaction.execute(sql, values)?;
    Ok(())
}

/// Forgets a client and all that it was given.
///
/// # Errors
/// [`StoreError`].
pub fn remove_client(tx: &WriteTx<'_, Accounts>, client_id: &str) -> Result<bool, StoreError> {
    tx.transaction.execute("DELETE FROM oauth_grant WHERE client_id = ?1", [client_id])?;
    Ok(tx.transaction.execute("DELETE FROM oauth_client WHERE id = ?1", [client_id])? == 1)
}

/// The client with this id.
///
/// # Errors
/// [`StoreError`].
pub fn client(
    tx: &ReadTx<'_, Accounts>,
    client_id: &str,
) -> Result<Option<StoredClient>, StoreError> {
    let sql = "SELECT * FROM oauth_client WHERE id = ?1";
    Ok(tx.transaction.query_row(sql, [client_id], client_row).optional()?)
}

/// Every client, by name.
///
/// # Errors
/// [`StoreError`].
pub fn clients(tx: &ReadTx<'_, Accounts>) -> Result<Vec<StoredClient>, StoreError> {
    let mut statement =
        tx.transaction.prepare_cached("SELECT * FROM oauth_client ORDER BY name")?;
    let rows = statement.query_map([], client_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What somebody agreed that a client may have.
///
/// # Errors
/// [`StoreError`].
pub fn agreed(
    tx: &ReadTx<'_, Accounts>,
    account: AccountId,
    client_id: &str,
) -> Result<Scopes, StoreError> {
    let sql = "SELECT scopes FROM oauth_consent WHERE account_id = ?1 AND client_id = ?2";
    let found = tx.transaction.query_row(sql, (account.as_bytes(), client_id), |row| {
        Ok(Scopes::from_words(row.get_ref(0)?.as_str()?))
    });
    Ok(found.optional()?.unwrap_or_default())
}

/// Keeps what somebody agreed to now. Of a client that is not registered nothing is kept.
///
/// # Errors
/// [`StoreError`].
pub fn agree(
    tx: &WriteTx<'_, Accounts>,
    account: AccountId,
    client_id: &str,
    scopes: Scopes,
    now: WallMs,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO oauth_consent (account_id, client_id, scopes, given_ms)
               SELECT ?1, id, ?3, ?4 FROM oauth_client WHERE id = ?2
                   ON CONFLICT (account_id, client_id)
                   DO UPDATE SET scopes = excluded.scopes, given_ms = excluded.given_ms";
    tx.transaction.execute(sql, (account.as_bytes(), client_id, scopes.words(), now.0))?;
    alone::settle(tx, account)
}

const fn is_server(registrant: Registrant) -> bool {
    match registrant {
        Registrant::Program => false,
        Registrant::Server => true,
    }
}

const fn registrant(is_server: bool) -> Registrant {
    if is_server { Registrant::Server } else { Registrant::Program }
}

fn words(grants: &[GrantType]) -> String {
    grants.iter().map(|grant| grant.word()).collect::<Vec<_>>().join(" ")
}

fn client_row(row: &Row<'_>) -> rusqlite::Result<StoredClient> {
    let bad = FromSqlError::InvalidType;
    let lines = |name: &str| -> rusqlite::Result<Vec<String>> {
        Ok(row.get_ref(name)?.as_str()?.lines().map(str::to_owned).collect())
    };
    let grants = row.get_ref("grants")?.as_str()?.split_whitespace().map(GrantType::from_word);
    Ok(StoredClient {
        client: Client {
            id: row.get("id")?,
            name: row.get("name")?,
            auth: ClientAuth::from_word(row.get_ref("auth")?.as_str()?).ok_or(bad)?,
            redirect_uris: lines("redirect_uris")?,
            post_logout_uris: lines("post_logout_uris")?,
            grants: grants.collect::<Option<_>>().ok_or(FromSqlError::InvalidType)?,
            scopes: Scopes::from_words(row.get_ref("scopes")?.as_str()?),
        },
        account: id(row, "account_id")?,
        registrant: registrant(row.get("is_server")?),
        secret_hash: row.get("secret_hash")?,
        manage_hash: row.get("manage_hash")?,
        created: WallMs(row.get("created_ms")?),
    })
}

/// Forgets what a user agreed to, and tokens to register by that were not used.
///
/// # Errors
/// [`StoreError`].
pub fn forget_agreements(tx: &WriteTx<'_, Accounts>, user: UserId) -> Result<(), StoreError> {
    for table in ["oauth_consent", "oauth_registration"] {
        let sql = format!(
            "DELETE FROM {table} WHERE account_id = (SELECT account_id FROM user WHERE id = ?1)"
        );
        tx.transaction.execute(&sql, [user.as_bytes()])?;
    }
    Ok(())
}
