//! Disks sleep: nobody touches the media but a scan, the making of a picture, and a player.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Client, Owner, link_secret_in};
use crate::kills::now_ms;
use crate::media::{Media, STILL};
use crate::program::{PATIENCE, STEAD, Served};
use crate::strace::Strace;

/// Longer than the server's own intervals for what it looks at again and again, but for the
/// hourly ones.
const QUIET: Duration = Duration::from_secs(12);

#[test]
fn nobody_touches_the_media_while_people_only_look_around() {
    let media = Media::new();
    media.make("photos/Still.jpg", STILL);
    let folder = tempfile::tempdir().unwrap();
    let served = start_over(&media.path, folder);
    let secret = link_secret_in(&served.data());
    let mut owner = Owner::almost_in(Client::new(served.http_port), &secret, now_ms());
    owner.finish().expect(200);
    let mut browser = owner.browser;
    let photos = media.path.join("photos");
    let body = json!({ "name": "Photos", "kind": "photos", "path": photos });
    let library = browser.post("/api/v1/libraries", &body).expect(201).json();
    let library = library["library"]["id"].as_str().unwrap().to_owned();
    let photo = until(|| first_photo(&mut browser, &library));
    let image = format!("/api/v1/items/{photo}/image");
    until(|| (browser.get(&image).status == 200).then_some(()));
    until(|| is_idle(&mut browser).then_some(()));

    let trace = served.folder.path().join("trace");
    let arguments = ["-e", "trace=%file,getdents64", "-s", "4096", "-o", trace.to_str().unwrap()];
    let strace = Strace::attach(&served, &arguments);
    let item = format!("/api/v1/items/{photo}");
    let items = format!("/api/v1/items?library={library}&kind=photo");
    for path in
        ["/api/v1/home", &items, &item, &image, "/api/v1/search?q=still", "/api/v1/libraries"]
            .into_iter()
            .chain(["/api/v1/settings", "/api/v1/health", "/metrics", "/"])
    {
        browser.get(path).expect(200);
    }
    std::thread::sleep(QUIET);
    let touched = |needles: [&str; 2]| {
        let lines = fs::read_to_string(&trace).unwrap();
        assert!(lines.contains("/thumbs/"), "the trace hears: {lines}");
        let lines = lines.lines().filter(|line| needles.iter().any(|needle| line.contains(needle)));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let media_names = [media.path.to_str().unwrap(), "Still"];
    assert_eq!(touched(media_names), [""; 0]);
    // The trace does hear: a scan touches them.
    browser.post(&format!("/api/v1/libraries/{library}/scan"), &json!({})).expect(202);
    until(|| (!touched(media_names).is_empty()).then_some(()));
    drop(strace);
}

fn start_over(media: &Path, folder: tempfile::TempDir) -> Served {
    let mut command = Command::new(STEAD);
    command.arg("serve").arg("--media").arg(media);
    Served::start_command(folder, command, |_| {})
}

fn first_photo(browser: &mut Client, library: &str) -> Option<String> {
    let page =
        browser.get(&format!("/api/v1/items?library={library}&kind=photo")).expect(200).json();
    page["items"][0]["id"].as_str().map(str::to_owned)
}

fn is_idle(browser: &mut Client) -> bool {
    let libraries = browser.get("/api/v1/libraries").expect(200).json();
    let mut scans = libraries["libraries"].as_array().unwrap().iter().map(|l| &l["scan"]["state"]);
    scans.all(|state: &Value| state == "idle")
}

/// Asks until there is an answer.
fn until<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    let step = Duration::from_millis(50);
    let tries = PATIENCE.as_millis() / step.as_millis();
    (0..tries)
        .find_map(|_| {
            let answer = ask();
            if answer.is_none() {
                std::thread::sleep(step);
            }
            answer
        })
        .expect("it comes in time")
}
