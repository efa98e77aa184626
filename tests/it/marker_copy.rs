//! The second copy of the marker, on a partition of its own: a data folder that is lost, reformatted
//! or another server's locks the server, and never makes a new one of it.

use std::fs;
use std::path::{Path, PathBuf};

use nix::sys::signal::Signal;
use serde_json::Value;
use stead::host::clock::Clock as _;

use crate::harness::{App, Client, Options, Owner, link_secret_in};
use crate::kills::now_ms;
use crate::program::{QUIET, STEAD, Served};
use crate::recovery::state;
use crate::strace::{DISK_CALLS, each_kill};

/// Where the copies lie, as the limits say.
const PLACES: [u64; 2] = stead_rules::limits::MARKER_COPY_OFFSETS;

/// A file that stands for the partition, as an image brings it.
fn partition(folder: &Path) -> PathBuf {
    let path = folder.join("stead-state");
    fs::write(&path, vec![0; 1024 * 1024]).unwrap();
    path
}

fn config(partition: &Path) -> String {
    format!("[claim]\nmarker_copy = \"{}\"\n", partition.display())
}

fn options(partition: &Path) -> Options {
    Options { config: config(partition), ..Options::default() }
}

/// What others know a server by.
fn identity(app: &App) -> (Value, Value) {
    let server = app.client().get("/api/v1/server").expect(200).json();
    (server["id"].clone(), server["host_name"].clone())
}

fn damage(partition: &Path, place: u64) {
    let mut bytes = fs::read(partition).unwrap();
    bytes[usize::try_from(place).unwrap() + 20] ^= 1;
    fs::write(partition, bytes).unwrap();
}

#[test]
fn a_data_folder_that_is_lost_or_made_anew_locks_the_box_and_keeps_its_name() {
    let outside = tempfile::tempdir().unwrap();
    let partition = partition(outside.path());
    let mut app = App::start_in(&outside.path().join("data"), options(&partition));
    let owner = Owner::claim(&app);
    let before = identity(&app);
    app.stop();
    let whole = outside.path().join("kept");
    fs::rename(&app.data, &whole).unwrap();
    // Gone, and there with nothing in it, as a new file system is.
    for is_made in [false, true] {
        if is_made {
            fs::create_dir(&app.data).unwrap();
        }
        for _ in 0..2 {
            app = App::start_in(&app.data.clone(), options(&partition));
            assert_eq!(state(&app), "locked: database_missing");
            assert_eq!(identity(&app), before);
            assert!(!app.data.join("Setup Stead.html").exists(), "nobody can claim it");
            app.stop();
        }
        fs::remove_dir_all(&app.data).unwrap();
    }
    fs::rename(&whole, &app.data).unwrap();
    app = App::start_in(&app.data.clone(), options(&partition));
    assert_eq!((state(&app).as_str(), identity(&app)), ("claimed", before));
    app.clock.advance(60_000);
    let (_, answer) = owner.sign_in_at(&app, app.clock.now().wall.0);
    answer.expect(200);
}

/// With a claimed data folder of their own, and with one that waits to be claimed.
#[test]
fn the_data_folder_of_another_box_is_locked_and_not_open() {
    for is_claimed in [true, false] {
        let outside = tempfile::tempdir().unwrap();
        let ours = partition(outside.path());
        let mut app = App::start_with(options(&ours));
        Owner::claim(&app);
        let before = identity(&app);
        app.stop();
        let mut other = App::start();
        if is_claimed {
            Owner::claim(&other);
        }
        other.stop();
        app = App::start_in(&other.data.clone(), options(&ours));
        assert_eq!(state(&app), "locked: database_replaced");
        assert_eq!(identity(&app), before, "it stays the box that it is");
        app.client().get("/api/v1/libraries").expect(403);
        app.stop();
        // At its own box nothing has changed.
        app = App::start_in(&other.data.clone(), Options::default());
        assert_eq!(state(&app), if is_claimed { "claimed" } else { "offered" });
    }
}

#[test]
fn one_damaged_place_matters_nothing_and_both_are_mended() {
    let outside = tempfile::tempdir().unwrap();
    let partition = partition(outside.path());
    let mut app = App::start_in(&outside.path().join("data"), options(&partition));
    Owner::claim(&app);
    app.stop();
    let whole = fs::read(&partition).unwrap();
    assert!(whole.iter().any(|byte| *byte != 0));
    for places in [&PLACES[..1], &PLACES[1..], &PLACES[..]] {
        places.iter().for_each(|place| damage(&partition, *place));
        app = App::start_in(&app.data.clone(), options(&partition));
        assert_eq!(state(&app), "claimed");
        app.stop();
        if places.len() == 2 {
            assert_eq!(fs::read(&partition).unwrap(), whole, "both are mended");
        }
        // With what is left of it a lost data folder is still noticed.
        fs::write(&partition, &whole).unwrap();
        places.iter().for_each(|place| damage(&partition, *place));
        let empty = outside.path().join("empty");
        let lost = App::start_in(&empty, options(&partition));
        assert_eq!(state(&lost), "locked: database_missing", "{places:?}");
        drop(lost);
        fs::remove_dir_all(&empty).unwrap();
        fs::write(&partition, &whole).unwrap();
    }
}

#[test]
fn a_partition_that_is_gone_makes_no_new_server() {
    let outside = tempfile::tempdir().unwrap();
    let nowhere = outside.path().join("nowhere");
    let app = App::start_with(options(&nowhere));
    assert_eq!(state(&app), "locked: database_missing");
}

