//! Issuers, accounts with their factors, and users.

use rusqlite::{OptionalExtension, Row};
use stead_rules::ids::{AccountId, IssuerId, UserId};
use stead_rules::policy::Role;
use stead_rules::time::WallMs;

use crate::columns::{Stored, id, role};
use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// The row of the embedded account service, made if it is missing.
///
/// # Errors
/// [`StoreError`].
pub fn embedded_issuer(
    tx: &WriteTx<'_, Accounts>,
    fresh: IssuerId,
    now: WallMs,
) -> Result<IssuerId, StoreError> {
    let sql = "INSERT INTO issuer (id, kind, url, name, assurance, created_ms)
               VALUES (?1, 'embedded', NULL, 'This server', 'embedded', ?2)
               ON CONFLICT (kind) WHERE kind = 'embedded' DO NOTHING";
    tx.transaction.execute(sql, (fresh.as_bytes(), now.0))?;
    let sql = "SELECT id FROM issuer WHERE kind = 'embedded'";
    let found: Stored<IssuerId> = tx.transaction.query_row(sql, [], |row| row.get(0))?;
    Ok(found.0)
}

/// An account of the embedded service.
#[derive(Clone)]
pub struct Account {
    /// Its text is the `sub` of its user.
    pub id: AccountId,
    /// What is typed to sign in, folded.
    pub login: String,
    /// What is shown.
    pub name: String,
    /// PHC string.
    pub password_hash: String,
    /// Bumped when a factor changes.
    pub epoch: u64,
    /// Whether it may sign in.
    pub enabled: bool,
}

/// Makes an account.
///
/// # Errors
/// [`StoreError::Exists`] if the login is taken.
pub fn make_account(
    tx: &WriteTx<'_, Accounts>,
    account: &Account,
    now: WallMs,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO account (id, login, name, password_hash, epoch, enabled, created_ms)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    tx.transaction.execute(
        sql,
        (
            account.id.as_bytes(),
            &account.login,
            &account.name,
            &account.password_hash,
            account.epoch,
            account.enabled,
            now.0,
        ),
    )?;
    Ok(())
}

/// How many accounts there are.
///
/// # Errors
/// [`StoreError`].
pub fn count_accounts(tx: &ReadTx<'_, Accounts>) -> Result<u32, StoreError> {
    Ok(tx.transaction.query_row("SELECT count(*) FROM account", [], |row| row.get(0))?)
}

/// Whether anybody who may come in has a password here.
///
/// # Errors
/// [`StoreError`].
pub fn any_password(tx: &ReadTx<'_, Accounts>) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM account WHERE enabled AND password_hash <> '')";
    Ok(tx.transaction.query_row(sql, [], |row| row.get(0))?)
}

/// The account with this login.
///
/// # Errors
/// [`StoreError`].
pub fn account_by_login(
    tx: &ReadTx<'_, Accounts>,
    login: &str,
) -> Result<Option<Account>, StoreError> {
    let sql = "SELECT id, login, name, password_hash, epoch, enabled FROM account
                WHERE login = ?1";
    Ok(tx.transaction.query_row(sql, [login], account_row).optional()?)
}

/// The account with this id.
///
/// # Errors
/// [`StoreError`].
pub fn account_by_id(
    tx: &ReadTx<'_, Accounts>,
    account: AccountId,
) -> Result<Option<Account>, StoreError> {
    let sql = "SELECT id, login, name, password_hash, epoch, enabled FROM account WHERE id = ?1";
    Ok(tx.transaction.query_row(sql, [account.as_bytes()], account_row).optional()?)
}

/// Gives an account another password.
///
/// # Errors
/// [`StoreError`].
pub fn set_password(
    tx: &WriteTx<'_, Accounts>,
    account: AccountId,
    password_hash: &str,
) -> Result<(), StoreError> {
    let sql = "UPDATE account SET password_hash = ?2, password_alone = 0, new_password_wanted = 0
                WHERE id = ?1";
    tx.transaction.execute(sql, (account.as_bytes(), password_hash))?;
    Ok(())
}

/// Says that an account wants another password, if it has one here: whether it has.
///
/// # Errors
/// [`StoreError`].
pub fn want_new_password(
    tx: &WriteTx<'_, Accounts>,
    account: AccountId,
) -> Result<bool, StoreError> {
    let sql = "UPDATE account SET new_password_wanted = 1 WHERE id = ?1 AND password_hash <> ''";
    Ok(tx.transaction.execute(sql, [account.as_bytes()])? == 1)
}

/// Whether an account wants another password since a security event.
///
/// # Errors
/// [`StoreError`].
pub fn new_password_is_wanted(
    tx: &ReadTx<'_, Accounts>,
    account: AccountId,
) -> Result<bool, StoreError> {
    let sql = "SELECT new_password_wanted FROM account WHERE id = ?1";
    let found = tx.transaction.query_row(sql, [account.as_bytes()], |row| row.get(0));
    Ok(found.optional()?.unwrap_or(false))
}

/// Notes that the account's password, which was set just now, is long enough to be all there is.
///
/// # Errors
/// [`StoreError`].
pub fn password_stands_alone(
    tx: &WriteTx<'_, Accounts>,
    account: AccountId,
) -> Result<(), StoreError> {
    let sql = "UPDATE account SET password_alone = 1 WHERE id = ?1";
    tx.transaction.execute(sql, [account.as_bytes()])?;
    Ok(())
}

