//! Letting a television, an app or a server in from a phone (RFC 8628), with this server as the one that
//! decides.
//!
//! A device asks for a code, shows it, and asks again until somebody who is signed in has typed it
//! and said yes. It gets a session for playback that carries what the person had shown at that
//! moment, so whatever is required later is judged by that; it ends with the person's epoch like
//! any session of theirs.
//!
//! The phishing that this invites (a code that a stranger sends) is met by what the person sees
//! before they say yes: what asks, from where, since when. What is granted stays the least.

mod desk;
mod server;

use std::net::IpAddr;

use stead_rules::claim::{Link, Peer};
use stead_rules::ids::{SessionId, UserId};
use stead_rules::limits::{DEVICE_GUESS_ALL_WAIT_SECONDS, DEVICES_PER_USER_MAX};
use stead_rules::policy::{Action, ClientKind, Own, Permit};
use stead_rules::signin::{
    BadName, DeviceClient, DevicesFull, Grant, GrantOver, Methods, Name, NoticeKind, Poll,
    UserCode, Verdict, Wait, place_of, wait_after,
};
use stead_rules::time::{Moment, Now};
use stead_store::accounts::devices::{self as rows, Origin};
use stead_store::accounts::sessions::{Session, SessionFacts, by_id, make_session};
use stead_store::accounts::throttle::{self, Guess};
use stead_store::accounts::{audit, claim, plain};
use stead_store::{Accounts, Failure, StoreError, WriteTx};

use super::core::{Core, CoreError, permitted};
use super::notices;
use super::provider::{ProviderError, issuer};
use super::sessions::{Token, shortened};
use super::sha256;
use crate::host::entropy::{bytes, fresh};
use crate::host::kind::Kind;

pub use desk::DeviceDesk;
use desk::Waiting;
pub use server::Introduction;

/// A device could not be let in, or could not ask.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// Nothing waits under this code: mistyped, too old, or judged already.
    #[error("no device waits under this code")]
    NoSuchCode,
    /// The device's own code is none that was given out, or was used.
    #[error("this device has no code that waits")]
    NoSuchDevice,
    /// Too many wrong codes.
    #[error("too many wrong codes; wait {seconds} seconds")]
    SlowDown {
        /// How long.
        seconds: u64,
    },
    /// Too many devices wait.
    #[error(transparent)]
    Full(#[from] DevicesFull),
    /// The person has too many devices.
    #[error("one person has too many devices")]
    TooMany,
    /// The name cannot be used.
    #[error("the name cannot be used")]
    Name(#[from] BadName),
    /// Only the owner lets a server in where there is one.
    #[error("only the owner lets a server in")]
    NotTheOwner,
    /// The account service could not do its part.
    #[error("the device could not be told who let it in")]
    Provider(#[source] ProviderError),
    /// The core refused.
    #[error(transparent)]
    Core(#[from] CoreError),
}

impl Failure for DeviceError {
    fn into_store(self) -> Result<StoreError, Self> {
        let Self::Core(error) = self else { return Err(self) };
        error.into_store().map_err(Self::Core)
    }
}

impl From<StoreError> for DeviceError {
    fn from(error: StoreError) -> Self {
        Self::Core(error.into())
    }
}

impl From<ProviderError> for DeviceError {
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::Core(error) => Self::Core(error),
            ProviderError::Key => Self::Provider(error),
        }
    }
}

impl From<GrantOver> for DeviceError {
    fn from(_: GrantOver) -> Self {
        Self::NoSuchCode
    }
}

/// What a device says of itself when it asks. None of it is proved.
#[derive(Debug, Clone)]
pub struct Asked {
    /// What it claims to be.
    pub client: DeviceClient,
    /// What it calls itself, if it does.
    pub name: String,
    /// What its program calls itself.
    pub agent: String,
    /// Where it is.
    pub peer: Peer,
    /// Its code went over plain http: what it is given is good there alone.
    pub plain: bool,
}

/// What a device is given to show and to keep.
pub struct Offer {
    /// Kept by the device; with it, it asks.
    pub device_code: Token,
    /// Shown to people.
    pub user_code: String,
    /// Where people type it, the name first.
    pub pages: Vec<String>,
    /// How long both are good for, in seconds.
    pub expires_in_seconds: u64,
}

/// Whether such a client may ask here. Where no media is, nobody plays.
#[must_use]
pub fn takes(core: &Core, client: DeviceClient) -> bool {
    match core.kind {
        Kind::Server => true,
        Kind::Accounts => client.session().is_none(),
    }
}

/// Gives a device a code. Blocks.
///
/// # Errors
/// [`DeviceError`].
pub fn ask(core: &Core, permit: &Permit, now: Now, asked: Asked) -> Result<Offer, DeviceError> {
    permitted(permit, Action::SignIn)?;
    let asked_by = asked.client;
    let device_code = Token::fresh(core);
    let code = fresh_code(core);
    let (user_code, grant) = (code.expose(), Grant::new(now));
    core.device_desk().add(Waiting::new(device_code.hash(), code, grant, asked), now)?;
    let pages = pages(core, asked_by);
    let expires_in_seconds = grant.left_seconds(now).unwrap_or_default();
    Ok(Offer { device_code, user_code, pages, expires_in_seconds })
}

/// Whoever lets a television or an app in may be away from home, and what they type is what they know
/// the box by. A server elsewhere leads to the one address that it knows this service by.
fn pages(core: &Core, client: DeviceClient) -> Vec<String> {
    match client {
        DeviceClient::Tv | DeviceClient::App => {
            core.link_bases().iter().map(|url| format!("{url}device")).collect()
        }
        DeviceClient::Server => vec![format!("{}/device", issuer(core))],
    }
}

fn fresh_code(core: &Core) -> UserCode {
    loop {
        if let Some(code) = UserCode::from_random(&bytes(core.entropy.as_ref())) {
            return code;
        }
    }
}

/// What a device that asks is told.
pub enum Polled {
    /// Nobody said anything yet.
    Pending,
    /// It asks too often.
    SlowDown,
    /// Somebody said no.
    Denied,
    /// The code is void.
    Over,
    /// It is let in.
    Done(Token),
    /// A server is told who let it in, and may register.
    Registers(Introduction),
}

/// The port over which a device is given its token, and where alone it is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Port {
    Secure,
    Plain,
}

