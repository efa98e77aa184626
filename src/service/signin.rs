//! Signing in at the embedded account service: a password, then a factor.
//!
//! Wrong credentials are slowed by what the database remembers, so a restart forgives nothing, and
//! an unknown name costs the same work and gets the same answer as a wrong password. They are
//! slowed for the place they come from, so that nobody is locked out by what others do.

use std::sync::Arc;

use stead_rules::claim::Peer;
use stead_rules::ids::TicketId;
use stead_rules::limits::{FACTOR_ALL_WAIT_SECONDS, PASSWORD_ALL_WAIT_SECONDS, SIGNIN_TICKETS_MAX};
use stead_rules::policy::{Action, ClientKind, Permit};
use stead_rules::secret::SecretText;
use stead_rules::signin::{
    Method, Methods, Name, Password, RecoveryCode, TimeSource, Wait, place_of, step_to_heal,
    ticket_is_live, time_for_totp, wait_after,
};
use stead_rules::time::{BootMs, Now, WallMs};
use stead_store::accounts::identity::{self, Account, User};
use stead_store::accounts::throttle::{self, Guess};
use stead_store::accounts::{audit, claim, people};
use stead_store::{Accounts, Failure, ReadTx, StoreError, WriteTx};

use super::core::{Core, CoreError, permitted};
use super::passwords::HashError;
use super::sessions::{self, NewSession, Token};
use super::{rescue, sha256, totp};
use crate::host::entropy::fresh;

/// A sign-in was refused.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Name or password; nobody learns which.
    #[error("the name or the password is wrong")]
    WrongNameOrPassword,
    /// The second factor.
    #[error("the code is wrong")]
    WrongCode {
        /// How far the phone's clock seems behind, when the code fits an earlier time.
        drift_seconds: Option<i64>,
    },
    /// Too many misses.
    #[error("too many wrong tries; wait {seconds} seconds")]
    SlowDown {
        /// How long.
        seconds: u64,
    },
    /// The sign-in took too long, or never began here.
    #[error("this sign-in is over")]
    TicketOver,
    /// Too many passwords at once.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The core refused.
    #[error(transparent)]
    Core(#[from] CoreError),
}

impl Failure for SignInError {
    fn into_store(self) -> Result<StoreError, Self> {
        let Self::Core(error) = self else { return Err(self) };
        error.into_store().map_err(Self::Core)
    }
}

impl From<StoreError> for SignInError {
    fn from(error: StoreError) -> Self {
        Self::Core(error.into())
    }
}

/// Sign-ins that wait for a second factor. They live in memory, because they live for minutes.
#[derive(Default)]
pub struct SignInDesk {
    waiting: Vec<Waiting>,
}

#[derive(Clone)]
struct Waiting {
    ticket: TicketId,
    account: Account,
    begun: BootMs,
}

impl SignInDesk {
    fn add(&mut self, waiting: Waiting, now: Now) {
        self.waiting.retain(|old| ticket_is_live(old.begun, now));
        // The oldest makes room: a flood of right passwords is somebody who has the password.
        if self.waiting.len() >= SIGNIN_TICKETS_MAX {
            self.waiting.remove(0);
        }
        self.waiting.push(waiting);
    }

    fn find(&self, ticket: TicketId, now: Now) -> Option<Waiting> {
        self.waiting
            .iter()
            .find(|one| one.ticket == ticket && ticket_is_live(one.begun, now))
            .cloned()
    }

    fn remove(&mut self, ticket: TicketId) {
        self.waiting.retain(|one| one.ticket != ticket);
    }
}

/// How a sign-in goes on.
pub enum Next {
    /// Show a second factor with this ticket.
    Factor(TicketId),
    /// Signed in: the account has no second factor.
    Done(Token),
}

/// Who asks.
#[derive(Debug, Clone)]
pub struct Asker {
    /// From where.
    pub peer: Peer,
    /// What the client calls itself.
    pub agent: String,
}

impl Asker {
    fn guess(&self, credential: String, known: bool) -> Guess {
        Guess { credential, place: place_of(self.peer.address).to_string(), known }
    }
}

