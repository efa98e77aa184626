//! Use cases take a permission, and none of them takes one that is for something else: a row of
//! the route table with a wrong action opens nothing.

mod end;
mod policy;

use std::fmt::Display;
use std::net::{IpAddr, Ipv4Addr};

use crate::host::kind::Kind;
use serde_json::json;
use stead_rules::claim::{
    Before, Generation, Link, LockReason, Peer, Pending, ProofKind, State, WizardStep,
};
use stead_rules::ids::{
    AccountId, DeviceId, FactorId, InvitationId, IssuerId, ItemId, LibraryId, NoticeId, ProfileId,
    SessionId, TicketId, UserId,
};
use stead_rules::media::LibraryKind;
use stead_rules::playback::Heard;
use stead_rules::policy::{
    Account, Action, Actor, ClientKind, Door, Epoch, Guard, Own, Permit, Question, Required, Role,
    Session, Tend, decide,
};
use stead_rules::provider::{AuthorizeQuery, ClientAuth, Metadata, built_in};
use stead_rules::secret::SecretText;
use stead_rules::signin::{Assurance, DeviceClient, Method, Methods, Password, Vouched};
use stead_rules::time::{BootMs, Moment, Now, TimeTrust};
use stead_store::accounts::groups::With;
use stead_store::accounts::identity::User;
use stead_store::accounts::requirements::Found;
use stead_store::accounts::sessions::SessionFacts;

use super::*;
use crate::config::Overrides;
use crate::host::ground::DataFolder;
use crate::service::approvals::Tapped;
use crate::service::devices::{Asked, Judge};
use crate::service::passkeys::Site;
use crate::service::provider::authorize::{Brought, Word};
use crate::service::provider::clients::{self, Presented};
use crate::service::provider::logout::{self, Wish};
use crate::service::provider::tokens::{self, ShownCode};
use crate::service::provider::{authorize, connections, keys, register};
use crate::service::signin::{Asker, Factor, Remember, Sent};
use crate::service::stepup::{self, Shown};
use crate::service::{
    app_passwords, approvals, authenticators, backup, devices, disown, drives, factors, folders,
    invitations, items, join, libraries, lost, mail, notices, own_password, passkeys, people,
    pictures, playback, profiles, ratings, recovery, remembered, rescue, security_event, sessions,
    settings, sharing, signin, updates,
};

const NOW: Now = Now { wall: WallMs(0), boot: BootMs(60_000), trust: TimeTrust::Synced };
const FIRST_CODE: authenticators::FirstCode<'_> =
    authenticators::FirstCode { code: "123456", browser_time: None };
const HOLDER: TicketId = TicketId::from_bytes([1; 16]);
const HERE: Peer = Peer { address: IpAddr::V4(Ipv4Addr::LOCALHOST), link: Link::OnLink };

/// The permission of somebody who may do this, where it may be done.
fn permit(action: Action) -> Permit {
    let (server, actor) = match action {
        Action::ClaimBegin | Action::ClaimStep => (pending(), Actor::ClaimHolder(HOLDER)),
        Action::ReadPublic | Action::ProvePresence | Action::SignIn => {
            (State::Claimed, Actor::Stranger)
        }
        Action::Unlock => (State::Locked(LockReason::OlderGeneration), owner()),
        Action::OwnAccount(_)
        | Action::Browse
        | Action::Play
        | Action::ReportProgress
        | Action::Tend(_)
        | Action::Guard(_)
        | Action::Metrics => (State::Claimed, owner()),
    };
    let question = Question {
        now: NOW,
        server: &server,
        orphaned_playback: true,
        owner_refused: false,
        generation: Generation(1),
        actor: &actor,
        action,
        door: Door::Api,
        libraries: &[],
        required: Required::Rows(&[]),
    };
    decide(&question).permit().unwrap()
}

fn pending() -> State {
    State::Pending(Pending {
        holder: HOLDER,
        proof: ProofKind::Link,
        from: HERE.address,
        since: NOW.boot,
        deadline: NOW.boot.plus_ms(1000),
        wizard: WizardStep::Owner,
        displaced: None,
        resumes: Before::Offered,
    })
}

fn owner() -> Actor {
    Actor::Session(Session {
        id: SessionId::from_bytes([1; 16]),
        user: UserId::from_bytes([1; 16]),
        role: Role::Owner,
        client: ClientKind::Web,
        methods: Methods::NONE.and(Method::Password).and(Method::Totp),
        reach: Assurance::Mfa,
        auth: Moment::of(NOW),
        last_seen: Moment::of(NOW),
        rested: false,
        generation: Generation(1),
        epoch: Epoch(0),
        account: Account { enabled: true, epoch: Epoch(0) },
    })
}

/// A use case, and whether it refuses a permission because of what it is for.
type Case<'a> = (&'static str, Action, Box<dyn Fn(&Permit) -> bool + 'a>);

