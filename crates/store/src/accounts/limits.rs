//! Up to which age somebody sees titles: of people, and of their household's profiles.

use rusqlite::{OptionalExtension, Row};
use stead_rules::ids::{ProfileId, UserId};
use stead_rules::media::{Age, AgeLimit};

use crate::columns::age;
use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// Sets somebody's limit, or takes it away.
///
/// # Errors
/// [`StoreError`].
pub fn set_of_user(
    tx: &WriteTx<'_, Accounts>,
    user: UserId,
    limit: Option<AgeLimit>,
) -> Result<(), StoreError> {
    let sql = "UPDATE user SET max_age = ?2, hides_unrated = ?3 WHERE id = ?1";
    let (max_age, hides_unrated) = columns(limit);
    tx.transaction.execute(sql, (user.as_bytes(), max_age, hides_unrated))?;
    Ok(())
}

/// Sets a profile's limit, or takes it away. False when there is no such profile; only one of `user`
/// is meant, if that is given.
///
/// # Errors
/// [`StoreError`].
pub fn set_of_profile(
    tx: &WriteTx<'_, Accounts>,
    user: Option<UserId>,
    profile: ProfileId,
    limit: Option<AgeLimit>,
) -> Result<bool, StoreError> {
    let sql = "UPDATE profile SET max_age = ?3, hides_unrated = ?4
                WHERE id = ?1 AND (?2 IS NULL OR user_id = ?2)";
    let user = user.map(|user| *user.as_bytes());
    let (max_age, hides_unrated) = columns(limit);
    Ok(tx.transaction.execute(sql, (profile.as_bytes(), user, max_age, hides_unrated))? == 1)
}

/// Whether whoever looks is limited in any library that they see, be they a person or a profile.
///
/// # Errors
/// [`StoreError`].
pub fn is_limited(tx: &ReadTx<'_, Accounts>, viewer: UserId) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM visible_library WHERE user_id = ?1 AND max_age IS NOT NULL LIMIT 1";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    Ok(statement.query_row([viewer.as_bytes()], |_| Ok(())).optional()?.is_some())
}

fn columns(limit: Option<AgeLimit>) -> (Option<u8>, bool) {
    let hides_unrated = limit.is_none_or(|limit| limit.hides_unrated);
    (limit.map(|limit| limit.up_to.get()), hides_unrated)
}

/// Reads the limit in a row of a person or a profile.
pub(super) fn limit_row(row: &Row<'_>) -> rusqlite::Result<Option<AgeLimit>> {
    let up_to: Option<Age> = age(row, "max_age")?;
    let hides_unrated = row.get("hides_unrated")?;
    Ok(up_to.map(|up_to| AgeLimit { up_to, hides_unrated }))
}
