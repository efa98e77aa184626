//! What the owner requires, and who is exempt from it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use stead_rules::ids::{GroupId, LibraryId, UserId};
use stead_rules::limits::{
    EXEMPTION_MAX_SECONDS, EXEMPTION_SECONDS, GRACE_MAX_DAYS, GRACE_PRESETS_DAYS,
    MAX_AGE_MAX_SECONDS, MAX_AGE_MIN_SECONDS,
};
use stead_rules::policy::{RequirementId, Standing, Wished};
use stead_rules::signin::Assurance;
use stead_store::accounts::exemptions::Unreadable;
use stead_store::accounts::requirements::{About, Required};
use utoipa::ToSchema;

use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::wire::{Json, Segment};
use crate::service::core::Core;
use crate::service::policy::preview::{self as tried, Affected};
use crate::service::policy::requirements::{self, Counts, Wish};
use crate::service::policy::{ease, exemptions};

const DAY_SECONDS: u64 = 24 * 3600;

/// What a requirement is about.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AboutWord {
    Server,
    Group,
    Library,
}

/// What a requirement asks for.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LevelWord {
    Mfa,
    MfaPhishingResistant,
}

impl From<LevelWord> for Assurance {
    fn from(word: LevelWord) -> Self {
        match word {
            LevelWord::Mfa => Self::Mfa,
            LevelWord::MfaPhishingResistant => Self::MfaPhishingResistant,
        }
    }
}

/// A requirement as it stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct RequirementWire {
    id: i64,
    about: AboutWord,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    library_id: Option<String>,
    /// What the group or library is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// `mfa` or `mfa_phishing_resistant`.
    level: &'static str,
    /// Days for those who are here when it is switched on.
    grace_days: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_age_s: Option<u64>,
    on: bool,
    /// When it was last switched on.
    since_ms: i64,
}

/// What something is about: its word, the group, the library.
pub(super) fn about_wire(about: About) -> (AboutWord, Option<String>, Option<String>) {
    match about {
        About::Server => (AboutWord::Server, None, None),
        About::Group(group) => (AboutWord::Group, Some(group.to_string()), None),
        About::Library(library) => (AboutWord::Library, None, Some(library.to_string())),
    }
}

impl From<(Required, Option<String>)> for RequirementWire {
    fn from((row, name): (Required, Option<String>)) -> Self {
        let (about, group_id, library_id) = about_wire(row.about);
        Self {
            id: row.id.0,
            about,
            group_id,
            library_id,
            name,
            level: row.level.word(),
            grace_days: row.grace_seconds / DAY_SECONDS,
            max_age_s: row.max_age_seconds,
            on: row.is_on,
            since_ms: row.begun.0,
        }
    }
}

/// How many people stand how.
#[derive(Serialize, ToSchema)]
pub(crate) struct CountsWire {
    people: usize,
    ok: usize,
    exempt: usize,
    grace: usize,
    blocked: usize,
    never_signed_in: usize,
}

impl From<Counts> for CountsWire {
    fn from(counts: Counts) -> Self {
        Self {
            people: counts.people,
            ok: counts.fine,
            exempt: counts.exempt,
            grace: counts.grace,
            blocked: counts.blocked,
            never_signed_in: counts.never_came,
        }
    }
}

/// How somebody stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct StandingWire {
    /// `ok`, `exempt`, `grace`, `blocked` or `never_signed_in`.
    state: &'static str,
    /// Days of grace.
    #[serde(skip_serializing_if = "Option::is_none")]
    days_left: Option<u32>,
}

impl From<Standing> for StandingWire {
    fn from(standing: Standing) -> Self {
        Self { state: standing.word(), days_left: standing.days_left() }
    }
}

