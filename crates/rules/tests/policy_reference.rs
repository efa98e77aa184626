//! A second reference of the policy, written from the text of its rules and not from their code: both
//! agree on random worlds. `STEAD_WORLDS` says on how many; `make bench-policy` asks for a million.

#![expect(
    clippy::wildcard_enum_match_arm,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "it is written as the text is, with \"everything else\", and tells failures by panicking"
)]

use std::cmp::Reverse;

use stead_rules::claim::{Before, Generation, LockReason, Pending, ProofKind, State, WizardStep};
use stead_rules::ids::{LibraryId, SessionId, TicketId, UserId};
use stead_rules::policy::{
    Account, Action, Actor, Assurance, ClientKind, Decision, Door, Epoch, Grace, Guard, Own,
    Question, Reason, Required, Requirement, RequirementId, Role, Rule, Scope, Session, decide,
};
use stead_rules::signin::{Method, Methods};
use stead_rules::time::{BootMs, Moment, Now, TimeTrust, WallMs};

const WORLDS: u64 = 10_000;

/// What comes out, as the text names it. Later is less permissive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Answer {
    Allow,
    Exempt,
    Notice(Reverse<u32>),
    StepUp(Assurance, Reverse<u64>),
    Enrol(Assurance),
    Deny(&'static str),
}

const ANY_AGE: u64 = u64::MAX;
const QUARTER: u64 = 15 * 60;
const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

