//! Everybody who uses this server, and what the owner does about them.

use rusqlite::{OptionalExtension, Row};
use stead_rules::ids::{AccountId, UserId};
use stead_rules::media::AgeLimit;
use stead_rules::policy::Role;
use stead_rules::time::WallMs;

use super::identity::{Account, User, account_row, user_row};
use super::limits::limit_row;
use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// Somebody, as the owner sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub user: User,
    /// Whether there is a password here to be forgotten.
    pub has_password_here: bool,
    /// Whether there is an authenticator.
    pub has_totp: bool,
    /// Whether there is a passkey.
    pub has_passkey: bool,
    /// Recovery codes that were not used.
    pub recovery_codes: u32,
    /// The last request of any session that is still there.
    pub last_seen: Option<WallMs>,
    /// Up to which age they see titles; it means nothing while they tend the server.
    pub limit: Option<AgeLimit>,
}

const PERSON: &str = "SELECT u.*, a.password_hash <> '' AS has_password,
            EXISTS (SELECT 1 FROM totp t WHERE t.account_id = u.account_id) AS has_totp,
            EXISTS (SELECT 1 FROM passkey p WHERE p.account_id = u.account_id) AS has_passkey,
            (SELECT count(*) FROM recovery_code r
              WHERE r.account_id = u.account_id AND r.used_ms IS NULL) AS recovery_codes,
            (SELECT max(s.last_seen_ms) FROM session s WHERE s.user_id = u.id) AS last_seen
       FROM user u JOIN account a ON a.id = u.account_id";

/// Everybody, by name.
///
/// # Errors
/// [`StoreError`].
pub fn all(tx: &ReadTx<'_, Accounts>) -> Result<Vec<Person>, StoreError> {
    let mut statement = tx.transaction.prepare(&format!("{PERSON} ORDER BY u.name, u.id"))?;
    let rows = statement.query_map([], person_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Somebody.
///
/// # Errors
/// [`StoreError`].
pub fn one(tx: &ReadTx<'_, Accounts>, user: UserId) -> Result<Option<Person>, StoreError> {
    let sql = format!("{PERSON} WHERE u.id = ?1");
    Ok(tx.transaction.query_row(&sql, [user.as_bytes()], person_row).optional()?)
}

/// The owner, if there is one.
///
/// # Errors
/// [`StoreError`].
pub fn owner(tx: &ReadTx<'_, Accounts>) -> Result<Option<Person>, StoreError> {
    let sql = format!("{PERSON} WHERE u.role = ?1");
    Ok(tx.transaction.query_row(&sql, [Role::Owner.word()], person_row).optional()?)
}

/// Whether somebody's issuer vouches for a second factor.
///
/// # Errors
/// [`StoreError`].
pub fn is_vouched_for(tx: &ReadTx<'_, Accounts>, user: UserId) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM user u JOIN issuer i ON i.id = u.issuer_id
                WHERE u.id = ?1 AND i.assurance IN ('claims', 'asserted'))";
    Ok(tx.transaction.query_row(sql, [user.as_bytes()], |row| row.get(0))?)
}

/// Where somebody's factors are kept.
///
/// # Errors
/// [`StoreError`].
pub fn account(tx: &ReadTx<'_, Accounts>, id: AccountId) -> Result<Option<Account>, StoreError> {
    let sql = "SELECT id, login, name, password_hash, epoch, enabled FROM account WHERE id = ?1";
    Ok(tx.transaction.query_row(sql, [id.as_bytes()], account_row).optional()?)
}

fn person_row(row: &Row<'_>) -> rusqlite::Result<Person> {
    Ok(Person {
        user: user_row(row)?,
        has_password_here: row.get("has_password")?,
        has_totp: row.get("has_totp")?,
        has_passkey: row.get("has_passkey")?,
        recovery_codes: row.get("recovery_codes")?,
        last_seen: row.get::<_, Option<i64>>("last_seen")?.map(WallMs),
        limit: limit_row(row)?,
    })
}

impl Person {
    /// Whether there is anything besides the password; recovery codes stand in for it only.
    #[must_use]
    pub const fn has_second_factor(&self) -> bool {
        self.has_totp || self.has_passkey
    }
}

/// Lets somebody in or not.
///
/// # Errors
/// [`StoreError`].
pub fn set_enabled(
    tx: &WriteTx<'_, Accounts>,
    user: UserId,
    enabled: bool,
) -> Result<(), StoreError> {
    let sql = "UPDATE user SET enabled = ?2 WHERE id = ?1";
    tx.transaction.execute(sql, (user.as_bytes(), enabled))?;
    Ok(())
}

/// Gives somebody another role. An exemption ends with a role that administers.
///
/// # Errors
/// [`StoreError`]; a second owner is one.
pub fn set_role(tx: &WriteTx<'_, Accounts>, user: UserId, role: Role) -> Result<(), StoreError> {
    let sql = "UPDATE user SET role = ?2 WHERE id = ?1";
    tx.transaction.execute(sql, (user.as_bytes(), role.word()))?;
    Ok(())
}

/// Ends whatever was opened for somebody until now: sessions of an older epoch are void, and those
/// that are there are removed.
///
/// # Errors
/// [`StoreError`].
pub fn sign_out_everywhere(tx: &WriteTx<'_, Accounts>, user: UserId) -> Result<(), StoreError> {
    let id = user.as_bytes();
    tx.transaction.execute("UPDATE user SET epoch = epoch + 1 WHERE id = ?1", [id])?;
    tx.transaction.execute("DELETE FROM session WHERE user_id = ?1", [id])?;
    tx.transaction.execute("DELETE FROM remembered_device WHERE user_id = ?1", [id])?;
    Ok(())
}

/// Forgets every second factor of an account, and what stands in for one.
///
/// # Errors
/// [`StoreError`].
pub fn forget_second_factors(
    tx: &WriteTx<'_, Accounts>,
    account: AccountId,
) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM totp WHERE account_id = ?1",
        "DELETE FROM passkey WHERE account_id = ?1",
        "DELETE FROM recovery_code WHERE account_id = ?1",
    ] {
        tx.transaction.execute(sql, [account.as_bytes()])?;
    }
    Ok(())
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
    let sql = "UPDATE account SET password_hash = ?2, password_alone = 0, epoch = epoch + 1,
                      new_password_wanted = 0
                WHERE id = ?1";
    tx.transaction.execute(sql, (account.as_bytes(), password_hash))?;
    Ok(())
}

/// Gives an account another name to type, folded by the rules.
///
/// # Errors
/// [`StoreError`]; also where another account has it.
pub fn set_login(
    tx: &WriteTx<'_, Accounts>,
    account: AccountId,
    login: &str,
) -> Result<(), StoreError> {
    let sql = "UPDATE account SET login = ?2 WHERE id = ?1";
    tx.transaction.execute(sql, (account.as_bytes(), login))?;
    Ok(())
}

/// Whether there is such a recovery code that was not used.
///
/// # Errors
/// [`StoreError`].
pub fn has_recovery_code(
    tx: &ReadTx<'_, Accounts>,
    account: AccountId,
    hash: &[u8; 32],
) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM recovery_code
                WHERE account_id = ?1 AND code_hash = ?2 AND used_ms IS NULL)";
    Ok(tx.transaction.query_row(sql, (account.as_bytes(), hash), |row| row.get(0))?)
}
