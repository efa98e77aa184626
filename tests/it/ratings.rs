//! Age ratings: read from what lies beside a film and in it, decided by hand, and up to which age
//! somebody sees titles. What is above an age is hidden as a library is that is not shared.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use serde_json::{Value, json};
use stead_rules::ids::{ProfileId, SessionId, UserId};
use stead_rules::time::WallMs;
use stead_store::Store;
use stead_store::accounts::profiles::{self, Profile};
use stead_store::accounts::{audit, libraries};

use crate::harness::{Client, in_accounts, in_index};
use crate::library::{Events, World, picture};
use crate::media::{FILM, Media, STILL};
use crate::stream::Cinema;
use crate::visibility::{Dice, Shelf, all_rows, is_in_no_answer, link_in, member};

/// A server with these files, all of one film but each its own, and what is written beside them.
fn world(films: &[&str], beside: &[(&str, &str)]) -> World {
    let media = Media::new();
    let source = media.make("source.mp4", FILM);
    for (number, name) in films.iter().enumerate() {
        let mut bytes = fs::read(&source).unwrap();
        bytes.extend_from_slice(&[0, 0, 0, 12, b'f', b'r', b'e', b'e', 0, 0, 0]);
        bytes.push(u8::try_from(number).unwrap());
        fs::write(media.at(name), bytes).unwrap();
    }
    for (name, text) in beside {
        media.write(name, text.as_bytes());
    }
    World::new(media)
}

fn nfo(root: &str, certificate: &str) -> String {
    format!("<{root}><title>x</title><mpaa>{certificate}</mpaa></{root}>")
}

/// What is told of the rating of each title of a kind: age and who says so.
fn ratings(world: &mut World, library: &str, kind: &str) -> BTreeMap<String, (u64, String)> {
    let page = world.get(&format!("/api/v1/items?library={library}&kind={kind}"));
    let items = page["items"].as_array().unwrap().clone();
    let rated = items.iter().filter_map(|item| {
        let told = world.get(&format!("/api/v1/items/{}", item["id"].as_str().unwrap()));
        let rating = told.get("rating")?;
        let by = rating["by"].as_str().unwrap().to_owned();
        Some((item["title"].as_str().unwrap().to_owned(), (rating["age"].as_u64().unwrap(), by)))
    });
    rated.collect()
}

fn expected(rated: &[(&str, u64, &str)]) -> BTreeMap<String, (u64, String)> {
    rated.iter().map(|(title, age, by)| ((*title).to_owned(), (*age, (*by).to_owned()))).collect()
}

fn rate(world: &mut World, item: &str, age: Value) {
    let path = format!("/api/v1/items/{item}/rating");
    world.browser.post(&path, &json!({ "age": age })).expect(204);
}

#[test]
fn ratings_are_read_from_beside_films_and_again_when_they_change() {
    let mut world = world(
        &[
            "films/Own (2001)/Own (2001).mp4",
            "films/Folder (2002)/Folder (2002).mp4",
            "films/Both (2003)/Both (2003).mp4",
            "films/None (2004)/None (2004).mp4",
            "films/Odd (2005)/Odd (2005).mp4",
            "series/Show/Season 1/Show S01E01 Plain.mp4",
            "series/Show/Season 1/Show S01E02 Own.mp4",
            "series/Other/Other S01E01 Alone.mp4",
        ],
        &[
            ("films/Own (2001)/Own (2001).nfo", &nfo("movie", "Rated PG-13")),
            ("films/Folder (2002)/movie.nfo", &nfo("movie", "FSK 16")),
            ("films/Both (2003)/Both (2003).nfo", &nfo("movie", "R")),
            ("films/Both (2003)/movie.nfo", &nfo("movie", "G")),
            ("films/Odd (2005)/Odd (2005).nfo", "no XML at all"),
            ("series/Show/tvshow.nfo", &nfo("tvshow", "TV-14")),
            ("series/Show/Season 1/Show S01E02 Own.nfo", &nfo("episodedetails", "TV-MA")),
        ],
    );
    let films = world.add("Films", "films", "films");
    let series = world.add("Series", "series", "series");
    let first = [("Own", 13, "file"), ("Folder", 16, "file"), ("Both", 17, "file")];
    assert_eq!(ratings(&mut world, &films, "film"), expected(&first));
    let episodes = [("Plain", 14, "file"), ("Own", 17, "file")];
    assert_eq!(ratings(&mut world, &series, "episode"), expected(&episodes));
    assert_eq!(ratings(&mut world, &series, "series"), expected(&[("Show", 17, "file")]));
    // One changes, one goes, one comes; none of the films does.
    world.media.write("films/Own (2001)/Own (2001).nfo", nfo("movie", "18").as_bytes());
    fs::remove_file(world.media.at("films/Folder (2002)/movie.nfo")).unwrap();
    world.media.write("films/None (2004)/None (2004).nfo", nfo("movie", "DE:6").as_bytes());
    world.scan(&films);
    let now = [("Own", 18, "file"), ("Both", 17, "file"), ("None", 6, "file")];
    assert_eq!(ratings(&mut world, &films, "film"), expected(&now));
    // That of a show lies in a folder above.
    world.media.write("series/Show/tvshow.nfo", nfo("tvshow", "TV-Y7").as_bytes());
    world.scan(&series);
    let episodes = [("Plain", 7, "file"), ("Own", 17, "file")];
    assert_eq!(ratings(&mut world, &series, "episode"), expected(&episodes));
    // With nothing changed none is opened. (Films may be: their pictures are made.)
    let watch = world.media.watch();
    for library in [&films, &series] {
        world.scan(library);
    }
    let opened = watch.opened();
    assert!(opened.iter().all(|name| !name.ends_with(".nfo")), "{opened:?}");
}

