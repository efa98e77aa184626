//! Libraries from outside: real media on a real disk, scanned, listed, moved, broken and gone.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use stead::work::launcher::WorkerProgram;

use crate::hang::Disk;
use crate::harness::{Answer, App, Client, Options, Owner, in_index};
use crate::media::{FILM, Media, SOUND, STILL};

/// A claimed server over one folder of media, and its owner's browser.
pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) browser: Client,
    pub(crate) media: Media,
}

impl World {
    pub(crate) fn new(media: Media) -> Self {
        Self::with(media, Options::default())
    }

    pub(crate) fn with(media: Media, options: Options) -> Self {
        let app = App::start_with(Options { media: vec![media.path.clone()], ..options });
        let browser = Owner::claim(&app).browser;
        Self { app, browser, media }
    }

    /// The same in a data folder that the test keeps.
    pub(crate) fn on(data: &Path, media: Media) -> Self {
        let options = Options { media: vec![media.path.clone()], ..Options::default() };
        let app = App::start_in(data, options);
        let browser = Owner::claim(&app).browser;
        Self { app, browser, media }
    }

    /// The same after the server was ended and started.
    pub(crate) fn restart(self) -> Self {
        let Self { app, browser, media } = self;
        let again = Options { media: vec![media.path.clone()], ..Options::with_clock(&app.clock) };
        let app = app.restart(again);
        let browser = browser.at(app.http_port);
        Self { app, browser, media }
    }

    /// A library as the list shows it.
    pub(crate) fn library(&mut self, id: &str) -> Value {
        let all = self.get("/api/v1/libraries");
        let mut libraries = all["libraries"].as_array().unwrap().iter();
        libraries.find(|library| library["id"] == id).unwrap().clone()
    }

    pub(crate) fn get(&mut self, path: &str) -> Value {
        self.browser.get(path).expect(200).json()
    }

    /// Makes a library and waits until it is read.
    pub(crate) fn add(&mut self, name: &str, kind: &str, folder: &str) -> String {
        let path = self.media.path.join(folder);
        add(&mut self.browser, self.app.http_port, (name, kind, &path))
    }

    pub(crate) fn begin(&mut self, name: &str, kind: &str, folder: &str) -> String {
        begin(&mut self.browser, (name, kind, &self.media.path.join(folder)))
    }

    /// Reads a library again and waits: what was said at the end.
    pub(crate) fn scan(&mut self, id: &str) -> Value {
        self.scan_as(id, "")
    }

    fn scan_as(&mut self, id: &str, how: &str) -> Value {
        let events = self.events();
        let path = format!("/api/v1/libraries/{id}/scan{how}");
        self.browser.post(&path, &json!({})).expect(202);
        events.until_scanned(id)
    }

    pub(crate) fn events(&self) -> Events {
        Events::listen(&self.browser, self.app.http_port)
    }

    /// `[(title, id)]` of one kind in a library.
    pub(crate) fn titles(&mut self, library: &str, kind: &str) -> Vec<String> {
        let page = self.get(&format!("/api/v1/items?library={library}&kind={kind}"));
        names(&page["items"])
    }

    pub(crate) fn first(&mut self, library: &str, kind: &str) -> Value {
        let page = self.get(&format!("/api/v1/items?library={library}&kind={kind}"));
        page["items"][0].clone()
    }

    fn problems(&mut self, library: &str) -> Vec<(String, String)> {
        let found = self.get(&format!("/api/v1/libraries/{library}/problems"));
        let problems = found["problems"].as_array().unwrap().iter();
        problems.map(|p| (text(&p["path"]), text(&p["code"]))).collect()
    }

    fn found(&mut self, words: &str) -> Vec<String> {
        let found = self.get(&format!("/api/v1/search?q={words}"));
        names(&found["items"])
    }
}

/// Makes a library at a server behind this port and waits until it is read.
pub(crate) fn add(browser: &mut Client, http_port: u16, what: (&str, &str, &Path)) -> String {
    let events = Events::listen(browser, http_port);
    let id = begin(browser, what);
    events.until_scanned(&id);
    id
}

