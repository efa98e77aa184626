//! People who are invited and have not come yet.

use rusqlite::{OptionalExtension, Row};
use stead_rules::ids::{GroupId, InvitationId, LibraryId};
use stead_rules::policy::{Allowance, Role};
use stead_rules::time::{Now, WallMs};

use super::grace::SEEN;
use super::sessions::{RunId, moment};
use crate::columns::{id, role};
use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// Somebody who is invited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Which.
    pub id: InvitationId,
    /// SHA-256 of the secret.
    pub secret_hash: [u8; 32],
    /// Whom it is for, as it is shown.
    pub name: String,
    /// The same, folded by the rules.
    pub login: String,
    /// What they will be here.
    pub role: Role,
    /// When it was made.
    pub created: WallMs,
    /// How long it is good, and what is used up of that.
    pub allowance: Allowance,
    /// The libraries that it gives.
    pub libraries: Vec<LibraryId>,
    /// The groups that it gives.
    pub groups: Vec<GroupId>,
}

/// Keeps a new invitation.
///
/// # Errors
/// [`StoreError::Exists`] if somebody of this name is invited already; a library or group that is not
/// there is an error, too.
pub fn add(
    tx: &WriteTx<'_, Accounts>,
    run: &RunId,
    invitation: &Invitation,
    now: Now,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO invitation (id, secret_hash, name, login, role, created_ms,
                                       granted_seconds, used_ms, seen_ms, seen_boot_ms, seen_run,
                                       believed)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8, ?9, ?10, ?11)";
    let own = invitation.id.as_bytes();
    let Allowance { seen, believed, .. } =
        Allowance::granted(invitation.allowance.granted_seconds, now);
    tx.transaction.execute(
        sql,
        rusqlite::params![
            own,
            invitation.secret_hash,
            &invitation.name,
            &invitation.login,
            invitation.role.word(),
            invitation.created.0,
            invitation.allowance.granted_seconds,
            seen.wall.0,
            now.boot.0,
            run,
            believed,
        ],
    )?;
    let sql = "INSERT INTO invitation_library (invitation_id, library_id) VALUES (?1, ?2)";
    for library in &invitation.libraries {
        tx.transaction.execute(sql, (own, library.as_bytes()))?;
    }
    let sql = "INSERT INTO invitation_group (invitation_id, group_id) VALUES (?1, ?2)";
    for group in &invitation.groups {
        tx.transaction.execute(sql, (own, group.as_bytes()))?;
    }
    Ok(())
}

/// Every invitation that was not used, the newest first; also those that are over.
///
/// # Errors
/// [`StoreError`].
pub fn all(tx: &ReadTx<'_, Accounts>, run: &RunId) -> Result<Vec<Invitation>, StoreError> {
    let sql = "SELECT * FROM invitation ORDER BY created_ms DESC, id";
    let mut statement = tx.transaction.prepare(sql)?;
    let rows = statement.query_map([], |row| invitation_row(row, run))?;
    let mut all = rows.collect::<Result<Vec<_>, _>>()?;
    for invitation in &mut all {
        fill(tx, invitation)?;
    }
    Ok(all)
}

/// The invitation with this secret's hash.
///
/// # Errors
/// [`StoreError`].
pub fn by_secret(
    tx: &ReadTx<'_, Accounts>,
    run: &RunId,
    secret_hash: &[u8; 32],
) -> Result<Option<Invitation>, StoreError> {
    let sql = "SELECT * FROM invitation WHERE secret_hash = ?1";
    let found = tx.transaction.query_row(sql, [secret_hash], |row| invitation_row(row, run));
    let mut found = found.optional()?;
    if let Some(invitation) = &mut found {
        fill(tx, invitation)?;
    }
    Ok(found)
}

/// Takes an invitation away: false when it is not there any more.
///
/// # Errors
/// [`StoreError`].
pub fn take(tx: &WriteTx<'_, Accounts>, invitation: InvitationId) -> Result<bool, StoreError> {
    let sql = "DELETE FROM invitation WHERE id = ?1";
    Ok(tx.transaction.execute(sql, [invitation.as_bytes()])? == 1)
}

/// Keeps what is used up of every invitation by now.
///
/// # Errors
/// [`StoreError`].
pub fn keep_all(tx: &WriteTx<'_, Accounts>, run: &RunId, now: Now) -> Result<(), StoreError> {
    let sql = "UPDATE invitation SET used_ms = ?2, seen_ms = ?3, seen_boot_ms = ?4, seen_run = ?5,
                      believed = ?6
                WHERE id = ?1";
    for invitation in all(tx, run)? {
        let Allowance { used_ms, seen, believed, .. } = invitation.allowance.until(now);
        let used = i64::try_from(used_ms).unwrap_or(i64::MAX);
        let values = (invitation.id.as_bytes(), used, seen.wall.0, now.boot.0, run, believed);
        tx.transaction.execute(sql, values)?;
    }
    Ok(())
}

fn fill(tx: &ReadTx<'_, Accounts>, invitation: &mut Invitation) -> Result<(), StoreError> {
    let own = invitation.id;
    let sql = "SELECT library_id FROM invitation_library WHERE invitation_id = ?1
                ORDER BY library_id";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let rows = statement.query_map([own.as_bytes()], |row| id(row, "library_id"))?;
    invitation.libraries = rows.collect::<Result<_, _>>()?;
    let sql = "SELECT group_id FROM invitation_group WHERE invitation_id = ?1 ORDER BY group_id";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let rows = statement.query_map([own.as_bytes()], |row| id(row, "group_id"))?;
    invitation.groups = rows.collect::<Result<_, _>>()?;
    Ok(())
}

fn invitation_row(row: &Row<'_>, run: &RunId) -> rusqlite::Result<Invitation> {
    Ok(Invitation {
        id: id(row, "id")?,
        secret_hash: row.get("secret_hash")?,
        name: row.get("name")?,
        login: row.get("login")?,
        role: role(row, "role")?,
        created: WallMs(row.get("created_ms")?),
        allowance: Allowance {
            granted_seconds: row.get("granted_seconds")?,
            used_ms: row.get("used_ms")?,
            seen: moment(row, run, SEEN)?,
            believed: row.get("believed")?,
        },
        libraries: Vec::new(),
        groups: Vec::new(),
    })
}
