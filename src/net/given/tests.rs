//! Good and bad pairs of files.

use std::fs;

use rcgen::{CertificateParams, KeyPair, SanType, date_time_ymd};
use stead_rules::time::BootMs;

use super::*;

/// A folder with a certificate for these names and its key.
fn made(names: &[&str], address: Option<&str>) -> (tempfile::TempDir, Files) {
    let folder = tempfile::tempdir().unwrap();
    let files =
        Files { certificate: folder.path().join("chain.pem"), key: folder.path().join("key.pem") };
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    let names = names.iter().map(|name| SanType::DnsName((*name).try_into().unwrap()));
    let addresses = address.map(|text| SanType::IpAddress(text.parse().unwrap()));
    params.subject_alt_names = names.chain(addresses).collect();
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2026, 4, 1);
    let certificate = params.self_signed(&key).unwrap();
    fs::write(&files.certificate, certificate.pem()).unwrap();
    fs::write(&files.key, key.serialize_pem()).unwrap();
    (folder, files)
}

#[test]
fn a_name_is_covered_as_browsers_see_it() {
    let (_folder, files) = made(&["Films.example.net", "*.home.example"], Some("192.0.2.9"));
    let given = files.read().unwrap();
    for (host, covered) in [
        ("films.example.net", true),
        ("FILMS.example.net", true),
        ("a.home.example", true),
        ("a.b.home.example", false),
        ("home.example", false),
        ("192.0.2.9", true),
        ("192.0.2.10", false),
        ("stead-ab12.local", false),
        ("", false),
    ] {
        assert_eq!(given.covers(host), covered, "{host}");
    }
    assert_eq!(given.hosts().collect::<Vec<_>>(), ["films.example.net"]);
    assert!(given.names_addresses());
}

#[test]
fn what_does_not_fit_is_told_apart() {
    let (_folder, files) = made(&["films.example.net"], None);
    let (_other_folder, other) = made(&["films.example.net"], None);
    let nowhere = files.key.with_file_name("nothing");
    let with = |certificate: &Path, key: &Path| {
        let files = Files { certificate: certificate.to_owned(), key: key.to_owned() };
        files.read().map(|_| ()).unwrap_err()
    };
    let (certificate, key) = (&files.certificate, &files.key);
    assert!(matches!(with(certificate, &other.key), GivenError::Unfit { .. }));
    assert!(matches!(with(certificate, certificate), GivenError::NoKey(_)));
    assert!(matches!(with(key, key), GivenError::NoCertificate(_)));
    assert!(matches!(with(&nowhere, key), GivenError::Read { .. }));
    assert!(matches!(with(certificate, &nowhere), GivenError::Read { .. }));
    let (_bare_folder, bare) = made(&[], None);
    assert!(matches!(bare.read().map(|_| ()).unwrap_err(), GivenError::NoNames(_)));
    let long = files.key.with_file_name("long");
    fs::write(&long, vec![b'a'; usize::try_from(CERTIFICATE_FILE_MAX_BYTES).unwrap() + 1]).unwrap();
    assert!(matches!(with(&long, key), GivenError::TooLong(_)));
    assert!(matches!(with(certificate, &long), GivenError::TooLong(_)));
    let half = fs::read_to_string(certificate).unwrap();
    fs::write(certificate, &half[..half.len() / 2]).unwrap();
    assert!(matches!(with(certificate, key), GivenError::NoCertificate(_)), "written by half");
}

#[test]
fn a_clock_that_nobody_believes_ends_no_certificate() {
    let (_folder, files) = made(&["films.example.net"], None);
    let given = files.read().unwrap();
    let at = |unix_seconds: i64, trust| {
        given.age(Now { wall: WallMs(unix_seconds * 1000), boot: BootMs(0), trust })
    };
    for (unix_seconds, age) in
        [(1_700_000_000, Age::Early), (1_770_000_000, Age::Good), (1_790_000_000, Age::Over)]
    {
        assert_eq!(at(unix_seconds, TimeTrust::Synced), age);
        assert_eq!(at(unix_seconds, TimeTrust::Held), age);
        assert_eq!(at(unix_seconds, TimeTrust::Unknown), Age::Good);
    }
}

#[test]
fn files_that_changed_look_different() {
    let (_folder, files) = made(&["films.example.net"], None);
    let before = files.stamp();
    assert_eq!(files.stamp(), before);
    let fresh = files.key.with_file_name("fresh");
    fs::write(&fresh, "x").unwrap();
    fs::rename(&fresh, &files.key).unwrap();
    assert_ne!(files.stamp(), before);
    fs::remove_file(&files.key).unwrap();
    assert_ne!(files.stamp(), before);
}