fn refused<T, E: Display>(result: Result<T, E>) -> bool {
    result.err().is_some_and(|error| error.to_string().starts_with("a permission for "))
}

fn case<'a, T, E: Display>(
    name: &'static str,
    action: Action,
    run: impl Fn(&Permit) -> Result<T, E> + 'a,
) -> Case<'a> {
    (name, action, Box::new(move |permit| refused(run(permit))))
}

fn issuer_cases<'a>(core: &'a Arc<Core>, runtime: &'a tokio::runtime::Runtime) -> Vec<Case<'a>> {
    let (sign_in, step) = (Action::SignIn, Action::ClaimStep);
    let step_up = Action::OwnAccount(Own::StepUp);
    let asker = || Asker { peer: HERE, agent: "test".to_owned(), device: None, anew: false };
    let none = issuer::Returned::default;
    vec![
        case("issuer::begin_sign_in", sign_in, move |permit| {
            runtime.block_on(issuer::begin_sign_in(core, permit, NOW, HERE, "https://x", false))
        }),
        case("issuer::finish_sign_in", sign_in, move |permit| {
            let (who, back) = (asker(), none());
            runtime.block_on(issuer::finish_sign_in(core, permit, NOW, who, None, back))
        }),
        case("issuer::begin_step_up", step_up, move |permit| {
            runtime.block_on(issuer::begin_step_up(core, permit, NOW, HERE, "https://x", robin()))
        }),
        case("issuer::finish_step_up", step_up, move |permit| {
            runtime.block_on(issuer::finish_step_up(core, permit, NOW, robin(), None, none()))
        }),
        case("claim::begin_at_issuer", step, move |permit| {
            runtime.block_on(claim::begin_at_issuer(core, permit, NOW, HERE, "https://x"))
        }),
        case("claim::begin_by_code", step, move |permit| {
            runtime.block_on(claim::begin_by_code(core, permit, NOW))
        }),
        case("claim::look_by_code", step, move |permit| {
            runtime.block_on(claim::look_by_code(core, permit, NOW))
        }),
        case("claim::finish_at_issuer", step, move |permit| {
            runtime.block_on(claim::finish_at_issuer(core, permit, NOW, None, none()))
        }),
    ]
}

