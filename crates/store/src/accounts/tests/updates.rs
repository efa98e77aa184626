//! What is wanted of updates, and which were left.

use stead_rules::limits::UPDATES_LEFT_MAX;
use stead_rules::time::{BootMs, Now, TimeTrust};
use stead_rules::updates::{Channel, Hours, How, Wish};

use super::{NOW, opened};
use crate::accounts::updates::{leave, left, set_told, set_wish, told, wish};

#[test]
fn what_is_wanted_of_updates_is_kept_and_nothing_is_until_somebody_says_so() {
    let (_folder, store) = opened();
    let accounts = &store.accounts;
    assert_eq!(accounts.read(wish).unwrap(), Wish::default());
    assert_eq!(accounts.read(told).unwrap(), None);
    for how in [How::Tell, How::Within(Hours::new(23, 2).unwrap()), How::Off] {
        for channel in [Channel::Stable, Channel::Beta] {
            let wanted = Wish { channel, how };
            accounts.write(|tx| set_wish(tx, wanted)).unwrap();
            assert_eq!(accounts.read(wish).unwrap(), wanted);
        }
    }
    accounts.write(|tx| set_told(tx, "0.10.0")).unwrap();
    accounts.write(|tx| set_wish(tx, Wish::default())).unwrap();
    assert_eq!(accounts.read(told).unwrap().as_deref(), Some("0.10.0"));
}

#[test]
fn versions_that_were_left_are_few_and_the_oldest_goes() {
    let (_folder, store) = opened();
    let now = Now { wall: NOW, boot: BootMs(0), trust: TimeTrust::Synced };
    for version in 0..UPDATES_LEFT_MAX + 2 {
        store.accounts.write(|tx| leave(tx, &format!("0.{version}"), now)).unwrap();
    }
    store.accounts.write(|tx| leave(tx, "0.2", now)).unwrap();
    let left = store.accounts.read(left).unwrap();
    assert_eq!(left.len(), usize::try_from(UPDATES_LEFT_MAX).unwrap());
    let has = |version: &str| left.iter().any(|left| left == version);
    assert!(has("0.2") && has("0.3") && !has("0.0") && !has("0.1"), "{left:?}");
}
