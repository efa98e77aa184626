//! Who uses this server, for its owner: to see them, to end what was opened for them, to keep
//! them out and let them in again.

use stead_rules::ids::UserId;
use stead_rules::policy::{Action, Guard, Permit, Role, Tend};
use stead_rules::signin::NoticeKind;
use stead_rules::time::Now;
use stead_store::accounts::people::{self, Person};
use stead_store::accounts::profiles::{self, Profile};
use stead_store::accounts::{alone, audit, sessions, way_back};
use stead_store::{Accounts, Failure, StoreError, WriteTx};

use super::chain;
use super::core::{Core, CoreError, permitted};
use super::notices;
use super::policy::log;

/// Somebody could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// There is nobody with this id.
    #[error("there is no such user")]
    NotFound,
    /// It is the owner, who must always get in.
    #[error("the owner cannot be shut out")]
    Owner,
    /// The core refused.
    #[error(transparent)]
    Core(#[from] CoreError),
}

impl Failure for PeopleError {
    fn into_store(self) -> Result<StoreError, Self> {
        let Self::Core(error) = self else { return Err(self) };
        error.into_store().map_err(Self::Core)
    }
}

impl From<StoreError> for PeopleError {
    fn from(error: StoreError) -> Self {
        Self::Core(error.into())
    }
}

/// Everybody, by name. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn list(core: &Core, permit: &Permit) -> Result<Vec<Household>, CoreError> {
    permitted(permit, Action::Tend(Tend::Boards))?;
    let (people, mut all) = core
        .store()?
        .accounts
        .read(|tx| Ok::<_, StoreError>((people::all(tx)?, profiles::all(tx)?)))?;
    let households = people.into_iter().map(|person| {
        let profiles =
            all.extract_if(.., |one| one.user == person.user.id).map(|one| one.profile).collect();
        Household { person, profiles }
    });
    Ok(households.collect())
}

/// Somebody, with the profiles of their household.
#[derive(Debug)]
pub struct Household {
    /// Who.
    pub person: Person,
    /// By name.
    pub profiles: Vec<Profile>,
}

/// Ends every session of somebody. Blocks.
///
/// # Errors
/// [`PeopleError`].
pub fn sign_out(core: &Core, permit: &Permit, now: Now, user: UserId) -> Result<(), PeopleError> {
    permitted(permit, Action::Guard(Guard::Users))?;
    core.store()?.accounts.write(|tx| {
        let person = somebody(tx, user)?;
        people::sign_out_everywhere(tx, person.user.id)?;
        let detail = serde_json::json!({ "user": user.to_string(), "by": by(permit) });
        Ok::<_, PeopleError>(audit::append(tx, now, "people.signed_out", &detail.to_string())?)
    })?;
    // What flows for them looks again at once.
    core.session_ended.send_replace(());
    Ok(())
}

/// Keeps somebody out, or lets them in again. What was opened for them ends, and so do links and
/// codes that wait: who is let in again signs in anew. Blocks.
///
/// # Errors
/// [`PeopleError`].
pub fn switch(
    core: &Core,
    permit: &Permit,
    now: Now,
    user: UserId,
    enabled: bool,
) -> Result<(), PeopleError> {
    permitted(permit, Action::Guard(Guard::Users))?;
    core.store()?.accounts.write(|tx| {
        somebody(tx, user)?;
        people::set_enabled(tx, user, enabled)?;
        people::sign_out_everywhere(tx, user)?;
        way_back::remove_all(tx, user)?;
        let kind = if enabled { "people.switched_on" } else { "people.switched_off" };
        let detail = serde_json::json!({ "user": user.to_string(), "by": by(permit) });
        Ok::<_, PeopleError>(audit::append(tx, now, kind, &detail.to_string())?)
    })?;
    core.session_ended.send_replace(());
    Ok(())
}

/// Makes somebody an administrator, or a member again. Browsers that were signed in for the old role
/// sign in anew; televisions and apps play on, for they never administer. Blocks.
///
/// # Errors
/// [`PeopleError`].
pub fn set_role(
    core: &Core,
    permit: &Permit,
    now: Now,
    user: UserId,
    role: Role,
) -> Result<(), PeopleError> {
    permitted(permit, Action::Guard(Guard::Users))?;
    if role == Role::Owner {
        return Err(PeopleError::Owner);
    }
    core.store()?.accounts.write(|tx| {
        let person = somebody(tx, user)?;
        if person.user.role == role {
            return Ok(());
        }
        people::set_role(tx, user, role)?;
        sessions::end_in_browsers(tx, user)?;
        notices::tell(tx, core, now, user, None, NoticeKind::RoleChanged, role.word())?;
        let detail = serde_json::json!({
            "user": user.to_string(), "role": role.word(), "by": by(permit),
        });
        Ok::<_, PeopleError>(audit::append(tx, now, "people.role", &detail.to_string())?)
    })?;
    core.session_ended.send_replace(());
    Ok(())
}

/// Removes somebody, with their account here and all that was opened for them. What they did stays
/// in the log. Blocks.
///
/// # Errors
/// [`PeopleError`].
pub fn remove(core: &Core, permit: &Permit, now: Now, user: UserId) -> Result<(), PeopleError> {
    permitted(permit, Action::Guard(Guard::Users))?;
    if let Err(error) = log::flush(core, now) {
        // The end of somebody does not wait for the log of what they were refused.
        tracing::warn!(error = %chain(&error), "what was counted just now may not be in the log");
    }
    core.store()?.accounts.write(|tx| {
        let person = somebody(tx, user)?;
        log::tell_of(tx, now, user)?;
        alone::remove(tx, person.user.account)?;
        let detail = serde_json::json!({
            "user": user.to_string(), "name": person.user.name, "by": by(permit),
        });
        Ok::<_, PeopleError>(audit::append(tx, now, "people.removed", &detail.to_string())?)
    })?;
    core.session_ended.send_replace(());
    Ok(())
}

/// Somebody who is not the owner.
fn somebody(tx: &WriteTx<'_, Accounts>, user: UserId) -> Result<Person, PeopleError> {
    let person = people::one(tx, user)?.ok_or(PeopleError::NotFound)?;
    match person.user.role {
        Role::Owner => Err(PeopleError::Owner),
        Role::Administrator | Role::Member => Ok(person),
    }
}

/// Whose doing it is, for the audit.
pub(super) fn by(permit: &Permit) -> String {
    permit.user().map(|user| user.to_string()).unwrap_or_default()
}