/// A box that was claimed by a version that kept no copy has one from its next start on.
#[test]
fn a_claim_from_before_gets_its_copy_at_the_next_start() {
    let outside = tempfile::tempdir().unwrap();
    let partition = partition(outside.path());
    let mut app = App::start_in(&outside.path().join("data"), Options::default());
    Owner::claim(&app);
    app.stop();
    app = App::start_in(&app.data.clone(), options(&partition));
    assert_eq!(state(&app), "claimed");
    drop(app);
    let empty = App::start_with(options(&partition));
    assert_eq!(state(&empty), "locked: database_missing");
}

#[test]
fn a_wipe_takes_the_copy_along_and_the_box_is_new() {
    let outside = tempfile::tempdir().unwrap();
    let partition = partition(outside.path());
    let app = App::start_with(options(&partition));
    let mut owner = Owner::claim(&app);
    let body = serde_json::json!({ "name": "Stead" });
    owner.browser.post("/api/v1/server/wipe", &body).expect(204);
    let mut app = app.restart(options(&partition));
    assert_eq!(state(&app), "offered");
    assert!(fs::read(&partition).unwrap().iter().all(|byte| *byte == 0));
    Owner::claim(&app);
    app.stop();
    let app = App::start_in(&outside.path().join("empty"), options(&partition));
    assert_eq!(state(&app), "locked: database_missing", "and the next claim counts again");
}

/// The real binary is killed before each disk call of a claim: what comes up on the same folder
/// decides what an empty folder gives, a new server only if there was no claim.
#[test]
fn a_claim_cut_off_at_any_disk_call_leaves_a_copy_that_agrees_with_it() {
    let mut seen = [0, 0];
    each_kill(&DISK_CALLS, 1, |kill| {
        let folder = tempfile::tempdir().unwrap();
        let partition = partition(folder.path());
        let config = format!("{QUIET}{}", config(&partition));
        let start = |folder| {
            let mut command = std::process::Command::new(STEAD);
            command.arg("serve");
            Served::start_configured(folder, &config, command, |_| {})
        };
        let mut served = start(folder);
        let secret = link_secret_in(&served.data());
        let mut owner = Owner::almost_in(Client::new(served.http_port), &secret, now_ms());
        let strace = kill.attach(&served);
        let got_through = owner.try_finish();
        drop(strace);
        if got_through && served.is_alive() {
            return false;
        }
        let mut again = start(served.kill());
        let state_of = |served: &Served| {
            let server = Client::new(served.http_port).get("/api/v1/server").expect(200).json();
            server["state"].as_str().unwrap().to_owned()
        };
        let state = state_of(&again);
        again.signal(Signal::SIGTERM);
        again.told("STOPPING=1");
        let folder = again.kill();
        fs::remove_dir_all(folder.path().join("data")).unwrap();
        let empty = start(folder);
        match state.as_str() {
            "claimed" => assert_eq!(state_of(&empty), "locked", "{kill:?}"),
            "offered" => assert_eq!(state_of(&empty), "offered", "{kill:?}"),
            other => panic!("came up {other}: {kill:?}"),
        }
        seen[usize::from(state == "claimed")] += 1;
        true
    });
    eprintln!("kills of a claim with a second copy: {seen:?} offered and claimed");
    assert!(seen[0] >= 3 && seen[1] >= 12, "{seen:?}");
}

/// A folder in memory stands for a data partition that is missing: whatever is made there would be
/// gone at the next start, and the owner's own wishes with it.
#[test]
fn without_its_data_partition_nothing_is_begun_and_nothing_is_forgotten() {
    let outside = tempfile::tempdir().unwrap();
    let partition = partition(outside.path());
    let (missing, card) = (outside.path().join("data-missing"), outside.path().join("stead.txt"));
    let config = format!(
        "[paths]\ndata_missing = {missing:?}\n[claim]\nmarker_copy = {partition:?}\nboot_file = {card:?}\n"
    );
    let start =
        |data: &Path| App::start_in(data, Options { config: config.clone(), ..Options::default() });
    let (data, memory) = (outside.path().join("data"), outside.path().join("memory"));
    let wishes = "code = some words of my own\nrecover = some words of my own\n";
    for was_claimed in [false, true] {
        let mut app = start(&data);
        if was_claimed {
            Owner::claim(&app);
        }
        let before = identity(&app);
        app.stop();
        fs::write(&missing, "").unwrap();
        fs::write(&card, wishes).unwrap();
        fs::create_dir(&memory).unwrap();
        fs::write(memory.join("recover"), "root\n").unwrap();
        for _ in 0..2 {
            app = start(&memory);
            assert_eq!(state(&app), "locked: data_missing");
            assert!(
                !memory.join("accounts.db").exists() && !memory.join("Setup Stead.html").exists()
            );
            app.client().get("/api/v1/libraries").expect(403);
            assert_eq!(fs::read_to_string(&card).unwrap(), wishes, "they wait for the disk");
            let page = app.client().get("/").expect(200);
            assert!(page.text().contains("check that its disk"));
            if was_claimed {
                assert_eq!(identity(&app), before, "it is found by its name");
            }
            app.stop();
        }
        fs::remove_file(&missing).unwrap();
        fs::remove_file(&card).unwrap();
        fs::remove_dir_all(&memory).unwrap();
        app = start(&data);
        assert_eq!(state(&app), if was_claimed { "claimed" } else { "offered" });
        assert_eq!(identity(&app), before);
        app.stop();
    }
}
