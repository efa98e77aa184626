//! Who sees a library.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use stead_rules::ids::LibraryId;
use stead_store::accounts::groups::With;
use utoipa::ToSchema;

use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::wire::{Json, Segment};
use crate::service::core::Core;
use crate::service::sharing::{self, GroupShare, UserShare};

/// With whom a library is shared, and with whom it could be.
#[derive(Serialize, ToSchema)]
pub(crate) struct SharesAnswer {
    /// Everybody, by name.
    users: Vec<UserShareWire>,
    /// Every group, by name.
    groups: Vec<GroupShareWire>,
}

#[derive(Serialize, ToSchema)]
struct UserShareWire {
    id: String,
    name: String,
    /// `owner`, `administrator` or `member`. Who administers sees every library.
    role: &'static str,
    /// Whether it is shared with them by name.
    shared: bool,
    /// Whether they see it by a group, too.
    by_group: bool,
}

impl From<UserShare> for UserShareWire {
    fn from(share: UserShare) -> Self {
        let UserShare { id, name, role, shared, by_group } = share;
        Self { id: id.to_string(), name, role: role.word(), shared, by_group }
    }
}

#[derive(Serialize, ToSchema)]
struct GroupShareWire {
    id: String,
    name: String,
    /// How many belong to it.
    members: usize,
    shared: bool,
}

impl From<GroupShare> for GroupShareWire {
    fn from(share: GroupShare) -> Self {
        let GroupShare { id, name, members, shared } = share;
        Self { id: id.to_string(), name, members, shared }
    }
}

/// With whom a library is shared, and with whom it could be.
#[utoipa::path(get, path = "/api/v1/libraries/{id}/shares", params(("id" = String, Path)),
    responses((status = 200, body = SharesAnswer), (status = "default", body = Problem)))]
pub(crate) async fn list(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(library): Segment<LibraryId>,
) -> Result<axum::Json<SharesAnswer>, Problem> {
    let shares = core
        .blocking(move |core| sharing::list(core, &ctx.permit, library).map_err(Problem::from))
        .await?;
    Ok(axum::Json(SharesAnswer {
        users: shares.users.into_iter().map(UserShareWire::from).collect(),
        groups: shares.groups.into_iter().map(GroupShareWire::from).collect(),
    }))
}

/// Whether somebody, or everybody in a group, sees the library.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShareRequest {
    with: ShareWith,
    /// The user or the group.
    id: String,
    shared: bool,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ShareWith {
    User,
    Group,
}

impl ShareRequest {
    fn with(&self) -> Result<With, Problem> {
        let unknown = |_| Problem::not_found();
        match self.with {
            ShareWith::User => self.id.parse().map(With::User).map_err(unknown),
            ShareWith::Group => self.id.parse().map(With::Group).map_err(unknown),
        }
    }
}

/// Shares a library, or ends that.
#[utoipa::path(post, path = "/api/v1/libraries/{id}/shares", params(("id" = String, Path)),
    request_body = ShareRequest,
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn change(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(library): Segment<LibraryId>,
    Json(request): Json<ShareRequest>,
) -> Result<StatusCode, Problem> {
    let with = request.with()?;
    core.blocking(move |core| {
        sharing::change(core, &ctx.permit, ctx.now, library, with, request.shared)
            .map_err(Problem::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
