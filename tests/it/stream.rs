//! Playing, from outside: bytes compared with the disk, links that end, files that change under a
//! stream, and where somebody goes on.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use stead_rules::time::WallMs;

use crate::harness::{Answer, Client, Options, in_accounts, second_account};
use crate::library::World;
use crate::media::{FILM, Media};

/// Long enough to be gone on with, and small.
const LONG_FILM: &str = "-f lavfi -i color=s=64x48:r=1:d=400 -c:v libx264 -preset ultrafast \
     -pix_fmt yuv420p";
const SECOND: u64 = 1000;
const HOUR: u64 = 3600 * SECOND;

/// A server with one film.
pub(crate) struct Cinema {
    pub(crate) world: World,
    pub(crate) film: String,
    file: PathBuf,
}

impl Cinema {
    pub(crate) fn new(arguments: &str) -> Self {
        Self::with(arguments, |_| {})
    }

    /// The film's file is changed before the server sees it.
    fn with(arguments: &str, change: impl FnOnce(&PathBuf)) -> Self {
        let media = Media::new();
        let file = media.make("films/Tide (2020)/Tide (2020).mp4", arguments);
        change(&file);
        let mut world = World::new(media);
        let library = world.add("Films", "films", "films");
        let film = world.first(&library, "film")["id"].as_str().unwrap().to_owned();
        Self { world, film, file }
    }

    fn play_as(&self, browser: &mut Client) -> Value {
        let path = format!("/api/v1/items/{}/play", self.film);
        browser.post(&path, &json!({})).expect(200).json()
    }

    fn link(&self) -> String {
        url(&self.play_as(&mut self.world.browser.clone()))
    }

    /// A player that has nothing but a link.
    fn player(&self) -> Client {
        self.world.app.client()
    }

    fn get(&self, link: &str, headers: &[(&str, &str)]) -> Answer {
        let player = headers.iter().fold(self.player(), |player, (n, v)| player.with(n, v));
        player.clone().get(link)
    }
}

fn url(play: &Value) -> String {
    play["url"].as_str().unwrap().to_owned()
}

/// Makes an MP4 larger by a box that players pass over, of bytes that do not repeat soon.
fn enlarge(file: &PathBuf) {
    const LENGTH: u32 = 2_500_000;
    let mut noise = Vec::from(LENGTH.to_be_bytes());
    noise.extend(b"free");
    let mut state = 1_u32;
    while noise.len() < LENGTH as usize {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        noise.push(state.to_be_bytes()[0]);
    }
    fs::OpenOptions::new().append(true).open(file).unwrap().write_all(&noise).unwrap();
}

#[test]
fn what_is_sent_is_what_lies_on_the_disk() {
    let cinema = Cinema::with(FILM, enlarge);
    let bytes = fs::read(&cinema.file).unwrap();
    let (size, link) = (bytes.len(), cinema.link());
    assert!(link.ends_with("/Tide%20%282020%29.mp4"), "{link}");
    let whole = cinema.get(&link, &[]).expect(200);
    assert!(whole.body == bytes, "the whole file");
    assert_eq!(whole.header("content-type"), Some("video/mp4"));
    assert_eq!(whole.header("accept-ranges"), Some("bytes"));

    let head = cinema.player().send("HEAD", &link, None).expect(200);
    for name in ["content-length", "content-type", "etag", "last-modified", "accept-ranges"] {
        assert_eq!(head.header(name), whole.header(name), "{name}");
    }
    let last = size - 1;
    for (range, start, end) in [
        ("bytes=0-".to_owned(), 0, last),
        ("bytes=0-0".to_owned(), 0, 0),
        ("bytes=32767-32768".to_owned(), 32_767, 32_768),
        ("bytes=100000-1999999".to_owned(), 100_000, 1_999_999),
        ("bytes=-1".to_owned(), last, last),
        ("bytes=-700000".to_owned(), size - 700_000, last),
        (format!("bytes={last}-"), last, last),
        (format!("bytes=5-{}", size * 2), 5, last),
    ] {
        let part = cinema.get(&link, &[("Range", &range)]).expect(206);
        assert!(part.body == bytes[start..=end], "{range}");
        let content_range = format!("bytes {start}-{end}/{size}");
        assert_eq!(part.header("content-range"), Some(content_range.as_str()), "{range}");
        let length = (end - start + 1).to_string();
        assert_eq!(part.header("content-length"), Some(length.as_str()), "{range}");
    }
    for range in ["bytes=0-0,5-9", "bytes=9-5", "items=0-5"] {
        assert!(cinema.get(&link, &[("Range", range)]).expect(200).body == bytes, "{range}");
    }
    let beyond = cinema.get(&link, &[("Range", &format!("bytes={size}-"))]).expect(416);
    assert_eq!(beyond.header("content-range"), Some(format!("bytes */{size}").as_str()));
    assert_eq!(beyond.code(), "range_not_satisfiable");
}

