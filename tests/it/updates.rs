//! Updates from the web app: real bundles that the system's own rauc makes and looks into. What takes a
//! box with two slots (writing one, restarting) is written down by a program in its place; the real
//! thing is the matter of `image/test`.

use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::mount::{MsFlags, mount};
use serde_json::{Value, json};
use stead_store::Store;
use stead_store::accounts::audit;

use crate::harness::{Answer, Options};
use crate::helper::{Helper, Loop, in_own_mounts};
use crate::library::World;
use crate::media::Media;
use crate::secret_age::until;

pub(crate) const PATH: &str = "/api/v1/system/updates";

/// A box with two systems, and whoever signs for it.
pub(crate) struct Box {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) helper: Helper,
    pub(crate) world: World,
    pub(crate) config: String,
}

impl Box {
    pub(crate) fn new() -> Self {
        Self::with(|_| {}, "")
    }

    /// After something was done with its helper, and with more lines for the system in its config.
    pub(crate) fn with(prepare: impl FnOnce(&mut Helper), config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut helper = Helper::new();
        prepare(&mut helper);
        authority(folder.path(), "ours");
        fs::write(
            &helper.place.os_release,
            "ID=stead\nIMAGE_ID=stead-arm64\nIMAGE_VERSION=\"0.9.2\"\n",
        )
        .unwrap();
        let rauc = folder.path().join("rauc");
        let at = folder.path().display();
        let script = format!(
            "#!/bin/sh\ncase $1 in\n\
             info) touch {at}/looking; while [ -e {at}/slow_look ]; do sleep 0.05; done\n\
             [ ! -e {at}/odd ] || {{ echo 'nothing to read'; exit; }}\n\
             exec rauc --keyring={at}/ours/cert.pem \"$@\" ;;\n\
             status) [ ! -e {at}/busy ] || {{ echo 'already processing a different method' >&2; exit 1; }}\n\
             [ \"$2\" != mark-active ] || echo \"rauc $*\" >>{at}/calls\n\
             [ \"$2\" = mark-active ] || cat {at}/status.json ;;\n\
             install) touch {at}/busy; echo \"rauc $*\" >>{at}/calls\n\
             while [ -e {at}/slow ]; do sleep 0.05; done; rm {at}/busy\n\
             [ ! -e {at}/broken ] || {{ echo 'the slot cannot be written' >&2; exit 1; }} ;;\n\
             esac\n"
        );
        program(&rauc, &script);
        let systemctl = folder.path().join("systemctl");
        program(&systemctl, &format!("#!/bin/sh\necho \"systemctl $*\" >>{at}/calls\n"));
        fs::write(folder.path().join("status.json"), STATUS).unwrap();
        helper.place.tools.rauc = rauc;
        helper.place.tools.systemctl = systemctl;
        let config = format!(
            "[system]\nhelper = {:?}\nupdates = {:?}\ndisks = {:?}\nattach_disks = false\n{config}\n",
            helper.listens(),
            helper.place.updates,
            helper.place.media
        );
        let options = Options { config: config.clone(), ..Options::default() };
        let world = World::with(Media::new(), options);
        Self { folder, helper, world, config }
    }

    /// The same after the server was ended and started.
    pub(crate) fn restart(self) -> Self {
        let Self { folder, helper, world, config } = self;
        let World { app, browser, media } = world;
        let options = Options {
            config: config.clone(),
            media: vec![media.path.clone()],
            ..Options::with_clock(&app.clock)
        };
        let app = app.restart(options);
        let browser = browser.at(app.http_port);
        Self { folder, helper, world: World { app, browser, media }, config }
    }

