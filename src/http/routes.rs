//! The route table. Every door of the server is a row here; there is no other way in.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use stead_rules::limits::BODY_MAX_BYTES;
use stead_rules::policy::{Action, Door, Guard, Own, Tend};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use utoipa_axum::routes;

use super::error::Problem;
use super::gate::PanicAnswer;
use super::guard::{Guarded, guard};
use super::measure::measure;
use super::row::{Access, Bounds, Row, row};
use super::{assets, oauth, pages, v1};
use crate::service::core::Core;

/// Every row, of the media server and of the account service alone. Access, action, door and bounds
/// have no defaults.
#[must_use]
pub fn table() -> Vec<Row> {
    use Access::{Claim, Known, Link, Open, Session};
    use Bounds::{Call, Flow, Long, Page};
    let own = |what| Action::OwnAccount(what);
    vec![
        // What anybody near may see, whatever state the server is in.
        row(Open, Action::ReadPublic, Door::Web, Page, routes!(pages::home)).in_both().on_plain(),
        row(Open, Action::ReadPublic, Door::Web, Page, routes!(pages::claim)),
        row(Open, Action::ReadPublic, Door::Web, Page, routes!(pages::sign_in)).in_both(),
        row(Open, Action::ReadPublic, Door::Web, Page, routes!(pages::authorize)).in_both(),
        row(Open, Action::ReadPublic, Door::Web, Page, routes!(pages::sign_out)).in_both(),
        row(Open, Action::ReadPublic, Door::Web, Page, routes!(pages::reset)).in_both(),
        row(Open, Action::ReadPublic, Door::Web, Page, routes!(pages::rescue)),
        row(Open, Action::ReadPublic, Door::Web, Page, routes!(pages::join)),
        row(Open, Action::ReadPublic, Door::Web, Page, routes!(pages::profiles)).on_plain(),
        row(Open, Action::ReadPublic, Door::Web, Page, routes!(pages::callback)),
        row(Open, Action::ReadPublic, Door::Web, Page, routes!(pages::settings)),
        row(Open, Action::ReadPublic, Door::Web, Page, routes!(pages::people)),
        row(Open, Action::ReadPublic, Door::Web, Page, routes!(pages::settings_part)),
        row(Open, Action::ReadPublic, Door::Web, Page, routes!(pages::library)).on_plain(),
        row(Open, Action::ReadPublic, Door::Web, Page, routes!(pages::item)).on_plain(),
        row(Open, Action::ReadPublic, Door::Web, Page, routes!(pages::play)).on_plain(),
        row(Open, Action::ReadPublic, Door::Web, Page, routes!(pages::search)).on_plain(),
        row(Open, Action::ReadPublic, Door::Web, Page, routes!(pages::security)).in_both(),
        row(Open, Action::ReadPublic, Door::Web, Page, routes!(pages::lost)).in_both(),
        row(Open, Action::ReadPublic, Door::Web, Page, routes!(pages::certificate)).in_both(),
        row(Open, Action::ReadPublic, Door::Web, Page, routes!(pages::device)).in_both(),
        row(Open, Action::ReadPublic, Door::Web, Page, routes!(pages::tv)).on_plain(),
        row(Open, Action::ReadPublic, Door::Web, Page, routes!(assets::asset)).in_both().on_plain(),
        row(Open, Action::ReadPublic, Door::Web, Page, routes!(assets::icon)).in_both().on_plain(),
        row(Open, Action::ReadPublic, Door::Web, Page, routes!(assets::manifest))
            .in_both()
            .on_plain(),
        row(Open, Action::ReadPublic, Door::Web, Call, routes!(v1::server::health_text))
            .in_both()
            .on_plain(),
        row(Open, Action::ReadPublic, Door::Api, Call, routes!(v1::server::health))
            .in_both()
            .on_plain(),
        row(Open, Action::ReadPublic, Door::Api, Call, routes!(v1::server::server))
            .in_both()
            .on_plain(),
        row(Open, Action::ReadPublic, Door::Api, Call, routes!(v1::server::ca_pem)).in_both(),
        row(Open, Action::ReadPublic, Door::Api, Call, routes!(v1::server::ca_der)).in_both(),
        row(Open, Action::ReadPublic, Door::Api, Call, routes!(v1::server::ca_profile)).in_both(),
        // Making an account, where the service is there for that.
        row(Open, Action::ReadPublic, Door::Web, Page, routes!(pages::sign_up)).in_accounts(),
        row(Open, Action::SignIn, Door::Api, Call, routes!(v1::signup::sign_up)).in_accounts(),
        // The claim.
        row(Claim, Action::ClaimBegin, Door::Api, Call, routes!(v1::claim::begin)),
        row(Claim, Action::ClaimBegin, Door::Api, Call, routes!(v1::claim::standing)),
        row(Claim, Action::ClaimStep, Door::Api, Call, routes!(v1::claim::owner)),
        row(Claim, Action::ClaimStep, Door::Api, Call, routes!(v1::issuer::claim)),
        row(Claim, Action::ClaimStep, Door::Api, Call, routes!(v1::issuer::claim_finish)),
        row(Claim, Action::ClaimStep, Door::Api, Call, routes!(v1::by_code::begin)),
        row(Claim, Action::ClaimStep, Door::Api, Call, routes!(v1::by_code::look)),
        row(Claim, Action::ClaimStep, Door::Api, Call, routes!(v1::claim::totp)),
        row(Claim, Action::ClaimStep, Door::Api, Call, routes!(v1::claim::finish)),
        row(Claim, Action::ClaimStep, Door::Api, Call, routes!(v1::claim::cancel)),
        row(Claim, Action::ClaimStep, Door::Api, Long, routes!(v1::backup::send)),
        row(Claim, Action::ClaimStep, Door::Api, Long, routes!(v1::backup::restore)),
        // Signing in, and what belongs to oneself.
        row(Open, Action::SignIn, Door::Api, Call, routes!(v1::signin::signin)).in_both(),
        row(Open, Action::SignIn, Door::Api, Call, routes!(v1::signin::factor)).in_both(),
        // Ways back for whoever forgot or lost what they sign in with.
        row(Open, Action::SignIn, Door::Api, Call, routes!(v1::rescue::look)).in_both(),
        row(Open, Action::SignIn, Door::Api, Call, routes!(v1::rescue::factor)).in_both(),
        row(Open, Action::SignIn, Door::Api, Call, routes!(v1::rescue::reset)).in_both(),
        row(Open, Action::ProvePresence, Door::Api, Call, routes!(v1::rescue::begin_owner)),
        row(Open, Action::ProvePresence, Door::Api, Call, routes!(v1::rescue::finish_owner)),
        row(Open, Action::SignIn, Door::Api, Call, routes!(v1::issuer::signin)),
        row(Open, Action::SignIn, Door::Api, Call, routes!(v1::issuer::signin_finish)),
        row(Session, own(Own::StepUp), Door::Api, Call, routes!(v1::issuer::stepup)),
        row(Session, own(Own::StepUp), Door::Api, Call, routes!(v1::issuer::stepup_finish)),
        row(Session, own(Own::SignOut), Door::Api, Call, routes!(v1::signin::signout))
            .in_both()
            .on_plain(),
        row(Session, own(Own::Read), Door::Api, Call, routes!(v1::account::me))
            .in_both()
            .on_plain(),
        row(Open, Action::SignIn, Door::Api, Call, routes!(v1::passkeys::begin_sign_in)).in_both(),
        row(Open, Action::SignIn, Door::Api, Call, routes!(v1::passkeys::sign_in)).in_both(),
        row(Session, own(Own::StepUp), Door::Api, Call, routes!(v1::passkeys::begin_step_up))
            .in_both(),
        row(Session, own(Own::StepUp), Door::Api, Call, routes!(v1::passkeys::step_up)).in_both(),
        row(Open, Action::SignIn, Door::Api, Call, routes!(v1::approvals::ask_to_sign_in))
            .in_both(),
        row(Open, Action::SignIn, Door::Api, Call, routes!(v1::approvals::sign_in)).in_both(),
        row(Session, own(Own::StepUp), Door::Api, Call, routes!(v1::approvals::ask_to_step_up))
            .in_both(),
        row(Session, own(Own::StepUp), Door::Api, Call, routes!(v1::approvals::step_up)).in_both(),
        row(Session, own(Own::Sessions), Door::Api, Call, routes!(v1::approvals::inbox)).in_both(),
        row(Session, own(Own::Sessions), Door::Api, Call, routes!(v1::approvals::approve))
            .in_both(),
        row(Session, own(Own::Sessions), Door::Api, Call, routes!(v1::approvals::refuse)).in_both(),
        row(Session, own(Own::Sessions), Door::Api, Call, routes!(v1::passkeys::list)).in_both(),
        row(Session, own(Own::Factors), Door::Api, Call, routes!(v1::passkeys::begin)).in_both(),
        row(Session, own(Own::Factors), Door::Api, Call, routes!(v1::passkeys::add)).in_both(),
        row(Session, own(Own::Sessions), Door::Api, Call, routes!(v1::account::sessions)).in_both(),
        row(Session, own(Own::Sessions), Door::Api, Call, routes!(v1::account::revoke)).in_both(),
        row(Session, own(Own::StepUp), Door::Api, Call, routes!(v1::stepup::wanted)).in_both(),
        row(Session, own(Own::StepUp), Door::Api, Call, routes!(v1::stepup::show)).in_both(),
        row(Session, own(Own::Sessions), Door::Api, Call, routes!(v1::notices::list)).in_both(),
        row(Session, own(Own::Sessions), Door::Api, Call, routes!(v1::notices::seen)).in_both(),
        row(Session, own(Own::Factors), Door::Api, Call, routes!(v1::notices::disown)).in_both(),
        row(Session, own(Own::Sessions), Door::Api, Call, routes!(v1::lost::look)).in_both(),
        row(Session, own(Own::Factors), Door::Api, Call, routes!(v1::lost::revoke)).in_both(),
        // What one signs in with.
        row(Session, own(Own::Sessions), Door::Api, Call, routes!(v1::factors::list)).in_both(),
        row(Session, own(Own::Factors), Door::Api, Call, routes!(v1::factors::rename)).in_both(),
        row(Session, own(Own::Factors), Door::Api, Call, routes!(v1::enrol::totp)).in_both(),
        row(Session, own(Own::Factors), Door::Api, Call, routes!(v1::enrol::confirm_totp))
            .in_both(),
        row(Session, own(Own::Factors), Door::Api, Call, routes!(v1::enrol::codes)).in_both(),
        row(Session, own(Own::Factors), Door::Api, Call, routes!(v1::enrol::confirm_codes))
            .in_both(),
        row(Session, own(Own::Factors), Door::Api, Call, routes!(v1::enrol::password)).in_both(),
        row(Session, own(Own::Factors), Door::Api, Call, routes!(v1::factors::remove)).in_both(),
        row(Session, own(Own::Sessions), Door::Api, Call, routes!(v1::factors::remembered))
            .in_both(),
        row(Session, own(Own::Sessions), Door::Api, Call, routes!(v1::factors::forget)).in_both(),
        // Servers and programs that one let in.
        row(Session, own(Own::Sessions), Door::Api, Call, routes!(v1::connections::list)).in_both(),
        row(Session, own(Own::Sessions), Door::Api, Call, routes!(v1::connections::revoke))
            .in_both(),
        row(Session, own(Own::Factors), Door::Api, Call, routes!(v1::connections::remove))
            .in_both(),
        row(Session, own(Own::Read), Door::Api, Call, routes!(v1::server::openapi)),
        // The account service, for programs.
        row(Open, Action::SignIn, Door::Web, Call, routes!(oauth::discovery::openid)).in_both(),
        row(Open, Action::SignIn, Door::Web, Call, routes!(oauth::discovery::oauth)).in_both(),
        row(Open, Action::SignIn, Door::Web, Call, routes!(oauth::discovery::jwks)).in_both(),
        row(Open, Action::SignIn, Door::Web, Call, routes!(oauth::token::token)).in_both(),
        row(Open, Action::SignIn, Door::Web, Call, routes!(oauth::tokens::userinfo)).in_both(),
        row(Open, Action::SignIn, Door::Web, Call, routes!(oauth::tokens::userinfo_by_post))
            .in_both(),
        row(Open, Action::SignIn, Door::Web, Call, routes!(oauth::tokens::introspect)).in_both(),
        row(Open, Action::SignIn, Door::Web, Call, routes!(oauth::tokens::revoke)).in_both(),
        row(Open, Action::SignIn, Door::Web, Call, routes!(oauth::register::register)).in_both(),
        row(Open, Action::SignIn, Door::Web, Call, routes!(oauth::register::read)).in_both(),
        row(Open, Action::SignIn, Door::Web, Call, routes!(oauth::register::replace)).in_both(),
        row(Open, Action::SignIn, Door::Web, Call, routes!(oauth::register::remove)).in_both(),
        row(Known, Action::SignIn, Door::Api, Call, routes!(v1::authorize::look)).in_both(),
        row(Session, own(Own::Sessions), Door::Api, Call, routes!(v1::authorize::consent))
            .in_both(),
        row(Session, own(Own::SignOut), Door::Api, Call, routes!(v1::authorize::leave)).in_both(),
        row(
            Session,
            Action::Guard(Guard::Identity),
            Door::Api,
            Call,
            routes!(v1::authorize::invite),
        ),
        row(
            Session,
            Action::Guard(Guard::Identity),
            Door::Api,
            Call,
            routes!(v1::authorize::rotate),
        ),
        // Who uses the server.
        row(Session, Action::Tend(Tend::Boards), Door::Api, Call, routes!(v1::people::list)),
        row(Session, Action::Guard(Guard::Factors), Door::Api, Call, routes!(v1::people::link)),
        row(Session, Action::Guard(Guard::Factors), Door::Api, Call, routes!(v1::people::code)),
        row(Session, Action::Guard(Guard::Users), Door::Api, Call, routes!(v1::people::sign_out)),
        row(Session, Action::Guard(Guard::Users), Door::Api, Call, routes!(v1::people::switch)),
        // What is required of whom.
        row(Session, Action::Tend(Tend::Boards), Door::Api, Call, routes!(v1::policy::read)),
        row(Session, Action::Tend(Tend::Boards), Door::Api, Call, routes!(v1::policy::preview)),
        row(Session, Action::Guard(Guard::Policy), Door::Api, Call, routes!(v1::policy::require)),
        row(Session, Action::Guard(Guard::Ease), Door::Api, Call, routes!(v1::policy::lower)),
        row(Session, Action::Guard(Guard::Ease), Door::Api, Call, routes!(v1::policy::off)),
        row(Session, Action::Guard(Guard::Ease), Door::Api, Call, routes!(v1::policy::remove)),
        row(Session, Action::Guard(Guard::Policy), Door::Api, Call, routes!(v1::policy::grace)),
        row(Session, Action::Tend(Tend::Boards), Door::Api, Call, routes!(v1::policy::exemptions)),
        row(Session, Action::Guard(Guard::Policy), Door::Api, Call, routes!(v1::policy::exempt)),
        row(
            Session,
            Action::Guard(Guard::Policy),
            Door::Api,
            Call,
            routes!(v1::policy::end_exemption),
        ),
        row(Session, Action::Tend(Tend::Boards), Door::Api, Call, routes!(v1::board::look)),
        row(Session, Action::Guard(Guard::Export), Door::Api, Call, routes!(v1::board::csv)),
        row(Session, Action::Tend(Tend::Boards), Door::Api, Call, routes!(v1::board::adoption)),
        row(Session, Action::Guard(Guard::Users), Door::Api, Call, routes!(v1::board::remind)),
        row(Session, Action::Tend(Tend::Boards), Door::Api, Call, routes!(v1::groups::list)),
        row(Session, Action::Tend(Tend::Boards), Door::Api, Call, routes!(v1::groups::members)),
        row(Session, Action::Guard(Guard::Users), Door::Api, Call, routes!(v1::groups::make)),
        row(Session, Action::Guard(Guard::Users), Door::Api, Call, routes!(v1::groups::change)),
        row(Session, Action::Guard(Guard::Users), Door::Api, Call, routes!(v1::groups::set_member)),
        row(Session, Action::Guard(Guard::Users), Door::Api, Call, routes!(v1::groups::remove)),
        row(Session, Action::Tend(Tend::Boards), Door::Api, Call, routes!(v1::audit::list)),
        row(Session, Action::Guard(Guard::Export), Door::Api, Flow, routes!(v1::audit::export)),
        row(Session, Action::Guard(Guard::Users), Door::Api, Call, routes!(v1::people::role)),
        row(Session, Action::Guard(Guard::Users), Door::Api, Call, routes!(v1::people::remove)),
        row(
            Session,
            Action::Guard(Guard::Users),
            Door::Api,
            Call,
            routes!(v1::security_event::declare),
        ),
        // Inviting somebody, and coming in by that.
        row(Session, Action::Tend(Tend::Boards), Door::Api, Call, routes!(v1::invitations::list)),
        row(Session, Action::Guard(Guard::Users), Door::Api, Call, routes!(v1::invitations::make)),
        row(
            Session,
            Action::Guard(Guard::Users),
            Door::Api,
            Call,
            routes!(v1::invitations::revoke),
        ),
        row(Open, Action::SignIn, Door::Api, Call, routes!(v1::join::look)),
        row(Open, Action::SignIn, Door::Api, Call, routes!(v1::join::factor)),
        row(Open, Action::SignIn, Door::Api, Call, routes!(v1::join::join)),
        row(Session, Action::Guard(Guard::Users), Door::Api, Call, routes!(v1::profiles::reset)),
        // Household profiles.
        row(Session, own(Own::Profiles), Door::Api, Call, routes!(v1::profiles::list)).on_plain(),
        row(Session, own(Own::Profiles), Door::Api, Call, routes!(v1::profiles::enter)).on_plain(),
        row(Session, own(Own::Profiles), Door::Api, Call, routes!(v1::profiles::leave)).on_plain(),
        row(Session, own(Own::Factors), Door::Api, Call, routes!(v1::profiles::add)),
        row(Session, own(Own::Factors), Door::Api, Call, routes!(v1::profiles::change)),
        row(Session, own(Own::Factors), Door::Api, Call, routes!(v1::profiles::remove)),
        row(Session, own(Own::Factors), Door::Api, Call, routes!(v1::profiles::allow)),
        row(Session, own(Own::Factors), Door::Api, Call, routes!(v1::profiles::own_pin)),
        // For whom titles are.
        row(Session, Action::Guard(Guard::Users), Door::Api, Call, routes!(v1::ratings::person)),
        row(
            Session,
            Action::Guard(Guard::Users),
            Door::Api,
            Call,
            routes!(v1::ratings::anybodys_profile),
        ),
        row(Session, own(Own::Factors), Door::Api, Call, routes!(v1::ratings::own_profile)),
        row(Session, Action::Tend(Tend::Matches), Door::Api, Call, routes!(v1::ratings::rate)),
        // Televisions and apps.
        row(Open, Action::SignIn, Door::Web, Call, routes!(oauth::device::authorize)).in_both(),
        row(Open, Action::SignIn, Door::Api, Call, routes!(v1::tv::begin)).on_plain(),
        row(Open, Action::SignIn, Door::Api, Call, routes!(v1::tv::poll)).on_plain(),
        row(Session, own(Own::Sessions), Door::Api, Call, routes!(v1::devices::look)).in_both(),
        row(Session, own(Own::Factors), Door::Api, Call, routes!(v1::devices::approve)).in_both(),
        row(Session, own(Own::Sessions), Door::Api, Call, routes!(v1::devices::deny)).in_both(),
        row(Session, own(Own::Sessions), Door::Api, Call, routes!(v1::devices::app_passwords)),
        row(Session, own(Own::Factors), Door::Api, Call, routes!(v1::devices::make_app_password)),
        row(
            Session,
            Action::Guard(Guard::Policy),
            Door::Api,
            Call,
            routes!(v1::devices::allow_app_passwords),
        ),
        // The server's settings.
        row(Session, Action::Tend(Tend::Boards), Door::Api, Call, routes!(v1::settings::read)),
        row(Session, Action::Guard(Guard::Identity), Door::Api, Call, routes!(v1::settings::write)),
        row(Session, Action::Guard(Guard::Export), Door::Api, Long, routes!(v1::backup::make)),
        // Disks that are attached to an appliance.
        row(Session, Action::Tend(Tend::Libraries), Door::Api, Long, routes!(v1::drives::look)),
        row(Session, Action::Tend(Tend::Libraries), Door::Api, Long, routes!(v1::drives::mount)),
        row(Session, Action::Tend(Tend::Libraries), Door::Api, Long, routes!(v1::drives::unmount)),
        row(Session, Action::Guard(Guard::Wipe), Door::Api, Long, routes!(v1::drives::empty)),
        row(Session, Action::Tend(Tend::Boards), Door::Api, Long, routes!(v1::updates::look)),
        row(Session, Action::Guard(Guard::Update), Door::Api, Long, routes!(v1::updates::send)),
        row(Session, Action::Tend(Tend::Boards), Door::Api, Long, routes!(v1::updates::on_disks)),
        row(
            Session,
            Action::Guard(Guard::Update),
            Door::Api,
            Long,
            routes!(v1::updates::take_from_disk),
        ),
        row(Session, Action::Guard(Guard::Update), Door::Api, Call, routes!(v1::updates::set_wish)),
        row(Session, Action::Guard(Guard::Update), Door::Api, Long, routes!(v1::updates::look_now)),
        row(Session, Action::Guard(Guard::Update), Door::Api, Call, routes!(v1::updates::fetch)),
        row(Session, Action::Guard(Guard::Update), Door::Api, Call, routes!(v1::updates::cancel)),
        row(Session, Action::Guard(Guard::Update), Door::Api, Call, routes!(v1::updates::install)),
        row(Session, Action::Guard(Guard::Update), Door::Api, Long, routes!(v1::updates::switch)),
        row(Session, Action::Guard(Guard::Update), Door::Api, Long, routes!(v1::updates::restart)),
        row(Session, Action::Tend(Tend::Boards), Door::Api, Call, routes!(v1::mail::look)),
        row(Session, Action::Guard(Guard::Identity), Door::Api, Call, routes!(v1::mail::try_out)),
        row(Session, own(Own::Sessions), Door::Api, Call, routes!(v1::mail::address)),
        row(Session, own(Own::Factors), Door::Api, Call, routes!(v1::mail::set_address)),
        // The plug pattern, whatever state the server is in.
        row(Open, Action::ProvePresence, Door::Api, Call, routes!(v1::life::plug_wait)),
        row(Open, Action::ProvePresence, Door::Api, Call, routes!(v1::life::plug_look)),
        row(Open, Action::ProvePresence, Door::Api, Call, routes!(v1::life::plug_leave)),
        // The owner who goes, and the owner who comes back.
        row(Session, Action::Unlock, Door::Api, Call, routes!(v1::life::unlock)),
        row(Session, Action::Guard(Guard::Wipe), Door::Api, Call, routes!(v1::life::give_up)),
        row(Session, Action::Guard(Guard::Wipe), Door::Api, Call, routes!(v1::life::wipe)),
        // Libraries and what is in them.
        row(Session, Action::Browse, Door::Api, Call, routes!(v1::libraries::list)).on_plain(),
        row(Session, Action::Tend(Tend::Libraries), Door::Api, Call, routes!(v1::libraries::add)),
        row(Session, Action::Tend(Tend::Scans), Door::Api, Call, routes!(v1::libraries::scan)),
        row(
            Session,
            Action::Tend(Tend::Libraries),
            Door::Api,
            Call,
            routes!(v1::libraries::remove),
        ),
        row(Session, Action::Tend(Tend::Boards), Door::Api, Call, routes!(v1::libraries::problems)),
        row(
            Session,
            Action::Tend(Tend::Libraries),
            Door::Api,
            Call,
            routes!(v1::libraries::folders),
        ),
        row(Session, Action::Tend(Tend::Boards), Door::Api, Call, routes!(v1::shares::list)),
        row(Session, Action::Guard(Guard::Shares), Door::Api, Call, routes!(v1::shares::change)),
        row(Session, Action::Browse, Door::Api, Flow, routes!(v1::events::events)).on_plain(),
        row(Session, Action::Browse, Door::Api, Call, routes!(v1::items::list)).on_plain(),
        row(Session, Action::Browse, Door::Api, Call, routes!(v1::items::details)).on_plain(),
        row(Session, Action::Browse, Door::Api, Call, routes!(v1::items::home)).on_plain(),
        row(Session, Action::Browse, Door::Api, Call, routes!(v1::items::search)).on_plain(),
        row(Session, Action::Browse, Door::Api, Call, routes!(v1::pictures::image)).on_plain(),
        // Playback.
        row(Session, Action::Play, Door::Api, Call, routes!(v1::playback::play)).on_plain(),
        row(Session, Action::ReportProgress, Door::Api, Call, routes!(v1::playback::progress))
            .on_plain(),
        row(Link, Action::Play, Door::Stream, Flow, routes!(v1::playback::stream)).on_plain(),
        row(Session, Action::Metrics, Door::Metrics, Call, routes!(v1::server::metrics)),
    ]
}