/// A device asks whether it is let in. Blocks.
///
/// # Errors
/// [`DeviceError`].
pub fn poll(
    core: &Core,
    permit: &Permit,
    now: Now,
    client: DeviceClient,
    device_code: &str,
) -> Result<Polled, DeviceError> {
    poll_by(core, permit, now, client, device_code, Port::Secure)
}

/// A television asks over plain http whether it is let in: what it is given is good there alone.
/// Blocks.
///
/// # Errors
/// [`DeviceError`].
pub fn poll_over_plain(
    core: &Core,
    permit: &Permit,
    now: Now,
    device_code: &str,
) -> Result<Polled, DeviceError> {
    poll_by(core, permit, now, DeviceClient::Tv, device_code, Port::Plain)
}

fn poll_by(
    core: &Core,
    permit: &Permit,
    now: Now,
    client: DeviceClient,
    device_code: &str,
    port: Port,
) -> Result<Polled, DeviceError> {
    permitted(permit, Action::SignIn)?;
    let plain = matches!(port, Port::Plain);
    let told = core.device_desk().poll(client, plain, &sha256(device_code.as_bytes()), now)?;
    match told {
        (Poll::Pending, _) => Ok(Polled::Pending),
        (Poll::SlowDown, _) => Ok(Polled::SlowDown),
        (Poll::Over, _) => Ok(Polled::Over),
        (Poll::Approved, Some(taken)) => let_in(core, now, taken, port),
        (Poll::Denied, _) | (Poll::Approved, None) => Ok(Polled::Denied),
    }
}

/// Opens the session of a device whose code was taken off the desk, so that it is opened once.
fn let_in(core: &Core, now: Now, taken: Waiting, port: Port) -> Result<Polled, DeviceError> {
    let given = core.store()?.accounts.write(|tx| match taken.asked.client.session() {
        Some(kind) => Ok(open(tx, core, now, &taken, kind, port)?.map(Polled::Done)),
        None => Ok(server::introduce(tx, core, now, &taken)?.map(Polled::Registers)),
    });
    match given {
        Ok(Some(polled)) => Ok(polled),
        Ok(None) => Ok(Polled::Denied),
        Err(error) => {
            // A full disk is no verdict: the device asks again.
            core.device_desk().put_back(taken);
            Err(error)
        }
    }
}

