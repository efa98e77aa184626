//! C8: marker × database × setting, whole.

use std::fmt::Write;

use super::table::effect_text;
use crate::claim::{
    CLAIM_RULE_SINCE, Copied, Database, Generation, Kept, LocalPlayback, LocalSecurity, LockReason,
    Marker, Start, State, Version, next_generation, recovery_generation, start_state,
};
use crate::golden;

const OLD: Version = Version { major: 0, minor: 0, patch: 9 };
const MARKERS: [(&str, Marker); 3] = [
    ("no marker", Marker::None),
    ("marker 2", Marker::Generation(Generation(2))),
    ("marker unreadable", Marker::Unreadable),
];

fn databases() -> Vec<(&'static str, Database)> {
    let copy =
        |number, kept, copied| Database::Claimed { generation: Generation(number), kept, copied };
    let of = |number, kept| copy(number, kept, Copied::Latest);
    let older = |number, kept| copy(number, kept, Copied::Older);
    let claimed = |number| of(number, Kept::Owned);
    vec![
        ("no database", Database::None),
        ("database unreadable", Database::Unreadable),
        ("never claimed, by a version before the rule", never(Some(OLD))),
        ("never claimed, by the first version with it", never(Some(CLAIM_RULE_SINCE))),
        ("never claimed, by nobody knows which", never(None)),
        ("claimed once", claimed(1)),
        ("claimed twice", claimed(2)),
        ("claimed thrice", claimed(3)),
        ("claimed once, the owner gone", of(1, Kept::Orphaned)),
        ("claimed twice, the owner gone", of(2, Kept::Orphaned)),
        ("claimed once, waits for a new owner", of(1, Kept::Recovery)),
        ("claimed twice, waits for a new owner", of(2, Kept::Recovery)),
        ("claimed thrice, waits for a new owner", of(3, Kept::Recovery)),
        ("claimed once, a backup", of(1, Kept::Restored)),
        ("claimed twice, a backup", of(2, Kept::Restored)),
        ("claimed thrice, a backup", of(3, Kept::Restored)),
        ("claimed once, an older copy", older(1, Kept::Owned)),
        ("claimed twice, an older copy", older(2, Kept::Owned)),
        ("claimed thrice, an older copy", older(3, Kept::Owned)),
        ("claimed twice, the owner gone, an older copy", older(2, Kept::Orphaned)),
        ("claimed twice, waits, an older copy", older(2, Kept::Recovery)),
    ]
}

fn never(created_by: Option<Version>) -> Database {
    Database::NeverClaimed { created_by }
}

#[test]
fn the_table_is_the_reviewed_one() {
    let mut text = String::from("With what a server comes up (C8).\n");
    for setting in [LocalSecurity::On, LocalSecurity::Off] {
        for (marker_name, marker) in MARKERS {
            writeln!(text, "\nlocal security {setting:?}, {marker_name}").unwrap();
            for (name, database) in databases() {
                let start = start_state(marker, database, setting);
                writeln!(text, "  {name:<44} {}", outcome(&start)).unwrap();
            }
        }
    }
    golden::check("start.txt", &text);
}

fn outcome(start: &Start) -> String {
    let mut text = start.state.word().to_owned();
    if let State::Locked(why) = start.state {
        write!(text, "({})", why.word()).unwrap();
    }
    if start.local_playback == LocalPlayback::Listed {
        text.push_str(", listed folders play");
    }
    for effect in &start.effects {
        write!(text, "  + {}", effect_text(effect)).unwrap();
    }
    text
}

fn every_start(check: impl Fn(Marker, Database, LocalSecurity, &Start)) {
    for (_, marker) in MARKERS {
        for (_, database) in databases() {
            for setting in [LocalSecurity::On, LocalSecurity::Off] {
                check(marker, database, setting, &start_state(marker, database, setting));
            }
        }
    }
}

#[test]
fn any_sign_of_a_claim_keeps_the_server_from_being_claimed_again() {
    every_start(|marker, database, _, start| {
        let sign = marker != Marker::None || matches!(database, Database::Claimed { .. });
        assert!(!sign || start.state.was_claimed(), "{marker:?} {database:?}");
    });
}

#[test]
fn factory_needs_neither_marker_nor_database() {
    every_start(|marker, database, _, start| {
        let bare = marker == Marker::None && database == Database::None;
        assert_eq!(start.state == State::Factory, bare, "{marker:?} {database:?}");
    });
}

