//! Household profiles.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Deserializer, Serialize};
use stead_rules::ids::{ProfileId, UserId};
use stead_rules::limits::PIN_TRIES;
use stead_rules::secret::SecretText;
use stead_rules::signin::Pin;
use utoipa::ToSchema;

use super::ratings::LimitWire;
use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::wire::{Json, Segment};
use crate::service::core::Core;
use crate::service::profiles::{self, Chosen, ProfileError};

/// The profiles of a household.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProfilesAnswer {
    /// By name.
    profiles: Vec<ProfileWire>,
    /// The one that this session looks by; none: its person.
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<String>,
    /// A PIN is asked for to come back to the person.
    has_own_pin: bool,
    /// The owner wants a PIN for each.
    pins_needed: bool,
}

#[derive(Serialize, ToSchema)]
struct ProfileWire {
    id: String,
    name: String,
    has_pin: bool,
    /// Too many PINs were wrong: its person sets another, or lets it be tried again.
    locked: bool,
    /// Up to which age it sees titles, besides what its person may.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<LimitWire>,
}

/// The profiles of one's household.
#[utoipa::path(get, path = "/api/v1/profiles",
    responses((status = 200, body = ProfilesAnswer), (status = "default", body = Problem)))]
pub(crate) async fn list(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<axum::Json<ProfilesAnswer>, Problem> {
    let facts = ctx.signed_in()?.clone();
    let household = core.blocking(move |core| profiles::list(core, &ctx.permit, &facts)).await?;
    let profiles = household.profiles.into_iter().map(|profile| ProfileWire {
        id: profile.id.to_string(),
        name: profile.name,
        has_pin: profile.pin_hash.is_some(),
        locked: profile.misses >= PIN_TRIES,
        limit: profile.limit.map(LimitWire::from),
    });
    Ok(axum::Json(ProfilesAnswer {
        profiles: profiles.collect(),
        current: household.current.map(|profile| profile.to_string()),
        has_own_pin: household.has_own_pin,
        pins_needed: household.pins_needed,
    }))
}

fn pin(typed: Option<String>) -> Result<Option<Pin>, ProfileError> {
    Ok(typed.map(|text| Pin::parse(&SecretText::new(text))).transpose()?)
}

/// A new profile.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewProfileRequest {
    name: String,
    /// 4 to 12 digits.
    #[serde(default)]
    pin: Option<String>,
}

/// A new profile.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewProfileAnswer {
    id: String,
}

/// Makes a profile.
#[utoipa::path(post, path = "/api/v1/profiles", request_body = NewProfileRequest,
    responses((status = 201, body = NewProfileAnswer), (status = "default", body = Problem)))]
pub(crate) async fn add(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<NewProfileRequest>,
) -> Result<Response, Problem> {
    let user = ctx.signed_in()?.user.id;
    let chosen = Chosen { name: Some(request.name), pin: Some(pin(request.pin)?) };
    let id = profiles::add(&core, &ctx.permit, ctx.now, ctx.peer, user, chosen).await?;
    let answer = NewProfileAnswer { id: id.to_string() };
    Ok((StatusCode::CREATED, axum::Json(answer)).into_response())
}

/// What changes of a profile; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProfileRequest {
    #[serde(default)]
    name: Option<String>,
    /// 4 to 12 digits; null takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pin: Option<Option<String>>,
}

/// Told apart: a member that is left out, and one that is null.
fn given<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(from).map(Some)
}

/// Gives a profile another name or PIN.
#[utoipa::path(post, path = "/api/v1/profiles/{id}", params(("id" = String, Path)),
    request_body = ProfileRequest,
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn change(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(profile): Segment<ProfileId>,
    Json(request): Json<ProfileRequest>,
) -> Result<StatusCode, Problem> {
    let which = (ctx.signed_in()?.user.id, profile);
    let chosen = Chosen { name: request.name, pin: request.pin.map(pin).transpose()? };
    profiles::change(&core, &ctx.permit, ctx.now, ctx.peer, which, chosen).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes a profile with what it watched.
#[utoipa::path(post, path = "/api/v1/profiles/{id}/remove", params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn remove(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(profile): Segment<ProfileId>,
) -> Result<StatusCode, Problem> {
    let user = ctx.signed_in()?.user.id;
    core.blocking(move |core| {
        profiles::remove(core, &ctx.permit, ctx.now, user, profile).map_err(Problem::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets the PIN of a profile be tried again, after too many wrong ones.
#[utoipa::path(post, path = "/api/v1/profiles/{id}/allow", params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn allow(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(profile): Segment<ProfileId>,
) -> Result<StatusCode, Problem> {
    let user = ctx.signed_in()?.user.id;
    core.blocking(move |core| {
        profiles::allow(core, &ctx.permit, ctx.now, user, profile).map_err(Problem::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A PIN, where one is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PinRequest {
    #[serde(default)]
    pin: Option<String>,
}

/// Sets the PIN by which one comes back from a profile; without one, takes it away.
#[utoipa::path(post, path = "/api/v1/profiles/own-pin", request_body = PinRequest,
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn own_pin(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<PinRequest>,
) -> Result<StatusCode, Problem> {
    let user = ctx.signed_in()?.user.id;
    profiles::set_own_pin(&core, &ctx.permit, ctx.peer, user, pin(request.pin)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Looks by a profile from now on, in this session.
#[utoipa::path(post, path = "/api/v1/profiles/{id}/enter", params(("id" = String, Path)),
    request_body = PinRequest,
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn enter(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(profile): Segment<ProfileId>,
    Json(request): Json<PinRequest>,
) -> Result<StatusCode, Problem> {
    let (facts, pin) = (ctx.signed_in()?.clone(), pin(request.pin)?);
    profiles::enter(&core, &ctx.permit, ctx.now, ctx.peer, facts, profile, pin).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Looks by one's own eyes again, in this session.
#[utoipa::path(post, path = "/api/v1/profiles/leave", request_body = PinRequest,
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn leave(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<PinRequest>,
) -> Result<StatusCode, Problem> {
    let (facts, pin) = (ctx.signed_in()?.clone(), pin(request.pin)?);
    profiles::leave(&core, &ctx.permit, ctx.now, ctx.peer, facts, pin).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes away somebody's own PIN, and forgets wrong PINs of their household.
#[utoipa::path(post, path = "/api/v1/people/{id}/pins", params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn reset(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(user): Segment<UserId>,
) -> Result<StatusCode, Problem> {
    core.blocking(move |core| {
        profiles::reset(core, &ctx.permit, ctx.now, user).map_err(Problem::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
