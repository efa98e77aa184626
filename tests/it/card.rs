//! `stead.txt` beside its codes: the host name, the reset, the wireless network; and the copy of the
//! set-up page beside it.

use std::fs;
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Instant;

use nix::mount::{MsFlags, mount, umount};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use stead::host::helper::{Answer, Ask, Job, Passphrase, VERSION};
use stead::host::packet::{receive, send};

use crate::harness::{App, Client, Options, Owner, link_secret_in};
use crate::helper::in_own_mounts;
use crate::kills::now_ms;
use crate::program::{Ended, PATIENCE, QUIET, STEAD, Served, stead};
use crate::recovery::state;
use crate::strace::each_kill;

/// A card with a `stead.txt`, and a data folder.
struct Box {
    folder: tempfile::TempDir,
    more: String,
}

impl Box {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("card")).unwrap();
        Self { folder, more: String::new() }
    }

    fn card(&self) -> PathBuf {
        self.folder.path().join("card")
    }

    fn write(&self, text: impl AsRef<[u8]>) {
        fs::write(self.card().join("stead.txt"), text).unwrap();
    }

    fn text(&self) -> String {
        fs::read_to_string(self.card().join("stead.txt")).unwrap()
    }

    fn start(&self) -> App {
        let config = config(&self.card(), &self.more);
        App::start_in(&self.folder.path().join("data"), Options { config, ..Options::default() })
    }
}

fn config(card: &Path, more: &str) -> String {
    format!("[claim]\nboot_file = {:?}\n{more}", card.join("stead.txt"))
}

fn host_name(app: &App) -> String {
    let server = app.client().get("/api/v1/server").expect(200).json();
    server["host_name"].as_str().unwrap().to_owned()
}

#[test]
fn a_host_name_on_the_card_is_the_servers_from_its_first_start_on() {
    let case = Box::new();
    case.write("host = Films\r\n");
    let app = case.start();
    assert_eq!(host_name(&app), "films.local");
    let page = fs::read_to_string(app.data.join("Setup Stead.html")).unwrap();
    assert!(page.contains("https://films.local"), "the links name it");
    assert_eq!(case.text(), "host = Films\r\n", "it is no secret and stays");
    drop(app);
    fs::remove_file(case.card().join("stead.txt")).unwrap();
    let app = case.start();
    assert_eq!(host_name(&app), "films.local", "without the card too");
    drop(app);
    case.write("host = attic.local");
    let app = case.start();
    assert_eq!(host_name(&app), "attic.local", "another name from the next start on");
    drop(app);
    case.write("host = no name at all");
    assert_eq!(host_name(&case.start()), "attic.local");
}

/// A router is told the name with the first question for an address, before the server runs.
#[test]
fn the_name_that_is_told_before_a_start_is_the_one_of_the_server() {
    let case = Box::new();
    case.write("");
    let data = case.folder.path().join("data");
    let file = case.folder.path().join("stead.toml");
    fs::write(&file, config(&case.card(), "")).unwrap();
    let ahead = || {
        let [file, data] = [&file, &data].map(|path| path.to_str().unwrap());
        stead(&["host-name", "--config", file, "--data", data])
    };
    let told = |ended: Ended| {
        assert_eq!((ended.code, ended.complained.as_str()), (Some(0), ""));
        ended.said.trim_end().to_owned()
    };

    let first = told(ahead());
    assert!(first.starts_with("stead-") && first.len() == 10, "{first}");
    let app = case.start();
    assert_eq!(host_name(&app), format!("{first}.local"));
    assert_eq!(ahead().code, Some(73), "a server that runs has said it");
    drop(app);
    assert_eq!(told(ahead()), first);

    case.write("host = films\n");
    assert_eq!(told(ahead()), "films");
    assert_eq!(case.text(), "host = films\n", "and codes would stay for the server");
    case.write("");
    assert_eq!(told(ahead()), "films", "without the card too");

    // A wipe that is decided takes name and id along.
    fs::write(data.join("wipe"), "").unwrap();
    let other = told(ahead());
    assert!(other.starts_with("stead-") && other != first, "{other} after {first}");
    assert_eq!(host_name(&case.start()), format!("{other}.local"));
}

#[test]
fn the_set_up_page_lies_on_the_card_until_the_claim() {
    let case = Box::new();
    let app = case.start();
    let copy = case.card().join("Setup Stead.html");
    let page = fs::read_to_string(&copy).unwrap();
    assert_eq!(page, fs::read_to_string(app.data.join("Setup Stead.html")).unwrap());
    Owner::claim(&app);
    assert!(!copy.exists(), "it holds the secret no longer than that");
}

