//! When a leaf or an authority is replaced. What they are worth to others is tested from outside
//! with openssl and a TLS client.

use super::*;
use std::fs;
use std::os::unix::fs::PermissionsExt;

const BUILD: WallMs = WallMs(1_760_000_000_000);

fn times(days: i64) -> IssueTimes {
    IssueTimes { build: BUILD, known: BUILD.plus_ms(days * DAY_MS) }
}

fn own(addresses: &[&str]) -> OwnNames {
    let addresses = addresses.iter().map(|text| text.parse().unwrap()).collect();
    OwnNames::of_box("stead-ab12", None, addresses)
}

fn opened(folder: &Path, own: &OwnNames, days: i64) -> (TlsIdentity, Change) {
    opened_by(folder, own, days, Reliance::People)
}

fn opened_by(
    folder: &Path,
    own: &OwnNames,
    days: i64,
    reliance: Reliance,
) -> (TlsIdentity, Change) {
    let (mut identity, change) = TlsIdentity::open(folder, own, times(days), reliance).unwrap();
    identity.keep().unwrap();
    (identity, change)
}

#[test]
fn only_what_must_be_replaced_is_replaced() {
    let home = own(&["192.168.1.10", "fd00::10"]);
    let moved = own(&["192.168.1.99", "fd00::10"]);
    let renamed =
        OwnNames::of_box("stead-ab12", Some("stead-ab12-2.local"), home.addresses.clone());
    let relabelled = OwnNames::of_box("attic", None, home.addresses.clone());
    let cases = [
        ("again", &home, 0, Change::Kept),
        ("a clock a little behind", &home, -1, Change::Kept),
        ("a clock that was ahead", &home, -40, Change::LeafIssued),
        ("eleven months", &home, 365, Change::Kept),
        ("a month before its end", &home, 367, Change::LeafIssued),
        ("years in a drawer", &home, 3000, Change::LeafIssued),
        ("another address", &moved, 0, Change::LeafIssued),
        ("no address for now", &own(&[]), 0, Change::LeafIssued),
        ("a name conflict", &renamed, 0, Change::LeafIssued),
        ("a new name", &relabelled, 0, Change::AuthorityMade),
    ];
    for (name, then, days, expected) in cases {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(opened(folder.path(), &home, 0).1, Change::AuthorityMade, "{name}");
        assert_eq!(opened(folder.path(), then, days).1, expected, "{name}");
        assert_eq!(opened(folder.path(), then, days).1, Change::Kept, "{name}, and then again");
    }
}

/// What a locked server takes for its name may be made up.
#[test]
fn a_locked_server_keeps_its_authority_whatever_its_names() {
    let folder = tempfile::tempdir().unwrap();
    let home = own(&["192.168.1.10"]);
    let (before, _) = opened(folder.path(), &home, 0);
    let other = OwnNames::of_box("stead-cd34", None, vec!["192.168.1.99".parse().unwrap()]);
    let (mut locked, change) = opened_by(folder.path(), &other, 0, Reliance::Unknown);
    assert_eq!(change, Change::LeafIssued);
    assert_eq!(locked.leaf().facts.names, ["stead.local", "localhost"], "what it may vouch for");
    assert_eq!(locked.refresh(&other, times(0), Reliance::Unknown).unwrap(), Change::Kept);
    let (after, _) = opened(folder.path(), &home, 0);
    for identity in [&locked, &after] {
        assert_eq!(identity.authority().fingerprint(), before.authority().fingerprint());
    }
}

#[test]
fn an_address_that_came_later_is_left_out_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let (before, _) = opened(folder.path(), &own(&["192.168.1.10"]), 0);
    let (after, _) = opened(folder.path(), &own(&["192.168.1.99"]), 0);
    assert_eq!(before.authority().fingerprint(), after.authority().fingerprint());
    assert_eq!(before.uncovered(), [] as [IpAddr; 0]);
    assert_eq!(after.uncovered(), ["192.168.1.99".parse::<IpAddr>().unwrap()]);
    let leaf = &after.leaf().facts.addresses;
    assert_eq!(leaf, &["127.0.0.1", "::1"].map(|text| text.parse::<IpAddr>().unwrap()));
}

#[test]
fn an_authority_from_before_the_first_address_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    opened(folder.path(), &own(&[]), 0);
    assert_eq!(opened(folder.path(), &own(&["192.168.1.10"]), 0).1, Change::AuthorityMade);
}

#[test]
fn until_somebody_relies_on_it_the_authority_follows_the_addresses() {
    let home = ["192.168.1.10", "fd00::10"];
    let cases: [(&str, &[&str], Change); 6] = [
        ("the same", &home, Change::Kept),
        ("another router", &["10.0.0.7"], Change::AuthorityMade),
        ("one more", &["192.168.1.10", "fd00::10", "2001:db8::10"], Change::AuthorityMade),
        ("one less", &["192.168.1.10"], Change::LeafIssued),
        ("no router", &["169.254.7.7", "192.168.1.10"], Change::LeafIssued),
        ("no cable", &[], Change::LeafIssued),
    ];
    for (name, then, expected) in cases {
        let folder = tempfile::tempdir().unwrap();
        let (mut first, _) = opened_by(folder.path(), &own(&home), 0, Reliance::Nobody);
        let (again, change) = opened_by(folder.path(), &own(then), 0, Reliance::Nobody);
        assert_eq!(change, expected, "{name}");
        if change == Change::AuthorityMade {
            assert_eq!(again.uncovered(), [] as [IpAddr; 0], "{name}");
        }
        let running = first.refresh(&own(then), times(0), Reliance::Nobody).unwrap();
        assert_eq!(running, expected, "{name}, while it runs");
        let once_more = opened_by(folder.path(), &own(&home), 0, Reliance::People);
        let made = |identity: &TlsIdentity| identity.authority().fingerprint();
        assert_eq!(made(&once_more.0), made(&again), "{name}: people keep what they installed");
    }
}