/// Whether an account may go without a second factor: its password is known to be long enough, or it
/// has none here.
///
/// # Errors
/// [`StoreError`].
pub fn may_stand_alone(tx: &ReadTx<'_, Accounts>, account: AccountId) -> Result<bool, StoreError> {
    let sql = "SELECT password_alone OR password_hash = '' FROM account WHERE id = ?1";
    let found = tx.transaction.query_row(sql, [account.as_bytes()], |row| row.get(0));
    Ok(found.optional()?.unwrap_or(false))
}

pub(super) fn account_row(row: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account {
        id: id(row, "id")?,
        login: row.get("login")?,
        name: row.get("name")?,
        password_hash: row.get("password_hash")?,
        epoch: row.get("epoch")?,
        enabled: row.get("enabled")?,
    })
}

/// Replaces the account's recovery codes by these hashes.
///
/// # Errors
/// [`StoreError`].
pub fn put_recovery_codes(
    tx: &WriteTx<'_, Accounts>,
    account: AccountId,
    hashes: &[[u8; 32]],
) -> Result<(), StoreError> {
    let remove = "DELETE FROM recovery_code WHERE account_id = ?1";
    tx.transaction.execute(remove, [account.as_bytes()])?;
    let insert = "INSERT INTO recovery_code (account_id, code_hash) VALUES (?1, ?2)";
    for hash in hashes {
        tx.transaction.execute(insert, (account.as_bytes(), hash))?;
    }
    Ok(())
}

/// Uses a recovery code up: false when there is no such unused code.
///
/// # Errors
/// [`StoreError`].
pub fn use_recovery_code(
    tx: &WriteTx<'_, Accounts>,
    account: AccountId,
    hash: &[u8; 32],
    now: WallMs,
) -> Result<bool, StoreError> {
    let sql = "UPDATE recovery_code SET used_ms = ?3
                WHERE account_id = ?1 AND code_hash = ?2 AND used_ms IS NULL";
    Ok(tx.transaction.execute(sql, (account.as_bytes(), hash, now.0))? == 1)
}

/// How many recovery codes of the account are not used up.
///
/// # Errors
/// [`StoreError`].
pub fn recovery_codes_left(
    tx: &ReadTx<'_, Accounts>,
    account: AccountId,
) -> Result<u32, StoreError> {
    let sql = "SELECT count(*) FROM recovery_code WHERE account_id = ?1 AND used_ms IS NULL";
    Ok(tx.transaction.query_row(sql, [account.as_bytes()], |row| row.get(0))?)
}

/// Somebody who uses this server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Who.
    pub id: UserId,
    /// Where the identity comes from.
    pub issuer: IssuerId,
    /// The issuer's name for it.
    pub sub: String,
    /// Where their factors are kept; of who comes from elsewhere it has no password.
    pub account: AccountId,
    /// What is shown.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Whether they may come in.
    pub enabled: bool,
    /// Sessions of an older epoch are void.
    pub epoch: u64,
}

/// Makes a user.
///
/// # Errors
/// [`StoreError::Exists`] if the identity is known, or a second owner would be made.
pub fn make_user(tx: &WriteTx<'_, Accounts>, user: &User, now: WallMs) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO user (id, issuer_id, sub, account_id, name, role, enabled, epoch, created_ms)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    tx.transaction.execute(
        sql,
        (
            user.id.as_bytes(),
            user.issuer.as_bytes(),
            &user.sub,
            user.account.as_bytes(),
            &user.name,
            user.role.word(),
            user.enabled,
            user.epoch,
            now.0,
        ),
    )?;
    Ok(())
}

/// The user behind an identity.
///
/// # Errors
/// [`StoreError`].
pub fn user_by_identity(
    tx: &ReadTx<'_, Accounts>,
    issuer: IssuerId,
    sub: &str,
) -> Result<Option<User>, StoreError> {
    let sql = "SELECT id, issuer_id, sub, account_id, name, role, enabled, epoch FROM user
                WHERE issuer_id = ?1 AND sub = ?2";
    let found = tx.transaction.query_row(sql, (issuer.as_bytes(), sub), user_row);
    Ok(found.optional()?)
}

/// The user with this id.
///
/// # Errors
/// [`StoreError`].
pub fn user_by_id(tx: &ReadTx<'_, Accounts>, user: UserId) -> Result<Option<User>, StoreError> {
    let sql = "SELECT id, issuer_id, sub, account_id, name, role, enabled, epoch FROM user
                WHERE id = ?1";
    Ok(tx.transaction.query_row(sql, [user.as_bytes()], user_row).optional()?)
}

/// The user whose factors an account holds.
///
/// # Errors
/// [`StoreError`].
pub fn user_by_account(
    tx: &ReadTx<'_, Accounts>,
    account: AccountId,
) -> Result<Option<User>, StoreError> {
    let sql = "SELECT id, issuer_id, sub, account_id, name, role, enabled, epoch FROM user
                WHERE account_id = ?1";
    Ok(tx.transaction.query_row(sql, [account.as_bytes()], user_row).optional()?)
}

/// Makes every session of a user worthless that was opened before.
///
/// # Errors
/// [`StoreError`].
pub fn bump_epoch(tx: &WriteTx<'_, Accounts>, user: UserId) -> Result<(), StoreError> {
    let sql = "UPDATE user SET epoch = epoch + 1 WHERE id = ?1";
    tx.transaction.execute(sql, [user.as_bytes()])?;
    Ok(())
}

pub(super) fn user_row(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User {
        id: id(row, "id")?,
        issuer: id(row, "issuer_id")?,
        sub: row.get("sub")?,
        account: id(row, "account_id")?,
        name: row.get("name")?,
        role: role(row, "role")?,
        enabled: row.get("enabled")?,
        epoch: row.get("epoch")?,
    })
}
