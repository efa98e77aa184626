use super::super::{Copied, LocalSecurity, LockReason, State, Version, start_state};
use super::*;

const OWN: BoxId = BoxId::from_bytes([1; 16]);
const OTHER: BoxId = BoxId::from_bytes([2; 16]);

fn place(box_id: BoxId, generation: u64) -> [u8; COPY_BYTES] {
    copy_bytes(box_id, Generation(generation))
}

fn of(box_id: BoxId, generation: u64) -> MarkerCopy {
    MarkerCopy::Of { box_id, generation: Generation(generation) }
}

fn claimed(generation: u64, kept: Kept) -> Database {
    Database::Claimed { generation: Generation(generation), kept, copied: Copied::Latest }
}

#[test]
fn the_sum_is_the_one_everybody_knows() {
    assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
}

#[test]
fn a_copy_is_read_as_it_was_written_or_not_at_all() {
    let whole = place(OWN, 7);
    let read = |bytes: &[u8]| MarkerCopy::of(Some(bytes), Some(&[0; COPY_BYTES]));
    assert_eq!(read(&whole), of(OWN, 7));
    for at in 0..COPY_BYTES {
        for bit in 0..8 {
            let mut damaged = whole;
            damaged[at] ^= 1 << bit;
            let expected =
                if at < BEGINNING.len() { MarkerCopy::None } else { MarkerCopy::Unreadable };
            assert_eq!(read(&damaged), expected, "byte {at}, bit {bit}");
        }
        // A write that was cut off leaves what was there before behind it.
        let mut torn = place(OWN, 6);
        torn[..at].copy_from_slice(&whole[..at]);
        assert_ne!(read(&torn), of(OTHER, 7));
        assert!(matches!(read(&whole[..at]), MarkerCopy::Unreadable), "{at}");
    }
    assert_eq!(read(&place(OWN, 0)), MarkerCopy::Unreadable, "nobody writes that");
}

#[test]
fn of_two_places_the_whole_one_counts_and_of_two_whole_ones_the_first() {
    let (blank, damaged) = ([0; COPY_BYTES], {
        let mut damaged = place(OWN, 3);
        damaged[20] ^= 1;
        damaged
    });
    let (old, new, other) = (place(OWN, 3), place(OWN, 4), place(OTHER, 9));
    for (first, second, expected) in [
        (&blank, &blank, MarkerCopy::None),
        (&new, &old, of(OWN, 4)),
        (&old, &new, of(OWN, 4)),
        (&new, &blank, of(OWN, 4)),
        (&blank, &new, of(OWN, 4)),
        (&damaged, &old, of(OWN, 3)),
        (&new, &damaged, of(OWN, 4)),
        (&other, &old, of(OTHER, 9)),
        (&old, &other, of(OWN, 3)),
        (&damaged, &blank, MarkerCopy::Unreadable),
        (&damaged, &damaged, MarkerCopy::Unreadable),
    ] {
        assert_eq!(MarkerCopy::of(Some(first), Some(second)), expected);
    }
    assert_eq!(MarkerCopy::of(None, None), MarkerCopy::Unreadable, "the partition is gone");
    assert_eq!(MarkerCopy::of(None, Some(&new)), of(OWN, 4));
}