/// The text, line by line.
fn reference(q: &Question<'_>) -> Answer {
    let library = matches!(q.action, Action::Browse | Action::Play | Action::ReportProgress);
    let administers = matches!(q.action, Action::Tend(_) | Action::Guard(_) | Action::Metrics);
    // C7: before the first claim, what the system side lists is looked at and played.
    if *q.actor == Actor::Local && matches!(q.action, Action::Browse | Action::Play) {
        let never = match q.server {
            State::Factory | State::Offered | State::Legacy => true,
            State::Pending(pending) => pending.resumes != Before::Recovery,
            _ => false,
        };
        if never && open_at(q.door, q.action) {
            return Answer::Allow;
        }
    }
    // 1. The state of the server.
    if let Some(reason) = state_says(q, library, administers) {
        return Answer::Deny(reason);
    }
    if !open_at(q.door, q.action) {
        return Answer::Deny("wrong_door");
    }
    match q.action {
        Action::ReadPublic | Action::ClaimBegin | Action::ProvePresence | Action::SignIn => {
            return Answer::Allow;
        }
        Action::ClaimStep => {
            let holds = match (q.server, q.actor) {
                (State::Pending(pending), Actor::ClaimHolder(ticket)) => pending.holder == *ticket,
                _ => false,
            };
            return if holds { Answer::Allow } else { Answer::Deny("claim_not_yours") };
        }
        _ => {}
    }
    // 2. The session.
    let Actor::Session(s) = q.actor else { return Answer::Deny("not_signed_in") };
    if !s.account.enabled {
        return Answer::Deny("account_disabled");
    }
    let idle = age_ms(s.last_seen, q.now);
    let ended = idle.lower >= 90 * DAY * 1000;
    if ended
        || s.generation != q.generation
        || s.epoch != s.account.epoch
        || worth(s.methods, false) == Assurance::None
    {
        return Answer::Deny("session_ended");
    }
    // 3. Always allowed.
    if matches!(
        q.action,
        Action::OwnAccount(
            Own::Read | Own::SignOut | Own::Sessions | Own::Profiles | Own::Enrol | Own::StepUp
        )
    ) {
        return Answer::Allow;
    }
    let shown = worth(s.methods, true);
    let auth = age_ms(s.auth, q.now);
    if q.action == Action::OwnAccount(Own::Factors) {
        if s.client != ClientKind::Web {
            return Answer::Deny("not_this_client");
        }
        let level = s.reach.max(Assurance::Password);
        let best = shown >= level || s.methods.has(Method::RecoveryCode);
        let fresh = auth.upper.is_some_and(|ms| ms < QUARTER * 1000);
        return if best && fresh { Answer::Allow } else { Answer::StepUp(level, Reverse(QUARTER)) };
    }
    // 4. Administration: no grace, no exemption.
    if administers || q.action == Action::Unlock {
        let tends = matches!(q.action, Action::Tend(_) | Action::Metrics);
        let least = if tends { Role::Administrator } else { Role::Owner };
        if s.role < least {
            return Answer::Deny("not_your_role");
        }
        if s.client != ClientKind::Web {
            return Answer::Deny("not_this_client");
        }
        // Whom the issuer refused, its word alone brings back.
        let by_issuer = [Method::External, Method::ExternalMfa, Method::ExternalPhishingResistant];
        let of_issuer = by_issuer.iter().any(|method| s.methods.has(*method));
        if q.action == Action::Unlock && q.owner_refused && !of_issuer {
            return Answer::Deny("owner_refused");
        }
        let usual = if tends { DAY } else { QUARTER };
        let (mut level, mut age) = (Assurance::Mfa, usual);
        match q.required {
            Required::Rows(rows) => {
                for row in rows.iter().filter(|row| touches(row, q)) {
                    level = level.max(row.level);
                    age = age.min(row.max_age_seconds.unwrap_or(usual));
                }
            }
            Required::Unreadable => level = level.max(s.reach),
        }
        let in_time = auth.upper.is_some_and(|ms| ms < age * 1000);
        // Whoever requires less is asked for nothing that they have not: there must be a way left.
        if q.action == Action::Guard(Guard::Ease) {
            let spent_a_code = in_time && s.methods.has(Method::RecoveryCode);
            let has_no_more = s.reach != Assurance::MfaPhishingResistant;
            if spent_a_code || has_no_more {
                level = Assurance::Mfa;
            }
        }
        let awake = !s.rested && idle.upper.is_some_and(|ms| ms < HOUR * 1000);
        let day = auth.upper.is_some_and(|ms| ms < DAY * 1000);
        if in_time && shown >= level && (!tends || (awake && day)) {
            return Answer::Allow;
        }
        return if s.reach >= level {
            Answer::StepUp(level, Reverse(age))
        } else {
            Answer::Enrol(level)
        };
    }
    // 5. What is required of this user and of what they ask for.
    let Required::Rows(rows) = q.required else { return Answer::Deny("policy_error") };
    let concerned = || rows.iter().filter(|row| touches(row, q));
    if q.door == Door::Plain && concerned().any(|row| row.level == Assurance::MfaPhishingResistant)
    {
        return Answer::Deny("not_this_client");
    }
    // 6. and 7. Each by itself; the least permissive wins.
    let mut worst = Answer::Allow;
    for row in concerned() {
        worst = worst.max(one(row, s, q.now));
    }
    worst
}

fn one(row: &Requirement, s: &Session, now: Now) -> Answer {
    let satisfied = match row.max_age_seconds {
        None => still_kept(s, false) >= row.level,
        Some(age) => {
            let in_time = age_ms(s.auth, now).upper.is_some_and(|ms| ms < age * 1000);
            still_kept(s, true) >= row.level && in_time
        }
    };
    if satisfied {
        Answer::Allow
    } else if row.exempt && s.role == Role::Member {
        Answer::Exempt
    } else if s.reach >= row.level {
        Answer::StepUp(row.level, Reverse(row.max_age_seconds.unwrap_or(ANY_AGE)))
    } else {
        match row.grace {
            Grace::Days(days) if days > 0 => Answer::Notice(Reverse(days)),
            _ => Answer::Enrol(row.level),
        }
    }
}

fn touches(row: &Requirement, q: &Question<'_>) -> bool {
    match row.scope {
        Scope::Server | Scope::Group => true,
        Scope::Library(library) => q.libraries.contains(&library),
    }
}

