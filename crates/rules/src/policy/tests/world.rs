//! Every kind of actor and every state, so that tables over them are complete.

use crate::claim::{Before, Generation, LockReason, Pending, ProofKind, State, WizardStep};
use crate::ids::{LibraryId, SessionId, TicketId, UserId};
use crate::policy::{
    Account, Action, Actor, ClientKind, Decision, Door, Epoch, Question, Reason, Required,
    Requirement, Role, Session, decide,
};
use crate::signin::{Assurance, Method, Methods};
use crate::time::{BootMs, Moment, Now, TimeTrust, WallMs};

pub(super) const NOW: Now =
    Now { wall: WallMs(1_800_000_000_000), boot: BootMs(9_000_000_000), trust: TimeTrust::Synced };
pub(super) const HOLDER: TicketId = TicketId::from_bytes([7; 16]);
pub(super) const FILMS: LibraryId = LibraryId::from_bytes([1; 16]);
pub(super) const PHOTOS: LibraryId = LibraryId::from_bytes([2; 16]);
const GENERATION: Generation = Generation(3);
const EPOCH: Epoch = Epoch(5);

pub(super) const PASSWORD: Methods = Methods::NONE.and(Method::Password);
pub(super) const TOTP: Methods = PASSWORD.and(Method::Totp);
pub(super) const PASSKEY: Methods = Methods::NONE.and(Method::Passkey);
pub(super) const REMEMBERED: Methods = PASSWORD.and(Method::RememberedDevice);

pub(super) fn ago(seconds: u64) -> Moment {
    let boot = BootMs(NOW.boot.0 - seconds * 1000);
    let wall = WallMs(NOW.wall.0 - i64::try_from(seconds).unwrap() * 1000);
    Moment { wall, boot: Some(boot) }
}

pub(super) fn session(role: Role, methods: Methods, auth: Moment) -> Session {
    Session {
        id: SessionId::from_bytes([3; 16]),
        user: UserId::from_bytes([4; 16]),
        role,
        client: ClientKind::Web,
        methods,
        reach: methods.assurance().max(Assurance::Mfa),
        auth,
        last_seen: ago(60),
        rested: false,
        generation: GENERATION,
        epoch: EPOCH,
        account: Account { enabled: true, epoch: EPOCH },
    }
}

pub(super) fn owner() -> Session {
    session(Role::Owner, TOTP, ago(60))
}

/// Every role with every way and age of signing in, and every way a session can be spoilt.
pub(super) fn actors() -> Vec<(String, Actor)> {
    let mut all = vec![
        ("stranger".to_owned(), Actor::Stranger),
        ("local viewer (C7)".to_owned(), Actor::Local),
        ("claim holder".to_owned(), Actor::ClaimHolder(HOLDER)),
        ("former claim holder".to_owned(), Actor::ClaimHolder(TicketId::from_bytes([8; 16]))),
    ];
    for role in [Role::Owner, Role::Administrator, Role::Member] {
        all.extend(signed_in(role));
    }
    all.extend(spoilt());
    all
}

fn signed_in(role: Role) -> Vec<(String, Actor)> {
    let ways = [("pwd", PASSWORD), ("totp", TOTP), ("passkey", PASSKEY), ("device", REMEMBERED)];
    let unknown = Moment::before_this_start(WallMs(NOW.wall.0 + 1));
    let ages = [("1m", ago(60)), ("15m", ago(900)), ("24h", ago(86_400)), ("age?", unknown)];
    let mut all = Vec::new();
    for (way, methods) in ways {
        for (age, auth) in ages {
            let name = format!("{} {way} {age}", role.word());
            all.push((name, Actor::Session(session(role, methods, auth))));
        }
    }
    all
}

fn spoilt() -> Vec<(String, Actor)> {
    let fine = owner();
    let disabled = Account { enabled: false, epoch: EPOCH };
    let newer = Account { enabled: true, epoch: Epoch(EPOCH.0 + 1) };
    [
        ("owner, rested an hour", Session { rested: true, ..fine }),
        ("owner, last seen 1h ago", Session { last_seen: ago(3600), ..fine }),
        ("owner, last seen 90d ago", Session { last_seen: ago(90 * 86_400), ..fine }),
        ("owner, disabled", Session { account: disabled, ..fine }),
        ("owner, epoch before", Session { account: newer, ..fine }),
        ("owner, generation before", Session { generation: Generation(2), ..fine }),
        ("owner, no method", Session { methods: Methods::NONE, ..fine }),
        ("owner on a TV", Session { client: ClientKind::Tv, ..fine }),
        ("owner in an app", Session { client: ClientKind::App, ..fine }),
        ("owner, app password", Session { client: ClientKind::AppPassword, ..fine }),
        ("owner, pwd, no factor", no_factor(Role::Owner)),
        ("member, pwd, no factor", no_factor(Role::Member)),
    ]
    .into_iter()
    .map(|(name, session)| (name.to_owned(), Actor::Session(session)))
    .collect()
}

