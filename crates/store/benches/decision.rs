//! What the decision of one request costs, from the token's hash to the permission: a thousand users,
//! fifty groups, a hundred libraries, with something required of each kind. `make bench-policy` runs
//! it; the last lines are `figure NAME VALUE UNIT target TARGET ok|short`.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench measures real time and stops at anything that goes wrong"
)]

use std::process::ExitCode;
use std::time::Instant;

use stead_rules::claim::{Generation, State};
use stead_rules::ids::{AccountId, BoxId, GroupId, IssuerId, LibraryId, RootId, SessionId, UserId};
use stead_rules::media::LibraryKind;
use stead_rules::policy::{
    Account, Action, Actor, ClientKind, Door, Epoch, Question, Required, Role, Session as Judged,
    decide,
};
use stead_rules::signin::{Assurance, Method, Methods};
use stead_rules::time::{BootMs, Moment, Now, TimeTrust, WallMs};
use stead_store::accounts::claim::Server;
use stead_store::accounts::grace;
use stead_store::accounts::groups::{self, Group, With};
use stead_store::accounts::identity::{self, User};
use stead_store::accounts::libraries::{self, LibraryRow, RootRow};
use stead_store::accounts::requirements::{self, About, Found};
use stead_store::accounts::sessions::{self, Session, SessionFacts};
use stead_store::{Accounts, Store, StoreError, WriteTx};

const USERS: u16 = 1000;
const GROUPS: u8 = 50;
const LIBRARIES: u8 = 100;
const RUN: [u8; 16] = [1; 16];
const TRIES: u16 = 2000;
const RUNS: usize = 7;
const LIMIT_US: f64 = 50.0;
const NOW: Now =
    Now { wall: WallMs(1_793_000_000_000), boot: BootMs(1_000_000), trust: TimeTrust::Synced };

fn id(kind: u8, n: u16) -> [u8; 16] {
    let mut bytes = [kind; 16];
    bytes[..2].copy_from_slice(&n.to_be_bytes());
    bytes
}

fn token(n: u16) -> [u8; 32] {
    let mut hash = [7; 32];
    hash[..2].copy_from_slice(&n.to_be_bytes());
    hash
}

fn fill(tx: &WriteTx<'_, Accounts>) -> Result<(), StoreError> {
    let issuer = identity::embedded_issuer(tx, IssuerId::from_bytes([9; 16]), NOW.wall)?;
    for n in 0..USERS {
        somebody(tx, issuer, n)?;
    }
    for n in 0..GROUPS {
        let group = GroupId::from_bytes(id(3, n.into()));
        let name = format!("group {n}");
        groups::add(
            tx,
            &Group { id: group, name: name.clone(), profiles_need_pin: false },
            &name,
            NOW.wall,
        )?;
        for user in (u16::from(n)..USERS).step_by(25) {
            groups::set_member(tx, group, UserId::from_bytes(id(2, user)), true, NOW.wall)?;
        }
        if n % 5 == 0 {
            require(tx, About::Group(group))?;
        }
    }
    for n in 0..LIBRARIES {
        let library = LibraryId::from_bytes(id(4, n.into()));
        let row =
            LibraryRow { id: library, name: format!("library {n}"), kind: LibraryKind::Mixed };
        let root = RootRow {
            id: RootId::from_bytes(id(5, n.into())),
            library,
            path: format!("/media/{n}").into(),
            marker: None,
        };
        libraries::add(tx, &row, &root, NOW.wall)?;
        let with = GroupId::from_bytes(id(3, u16::from(n % GROUPS)));
        groups::set_share(tx, library, With::Group(with), true, NOW.wall)?;
        if n % 10 == 0 {
            require(tx, About::Library(library))?;
        }
    }
    require(tx, About::Server)
}

