//! The authorization endpoint behind its page: a browser brings a request, the person signs in and
//! agrees, and the client is sent a code.

use serde_json::json;
use stead_rules::limits::GRANTS_PER_SESSION_MAX;
use stead_rules::policy::{Action, ClientKind, Own, Permit};
use stead_rules::provider::{
    Asked, AuthorizeQuery, Client, Follows, Present, Scopes, Sent, Untrusted, built_in, follows,
    redirect_place, trusted_redirect, understand_request,
};
use stead_rules::time::{BootMs, Moment, Now};
use stead_store::accounts::provider::{self as rows, Grant};
use stead_store::accounts::sessions::SessionFacts;
use stead_store::accounts::{alone, audit};
use stead_store::{Accounts, Failure, ReadTx, StoreError, WriteTx};

use super::{clients, is_live, issuer, opaque, refusal, ticket};
use crate::host::entropy::bytes;
use crate::host::kind::Kind;
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
        ticket: String,
    },
    /// What was asked cannot be answered, and the client is nobody whom the person let in: they are
    /// told, and go there themselves or not.
    Stopped {
        /// Who asks, as they call themselves.
        client: String,
        /// Where the error would go.
        place: String,
        /// What is wrong, for whoever wrote the client.
        why: &'static str,
        /// The address with the error.
        to: String,
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

/// What the browser brings.
#[derive(Clone, Copy)]
pub struct Brought<'a> {
    /// The client's request.
    pub query: &'a AuthorizeQuery<'a>,
    /// What the page was given when its person was told to sign in.
    pub ticket: Option<&'a str>,
}

/// By whose word a client is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LetIn {
    /// The owner of the server let it in, or it is built in.
    Vetted,
    /// The person who is there let it in, or agreed to it before.
    Theirs,
    /// Somebody did, whom the person who is there need not know.
    Anybodys,
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
    brought: Brought<'_>,
) -> Result<Step, AuthorizeError> {
    permitted(permit, Action::SignIn)?;
    let server = standing(core, now);
    // A television or an app plays for somebody; it does not say to others who they are.
    let session = session.filter(|one| one.session.client == ClientKind::Web);
    let session = session.filter(|session| is_live(&server, now, session));
    answer(core, now, session, brought, None)
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
    brought: Brought<'_>,
    word: Word,
) -> Result<Step, AuthorizeError> {
    permitted(permit, Action::OwnAccount(Own::Sessions))?;
    answer(core, now, Some(session), brought, Some(word))
}

fn answer(
    core: &Core,
    now: Now,
    session: Option<&SessionFacts>,
    brought: Brought<'_>,
    word: Option<Word>,
) -> Result<Step, AuthorizeError> {
    let query = brought.query;
    let begun = |ticket| ticket::begun(&core.ticket_key, query, ticket, now);
    let since = brought.ticket.and_then(begun);
    core.store()?.accounts.write(|tx| {
        let client = match query.client_id {
            Some(id) => clients::find(tx, core, id)?,
            None => None,
        };
        let redirect = trusted_redirect(client.as_ref(), query)?;
        let Some(client) = client else { return Err(Untrusted::Client.into()) };
        let let_in = let_in(tx, core, session, &client)?;
        let stored = rows::client(tx, &client.id)?;
        let is_nobodys = stored.is_some_and(|stored| alone::is_nobody(stored.account));
        let name = client.name.clone();
        let stopped = |sent: Sent| {
            let to = error_url(core, redirect, query.state, sent);
            sent_back(let_in, &name, redirect, sent, to)
        };
        let asked = match understand_request(client, redirect, query) {
            Ok(asked) => asked,
            Err(sent) => return Ok(stopped(sent)),
        };
        let gone = match &asked.person {
            Some(sub) if refusal::is_gone(tx, sub)? => Some(sub),
            Some(_) | None => None,
        };
        if let Some(sub) = gone {
            let code = refusal::give(&core.ticket_key, &asked, sub, now);
            let (code, state) = (Some(code.as_str()), asked.state.as_deref());
            let to = with_members(core, redirect, &[("code", code), ("state", state)]);
            return Ok(sent_back(let_in, &name, redirect, GONE, to));
        }
        if is_nobodys {
            return Err(Untrusted::Client.into());
        }
        let next = match session {
            Some(session) => answer_person(tx, core, now, session, &asked, since, word)?,
            None => without_person(&asked, since, now),
        };
        Ok(match next {
            Next::SignIn { again } => {
                Step::SignIn { again, ticket: ticket::give(&core.ticket_key, query, now) }
            }
            Next::Error(sent) => stopped(sent),
            Next::Step(step) => step,
        })
    })
}