/// What is required, and what may be.
#[derive(Serialize, ToSchema)]
pub(crate) struct PolicyAnswer {
    requirements: Vec<RequirementWire>,
    /// Rows that mean nothing: nobody is let in until they are removed.
    unreadable: Vec<i64>,
    grace_presets_days: [u32; 3],
    grace_max_days: u32,
    exemption_days: u64,
    exemption_max_days: u64,
    max_age_min_s: u64,
    max_age_max_s: u64,
    can_require: CanRequire,
    counts: CountsWire,
}

/// The code with which whoever asks would be refused, for each level.
#[derive(Serialize, ToSchema)]
struct CanRequire {
    mfa: Option<&'static str>,
    mfa_phishing_resistant: Option<&'static str>,
}

/// What is required, and how everybody stands with it.
#[utoipa::path(get, path = "/api/v1/policy",
    responses((status = 200, body = PolicyAnswer), (status = "default", body = Problem)))]
pub(crate) async fn read(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<axum::Json<PolicyAnswer>, Problem> {
    let policy = core
        .blocking(move |core| {
            Ok::<_, Problem>(requirements::all(core, &ctx.permit, ctx.now, ctx.signed_in()?)?)
        })
        .await?;
    Ok(axum::Json(PolicyAnswer {
        requirements: policy.requirements.into_iter().map(RequirementWire::from).collect(),
        unreadable: policy.unreadable.into_iter().map(|id| id.0).collect(),
        grace_presets_days: GRACE_PRESETS_DAYS,
        grace_max_days: GRACE_MAX_DAYS,
        exemption_days: EXEMPTION_SECONDS / DAY_SECONDS,
        exemption_max_days: EXEMPTION_MAX_SECONDS / DAY_SECONDS,
        max_age_min_s: MAX_AGE_MIN_SECONDS,
        max_age_max_s: MAX_AGE_MAX_SECONDS,
        can_require: CanRequire {
            mfa: Problem::code_of(policy.mfa),
            mfa_phishing_resistant: Problem::code_of(policy.phishing_resistant),
        },
        counts: policy.counts.into(),
    }))
}

/// A requirement that is wished.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequirementRequest {
    about: AboutWord,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    group_id: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    library_id: Option<String>,
    level: LevelWord,
    /// 0 to 90.
    grace_days: i64,
    /// How long ago the factor may have been shown: an hour to 90 days.
    #[serde(default)]
    max_age_s: Option<u64>,
}

impl TryFrom<RequirementRequest> for Wish {
    type Error = Problem;

    fn try_from(request: RequirementRequest) -> Result<Self, Problem> {
        let about = match (request.about, request.group_id, request.library_id) {
            (AboutWord::Server, None, None) => About::Server,
            (AboutWord::Group, Some(group), None) => About::Group(named::<GroupId>(&group)?),
            (AboutWord::Library, None, Some(library)) => {
                About::Library(named::<LibraryId>(&library)?)
            }
            (AboutWord::Server | AboutWord::Group | AboutWord::Library, _, _) => {
                return Err(Problem::bad_about());
            }
        };
        let wished = Wished {
            level: request.level.into(),
            grace_days: request.grace_days,
            max_age_seconds: request.max_age_s,
        };
        Ok(Self { about, wished })
    }
}

/// An id in a body. One that is none names nothing.
pub(super) fn named<T: std::str::FromStr>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

/// What would come of a requirement.
#[derive(Serialize, ToSchema)]
pub(crate) struct PreviewAnswer {
    before: CountsWire,
    after: CountsWire,
    /// For how many something would change.
    changed: usize,
    /// How many would have to show their factor again at once.
    asked_again: usize,
    /// How many televisions and apps would have to be let in anew.
    devices: usize,
    /// The worst off of them first, 200 at most.
    affected: Vec<AffectedWire>,
}

#[derive(Serialize, ToSchema)]
struct AffectedWire {
    user_id: String,
    name: String,
    /// `owner`, `administrator` or `member`.
    role: &'static str,
    before: StandingWire,
    after: StandingWire,
    /// Whether they would have to show their factor again at once.
    asked_again: bool,
    /// Their televisions and apps that would have to be let in anew.
    devices: usize,
}

