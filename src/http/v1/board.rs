//! The board: how everybody stands with what is required.

#![expect(unused_qualifications, reason = "utoipa writes the full path of parameter structs")]

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use stead_rules::ids::{GroupId, UserId};
use stead_rules::media::AirDate;
use stead_rules::policy::{RequirementId, Standing};
use stead_rules::time::WallMs;
use stead_store::accounts::adoption::Adoption;
use utoipa::{IntoParams, ToSchema};

use super::policy::{CountsWire, named};
use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::wire::{Json, Params};
use crate::service::core::Core;
use crate::service::policy::board::{self, Ask, BoardRow, Sort};
use crate::service::policy::reminders;

/// By what the board is sorted.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SortWord {
    #[default]
    Name,
    State,
    LastSeen,
    LastMfa,
    Blocked,
}

impl From<SortWord> for Sort {
    fn from(word: SortWord) -> Self {
        match word {
            SortWord::Name => Self::Name,
            SortWord::State => Self::State,
            SortWord::LastSeen => Self::LastSeen,
            SortWord::LastMfa => Self::LastMfa,
            SortWord::Blocked => Self::Blocked,
        }
    }
}

/// Which rows.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct BoardParams {
    #[param(inline)]
    #[serde(default)]
    sort: SortWord,
    #[serde(default)]
    descending: bool,
    /// Words with commas between them: `ok`, `exempt`, `grace`, `blocked`, `never_signed_in`.
    #[serde(default)]
    state: Option<String>,
    /// Only who is in this group.
    #[serde(default)]
    group: Option<String>,
    /// Only names that hold this.
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    offset: u32,
    /// 1 to 200; without it, 50.
    #[serde(default)]
    limit: Option<u32>,
}

/// How many rows are shown where nobody says.
const ROWS: u32 = 50;

impl TryFrom<BoardParams> for Ask {
    type Error = Problem;

    fn try_from(params: BoardParams) -> Result<Self, Problem> {
        let number = |value: u32| usize::try_from(value).unwrap_or(usize::MAX);
        Ok(Self {
            sort: params.sort.into(),
            descending: params.descending,
            states: words(params.state.as_deref()),
            group: params.group.as_deref().map(named::<GroupId>).transpose()?,
            text: params.text,
            offset: number(params.offset),
            limit: number(params.limit.unwrap_or(ROWS)),
        })
    }
}

