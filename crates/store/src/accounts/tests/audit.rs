//! The log: each entry chained to the one before, and room made in it without breaking the chain.

use stead_rules::time::{BootMs, Now, TimeTrust, WallMs};

use super::{NOW, opened};
use crate::accounts::audit::{Wanted, append, page};
use crate::accounts::audit_chain::{Broken, Verified, from_hex, hex, make_room_for, verify};
use crate::{Accounts, Store, StoreError, WriteTx};

const DAY_MS: i64 = 24 * 3_600_000;

fn at(days: i64) -> Now {
    Now { wall: NOW.plus_ms(days * DAY_MS), boot: BootMs(1), trust: TimeTrust::Synced }
}

fn write<T>(store: &Store, act: impl FnMut(&WriteTx<'_, Accounts>) -> Result<T, StoreError>) -> T {
    store.accounts.write(act).unwrap()
}

/// An entry a day, of each of these kinds.
fn days(store: &Store, days: std::ops::Range<i64>, kinds: &[&str]) {
    write(store, |tx| {
        for day in days.clone() {
            for kind in kinds {
                append(tx, at(day), kind, &format!("{{\"day\":{day}}}"))?;
            }
        }
        Ok(())
    });
}

fn sql(store: &Store, sql: &str) {
    write(store, |tx| Ok(tx.transaction.execute(sql, ())?));
}

fn kinds(store: &Store) -> Vec<String> {
    let all = store.accounts.read(|tx| page(tx, &Wanted::default(), 10_000)).unwrap();
    all.into_iter().map(|entry| entry.kind).collect()
}

fn look(folder: &tempfile::TempDir) -> Verified {
    verify(folder.path(), None).unwrap()
}

#[test]
fn a_log_that_nobody_touched_holds_and_any_change_shows() {
    for (damage, broken) in [
        ("SELECT 1 WHERE 0", None),
        ("UPDATE audit SET detail = '{}' WHERE seq = 3", Some(Broken::Changed(3))),
        ("UPDATE audit SET kind = 'policy.x' WHERE seq = 1", Some(Broken::Changed(1))),
        ("UPDATE audit SET at_ms = at_ms + 1 WHERE seq = 5", Some(Broken::Changed(5))),
        ("UPDATE audit SET trust = 'unknown' WHERE seq = 2", Some(Broken::Changed(2))),
        ("UPDATE audit SET hash = NULL WHERE seq = 4", Some(Broken::Changed(4))),
        ("DELETE FROM audit WHERE seq IN (2, 3)", Some(Broken::Gone(2, 3))),
        ("DELETE FROM audit WHERE seq = 1", Some(Broken::Gone(1, 1))),
    ] {
        let (folder, store) = opened();
        days(&store, 0..5, &["claim.claimed", "mfa.added"]);
        sql(&store, damage);
        let verified = look(&folder);
        assert_eq!(verified.broken, broken, "{damage}");
        assert_eq!(verified.unchained, 0);
        if broken.is_none() {
            assert_eq!((verified.entries, verified.head.unwrap().0), (10, 10));
        }
    }
}

#[test]
fn who_noted_an_end_of_it_finds_out_that_it_was_written_anew() {
    let (folder, store) = opened();
    days(&store, 0..5, &["mfa.added"]);
    let noted = look(&folder).head.unwrap();
    days(&store, 5..9, &["mfa.added"]);
    assert_eq!(verify(folder.path(), Some(noted)).unwrap().broken, None);
    // What no chain shows by itself: the end is cut off, or everything is another story.
    sql(&store, "DELETE FROM audit WHERE seq > 3");
    assert_eq!(look(&folder).broken, None);
    assert_eq!(verify(folder.path(), Some(noted)).unwrap().broken, Some(Broken::OtherHead(5)));
    assert_eq!(from_hex(&hex(&noted.1)), Some(noted.1));
    for odd in ["", "00", &"g".repeat(64), &"é".repeat(32)] {
        assert_eq!(from_hex(odd), None);
    }
}

#[test]
fn entries_from_before_the_chain_are_told_as_such() {
    let (folder, store) = opened();
    days(&store, 0..3, &["mfa.added"]);
    sql(&store, "UPDATE audit SET hash = NULL");
    days(&store, 3..5, &["mfa.added"]);
    let verified = look(&folder);
    assert_eq!((verified.unchained, verified.entries, verified.broken), (3, 2, None));
}

#[test]
fn decisions_go_first_day_by_day_and_an_anchor_says_so() {
    let (folder, store) = opened();
    days(&store, 0..10, &["decision.denied", "mfa.added", "claim.claimed", "decision.notice"]);
    assert_eq!(write(&store, |tx| make_room_for(tx, at(10), 100)), 0, "there is room");
    assert_eq!(write(&store, |tx| make_room_for(tx, at(10), 35)), 8, "four days of two");
    let left = kinds(&store);
    let count = |kind: &str| left.iter().filter(|one| *one == kind).count();
    assert_eq!((count("decision.denied"), count("decision.notice")), (6, 6));
    assert_eq!((count("mfa.added"), count("claim.claimed"), count("audit.cut")), (10, 10, 1));
    let verified = look(&folder);
    assert_eq!(verified.broken, None);
    assert_eq!(verified.anchors.iter().map(|anchor| anchor.entries).collect::<Vec<_>>(), [8]);
    // Once more, over what was cut before, and once with an entry taken out by somebody else.
    days(&store, 10..12, &["decision.denied"]);
    assert!(write(&store, |tx| make_room_for(tx, at(12), 25)) > 0);
    let verified = look(&folder);
    assert_eq!((verified.broken, verified.anchors.len()), (None, 2));
    sql(
        &store,
        "DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit WHERE kind = 'claim.claimed')",
    );
    assert!(matches!(look(&folder).broken, Some(Broken::Gone(..))));
}

#[test]
fn a_million_refusals_take_no_claim_out_of_the_log() {
    let (folder, store) = opened();
    days(&store, 0..20, &["claim.claimed", "recovery.code_used", "policy.required"]);
    // What a flood leaves is a line for each hour and reason; here they are all lines.
    for day in 20..40 {
        write(&store, |tx| {
            for _ in 0..500 {
                append(tx, at(day), "decision.denied", "{}")?;
            }
            make_room_for(tx, at(day), 1000)
        });
    }
    let left = kinds(&store);
    let kept = left.iter().filter(|kind| !kind.starts_with("decision.") && *kind != "audit.cut");
    assert_eq!(kept.count(), 60);
    assert!(left.len() <= 1500, "{}", left.len());
    assert_eq!(look(&folder).broken, None);
}

#[test]
fn claims_recoveries_and_the_policy_stay_four_hundred_days_however_full_it_is() {
    let (folder, store) = opened();
    days(&store, 0..50, &["claim.claimed", "policy.required", "library.added"]);
    write(&store, |tx| make_room_for(tx, at(100), 10));
    let left = kinds(&store);
    assert_eq!(left.iter().filter(|kind| *kind == "library.added").count(), 1, "the last entry");
    assert_eq!(left.iter().filter(|kind| kind.starts_with("claim.")).count(), 50);
    // A clock that nobody believes takes none of them.
    let dark = Now { trust: TimeTrust::Unknown, wall: WallMs(i64::MAX / 2), ..at(0) };
    write(&store, |tx| make_room_for(tx, dark, 10));
    assert_eq!(kinds(&store).iter().filter(|kind| kind.starts_with("policy.")).count(), 50);
    write(&store, |tx| make_room_for(tx, at(400 + 30), 10));
    let left = kinds(&store);
    assert_eq!(left.iter().filter(|kind| kind.starts_with("policy.")).count(), 20);
    assert_eq!(look(&folder).broken, None);
}

#[test]
fn pages_are_filtered_by_family_kind_text_and_time() {
    let (_folder, store) = opened();
    days(&store, 0..4, &["claim.claimed", "mfa.added", "mfa.removed", "claims.odd"]);
    let asked = |wanted: Wanted| {
        let found = store.accounts.read(|tx| page(tx, &wanted, 100)).unwrap();
        found.into_iter().map(|entry| (entry.seq, entry.kind)).collect::<Vec<_>>()
    };
    let of = |kinds: &[&str]| Wanted {
        kinds: kinds.iter().map(|&kind| kind.to_owned()).collect(),
        ..Wanted::default()
    };
    assert_eq!(asked(of(&["claim"])).len(), 4);
    assert_eq!(asked(of(&["mfa"])).len(), 8);
    assert_eq!(asked(of(&["mfa.added", "claim"])).len(), 8);
    assert_eq!(asked(of(&["m", "%", "mfa_added"])).len(), 0);
    assert_eq!(asked(Wanted::default()).len(), 16);
    let text = Wanted { text: Some("\"DAY\":2".into()), ..of(&["mfa"]) };
    assert_eq!(asked(text), [(11, "mfa.removed".to_owned()), (10, "mfa.added".to_owned())]);
    let day = |n: i64| Some(NOW.plus_ms(n * DAY_MS));
    assert_eq!(asked(Wanted { from: day(1), until: day(3), ..of(&["claim"]) }).len(), 2);
    assert_eq!(
        asked(Wanted { before: Some(5), ..of(&["claim"]) }),
        [(1, "claim.claimed".to_owned())]
    );
}
