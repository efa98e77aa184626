//! "I lost a device": what hangs on it, and revoking that in one act.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use stead_rules::ids::SessionId;
use utoipa::ToSchema;

use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::wire::Json;
use crate::service::core::Core;
use crate::service::factors::FactorError;
use crate::service::lost::{self, Ended, Hangs, Named};

/// All that may hang on a device.
#[derive(Serialize, ToSchema)]
pub(crate) struct LostAnswer {
    sessions: Vec<LostSession>,
    factors: Vec<LostFactor>,
    remembered: Vec<LostBrowser>,
    recovery_codes_left: u32,
    /// One second factor has to stay: where all are lost, a new one is added first.
    needs_factor: bool,
}

#[derive(Serialize, ToSchema)]
struct LostSession {
    id: String,
    /// `web`, `tv`, `app` or `app_password`.
    kind: &'static str,
    /// What the client calls itself.
    agent: String,
    /// What it was called when somebody let it in.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The session that let it in; it may be gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    approved_by: Option<String>,
    last_seen_ms: i64,
    /// Whether it is the one that asks.
    current: bool,
}

#[derive(Serialize, ToSchema)]
struct LostFactor {
    id: String,
    /// `totp` or `passkey`.
    kind: &'static str,
    name: String,
    created_ms: i64,
    used_ms: Option<i64>,
    /// The session in which it was made, while that is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    made_in: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct LostBrowser {
    id: String,
    agent: String,
    since_ms: i64,
    /// The session that was opened when it was remembered, while that is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    made_in: Option<String>,
}

/// What may hang on a lost device.
#[utoipa::path(get, path = "/api/v1/lost",
    responses((status = 200, body = LostAnswer), (status = "default", body = Problem)))]
pub(crate) async fn look(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<axum::Json<LostAnswer>, Problem> {
    let (own, facts) = (ctx.session_id()?, ctx.signed_in()?.clone());
    let hangs = core.blocking(move |core| lost::look(core, &ctx.permit, ctx.now, &facts)).await?;
    Ok(axum::Json(shown(hangs, own)))
}

fn shown(hangs: Hangs, own: SessionId) -> LostAnswer {
    let Hangs { sessions, origins, factors, makers, remembered, .. } = hangs;
    let session = |session: stead_store::accounts::sessions::Session| {
        let origin = origins.iter().find(|origin| origin.session == session.id);
        LostSession {
            id: session.id.to_string(),
            kind: session.client.word(),
            agent: session.agent,
            name: origin.map(|origin| origin.name.clone()),
            approved_by: origin.map(|origin| origin.approved_by.to_string()),
            last_seen_ms: session.last_seen.wall.0,
            current: session.id == own,
        }
    };
    let factor = |kept: crate::service::factors::Kept| LostFactor {
        id: kept.id.to_string(),
        kind: kept.kind.word(),
        made_in: makers.iter().find(|(id, _)| *id == kept.id).map(|(_, by)| by.to_string()),
        name: kept.name,
        created_ms: kept.created.0,
        used_ms: kept.used.map(|used| used.0),
    };
    let browser = |one: stead_store::accounts::remembered::Remembered| LostBrowser {
        id: one.id.to_string(),
        agent: one.agent,
        since_ms: one.since.wall.0,
        made_in: one.made_in.map(|by| by.to_string()),
    };
    LostAnswer {
        sessions: sessions.into_iter().map(session).collect(),
        factors: factors.into_iter().map(factor).collect(),
        remembered: remembered.into_iter().map(browser).collect(),
        recovery_codes_left: hangs.recovery_codes_left,
        needs_factor: hangs.needs_factor,
    }
}

/// What was on the lost device, by ids.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RevokeRequest {
    sessions: Vec<String>,
    factors: Vec<String>,
    remembered: Vec<String>,
}

/// What was signed out.
#[derive(Serialize, ToSchema)]
pub(crate) struct RevokeAnswer {
    ended: Vec<EndedWire>,
}

#[derive(Serialize, ToSchema)]
struct EndedWire {
    /// `web`, `tv`, `app` or `app_password`.
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    agent: String,
}

impl From<Ended> for EndedWire {
    fn from(Ended { kind, name, agent }: Ended) -> Self {
        Self { kind: kind.word(), name, agent }
    }
}

/// Revokes what was on a lost device, and what it let in.
#[utoipa::path(post, path = "/api/v1/lost", request_body = RevokeRequest,
    responses((status = 200, body = RevokeAnswer), (status = "default", body = Problem)))]
pub(crate) async fn revoke(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<RevokeRequest>,
) -> Result<axum::Json<RevokeAnswer>, Problem> {
    let facts = ctx.signed_in()?.clone();
    let ended = core
        .blocking(move |core| {
            let named = Named {
                sessions: parsed(&request.sessions)?,
                factors: parsed(&request.factors)?,
                remembered: parsed(&request.remembered)?,
            };
            lost::revoke(core, &ctx.permit, ctx.now, &facts, &named).map_err(Problem::from)
        })
        .await?;
    Ok(axum::Json(RevokeAnswer { ended: ended.into_iter().map(EndedWire::from).collect() }))
}

/// What is no id is not there.
fn parsed<T: std::str::FromStr>(texts: &[String]) -> Result<Vec<T>, FactorError> {
    let each = texts.iter().map(|text| text.parse().map_err(|_| FactorError::Changed));
    each.collect()
}
