//! Who sees a library: single people, and everybody in a group. Who administers sees all of them, and
//! is shared with all the same: what was shared stays when the role goes.

use stead_rules::ids::{GroupId, LibraryId, UserId};
use stead_rules::policy::{Action, Guard, Permit, Role, Tend};
use stead_rules::time::Now;
use stead_store::accounts::groups::{self, With};
use stead_store::accounts::{audit, people};

use super::core::{Core, permitted};
use super::libraries::{LibraryError, seen};
use super::people::by;

/// With whom a library is shared, and with whom it could be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shares {
    /// Everybody, by name.
    pub users: Vec<UserShare>,
    /// Every group, by name.
    pub groups: Vec<GroupShare>,
}

/// Somebody, and whether they see the library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserShare {
    /// Who.
    pub id: UserId,
    /// What they are called.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Whether it is shared with them by name.
    pub shared: bool,
    /// Whether they see it by a group, too.
    pub by_group: bool,
}

/// A group, and whether those in it see the library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupShare {
    /// Which.
    pub id: GroupId,
    /// What it is called.
    pub name: String,
    /// How many belong to it.
    pub members: usize,
    /// Whether it is shared with them.
    pub shared: bool,
}

/// With whom a library is shared, and with whom it could be. Blocks.
///
/// # Errors
/// [`LibraryError`].
pub fn list(core: &Core, permit: &Permit, library: LibraryId) -> Result<Shares, LibraryError> {
    permitted(permit, Action::Tend(Tend::Boards))?;
    seen(core, permit, library)?;
    core.store()?.accounts.read(|tx| {
        let shared = groups::shares_of(tx, library)?;
        let members = groups::members(tx)?;
        let by_group = |user| {
            let of_user = members.iter().filter(|(_, member)| *member == user);
            of_user.into_iter().any(|(group, _)| shared.contains(&With::Group(*group)))
        };
        let users = people::all(tx)?.into_iter().map(|person| UserShare {
            id: person.user.id,
            shared: shared.contains(&With::User(person.user.id)),
            by_group: by_group(person.user.id),
            role: person.user.role,
            name: person.user.name,
        });
        let groups = groups::all(tx)?.into_iter().map(|group| GroupShare {
            id: group.id,
            shared: shared.contains(&With::Group(group.id)),
            members: members.iter().filter(|(of, _)| *of == group.id).count(),
            name: group.name,
        });
        Ok(Shares { users: users.collect(), groups: groups.collect() })
    })
}

/// Shares a library, or ends that. What flows for whoever sees it no longer ends at once. Blocks.
///
/// # Errors
/// [`LibraryError`].
pub fn change(
    core: &Core,
    permit: &Permit,
    now: Now,
    library: LibraryId,
    with: With,
    shared: bool,
) -> Result<(), LibraryError> {
    permitted(permit, Action::Guard(Guard::Shares))?;
    seen(core, permit, library)?;
    let (kind, whom) = match with {
        With::User(user) => ("user", user.to_string()),
        With::Group(group) => ("group", group.to_string()),
    };
    let detail =
        serde_json::json!({ "library": library.to_string(), kind: whom, "by": by(permit) });
    core.store()?.accounts.write(|tx| {
        let is_there = match with {
            With::User(user) => people::one(tx, user)?.is_some(),
            With::Group(group) => groups::one(tx, group)?.is_some(),
        };
        if !is_there {
            return Err(LibraryError::NotFound);
        }
        if groups::set_share(tx, library, with, shared, now.wall)? {
            let told = if shared { "share.given" } else { "share.ended" };
            audit::append(tx, now, told, &detail.to_string())?;
        }
        Ok(())
    })?;
    core.session_ended.send_replace(());
    Ok(())
}