/// Checks a name and a password.
///
/// # Errors
/// [`SignInError`].
pub async fn begin(
    core: &Arc<Core>,
    permit: &Permit,
    now: Now,
    asker: Asker,
    name: &str,
    password: Password,
) -> Result<Next, SignInError> {
    permitted(permit, Action::SignIn)?;
    // A name that breaks the rules is nobody's; it costs what a wrong one costs.
    let login = Name::parse(name).map(|name| name.key()).unwrap_or_default();
    let from = asker.clone();
    let (account, guess) = core.blocking(move |core| look_up(core, now, &from, &login)).await?;
    let stored = account.as_ref().map(|account| account.password_hash.clone());
    let right = core.hasher.verify(asker.peer, password, stored).await?;
    core.blocking(move |core| {
        let account = account.filter(|account| right && account.enabled);
        count_password(core, now, &guess, account.is_some())?;
        let account = account.ok_or(SignInError::WrongNameOrPassword)?;
        password_right(core, now, account, &asker.agent)
    })
    .await
}

fn look_up(
    core: &Core,
    now: Now,
    asker: &Asker,
    login: &str,
) -> Result<(Option<Account>, Guess), SignInError> {
    core.store()?.accounts.read(|tx| {
        let account = identity::account_by_login(tx, login)?;
        let guess = asker.guess(format!("pwd:{login}"), account.is_some());
        check_wait(tx, core, &guess, PASSWORD_ALL_WAIT_SECONDS, now)?;
        Ok((account, guess))
    })
}

/// Counts a password as a miss or forgets the misses. Others may have missed while this one was
/// hashed: then it is as if it had come after them, and even a right one waits. Without that, a
/// hundred guesses at the same moment would be one.
fn count_password(core: &Core, now: Now, guess: &Guess, right: bool) -> Result<(), SignInError> {
    core.store()?.accounts.write(|tx| {
        check_wait(tx, core, guess, PASSWORD_ALL_WAIT_SECONDS, now)?;
        if right {
            throttle::was_right(tx, &core.run, guess, now)?;
        } else {
            throttle::add_miss(tx, &core.run, guess, now)?;
        }
        Ok(())
    })
}

fn password_right(
    core: &Core,
    now: Now,
    account: Account,
    agent: &str,
) -> Result<Next, SignInError> {
    let accounts = &core.store()?.accounts;
    if accounts.read(|tx| identity::totp(tx, account.id))?.is_some() {
        let ticket = fresh(core.entropy.as_ref(), TicketId::from_bytes);
        core.signin_desk().add(Waiting { ticket, account, begun: now.boot }, now);
        return Ok(Next::Factor(ticket));
    }
    let methods = Methods::NONE.and(Method::Password);
    accounts.write(|tx| Ok(Next::Done(open(tx, core, now, &account, methods, agent)?)))
}

/// A second factor, as it came in.
pub enum Factor {
    /// An authenticator's code.
    Totp(String),
    /// A recovery code.
    Recovery(SecretText),
}

/// Checks the second factor. `browser_time` helps a box without a clock: after a right password
/// the code may be judged by the browser's time, if that is later than the floor and than the last
/// code accepted. Blocks.
///
/// # Errors
/// [`SignInError`].
pub fn finish(
    core: &Core,
    permit: &Permit,
    now: Now,
    asker: &Asker,
    ticket: TicketId,
    factor: &Factor,
    browser_time: WallMs,
) -> Result<Token, SignInError> {
    permitted(permit, Action::SignIn)?;
    let waiting = core.signin_desk().find(ticket, now).ok_or(SignInError::TicketOver)?;
    let account = waiting.account;
    let guess = asker.guess(format!("factor:{}", account.id), true);
    let accounts = &core.store()?.accounts;
    // Looking, counting and opening are one transaction, so codes that come at the same moment
    // are looked at one after the other, each after the misses before it.
    let outcome = accounts.write(|tx| {
        check_wait(tx, core, &guess, FACTOR_ALL_WAIT_SECONDS, now)?;
        let shown = match factor {
            Factor::Totp(code) => accept_totp(tx, core, now, &account, code, browser_time),
            Factor::Recovery(code) => accept_recovery(tx, core, now, &account, code),
        };
        let method = match shown {
            Err(wrong @ SignInError::WrongCode { .. }) => {
                throttle::add_miss(tx, &core.run, &guess, now)?;
                return Ok(Err(wrong));
            }
            shown => shown?,
        };
        throttle::was_right(tx, &core.run, &guess, now)?;
        let methods = Methods::NONE.and(Method::Password).and(method);
        Ok::<_, SignInError>(Ok(open(tx, core, now, &account, methods, &asker.agent)?))
    })?;
    if outcome.is_ok() {
        core.signin_desk().remove(ticket);
    }
    outcome
}

