//! Inviting people: a link that is good once, bound to a name, with what its person will see here.
//!
//! ```text
//! the owner's act ──▶ link (the secret in its fragment) ──▶ look: who invites, what is asked
//!                                                       └──▶ join: account, shares, groups, session
//! ```
//!
//! A link holds 128 bit, so nobody guesses it and nothing slows it down; what is kept is its hash.

use stead_rules::claim::LinkSecret;
use stead_rules::ids::{GroupId, InvitationId, LibraryId};
use stead_rules::limits::INVITATION_DAYS;
use stead_rules::policy::{Action, Allowance, Guard, Permit, Role, Tend};
use stead_rules::signin::{Assurance, BadName, CannotInvite, Name, asked_of_new, may_invite};
use stead_rules::time::Now;
use stead_store::accounts::invitations::{self as rows, Invitation};
use stead_store::accounts::requirements::{self, About};
use stead_store::accounts::{audit, groups, identity, libraries};
use stead_store::{Accounts, Failure, ReadTx, StoreError};
use zeroize::Zeroizing;

use super::core::{Core, CoreError, permitted};
use super::people::by;
use super::sha256;
use crate::host::entropy::{bytes, fresh};

/// Nobody was invited.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// There is no such invitation, library or group.
    #[error("there is no such thing")]
    NotFound,
    /// Somebody has this name, or is invited by it.
    #[error("the name is taken")]
    NameTaken,
    /// The name cannot be used.
    #[error("the name cannot be used")]
    Name(#[from] BadName),
    /// The rules refuse it.
    #[error(transparent)]
    Cannot(#[from] CannotInvite),
    /// The core refused.
    #[error(transparent)]
    Core(#[from] CoreError),
}

impl Failure for InviteError {
    fn into_store(self) -> Result<StoreError, Self> {
        let Self::Core(error) = self else { return Err(self) };
        error.into_store().map_err(Self::Core)
    }
}

impl From<StoreError> for InviteError {
    fn from(error: StoreError) -> Self {
        Self::Core(error.into())
    }
}

/// Whom the owner invites.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// By which name they will sign in.
    pub name: String,
    /// What they will be here.
    pub role: Role,
    /// For how many days; none is the usual time.
    pub days: Option<i64>,
    /// What they will see.
    pub libraries: Vec<LibraryId>,
    /// Whom they will belong to.
    pub groups: Vec<GroupId>,
}

/// Where links lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaches {
    /// To an address that is known outside of the home network.
    PublicUrl,
    /// Into the home network only.
    Home,
}

/// A link to hand over.
pub struct Made {
    /// Which invitation.
    pub id: InvitationId,
    /// The same page by each address, the best first, each with a slash at its end.
    pub urls: Vec<String>,
    /// Where they work.
    pub reaches: Reaches,
    /// What stands behind their `#s=`.
    pub secret: Zeroizing<String>,
    /// How long it is good for.
    pub seconds: u64,
}

/// Where links of this server lead to: what its owner is told before one is sent.
#[must_use]
pub fn reaches(core: &Core) -> Reaches {
    match core.config.net.public_url {
        Some(_) => Reaches::PublicUrl,
        None => Reaches::Home,
    }
}

/// Invites somebody. Blocks.
///
/// # Errors
/// [`InviteError`].
pub fn make(core: &Core, permit: &Permit, now: Now, wish: Wish) -> Result<Made, InviteError> {
    permitted(permit, Action::Guard(Guard::Users))?;
    let name = Name::parse(&wish.name)?;
    let days = wish.days.unwrap_or(i64::from(INVITATION_DAYS));
    let seconds = u64::try_from(days).unwrap_or(0).saturating_mul(24 * 3600);
    let entropy = core.entropy.as_ref();
    let secret = Zeroizing::new(LinkSecret::from_random(bytes(entropy)).expose());
    let mut invitation = Invitation {
        id: fresh(entropy, InvitationId::from_bytes),
        secret_hash: sha256(secret.as_bytes()),
        name: name.as_str().to_owned(),
        login: name.key(),
        role: wish.role,
        created: now.wall,
        allowance: Allowance::granted(seconds, now),
        libraries: wish.libraries,
        groups: wish.groups,
    };
    invitation.libraries.sort_unstable();
    invitation.libraries.dedup();
    invitation.groups.sort_unstable();
    invitation.groups.dedup();
    core.store()?.accounts.write(|tx| {
        forget_over(tx, core, now)?;
        let waiting = rows::all(tx, &core.run)?;
        may_invite(wish.role, days, u32::try_from(waiting.len()).unwrap_or(u32::MAX))?;
        is_free(tx, &waiting, &invitation.login)?;
        everything_is_there(tx, &invitation)?;
        rows::add(tx, &core.run, &invitation, now)?;
        let detail = told(&invitation, permit);
        Ok::<_, InviteError>(audit::append(tx, now, "invitation.made", &detail)?)
    })?;
    let (id, urls, reaches) = (invitation.id, core.link_bases(), reaches(core));
    Ok(Made { id, urls, reaches, secret, seconds })
}

