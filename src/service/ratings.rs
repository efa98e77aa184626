//! Age ratings: for whom a title is, and up to which age somebody sees titles.
//!
//! ```text
//! owner, administrator ──limit──▶ a member, anybody's profile
//! anybody              ──limit──▶ a profile of their own household
//! who tends            ──rates──▶ a title, a season, a series
//! ```
//!
//! What follows from it is the visibility predicate's business, in the store. A stream that runs is
//! looked at again at once.

use stead_rules::ids::{ItemId, ProfileId, UserId};
use stead_rules::media::{Age, AgeLimit};
use stead_rules::policy::{Action, Guard, Own, Permit, Role, Tend};
use stead_rules::time::Now;
use stead_store::accounts::{audit, limits, people, ratings};
use stead_store::library::{detail, ratings as rows};
use stead_store::{Accounts, Failure, StoreError, WriteTx};

use super::core::{Core, CoreError, permitted};
use super::people::by;

/// A rating or a limit was refused.
#[derive(Debug, thiserror::Error)]
pub enum RatingError {
    /// There is no such item, person or profile.
    #[error("there is no such thing")]
    NotFound,
    /// Who tends the server sees everything in it.
    #[error("who tends the server has no limit")]
    Tends,
    /// The core refused.
    #[error(transparent)]
    Core(#[from] CoreError),
}

impl Failure for RatingError {
    fn into_store(self) -> Result<StoreError, Self> {
        let Self::Core(error) = self else { return Err(self) };
        error.into_store().map_err(Self::Core)
    }
}

impl From<StoreError> for RatingError {
    fn from(error: StoreError) -> Self {
        Self::Core(error.into())
    }
}

/// Limits somebody, or lets them see everything that is shared with them. Blocks.
///
/// # Errors
/// [`RatingError`].
pub fn limit_person(
    core: &Core,
    permit: &Permit,
    now: Now,
    user: UserId,
    limit: Option<AgeLimit>,
) -> Result<(), RatingError> {
    permitted(permit, Action::Guard(Guard::Users))?;
    core.store()?.accounts.write(|tx| {
        let person = people::one(tx, user)?.ok_or(RatingError::NotFound)?;
        // One that is left from before they tended may be taken away.
        match person.user.role {
            Role::Owner | Role::Administrator if limit.is_some() => return Err(RatingError::Tends),
            Role::Owner | Role::Administrator | Role::Member => {}
        }
        limits::set_of_user(tx, user, limit)?;
        log(tx, permit, now, "people.limited", ("user", user.to_string()), limit)
    })?;
    core.session_ended.send_replace(());
    Ok(())
}

/// Limits a profile: one of the own household, or, for whoever guards the server, anybody's. Blocks.
///
/// # Errors
/// [`RatingError`].
pub fn limit_profile(
    core: &Core,
    permit: &Permit,
    now: Now,
    (whose, profile): (Whose, ProfileId),
    limit: Option<AgeLimit>,
) -> Result<(), RatingError> {
    let user = match whose {
        Whose::Own(user) => {
            permitted(permit, Action::OwnAccount(Own::Factors))?;
            Some(user)
        }
        Whose::Anybodys => {
            permitted(permit, Action::Guard(Guard::Users))?;
            None
        }
    };
    core.store()?.accounts.write(|tx| {
        if !limits::set_of_profile(tx, user, profile, limit)? {
            return Err(RatingError::NotFound);
        }
        log(tx, permit, now, "profile.limited", ("profile", profile.to_string()), limit)
    })?;
    core.session_ended.send_replace(());
    Ok(())
}

/// Whose profile is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// One of whoever asks.
    Own(UserId),
    /// Anybody's.
    Anybodys,
}

/// Says for whom an item and its parts are, or leaves it to what its files say. Blocks.
///
/// # Errors
/// [`RatingError`].
pub fn rate(
    core: &Core,
    permit: &Permit,
    now: Now,
    item: ItemId,
    age: Option<Age>,
) -> Result<(), RatingError> {
    permitted(permit, Action::Tend(Tend::Matches))?;
    let viewer = permit.viewer().ok_or(RatingError::NotFound)?;
    let store = core.store()?;
    let (library, marks) = store.library.read(|tx| {
        let library = detail::library_of(tx, viewer, item)?;
        Ok::<_, StoreError>((library, rows::marks_of(tx, item)?))
    })?;
    let library = library.ok_or(RatingError::NotFound)?;
    let detail = serde_json::json!({
        "library": library.to_string(), "item": item.to_string(), "age": age.map(Age::get),
        "by": by(permit),
    });
    // No transaction spans both: what is kept for long goes first.
    store.accounts.write(|tx| {
        ratings::keep(tx, library, &marks, age)?;
        audit::append(tx, now, "library.rated", &detail.to_string())
    })?;
    if !store.library.write(|tx| rows::decide(tx, item, age))? {
        return Err(RatingError::NotFound);
    }
    core.session_ended.send_replace(());
    Ok(())
}

fn log(
    tx: &WriteTx<'_, Accounts>,
    permit: &Permit,
    now: Now,
    kind: &str,
    (whom, id): (&str, String),
    limit: Option<AgeLimit>,
) -> Result<(), RatingError> {
    let detail = serde_json::json!({
        whom: id,
        "max_age": limit.map(|limit| limit.up_to.get()),
        "hide_unrated": limit.map(|limit| limit.hides_unrated),
        "by": by(permit),
    });
    Ok(audit::append(tx, now, kind, &detail.to_string())?)
}
