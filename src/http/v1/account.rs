//! What belongs to whoever is signed in.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use stead_rules::ids::SessionId;
use stead_rules::policy::{Asks, Role};
use stead_rules::signin::Method;
use stead_store::accounts::devices::Origin;
use stead_store::accounts::sessions::Session;
use utoipa::ToSchema;

use super::policy::{AboutWord, about_wire};
use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::wire::Segment;
use crate::service::core::{Core, CoreError};
use crate::service::policy::asked::{Asked, AskedFor};
use crate::service::{claim, devices, own_password, policy, profiles, sessions};

/// Who one is here.
#[derive(Serialize, ToSchema)]
pub(crate) struct MeAnswer {
    user: UserWire,
    session: OwnSession,
    server: ServerWire,
    /// What is required here and not met; none when all is.
    asked: Option<AskedWire>,
    /// The household profile that this session looks by.
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<ProfileRef>,
    /// There are profiles to choose from.
    has_profiles: bool,
}

#[derive(Serialize, ToSchema)]
struct ProfileRef {
    id: String,
    name: String,
}

#[derive(Serialize, ToSchema)]
struct UserWire {
    id: String,
    name: String,
    /// `owner`, `administrator` or `member`.
    role: &'static str,
}

#[derive(Serialize, ToSchema)]
struct OwnSession {
    id: String,
    kind: &'static str,
    /// `none`, `pwd`, `mfa` or `mfa_phishing_resistant`.
    assurance: &'static str,
    methods: Vec<&'static str>,
    auth_time_ms: i64,
    /// Another password is wanted since a security event.
    new_password_wanted: bool,
}

#[derive(Serialize, ToSchema)]
struct ServerWire {
    id: String,
    name: String,
    /// `claimed`, or `orphaned` or `locked` while its owner is to come back.
    state: &'static str,
    /// Somebody has shown that they have the box in hand: unless the owner signs in within this
    /// time, a new owner may be made.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner_has_s: Option<u64>,
    /// A phone in the network waits to show so with the plug. For the owner.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    phone_waits: bool,
}

/// What is required here and not met.
#[derive(Serialize, ToSchema)]
struct AskedWire {
    /// Who asks for it: the owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    server: String,
    /// The worst of what follows: `exempt`, `notice`, `step_up` or `enrol`.
    state: &'static str,
    /// `mfa` or `mfa_phishing_resistant`.
    level: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_age_s: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    days_left: Option<u32>,
    /// When the days end, where the clock is believed.
    #[serde(skip_serializing_if = "Option::is_none")]
    by_ms: Option<i64>,
    /// Nothing is left of them: only setting up a factor is open.
    after_deadline: bool,
    /// Where a factor is set up.
    link: &'static str,
    requirements: Vec<AskedForWire>,
}

/// One requirement that is not met.
#[derive(Serialize, ToSchema)]
struct AskedForWire {
    id: i64,
    /// `server`, `group` or `library`.
    about: AboutWord,
    /// What the group or library is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    level: &'static str,
    /// `exempt`, `notice`, `step_up` or `enrol`.
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    days_left: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by_ms: Option<i64>,
}

impl From<&AskedFor> for AskedForWire {
    fn from(row: &AskedFor) -> Self {
        Self {
            id: row.id.0,
            about: about_wire(row.about).0,
            name: row.name.clone(),
            level: row.level.word(),
            state: row.asks.word(),
            days_left: row.asks.days_left(),
            by_ms: row.by.map(|by| by.0),
        }
    }
}

impl AskedWire {
    fn of(asked: &Asked, server: &str) -> Option<Self> {
        let worst = asked.rows.first()?;
        Some(Self {
            owner: asked.owner.clone(),
            server: server.to_owned(),
            state: worst.asks.word(),
            level: worst.level.word(),
            max_age_s: worst.max_age_seconds,
            days_left: worst.asks.days_left(),
            by_ms: worst.by.map(|by| by.0),
            after_deadline: worst.asks == Asks::Enrol,
            link: "/settings/security",
            requirements: asked.rows.iter().map(AskedForWire::from).collect(),
        })
    }
}

