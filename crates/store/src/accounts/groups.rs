//! People who belong together, and what is shared with them.

use rusqlite::{OptionalExtension, Row};
use stead_rules::ids::{GroupId, LibraryId, UserId};
use stead_rules::time::WallMs;

use crate::columns::{id, maybe_id};
use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// People who belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Which.
    pub id: GroupId,
    /// What the owner calls them.
    pub name: String,
    /// Whether each household profile of theirs needs a PIN.
    pub profiles_need_pin: bool,
}

/// Keeps a group under its name as the rules compare names: false if that is taken.
///
/// # Errors
/// [`StoreError`].
pub fn add(
    tx: &WriteTx<'_, Accounts>,
    group: &Group,
    folded: &str,
    now: WallMs,
) -> Result<bool, StoreError> {
    let sql = "INSERT INTO user_group (id, name, folded, profiles_need_pin, created_ms)
               VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (folded) DO NOTHING";
    let Group { id, name, profiles_need_pin } = group;
    let values = (id.as_bytes(), name, folded, profiles_need_pin, now.0);
    Ok(tx.transaction.execute(sql, values)? == 1)
}

/// Gives a group another name, and says anew whether profiles need a PIN: false if the name is
/// taken or there is no such group.
///
/// # Errors
/// [`StoreError`].
pub fn change(tx: &WriteTx<'_, Accounts>, group: &Group, folded: &str) -> Result<bool, StoreError> {
    let sql = "UPDATE OR IGNORE user_group SET name = ?2, folded = ?3, profiles_need_pin = ?4
                WHERE id = ?1";
    let Group { id, name, profiles_need_pin } = group;
    let values = (id.as_bytes(), name, folded, profiles_need_pin);
    Ok(tx.transaction.execute(sql, values)? == 1)
}

/// Removes a group with its shares; people stay. False when there is none. What is required of it
/// has gone before: the rules ask for that.
///
/// # Errors
/// [`StoreError`].
pub fn remove(tx: &WriteTx<'_, Accounts>, group: GroupId) -> Result<bool, StoreError> {
    let sql = "DELETE FROM user_group WHERE id = ?1";
    Ok(tx.transaction.execute(sql, [group.as_bytes()])? == 1)
}