fn claim_cases<'a>(core: &'a Arc<Core>, runtime: &'a tokio::runtime::Runtime) -> Vec<Case<'a>> {
    let proof = || claim::Proof::Link(SecretText::new("AAAAAAAAAAAAAAAAAAAAAA".to_owned()));
    let password = || Password::typed(&SecretText::new("seven green kettles".to_owned()));
    let asker = || Asker { peer: HERE, agent: "test".to_owned(), device: None, anew: false };
    let (begin, step) = (Action::ClaimBegin, Action::ClaimStep);
    vec![
        case("claim::begin", begin, move |permit| {
            claim::begin(core, permit, NOW, HERE, &proof(), false, WallMs(0))
        }),
        case("claim::standing", begin, |permit| claim::standing(core, permit, NOW)),
        case("claim::name_owner", step, move |permit| {
            runtime.block_on(claim::name_owner(core, permit, NOW, HERE, "Robin", password()))
        }),
        case("claim::confirm_totp", step, |p| claim::confirm_totp(core, p, NOW, "123456")),
        case("claim::finish", step, |p| claim::finish(core, p, NOW, "ABCD", "test")),
        case("claim::receive", step, |permit| claim::receive(core, permit, NOW).map(drop)),
        case("claim::restore", step, move |permit| {
            runtime.block_on(claim::restore(core, permit, NOW, password())).map(drop)
        }),
        case("drives::look", Action::Tend(Tend::Libraries), |permit| drives::look(core, permit)),
        case("drives::mount", Action::Tend(Tend::Libraries), |permit| {
            drives::mount(core, permit, NOW, "0000-0000")
        }),
        case("drives::unmount", Action::Tend(Tend::Libraries), |permit| {
            drives::unmount(core, permit, NOW, "0000-0000")
        }),
        case("drives::format", Action::Guard(Guard::Wipe), |permit| {
            let (name, label) = ("sdz".to_owned(), "Films".to_owned());
            let disk = drives::Emptied { name, size_bytes: 1, model: None, label };
            drives::format(core, permit, NOW, &disk, "sdz")
        }),
        case("updates::look", Action::Tend(Tend::Boards), |permit| updates::look(core, permit)),
        case("updates::receive", Action::Guard(Guard::Update), |permit| {
            updates::receive(core, permit, updates::Origin::Sent, None).map(drop)
        }),
        case("updates::on_disks", Action::Tend(Tend::Boards), move |permit| {
            runtime.block_on(updates::on_disks(core, permit)).map(drop)
        }),
        case("updates::take_from_disk", Action::Guard(Guard::Update), move |permit| {
            let (uuid, file) = ("0000-0000".to_owned(), "stead-1.raucb".to_owned());
            runtime.block_on(updates::take_from_disk(core, permit, uuid, file)).map(drop)
        }),
        case("updates::set_wish", Action::Guard(Guard::Update), |permit| {
            updates::set_wish(core, permit, NOW, stead_rules::updates::Wish::default())
        }),
        case("updates::look_now", Action::Guard(Guard::Update), move |permit| {
            runtime.block_on(updates::look_now(core, permit))
        }),
        case("updates::fetch_now", Action::Guard(Guard::Update), |permit| {
            updates::fetch_now(core, permit)
        }),
        case("updates::call_off", Action::Guard(Guard::Update), |permit| {
            updates::call_off(core, permit)
        }),
        case("updates::install", Action::Guard(Guard::Update), |permit| {
            updates::install(core, permit, NOW)
        }),
        case("updates::switch", Action::Guard(Guard::Update), |permit| {
            updates::switch(core, permit, NOW)
        }),
        case("updates::restart", Action::Guard(Guard::Update), |permit| {
            updates::restart(core, permit, NOW)
        }),
        case("mail::look", Action::Tend(Tend::Boards), |permit| mail::look(core, permit)),
        case("mail::try_out", Action::Guard(Guard::Identity), |permit| {
            mail::try_out(core, permit, NOW, &robin())
        }),
        case("mail::address", Action::OwnAccount(Own::Sessions), |permit| {
            mail::address(core, permit, &robin())
        }),
        case("mail::set_address", Action::OwnAccount(Own::Factors), |permit| {
            mail::set_address(core, permit, &robin(), None)
        }),
        case("backup::make", Action::Guard(Guard::Export), move |permit| {
            runtime.block_on(backup::make(core, permit, NOW, &robin(), password())).map(drop)
        }),
        case("claim::cancel", step, |permit| claim::cancel(core, permit, NOW)),
        case("claim::unlock", Action::Unlock, |p| claim::unlock(core, p, NOW, &robin())),
        case("claim::plug::wait", Action::ProvePresence, |p| claim::plug::wait(core, p, NOW, HERE)),
        case("claim::plug::look", Action::ProvePresence, |permit| {
            claim::plug::look(core, permit, NOW, HERE, &SecretText::new("none".to_owned()))
        }),
        case("claim::plug::leave", Action::ProvePresence, |permit| {
            claim::plug::leave(core, permit, NOW, HERE, &SecretText::new("none".to_owned()))
        }),
        case("signin::begin", Action::SignIn, move |permit| {
            runtime.block_on(signin::begin(core, permit, NOW, asker(), "Robin", password()))
        }),
        case("signin::finish", Action::SignIn, move |permit| {
            let factor = Factor::Totp("123456".to_owned());
            let sent = Sent { factor, browser_time: WallMs(0), remember: Remember::No };
            signin::finish(core, permit, NOW, &asker(), HOLDER, &sent)
        }),
    ]
}