#[test]
fn a_changed_file_is_never_mixed_with_the_old_one() {
    let cinema = Cinema::new(FILM);
    let link = cinema.link();
    let whole = cinema.get(&link, &[]).expect(200);
    let etag = whole.header("etag").unwrap().to_owned();
    assert!(etag.starts_with('"'), "a strong one: {etag}");
    let (range, old) = (("Range", "bytes=10-19"), ("If-Range", etag.as_str()));
    cinema.get(&link, &[range, old]).expect(206);
    assert!(cinema.get(&link, &[("If-None-Match", &etag)]).expect(304).body.is_empty());
    cinema.get(&link, &[("If-Match", &etag), range]).expect(206);

    let touched = File::options().write(true).open(&cinema.file).unwrap();
    touched.set_modified(std::time::UNIX_EPOCH + Duration::from_secs(1_600_000_000)).unwrap();
    assert_eq!(cinema.get(&link, &[range, old]).expect(200).body.len(), whole.body.len());
    assert_ne!(
        cinema.get(&link, &[("If-None-Match", &etag)]).expect(200).header("etag"),
        Some(etag.as_str())
    );
    let refused = cinema.get(&link, &[("If-Match", &etag), range]).expect(412);
    assert_eq!(refused.code(), "precondition_failed");
}

/// curl over TLS and HTTP/2, as a second opinion.
#[test]
fn parts_put_together_by_another_client_are_the_file() {
    let cinema = Cinema::with(FILM, enlarge);
    let bytes = fs::read(&cinema.file).unwrap();
    let url = format!("https://127.0.0.1:{}{}", cinema.world.app.https_port, cinema.link());
    let parts = ["0-999999", "1000000-1000000", "1000001-"];
    let curl = |part: &str| {
        let mut curl = Command::new("curl");
        curl.args(["-sk", "--http2", "--fail", "--max-time", "60", "-r", part]).arg(&url);
        curl.output().unwrap().stdout
    };
    assert!(parts.map(curl).concat() == bytes);
}

fn is_refused(answer: Answer, what: &str) {
    assert_eq!(answer.status, 403, "{what}: {}", answer.text());
    assert_eq!(answer.code(), "link_expired", "{what}");
}

#[test]
fn a_link_that_was_not_made_here_opens_nothing() {
    let (cinema, other) = (Cinema::new(FILM), Cinema::new(FILM));
    let link = cinema.link();
    let token = link.split('/').nth(2).unwrap();
    let (payload, mac) = token.split_once('.').unwrap();
    let with = |token: &str| cinema.get(&format!("/stream/{token}/x.mp4"), &[]);
    with(token).expect(200);
    for at in 0..token.len() {
        let turned = if token.as_bytes()[at] == b'A' { 'Q' } else { 'A' };
        let tampered = format!("{}{turned}{}", &token[..at], &token[at + 1..]);
        let answer = with(&tampered);
        assert_eq!(answer.status, 403, "{at}: {tampered}");
    }
    let foreign = other.link();
    let foreign = foreign.split('/').nth(2).unwrap();
    let foreign_mac = foreign.split_once('.').unwrap().1;
    for token in [
        foreign.to_owned(),
        format!("{payload}.{foreign_mac}"),
        format!("{payload}."),
        format!(".{mac}"),
        payload.to_owned(),
        format!("{payload}{payload}.{mac}"),
        format!("{token}.{mac}"),
    ] {
        is_refused(with(&token), &token);
    }
}

#[test]
fn a_link_ends_after_four_hours_and_another_one_is_given() {
    let cinema = Cinema::new(FILM);
    let link = cinema.link();
    cinema.world.app.clock.advance(4 * HOUR - SECOND);
    cinema.get(&link, &[]).expect(200);
    cinema.world.app.clock.advance(SECOND);
    is_refused(cinema.get(&link, &[]), "four hours");
    cinema.get(&cinema.link(), &[]).expect(200);
}

