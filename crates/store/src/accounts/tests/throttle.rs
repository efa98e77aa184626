//! What is remembered of wrong tries, and what a flood of them cannot push out.

use stead_rules::limits::THROTTLE_ROWS_MAX;
use stead_rules::signin::Tries;
use stead_rules::time::{BootMs, Now, TimeTrust};

use super::{NOW, opened};
use crate::accounts::throttle::{Guess, add_miss, tries, trim, was_right};
use crate::{Accounts, Store, StoreError, WriteTx};

const RUN: [u8; 16] = [1; 16];

fn now() -> Now {
    Now { wall: NOW, boot: BootMs(1_000_000), trust: TimeTrust::Synced }
}

fn guess(credential: &str, place: &str, known: bool) -> Guess {
    Guess { credential: credential.to_owned(), place: place.to_owned(), known }
}

fn miss(tx: &WriteTx<'_, Accounts>, guess: &Guess) {
    add_miss(tx, &RUN, guess, now()).unwrap();
}

fn counts(tries: Tries) -> (u32, u32) {
    let count = |misses: Option<stead_rules::signin::Misses>| misses.map_or(0, |m| m.count);
    (count(tries.here), count(tries.everywhere))
}

fn told(store: &Store, guess: &Guess) -> (u32, u32) {
    counts(store.accounts.read(|tx| tries(tx, &RUN, guess)).unwrap())
}

#[test]
fn misses_count_for_their_place_and_for_everywhere() {
    let (_folder, store) = opened();
    let home = guess("pwd:robin", "192.168.1.2", true);
    let away = guess("pwd:robin", "198.51.100.7", true);
    let changed = store.accounts.write(|tx| {
        (0..3).for_each(|_| miss(tx, &away));
        miss(tx, &home);
        let before = counts(tries(tx, &RUN, &home)?);
        was_right(tx, &RUN, &home, now())?;
        Ok::<_, StoreError>((before, tries(tx, &RUN, &home)?.right_here))
    });
    assert_eq!(changed.unwrap(), ((1, 4), true));
    assert_eq!(told(&store, &home), (0, 3), "only its own misses are forgiven");
    assert_eq!(told(&store, &away), (3, 3));
    assert_eq!(told(&store, &guess("pwd:alex", "198.51.100.7", false)), (0, 0));
    let missed = store.accounts.write(|tx| {
        miss(tx, &home);
        Ok::<_, StoreError>(())
    });
    missed.unwrap();
    let after = store.accounts.read(|tx| tries(tx, &RUN, &home)).unwrap();
    assert!(after.right_here, "a place that was right once stays known");
    assert_eq!(counts(after), (1, 4));
}

/// The attack is one made-up name with two misses for each row, so that a real name's first miss
/// would be the first to go.
#[test]
fn a_flood_of_made_up_names_pushes_out_neither_the_known_nor_the_new() {
    let (_folder, store) = opened();
    let real = guess("pwd:robin", "198.51.100.7", true);
    let last = guess("pwd:nobody-last", "198.51.100.7", false);
    let left: u32 = store
        .accounts
        .write(|tx| {
            miss(tx, &real);
            for name in 0..THROTTLE_ROWS_MAX {
                let made_up = guess(&format!("pwd:nobody-{name}"), "198.51.100.7", false);
                miss(tx, &made_up);
                miss(tx, &made_up);
            }
            miss(tx, &last);
            let sql = "SELECT count(*) FROM throttle";
            tx.transaction.query_row(sql, [], |row| row.get(0)).map_err(StoreError::from)
        })
        .unwrap();
    assert!(left <= THROTTLE_ROWS_MAX + 300, "{left} rows");
    assert_eq!(told(&store, &real), (1, 1));
    assert_eq!(told(&store, &last), (1, 1));
}

#[test]
fn guesses_from_very_many_places_are_still_counted() {
    let (_folder, store) = opened();
    let home = guess("pwd:robin", "192.168.1.2", true);
    let rows = store.accounts.write(|tx| {
        was_right(tx, &RUN, &home, now())?;
        for place in 0..100 {
            miss(tx, &guess("pwd:robin", &format!("2001:db8:0:{place}::"), true));
        }
        trim(tx, 10)?;
        let sql = "SELECT count(*) FROM throttle";
        let rows: u32 = tx.transaction.query_row(sql, [], |row| row.get(0))?;
        Ok::<_, StoreError>((rows, tries(tx, &RUN, &home)?.right_here))
    });
    assert_eq!(rows.unwrap(), (11, true));
    assert_eq!(told(&store, &home), (0, 100));
}
