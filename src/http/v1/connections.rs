//! Servers and programs that somebody let in, for them to see and to take back.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use stead_rules::ids::TicketId;
use stead_rules::provider::{Scope, redirect_place};
use stead_store::accounts::provider::Connection;
use utoipa::ToSchema;

use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::wire::Segment;
use crate::service::core::Core;
use crate::service::provider::connections;

/// What one let in.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConnectionsAnswer {
    connections: Vec<ConnectionWire>,
}

#[derive(Serialize, ToSchema)]
struct ConnectionWire {
    id: String,
    /// `server` or `program`.
    kind: &'static str,
    /// As it calls itself.
    name: String,
    /// Where its answers go: a host, or an app's scheme.
    place: String,
    /// Whether it registered by one's own word, so that removing it ends it for everybody.
    own: bool,
    /// What one agreed that it may have; empty if nothing.
    scopes: Vec<&'static str>,
    /// When one let it in.
    since_ms: i64,
    /// When it last got tokens for one.
    used_ms: Option<i64>,
}

impl From<Connection> for ConnectionWire {
    fn from(one: Connection) -> Self {
        let (scopes, given) = one.agreed.unzip();
        Self {
            id: one.client_id,
            kind: if one.is_server { "server" } else { "program" },
            place: redirect_place(&one.redirect_uri).to_owned(),
            name: one.name,
            own: one.is_own,
            scopes: scopes.unwrap_or_default().iter().map(Scope::word).collect(),
            since_ms: if one.is_own { one.registered.0 } else { given.unwrap_or(one.registered).0 },
            used_ms: one.used.map(|used| used.0),
        }
    }
}

/// Servers and programs that one let in.
#[utoipa::path(get, path = "/api/v1/connections",
    responses((status = 200, body = ConnectionsAnswer), (status = "default", body = Problem)))]
pub(crate) async fn list(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<axum::Json<ConnectionsAnswer>, Problem> {
    let facts = ctx.signed_in()?.clone();
    let list = core.blocking(move |core| connections::list(core, &ctx.permit, &facts)).await?;
    let connections = list.into_iter().map(ConnectionWire::from).collect();
    Ok(axum::Json(ConnectionsAnswer { connections }))
}

/// Takes back what one agreed to: the program has nothing of one any more, and asks again.
#[utoipa::path(post, path = "/api/v1/connections/{id}/revoke", params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn revoke(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(client): Segment<TicketId>,
) -> Result<StatusCode, Problem> {
    let (facts, id) = (ctx.signed_in()?.clone(), client.to_string());
    let taken = core
        .blocking(move |core| connections::take_back(core, &ctx.permit, ctx.now, &facts, &id))
        .await?;
    if taken { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found()) }
}

/// Removes a server or program that registered by one's own word: nobody signs in there by this
/// service any more.
#[utoipa::path(post, path = "/api/v1/connections/{id}/remove", params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn remove(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(client): Segment<TicketId>,
) -> Result<StatusCode, Problem> {
    let (facts, id) = (ctx.signed_in()?.clone(), client.to_string());
    let removed = core
        .blocking(move |core| connections::remove(core, &ctx.permit, ctx.now, &facts, &id))
        .await?;
    if removed { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found()) }
}