#[test]
fn a_reset_on_the_card_makes_a_new_server_once() {
    let case = Box::new();
    let mut app = case.start();
    Owner::claim(&app);
    app.stop();
    for unclear in ["reset = yes", "# reset = everything", "reset ="] {
        case.write(unclear);
        app = case.start();
        assert_eq!(state(&app), "claimed", "{unclear}");
        app.stop();
    }
    case.write("reset = everything\nhost = films\n");
    // It ends by itself, and whoever runs it starts it again.
    drop(case.start());
    let text = case.text();
    assert!(text.starts_with("reset =\r\nhost = films\r\n# Stead: everything"), "{text}");
    app = case.start();
    assert_eq!((state(&app).as_str(), host_name(&app).as_str()), ("offered", "films.local"));
    Owner::claim(&app);
    app.stop();
    assert_eq!(state(&case.start()), "claimed", "it happens once");
}

/// Whoever has the card out once writes all of it.
#[test]
fn what_stands_beside_a_reset_is_for_the_server_that_it_makes() {
    let case = Box::new();
    let mut app = case.start();
    Owner::claim(&app);
    app.stop();
    case.write("reset = everything\ncode = seven green kettles\n");
    drop(case.start());
    let text = case.text();
    assert!(text.starts_with("reset =\r\ncode = seven green kettles\r\n# Stead: every"), "{text}");
    app = case.start();
    assert_eq!(state(&app), "offered");
    assert!(app.data.join("own-code").exists());
    let text = case.text();
    assert!(text.starts_with("reset =\r\ncode =\r\n# Stead: the code is kept"), "{text}");
}

#[test]
fn a_reset_that_cannot_be_noted_is_told_and_not_done() {
    let case = Box::new();
    let mut app = case.start();
    Owner::claim(&app);
    // What is written beside the note has no place.
    fs::create_dir(app.data.join(".reset-asked.new")).unwrap();
    app.stop();
    case.write("reset = everything");
    for _ in 0..2 {
        app = case.start();
        assert_eq!(state(&app), "claimed");
        let text = case.text();
        assert!(text.starts_with("reset =\r\n# Stead: nothing was reset: the disk"), "{text}");
        app.stop();
    }
}

#[test]
fn a_card_that_cannot_be_written_resets_nothing() {
    let case = Box::new();
    let mut app = case.start();
    Owner::claim(&app);
    app.stop();
    case.write("reset = everything");
    // What is written beside the file has no place.
    fs::create_dir(case.card().join(".stead.txt.new")).unwrap();
    for _ in 0..2 {
        app = case.start();
        assert_eq!(state(&app), "claimed");
        assert!(!app.data.join("reset-asked").exists());
        app.stop();
    }
}

/// The real binary is killed at each renaming and removing of a start that finds the wish: the next
/// start goes on, and the one after that leaves what was claimed since alone.
#[test]
fn a_reset_that_is_cut_off_goes_on_and_happens_once() {
    let kills = each_kill(&["rename", "unlink", "unlinkat"], 1, |kill| {
        let folder = tempfile::tempdir().unwrap();
        let card = folder.path().join("card");
        fs::create_dir(&card).unwrap();
        let config = format!("{QUIET}{}", config(&card, ""));
        let start = |folder| {
            let mut command = std::process::Command::new(STEAD);
            command.arg("serve");
            Served::start_configured(folder, &config, command, |_| {})
        };
        let server = |served: &Served| {
            Client::new(served.http_port).get("/api/v1/server").expect(200).json()
        };
        let first = start(folder);
        let id = server(&first)["id"].clone();
        let folder = first.kill();
        fs::write(card.join("stead.txt"), "reset = everything\ncode = seven green kettles\n")
            .unwrap();
        let mut command = std::process::Command::new("strace");
        command.args(["-D", "-f", "-o", "/dev/null"]).args(kill.arguments());
        command.args([STEAD, "serve"]);
        let folder = match Served::try_start_configured(folder, &config, command) {
            Err(folder) => folder,
            Ok(served) => {
                drop(served.kill());
                return false;
            }
        };
        // It may begin anew once more before it is the new server.
        let again = start(folder);
        let begun = Instant::now();
        while server_is_old(&again, &id) {
            assert!(begun.elapsed() < PATIENCE, "{kill:?}");
            std::thread::yield_now();
        }
        assert_ne!(server(&again)["id"], id, "{kill:?}");
        let text = fs::read_to_string(card.join("stead.txt")).unwrap();
        assert!(text.starts_with("reset =\r\ncode =\r\n"), "{kill:?}: {text}");
        assert!(again.data().join("own-code").exists(), "{kill:?}: {text}");
        let secret = link_secret_in(&again.data());
        let mut owner = Owner::almost_in(Client::new(again.http_port), &secret, now_ms());
        owner.finish().expect(200);
        let last = start(again.kill());
        assert_eq!(server(&last)["state"], "claimed", "{kill:?}");
        true
    });
    eprintln!("{kills} kills of a reset");
    assert!(kills >= 5, "{kills}");
}

