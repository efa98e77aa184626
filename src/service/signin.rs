//! Signing in at the embedded account service: a password, then a factor.
//!
//! Wrong credentials are slowed by what the database remembers, so a restart forgives nothing, and
//! an unknown name costs the same work and gets the same answer as a wrong password. They are
//! slowed for the place they come from, so that nobody is locked out by what others do.

mod desk;
pub(crate) mod factor;
mod password;

use std::sync::Arc;

use stead_rules::claim::Peer;
use stead_rules::ids::{AccountId, SessionId, TicketId};
use stead_rules::policy::{Action, ClientKind, Permit, Role};
use stead_rules::secret::SecretText;
use stead_rules::signin::{
    Drift, Method, Methods, Name, NoticeKind, Password, RememberFor, Tries, Vouched, Wait,
    place_of, wait_after,
};
use stead_rules::time::{Moment, Now, WallMs};
use stead_store::accounts::identity::{self, Account, User};
use stead_store::accounts::throttle::{self, Guess};
use stead_store::accounts::{audit, claim, sessions as rows};
use stead_store::{Accounts, Failure, ReadTx, StoreError, WriteTx};

pub use self::desk::SignInDesk;
use self::desk::Standing;
pub(crate) use self::desk::Waiting;
pub use self::factor::Factor;
use self::factor::{Accepted, Showing};
pub(crate) use self::password::check_password_of;
use self::password::{count_password, look_up};
use super::core::{Core, CoreError, permitted};
use super::notices::{self, News};
use super::passwords::HashError;
use super::sessions::{self, NewSession, Token};
use super::{approvals, factors, remembered, rescue};
use crate::host::entropy::fresh;
use crate::host::kind::Kind;

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
        drift: Option<Drift>,
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
    /// What ended the person's sessions meanwhile ended the sign-in too.
    #[error("what this person signs in with was changed meanwhile")]
    Changed,
    /// The session was opened without the password, so it is asked for beside the factor.
    #[error("the password is needed too")]
    PasswordNeeded,
    /// There is a second factor, so the password alone raises nothing.
    #[error("a second factor is needed")]
    FactorNeeded,
    /// The session was opened by a passkey alone, and what was shown is nothing without a password.
    #[error("the passkey is needed")]
    PasskeyNeeded,
    /// After a security event another password is wanted, and there is nothing to show beside this
    /// one. Who helps depends on what runs here.
    #[error("this password opens nothing any more")]
    PasswordVoid(Kind),
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

/// How a sign-in goes on.
pub enum Next {
    /// Show a second factor with this ticket.
    Factor {
        /// Comes back with the factor.
        ticket: TicketId,
        /// What this person can show now.
        methods: Methods,
    },
    /// Signed in: there is no second factor, or the browser is remembered.
    Done(Opened),
}

/// What a browser gets when it is signed in.
pub struct Opened {
    /// The session.
    pub token: Token,
    /// What it shows the next time instead of a second factor, if it is to be remembered.
    pub device: Option<Token>,
}

/// Who asks.
#[derive(Debug, Clone)]
pub struct Asker {
    /// From where.
    pub peer: Peer,
    /// What the client calls itself.
    pub agent: String,
    /// What it shows to be remembered.
    pub device: Option<SecretText>,
    /// It was asked to show anew who it is: then being remembered stands for nothing.
    pub anew: bool,
}

impl Asker {
    pub(crate) fn guess(&self, credential: String) -> Guess {
        Guess { credential, place: place_of(self.peer.address).to_string() }
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
        count_password(core, now, &guess, account.as_ref().map(|account| account.id))?;
        let account = account.ok_or(SignInError::WrongNameOrPassword)?;
        password_right(core, now, account, &asker)
    })
    .await
}

