//! Groups and what is shared with them; requirements, grace and exemptions as they are read back.

use stead_rules::ids::{ExemptionId, GroupId, LibraryId, RootId, UserId};
use stead_rules::media::LibraryKind;
use stead_rules::policy::{Allowance, Grace, Reminder, RequirementId, Role, Scope};
use stead_rules::signin::Assurance;
use stead_rules::time::{BootMs, Now, TimeTrust};

use super::{NOW, a_user, opened};
use crate::accounts::exemptions::{self, Exemption};
use crate::accounts::grace;
use crate::accounts::groups::{self, Group, With};
use crate::accounts::libraries::{self, LibraryRow, RootRow};
use crate::accounts::requirements::{self, About, Found};
use crate::{Accounts, Store, StoreError, WriteTx};

const RUN: [u8; 16] = [1; 16];
const LATER_RUN: [u8; 16] = [2; 16];
const DAY: u64 = 24 * 3600;
const OWNER: UserId = UserId::from_bytes([1; 16]);
const SAM: UserId = UserId::from_bytes([2; 16]);
const FAMILY: GroupId = GroupId::from_bytes([1; 16]);
const FILMS: LibraryId = LibraryId::from_bytes([1; 16]);
const PHOTOS: LibraryId = LibraryId::from_bytes([2; 16]);

fn at(days: u64) -> Now {
    let ms = days * DAY * 1000;
    let wall = NOW.plus_ms(i64::try_from(ms).unwrap());
    Now { wall, boot: BootMs(1_000_000 + ms), trust: TimeTrust::Synced }
}

fn library(tx: &WriteTx<'_, Accounts>, id: LibraryId, name: &str) -> Result<(), StoreError> {
    let row = LibraryRow { id, name: name.into(), kind: LibraryKind::Mixed };
    let path = std::path::Path::new("/media").join(name);
    let root = RootRow { id: RootId::from_bytes(*id.as_bytes()), library: id, path, marker: None };
    libraries::add(tx, &row, &root, NOW)
}

fn family() -> Group {
    Group { id: FAMILY, name: "Family".into(), profiles_need_pin: false }
}

fn with_people() -> (tempfile::TempDir, Store) {
    let (folder, store) = opened();
    let made = store.accounts.write(|tx| {
        a_user(tx, 1, Role::Owner)?;
        a_user(tx, 2, Role::Member)?;
        library(tx, FILMS, "Films")?;
        library(tx, PHOTOS, "Photos")?;
        groups::add(tx, &family(), "family", NOW)
    });
    assert!(made.unwrap());
    (folder, store)
}

fn seen(store: &Store, user: UserId) -> Vec<LibraryId> {
    let rows = store.accounts.read(|tx| libraries::visible(tx, user)).unwrap();
    rows.into_iter().map(|row| row.id).collect()
}

#[test]
fn what_is_shared_with_a_group_is_seen_by_who_is_in_it_and_by_nobody_else() {
    let (_folder, store) = with_people();
    let write = |act: &dyn Fn(&WriteTx<'_, Accounts>) -> Result<bool, StoreError>| {
        store.accounts.write(act).unwrap()
    };
    assert_eq!((seen(&store, OWNER), seen(&store, SAM)), (vec![FILMS, PHOTOS], vec![]));
    assert!(write(&|tx| groups::set_share(tx, FILMS, With::Group(FAMILY), true, NOW)));
    assert_eq!(seen(&store, SAM), []);
    assert!(write(&|tx| groups::set_member(tx, FAMILY, SAM, true, NOW)));
    assert!(!write(&|tx| groups::set_member(tx, FAMILY, SAM, true, NOW)), "they are in it already");
    assert_eq!(seen(&store, SAM), [FILMS]);
    assert!(write(&|tx| groups::set_share(tx, PHOTOS, With::User(SAM), true, NOW)));
    assert_eq!(seen(&store, SAM), [FILMS, PHOTOS]);
    let shares = store.accounts.read(groups::shares).unwrap();
    assert_eq!(shares, [(PHOTOS, With::User(SAM)), (FILMS, With::Group(FAMILY))]);
    assert!(write(&|tx| groups::set_member(tx, FAMILY, SAM, false, NOW)));
    assert_eq!(seen(&store, SAM), [PHOTOS]);
    // With the group goes what was shared with it, and nobody else's.
    assert!(write(&|tx| groups::set_member(tx, FAMILY, SAM, true, NOW)));
    assert!(write(&|tx| groups::remove(tx, FAMILY)));
    assert_eq!(seen(&store, SAM), [PHOTOS]);
    assert!(!write(&|tx| groups::remove(tx, FAMILY)));
    assert_eq!(store.accounts.read(groups::members).unwrap(), []);
}