/// None when who approved is by now nobody who could.
fn open(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    taken: &Waiting,
    kind: ClientKind,
    port: Port,
) -> Result<Option<Token>, DeviceError> {
    let Some((approval, by)) = approved(tx, core, taken)? else { return Ok(None) };
    let token = Token::fresh(core);
    let inherited = Inherited { methods: approval.methods, auth: approval.auth };
    let session = inherit(core, now, &by, inherited, kind, &taken.asked.agent);
    make_session(tx, &core.run, &session, &token.hash())?;
    match port {
        Port::Secure => {}
        Port::Plain => plain::mark(tx, session.id)?,
    }
    let origin = Origin {
        session: session.id,
        name: approval.name.clone(),
        approved_by: approval.session,
        approved_from: approval.address.to_string(),
        asked_from: taken.asked.peer.address.to_string(),
    };
    rows::put_origin(tx, &origin)?;
    let (who, kind_of) = (Some(approval.session), NoticeKind::DeviceApproved);
    notices::tell(tx, core, now, by.user.id, who, kind_of, &origin.name)?;
    claim::mark_clock(tx, core.clock.mark())?;
    let detail = serde_json::json!({
        "user": by.user.id.to_string(), "session": session.id.to_string(), "kind": kind.word(),
        "approved_by": approval.session.to_string(),
    });
    audit::append(tx, now, "device.signed_in", &detail.to_string())?;
    Ok(Some(token))
}

/// Who approved a device, if they could still.
fn approved<'a>(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    taken: &'a Waiting,
) -> Result<Option<(&'a desk::Approval, SessionFacts)>, StoreError> {
    let Some(approval) = &taken.approval else { return Ok(None) };
    let by = by_id(tx, &core.run, approval.session)?.filter(is_current);
    Ok(by.map(|by| (approval, by)))
}

/// An app that its person agreed to in a browser.
pub(super) struct App<'a> {
    /// What people see in their list.
    pub(super) name: &'a str,
    /// What its program calls itself.
    pub(super) agent: &'a str,
    /// Where it is.
    pub(super) peer: Peer,
}

/// Opens a session for an app whose person agreed in `by`; none when they have too many devices.
pub(super) fn let_app_in(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    by: &SessionFacts,
    app: &App<'_>,
) -> Result<Option<(SessionId, Token)>, StoreError> {
    if rows::count(tx, by.user.id)? >= DEVICES_PER_USER_MAX {
        return Ok(None);
    }
    let token = Token::fresh(core);
    let inherited = Inherited { methods: by.session.methods, auth: by.session.auth };
    let session = inherit(core, now, by, inherited, ClientKind::App, app.agent);
    make_session(tx, &core.run, &session, &token.hash())?;
    let from = app.peer.address.to_string();
    let origin = Origin {
        session: session.id,
        name: app.name.to_owned(),
        approved_by: by.session.id,
        approved_from: from.clone(),
        asked_from: from,
    };
    rows::put_origin(tx, &origin)?;
    let (who, kind) = (Some(by.session.id), NoticeKind::DeviceApproved);
    notices::tell(tx, core, now, by.user.id, who, kind, &origin.name)?;
    let detail = serde_json::json!({
        "user": by.user.id.to_string(), "session": session.id.to_string(),
        "kind": ClientKind::App.word(), "approved_by": by.session.id.to_string(),
    });
    audit::append(tx, now, "device.signed_in", &detail.to_string())?;
    Ok(Some((session.id, token)))
}

/// Whether the session of who approved is still worth what it was.
fn is_current(by: &SessionFacts) -> bool {
    by.user.enabled
        && by.session.epoch == by.epoch_now
        && by.session.generation == by.server_generation
}

/// What a device's session takes over from the one that approved it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Inherited {
    pub(super) methods: Methods,
    pub(super) auth: Moment,
}

/// A session of `by`'s user on another device. It is never fresher than what it came from.
pub(super) fn inherit(
    core: &Core,
    now: Now,
    by: &SessionFacts,
    inherited: Inherited,
    client: ClientKind,
    agent: &str,
) -> Session {
    Session {
        id: fresh(core.entropy.as_ref(), SessionId::from_bytes),
        user: by.user.id,
        client,
        agent: shortened(agent),
        issuer: by.session.issuer,
        methods: inherited.methods,
        auth: inherited.auth,
        generation: by.server_generation,
        epoch: by.epoch_now,
        created: now.wall,
        last_seen: Moment::of(now),
        rested: false,
    }
}

/// What a person sees of a device before they say yes.
#[derive(Debug, Clone)]
pub struct Seen {
    /// What it claims to be.
    pub client: DeviceClient,
    /// What it calls itself; may be empty.
    pub name: String,
    /// What its program calls itself.
    pub agent: String,
    /// Its address.
    pub address: IpAddr,
    /// Whether it is in a network of the box.
    pub near: bool,
    /// How long its code is good for yet, in seconds.
    pub left_seconds: u64,
}

/// Who judges a code, and from where.
#[derive(Debug, Clone, Copy)]
pub struct Judge<'a> {
    /// The session that asks, with its user.
    pub by: &'a SessionFacts,
    /// Where they are.
    pub peer: Peer,
}

