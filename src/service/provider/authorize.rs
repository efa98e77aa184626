//! The authorization endpoint behind its page: a browser brings a request, the person signs in and
//! agrees, and the client is sent a code.

use serde_json::json;
use stead_rules::ids::TicketId;
use stead_rules::limits::{AUTHORIZE_TICKETS_MAX, GRANTS_PER_SESSION_MAX};
use stead_rules::policy::{Action, ClientKind, Own, Permit};
use stead_rules::provider::{
    Asked, AuthorizeQuery, Follows, Present, Scopes, Sent, Untrusted, follows, redirect_place,
    trusted_redirect, understand_request,
};
use stead_rules::signin::ticket_is_live;
use stead_rules::time::{BootMs, Moment, Now};
use stead_store::accounts::audit;
use stead_store::accounts::provider::{self as rows, Grant};
use stead_store::accounts::sessions::SessionFacts;
use stead_store::{Accounts, Failure, StoreError, WriteTx};

use super::{clients, is_live, issuer, opaque};
use crate::host::entropy::{bytes, fresh};
use crate::service::core::{Core, CoreError, permitted};
use crate::service::judge::standing;
use crate::service::sha256;

/// How a request goes on.
pub enum Step {
    /// The browser goes there: with a code, or with an error.
    Redirect(String),
    /// The person signs in and comes back with the ticket.
    SignIn {
        /// Somebody is signed in, and that is not enough.
        again: bool,
        /// What is shown after it was given counts for this request.
        ticket: TicketId,
    },
    /// The person is asked.
    Consent {
        /// Who asks, as they call themselves.
        client: String,
        /// Where the answer goes.
        place: String,
        /// For what.
        scopes: Scopes,
    },
}

/// What the person said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// They agree.
    Yes,
    /// They do not.
    No,
}