/// Whether this is still the server from before the reset. It is not asked: it is about to end, and may
/// do so within an answer. The new one keeps its id once it holds the ports.
fn server_is_old(served: &Served, id: &serde_json::Value) -> bool {
    let kept = fs::read_to_string(served.data().join("box")).unwrap_or_default();
    kept.is_empty() || kept.contains(id.as_str().unwrap())
}

/// A helper that keeps what it is asked.
fn helper(folder: &Path, says: Answer) -> (String, mpsc::Receiver<Job>) {
    let path = folder.join("helper.sock");
    let (family, kind) = (AddressFamily::UNIX, SocketType::SEQPACKET);
    let socket = rustix::net::socket_with(family, kind, SocketFlags::CLOEXEC, None).unwrap();
    rustix::net::bind(&socket, &SocketAddrUnix::new(&path).unwrap()).unwrap();
    rustix::net::listen(&socket, 4).unwrap();
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        while let Ok(asked) = rustix::net::accept(&socket) {
            let Some((ask, _)) = receive::<Ask>(asked.as_fd()).unwrap() else { continue };
            assert_eq!(ask.version, VERSION);
            tell.send(ask.job).unwrap();
            send(asked.as_fd(), &says, &[]).unwrap();
        }
    });
    (format!("[system]\nhelper = {path:?}\n"), told)
}

#[test]
fn a_wireless_network_is_handed_on_and_its_password_leaves_the_card() {
    let mut case = Box::new();
    let (config, asked) = helper(case.folder.path(), Answer::Done);
    case.more = config;
    case.write("wifi = Our house\nwifi password = seven green kettles\ncountry = de\n");
    drop(case.start());
    let name = "Our house".to_owned();
    let password = Some(Passphrase("seven green kettles".to_owned()));
    let country = Some("de".to_owned());
    assert_eq!(asked.try_recv().unwrap(), Job::JoinNetwork { name, password, country });
    let text = case.text();
    assert!(!text.contains("kettles") && text.contains("Our house is known now"), "{text}");
    drop(case.start());
    assert!(asked.try_recv().is_err(), "it is handed on once");
}

#[test]
fn a_network_that_is_not_taken_is_told_on_the_card() {
    for (text, with_helper, told) in [
        ("wifi = home\nwifi password = short\n", true, "8 to 63 characters"),
        ("wifi password = seven green kettles\n", true, "without wifi ="),
        ("country = DE\n", true, "without wifi ="),
        ("wifi = home\ncountry = Germany\n", true, "two letters"),
        ("wifi = home\nwifi password = seven green kettles\n", true, "says why"),
        ("wifi = home\nwifi password = seven green kettles\n", false, "does not look after"),
    ] {
        let mut case = Box::new();
        let failed = Answer::Failed { detail: "no iwd".to_owned() };
        let (config, _asked) = helper(case.folder.path(), failed);
        if with_helper {
            case.more = config;
        }
        case.write(text);
        drop(case.start());
        let left = case.text();
        assert!(left.contains(told) && !left.contains("kettles"), "{text}: {left}");
    }
}

