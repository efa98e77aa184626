//! Approval on a phone that is signed in. Who gives the right password sees a number; the phone,
//! once Stead is opened there, shows who asks and three numbers, and the right one is tapped.
//! Nothing is pushed: the request waits in the inbox of the person's own sessions.
//!
//! Requests and refusals live in memory, because they live for minutes.

mod desk;

use std::net::IpAddr;

use serde_json::json;
use stead_rules::ids::{AccountId, SessionId, TicketId, UserId};
use stead_rules::policy::{Action, Own, Permit};
use stead_rules::signin::{
    Approver, Method, Methods, NotAsked, life, may_approve, numbers, place_of, raises,
};
use stead_rules::time::{Now, WallMs};
use stead_store::accounts::sessions::{self as session_rows, Session, SessionFacts};
use stead_store::accounts::{audit, identity, notices};
use stead_store::{Accounts, Failure, ReadTx, StoreError, WriteTx};

pub use self::desk::ApprovalDesk;
use self::desk::{Request, Standing, What};
use super::core::{Core, CoreError, permitted};
use super::sessions::Token;
use super::signin::{self, Asker, SignInError};
use super::{factors, stepup};
use crate::host::entropy::{below, fresh};

/// An approval was refused.
#[derive(Debug, thiserror::Error)]
pub enum ApprovalError {
    /// Nobody is asked now.
    #[error(transparent)]
    NotAsked(#[from] NotAsked),
    /// No session of this person may approve.
    #[error("no signed-in device can approve this")]
    NobodyThere,
    /// The session that asks may not approve.
    #[error("this session cannot approve")]
    NotYou,
    /// It was refused, answered wrongly, took too long, or never was.
    #[error("this request is over")]
    Over,
    /// Another number was tapped.
    #[error("that was not the number")]
    WrongNumber,
    /// The sign-in that it belongs to.
    #[error(transparent)]
    SignIn(#[from] SignInError),
    /// The core refused.
    #[error(transparent)]
    Core(#[from] CoreError),
}

impl Failure for ApprovalError {
    fn into_store(self) -> Result<StoreError, Self> {
        match self {
            Self::Core(error) => error.into_store().map_err(Self::Core),
            Self::SignIn(error) => error.into_store().map_err(Self::SignIn),
            other @ Self::NotAsked(_)
            | other @ Self::NobodyThere
            | other @ Self::NotYou
            | other @ Self::Over
            | other @ Self::WrongNumber => Err(other),
        }
    }
}

impl From<StoreError> for ApprovalError {
    fn from(error: StoreError) -> Self {
        Self::Core(error.into())
    }
}

/// A request that now waits in the person's inbox.
pub struct Asked {
    /// To ask how it stands.
    pub request: TicketId,
    /// What to tap on the phone.
    pub number: u8,
}

/// Asks the person's other sessions to approve the sign-in of this ticket. `own` is the session
/// that this browser has besides, which may not answer. Blocks.
///
/// # Errors
/// [`ApprovalError`].
pub fn ask_to_sign_in(
    core: &Core,
    permit: &Permit,
    now: Now,
    asker: &Asker,
    ticket: TicketId,
    own: Option<SessionId>,
) -> Result<Asked, ApprovalError> {
    permitted(permit, Action::SignIn)?;
    let account = signin::waiting(core, ticket, now)?.account.id;
    let kept = core.store()?.accounts.read(|tx| factors::second(tx, account))?;
    if kept.is_empty() {
        // It stands in for a factor, and there is none.
        return Err(ApprovalError::NobodyThere);
    }
    ask(core, now, asker, account, What::SignIn(ticket), own)
}

/// Asks the person's other sessions to raise this one. Blocks.
///
/// # Errors
/// [`ApprovalError`].
pub fn ask_to_step_up(
    core: &Core,
    permit: &Permit,
    now: Now,
    asker: &Asker,
    facts: &SessionFacts,
) -> Result<Asked, ApprovalError> {
    permitted(permit, Action::OwnAccount(Own::StepUp))?;
    let id = facts.session.id;
    let (account, kept) = core.store()?.accounts.read(|tx| {
        Ok::<_, StoreError>((own_account(tx, facts)?, factors::second(tx, facts.user.account)?))
    })?;
    if kept.is_empty() {
        // It stands in for a factor, and there is none.
        return Err(ApprovalError::NobodyThere);
    }
    // An approval is worth something beside the password only.
    if stepup::needs_password(facts, &account) {
        return Err(SignInError::PasswordNeeded.into());
    }
    if !raises(facts.session.methods, Methods::NONE.and(Method::DeviceApproval)) {
        return Err(SignInError::PasskeyNeeded.into());
    }
    ask(core, now, asker, facts.user.account, What::StepUp(id), Some(id))
}

fn own_account(
    tx: &ReadTx<'_, Accounts>,
    facts: &SessionFacts,
) -> Result<identity::Account, StoreError> {
    let known = identity::account_by_id(tx, facts.user.account)?;
    known.ok_or(StoreError::BadRow { what: "account" })
}

/// Whether another device of this session's person could approve something now.
///
/// # Errors
/// [`StoreError`].
pub(crate) fn somebody_else_is_there(
    tx: &ReadTx<'_, Accounts>,
    core: &Core,
    now: Now,
    facts: &SessionFacts,
) -> Result<bool, StoreError> {
    // It stands in for a factor: whoever keeps none is not offered it.
    Ok(!factors::second(tx, facts.user.account)?.is_empty()
        && approvers(tx, core, now, facts.user.id, Some(facts.session.id))?)
}

fn ask(
    core: &Core,
    now: Now,
    asker: &Asker,
    account: AccountId,
    what: What,
    own: Option<SessionId>,
) -> Result<Asked, ApprovalError> {
    let user = core.store()?.accounts.read(|tx| {
        let user = identity::user_by_account(tx, account)?.ok_or(ApprovalError::NobodyThere)?;
        let there = approvers(tx, core, now, user.id, own)?;
        if there { Ok(user.id) } else { Err(ApprovalError::NobodyThere) }
    })?;
    let drawn = |bound: u8| u8::try_from(below(core.entropy.as_ref(), bound.into())).unwrap_or(0);
    let numbers = numbers(drawn(90), drawn(89), drawn(88), drawn(3));
    let request = Request {
        id: fresh(core.entropy.as_ref(), TicketId::from_bytes),
        user,
        account,
        what,
        own,
        agent: asker.agent.chars().filter(|c| !c.is_control()).take(200).collect(),
        address: asker.peer.address.to_canonical(),
        place: place_of(asker.peer.address),
        at: now.wall,
        begun: now.boot,
        numbers,
        standing: Standing::Waiting,
        approved_by: None,
    };
    let asked = Asked { request: request.id, number: numbers.right };
    core.approval_desk().add(request, now)?;
    core.approval_told.send_replace(());
    Ok(asked)
}

/// Whether a device of this account's person could approve a sign-in now.
///
/// # Errors
/// [`StoreError`].
pub(crate) fn somebody_is_there(
    tx: &ReadTx<'_, Accounts>,
    core: &Core,
    now: Now,
    account: AccountId,
) -> Result<bool, StoreError> {
    match identity::user_by_account(tx, account)? {
        Some(user) => approvers(tx, core, now, user.id, None),
        None => Ok(false),
    }
}

/// Whether a person could approve a sign-in now.
///
/// # Errors
/// [`StoreError`].
fn approvers(
    tx: &ReadTx<'_, Accounts>,
    core: &Core,
    now: Now,
    user: UserId,
    own: Option<SessionId>,
) -> Result<bool, StoreError> {
    let sessions = session_rows::of_user(tx, &core.run, user)?;
    Ok(sessions.iter().any(|session| may_approve(approver(session, now, own))))
}

fn approver(session: &Session, now: Now, own: Option<SessionId>) -> Approver {
    Approver {
        client: session.client,
        methods: session.methods,
        life: life(session.auth, session.last_seen, session.rested, now),
        asks_itself: own == Some(session.id),
    }
}

/// A request as the phone shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Which.
    pub request: TicketId,
    /// What the browser that asks calls itself.
    pub agent: String,
    /// From where.
    pub address: IpAddr,
    /// When.
    pub at: WallMs,
    /// One of these is the one.
    pub numbers: [u8; 3],
    /// Whether a session is to be raised, and none opened.
    pub steps_up: bool,
}

/// The requests that wait for the session that asks, the oldest first. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn inbox(
    core: &Core,
    permit: &Permit,
    now: Now,
    facts: &SessionFacts,
) -> Result<Vec<Waiting>, CoreError> {
    permitted(permit, Action::OwnAccount(Own::Sessions))?;
    Ok(core.approval_desk().of_user(facts.user.id, now, |request| {
        may_approve(approver(&facts.session, now, request.own))
    }))
}

/// What is done on the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tapped {
    /// This number.
    Number(u8),
    /// "It was not me."
    NotMe,
}

