//! Age ratings, and up to which age somebody sees titles.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Deserializer, Serialize};
use stead_rules::ids::{ItemId, ProfileId, UserId};
use stead_rules::media::{Age, AgeLimit, BadAge};
use stead_store::library::ratings::Rating;
use utoipa::ToSchema;

use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::wire::{Json, Segment};
use crate::service::core::Core;
use crate::service::ratings::{self, Whose};

/// Up to which age somebody sees titles.
#[derive(Clone, Copy, Serialize, ToSchema)]
pub(crate) struct LimitWire {
    max_age: u8,
    /// Films and series that nobody rated are hidden, too.
    hide_unrated: bool,
}

impl From<AgeLimit> for LimitWire {
    fn from(limit: AgeLimit) -> Self {
        Self { max_age: limit.up_to.get(), hide_unrated: limit.hides_unrated }
    }
}

/// For whom an item is.
#[derive(Serialize, ToSchema)]
pub(crate) struct RatingWire {
    /// In years.
    age: u8,
    /// `hand`: somebody decided it; `whole`: of what it is part of; `file`: it says so itself.
    by: &'static str,
}

impl RatingWire {
    /// What is told of a rating, if there is one.
    pub(crate) fn of(rating: Rating) -> Option<Self> {
        let by = match (rating.by_hand, rating.of_whole) {
            (Some(_), _) => "hand",
            (None, Some(_)) => "whole",
            (None, None) => "file",
        };
        rating.counts().map(|age| Self { age: age.get(), by })
    }
}

/// An age that has to be given, and may be null.
fn given<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u8>, D::Error> {
    Option::<u8>::deserialize(from)
}

fn age(years: Option<u8>) -> Result<Option<Age>, BadAge> {
    years.map(Age::years).transpose()
}

/// A limit.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LimitRequest {
    /// From 0 to 21; null: no limit.
    #[serde(deserialize_with = "given")]
    #[schema(required)]
    max_age: Option<u8>,
    /// Films and series that nobody rated are hidden, too. They are, where nothing is said.
    #[serde(default = "yes")]
    hide_unrated: bool,
}

const fn yes() -> bool {
    true
}

impl LimitRequest {
    fn limit(&self) -> Result<Option<AgeLimit>, BadAge> {
        let hides_unrated = self.hide_unrated;
        Ok(age(self.max_age)?.map(|up_to| AgeLimit { up_to, hides_unrated }))
    }
}

/// Says up to which age a member sees titles.
#[utoipa::path(post, path = "/api/v1/people/{id}/limit", params(("id" = String, Path)),
    request_body = LimitRequest,
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn person(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(user): Segment<UserId>,
    Json(request): Json<LimitRequest>,
) -> Result<StatusCode, Problem> {
    let limit = request.limit()?;
    core.blocking(move |core| {
        ratings::limit_person(core, &ctx.permit, ctx.now, user, limit).map_err(Problem::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Says up to which age somebody's profile sees titles.
#[utoipa::path(post, path = "/api/v1/people/profiles/{id}/limit", params(("id" = String, Path)),
    request_body = LimitRequest,
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn anybodys_profile(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(profile): Segment<ProfileId>,
    Json(request): Json<LimitRequest>,
) -> Result<StatusCode, Problem> {
    limit_profile(core, ctx, (Whose::Anybodys, profile), &request).await
}

/// Says up to which age a profile of one's own household sees titles.
#[utoipa::path(post, path = "/api/v1/profiles/{id}/limit", params(("id" = String, Path)),
    request_body = LimitRequest,
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn own_profile(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(profile): Segment<ProfileId>,
    Json(request): Json<LimitRequest>,
) -> Result<StatusCode, Problem> {
    let own = Whose::Own(ctx.signed_in()?.user.id);
    limit_profile(core, ctx, (own, profile), &request).await
}

async fn limit_profile(
    core: Arc<Core>,
    ctx: Ctx,
    which: (Whose, ProfileId),
    request: &LimitRequest,
) -> Result<StatusCode, Problem> {
    let limit = request.limit()?;
    core.blocking(move |core| {
        ratings::limit_profile(core, &ctx.permit, ctx.now, which, limit).map_err(Problem::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// For whom an item is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RatingRequest {
    /// From 0 to 21; null: what its files say.
    #[serde(deserialize_with = "given")]
    #[schema(required)]
    age: Option<u8>,
}

/// Says for whom an item and its parts are.
#[utoipa::path(post, path = "/api/v1/items/{id}/rating", params(("id" = String, Path)),
    request_body = RatingRequest,
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn rate(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(item): Segment<ItemId>,
    Json(request): Json<RatingRequest>,
) -> Result<StatusCode, Problem> {
    let age = age(request.age)?;
    core.blocking(move |core| {
        ratings::rate(core, &ctx.permit, ctx.now, item, age).map_err(Problem::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
