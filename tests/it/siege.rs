//! A claim while somebody on the network wants it too: guesses all the time, requests from other
//! networks, and addresses that change under a copy of the set-up page.

use std::net::Ipv4Addr;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use stead_store::Store;
use stead_store::accounts::audit;

use crate::harness::{Answer, App, Client, Owner, link_secret_in};
use crate::lan::{BOX_ADDRESS, End, Far, Lan, PATIENCE};
use crate::program::Served;

/// Another machine of the network.
const GUESSER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 66);

fn guess_code(browser: &mut Client, code: &str) -> Answer {
    let proof = json!({ "kind": "code", "code": code });
    browser.post("/api/v1/claim/begin", &json!({ "proof": proof, "browser_time_ms": 0 }))
}

fn guess_link(browser: &mut Client, secret: &str) -> Answer {
    let proof = json!({ "kind": "link", "secret": secret });
    browser.post("/api/v1/claim/begin", &json!({ "proof": proof, "browser_time_ms": 0 }))
}

#[test]
fn a_claim_by_link_succeeds_while_another_machine_guesses_all_the_time() {
    let app = App::start();
    let guesser = app.client().sent_from(GUESSER);
    let (claimed, guesses) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut guesser = guesser.clone();
                while !claimed.load(Ordering::Relaxed) {
                    let code = guess_code(&mut guesser, "BBBB-CCCC").status;
                    let link = guess_link(&mut guesser, "AAAAAAAAAAAAAAAAAAAAAA").status;
                    assert!(matches!(code, 403 | 410 | 429), "{code}");
                    assert!(matches!(link, 403 | 410), "{link}");
                    guesses.fetch_add(2, Ordering::Relaxed);
                }
            });
        }
        // The siege has begun before the owner has.
        let began = Instant::now();
        while guesses.load(Ordering::Relaxed) < 100 {
            assert!(began.elapsed() < PATIENCE, "the guessers guess");
            std::thread::yield_now();
        }
        let owner = scope.spawn(|| Owner::claim(&app)).join();
        claimed.store(true, Ordering::Relaxed);
        let mut owner = owner.expect("the link is never delayed");
        let me = owner.browser.get("/api/v1/me").expect(200).json();
        assert_eq!(me["session"]["assurance"], "mfa");
    });
    assert_eq!(guess_code(&mut guesser.clone(), "BBBB-CCCC").expect(410).code(), "already_claimed");
}

/// How many refusals the audit holds.
fn refusals(app: &App) -> usize {
    let store = Store::open(&app.data).unwrap();
    let log = store.accounts.read(|tx| audit::newest(tx, 100_000)).unwrap();
    log.iter().filter(|(kind, _)| kind.starts_with("claim.") && kind.contains("wrong")).count()
}

#[test]
fn a_flood_of_wrong_proofs_does_not_fill_the_audit() {
    let app = App::start();
    let minutes = 5;
    for _ in 0..minutes {
        for host in 1..=25 {
            let mut guesser = app.client().sent_from(Ipv4Addr::new(127, 0, 1, host));
            guess_link(&mut guesser, "AAAAAAAAAAAAAAAAAAAAAA").expect(403);
            let code = guess_code(&mut guesser, "BBBB-CCCC").status;
            assert!(matches!(code, 403 | 429), "{code}");
        }
        app.clock.advance(60_000);
    }
    let rows = refusals(&app);
    assert!((1..=minutes).contains(&rows), "{rows} rows of {} refusals", minutes * 50);
    Owner::claim(&app);
}

#[test]
fn a_race_that_was_lost_is_in_the_audit_although_others_guess() {
    let app = App::start();
    let link = app.link_secret();
    for _ in 0..3 {
        guess_link(&mut app.client().sent_from(GUESSER), "AAAAAAAAAAAAAAAAAAAAAA").expect(403);
    }
    guess_link(&mut app.client(), &link).expect(200);
    let second = Ipv4Addr::new(127, 0, 0, 77);
    for _ in 0..3 {
        guess_link(&mut app.client().sent_from(second), &link).expect(409);
    }
    let store = Store::open(&app.data).unwrap();
    let log = store.accounts.read(|tx| audit::newest(tx, 100)).unwrap();
    let lost: Vec<_> = log.iter().filter(|(kind, _)| kind == "claim.race_lost").collect();
    assert_eq!(lost.len(), 1, "once a minute: {log:?}");
    let detail: Value = serde_json::from_str(&lost[0].1).unwrap();
    assert_eq!(detail, json!({ "from": "127.0.0.77", "holder": "127.0.0.1" }));
}

#[test]
fn a_flood_of_wrong_proofs_does_not_fill_the_log() {
    let served = Served::start();
    let mut guesser = Client::new(served.http_port);
    for _ in 0..200 {
        guess_link(&mut guesser, "AAAAAAAAAAAAAAAAAAAAAA").expect(403);
    }
    served.signal(Signal::SIGTERM);
    let log = served.ended().complained;
    let lines = log.lines().filter(|line| line.contains("wrong")).count();
    assert!((1..=3).contains(&lines), "{lines} lines: {log}");
}

/// curl somewhere, which believes the box without a look at its certificate.
fn post(mut curl: Command, url: &str, body: &Value, extra: &[&str]) -> Value {
    curl.args(["-sk", "--max-time", "30", "-H", "content-type: application/json", "-d"]);
    let ran = curl.arg(body.to_string()).args(extra).arg(url).output().unwrap();
    assert!(ran.status.success(), "{url}: {}", String::from_utf8_lossy(&ran.stderr));
    serde_json::from_slice(&ran.stdout).unwrap()
}

