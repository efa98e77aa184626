//! Who sees what: random users, groups and shares against every row of the route table. What somebody
//! does not see is not there: no id, no title, no folder of it is in any body that they get.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::{Value, json};
use stead::http::routes::table;
use stead_rules::ids::{AccountId, GroupId, IssuerId, SessionId, UserId};
use stead_rules::policy::{ClientKind, Role};
use stead_rules::signin::{Method, Methods};
use stead_rules::time::{Moment, WallMs};
use stead_store::Store;
use stead_store::accounts::audit;
use stead_store::accounts::groups::{self, Group};
use stead_store::accounts::identity::{self, Account, User};
use stead_store::accounts::sessions::{Session, make_session};

use crate::harness::{App, Client};
use crate::library::{Events, World};
use crate::media::{FILM, Media};

/// The one word that all of a library is called by, and nothing of another.
const WORDS: [&str; 4] = ["Quokka", "Axolotl", "Pangolin", "Okapi"];
const KINDS: [&str; 4] = ["films", "series", "films", "series"];
const USERS: u8 = 6;
const GROUPS: u8 = 3;
const ROUNDS: usize = 4;

/// Numbers that look random and are the same each time.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn one_in(&mut self, chances: u64) -> bool {
        // xorshift64 (Marsaglia 2003).
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.is_multiple_of(chances)
    }
}

/// A library with everything in it that somebody could be told.
pub(crate) struct Shelf {
    pub(crate) id: String,
    /// The library that it stands in, if that is not what is hidden.
    pub(crate) library: Option<String>,
    pub(crate) word: &'static str,
    pub(crate) items: Vec<String>,
    pub(crate) playable: String,
}

struct House {
    world: World,
    shelves: Vec<Shelf>,
    members: Vec<(String, Client)>,
    groups: Vec<String>,
    /// Who belongs to which group: user × group.
    belongs: BTreeSet<(usize, usize)>,
    /// What is shared: library × user, library × group.
    with_users: BTreeSet<(usize, usize)>,
    with_groups: BTreeSet<(usize, usize)>,
}

impl House {
    fn build() -> Self {
        let media = Media::new();
        let source = media.make("source.mp4", FILM);
        for (word, kind) in WORDS.into_iter().zip(KINDS) {
            let name = match kind {
                "films" => format!("{word}/{word} Film (2001)/{word} Film (2001).mp4"),
                _ => format!("{word}/{word} Show/Season 1/{word} Show S01E01 {word} Pilot.mp4"),
            };
            fs::copy(&source, media.at(&name)).unwrap();
            // Each file is another one: what was watched of one is nothing of the others.
            let mut bytes = fs::read(media.at(&name)).unwrap();
            bytes.extend_from_slice(&[0, 0, 0, 12, b'f', b'r', b'e', b'e']);
            bytes.extend_from_slice(&word.as_bytes()[..4]);
            fs::write(media.at(&name), bytes).unwrap();
        }
        let mut world = World::new(media);
        let shelves =
            WORDS.into_iter().zip(KINDS).map(|(word, kind)| shelf(&mut world, word, kind));
        let shelves = shelves.collect();
        let members = (0..USERS).map(|number| member(&world.app, number)).collect();
        let groups = (0..GROUPS).map(|number| group(&world.app, number)).collect();
        let (belongs, with_users, with_groups) = Default::default();
        Self { world, shelves, members, groups, belongs, with_users, with_groups }
    }

    fn share(&mut self, library: usize, with: &str, id: &str, shared: bool) {
        let path = format!("/api/v1/libraries/{}/shares", self.shelves[library].id);
        let body = json!({ "with": with, "id": id, "shared": shared });
        self.world.browser.post(&path, &body).expect(204);
    }

    /// Throws the dice for everything that makes somebody see something.
    fn shuffle(&mut self, dice: &mut Dice) {
        for library in 0..self.shelves.len() {
            for user in 0..self.members.len() {
                let shared = dice.one_in(4);
                let id = self.members[user].0.clone();
                self.share(library, "user", &id, shared);
                set(&mut self.with_users, (library, user), shared);
            }
            for group in 0..self.groups.len() {
                let shared = dice.one_in(3);
                let id = self.groups[group].clone();
                self.share(library, "group", &id, shared);
                set(&mut self.with_groups, (library, group), shared);
            }
        }
        let store = Store::open(&self.world.app.data).unwrap();
        for user in 0..self.members.len() {
            for group in 0..self.groups.len() {
                let belongs = dice.one_in(3);
                let ids = (self.groups[group].parse().unwrap(), self.members[user].0.parse());
                store
                    .accounts
                    .write(|tx| {
                        let user = ids.1.unwrap();
                        groups::set_member(tx, ids.0, user, belongs, WallMs(0))
                    })
                    .unwrap();
                set(&mut self.belongs, (user, group), belongs);
            }
        }
    }