/// How old something is at least, and at most, where that is known.
struct Age {
    lower: u64,
    upper: Option<u64>,
}

fn age_ms(at: Moment, now: Now) -> Age {
    if let Some(boot) = at.boot {
        let ms = now.boot.0.saturating_sub(boot.0);
        return Age { lower: ms, upper: Some(ms) };
    }
    let wall = now.wall.0 - at.wall.0;
    let lower = wall.max(0).unsigned_abs().max(now.boot.0);
    let believed = now.trust != TimeTrust::Unknown && wall >= 0;
    Age { lower, upper: believed.then_some(lower) }
}

/// What was shown of one's own counts as far as such a factor is kept; what an issuer said, counts.
fn still_kept(s: &Session, by_themselves: bool) -> Assurance {
    let said = [Method::External, Method::ExternalMfa, Method::ExternalPhishingResistant];
    let by_issuer = said.into_iter().filter(|method| s.methods.has(*method)).collect();
    let by_issuer = worth(by_issuer, by_themselves);
    let own = worth(s.methods, by_themselves);
    let most = if s.reach < Assurance::Password { Assurance::Password } else { s.reach };
    if own > most { most.max(by_issuer) } else { own }
}

fn worth(methods: Methods, by_themselves: bool) -> Assurance {
    let has = |list: &[Method]| list.iter().any(|method| methods.has(*method));
    if has(&[Method::Passkey, Method::ExternalPhishingResistant]) {
        return Assurance::MfaPhishingResistant;
    }
    if !has(&[Method::Password, Method::External, Method::ExternalMfa]) {
        return Assurance::None;
    }
    let mut second =
        vec![Method::Totp, Method::RecoveryCode, Method::DeviceApproval, Method::ExternalMfa];
    if !by_themselves {
        second.push(Method::RememberedDevice);
    }
    if has(&second) { Assurance::Mfa } else { Assurance::Password }
}

fn open_at(door: Door, action: Action) -> bool {
    let playing = matches!(action, Action::Browse | Action::Play | Action::ReportProgress)
        || matches!(action, Action::OwnAccount(Own::Read | Own::SignOut | Own::Profiles));
    match door {
        Door::Web | Door::Api => true,
        Door::Stream => action == Action::Play,
        Door::Metrics => action == Action::Metrics,
        Door::Tv | Door::AppPassword => playing,
        Door::Plain => playing || matches!(action, Action::ReadPublic | Action::SignIn),
    }
}

fn state_says(q: &Question<'_>, library: bool, administers: bool) -> Option<&'static str> {
    match q.action {
        Action::ReadPublic | Action::ProvePresence => return None,
        Action::ClaimBegin | Action::ClaimStep => {
            return match q.server {
                State::Claimed | State::Orphaned => Some("already_claimed"),
                State::Locked(_) => Some("locked"),
                _ => None,
            };
        }
        _ => {}
    }
    // A pending claim leaves standing what stood before it.
    let stands = match q.server {
        State::Pending(pending) => pending.resumes.state(),
        other => *other,
    };
    let opens = matches!(&stands, State::Locked(why) if why.owner_may_sign_in());
    if q.action == Action::Unlock {
        return match stands {
            State::Orphaned => None,
            State::Claimed | State::Legacy => Some("nothing_to_unlock"),
            State::Factory | State::Offered => Some("not_claimed"),
            _ if opens => None,
            _ => Some("locked"),
        };
    }
    let signs_in = !library && !administers && q.action != Action::OwnAccount(Own::Factors);
    match stands {
        State::Claimed | State::Legacy => None,
        State::Orphaned if administers => Some("orphaned"),
        State::Orphaned if library && !q.orphaned_playback => Some("orphaned_closed"),
        State::Orphaned => None,
        State::Factory | State::Offered => Some("not_claimed"),
        _ if signs_in && opens => None,
        _ => Some("locked"),
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): worlds need to be many and the same each time, not secret.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).unwrap()).unwrap()
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn seldom(&mut self) -> bool {
        self.below(40) == 0
    }

    fn yes(&mut self, in_ten: usize) -> bool {
        self.below(10) < in_ten
    }
}

