//! External issuers. The embedded account service has its row in [`super::identity`].

use rusqlite::OptionalExtension as _;
use stead_rules::ids::IssuerId;
use stead_rules::secret::SecretText;
use stead_rules::time::WallMs;

use crate::columns::Stored;
use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// An external issuer, as configured.
#[derive(Debug, Clone, Copy)]
pub struct External<'a> {
    /// Its address.
    pub url: &'a str,
    /// What people call it.
    pub name: &'a str,
    /// What its word is worth.
    pub assurance: &'a str,
}

/// The row of the issuer with this address.
///
/// # Errors
/// [`StoreError`].
pub fn external(tx: &ReadTx<'_, Accounts>, url: &str) -> Result<Option<IssuerId>, StoreError> {
    let sql = "SELECT id FROM issuer WHERE kind = 'external' AND url = ?1";
    let found = tx.transaction.query_row(sql, [url], |row| row.get::<_, Stored<IssuerId>>(0));
    Ok(found.optional()?.map(|id| id.0))
}

/// Makes the row, or gives the one there is its present name and worth.
///
/// # Errors
/// [`StoreError`].
pub fn put_external(
    tx: &WriteTx<'_, Accounts>,
    fresh: IssuerId,
    issuer: &External<'_>,
    now: WallMs,
) -> Result<IssuerId, StoreError> {
    let sql = "INSERT INTO issuer (id, kind, url, name, assurance, created_ms)
               VALUES (?1, 'external', ?2, ?3, ?4, ?5)
               ON CONFLICT (url) WHERE kind = 'external'
               DO UPDATE SET name = excluded.name, assurance = excluded.assurance
               RETURNING id";
    let values = (fresh.as_bytes(), issuer.url, issuer.name, issuer.assurance, now.0);
    let id: Stored<IssuerId> = tx.transaction.query_row(sql, values, |row| row.get(0))?;
    Ok(id.0)
}

/// As what this server is known at an issuer, where it has registered itself.
#[derive(Debug, Clone)]
pub struct Client {
    /// What it is called there.
    pub id: String,
    /// What it shows there to get tokens.
    pub secret: Option<SecretText>,
    /// Where the registration is changed (RFC 7592 §3).
    pub manage_uri: String,
    /// What it shows there to change it.
    pub manage_token: SecretText,
    /// What was registered last.
    pub told: String,
}

/// As what this server is known at this issuer.
///
/// # Errors
/// [`StoreError`].
pub fn client(tx: &ReadTx<'_, Accounts>, issuer: IssuerId) -> Result<Option<Client>, StoreError> {
    let sql = "SELECT client_id, client_secret, manage_uri, manage_token, told
               FROM issuer_client WHERE issuer_id = ?1";
    let found = tx.transaction.query_row(sql, [issuer.as_bytes()], |row| {
        Ok(Client {
            id: row.get(0)?,
            secret: row.get::<_, Option<String>>(1)?.map(SecretText::new),
            manage_uri: row.get(2)?,
            manage_token: SecretText::new(row.get(3)?),
            told: row.get(4)?,
        })
    });
    Ok(found.optional()?)
}

/// Keeps it, in the place of what there was.
///
/// # Errors
/// [`StoreError`].
pub fn put_client(
    tx: &WriteTx<'_, Accounts>,
    issuer: IssuerId,
    client: &Client,
    now: WallMs,
) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO issuer_client
               (issuer_id, client_id, client_secret, manage_uri, manage_token, told, registered_ms)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let secret = client.secret.as_ref().map(SecretText::expose);
    let (uri, token) = (&client.manage_uri, client.manage_token.expose());
    let values = (issuer.as_bytes(), &client.id, secret, uri, token, &client.told, now.0);
    tx.transaction.execute(sql, values)?;
    Ok(())
}

/// Keeps what has changed about it, if it is still the one that is used.
///
/// # Errors
/// [`StoreError`].
pub fn update_client(
    tx: &WriteTx<'_, Accounts>,
    issuer: IssuerId,
    client: &Client,
) -> Result<(), StoreError> {
    let sql = "UPDATE issuer_client
               SET client_secret = ?3, manage_uri = ?4, manage_token = ?5, told = ?6
               WHERE issuer_id = ?1 AND client_id = ?2";
    let secret = client.secret.as_ref().map(SecretText::expose);
    let (uri, token) = (&client.manage_uri, client.manage_token.expose());
    let values = (issuer.as_bytes(), &client.id, secret, uri, token, &client.told);
    tx.transaction.execute(sql, values)?;
    Ok(())
}
