//! Making an account at the account service that stands alone. A media server has no such door: its
//! owner lets people in.
//!
//! Somebody who asks for a name learns whether it is taken: without that nobody could choose
//! another one. What that is worth to a list of names is bounded: each try costs a password hash
//! first and counts for the place it comes from, for the network around it and for all, over restarts,
//! like a wrong password does. What was made and never used is removed again.

use std::sync::Arc;

use stead_rules::claim::Peer;
use stead_rules::ids::{AccountId, IssuerId, UserId};
use stead_rules::limits::{ACCOUNTS_MAX, PASSWORD_MIN_ALONE_CHARS, UNSETTLED_ACCOUNT_SECONDS};
use stead_rules::policy::{Action, ClientKind, Permit, Role};
use stead_rules::signin::{
    BadName, BadPassword, Method, Methods, Name, Password, RememberFor, Vouched, Wait,
    check_password, network_of, wait_to_sign_up,
};
use stead_rules::time::{Now, TimeTrust};
use stead_store::accounts::identity::{self, Account, User};
use stead_store::accounts::throttle::Guess;
use stead_store::accounts::{alone, audit, claim, sessions as rows, throttle};
use stead_store::{Accounts, Failure, StoreError, WriteTx};

use super::core::{Core, CoreError, permitted};
use super::passwords::HashError;
use super::remembered;
use super::sessions::{self, NewSession};
use super::signin::{Asker, Opened};
use crate::config::SignUp;
use crate::host::entropy::{bytes, fresh};
use crate::host::kind::Kind;