    /// A bundle for this board and of this version, signed by `who`.
    pub(crate) fn bundle(&self, who: &str, board: &str, version: &str) -> Vec<u8> {
        let (content, made) = (self.folder.path().join("content"), self.folder.path().join("made"));
        drop((fs::remove_dir_all(&content), fs::remove_file(&made)));
        fs::create_dir(&content).unwrap();
        // Nothing that compresses: a bundle has a size below which it is none.
        let noise: Vec<u8> =
            (0..64 * 1024_u32).map(|n| n.wrapping_mul(n ^ 0x9e37_79b9).to_be_bytes()[1]).collect();
        fs::write(content.join("root.img"), noise).unwrap();
        let manifest = format!(
            "[update]\ncompatible={board}\nversion={version}\n[bundle]\nformat=verity\n\
             [image.root]\nfilename=root.img\n"
        );
        fs::write(content.join("manifest.raucm"), manifest).unwrap();
        let signer = self.folder.path().join(who);
        let output = Command::new("rauc")
            .arg(format!("--cert={}", signer.join("cert.pem").display()))
            .arg(format!("--key={}", signer.join("key.pem").display()))
            .arg("bundle")
            .args([&content, &made])
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        fs::read(&made).unwrap()
    }

    fn send(&mut self, file: &[u8]) -> Answer {
        self.world.browser.post_file(&format!("{PATH}/file"), file)
    }

    pub(crate) fn look(&mut self) -> Value {
        self.world.get(PATH)
    }

    pub(crate) fn calls(&self) -> String {
        fs::read_to_string(self.folder.path().join("calls")).unwrap_or_default()
    }

    pub(crate) fn waiting_files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.helper.place.updates).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    /// As if the box had started anew since.
    pub(crate) fn started_anew(&self) {
        let noted = self.world.app.data.join("update-installed");
        let text = fs::read_to_string(&noted).unwrap();
        let [version, _, chosen] = text.lines().collect::<Vec<_>>()[..] else { panic!("{text}") };
        fs::write(&noted, format!("{version}\nanother start\n{chosen}\n")).unwrap();
    }

    pub(crate) fn runs(&self, version: &str) {
        fs::write(&self.helper.place.os_release, format!("IMAGE_VERSION={version}\n")).unwrap();
    }
}

const STATUS: &str = r#"{"compatible":"stead-arm64","booted":"A","boot_primary":"root.0","slots":[
    {"root.0":{"class":"root","bootname":"A","state":"booted","boot_status":"good"}},
    {"root.1":{"class":"root","bootname":"B","state":"inactive","boot_status":"good",
        "slot_status":{"bundle":{"version":"0.9.1"}}}}]}"#;

