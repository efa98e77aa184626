//! Sessions: opened at a sign-in, found by their token, ended.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use stead_rules::ids::{SessionId, UserId};
use stead_rules::policy::{Action, ClientKind, Own, Permit, Shows};
use stead_rules::signin::{Life, Methods, Vouched, life, rests};
use stead_rules::time::{Moment, Now};
use stead_store::accounts::audit;
use stead_store::accounts::claim::server;
use stead_store::accounts::identity::User;
use stead_store::accounts::sessions::{self as rows, Session, SessionFacts};
use stead_store::{Accounts, StoreError, WriteTx};
use zeroize::Zeroizing;

use super::core::{Core, CoreError, permitted};
use super::policy::keep;
use super::sha256;
use crate::host::entropy::{bytes, fresh};

/// 256 bit: nobody guesses it, and its hash needs no salt.
const TOKEN_BYTES: usize = 32;
/// What is kept of a client's own description.
const AGENT_MAX_CHARS: usize = 120;
/// `last_seen` is written at most this often: the card is not worn by browsing.
const TOUCH_SECONDS: u64 = 60;

/// What a browser, a television or an app shows to be recognised; only its hash is kept.
pub struct Token(Zeroizing<String>);

impl Token {
    /// A new token.
    pub(crate) fn fresh(core: &Core) -> Self {
        let random = Zeroizing::new(bytes::<TOKEN_BYTES>(core.entropy.as_ref()));
        Self(Zeroizing::new(URL_SAFE_NO_PAD.encode(*random)))
    }

    /// What is kept of it.
    pub(crate) fn hash(&self) -> [u8; 32] {
        sha256(self.0.as_bytes())
    }

    /// The cookie's value.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// What is known of a client that signs in.
pub(crate) struct NewSession<'a> {
    pub(crate) client: ClientKind,
    pub(crate) agent: &'a str,
    pub(crate) methods: Methods,
}

/// Opens a session for `user`; the token is new at every sign-in.
pub(crate) fn open(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    user: &User,
    new: &NewSession<'_>,
) -> Result<Token, StoreError> {
    open_vouched(tx, core, now, user, new, Vouched::OldPassword)
}

/// The same for somebody of whom more is known than the password: a first factor is enrolled by
/// that.
pub(crate) fn open_vouched(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    user: &User,
    new: &NewSession<'_>,
    vouched: Vouched,
) -> Result<Token, StoreError> {
    open_shown(tx, core, now, user, new, vouched, Moment::of(now))
}

/// The same for somebody who showed the last factor at another moment, at an issuer.
pub(crate) fn open_shown(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    user: &User,
    new: &NewSession<'_>,
    vouched: Vouched,
    shown: Moment,
) -> Result<Token, StoreError> {
    let entropy = core.entropy.as_ref();
    let server = server(tx)?.ok_or(StoreError::BadRow { what: "server" })?;
    let token = Token::fresh(core);
    let session = Session {
        id: fresh(entropy, SessionId::from_bytes),
        user: user.id,
        client: new.client,
        agent: shortened(new.agent),
        issuer: user.issuer,
        methods: new.methods,
        auth: shown,
        generation: server.generation,
        epoch: server.epoch.saturating_add(user.epoch),
        created: now.wall,
        last_seen: Moment::of(now),
        rested: false,
    };
    rows::make_session(tx, &core.run, &session, &token.hash())?;
    rows::vouch(tx, session.id, vouched)?;
    Ok(token)
}

/// Opens a session in place of the one that asks, with the factors it has shown and when: the
/// server that they were shown to is another one from now on, and nothing of the old token counts.
pub(crate) fn go_on_as(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    facts: &SessionFacts,
) -> Result<Token, StoreError> {
    let entropy = core.entropy.as_ref();
    let server = server(tx)?.ok_or(StoreError::BadRow { what: "server" })?;
    let token = Token::fresh(core);
    let session = Session {
        id: fresh(entropy, SessionId::from_bytes),
        generation: server.generation,
        epoch: server.epoch.saturating_add(facts.user.epoch),
        created: now.wall,
        last_seen: Moment::of(now),
        rested: false,
        ..facts.session.clone()
    };
    rows::end(tx, facts.user.id, facts.session.id)?;
    rows::make_session(tx, &core.run, &session, &token.hash())?;
    Ok(token)
}

