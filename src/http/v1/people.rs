//! Everybody who uses this server, for its owner.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use stead_rules::ids::UserId;
use stead_store::accounts::profiles::Profile;
use utoipa::ToSchema;

use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::v1::invitations::GivenRole;
use crate::http::v1::ratings::LimitWire;
use crate::http::wire::{Json, Segment};
use crate::net::qr;
use crate::service::core::Core;
use crate::service::people::{self, Household};
use crate::service::rescue;

/// Everybody.
#[derive(Serialize, ToSchema)]
pub(crate) struct PeopleAnswer {
    people: Vec<PersonWire>,
}

#[derive(Serialize, ToSchema)]
struct PersonWire {
    id: String,
    name: String,
    /// `owner`, `administrator` or `member`.
    role: &'static str,
    enabled: bool,
    /// The last request of any session that is still there.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen_ms: Option<i64>,
    /// What there is besides the password: `totp`, `passkey`, `recovery`.
    factors: Vec<&'static str>,
    /// Whether there is a password here to be forgotten.
    has_password_here: bool,
    /// Up to which age they see titles. It holds while they are a member.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<LimitWire>,
    /// The profiles of their household.
    profiles: Vec<ProfileLimitWire>,
}

#[derive(Serialize, ToSchema)]
struct ProfileLimitWire {
    id: String,
    name: String,
    /// Up to which age it sees titles, besides what its person may.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<LimitWire>,
}

impl From<Profile> for ProfileLimitWire {
    fn from(profile: Profile) -> Self {
        Self {
            id: profile.id.to_string(),
            name: profile.name,
            limit: profile.limit.map(LimitWire::from),
        }
    }
}

impl From<Household> for PersonWire {
    fn from(Household { person, profiles }: Household) -> Self {
        let totp = person.has_totp.then_some("totp");
        let passkey = person.has_passkey.then_some("passkey");
        let recovery = (person.recovery_codes > 0).then_some("recovery");
        Self {
            id: person.user.id.to_string(),
            name: person.user.name,
            role: person.user.role.word(),
            enabled: person.user.enabled,
            last_seen_ms: person.last_seen.map(|at| at.0),
            factors: totp.into_iter().chain(passkey).chain(recovery).collect(),
            has_password_here: person.has_password_here,
            limit: person.limit.map(LimitWire::from),
            profiles: profiles.into_iter().map(ProfileLimitWire::from).collect(),
        }
    }
}

/// Everybody who uses this server.
#[utoipa::path(get, path = "/api/v1/people",
    responses((status = 200, body = PeopleAnswer), (status = "default", body = Problem)))]
pub(crate) async fn list(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<axum::Json<PeopleAnswer>, Problem> {
    let people = core.blocking(move |core| people::list(core, &ctx.permit)).await?;
    Ok(axum::Json(PeopleAnswer { people: people.into_iter().map(PersonWire::from).collect() }))
}

/// What a link is to do.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkRequest {
    /// An authenticator is set up anew, too; the old one and its recovery codes are void then.
    new_factor: bool,
}

/// A link to hand over. It is shown once.
#[derive(Serialize, ToSchema)]
pub(crate) struct LinkAnswer {
    /// The same link by each address of the server, names first.
    urls: Vec<String>,
    /// The first of them as a picture: an SVG document.
    qr_svg: String,
    expires_in_s: u64,
}

/// Makes somebody a one-time link that sets a new password; the one before it is void.
#[utoipa::path(post, path = "/api/v1/people/{id}/link", params(("id" = String, Path)),
    request_body = LinkRequest,
    responses((status = 200, body = LinkAnswer), (status = "default", body = Problem)))]
pub(crate) async fn link(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(user): Segment<UserId>,
    Json(request): Json<LinkRequest>,
) -> Result<axum::Json<LinkAnswer>, Problem> {
    let made = core
        .blocking(move |core| {
            rescue::link(core, &ctx.permit, ctx.now, user, request.new_factor)
                .map_err(Problem::from)
        })
        .await?;
    let urls: Vec<String> = core
        .link_bases()
        .iter()
        .map(|url| format!("{url}reset#s={}", made.secret.as_str()))
        .collect();
    let first = urls.first().map(String::as_str).unwrap_or_default();
    let qr_svg =
        qr::svg(first, "QR code of the link").map_err(|error| Problem::internal(&error))?;
    Ok(axum::Json(LinkAnswer { urls, qr_svg, expires_in_s: made.seconds }))
}

/// A code to hand over. It is shown once.
#[derive(Serialize, ToSchema)]
pub(crate) struct OneTimeCodeAnswer {
    /// Eight letters, as `WXYZ-BCDF`.
    code: String,
    expires_in_s: u64,
}

/// Makes somebody a one-time code that stands in for a second factor; the one before it is void.
#[utoipa::path(post, path = "/api/v1/people/{id}/code", params(("id" = String, Path)),
    responses((status = 200, body = OneTimeCodeAnswer), (status = "default", body = Problem)))]
pub(crate) async fn code(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(user): Segment<UserId>,
) -> Result<axum::Json<OneTimeCodeAnswer>, Problem> {
    let made = core
        .blocking(move |core| rescue::code(core, &ctx.permit, ctx.now, user).map_err(Problem::from))
        .await?;
    Ok(axum::Json(OneTimeCodeAnswer { code: made.secret.to_string(), expires_in_s: made.seconds }))
}

/// Ends every session of somebody.
#[utoipa::path(post, path = "/api/v1/people/{id}/signout", params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn sign_out(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(user): Segment<UserId>,
) -> Result<StatusCode, Problem> {
    core.blocking(move |core| {
        people::sign_out(core, &ctx.permit, ctx.now, user).map_err(Problem::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether somebody may come in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SwitchRequest {
    enabled: bool,
}

/// Keeps somebody out, or lets them in again.
#[utoipa::path(post, path = "/api/v1/people/{id}/switch", params(("id" = String, Path)),
    request_body = SwitchRequest,
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn switch(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(user): Segment<UserId>,
    Json(request): Json<SwitchRequest>,
) -> Result<StatusCode, Problem> {
    core.blocking(move |core| {
        people::switch(core, &ctx.permit, ctx.now, user, request.enabled).map_err(Problem::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What somebody is here.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleRequest {
    role: GivenRole,
}

/// Makes somebody an administrator, or a member again.
#[utoipa::path(post, path = "/api/v1/people/{id}/role", params(("id" = String, Path)),
    request_body = RoleRequest,
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn role(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(user): Segment<UserId>,
    Json(request): Json<RoleRequest>,
) -> Result<StatusCode, Problem> {
    core.blocking(move |core| {
        people::set_role(core, &ctx.permit, ctx.now, user, request.role.into())
            .map_err(Problem::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes somebody. What they did stays in the log.
#[utoipa::path(post, path = "/api/v1/people/{id}/remove", params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn remove(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(user): Segment<UserId>,
) -> Result<StatusCode, Problem> {
    core.blocking(move |core| {
        people::remove(core, &ctx.permit, ctx.now, user).map_err(Problem::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
