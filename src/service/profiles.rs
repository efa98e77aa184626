//! Household profiles: whom a session looks by. Each has a name, perhaps a PIN, and what it watched.
//!
//! ```text
//! the person's session ──enter (PIN)──▶ a profile: plays, and nothing else
//!                      ◀──leave (own PIN)──
//! ```
//!
//! A profile has no assurance of its own: its person's device is judged, and the PIN comes on top. A
//! wrong PIN is counted before it is looked at, so that a hundred at the same moment are a hundred.

use std::sync::Arc;

use stead_rules::claim::Peer;
use stead_rules::ids::{ProfileId, UserId};
use stead_rules::policy::{Action, Guard, Own, Permit};
use stead_rules::signin::{
    BadName, BadPin, CannotEnter, Name, NoticeKind, Password, Pin, PinDoor, TooManyProfiles, Way,
    may_add_profile, way_through,
};
use stead_rules::time::Now;
use stead_store::accounts::profiles::{self as rows, Profile};
use stead_store::accounts::sessions::SessionFacts;
use stead_store::accounts::{audit, people};
use stead_store::{Accounts, Failure, ReadTx, StoreError, WriteTx};

use super::core::{Core, CoreError, permitted};
use super::notices;
use super::passwords::HashError;
use super::people::by;
use crate::host::entropy::{bytes, fresh};