fn program(path: &Path, script: &str) {
    fs::write(path, script).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A certificate that vouches for itself, and its key.
pub(crate) fn authority(folder: &Path, name: &str) {
    let at = folder.join(name);
    fs::create_dir(&at).unwrap();
    let output = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
        .args(["-days", "2", "-subj", &format!("/CN={name}"), "-keyout"])
        .arg(at.join("key.pem"))
        .arg("-out")
        .arg(at.join("cert.pem"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn an_update_is_looked_at_then_installed_and_runs_after_a_restart() {
    let mut at = Box::new();
    let system = |name: &str, running: bool, version: &str| json!({ "name": name, "running": running, "next": running, "good": true, "version": version });
    let before = at.look();
    assert_eq!(before["systems"], json!([system("A", true, "0.9.2"), system("B", false, "0.9.1")]));
    assert_eq!((&before["stage"], before.get("last")), (&json!("none"), None));
    let none = at.world.browser.post(&format!("{PATH}/install"), &json!({})).expect(409);
    assert_eq!(none.code(), "update_none_sent");

    let update = at.bundle("ours", "stead-arm64", "0.10.0");
    assert_eq!(at.send(&update).expect(200).json(), json!({ "version": "0.10.0" }));
    let ready = at.look();
    assert_eq!((&ready["stage"], &ready["offered"]), (&json!("ready"), &json!("0.10.0")));
    assert_eq!(at.calls(), "", "nothing is installed by sending it");

    // rauc says nothing of its slots while it writes one.
    let slow = at.folder.path().join("slow");
    fs::write(&slow, "").unwrap();
    at.world.browser.post(&format!("{PATH}/install"), &json!({})).expect(204);
    until("it is begun", || at.folder.path().join("busy").exists());
    let under_way = at.look();
    assert_eq!(
        (&under_way["stage"], &under_way["offered"]),
        (&json!("installing"), &json!("0.10.0"))
    );
    assert_eq!(under_way["systems"], before["systems"]);
    fs::remove_file(slow).unwrap();
    until("it is installed", || at.look()["stage"] == "none");
    let path = at.helper.place.updates.join("update.raucb");
    assert_eq!(at.calls(), format!("rauc install {}\n", path.display()));
    assert_eq!(at.waiting_files(), Vec::<PathBuf>::new(), "its room is free again");
    assert_eq!(at.look()["last"], json!({ "version": "0.10.0", "outcome": "waits" }));
    at.world.browser.post("/api/v1/system/restart", &json!({})).expect(204);
    assert!(at.calls().ends_with("systemctl --no-block reboot\n"));

    // The box has started anew: with it, without it, and with what it said before it was left.
    at.started_anew();
    at.runs("0.10.0");
    assert_eq!(at.look()["last"], json!({ "version": "0.10.0", "outcome": "runs" }));
    at.runs("0.9.2");
    assert_eq!(at.look()["last"], json!({ "version": "0.10.0", "outcome": "left" }));
    let reason = "the database cannot be opened";
    fs::write(&at.helper.place.fallen.0, format!("slot=B version=0.10.0 reason={reason}\n"))
        .unwrap();
    let left = json!({ "version": "0.10.0", "outcome": "left", "reason": reason });
    assert_eq!(at.look()["last"], left);
    let store = Store::open(&at.world.app.data).unwrap();
    let log = store.accounts.read(|tx| audit::newest(tx, 100)).unwrap();
    let kinds = log.iter().map(|(kind, _)| kind.as_str());
    let kinds: Vec<_> =
        kinds.filter(|k| k.starts_with("update.") || *k == "server.restarted").collect();
    assert_eq!(kinds, ["server.restarted", "update.installed", "update.began"]);
}

#[test]
fn what_is_no_update_for_this_box_is_refused_and_takes_no_room() {
    let mut at = Box::new();
    authority(at.folder.path(), "others");
    let good = at.bundle("ours", "stead-arm64", "1.0.0");
    let mut turned = good.clone();
    let last = turned.len() - 100;
    turned[last] ^= 1;
    let cases = [
        ("older", at.bundle("ours", "stead-arm64", "0.9.1"), "older than what runs"),
        ("for another board", at.bundle("ours", "stead-armhf", "1.0.0"), "made for other boxes"),
        ("signed by others", at.bundle("others", "stead-arm64", "1.0.0"), "that this box trusts"),
        ("torn", good[..good.len() / 2].to_vec(), "that this box trusts"),
        ("tampered with", turned, "that this box trusts"),
        ("something else", b"no update at all".to_vec(), "that this box trusts"),
        ("empty", Vec::new(), "that this box trusts"),
    ];
    for (what, file, why) in cases {
        let refused = at.send(&file).expect(409);
        assert_eq!(refused.code(), "update_refused", "{what}");
        assert!(refused.text().contains(why), "{what}: {}", refused.text());
        assert_eq!(at.look()["stage"], "none", "{what}");
        assert_eq!(at.waiting_files(), Vec::<PathBuf>::new(), "{what}");
    }
    assert_eq!(at.calls(), "");
    // One that breaks off, and one that is announced as too large.
    let head = |length: u64| {
        format!(
            "POST {PATH}/file HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nCookie: {}\r\n\
             Content-Type: application/octet-stream\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\nbegun",
            at.world.app.http_port,
            at.world.browser.cookie_line()
        )
    };
    let (cut, large) = (head(9999), head(1 << 40));
    let mut connection = TcpStream::connect(("127.0.0.1", at.world.app.http_port)).unwrap();
    connection.write_all(cut.as_bytes()).unwrap();
    drop(connection);
    assert_eq!(
        at.world.browser.send_raw(large.as_bytes(), false).expect(413).code(),
        "update_too_large"
    );
    until("half an update goes", || at.waiting_files().is_empty() && at.look()["stage"] == "none");
    at.send(&good).expect(200);
}

#[test]
fn an_update_that_cannot_be_installed_says_why_and_changes_nothing() {
    let mut at = Box::new();
    fs::write(at.folder.path().join("broken"), "").unwrap();
    let update = at.bundle("ours", "stead-arm64", "1.0.0");
    at.send(&update).expect(200);
    at.world.browser.post(&format!("{PATH}/install"), &json!({})).expect(204);
    until("it has failed", || at.look()["stage"] == "failed");
    let failed = at.look();
    assert!(failed["failure"].as_str().unwrap().contains("the slot cannot be written"), "{failed}");
    assert_eq!(failed.get("last"), None);
    assert_eq!(at.waiting_files(), Vec::<PathBuf>::new());
    fs::remove_file(at.folder.path().join("broken")).unwrap();
    at.send(&update).expect(200);
    at.world.browser.post(&format!("{PATH}/install"), &json!({})).expect(204);
    until("it is installed", || at.look()["last"]["outcome"] == "waits");

    at.world.browser.post(&format!("{PATH}/switch"), &json!({})).expect(204);
    assert!(at.calls().ends_with("rauc status mark-active other\nsystemctl --no-block reboot\n"));
    let waits = json!({ "version": "0.9.1", "chosen": "B", "outcome": "waits" });
    assert_eq!(at.look()["last"], waits, "the update before is nothing that was left");
}

/// Else nobody would fill it any more: it stood in the boot order.
#[test]
fn a_slot_that_was_not_filled_yet_is_not_chosen() {
    let mut at = Box::new();
    let mut status: Value = serde_json::from_str(STATUS).unwrap();
    let other = status["slots"][1]["root.1"].as_object_mut().unwrap();
    other["boot_status"] = json!("bad");
    drop(other.remove("slot_status"));
    fs::write(at.folder.path().join("status.json"), status.to_string()).unwrap();
    let refused = at.world.browser.post(&format!("{PATH}/switch"), &json!({}));
    assert!(refused.expect(409).json()["detail"].as_str().unwrap().contains("no other system yet"));
    assert!(!at.calls().contains("mark-active"), "{}", at.calls());
}

/// Its owner starts the other system: the page says afterwards that it runs, or was left and why.
#[test]
fn a_choice_of_the_other_system_is_told_of_like_an_update() {
    let mut at = Box::new();
    let other = |running: &str, version: Option<&str>| {
        let mut status: Value = serde_json::from_str(STATUS).unwrap();
        for (slot, id, name) in [(0, "root.0", "A"), (1, "root.1", "B")] {
            let row = &mut status["slots"][slot][id];
            row["state"] = json!(if name == running { "booted" } else { "inactive" });
        }
        match version {
            Some(version) => {
                status["slots"][1]["root.1"]["slot_status"]["bundle"]["version"] = json!(version)
            }
            None => {
                drop(status["slots"][1]["root.1"].as_object_mut().unwrap().remove("slot_status"))
            }
        }
        status.to_string()
    };
    let reason = "the accounts were written by a newer version";
    // One that an update brought, and one that was flashed, of which no version is known.
    for version in [Some("0.9.1"), None] {
        let told = at.folder.path().join("status.json");
        fs::write(&told, other("A", version)).unwrap();
        at.world.browser.post(&format!("{PATH}/switch"), &json!({})).expect(204);
        assert!(
            at.calls().ends_with("rauc status mark-active other\nsystemctl --no-block reboot\n")
        );
        let last = |outcome: &str, reason: Option<&str>| {
            let mut last = json!({ "chosen": "B", "outcome": outcome });
            version.into_iter().for_each(|version| last["version"] = json!(version));
            reason.into_iter().for_each(|reason| last["reason"] = json!(reason));
            last
        };
        assert_eq!(at.look()["last"], last("waits", None));
        at.started_anew();
        fs::write(&told, other("B", version)).unwrap();
        assert_eq!(at.look()["last"], last("runs", None));
        fs::write(&told, other("A", version)).unwrap();
        assert_eq!(at.look()["last"], last("left", None));
        let fallen = at.helper.place.fallen.0.clone();
        let left = |slot: &str, version: &str| {
            let text = format!("slot={slot} version={version} reason={reason}\n");
            fs::write(&fallen, text).unwrap();
        };
        left("A", "0.9.1");
        assert_eq!(at.look()["last"], last("left", None), "that is the other one's");
        left("B", "0.9.1");
        assert_eq!(at.look()["last"], last("left", Some(reason)));
        fs::remove_file(fallen).unwrap();
    }
}

/// Links and odd names are no way out of the disk, whoever made it.
#[test]
fn an_update_on_a_disk_is_told_of_and_taken_in_and_nothing_else_of_the_disk() {
    in_own_mounts(|| {
        let disk = Loop::new(64, &[]);
        let mut at = Box::with(|helper| helper.sees_only(&disk), "");
        let content = tempfile::tempdir().unwrap();
        let on = |name: &str| content.path().join(name);
        let good = at.bundle("ours", "stead-arm64", "0.10.0");
        fs::write(on("stead-0.10.0.raucb"), &good).unwrap();
        fs::write(on("old.raucb"), at.bundle("ours", "stead-arm64", "0.9.1")).unwrap();
        fs::write(on("torn.raucb"), &good[..good.len() / 2]).unwrap();
        for name in ["empty.raucb", "film.mkv"] {
            fs::write(on(name), "").unwrap();
        }
        fs::create_dir(on("folder.raucb")).unwrap();
        fs::create_dir(on("further")).unwrap();
        for name in [".hidden.raucb", "an update.raucb", "further/in.raucb"] {
            fs::write(on(name), &good).unwrap();
        }
        let elsewhere = at.folder.path().join("made");
        assert!(elsewhere.exists());
        for (name, to) in
            [("link.raucb", "stead-0.10.0.raucb"), ("out.raucb", elsewhere.to_str().unwrap())]
        {
            std::os::unix::fs::symlink(to, on(name)).unwrap();
        }
        let made = Command::new("mkfs.ext4")
            .args(["-q", "-L", "Stick", "-d"])
            .args([content.path(), Path::new(disk.device())])
            .status();
        assert!(made.unwrap().success());
        let disks = at.world.get("/api/v1/disks");
        let uuid = disks["disks"][0]["volumes"][0]["uuid"].as_str().unwrap().to_owned();
        let listed = |at: &mut Box| at.world.get(&format!("{PATH}/disks"))["updates"].clone();
        assert_eq!(listed(&mut at), json!([]), "what is not read is not looked into");
        at.world.browser.post("/api/v1/disks/mount", &json!({ "uuid": uuid })).expect(200);

        let found = listed(&mut at);
        let told = found.as_array().unwrap().iter().map(|update| {
            assert_eq!((&update["disk"], &update["uuid"]), (&json!("Stick"), &json!(uuid)));
            let refused = update["refused"].as_str().unwrap_or_default().to_owned();
            (update["file"].as_str().unwrap().to_owned(), update["version"].clone(), refused)
        });
        let told: Vec<_> = told.collect();
        let [old, new, torn] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!((old.0.as_str(), &old.1), ("old.raucb", &Value::Null));
        assert!(old.2.contains("older than what runs"), "{old:?}");
        assert_eq!(new, &("stead-0.10.0.raucb".to_owned(), json!("0.10.0"), String::new()));
        assert_eq!((torn.0.as_str(), &torn.1), ("torn.raucb", &Value::Null));
        assert!(torn.2.contains("that this box trusts"), "{torn:?}");

        let take = |at: &mut Box, file: &str| {
            let wish = json!({ "uuid": uuid, "file": file });
            at.world.browser.post(&format!("{PATH}/disk"), &wish)
        };
        for file in [
            "link.raucb",
            "out.raucb",
            "folder.raucb",
            "further/in.raucb",
            "film.mkv",
            "gone.raucb",
        ] {
            assert_eq!(take(&mut at, file).expect(409).code(), "update_not_on_disk", "{file}");
        }
        for file in ["old.raucb", "torn.raucb", "empty.raucb"] {
            assert_eq!(take(&mut at, file).expect(409).code(), "update_refused", "{file}");
        }
        assert_eq!(at.waiting_files(), Vec::<PathBuf>::new());
        let taken = take(&mut at, "stead-0.10.0.raucb").expect(200).json();
        assert_eq!(taken, json!({ "version": "0.10.0" }));
        let ready = at.look();
        assert_eq!((&ready["stage"], &ready["offered"]), (&json!("ready"), &json!("0.10.0")));
        assert_eq!(fs::read(&at.waiting_files()[0]).unwrap(), good, "it is copied whole");
        at.world.browser.post("/api/v1/disks/unmount", &json!({ "uuid": uuid })).expect(204);
        at.world.browser.post(&format!("{PATH}/install"), &json!({})).expect(204);
        until("it is installed", || at.look()["last"]["outcome"] == "waits");
        assert_eq!(take(&mut at, "stead-0.10.0.raucb").expect(409).code(), "update_not_on_disk");
    });
}

/// Sign-ins and settings are written to the same disk.
#[test]
fn an_update_that_does_not_fit_leaves_room_for_people_and_takes_none() {
    in_own_mounts(|| {
        let mut at = Box::with(
            |helper| {
                let (size, updates) = (Some("size=12m"), &helper.place.updates);
                mount(Some("tmpfs"), updates, Some("tmpfs"), MsFlags::empty(), size).unwrap();
            },
            "",
        );
        let refused = at.send(&vec![7; 6 * 1024 * 1024]).expect(507);
        assert_eq!(refused.code(), "disk_full");
        until("half an update goes", || at.waiting_files().is_empty());
        let update = at.bundle("ours", "stead-arm64", "1.0.0");
        at.send(&update).expect(200);
    });
}

#[test]
fn another_system_takes_the_second_factor_anew() {
    let mut at = Box::new();
    at.world.app.clock.advance(3600 * 1000);
    let update = at.bundle("ours", "stead-arm64", "1.0.0");
    for refused in [
        at.send(&update),
        at.world.browser.post(&format!("{PATH}/install"), &json!({})),
        at.world.browser.post(&format!("{PATH}/switch"), &json!({})),
        at.world.browser.post("/api/v1/system/restart", &json!({})),
        at.world
            .browser
            .post(&format!("{PATH}/disk"), &json!({ "uuid": "0000-0000", "file": "a.raucb" })),
    ] {
        assert_eq!(refused.expect(401).code(), "insufficient_user_authentication");
    }
    assert_eq!((at.calls().as_str(), at.waiting_files()), ("", Vec::new()));
}

#[test]
fn elsewhere_the_system_is_somebody_elses() {
    let mut world = World::new(Media::new());
    assert_eq!(world.get(PATH), json!({ "here": false, "systems": [], "stage": "none" }));
    let refused = world.browser.post_file(&format!("{PATH}/file"), b"anything").expect(409);
    assert_eq!(refused.code(), "updates_not_here");
    assert_eq!(world.get(&format!("{PATH}/disks")), json!({ "updates": [] }));
    for path in [format!("{PATH}/switch"), "/api/v1/system/restart".to_owned()] {
        assert_eq!(world.browser.post(&path, &json!({})).expect(409).code(), "updates_not_here");
    }
}
