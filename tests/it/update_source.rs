//! Updates by download: a real web server of this test's own that serves what `scripts/channel` wrote,
//! and that breaks off, lies and sends elsewhere as told. Time is the test's.

use std::collections::HashMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use nix::mount::{MsFlags, mount};
use serde_json::{Value, json};
use stead_rules::limits::{
    UPDATE_AGAIN_FIRST_SECONDS, UPDATE_INSTALLS_CUT_OFF_MAX, UPDATE_LOOK_SECONDS,
    UPDATE_QUIET_SECONDS,
};
use stead_rules::updates::{Channel, Hours, How, Wish};
use stead_store::Store;
use stead_store::accounts::{audit, updates as rows};

use crate::harness::{App, Options, Owner};
use crate::helper::{Helper, in_own_mounts};
use crate::library::World;
use crate::media::FILM;
use crate::secret_age::until;
use crate::updates::{Box, PATH, authority};

const BOARD: &str = "stead-arm64";
const MINUTE: u64 = 60 * 1000;
const HOUR: u64 = 60 * MINUTE;
/// The hour of the day, in UTC, at which every test begins.
const BEGIN: u8 = 7;
/// Where an answer breaks off that does; bundles are larger.
const TORN_AT: usize = 20_000;

/// Something that is wrong with what a source says.
type Lie<'a> = &'a dyn Fn(&Feed);

/// What was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Asked {
    path: String,
    range: Option<String>,
    if_range: Option<String>,
}

/// How the server behaves.
#[derive(Default)]
struct Manners {
    files: HashMap<String, Vec<u8>>,
    asked: Vec<Asked>,
    /// So many answers with a bundle break off.
    torn: usize,
    /// It answers no ranges.
    no_ranges: bool,
    /// Answers with a bundle wait in their middle.
    holds: bool,
    /// Says of each bundle that it is so much larger.
    too_long: usize,
    /// Says of no bundle how large it is; each ends too early, and well.
    too_short: bool,
    /// It refuses every range.
    refuses_ranges: bool,
    /// Where it sends whoever asks for a path.
    moved: HashMap<String, String>,
}

/// A web server, until the test ends.
struct Feed {
    folder: tempfile::TempDir,
    port: u16,
    manners: Arc<(Mutex<Manners>, Condvar)>,
}

impl Feed {
    fn new() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let manners = Arc::<(Mutex<Manners>, Condvar)>::default();
        let serving = Arc::clone(&manners);
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let (connection, manners) = (connection.unwrap(), Arc::clone(&serving));
                std::thread::spawn(move || answer(connection, &manners));
            }
        });
        Self { folder: tempfile::tempdir().unwrap(), port, manners }
    }

    /// The lines of the config that name it.
    fn config(&self) -> String {
        format!("update_source = \"http://127.0.0.1:{}/stead/\"", self.port)
    }

    fn manners(&self) -> MutexGuard<'_, Manners> {
        self.manners.0.lock().unwrap()
    }

    /// Answers that wait go on.
    fn let_go(&self) {
        self.manners().holds = false;
        self.manners.1.notify_all();
    }

    fn asked(&self) -> Vec<Asked> {
        self.manners().asked.clone()
    }

    /// How often something with this ending was asked for.
    fn asked_for(&self, ending: &str) -> usize {
        self.asked().iter().filter(|asked| asked.path.ends_with(ending)).count()
    }

    /// Has a bundle written into a channel, as whoever publishes it does, and serves what came of it.
    fn publish(&self, at: &Box, channel: &str, bundle: &[u8]) {
        let file = self.folder.path().join("a bundle");
        fs::write(&file, bundle).unwrap();
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/channel");
        let served = self.folder.path().join("served");
        let said = Command::new(program)
            .arg("--keyring")
            .arg(at.folder.path().join("ours/cert.pem"))
            .args(["--notes", "Mends the remote.", channel])
            .args([&served, &file])
            .output()
            .unwrap();
        assert!(said.status.success(), "{said:?}");
        for entry in fs::read_dir(served.join(channel)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            self.serve(&format!("{channel}/{name}"), fs::read(&path).unwrap());
        }
    }

    fn serve(&self, path: &str, content: Vec<u8>) {
        self.manners().files.insert(format!("/stead/{path}"), content);
    }

    /// Changes what the index of the stable channel says.
    fn claim(&self, key: &str, value: Value) {
        let path = format!("/stead/stable/{BOARD}.json");
        let mut index: Value = serde_json::from_slice(&self.manners().files[&path]).unwrap();
        index[key] = value;
        self.manners().files.insert(path, index.to_string().into_bytes());
    }
}