#[test]
fn a_link_ends_with_its_session() {
    let mut cinema = Cinema::new(FILM);
    second_account(&cinema.world.app, "Sam");
    in_accounts(
        &cinema.world.app,
        "INSERT INTO share (library_id, user_id, created_ms)
         SELECT l.id, u.id, 0 FROM library l, user u WHERE u.name = 'Sam'",
    );
    let sign_in = || {
        let mut browser = cinema.world.app.client();
        let who = json!({ "name": "Sam", "password": "seven green kettles" });
        browser.post("/api/v1/signin", &who).expect(200);
        let link = url(&cinema.play_as(&mut browser));
        cinema.get(&link, &[]).expect(200);
        (browser, link)
    };
    let (mut first, of_first) = sign_in();
    let (mut second, of_second) = sign_in();
    let (_third, of_third) = sign_in();
    let own = cinema.link();

    first.post("/api/v1/signout", &json!({})).expect(204);
    is_refused(cinema.get(&of_first, &[]), "signed out");
    cinema.get(&of_second, &[]).expect(200);

    let list = second.get("/api/v1/sessions").expect(200).json();
    let other = list["sessions"].as_array().unwrap().iter().find(|s| s["current"] == false);
    let revoke = format!("/api/v1/sessions/{}/revoke", other.unwrap()["id"].as_str().unwrap());
    second.post(&revoke, &json!({})).expect(204);
    is_refused(cinema.get(&of_third, &[]), "revoked");
    cinema.get(&of_second, &[]).expect(200);

    in_accounts(&cinema.world.app, "DELETE FROM share");
    assert_eq!(cinema.get(&of_second, &[]).expect(404).code(), "not_found");
    in_accounts(&cinema.world.app, "UPDATE user SET enabled = 0 WHERE name = 'Sam'");
    assert_eq!(cinema.get(&of_second, &[]).expect(403).code(), "account_disabled");

    cinema.get(&own, &[]).expect(200);
    in_accounts(&cinema.world.app, "UPDATE user SET epoch = epoch + 1 WHERE role = 'owner'");
    is_refused(cinema.get(&own, &[]), "an older epoch");
    cinema.world.browser.get("/api/v1/me").expect(401);
}

/// An update of the server in the middle of a film; a power cut is another matter.
#[test]
fn a_restart_of_the_server_ends_no_link_and_one_of_the_machine_does() {
    let Cinema { world, film, .. } = Cinema::new(FILM);
    let World { app, mut browser, media } = world;
    let play = format!("/api/v1/items/{film}/play");
    let link = url(&browser.post(&play, &json!({})).expect(200).json());
    let options = Options { media: vec![media.path.clone()], ..Options::with_clock(&app.clock) };
    let app = app.restart(options);
    app.client().get(&link).expect(200);
    let mut options = Options::with_clock(&app.clock);
    options.after_power_cut = Some(WallMs(1_793_000_100_000));
    let app = app.restart(options);
    is_refused(app.client().get(&link), "a power cut");
    drop(media);
}

#[test]
fn nothing_outside_of_the_library_is_sent_whatever_takes_the_files_place() {
    let cinema = Cinema::new(FILM);
    let link = cinema.link();
    cinema.get(&link, &[]).expect(200);
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("Tide (2020).mp4");
    fs::write(&secret, "this lies outside of the library").unwrap();
    let refused = |what: &str| {
        let answer = cinema.get(&link, &[]);
        assert!(matches!(answer.status, 404 | 409), "{what}: {}", answer.status);
        assert!(!answer.text().contains("lies outside"), "{what}");
        answer.code();
    };
    let kept = cinema.file.with_extension("kept");
    fs::rename(&cinema.file, &kept).unwrap();
    symlink(&secret, &cinema.file).unwrap();
    refused("a link out of the library");
    fs::remove_file(&cinema.file).unwrap();
    symlink("/dev/zero", &cinema.file).unwrap();
    refused("a device");
    fs::remove_file(&cinema.file).unwrap();
    nix::unistd::mkfifo(&cinema.file, nix::sys::stat::Mode::S_IRWXU).unwrap();
    refused("a pipe that nobody writes");
    fs::remove_file(&cinema.file).unwrap();
    fs::create_dir(&cinema.file).unwrap();
    refused("a folder");
    fs::remove_dir(&cinema.file).unwrap();

    let folder = cinema.file.parent().unwrap();
    fs::rename(folder, folder.with_extension("aside")).unwrap();
    symlink(outside.path(), folder).unwrap();
    refused("a folder that leads out of the library");
    fs::remove_file(folder).unwrap();
    fs::rename(folder.with_extension("aside"), folder).unwrap();
    fs::rename(&kept, &cinema.file).unwrap();
    cinema.get(&link, &[]).expect(200);
}

