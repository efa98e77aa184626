//! What the pages `/authorize` and `/signout` ask: how a client's request goes on, what the person
//! said, and leaving at a client's wish. The pages pass on their own query, as it came.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use stead_rules::provider::{AuthorizeQuery, Scope, WantedPerson};
use utoipa::ToSchema;

use crate::http::cookies::Cookie;
use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::oauth::Members;
use crate::http::wire::Json;
use crate::service::core::Core;
use crate::service::provider::authorize::{self, Brought, Step, Word};
use crate::service::provider::logout::{self, Wish};
use crate::service::provider::{keys, register};

/// A client's request, as it came in the address of the page.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuthorizeRequest {
    /// What stands behind the `?` of the page's address.
    query: String,
    /// From an answer that told the person to sign in.
    ticket: Option<String>,
}

/// How a client's request goes on.
#[derive(Serialize, ToSchema)]
#[serde(tag = "step", rename_all = "snake_case")]
pub(crate) enum AuthorizeAnswer {
    /// The browser goes there.
    Redirect { to: String },
    /// The person signs in, and the page asks again with the ticket.
    SignIn {
        /// Somebody is signed in, and that is too long ago or not sure enough.
        again: bool,
        ticket: String,
    },
    /// What was asked cannot be answered. The person is told, and goes back themselves or not.
    Stopped {
        /// What the client calls itself.
        client: String,
        /// Where the error would go: a host, or an app's scheme.
        place: String,
        /// What is wrong, for whoever wrote the client.
        why: &'static str,
        /// The address with the error.
        to: String,
    },
    /// The person is asked whether they agree.
    Consent {
        /// What the client calls itself.
        client: String,
        /// Where its answer goes: a host, or an app's scheme.
        place: String,
        /// `openid`, `profile`, `offline_access`, `playback`.
        scopes: Vec<&'static str>,
    },
}

/// Looks at a client's request.
#[utoipa::path(post, path = "/api/v1/oauth/authorize", request_body = AuthorizeRequest,
    responses((status = 200, body = AuthorizeAnswer), (status = "default", body = Problem)))]
pub(crate) async fn look(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<AuthorizeRequest>,
) -> Result<axum::Json<AuthorizeAnswer>, Problem> {
    let step = core
        .blocking(move |core| {
            let members = members(&request.query)?;
            let person = wanted(members.get("claims"));
            let query = query(&members, person.as_ref());
            let brought = Brought { query: &query, ticket: request.ticket.as_deref() };
            let session = ctx.session.as_ref();
            authorize::look(core, &ctx.permit, ctx.now, session, brought).map_err(Problem::from)
        })
        .await?;
    Ok(axum::Json(answer(step)))
}

/// What the person said to a client's request.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConsentRequest {
    /// What stands behind the `?` of the page's address.
    query: String,
    /// From an answer that told the person to sign in.
    ticket: Option<String>,
    /// Whether they agree.
    agree: bool,
}

/// Takes the person's word.
#[utoipa::path(post, path = "/api/v1/oauth/consent", request_body = ConsentRequest,
    responses((status = 200, body = AuthorizeAnswer), (status = "default", body = Problem)))]
pub(crate) async fn consent(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<ConsentRequest>,
) -> Result<axum::Json<AuthorizeAnswer>, Problem> {
    let step = core
        .blocking(move |core| {
            let members = members(&request.query)?;
            let person = wanted(members.get("claims"));
            let query = query(&members, person.as_ref());
            let brought = Brought { query: &query, ticket: request.ticket.as_deref() };
            let word = if request.agree { Word::Yes } else { Word::No };
            let session = ctx.signed_in()?;
            authorize::consent(core, &ctx.permit, ctx.now, session, brought, word)
                .map_err(Problem::from)
        })
        .await?;
    Ok(axum::Json(answer(step)))
}

/// A client's wish that the person signs out.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LeaveRequest {
    /// What stands behind the `?` of the page's address.
    query: String,
}

/// Signed out.
#[derive(Serialize, ToSchema)]
pub(crate) struct LeaveAnswer {
    /// Where the browser goes, if that client may send it there.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
}

/// Ends this session at a client's wish, after the person said so.
#[utoipa::path(post, path = "/api/v1/oauth/signout", request_body = LeaveRequest,
    responses((status = 200, body = LeaveAnswer), (status = "default", body = Problem)))]
