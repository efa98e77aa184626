//! Household profiles, and which of them a session looks by.

use rusqlite::{OptionalExtension, Row};
use stead_rules::ids::{ProfileId, SessionId, UserId};
use stead_rules::media::AgeLimit;
use stead_rules::time::WallMs;

use super::limits::limit_row;
use crate::columns::id;
use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// A profile of somebody's household.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Which.
    pub id: ProfileId,
    /// What it is called.
    pub name: String,
    /// The PHC string of its PIN, if it has one.
    pub pin_hash: Option<String>,
    /// Wrong PINs in a row.
    pub misses: u32,
    /// Up to which age it sees titles, besides what its person may.
    pub limit: Option<AgeLimit>,
}

/// A profile, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfSomebody {
    /// Whose.
    pub user: UserId,
    /// Which.
    pub profile: Profile,
}

/// The PIN by which somebody comes back to themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnPin {
    /// Its PHC string.
    pub pin_hash: String,
    /// Wrong ones in a row.
    pub misses: u32,
}

/// The profiles of somebody, by name.
///
/// # Errors
/// [`StoreError`].
pub fn of_user(tx: &ReadTx<'_, Accounts>, user: UserId) -> Result<Vec<Profile>, StoreError> {
    let sql = "SELECT * FROM profile WHERE user_id = ?1 ORDER BY folded";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let rows = statement.query_map([user.as_bytes()], profile_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Everybody's profiles, by name.
///
/// # Errors
/// [`StoreError`].
pub fn all(tx: &ReadTx<'_, Accounts>) -> Result<Vec<OfSomebody>, StoreError> {
    let mut statement = tx.transaction.prepare_cached("SELECT * FROM profile ORDER BY folded")?;
    let rows = statement.query_map([], |row| {
        Ok(OfSomebody { user: id(row, "user_id")?, profile: profile_row(row)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A profile of this user.
///
/// # Errors
/// [`StoreError`].
pub fn one(
    tx: &ReadTx<'_, Accounts>,
    user: UserId,
    profile: ProfileId,
) -> Result<Option<Profile>, StoreError> {
    let sql = "SELECT * FROM profile WHERE user_id = ?1 AND id = ?2";
    let values = (user.as_bytes(), profile.as_bytes());
    Ok(tx.transaction.query_row(sql, values, profile_row).optional()?)
}

/// Keeps a new profile under its name as the rules compare names: false if that is taken.
///
/// # Errors
/// [`StoreError`].
pub fn add(
    tx: &WriteTx<'_, Accounts>,
    user: UserId,
    profile: &Profile,
    folded: &str,
    now: WallMs,
) -> Result<bool, StoreError> {
    let sql = "INSERT INTO profile (id, user_id, name, folded, pin_hash, created_ms)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (user_id, folded) DO NOTHING";
    let Profile { id, name, pin_hash, .. } = profile;
    let values = (id.as_bytes(), user.as_bytes(), name, folded, pin_hash, now.0);
    Ok(tx.transaction.execute(sql, values)? == 1)
}

/// Gives a profile another name: false if that is taken.
///
/// # Errors
/// [`StoreError`].
pub fn rename(
    tx: &WriteTx<'_, Accounts>,
    profile: ProfileId,
    name: &str,
    folded: &str,
) -> Result<bool, StoreError> {
    let sql = "UPDATE OR IGNORE profile SET name = ?2, folded = ?3 WHERE id = ?1";
    Ok(tx.transaction.execute(sql, (profile.as_bytes(), name, folded))? == 1)
}

/// Gives a profile another PIN, or none; wrong ones are forgotten.
///
/// # Errors
/// [`StoreError`].
pub fn set_pin(
    tx: &WriteTx<'_, Accounts>,
    profile: ProfileId,
    pin_hash: Option<&str>,
) -> Result<(), StoreError> {
    let sql = "UPDATE profile SET pin_hash = ?2, misses = 0 WHERE id = ?1";
    tx.transaction.execute(sql, (profile.as_bytes(), pin_hash))?;
    Ok(())
}

/// Counts a PIN that is about to be looked at as wrong, or forgets wrong ones after a right one.
///
/// # Errors
/// [`StoreError`].
pub fn set_misses(
    tx: &WriteTx<'_, Accounts>,
    profile: ProfileId,
    misses: u32,
) -> Result<(), StoreError> {
    let sql = "UPDATE profile SET misses = ?2 WHERE id = ?1";
    tx.transaction.execute(sql, (profile.as_bytes(), misses))?;
    Ok(())
}

/// Removes a profile; devices that look by it are signed out. False when there is none.
///
/// # Errors
/// [`StoreError`].
pub fn remove(
    tx: &WriteTx<'_, Accounts>,
    user: UserId,
    profile: ProfileId,
) -> Result<bool, StoreError> {
    let sql = "DELETE FROM profile WHERE id = ?1 AND user_id = ?2";
    Ok(tx.transaction.execute(sql, (profile.as_bytes(), user.as_bytes()))? == 1)
}

/// The PIN by which somebody comes back to themselves, if there is one.
///
/// # Errors
/// [`StoreError`].
pub fn own_pin(tx: &ReadTx<'_, Accounts>, user: UserId) -> Result<Option<OwnPin>, StoreError> {
    let sql = "SELECT pin_hash, misses FROM own_pin WHERE user_id = ?1";
    let found = tx.transaction.query_row(sql, [user.as_bytes()], |row| {
        Ok(OwnPin { pin_hash: row.get("pin_hash")?, misses: row.get("misses")? })
    });
    Ok(found.optional()?)
}

/// Sets that PIN, or takes it away; wrong ones are forgotten.
///
/// # Errors
/// [`StoreError`].
pub fn set_own_pin(
    tx: &WriteTx<'_, Accounts>,
    user: UserId,
    pin_hash: Option<&str>,
) -> Result<(), StoreError> {
    match pin_hash {
        Some(hash) => {
            let sql = "INSERT OR REPLACE INTO own_pin (user_id, pin_hash) VALUES (?1, ?2)";
            tx.transaction.execute(sql, (user.as_bytes(), hash))?;
        }
        None => {
            let sql = "DELETE FROM own_pin WHERE user_id = ?1";
            tx.transaction.execute(sql, [user.as_bytes()])?;
        }
    }
    Ok(())
}

/// Counts as [`set_misses`] does.
///
/// # Errors
/// [`StoreError`].
pub fn set_own_misses(
    tx: &WriteTx<'_, Accounts>,
    user: UserId,
    misses: u32,
) -> Result<(), StoreError> {
    let sql = "UPDATE own_pin SET misses = ?2 WHERE user_id = ?1";
    tx.transaction.execute(sql, (user.as_bytes(), misses))?;
    Ok(())
}

/// Whether each profile of somebody needs a PIN: a group of theirs says so.
///
/// # Errors
/// [`StoreError`].
pub fn need_pins(tx: &ReadTx<'_, Accounts>, user: UserId) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM group_member m JOIN user_group g ON g.id = m.group_id
                WHERE m.user_id = ?1 AND g.profiles_need_pin = 1)";
    Ok(tx.transaction.query_row(sql, [user.as_bytes()], |row| row.get(0))?)
}

/// Says by whose eyes a session looks from now on; none: by its person's.
///
/// # Errors
/// [`StoreError`].
pub fn look_by(
    tx: &WriteTx<'_, Accounts>,
    session: SessionId,
    profile: Option<ProfileId>,
) -> Result<(), StoreError> {
    let sql = "UPDATE session SET profile_id = ?2 WHERE id = ?1";
    let profile = profile.map(|profile| *profile.as_bytes());
    tx.transaction.execute(sql, (session.as_bytes(), profile))?;
    Ok(())
}

fn profile_row(row: &Row<'_>) -> rusqlite::Result<Profile> {
    Ok(Profile {
        id: id(row, "id")?,
        name: row.get("name")?,
        pin_hash: row.get("pin_hash")?,
        misses: row.get("misses")?,
        limit: limit_row(row)?,
    })
}