/// Words with commas between them.
pub(super) fn words(text: Option<&str>) -> Vec<String> {
    let words = text.into_iter().flat_map(|text| text.split(','));
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Some rows of the board.
#[derive(Serialize, ToSchema)]
pub(crate) struct BoardAnswer {
    /// How many there are of what was asked for.
    total: usize,
    /// How everybody stands, whatever was asked for.
    counts: CountsWire,
    people: Vec<BoardRowWire>,
}

#[derive(Serialize, ToSchema)]
struct BoardRowWire {
    user_id: String,
    name: String,
    /// `owner`, `administrator` or `member`.
    role: &'static str,
    enabled: bool,
    /// `ok`, `exempt`, `grace`, `blocked` or `never_signed_in`.
    state: &'static str,
    /// Days of grace, or of the exemption.
    #[serde(skip_serializing_if = "Option::is_none")]
    days_left: Option<u32>,
    /// The best that their factors reach: `pwd`, `mfa` or `mfa_phishing_resistant`.
    level: &'static str,
    /// What there is besides the password: `totp`, `passkey`, `recovery`.
    factors: Vec<&'static str>,
    recovery_codes: u32,
    groups: Vec<GroupName>,
    requirements: Vec<WithOne>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_mfa_ms: Option<i64>,
    /// How often they were refused in the last 30 days.
    blocked_30d: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_blocked_ms: Option<i64>,
    reminders: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_reminded_ms: Option<i64>,
    /// Apps with passwords of their own, and televisions over plain http.
    legacy_tokens: u32,
    /// Whether a one-time code waits for them.
    one_time_code: bool,
}

#[derive(Serialize, ToSchema)]
struct GroupName {
    id: String,
    name: String,
}

/// How somebody stands with one requirement.
#[derive(Serialize, ToSchema)]
struct WithOne {
    id: i64,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    days_left: Option<u32>,
    /// Their time for it, or an exemption from it, cannot be read: they are refused until time is given
    /// anew, or the exemption is ended.
    unreadable: bool,
}

const fn ms(at: Option<WallMs>) -> Option<i64> {
    match at {
        Some(at) => Some(at.0),
        None => None,
    }
}

impl From<BoardRow> for BoardRowWire {
    fn from(row: BoardRow) -> Self {
        let BoardRow { stands, with_each, groups, hanging, blocked, last_blocked } = row;
        let days_left = stands.standing.days_left();
        let is_exempt = stands.standing == Standing::Exempt;
        let somebody = stands.somebody;
        let totp = somebody.has_totp.then_some("totp");
        let passkey = somebody.has_passkey.then_some("passkey");
        let recovery = (somebody.recovery_codes > 0).then_some("recovery");
        let with_one = |(id, standing): (RequirementId, Standing)| WithOne {
            id: id.0,
            state: standing.word(),
            days_left: standing.days_left(),
            unreadable: stands.unreadable.contains(&id),
        };
        Self {
            user_id: somebody.user.to_string(),
            name: somebody.name,
            role: somebody.role.word(),
            enabled: somebody.enabled,
            state: stands.standing.word(),
            days_left: days_left.or(stands.exempt_days.filter(|_| is_exempt)),
            level: somebody.reach.word(),
            factors: totp.into_iter().chain(passkey).chain(recovery).collect(),
            recovery_codes: somebody.recovery_codes,
            groups: groups
                .into_iter()
                .map(|(id, name)| GroupName { id: id.to_string(), name })
                .collect(),
            requirements: with_each.into_iter().map(with_one).collect(),
            last_seen_ms: ms(somebody.last_seen),
            last_mfa_ms: ms(somebody.last_mfa),
            blocked_30d: blocked,
            last_blocked_ms: ms(last_blocked),
            reminders: hanging.reminders,
            last_reminded_ms: ms(hanging.last_reminded),
            legacy_tokens: hanging.legacy_tokens,
            one_time_code: hanging.one_time_code,
        }
    }
}

/// How everybody stands, some rows at a time.
#[utoipa::path(get, path = "/api/v1/policy/board", params(BoardParams),
    responses((status = 200, body = BoardAnswer), (status = "default", body = Problem)))]
pub(crate) async fn look(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Params(params): Params<BoardParams>,
) -> Result<axum::Json<BoardAnswer>, Problem> {
    let ask = Ask::try_from(params)?;
    let board = core.blocking(move |core| board::look(core, &ctx.permit, ctx.now, &ask)).await?;
    Ok(axum::Json(BoardAnswer {
        total: board.total,
        counts: board.counts.into(),
        people: board.rows.into_iter().map(BoardRowWire::from).collect(),
    }))
}

const COLUMNS: &str = "name,role,enabled,state,days_left,level,factors,recovery_codes,groups,\
                       last_seen_ms,last_mfa_ms,blocked_30d,last_blocked_ms,reminders,\
                       last_reminded_ms,legacy_tokens,one_time_code,user_id\r\n";

/// The whole board as a table for spreadsheets (RFC 4180).
#[utoipa::path(get, path = "/api/v1/policy/board.csv", params(BoardParams),
    responses((status = 200, body = String, content_type = "text/csv"),
        (status = "default", body = Problem)))]
pub(crate) async fn csv(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Params(params): Params<BoardParams>,
) -> Result<Response, Problem> {
    let ask = Ask::try_from(params)?;
    let board = core.blocking(move |core| board::export(core, &ctx.permit, ctx.now, &ask)).await?;
    let mut text = COLUMNS.to_owned();
    for row in board.rows.into_iter().map(BoardRowWire::from) {
        text.push_str(&line(&row));
    }
    let kind = HeaderValue::from_static("text/csv; charset=utf-8");
    let name = HeaderValue::from_static("attachment; filename=\"people.csv\"");
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, text).into_response())
}

