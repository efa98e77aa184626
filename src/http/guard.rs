//! The guard before every row: reads the credential the row names, decides once, and hands the
//! handler a context that holds the permission. Refusal is the default.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{self, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use stead_rules::claim::{Peer, State};
use stead_rules::ids::TicketId;
use stead_rules::playback::{BadLink, LOCAL_SESSION, StreamLink};
use stead_rules::policy::{Action, Actor, ClientKind, Decision, Door, Permit, Reason, Shows};
use stead_rules::secret::SecretText;
use stead_rules::time::Now;
use stead_store::StoreError;
use stead_store::accounts::plain as marks;
use stead_store::accounts::sessions::SessionFacts;

use super::authorization::Authorization;
use super::conn::{Nearness, Transport};
use super::cookies::Cookie;
use super::ctx::{Ctx, Facts};
use super::error::Problem;
use super::row::{Access, Plain};
use crate::service::app_passwords::{self, AppPasswordError};
use crate::service::core::{Core, CoreError};
use crate::service::judge::{Asked, judge, standing, standing_at_once};
use crate::service::playback;
use crate::service::policy::log;
use crate::service::sessions;

/// What the guard of one row knows.
#[derive(Clone)]
pub(crate) struct Guarded {
    pub(crate) core: Arc<Core>,
    pub(crate) access: Access,
    pub(crate) action: Action,
    pub(crate) door: Door,
    pub(crate) plain: Plain,
    /// The time within which an answer begins.
    pub(crate) seconds: u64,
}

/// The layer around a row's handler. Its own look into the store has an end too; what flows has
/// begun to within this time, and how long it goes on is its own matter.
pub(crate) async fn guard(
    extract::State(row): extract::State<Guarded>,
    request: Request,
    next: Next,
) -> Response {
    let limit = Duration::from_secs(row.seconds);
    match tokio::time::timeout(limit, judged_first(row, request, next)).await {
        Ok(response) => response,
        Err(_) => {
            Problem::busy("The server took too long. Try again in a moment.", 5).into_response()
        }
    }
}