fn answer(mut connection: TcpStream, (manners, told): &(Mutex<Manners>, Condvar)) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if connection.read(&mut byte).unwrap_or(0) == 0 {
            return;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let field = |name: &str| {
        let found = head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        found.map(ToOwned::to_owned)
    };
    let path = head.split(' ').nth(1).unwrap().to_owned();
    let (range, if_range) = (field("range"), field("if-range"));
    let mut is = manners.lock().unwrap();
    is.asked.push(Asked { path: path.clone(), range: range.clone(), if_range: if_range.clone() });
    if let Some(to) = is.moved.get(&path) {
        let to = format!(
            "HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        );
        return drop(connection.write_all(to.as_bytes()));
    }
    let Some(content) = is.files.get(&path).cloned() else {
        let none = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        return drop(connection.write_all(none));
    };
    let is_bundle = path.ends_with(".raucb");
    let range_asked = range.is_some();
    let tag = format!("\"{}\"", content.iter().map(|byte| u64::from(*byte)).sum::<u64>());
    let from = range.filter(|_| !is.no_ranges && if_range.is_none_or(|word| word == tag));
    let from = from.map(|range| range["bytes=".len()..range.len() - 1].parse::<usize>().unwrap());
    let whole = content.len() + if is_bundle { is.too_long } else { 0 };
    if range_asked && is_bundle && is.refuses_ranges {
        let none =
            b"HTTP/1.1 416 Range Not Satisfiable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        return drop(connection.write_all(none));
    }
    let (status, range) = match from {
        Some(from) => (
            "206 Partial Content",
            format!("content-range: bytes {from}-{}/{whole}\r\n", whole - 1),
        ),
        None => ("200 OK", String::new()),
    };
    let body = &content[from.unwrap_or(0)..];
    let length = whole - from.unwrap_or(0);
    let is_short = is_bundle && is.too_short;
    let length = if is_short { String::new() } else { format!("content-length: {length}\r\n") };
    let head =
        format!("HTTP/1.1 {status}\r\n{range}etag: {tag}\r\n{length}connection: close\r\n\r\n");
    let is_torn = is_bundle && is.torn > 0;
    is.torn -= usize::from(is_torn);
    let holds = is_bundle && is.holds;
    drop(is);
    let first = if is_torn || holds || is_short { TORN_AT } else { body.len() };
    // Whoever asked may go away meanwhile.
    let _ =
        connection.write_all(head.as_bytes()).and_then(|()| connection.write_all(&body[..first]));
    if holds {
        let waiting = manners.lock().unwrap();
        drop(told.wait_while(waiting, |is| is.holds).unwrap());
        let _ = connection.write_all(&body[first..]);
    }
}

/// A box that a source is named to, and the source.
fn with_source() -> (Box, Feed) {
    let feed = Feed::new();
    (Box::with(|_| {}, &feed.config()), feed)
}

/// The same with a version that the source offers: its bundle.
fn with_offer() -> (Box, Feed, Vec<u8>) {
    let (at, feed) = with_source();
    let bundle = at.bundle("ours", BOARD, "0.10.0");
    feed.publish(&at, "stable", &bundle);
    (at, feed, bundle)
}

fn act(at: &mut Box, what: &str) {
    at.world.browser.post(&format!("{PATH}/{what}"), &json!({})).expect(204);
}

fn wish(at: &mut Box, wish: &Value) {
    at.world.browser.post(&format!("{PATH}/wish"), wish).expect(204);
}

/// By itself, from so many hours after the beginning on, for two hours.
fn by_itself(hours_later: u8) -> Value {
    let hour = |later: u8| (BEGIN + later) % 24;
    json!({ "channel": "stable", "how": "itself", "from_hour": hour(hours_later), "to_hour": hour(hours_later + 2) })
}

fn source(at: &mut Box) -> Value {
    at.look()["source"].clone()
}

/// Lets time pass, and the owner look now and then: who is away for an hour has to say who they are.
fn pass(at: &mut Box, minutes: u64) {
    const AT_ONCE: u64 = 50;
    for _ in 0..minutes / AT_ONCE {
        at.world.app.clock.advance(AT_ONCE * MINUTE);
        at.look();
    }
    at.world.app.clock.advance(minutes % AT_ONCE * MINUTE);
}

fn downloaded(at: &Box) -> Vec<u8> {
    fs::read(at.helper.place.updates.join("update.raucb")).unwrap()
}

#[test]
fn a_download_goes_on_where_it_broke_off_and_is_checked_like_a_file() {
    let (mut at, feed, bundle) = with_offer();
    let told = source(&mut at);
    assert_eq!((&told["channel"], &told["how"]), (&json!("stable"), &json!("off")));
    assert_eq!(told.get("looked_ms"), None);
    assert_eq!(feed.asked(), [], "nobody is asked before somebody wants it");
    let none = at.world.browser.post(&format!("{PATH}/fetch"), &json!({})).expect(409);
    assert_eq!(none.code(), "update_not_offered");

    act(&mut at, "look");
    let offer = json!({ "version": "0.10.0", "size_bytes": bundle.len(), "notes": "Mends the remote.", "worth": "new" });
    assert_eq!(source(&mut at)["offer"], offer);
    feed.manners().torn = 1;
    act(&mut at, "fetch");
    until("it breaks off", || source(&mut at)["trouble"] == "broken_off");
    let arrives = json!({ "from": "source", "has_bytes": TORN_AT, "of_bytes": bundle.len() });
    assert_eq!((&at.look()["stage"], &at.look()["arrives"]), (&json!("arrives"), &arrives));
    let other = at.world.browser.post_file(&format!("{PATH}/file"), b"another").expect(503);
    assert_eq!(other.code(), "busy");

    at.world.app.clock.advance(UPDATE_AGAIN_FIRST_SECONDS * 1000);
    until("it is here", || at.look()["stage"] == "ready");
    assert_eq!(at.look()["offered"], "0.10.0");
    assert_eq!(downloaded(&at), bundle);
    let asked = feed.asked();
    let [_, whole, rest] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!((&whole.range, &whole.if_range), (&None, &None));
    assert_eq!(rest.range, Some(format!("bytes={TORN_AT}-")));
    assert!(rest.if_range.as_ref().is_some_and(|tag| tag.starts_with('"')), "{rest:?}");
    assert_eq!(source(&mut at).get("trouble"), None);

    act(&mut at, "install");
    until("it is installed", || at.look()["last"]["outcome"] == "waits");
    assert_eq!(at.waiting_files(), Vec::<PathBuf>::new(), "its room is free again");
}

#[test]
fn a_download_goes_on_after_a_restart_and_from_its_beginning_where_it_must() {
    let (mut at, feed, bundle) = with_offer();
    act(&mut at, "look");
    feed.manners().torn = 1;
    act(&mut at, "fetch");
    until("it breaks off", || source(&mut at)["trouble"] == "broken_off");
    let mut at = at.restart();
    until("it is here", || at.look()["stage"] == "ready");
    assert_eq!(downloaded(&at), bundle);
    assert_eq!(feed.asked().last().unwrap().range, Some(format!("bytes={TORN_AT}-")));

    // What is ready is so after another restart, too, and is not fetched again.
    let fetched = feed.asked_for(".raucb");
    let mut at = at.restart();
    until("it is ready again", || at.look()["stage"] == "ready");
    assert_eq!((downloaded(&at), feed.asked_for(".raucb")), (bundle, fetched));

    // A server that knows no ranges, and one whose file is another one since.
    act(&mut at, "look");
    let other = at.bundle("ours", BOARD, "0.11.0");
    feed.publish(&at, "stable", &other);
    act(&mut at, "look");
    feed.manners().torn = 1;
    feed.manners().no_ranges = true;
    act(&mut at, "fetch");
    until("it breaks off", || source(&mut at)["trouble"] == "broken_off");
    at.world.app.clock.advance(UPDATE_AGAIN_FIRST_SECONDS * 1000);
    until("it is here", || at.look()["offered"] == "0.11.0");
    assert_eq!(downloaded(&at), other);
}

#[test]
fn what_a_source_says_wrong_is_told_and_takes_no_room() {
    let (mut at, feed, bundle) = with_offer();
    authority(at.folder.path(), "others");
    let size = bundle.len();
    let name = format!("stable/{BOARD}-0.10.0.raucb");
    let served = |feed: &Feed, bundle: Vec<u8>| {
        let sum = ring::digest::digest(&ring::digest::SHA256, &bundle);
        let sum: String = sum.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        feed.claim("size", json!(bundle.len()));
        feed.claim("sha256", json!(sum));
        feed.serve(&name, bundle);
    };
    let older = at.bundle("ours", BOARD, "0.9.1");
    let foreign = at.bundle("ours", "stead-armhf", "0.10.0");
    let others = at.bundle("others", BOARD, "0.10.0");
    let another = at.bundle("ours", BOARD, "0.10.1");
    let cases: [(&str, Lie<'_>, &str, &str); 8] = [
        ("another sum", &|f| f.claim("sha256", json!("0".repeat(64))), "sum", ""),
        ("a smaller size", &|f| f.claim("size", json!(size - 1)), "unlike", ""),
        ("a larger size", &|f| f.claim("size", json!(size + 1)), "unlike", ""),
        ("a longer answer", &|f| f.manners().too_long = 1, "unlike", ""),
        ("an older one", &|f| served(f, older.clone()), "refused", "older than what runs"),
        ("one for others", &|f| served(f, foreign.clone()), "refused", "made for other boxes"),
        ("a stranger's", &|f| served(f, others.clone()), "refused", "that this box trusts"),
        ("another version", &|f| served(f, another.clone()), "unlike", ""),
    ];
    for (what, lie, trouble, why) in cases {
        feed.publish(&at, "stable", &bundle);
        feed.manners().too_long = 0;
        lie(&feed);
        act(&mut at, "look");
        assert_eq!(source(&mut at).get("trouble"), None, "{what}");
        act(&mut at, "fetch");
        until(what, || source(&mut at)["trouble"] == trouble && at.look()["stage"] == "none");
        let refused = source(&mut at)["refused"].as_str().unwrap_or_default().to_owned();
        assert!(refused.contains(why) && refused.is_empty() == why.is_empty(), "{what}: {refused}");
        assert_eq!(at.waiting_files(), Vec::<PathBuf>::new(), "{what}");
    }
    assert_eq!(at.calls(), "", "nothing was installed");

    let index = format!("stable/{BOARD}.json");
    feed.publish(&at, "stable", &bundle);
    feed.manners().too_long = 0;
    act(&mut at, "look");
    let path = format!("/stead/{index}");
    let away = format!("http://localhost:{}/stead/x.json", feed.port);
    let beside = "/elsewhere/x.json".to_owned();
    let good = feed.manners().files[&path].clone();
    feed.manners().files.insert(beside.clone(), good);
    let cases: [(&str, Lie<'_>, Option<&str>); 9] = [
        ("no index", &|f| f.serve(&index, b"<html>".to_vec()), Some("unlike")),
        ("one that never ends", &|f| f.serve(&index, vec![b' '; 20_000]), Some("unlike")),
        ("a file elsewhere", &|f| f.claim("file", json!("../beta/a.raucb")), Some("unlike")),
        ("an odd version", &|f| f.claim("version", json!("<b>1</b>")), Some("unlike")),
        ("too large", &|f| f.claim("size", json!(1_u64 << 40)), Some("unlike")),
        ("nothing", &|f| drop(f.manners().files.remove(&path)), Some("missing")),
        (
            "another origin",
            &|f| drop(f.manners().moved.insert(path.clone(), away.clone())),
            Some("missing"),
        ),
        (
            "in circles",
            &|f| drop(f.manners().moved.insert(path.clone(), path.clone())),
            Some("missing"),
        ),
        ("beside", &|f| drop(f.manners().moved.insert(path.clone(), beside.clone())), None),
    ];
    for (what, lie, trouble) in cases {
        feed.publish(&at, "stable", &bundle);
        feed.manners().moved.clear();
        lie(&feed);
        act(&mut at, "look");
        let told = source(&mut at);
        assert_eq!(told["trouble"].as_str(), trouble, "{what}");
        assert_eq!(told["offer"]["version"], "0.10.0", "{what}: what was known stays");
    }
}

#[test]
fn a_download_is_called_off_and_leaves_nothing() {
    let (mut at, feed, _) = with_offer();
    act(&mut at, "look");
    let nothing = at.world.browser.post(&format!("{PATH}/cancel"), &json!({})).expect(409);
    assert_eq!(nothing.code(), "update_none_sent");
    feed.manners().holds = true;
    act(&mut at, "fetch");
    until("it is under way", || at.look()["arrives"]["has_bytes"] == TORN_AT);
    act(&mut at, "cancel");
    until("it is called off", || at.look()["stage"] == "none");
    assert_eq!(at.waiting_files(), Vec::<PathBuf>::new());
    feed.let_go();
    // The same while it is looked into, when all of it is here.
    let (slow, looking) = (at.folder.path().join("slow_look"), at.folder.path().join("looking"));
    drop(fs::remove_file(&looking));
    fs::write(&slow, "").unwrap();
    act(&mut at, "fetch");
    until("it is looked into", || looking.exists());
    act(&mut at, "cancel");
    fs::remove_file(&slow).unwrap();
    until("it is called off", || at.look()["stage"] == "none");
    assert_eq!(at.waiting_files(), Vec::<PathBuf>::new());
    // The same while it waits for another try.
    feed.manners().torn = 1;
    act(&mut at, "fetch");
    until("it breaks off", || source(&mut at)["trouble"] == "broken_off");
    act(&mut at, "cancel");
    assert_eq!((&at.look()["stage"], at.waiting_files()), (&json!("none"), Vec::new()));
    assert_eq!(source(&mut at).get("trouble"), None);
}

#[test]
fn within_its_hours_and_while_nobody_plays_a_box_updates_itself() {
    let (mut at, feed, _) = with_offer();
    at.world.media.make("films/Tide (2020)/Tide (2020).mp4", FILM);
    let library = at.world.add("Films", "films", "films");
    let film = at.world.first(&library, "film")["id"].as_str().unwrap().to_owned();
    wish(&mut at, &by_itself(2));
    until("it waits for its hours", || source(&mut at)["waits"] == "hours");
    pass(&mut at, 80);
    let play = at.world.browser.post(&format!("/api/v1/items/{film}/play"), &json!({})).expect(200);
    let link = play.json()["url"].as_str().unwrap().to_owned();
    at.world.app.client().get(&link).expect(200);
    // 7:33, 8:53, 9:03: the hours are there.
    at.world.app.clock.advance(10 * MINUTE);
    until("it waits for who plays", || source(&mut at)["waits"] == "playing");
    assert_eq!((feed.asked(), at.calls()), (Vec::new(), String::new()));

    at.world.app.clock.advance(UPDATE_QUIET_SECONDS * 1000);
    until("it restarts", || at.calls().ends_with("systemctl --no-block reboot\n"));
    let file = at.helper.place.updates.join("update.raucb");
    assert_eq!(
        at.calls(),
        format!("rauc install {}\nsystemctl --no-block reboot\n", file.display())
    );
    assert_eq!(at.look()["last"], json!({ "version": "0.10.0", "outcome": "waits" }));
    assert!(!at.world.app.data.join("update-begun").exists(), "it has ended");
    let store = Store::open(&at.world.app.data).unwrap();
    let log = store.accounts.read(|tx| audit::newest(tx, 100)).unwrap();
    let of_updates =
        log.iter().filter(|(kind, _)| kind.starts_with("update.") || kind == "server.restarted");
    let by: Vec<_> =
        of_updates.map(|(kind, detail)| (kind.as_str(), detail.contains("\"by\""))).collect();
    let expected = [
        ("server.restarted", false),
        ("update.installed", false),
        ("update.began", false),
        ("update.wish", true),
    ];
    assert_eq!(by, expected);
}

#[test]
fn when_its_hours_are_over_a_download_waits_for_the_next_and_goes_on() {
    let (mut at, feed, bundle) = with_offer();
    feed.manners().holds = true;
    wish(&mut at, &by_itself(0));
    until("it is under way", || at.look()["arrives"]["has_bytes"] == TORN_AT);
    pass(&mut at, 3 * 60);
    feed.let_go();
    until("it waits", || source(&mut at)["waits"] == "hours");
    let waiting = at.look();
    assert_eq!((&waiting["stage"], at.calls()), (&json!("none"), String::new()));
    assert!(at.waiting_files().len() > 1, "what came is kept");
    at.world.app.clock.advance(21 * HOUR);
    until("it restarts", || at.calls().ends_with("systemctl --no-block reboot\n"));
    let asked = feed.asked();
    let last = asked.iter().rfind(|asked| asked.path.ends_with(".raucb")).unwrap();
    let from: usize =
        last.range.as_ref().unwrap()["bytes=".len()..].trim_end_matches('-').parse().unwrap();
    assert!((TORN_AT..bundle.len()).contains(&from), "{asked:?}");
}

#[test]
fn a_version_that_was_left_is_not_offered_by_itself_again_and_the_next_one_is() {
    let (mut at, feed, _) = with_offer();
    // It was installed, and the box runs the old one.
    fs::write(at.world.app.data.join("update-installed"), "0.10.0\nanother start\n").unwrap();
    wish(&mut at, &by_itself(0));
    until("it is looked at", || source(&mut at)["offer"]["worth"] == "left");
    feed.publish(&at, "stable", &at.bundle("ours", BOARD, "0.10.1"));
    at.world.app.clock.advance(24 * HOUR);
    until("it restarts", || at.calls().ends_with("systemctl --no-block reboot\n"));
    assert_eq!((feed.asked_for("0.10.0.raucb"), feed.asked_for("0.10.1.raucb")), (0, 1));
    let noted = fs::read_to_string(at.world.app.data.join("update-installed")).unwrap();
    assert!(noted.starts_with("0.10.1\n"), "{noted}");
    // That one is noted in its place, and the one before is not forgotten.
    let store = Store::open(&at.world.app.data).unwrap();
    assert_eq!(store.accounts.read(rows::left).unwrap(), ["0.10.0"]);
}

/// What an owner has gone back from is no update that comes again in the next night.
#[test]
fn a_version_that_its_owner_went_back_from_is_for_the_owner_to_take() {
    let (mut at, feed, _) = with_offer();
    at.runs("0.10.0");
    act(&mut at, "switch");
    at.runs("0.9.2");
    act(&mut at, "look");
    assert_eq!(source(&mut at)["offer"]["worth"], "left");
    act(&mut at, "fetch");
    until("it is here", || at.look()["stage"] == "ready");
    assert_eq!(feed.asked_for(".raucb"), 1);
}

#[test]
fn an_owner_who_wants_to_be_told_is_told_once_of_each_version() {
    let (mut at, feed, _) = with_offer();
    feed.publish(&at, "beta", &at.bundle("ours", BOARD, "0.11.0"));
    wish(&mut at, &json!({ "channel": "stable", "how": "tell" }));
    let told = |at: &mut Box| -> Vec<String> {
        let notices = at.world.get("/api/v1/notices")["notices"].clone();
        let of_updates = notices.as_array().unwrap().iter().filter(|n| n["kind"] == "update_there");
        of_updates.map(|notice| notice["about"].as_str().unwrap().to_owned()).collect()
    };
    until("they are told", || told(&mut at) == ["0.10.0"]);
    let mut at = at.restart();
    until("it is looked at again", || source(&mut at)["offer"]["version"] == "0.10.0");
    // The other channel has another version; the one before is not told of again.
    wish(&mut at, &json!({ "channel": "beta", "how": "tell" }));
    until("they are told of the other", || told(&mut at) == ["0.11.0", "0.10.0"]);
    assert_eq!((feed.asked_for(".raucb"), at.calls()), (0, String::new()), "it is told of alone");
    let asked = feed.asked_for(".json");
    at.world.app.clock.advance(UPDATE_LOOK_SECONDS * 1000);
    until("the next day comes", || feed.asked_for(".json") > asked);
}

/// The wish is in the accounts already, as after a former owner.
#[test]
fn nobody_is_asked_before_the_claim() {
    let feed = Feed::new();
    let mut helper = Helper::new();
    fs::write(&helper.place.os_release, "IMAGE_VERSION=0.9.2\n").unwrap();
    let rauc = feed.folder.path().join("rauc");
    fs::write(&rauc, format!("#!/bin/sh\necho '{{\"compatible\":\"{BOARD}\",\"slots\":[]}}'\n"))
        .unwrap();
    fs::set_permissions(&rauc, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    helper.place.tools.rauc = rauc;
    let config = format!(
        "[system]\nhelper = {:?}\nupdates = {:?}\nattach_disks = false\n{}\n",
        helper.listens(),
        helper.place.updates,
        feed.config()
    );
    let options = || Options { config: config.clone(), ..Options::default() };
    let app = App::start_with(options());
    let all_day = Hours::new(BEGIN, BEGIN + 2).unwrap();
    let itself = Wish { channel: Channel::Stable, how: How::Within(all_day) };
    let store = Store::open(&app.data).unwrap();
    store.accounts.write(|tx| rows::set_wish(tx, itself)).unwrap();
    drop(store);
    let app = app.restart(options());
    // The claim's clock is looked at as often as this: twice, and this was looked at between.
    for _ in 0..2 {
        let uptime = || {
            let store = Store::open(&app.data).unwrap();
            store
                .accounts
                .read(stead_store::accounts::claim::offer)
                .unwrap()
                .unwrap()
                .uptime_seconds
        };
        let before = uptime();
        app.clock.advance(24 * HOUR);
        until("a day is written down", || uptime() >= before + 24 * 3600);
    }
    assert_eq!(feed.asked(), []);
    let _owner = Owner::claim(&app);
    until("it is asked", || feed.asked_for(".json") > 0);
}

#[test]
fn a_download_that_does_not_fit_is_not_begun() {
    in_own_mounts(|| {
        let feed = Feed::new();
        let small = |helper: &mut Helper| {
            let (size, updates) = (Some("size=12m"), &helper.place.updates);
            mount(Some("tmpfs"), updates, Some("tmpfs"), MsFlags::empty(), size).unwrap();
        };
        let mut at = Box::with(small, &feed.config());
        feed.publish(&at, "stable", &at.bundle("ours", BOARD, "0.10.0"));
        feed.claim("size", json!(6 * 1024 * 1024));
        act(&mut at, "look");
        act(&mut at, "fetch");
        until("there is no room", || source(&mut at)["trouble"] == "full");
        assert_eq!(feed.asked_for(".raucb"), 0);
        act(&mut at, "cancel");
    });
}

#[test]
fn what_is_set_and_fetched_takes_the_second_factor_anew_and_a_source() {
    let (mut at, feed, _) = with_offer();
    let bad = [
        json!({ "channel": "nightly", "how": "tell" }),
        json!({ "channel": "stable", "how": "always" }),
        json!({ "channel": "stable", "how": "itself" }),
        json!({ "channel": "stable", "how": "itself", "from_hour": 3, "to_hour": 3 }),
        json!({ "channel": "stable", "how": "itself", "from_hour": 3, "to_hour": 24 }),
    ];
    for wish in bad {
        let refused = at.world.browser.post(&format!("{PATH}/wish"), &wish).expect(422);
        assert_eq!(refused.code(), "update_wish_unknown", "{wish}");
    }
    at.world.app.clock.advance(HOUR);
    let tell = json!({ "channel": "stable", "how": "tell" });
    for (what, body) in
        [("wish", &tell), ("look", &json!({})), ("fetch", &json!({})), ("cancel", &json!({}))]
    {
        let refused = at.world.browser.post(&format!("{PATH}/{what}"), body).expect(401);
        assert_eq!(refused.code(), "insufficient_user_authentication", "{what}");
    }
    assert_eq!(feed.asked(), []);

    let mut without = Box::new();
    assert_eq!(without.look().get("source"), None);
    for (what, body) in [("wish", &tell), ("look", &json!({})), ("fetch", &json!({}))] {
        let refused = without.world.browser.post(&format!("{PATH}/{what}"), body).expect(409);
        assert_eq!(refused.code(), "update_no_source", "{what}");
    }
}

#[test]
fn a_source_that_is_away_is_told_as_such() {
    // Nobody listens there.
    let mut at = Box::with(|_| {}, "update_source = \"http://127.0.0.1:9/\"");
    act(&mut at, "look");
    assert_eq!(source(&mut at)["trouble"], "silent");
    assert_eq!(source(&mut at).get("looked_ms"), None);
}

/// An update from a file that lies there for days hides no newer one.
#[test]
fn what_a_person_has_ready_stops_no_look() {
    let (mut at, feed, _) = with_offer();
    let sent = at.bundle("ours", BOARD, "0.9.3");
    at.world.browser.post_file(&format!("{PATH}/file"), &sent).expect(200);
    wish(&mut at, &by_itself(0));
    until("it is looked at", || source(&mut at)["offer"]["version"] == "0.10.0");
    let ready = at.look();
    assert_eq!((&ready["stage"], &ready["offered"]), (&json!("ready"), &json!("0.9.3")));
    assert_eq!((feed.asked_for(".raucb"), at.calls()), (0, String::new()));
}

/// Nobody has asked whether it works, so nobody knows that it does not.
#[test]
fn what_nobody_has_looked_into_is_looked_into_later_and_not_fetched_again() {
    let (mut at, feed, bundle) = with_offer();
    let odd = at.folder.path().join("odd");
    act(&mut at, "look");
    fs::write(&odd, "").unwrap();
    act(&mut at, "fetch");
    until("nobody looks into it", || source(&mut at)["trouble"] == "system");
    fs::remove_file(&odd).unwrap();
    at.world.app.clock.advance(UPDATE_AGAIN_FIRST_SECONDS * 1000);
    until("it is here", || at.look()["stage"] == "ready");
    assert_eq!((downloaded(&at), feed.asked_for(".raucb")), (bundle, 1));
}

#[test]
fn what_is_shorter_than_told_is_not_asked_for_for_ever() {
    let (mut at, feed, bundle) = with_offer();
    act(&mut at, "look");
    feed.manners().too_short = true;
    act(&mut at, "fetch");
    until("it is given up", || source(&mut at)["trouble"] == "unlike");
    assert_eq!((&at.look()["stage"], at.waiting_files()), (&json!("none"), Vec::new()));

    // A part that the source refuses to go on with is fetched anew.
    feed.manners().too_short = false;
    feed.manners().refuses_ranges = true;
    feed.manners().torn = 1;
    act(&mut at, "fetch");
    until("it breaks off", || source(&mut at)["trouble"] == "broken_off");
    at.world.app.clock.advance(UPDATE_AGAIN_FIRST_SECONDS * 1000);
    until("its part is given up", || source(&mut at)["trouble"] == "unlike");
    at.world.app.clock.advance(2 * UPDATE_AGAIN_FIRST_SECONDS * 1000);
    until("it is here", || at.look()["stage"] == "ready");
    assert_eq!(downloaded(&at), bundle);
    assert_eq!(feed.asked().last().unwrap().range, None);
}

#[test]
fn what_the_box_fetches_by_itself_goes_when_its_owner_wants_another_channel() {
    let (mut at, feed, _) = with_offer();
    let beta = at.bundle("ours", BOARD, "0.11.0");
    feed.publish(&at, "beta", &beta);
    let of = |channel: &str| {
        let mut wish = by_itself(0);
        wish["channel"] = json!(channel);
        wish
    };
    feed.manners().holds = true;
    wish(&mut at, &of("beta"));
    until("it is under way", || at.look()["arrives"]["has_bytes"] == TORN_AT);
    wish(&mut at, &of("stable"));
    feed.let_go();
    until("it restarts", || at.calls().ends_with("systemctl --no-block reboot\n"));
    assert_eq!(at.look()["last"], json!({ "version": "0.10.0", "outcome": "waits" }));
    assert_eq!(at.calls().matches("rauc install").count(), 1, "the other one is not installed");
}

/// A player that has read it all asks for nothing, and says that it plays.
#[test]
fn who_says_that_they_play_is_waited_for_and_a_held_part_goes_with_the_wish() {
    let (mut at, feed, _) = with_offer();
    at.world.media.make("films/Tide (2020)/Tide (2020).mp4", FILM);
    let library = at.world.add("Films", "films", "films");
    let film = at.world.first(&library, "film")["id"].as_str().unwrap().to_owned();
    feed.manners().holds = true;
    wish(&mut at, &by_itself(0));
    until("it is under way", || at.look()["arrives"]["has_bytes"] == TORN_AT);
    let plays = json!({ "position_ms": 900, "duration_ms": 2000, "event": "playing" });
    at.world.browser.post(&format!("/api/v1/items/{film}/progress"), &plays).expect(204);
    feed.let_go();
    until("it waits for who plays", || source(&mut at)["waits"] == "playing");
    assert!(at.waiting_files().len() > 1, "what came is kept");
    wish(&mut at, &json!({ "channel": "stable", "how": "tell" }));
    assert_eq!(at.waiting_files(), Vec::<PathBuf>::new(), "nobody goes on with it");
    assert_eq!(at.calls(), "");
}

#[test]
fn an_install_by_itself_that_takes_the_box_down_is_left_after_two() {
    let (mut at, _feed, _) = with_offer();
    let begun = at.world.app.data.join("update-begun");
    fs::write(&begun, format!("0.10.0\n{UPDATE_INSTALLS_CUT_OFF_MAX}\n")).unwrap();
    wish(&mut at, &by_itself(0));
    until("it is left", || source(&mut at)["offer"]["worth"] == "left");
    until("its room is free again", || at.look()["stage"] == "none");
    assert_eq!((at.calls(), at.waiting_files()), (String::new(), Vec::new()));
    let store = Store::open(&at.world.app.data).unwrap();
    assert_eq!(store.accounts.read(rows::left).unwrap(), ["0.10.0"]);
    assert!(!begun.exists());
}

#[test]
fn a_version_that_the_loader_left_is_not_taken_by_itself() {
    let (mut at, _feed, _) = with_offer();
    fs::write(&at.helper.place.fallen.0, "slot=B version=0.10.0 reason=the database is broken\n")
        .unwrap();
    act(&mut at, "look");
    assert_eq!(source(&mut at)["offer"]["worth"], "left");
}

#[test]
fn a_wipe_takes_what_was_downloaded_along() {
    let (mut at, feed, _) = with_offer();
    act(&mut at, "look");
    feed.manners().torn = 1;
    act(&mut at, "fetch");
    until("it breaks off", || source(&mut at)["trouble"] == "broken_off");
    assert!(at.waiting_files().len() > 1, "what came is kept");
    let Box { folder: _kept, helper, world, config } = at;
    let World { mut app, .. } = world;
    app.stop();
    fs::write(app.data.join("wipe"), "decided").unwrap();
    let app = app.restart(Options { config, ..Options::default() });
    assert!(!app.data.join("wipe").exists());
    assert_eq!(fs::read_dir(&helper.place.updates).unwrap().count(), 0);
    assert_eq!(feed.asked_for(".raucb"), 1, "nobody goes on with it");
}
