//! What is remembered of wrong tries, and what a flood of them cannot push out.

use stead_rules::ids::AccountId;
use stead_rules::limits::{
    PASSWORD_ALL_WAIT_SECONDS, PASSWORD_MISS_BUCKETS, PASSWORD_MISSES_PER_BUCKET_MAX,
    PASSWORD_PLACES_MAX, THROTTLE_PLACES_MAX,
};
use stead_rules::policy::Role;
use stead_rules::signin::{Tries, Wait, wait_after};
use stead_rules::time::{BootMs, Now, TimeTrust};

use super::{NOW, a_user, opened};
use crate::accounts::password_tries;
use crate::accounts::throttle::{Guess, add_miss, tries, was_right};
use crate::{Accounts, ReadTx, Store, StoreError, WriteTx};

const RUN: [u8; 16] = [1; 16];

fn now() -> Now {
    after(0)
}

fn after(seconds: i64) -> Now {
    let ms = seconds * 1000;
    let boot = BootMs(1_000_000 + u64::try_from(ms).unwrap());
    Now { wall: NOW.plus_ms(ms), boot, trust: TimeTrust::Synced }
}

fn guess(credential: &str, place: &str) -> Guess {
    Guess { credential: credential.to_owned(), place: place.to_owned() }
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
    let home = guess("factor:robin", "192.168.1.2");
    let away = guess("factor:robin", "198.51.100.7");
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
    assert_eq!(told(&store, &guess("factor:alex", "198.51.100.7")), (0, 0));
    let missed = store.accounts.write(|tx| {
        miss(tx, &home);
        Ok::<_, StoreError>(())
    });
    missed.unwrap();
    let after = store.accounts.read(|tx| tries(tx, &RUN, &home)).unwrap();
    assert!(after.right_here, "a place that was right once stays known");
    assert_eq!(counts(after), (1, 4));
}

/// Tries of one kind, or at one person's factor, push out nothing of another's.
#[test]
fn each_credential_keeps_places_of_its_own() {
    let (_folder, store) = opened();
    let home = guess("factor:robin", "192.168.1.2");
    let alex = guess("factor:alex", "198.51.100.7");
    let rows = store.accounts.write(|tx| {
        miss(tx, &alex);
        was_right(tx, &RUN, &home, now())?;
        for place in 0..THROTTLE_PLACES_MAX * 2 {
            for credential in ["factor:robin", "app", "device_code:sam"] {
                miss(tx, &guess(credential, &format!("2001:db8:0:{place:x}::")));
            }
        }
        let sql = "SELECT count(*) FROM throttle WHERE credential = 'factor:robin'";
        let rows: u32 = tx.transaction.query_row(sql, [], |row| row.get(0))?;
        Ok::<_, StoreError>((rows, tries(tx, &RUN, &home)?.right_here))
    });
    assert_eq!(rows.unwrap(), (THROTTLE_PLACES_MAX + 1, true), "and one for everywhere");
    assert_eq!(told(&store, &home), (0, THROTTLE_PLACES_MAX * 2));
    assert_eq!(told(&store, &alex), (1, 1), "nobody pushes out what is counted of another");
}

