//! Coming in by an invitation: a look that uses nothing up, a second factor where one is asked for,
//! and then account, shares, groups and session in one transaction.

use std::sync::Arc;

use stead_rules::claim::State;
use stead_rules::ids::{AccountId, IssuerId, UserId};
use stead_rules::policy::{Action, ClientKind, Permit, Role};
use stead_rules::secret::SecretText;
use stead_rules::signin::{
    Assurance, Method, Methods, NoticeKind, RememberFor, Vouched, check_password,
    password_min_chars, stands_alone,
};
use stead_rules::time::Now;
use stead_store::accounts::groups::{self, With};
use stead_store::accounts::identity::{self, Account, User};
use stead_store::accounts::invitations::{self as rows, Invitation};
use stead_store::accounts::{alone, audit, claim, libraries, people, sessions as session_rows};
use stead_store::{Accounts, Failure, ReadTx, StoreError, WriteTx};
use zeroize::Zeroizing;

use super::core::{Core, CoreError, permitted};
use super::invitations::asked;
use super::judge;
use super::passwords::HashError;
use super::rescue::{
    Codes, Enrolment, NewFactor, Renewal, RescueError, confirmed, replace_factors,
};
use super::sessions::{self, NewSession};
use super::signin::{Asker, Opened};
use super::{notices, remembered, sha256, totp};
use crate::host::entropy::{bytes, fresh};

/// Nobody came in.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// The invitation was used, is too old, was taken back, or never was.
    #[error("this invitation is over")]
    Over,
    /// The server has no owner now, so nobody new comes in.
    #[error("the server has no owner now")]
    NoOwner,
    /// A second factor is asked for, and none was begun: it is asked for since they looked, or the
    /// server has started anew since.
    #[error("a second factor is asked for by now")]
    MoreIsAsked,
    /// Somebody else has the name by now.
    #[error("the name is taken")]
    NameTaken,
    /// The new password or authenticator will not do.
    #[error(transparent)]
    Renewal(#[from] RescueError),
    /// The core refused.
    #[error(transparent)]
    Core(#[from] CoreError),
}

impl Failure for JoinError {
    fn into_store(self) -> Result<StoreError, Self> {
        match self {
            Self::Core(error) => error.into_store().map_err(Self::Core),
            Self::Renewal(error) => error.into_store().map_err(Self::Renewal),
            other @ (Self::Over | Self::NoOwner | Self::MoreIsAsked | Self::NameTaken) => {
                Err(other)
            }
        }
    }
}

impl From<StoreError> for JoinError {
    fn from(error: StoreError) -> Self {
        Self::Core(error.into())
    }
}

impl From<HashError> for JoinError {
    fn from(error: HashError) -> Self {
        Self::Renewal(error.into())
    }
}

/// What an invitation says to whom it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Who runs the server.
    pub owner: String,
    /// What it is called.
    pub server: String,
    /// Whom it is for: what they will type to sign in.
    pub name: String,
    /// What they will be here.
    pub role: Role,
    /// What they will see, by name.
    pub libraries: Vec<String>,
    /// The second factor that is asked for here.
    pub asked: Option<Assurance>,
    /// How long it is still good for.
    pub seconds_left: u64,
}

/// Who has come in.
pub struct Joined {
    /// Their session.
    pub opened: Opened,
    /// Their recovery codes, if there is an authenticator.
    pub codes: Codes,
}

fn live(
    tx: &ReadTx<'_, Accounts>,
    core: &Core,
    now: Now,
    secret: &SecretText,
) -> Result<Invitation, JoinError> {
    let hash = sha256(secret.expose().as_bytes());
    rows::by_secret(tx, &core.run, &hash)?
        .filter(|invitation| invitation.allowance.is_live(now))
        .ok_or(JoinError::Over)
}

/// Only whom the owner knows comes in while the server has none.
fn owned(core: &Core, now: Now) -> Result<(), JoinError> {
    match judge::standing(core, now) {
        State::Claimed => Ok(()),
        State::Factory
        | State::Legacy
        | State::Offered
        | State::Pending(_)
        | State::Orphaned
        | State::Recovery
        | State::Locked(_) => Err(JoinError::NoOwner),
    }
}