fn line(row: &BoardRowWire) -> String {
    let number = |value: Option<i64>| value.map(|ms| ms.to_string()).unwrap_or_default();
    let groups: Vec<_> = row.groups.iter().map(|group| group.name.as_str()).collect();
    let cells = [
        row.name.clone(),
        row.role.to_owned(),
        row.enabled.to_string(),
        row.state.to_owned(),
        number(row.days_left.map(i64::from)),
        row.level.to_owned(),
        row.factors.join(" "),
        row.recovery_codes.to_string(),
        groups.join("; "),
        number(row.last_seen_ms),
        number(row.last_mfa_ms),
        row.blocked_30d.to_string(),
        number(row.last_blocked_ms),
        row.reminders.to_string(),
        number(row.last_reminded_ms),
        row.legacy_tokens.to_string(),
        row.one_time_code.to_string(),
        row.user_id.clone(),
    ];
    let cells: Vec<_> = cells.iter().map(|cell| quoted(cell)).collect();
    format!("{}\r\n", cells.join(","))
}

/// A cell in quotes where it needs them. A spreadsheet runs what begins like a formula, so such a name
/// gets a mark in front of it.
fn quoted(cell: &str) -> String {
    let runs = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cell = if runs { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains([',', '"', '\n', '\r', ';', '\'']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell
    }
}

/// How many days.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AdoptionParams {
    /// Without it, 90.
    #[serde(default)]
    days: Option<u32>,
}

/// How many had a second factor, by day.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdoptionAnswer {
    /// The oldest first; a day on which the server was off is left out.
    days: Vec<AdoptionDay>,
}

#[derive(Serialize, ToSchema)]
struct AdoptionDay {
    /// As `2026-11-26`, in UTC.
    day: String,
    people: u32,
    /// With a second factor.
    enrolled: u32,
    /// Of whom something is required.
    asked: u32,
    /// Who have what is required of them.
    asked_enrolled: u32,
}

impl From<Adoption> for AdoptionDay {
    fn from(day: Adoption) -> Self {
        Self {
            day: date(day.day),
            people: day.people,
            enrolled: day.enrolled,
            asked: day.asked,
            asked_enrolled: day.asked_enrolled,
        }
    }
}

fn date(days: i64) -> String {
    let date = AirDate::from_days_since_epoch(days);
    let written = |date: AirDate| format!("{}-{:02}-{:02}", date.year, date.month, date.day);
    date.map(written).unwrap_or_default()
}

const ADOPTION_DAYS: u32 = 90;

/// How many had a second factor, by day.
#[utoipa::path(get, path = "/api/v1/policy/adoption", params(AdoptionParams),
    responses((status = 200, body = AdoptionAnswer), (status = "default", body = Problem)))]
pub(crate) async fn adoption(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Params(params): Params<AdoptionParams>,
) -> Result<axum::Json<AdoptionAnswer>, Problem> {
    let days = i64::from(params.days.unwrap_or(ADOPTION_DAYS));
    let days = core.blocking(move |core| board::adoption(core, &ctx.permit, ctx.now, days)).await?;
    Ok(axum::Json(AdoptionAnswer { days: days.into_iter().map(AdoptionDay::from).collect() }))
}

/// Somebody is to be reminded.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RemindRequest {
    user_id: String,
}

/// Reminds somebody of what is required of them, once a day at most.
#[utoipa::path(post, path = "/api/v1/policy/reminders", request_body = RemindRequest,
    responses((status = 204),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = "default", body = Problem)))]
pub(crate) async fn remind(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<RemindRequest>,
) -> Result<StatusCode, Problem> {
    let user = named::<UserId>(&request.user_id)?;
    core.blocking(move |core| {
        reminders::remind(core, &ctx.permit, ctx.now, user).map_err(Problem::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
