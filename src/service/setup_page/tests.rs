//! Escaping, links and dates of the static pages.

use super::*;
use stead_rules::claim::LockReason;

const HOSTILE: &str = "\"><script>alert(1)</script>'&\u{7}";

fn example<'a>(addresses: &'a [IpAddr]) -> SetupPage<'a> {
    SetupPage {
        box_name: "Stead",
        host_name: "stead-ab12.local",
        https_port: 8443,
        http_port: 8080,
        addresses,
        secret: "abc_DEF-123",
        ca_fingerprint: "AA:BB",
        leaf_fingerprint: "CC:DD",
        made_ms: WallMs(1_772_368_496_000),
        version: "0.1.0",
    }
}

/// What must hold for every page, whatever its content.
fn check_static(html: &str) {
    for forbidden in ["<script", "javascript:", " style=", " onclick", "<iframe", "<img", "<form"] {
        assert!(!html.contains(forbidden), "{forbidden} in {html}");
    }
    assert!(html.starts_with("<!doctype html>"));
    assert!(!html.contains('\u{7}'), "control characters are gone");
}

#[test]
fn the_file_links_to_every_way_in() {
    let addresses = ["192.168.1.10", "fd00::10"].map(|text| text.parse().unwrap());
    let html = render(&example(&addresses));
    check_static(&html);
    for link in [
        "https://stead-ab12.local:8443/claim#s=abc_DEF-123",
        "https://192.168.1.10:8443/claim#s=abc_DEF-123",
        "https://[fd00::10]:8443/claim#s=abc_DEF-123",
        "https://localhost:8443/claim#s=abc_DEF-123",
        "http://stead-ab12.local:8080/",
    ] {
        assert!(html.contains(&format!("href=\"{link}\"")), "{link}");
    }
    for text in ["AA:BB", "CC:DD", "2026-03-01 12:34 UTC", "Stead 0.1.0", "<svg"] {
        assert!(html.contains(text), "{text}");
    }
    assert_eq!(html.matches("abc_DEF-123").count(), 4, "the secret stands in links only");
}

#[test]
fn usual_ports_are_not_written() {
    let page = SetupPage { https_port: 443, http_port: 80, ..example(&[]) };
    let html = render(&page);
    assert!(html.contains("\"https://stead-ab12.local/claim#s=abc_DEF-123\""));
    assert!(html.contains("\"http://stead-ab12.local/\""));
    assert!(html.contains("\"https://localhost/claim#s=abc_DEF-123\""));
}

#[test]
fn nothing_from_outside_becomes_markup() {
    let page = SetupPage {
        box_name: HOSTILE,
        host_name: HOSTILE,
        secret: HOSTILE,
        ca_fingerprint: HOSTILE,
        leaf_fingerprint: HOSTILE,
        version: HOSTILE,
        ..example(&[])
    };
    check_static(&render(&page));
    for state in [
        trust_page::TrustState::NeedsSetUp,
        trust_page::TrustState::Ready,
        trust_page::TrustState::Locked,
    ] {
        check_static(&trust(HOSTILE, HOSTILE, state).html);
    }
    use unclaimed_page::Progress;
    for progress in [Progress::Waiting, Progress::Begun, Progress::Recovery] {
        let page = unclaimed_page::UnclaimedPage {
            host_name: HOSTILE,
            progress,
            open: true,
            version: HOSTILE,
        };
        check_static(&unclaimed_page::render(&page).html);
    }
    for reason in [
        LockReason::DataMissing,
        LockReason::DatabaseMissing,
        LockReason::DatabaseUnreadable,
        LockReason::DatabaseReplaced,
        LockReason::OlderGeneration,
        LockReason::OlderCopy,
        LockReason::Restored,
        LockReason::MarkerUnreadable,
    ] {
        let page = |on_card, on_stick| {
            let (host_name, version) = (HOSTILE, HOSTILE);
            let page = locked_page::LockedPage { host_name, reason, on_card, on_stick, version };
            let html = locked_page::render(&page).html;
            check_static(&html);
            html
        };
        for (on_card, on_stick) in [(true, true), (true, false), (false, true), (false, false)] {
            let (html, may_be) = (page(on_card, on_stick), reason.may_be_recovered());
            assert_eq!(html.contains("recover = "), may_be && (on_card || on_stick));
            assert_eq!(html.contains("on its card"), may_be && on_card);
            assert_eq!(html.contains("labelled STEAD"), may_be && on_stick);
        }
    }
}

