//! A house in which something is required: two libraries, and a member with a password alone in every
//! kind of client.

use std::io::Read as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stead::host::clock::Clock as _;
use stead_rules::ids::{AccountId, FactorId, GroupId, LibraryId, SessionId, UserId};
use stead_rules::policy::{ClientKind, RequirementId};
use stead_rules::signin::{Assurance, Method, Methods};
use stead_rules::time::{Moment, Now, WallMs};
use stead_store::accounts::factors::{Authenticator, add_authenticator};
use stead_store::accounts::groups::{self, Group, With};
use stead_store::accounts::requirements::{self, About};
use stead_store::accounts::sessions::{Session, make_session};
use stead_store::accounts::{grace, identity, plain};
use stead_store::{Accounts, Store, StoreError, WriteTx};

use crate::devices::{app_asks, approve, basic, exchange};
use crate::endings::silence;
use crate::harness::{App, Client, Options, Owner, second_account, totp_code};
use crate::library::World;
use crate::media::{FILM, Media, STILL};
use crate::resets::{bearer, poll, television};

pub(crate) const DAY_MS: u64 = 24 * 3600 * 1000;
/// As [`second_account`] makes them.
pub(crate) const SAM: UserId = UserId::from_bytes([8; 16]);
const SAMS_ACCOUNT: AccountId = AccountId::from_bytes([7; 16]);
pub(crate) const FAMILY: GroupId = GroupId::from_bytes([3; 16]);

/// A claimed server that Sam sees two libraries of.
pub(crate) struct House {
    pub(crate) world: World,
    owner: Owner,
    pub(crate) films: String,
    pub(crate) film: String,
    pub(crate) songs: String,
    pub(crate) song: String,
}

/// What is required of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    Server,
    Group,
    Films,
    Songs,
}

impl House {
    pub(crate) fn new() -> Self {
        Self::with("")
    }

    /// With more of the network's config, and whatever follows it.
    pub(crate) fn with(more: &str) -> Self {
        let media = Media::new();
        media.make("films/Tide (2020)/Tide (2020).mp4", FILM);
        media.make("films/Tide (2020)/poster.jpg", STILL);
        silence(media.at("songs/Silence.wav").parent().unwrap());
        let config = format!("[net]\nplain_playback = \"on-link\"\n{more}");
        let options = Options { config, media: vec![media.path.clone()], ..Options::default() };
        let app = App::start_with(options);
        let owner = Owner::claim(&app);
        let mut world = World { app, browser: owner.browser.clone(), media };
        let films = world.add("Films", "films", "films");
        let songs = world.add("Songs", "music", "songs");
        let film = world.first(&films, "film")["id"].as_str().unwrap().to_owned();
        let song = world.first(&songs, "track")["id"].as_str().unwrap().to_owned();
        let image = format!("/api/v1/items/{film}/image?size=small");
        let began = Instant::now();
        while world.browser.get(&image).status != 200 {
            assert!(began.elapsed() < Duration::from_secs(60), "the picture is made");
            std::thread::sleep(Duration::from_millis(50));
        }
        let switch = json!({ "allowed": true });
        world.browser.post("/api/v1/settings/app-passwords", &switch).expect(204);
        second_account(&world.app, "Sam");
        let house = Self { world, owner, films, film, songs, song };
        house.write(|tx, now| {
            let family = Group { id: FAMILY, name: "Family".to_owned(), profiles_need_pin: false };
            assert!(groups::add(tx, &family, "family", now.wall)?);
            groups::set_member(tx, FAMILY, SAM, true, now.wall)?;
            groups::set_share(tx, id(&house.films), With::Group(FAMILY), true, now.wall)?;
            groups::set_share(tx, id(&house.songs), With::User(SAM), true, now.wall)?;
            Ok(())
        });
        house
    }

    pub(crate) fn app(&self) -> &App {
        &self.world.app
    }

    /// The owner, who has just signed in; a minute goes by, since no code is good twice.
    pub(crate) fn owner(&self) -> Client {
        self.app().clock.advance(60_000);
        let (browser, answer) = self.owner.sign_in_at(self.app(), self.app().clock_ms());
        answer.expect(200);
        browser
    }

    pub(crate) fn now(&self) -> Now {
        self.app().clock.now()
    }

    /// The same house after its server was ended and started, in the same start of the machine.
    pub(crate) fn restart(self) -> Self {
        Self { world: self.world.restart(), ..self }
    }

    /// The same house after its machine was ended and started: its clock begins at this wall time, and
    /// no network has told it another one yet.
    pub(crate) fn reboot(self, wall: WallMs) -> Self {
        let World { app, browser, media } = self.world;
        let options = Options {
            media: vec![media.path.clone()],
            after_power_cut: Some(wall),
            ..Options::with_clock(&app.clock)
        };
        let app = app.restart(options);
        let browser = browser.at(app.http_port);
        Self { world: World { app, browser, media }, ..self }
    }

    /// The same house after its power was cut: what was not kept is lost.
    pub(crate) fn cut_off(self, wall: WallMs) -> Self {
        let World { app, browser, media } = self.world;
        let app = app.cut_off(wall);
        let browser = browser.at(app.http_port);
        Self { world: World { app, browser, media }, ..self }
    }

    /// The network tells the time.
    pub(crate) fn know(&self, wall: WallMs) {
        self.app().clock.set_wall(wall);
        self.app().clock.set_network(true);
    }