/// Shows what waits under a code. Blocks.
///
/// # Errors
/// [`DeviceError`].
pub fn look(
    core: &Core,
    permit: &Permit,
    now: Now,
    judge: Judge<'_>,
    typed: &str,
) -> Result<Seen, DeviceError> {
    permitted(permit, Action::OwnAccount(Own::Sessions))?;
    let found = find(core, now, judge, typed)?;
    let Asked { client, name, agent, peer, .. } = found.asked;
    let left_seconds = found.grant.left_seconds(now).unwrap_or_default();
    let near = peer.link == Link::OnLink;
    Ok(Seen { client, name, agent, address: peer.address, near, left_seconds })
}

/// Lets a device in under a name. Blocks.
///
/// # Errors
/// [`DeviceError`].
pub fn approve(
    core: &Core,
    permit: &Permit,
    now: Now,
    judge: Judge<'_>,
    typed: &str,
    name: &str,
) -> Result<(), DeviceError> {
    permitted(permit, Action::OwnAccount(Own::Factors))?;
    let name = Name::parse(name)?.as_str().to_owned();
    let found = find(core, now, judge, typed)?;
    let Judge { by, peer } = judge;
    let approval = desk::Approval {
        session: by.session.id,
        methods: by.session.methods,
        auth: by.session.auth,
        name,
        address: peer.address,
    };
    let detail = judged_detail(&found, by);
    let plays = found.asked.client.session().is_some();
    if !plays && !server::may_let_in(core, by) {
        return Err(DeviceError::NotTheOwner);
    }
    core.store()?.accounts.write(|tx| {
        if plays && rows::count(tx, by.user.id)? >= DEVICES_PER_USER_MAX {
            return Err(DeviceError::TooMany);
        }
        throttle::was_right(tx, &core.run, &guess_of(by.user.id, peer), now)?;
        audit::append(tx, now, "device.approved", &detail)?;
        Ok(core.device_desk().judge(
            &found.secret,
            Verdict::Approved,
            Some(approval.clone()),
            now,
        )?)
    })
}

/// Sends a device away. Blocks.
///
/// # Errors
/// [`DeviceError`].
pub fn deny(
    core: &Core,
    permit: &Permit,
    now: Now,
    judge: Judge<'_>,
    typed: &str,
) -> Result<(), DeviceError> {
    permitted(permit, Action::OwnAccount(Own::Sessions))?;
    let found = find(core, now, judge, typed)?;
    let detail = judged_detail(&found, judge.by);
    core.store()?.accounts.write(|tx| {
        audit::append(tx, now, "device.denied", &detail)?;
        Ok(core.device_desk().judge(&found.secret, Verdict::Denied, None, now)?)
    })
}

fn judged_detail(found: &Waiting, by: &SessionFacts) -> String {
    serde_json::json!({
        "user": by.user.id.to_string(),
        "session": by.session.id.to_string(),
        "kind": found.asked.client.word(),
        "from": found.asked.peer.address.to_string(),
    })
    .to_string()
}

/// The device under a code that a person typed. Guesses are counted for the person alone, by place
/// and over all places, so nobody's guesses make anybody else wait. A text that cannot be a code
/// is no guess. Misses are forgiven by an approval alone: who looks at a code of their own between
/// two guesses would never have to wait.
fn find(core: &Core, now: Now, judge: Judge<'_>, typed: &str) -> Result<Waiting, DeviceError> {
    let code = UserCode::parse(typed).map_err(|_| DeviceError::NoSuchCode)?;
    let guess = guess_of(judge.by.user.id, judge.peer);
    core.store()?
        .accounts
        .write(|tx| {
            let tries = throttle::tries(tx, &core.run, &guess)?;
            if let Wait::Seconds(seconds) = wait_after(tries, DEVICE_GUESS_ALL_WAIT_SECONDS, now) {
                return Err(DeviceError::SlowDown { seconds });
            }
            let found = core.device_desk().find(&code, now);
            if found.is_none() {
                throttle::add_miss(tx, &core.run, &guess, now)?;
            }
            Ok(found)
        })?
        .ok_or(DeviceError::NoSuchCode)
}

fn guess_of(user: UserId, peer: Peer) -> Guess {
    let place = place_of(peer.address).to_string();
    Guess { credential: format!("device_code:{user}"), place }
}

/// Where one's sessions came from that somebody approved. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn origins(core: &Core, permit: &Permit) -> Result<Vec<Origin>, CoreError> {
    permitted(permit, Action::OwnAccount(Own::Sessions))?;
    let Some(user) = permit.user() else { return Ok(Vec::new()) };
    Ok(core.store()?.accounts.read(|tx| rows::origins(tx, user))?)
}