fn rescue_cases<'a>(core: &'a Arc<Core>, runtime: &'a tokio::runtime::Runtime) -> Vec<Case<'a>> {
    let secret = || SecretText::new("AAAAAAAAAAAAAAAAAAAAAA".to_owned());
    let renewal = || rescue::Renewal {
        password: Password::typed(&SecretText::new("seven green kettles".to_owned())),
        totp_code: None,
        browser_time: WallMs(0),
    };
    let asker = || Asker { peer: HERE, agent: "test".to_owned(), device: None, anew: false };
    let user = UserId::from_bytes([5; 16]);
    let (users, factors) = (Action::Guard(Guard::Users), Action::Guard(Guard::Factors));
    let own_factors = Action::OwnAccount(Own::Factors);
    let profile = ProfileId::from_bytes([6; 16]);
    let (sign_in, present) = (Action::SignIn, Action::ProvePresence);
    vec![
        case("people::list", Action::Tend(Tend::Boards), |permit| people::list(core, permit)),
        case("people::sign_out", users, move |permit| people::sign_out(core, permit, NOW, user)),
        case("people::switch", users, move |p| people::switch(core, p, NOW, user, true)),
        case("people::set_role", users, move |permit| {
            people::set_role(core, permit, NOW, user, Role::Member)
        }),
        case("people::remove", users, move |permit| people::remove(core, permit, NOW, user)),
        case("profiles::place", Action::OwnAccount(Own::Read), |permit| {
            profiles::place(core, permit, &robin())
        }),
        case("profiles::list", Action::OwnAccount(Own::Profiles), |permit| {
            profiles::list(core, permit, &robin()).map(drop)
        }),
        case("profiles::add", own_factors, move |permit| {
            let chosen = profiles::Chosen { name: Some("Kim".to_owned()), pin: None };
            runtime.block_on(profiles::add(core, permit, NOW, HERE, user, chosen))
        }),
        case("profiles::change", own_factors, move |permit| {
            let chosen = profiles::Chosen::default();
            runtime.block_on(profiles::change(core, permit, NOW, HERE, (user, profile), chosen))
        }),
        case("profiles::remove", own_factors, move |permit| {
            profiles::remove(core, permit, NOW, user, profile)
        }),
        case("profiles::allow", own_factors, move |permit| {
            profiles::allow(core, permit, NOW, user, profile)
        }),
        case("profiles::set_own_pin", own_factors, move |permit| {
            runtime.block_on(profiles::set_own_pin(core, permit, HERE, user, None))
        }),
        case("profiles::enter", Action::OwnAccount(Own::Profiles), move |permit| {
            let entered = profiles::enter(core, permit, NOW, HERE, robin(), profile, None);
            runtime.block_on(entered)
        }),
        case("profiles::leave", Action::OwnAccount(Own::Profiles), move |permit| {
            runtime.block_on(profiles::leave(core, permit, NOW, HERE, robin(), None))
        }),
        case("profiles::reset", users, move |permit| profiles::reset(core, permit, NOW, user)),
        case("ratings::limit_person", users, move |permit| {
            ratings::limit_person(core, permit, NOW, user, None)
        }),
        case("ratings::limit_profile", users, move |permit| {
            let whose = (ratings::Whose::Anybodys, profile);
            ratings::limit_profile(core, permit, NOW, whose, None)
        }),
        case("ratings::limit_profile of one's own", own_factors, move |permit| {
            let whose = (ratings::Whose::Own(user), profile);
            ratings::limit_profile(core, permit, NOW, whose, None)
        }),
        case("ratings::rate", Action::Tend(Tend::Matches), move |permit| {
            ratings::rate(core, permit, NOW, ItemId::from_bytes([7; 16]), None)
        }),
        case("security_event::declare", users, move |permit| {
            security_event::declare(core, permit, NOW, &robin(), "Sted")
        }),
        case("invitations::list", Action::Tend(Tend::Boards), |p| invitations::list(core, p)),
        case("invitations::make", users, move |permit| {
            let (name, libraries, groups) = Default::default();
            let wish =
                invitations::Wish { name, role: Role::Member, days: None, libraries, groups };
            invitations::make(core, permit, NOW, wish).map(drop)
        }),
        case("invitations::revoke", users, move |permit| {
            invitations::revoke(core, permit, NOW, InvitationId::from_bytes([2; 16]))
        }),
        case("join::look", sign_in, move |permit| join::look(core, permit, NOW, &secret())),
        case("join::enrol", sign_in, move |p| join::enrol(core, p, NOW, &secret()).map(drop)),
        case("join::join", sign_in, move |permit| {
            let joined = join::join(core, permit, NOW, asker(), secret(), renewal());
            runtime.block_on(joined).map(drop)
        }),
        case("rescue::link", factors, move |p| rescue::link(core, p, NOW, user, false)),
        case("rescue::code", factors, move |permit| rescue::code(core, permit, NOW, user)),
        case("rescue::look", sign_in, move |p| rescue::look(core, p, NOW, &secret())),
        case("rescue::enrol", sign_in, move |p| rescue::enrol(core, p, NOW, &secret())),
        case("rescue::finish", sign_in, move |permit| {
            runtime.block_on(rescue::finish(core, permit, NOW, asker(), secret(), renewal()))
        }),
        case("rescue::is_own_code", present, move |permit| {
            let code = SecretText::new("seven brown kettles".to_owned());
            runtime.block_on(rescue::is_own_code(core, permit, NOW, HERE, &code))
        }),
        case("rescue::begin", present, move |permit| {
            let shown = rescue::Possession::Secret(secret());
            rescue::begin(core, permit, NOW, HERE, &shown, &secret())
        }),
        case("rescue::finish_owner", present, move |permit| {
            let all = rescue::finish_owner(core, permit, NOW, HERE, HOLDER, renewal());
            runtime.block_on(all)
        }),
    ]
}