/// The person is told, and nothing is sent anywhere.
#[derive(Debug, thiserror::Error)]
pub enum AuthorizeError {
    /// Who asks, or where the answer would go, is not known.
    #[error(transparent)]
    Untrusted(#[from] Untrusted),
    /// The core refused.
    #[error(transparent)]
    Core(#[from] CoreError),
}

impl Failure for AuthorizeError {
    fn into_store(self) -> Result<StoreError, Self> {
        let Self::Core(error) = self else { return Err(self) };
        error.into_store().map_err(Self::Core)
    }
}

impl From<StoreError> for AuthorizeError {
    fn from(error: StoreError) -> Self {
        Self::Core(error.into())
    }
}

/// Requests whose person was told to sign in. They live in memory, because they live for minutes.
#[derive(Default)]
pub struct AuthorizeDesk(Vec<(TicketId, BootMs)>);

impl AuthorizeDesk {
    fn add(&mut self, ticket: TicketId, now: Now) {
        self.0.retain(|(_, begun)| ticket_is_live(*begun, now));
        if self.0.len() >= AUTHORIZE_TICKETS_MAX {
            self.0.remove(0);
        }
        self.0.push((ticket, now.boot));
    }

    fn begun(&self, ticket: TicketId, now: Now) -> Option<BootMs> {
        let found = self.0.iter().find(|(known, _)| *known == ticket);
        found.map(|(_, begun)| *begun).filter(|begun| ticket_is_live(*begun, now))
    }
}

/// Looks at a request. Whoever agreed before is not asked again. Blocks.
///
/// # Errors
/// [`AuthorizeError`].
pub fn look(
    core: &Core,
    permit: &Permit,
    now: Now,
    session: Option<&SessionFacts>,
    query: &AuthorizeQuery<'_>,
    ticket: Option<TicketId>,
) -> Result<Step, AuthorizeError> {
    permitted(permit, Action::SignIn)?;
    let server = standing(core, now);
    // A television or an app plays for somebody; it does not say to others who they are.
    let session = session.filter(|one| one.session.client == ClientKind::Web);
    let session = session.filter(|session| is_live(&server, now, session));
    answer(core, now, session, query, ticket, None)
}

/// Takes the person's word. Everything else is judged anew. Blocks.
///
/// # Errors
/// [`AuthorizeError`].
pub fn consent(
    core: &Core,
    permit: &Permit,
    now: Now,
    session: &SessionFacts,
    query: &AuthorizeQuery<'_>,
    ticket: Option<TicketId>,
    word: Word,
) -> Result<Step, AuthorizeError> {
    permitted(permit, Action::OwnAccount(Own::Sessions))?;
    answer(core, now, Some(session), query, ticket, Some(word))
}

fn answer(
    core: &Core,
    now: Now,
    session: Option<&SessionFacts>,
    query: &AuthorizeQuery<'_>,
    ticket: Option<TicketId>,
    word: Option<Word>,
) -> Result<Step, AuthorizeError> {
    let since = ticket.and_then(|ticket| core.authorize_desk().begun(ticket, now));
    let step = core.store()?.accounts.write(|tx| {
        let client = match query.client_id {
            Some(id) => clients::find(tx, core, id)?,
            None => None,
        };
        let redirect = trusted_redirect(client.as_ref(), query)?;
        let Some(client) = client else { return Err(Untrusted::Client.into()) };
        let asked = match understand_request(client, redirect, query) {
            Ok(asked) => asked,
            Err(sent) => return Ok(Step::Redirect(error_url(core, redirect, query.state, sent))),
        };
        match session {
            Some(session) => answer_person(tx, core, now, session, &asked, since, word),
            None => Ok(without_person(core, &asked, since, now)),
        }
    })?;
    if let Step::SignIn { ticket, .. } = &step {
        core.authorize_desk().add(*ticket, now);
    }
    Ok(step)
}

fn without_person(core: &Core, asked: &Asked, since: Option<BootMs>, now: Now) -> Step {
    match follows(asked, None, since, now) {
        Follows::Error(sent) => Step::Redirect(refusal(core, asked, sent)),
        Follows::SignIn { .. } | Follows::Consent | Follows::Code => sign_in(core, false),
    }
}

fn answer_person(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    session: &SessionFacts,
    asked: &Asked,
    since: Option<BootMs>,
    word: Option<Word>,
) -> Result<Step, AuthorizeError> {
    let account = session.user.account;
    let present = Present {
        auth: session.session.auth,
        methods: session.session.methods,
        reach: session.within_reach,
        agreed: rows::agreed(tx, account, &asked.client.id)?,
    };
    match (follows(asked, Some(present), since, now), word) {
        (Follows::SignIn { again }, _) => Ok(sign_in(core, again)),
        (Follows::Error(sent), _) => Ok(Step::Redirect(refusal(core, asked, sent))),
        (Follows::Consent, None) => Ok(Step::Consent {
            client: asked.client.name.clone(),
            place: redirect_place(&asked.redirect_uri).to_owned(),
            scopes: asked.scopes,
        }),
        (Follows::Consent | Follows::Code, Some(Word::No)) => {
            let description = "The person refused.";
            let sent = Sent { error: "access_denied", description };
            Ok(Step::Redirect(refusal(core, asked, sent)))
        }
        (Follows::Consent, Some(Word::Yes)) => {
            rows::agree(tx, account, &asked.client.id, asked.scopes, now.wall)?;
            tell(tx, now, session, asked)?;
            Ok(Step::Redirect(code(tx, core, now, session, asked)?))
        }
        (Follows::Code, None | Some(Word::Yes)) => {
            Ok(Step::Redirect(code(tx, core, now, session, asked)?))
        }
    }
}

fn sign_in(core: &Core, again: bool) -> Step {
    Step::SignIn { again, ticket: fresh(core.entropy.as_ref(), TicketId::from_bytes) }
}

fn tell(
    tx: &WriteTx<'_, Accounts>,
    now: Now,
    session: &SessionFacts,
    asked: &Asked,
) -> Result<(), StoreError> {
    let detail = json!({
        "user": session.user.id.to_string(),
        "client": asked.client.id,
        "scopes": asked.scopes.words(),
    });
    audit::append(tx, now, "oauth.agreed", &detail.to_string())
}

/// Makes a code, and the address that takes it to the client.
fn code(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    session: &SessionFacts,
    asked: &Asked,
) -> Result<String, StoreError> {
    let code = opaque(core);
    let grant = Grant {
        id: bytes(core.entropy.as_ref()),
        session: session.session.id,
        client_id: asked.client.id.clone(),
        scopes: asked.scopes,
        nonce: asked.nonce.clone(),
        redirect_uri: asked.redirect_uri.clone(),
        challenge: asked.challenge.clone(),
        code_used: false,
        refresh_hash: None,
        methods: session.session.methods,
        auth: session.session.auth.wall,
        epoch: session.epoch_now,
        given: Moment::of(now),
    };
    let hash = sha256(code.expose().as_bytes());
    rows::make_grant(tx, &core.run, &grant, &hash, now, GRANTS_PER_SESSION_MAX)?;
    let (code, state) = (code.expose(), asked.state.as_deref());
    Ok(with_members(core, &asked.redirect_uri, &[("code", Some(code)), ("state", state)]))
}

fn refusal(core: &Core, asked: &Asked, sent: Sent) -> String {
    error_url(core, &asked.redirect_uri, asked.state.as_deref(), sent)
}

fn error_url(core: &Core, redirect_uri: &str, state: Option<&str>, sent: Sent) -> String {
    let members = [
        ("error", Some(sent.error)),
        ("error_description", Some(sent.description)),
        ("state", state),
    ];
    with_members(core, redirect_uri, &members)
}

/// Every answer names its issuer, so that a client of several cannot be led to mix them up
/// (RFC 9207).
fn with_members(core: &Core, redirect_uri: &str, members: &[(&str, Option<&str>)]) -> String {
    let issuer = issuer(core);
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in members {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    query.append_pair("iss", &issuer);
    let joint = if redirect_uri.contains('?') { '&' } else { '?' };
    format!("{redirect_uri}{joint}{}", query.finish())
}