/// Something about a profile was refused.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// There is none with this id.
    #[error("there is no such profile")]
    NotFound,
    /// Another one is called so.
    #[error("the name is taken")]
    NameTaken,
    /// The name cannot be used.
    #[error("the name cannot be used")]
    Name(#[from] BadName),
    /// It is no PIN.
    #[error(transparent)]
    Pin(#[from] BadPin),
    /// There are enough.
    #[error(transparent)]
    TooMany(#[from] TooManyProfiles),
    /// The owner wants a PIN for each.
    #[error("the owner wants a PIN for each profile")]
    PinNeeded,
    /// The rules refuse it.
    #[error(transparent)]
    Cannot(#[from] CannotEnter),
    /// None, or a wrong one, was typed where one is asked for.
    #[error("the PIN is wrong; {left} tries are left")]
    PinWrong {
        /// How many more.
        left: u32,
    },
    /// Too many hashes at once.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The core refused.
    #[error(transparent)]
    Core(#[from] CoreError),
}

impl Failure for ProfileError {
    fn into_store(self) -> Result<StoreError, Self> {
        let Self::Core(error) = self else { return Err(self) };
        error.into_store().map_err(Self::Core)
    }
}

impl From<StoreError> for ProfileError {
    fn from(error: StoreError) -> Self {
        Self::Core(error.into())
    }
}

/// The profiles of a household, as its people see them.
#[derive(Debug)]
pub struct Household {
    /// By name.
    pub profiles: Vec<Profile>,
    /// The one that the session looks by.
    pub current: Option<ProfileId>,
    /// Whether a PIN is asked for to come back to the person.
    pub has_own_pin: bool,
    /// Whether the owner wants a PIN for each.
    pub pins_needed: bool,
}

/// What is chosen for a profile.
#[derive(Debug, Clone, Default)]
pub struct Chosen {
    /// What it is called.
    pub name: Option<String>,
    /// Its PIN; the inner none takes it away.
    pub pin: Option<Option<Pin>>,
}

/// The profiles of whoever asks. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn list(core: &Core, permit: &Permit, facts: &SessionFacts) -> Result<Household, CoreError> {
    permitted(permit, Action::OwnAccount(Own::Profiles))?;
    let user = facts.user.id;
    Ok(core.store()?.accounts.read(|tx| {
        Ok::<_, StoreError>(Household {
            profiles: rows::of_user(tx, user)?,
            current: facts.profile,
            has_own_pin: rows::own_pin(tx, user)?.is_some(),
            pins_needed: rows::need_pins(tx, user)?,
        })
    })?)
}

/// Where a session stands among the profiles of its household.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The profile that it looks by, with its name.
    pub current: Option<(ProfileId, String)>,
    /// Whether there are any to choose from.
    pub has_profiles: bool,
}

/// Where the session that asks stands. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn place(core: &Core, permit: &Permit, facts: &SessionFacts) -> Result<Place, CoreError> {
    permitted(permit, Action::OwnAccount(Own::Read))?;
    let all = core.store()?.accounts.read(|tx| rows::of_user(tx, facts.user.id))?;
    let has_profiles = !all.is_empty();
    let current = all.into_iter().find(|profile| Some(profile.id) == facts.profile);
    Ok(Place { current: current.map(|profile| (profile.id, profile.name)), has_profiles })
}

/// Makes a profile.
///
/// # Errors
/// [`ProfileError`].
pub async fn add(
    core: &Arc<Core>,
    permit: &Permit,
    now: Now,
    peer: Peer,
    user: UserId,
    chosen: Chosen,
) -> Result<ProfileId, ProfileError> {
    permitted(permit, Action::OwnAccount(Own::Factors))?;
    let name = Name::parse(&chosen.name.unwrap_or_default())?;
    let pin_hash = hashed(core, peer, chosen.pin.flatten()).await?;
    let id = fresh(core.entropy.as_ref(), ProfileId::from_bytes);
    let profile = Profile { id, name: name.as_str().to_owned(), pin_hash, misses: 0, limit: None };
    core.blocking(move |core| {
        core.store()?.accounts.write(|tx| {
            may_add_profile(rows::of_user(tx, user)?.len())?;
            pin_if_needed(tx, user, profile.pin_hash.is_some())?;
            if !rows::add(tx, user, &profile, &name.key(), now.wall)? {
                return Err(ProfileError::NameTaken);
            }
            log(tx, now, "profile.made", user, id)
        })
    })
    .await?;
    Ok(id)
}

/// Gives a profile another name or PIN; with a PIN, wrong ones are forgotten.
///
/// # Errors
/// [`ProfileError`].
pub async fn change(
    core: &Arc<Core>,
    permit: &Permit,
    now: Now,
    peer: Peer,
    (user, profile): (UserId, ProfileId),
    chosen: Chosen,
) -> Result<(), ProfileError> {
    permitted(permit, Action::OwnAccount(Own::Factors))?;
    let name = chosen.name.as_deref().map(Name::parse).transpose()?;
    let pin = match chosen.pin {
        Some(pin) => Some(hashed(core, peer, pin).await?),
        None => None,
    };
    core.blocking(move |core| {
        core.store()?.accounts.write(|tx| {
            rows::one(tx, user, profile)?.ok_or(ProfileError::NotFound)?;
            if let Some(name) = &name
                && !rows::rename(tx, profile, name.as_str(), &name.key())?
            {
                return Err(ProfileError::NameTaken);
            }
            if let Some(hash) = &pin {
                pin_if_needed(tx, user, hash.is_some())?;
                rows::set_pin(tx, profile, hash.as_deref())?;
            }
            log(tx, now, "profile.changed", user, profile)
        })
    })
    .await
}

/// Removes a profile with what it watched; devices that look by it are signed out. Blocks.
///
/// # Errors
/// [`ProfileError`].
pub fn remove(
    core: &Core,
    permit: &Permit,
    now: Now,
    user: UserId,
    profile: ProfileId,
) -> Result<(), ProfileError> {
    permitted(permit, Action::OwnAccount(Own::Factors))?;
    core.store()?.accounts.write(|tx| {
        if !rows::remove(tx, user, profile)? {
            return Err(ProfileError::NotFound);
        }
        log(tx, now, "profile.removed", user, profile)
    })?;
    core.session_ended.send_replace(());
    Ok(())
}

/// Sets the PIN by which the person comes back from a profile, or takes it away.
///
/// # Errors
/// [`ProfileError`].
pub async fn set_own_pin(
    core: &Arc<Core>,
    permit: &Permit,
    peer: Peer,
    user: UserId,
    pin: Option<Pin>,
) -> Result<(), ProfileError> {
    permitted(permit, Action::OwnAccount(Own::Factors))?;
    let hash = hashed(core, peer, pin).await?;
    core.blocking(move |core| {
        core.store()?.accounts.write(|tx| {
            pin_if_needed(tx, user, hash.is_some())?;
            Ok(rows::set_own_pin(tx, user, hash.as_deref())?)
        })
    })
    .await
}

/// Looks by a profile from now on, in this session.
///
/// # Errors
/// [`ProfileError`].
pub async fn enter(
    core: &Arc<Core>,
    permit: &Permit,
    now: Now,
    peer: Peer,
    facts: SessionFacts,
    profile: ProfileId,
    pin: Option<Pin>,
) -> Result<(), ProfileError> {
    permitted(permit, Action::OwnAccount(Own::Profiles))?;
    let user = facts.user.id;
    let look = move |tx: &WriteTx<'_, Accounts>| {
        let found = rows::one(tx, user, profile)?.ok_or(ProfileError::NotFound)?;
        let needs_pin = rows::need_pins(tx, user)?;
        // Where each needs one, one without it would be the way back from all others.
        if needs_pin && rows::own_pin(tx, user)?.is_none() {
            return Err(CannotEnter::Missing.into());
        }
        let door = PinDoor { has_pin: found.pin_hash.is_some(), needs_pin, misses: found.misses };
        let way = way_through(door)?;
        if way == Way::ByPin {
            rows::set_misses(tx, profile, found.misses.saturating_add(1))?;
        }
        let Profile { name, pin_hash: hash, misses, .. } = found;
        Ok(Asked { way, hash, misses, name })
    };
    let right = move |tx: &WriteTx<'_, Accounts>| rows::set_misses(tx, profile, 0);
    go(core, now, peer, facts, Some(profile), pin, look, right).await
}