fn own_cases(core: &Core) -> Vec<Case<'_>> {
    let id = SessionId::from_bytes([2; 16]);
    let (own, sign_out) = (Action::OwnAccount(Own::Sessions), Action::OwnAccount(Own::SignOut));
    vec![
        case("sessions::list", own, |permit| sessions::list(core, permit)),
        case("sessions::end", own, move |permit| sessions::end(core, permit, NOW, id)),
        case("notices::list", Action::OwnAccount(Own::Sessions), |p| notices::list(core, p, NOW)),
        case("notices::seen", Action::OwnAccount(Own::Sessions), |permit| {
            notices::seen(core, permit, NoticeId::from_bytes([2; 16]))
        }),
        case("remembered::list", own, |permit| remembered::list(core, permit, NOW)),
        case("remembered::forget", own, |permit| {
            remembered::forget(core, permit, NOW, DeviceId::from_bytes([2; 16]))
        }),
        case("sessions::sign_out", sign_out, |permit| sessions::sign_out(core, permit, NOW)),
        case("claim::wipe", Action::Guard(Guard::Wipe), |p| {
            claim::wipe::wipe(core, p, NOW, "Sted")
        }),
        case("claim::give_up", Action::Guard(Guard::Wipe), |p| {
            claim::give_up(core, p, NOW, "Sted")
        }),
        case("settings::read", Action::Tend(Tend::Boards), |p| settings::read(core, p)),
        case("settings::change", Action::Guard(Guard::Identity), |permit| {
            settings::change(core, permit, NOW, &settings::Change::default())
        }),
    ]
}

fn provider_cases(core: &Core) -> Vec<Case<'_>> {
    let secret = || SecretText::new("nothing".to_owned());
    let client = || built_in("stead-app").unwrap();
    let (sign_in, identity) = (Action::SignIn, Action::Guard(Guard::Identity));
    let query = AuthorizeQuery::default();
    let shown = move || ShownCode {
        code: secret(),
        redirect_uri: String::new(),
        verifier: secret(),
        peer: HERE,
        agent: String::new(),
    };
    let presented = || Presented { id: "nobody".to_owned(), secret: None, way: ClientAuth::None };
    vec![
        case("clients::authenticate", sign_in, move |permit| {
            clients::authenticate(core, permit, &presented())
        }),
        case("keys::published", sign_in, |permit| keys::published(core, permit, NOW)),
        case("keys::rotate", identity, |permit| keys::rotate(core, permit, NOW)),
        case("authorize::look", sign_in, move |permit| {
            let brought = Brought { query: &query, ticket: None };
            authorize::look(core, permit, NOW, None, brought)
        }),
        case("tokens::exchange", sign_in, move |permit| {
            tokens::exchange(core, permit, NOW, &client(), &shown())
        }),
        case("tokens::refresh", sign_in, move |permit| {
            tokens::refresh(core, permit, NOW, &client(), &secret())
        }),
        case("tokens::userinfo", sign_in, move |p| tokens::userinfo(core, p, NOW, &secret())),
        case("tokens::introspect", sign_in, move |permit| {
            tokens::introspect(core, permit, NOW, &client(), &secret())
        }),
        case("tokens::revoke", sign_in, move |p| tokens::revoke(core, p, &client(), &secret())),
        case("logout::leave", Action::OwnAccount(Own::SignOut), |permit| {
            logout::leave(core, permit, NOW, &Wish::default())
        }),
    ]
}

/// Registering is by a token, and what it says of itself is looked at after the permission.
fn registration_cases(core: &Core) -> Vec<Case<'_>> {
    let secret = || SecretText::new("nothing".to_owned());
    let metadata = || Metadata {
        redirect_uris: vec!["https://films.example.net/cb".to_owned()],
        ..Metadata::default()
    };
    let sign_in = Action::SignIn;
    vec![
        case("register::invite", Action::Guard(Guard::Identity), |permit| {
            register::invite(core, permit, NOW, &robin())
        }),
        case("authorize::consent", Action::OwnAccount(Own::Sessions), |permit| {
            let query = AuthorizeQuery::default();
            let brought = Brought { query: &query, ticket: None };
            authorize::consent(core, permit, NOW, &robin(), brought, Word::No)
        }),
        case("connections::list", Action::OwnAccount(Own::Sessions), |permit| {
            connections::list(core, permit, &robin())
        }),
        case("connections::take_back", Action::OwnAccount(Own::Sessions), |permit| {
            connections::take_back(core, permit, NOW, &robin(), "x")
        }),
        case("connections::remove", Action::OwnAccount(Own::Factors), |permit| {
            connections::remove(core, permit, NOW, &robin(), "x")
        }),
        case("register::register", sign_in, move |permit| {
            register::register(core, permit, NOW, &secret(), &metadata())
        }),
        case("register::read", sign_in, move |p| register::read(core, p, "x", &secret())),
        case("register::replace", sign_in, move |permit| {
            register::replace(core, permit, NOW, "x", &secret(), &metadata())
        }),
        case("register::remove", sign_in, move |permit| {
            register::remove(core, permit, NOW, "x", &secret())
        }),
    ]
}