/// Tells what an invitation is for; that uses nothing up. Blocks.
///
/// # Errors
/// [`JoinError::Over`] if it opens nothing.
pub fn look(
    core: &Core,
    permit: &Permit,
    now: Now,
    secret: &SecretText,
) -> Result<Look, JoinError> {
    permitted(permit, Action::SignIn)?;
    owned(core, now)?;
    core.store()?.accounts.read(|tx| {
        let invitation = live(tx, core, now, secret)?;
        let server = claim::server(tx)?.ok_or(StoreError::BadRow { what: "server" })?;
        let owner = people::owner(tx)?.map(|owner| owner.user.name);
        let asked = asked(tx, &invitation)?;
        Ok(Look {
            owner: owner.unwrap_or_default(),
            server: server.name,
            libraries: shown(tx, &invitation)?,
            asked,
            seconds_left: invitation.allowance.left_ms(now).div_ceil(1000),
            name: invitation.name,
            role: invitation.role,
        })
    })
}

fn shown(tx: &ReadTx<'_, Accounts>, invitation: &Invitation) -> Result<Vec<String>, StoreError> {
    let shared = groups::shares(tx)?;
    let sees = |library| {
        invitation.role.is_privileged()
            || invitation.libraries.contains(&library)
            || invitation
                .groups
                .iter()
                .any(|group| shared.contains(&(library, With::Group(*group))))
    };
    let mut names: Vec<_> =
        libraries::all(tx)?.into_iter().filter(|one| sees(one.id)).map(|one| one.name).collect();
    names.sort();
    Ok(names)
}

/// The authenticator of an invitation: made at the first look, the same at the next. Blocks.
///
/// # Errors
/// [`JoinError::Over`] if the invitation opens nothing.
pub fn enrol(
    core: &Core,
    permit: &Permit,
    now: Now,
    secret: &SecretText,
) -> Result<Enrolment, JoinError> {
    permitted(permit, Action::SignIn)?;
    let invitation = core.store()?.accounts.read(|tx| live(tx, core, now, secret))?;
    let mut desk = core.rescue_desk();
    let known = desk.enrolled(&invitation.secret_hash);
    let factor = known.unwrap_or_else(|| totp::new_secret(core.entropy.as_ref()));
    desk.enrol(invitation.secret_hash, factor.clone());
    Ok(Enrolment::of(&factor, &invitation.name))
}

/// Makes the account that an invitation is for, and signs its person in.
///
/// # Errors
/// [`JoinError`]; nothing is made or used up then.
pub async fn join(
    core: &Arc<Core>,
    permit: &Permit,
    now: Now,
    asker: Asker,
    secret: SecretText,
    chosen: Renewal,
) -> Result<Joined, JoinError> {
    permitted(permit, Action::SignIn)?;
    let (look_secret, password) = (secret.clone(), chosen.password.clone());
    // Whoever has no invitation costs no hash.
    let factor = core.blocking(move |core| checked(core, now, &look_secret, &chosen)).await?;
    let alone = stands_alone(&password);
    let hash = core.hasher.hash(asker.peer, password, bytes(core.entropy.as_ref())).await?;
    let hash = Zeroizing::new(hash);
    core.blocking(move |core| make(core, now, &asker, &secret, factor.as_ref(), (&hash, alone)))
        .await
}

/// Whether what was chosen will do; the new authenticator, if there is one.
fn checked(
    core: &Core,
    now: Now,
    secret: &SecretText,
    chosen: &Renewal,
) -> Result<Option<NewFactor>, JoinError> {
    owned(core, now)?;
    let (invitation, asked) = core.store()?.accounts.read(|tx| {
        let invitation = live(tx, core, now, secret)?;
        let asked = asked(tx, &invitation)?;
        Ok::<_, JoinError>((invitation, asked))
    })?;
    let has_factor = asked.is_some() || chosen.totp_code.is_some();
    let known = [invitation.name.as_str(), "Stead"];
    let min = password_min_chars(usize::from(has_factor));
    check_password(&chosen.password, min, &known, false).map_err(RescueError::from)?;
    if !has_factor {
        return Ok(None);
    }
    let secret =
        core.rescue_desk().enrolled(&invitation.secret_hash).ok_or(JoinError::MoreIsAsked)?;
    let step = confirmed(core, now, &secret, chosen.totp_code.as_deref(), chosen.browser_time)?;
    Ok(Some(NewFactor { secret, step }))
}