const HOLDER: TicketId = TicketId::from_bytes([7; 16]);
const LIBRARIES: [LibraryId; 3] = [
    LibraryId::from_bytes([1; 16]),
    LibraryId::from_bytes([2; 16]),
    LibraryId::from_bytes([3; 16]),
];

fn state(dice: &mut Dice) -> State {
    let pending = |resumes| {
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
    };
    // Most are claimed, where the policy says most.
    match dice.below(50) {
        0 => State::Factory,
        1 => State::Offered,
        2 => pending(Before::Offered),
        3 => pending(Before::Legacy),
        4 => pending(Before::Recovery),
        5 => State::Legacy,
        6..=8 => State::Orphaned,
        9 => State::Recovery,
        10 => State::Locked(LockReason::DatabaseMissing),
        11 => State::Locked(LockReason::OlderGeneration),
        12 => State::Locked(LockReason::MarkerUnreadable),
        _ => State::Claimed,
    }
}

fn moment(dice: &mut Dice, now: Now) -> Moment {
    let ages =
        [0, 60, 899, 900, 901, 3599, 3600, 7200, 86_399, 86_400, 90 * 86_400 - 1, 90 * 86_400];
    let ms = dice.one(&ages) * 1000;
    let wall = WallMs(now.wall.0 - i64::try_from(ms).unwrap());
    match dice.below(4) {
        0 => Moment::before_this_start(wall),
        1 => Moment::before_this_start(WallMs(now.wall.0 + 5000)),
        _ => Moment { wall, boot: Some(BootMs(now.boot.0.saturating_sub(ms))) },
    }
}

fn actor(dice: &mut Dice, now: Now) -> Actor {
    match dice.below(12) {
        0 => return Actor::Stranger,
        1 => return Actor::Local,
        2 => return Actor::ClaimHolder(dice.one(&[HOLDER, TicketId::from_bytes([8; 16])])),
        _ => {}
    }
    let mut methods = Methods::NONE;
    for method in Method::ALL {
        let often = if method == Method::Password { 8 } else { 2 };
        methods = if dice.yes(often) { methods.and(method) } else { methods };
    }
    let levels = [Assurance::Password, Assurance::Mfa, Assurance::MfaPhishingResistant];
    Actor::Session(Session {
        id: SessionId::from_bytes([3; 16]),
        user: UserId::from_bytes([4; 16]),
        role: dice.one(&[Role::Member, Role::Member, Role::Administrator, Role::Owner]),
        client: dice.one(&[
            ClientKind::Web,
            ClientKind::Web,
            ClientKind::Tv,
            ClientKind::App,
            ClientKind::AppPassword,
        ]),
        methods,
        reach: dice.one(&levels),
        auth: moment(dice, now),
        last_seen: moment(dice, now),
        rested: dice.yes(2),
        generation: Generation(if dice.seldom() { 2 } else { 3 }),
        epoch: Epoch(if dice.seldom() { 4 } else { 5 }),
        account: Account { enabled: !dice.seldom(), epoch: Epoch(5) },
    })
}

fn requirement(dice: &mut Dice, id: i64) -> Requirement {
    let library = dice.one(&LIBRARIES);
    Requirement {
        id: RequirementId(id),
        scope: dice.one(&[Scope::Server, Scope::Group, Scope::Library(library)]),
        level: dice.one(&[Assurance::Mfa, Assurance::MfaPhishingResistant]),
        max_age_seconds: dice.one(&[None, None, Some(HOUR), Some(DAY), Some(30 * DAY)]),
        exempt: dice.yes(2),
        grace: dice.one(&[
            Grace::Over,
            Grace::Days(0),
            Grace::Days(1),
            Grace::Days(14),
            Grace::Days(90),
        ]),
    }
}