/// With what a server comes up: copy, whose the data folder is, marker, database.
#[test]
fn a_data_folder_that_is_lost_or_anothers_locks_the_server() {
    let (none, generation) = (Marker::None, |n| Marker::Generation(Generation(n)));
    let never = Database::NeverClaimed { created_by: Version::parse("0.1.0") };
    let locked = State::Locked;
    for (copy, own, marker, database, expected) in [
        // Without a copy everything is as before.
        (MarkerCopy::None, None, none, Database::None, State::Factory),
        (MarkerCopy::None, Some(OWN), none, never, State::Offered),
        (MarkerCopy::None, Some(OWN), generation(1), claimed(1, Kept::Owned), State::Claimed),
        // Lost or reformatted.
        (of(OWN, 1), None, none, Database::None, locked(LockReason::DatabaseMissing)),
        (of(OWN, 1), None, none, Database::Unreadable, locked(LockReason::DatabaseUnreadable)),
        (of(OWN, 1), Some(OWN), none, never, locked(LockReason::DatabaseReplaced)),
        // Whole: the copy may be one step behind, and the marker may be lost.
        (of(OWN, 1), Some(OWN), generation(1), claimed(1, Kept::Owned), State::Claimed),
        (of(OWN, 1), Some(OWN), generation(2), claimed(2, Kept::Owned), State::Claimed),
        (of(OWN, 1), Some(OWN), none, claimed(1, Kept::Owned), State::Claimed),
        (of(OWN, 1), Some(OWN), Marker::Unreadable, claimed(1, Kept::Owned), State::Claimed),
        (of(OWN, 1), Some(OWN), generation(2), claimed(2, Kept::Recovery), State::Recovery),
        // An older one.
        (
            of(OWN, 2),
            Some(OWN),
            generation(1),
            claimed(1, Kept::Owned),
            locked(LockReason::OlderGeneration),
        ),
        // Another server's, whatever it says of itself.
        (
            of(OWN, 1),
            Some(OTHER),
            generation(9),
            claimed(9, Kept::Owned),
            locked(LockReason::DatabaseReplaced),
        ),
        (
            of(OWN, 1),
            Some(OTHER),
            none,
            claimed(9, Kept::Recovery),
            locked(LockReason::DatabaseReplaced),
        ),
        (of(OWN, 1), Some(OTHER), none, never, locked(LockReason::DatabaseReplaced)),
        (of(OWN, 1), Some(OTHER), none, Database::None, locked(LockReason::DatabaseMissing)),
        // A backup of another server that was put back here waits for its owner.
        (
            of(OWN, 1),
            Some(OTHER),
            generation(1),
            claimed(2, Kept::Restored),
            locked(LockReason::Restored),
        ),
        // Damaged: what else there is decides, and in doubt it is locked.
        (MarkerCopy::Unreadable, Some(OWN), generation(1), claimed(1, Kept::Owned), State::Claimed),
        (MarkerCopy::Unreadable, None, none, Database::None, locked(LockReason::DatabaseMissing)),
        (MarkerCopy::Unreadable, Some(OWN), none, never, locked(LockReason::DatabaseReplaced)),
    ] {
        let (marker_seen, database_seen) = copy.seen(own, marker, database);
        let start = start_state(marker_seen, database_seen, LocalSecurity::Off);
        assert_eq!(start.state, expected, "{copy:?} {own:?} {marker:?} {database:?}");
    }
}

/// Whatever the data folder says: with the copy of a claim nobody can claim the server anew.
#[test]
fn no_data_folder_makes_a_claimed_server_a_new_one() {
    let markers = [Marker::None, Marker::Unreadable, Marker::Generation(Generation(1))];
    let mut databases = vec![
        Database::None,
        Database::Unreadable,
        Database::NeverClaimed { created_by: None },
        Database::NeverClaimed { created_by: Version::parse("0.0.1") },
    ];
    for kept in [Kept::Owned, Kept::Orphaned, Kept::Recovery, Kept::Restored] {
        databases.extend([1, 2].map(|generation| claimed(generation, kept)));
    }
    for copy in [of(OWN, 1), of(OWN, 2), MarkerCopy::Unreadable] {
        for own in [None, Some(OWN), Some(OTHER)] {
            for marker in markers {
                for database in &databases {
                    let (marker, database) = copy.seen(own, marker, *database);
                    let state = start_state(marker, database, LocalSecurity::On).state;
                    assert!(state.was_claimed(), "{copy:?} {own:?} {marker:?} {database:?}");
                }
            }
        }
    }
}