#[test]
fn what_was_read_before_there_were_ratings_is_read_again() {
    let mut world = world(
        &["films/Own (2001)/Own (2001).mp4"],
        &[("films/Own (2001)/Own (2001).nfo", &nfo("movie", "FSK 16"))],
    );
    let films = world.add("Films", "films", "films");
    let before = world.first(&films, "film");
    // As an older version left it, and what the migration does about that.
    in_index(&world.app, "UPDATE item SET age_rating = NULL");
    in_index(&world.app, "UPDATE file SET age = NULL, described = 0");
    let migration = include_str!("../../crates/store/migrations/library/V4__age_ratings.sql");
    let again = migration.split(';').map(str::trim).filter(|one| one.contains("UPDATE "));
    for statement in again {
        in_index(&world.app, &statement[statement.find("UPDATE ").unwrap()..]);
    }
    let mut world = world.restart();
    for _ in 0..500 {
        if !ratings(&mut world, &films, "film").is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(ratings(&mut world, &films, "film"), expected(&[("Own", 16, "file")]));
    assert_eq!(world.first(&films, "film")["id"], before["id"]);
    assert_eq!(world.first(&films, "film")["added_ms"], before["added_ms"]);
}

#[test]
fn a_rating_by_hand_goes_before_the_file_and_survives_scans_and_moves() {
    let mut world = world(
        &[
            "films/Old name (2001)/Old name (2001).mp4",
            "films/Old name (2001)/Old name (2001) - 4K.mp4",
            "series/Show/Season 1/Show S01E01 One.mp4",
            "series/Show/Season 1/Show S01E02 Two.mp4",
        ],
        &[("films/Old name (2001)/movie.nfo", &nfo("movie", "12"))],
    );
    let films = world.add("Films", "films", "films");
    let series = world.add("Series", "series", "series");
    let id = |item: &Value| item["id"].as_str().unwrap().to_owned();
    let film = id(&world.first(&films, "film"));
    let path = format!("/api/v1/items/{film}/rating");
    for (body, code) in [(json!({ "age": 22 }), "age_invalid"), (json!({}), "bad_json")] {
        let answer = world.browser.post(&path, &body);
        assert!(answer.status == 422 || answer.status == 400, "{}", answer.status);
        assert!(answer.status == 400 || answer.code() == code, "{}", answer.code());
    }
    rate(&mut world, &film, json!(18));
    let by_hand = expected(&[("Old name", 18, "hand")]);
    assert_eq!(ratings(&mut world, &films, "film"), by_hand);
    world.scan(&films);
    assert_eq!(ratings(&mut world, &films, "film"), by_hand);
    // Another name is another item: both versions leave the first, one by one.
    let folder = |name: &str| world.media.path.join(format!("films/{name}"));
    let (old, new) = (folder("Old name (2001)"), folder("New name (2001)"));
    fs::rename(&old, &new).unwrap();
    for version in ["", " - 4K"] {
        let name = |base: &str| new.join(format!("{base} (2001){version}.mp4"));
        fs::rename(name("Old name"), name("New name")).unwrap();
    }
    world.scan(&films);
    assert_eq!(ratings(&mut world, &films, "film"), expected(&[("New name", 18, "hand")]));
    let film = id(&world.first(&films, "film"));
    rate(&mut world, &film, json!(null));
    assert_eq!(ratings(&mut world, &films, "film"), expected(&[("New name", 12, "file")]));
    // Of a series it holds for the episodes, and goes with them to another.
    let show = id(&world.first(&series, "series"));
    rate(&mut world, &show, json!(16));
    let whole = expected(&[("One", 16, "whole"), ("Two", 16, "whole")]);
    assert_eq!(ratings(&mut world, &series, "episode"), whole);
    let episode = id(&world.first(&series, "episode"));
    rate(&mut world, &episode, json!(6));
    let season = world.media.path.join("series/Show/Season 1");
    for (from, to) in
        [("Show S01E01 One", "Night S01E01 One"), ("Show S01E02 Two", "Night S01E02 Two")]
    {
        let at = |name: &str| season.join(format!("{name}.mp4"));
        fs::rename(at(from), at(to)).unwrap();
    }
    fs::rename(world.media.path.join("series/Show"), world.media.path.join("series/Night"))
        .unwrap();
    world.scan(&series);
    assert_eq!(world.titles(&series, "series"), ["Night"]);
    let kept = expected(&[("One", 6, "hand"), ("Two", 16, "hand")]);
    assert_eq!(ratings(&mut world, &series, "episode"), kept);
    let store = Store::open(&world.app.data).unwrap();
    let log = store.accounts.read(|tx| audit::newest(tx, 100)).unwrap();
    assert_eq!(log.iter().filter(|(kind, _)| kind == "library.rated").count(), 4);
}

#[test]
fn what_was_decided_outlives_an_index_that_is_lost() {
    let mut world = world(
        &["films/Night (2001)/Night (2001).mp4", "series/Show/Season 1/Show S01E01 One.mp4"],
        &[],
    );
    let films = world.add("Films", "films", "films");
    let series = world.add("Series", "series", "series");
    for (library, kind, age) in [(&films, "film", 16), (&series, "series", 12)] {
        let item = world.first(library, kind)["id"].as_str().unwrap().to_owned();
        rate(&mut world, &item, json!(age));
    }
    world.app.stop();
    for name in ["library.db", "library.db-wal", "library.db-shm"] {
        drop(fs::remove_file(world.app.data.join(name)));
    }
    let mut world = world.restart();
    for library in [&films, &series] {
        world.scan(library);
    }
    assert_eq!(ratings(&mut world, &films, "film"), expected(&[("Night", 16, "hand")]));
    assert_eq!(ratings(&mut world, &series, "series"), expected(&[("Show", 12, "hand")]));
    assert_eq!(ratings(&mut world, &series, "episode"), expected(&[("One", 12, "whole")]));
}

#[test]
fn limits_are_set_by_whoever_guards_and_of_a_profile_by_its_person() {
    let mut cinema = Cinema::new(FILM);
    let (sam, mut sams) = member(&cinema.world.app, 1);
    let (_, mut kims) = member(&cinema.world.app, 2);
    let owner = &mut cinema.world.browser;
    let limit = json!({ "max_age": 12, "hide_unrated": false });
    let of = |user: &str| format!("/api/v1/people/{user}/limit");
    assert_eq!(sams.post(&of(&sam), &limit).expect(403).code(), "not_your_role");
    owner.post(&of(&sam), &limit).expect(204);
    let people = owner.get("/api/v1/people").expect(200).json();
    let people = people["people"].as_array().unwrap();
    let found = people.iter().find(|one| one["id"] == sam.as_str()).unwrap();
    assert_eq!(found["limit"], limit);
    // Unsaid, what nobody rated is hidden.
    owner.post(&of(&sam), &json!({ "max_age": 6 })).expect(204);
    let told = owner.get("/api/v1/people").expect(200).text();
    assert!(told.contains(r#""limit":{"max_age":6,"hide_unrated":true}"#), "{told}");
    let me = people.iter().find(|one| one["role"] == "owner").unwrap()["id"].as_str().unwrap();
    assert_eq!(owner.post(&of(me), &limit).expect(409).code(), "limit_for_members");
    let nobody = of(&"00".repeat(16));
    assert_eq!(owner.post(&nobody, &limit).expect(404).code(), "not_found");
    for wrong in [
        json!({ "max_age": 22 }),
        json!({ "max_age": -1 }),
        json!({}),
        json!({ "hide_unrated": true }),
    ] {
        let status = owner.post(&of(&sam), &wrong).status;
        assert!(matches!(status, 400 | 422), "{wrong}: {status}");
    }
    // A profile is limited by its person and by the owner, and by nobody else.
    let store = Store::open(&cinema.world.app.data).unwrap();
    let profile = profile(&store, &sam, 1);
    let own = format!("/api/v1/profiles/{profile}/limit");
    let anybodys = format!("/api/v1/people/profiles/{profile}/limit");
    sams.post(&own, &limit).expect(204);
    assert!(sams.get("/api/v1/profiles").expect(200).text().contains(r#""max_age":12"#));
    assert_eq!(kims.post(&own, &limit).expect(404).code(), "not_found");
    assert_eq!(kims.post(&anybodys, &limit).expect(403).code(), "not_your_role");
    owner.post(&anybodys, &json!({ "max_age": null })).expect(204);
    assert!(!sams.get("/api/v1/profiles").expect(200).text().contains("max_age"));
    // By a profile nobody changes it.
    let session = SessionId::from_bytes([0x41; 16]);
    store.accounts.write(|tx| profiles::look_by(tx, session, Some(profile))).unwrap();
    assert_eq!(sams.post(&own, &limit).expect(403).code(), "in_profile");
    let log = store.accounts.read(|tx| audit::newest(tx, 100)).unwrap();
    let kinds: Vec<_> = log.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "people.limited").count(), 2, "{kinds:?}");
    assert_eq!(kinds.iter().filter(|kind| **kind == "profile.limited").count(), 2, "{kinds:?}");
}

fn profile(store: &Store, user: &str, number: u8) -> ProfileId {
    let user: UserId = user.parse().unwrap();
    let id = ProfileId::from_bytes([0x80 + number; 16]);
    let name = format!("Profile {number}");
    let profile = Profile { id, name: name.clone(), pin_hash: None, misses: 0, limit: None };
    assert!(
        store.accounts.write(|tx| profiles::add(tx, user, &profile, &name, WallMs(0))).unwrap()
    );
    id
}

/// A stream that runs is looked at again when a limit is set.
#[test]
fn a_limit_ends_links_and_counts_of_what_it_hides_at_once() {
    let mut cinema = Cinema::new(FILM);
    let (film, library) = (cinema.film.clone(), cinema.world.get("/api/v1/libraries"));
    let library = library["libraries"][0]["id"].as_str().unwrap().to_owned();
    let (sam, mut browser) = member(&cinema.world.app, 1);
    let store = Store::open(&cinema.world.app.data).unwrap();
    let share = |tx: &stead_store::WriteTx<'_, stead_store::Accounts>| {
        libraries::share(tx, library.parse().unwrap(), sam.parse().unwrap(), WallMs(0))
    };
    store.accounts.write(share).unwrap();
    let item = format!("/api/v1/items/{film}");
    let play = browser.post(&format!("{item}/play"), &json!({})).expect(200).json();
    let link = link_in(&play);
    let mut player = cinema.world.app.client();
    player.get(&link).expect(200);
    let limit = format!("/api/v1/people/{sam}/limit");
    cinema.world.browser.post(&limit, &json!({ "max_age": 12 })).expect(204);
    // Nobody rated it.
    assert_eq!(browser.get(&item).expect(404).code(), "not_found");
    assert!(player.get(&link).status >= 400);
    let counted = |browser: &mut Client| {
        browser.get("/api/v1/libraries").expect(200).json()["libraries"][0]["items"].clone()
    };
    assert_eq!(counted(&mut browser), 0);
    // Nor is told how much is read of what, in lists and as it happens.
    let scan =
        |told: &Value| ["files_seen", "files_done", "current"].map(|name| told.get(name).cloned());
    let nothing = [Some(json!(0)), Some(json!(0)), None];
    let told = browser.get("/api/v1/libraries").expect(200).json();
    assert_eq!(scan(&told["libraries"][0]["scan"]), nothing);
    let cookie = "stead-loopback=a-token-of-member-1";
    let events = Events::listen_by(cookie, cinema.world.app.http_port);
    cinema.world.scan(&library);
    assert_eq!(scan(&events.until_scanned(&library)), nothing);
    rate(&mut cinema.world, &film, json!(12));
    assert_eq!(counted(&mut browser), 1);
    browser.get(&item).expect(200);
    rate(&mut cinema.world, &film, json!(13));
    browser.get(&item).expect(404);
    // Who tends sees everything, and is limited again when they tend no more.
    in_accounts(
        &cinema.world.app,
        "UPDATE user SET role = 'administrator' WHERE name = 'Member 1'",
    );
    browser.get(&item).expect(200);
    in_accounts(&cinema.world.app, "UPDATE user SET role = 'member' WHERE name = 'Member 1'");
    browser.get(&item).expect(404);
    cinema.world.browser.post(&limit, &json!({ "max_age": null })).expect(204);
    browser.get(&item).expect(200);
}

/// Who looks by a child's profile by now is told no more than that, by what they opened before, too.
#[test]
fn whoever_listens_is_told_what_is_for_the_profile_that_they_look_by_now() {
    let mut cinema = Cinema::new(FILM);
    let library = cinema.world.get("/api/v1/libraries");
    let library = library["libraries"][0]["id"].as_str().unwrap().to_owned();
    let (sam, mut sams) = member(&cinema.world.app, 1);
    let store = Store::open(&cinema.world.app.data).unwrap();
    let share = |tx: &stead_store::WriteTx<'_, stead_store::Accounts>| {
        libraries::share(tx, library.parse().unwrap(), sam.parse().unwrap(), WallMs(0))
    };
    store.accounts.write(share).unwrap();
    let profile = profile(&store, &sam, 1);
    let limit = json!({ "max_age": 12 });
    sams.post(&format!("/api/v1/profiles/{profile}/limit"), &limit).expect(204);
    let cookie = "stead-loopback=a-token-of-member-1";
    let mut events = Events::listen_by(cookie, cinema.world.app.http_port);
    let counted = |told: &Value| told["files_seen"].as_u64() > Some(0);
    cinema.world.scan(&library);
    assert!(
        events.scanned(&library).last().is_some_and(counted),
        "by their own eyes they are told"
    );
    let session = SessionId::from_bytes([0x41; 16]);
    store.accounts.write(|tx| profiles::look_by(tx, session, Some(profile))).unwrap();
    cinema.world.scan(&library);
    let told = events.scanned(&library);
    assert!(!told.last().is_some_and(counted), "{told:?}");
}

/// A series without artwork is pictured by a frame of its first episode. Whoever does not see that
/// episode does not see the frame; artwork is of the series, and shown to all who see that.
#[test]
fn a_picture_made_of_what_is_hidden_is_hidden_and_artwork_is_not() {
    let mut world = world(
        &[
            "series/Bare/Season 1/Bare S01E01 Night.mp4",
            "series/Bare/Season 1/Bare S01E02 Day.mp4",
            "series/Drawn/Season 1/Drawn S01E01 Night.mp4",
            "series/Drawn/Season 1/Drawn S01E02 Day.mp4",
        ],
        &[
            ("series/Bare/Season 1/Bare S01E01 Night.nfo", &nfo("episodedetails", "18")),
            ("series/Bare/Season 1/Bare S01E02 Day.nfo", &nfo("episodedetails", "6")),
            ("series/Drawn/Season 1/Drawn S01E01 Night.nfo", &nfo("episodedetails", "18")),
            ("series/Drawn/Season 1/Drawn S01E02 Day.nfo", &nfo("episodedetails", "6")),
        ],
    );
    let poster = world.media.make("poster.jpg", STILL);
    for place in ["series/Drawn/poster.jpg", "series/Drawn/Season 1/poster.jpg"] {
        fs::copy(&poster, world.media.at(place)).unwrap();
    }
    let library = world.add("Series", "series", "series");
    let (sam, mut browser) = member(&world.app, 1);
    let store = Store::open(&world.app.data).unwrap();
    let share = |tx: &stead_store::WriteTx<'_, stead_store::Accounts>| {
        libraries::share(tx, library.parse().unwrap(), sam.parse().unwrap(), WallMs(0))
    };
    store.accounts.write(share).unwrap();
    let limit = format!("/api/v1/people/{sam}/limit");
    let pictures = |browser: &mut Client, kind: &str| -> BTreeMap<String, (bool, u16, u16)> {
        let page = browser.get(&format!("/api/v1/items?library={library}&kind={kind}"));
        let items = page.expect(200).json()["items"].as_array().unwrap().clone();
        let title =
            |item: &Value| item[if kind == "season" { "subtitle" } else { "title" }].clone();
        let mut of = |item: &Value, size| {
            let id = item["id"].as_str().unwrap();
            picture(browser, &format!("/api/v1/items/{id}/image?size={size}")).status
        };
        let mut all = BTreeMap::new();
        for item in items {
            let (small, large) = (of(&item, "small"), of(&item, "large"));
            let told = title(&item).as_str().unwrap().to_owned();
            all.insert(told, (item["image"] == true, small, large));
        }
        all
    };
    let drawn = |bare: (bool, u16, u16)| {
        BTreeMap::from([("Bare".to_owned(), bare), ("Drawn".to_owned(), (true, 200, 200))])
    };
    for kind in ["series", "season"] {
        // Until the first look asks for it, a picture may wait to be made.
        pictures(&mut world.browser, kind);
        assert_eq!(pictures(&mut world.browser, kind), drawn((true, 200, 200)), "{kind}");
        assert_eq!(pictures(&mut browser, kind), drawn((true, 200, 200)), "{kind} without limit");
        world.browser.post(&limit, &json!({ "max_age": 12 })).expect(204);
        assert_eq!(pictures(&mut browser, kind), drawn((false, 404, 404)), "{kind} up to 12");
        world.browser.post(&limit, &json!({ "max_age": 18 })).expect(204);
        assert_eq!(pictures(&mut browser, kind), drawn((true, 200, 200)), "{kind} up to 18");
        world.browser.post(&limit, &json!({ "max_age": null })).expect(204);
    }
    // The day's own picture is its own.
    world.browser.post(&limit, &json!({ "max_age": 12 })).expect(204);
    let episodes = pictures(&mut browser, "episode");
    assert_eq!(episodes, BTreeMap::from([("Day".to_owned(), (true, 200, 200))]));
}