async fn judged_first(row: Guarded, mut request: Request, next: Next) -> Response {
    let ctx = match Knock::of(&row, &request) {
        Ok(knock) => knock.answer(row).await,
        Err(problem) => Err(problem),
    };
    match ctx {
        Ok(ctx) => {
            request.extensions_mut().insert(ctx);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

/// What a request brings along, taken out of it before anything waits.
struct Knock {
    now: Now,
    peer: Peer,
    transport: Transport,
    agent: String,
    nearness: Nearness,
    device: Option<SecretText>,
    credential: Credential,
}

impl Knock {
    fn of(row: &Guarded, request: &Request) -> Result<Self, Problem> {
        let extensions = request.extensions();
        let (Some(peer), Some(transport)) =
            (extensions.get::<Peer>().copied(), extensions.get::<Transport>().copied())
        else {
            return Err(Problem::not_found());
        };
        if transport == Transport::Plain && row.plain == Plain::Refused {
            return Err(Problem::tls_only());
        }
        Ok(Self {
            now: row.core.now(),
            peer,
            transport,
            agent: agent(request.headers()),
            nearness: extensions.get().copied().unwrap_or(Nearness::Elsewhere),
            device: Cookie::Device
                .read(request.headers(), transport)
                .map(|token| SecretText::new(token.to_owned())),
            credential: Credential::read(row.access, request, transport),
        })
    }

    async fn answer(self, row: Guarded) -> Result<Ctx, Problem> {
        let core = Arc::clone(&row.core);
        // What shows nothing needs no look into the store: pages are there also while every
        // thread that may block does.
        if self.credential.needs_no_store()
            && let Some(server) = standing_at_once(&core, self.now)
        {
            return self.judged(&row, &server);
        }
        core.blocking(move |core| {
            let server = standing(core, self.now);
            self.judged(&row, &server)
        })
        .await
    }

    fn judged(self, row: &Guarded, server: &State) -> Result<Ctx, Problem> {
        let core = row.core.as_ref();
        let Self { now, peer, transport, agent, nearness, device, credential } = self;
        let mut shown = credential.look_up(core, now, peer)?;
        if !is_of_this_port(core, &shown, transport)? {
            // As if it had not been shown: it is worth nothing here.
            shown = Shown { session: None, ..shown };
        }
        let door = if transport == Transport::Plain { Door::Plain } else { row.door };
        let permit = match permit(server, row, now, nearness, door, &shown) {
            Ok(permit) => permit,
            Err(refusal) => return Err(refused(core, &shown, now, refusal)),
        };
        let Shown { session, link, .. } = shown;
        if let Some(facts) = session.as_ref().filter(|_| row.access == Access::Session) {
            // Only a request that was allowed is a use: an ended session must stay ended.
            touch(core, facts, now)?;
        }
        Ok(Ctx::new(Facts { now, peer, transport, agent, device, session, link, permit }))
    }
}

/// A session that was made over plain http is good there alone, and no other one is. Only televisions
/// have such sessions.
fn is_of_this_port(core: &Core, shown: &Shown, transport: Transport) -> Result<bool, CoreError> {
    let plain = transport == Transport::Plain;
    let Some(facts) = &shown.session else { return Ok(true) };
    let (id, may_be) = (facts.session.id, facts.session.client == ClientKind::Tv);
    Ok(plain == (may_be && core.store()?.accounts.read(|tx| marks::is_marked(tx, id))?))
}

/// A disk without room must not end what is allowed: an unwritten use only makes the session look
/// older than it is.
fn touch(core: &Core, facts: &SessionFacts, now: Now) -> Result<(), CoreError> {
    match sessions::touch(core, facts, now) {
        Err(CoreError::Store(error @ (StoreError::Full(_) | StoreError::ReadOnly(_)))) => {
            core.room.left_out(now, "the use of a session", &error);
            Ok(())
        }
        touched => touched,
    }
}

/// A session that ended by its age is forgotten when it is shown again.
fn refused(core: &Core, shown: &Shown, now: Now, refusal: Problem) -> Problem {
    let forgotten = match &shown.session {
        Some(facts) => sessions::forget_ended(core, facts, now),
        None => Ok(()),
    };
    match forgotten {
        Ok(()) => {}
        Err(error) => tracing::warn!(%error, "an ended session was not removed"),
    }
    refusal
}

/// What a client showed, before it is looked up.
enum Credential {
    None,
    Claim(TicketId),
    /// The token of a session, and how it was shown.
    Session(SecretText, Shows),
    /// A name and the password of an app.
    App {
        login: String,
        password: SecretText,
    },
    Link(String),
}

/// What is known of it.
#[derive(Default)]
struct Shown {
    browser: Option<TicketId>,
    session: Option<SessionFacts>,
    link: Option<StreamLink>,
}

impl Shown {
    /// A link that was made for a session is good for that session only.
    fn may_be_local(&self, access: Access) -> bool {
        access != Access::Link || self.link.is_some_and(|link| link.session == LOCAL_SESSION)
    }
}

impl Credential {
    fn read(access: Access, request: &Request, transport: Transport) -> Self {
        let headers = request.headers();
        match access {
            Access::Open => Self::None,
            Access::Claim => Cookie::Claim
                .read(headers, transport)
                .and_then(|text| text.parse().ok())
                .map_or(Self::None, Self::Claim),
            Access::Session | Access::Known => Self::of_session(headers, transport),
            Access::Link => Self::Link(
                request.uri().path().split('/').nth(LINK_SEGMENT).unwrap_or_default().to_owned(),
            ),
        }
    }

    /// Who says who they are in so many words is not asked for a cookie too: a browser sends one
    /// by itself, and the two could be two people.
    fn of_session(headers: &HeaderMap, transport: Transport) -> Self {
        match Authorization::read(headers) {
            Authorization::Bearer(token) => Self::Session(token, Shows::Bearer),
            Authorization::Basic { login, password } => Self::App { login, password },
            Authorization::Unknown => Self::None,
            Authorization::Absent => {
                Cookie::Session.read(headers, transport).map_or(Self::None, |token| {
                    Self::Session(SecretText::new(token.to_owned()), Shows::Cookie)
                })
            }
        }
    }

    const fn needs_no_store(&self) -> bool {
        matches!(self, Self::None | Self::Claim(_))
    }

    fn look_up(self, core: &Core, now: Now, peer: Peer) -> Result<Shown, Problem> {
        match self {
            Self::None => Ok(Shown::default()),
            Self::Claim(browser) => Ok(Shown { browser: Some(browser), ..Shown::default() }),
            Self::Session(token, shows) => {
                let session = match sessions::find(core, token.expose(), shows) {
                    Ok(found) => found,
                    Err(CoreError::NoStore) => None,
                    Err(error) => return Err(error.into()),
                };
                Ok(Shown { session, ..Shown::default() })
            }
            Self::App { login, password } => {
                let session = match app_passwords::find(core, now, peer, &login, &password) {
                    Ok(found) => found,
                    Err(AppPasswordError::Core(CoreError::NoStore)) => None,
                    Err(error) => return Err(error.into()),
                };
                Ok(Shown { session, ..Shown::default() })
            }
            Self::Link(token) => {
                let link = playback::read_link(core, &token, now)?;
                let session = sessions::by_id(core, link.session)?;
                Ok(Shown { session, link: Some(link), ..Shown::default() })
            }
        }
    }
}

/// `/stream/<link>/<name>`: the segment that holds the link.
const LINK_SEGMENT: usize = 2;

fn permit(
    server: &State,
    row: &Guarded,
    now: Now,
    nearness: Nearness,
    door: Door,
    shown: &Shown,
) -> Result<Permit, Problem> {
    let unknown = match nearness {
        Nearness::Listed if shown.may_be_local(row.access) => Actor::Local,
        Nearness::Listed | Nearness::Elsewhere => Actor::Stranger,
    };
    let without = shown.browser.map_or(unknown, Actor::ClaimHolder);
    let asked = Asked { action: row.action, door };
    let decision = judge(server, now, shown.session.as_ref(), without, asked);
    if let Some(facts) = &shown.session {
        let door = facts.session.client.door(door);
        log::decided(&row.core, now, facts.user.id, door, &decision);
    }
    match decision {
        Decision::Allow(permit) | Decision::AllowNotice { permit, .. } => Ok(permit),
        Decision::StepUp { level, max_age_seconds, .. } => {
            Err(Problem::step_up(level.word(), max_age_seconds))
        }
        Decision::Enrol { level, .. } => Err(Problem::enrol(level.word())),
        Decision::Deny { reason: Reason::NotSignedIn | Reason::SessionEnded, .. }
            if row.access == Access::Link =>
        {
            // The link ended with its session; its holder may be a player that cannot sign in.
            Err(BadLink.into())
        }
        Decision::Deny { reason, .. } => Err(Problem::denied(reason, server)),
    }
}

fn agent(headers: &HeaderMap) -> String {
    let text = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    text.unwrap_or("unknown").to_owned()
}

impl Problem {
    /// What the plain port refuses.
    pub(super) fn tls_only() -> Self {
        Self::new(StatusCode::FORBIDDEN, "tls_only", "This port only shows the way. Use https.")
    }

    pub(in crate::http) fn step_up(level: &str, max_age_seconds: Option<u64>) -> Self {
        let problem = Self::new(
            StatusCode::UNAUTHORIZED,
            "insufficient_user_authentication",
            "Show your second factor again to go on: sign in once more.",
        )
        .with("level", level);
        match max_age_seconds {
            Some(seconds) => problem.with("max_age_s", seconds),
            None => problem,
        }
    }

    pub(in crate::http) fn enrol(level: &str) -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "enrolment_required",
            "Set up a second factor first; the start page leads there.",
        )
        .with("level", level)
        .with("link", "/settings/security")
    }

    pub(in crate::http) fn denied(reason: Reason, server: &State) -> Self {
        let (status, detail) = words(reason);
        Self::new(status, reason.code(), detail).with("state", server.word())
    }
}

fn words(reason: Reason) -> (StatusCode, &'static str) {
    match reason {
        Reason::NotClaimed => (
            StatusCode::FORBIDDEN,
            "This server has no owner yet. Open Setup Stead.html from its data folder, or type \
             the code that its console shows.",
        ),
        Reason::AlreadyClaimed => {
            (StatusCode::GONE, "This server has an owner. Sign in, or ask them to invite you.")
        }
        Reason::ClaimNotYours => (
            StatusCode::UNAUTHORIZED,
            "This browser does not hold the claim. Begin again with the set-up page or the code.",
        ),
        Reason::Locked => (
            StatusCode::FORBIDDEN,
            "This server is locked, because what it has stored is less than it once had. Its \
             start page says what helps.",
        ),
        Reason::NothingToUnlock => (StatusCode::CONFLICT, "This server is not locked."),
        Reason::Orphaned => (
            StatusCode::FORBIDDEN,
            "This server has lost its owner, and nothing can be changed until they sign in.",
        ),
        Reason::OrphanedClosed => (
            StatusCode::FORBIDDEN,
            "This server has lost its owner, who lets nothing play until they are back.",
        ),
        Reason::OwnerRefused => (
            StatusCode::FORBIDDEN,
            "The service where your account is has refused you, so only its word opens this server \
             for you. Sign in there; once it lets you in, try again.",
        ),
        Reason::WrongDoor => (StatusCode::FORBIDDEN, "This is not done here. Use the web app."),
        Reason::NotSignedIn => (StatusCode::UNAUTHORIZED, "Sign in to go on."),
        Reason::SessionEnded => {
            (StatusCode::UNAUTHORIZED, "You were signed out. Sign in again to go on.")
        }
        Reason::AccountDisabled => {
            (StatusCode::FORBIDDEN, "Your account is switched off. Ask the owner of this server.")
        }
        Reason::NotYourRole => {
            (StatusCode::FORBIDDEN, "Only the owner of this server does this. Ask them.")
        }
        Reason::NotThisClient => {
            (StatusCode::FORBIDDEN, "This is done in a browser. Open the web app there.")
        }
        Reason::InProfile => (
            StatusCode::FORBIDDEN,
            "This is not done by a household profile. Leave the profile first.",
        ),
        Reason::PolicyError => (
            StatusCode::FORBIDDEN,
            "What is asked of you here cannot be read, so this server does not let you in. Ask its \
             owner to repair it.",
        ),
    }
}