/// What the page says of a request for somebody who is gone; the client is told by the code.
const GONE: Sent = Sent {
    error: "access_denied",
    description: "The person who is asked for has no account here any more.",
};

/// What follows, before it is known how the browser is told.
enum Next {
    SignIn { again: bool },
    Error(Sent),
    Step(Step),
}

fn let_in(
    tx: &ReadTx<'_, Accounts>,
    core: &Core,
    session: Option<&SessionFacts>,
    client: &Client,
) -> Result<LetIn, StoreError> {
    match core.kind {
        Kind::Server => return Ok(LetIn::Vetted),
        Kind::Accounts if built_in(&client.id).is_some() => return Ok(LetIn::Vetted),
        Kind::Accounts => {}
    }
    let Some(session) = session else { return Ok(LetIn::Anybodys) };
    let account = session.user.account;
    let own = rows::client(tx, &client.id)?.is_some_and(|stored| stored.account == account);
    let agreed = rows::agreed(tx, account, &client.id)? != Scopes::default();
    Ok(if own || agreed { LetIn::Theirs } else { LetIn::Anybodys })
}

/// An error goes back to the client by itself only where somebody whom the person trusts has let the
/// client in. Where everybody lets in their own, a link to this service must not lead on to wherever
/// one of them likes (RFC 9700 §4.11.2): the person sees the place and goes there themselves, or not.
fn sent_back(let_in: LetIn, client: &str, redirect: &str, sent: Sent, to: String) -> Step {
    match let_in {
        LetIn::Vetted | LetIn::Theirs => Step::Redirect(to),
        LetIn::Anybodys => Step::Stopped {
            client: client.to_owned(),
            place: redirect_place(redirect).to_owned(),
            why: sent.description,
            to,
        },
    }
}

fn without_person(asked: &Asked, since: Option<BootMs>, now: Now) -> Next {
    match follows(asked, None, since, now) {
        Follows::Error(sent) => Next::Error(sent),
        Follows::SignIn { .. } | Follows::Consent | Follows::Code => Next::SignIn { again: false },
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
) -> Result<Next, AuthorizeError> {
    let account = session.user.account;
    let present = Present {
        auth: session.session.auth,
        methods: session.session.methods,
        reach: session.within_reach,
        agreed: rows::agreed(tx, account, &asked.client.id)?,
        is_wanted: asked.person.as_ref().is_none_or(|sub| *sub == account.to_string()),
    };
    let step = match (follows(asked, Some(present), since, now), word) {
        (Follows::SignIn { again }, _) => return Ok(Next::SignIn { again }),
        (Follows::Error(sent), _) => return Ok(Next::Error(sent)),
        (Follows::Consent, None) => Step::Consent {
            client: asked.client.name.clone(),
            place: redirect_place(&asked.redirect_uri).to_owned(),
            scopes: asked.scopes,
        },
        // It is the person's own act that sends the browser there.
        (Follows::Consent | Follows::Code, Some(Word::No)) => {
            let description = "The person refused.";
            let sent = Sent { error: "access_denied", description };
            Step::Redirect(error_url(core, &asked.redirect_uri, asked.state.as_deref(), sent))
        }
        (Follows::Consent, Some(Word::Yes)) => {
            rows::agree(tx, account, &asked.client.id, asked.scopes, now.wall)?;
            tell(tx, now, session, asked)?;
            Step::Redirect(code(tx, core, now, session, asked)?)
        }
        (Follows::Code, None | Some(Word::Yes)) => {
            Step::Redirect(code(tx, core, now, session, asked)?)
        }
    };
    Ok(Next::Step(step))
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