pub(super) fn no_factor(role: Role) -> Session {
    Session { reach: Assurance::Password, ..session(role, PASSWORD, ago(60)) }
}

pub(super) fn states() -> Vec<(&'static str, State)> {
    vec![
        ("factory", State::Factory),
        ("offered", State::Offered),
        ("pending from offered", pending(Before::Offered)),
        ("legacy", State::Legacy),
        ("pending from legacy", pending(Before::Legacy)),
        ("claimed", State::Claimed),
        ("orphaned", State::Orphaned),
        ("recovery", State::Recovery),
        ("pending from recovery", pending(Before::Recovery)),
        ("locked, database missing", State::Locked(LockReason::DatabaseMissing)),
        ("locked, database unreadable", State::Locked(LockReason::DatabaseUnreadable)),
        ("locked, database replaced", State::Locked(LockReason::DatabaseReplaced)),
        ("locked, older generation", State::Locked(LockReason::OlderGeneration)),
        ("locked, older copy", State::Locked(LockReason::OlderCopy)),
        ("locked, restored", State::Locked(LockReason::Restored)),
        ("locked, marker unreadable", State::Locked(LockReason::MarkerUnreadable)),
    ]
}

fn pending(resumes: Before) -> State {
    State::Pending(Pending {
        holder: HOLDER,
        proof: ProofKind::Link,
        from: std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
        since: BootMs(0),
        deadline: BootMs(u64::MAX),
        wizard: WizardStep::Owner,
        displaced: None,
        resumes,
    })
}

pub(super) fn ask(server: &State, actor: &Actor, action: Action) -> Decision {
    ask_with(server, actor, action, Door::Api, &[])
}

pub(super) fn ask_with(
    server: &State,
    actor: &Actor,
    action: Action,
    door: Door,
    requirements: &[Requirement],
) -> Decision {
    let required = Required::Rows(requirements);
    decide(&Question { door, required, ..question(server, actor, action) })
}

pub(super) fn question<'a>(server: &'a State, actor: &'a Actor, action: Action) -> Question<'a> {
    Question {
        now: NOW,
        server,
        orphaned_playback: true,
        owner_refused: false,
        generation: GENERATION,
        actor,
        action,
        door: Door::Api,
        libraries: &[FILMS],
        required: Required::Rows(&[]),
    }
}

/// A cell of a table.
pub(super) fn cell(decision: &Decision) -> String {
    match decision {
        Decision::Allow(_) => "yes".into(),
        Decision::AllowNotice { days, .. } => format!("notice {days}d"),
        Decision::StepUp { level, max_age_seconds, .. } => match max_age_seconds {
            Some(86_400) => format!("up {} 24h", short(*level)),
            Some(seconds) => format!("up {} {}m", short(*level), seconds / 60),
            None => format!("up {}", short(*level)),
        },
        Decision::Enrol { level, .. } => format!("enrol {}", short(*level)),
        Decision::Deny { reason, .. } => format!("-{}", word(*reason)),
    }
}

fn short(level: Assurance) -> &'static str {
    match level {
        Assurance::MfaPhishingResistant => "mfa+",
        Assurance::None | Assurance::Password | Assurance::Mfa => level.word(),
    }
}

/// The reasons, short enough for a column.
fn word(reason: Reason) -> &'static str {
    match reason {
        Reason::NotClaimed => "unclaimed",
        Reason::AlreadyClaimed => "claimed",
        Reason::ClaimNotYours => "notyours",
        Reason::Locked => "locked",
        Reason::NothingToUnlock => "unlocked",
        Reason::Orphaned => "orphaned",
        Reason::OrphanedClosed => "closed",
        Reason::OwnerRefused => "refused",
        Reason::WrongDoor => "door",
        Reason::NotSignedIn => "stranger",
        Reason::SessionEnded => "ended",
        Reason::AccountDisabled => "disabled",
        Reason::NotYourRole => "role",
        Reason::NotThisClient => "client",
        Reason::InProfile => "profile",
        Reason::PolicyError => "broken",
    }
}