pub(crate) async fn leave(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Json(request): Json<LeaveRequest>,
) -> Result<Response, Problem> {
    let cookie = Cookie::Session.clear(ctx.transport);
    let to = core
        .blocking(move |core| {
            let members = members(&request.query)?;
            let wish = Wish {
                client_id: members.get("client_id"),
                hint: members.get("id_token_hint"),
                return_to: members.get("post_logout_redirect_uri"),
                state: members.get("state"),
            };
            logout::leave(core, &ctx.permit, ctx.now, &wish).map_err(Problem::from)
        })
        .await?;
    let headers: HeaderMap = cookie.map(|value| (header::SET_COOKIE, value)).into_iter().collect();
    Ok((headers, axum::Json(LeaveAnswer { to })).into_response())
}

/// Lets one program register.
#[derive(Serialize, ToSchema)]
pub(crate) struct RegistrationTokenAnswer {
    /// The initial access token of RFC 7591, good once and for an hour. It is not told again.
    token: String,
}

/// Makes a token by which one program may register as a client.
#[utoipa::path(post, path = "/api/v1/provider/registrations",
    responses((status = 200, body = RegistrationTokenAnswer), (status = "default", body = Problem)))]
pub(crate) async fn invite(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<axum::Json<RegistrationTokenAnswer>, Problem> {
    let token = core
        .blocking(move |core| {
            let session = ctx.signed_in()?;
            register::invite(core, &ctx.permit, ctx.now, session).map_err(Problem::from)
        })
        .await?;
    Ok(axum::Json(RegistrationTokenAnswer { token: token.expose().to_owned() }))
}

/// Lets the next key sign from now on.
#[utoipa::path(post, path = "/api/v1/provider/keys/rotate",
    responses((status = 204), (status = "default", body = Problem)))]
pub(crate) async fn rotate(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<axum::http::StatusCode, Problem> {
    core.blocking(move |core| keys::rotate(core, &ctx.permit, ctx.now).map_err(Problem::from))
        .await?;
    Ok(axum::http::StatusCode::NO_CONTENT)
}

fn members(query: &str) -> Result<Members, Problem> {
    Members::parse(query.as_bytes()).map_err(Problem::from)
}

/// What a client says of the claims that it wants (OpenID Connect Core 1.0 §5.5). All but a certain
/// `sub` are wishes, which the scopes answer.
#[derive(Deserialize)]
struct ClaimsMember {
    #[serde(default)]
    id_token: Option<WantedClaims>,
    #[serde(default)]
    userinfo: Option<WantedClaims>,
}

#[derive(Deserialize)]
struct WantedClaims {
    #[serde(default)]
    sub: Option<WantedClaim>,
}

#[derive(Deserialize)]
struct WantedClaim {
    #[serde(default)]
    value: Option<String>,
}

/// The one person that is asked for, if one is; an error where that cannot be read.
fn wanted(claims: Option<&str>) -> Result<Option<String>, serde_json::Error> {
    let Some(text) = claims else { return Ok(None) };
    let ClaimsMember { id_token, userinfo } = serde_json::from_str(text)?;
    let sub = |wanted: Option<WantedClaims>| wanted?.sub?.value;
    Ok(sub(id_token).or_else(|| sub(userinfo)))
}

fn query<'a>(
    members: &'a Members,
    person: Result<&'a Option<String>, &serde_json::Error>,
) -> AuthorizeQuery<'a> {
    AuthorizeQuery {
        client_id: members.get("client_id"),
        redirect_uri: members.get("redirect_uri"),
        response_type: members.get("response_type"),
        response_mode: members.get("response_mode"),
        scope: members.get("scope"),
        state: members.get("state"),
        nonce: members.get("nonce"),
        code_challenge: members.get("code_challenge"),
        code_challenge_method: members.get("code_challenge_method"),
        prompt: members.get("prompt"),
        max_age: members.get("max_age"),
        acr_values: members.get("acr_values"),
        person: match person {
            Ok(Some(sub)) => WantedPerson::One(sub),
            Ok(None) => WantedPerson::Anybody,
            Err(_) => WantedPerson::Unreadable,
        },
        request: members.get("request"),
        request_uri: members.get("request_uri"),
    }
}

fn answer(step: Step) -> AuthorizeAnswer {
    match step {
        Step::Redirect(to) => AuthorizeAnswer::Redirect { to },
        Step::SignIn { again, ticket } => AuthorizeAnswer::SignIn { again, ticket },
        Step::Stopped { client, place, why, to } => {
            AuthorizeAnswer::Stopped { client, place, why, to }
        }
        Step::Consent { client, place, scopes } => {
            let scopes = scopes.iter().map(Scope::word).collect();
            AuthorizeAnswer::Consent { client, place, scopes }
        }
    }
}