fn accept_totp(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    account: &Account,
    code: &str,
    browser_time: WallMs,
) -> Result<Method, SignInError> {
    let wrong = |drift_seconds| SignInError::WrongCode { drift_seconds };
    let known = identity::totp(tx, account.id)?.ok_or_else(|| wrong(None))?;
    let last = Some(heal_last_step(tx, now, account, known.last_step)?);
    let (at, source) = time_for_totp(now, core.clock.floor(), last, Some(browser_time));
    let step = totp::check(&known.secret, code, at, last)
        .map_err(|miss| wrong(miss.told_at_sign_in(source)))?;
    if !identity::accept_totp_step(tx, account.id, step)? {
        return Err(wrong(None));
    }
    if source == TimeSource::Browser {
        let detail = serde_json::json!({ "account": account.id.to_string(), "time_ms": at.0 });
        audit::append(tx, now, "mfa.browser_time", &detail.to_string())?;
        core.clock.offer_browser_time(browser_time);
    }
    Ok(Method::Totp)
}

/// The last step accepted, put right if the clock ran ahead when it was.
fn heal_last_step(
    tx: &WriteTx<'_, Accounts>,
    now: Now,
    account: &Account,
    last_step: u64,
) -> Result<u64, SignInError> {
    let Some(step) = step_to_heal(now, last_step) else { return Ok(last_step) };
    identity::lower_totp_step(tx, account.id, step)?;
    let detail = serde_json::json!({
        "account": account.id.to_string(), "from_step": last_step, "to_step": step,
    });
    audit::append(tx, now, "mfa.step_lowered", &detail.to_string())?;
    Ok(step)
}

/// The code that the owner made for this person is typed where a recovery code is, and counts as
/// one: single use, and of the same worth.
fn accept_owners_code(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    account: &Account,
    code: &SecretText,
) -> Result<bool, StoreError> {
    match people::by_account(tx, account.id)? {
        Some(person) => rescue::use_code(tx, core, now, person.user.id, code.expose()),
        None => Ok(false),
    }
}

fn accept_recovery(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    account: &Account,
    code: &SecretText,
) -> Result<Method, SignInError> {
    let wrong = || SignInError::WrongCode { drift_seconds: None };
    if accept_owners_code(tx, core, now, account, code)? {
        return Ok(Method::RecoveryCode);
    }
    let code = RecoveryCode::parse(code.expose()).map_err(|_| wrong())?;
    if !identity::use_recovery_code(tx, account.id, &sha256(code.bytes()), now.wall)? {
        return Err(wrong());
    }
    let detail = serde_json::json!({ "account": account.id.to_string() });
    audit::append(tx, now, "mfa.recovery_code_used", &detail.to_string())?;
    Ok(Method::RecoveryCode)
}

fn open(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    account: &Account,
    methods: Methods,
    agent: &str,
) -> Result<Token, SignInError> {
    let user = user_of(tx, core, now, account)?;
    claim::mark_clock(tx, core.clock.mark())?;
    let new = NewSession { client: ClientKind::Web, agent, methods };
    let detail = serde_json::json!({ "user": user.id.to_string() });
    audit::append(tx, now, "signin.done", &detail.to_string())?;
    Ok(sessions::open(tx, core, now, &user, &new)?)
}

/// An account without a user here may not come in; it is told the same as a wrong password.
fn user_of(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    account: &Account,
) -> Result<User, SignInError> {
    let fresh_id = fresh(core.entropy.as_ref(), stead_rules::ids::IssuerId::from_bytes);
    let issuer = identity::embedded_issuer(tx, fresh_id, now.wall)?;
    identity::user_by_identity(tx, issuer, &account.id.to_string())?
        .filter(|user| user.enabled)
        .ok_or(SignInError::WrongNameOrPassword)
}

fn check_wait(
    tx: &ReadTx<'_, Accounts>,
    core: &Core,
    guess: &Guess,
    all_longest_seconds: u64,
    now: Now,
) -> Result<(), SignInError> {
    match wait_after(throttle::tries(tx, &core.run, guess)?, all_longest_seconds, now) {
        Wait::Go => Ok(()),
        Wait::Seconds(seconds) => Err(SignInError::SlowDown { seconds }),
    }
}
