//! Pages: the web app for a server that has an owner, static pages for one that has not, and the
//! one page of the plain port.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use stead_rules::claim::State as Claim;
use stead_rules::playback::http_date;
use stead_rules::policy::Holder;

use super::ctx::Ctx;
use super::error::Problem;
use super::{assets, headers};
use crate::net::ssdp::DESCRIPTION_PATH;
use crate::service::core::Core;
use crate::service::judge::{standing, standing_at_once};
use crate::service::reach::Reach;
use crate::service::setup_page::certificate_page::{self, CertificatePage};
use crate::service::setup_page::trust_page::{self, TrustPage, TrustState};
use crate::service::setup_page::unclaimed_page::{self, Progress, UnclaimedPage};
use crate::service::setup_page::{Family, Page, System, locked_page, locked_page::LockedPage};

const VERSION: &str = env!("CARGO_PKG_VERSION");

macro_rules! app_pages {
    ($($(#[$doc:meta])* $name:ident $path:literal;)*) => {$(
        $(#[$doc])*
        #[utoipa::path(get, path = $path, responses((status = 200, body = String)))]
        pub(crate) async fn $name(State(core): State<Arc<Core>>, ctx: Ctx) -> Response {
            app_page(&core, &ctx).await
        }
    )*};
}

app_pages! {
    /// Home.
    home "/";
    /// Whether another program may know who one is.
    authorize "/authorize";
    /// Signing out at another program's wish.
    sign_out "/signout";
    /// Setting a new password by a one-time link.
    reset "/reset";
    /// Coming in by an invitation.
    join "/join";
    /// Who of a household is watching.
    profiles "/profiles";
    /// Who uses the server.
    people "/settings/people";
    /// Settings.
    settings "/settings";
    /// A part of the settings: what is asked of people, who stands how, the log, enrolment.
    settings_part "/settings/{part}";
    /// What one signs in with.
    security "/settings/security";
    /// A lost device: what to revoke, or how to get in without it.
    lost "/lost";
    /// A library.
    library "/library/{id}";
    /// An item.
    item "/item/{id}";
    /// The player.
    play "/play/{id}";
    /// Search.
    search "/search";
    /// Making an account.
    sign_up "/signup";
    /// Letting a television, an app or a server in.
    device "/device";
    /// For televisions: a code to be let in with.
    tv "/tv";
}

/// Back from an external issuer: to the web app in every state in which somebody may have been sent
/// there, which is also the wizard's. The page holds nothing but words.
#[utoipa::path(get, path = "/signin/callback", responses((status = 200, body = String)))]
pub(crate) async fn callback(State(core): State<Arc<Core>>, ctx: Ctx) -> Response {
    match state(&core, &ctx).await {
        Ok(Claim::Locked(reason)) => locked(&core, reason),
        Ok(
            Claim::Factory
            | Claim::Offered
            | Claim::Legacy
            | Claim::Pending(_)
            | Claim::Recovery
            | Claim::Claimed
            | Claim::Orphaned,
        ) => assets::index(),
        Err(problem) => problem.into_response(),
    }
}

/// The wizard: its page is there while there is something to claim.
#[utoipa::path(get, path = "/claim", responses((status = 200, body = String)))]
pub(crate) async fn claim(State(core): State<Arc<Core>>, ctx: Ctx) -> Response {
    match state(&core, &ctx).await {
        // The owner has just been made: the wizard's last screens are still open, and may be
        // loaded again. They hold nothing but words.
        Ok(
            Claim::Factory
            | Claim::Offered
            | Claim::Legacy
            | Claim::Pending(_)
            | Claim::Recovery
            | Claim::Claimed
            | Claim::Orphaned
            // With the box in hand a way leads on from here too.
            | Claim::Locked(_),
        ) => assets::index(),
        Err(problem) => problem.into_response(),
    }
}

/// What the box's certificate can and cannot do, and how devices come to trust it.
#[utoipa::path(get, path = "/certificate", responses((status = 200, body = String)))]
pub(crate) async fn certificate(State(core): State<Arc<Core>>, request: Request) -> Response {
    certificate_page(&core, "", system(&request))
}

fn certificate_page(core: &Core, files_at: &str, system: Option<System>) -> Response {
    let (ca, reach) = (core.ca(), core.reach());
    let ends = http_date(ca.ends).unwrap_or_default();
    let ends: Vec<_> = ends.split(' ').skip(1).take(3).collect();
    static_page(certificate_page::render(&CertificatePage {
        names: &ca.names,
        addresses: &ca.addresses,
        fingerprint: &reach.ca_fingerprint,
        ends: &ends.join(" "),
        files_at,
        system,
    }))
}

fn system(request: &Request) -> Option<System> {
    agent(request).and_then(System::of)
}

fn agent(request: &Request) -> Option<&str> {
    request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok())
}

/// Signing in: also on a locked server, while its owner may open it so.
#[utoipa::path(get, path = "/signin", responses((status = 200, body = String)))]
pub(crate) async fn sign_in(State(core): State<Arc<Core>>, ctx: Ctx) -> Response {
    match state(&core, &ctx).await {
        Ok(Claim::Locked(reason)) if reason.owner_may_sign_in() => assets::index(),
        Ok(_) | Err(_) => app_page(&core, &ctx).await,
    }
}

/// The owner's way back: also in a recovery, which it ends.
#[utoipa::path(get, path = "/rescue", responses((status = 200, body = String)))]
pub(crate) async fn rescue(State(core): State<Arc<Core>>, ctx: Ctx) -> Response {
    match state(&core, &ctx).await {
        Ok(Claim::Recovery) => assets::index(),
        Ok(_) | Err(_) => app_page(&core, &ctx).await,
    }
}

async fn app_page(core: &Arc<Core>, ctx: &Ctx) -> Response {
    match state(core, ctx).await {
        Ok(Claim::Claimed | Claim::Legacy | Claim::Orphaned) => assets::index(),
        // Who plays without a sign-in gets the app, and in it on every page that this is so.
        Ok(state) if plays_without_sign_in(&state, ctx) => assets::index(),
        Ok(Claim::Factory | Claim::Offered) => unclaimed(core, Progress::Waiting),
        Ok(Claim::Recovery) => unclaimed(core, Progress::Recovery),
        Ok(Claim::Pending(_)) => unclaimed(core, Progress::Begun),
        Ok(Claim::Locked(reason)) => locked(core, reason),
        Err(problem) => problem.into_response(),
    }
}

fn plays_without_sign_in(state: &Claim, ctx: &Ctx) -> bool {
    ctx.permit.holder() == Holder::Local && !state.was_claimed()
}

async fn state(core: &Arc<Core>, ctx: &Ctx) -> Result<Claim, Problem> {
    let now = ctx.now;
    match standing_at_once(core, now) {
        Some(state) => Ok(state),
        None => core.blocking(move |core| Ok(standing(core, now))).await,
    }
}

fn unclaimed(core: &Core, progress: Progress) -> Response {
    let reach = core.reach();
    let open = core.local.is_some();
    let page = UnclaimedPage { host_name: &reach.host_name, progress, open, version: VERSION };
    static_page(unclaimed_page::render(&page))
}

fn locked(core: &Core, reason: stead_rules::claim::LockReason) -> Response {
    let reach = core.reach();
    let claim = &core.config.claim;
    let page = LockedPage {
        host_name: &reach.host_name,
        reason,
        on_card: claim.boot_file.is_some(),
        on_stick: !claim.sticks.is_empty(),
        version: VERSION,
    };
    static_page(locked_page::render(&page))
}

/// The plain port's answer to anybody but the box itself.
pub(super) fn lead_to_tls(core: &Core, reach: &Reach, host: &str, request: &Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Problem::tls_only().into_response();
    }
    if request.uri().path() == "/certificate" {
        let secure = trust_page::secure_origin(host, reach.https_port);
        return certificate_page(core, &secure, system(request));
    }
    if request.uri().path() == DESCRIPTION_PATH
        && let Some(device) = core.device()
    {
        return described(device.description(host));
    }
    static_page(trust_page::render(&TrustPage {
        asked_host: host,
        path: request.uri().path(),
        https_port: reach.https_port,
        box_name: "Stead",
        ca_fingerprint: &reach.ca_fingerprint,
        state: behind_tls(core),
        family: agent(request).and_then(Family::of),
    }))
}

/// What SSDP leads to.
fn described(description: String) -> Response {
    let kind = HeaderValue::from_static("text/xml; charset=\"utf-8\"");
    let mut response = description.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// What stands behind the secure door. While an owner is being written the set-up still does.
fn behind_tls(core: &Core) -> TrustState {
    match standing_at_once(core, core.now()) {
        Some(Claim::Locked(_) | Claim::Recovery) => TrustState::Locked,
        Some(Claim::Claimed | Claim::Legacy | Claim::Orphaned) => TrustState::Ready,
        Some(Claim::Factory | Claim::Offered | Claim::Pending(_)) | None => TrustState::NeedsSetUp,
    }
}

fn static_page(page: Page) -> Response {
    let policy = headers::page_policy(&page.style_hash);
    let mut response = axum::response::Html(page.html).into_response();
    if let Some(policy) = policy {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