/// After a right password: in, or asked for a second factor, which a remembered browser stands for
/// where nothing is guarded.
fn password_right(
    core: &Core,
    now: Now,
    account: Account,
    asker: &Asker,
) -> Result<Next, SignInError> {
    let shown = Methods::NONE.and(Method::Password);
    let accounts = &core.store()?.accounts;
    let (second, wanted) = accounts.read(|tx| {
        let wanted = identity::new_password_is_wanted(tx, account.id)?;
        Ok::<_, StoreError>((asked_for(tx, core, now, account.id)?, wanted))
    })?;
    if wanted {
        // Whoever brought that about may know this password: alone it opens nothing any more.
        let alone = second == Methods::NONE;
        return if alone {
            Err(SignInError::PasswordVoid(core.kind))
        } else {
            wait_for_factor(core, now, account, shown)
        };
    }
    if second == Methods::NONE {
        // The browser that made the account, or showed a factor when there was one: more than a
        // password speaks for it.
        let vouched = match remembered::stands_for_a_factor(core, now, &account, asker)? {
            Some(_) => Vouched::MadeTheAccount,
            None => Vouched::OldPassword,
        };
        let opened = accounts.write(|tx| {
            check_password_stands(tx, &account)?;
            open_vouched(tx, core, now, &account, shown, asker, vouched)
        })?;
        return Ok(Next::Done(Opened { token: opened, device: None }));
    }
    if let Some(token) = open_remembered(core, now, &account, (shown, Moment::of(now)), asker)? {
        return Ok(Next::Done(Opened { token, device: None }));
    }
    wait_for_factor(core, now, account, shown)
}

/// Opens a session in a remembered browser, which stands for the second factor where nothing is
/// guarded; none if it is none, or if a factor is asked for all the same. Blocks.
///
/// # Errors
/// [`SignInError`].
pub(crate) fn open_remembered(
    core: &Core,
    now: Now,
    account: &Account,
    (shown, at): (Methods, Moment),
    asker: &Asker,
) -> Result<Option<Token>, SignInError> {
    if asker.anew {
        return Ok(None);
    }
    let Some(device) = remembered::stands_for_a_factor(core, now, account, asker)? else {
        return Ok(None);
    };
    let at = (shown.and(Method::RememberedDevice), at);
    let opened = core.store()?.accounts.write(|tx| {
        check_password_stands(tx, account)?;
        remembered::note_use(tx, device, now)?;
        open_at(tx, core, now, account, at, asker, Vouched::OldPassword)
    })?;
    Ok(Some(opened))
}

/// Lets a sign-in wait for a second factor. Blocks.
///
/// # Errors
/// [`SignInError`].
pub(crate) fn wait_for_factor(
    core: &Core,
    now: Now,
    account: Account,
    shown: Methods,
) -> Result<Next, SignInError> {
    let (methods, standing) = core.store()?.accounts.read(|tx| {
        check_password_stands(tx, &account)?;
        Ok::<_, SignInError>((asked_for(tx, core, now, account.id)?, standing(tx, &account)?))
    })?;
    let ticket = fresh(core.entropy.as_ref(), TicketId::from_bytes);
    core.signin_desk().add(Waiting { ticket, account, shown, begun: now.boot, standing }, now);
    Ok(Next::Factor { ticket, methods })
}

/// Whether the password that was looked at is still the account's: it may have been changed while it
/// was hashed.
fn check_password_stands(tx: &ReadTx<'_, Accounts>, account: &Account) -> Result<(), SignInError> {
    let known = identity::account_by_id(tx, account.id)?;
    let stands = known.is_some_and(|known| known.password_hash == account.password_hash);
    if stands { Ok(()) } else { Err(SignInError::WrongNameOrPassword) }
}

fn standing(tx: &ReadTx<'_, Accounts>, account: &Account) -> Result<Standing, SignInError> {
    let user = user_of(tx, account)?;
    let server = claim::server(tx)?.ok_or(StoreError::BadRow { what: "server" })?;
    let epoch = server.epoch.saturating_add(user.epoch);
    Ok(Standing { generation: server.generation, epoch })
}

/// A sign-in that began before the password or a factor was changed, or before everybody was signed
/// out, opens nothing: what ended the sessions of before ended it.
///
/// # Errors
/// [`SignInError::Changed`].
pub(crate) fn check_standing(
    tx: &ReadTx<'_, Accounts>,
    waiting: &Waiting,
) -> Result<(), SignInError> {
    let same = standing(tx, &waiting.account)? == waiting.standing
        && check_password_stands(tx, &waiting.account).is_ok();
    if same { Ok(()) } else { Err(SignInError::Changed) }
}

