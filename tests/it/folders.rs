//! Which folders can become libraries: those below the roots that the system side allows.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use serde_json::json;

use crate::library::World;
use crate::media::Media;

/// A claimed server that may use one folder, with a folder and a file in it.
fn world() -> World {
    let media = Media::new();
    fs::create_dir(media.path.join("Films")).unwrap();
    media.write("note.txt", b"not a folder");
    World::new(media)
}

fn add(world: &mut World, path: &Path) -> (u16, String) {
    let body = json!({ "name": "Mine", "kind": "films", "path": path });
    let answer = world.browser.post("/api/v1/libraries", &body);
    let code = answer.json()["code"].as_str().unwrap_or_default().to_owned();
    (answer.status, code)
}

fn look(world: &mut World, path: &Path) -> (u16, String) {
    let answer = world.browser.get(&format!("/api/v1/folders?path={}", path.display()));
    let code = answer.json()["code"].as_str().unwrap_or_default().to_owned();
    (answer.status, code)
}

#[test]
fn nothing_outside_of_the_allowed_roots_is_shown_or_added_by_links_either() {
    let mut world = world();
    let root = world.media.path.clone();
    let outside = tempfile::tempdir().unwrap();
    fs::create_dir(outside.path().join("secret")).unwrap();
    symlink("/etc", root.join("etc")).unwrap();
    symlink(outside.path().join("secret"), root.join("Films/inner")).unwrap();
    let sibling = format!("{}-sibling", root.display());
    fs::create_dir(&sibling).unwrap();

    let not_allowed = (422, "path_not_allowed".to_owned());
    for path in [
        Path::new("/etc"),
        Path::new("/"),
        Path::new("/no/such/folder"),
        Path::new(""),
        Path::new("Films"),
        &root.join("etc"),
        &root.join("etc/ssl"),
        &root.join("Films/inner"),
        &root.join("Films/../.."),
        Path::new(&sibling),
    ] {
        assert_eq!(add(&mut world, path), not_allowed, "{}", path.display());
        if path != Path::new("") {
            assert_eq!(look(&mut world, path), not_allowed, "{}", path.display());
        }
    }
    fs::remove_dir(sibling).unwrap();
    assert_eq!(world.get("/api/v1/libraries")["libraries"], json!([]));
}

#[test]
fn what_is_no_folder_is_told_and_a_folder_is_taken_once() {
    let mut world = world();
    let root = world.media.path.clone();
    let missing = (422, "path_missing".to_owned());
    for name in ["none", "note.txt", "note.txt/below"] {
        assert_eq!(add(&mut world, &root.join(name)), missing, "{name}");
    }
    assert_eq!(add(&mut world, &root.join("Films/../Films/.")), (201, String::new()));
    let in_use = (422, "path_in_use".to_owned());
    fs::create_dir(root.join("Films/new")).unwrap();
    // The folder itself, one within it, and the one around it.
    for path in [root.join("Films"), root.join("Films/new"), root.clone()] {
        assert_eq!(add(&mut world, &path), in_use, "{}", path.display());
    }
}

#[test]
fn the_picker_shows_folders_from_the_roots_down() {
    let mut world = world();
    let root = world.media.path.canonicalize().unwrap();
    let begin = world.get("/api/v1/folders");
    assert_eq!(begin["roots"], json!([root]));
    let inside = world.get(&format!("/api/v1/folders?path={}", root.display()));
    assert_eq!(inside["path"], json!(root));
    assert_eq!(inside["parent"], json!(null), "nothing above a root is shown");
    let folders = inside["folders"].as_array().unwrap();
    assert_eq!(folders.len(), 1, "files are left out: {folders:?}");
    assert_eq!(folders[0]["name"], "Films");
    let below = world.get(&format!("/api/v1/folders?path={}/Films", root.display()));
    assert_eq!(below["parent"], json!(root));
}