impl From<Affected> for AffectedWire {
    fn from(affected: Affected) -> Self {
        Self {
            user_id: affected.user.to_string(),
            name: affected.name,
            role: affected.role.word(),
            before: affected.before.into(),
            after: affected.after.into(),
            asked_again: affected.stopped.asked_again,
            devices: affected.stopped.devices,
        }
    }
}

/// Who would be affected by a requirement. It changes nothing, and is refused as setting it would be.
#[utoipa::path(post, path = "/api/v1/policy/preview", request_body = RequirementRequest,
    responses((status = 200, body = PreviewAnswer),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = "default", body = Problem)))]
pub(crate) async fn preview(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<RequirementRequest>,
) -> Result<axum::Json<PreviewAnswer>, Problem> {
    let wish = Wish::try_from(request)?;
    let preview = core
        .blocking(move |core| {
            let facts = ctx.signed_in()?;
            let preview = tried::preview(core, &ctx.permit, ctx.now, facts, wish)?;
            Ok::<_, Problem>(preview)
        })
        .await?;
    Ok(axum::Json(PreviewAnswer {
        before: preview.before.into(),
        after: preview.after.into(),
        changed: preview.changed,
        asked_again: preview.asked_again,
        devices: preview.devices,
        affected: preview.affected.into_iter().map(AffectedWire::from).collect(),
    }))
}

/// Requires something of the server, a group or a library, in place of what was.
#[utoipa::path(post, path = "/api/v1/policy/requirements", request_body = RequirementRequest,
    responses((status = 200, body = RequirementWire),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = "default", body = Problem)))]
pub(crate) async fn require(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<RequirementRequest>,
) -> Result<axum::Json<RequirementWire>, Problem> {
    let wish = Wish::try_from(request)?;
    let set = core
        .blocking(move |core| {
            let set = requirements::set(core, &ctx.permit, ctx.now, ctx.signed_in()?, wish)?;
            Ok::<_, Problem>(set)
        })
        .await?;
    Ok(axum::Json(set.into()))
}