/// A title of the house below: its word, where it lies, and for whom it is.
const TITLES: [(&str, &str, Option<u8>); 8] = [
    ("Quokka", "films/Quokka (2001)/Quokka (2001)", Some(6)),
    ("Axolotl", "films/Axolotl (2001)/Axolotl (2001)", Some(12)),
    ("Pangolin", "films/Pangolin (2001)/Pangolin (2001)", Some(16)),
    ("Okapi", "films/Okapi (2001)/Okapi (2001)", None),
    ("Wombat", "series/Zorilla/Season 1/Zorilla S01E01 Wombat", Some(6)),
    ("Numbat", "series/Zorilla/Season 1/Zorilla S01E02 Numbat", Some(18)),
    ("Dugong", "series/Dugong/Season 1/Dugong S01E01 Dugong", Some(16)),
    ("Kudu", "series/Kudu/Season 1/Kudu S01E01 Kudu", None),
];
const LIMITS: [Option<u8>; 6] = [None, Some(0), Some(6), Some(12), Some(16), Some(18)];
const MEMBERS: u8 = 3;
const ROUNDS: usize = 3;

/// A limit as the dice have it.
fn thrown(dice: &mut Dice) -> (Option<u8>, bool) {
    let up_to = LIMITS.iter().find(|_| dice.one_in(4)).copied().unwrap_or(Some(12));
    (up_to, dice.one_in(2))
}