fn somebody(tx: &WriteTx<'_, Accounts>, issuer: IssuerId, n: u16) -> Result<(), StoreError> {
    let account = AccountId::from_bytes(id(1, n));
    let name = format!("person {n}");
    let (login, enabled) = (name.clone(), true);
    identity::make_account(
        tx,
        &identity::Account {
            id: account,
            login,
            name: name.clone(),
            password_hash: "nothing".to_owned(),
            epoch: 0,
            enabled,
        },
        NOW.wall,
    )?;
    let user = UserId::from_bytes(id(2, n));
    let role = Role::Member;
    let sub = account.to_string();
    identity::make_user(
        tx,
        &User { id: user, issuer, sub, account, name, role, enabled, epoch: 0 },
        NOW.wall,
    )?;
    let session = Session {
        id: SessionId::from_bytes(id(6, n)),
        user,
        client: ClientKind::Web,
        agent: "bench".to_owned(),
        issuer,
        methods: Methods::NONE.and(Method::Password),
        auth: Moment::of(NOW),
        generation: 0,
        epoch: 0,
        created: NOW.wall,
        last_seen: Moment::of(NOW),
        rested: false,
    };
    sessions::make_session(tx, &RUN, &session, &token(n))
}

fn require(tx: &WriteTx<'_, Accounts>, about: About) -> Result<(), StoreError> {
    let requirement = requirements::put(tx, about, Assurance::Mfa, 1_209_600, None, NOW.wall)?;
    for n in 0..USERS {
        grace::grant(tx, &RUN, UserId::from_bytes(id(2, n)), requirement, 1_209_600, NOW)?;
    }
    Ok(())
}

/// As the guard of a row does it.
fn decided(facts: &SessionFacts) -> bool {
    let rows: Vec<_> = match &facts.required {
        Found::Rows(rows) => rows.iter().map(|concern| concern.judged(NOW)).collect(),
        Found::Unreadable => return false,
    };
    let session = &facts.session;
    let actor = Actor::Session(Judged {
        id: session.id,
        user: facts.user.id,
        role: facts.user.role,
        client: session.client,
        methods: session.methods,
        reach: facts.within_reach,
        auth: session.auth,
        last_seen: session.last_seen,
        rested: session.rested,
        generation: Generation(session.generation),
        epoch: Epoch(session.epoch),
        account: Account { enabled: facts.user.enabled, epoch: Epoch(facts.epoch_now) },
    });
    let question = Question {
        now: NOW,
        server: &State::Claimed,
        orphaned_playback: facts.orphaned_playback,
        owner_refused: facts.owner_refused,
        generation: Generation(facts.server_generation),
        actor: &actor,
        action: Action::Browse,
        door: Door::Api,
        libraries: &[],
        required: Required::Rows(&rows),
    };
    decide(&question).lets_in()
}

/// The median over [`RUNS`] of what one of [`TRIES`] takes, in µs.
fn median_us(mut one: impl FnMut(u16)) -> f64 {
    let mut runs: Vec<f64> = (0..RUNS)
        .map(|_| {
            let began = Instant::now();
            (0..TRIES).for_each(|n| one(n.wrapping_mul(7919) % USERS));
            began.elapsed().as_secs_f64() * 1e6 / f64::from(TRIES)
        })
        .collect();
    runs.sort_by(f64::total_cmp);
    runs.get(RUNS / 2).copied().unwrap_or(f64::INFINITY)
}

fn main() -> ExitCode {
    let folder = tempfile::tempdir().expect("a folder for the bench");
    let server = Server {
        box_id: BoxId::from_bytes([1; 16]),
        name: "Bench".to_owned(),
        generation: 0,
        epoch: 0,
        clock_mark: NOW.wall,
        link_key: vec![0; 32],
        created_by: "bench".to_owned(),
    };
    let store = Store::create(folder.path(), &server).expect("a store");
    store.accounts.write(fill).expect("people, groups and libraries");
    let facts: Vec<_> = (0..USERS).map(|n| look(&store, n)).collect();
    let rules = median_us(|n| assert!(facts.get(usize::from(n)).is_some_and(decided)));
    let whole = median_us(|n| assert!(decided(&look(&store, n))));
    let ok = whole < LIMIT_US;
    let word = if ok { "ok" } else { "short" };
    println!("figure policy_rules_alone {rules:.2} us target none");
    println!("figure policy_decision {whole:.2} us target <{LIMIT_US:.0} {word}");
    if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn look(store: &Store, n: u16) -> SessionFacts {
    let found = store.accounts.read(|tx| sessions::by_token(tx, &RUN, &token(n)));
    found.expect("it can be read").expect("somebody")
}