fn told(invitation: &Invitation, permit: &Permit) -> String {
    let ids = |ids: Vec<String>| ids.join(" ");
    serde_json::json!({
        "invitation": invitation.id.to_string(),
        "name": invitation.name,
        "role": invitation.role.word(),
        "libraries": ids(invitation.libraries.iter().map(ToString::to_string).collect()),
        "groups": ids(invitation.groups.iter().map(ToString::to_string).collect()),
        "by": by(permit),
    })
    .to_string()
}

/// Invitations that are over make room for others of the same name.
fn forget_over(
    tx: &stead_store::WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
) -> Result<(), StoreError> {
    for old in rows::all(tx, &core.run)?.iter().filter(|one| !one.allowance.is_live(now)) {
        rows::take(tx, old.id)?;
    }
    Ok(())
}

fn is_free(
    tx: &ReadTx<'_, Accounts>,
    waiting: &[Invitation],
    login: &str,
) -> Result<(), InviteError> {
    let invited = waiting.iter().any(|one| one.login == login);
    if invited || identity::account_by_login(tx, login)?.is_some() {
        return Err(InviteError::NameTaken);
    }
    Ok(())
}

fn everything_is_there(
    tx: &ReadTx<'_, Accounts>,
    invitation: &Invitation,
) -> Result<(), InviteError> {
    let known: Vec<LibraryId> = libraries::all(tx)?.into_iter().map(|one| one.id).collect();
    if !invitation.libraries.iter().all(|one| known.contains(one)) {
        return Err(InviteError::NotFound);
    }
    for group in &invitation.groups {
        groups::one(tx, *group)?.ok_or(InviteError::NotFound)?;
    }
    Ok(())
}

/// Who is invited and has not come yet, the newest first; also those whose link is over. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn list(core: &Core, permit: &Permit) -> Result<Vec<Invitation>, CoreError> {
    permitted(permit, Action::Tend(Tend::Boards))?;
    Ok(core.store()?.accounts.read(|tx| rows::all(tx, &core.run))?)
}

/// Takes an invitation back. Blocks.
///
/// # Errors
/// [`InviteError`].
pub fn revoke(
    core: &Core,
    permit: &Permit,
    now: Now,
    invitation: InvitationId,
) -> Result<(), InviteError> {
    permitted(permit, Action::Guard(Guard::Users))?;
    core.store()?.accounts.write(|tx| {
        if !rows::take(tx, invitation)? {
            return Err(InviteError::NotFound);
        }
        let detail = serde_json::json!({
            "invitation": invitation.to_string(), "by": by(permit),
        });
        Ok(audit::append(tx, now, "invitation.revoked", &detail.to_string())?)
    })
}

/// Keeps what is used up of invitations by now. Blocks.
///
/// # Errors
/// [`CoreError`].
pub(crate) fn keep(core: &Core, now: Now) -> Result<(), CoreError> {
    let accounts = &core.store()?.accounts;
    if accounts.read(|tx| rows::all(tx, &core.run))?.is_empty() {
        return Ok(());
    }
    Ok(accounts.note(|tx| rows::keep_all(tx, &core.run, now))?)
}

/// The level of the second factor that whoever comes in by this is asked for. What cannot be read
/// asks for one.
pub(super) fn asked(
    tx: &ReadTx<'_, Accounts>,
    invitation: &Invitation,
) -> Result<Option<Assurance>, StoreError> {
    let shared = groups::shares(tx)?;
    let by_group = |library| {
        let with = |group: &GroupId| shared.contains(&(library, groups::With::Group(*group)));
        invitation.groups.iter().any(with)
    };
    let concerns = |about| match about {
        About::Server => true,
        About::Group(group) => invitation.groups.contains(&group),
        About::Library(library) => invitation.libraries.contains(&library) || by_group(library),
    };
    let levels = requirements::all(tx)?.into_iter().filter_map(|row| match row {
        Ok(row) => (row.is_on && concerns(row.about)).then_some(row.level),
        Err(_) => Some(Assurance::Mfa),
    });
    Ok(asked_of_new(invitation.role, levels))
}