fn begin(browser: &mut Client, (name, kind, path): (&str, &str, &Path)) -> String {
    let body = json!({ "name": name, "kind": kind, "path": path });
    let made = browser.post("/api/v1/libraries", &body).expect(201).json();
    made["library"]["id"].as_str().unwrap().to_owned()
}

fn names(items: &Value) -> Vec<String> {
    items.as_array().unwrap().iter().map(|item| text(&item["title"])).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// A stream of events that somebody listens to.
pub(crate) struct Events(BufReader<TcpStream>);

impl Events {
    fn listen(browser: &Client, port: u16) -> Self {
        Self::listen_by(&browser.cookie_line(), port)
    }

    /// The same by a line of cookies.
    pub(crate) fn listen_by(cookies: &str, port: u16) -> Self {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let request = format!(
            "GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookies}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            reader.read_line(&mut line).unwrap();
        }
        Self(reader)
    }

    /// What is said of a library's scan when it has ended.
    pub(crate) fn until_scanned(mut self, library: &str) -> Value {
        last(self.scanned(library))
    }

    /// All that is said until then, on a stream that is listened to after that, too.
    pub(crate) fn scanned(&mut self, library: &str) -> Vec<Value> {
        let mut begun = false;
        self.heard_until(|scan| {
            let is_this = scan["library_id"] == library && scan["state"].is_string();
            let is_scanning = scan["state"] == "scanning";
            begun |= is_this && is_scanning;
            is_this && begun && !is_scanning
        })
    }

    /// The first event whose data `wanted` accepts.
    pub(crate) fn until(mut self, wanted: impl FnMut(&Value) -> bool) -> Value {
        last(self.heard_until(wanted))
    }

    /// What is told up to the first event whose data `wanted` accepts.
    pub(crate) fn heard_until(&mut self, mut wanted: impl FnMut(&Value) -> bool) -> Vec<Value> {
        let (mut line, mut heard) = (String::new(), Vec::new());
        let mut silences = 0;
        loop {
            line.clear();
            let read = self.0.read_line(&mut line).expect("an event comes in time");
            assert!(read > 0, "the stream goes on");
            silences += u32::from(line.starts_with(':'));
            assert!(silences < 4, "what was waited for did not come");
            let Some(data) = line.strip_prefix("data:") else { continue };
            let data: Value = serde_json::from_str(data.trim()).unwrap();
            let is_wanted = wanted(&data);
            heard.push(data);
            if is_wanted {
                return heard;
            }
        }
    }
}

fn last(mut heard: Vec<Value>) -> Value {
    heard.pop().expect("it ends with what was waited for")
}

fn a_bit_of_everything() -> Media {
    let media = Media::new();
    media.make("films/Night Train (1999)/Night Train (1999).mp4", FILM);
    media.make("films/Slow River (2004).mkv", FILM);
    for number in 1..=3 {
        media.make(&format!("series/Harbour/Season 1/Harbour S01E0{number}.mkv"), FILM);
    }
    media.make("series/Harbour/poster.jpg", STILL);
    for (number, title) in [(1, "Ein"), (2, "Aus")] {
        media.track(&format!("music/Ohm/Strom/{number} - {title}.mp3"), title, number);
    }
    media.track("music/Ohm/Strom/3 - Weiter.flac", "Weiter", 3);
    media.make("music/Ohm/Strom/cover.png", STILL);
    for number in 1..=4 {
        media.make(&format!("photos/2024/IMG_20240517_18035{number}.jpg"), STILL);
    }
    media
}

#[test]
fn everything_is_understood_listed_found_and_pictured() {
    let mut world = World::new(a_bit_of_everything());
    let films = world.add("Films", "films", "films");
    let series = world.add("Series", "series", "series");
    let music = world.add("Music", "music", "music");
    let photos = world.add("Photos", "photos", "photos");
    assert_eq!(world.titles(&films, "film"), ["Night Train", "Slow River"]);
    assert_eq!(world.titles(&series, "series"), ["Harbour"]);
    assert_eq!(world.titles(&music, "album"), ["Strom und Spannung"]);
    assert_eq!(world.titles(&photos, "photo").len(), 4);
    let counts: Vec<u64> = world.get("/api/v1/libraries")["libraries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|library| library["items"].as_u64().unwrap())
        .collect();
    assert_eq!(counts, [2, 3, 4, 3], "films, music, photos, series by name");

    let album = world.first(&music, "album");
    assert_eq!((&album["subtitle"], &album["children"]), (&json!("Ohm"), &json!(3)));
    let id = text(&album["id"]);
    let tracks = world.get(&format!("/api/v1/items?parent={id}"));
    assert_eq!(names(&tracks["items"]), ["Ein", "Aus", "Weiter"]);

    let show = text(&world.first(&series, "series")["id"]);
    let seasons = world.get(&format!("/api/v1/items?parent={show}"));
    let season = text(&seasons["items"][0]["id"]);
    let episodes = world.get(&format!("/api/v1/items?parent={season}&sort=number"));
    assert_eq!(episodes["items"].as_array().unwrap().len(), 3);
    assert_eq!(episodes["items"][2]["number"], 3);

    let taken = world.get(&format!("/api/v1/items?library={photos}&kind=photo&sort=taken"));
    let photo = taken["items"][0].clone();
    assert_eq!((&photo["width"], &photo["height"]), (&json!(800), &json!(600)));
    assert_eq!(photo["taken_ms"], 1_715_969_034_000_i64, "by its name");

    let film = world.first(&films, "film");
    let details = world.get(&format!("/api/v1/items/{}", text(&film["id"])));
    let file = &details["file"];
    assert_eq!((&file["container"], &file["video"]), (&json!("mp4"), &json!("h264")));
    assert!((1900..2200).contains(&film["duration_ms"].as_u64().unwrap()));

    assert_eq!(world.found("harbour").len(), 5, "the series, its season and its episodes");
    assert_eq!(world.found("ohm%20wei"), ["Weiter"]);
    for item in [&film, &album, &photo, &world.first(&series, "series"), &episodes["items"][0]] {
        check_picture(&mut world.browser, &text(&item["id"]));
    }
    check_picture(&mut world.browser, &text(&tracks["items"][0]["id"]));
    let home = world.get("/api/v1/home");
    assert_eq!(home["latest"].as_array().unwrap().len(), 4);
}

/// What is said of a picture once it is made, or cannot be.
pub(crate) fn picture(browser: &mut Client, path: &str) -> Answer {
    loop {
        let answer = browser.get(path);
        if answer.status != 503 {
            return answer;
        }
    }
}

fn check_picture(browser: &mut Client, item: &str) {
    for (size, widest) in [("small", 320), ("large", 1920)] {
        let path = format!("/api/v1/items/{item}/image?size={size}");
        let answer = picture(browser, &path).expect(200);
        assert_eq!(answer.header("content-type"), Some("image/jpeg"));
        let picture = image::load_from_memory(&answer.body).unwrap();
        assert!(picture.width() <= widest && picture.width() > widest.min(600) / 2, "{size}");
        let tag = answer.header("etag").unwrap().to_owned();
        browser.with("If-None-Match", &tag).get(&path).expect(304);
    }
}

#[test]
fn an_unchanged_library_is_read_again_without_opening_a_file() {
    let media = a_bit_of_everything();
    media.write("films/broken.mp4", b"not a film at all, but long enough to be looked at");
    let mut world = World::new(media);
    let libraries = [
        world.add("Films", "films", "films"),
        world.add("Series", "series", "series"),
        world.add("Music", "music", "music"),
        world.add("Photos", "photos", "photos"),
    ];
    for library in &libraries {
        // Pictures are made of files too, so all of them have to be there first.
        for kind in ["film", "series", "episode", "season", "artist", "album", "photo"] {
            let page = world.get(&format!("/api/v1/items?library={library}&kind={kind}"));
            for item in page["items"].as_array().unwrap() {
                let path = format!("/api/v1/items/{}/image", text(&item["id"]));
                picture(&mut world.browser, &path).expect(200);
            }
        }
    }
    let watch = world.media.watch();
    for library in &libraries {
        let said = world.scan(library);
        assert_eq!(said["files_seen"], said["files_done"]);
    }
    assert_eq!(watch.opened(), [""; 0]);
    // The watch does hear: a file that changed is opened, and it alone.
    world.media.track("music/Ohm/Strom/2 - Aus.mp3", "Auswärts", 2);
    drop(watch.opened());
    world.scan(&libraries[2]);
    let mut opened = watch.opened();
    opened.dedup();
    assert_eq!(opened, ["2 - Aus.mp3"]);
    assert!(world.found("auswarts") == ["Auswärts"], "and found by its new title");
}

#[test]
fn what_is_broken_is_reported_and_costs_only_itself() {
    let media = Media::new();
    let whole = media.make("Whole (2001).mp4", FILM);
    let other = media.make("../other.mkv", FILM);
    media.cut("Cut (2002).mp4", &whole);
    media.cut("Cut too (2003).mkv", &other);
    media.write("Empty (2004).mkv", b"");
    media.make("../still.jpg", STILL);
    fs::copy(media.path.join("../still.jpg"), media.at("Picture (2005).mkv")).unwrap();
    media.write("Playlist (2006).mkv", b"#EXTM3U\n#EXTINF:10,\nWhole (2001).mp4\n");
    fs::copy(&whole, media.at("Misnamed (2007).mkv")).unwrap();
    let mut world = World::new(media);
    let films = world.add("Films", "films", "");
    assert_eq!(world.titles(&films, "film"), ["Misnamed", "Whole"]);
    let told = world.problems(&films);
    let told: Vec<_> = told.iter().map(|(path, code)| (path.as_str(), code.as_str())).collect();
    assert_eq!(
        told,
        [
            ("Cut (2002).mp4", "truncated"),
            ("Cut too (2003).mkv", "truncated"),
            ("Empty (2004).mkv", "empty"),
            ("Picture (2005).mkv", "mislabelled"),
            ("Playlist (2006).mkv", "mislabelled"),
        ]
    );
    let card = &world.get("/api/v1/libraries")["libraries"][0];
    assert_eq!((&card["items"], &card["scan"]["problems"]), (&json!(2), &json!(5)));
    // Copied again, it is listed and reported no more.
    fs::copy(&whole, world.media.at("Cut (2002).mp4")).unwrap();
    world.scan(&films);
    assert_eq!(world.titles(&films, "film"), ["Cut", "Misnamed", "Whole"]);
    assert_eq!(world.problems(&films).len(), 4);
}

/// A file whose bytes the kernel refuses to everybody, as a disk with a bad spot does: an attribute
/// of the loopback device, which has a length and no content, behind a file system that follows
/// links.
#[test]
fn a_file_that_cannot_be_read_is_tried_again_by_each_scan() {
    let media = Media::new();
    let name = "Night Train (1999).mkv";
    let inside = media.path.join("../inside");
    let film = media.make(&format!("../inside/{name}"), FILM);
    let kept = media.at("../kept.mkv");
    fs::rename(&film, &kept).unwrap();
    std::os::unix::fs::symlink("/sys/class/net/lo/speed", &film).unwrap();
    let disk = Disk::mount_with(&inside, &media.path.join("usb"), &["--resolve-symlinks"]);
    let mut world = World::new(media);
    let films = world.add("Films", "films", "usb");
    for _ in 0..2 {
        assert_eq!(world.problems(&films), [(name.to_owned(), "unreadable".to_owned())]);
        assert_eq!(world.scan(&films)["state"], "idle");
    }
    fs::remove_file(&film).unwrap();
    fs::rename(&kept, &film).unwrap();
    world.scan(&films);
    assert_eq!(world.titles(&films, "film"), ["Night Train"]);
    assert_eq!(world.problems(&films), []);
    drop((world, disk));
}

#[test]
fn a_folder_that_cannot_be_read_is_reported_until_it_can() {
    let media = Media::new();
    media.make("Tide (2020).mp4", FILM);
    let inside = media.path.join("../inside");
    fs::create_dir(&inside).unwrap();
    fs::copy(media.at("Tide (2020).mp4"), inside.join("Dune Road (2011).mp4")).unwrap();
    let usb = media.path.join("usb");
    let mut disk = Disk::mount(&inside, &usb);
    let mut world = World::new(media);
    let films = world.add("Films", "films", "");
    let both = ["Dune Road", "Tide"];
    assert_eq!(world.titles(&films, "film"), both);
    disk.fail();
    world.scan(&films);
    assert_eq!(world.problems(&films), [("usb/".to_owned(), "folder_unreadable".to_owned())]);
    assert_eq!(world.titles(&films, "film"), both, "what is in it is kept");
    drop(disk);
    // As it was before, to the last file and time.
    let disk = Disk::mount(&inside, &usb);
    world.scan(&films);
    assert_eq!(world.problems(&films), []);
    assert_eq!(world.titles(&films, "film"), both);
    drop((world, disk));
}

#[test]
fn a_file_that_moves_keeps_its_item_and_what_was_watched_of_it() {
    let media = Media::new();
    media.make("one/Night Train (1999).mkv", FILM);
    media.make("one/Slow River (2004).mkv", FILM);
    let mut world = World::new(media);
    let films = world.add("Films", "films", "");
    let before = world.first(&films, "film");
    let id = text(&before["id"]);
    let progress = json!({ "position_ms": 900, "duration_ms": 2000, "event": "stopped" });
    world.browser.post(&format!("/api/v1/items/{id}/progress"), &progress).expect(204);
    let (from, to) = (
        world.media.at("one/Night Train (1999).mkv"),
        world.media.at("two/deeper/Night Express (1999).mkv"),
    );
    fs::rename(&from, &to).unwrap();
    world.scan(&films);
    assert_eq!(world.titles(&films, "film"), ["Night Express", "Slow River"]);
    let after = world.first(&films, "film");
    assert_eq!(text(&after["id"]), id);
    // Away and back, as a copy: another inode, the same content.
    let bytes = fs::read(&to).unwrap();
    fs::remove_file(&to).unwrap();
    world.scan(&films);
    assert_eq!(world.titles(&films, "film"), ["Slow River"]);
    world.media.write("three/Night Train (1999).mkv", &bytes);
    world.scan(&films);
    let again = world.first(&films, "film");
    assert_eq!((text(&again["id"]), text(&again["title"])), (id, "Night Train".to_owned()));
}

#[test]
fn a_folder_that_goes_away_takes_nothing_along() {
    let media = Media::new();
    let bytes = fs::read(media.make("../one.mp3", SOUND)).unwrap();
    for number in 0..60 {
        media.write(&format!("../inside/lib/album {}/{number}.mp3", number / 10), &bytes);
    }
    let inside = media.path.join("../inside");
    // A disk that takes seconds for all of them, so that the scan is not over when it is pulled.
    let rate = format!("--read-rate={}", bytes.len() * 15);
    let disk = Disk::mount_with(&inside, &media.path.join("usb"), &[&rate]);
    let mut world = World::new(media);
    let (library, away) = (inside.join("lib"), inside.join("away"));
    let events = world.events();
    let id = world.begin("Music", "music", "usb/lib");
    events.until(|scan| scan["files_done"].as_u64().is_some_and(|done| done > 0));
    let events = world.events();
    fs::rename(&library, &away).unwrap();
    let ended = events.until_scanned_or_idle(&id);
    assert_eq!(ended["state"], "offline", "in the midst of the scan: {ended}");
    let known = world.library(&id)["items"].as_u64().unwrap();
    assert!((1..60).contains(&known), "{known} are known");

    assert_eq!(world.scan(&id)["state"], "offline");
    assert_eq!(world.library(&id)["items"], known);
    // The mount point without its disk.
    fs::create_dir(&library).unwrap();
    assert_eq!(world.scan(&id)["state"], "offline");
    assert_eq!(world.library(&id)["items"], known);

    fs::remove_dir(&library).unwrap();
    fs::rename(&away, &library).unwrap();
    assert_eq!(world.scan(&id)["state"], "idle");
    assert_eq!(world.library(&id)["items"], 60);
    drop((world, disk));
}

impl Events {
    /// As [`Events::until_scanned`] for a scan that may have ended already.
    fn until_scanned_or_idle(self, library: &str) -> Value {
        self.until(|scan| {
            scan["library_id"] == library
                && scan["state"].is_string()
                && scan["state"] != "scanning"
        })
    }
}

#[test]
fn much_that_vanishes_at_once_waits_for_the_owners_word() {
    let media = Media::new();
    let bytes = fs::read(media.make("../one.mp3", SOUND)).unwrap();
    for number in 0..40 {
        media.write(&format!("album {}/{number}.mp3", number / 10), &bytes);
    }
    let mut world = World::new(media);
    let music = world.add("Music", "music", "");
    fs::remove_dir_all(world.media.path.join("album 1")).unwrap();
    fs::remove_dir_all(world.media.path.join("album 2")).unwrap();
    let said = world.scan(&music);
    assert_eq!((&said["state"], &said["vanished"]), (&json!("idle"), &json!(20)));
    let items = |world: &mut World| {
        world.get("/api/v1/libraries")["libraries"][0]["items"].as_u64().unwrap()
    };
    assert_eq!(items(&mut world), 40, "everything is kept until the owner says so");
    let said = world.scan_as(&music, "?gone_is_meant=true");
    assert_eq!(said["vanished"], 0);
    assert_eq!(items(&mut world), 20);
}

/// The files vanish from a folder that stays, which is seen in another way than whole folders.
#[test]
fn what_vanishes_from_one_folder_waits_too_also_over_a_restart() {
    let media = Media::new();
    let bytes = fs::read(media.make("../one.mp3", SOUND)).unwrap();
    for number in 0..100 {
        media.write(&format!("{number:03}.mp3"), &bytes);
    }
    let mut world = World::new(media);
    let music = world.add("Music", "music", "");
    for number in 0..40 {
        fs::remove_file(world.media.at(&format!("{number:03}.mp3"))).unwrap();
    }
    for _ in 0..2 {
        assert_eq!(world.scan(&music)["vanished"], 40);
        assert_eq!(world.library(&music)["items"], 100);
    }
    let mut world = world.restart();
    assert_eq!(world.library(&music)["scan"]["vanished"], 40, "it is still asked");
    assert_eq!(world.scan_as(&music, "?gone_is_meant=true")["vanished"], 0);
    let after = world.library(&music);
    assert_eq!((&after["items"], &after["scan"]["vanished"]), (&json!(60), &json!(0)));
    let watch = world.media.watch();
    world.scan(&music);
    assert_eq!((world.library(&music)["items"].as_u64(), watch.opened().len()), (Some(60), 0));
}

#[test]
fn what_vanished_before_a_scan_that_was_stopped_is_found_by_the_next() {
    let media = Media::new();
    let bytes = fs::read(media.make("../one.mp3", SOUND)).unwrap();
    for number in 0..20 {
        media.write(&format!("{number}.mp3"), &bytes);
    }
    let mut world = World::new(media);
    let id = world.add("Music", "music", "");
    fs::remove_file(world.media.at("7.mp3")).unwrap();
    for number in 0..1500 {
        world.media.write(&format!("album {:03}/{number}.mp3", number / 10), &bytes);
    }
    let events = world.events();
    world.browser.post(&format!("/api/v1/libraries/{id}/scan"), &json!({})).expect(202);
    // The folder itself is read first, so by now all that is in it is committed.
    events.until(|scan| scan["files_done"].as_u64().is_some_and(|done| done > 300));
    world.app.stop();
    let store = stead_store::Store::open(&world.app.data).unwrap();
    let ended = store.library.read(stead_store::library::roots::settled).unwrap();
    assert_eq!(ended, [], "the scan did not come to its end");
    drop(store);
    let mut world = world.restart();
    world.events().until(|scan| scan["library_id"] == *id && scan["files_done"] == 1519);
    while world.library(&id)["scan"]["state"] != "idle" {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(world.library(&id)["items"], 1519);
}

#[test]
fn a_scan_that_is_given_up_is_told_as_such() {
    let media = Media::new();
    let tide = media.make("Tide (2020).mp4", FILM);
    let mut world = World::new(media);
    let films = world.add("Films", "films", "");
    fs::copy(tide, world.media.at("Dune Road (2011).mp4")).unwrap();
    in_index(&world.app, "ALTER TABLE artwork RENAME TO elsewhere");
    assert_eq!(world.scan(&films)["state"], "failed");
    assert_eq!(world.library(&films)["scan"]["state"], "failed", "whoever looks later");
    assert_eq!(world.titles(&films, "film"), ["Tide"], "what was found stays");
    in_index(&world.app, "ALTER TABLE elsewhere RENAME TO artwork");
    assert_eq!(world.scan(&films)["state"], "idle");
    assert_eq!(world.titles(&films, "film"), ["Dune Road", "Tide"]);
}

#[test]
fn parts_of_a_film_are_listed_each_and_versions_are_one() {
    let media = Media::new();
    for name in [
        "Long (1999)/Long (1999)-cd1.mkv",
        "Long (1999)/Long (1999)-cd2.mkv",
        "Mockingjay - Part 1.mkv",
        "Mockingjay - Part 2.mkv",
        "Tide (2020)/Tide (2020) - 1080p.mkv",
    ] {
        media.make(name, FILM);
    }
    let small = "Tide (2020)/Tide (2020) - 240p.mkv";
    media.make(small, "-f lavfi -i testsrc=s=320x240:d=2:r=2 -c:v libx264 -preset ultrafast");
    let large = fs::metadata(media.at("Tide (2020)/Tide (2020) - 1080p.mkv")).unwrap().len();
    let mut world = World::new(media);
    let films = world.add("Films", "films", "");
    let all =
        ["Long – Part 1", "Long – Part 2", "Mockingjay - Part 1", "Mockingjay - Part 2", "Tide"];
    assert_eq!(world.titles(&films, "film"), all);
    let page = world.get(&format!("/api/v1/items?library={films}&kind=film"));
    let tide = text(&page["items"][4]["id"]);
    let file = world.get(&format!("/api/v1/items/{tide}"));
    assert_eq!(file["file"]["size"], large, "the largest plays");
}

#[test]
fn in_a_mixed_library_what_belongs_to_nothing_is_listed() {
    let media = Media::new();
    let film = media.make("Tide (2020)/Tide (2020).mkv", FILM);
    for name in [
        "Tide (2020)/Trailers/Teaser.mkv",
        "Tide (2020)/Tide (2020)-trailer.mkv",
        "Show/Season 1/Show S01E01.mkv",
        "Show/Extras/Making of.mkv",
        "Holiday/clips/Beach.mkv",
        "Holiday/other/deeper/Snow.mkv",
    ] {
        fs::copy(&film, media.at(name)).unwrap();
    }
    let mut world = World::new(media);
    let all = world.add("All", "mixed", "");
    assert_eq!(world.titles(&all, "film"), ["Beach", "Snow", "Tide"]);
    assert_eq!(world.problems(&all), []);
}

#[test]
fn a_file_that_kills_two_workers_is_left_alone() {
    let media = Media::new();
    media.make("photo.jpg", STILL);
    let temp = tempfile::tempdir().unwrap();
    let (script, tally) = (temp.path().join("worker"), temp.path().join("tally"));
    // It takes its job before it dies, as one does that chokes on a file.
    let text = format!("head -c 1 > /dev/null\necho once >> {}\nkill -KILL $$\n", tally.display());
    fs::write(&script, text).unwrap();
    let worker = WorkerProgram { path: "/bin/sh".into(), arguments: vec![script.into()] };
    let mut world = World::with(media, Options { worker: Some(worker), ..Options::default() });
    let photos = world.add("Photos", "photos", "");
    let photo = world.first(&photos, "photo");
    let path = format!("/api/v1/items/{}/image", self::text(&photo["id"]));
    assert_eq!(picture(&mut world.browser, &path).expect(404).code(), "not_found");
    assert_eq!(lines(&tally), 2);
    // Neither a look nor a scan nor a restart tries again.
    world.browser.get(&path).expect(404);
    world.scan(&photos);
    world.browser.get(&path).expect(404);
    assert_eq!(lines(&tally), 2);
    // Another content is another chance.
    world.media.make("photo.jpg", "-f lavfi -i testsrc=s=640x480:d=1 -frames:v 1");
    world.scan(&photos);
    picture(&mut world.browser, &path).expect(404);
    assert_eq!(lines(&tally), 4);
}

fn lines(path: &Path) -> usize {
    fs::read_to_string(path).unwrap_or_default().lines().count()
}

#[test]
fn what_a_scan_had_committed_is_not_read_again_after_a_stop() {
    let media = Media::new();
    let bytes = fs::read(media.make("../one.mp3", SOUND)).unwrap();
    for number in 0..1500 {
        media.write(&format!("album {:03}/{number}.mp3", number / 10), &bytes);
    }
    let mut world = World::new(media);
    let events = world.events();
    let id = world.begin("Music", "music", "");
    events.until(|scan| scan["files_done"].as_u64().is_some_and(|done| done > 100));
    world.app.stop();
    let watch = world.media.watch();
    let mut world = world.restart();
    // It goes on by itself.
    world.events().until(|scan| {
        scan["library_id"] == *id && scan["state"] == "idle" && scan["files_done"] == 1500
    });
    let mut opened = watch.opened();
    opened.sort_unstable();
    opened.dedup();
    assert_eq!(world.get("/api/v1/libraries")["libraries"][0]["items"], 1500);
    assert!(opened.len() < 1400, "{} were looked into again", opened.len());
}

/// Never begun, or with an index that was set aside: the folders are known, and nothing of them.
#[test]
fn a_library_that_was_never_read_is_read_at_the_start() {
    let media = Media::new();
    media.make("Night Train (1999).mkv", FILM);
    let mut world = World::new(media);
    let films = world.add("Films", "films", "");
    world.app.stop();
    for name in ["library.db", "library.db-wal", "library.db-shm"] {
        drop(fs::remove_file(world.app.data.join(name)));
    }
    let mut world = world.restart();
    // Told at the beginning, if it is over by then.
    world.events().until(|scan| {
        scan["library_id"] == *films && scan["state"] == "idle" && scan["files_done"] == 1
    });
    assert_eq!(world.titles(&films, "film"), ["Night Train"]);
}

#[test]
fn what_stead_keeps_is_no_folder_for_a_library() {
    let media = Media::new();
    media.make("films/Night Train (1999).mp4", FILM);
    let data = media.path.join("data");
    let options = Options { media: vec![media.path.clone()], ..Options::default() };
    let app = App::start_in(&data, options);
    let browser = Owner::claim(&app).browser;
    std::os::unix::fs::symlink(&data, media.path.join("link")).unwrap();
    std::os::unix::fs::symlink("/etc", media.path.join("outside")).unwrap();
    let mut world = World { app, browser, media };
    let top = world.media.path.display().to_string();
    let view = world.get(&format!("/api/v1/folders?path={top}"));
    let shown: Vec<_> = view["folders"].as_array().unwrap().iter().map(|f| &f["name"]).collect();
    assert_eq!(shown, ["films"]);
    for path in
        ["data", "data/tls", "link", "link/tls", "outside", "../media/data", "films/../data"]
    {
        let path = world.media.path.join(path);
        let look = format!("/api/v1/folders?path={}", path.display());
        assert_eq!(world.browser.get(&look).expect(422).code(), "path_not_allowed", "{look}");
        let body = json!({ "name": "Own", "kind": "photos", "path": path });
        let made = world.browser.post("/api/v1/libraries", &body).expect(422);
        assert_eq!(made.code(), "path_not_allowed", "{look}");
    }
    // What is around it may be used: the indexer leaves it out.
    let all = world.add("All", "mixed", "");
    assert_eq!(world.titles(&all, "film"), ["Night Train"]);
}
