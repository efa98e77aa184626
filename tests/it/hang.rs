//! A disk that hangs: its calls do not come back, and everything else goes on. The disk is a real
//! mount whose file system (bindfs) is stopped for a while.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use crate::harness::{Answer, App, Client, Options, Owner};
use crate::library::World;
use crate::media::{FILM, Media};
use crate::program::Served;

/// A person waits no longer than this for a page, also on a busy machine.
const SOON: Duration = Duration::from_secs(5);

/// A disk that can hang, fail, or be slow.
pub(crate) struct Disk {
    system: Child,
    at: PathBuf,
}

impl Disk {
    /// What lies in `inside` appears at `at`.
    pub(crate) fn mount(inside: &Path, at: &Path) -> Self {
        Self::mount_with(inside, at, &[])
    }

    /// The same by a file system that is told more.
    pub(crate) fn mount_with(inside: &Path, at: &Path, more: &[&str]) -> Self {
        fs::create_dir_all(at).unwrap();
        let before = fs::metadata(at).unwrap().dev();
        // Nothing is remembered, so that each call really asks the disk.
        let system = Command::new("bindfs")
            .args(["-f", "-o", "attr_timeout=0,entry_timeout=0"])
            .args(more)
            .args([inside, at])
            .stdin(Stdio::null())
            .spawn()
            .expect("bindfs is installed");
        let mut disk = Self { system, at: at.to_owned() };
        let begun = Instant::now();
        while fs::metadata(at).unwrap().dev() == before {
            assert!(disk.system.try_wait().unwrap().is_none(), "bindfs stays");
            assert!(begun.elapsed() < Duration::from_secs(30), "bindfs mounts");
            std::thread::sleep(Duration::from_millis(20));
        }
        disk
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.system.id()).unwrap()), signal).unwrap();
    }

    fn hang(&self) {
        self.signal(Signal::SIGSTOP);
    }

    fn wake(&self) {
        self.signal(Signal::SIGCONT);
    }

    /// Its file system dies: whatever is asked of it fails.
    pub(crate) fn fail(&mut self) {
        self.signal(Signal::SIGKILL);
        self.system.wait().unwrap();
    }
}

/// Whoever puts a broken stick in keeps nobody from claiming, and no server from starting.
#[test]
fn a_stick_that_hangs_stops_neither_the_start_nor_the_claim() {
    let (inside, at) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(inside.path().join("stead.txt"), "code = seven brown teapots\n").unwrap();
    let disk = Disk::mount(inside.path(), at.path());
    disk.hang();
    let config = format!("[claim]\nsticks = [{:?}]\n", at.path());
    let app = App::start_with(Options { config, ..Options::default() });
    let begun = Instant::now();
    let mut owner = Owner::claim(&app);
    owner.browser.get("/api/v1/home").expect(200);
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    assert!(!app.data.join("own-code").exists(), "nobody has read the stick");
    disk.wake();
}

impl Drop for Disk {
    fn drop(&mut self) {
        if matches!(self.system.try_wait(), Ok(None)) {
            self.wake();
            self.signal(Signal::SIGTERM);
            drop(self.system.wait());
        } else {
            let unmounted = Command::new("fusermount3").arg("-uz").arg(&self.at).status();
            assert!(unmounted.expect("fuse3 is installed").success());
        }
        assert!(fs::read_dir(&self.at).unwrap().next().is_none(), "nothing is mounted any more");
    }
}

/// A server over a disk that works and one that can hang, with a film on each.
struct House {
    /// First to go, so that it wakes before the server ends.
    disk: Disk,
    world: World,
    owner: Owner,
    works: String,
    hangs: String,
}

impl House {
    fn new() -> Self {
        let media = Media::new();
        media.make("works/Tide (2020).mp4", FILM);
        media.make("later/Dune Road (2011).mp4", FILM);
        media.make("../inside/films/Night Train (1999).mp4", FILM);
        let inside = media.path.join("../inside").canonicalize().unwrap();
        let disk = Disk::mount(&inside, &media.path.join("usb"));
        let roots = vec![media.path.clone()];
        let app = App::start_with(Options { media: roots, ..Options::default() });
        let owner = Owner::claim(&app);
        let browser = owner.browser.clone();
        let mut world = World { app, browser, media };
        let works = world.add("Works", "films", "works");
        let hangs = world.add("Hangs", "films", "usb/films");
        Self { disk, world, owner, works, hangs }
    }