#[test]
fn a_disk_that_is_gone_is_told_and_comes_back() {
    let cinema = Cinema::new(FILM);
    let link = cinema.link();
    let aside = cinema.world.media.path.with_extension("unplugged");
    fs::rename(&cinema.world.media.path, &aside).unwrap();
    let gone = cinema.get(&link, &[]).expect(409);
    assert_eq!(gone.code(), "file_gone");
    assert!(gone.json()["detail"].as_str().unwrap().contains("plugged in"), "{}", gone.text());
    fs::rename(&aside, &cinema.world.media.path).unwrap();
    cinema.get(&link, &[]).expect(200);
}

/// A file that becomes shorter under a stream: the answer ends early, so no player takes what it
/// got for the whole, and the server goes on.
#[test]
fn a_file_cut_off_under_a_stream_ends_the_answer() {
    const LARGE: u64 = 64 * 1024 * 1024;
    let cinema = Cinema::new(FILM);
    let file = File::options().write(true).open(&cinema.file).unwrap();
    file.set_len(LARGE).unwrap();
    let link = cinema.link();
    let port = cinema.world.app.http_port;
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    write!(stream, "GET {link} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n").unwrap();
    let mut first = [0; 64 * 1024];
    stream.read_exact(&mut first).unwrap();
    let head = String::from_utf8_lossy(&first).into_owned();
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("content-length: 67108864"));
    file.set_len(100_000).unwrap();
    let mut rest = Vec::new();
    // Whether it is told as an end or as a reset, it comes, and before all was sent.
    let ended = stream.read_to_end(&mut rest);
    let kind = ended.as_ref().map_err(std::io::Error::kind);
    assert!(!matches!(kind, Err(std::io::ErrorKind::WouldBlock)), "the connection hangs");
    assert!((rest.len() as u64) < LARGE - first.len() as u64, "{}", rest.len());
    assert_eq!(cinema.get(&link, &[]).expect(200).body.len(), 100_000);
}

#[test]
fn somebody_goes_on_where_they_stopped_in_any_of_their_browsers() {
    let mut cinema = Cinema::new(LONG_FILM);
    second_account(&cinema.world.app, "Sam");
    in_accounts(
        &cinema.world.app,
        "INSERT INTO share (library_id, user_id, created_ms)
         SELECT l.id, u.id, 0 FROM library l, user u WHERE u.name = 'Sam'",
    );
    let mut sam = cinema.world.app.client();
    let who = json!({ "name": "Sam", "password": "seven green kettles" });
    sam.post("/api/v1/signin", &who).expect(200);
    let (mut phone, mut tv) = (sam.clone(), cinema.world.app.client());
    tv.post("/api/v1/signin", &who).expect(200);
    assert_ne!(phone.cookie("stead-loopback"), tv.cookie("stead-loopback"));

    let path = format!("/api/v1/items/{}", cinema.film);
    let mut heard = |position_ms: u64, event: &str| {
        let body = json!({ "position_ms": position_ms, "event": event });
        phone.post(&format!("{path}/progress"), &body).expect(204);
        let play = cinema.play_as(&mut tv);
        let shown = tv.get(&path).expect(200).json();
        let home = tv.get("/api/v1/home").expect(200).json();
        let goes_on = home["continue"].as_array().unwrap().len();
        let position_ms = play["position_ms"].as_u64().unwrap();
        assert_eq!(goes_on, usize::from(position_ms > 0), "{home}");
        (position_ms, shown["watched"] == true)
    };
    assert_eq!(heard(19_000, "playing"), (0, false), "below 5 % nobody has begun");
    assert_eq!(heard(21_000, "playing"), (21_000, false));
    assert_eq!(heard(200_000, "paused"), (200_000, false));
    assert_eq!(heard(359_000, "stopped"), (359_000, false));
    assert_eq!(heard(361_000, "stopped"), (0, true), "only the credits are left");
    assert_eq!(heard(100_000, "playing"), (100_000, true), "seen once, and begun again");
    assert_eq!(heard(0, "ended"), (0, true));
    assert_eq!(heard(u64::MAX, "playing"), (0, true));
    let owners = cinema.play_as(&mut cinema.world.browser.clone());
    assert_eq!(owners["position_ms"], 0, "what one watches is not another's affair");
    assert!(cinema.world.get(&path)["watched"] != true);
}