/// Every group, by name.
///
/// # Errors
/// [`StoreError`].
pub fn all(tx: &ReadTx<'_, Accounts>) -> Result<Vec<Group>, StoreError> {
    let sql = "SELECT id, name, profiles_need_pin FROM user_group ORDER BY folded";
    let mut statement = tx.transaction.prepare(sql)?;
    let rows = statement.query_map([], group_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// One group.
///
/// # Errors
/// [`StoreError`].
pub fn one(tx: &ReadTx<'_, Accounts>, group: GroupId) -> Result<Option<Group>, StoreError> {
    let sql = "SELECT id, name, profiles_need_pin FROM user_group WHERE id = ?1";
    Ok(tx.transaction.query_row(sql, [group.as_bytes()], group_row).optional()?)
}

/// Who belongs to which group: one pair for each.
///
/// # Errors
/// [`StoreError`].
pub fn members(tx: &ReadTx<'_, Accounts>) -> Result<Vec<(GroupId, UserId)>, StoreError> {
    let sql = "SELECT group_id, user_id FROM group_member ORDER BY group_id, user_id";
    let mut statement = tx.transaction.prepare(sql)?;
    let rows = statement.query_map([], |row| Ok((id(row, "group_id")?, id(row, "user_id")?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The groups somebody is in.
///
/// # Errors
/// [`StoreError`].
pub fn of(tx: &ReadTx<'_, Accounts>, user: UserId) -> Result<Vec<GroupId>, StoreError> {
    let sql = "SELECT group_id FROM group_member WHERE user_id = ?1 ORDER BY group_id";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let rows = statement.query_map([user.as_bytes()], |row| id(row, "group_id"))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Who belongs to this group.
///
/// # Errors
/// [`StoreError`].
pub fn members_of(tx: &ReadTx<'_, Accounts>, group: GroupId) -> Result<Vec<UserId>, StoreError> {
    let sql = "SELECT user_id FROM group_member WHERE group_id = ?1 ORDER BY user_id";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let rows = statement.query_map([group.as_bytes()], |row| id(row, "user_id"))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Puts somebody into a group, or takes them out. Whether that changed anything.
///
/// # Errors
/// [`StoreError`]; a group or user that is not there is one.
pub fn set_member(
    tx: &WriteTx<'_, Accounts>,
    group: GroupId,
    user: UserId,
    belongs: bool,
    now: WallMs,
) -> Result<bool, StoreError> {
    let (group, user) = (group.as_bytes(), user.as_bytes());
    let changed = if belongs {
        let sql = "INSERT INTO group_member (group_id, user_id, created_ms) VALUES (?1, ?2, ?3)
                   ON CONFLICT DO NOTHING";
        tx.transaction.execute(sql, (group, user, now.0))?
    } else {
        let sql = "DELETE FROM group_member WHERE group_id = ?1 AND user_id = ?2";
        tx.transaction.execute(sql, (group, user))?
    };
    Ok(changed == 1)
}

/// With whom a library is shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum With {
    /// One user.
    User(UserId),
    /// Everybody in a group.
    Group(GroupId),
}

/// Shares a library, or ends that. Whether that changed anything.
///
/// # Errors
/// [`StoreError`]; a library, group or user that is not there is one.
pub fn set_share(
    tx: &WriteTx<'_, Accounts>,
    library: LibraryId,
    with: With,
    shared: bool,
    now: WallMs,
) -> Result<bool, StoreError> {
    let (table, column, whose) = match &with {
        With::User(user) => ("share", "user_id", user.as_bytes()),
        With::Group(group) => ("group_share", "group_id", group.as_bytes()),
    };
    let library = library.as_bytes();
    let changed = if shared {
        let sql = format!(
            "INSERT INTO {table} (library_id, {column}, created_ms) VALUES (?1, ?2, ?3)
             ON CONFLICT DO NOTHING"
        );
        tx.transaction.execute(&sql, (library, whose, now.0))?
    } else {
        let sql = format!("DELETE FROM {table} WHERE library_id = ?1 AND {column} = ?2");
        tx.transaction.execute(&sql, (library, whose))?
    };
    Ok(changed == 1)
}

/// With whom a library is shared.
///
/// # Errors
/// [`StoreError`].
pub fn shares_of(tx: &ReadTx<'_, Accounts>, library: LibraryId) -> Result<Vec<With>, StoreError> {
    let sql = "SELECT user_id, NULL AS group_id FROM share WHERE library_id = ?1
               UNION ALL
               SELECT NULL, group_id FROM group_share WHERE library_id = ?1";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let rows = statement.query_map([library.as_bytes()], |row| {
        Ok(match maybe_id(row, "group_id")? {
            Some(group) => With::Group(group),
            None => With::User(id(row, "user_id")?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Every share.
///
/// # Errors
/// [`StoreError`].
pub fn shares(tx: &ReadTx<'_, Accounts>) -> Result<Vec<(LibraryId, With)>, StoreError> {
    let mut all = Vec::new();
    let mut statement = tx.transaction.prepare("SELECT library_id, user_id FROM share")?;
    for row in statement
        .query_map([], |row| Ok((id(row, "library_id")?, With::User(id(row, "user_id")?))))?
    {
        all.push(row?);
    }
    let mut statement = tx.transaction.prepare("SELECT library_id, group_id FROM group_share")?;
    for row in statement
        .query_map([], |row| Ok((id(row, "library_id")?, With::Group(id(row, "group_id")?))))?
    {
        all.push(row?);
    }
    Ok(all)
}

fn group_row(row: &Row<'_>) -> rusqlite::Result<Group> {
    Ok(Group {
        id: id(row, "id")?,
        name: row.get("name")?,
        profiles_need_pin: row.get("profiles_need_pin")?,
    })
}