/// Switches a requirement off. What is used up of people's grace stays so.
#[utoipa::path(post, path = "/api/v1/policy/requirements/{id}/off", params(("id" = i64, Path)),
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn off(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(id): Segment<i64>,
) -> Result<StatusCode, Problem> {
    core.blocking(move |core| {
        ease::switch_off(core, &ctx.permit, ctx.now, RequirementId(id)).map_err(Problem::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Asks for a second factor of any kind where a requirement asks for more.
#[utoipa::path(post, path = "/api/v1/policy/requirements/{id}/lower", params(("id" = i64, Path)),
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn lower(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(id): Segment<i64>,
) -> Result<StatusCode, Problem> {
    core.blocking(move |core| {
        ease::lower(core, &ctx.permit, ctx.now, RequirementId(id)).map_err(Problem::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes a requirement that cannot be read.
#[utoipa::path(post, path = "/api/v1/policy/requirements/{id}/remove", params(("id" = i64, Path)),
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn remove(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(id): Segment<i64>,
) -> Result<StatusCode, Problem> {
    core.blocking(move |core| {
        ease::remove(core, &ctx.permit, ctx.now, RequirementId(id)).map_err(Problem::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Days for one person.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GraceRequest {
    user_id: String,
    requirement_id: i64,
    /// From now on: 0 to 90.
    days: i64,
}

/// Gives one person so many days from now on.
#[utoipa::path(post, path = "/api/v1/policy/grace", request_body = GraceRequest,
    responses((status = 204),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = "default", body = Problem)))]
pub(crate) async fn grace(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<GraceRequest>,
) -> Result<StatusCode, Problem> {
    let user: UserId = named(&request.user_id)?;
    let (requirement, days) = (RequirementId(request.requirement_id), request.days);
    core.blocking(move |core| {
        requirements::give_days(core, &ctx.permit, ctx.now, user, requirement, days)
            .map_err(Problem::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Everybody who is exempt.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExemptionsAnswer {
    exemptions: Vec<ExemptionWire>,
}

#[derive(Serialize, ToSchema)]
struct ExemptionWire {
    id: String,
    user_id: String,
    name: String,
    /// From which requirement; without one, from everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    requirement_id: Option<i64>,
    reason: String,
    days: u64,
    days_left: u32,
    created_ms: i64,
    over: bool,
    /// Nothing of it is known but whose it is: they are refused until it is ended.
    unreadable: bool,
}

impl From<exemptions::Listed> for ExemptionWire {
    fn from(one: exemptions::Listed) -> Self {
        let stands = match one {
            Ok(stands) => stands,
            Err((Unreadable { id, user, from }, name)) => {
                return Self {
                    id,
                    user_id: user.to_string(),
                    name,
                    requirement_id: from.map(|from| from.0),
                    reason: String::new(),
                    days: 0,
                    days_left: 0,
                    created_ms: 0,
                    over: false,
                    unreadable: true,
                };
            }
        };
        let exemption = stands.exemption;
        Self {
            id: exemption.id.to_string(),
            user_id: exemption.user.to_string(),
            name: stands.name,
            requirement_id: exemption.from.map(|from| from.0),
            reason: exemption.reason,
            days: exemption.allowance.granted_seconds / DAY_SECONDS,
            days_left: stands.days_left.unwrap_or_default(),
            created_ms: exemption.created.0,
            over: stands.days_left.is_none(),
            unreadable: false,
        }
    }
}

/// Everybody who is exempt, or was.
#[utoipa::path(get, path = "/api/v1/policy/exemptions",
    responses((status = 200, body = ExemptionsAnswer), (status = "default", body = Problem)))]
pub(crate) async fn exemptions(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<axum::Json<ExemptionsAnswer>, Problem> {
    let all = core.blocking(move |core| exemptions::all(core, &ctx.permit, ctx.now)).await?;
    let exemptions = all.into_iter().map(ExemptionWire::from).collect();
    Ok(axum::Json(ExemptionsAnswer { exemptions }))
}

/// Somebody is to be exempt.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExemptRequest {
    user_id: String,
    /// From which requirement; without one, from everything.
    #[serde(default)]
    requirement_id: Option<i64>,
    reason: String,
    /// 1 to 366; without it, half a year.
    #[serde(default)]
    days: Option<i64>,
}

/// Somebody is exempt.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExemptAnswer {
    id: String,
}

/// Exempts somebody for a reason and for a time.
#[utoipa::path(post, path = "/api/v1/policy/exemptions", request_body = ExemptRequest,
    responses((status = 201, body = ExemptAnswer),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = "default", body = Problem)))]
pub(crate) async fn exempt(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<ExemptRequest>,
) -> Result<(StatusCode, axum::Json<ExemptAnswer>), Problem> {
    let wish = exemptions::Wish {
        user: named(&request.user_id)?,
        from: request.requirement_id.map(RequirementId),
        reason: request.reason,
        days: request.days,
    };
    let id = core
        .blocking(move |core| {
            exemptions::give(core, &ctx.permit, ctx.now, wish).map_err(Problem::from)
        })
        .await?;
    Ok((StatusCode::CREATED, axum::Json(ExemptAnswer { id: id.to_string() })))
}

/// Ends an exemption.
#[utoipa::path(post, path = "/api/v1/policy/exemptions/{id}/end", params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn end_exemption(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Segment(id): Segment<String>,
) -> Result<StatusCode, Problem> {
    core.blocking(move |core| {
        exemptions::end(core, &ctx.permit, ctx.now, &id).map_err(Problem::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
