//! Groups of people.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use stead_rules::ids::{GroupId, UserId};
use utoipa::ToSchema;

use super::policy::named;
use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::wire::{Json, Segment};
use crate::service::core::Core;
use crate::service::policy::groups::{self, Described};

/// Every group.
#[derive(Serialize, ToSchema)]
pub(crate) struct GroupsAnswer {
    groups: Vec<GroupWire>,
}

#[derive(Serialize, ToSchema)]
struct GroupWire {
    id: String,
    name: String,
    /// Whether each household profile of theirs needs a PIN.
    profiles_need_pin: bool,
    /// How many are in it.
    members: usize,
    /// What is shared with it.
    libraries: Vec<String>,
    /// Whether something is required of it.
    required: bool,
}

impl From<Described> for GroupWire {
    fn from(described: Described) -> Self {
        Self {
            id: described.group.id.to_string(),
            name: described.group.name,
            profiles_need_pin: described.group.profiles_need_pin,
            members: described.members,
            libraries: described.libraries.iter().map(ToString::to_string).collect(),
            required: described.is_required,
        }
    }
}

/// Every group, by name.
#[utoipa::path(get, path = "/api/v1/groups",
    responses((status = 200, body = GroupsAnswer), (status = "default", body = Problem)))]
pub(crate) async fn list(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<axum::Json<GroupsAnswer>, Problem> {
    let all = core.blocking(move |core| groups::all(core, &ctx.permit)).await?;
    Ok(axum::Json(GroupsAnswer { groups: all.into_iter().map(GroupWire::from).collect() }))
}

/// Who is in a group.
#[derive(Serialize, ToSchema)]
pub(crate) struct MembersAnswer {
    members: Vec<GroupMemberWire>,
}

#[derive(Serialize, ToSchema)]
struct GroupMemberWire {
    user_id: String,
    name: String,
}

/// Who is in a group, by name.
#[utoipa::path(get, path = "/api/v1/groups/{id}/members", params(("id" = String, Path)),
    responses((status = 200, body = MembersAnswer), (status = "default", body = Problem)))]
pub(crate) async fn members(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(id): Segment<GroupId>,
) -> Result<axum::Json<MembersAnswer>, Problem> {
    let members = core
        .blocking(move |core| groups::members(core, &ctx.permit, id).map_err(Problem::from))
        .await?;
    let wire = |(user, name): (UserId, String)| GroupMemberWire { user_id: user.to_string(), name };
    Ok(axum::Json(MembersAnswer { members: members.into_iter().map(wire).collect() }))
}

/// What a group is called.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupRequest {
    name: String,
    #[serde(default)]
    profiles_need_pin: bool,
}

/// A group was made.
#[derive(Serialize, ToSchema)]
pub(crate) struct GroupMade {
    id: String,
}

/// Makes a group.
#[utoipa::path(post, path = "/api/v1/groups", request_body = GroupRequest,
    responses((status = 201, body = GroupMade), (status = "default", body = Problem)))]
pub(crate) async fn make(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<GroupRequest>,
) -> Result<(StatusCode, axum::Json<GroupMade>), Problem> {
    let GroupRequest { name, profiles_need_pin: pin } = request;
    let id = core
        .blocking(move |core| {
            groups::make(core, &ctx.permit, ctx.now, &name, pin).map_err(Problem::from)
        })
        .await?;
    Ok((StatusCode::CREATED, axum::Json(GroupMade { id: id.to_string() })))
}

/// Gives a group another name, and says whether its profiles need a PIN.
#[utoipa::path(post, path = "/api/v1/groups/{id}", params(("id" = String, Path)),
    request_body = GroupRequest,
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn change(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(id): Segment<GroupId>,
    Json(request): Json<GroupRequest>,
) -> Result<StatusCode, Problem> {
    let GroupRequest { name, profiles_need_pin: pin } = request;
    core.blocking(move |core| {
        groups::change(core, &ctx.permit, ctx.now, id, &name, pin).map_err(Problem::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether somebody is in a group.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemberRequest {
    user_id: String,
    member: bool,
}

/// Puts somebody into a group, or takes them out.
#[utoipa::path(post, path = "/api/v1/groups/{id}/members", params(("id" = String, Path)),
    request_body = MemberRequest,
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn set_member(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(id): Segment<GroupId>,
    Json(request): Json<MemberRequest>,
) -> Result<StatusCode, Problem> {
    let (user, belongs) = (named::<UserId>(&request.user_id)?, request.member);
    core.blocking(move |core| {
        groups::set_member(core, &ctx.permit, ctx.now, id, user, belongs).map_err(Problem::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes a group; people stay.
#[utoipa::path(post, path = "/api/v1/groups/{id}/remove", params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn remove(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(id): Segment<GroupId>,
) -> Result<StatusCode, Problem> {
    core.blocking(move |core| {
        groups::remove(core, &ctx.permit, ctx.now, id).map_err(Problem::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