fn device_cases<'a>(core: &'a Core, by: &'a SessionFacts) -> Vec<Case<'a>> {
    let judge = || Judge { by, peer: HERE };
    let asked = || Asked {
        client: DeviceClient::Tv,
        name: String::new(),
        agent: "test".to_owned(),
        peer: HERE,
        plain: false,
    };
    let (sessions, factors) = (Action::OwnAccount(Own::Sessions), Action::OwnAccount(Own::Factors));
    vec![
        case("devices::ask", Action::SignIn, move |p| devices::ask(core, p, NOW, asked())),
        case("devices::poll", Action::SignIn, |permit| {
            devices::poll(core, permit, NOW, DeviceClient::Tv, "none")
        }),
        case("devices::poll_over_plain", Action::SignIn, |permit| {
            devices::poll_over_plain(core, permit, NOW, "none")
        }),
        case("devices::look", sessions, move |p| devices::look(core, p, NOW, judge(), "B")),
        case("devices::approve", factors, move |permit| {
            devices::approve(core, permit, NOW, judge(), "B", "TV")
        }),
        case("devices::deny", sessions, move |p| devices::deny(core, p, NOW, judge(), "B")),
        case("devices::origins", sessions, |permit| devices::origins(core, permit)),
        case("app_passwords::make", factors, move |permit| {
            app_passwords::make(core, permit, NOW, judge(), "Radio")
        }),
        case("app_passwords::are_allowed", sessions, |p| app_passwords::are_allowed(core, p)),
        case("app_passwords::allow", Action::Guard(Guard::Policy), |permit| {
            app_passwords::allow(core, permit, NOW, true)
        }),
    ]
}

/// Whoever asks about their own factors, as the store would tell it.
fn robin() -> SessionFacts {
    let account = AccountId::from_bytes([1; 16]);
    SessionFacts {
        session: stead_store::accounts::sessions::Session {
            id: SessionId::from_bytes([1; 16]),
            user: UserId::from_bytes([1; 16]),
            client: ClientKind::Web,
            agent: "test".to_owned(),
            issuer: IssuerId::from_bytes([1; 16]),
            methods: Methods::NONE.and(Method::Password).and(Method::Totp),
            auth: Moment::of(NOW),
            generation: 1,
            epoch: 0,
            created: NOW.wall,
            last_seen: Moment::of(NOW),
            rested: false,
        },
        user: User {
            id: UserId::from_bytes([1; 16]),
            issuer: IssuerId::from_bytes([1; 16]),
            sub: account.to_string(),
            account,
            name: "Robin".to_owned(),
            role: Role::Owner,
            enabled: true,
            epoch: 0,
        },
        server_generation: 1,
        orphaned_playback: true,
        owner_refused: false,
        epoch_now: 0,
        within_reach: Assurance::Mfa,
        vouched: Vouched::OldPassword,
        unasked: true,
        profile: None,
        required: Found::Rows(Vec::new()),
    }
}

fn factor_cases<'a>(core: &'a Arc<Core>, runtime: &'a tokio::runtime::Runtime) -> Vec<Case<'a>> {
    let (own, step_up) = (Action::OwnAccount(Own::Factors), Action::OwnAccount(Own::StepUp));
    let id = FactorId::from_bytes([2; 16]);
    vec![
        case("stepup::wanted", step_up, move |p| stepup::wanted(core, p, NOW, &robin())),
        case("stepup::show", step_up, move |permit| {
            let asker = Asker { peer: HERE, agent: "test".to_owned(), device: None, anew: false };
            let shown = Shown { factor: None, password: None, browser_time: WallMs(0) };
            runtime.block_on(stepup::show(core, permit, NOW, asker, robin(), shown))
        }),
        case("authenticators::begin", own, move |permit| {
            authenticators::begin(core, permit, NOW, &robin())
        }),
        case("authenticators::confirm", own, move |permit| {
            authenticators::confirm(core, permit, NOW, &robin(), HOLDER, "Phone", FIRST_CODE)
        }),
        case("recovery::begin", own, move |p| recovery::begin(core, p, NOW, &robin())),
        case("recovery::confirm", own, move |permit| {
            recovery::confirm(core, permit, NOW, &robin(), HOLDER, "ABCD")
        }),
        case("own_password::change", own, move |permit| {
            let asker = Asker { peer: HERE, agent: "test".to_owned(), device: None, anew: false };
            let typed = || Password::typed(&SecretText::new("seven green kettles".to_owned()));
            let both = (Some(typed()), typed());
            runtime.block_on(own_password::change(core, permit, NOW, asker, robin(), both))
        }),
        case("own_password::is_wanted", Action::OwnAccount(Own::Read), move |permit| {
            own_password::is_wanted(core, permit, &robin())
        }),
        case("disown::disown", own, move |permit| {
            disown::disown(core, permit, NOW, &robin(), NoticeId::from_bytes([2; 16]))
        }),
        case("lost::look", Action::OwnAccount(Own::Sessions), move |permit| {
            lost::look(core, permit, NOW, &robin())
        }),
        case("lost::revoke", own, move |permit| {
            lost::revoke(core, permit, NOW, &robin(), &lost::Named::default())
        }),
        case("factors::list", Action::OwnAccount(Own::Sessions), move |permit| {
            factors::list(core, permit, &robin())
        }),
        case("factors::rename", own, move |permit| {
            factors::rename(core, permit, NOW, &robin(), id, "Phone")
        }),
        case("factors::remove", own, move |permit| {
            factors::remove(core, permit, NOW, &robin(), id)
        }),
    ]
}