#[test]
fn a_group_has_a_name_of_its_own() {
    let (_folder, store) = with_people();
    let other = Group { id: GroupId::from_bytes([2; 16]), name: "FAMILY".into(), ..family() };
    let friends = Group { name: "Friends".into(), profiles_need_pin: true, ..other.clone() };
    let (doubled, made, renamed, pinned) = store
        .accounts
        .write(|tx| {
            Ok::<_, StoreError>((
                groups::add(tx, &other, "family", NOW)?,
                groups::add(tx, &friends, "friends", NOW)?,
                groups::change(tx, &friends, "family")?,
                groups::change(tx, &Group { profiles_need_pin: true, ..family() }, "family")?,
            ))
        })
        .unwrap();
    assert_eq!((doubled, made, renamed, pinned), (false, true, false, true));
    let all = store.accounts.read(groups::all).unwrap();
    assert_eq!(all, [Group { profiles_need_pin: true, ..family() }, friends]);
    assert_eq!(
        store.accounts.read(|tx| groups::one(tx, other.id)).unwrap().unwrap().name,
        "Friends"
    );
}

#[test]
fn a_group_that_something_is_required_of_is_not_removed() {
    let (_folder, store) = with_people();
    let id = require(&store, About::Group(FAMILY), 7);
    store.accounts.write(|tx| groups::remove(tx, FAMILY)).unwrap_err();
    let removed = store.accounts.write(|tx| {
        requirements::remove(tx, id)?;
        groups::remove(tx, FAMILY)
    });
    assert!(removed.unwrap());
}

fn require(store: &Store, about: About, days: u64) -> RequirementId {
    let put = |tx: &WriteTx<'_, Accounts>| {
        requirements::put(tx, about, Assurance::Mfa, days * DAY, None, NOW)
    };
    store.accounts.write(put).unwrap()
}

/// Numbers, scopes, exemptions and grace of what is required of Sam.
fn of_sam(store: &Store, run: &[u8; 16], now: Now) -> Vec<(i64, Scope, bool, Grace)> {
    match store.accounts.read(|tx| requirements::of_user(tx, run, SAM)).unwrap() {
        Found::Rows(rows) => {
            let rows = rows.iter().map(|concern| concern.judged(now));
            rows.map(|row| (row.id.0, row.scope, row.exempt, row.grace)).collect()
        }
        Found::Unreadable => panic!("it can be read"),
    }
}

