//! The disk of the data folder becomes full while the server runs: claims, sign-ins, settings,
//! reading, playing and scanning, on real small file systems.
//!
//! A test here starts itself again in a mount namespace with a tmpfs of its own. That is full when
//! it is made as small as what it holds, and has room again when it grows.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use nix::sched::{CloneFlags, unshare};
use serde_json::{Value, json};
use stead::host::clock::Clock;
use stead::host::disk::{BALLAST_BYTES, Space, space};
use stead_store::Store;
use stead_store::accounts::claim::offer;

use crate::fall_back::make_older;
use crate::harness::{Answer, App, Client, Options, Owner, second_account};
use crate::library::World;
use crate::media::{FILM, Media};
use crate::program::{Ended, in_own_mounts};

/// Where the inner test finds its disk.
const INNER: &str = "STEAD_TEST_SMALL_DISK";
/// The chore that minds the room looks every few seconds.
const PATIENCE: Duration = Duration::from_secs(60);
/// Large enough for a reserve to be set aside.
const WITH_RESERVE: u64 = 320 << 20;
/// Too small for one.
const WITHOUT: u64 = 200 << 20;

/// A small file system, as large as the test says.
struct Disk {
    path: PathBuf,
    bytes: u64,
}

/// Runs `body` in the test of this name, in a mount namespace with a small disk.
fn on_a_disk(bytes: u64, name: &str, body: impl FnOnce(&Disk)) {
    if let Some(path) = std::env::var_os(INNER) {
        return body(&Disk { path: path.into(), bytes });
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display().to_string();
    let program = std::env::current_exe().unwrap().display().to_string();
    let script = "mount -t tmpfs -o size=$2 none \"$1\"; exec \"$3\" --exact \"$4\" --nocapture";
    let name = format!("full_disk::{name}");
    let mut command = in_own_mounts(script, &[&path, &bytes.to_string(), &program, &name]);
    let ended = Ended::of(command.env(INNER, &path));
    let (said, complained) = (&ended.said, &ended.complained);
    assert!(said.contains("1 passed"), "{said}\n{complained}");
}

impl Disk {
    fn data(&self) -> PathBuf {
        self.path.join("data")
    }

    fn free(&self) -> u64 {
        space(&self.path).unwrap().free_bytes
    }

    /// Leaves this many bytes free. What the server writes between looking and shrinking is not
    /// cut off: then it is looked again.
    fn leave(&self, free_bytes: u64) {
        until("the disk takes its size", || {
            let Space { free_bytes: free, total_bytes } = space(&self.path).unwrap();
            self.resize(total_bytes - free + free_bytes)
        });
    }

    fn fill(&self) {
        self.leave(0);
        let probe = self.path.join("probe");
        assert!(std::fs::write(&probe, [0; 8192]).is_err(), "the disk is full");
        std::fs::remove_file(probe).unwrap();
    }

    fn make_room(&self) {
        assert!(self.resize(self.bytes));
    }

    fn resize(&self, bytes: u64) -> bool {
        let options = format!("remount,size={bytes}");
        let mut mount = Command::new("mount");
        Ended::of(mount.args(["-o", &options]).arg(&self.path)).code == Some(0)
    }

    fn ballast(&self) -> bool {
        let ballast = self.data().join("ballast").metadata();
        ballast.is_ok_and(|file| file.len() == BALLAST_BYTES)
    }

    fn start(&self) -> App {
        App::start_in(&self.data(), Options::default())
    }
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn is_disk_full(answer: Answer) {
    let answer = answer.expect(507);
    assert_eq!(answer.code(), "disk_full");
    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("Make room there and try again"), "{detail}");
}

fn state(app: &App) -> Value {
    app.client().get("/api/v1/server").expect(200).json()["state"].clone()
}

/// What health tells of the data folder; it looks again after a moment.
fn data_folder_is_well(app: &App) -> bool {
    app.clock.advance(5000);
    let health = app.client().get("/api/v1/health").json();
    let checks = health["checks"].as_array().unwrap();
    checks.iter().find(|check| check["name"] == "data_folder").unwrap()["ok"] == true
}

fn is_claimed(app: &App, owner: &mut Owner) {
    assert_eq!(state(app), "claimed");
    let me = owner.browser.get("/api/v1/me").expect(200).json();
    assert_eq!(me["user"]["role"], "owner");
    assert!(app.data.join("marker").exists());
    assert!(!app.data.join("Setup Stead.html").exists());
}

#[test]
fn a_claim_on_a_disk_that_becomes_full_takes_the_reserve() {
    let name = "a_claim_on_a_disk_that_becomes_full_takes_the_reserve";
    on_a_disk(WITH_RESERVE, name, |disk| {
        let app = disk.start();
        assert!(disk.ballast() && data_folder_is_well(&app));
        let mut owner = Owner::almost(&app);
        disk.fill();
        owner.finish().expect(200);
        is_claimed(&app, &mut owner);
        assert!(!disk.ballast() && disk.free() > 0, "the reserve was given up");
        assert!(!data_folder_is_well(&app), "and its owner can see so");
        disk.make_room();
        until("the reserve is set aside again", || disk.ballast());
        assert!(data_folder_is_well(&app));
    });
}

/// Without a reserve the last step is refused, and the same browser goes on at the same step.
#[test]
fn a_claim_without_room_waits_and_goes_on_in_the_same_browser() {
    let name = "a_claim_without_room_waits_and_goes_on_in_the_same_browser";
    on_a_disk(WITHOUT, name, |disk| {
        let app = disk.start();
        let mut owner = Owner::almost(&app);
        disk.fill();
        assert!(!disk.ballast() && !data_folder_is_well(&app));
        for _ in 0..3 {
            is_disk_full(owner.finish());
            assert_eq!(state(&app), "pending");
            app.client().get("/api/v1/me").expect(403);
            app.client().get("/api/v1/libraries").expect(403);
        }
        let standing = owner.browser.get("/api/v1/claim").expect(200).json();
        assert_eq!(standing["step"], "finish");
        disk.make_room();
        owner.finish().expect(200);
        is_claimed(&app, &mut owner);
    });
}

/// The steps before the last one keep nothing on the disk: a full one does not stop them.
#[test]
fn the_steps_before_the_last_one_need_no_disk() {
    on_a_disk(WITHOUT, "the_steps_before_the_last_one_need_no_disk", |disk| {
        let app = disk.start();
        let secret = app.link_secret();
        disk.fill();
        let mut owner = Owner::almost_in(app.client(), &secret, app.clock.now().wall.0);
        assert_eq!(state(&app), "pending");
        is_disk_full(owner.finish());
        disk.make_room();
        owner.finish().expect(200);
        is_claimed(&app, &mut owner);
    });
}

/// The age of the secret is bookkeeping: it waits for room, and is not forgotten meanwhile.
#[test]
fn days_that_a_full_disk_did_not_take_down_age_the_secret_all_the_same() {
    let name = "days_that_a_full_disk_did_not_take_down_age_the_secret_all_the_same";
    on_a_disk(WITHOUT, name, |disk| {
        let app = disk.start();
        let secret = app.link_secret();
        let store = Store::open(&app.data).unwrap();
        let uptime = || store.accounts.read(offer).unwrap().unwrap().uptime_seconds;
        let begin = |secret: &str| {
            let proof = json!({ "kind": "link", "secret": secret });
            let body = json!({ "proof": proof, "browser_time_ms": 0 });
            app.client().post("/api/v1/claim/begin", &body)
        };
        disk.fill();
        app.clock.advance(31 * 24 * 3600 * 1000);
        begin("AAAAAAAAAAAAAAAAAAAAAA").expect(403);
        assert_eq!(uptime(), 0, "there was no room for it");
        disk.make_room();
        begin(&secret).expect(403);
        assert_ne!(app.link_secret(), secret);
    });
}

/// A restart in the middle of it offers again, with the same link, and nothing is open.
#[test]
fn a_claim_that_a_full_disk_stopped_is_offered_after_a_restart() {
    let name = "a_claim_that_a_full_disk_stopped_is_offered_after_a_restart";
    on_a_disk(WITHOUT, name, |disk| {
        let app = disk.start();
        let secret = app.link_secret();
        let mut owner = Owner::almost(&app);
        disk.fill();
        is_disk_full(owner.finish());
        disk.make_room();
        let app = app.restart(Options::default());
        assert_eq!((state(&app), app.link_secret()), (json!("offered"), secret));
        is_claimed(&app, &mut Owner::claim(&app));
    });
}

/// The owner was made with the last room: marker, secret and page are made up for, without a
/// restart.
#[test]
fn what_follows_a_claim_is_made_up_for_when_there_is_room() {
    on_a_disk(WITHOUT, "what_follows_a_claim_is_made_up_for_when_there_is_room", |disk| {
        let app = disk.start();
        let mut owner = Owner::almost(&app);
        // The marker's folder takes no file: as when its last block went to the commit.
        std::fs::create_dir(app.data.join(".marker.new")).unwrap();
        owner.finish().expect(200);
        assert!(state(&app) == "claimed" && !app.data.join("marker").exists());
        std::fs::remove_dir(app.data.join(".marker.new")).unwrap();
        until("the marker is raised", || app.data.join("marker").exists());
        is_claimed(&app, &mut owner);
    });
}

fn sign_in(app: &App, name: &str) -> (Client, Answer) {
    let mut browser = app.client();
    let who = json!({ "name": name, "password": "seven green kettles" });
    let answer = browser.post("/api/v1/signin", &who);
    (browser, answer)
}

#[test]
fn a_sign_in_takes_the_reserve_and_is_refused_when_that_is_gone() {
    let name = "a_sign_in_takes_the_reserve_and_is_refused_when_that_is_gone";
    on_a_disk(WITH_RESERVE, name, |disk| {
        let app = disk.start();
        let owner = Owner::claim(&app);
        second_account(&app, "Kim");
        app.clock.advance(30_000);
        disk.fill();
        let (mut browser, answer) = owner.sign_in_at(&app, app.clock.now().wall.0);
        answer.expect(200);
        browser.get("/api/v1/me").expect(200);
        assert!(!disk.ballast());
        // Others take what the reserve gave.
        disk.fill();
        is_disk_full(sign_in(&app, "Kim").1);
        let wrong = json!({ "name": "Kim", "password": "not this one" });
        is_disk_full(app.client().post("/api/v1/signin", &wrong));
        disk.make_room();
        let (mut kim, answer) = sign_in(&app, "Kim");
        answer.expect(200);
        kim.get("/api/v1/me").expect(200);
    });
}

#[test]
fn who_is_signed_in_reads_and_plays_on_a_full_disk_and_writes_are_refused() {
    let name = "who_is_signed_in_reads_and_plays_on_a_full_disk_and_writes_are_refused";
    on_a_disk(WITHOUT, name, |disk| {
        let media = Media::new();
        media.make("films/Night Train (1999).mp4", FILM);
        let mut world = World::on(&disk.data(), media);
        let films = world.add("Films", "films", "films");
        let film = world.first(&films, "film")["id"].as_str().unwrap().to_owned();
        // So long that each request would note that the session is used.
        world.app.clock.advance(120_000);
        disk.fill();
        for _ in 0..3 {
            assert_eq!(world.titles(&films, "film"), ["Night Train"]);
            for path in ["/api/v1/me", "/api/v1/libraries", "/api/v1/home", "/api/v1/settings"] {
                world.browser.get(path).expect(200);
            }
            let item = format!("/api/v1/items/{film}");
            let play = world.browser.post(&format!("{item}/play"), &json!({})).expect(200).json();
            world.browser.get(play["url"].as_str().unwrap()).expect(200);
            let image = world.browser.get(&format!("{item}/image?size=large"));
            assert!([200, 404].contains(&image.status), "{image:?}");
        }
        is_disk_full(world.browser.post("/api/v1/settings", &json!({ "name": "Attic" })));
        assert_ne!(world.get("/api/v1/settings")["name"], "Attic");
        disk.make_room();
        world.browser.post("/api/v1/settings", &json!({ "name": "Attic" })).expect(204);
        assert_eq!(world.get("/api/v1/settings")["name"], "Attic");
        let kept = world.browser.get("/api/v1/sessions").expect(200).json();
        let seen = kept["sessions"][0]["last_seen_ms"].as_i64().unwrap();
        assert_eq!(seen, world.app.clock.now().wall.0, "uses are noted again");
    });
}

/// A scan leaves the last room to people, says why it stopped, and goes on by itself.
#[test]
fn a_scan_stops_on_a_short_disk_and_goes_on_when_there_is_room() {
    let name = "a_scan_stops_on_a_short_disk_and_goes_on_when_there_is_room";
    on_a_disk(WITHOUT, name, |disk| {
        let media = Media::new();
        let sound = media.make("music/Ohm/Strom/1 - Eins.wav", SHORT_SOUND);
        let mut world = World::on(&disk.data(), media);
        let music = world.add("Music", "music", "music");
        copies(&world.media, &sound);
        let short = 8 << 20;
        disk.leave(short + (300 << 10));
        let ended = world.scan(&music);
        assert_eq!(ended["state"], "disk_full", "{ended}");
        assert!(disk.free() > short / 2, "most of what is left is left to people");
        let listed = world.library(&music)["items"].as_u64().unwrap();
        assert!((1..1 + COPIES).contains(&listed), "{listed}: as far as it came");
        assert_eq!(world.library(&music)["scan"]["state"], "disk_full");
        // People have what is left.
        world.browser.post("/api/v1/settings", &json!({ "name": "Attic" })).expect(204);
        disk.make_room();
        until("the scan goes on by itself", || {
            let library = world.library(&music);
            library["items"] == 1 + COPIES && library["scan"]["state"] == "idle"
        });
        assert_eq!(world.library(&music)["scan"]["problems"], 0);
    });
}

/// Runs `ip` in the network of this test.
fn ip(arguments: &str) {
    let ended = Ended::of(Command::new("ip").args(arguments.split(' ')));
    assert_eq!(ended.code, Some(0), "ip {arguments}: {ended:?}");
}

/// The certificate that a server shows.
fn shown(app: &App) -> String {
    let server = format!("127.0.0.1:{}", app.https_port);
    let said = Ended::of(Command::new("openssl").args(["s_client", "-connect", &server])).said;
    let (_, rest) = said.split_once("-----BEGIN").expect("a certificate");
    format!("-----BEGIN{}", rest.split_once("END CERTIFICATE-----").unwrap().0)
}

fn kept(app: &App) -> String {
    let file = std::fs::read_to_string(app.data.join("tls/leaf.pem")).unwrap();
    file.split_once("END CERTIFICATE-----").unwrap().0.to_owned()
}

/// Names and addresses change on a full disk as on any other.
#[test]
fn a_new_address_is_answered_on_a_full_disk() {
    on_a_disk(WITHOUT, "a_new_address_is_answered_on_a_full_disk", |disk| {
        // A network of this thread's own, and of all that it starts.
        unshare(CloneFlags::CLONE_NEWNET).unwrap();
        ip("link set lo up");
        ip("link add near type veth peer name far");
        ip("link set near up");
        ip("addr add 192.0.2.10/24 dev near");
        let app = disk.start();
        Owner::claim(&app);
        assert_eq!(shown(&app), kept(&app));
        let ask = || {
            let request = "GET / HTTP/1.1\r\nHost: 203.0.113.99\r\nConnection: close\r\n\r\n";
            app.client().send_raw(request.as_bytes(), false).status
        };
        assert_eq!(ask(), 421, "not ours yet");
        disk.fill();
        ip("addr del 192.0.2.10/24 dev near");
        ip("addr add 203.0.113.99/24 dev near");
        until("the new address is answered", || ask() == 200);
        until("the certificate is of today", || shown(&app) != kept(&app));
        disk.make_room();
        until("the certificate is kept", || shown(&app) == kept(&app));
    });
}

/// More than fit into what a short disk leaves to a scan.
const COPIES: u64 = 3000;
/// A few hundred samples: the machine's own disk is not the matter here.
const SHORT_SOUND: &str = "-f lavfi -i sine=d=0.05 -ar 8000";

fn copies(media: &Media, sound: &Path) {
    let mut bytes = std::fs::read(sound).unwrap();
    for n in 1..=COPIES {
        let last = bytes.len() - 8;
        bytes[last..].copy_from_slice(&n.to_le_bytes());
        media.write(&format!("music/Band {}/Album {}/{n} - Titel {n}.wav", n % 60, n % 7), &bytes);
    }
}

/// What an update keeps of the accounts takes the reserve, and without one nothing is changed.
#[test]
fn an_update_on_a_full_disk_takes_the_reserve_for_what_it_keeps() {
    let name = "an_update_on_a_full_disk_takes_the_reserve_for_what_it_keeps";
    on_a_disk(WITH_RESERVE, name, |disk| {
        let mut app = disk.start();
        Owner::claim(&app);
        assert!(disk.ballast());
        app.stop();
        make_older(&app.data);
        let accounts = rusqlite::Connection::open(app.data.join("accounts.db")).unwrap();
        let sql = "CREATE TABLE years (all_of BLOB); INSERT INTO years VALUES (zeroblob(8 << 20))";
        accounts.execute_batch(sql).unwrap();
        drop(accounts);
        // Too little for a copy, and enough for what a start writes before.
        disk.leave(4 << 20);
        let app = disk.start();
        assert_eq!(state(&app), "claimed");
        assert!(!disk.ballast(), "the reserve was given up");
        assert!(app.data.join("accounts.db.before-update").exists());
    });
}