/// A text as editors save it: the name of the encoding, and the bytes.
fn encodings(text: &str) -> [(&'static str, Vec<u8>); 5] {
    let units = |mark: u16, order: fn(u16) -> [u8; 2]| {
        std::iter::once(mark).chain(text.encode_utf16()).flat_map(order).collect()
    };
    // Of Windows-1252 these texts hold only what is Latin-1 as well.
    let windows = text.chars().map(|letter| u8::try_from(letter).unwrap()).collect();
    [
        ("UTF-8", text.into()),
        ("UTF-8 with a mark", ["\u{feff}", text].concat().into_bytes()),
        ("UTF-16LE", units(0xfeff, u16::to_le_bytes)),
        ("UTF-16BE", units(0xfeff, u16::to_be_bytes)),
        ("Windows-1252", windows),
    ]
}

#[test]
fn a_file_is_read_and_blanked_in_each_encoding_of_an_editor() {
    let text =
        "code = süße Grüße\r\nhost = films\r\nwifi = Käse\r\nwifi password = seven kettles\r\n";
    for (encoding, bytes) in encodings(text) {
        let mut case = Box::new();
        let (config, asked) = helper(case.folder.path(), Answer::Done);
        case.more = config;
        case.write(bytes);
        let app = case.start();
        assert_eq!(host_name(&app), "films.local", "{encoding}");
        let (name, password) = ("Käse".to_owned(), "seven kettles".to_owned());
        let join = Job::JoinNetwork { name, password: Some(Passphrase(password)), country: None };
        assert_eq!(asked.try_recv().as_ref(), Ok(&join), "{encoding}");
        let left = case.text();
        assert!(left.contains("the network Käse is known now"), "{left}");
        assert!(!left.contains("kettles") && !left.contains("süße"), "{encoding}: {left}");
        assert!(left.starts_with("code =\r\nhost = films\r\n"), "{encoding}: {left}");
        assert_eq!(left.contains("save this file as UTF-8"), encoding == "Windows-1252", "{left}");
        let proof = serde_json::json!({ "kind": "own", "code": "süße Grüße" });
        let begin = serde_json::json!({ "proof": proof, "browser_time_ms": app.clock_ms() });
        app.client().post("/api/v1/claim/begin", &begin).expect(200);
    }
}

/// The button appends to the file, whatever that was saved as: with the very line of its script.
#[test]
fn the_button_resets_whatever_the_file_was_saved_as() {
    let script = include_str!("../../image/rootfs/usr/lib/stead/reset");
    let line = script.lines().find(|line| line.starts_with("printf ")).unwrap();
    for (encoding, bytes) in encodings("# Küche\r\nhost = films\r\n") {
        let case = Box::new();
        let mut app = case.start();
        Owner::claim(&app);
        app.stop();
        case.write(bytes);
        let mut shell = std::process::Command::new("sh");
        shell.arg("-c").arg(line).env("file", case.card().join("stead.txt"));
        assert!(shell.status().unwrap().success(), "{line}");
        drop(case.start());
        let left = case.text();
        assert!(left.contains("# Küche\r\nhost = films\r\n"), "{encoding}: {left}");
        assert!(left.contains("reset =\r\n# Stead: everything"), "{encoding}: {left}");
        assert_eq!(state(&case.start()), "offered", "{encoding}");
    }
}

/// It cannot be blanked, so nothing is done of it; what stands in it is not touched.
#[test]
fn a_file_that_is_too_large_says_so_itself_and_once() {
    let text = format!("reset = everything\n{}", "# kettles\n".repeat(7000));
    for (encoding, bytes) in encodings(&text) {
        let case = Box::new();
        let mut app = case.start();
        Owner::claim(&app);
        app.stop();
        case.write(&bytes);
        for _ in 0..2 {
            app = case.start();
            assert_eq!(state(&app), "claimed", "{encoding}");
            app.stop();
            let left = fs::read(case.card().join("stead.txt")).unwrap();
            let told = left.strip_prefix(bytes.as_slice()).unwrap();
            // As an editor shows it that goes by the mark at the beginning.
            let told = match encoding {
                "UTF-16LE" => from_units(told, u16::from_le_bytes),
                "UTF-16BE" => from_units(told, u16::from_be_bytes),
                _ => String::from_utf8(told.to_vec()).unwrap(),
            };
            assert!(
                told.starts_with("\r\n# Stead: this file is larger than 64 KiB"),
                "{encoding}: {told}"
            );
            assert_eq!(told.matches("# Stead:").count(), 1, "{encoding}: {told}");
        }
    }
}

fn from_units(bytes: &[u8], order: fn([u8; 2]) -> u16) -> String {
    let units: Vec<u16> = bytes.chunks(2).map(|unit| order(unit.try_into().unwrap())).collect();
    String::from_utf16(&units).unwrap()
}

/// The files that the network of an appliance reads, after it was told what stands on the card.
fn network(case: &Box) -> (Vec<(String, String)>, String) {
    let (file, into) = (case.folder.path().join("stead.toml"), case.folder.path().join("network"));
    fs::write(&file, config(&case.card(), &case.more)).unwrap();
    fs::create_dir_all(&into).unwrap();
    let [config, folder] = [&file, &into].map(|path| path.to_str().unwrap());
    let ended = stead(&["static-address", "--into", folder, "--config", config]);
    assert_eq!((ended.code, ended.said.as_str()), (Some(0), ""), "{}", ended.complained);
    let read = |entry: fs::DirEntry| {
        (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap())
    };
    let mut files: Vec<_> =
        fs::read_dir(&into).unwrap().map(|entry| read(entry.unwrap())).collect();
    files.sort();
    (files, ended.complained)
}

#[test]
fn an_address_on_the_card_is_told_to_the_network_before_each_start() {
    let text = "# Büro\r\naddress = 192.168.1.20/24\r\ngateway = 192.168.1.1\r\ndns = 9.9.9.9\r\n";
    for (encoding, bytes) in encodings(text) {
        let mut case = Box::new();
        let (helper, _asked) = helper(case.folder.path(), Answer::Done);
        case.more = helper;
        case.write(&bytes);
        for _ in 0..2 {
            let (files, complained) = network(&case);
            let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(
                names,
                ["70-stead-static-wired.network", "70-stead-static-wireless.network"]
            );
            for (_, told) in &files {
                assert!(told.contains("\nAddress=192.168.1.20/24\n"), "{encoding}: {told}");
                assert!(
                    told.contains("\nGateway=192.168.1.1\n") && told.contains("\nDNS=9.9.9.9\n")
                );
                assert!(told.contains("\nDHCP=ipv6\n"), "nothing is handed out beside it: {told}");
            }
            assert_eq!(complained, "");
            drop(case.start());
            let left = fs::read(case.card().join("stead.txt")).unwrap();
            assert_eq!(left, bytes, "{encoding}: it stays, and nothing is said of it");
        }
        // Another day it is the router again.
        case.write("host = films\n");
        assert_eq!(network(&case), (Vec::new(), String::new()));
    }
}

#[test]
fn an_address_that_cannot_be_meant_is_told_on_the_card_until_it_is_mended() {
    let mut case = Box::new();
    let (helper, _asked) = helper(case.folder.path(), Answer::Done);
    case.more = helper;
    let told = "# Stead: no address is set, so the router gives one: address = 192.168.1.20 says no \
                size of its network; in most homes it is 192.168.1.20/24.\r\n";
    case.write("code = seven kettles\naddress = 192.168.1.20\n");
    let (files, complained) = network(&case);
    assert!(files.is_empty() && complained.contains("no size of its network"), "{complained}");
    drop(case.start());
    let text = case.text();
    assert!(
        text.starts_with("code =\r\naddress = 192.168.1.20\r\n# Stead: the code is kept"),
        "{text}"
    );
    assert!(text.ends_with(told), "{text}");
    // Without a code in it, and once only.
    for _ in 0..2 {
        drop(case.start());
        assert_eq!(case.text(), text);
    }
    case.write(text.replace(".20\r\n", ".20/24\r\n"));
    assert_eq!(network(&case).0.len(), 2);
    drop(case.start());
    let text = case.text();
    assert!(text.contains("# Stead: the code is kept"), "other words stay: {text}");
    assert!(!text.contains("no address"), "{text}");
}

#[test]
fn an_address_where_nobody_looks_after_the_network_is_told_too() {
    let case = Box::new();
    case.write("address = 192.168.1.20/24\n");
    drop(case.start());
    let text = case.text();
    assert!(
        text.contains("# Stead: no address is set") && text.contains("the system does"),
        "{text}"
    );
}

/// The owner's own config file on the card.
fn with_own_config(text: impl AsRef<[u8]>) -> Box {
    let mut case = Box::new();
    let file = case.card().join("stead.toml");
    case.more = format!("[system]\nown_config = {file:?}\n");
    fs::write(file, text).unwrap();
    case
}

fn check(app: &App, name: &str) -> Option<bool> {
    let health = app.client().get("/api/v1/health").expect(200).json();
    let checks = health["checks"].as_array().unwrap();
    checks.iter().find(|check| check["name"] == name).map(|check| check["ok"] == true)
}

#[test]
fn what_the_owners_own_file_says_holds_from_the_next_start_on() {
    let case = with_own_config("[net]\r\nplain_playback = \"on-link\"\r\n");
    let app = case.start();
    assert_eq!(check(&app, "own_config"), Some(true));
    let mut owner = Owner::claim(&app);
    let settings = owner.browser.get("/api/v1/settings").expect(200).json();
    assert_eq!(settings["plain_playback"], "on-link");
    assert_eq!(settings["own_config_keys"], serde_json::json!(["net.plain_playback"]));
    assert_eq!(settings["own_config_problems"], serde_json::json!([]));
}

/// Who took the server over may have written it.
#[test]
fn a_reset_sets_the_owners_own_file_aside() {
    let case = with_own_config("[net]\nplain_playback = \"on-link\"\n");
    case.write("reset = everything\n");
    drop(case.start());
    // This one goes on with the wipe; on an appliance whoever asks for its name has done so before.
    drop(case.start());
    let app = case.start();
    assert_eq!((state(&app).as_str(), check(&app, "own_config")), ("offered", None));
    let aside = fs::read_to_string(case.card().join("stead.toml.before-reset")).unwrap();
    assert!(aside.contains("on-link"), "it can be read by whoever wrote it");
}

/// Each of these is no reason not to start, with the owner's page saying where the slip is.
#[test]
fn a_wrong_file_of_the_owners_own_is_left_out_and_its_owner_reads_why() {
    let good = "[net]\nplain_playback = \"on-link\"\n";
    for (more, told) in [
        ("nmaes = []\n", "stead.toml:3:1: unknown key `nmaes` in [net]"),
        ("https_listen = \"[::]:1\"\n", "stead.toml:3:1: net.https_listen belongs to the system"),
        // What it names is not there: only the start finds that.
        (
            "tls = \"files\"\ncert_file = \"c.pem\"\nkey_file = \"k.pem\"\n",
            "net.cert_file cannot be used",
        ),
        (
            "[mail]\nserver = \"smtp.example.net\"\nfrom = \"a@example.net\"\nuser = \"a\"\npassword_file = \"p\"\n",
            "password",
        ),
        (
            "[issuer]\nurl = \"https://id.example.net\"\nname = \"Home\"\nclient_id = \"a\"\nclient_secret_file = \"s\"\n",
            "secret",
        ),
    ] {
        let case = with_own_config(format!("{good}{more}"));
        let app = case.start();
        assert_eq!(check(&app, "own_config"), Some(false), "{more}");
        let mut owner = Owner::claim(&app);
        let settings = owner.browser.get("/api/v1/settings").expect(200).json();
        assert_eq!(settings["plain_playback"], "off", "all of it is left out: {more}");
        assert_eq!(settings["own_config_keys"], serde_json::json!([]));
        let problems = settings["own_config_problems"].to_string();
        assert!(problems.contains(told), "{more}: {problems}");
        // Strangers hear that it is so, and not what stands there.
        assert!(!app.client().get("/api/v1/health").expect(200).text().contains("stead.toml"));
    }
}

/// What health tells of the card; it looks again after a moment. None where it tells nothing of one.
fn card_is_well(app: &App) -> Option<bool> {
    app.clock.advance(5000);
    check(app, "card")
}

/// Nobody hears of what is written on a card that is out, or that leaves its place in a read-only
/// system empty: the box says so.
#[test]
fn a_card_that_nothing_is_heard_of_is_told() {
    in_own_mounts(|| {
        let case = Box::new();
        let app = case.start();
        assert_eq!(card_is_well(&app), Some(true), "a card without a stead.txt is well");
        case.write("host = films\n");
        assert_eq!(card_is_well(&app), Some(true));

        let elsewhere = case.folder.path().join("elsewhere");
        fs::rename(case.card(), &elsewhere).unwrap();
        assert_eq!(card_is_well(&app), Some(false), "it is out");
        fs::write(case.card(), "garbage").unwrap();
        assert_eq!(card_is_well(&app), Some(false), "it is no folder");
        fs::remove_file(case.card()).unwrap();

        fs::create_dir(case.card()).unwrap();
        let read_only = MsFlags::MS_RDONLY;
        mount(Some("none"), &case.card(), Some("tmpfs"), read_only, None::<&str>).unwrap();
        assert_eq!(card_is_well(&app), Some(false), "nothing can be taken out of it");
        umount(&case.card()).unwrap();
        fs::remove_dir(case.card()).unwrap();
        fs::rename(&elsewhere, case.card()).unwrap();
        assert_eq!(card_is_well(&app), Some(true), "it is in again");
        drop(app);

        let app = App::start_in(&case.folder.path().join("data"), Options::default());
        assert_eq!(card_is_well(&app), None, "a server without a card has none to look for");
    });
}