/// What the rule says, in words of its own.
fn shows((up_to, hides_unrated): (Option<u8>, bool), age: Option<u8>) -> bool {
    match (up_to, age) {
        (None, _) => true,
        (Some(up_to), Some(age)) => age <= up_to,
        (Some(_), None) => !hides_unrated,
    }
}

fn shelves(world: &mut World, libraries: &[String; 2]) -> Vec<Shelf> {
    let mut shelves = Vec::new();
    for (word, path, _) in TITLES {
        let library = &libraries[usize::from(path.starts_with("series"))];
        let kinds = ["film", "series", "season", "episode"];
        let mut items = Vec::new();
        for kind in kinds {
            let page = world.get(&format!("/api/v1/items?library={library}&kind={kind}"));
            let found = page["items"].as_array().unwrap().iter();
            let of_it = found.filter(|item| {
                item["title"] == word || (kind == "season" && item["subtitle"] == word)
            });
            items.extend(of_it.map(|item| item["id"].as_str().unwrap().to_owned()));
        }
        let playable = items.last().expect(word).clone();
        let library = Some(library.clone());
        shelves.push(Shelf { id: items[0].clone(), library, word, items, playable });
    }
    shelves
}

#[test]
fn what_is_above_an_age_is_in_no_body_of_any_row() {
    let files: Vec<_> = TITLES.iter().map(|(_, path, _)| format!("{path}.mp4")).collect();
    let rated: Vec<_> = TITLES
        .iter()
        .filter_map(|(_, path, age)| {
            age.map(|age| (format!("{path}.nfo"), nfo("movie", &age.to_string())))
        })
        .collect();
    let files: Vec<_> = files.iter().map(String::as_str).collect();
    let beside: Vec<_> = rated.iter().map(|(at, text)| (at.as_str(), text.as_str())).collect();
    let mut world = world(&files, &beside);
    let libraries = [world.add("Films", "films", "films"), world.add("Series", "series", "series")];
    let shelves = shelves(&mut world, &libraries);
    let store = Store::open(&world.app.data).unwrap();
    let members: Vec<_> = (0..MEMBERS).map(|number| member(&world.app, number)).collect();
    for (user, _) in &members {
        for library in &libraries {
            let (library, user) = (library.parse().unwrap(), user.parse().unwrap());
            store.accounts.write(|tx| libraries::share(tx, library, user, WallMs(0))).unwrap();
        }
    }
    let children: Vec<_> =
        (0..MEMBERS).zip(&members).map(|(n, (user, _))| profile(&store, user, n)).collect();
    let (rows, mut dice) = (all_rows(), Dice(0x5EED_0002));
    let mut links: Vec<BTreeMap<&str, String>> = vec![BTreeMap::new(); members.len()];
    let (mut hidden, mut seen) = (0, 0);
    for round in 0..ROUNDS {
        // What nobody rated is sometimes rated by hand.
        let okapi = [None, Some(0), Some(18)][round % 3];
        rate(&mut world, &shelves[3].playable, json!(okapi));
        let dugong = [None, Some(6), None][round % 3];
        rate(&mut world, &shelves[6].id, json!(dugong));
        for (number, (user, browser)) in members.iter().enumerate() {
            let mut browser = browser.clone();
            let own = (thrown(&mut dice), thrown(&mut dice));
            for (path, (up_to, hides_unrated)) in [
                (format!("/api/v1/people/{user}/limit"), own.0),
                (format!("/api/v1/people/profiles/{}/limit", children[number]), own.1),
            ] {
                let body = json!({ "max_age": up_to, "hide_unrated": hides_unrated });
                world.browser.post(&path, &body).expect(204);
            }
            for by in [None, Some(children[number])] {
                let session = SessionId::from_bytes([0x40 + u8::try_from(number).unwrap(); 16]);
                store.accounts.write(|tx| profiles::look_by(tx, session, by)).unwrap();
                let who = format!("round {round}, {user} by {by:?}, limits {own:?}");
                let mut counted = [0, 0];
                for ((word, path, age), shelf) in TITLES.iter().zip(&shelves) {
                    let age = match *word {
                        "Okapi" => okapi.or(*age),
                        "Dugong" => dugong.or(*age),
                        _ => *age,
                    };
                    let is_seen = shows(own.0, age) && (by.is_none() || shows(own.1, age));
                    if is_seen {
                        seen += 1;
                        counted[usize::from(path.starts_with("series"))] += 1;
                        let found = browser.get(&format!("/api/v1/search?q={word}")).json();
                        assert!(!found["items"].as_array().unwrap().is_empty(), "{who}: {word}");
                        let play = format!("/api/v1/items/{}/play", shelf.playable);
                        let told = browser.post(&play, &json!({})).expect(200).json();
                        links[number].insert(*word, link_in(&told));
                        continue;
                    }
                    hidden += 1;
                    let link = links[number].get(word);
                    is_in_no_answer(&mut browser, &rows, shelf, link, (round, &who));
                }
                let told = browser.get("/api/v1/libraries").expect(200).json();
                let told: Vec<_> = ["Films", "Series"]
                    .iter()
                    .map(|name| {
                        let mut all = told["libraries"].as_array().unwrap().iter();
                        all.find(|one| one["name"] == *name).unwrap()["items"].as_u64().unwrap()
                    })
                    .collect();
                assert_eq!(told, counted, "{who}");
            }
        }
    }
    assert!(hidden > 20 && seen > 20, "{hidden} hidden, {seen} seen");
}