/// What may be shown beside the password. A code that the owner made for somebody is asked for even
/// where there is no second factor yet: it is what the first one is enrolled by.
/// A phone approves beside a factor that is kept: where none is, the password is all there is, and a
/// phone that is gone locks nobody out.
fn asked_for(
    tx: &ReadTx<'_, Accounts>,
    core: &Core,
    now: Now,
    account: AccountId,
) -> Result<Methods, StoreError> {
    let kept = factors::methods(tx, account)?;
    let there = approvals::somebody_is_there(tx, core, now, account)?;
    let methods =
        if there && kept != Methods::NONE { kept.and(Method::DeviceApproval) } else { kept };
    match identity::user_by_account(tx, account)? {
        Some(user) if rescue::code_waits(tx, core, now, user.id)? => {
            Ok(methods.and(Method::RecoveryCode))
        }
        Some(_) | None => Ok(methods),
    }
}

/// Whether the browser is to be remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remember {
    /// It is asked the next time too.
    No,
    /// It is not asked for so long.
    For(RememberFor),
}

/// A second factor with what comes along.
pub struct Sent {
    /// What is shown.
    pub factor: Factor,
    /// What the browser's clock says.
    pub browser_time: WallMs,
    /// Whether the browser is to be remembered.
    pub remember: Remember,
}

/// Checks the second factor. The browser's time helps a box without a clock: after a right password
/// the code may be judged by it, if it is later than the floor and than the last code accepted.
/// Blocks.
///
/// # Errors
/// [`SignInError`].
pub fn finish(
    core: &Core,
    permit: &Permit,
    now: Now,
    asker: &Asker,
    ticket: TicketId,
    sent: &Sent,
) -> Result<Opened, SignInError> {
    permitted(permit, Action::SignIn)?;
    let waiting = waiting(core, ticket, now)?;
    let showing = Showing { now, account: &waiting.account, browser_time: sent.browser_time };
    finish_with(core, now, asker, &waiting, sent.remember, |tx| {
        factor::accept(tx, core, &showing, &sent.factor)
    })
}

/// The sign-in that waits under this ticket.
///
/// # Errors
/// [`SignInError::TicketOver`].
pub(crate) fn waiting(core: &Core, ticket: TicketId, now: Now) -> Result<Waiting, SignInError> {
    core.signin_desk().find(ticket, now).ok_or(SignInError::TicketOver)
}