/// No account was made.
#[derive(Debug, thiserror::Error)]
pub enum SignUpError {
    /// Whoever runs the service lets nobody in any more.
    #[error("no accounts are made here")]
    Closed,
    /// There are as many as are kept.
    #[error("there are too many accounts")]
    Full,
    /// Somebody signs in with this name already.
    #[error("the name is taken")]
    NameTaken,
    /// Too many tries.
    #[error("too many tries; wait {seconds} seconds")]
    SlowDown {
        /// How long.
        seconds: u64,
    },
    /// The name cannot be used.
    #[error("the name cannot be used")]
    Name(#[from] BadName),
    /// The password is too weak.
    #[error("the password cannot be used")]
    Password(#[from] BadPassword),
    /// Too many passwords at once.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The core refused.
    #[error(transparent)]
    Core(#[from] CoreError),
}

impl Failure for SignUpError {
    fn into_store(self) -> Result<StoreError, Self> {
        let Self::Core(error) = self else { return Err(self) };
        error.into_store().map_err(Self::Core)
    }
}

impl From<StoreError> for SignUpError {
    fn from(error: StoreError) -> Self {
        Self::Core(error.into())
    }
}

/// Whether anybody who reaches this service may make an account.
#[must_use]
pub fn is_open(core: &Core) -> bool {
    match (core.kind, core.config.accounts.sign_up) {
        (Kind::Accounts, SignUp::Open) => true,
        (Kind::Accounts, SignUp::Closed) | (Kind::Server, SignUp::Open | SignUp::Closed) => false,
    }
}

/// Makes an account and signs its person in. A first factor may be enrolled by this session, and by
/// a later one in the same browser: a password that others learned enrols none.
///
/// # Errors
/// [`SignUpError`].
pub async fn sign_up(
    core: &Arc<Core>,
    permit: &Permit,
    now: Now,
    asker: Asker,
    name: &str,
    password: Password,
) -> Result<Opened, SignUpError> {
    permitted(permit, Action::SignIn)?;
    if !is_open(core) {
        return Err(SignUpError::Closed);
    }
    let name = Name::parse(name)?;
    // There is no second factor yet, and nobody has to add one.
    check_password(&password, PASSWORD_MIN_ALONE_CHARS, &[name.as_str(), "Stead"], false)?;
    let from = asker.clone();
    core.blocking(move |core| count(core, now, &from)).await?;
    let hash = hashed(core, asker.peer, password).await?;
    core.blocking(move |core| {
        core.store()?.accounts.write(|tx| make(tx, core, now, &asker, &name, hash.clone()))
    })
    .await
}

async fn hashed(core: &Core, from: Peer, password: Password) -> Result<String, HashError> {
    core.hasher.hash(from, password, bytes(core.entropy.as_ref())).await
}

/// Counts every try before it is looked at, so that a hundred at the same moment are a hundred.
fn count(core: &Core, now: Now, asker: &Asker) -> Result<(), SignUpError> {
    let guess = asker.guess("sign_up".to_owned());
    let network = Guess {
        credential: "sign_up_network".to_owned(),
        place: network_of(asker.peer.address).to_string(),
    };
    core.store()?.accounts.write(|tx| {
        let tries = throttle::tries(tx, &core.run, &guess)?;
        let around = throttle::tries(tx, &core.run, &network)?.here;
        match wait_to_sign_up(tries, around, now) {
            Wait::Seconds(seconds) => Err(SignUpError::SlowDown { seconds }),
            Wait::Go => {
                throttle::add_miss(tx, &core.run, &network, now)?;
                Ok(throttle::add_miss(tx, &core.run, &guess, now)?)
            }
        }
    })
}

/// Removes some of the accounts that hold nothing but a name and a password, and have for long: how
/// many those were. While nobody knows the time, none is old.
pub(crate) fn tidy(tx: &WriteTx<'_, Accounts>, now: Now) -> Result<usize, StoreError> {
    if now.trust == TimeTrust::Unknown {
        return Ok(0);
    }
    let age_ms = i64::try_from(UNSETTLED_ACCOUNT_SECONDS.saturating_mul(1000)).unwrap_or(i64::MAX);
    let removed = alone::remove_unsettled(tx, now.wall.plus_ms(age_ms.saturating_neg()))?;
    if removed > 0 {
        let detail = serde_json::json!({ "accounts": removed });
        audit::append(tx, now, "account.unused_removed", &detail.to_string())?;
    }
    Ok(removed)
}

fn make(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    asker: &Asker,
    name: &Name,
    password_hash: String,
) -> Result<Opened, SignUpError> {
    if identity::account_by_login(tx, &name.key())?.is_some() {
        return Err(SignUpError::NameTaken);
    }
    if identity::count_accounts(tx)? >= ACCOUNTS_MAX && tidy(tx, now)? == 0 {
        return Err(SignUpError::Full);
    }
    let entropy = core.entropy.as_ref();
    let account = Account {
        id: fresh(entropy, AccountId::from_bytes),
        login: name.key(),
        name: name.as_str().to_owned(),
        password_hash,
        epoch: 0,
        enabled: true,
    };
    identity::make_account(tx, &account, now.wall)?;
    // No shorter one is taken here.
    identity::password_stands_alone(tx, account.id)?;
    let user = User {
        id: fresh(entropy, UserId::from_bytes),
        issuer: identity::embedded_issuer(tx, fresh(entropy, IssuerId::from_bytes), now.wall)?,
        sub: account.id.to_string(),
        account: account.id,
        name: account.name,
        role: Role::Member,
        enabled: true,
        epoch: 0,
    };
    identity::make_user(tx, &user, now.wall)?;
    claim::mark_clock(tx, core.clock.mark())?;
    let detail = serde_json::json!({ "user": user.id.to_string() });
    audit::append(tx, now, "account.signed_up", &detail.to_string())?;
    let methods = Methods::NONE.and(Method::Password);
    let new = NewSession { client: ClientKind::Web, agent: &asker.agent, methods };
    let token = sessions::open_vouched(tx, core, now, &user, &new, Vouched::MadeTheAccount)?;
    let made_in = rows::by_token(tx, &core.run, &token.hash())?.map(|facts| facts.session.id);
    let device = remembered::keep(tx, core, now, user.id, asker, RememberFor::Month, made_in)?;
    Ok(Opened { token, device: Some(device) })
}