#[test]
fn what_cannot_be_kept_yet_is_served_and_kept_later() {
    let folder = tempfile::tempdir().unwrap();
    let (mut identity, _) = opened(folder.path(), &own(&["192.168.1.10", "fd00::10"]), 0);
    let moved = own(&["192.168.1.10"]);
    // The folder takes no file of this name: as a full disk does.
    let obstacle = folder.path().join(".leaf.key.new");
    fs::create_dir(&obstacle).unwrap();
    let refresh =
        |identity: &mut TlsIdentity| identity.refresh(&moved, times(0), Reliance::People).unwrap();
    assert_eq!(refresh(&mut identity), Change::LeafIssued);
    assert!(identity.keep().is_err());
    let served = identity.leaf().fingerprint();
    assert_eq!(refresh(&mut identity), Change::Kept, "the one in memory fits");
    fs::remove_dir(&obstacle).unwrap();
    identity.keep().unwrap();
    let (after, change) = opened(folder.path(), &moved, 0);
    assert_eq!((after.leaf().fingerprint(), change), (served, Change::Kept));
}

#[test]
fn whatever_is_wrong_with_the_leaf_a_new_one_comes() {
    let home = own(&["192.168.1.10"]);
    for (file, content) in [("leaf.pem", ""), ("leaf.pem", "x"), ("leaf.key", "x")] {
        let folder = tempfile::tempdir().unwrap();
        opened(folder.path(), &home, 0);
        fs::write(folder.path().join(file), content).unwrap();
        assert_eq!(opened(folder.path(), &home, 0).1, Change::LeafIssued, "{file}");
    }
    // A leaf whose key is another's, as a cut of power between the two writes leaves it.
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    opened(folder.path(), &home, 0);
    opened(other.path(), &home, 0);
    fs::copy(other.path().join("leaf.key"), folder.path().join("leaf.key")).unwrap();
    assert_eq!(opened(folder.path(), &home, 0).1, Change::LeafIssued);
    // A leaf of another authority.
    for file in ["leaf.key", "leaf.pem"] {
        fs::copy(other.path().join(file), folder.path().join(file)).unwrap();
    }
    assert_eq!(opened(folder.path(), &home, 0).1, Change::LeafIssued);
}

#[test]
fn an_authority_is_finished_or_made_anew_but_never_replaced_because_it_is_damaged() {
    let home = own(&["192.168.1.10"]);
    let folder = tempfile::tempdir().unwrap();
    opened(folder.path(), &home, 0);
    fs::remove_file(folder.path().join("ca.pem")).unwrap();
    assert_eq!(opened(folder.path(), &home, 0).1, Change::AuthorityMade);
    for file in ["ca.pem", "ca.key"] {
        let folder = tempfile::tempdir().unwrap();
        opened(folder.path(), &home, 0);
        fs::write(folder.path().join(file), "x").unwrap();
        let error =
            TlsIdentity::open(folder.path(), &home, times(0), Reliance::People).err().unwrap();
        assert!(error.to_string().contains(file), "{error}");
    }
}

#[test]
fn keys_are_for_the_service_alone() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("tls");
    opened(&inside, &own(&[]), 0);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&inside), 0o700);
    assert_eq!(mode(&inside.join("ca.key")), 0o600);
    assert_eq!(mode(&inside.join("leaf.key")), 0o600);
    assert_eq!(mode(&inside.join("ca.pem")), 0o644);
}

#[test]
fn time_that_nobody_vouches_for_does_not_date_a_leaf() {
    let floor = BUILD.plus_ms(DAY_MS);
    let wall = BUILD.plus_ms(9 * DAY_MS);
    let boot = stead_rules::time::BootMs(0);
    for (trust, known) in
        [(TimeTrust::Unknown, floor), (TimeTrust::Held, wall), (TimeTrust::Synced, wall)]
    {
        assert_eq!(IssueTimes::at(Now { wall, boot, trust }, floor, BUILD).known, known);
    }
}

#[test]
fn a_leaf_lives_at_most_397_days() {
    let folder = tempfile::tempdir().unwrap();
    let (identity, _) = opened(folder.path(), &own(&[]), 100);
    let facts = &identity.leaf().facts;
    assert_eq!(facts.not_before, BUILD.plus_ms(99 * DAY_MS));
    assert!(facts.not_after.0 - facts.not_before.0 <= 397 * DAY_MS);
    assert_eq!(identity.authority().facts.not_after, BUILD.plus_ms(20 * 365 * DAY_MS));
}