/// Ends a sign-in that waits with a factor that `look` judges; a miss of it is counted. Looking,
/// counting and opening are one transaction, so codes that come at the same moment are looked at
/// one after the other, each after the misses before it. Blocks.
///
/// # Errors
/// [`SignInError`].
pub(crate) fn finish_with(
    core: &Core,
    now: Now,
    asker: &Asker,
    waiting: &Waiting,
    remember: Remember,
    mut look: impl FnMut(&WriteTx<'_, Accounts>) -> Result<Accepted, SignInError>,
) -> Result<Opened, SignInError> {
    let account = &waiting.account;
    let outcome = core.store()?.accounts.write(|tx| {
        check_standing(tx, waiting)?;
        let accepted = match factor::in_turn(tx, core, now, asker, account, || look(tx))? {
            Ok(accepted) => accepted,
            Err(wrong) => return Ok(Err(wrong)),
        };
        let shown = waiting.shown.and(accepted.method);
        let token = open_vouched(tx, core, now, account, shown, asker, vouched(tx, account)?)?;
        if let Some(factor) = accepted.factor {
            rows::note_factor(tx, &token.hash(), factor)?;
        }
        let device = match remember {
            Remember::No => None,
            Remember::For(length) => {
                let made_in = rows::by_token(tx, &core.run, &token.hash())?;
                let made_in = made_in.map(|facts| facts.session.id);
                Some(remembered::remember(tx, core, now, account, asker, length, made_in)?)
            }
        };
        Ok::<_, SignInError>(Ok(Opened { token, device }))
    })?;
    if outcome.is_ok() {
        core.signin_desk().remove(waiting.ticket);
    }
    outcome
}

/// Who has no second factor was asked for the owner's code, and nothing else could be right.
fn vouched(tx: &ReadTx<'_, Accounts>, account: &Account) -> Result<Vouched, StoreError> {
    let second = factors::second(tx, account.id)?;
    Ok(if second.is_empty() { Vouched::OneTimeCode } else { Vouched::OldPassword })
}

/// Opens a session in a browser for who showed these.
pub(crate) fn open(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    account: &Account,
    methods: Methods,
    asker: &Asker,
) -> Result<Token, SignInError> {
    open_vouched(tx, core, now, account, methods, asker, Vouched::OldPassword)
}

fn open_vouched(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    account: &Account,
    methods: Methods,
    asker: &Asker,
    vouched: Vouched,
) -> Result<Token, SignInError> {
    open_at(tx, core, now, account, (methods, Moment::of(now)), asker, vouched)
}

/// Opens a session for who showed these at a moment.
fn open_at(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    account: &Account,
    (methods, shown): (Methods, Moment),
    asker: &Asker,
    vouched: Vouched,
) -> Result<Token, SignInError> {
    let user = user_of(tx, account)?;
    claim::mark_clock(tx, core.clock.mark())?;
    if user.role == Role::Owner {
        // Whatever waits for the owner not to come has waited in vain.
        claim::set_owner_came(tx, true)?;
    }
    let new = NewSession { client: ClientKind::Web, agent: &asker.agent, methods };
    let detail = serde_json::json!({ "user": user.id.to_string() });
    audit::append(tx, now, "signin.done", &detail.to_string())?;
    let token = sessions::open_shown(tx, core, now, &user, &new, vouched, shown)?;
    let opened = rows::by_token(tx, &core.run, &token.hash())?.map(|facts| facts.session.id);
    let browser = remembered::browser_of(tx, core, user.id, asker)?;
    if let Some((opened, browser)) = opened.zip(browser) {
        rows::note_browser(tx, opened, browser)?;
    }
    if !methods.has(Method::RememberedDevice) {
        tell_of_sign_in(tx, core, now, &user, asker, opened)?;
    }
    Ok(token)
}

/// Whoever is signed in elsewhere learns that somebody has signed in, and may say that it was not
/// them. A remembered browser is one that they know.
fn tell_of_sign_in(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    user: &User,
    asker: &Asker,
    opened: Option<SessionId>,
) -> Result<(), StoreError> {
    let about = &sessions::shortened(&asker.agent);
    let news = News { kind: NoticeKind::SignedIn, about, factor: None, session: opened };
    notices::tell_of(tx, core, now, user.id, opened, &news)
}

/// Opens one for who showed these at an issuer, at a moment that it names. Blocks.
///
/// # Errors
/// [`SignInError`].
pub(crate) fn open_shown(
    core: &Core,
    now: Now,
    account: &Account,
    (methods, shown): (Methods, Moment),
    asker: &Asker,
) -> Result<Token, SignInError> {
    let at = (methods, shown);
    core.store()?
        .accounts
        .write(|tx| open_at(tx, core, now, account, at, asker, Vouched::OldPassword))
}

/// An account without a user here may not come in; it is told the same as a wrong password.
pub(crate) fn user_of(tx: &ReadTx<'_, Accounts>, account: &Account) -> Result<User, SignInError> {
    identity::user_by_account(tx, account.id)?
        .filter(|user| user.enabled)
        .ok_or(SignInError::WrongNameOrPassword)
}

/// Refuses while a wait for misses at this credential is on.
pub(crate) fn check_wait(
    tx: &ReadTx<'_, Accounts>,
    core: &Core,
    guess: &Guess,
    all_longest_seconds: u64,
    now: Now,
) -> Result<(), SignInError> {
    check_tries(throttle::tries(tx, &core.run, guess)?, all_longest_seconds, now)
}

fn check_tries(tries: Tries, all_longest_seconds: u64, now: Now) -> Result<(), SignInError> {
    match wait_after(tries, all_longest_seconds, now) {
        Wait::Go => Ok(()),
        Wait::Seconds(seconds) => Err(SignInError::SlowDown { seconds }),
    }
}