/// Looks by the person's own eyes again, in this session.
///
/// # Errors
/// [`ProfileError`].
pub async fn leave(
    core: &Arc<Core>,
    permit: &Permit,
    now: Now,
    peer: Peer,
    facts: SessionFacts,
    pin: Option<Pin>,
) -> Result<(), ProfileError> {
    permitted(permit, Action::OwnAccount(Own::Profiles))?;
    let user = facts.user.id;
    let (inside, name) = (facts.profile.is_some(), facts.user.name.clone());
    let look = move |tx: &WriteTx<'_, Accounts>| {
        let own = rows::own_pin(tx, user)?.filter(|_| inside);
        let misses = own.as_ref().map_or(0, |own| own.misses);
        // Whoever has no PIN where one is needed goes out by signing in anew.
        let needs_pin = inside && rows::need_pins(tx, user)?;
        let way = way_through(PinDoor { has_pin: own.is_some(), needs_pin, misses })?;
        if way == Way::ByPin {
            rows::set_own_misses(tx, user, misses.saturating_add(1))?;
        }
        Ok(Asked { way, hash: own.map(|own| own.pin_hash), misses, name: name.clone() })
    };
    let right = move |tx: &WriteTx<'_, Accounts>| rows::set_own_misses(tx, user, 0);
    go(core, now, peer, facts, None, pin, look, right).await
}

/// What a door asks for.
struct Asked {
    way: Way,
    hash: Option<String>,
    misses: u32,
    /// Whose door it is.
    name: String,
}