/// Answers a request in the inbox of the session that asks. Blocks.
///
/// # Errors
/// [`ApprovalError`].
pub fn answer(
    core: &Core,
    permit: &Permit,
    now: Now,
    facts: &SessionFacts,
    request: TicketId,
    tapped: Tapped,
) -> Result<(), ApprovalError> {
    permitted(permit, Action::OwnAccount(Own::Sessions))?;
    let mut desk = core.approval_desk();
    let waiting = desk.waiting(request, facts.user.id, now).ok_or(ApprovalError::Over)?;
    if !may_approve(approver(&facts.session, now, waiting.own)) {
        return Err(ApprovalError::NotYou);
    }
    let right = tapped == Tapped::Number(waiting.numbers.right);
    let kind = match tapped {
        Tapped::Number(_) if right => "mfa.approval_given",
        Tapped::Number(_) => "mfa.approval_wrong_number",
        Tapped::NotMe => "mfa.approval_refused",
    };
    let detail = json!({
        "user": facts.user.id.to_string(),
        "by": facts.session.id.to_string(),
        "address": waiting.address.to_string(),
        "agent": waiting.agent,
    });
    // The log first: what is not written down is not approved.
    core.store()?.accounts.write(|tx| audit::append(tx, now, kind, &detail.to_string()))?;
    desk.answered(request, tapped, facts.session.id, now);
    core.approval_told.send_replace(());
    if tapped == Tapped::NotMe || right { Ok(()) } else { Err(ApprovalError::WrongNumber) }
}