    /// What this one sees, in the order in which it was made.
    fn seen_by(&self, user: usize) -> Vec<String> {
        let seen = self.shelves.iter().enumerate().filter(|(library, _)| self.sees(user, *library));
        seen.map(|(_, shelf)| shelf.id.clone()).collect()
    }

    /// What the rule says, in words of its own.
    fn sees(&self, user: usize, library: usize) -> bool {
        let by_group = |group: &usize| {
            self.belongs.contains(&(user, *group)) && self.with_groups.contains(&(library, *group))
        };
        self.with_users.contains(&(library, user)) || (0..self.groups.len()).any(|g| by_group(&g))
    }
}

fn set<T: Ord>(set: &mut BTreeSet<T>, value: T, there: bool) {
    if there {
        set.insert(value);
    } else {
        set.remove(&value);
    }
}

fn shelf(world: &mut World, word: &'static str, kind: &str) -> Shelf {
    let id = world.add(&format!("{word} things"), kind, word);
    let mut items = Vec::new();
    let kinds: &[&str] = if kind == "films" { &["film"] } else { &["series", "season", "episode"] };
    for kind in kinds {
        let page = world.get(&format!("/api/v1/items?library={id}&kind={kind}"));
        let found = page["items"].as_array().unwrap().iter();
        items.extend(found.map(|item| item["id"].as_str().unwrap().to_owned()));
    }
    let playable = items.last().expect("something was indexed").clone();
    Shelf { id, library: None, word, items, playable }
}

fn group(app: &App, number: u8) -> String {
    let id = GroupId::from_bytes([0x60 + number; 16]);
    let name = format!("Group {number}");
    let group = Group { id, name: name.clone(), profiles_need_pin: false };
    let store = Store::open(&app.data).unwrap();
    store.accounts.write(|tx| groups::add(tx, &group, &name, WallMs(0))).unwrap();
    id.to_string()
}

/// A member who is signed in with a second factor.
pub(crate) fn member(app: &App, number: u8) -> (String, Client) {
    let now = WallMs(app.clock_ms());
    let (id, token) = (0x40 + number, format!("a-token-of-member-{number}"));
    let store = Store::open(&app.data).unwrap();
    let user = User {
        id: UserId::from_bytes([id; 16]),
        issuer: IssuerId::from_bytes([9; 16]),
        sub: AccountId::from_bytes([id; 16]).to_string(),
        account: AccountId::from_bytes([id; 16]),
        name: format!("Member {number}"),
        role: Role::Member,
        enabled: true,
        epoch: 0,
    };
    store
        .accounts
        .write(|tx| {
            let issuer = identity::embedded_issuer(tx, user.issuer, now)?;
            let account = Account {
                id: user.account,
                login: format!("member {number}"),
                name: user.name.clone(),
                password_hash: "nothing matches this".into(),
                epoch: 0,
                enabled: true,
            };
            identity::make_account(tx, &account, now)?;
            identity::make_user(tx, &User { issuer, ..user.clone() }, now)?;
            let session = Session {
                id: SessionId::from_bytes([id; 16]),
                user: user.id,
                client: ClientKind::Web,
                agent: "test".into(),
                issuer,
                methods: Methods::NONE.and(Method::Password).and(Method::Totp),
                auth: Moment::before_this_start(now),
                generation: 1,
                epoch: 0,
                created: now,
                last_seen: Moment::before_this_start(now),
                rested: false,
            };
            let hash = ring::digest::digest(&ring::digest::SHA256, token.as_bytes());
            make_session(tx, &[0; 16], &session, hash.as_ref().try_into().unwrap())
        })
        .unwrap();
    let browser = app.client().with("Cookie", &format!("stead-loopback={token}"));
    (user.id.to_string(), browser)
}