#[expect(clippy::too_many_arguments, reason = "the two doors differ in what they look at")]
async fn go(
    core: &Arc<Core>,
    now: Now,
    peer: Peer,
    facts: SessionFacts,
    to: Option<ProfileId>,
    pin: Option<Pin>,
    look: impl Fn(&WriteTx<'_, Accounts>) -> Result<Asked, ProfileError> + Send + 'static,
    right: impl Fn(&WriteTx<'_, Accounts>) -> Result<(), StoreError> + Send + 'static,
) -> Result<(), ProfileError> {
    let asked = core.blocking(move |core| core.store()?.accounts.write(&look)).await?;
    if asked.way == Way::ByPin {
        let left = stead_rules::limits::PIN_TRIES.saturating_sub(asked.misses.saturating_add(1));
        let right = match pin {
            Some(pin) => {
                core.hasher.verify(peer, Password::typed(pin.digits()), asked.hash).await?
            }
            None => false,
        };
        if !right {
            if left == 0 {
                core.blocking(move |core| tell_of_lock(core, now, &facts, &asked.name)).await?;
            }
            return Err(ProfileError::PinWrong { left });
        }
    }
    let session = facts.session.id;
    core.blocking(move |core| {
        core.store()?.accounts.write(|tx| {
            if asked.way == Way::ByPin {
                right(tx)?;
            }
            // It may have been removed meanwhile.
            if let Some(profile) = to {
                rows::one(tx, facts.user.id, profile)?.ok_or(ProfileError::NotFound)?;
            }
            Ok::<_, ProfileError>(rows::look_by(tx, session, to)?)
        })?;
        // What flows for this session looks again at once, by other eyes.
        core.session_ended.send_replace(());
        Ok(())
    })
    .await
}

/// Tells the person in all their sessions, and not in the one where it was typed: they may let it be
/// tried again, or take it back from whoever has the device.
fn tell_of_lock(
    core: &Core,
    now: Now,
    facts: &SessionFacts,
    name: &str,
) -> Result<(), ProfileError> {
    let (user, session) = (facts.user.id, facts.session.id);
    core.store()?.accounts.write(|tx| {
        notices::tell(tx, core, now, user, Some(session), NoticeKind::ProfileLocked, name)?;
        let detail = serde_json::json!({ "user": user.to_string(), "profile": name });
        Ok(audit::append(tx, now, "profile.locked", &detail.to_string())?)
    })
}

/// Lets a profile's PIN be tried again: what a parent approves. Blocks.
///
/// # Errors
/// [`ProfileError`].
pub fn allow(
    core: &Core,
    permit: &Permit,
    now: Now,
    user: UserId,
    profile: ProfileId,
) -> Result<(), ProfileError> {
    permitted(permit, Action::OwnAccount(Own::Factors))?;
    core.store()?.accounts.write(|tx| {
        rows::one(tx, user, profile)?.ok_or(ProfileError::NotFound)?;
        rows::set_misses(tx, profile, 0)?;
        log(tx, now, "profile.allowed", user, profile)
    })
}

/// Takes away the PIN by which somebody comes back to themselves, and forgets wrong PINs of their
/// household: for whoever forgot it. Blocks.
///
/// # Errors
/// [`ProfileError`].
pub fn reset(core: &Core, permit: &Permit, now: Now, user: UserId) -> Result<(), ProfileError> {
    permitted(permit, Action::Guard(Guard::Users))?;
    core.store()?.accounts.write(|tx| {
        people::one(tx, user)?.ok_or(ProfileError::NotFound)?;
        rows::set_own_pin(tx, user, None)?;
        for profile in rows::of_user(tx, user)? {
            rows::set_misses(tx, profile.id, 0)?;
        }
        let detail = serde_json::json!({ "user": user.to_string(), "by": by(permit) });
        Ok(audit::append(tx, now, "profile.pins_reset", &detail.to_string())?)
    })
}

fn pin_if_needed(
    tx: &ReadTx<'_, Accounts>,
    user: UserId,
    has_pin: bool,
) -> Result<(), ProfileError> {
    if !has_pin && rows::need_pins(tx, user)? { Err(ProfileError::PinNeeded) } else { Ok(()) }
}

async fn hashed(core: &Core, peer: Peer, pin: Option<Pin>) -> Result<Option<String>, HashError> {
    let Some(pin) = pin else { return Ok(None) };
    let salt = bytes(core.entropy.as_ref());
    Ok(Some(core.hasher.hash(peer, Password::typed(pin.digits()), salt).await?))
}

fn log(
    tx: &WriteTx<'_, Accounts>,
    now: Now,
    what: &str,
    user: UserId,
    profile: ProfileId,
) -> Result<(), ProfileError> {
    let detail = serde_json::json!({ "user": user.to_string(), "profile": profile.to_string() });
    Ok(audit::append(tx, now, what, &detail.to_string())?)
}