/// Who one is here.
#[utoipa::path(get, path = "/api/v1/me",
    responses((status = 200, body = MeAnswer), (status = "default", body = Problem)))]
pub(crate) async fn me(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<axum::Json<MeAnswer>, Problem> {
    let facts = ctx.signed_in()?;
    let asked = ctx.clone();
    let (card, new_password_wanted, required, place) = core
        .blocking(move |core| {
            let facts = asked.signed_in()?;
            let wanted = own_password::is_wanted(core, &asked.permit, facts)?;
            let required = policy::asked::of(core, &asked.permit, asked.now, facts)?;
            let place = profiles::place(core, &asked.permit, facts)?;
            Ok::<_, Problem>((claim::card(core), wanted, required, place))
        })
        .await?;
    let asked = required.and_then(|asked| AskedWire::of(&asked, &card.name));
    let (user, session) = (&facts.user, &facts.session);
    Ok(axum::Json(MeAnswer {
        asked,
        user: UserWire { id: user.id.to_string(), name: user.name.clone(), role: user.role.word() },
        session: OwnSession {
            id: session.id.to_string(),
            kind: session.client.word(),
            assurance: session.methods.assurance().word(),
            methods: session.methods.iter().map(Method::word).collect(),
            auth_time_ms: session.auth.wall.0,
            new_password_wanted,
        },
        profile: place.current.map(|(id, name)| ProfileRef { id: id.to_string(), name }),
        has_profiles: place.has_profiles,
        server: ServerWire {
            id: core.box_id.to_string(),
            name: card.name,
            state: card.state.word(),
            owner_has_s: card.owner_has_seconds,
            phone_waits: card.phone_waits && user.role == Role::Owner,
        },
    }))
}

/// Where one is signed in.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionsAnswer {
    sessions: Vec<SessionWire>,
}

#[derive(Serialize, ToSchema)]
struct SessionWire {
    id: String,
    kind: &'static str,
    /// What the client calls itself.
    agent: String,
    /// What a television or an app was called when somebody let it in.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The address of who let it in.
    #[serde(skip_serializing_if = "Option::is_none")]
    approved_from: Option<String>,
    /// `none`, `pwd`, `mfa` or `mfa_phishing_resistant`: what it is worth for playing.
    assurance: &'static str,
    /// Nobody signed in there: what it is worth comes from the session that let it in.
    inherited: bool,
    created_ms: i64,
    last_seen_ms: i64,
    /// Whether it is the one that asks.
    current: bool,
}

/// Where one is signed in.
#[utoipa::path(get, path = "/api/v1/sessions",
    responses((status = 200, body = SessionsAnswer), (status = "default", body = Problem)))]
pub(crate) async fn sessions(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<axum::Json<SessionsAnswer>, Problem> {
    let own = ctx.session_id()?;
    let (list, origins) = core
        .blocking(move |core| {
            let list = sessions::list(core, &ctx.permit)?;
            Ok::<_, CoreError>((list, devices::origins(core, &ctx.permit)?))
        })
        .await?;
    let wire = |session| session_wire(session, own, &origins);
    Ok(axum::Json(SessionsAnswer { sessions: list.into_iter().map(wire).collect() }))
}

fn session_wire(session: Session, own: SessionId, origins: &[Origin]) -> SessionWire {
    let origin = origins.iter().find(|origin| origin.session == session.id);
    SessionWire {
        id: session.id.to_string(),
        kind: session.client.word(),
        agent: session.agent,
        name: origin.map(|origin| origin.name.clone()),
        approved_from: origin.map(|origin| origin.approved_from.clone()),
        assurance: session.methods.assurance().word(),
        inherited: origin.is_some(),
        created_ms: session.created.0,
        last_seen_ms: session.last_seen.wall.0,
        current: session.id == own,
    }
}

/// Signs another client of one's own out.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/revoke", params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn revoke(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(session): Segment<SessionId>,
) -> Result<StatusCode, Problem> {
    let ended =
        core.blocking(move |core| sessions::end(core, &ctx.permit, ctx.now, session)).await?;
    if ended { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found()) }
}