/// Every way of naming something of this shelf to a row: its target, and the body of a write. Rows that
/// end the caller's own session or look by other eyes, or wait for events without an end, are not asked; what takes no
/// name and tells nothing of libraries by itself is asked in the first round.
pub(crate) fn askings(
    rows: &[(String, String)],
    shelf: &Shelf,
    link: Option<&String>,
    round: usize,
) -> Vec<(String, String, Option<String>)> {
    let mut askings = Vec::new();
    let library = shelf.library.as_ref().unwrap_or(&shelf.id);
    let ids: Vec<_> = std::iter::once(&shelf.id).chain(&shelf.items).collect();
    for (method, path) in rows {
        let is_passed = matches!(
            path.as_str(),
            "/api/v1/signout" | "/api/v1/events" | "/api/v1/profiles/leave"
        );
        if is_passed || path.contains("{name}") {
            continue;
        }
        let is_lists = method == "GET" && path.starts_with("/api/");
        if round > 0 && !path.contains("{id}") && !is_lists {
            continue;
        }
        let body = (method == "POST").then(|| match path.rsplit('/').next() {
            Some("progress") => json!({ "position_ms": 1, "event": "playing" }).to_string(),
            _ => "{}".to_owned(),
        });
        let mut targets = vec![path.clone()];
        if path.contains("{id}") {
            targets = ids.iter().map(|id| path.replace("{id}", id)).collect();
        }
        for target in targets {
            if method != "GET" {
                askings.push((method.to_string(), target, body.clone()));
                continue;
            }
            let queries = match target.as_str() {
                "/api/v1/items" => ids
                    .iter()
                    .flat_map(|id| [format!("?parent={id}"), format!("?library={id}")])
                    .chain(
                        ["film", "series", "episode"]
                            .map(|kind| format!("?library={library}&kind={kind}")),
                    )
                    .collect(),
                "/api/v1/search" => vec![format!("?q={}", shelf.word)],
                image if image.ends_with("/image") => vec!["?size=small".to_owned()],
                _ => vec![String::new()],
            };
            askings.extend(
                queries.iter().map(|query| (method.to_string(), format!("{target}{query}"), None)),
            );
        }
    }
    if let Some(link) = link {
        askings.push(("GET".to_owned(), link.clone(), None));
    }
    askings
}

/// Whether a body tells something of a shelf.
pub(crate) fn tells(body: &str, shelf: &Shelf, asked: &str) -> Option<String> {
    let ids = std::iter::once(&shelf.id).chain(&shelf.items);
    // What the caller wrote themselves is no news.
    let told = ids.filter(|id| !asked.contains(id.as_str())).find(|id| body.contains(id.as_str()));
    let titled = body.contains(shelf.word) && !asked.contains(shelf.word);
    told.cloned().or_else(|| titled.then(|| shelf.word.to_owned()))
}

/// Asks every row for a shelf that this browser does not see.
pub(crate) fn is_in_no_answer(
    browser: &mut Client,
    rows: &[(String, String)],
    shelf: &Shelf,
    link: Option<&String>,
    (round, who): (usize, &str),
) {
    for (method, target, body) in askings(rows, shelf, link, round) {
        let answer = browser.send(&method, &target, body);
        let what = format!("{who}: {method} {target}");
        if let Some(told) = tells(&answer.text(), shelf, &target) {
            panic!("{what} tells of {told}: {}", answer.text());
        }
        let named =
            target.contains(&shelf.id) || shelf.items.iter().any(|item| target.contains(item));
        let is_page = !target.starts_with("/api/") && !target.starts_with("/stream/");
        if (named && !is_page && !target.contains('?')) || target.starts_with("/stream/") {
            assert!(answer.status >= 400, "{what}: {}", answer.status);
        }
    }
}

/// Every row as method and path.
pub(crate) fn all_rows() -> Vec<(String, String)> {
    table()
        .iter()
        .flat_map(stead::http::row::Row::targets)
        .map(|(method, path)| (method.to_string(), path.to_string()))
        .collect()
}

#[test]
fn what_is_not_shared_is_in_no_body_of_any_row() {
    let mut house = House::build();
    let mut dice = Dice(0x5EED_0001);
    let (mut hidden, mut seen) = (0, 0);
    let rows = all_rows();
    let mut links: Vec<BTreeMap<String, String>> = vec![BTreeMap::new(); house.members.len()];
    for round in 0..ROUNDS {
        house.shuffle(&mut dice);
        for (user, links) in links.iter_mut().enumerate() {
            let mut browser = house.members[user].1.clone();
            let expected: BTreeSet<String> = (0..house.shelves.len())
                .filter(|library| house.sees(user, *library))
                .map(|library| house.shelves[library].id.clone())
                .collect();
            let listed = browser.get("/api/v1/libraries").expect(200).json();
            let listed = listed["libraries"].as_array().unwrap().iter();
            let listed: BTreeSet<_> =
                listed.map(|one| one["id"].as_str().unwrap().to_owned()).collect();
            assert_eq!(listed, expected, "round {round}, user {user}");
            for (library, shelf) in house.shelves.iter().enumerate() {
                if house.sees(user, library) {
                    seen += 1;
                    let found = browser.get(&format!("/api/v1/search?q={}", shelf.word)).json();
                    assert!(!found["items"].as_array().unwrap().is_empty(), "{}", shelf.word);
                    // Watched half, so that it would be offered to go on, and a link is in hand.
                    let play = format!("/api/v1/items/{}/play", shelf.playable);
                    let told = browser.post(&play, &json!({})).expect(200).json();
                    links.insert(shelf.id.clone(), link_in(&told));
                    continue;
                }
                hidden += 1;
                let what = format!("round {round}, user {user}");
                is_in_no_answer(&mut browser, &rows, shelf, links.get(&shelf.id), (round, &what));
            }
        }
    }
    // The dice made both.
    assert!(hidden > 30 && seen > 30, "{hidden} hidden, {seen} seen");
}