#[test]
fn the_page_about_the_certificate_says_what_it_can_and_cannot_do() {
    let names = [String::from(HOSTILE), String::from("stead-ab12.local")];
    let page = |files_at, system| {
        let page = certificate_page::render(&certificate_page::CertificatePage {
            names: &names,
            addresses: &["192.168.1.10".parse().unwrap()],
            fingerprint: HOSTILE,
            ends: "15 Jan 2046",
            files_at,
            system,
        });
        check_static(&page.html);
        page.html
    };
    let own = page("", Some(System::Android));
    for words in [
        "stead-ab12.local",
        "192.168.1.10",
        "15 Jan 2046",
        "not for your bank",
        "your router",
        "To remove it",
        "Certificate Trust Settings",
        "Trusted Root Certification Authorities",
        "Keychain Access",
        "update-ca-certificates",
        "<a class=\"go\" href=\"/api/v1/ca.mobileconfig\"",
    ] {
        assert!(own.contains(words), "{words}");
    }
    assert_eq!(own.matches("<svg class=\"picture\"").count(), 6, "one picture a system");
    let first = own.find("<details open><summary>").unwrap();
    assert!(own[first..].starts_with("<details open><summary>Android"));
    let plain = page("https://stead-ab12.local:8443", None);
    assert!(!plain.contains("href=\"/api"), "nothing is taken from the plain port");
    assert!(plain.contains("href=\"https://stead-ab12.local:8443/api/v1/ca.crt\""));
}

#[test]
fn systems_are_told_by_their_browsers() {
    for (agent, system) in [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)", Some(System::Ios)),
        ("Mozilla/5.0 (Linux; Android 15; Pixel 9) Chrome/140.0", Some(System::Android)),
        ("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Firefox/140.0", Some(System::Android)),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0", Some(System::Windows)),
        ("Mozilla/5.0 (Windows NT 10.0; rv:140.0) Firefox/140.0", Some(System::Firefox)),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605", Some(System::MacOs)),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0", Some(System::Linux)),
        ("curl/8", None),
    ] {
        assert_eq!(System::of(agent), system, "{agent}");
    }
}

fn trust(asked_host: &str, path: &str, state: trust_page::TrustState) -> Page {
    trust_page::render(&trust_page::TrustPage {
        asked_host,
        path,
        https_port: 8443,
        box_name: HOSTILE,
        ca_fingerprint: HOSTILE,
        state,
        family: None,
    })
}

#[test]
fn the_way_to_tls_keeps_host_and_path_and_leads_nowhere_else() {
    let cases = [
        (
            "stead-ab12.local:8080",
            "/item/1?x=1&y=2",
            "https://stead-ab12.local:8443/item/1?x=1&amp;y=2",
        ),
        ("192.168.1.10", "/", "https://192.168.1.10:8443/"),
        ("[fd00::10]:8080", "/claim", "https://[fd00::10]:8443/claim"),
        ("stead-ab12.local", "//evil.example/", "https://stead-ab12.local:8443/"),
        ("stead-ab12.local", "/\\evil.example", "https://stead-ab12.local:8443/"),
        ("stead-ab12.local", "http://evil.example/", "https://stead-ab12.local:8443/"),
        ("stead-ab12.local", "@evil.example/", "https://stead-ab12.local:8443/"),
        ("evil.example/x", "/", "https://localhost:8443/"),
    ];
    for (host, path, link) in cases {
        let html = trust(host, path, trust_page::TrustState::Ready).html;
        assert!(
            html.contains(&format!("class=\"go\" rel=\"noreferrer\" href=\"{link}\"")),
            "{link}"
        );
    }
}

#[test]
fn the_likely_browser_comes_first_and_open() {
    let agents = [
        (
            "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36",
            Family::Chromium,
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5) AppleWebKit/605.1.15 CriOS/126.0 Safari/604.1",
            Family::Safari,
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) Version/17.5 Safari/605.1.15",
            Family::Safari,
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", Family::Firefox),
    ];
    for (agent, family) in agents {
        assert_eq!(Family::of(agent), Some(family), "{agent}");
        let guide = warning::guide("stead-ab12.local", Some(family));
        assert_eq!(guide.matches("<details").count(), 3);
        assert_eq!(guide.matches("<details open>").count(), 1);
        assert!(guide.starts_with("<details open>"));
    }
    assert_eq!(Family::of("curl/8.0"), None);
}

#[test]
fn the_style_hash_is_that_of_the_style_in_the_page() {
    let page = trust("localhost", "/", trust_page::TrustState::Ready);
    let style = page.html.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
    let digest = ring::digest::digest(&ring::digest::SHA256, style.as_bytes());
    let hash = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, digest);
    assert_eq!(page.style_hash, format!("'sha256-{hash}'"));
}

#[test]
fn days_are_those_of_the_calendar() {
    for (ms, text) in [
        (0, "1970-01-01 00:00 UTC"),
        (951_782_399_000, "2000-02-28 23:59 UTC"),
        (951_782_400_000, "2000-02-29 00:00 UTC"),
        (1_709_251_199_000, "2024-02-29 23:59 UTC"),
        (4_107_542_400_000, "2100-03-01 00:00 UTC"),
        (-5, "1970-01-01 00:00 UTC"),
    ] {
        assert_eq!(day_text(WallMs(ms)), text);
    }
}

#[test]
fn the_file_is_private_and_can_be_removed_twice() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &example(&[])).unwrap();
    let file = folder.path().join("Setup Stead.html");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    remove(folder.path()).unwrap();
    remove(folder.path()).unwrap();
    assert!(!file.exists());
}
