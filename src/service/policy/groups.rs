//! Groups: people who belong together.

use stead_rules::ids::{GroupId, LibraryId, UserId};
use stead_rules::limits::GROUPS_MAX;
use stead_rules::policy::{
    Action, CannotRequire, Guard, Permit, Role, Scope, Tend, may_remove_group,
};
use stead_rules::signin::Name;
use stead_rules::time::Now;
use stead_store::accounts::board;
use stead_store::accounts::groups::{self as rows, Group, With};
use stead_store::accounts::requirements::{self, About, Required};
use stead_store::accounts::{grace, identity};
use stead_store::{Accounts, ReadTx, StoreError};

use super::{PolicyError, note};
use crate::host::entropy::fresh;
use crate::service::core::{Core, CoreError, permitted};

/// A group with what hangs on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// The group.
    pub group: Group,
    /// How many are in it.
    pub members: usize,
    /// What is shared with it.
    pub libraries: Vec<LibraryId>,
    /// Whether something is required of it.
    pub is_required: bool,
}

/// Every group, by name. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn all(core: &Core, permit: &Permit) -> Result<Vec<Described>, CoreError> {
    permitted(permit, Action::Tend(Tend::Boards))?;
    Ok(core.store()?.accounts.read(|tx| {
        let (members, shares) = (rows::members(tx)?, rows::shares(tx)?);
        let required = requirements::all(tx)?;
        let describe = |group: Group| {
            let libraries = shares.iter().filter(|(_, with)| *with == With::Group(group.id));
            Described {
                members: members.iter().filter(|(id, _)| *id == group.id).count(),
                libraries: libraries.map(|(library, _)| *library).collect(),
                is_required: required.iter().flatten().any(|row| is_of(row, group.id) && row.is_on),
                group,
            }
        };
        Ok::<_, StoreError>(rows::all(tx)?.into_iter().map(describe).collect())
    })?)
}

fn is_of(row: &Required, group: GroupId) -> bool {
    row.about == About::Group(group)
}

/// Who is in a group, by name. Blocks.
///
/// # Errors
/// [`PolicyError`].
pub fn members(
    core: &Core,
    permit: &Permit,
    group: GroupId,
) -> Result<Vec<(UserId, String)>, PolicyError> {
    permitted(permit, Action::Tend(Tend::Boards))?;
    core.store()?.accounts.read(|tx| {
        found(tx, group)?;
        let mut members = Vec::new();
        for user in rows::members_of(tx, group)? {
            if let Some(user) = identity::user_by_id(tx, user)? {
                members.push((user.id, user.name));
            }
        }
        members.sort_by(|a, b| a.1.cmp(&b.1));
        Ok(members)
    })
}

fn found(tx: &ReadTx<'_, Accounts>, group: GroupId) -> Result<Group, PolicyError> {
    rows::one(tx, group)?.ok_or(PolicyError::NotFound)
}

/// Makes a group. Blocks.
///
/// # Errors
/// [`PolicyError`].
pub fn make(
    core: &Core,
    permit: &Permit,
    now: Now,
    name: &str,
    profiles_need_pin: bool,
) -> Result<GroupId, PolicyError> {
    permitted(permit, Action::Guard(Guard::Users))?;
    let name = Name::parse(name)?;
    let id = fresh(core.entropy.as_ref(), GroupId::from_bytes);
    let group = Group { id, name: name.as_str().to_owned(), profiles_need_pin };
    core.store()?.accounts.write(|tx| {
        if rows::all(tx)?.len() >= GROUPS_MAX {
            return Err(PolicyError::GroupsFull);
        }
        if !rows::add(tx, &group, &name.key(), now.wall)? {
            return Err(PolicyError::GroupNameTaken);
        }
        let detail = serde_json::json!({ "group": id.to_string(), "name": name.as_str() });
        Ok(note(tx, permit, now, "group.made", detail)?)
    })?;
    Ok(id)
}

/// Gives a group another name, and says anew whether profiles need a PIN. Blocks.
///
/// # Errors
/// [`PolicyError`].
pub fn change(
    core: &Core,
    permit: &Permit,
    now: Now,
    group: GroupId,
    name: &str,
    profiles_need_pin: bool,
) -> Result<(), PolicyError> {
    permitted(permit, Action::Guard(Guard::Users))?;
    let name = Name::parse(name)?;
    core.store()?.accounts.write(|tx| {
        found(tx, group)?;
        let changed = Group { id: group, name: name.as_str().to_owned(), profiles_need_pin };
        if !rows::change(tx, &changed, &name.key())? {
            return Err(PolicyError::GroupNameTaken);
        }
        let detail = serde_json::json!({
            "group": group.to_string(), "name": name.as_str(), "profiles_need_pin": profiles_need_pin,
        });
        Ok(note(tx, permit, now, "group.changed", detail)?)
    })
}

/// Puts somebody into a group, or takes them out. Who comes into one that something is required of
/// has its grace, unless they had some before. Blocks.
///
/// # Errors
/// [`PolicyError`].
pub fn set_member(
    core: &Core,
    permit: &Permit,
    now: Now,
    group: GroupId,
    user: UserId,
    belongs: bool,
) -> Result<(), PolicyError> {
    permitted(permit, Action::Guard(Guard::Users))?;
    core.store()?.accounts.write(|tx| {
        found(tx, group)?;
        if identity::user_by_id(tx, user)?.is_none() {
            return Err(PolicyError::NotFound);
        }
        if !rows::set_member(tx, group, user, belongs, now.wall)? {
            return Ok(());
        }
        let asked = requirements::all(tx)?.into_iter().flatten();
        for row in asked.filter(|row| belongs && row.is_on && is_of(row, group)) {
            // Nothing may keep the owner from switching it off again.
            let owner = board::one(tx, user)?.filter(|one| one.role == Role::Owner);
            if owner.is_some_and(|owner| owner.reach < row.level) {
                return Err(CannotRequire::OwnFactor.into());
            }
            if grace::of(tx, &core.run, user, row.id)?.is_none() {
                grace::grant(tx, &core.run, user, row.id, row.grace_seconds, now)?;
            }
        }
        let kind = if belongs { "group.joined" } else { "group.left" };
        let detail = serde_json::json!({ "group": group.to_string(), "user": user.to_string() });
        Ok(note(tx, permit, now, kind, detail)?)
    })?;
    // Who left sees less, and who came may be asked for more.
    core.session_ended.send_replace(());
    Ok(())
}

/// Removes a group with its shares; people stay. Blocks.
///
/// # Errors
/// [`PolicyError`]; while something is required of it.
pub fn remove(core: &Core, permit: &Permit, now: Now, group: GroupId) -> Result<(), PolicyError> {
    permitted(permit, Action::Guard(Guard::Users))?;
    core.store()?.accounts.write(|tx| {
        let Group { name, .. } = found(tx, group)?;
        let all = requirements::all(tx)?;
        let of_it: Vec<_> = all.iter().flatten().filter(|row| is_of(row, group)).collect();
        let on: Vec<_> = of_it.iter().filter(|row| row.is_on).map(|_| Scope::Group).collect();
        may_remove_group(&on)?;
        for row in of_it {
            requirements::remove(tx, row.id)?;
        }
        rows::remove(tx, group)?;
        let detail = serde_json::json!({ "group": group.to_string(), "name": name });
        Ok::<_, PolicyError>(note(tx, permit, now, "group.removed", detail)?)
    })?;
    core.session_ended.send_replace(());
    Ok(())
}
