//! A session that ended is over, also for what was already flowing.

use std::io::{Read, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;
use stead_rules::limits::{
    SESSION_IDLE_SECONDS, SESSION_LOOK_STREAM_SECONDS, SESSION_UNJUDGED_SECONDS,
};

use crate::harness::{App, Client, Options, Owner};

/// More than all buffers between the server and a client that does not read.
pub(crate) const SONG_BYTES: u64 = 256 * 1024 * 1024;

#[test]
fn a_session_that_ended_by_its_age_stays_ended() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    owner.browser.get("/api/v1/me").expect(200);
    app.clock.advance((SESSION_IDLE_SECONDS + 1) * 1000);
    assert_eq!(owner.browser.get("/api/v1/me").expect(401).code(), "session_ended");
    assert_eq!(owner.browser.get("/api/v1/me").expect(401).code(), "not_signed_in");
}

#[test]
fn a_session_in_use_goes_on() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    for _ in 0..3 {
        app.clock.advance((SESSION_IDLE_SECONDS - 3600) * 1000);
        owner.browser.get("/api/v1/me").expect(200);
    }
}

/// Sends a request and reads as far as its first bytes.
pub(crate) fn begin(app: &App, browser: &Client, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, app.http_port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut head = format!("GET {path} HTTP/1.1\r\nhost: {}\r\n", browser.host());
    for (name, value) in browser.who() {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("connection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    stream
}

/// Reads to the end of what comes: how much it was.
pub(crate) fn drain(stream: &mut TcpStream) -> u64 {
    let (mut piece, mut all) = (vec![0; 64 * 1024], 0);
    loop {
        match stream.read(&mut piece) {
            Ok(0) => return all,
            Ok(read) => all += read as u64,
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return all,
            Err(error) => panic!("it goes on: {error}"),
        }
    }
}

#[test]
fn events_end_with_the_session() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let mut events = begin(&app, &owner.browser, "/api/v1/events");
    owner.browser.post("/api/v1/signout", &json!({})).expect(204);
    let began = Instant::now();
    drain(&mut events);
    assert!(began.elapsed() < Duration::from_secs(10), "at once, not at the next look");
}

/// A server with one long song.
pub(crate) struct Jukebox {
    pub(crate) app: App,
    pub(crate) owner: Owner,
    track: String,
    _media: tempfile::TempDir,
}

impl Jukebox {
    pub(crate) fn new() -> Self {
        let media = tempfile::tempdir().unwrap();
        silence(media.path());
        let roots = vec![media.path().canonicalize().unwrap()];
        let app = App::start_with(Options { media: roots.clone(), ..Options::default() });
        let mut owner = Owner::claim(&app);
        let track = track(&mut owner, &roots[0]);
        Self { app, owner, track, _media: media }
    }

    /// Where the song streams from, for this browser.
    pub(crate) fn song(&self, browser: &Client) -> String {
        let play = format!("/api/v1/items/{}/play", self.track);
        let play = browser.clone().post(&play, &json!({})).expect(200).json();
        play["url"].as_str().unwrap().to_owned()
    }
}

/// A song of many bytes, none of which lies on the disk.
pub(crate) fn silence(folder: &Path) {
    let data = u32::try_from(SONG_BYTES).unwrap();
    let mut head = Vec::new();
    head.extend(b"RIFF");
    head.extend((data + 36).to_le_bytes());
    head.extend(b"WAVEfmt \x10\0\0\0\x01\0\x02\0\x44\xac\0\0\x10\xb1\x02\0\x04\0\x10\0data");
    head.extend(data.to_le_bytes());
    let path = folder.join("Silence.wav");
    std::fs::write(&path, head).unwrap();
    std::fs::OpenOptions::new().write(true).open(path).unwrap().set_len(SONG_BYTES + 44).unwrap();
}

/// Makes a library of the folder and waits for its one song.
fn track(owner: &mut Owner, folder: &Path) -> String {
    let library = json!({ "name": "Music", "kind": "music", "path": folder });
    let library = owner.browser.post("/api/v1/libraries", &library).expect(201).json();
    let id = library["library"]["id"].as_str().or(library["id"].as_str()).unwrap().to_owned();
    let began = Instant::now();
    loop {
        let path = format!("/api/v1/items?library={id}&kind=track");
        let items = owner.browser.get(&path).expect(200).json();
        if let Some(item) = items["items"][0]["id"].as_str() {
            return item.to_owned();
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{items}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_stream_ends_with_the_session() {
    let jukebox = Jukebox::new();
    let (app, mut browser) = (&jukebox.app, jukebox.owner.browser.clone());
    let song = jukebox.song(&browser);
    let mut whole = begin(app, &browser, &song);
    assert!(drain(&mut whole) > SONG_BYTES, "it plays to its end for whoever may");
    let mut stream = begin(app, &browser, &song);
    browser.post("/api/v1/signout", &json!({})).expect(204);
    assert!(drain(&mut stream) < SONG_BYTES / 2, "what was under way, and no more");
    assert_eq!(browser.get(&song).expect(403).code(), "link_expired");
}

/// The accounts cannot be asked any more, whatever was said by them before.
fn break_accounts(app: &App) {
    let database = rusqlite::Connection::open(app.data.join("accounts.db")).unwrap();
    database.execute_batch("ALTER TABLE session RENAME TO session_that_was").unwrap();
}

#[test]
fn a_stream_that_nobody_can_judge_goes_on_for_a_while_and_ends() {
    let jukebox = Jukebox::new();
    let (app, browser) = (&jukebox.app, &jukebox.owner.browser);
    let mut stream = begin(app, browser, &jukebox.song(browser));
    break_accounts(app);
    app.clock.advance((SESSION_UNJUDGED_SECONDS - 1) * 1000);
    let mut some = vec![0; usize::try_from(SONG_BYTES / 4).unwrap()];
    stream.read_exact(&mut some).expect("a look that failed is no refusal");
    app.clock.advance(SESSION_LOOK_STREAM_SECONDS * 1000);
    assert!(drain(&mut stream) < SONG_BYTES / 2, "it is no permission for ever either");
}
