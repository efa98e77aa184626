//! Disks of an appliance, over the API: a real helper, and disks that are files behind loop devices.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use stead_store::Store;
use stead_store::accounts::audit;

use crate::harness::Options;
use crate::helper::{Helper, Loop, in_own_mounts};
use crate::library::World;
use crate::media::Media;
use crate::secret_age::until;

fn world(helper: &Helper, attach: bool) -> World {
    let (socket, media) = (helper.listens(), &helper.place.media);
    let config =
        format!("[system]\nhelper = {socket:?}\ndisks = {media:?}\nattach_disks = {attach}\n");
    World::with(Media::new(), Options { config, ..Options::default() })
}

fn shown(world: &mut World, disk: &Loop) -> Option<Value> {
    let told = world.get("/api/v1/disks");
    assert_eq!(told["looked_after"], true);
    told["disks"].as_array().unwrap().iter().find(|one| one["name"] == disk.name()).cloned()
}

#[test]
fn a_disk_is_made_empty_by_its_typed_name_then_read_and_let_go() {
    in_own_mounts(|| {
        let helper = Helper::new();
        let mut world = world(&helper, false);
        let disk = Loop::new(64, &[]);
        let found = shown(&mut world, &disk).expect("it is shown");
        assert_eq!(found["volumes"], json!([]));
        let wish = |size: u64, typed: &str| json!({ "name": disk.name(), "size_bytes": size, "label": "Films", "typed": typed });
        let size = found["size_bytes"].as_u64().unwrap();
        let path = "/api/v1/disks/empty";
        for (body, status, code) in [
            (wish(size, "films"), 422, "disk_name_wrong"),
            (wish(size + 512, disk.name()), 409, "disk_refused"),
        ] {
            assert_eq!(world.browser.post(path, &body).expect(status).code(), code);
        }
        assert_eq!(shown(&mut world, &disk).unwrap()["volumes"], json!([]), "nothing was done");
        world.browser.post(path, &wish(size, disk.name())).expect(204);

        let found = shown(&mut world, &disk).unwrap();
        let volume = found["volumes"][0].clone();
        assert_eq!((&volume["label"], &volume["file_system"]), (&json!("Films"), &json!("ext4")));
        let uuid = json!({ "uuid": volume["uuid"] });
        let mounted = world.browser.post("/api/v1/disks/mount", &uuid).expect(200).json();
        let folder = mounted["folder"].as_str().unwrap();
        assert!(Path::new(folder).join("lost+found").is_dir());
        assert_eq!(shown(&mut world, &disk).unwrap()["volumes"][0]["folder"], folder);
        let busy = world.browser.post(path, &wish(size, disk.name())).expect(409);
        assert_eq!(busy.code(), "disk_refused", "what is read is not made empty");

        world.browser.post("/api/v1/disks/unmount", &uuid).expect(204);
        assert!(!Path::new(folder).exists());
        let again = world.browser.post("/api/v1/disks/unmount", &uuid);
        assert_eq!(again.status, 409, "it is let go once");
        let store = Store::open(&world.app.data).unwrap();
        let log = store.accounts.read(|tx| audit::newest(tx, 100)).unwrap();
        let of_disks = log.iter().map(|(kind, _)| kind.as_str()).filter(|k| k.starts_with("disk."));
        let written =
            ["disk.unmounted", "disk.emptied", "disk.mounted", "disk.emptied", "disk.emptied"];
        assert_eq!(of_disks.collect::<Vec<_>>(), written, "what was tried is in the log too");
    });
}

/// Looked at each few seconds, so this waits for what has to come.
#[test]
fn a_disk_that_is_plugged_in_is_read_by_itself_and_one_that_was_let_go_of_is_not() {
    in_own_mounts(|| {
        let disk = Loop::new(64, &[]);
        let made = Command::new("mkfs.ext4").args(["-q", "-L", "Films", disk.device()]).status();
        assert!(made.unwrap().success());
        let mut helper = Helper::new();
        // Others attach disks of theirs meanwhile.
        helper.sees_only(&disk);
        let mut world = world(&helper, true);
        let folder = |world: &mut World| {
            let shown = shown(world, &disk).expect("it is shown");
            shown["volumes"][0]["folder"].as_str().map(ToOwned::to_owned)
        };
        until("it is read", || folder(&mut world).is_some());
        let path = folder(&mut world).unwrap();
        assert!(Path::new(&path).join("lost+found").is_dir());

        let shown = shown(&mut world, &disk).unwrap();
        let uuid = json!({ "uuid": shown["volumes"][0]["uuid"] });
        world.browser.post("/api/v1/disks/unmount", &uuid).expect(204);
        // Another disk comes: this one stays as its owner left it.
        let looked = helper.looks();
        let _other = Loop::new(64, &[]);
        until("it is looked at again", || helper.looks() > looked);
        world.browser.post("/api/v1/disks/mount", &uuid).expect(200);
        assert_eq!(folder(&mut world), Some(path));
        let store = Store::open(&world.app.data).unwrap();
        let log = store.accounts.read(|tx| audit::newest(tx, 100)).unwrap();
        let by_itself = log
            .iter()
            .filter(|(kind, detail)| kind == "disk.mounted" && !detail.contains("\"by\""));
        assert_eq!(by_itself.count(), 1);
    });
}

#[test]
fn a_wipe_forgets_the_networks_of_the_system_too_and_restarts_it() {
    let helper = Helper::recording("");
    let known = helper.place.networks[0].join("Our house.psk");
    std::fs::write(&known, "[Security]\nPassphrase=12345678\n").unwrap();
    let mut world = world(&helper, false);
    let name = world.get("/api/v1/server")["name"].clone();
    world.browser.post("/api/v1/server/wipe", &json!({ "name": name })).expect(204);
    assert!(!known.exists(), "its next owner gets nobody's password");
    assert_eq!(helper.called(), "--no-block reboot\n");
    assert!(world.app.data.join("wipe").exists(), "which the next start goes on with");
}

#[test]
fn without_a_helper_nothing_is_done_with_disks() {
    let mut world = World::new(Media::new());
    assert_eq!(world.get("/api/v1/disks"), json!({ "looked_after": false, "disks": [] }));
    let uuid = json!({ "uuid": "0000-0000" });
    let refused = world.browser.post("/api/v1/disks/mount", &uuid).expect(409);
    assert_eq!(refused.code(), "disks_not_here");
}

#[test]
fn a_helper_that_is_away_is_told_as_such() {
    let config = "[system]\nhelper = \"/nowhere/helper.sock\"\n".to_owned();
    let mut world = World::with(Media::new(), Options { config, ..Options::default() });
    let refused = world.browser.get("/api/v1/disks").expect(503);
    assert_eq!(refused.code(), "system_silent");
}