/// Written to something that cannot be gone back in, so that nobody wrote down how long it is.
#[test]
fn a_place_beyond_all_reason_is_no_fault_of_the_server() {
    let mut cinema = Cinema::new(&format!("{FILM} -f matroska -live 1"));
    let path = format!("/api/v1/items/{}/progress", cinema.film);
    for (position_ms, duration_ms) in [(u64::MAX, None), (u64::MAX, Some(u64::MAX)), (5, None)] {
        let heard = json!({
            "position_ms": position_ms, "duration_ms": duration_ms, "event": "playing"
        });
        cinema.world.browser.post(&path, &heard).expect(204);
    }
    let play = cinema.play_as(&mut cinema.world.browser.clone());
    assert!(play["duration_ms"].is_null(), "{play}");
}

#[test]
fn what_is_not_shared_is_not_there() {
    let mut cinema = Cinema::new(FILM);
    fs::create_dir_all(cinema.world.media.at("series/Show")).unwrap();
    let episode = cinema.world.media.at("series/Show/Season 1/Show S01E01 Pilot.mp4");
    fs::copy(&cinema.file, episode).unwrap();
    let series = cinema.world.add("Series", "series", "series");
    let season = cinema.world.first(&series, "season")["id"].as_str().unwrap().to_owned();
    let parts = format!("/api/v1/items?parent={season}");
    assert_eq!(cinema.world.get(&parts)["items"][0]["title"], "Pilot");
    let libraries = cinema.world.get("/api/v1/libraries");
    let mut libraries = libraries["libraries"].as_array().unwrap().iter();
    let library = libraries.find(|library| library["name"] == "Films").unwrap();
    let library = library["id"].as_str().unwrap().to_owned();
    second_account(&cinema.world.app, "Sam");
    let mut sam = cinema.world.app.client();
    let who = json!({ "name": "Sam", "password": "seven green kettles" });
    sam.post("/api/v1/signin", &who).expect(200);
    let path = format!("/api/v1/items/{}", cinema.film);
    let heard = json!({ "position_ms": 1, "event": "playing" });
    let nothing = |sam: &mut Client| {
        for answer in [
            sam.get(&path),
            sam.get(&format!("{path}/image?size=small")),
            sam.post(&format!("{path}/play"), &json!({})),
            sam.post(&format!("{path}/progress"), &heard),
        ] {
            assert_eq!(answer.expect(404).code(), "not_found");
        }
        for list in [
            "/api/v1/libraries".to_owned(),
            "/api/v1/home".to_owned(),
            "/api/v1/search?q=tide".to_owned(),
            format!("/api/v1/items?library={library}&kind=film"),
        ] {
            let told = sam.get(&list).expect(200).text();
            for hidden in ["Tide", "Pilot", &cinema.film, &season, &library] {
                assert!(!told.contains(hidden), "{list}: {told}");
            }
        }
        for parent in [&cinema.film, &season] {
            let parts = sam.get(&format!("/api/v1/items?parent={parent}"));
            assert_eq!(parts.expect(404).code(), "not_found");
        }
        let problems = sam.get(&format!("/api/v1/libraries/{library}/problems"));
        assert!(problems.status == 403 || problems.status == 404, "{}", problems.status);
    };
    nothing(&mut sam);
    in_accounts(
        &cinema.world.app,
        "INSERT INTO share (library_id, user_id, created_ms)
         SELECT l.id, u.id, 0 FROM library l, user u
          WHERE u.name = 'Sam' AND l.name = 'Films'",
    );
    sam.get(&path).expect(200);
    in_accounts(&cinema.world.app, "DELETE FROM share");
    nothing(&mut sam);
}