/// How a request stands.
pub enum Looked {
    /// The phone has not answered.
    Waits,
    /// It was approved, and this is what that is good for.
    Opened(Token),
}

/// Looks how the request of a sign-in stands; an approval is used up. Blocks.
///
/// # Errors
/// [`ApprovalError`].
pub fn sign_in(
    core: &Core,
    permit: &Permit,
    now: Now,
    asker: &Asker,
    request: TicketId,
) -> Result<Looked, ApprovalError> {
    permitted(permit, Action::SignIn)?;
    let found = core.approval_desk().take_approved(request, now, None)?;
    let Some((What::SignIn(ticket), by)) = found else { return Ok(Looked::Waits) };
    let waiting = signin::waiting(core, ticket, now)?;
    let methods = waiting.shown.and(Method::DeviceApproval);
    let token = core.store()?.accounts.write(|tx| {
        check_approver(tx, core, by)?;
        signin::check_standing(tx, &waiting)?;
        let token = signin::open(tx, core, now, &waiting.account, methods, asker)?;
        let opened = session_rows::by_token(tx, &core.run, &token.hash())?;
        if let Some((opened, by)) = opened.zip(by) {
            notices::sign_in_known_to(tx, opened.session.id, by)?;
        }
        Ok::<_, ApprovalError>(token)
    })?;
    core.signin_desk().remove(ticket);
    Ok(Looked::Opened(token))
}

/// Looks how the request of the session that asks stands; an approval is used up. Blocks.
///
/// # Errors
/// [`ApprovalError`].
pub fn step_up(
    core: &Core,
    permit: &Permit,
    now: Now,
    facts: &SessionFacts,
    request: TicketId,
) -> Result<Looked, ApprovalError> {
    permitted(permit, Action::OwnAccount(Own::StepUp))?;
    let id = facts.session.id;
    let found = core.approval_desk().take_approved(request, now, Some(id))?;
    let Some((_, by)) = found else { return Ok(Looked::Waits) };
    let methods = Methods::NONE.and(Method::DeviceApproval);
    let token = core.store()?.accounts.write(|tx| {
        check_approver(tx, core, by)?;
        Ok::<_, ApprovalError>(stepup::raise(tx, core, now, facts, methods)?)
    })?;
    Ok(Looked::Opened(token))
}

/// The session that approved counts still: one that was ended meanwhile, as on a lost device, has
/// approved nothing.
fn check_approver(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    by: Option<SessionId>,
) -> Result<(), ApprovalError> {
    let by = by.map(|by| session_rows::by_id(tx, &core.run, by)).transpose()?.flatten();
    let counts = by.is_some_and(|by| {
        by.session.epoch == by.epoch_now && by.session.generation == by.server_generation
    });
    if counts { Ok(()) } else { Err(ApprovalError::Over) }
}