/// The n-th pair of a name and a place, spread as a hash spreads them.
fn pair(n: u32) -> password_tries::Guess {
    let mixed = u64::from(n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
    let [high, low, wide, wider, ..] = mixed;
    let mut tag = [0; 16];
    tag[..8].copy_from_slice(&mixed);
    password_tries::Guess {
        tag,
        bucket: u16::from_be_bytes([high, low]) % PASSWORD_MISS_BUCKETS,
        everywhere: u16::from_be_bytes([wide, wider]),
    }
}

fn password_miss(tx: &WriteTx<'_, Accounts>, guess: &password_tries::Guess, now: Now) {
    password_tries::add_miss(tx, &RUN, guess, now).unwrap();
}

fn wait(tx: &ReadTx<'_, Accounts>, guess: &password_tries::Guess, now: Now) -> Wait {
    let tries = password_tries::tries(tx, &RUN, guess).unwrap();
    wait_after(tries, PASSWORD_ALL_WAIT_SECONDS, now)
}

fn rows(tx: &ReadTx<'_, Accounts>, table: &str) -> usize {
    let sql = format!("SELECT count(*) FROM {table}");
    tx.transaction.query_row(&sql, [], |row| row.get(0)).unwrap()
}

const PAIRS: usize = PASSWORD_MISS_BUCKETS as usize * PASSWORD_MISSES_PER_BUCKET_MAX;

/// A stranger with a thousand places types forty thousand names, at the pace that two hashes at once
/// allow, while somebody else's wait of an hour is on.
#[test]
fn a_flood_of_names_ends_no_wait_that_is_on_and_takes_no_more_room() {
    let (_folder, store) = opened();
    let held = pair(0);
    let flood = u32::try_from(PAIRS * 5).unwrap();
    store
        .accounts
        .write(|tx| {
            (0..13).for_each(|_| password_miss(tx, &held, now()));
            assert_eq!(wait(tx, &held, now()), Wait::Seconds(3600));
            for n in 1..=flood {
                password_miss(tx, &pair(n), after(i64::from(n) / 40));
            }
            let later = after(i64::from(flood) / 40);
            assert_eq!(wait(tx, &held, later), Wait::Seconds(3600 - u64::from(flood) / 40));
            assert!(rows(tx, "password_miss") <= PAIRS, "{}", rows(tx, "password_miss"));
            assert!(rows(tx, "password_miss") > PAIRS * 9 / 10, "the table was full");
            assert!(rows(tx, "password_miss_everywhere") <= 1 << 16);
            assert_ne!(wait(tx, &pair(flood), later), Wait::Go, "the last one is counted too");
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

/// While all in a bucket keep somebody waiting nobody makes room, and the misses from everywhere count.
#[test]
fn in_a_full_bucket_misses_still_count_from_everywhere() {
    let (_folder, store) = opened();
    let in_bucket =
        |n: u8, everywhere| password_tries::Guess { tag: [n; 16], bucket: 7, everywhere };
    store
        .accounts
        .write(|tx| {
            for n in 0..8 {
                (0..10).for_each(|_| password_miss(tx, &in_bucket(n, u16::from(n)), now()));
            }
            let ninth = in_bucket(8, 99);
            for count in 1..=30 {
                password_miss(tx, &ninth, now());
                let tries = password_tries::tries(tx, &RUN, &ninth)?;
                assert_eq!(counts(tries), (0, count));
            }
            assert_eq!(wait(tx, &ninth, now()), Wait::Seconds(60));
            for n in 0..8 {
                assert_eq!(wait(tx, &in_bucket(n, u16::from(n)), now()), Wait::Seconds(512), "{n}");
            }
            password_miss(tx, &ninth, after(512));
            assert_eq!(counts(password_tries::tries(tx, &RUN, &ninth)?), (1, 31));
            assert_eq!(rows(tx, "password_miss"), 8);
            assert_eq!(wait(tx, &in_bucket(0, 0), after(512)), Wait::Go, "the oldest made room");
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

/// Two names in one bucket: what a stranger does to one makes the other's new places wait for a
/// minute, as it would by its own name, and no place where the password was right.
#[test]
fn who_shares_a_bucket_is_not_locked_out() {
    let (_folder, store) = opened();
    let account = AccountId::from_bytes([1; 16]);
    let home = password_tries::Guess { tag: [1; 16], bucket: 7, everywhere: 5 };
    let new_place = password_tries::Guess { tag: [2; 16], bucket: 7, everywhere: 5 };
    let strangers = password_tries::Guess { tag: [3; 16], bucket: 7, everywhere: 5 };
    store
        .accounts
        .write(|tx| {
            a_user(tx, 1, Role::Owner)?;
            password_miss(tx, &home, now());
            password_tries::was_right(tx, &RUN, &home, account)?;
            assert_eq!(counts(password_tries::tries(tx, &RUN, &home)?), (0, 0), "forgiven");
            (0..100).for_each(|_| password_miss(tx, &strangers, now()));
            assert_eq!(wait(tx, &strangers, now()), Wait::Seconds(3600));
            assert_eq!(wait(tx, &home, now()), Wait::Go);
            assert_eq!(wait(tx, &new_place, now()), Wait::Seconds(60));
            password_tries::was_right(tx, &RUN, &new_place, account)?;
            assert_eq!(counts(password_tries::tries(tx, &RUN, &strangers)?), (100, 100));
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

#[test]
fn so_many_places_of_an_account_are_known_and_they_go_with_it() {
    let (_folder, store) = opened();
    let account = AccountId::from_bytes([1; 16]);
    store
        .accounts
        .write(|tx| {
            a_user(tx, 1, Role::Owner)?;
            for n in 0..=PASSWORD_PLACES_MAX {
                password_tries::was_right(tx, &RUN, &pair(n), account)?;
                password_tries::was_right(tx, &RUN, &pair(1), account)?;
            }
            let known = |n| password_tries::tries(tx, &RUN, &pair(n)).unwrap().right_here;
            assert!(known(1) && known(PASSWORD_PLACES_MAX), "the newest");
            assert!(!known(0), "the oldest made room");
            assert_eq!(rows(tx, "password_place"), PASSWORD_PLACES_MAX as usize);
            crate::accounts::alone::remove(tx, account)?;
            assert_eq!(rows(tx, "password_place"), 0);
            Ok::<_, StoreError>(())
        })
        .unwrap();
}
