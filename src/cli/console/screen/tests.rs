use super::*;
use crate::host::last_words;

fn links() -> Vec<String> {
    [
        "https://192.168.178.123/claim#s=abcdefghijklmnopqrstuvwxyz",
        "https://stead-ab12.local/claim#s=abcdefghijklmnopqrstuvwxyz",
        "https://[2001:db8:1234:5678:9abc:def0:1234:5678]/claim#s=abcdefghijklmnopqrstuvwxyz",
        "https://localhost/claim#s=abcdefghijklmnopqrstuvwxyz",
    ]
    .map(str::to_owned)
    .to_vec()
}

fn waits(links: Vec<String>, code: Option<&str>, again: bool) -> Seen {
    let addresses = vec!["192.168.178.123".parse().unwrap()];
    Seen::Waiting { links, code: code.map(str::to_owned), again, health: None, addresses }
}

fn health(ailing: &[&str]) -> Option<Health> {
    let checks: Vec<_> =
        ailing.iter().map(|name| serde_json::json!({ "name": name, "ok": false })).collect();
    serde_json::from_value(serde_json::json!({ "status": "degraded", "checks": checks })).unwrap()
}

fn server(state: &str, reason: Option<&str>) -> Server {
    serde_json::from_value(serde_json::json!({
        "name": "Attic", "host_name": "stead-ab12.local", "version": "0.1.0", "state": state,
        "claimed": state == "claimed", "kind": "server", "reason": reason,
    }))
    .unwrap()
}

#[test]
fn how_to_claim_fits_a_screen_of_the_least_size() {
    for ground in [qr::Ground::Coloured, qr::Ground::Dark] {
        let text = screen(&waits(links(), Some("BCDF-GHJK"), false), ground);
        for line in text.lines() {
            assert!(visible(line) <= COLUMNS, "{}: {line}", visible(line));
        }
        assert!(text.lines().count() <= ROWS, "{}", text.lines().count());
        for told in [
            "has no owner yet",
            "https://192.168.178.123/",
            "https://stead-ab12.local/",
            "BCDF-GHJK",
        ] {
            assert!(text.contains(told), "{told}");
        }
        assert!(!text.contains("localhost"), "of no use to a phone");
        assert!(!text.contains("abcdefgh"), "nobody types the secret");
    }
}

#[test]
fn a_code_to_scan_that_is_too_wide_stands_above_the_words() {
    let long = format!("https://{}.example.net/claim#s={}", "a".repeat(60), "b".repeat(60));
    let text = screen(&waits(vec![long], None, true), qr::Ground::Dark);
    assert!(text.contains("waits for its new owner"));
    assert!(text.lines().all(|line| visible(line) <= COLUMNS));
}

#[test]
fn whoever_waits_for_an_owner_says_what_is_wrong_and_the_code_can_be_scanned() {
    let waiting = |ailing: &[&str], addresses: Vec<IpAddr>| Seen::Waiting {
        links: links(),
        code: Some("BCDF-GHJK".into()),
        again: false,
        health: health(ailing),
        addresses,
    };
    let up = vec!["192.168.178.123".parse().unwrap()];
    let well = screen(&waiting(&[], up.clone()), qr::Ground::Dark);
    assert!(!well.contains("No network") && !well.contains("not well"), "{well}");
    let alone = screen(&waiting(&["card"], Vec::new()), qr::Ground::Dark);
    assert!(alone.contains("No network") && alone.contains("card is not well"), "{alone}");
    let all = ["own_config", "card", "boot_order", "data_folder", "disk"];
    let crowded = screen(&waiting(&all, up), qr::Ground::Dark);
    assert!(crowded.contains("own_config is not well"), "{crowded}");
    for text in [&well, &alone, &crowded] {
        assert!(text.lines().all(|line| visible(line) <= COLUMNS), "{text}");
        assert!(text.lines().count() <= ROWS, "{text}");
        assert!(text.starts_with(well.lines().next().unwrap()), "{text}");
    }
}

#[test]
fn a_server_with_its_owner_shows_where_it_is_and_no_way_to_claim() {
    let addresses = vec!["192.0.2.7".parse().unwrap(), "2001:db8::1".parse().unwrap()];
    let health = serde_json::json!({ "status": "degraded", "checks": [
        { "name": "disk", "ok": false }, { "name": "card", "ok": false },
        { "name": "database", "ok": true }] });
    let running = Seen::Running {
        server: server("claimed", None),
        health: serde_json::from_value(health).unwrap(),
        addresses,
        port: 443,
    };
    let text = screen(&running, qr::Ground::Dark);
    for told in [
        "Attic, Stead 0.1.0",
        "https://stead-ab12.local/",
        "https://192.0.2.7/",
        "https://[2001:db8::1]/",
        "state     claimed",
        "disk is not well",
        "card is not well",
        "stead.txt cannot be read or written",
    ] {
        assert!(text.contains(told), "{told} in {text}");
    }
    assert!(!text.contains("database") && !text.contains("claim#"), "{text}");
    assert!(text.lines().all(|line| visible(line) <= COLUMNS), "{text}");
}

#[test]
fn what_is_wrong_is_told() {
    let locked = Seen::Running {
        server: server("locked", Some("database_missing")),
        health: None,
        addresses: Vec::new(),
        port: 8443,
    };
    let text = screen(&locked, qr::Ground::Dark);
    for told in ["locked: database_missing", "No network", "health    no answer", ":8443/"] {
        assert!(text.contains(told), "{told} in {text}");
    }
    let silent = |said: Option<&str>| {
        screen(&Seen::Silent { said: said.map(str::to_owned) }, qr::Ground::Dark)
    };
    assert!(silent(None).contains("does not answer yet"));
    let said = "the data folder /var/lib/stead cannot be written: the file system is read-only";
    let text = silent(Some(said));
    let quoted: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("  ")).collect();
    assert!(quoted.join(" ").ends_with(said), "{text}");
    assert!(text.contains("The last that it said"), "{text}");
    assert!(screen(&Seen::Foreign { port: 80 }, qr::Ground::Dark).contains("port 80"));
}

/// The screen is no wider and higher than this, whatever a server says.
#[test]
fn the_longest_last_words_fit_a_screen_of_the_least_size() {
    for word in ["word ", "ä", "aVeryLongNameOfAFolderThatNobodyCanBreak/"] {
        let said = last_words::line(&word.repeat(1000));
        let text = screen(&Seen::Silent { said: Some(said.clone()) }, qr::Ground::Dark);
        assert!(text.lines().all(|line| visible(line) <= COLUMNS), "{text}");
        assert!(text.lines().count() <= ROWS, "{text}");
        let quoted = folded(&said, 30).concat();
        assert_eq!(quoted.replace(' ', ""), said.replace(' ', ""), "nothing is left out");
    }
}