/// The router of all rows, each behind its guard, all behind the gate.
pub fn router(core: Arc<Core>) -> Router {
    let mut router = Router::new();
    for row in table().into_iter().filter(|row| row.there.is_in(core.kind)) {
        router = mount(router, &core, row);
    }
    router
        .fallback(|| async { Problem::not_found() })
        .method_not_allowed_fallback(|| async { method_not_allowed() })
        .layer(CatchPanicLayer::custom(PanicAnswer))
        .layer(from_fn_with_state(Arc::clone(&core), measure))
        .with_state(core)
}

fn mount(router: Router<Arc<Core>>, core: &Arc<Core>, row: Row) -> Router<Arc<Core>> {
    let guarded = Guarded {
        core: Arc::clone(core),
        access: row.access,
        action: row.action,
        door: row.door,
        plain: row.plain,
        seconds: row.bounds.seconds(),
    };
    let (_, paths, mut methods) = row.endpoint;
    methods = match row.bounds {
        Bounds::Call => methods.route_layer(CompressionLayer::new()),
        Bounds::Page | Bounds::Long | Bounds::Flow => methods,
    };
    let methods = methods
        .route_layer(from_fn_with_state(guarded, guard))
        .route_layer(DefaultBodyLimit::max(BODY_MAX_BYTES));
    paths.paths.keys().fold(router, |router, path| router.route(path, methods.clone()))
}

fn method_not_allowed() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "This address does not take that method: see /openapi.json.",
    )
}