    pub(crate) fn write<T>(
        &self,
        work: impl Fn(&WriteTx<'_, Accounts>, Now) -> Result<T, StoreError>,
    ) -> T {
        let store = Store::open(&self.app().data).unwrap();
        store.accounts.write(|tx| work(tx, self.now())).unwrap()
    }

    pub(crate) fn about(&self, of: Of) -> About {
        match of {
            Of::Server => About::Server,
            Of::Group => About::Group(FAMILY),
            Of::Films => About::Library(id(&self.films)),
            Of::Songs => About::Library(id(&self.songs)),
        }
    }

    /// Requires a level without any grace.
    pub(crate) fn require(&self, of: Of, level: Assurance) -> RequirementId {
        let about = self.about(of);
        self.write(|tx, now| requirements::put(tx, about, level, 0, None, now.wall))
    }

    pub(crate) fn switch_off(&self, requirement: RequirementId) {
        assert!(self.write(|tx, _| requirements::switch_off(tx, requirement)));
    }

    /// Gives Sam days of grace, as if the requirement began now.
    pub(crate) fn grant(&self, requirement: RequirementId, days: u64) {
        let seconds = days * 24 * 3600;
        let run = self.app().clock.boot_id().unwrap();
        self.write(|tx, now| grace::grant(tx, &run, SAM, requirement, seconds, now));
    }

    /// Sam gets an authenticator that nobody showed yet in any of their sessions.
    pub(crate) fn give_factor(&self) {
        self.write(|tx, now| {
            let new = Authenticator {
                id: FactorId::from_bytes([5; 16]),
                name: "Phone".to_owned(),
                secret: vec![7; 20].into(),
                last_step: 0,
                created: now.wall,
                used: None,
            };
            add_authenticator(tx, SAMS_ACCOUNT, &new)
        });
    }

    /// Sam in a browser, by a password.
    pub(crate) fn browser(&self) -> Client {
        let mut browser = self.app().client();
        let who = json!({ "name": "Sam", "password": "seven green kettles" });
        browser.post("/api/v1/signin", &who).expect(200);
        browser
    }

    /// Sam in a browser, by a password and the authenticator of [`House::give_factor`].
    pub(crate) fn browser_with_factor(&self) -> Client {
        self.app().clock.advance(60_000);
        let mut browser = self.app().client();
        let who = json!({ "name": "Sam", "password": "seven green kettles" });
        let first = browser.post("/api/v1/signin", &who).expect(200).json();
        let seconds = self.app().clock_ms().unsigned_abs() / 1000;
        let code = totp_code(&"A4DQOBYH".repeat(4), seconds);
        let factor = json!({ "ticket": first["ticket"], "method": "totp", "code": code,
            "browser_time_ms": self.app().clock_ms() });
        browser.post("/api/v1/signin/factor", &factor).expect(200);
        browser
    }

    /// Sam in every kind of client, each let in by a browser with a password alone.
    pub(crate) fn clients(&self) -> Vec<(&'static str, Client)> {
        let app = self.app();
        let mut phone = self.browser();
        let made = phone.post("/api/v1/app-passwords", &json!({ "name": "Radio" })).expect(201);
        let by_password = basic(app, "Sam", made.json()["password"].as_str().unwrap());
        let offer = app_asks(app);
        approve(&mut phone, &json!({ "code": offer["user_code"] }), "Radio").expect(204);
        let by_grant = bearer(app, &exchange(app, &offer["device_code"]).expect(200).json());
        let (mut tv, shown) = television(app);
        approve(&mut phone, &json!({ "code": shown["user_code"] }), "Living room").expect(204);
        assert_eq!(poll(&mut tv, &shown), "done");
        let server = app.client().get("/api/v1/server").expect(200).json();
        let name = server["host_name"].as_str().unwrap();
        let plain = app.client().with_host(name).with("Cookie", &self.plain_cookie());
        vec![
            ("browser", phone),
            ("television", tv),
            ("app by the device grant", by_grant),
            ("app by a password of its own", by_password),
            ("television over plain http", plain),
        ]
    }

    fn plain_cookie(&self) -> String {
        let token = "a-television-over-plain-http";
        self.write(|tx, now| {
            let user = identity::user_by_id(tx, SAM)?.unwrap();
            let session = Session {
                id: SessionId::from_bytes([9; 16]),
                user: SAM,
                client: ClientKind::Tv,
                agent: "a television".to_owned(),
                issuer: user.issuer,
                methods: Methods::NONE.and(Method::Password),
                auth: Moment::of(now),
                generation: 1,
                epoch: 0,
                created: now.wall,
                last_seen: Moment::of(now),
                rested: false,
            };
            let hash = ring::digest::digest(&ring::digest::SHA256, token.as_bytes());
            make_session(tx, &[0; 16], &session, hash.as_ref().try_into().unwrap())?;
            plain::mark(tx, session.id)
        });
        format!("stead-plain={token}")
    }

    /// Where something streams from, for this client.
    pub(crate) fn link(&self, client: &Client, item: &str) -> String {
        let play = format!("/api/v1/items/{item}/play");
        let play: Value = client.clone().post(&play, &json!({})).expect(200).json();
        play["url"].as_str().unwrap().to_owned()
    }

    /// What nobody may read who does not see the films.
    pub(crate) fn words_of_films(&self) -> [&str; 2] {
        ["Tide", &self.film]
    }

    /// What nobody may read who does not see the songs.
    pub(crate) fn words_of_songs(&self) -> [&str; 2] {
        ["Silence", &self.song]
    }
}

pub(crate) fn id(text: &str) -> LibraryId {
    text.parse().unwrap()
}

/// What is said on a stream of events until it names this.
pub(crate) fn heard_until(events: &mut TcpStream, word: &str) -> String {
    let (mut piece, mut told) = (vec![0; 4096], String::new());
    while !told.contains(word) {
        let read = events.read(&mut piece).unwrap();
        assert!(read > 0, "it ended: {told}");
        told.push_str(&String::from_utf8_lossy(&piece[..read]));
    }
    told
}