fn passkey_cases<'a>(core: &'a Core, facts: &'a SessionFacts, site: &'a Site) -> Vec<Case<'a>> {
    let asker = || Asker { peer: HERE, agent: "test".to_owned(), device: None, anew: false };
    let (sign_in, read) = (Action::SignIn, Action::OwnAccount(Own::Sessions));
    let (step_up, own) = (Action::OwnAccount(Own::StepUp), Action::OwnAccount(Own::Factors));
    vec![
        case("passkeys::list", read, |p| passkeys::list(core, p, &facts.user, Some(site))),
        case("passkeys::begin_registration", own, move |permit| {
            passkeys::begin_registration(core, permit, NOW, &asker(), facts, site)
        }),
        case("passkeys::finish_registration", own, |permit| {
            let made = answered(json!({ "attestationObject": "AAAA", "clientDataJSON": "AAAA" }));
            let made = passkeys::Made { ceremony: HOLDER, name: "Phone", credential: &made };
            passkeys::finish_registration(core, permit, NOW, facts, site, &made)
        }),
        case("passkeys::begin_sign_in", sign_in, move |permit| {
            passkeys::begin_sign_in(core, permit, NOW, &asker(), site, None)
        }),
        case("passkeys::sign_in", sign_in, move |permit| {
            let shown = answered(shown());
            passkeys::sign_in(core, permit, NOW, &asker(), site, HOLDER, &shown)
        }),
        case("passkeys::begin_step_up", step_up, move |permit| {
            passkeys::begin_step_up(core, permit, NOW, &asker(), facts, site)
        }),
        case("passkeys::step_up", step_up, |permit| {
            passkeys::step_up(core, permit, NOW, facts, site, HOLDER, &answered(shown()))
        }),
    ]
}

/// What a browser tells of an authenticator's answer.
fn answered<T: serde::de::DeserializeOwned>(response: serde_json::Value) -> T {
    let answer =
        json!({ "id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": response });
    serde_json::from_value(answer).unwrap()
}

fn shown() -> serde_json::Value {
    json!({ "authenticatorData": "AAAA", "clientDataJSON": "AAAA", "signature": "AAAA" })
}

fn approval_cases<'a>(core: &'a Core, facts: &'a SessionFacts) -> Vec<Case<'a>> {
    let asker = || Asker { peer: HERE, agent: "test".to_owned(), device: None, anew: false };
    let sign_in = Action::SignIn;
    let (step_up, own) = (Action::OwnAccount(Own::StepUp), Action::OwnAccount(Own::Sessions));
    vec![
        case("approvals::ask_to_sign_in", sign_in, move |permit| {
            approvals::ask_to_sign_in(core, permit, NOW, &asker(), HOLDER, None)
        }),
        case("approvals::sign_in", sign_in, move |permit| {
            approvals::sign_in(core, permit, NOW, &asker(), HOLDER)
        }),
        case("approvals::ask_to_step_up", step_up, move |permit| {
            approvals::ask_to_step_up(core, permit, NOW, &asker(), facts)
        }),
        case("approvals::step_up", step_up, |permit| {
            approvals::step_up(core, permit, NOW, facts, HOLDER)
        }),
        case("approvals::inbox", own, |p| approvals::inbox(core, p, NOW, facts)),
        case("approvals::answer", own, |permit| {
            approvals::answer(core, permit, NOW, facts, HOLDER, Tapped::NotMe)
        }),
    ]
}

fn library_cases<'a>(
    core: &'a Arc<Core>,
    runtime: &'a tokio::runtime::Runtime,
    media: &'a Path,
) -> Vec<Case<'a>> {
    let id = LibraryId::from_bytes([3; 16]);
    let (tend, boards) = (Action::Tend(Tend::Libraries), Action::Tend(Tend::Boards));
    let folder = runtime.block_on(folders::choose(core, &permit(tend), media)).unwrap();
    vec![
        case("libraries::list", Action::Browse, |permit| libraries::list(core, permit)),
        case("libraries::is_seen", Action::Browse, move |p| libraries::is_seen(core, p, id)),
        case("libraries::scan_as_seen", Action::Browse, |permit| {
            libraries::scan_as_seen(core, permit, crate::service::scans::ScanProgress::default())
        }),
        case("libraries::add", tend, move |permit| {
            libraries::add(core, permit, NOW, "Films", LibraryKind::Films, &folder)
        }),
        case("libraries::scan", Action::Tend(Tend::Scans), move |permit| {
            libraries::scan(core, permit, id, false)
        }),
        case("libraries::remove", tend, move |p| libraries::remove(core, p, NOW, id)),
        case("sharing::list", boards, move |p| sharing::list(core, p, id)),
        case("sharing::change", Action::Guard(Guard::Shares), move |permit| {
            sharing::change(core, permit, NOW, id, With::User(UserId::from_bytes([2; 16])), true)
        }),
        case("libraries::problems", boards, move |p| libraries::problems(core, p, id)),
        case("folders::choose", tend, move |permit| {
            runtime.block_on(folders::choose(core, permit, media))
        }),
        case("folders::view", tend, |p| runtime.block_on(folders::view(core, p, None))),
    ]
}