#[test]
fn a_user_is_asked_for_what_is_on_by_server_group_and_library() {
    let (_folder, store) = with_people();
    assert_eq!(of_sam(&store, &RUN, at(0)), []);
    let (server, group, films) = (
        require(&store, About::Server, 7),
        require(&store, About::Group(FAMILY), 7),
        require(&store, About::Library(FILMS), 7),
    );
    let none = |scope, id: RequirementId| (id.0, scope, false, Grace::Over);
    let outside = [none(Scope::Server, server), none(Scope::Library(FILMS), films)];
    assert_eq!(of_sam(&store, &RUN, at(0)), outside);
    store.accounts.write(|tx| groups::set_member(tx, FAMILY, SAM, true, NOW)).unwrap();
    let mut inside = outside.to_vec();
    inside.insert(1, none(Scope::Group, group));
    assert_eq!(of_sam(&store, &RUN, at(0)), inside);
    store.accounts.write(|tx| requirements::switch_off(tx, server)).unwrap();
    assert_eq!(of_sam(&store, &RUN, at(0)), inside[1..]);
    store.accounts.write(|tx| libraries::remove(tx, FILMS)).unwrap();
    assert_eq!(of_sam(&store, &RUN, at(0)), inside[1..2], "it goes with its library");
    let all = store.accounts.read(requirements::all).unwrap();
    assert_eq!(all.iter().map(|row| row.unwrap().is_on).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn grace_is_used_up_over_restarts_and_stays_so_when_it_is_granted_anew() {
    let (_folder, store) = with_people();
    let id = require(&store, About::Server, 14);
    let grant = |days: u64, now: Now| {
        let grant = |tx: &WriteTx<'_, Accounts>| {
            grace::grant(tx, &RUN, SAM, id, days * DAY, now)?;
            grace::regrant_all(tx, &RUN, id, days * DAY)
        };
        store.accounts.write(grant).unwrap();
    };
    let left = |run, now| of_sam(&store, run, now)[0].3;
    grant(14, at(0));
    assert_eq!((left(&RUN, at(0)), left(&RUN, at(4))), (Grace::Days(14), Grace::Days(10)));
    // Another run that does not know the time sees its own uptime alone.
    let dark = Now { trust: TimeTrust::Unknown, boot: BootMs(DAY * 1000), wall: at(0).wall };
    assert_eq!(left(&LATER_RUN, dark), Grace::Days(13));
    let keep = |run: &[u8; 16], now: Now| {
        store
            .accounts
            .write(|tx| {
                for mut granted in grace::running(tx, run)? {
                    granted.told = Some(Reminder::Half);
                    grace::keep(tx, run, &granted, now)?;
                }
                Ok::<_, StoreError>(())
            })
            .unwrap();
    };
    keep(&RUN, at(4));
    assert_eq!(left(&RUN, at(4)), Grace::Days(10));
    grant(7, at(4));
    assert_eq!(left(&RUN, at(4)), Grace::Days(3), "shorter holds at once");
    let told =
        || store.accounts.read(|tx| grace::of(tx, &RUN, SAM, id)).unwrap().unwrap().unwrap().told;
    assert_eq!(told(), Some(Reminder::Half));
    grant(30, at(4));
    assert_eq!((left(&RUN, at(4)), told()), (Grace::Days(26), None), "longer is told anew");
    // Off for a hundred days, and on again.
    store.accounts.write(|tx| requirements::switch_off(tx, id)).unwrap();
    assert_eq!(require(&store, About::Server, 14), id, "the same row");
    store.accounts.write(|tx| grace::go_on(tx, &RUN, id, at(104))).unwrap();
    assert_eq!(left(&RUN, at(104)), Grace::Days(26));
    keep(&RUN, at(200));
    assert_eq!(left(&RUN, at(200)), Grace::Over);
}

fn exemption(n: u8, from: Option<RequirementId>, now: Now) -> Exemption {
    Exemption {
        id: ExemptionId::from_bytes([n; 16]),
        user: SAM,
        from,
        reason: "has no phone".into(),
        allowance: Allowance::granted(180 * DAY, now),
        created: now.wall,
    }
}

#[test]
fn an_exemption_ends_by_itself_by_hand_and_by_a_role() {
    let (_folder, store) = with_people();
    let (server, films) =
        (require(&store, About::Server, 0), require(&store, About::Library(FILMS), 0));
    let exempt = |now| {
        let rows = of_sam(&store, &RUN, now);
        [rows[0].2, rows[1].2]
    };
    let give = |exemption: &Exemption| {
        store.accounts.write(|tx| exemptions::give(tx, &RUN, exemption, at(0))).unwrap();
    };
    give(&exemption(1, Some(films), at(0)));
    assert_eq!(exempt(at(0)), [false, true], "from one alone");
    give(&exemption(2, None, at(0)));
    assert_eq!(exempt(at(179)), [true, true]);
    store.accounts.write(|tx| exemptions::keep_all(tx, &RUN, at(179))).unwrap();
    assert_eq!(exempt(at(180)), [false, false]);
    assert_eq!(store.accounts.read(|tx| exemptions::all(tx, &RUN)).unwrap().len(), 2);
    give(&exemption(3, Some(server), at(0)));
    assert!(exempt(at(0))[0]);
    let id = ExemptionId::from_bytes([3; 16]);
    assert!(store.accounts.write(|tx| exemptions::end(tx, &id.to_string())).unwrap());
    assert!(!store.accounts.write(|tx| exemptions::end(tx, &id.to_string())).unwrap());
    assert_eq!(exempt(at(179)), [true, true]);
    let promoted = store.accounts.write(|tx| {
        tx.transaction
            .execute("UPDATE user SET role = 'administrator' WHERE id = ?1", [SAM.as_bytes()])?;
        exemptions::all(tx, &RUN)
    });
    assert_eq!(promoted.unwrap(), []);
}

#[test]
fn a_row_that_means_nothing_is_told_and_can_be_removed() {
    let (_folder, store) = with_people();
    let id = require(&store, About::Server, 7);
    for damage in ["level = 'nine'", "scope = 'world'", "level = 'pwd'", "max_age_seconds = -5"] {
        store
            .accounts
            .write(|tx| {
                tx.transaction.execute(&format!("UPDATE requirement SET {damage}"), ())?;
                Ok::<_, StoreError>(())
            })
            .unwrap();
        let read = store.accounts.read(|tx| requirements::of_user(tx, &RUN, SAM)).unwrap();
        assert_eq!(read, Found::Unreadable, "{damage}");
        assert_eq!(store.accounts.read(requirements::all).unwrap(), [Err(id)], "{damage}");
        store
            .accounts
            .write(|tx| {
                let sql = "UPDATE requirement SET level = 'mfa', scope = 'server', max_age_seconds = NULL";
                tx.transaction.execute(sql, ())?;
                Ok::<_, StoreError>(())
            })
            .unwrap();
    }
    assert!(store.accounts.write(|tx| requirements::remove(tx, id)).unwrap());
    assert_eq!(of_sam(&store, &RUN, at(0)), []);
}