#[test]
fn a_claim_begins_in_the_boxs_own_network_only() {
    let lan = Lan::new();
    let far = Far::behind(&lan);
    let served = Served::start_on(&lan, tempfile::tempdir().unwrap());
    let begin = format!("https://{BOX_ADDRESS}:{}/api/v1/claim/begin", served.https_port);
    let proof = json!({ "kind": "link", "secret": link_secret_in(&served.data()) });
    let body = json!({ "proof": proof, "browser_time_ms": 1_793_000_000_000_i64 });

    let forged = ["-H", "X-Forwarded-For: 198.51.100.20", "-H", "Forwarded: for=127.0.0.1"];
    for extra in [&[] as &[&str], &forged] {
        let refused = post(far.command("curl"), &begin, &body, extra);
        assert_eq!(refused["code"], "off_link", "{refused}");
        assert_eq!(refused["status"], 403);
        assert!(refused["detail"].as_str().unwrap().contains("network of the box"), "{refused}");
    }
    // Nobody waits for the plug from afar either, nor looks how others stand.
    let plug =
        |what: &str| format!("https://{BOX_ADDRESS}:{}/api/v1/plug/{what}", served.https_port);
    for (url, body) in [(plug("wait"), json!({})), (plug("look"), json!({ "secret": "x" }))] {
        let refused = post(far.command("curl"), &url, &body, &[]);
        assert_eq!(refused["code"], "off_link", "{refused}");
    }
    let waits = post(lan.command(End::Phone, "curl"), &plug("wait"), &json!({}), &[]);
    assert_eq!(waits["state"], "waits", "{waits}");
    let begun = post(lan.command(End::Phone, "curl"), &begin, &body, &[]);
    assert_eq!(begun["step"], "owner", "{begun}");
}

/// Asks the phone's curl until it answers as wanted; the box looks at its addresses now and then.
fn eventually<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let (_never, told) = std::sync::mpsc::channel::<()>();
    for _ in 0..PATIENCE.as_secs() * 2 {
        if let Some(found) = look() {
            return found;
        }
        let _ = told.recv_timeout(std::time::Duration::from_millis(500));
    }
    panic!("it did not come in time");
}

#[test]
fn an_address_that_comes_while_it_waits_for_its_owner_is_followed() {
    let lan = Lan::new();
    let served = Served::start_on(&lan, tempfile::tempdir().unwrap());
    let page = || std::fs::read_to_string(served.data().join("Setup Stead.html")).unwrap();
    let (copy, secret) = (page(), link_secret_in(&served.data()));
    let new = Ipv4Addr::new(198, 51, 100, 123);
    let status = |address: Ipv4Addr, name: &str, trust: &[&str]| {
        let mut curl = lan.command(End::Phone, "curl");
        curl.args(["-s", "--max-time", "5", "-o", "/dev/null", "-w", "%{http_code}"]).args(trust);
        curl.args(["--resolve", &format!("{name}:{}:{address}", served.https_port)]);
        let ran = curl.arg(format!("https://{name}:{}/", served.https_port)).output().unwrap();
        String::from_utf8(ran.stdout).unwrap()
    };
    assert_eq!(status(BOX_ADDRESS, &BOX_ADDRESS.to_string(), &["-k"]), "200");

    lan.add_address(End::Box, new);
    let link = format!("https://{new}:{}/claim#s={secret}", served.https_port);
    eventually(|| page().contains(&link).then_some(()));
    assert_eq!(link_secret_in(&served.data()), secret);
    eventually(|| (status(new, &new.to_string(), &["-k"]) == "200").then_some(()));

    // Nobody relies on the first authority yet, so there is one for both addresses.
    let authority = served.data().join("tls/ca.pem").display().to_string();
    let trusted = ["--cacert", authority.as_str()];
    let name = copy.split("https://").nth(1).unwrap().split(':').next().unwrap();
    assert!(name.ends_with(".local"), "{name}");
    assert_eq!(status(new, &new.to_string(), &trusted), "200");
    assert_eq!(status(new, name, &trusted), "200");
    assert_eq!(status(BOX_ADDRESS, &BOX_ADDRESS.to_string(), &trusted), "200");

    // A copy from before leads in by its first address.
    let old = format!("https://{BOX_ADDRESS}:{}/claim#s={secret}", served.https_port);
    assert!(copy.contains(&old));
    let begin = format!("https://{BOX_ADDRESS}:{}/api/v1/claim/begin", served.https_port);
    let proof = json!({ "kind": "link", "secret": secret });
    let body = json!({ "proof": proof, "browser_time_ms": 0 });
    assert_eq!(post(lan.command(End::Phone, "curl"), &begin, &body, &[])["step"], "owner");

    // A browser relies on it now: it stays, and an address that it cannot cover is told.
    let later = Ipv4Addr::new(198, 51, 100, 124);
    lan.remove_address(End::Box, new);
    lan.add_address(End::Box, later);
    let followed = |page: String| !page.contains(&link) && page.contains(&later.to_string());
    eventually(|| followed(page()).then_some(()));
    served.signal(Signal::SIGTERM);
    let log = served.ended().complained;
    let told = log.lines().find(|line| line.contains("cannot cover")).expect("it is told");
    assert!(told.contains(&later.to_string()), "{told}");
}