fn item_cases<'a>(core: &'a Arc<Core>, runtime: &'a tokio::runtime::Runtime) -> Vec<Case<'a>> {
    let id = ItemId::from_bytes([4; 16]);
    let (browse, play) = (Action::Browse, Action::Play);
    vec![
        case("items::list", browse, move |permit| {
            items::list(core, permit, items::Among::Parts(id), 10, None)
        }),
        case("items::details", browse, move |permit| items::details(core, permit, id)),
        case("items::home", browse, |permit| items::home(core, permit)),
        case("items::search", browse, |permit| items::search(core, permit, "film")),
        case("pictures::look", browse, move |permit| {
            pictures::look(core, permit, id, pictures::Size::Small, "")
        }),
        case("playback::play", play, move |permit| playback::play(core, permit, NOW, id)),
        case("playback::open", play, move |p| runtime.block_on(playback::open(core, p, id))),
        case("playback::progress", Action::ReportProgress, move |permit| {
            playback::progress(core, permit, NOW, id, Heard::Ended, None)
        }),
    ]
}

/// A server that answers at no port, with its data in `folder`.
fn made_in(folder: &Path, media: &Path) -> (DataFolder, Made, Tray) {
    let overrides = Overrides {
        file: Some("/dev/null".into()),
        data: Some(folder.join("data")),
        media: vec![media.to_owned()],
        ..Overrides::default()
    };
    let mut config = Config::load(&overrides).unwrap();
    config.discovery.mdns = false;
    let held = DataFolder::prepare(&config.paths.data_dir, Kind::Server).unwrap();
    let ports = Ports { https: 8443, http: 8080 };
    let (made, tray) =
        make(config, Kind::Server, ports, Edge::real().unwrap(), &Shutdown::new()).unwrap();
    (held, made, tray)
}

/// What cannot be removed (a folder, a file of root's) must not send everybody away for ever.
#[test]
fn a_wish_for_another_secret_is_fulfilled_once_also_if_it_cannot_be_removed() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _entered = runtime.enter();
    let (_held, made, _tray) = made_in(folder.path(), folder.path());
    let core = &made.core;
    claim::begin_life(core, Vec::new());
    let link = || core.desk().offer.as_ref().map(|secrets| secrets.link.expose()).unwrap();
    let first = link();
    std::fs::create_dir_all(folder.path().join("data/new-secret/full")).unwrap();
    let after = |minutes: u64| {
        let mut now = core.now();
        now.boot = now.boot.plus_ms(minutes * 61_000);
        now
    };
    assert!(claim::tick(core, after(0)).is_err(), "the folder cannot be removed");
    let second = link();
    assert_ne!(second, first);
    claim::tick(core, after(0)).unwrap();
    for minutes in 1..4 {
        assert!(claim::tick(core, after(minutes)).is_err(), "tried once more each minute");
        assert_eq!(link(), second);
    }
}

#[test]
fn a_permission_is_good_for_its_own_action_and_for_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let media = folder.path().join("media");
    std::fs::create_dir(&media).unwrap();
    let media = media.canonicalize().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let entered = runtime.enter();
    let (_held, made, _tray) = made_in(folder.path(), &media);
    drop(entered);

    let core = &made.core;
    let (by, site) = (robin(), Site::of(core, "http", "localhost:8080").unwrap());
    let cases = claim_cases(core, &runtime)
        .into_iter()
        .chain(rescue_cases(core, &runtime))
        .chain(own_cases(core))
        .chain(provider_cases(core))
        .chain(registration_cases(core))
        .chain(issuer_cases(core, &runtime))
        .chain(device_cases(core, &by))
        .chain(policy::cases(core, &by))
        .chain(factor_cases(core, &runtime))
        .chain(passkey_cases(core, &by, &site))
        .chain(approval_cases(core, &by))
        .chain(library_cases(core, &runtime, &media))
        .chain(item_cases(core, &runtime));
    for (name, own, is_refused) in cases {
        for action in Action::ALL {
            let refused = is_refused(&permit(action));
            assert_eq!(refused, action != own, "{name} by a permission for {}", action.word());
        }
    }
}