    fn link(&mut self, library: &str) -> String {
        let film = self.world.first(library, "film")["id"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/items/{film}/play");
        let play = self.world.browser.post(&path, &json!({})).expect(200).json();
        play["url"].as_str().unwrap().to_owned()
    }

    fn image(&mut self, library: &str, size: &str) -> u16 {
        let film = self.world.first(library, "film")["id"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/items/{film}/image?size={size}");
        self.world.browser.get(&path).status
    }

    /// Empties the cache of pictures.
    fn forget_pictures(&self) {
        for folder in fs::read_dir(self.world.app.data.join("thumbs")).unwrap().flatten() {
            for picture in fs::read_dir(folder.path()).into_iter().flatten().flatten() {
                fs::remove_file(picture.path()).unwrap();
            }
        }
    }

    fn scan(&mut self, library: &str) -> Answer {
        let path = format!("/api/v1/libraries/{library}/scan");
        self.world.browser.post(&path, &json!({}))
    }

    fn library(&mut self, id: &str) -> Value {
        let all = self.world.get("/api/v1/libraries");
        let mut all = all["libraries"].as_array().unwrap().iter();
        all.find(|library| library["id"] == id).unwrap().clone()
    }

    /// Waits until a library has so many items and is not read any more.
    fn until_read(&mut self, id: &str, items: u64) {
        let begun = Instant::now();
        loop {
            let now = self.library(id);
            if now["items"] == items && now["scan"]["state"] == "idle" {
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{now}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// The address of the picker's view of a folder.
fn folders(path: &Path) -> String {
    format!("/api/v1/folders?path={}", path.display())
}

fn soon<T>(what: &str, ask: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let answer = ask();
    assert!(begun.elapsed() < SOON, "{what} took {:?}", begun.elapsed());
    answer
}

/// So many browsers ask for `path` at once; each tells its answer.
fn crowd(browser: &Client, size: usize, path: &str) -> impl FnOnce() -> Vec<Answer> + use<> {
    let (tell, told) = channel();
    for _ in 0..size {
        let (mut browser, path, tell) = (browser.clone(), path.to_owned(), tell.clone());
        std::thread::spawn(move || tell.send(browser.get(&path)));
    }
    move || told.iter().collect()
}

#[test]
fn a_disk_that_hangs_takes_nothing_else_along() {
    let mut house = House::new();
    let (works, hangs) = (house.works.clone(), house.hangs.clone());
    let (film, held) = (house.link(&works), house.link(&hangs));
    house.disk.hang();
    house.scan(&hangs).expect(202);
    let usb = house.world.media.path.join("usb/films");
    let mut browser = house.world.browser.clone();
    // More than there are threads.
    let (streams, looks) = (crowd(&browser, 30, &held), crowd(&browser, 20, &folders(&usb)));

    for _ in 0..5 {
        for path in ["/api/v1/home", "/api/v1/settings", "/api/v1/me", "/api/v1/libraries"] {
            soon(path, || browser.get(path).expect(200));
        }
        let health = soon("health", || browser.get("/api/v1/health").expect(200).json());
        assert!(health["checks"].as_array().unwrap().iter().all(|check| check["ok"] == true));
        soon("a film of another disk", || browser.get(&film).expect(200));
        house.world.app.clock.advance(60_000);
        let now = house.world.app.clock_ms();
        let signed_in = soon("sign-in", || house.owner.sign_in_at(&house.world.app, now).1);
        signed_in.expect(200);
    }
    // Two looks to find where the roots are, at their patience, and the listing.
    let top = browser.get(&folders(&house.world.media.path)).expect(200).json();
    assert_eq!(top["folders"].as_array().unwrap().len(), 3, "{top}");

    for answer in streams() {
        assert_eq!((answer.status, answer.code().as_str()), (409, "file_gone"));
    }
    for answer in looks() {
        assert_eq!((answer.status, answer.code().as_str()), (422, "path_missing"));
    }
    house.disk.wake();
    soon("the film", || browser.get(&held).expect(200));
    soon("the folder", || browser.get(&folders(&usb)).expect(200));
    house.until_read(&hangs, 1);
}

#[test]
fn pictures_of_other_disks_are_made_while_one_hangs() {
    let mut house = House::new();
    let (works, hangs) = (house.works.clone(), house.hangs.clone());
    for library in [&works, &hangs] {
        assert!((0..8).any(|_| house.image(library, "small") == 200), "a picture");
    }
    house.disk.hang();
    house.forget_pictures();
    assert_ne!(house.image(&hangs, "small"), 200, "it does not come now");
    // With one maker the other waits until the disk's time is up.
    let tries = (0..8).take_while(|_| house.image(&works, "small") != 200).count();
    assert!(tries < 8, "the other's picture comes");
    assert_ne!(house.image(&hangs, "small"), 200);
    assert_eq!(soon("a picture", || house.image(&works, "large")), 200);
    house.disk.wake();
}

/// The library is there, so the answer says so, and it is read when there is time.
#[test]
fn a_library_that_is_made_while_the_tray_is_full_is_read_later() {
    let mut house = House::new();
    let (works, hangs) = (house.works.clone(), house.hangs.clone());
    house.disk.hang();
    house.scan(&hangs).expect(202);
    let refused = (0..300).map(|_| house.scan(&works)).find(|answer| answer.status != 202);
    assert_eq!(refused.unwrap().code(), "busy");
    let path = house.world.media.path.join("later");
    let body = json!({ "name": "Later", "kind": "films", "path": path });
    let made = house.world.browser.post("/api/v1/libraries", &body).expect(201).json();
    assert_eq!(made["library"]["scan"]["state"], "scanning", "it waits for its turn");
    let gone = format!("/api/v1/libraries/{works}/remove");
    house.world.browser.post(&gone, &json!({})).expect(204);
    house.disk.wake();
    house.until_read(made["library"]["id"].as_str().unwrap(), 1);
}

#[test]
fn a_disk_that_hangs_does_not_hold_up_start_or_end() {
    let temp = tempfile::tempdir().unwrap();
    let (inside, at) = (temp.path().join("inside"), temp.path().join("usb"));
    fs::create_dir_all(inside.join("films")).unwrap();
    let disk = Disk::mount(&inside, &at);
    disk.hang();
    let served = soon("the start", || {
        Served::start_with(|command| {
            command.arg("--media").arg(&at);
        })
    });
    let secret = crate::harness::link_secret_in(&served.data());
    let now = i64::try_from(
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis(),
    );
    let mut owner = Owner::almost_in(Client::new(served.http_port), &secret, now.unwrap());
    owner.finish().expect(200);
    disk.wake();
    let body = json!({ "name": "Films", "kind": "films", "path": at.join("films") });
    let mut browser = owner.browser.clone();
    let made = browser.post("/api/v1/libraries", &body).expect(201).json();
    // A call that the file system has taken before it is stopped would hold the process in the
    // kernel, where no program has a say; so the first scan ends before, and the next one hangs.
    let begun = Instant::now();
    let scan = |browser: &mut Client| {
        let all = browser.get("/api/v1/libraries").expect(200).json();
        all["libraries"][0]["scan"]["state"].as_str().unwrap().to_owned()
    };
    while scan(&mut browser) != "idle" {
        assert!(begun.elapsed() < Duration::from_secs(60), "the first scan ends");
        std::thread::sleep(Duration::from_millis(50));
    }
    disk.hang();
    let id = made["library"]["id"].as_str().unwrap();
    browser.post(&format!("/api/v1/libraries/{id}/scan"), &json!({})).expect(202);
    let (ended, told) = channel();
    served.signal(Signal::SIGTERM);
    std::thread::spawn(move || ended.send(served.ended()));
    let ended = told.recv_timeout(2 * SOON).expect("an end within ten seconds");
    assert_eq!(ended.code, Some(0), "{ended:?}");
}