#[test]
fn claimed_needs_a_database_that_is_not_older_than_the_marker() {
    every_start(|marker, database, _, start| {
        if start.state == State::Claimed {
            let Database::Claimed { generation, kept: Kept::Owned, copied } = database else {
                panic!("{database:?}")
            };
            match marker {
                Marker::None => {}
                Marker::Generation(marker) => {
                    assert!(
                        marker < generation || marker == generation && copied == Copied::Latest
                    );
                }
                Marker::Unreadable => panic!("claimed without knowing the marker"),
            }
        }
    });
}

#[test]
fn the_setting_changes_no_state_and_opens_nothing_that_was_claimed() {
    every_start(|marker, database, setting, start| {
        assert_eq!(start.state, start_state(marker, database, LocalSecurity::On).state);
        let listed = start.local_playback == LocalPlayback::Listed;
        assert_eq!(listed, setting == LocalSecurity::Off && !start.state.was_claimed());
    });
}

#[test]
fn no_version_of_ours_predates_the_rule() {
    let ours = Version::parse(env!("CARGO_PKG_VERSION")).unwrap();
    assert!(ours >= CLAIM_RULE_SINCE);
}

#[test]
fn versions_are_read_or_not_at_all() {
    let version = |major, minor, patch| Some(Version { major, minor, patch });
    for (text, want) in [
        ("0.1.0", version(0, 1, 0)),
        ("1.22.333", version(1, 22, 333)),
        ("1.2.3-dev", version(1, 2, 3)),
        ("1.2.3+g12ab", version(1, 2, 3)),
        ("1.2", None),
        ("1.2.3.4", None),
        ("1.2.x", None),
        ("", None),
        ("-1.2.3", None),
        ("1.2.99999999999", None),
    ] {
        assert_eq!(Version::parse(text), want, "{text}");
    }
}

#[test]
fn the_next_generation_is_above_both() {
    for (marker, database, want) in [
        (Marker::None, Database::None, 1),
        (Marker::Generation(Generation(4)), Database::None, 5),
        (
            Marker::Generation(Generation(4)),
            Database::Claimed {
                generation: Generation(2),
                kept: Kept::Owned,
                copied: Copied::Latest,
            },
            5,
        ),
        (
            Marker::None,
            Database::Claimed {
                generation: Generation(9),
                kept: Kept::Recovery,
                copied: Copied::Older,
            },
            10,
        ),
        (Marker::Unreadable, Database::Unreadable, 1),
    ] {
        assert_eq!(next_generation(marker, database), Generation(want), "{marker:?} {database:?}");
    }
}

#[test]
fn a_database_from_before_the_last_claim_or_the_last_renewal_is_locked() {
    let marker = Marker::Generation(Generation(2));
    for kept in [Kept::Owned, Kept::Orphaned, Kept::Recovery, Kept::Restored] {
        for (generation, copied, reason) in [
            (1, Copied::Latest, LockReason::OlderGeneration),
            (1, Copied::Older, LockReason::OlderGeneration),
            (2, Copied::Older, LockReason::OlderCopy),
        ] {
            let database = Database::Claimed { generation: Generation(generation), kept, copied };
            let start = start_state(marker, database, LocalSecurity::On);
            assert_eq!(start.state, State::Locked(reason), "{kept:?}");
        }
    }
}

#[test]
fn what_a_database_keeps_is_read_as_it_was_written() {
    for kept in [Kept::Owned, Kept::Orphaned, Kept::Recovery, Kept::Restored] {
        assert_eq!(Kept::from_word(kept.word()), Some(kept));
    }
    assert_eq!(Kept::from_word("claimed"), None);
}

#[test]
fn accounts_that_wait_for_an_owner_are_no_older_than_the_marker() {
    every_start(|marker, database, setting, start| {
        let generation = recovery_generation(marker, database);
        assert!(
            generation >= Generation(1) && generation < next_generation(marker, database)
                || generation == Generation(1)
        );
        if start.state.was_claimed() {
            let (kept, copied) = (Kept::Recovery, Copied::Latest);
            let waiting = Database::Claimed { generation, kept, copied };
            let again = Marker::Generation(generation);
            assert_eq!(start_state(again, waiting, setting).state, State::Recovery);
            if let Marker::Generation(marked) = marker {
                assert!(generation >= marked);
            }
        }
    });
}