fn told(decision: &Decision) -> (Answer, Option<Rule>) {
    match decision {
        Decision::Allow(permit) => match permit.rule() {
            Rule::Exemption(_) => (Answer::Exempt, Some(permit.rule())),
            _ => (Answer::Allow, None),
        },
        Decision::AllowNotice { days, rule, .. } => (Answer::Notice(Reverse(*days)), Some(*rule)),
        Decision::StepUp { level, max_age_seconds, rule } => {
            (Answer::StepUp(*level, Reverse(max_age_seconds.unwrap_or(ANY_AGE))), Some(*rule))
        }
        Decision::Enrol { level, rule } => (Answer::Enrol(*level), Some(*rule)),
        Decision::Deny { reason, .. } => (Answer::Deny(Reason::code(*reason)), None),
    }
}

/// The rule that an answer names is one that gives this answer by itself.
fn names_its_rule(q: &Question<'_>, answer: Answer, rule: Option<Rule>) -> bool {
    let (Some(Rule::Requirement(id) | Rule::Exemption(id)), Actor::Session(session)) =
        (rule, q.actor)
    else {
        return true;
    };
    let Required::Rows(rows) = q.required else { return false };
    rows.iter().any(|row| row.id == id && touches(row, q) && one(row, session, q.now) == answer)
}

#[expect(clippy::disallowed_methods, reason = "whoever runs the tests says how many")]
fn worlds() -> u64 {
    std::env::var("STEAD_WORLDS").ok().and_then(|text| text.parse().ok()).unwrap_or(WORLDS)
}

#[test]
fn a_second_reference_agrees_on_random_worlds() {
    let mut dice = Dice(20_261_126);
    let mut seen = std::collections::BTreeMap::<String, u64>::new();
    for world in 0..worlds() {
        let now = Now {
            wall: WallMs(1_800_000_000_000),
            boot: BootMs(dice.one(&[1000, 9_000_000_000])),
            trust: dice.one(&[TimeTrust::Synced, TimeTrust::Held, TimeTrust::Unknown]),
        };
        let (server, actor) = (state(&mut dice), actor(&mut dice, now));
        let libraries: Vec<_> = LIBRARIES.into_iter().filter(|_| dice.yes(5)).collect();
        let rows: Vec<_> = (0..dice.below(5))
            .map(|id| requirement(&mut dice, i64::try_from(id).unwrap()))
            .collect();
        let required = if dice.seldom() { Required::Unreadable } else { Required::Rows(&rows) };
        // Most of them ask for the library, where requirements say something.
        let action = match dice.yes(6) {
            true => dice.one(&[Action::Browse, Action::Play, Action::ReportProgress]),
            false => dice.one(&Action::ALL),
        };
        let question = Question {
            now,
            server: &server,
            orphaned_playback: dice.yes(5),
            owner_refused: dice.yes(3),
            generation: Generation(3),
            actor: &actor,
            action,
            door: if dice.yes(7) { Door::Api } else { dice.one(&Door::ALL) },
            libraries: &libraries,
            required,
        };
        let (answer, rule) = told(&decide(&question));
        assert_eq!(answer, reference(&question), "world {world}: {question:?}");
        assert!(names_its_rule(&question, answer, rule), "world {world}: {rule:?} {question:?}");
        let kind = format!("{answer:?}");
        *seen.entry(kind.split('(').next().unwrap().to_owned()).or_default() += 1;
    }
    // Each answer comes often enough to mean something.
    for kind in ["Allow", "Exempt", "Notice", "StepUp", "Enrol", "Deny"] {
        let share = seen.get(kind).copied().unwrap_or_default() * 1000 / worlds();
        assert!(share >= 5, "{kind}: {seen:?}");
    }
}