/// What is kept of what a client calls itself.
pub(crate) fn shortened(agent: &str) -> String {
    agent.chars().filter(|c| !c.is_control()).take(AGENT_MAX_CHARS).collect()
}

/// The session behind a token, if there is one and its kind of client shows it in this way. Looking
/// is no use of it: see [`touch`]. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn find(core: &Core, token: &str, shows: Shows) -> Result<Option<SessionFacts>, CoreError> {
    let hash = sha256(token.as_bytes());
    let found = core.store()?.accounts.read(|tx| rows::by_token(tx, &core.run, &hash))?;
    Ok(found.filter(|facts| facts.session.client.is_known_by(shows)))
}

/// Records that a session was used, at most once a minute, and what is used up of its user's grace by
/// then. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn touch(core: &Core, facts: &SessionFacts, now: Now) -> Result<(), CoreError> {
    let Session { id, last_seen, .. } = facts.session;
    if !last_seen.elapsed(now).surely_within(TOUCH_SECONDS) {
        let rested = rests(last_seen, now);
        core.store()?.accounts.note(|tx| {
            keep::of(tx, core, facts.user.id, now)?;
            rows::touch(tx, &core.run, id, now, rested)
        })?;
    }
    Ok(())
}

/// Removes a session that ended by its age; any other stays as it is. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn forget_ended(core: &Core, facts: &SessionFacts, now: Now) -> Result<(), CoreError> {
    let Session { id, user, auth, last_seen, rested, .. } = facts.session;
    if life(auth, last_seen, rested, now) == Life::Ended {
        core.store()?.accounts.note(|tx| rows::end(tx, user, id))?;
        core.session_ended.send_replace(());
    }
    Ok(())
}

/// One's own sessions. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn list(core: &Core, permit: &Permit) -> Result<Vec<Session>, CoreError> {
    permitted(permit, Action::OwnAccount(Own::Sessions))?;
    let Some(user) = permit.user() else { return Ok(Vec::new()) };
    Ok(core.store()?.accounts.read(|tx| rows::of_user(tx, &core.run, user))?)
}

/// Ends one of one's own sessions: false when there is none. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn end(core: &Core, permit: &Permit, now: Now, session: SessionId) -> Result<bool, CoreError> {
    permitted(permit, Action::OwnAccount(Own::Sessions))?;
    let Some(user) = permit.user() else { return Ok(false) };
    end_of(core, now, user, session)
}

/// Ends the session that asks. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn sign_out(core: &Core, permit: &Permit, now: Now) -> Result<bool, CoreError> {
    permitted(permit, Action::OwnAccount(Own::SignOut))?;
    let Some((user, session)) = permit.user().zip(permit.session()) else { return Ok(false) };
    end_of(core, now, user, session)
}

fn end_of(core: &Core, now: Now, user: UserId, session: SessionId) -> Result<bool, CoreError> {
    let ended = core.store()?.accounts.write(|tx| {
        let facts = rows::by_id(tx, &core.run, session)?;
        let ended = rows::end(tx, user, session)?;
        match facts.map(|facts| facts.session.client).filter(|_| ended) {
            Some(kind @ (ClientKind::Tv | ClientKind::App | ClientKind::AppPassword)) => {
                audit::append(tx, now, "device.ended", &ended_detail(user, session, kind))?;
            }
            Some(ClientKind::Web) | None => {}
        }
        Ok::<_, StoreError>(ended)
    })?;
    // What flows for it looks again at once.
    core.session_ended.send_replace(());
    Ok(ended)
}

fn ended_detail(user: UserId, session: SessionId, kind: ClientKind) -> String {
    serde_json::json!({
        "user": user.to_string(), "session": session.to_string(), "kind": kind.word(),
    })
    .to_string()
}

/// The session with this id, if there is one. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn by_id(core: &Core, session: SessionId) -> Result<Option<SessionFacts>, CoreError> {
    Ok(core.store()?.accounts.read(|tx| rows::by_id(tx, &core.run, session))?)
}
