//! Inviting people, for the owner.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use stead_rules::ids::InvitationId;
use stead_rules::limits::{INVITATION_DAYS, INVITATION_MAX_DAYS};
use stead_rules::policy::Role;
use stead_rules::time::Now;
use stead_store::accounts::invitations::Invitation;
use utoipa::ToSchema;

use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::wire::{Json, Segment};
use crate::net::qr;
use crate::service::core::Core;
use crate::service::invitations::{self, Reaches, Wish};

/// What somebody is made of.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GivenRole {
    Administrator,
    Member,
}

impl From<GivenRole> for Role {
    fn from(role: GivenRole) -> Self {
        match role {
            GivenRole::Administrator => Self::Administrator,
            GivenRole::Member => Self::Member,
        }
    }
}

/// Whom one invites.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InviteRequest {
    /// The name by which they will sign in.
    name: String,
    role: GivenRole,
    /// 1 to 30; without it 7.
    days: Option<i64>,
    #[serde(default)]
    libraries: Vec<String>,
    #[serde(default)]
    groups: Vec<String>,
}

impl InviteRequest {
    fn wish(self) -> Result<Wish, Problem> {
        let unknown = |_| Problem::not_found();
        let libraries = self.libraries.iter().map(|id| id.parse().map_err(unknown));
        let groups = self.groups.iter().map(|id| id.parse().map_err(unknown));
        Ok(Wish {
            role: self.role.into(),
            days: self.days,
            libraries: libraries.collect::<Result<_, _>>()?,
            groups: groups.collect::<Result<_, _>>()?,
            name: self.name,
        })
    }
}

/// A link to hand over. It is shown once.
#[derive(Serialize, ToSchema)]
pub(crate) struct InviteAnswer {
    id: String,
    /// The same link by each address of the server, the best first. The secret is in the fragment.
    urls: Vec<String>,
    /// The first of them as a picture: an SVG document.
    qr_svg: String,
    reaches: ReachesWire,
    expires_in_s: u64,
}

/// Where links work: `public_url` everywhere, `home` in the home network only.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ReachesWire {
    PublicUrl,
    Home,
}

impl From<Reaches> for ReachesWire {
    fn from(reaches: Reaches) -> Self {
        match reaches {
            Reaches::PublicUrl => Self::PublicUrl,
            Reaches::Home => Self::Home,
        }
    }
}

/// Invites somebody by a link that is good once.
#[utoipa::path(post, path = "/api/v1/invitations", request_body = InviteRequest,
    responses((status = 201, body = InviteAnswer),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = "default", body = Problem)))]
pub(crate) async fn make(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<InviteRequest>,
) -> Result<Response, Problem> {
    let wish = request.wish()?;
    let made = core
        .blocking(move |core| {
            invitations::make(core, &ctx.permit, ctx.now, wish).map_err(Problem::from)
        })
        .await?;
    let link = |url: &String| format!("{url}join#s={}", made.secret.as_str());
    let urls: Vec<_> = made.urls.iter().map(link).collect();
    let first = urls.first().map(String::as_str).unwrap_or_default();
    let qr_svg =
        qr::svg(first, "QR code of the invitation").map_err(|error| Problem::internal(&error))?;
    let (id, reaches) = (made.id.to_string(), made.reaches.into());
    let answer = InviteAnswer { id, urls, qr_svg, reaches, expires_in_s: made.seconds };
    Ok((StatusCode::CREATED, axum::Json(answer)).into_response())
}

/// Who is invited and has not come yet.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvitationsAnswer {
    /// The newest first.
    invitations: Vec<InvitationWire>,
    /// Where the next link would work.
    reaches: ReachesWire,
    days: u32,
    days_max: u32,
}

#[derive(Serialize, ToSchema)]
struct InvitationWire {
    id: String,
    name: String,
    /// `administrator` or `member`.
    role: &'static str,
    libraries: Vec<String>,
    groups: Vec<String>,
    created_ms: i64,
    /// How long it is still good; 0 when it is over.
    expires_in_s: u64,
}

impl InvitationWire {
    fn of(invitation: Invitation, now: Now) -> Self {
        Self {
            id: invitation.id.to_string(),
            name: invitation.name,
            role: invitation.role.word(),
            libraries: invitation.libraries.iter().map(ToString::to_string).collect(),
            groups: invitation.groups.iter().map(ToString::to_string).collect(),
            created_ms: invitation.created.0,
            expires_in_s: invitation.allowance.left_ms(now).div_ceil(1000),
        }
    }
}

/// Who is invited and has not come yet.
#[utoipa::path(get, path = "/api/v1/invitations",
    responses((status = 200, body = InvitationsAnswer), (status = "default", body = Problem)))]
pub(crate) async fn list(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<axum::Json<InvitationsAnswer>, Problem> {
    let (now, reaches) = (ctx.now, invitations::reaches(&core).into());
    let all = core.blocking(move |core| invitations::list(core, &ctx.permit)).await?;
    let invitations = all.into_iter().map(|one| InvitationWire::of(one, now)).collect();
    let (days, days_max) = (INVITATION_DAYS, INVITATION_MAX_DAYS);
    Ok(axum::Json(InvitationsAnswer { invitations, reaches, days, days_max }))
}

/// Takes an invitation back.
#[utoipa::path(post, path = "/api/v1/invitations/{id}/revoke", params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn revoke(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(invitation): Segment<InvitationId>,
) -> Result<StatusCode, Problem> {
    core.blocking(move |core| {
        invitations::revoke(core, &ctx.permit, ctx.now, invitation).map_err(Problem::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