fn make(
    core: &Core,
    now: Now,
    asker: &Asker,
    secret: &SecretText,
    factor: Option<&NewFactor>,
    (password_hash, alone): (&str, bool),
) -> Result<Joined, JoinError> {
    let (link, joined) = core.store()?.accounts.write(|tx| {
        // Another browser may have been faster: the invitation is looked at and used up at once.
        let invitation = live(tx, core, now, secret)?;
        if !rows::take(tx, invitation.id)? {
            return Err(JoinError::Over);
        }
        // More may be asked for since: nobody comes in with less.
        if factor.is_none() && asked(tx, &invitation)?.is_some() {
            return Err(JoinError::MoreIsAsked);
        }
        let user = make_user(tx, core, now, &invitation, password_hash)?;
        if alone {
            identity::password_stands_alone(tx, user.account)?;
        }
        let codes = match factor {
            Some(factor) => replace_factors(tx, core, now, user.account, factor)?,
            None => Codes::new(),
        };
        give(tx, now, &invitation, &user)?;
        tell_owner(tx, core, now, &user)?;
        claim::mark_clock(tx, core.clock.mark())?;
        let detail = serde_json::json!({
            "user": user.id.to_string(),
            "name": user.name,
            "invitation": invitation.id.to_string(),
            "factor": factor.is_some(),
        });
        audit::append(tx, now, "invitation.used", &detail.to_string())?;
        let opened = open(tx, core, now, asker, &user, factor.is_some())?;
        Ok::<_, JoinError>((invitation.secret_hash, Joined { opened, codes }))
    })?;
    core.rescue_desk().forget(&link);
    Ok(joined)
}

/// An account of this server, wherever its owner's is.
fn make_user(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    invitation: &Invitation,
    password_hash: &str,
) -> Result<User, JoinError> {
    if identity::account_by_login(tx, &invitation.login)?.is_some() {
        return Err(JoinError::NameTaken);
    }
    let entropy = core.entropy.as_ref();
    let account = Account {
        id: fresh(entropy, AccountId::from_bytes),
        login: invitation.login.clone(),
        name: invitation.name.clone(),
        password_hash: password_hash.to_owned(),
        epoch: 0,
        enabled: true,
    };
    identity::make_account(tx, &account, now.wall)?;
    // The owner wants them here: it is no account that somebody made and forgot.
    alone::settle(tx, account.id)?;
    let user = User {
        id: fresh(entropy, UserId::from_bytes),
        issuer: identity::embedded_issuer(tx, fresh(entropy, IssuerId::from_bytes), now.wall)?,
        sub: account.id.to_string(),
        account: account.id,
        name: account.name,
        role: invitation.role,
        enabled: true,
        epoch: 0,
    };
    identity::make_user(tx, &user, now.wall)?;
    Ok(user)
}

fn give(
    tx: &WriteTx<'_, Accounts>,
    now: Now,
    invitation: &Invitation,
    user: &User,
) -> Result<(), StoreError> {
    for library in &invitation.libraries {
        groups::set_share(tx, *library, With::User(user.id), true, now.wall)?;
    }
    for group in &invitation.groups {
        groups::set_member(tx, *group, user.id, true, now.wall)?;
    }
    Ok(())
}

fn tell_owner(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    user: &User,
) -> Result<(), StoreError> {
    match people::owner(tx)? {
        Some(owner) => {
            notices::tell(tx, core, now, owner.user.id, None, NoticeKind::Joined, &user.name)
        }
        None => Ok(()),
    }
}

/// The session that made the account enrols a first factor, and so does a later one in the same
/// browser.
fn open(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    asker: &Asker,
    user: &User,
    has_factor: bool,
) -> Result<Opened, StoreError> {
    let methods = Methods::NONE.and(Method::Password);
    let methods = if has_factor { methods.and(Method::Totp) } else { methods };
    let new = NewSession { client: ClientKind::Web, agent: &asker.agent, methods };
    let token = sessions::open_vouched(tx, core, now, user, &new, Vouched::MadeTheAccount)?;
    let made_in = session_rows::by_token(tx, &core.run, &token.hash())?;
    let made_in = made_in.map(|facts| facts.session.id);
    let device = remembered::keep(tx, core, now, user.id, asker, RememberFor::Month, made_in)?;
    Ok(Opened { token, device: Some(device) })
}