/// Who listens sees some of it no more, and some of it only now: what happens then is told as it is seen
/// then, and not as it was when they began.
#[test]
fn whoever_listens_is_told_of_nothing_that_is_hidden_by_now() {
    let mut house = House::build();
    let mut dice = Dice(0x5EED_0002);
    let (mut hidden, mut seen) = (0, 0);
    house.shuffle(&mut dice);
    for round in 0..ROUNDS {
        let port = house.world.app.http_port;
        let mut listening = Vec::new();
        for user in 0..house.members.len() {
            let mut events =
                Events::listen_by(&format!("stead-loopback=a-token-of-member-{user}"), port);
            // How things stand is told at first, and is over then.
            let mut left = house.seen_by(user);
            if !left.is_empty() {
                events.heard_until(|told| {
                    left.retain(|id| told["library_id"] != id.as_str());
                    left.is_empty()
                });
            }
            listening.push(events);
        }
        house.shuffle(&mut dice);
        for shelf in &house.shelves {
            house.world.scan(&shelf.id);
        }
        for (user, mut events) in listening.into_iter().enumerate() {
            let mine = house.seen_by(user);
            // They are read in this order, so that whatever came before is heard with it.
            let Some(last) = mine.last() else { continue };
            let told = events.scanned(last);
            // What the scan and the pictures of before have changed may be told after they have ended,
            // and was told then as it was seen then. A scan of now begins with how it stands.
            let now = told.iter().skip_while(|one| !one["state"].is_string());
            seen += mine.len();
            for shelf in house.shelves.iter().filter(|shelf| !mine.contains(&shelf.id)) {
                hidden += 1;
                for one in now.clone() {
                    let body = one.to_string();
                    assert_eq!(tells(&body, shelf, ""), None, "round {round}, user {user}: {body}");
                }
            }
        }
    }
    assert!(hidden > 10 && seen > 10, "{hidden} hidden, {seen} seen");
}

pub(crate) fn link_in(told: &Value) -> String {
    let link = told["url"].as_str().unwrap_or_else(|| panic!("no link in {told}"));
    link.to_owned()
}

#[test]
fn a_library_is_shared_with_people_and_groups_by_its_owner() {
    let mut house = House::build();
    let (sam, mut browser) = house.members[0].clone();
    let shares = format!("/api/v1/libraries/{}/shares", house.shelves[0].id);
    let told = house.world.get(&shares);
    assert_eq!(told["users"].as_array().unwrap().len(), usize::from(USERS) + 1);
    assert_eq!(told["groups"].as_array().unwrap().len(), usize::from(GROUPS));
    house.share(0, "user", &sam, true);
    let told = house.world.get(&shares);
    let users = told["users"].as_array().unwrap();
    let row = users.iter().find(|user| user["id"] == sam.as_str()).unwrap();
    assert_eq!((&row["shared"], &row["by_group"]), (&json!(true), &json!(false)));
    let film = format!("/api/v1/items/{}", house.shelves[0].playable);
    browser.get(&film).expect(200);
    // Twice is once, and what is not there is not found.
    house.share(0, "user", &sam, true);
    house.share(0, "user", &sam, false);
    assert_eq!(browser.get(&film).expect(404).code(), "not_found");
    let nobody = json!({ "with": "group", "id": "00".repeat(16), "shared": true });
    assert_eq!(house.world.browser.post(&shares, &nobody).expect(404).code(), "not_found");
    let nothing = json!({ "with": "user", "id": "nothing", "shared": true });
    assert_eq!(house.world.browser.post(&shares, &nothing).expect(404).code(), "not_found");
    // A member shares nothing.
    let own = json!({ "with": "user", "id": sam, "shared": true });
    assert_eq!(browser.post(&shares, &own).expect(403).code(), "not_your_role");
    let store = Store::open(&house.world.app.data).unwrap();
    let told = store.accounts.read(|tx| audit::newest(tx, 100)).unwrap();
    let kinds: Vec<_> = told.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds.iter().filter(|kind| *kind == "share.given").count(), 1, "{kinds:?}");
    assert_eq!(kinds.iter().filter(|kind| *kind == "share.ended").count(), 1, "{kinds:?}");
}
