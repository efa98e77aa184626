//! Authenticators, remembered browsers and notices, each for its own person.

use stead_rules::ids::{AccountId, DeviceId, FactorId, IssuerId, NoticeId, SessionId, UserId};
use stead_rules::limits::{NOTICES_MAX, REMEMBERED_DEVICES_MAX};
use stead_rules::policy::{ClientKind, Role};
use stead_rules::signin::{Method, Methods, NoticeKind, RememberFor, Vouched};
use stead_rules::time::{BootMs, Moment, Now, TimeTrust, WallMs};
use zeroize::Zeroizing;

use super::{NOW, a_user, opened};
use crate::accounts::factors::{self, Authenticator};
use crate::accounts::notices::{self, Notice};
use crate::accounts::sessions::{self, Session};
use crate::accounts::{identity, remembered};
use crate::{Accounts, Store, StoreError, WriteTx};

const RUN: [u8; 16] = [1; 16];
const ROBIN: AccountId = AccountId::from_bytes([1; 16]);
const SAM: AccountId = AccountId::from_bytes([2; 16]);

fn now() -> Now {
    Now { wall: NOW, boot: BootMs(1_000_000), trust: TimeTrust::Synced }
}

fn authenticator(n: u8) -> Authenticator {
    Authenticator {
        id: FactorId::from_bytes([n; 16]),
        name: format!("Phone {n}"),
        secret: Zeroizing::new(vec![n; 20]),
        last_step: 10,
        created: NOW.plus_ms(i64::from(n)),
        used: None,
    }
}

fn with_people() -> (tempfile::TempDir, Store) {
    let (folder, store) = opened();
    let made = store.accounts.write(|tx| {
        a_user(tx, 1, Role::Owner)?;
        a_user(tx, 2, Role::Member)?;
        factors::add_authenticator(tx, ROBIN, &authenticator(1))?;
        factors::add_authenticator(tx, ROBIN, &authenticator(2))
    });
    made.unwrap();
    (folder, store)
}

#[test]
fn a_totp_step_is_accepted_once_for_each_authenticator() {
    let (_folder, store) = with_people();
    let (one, two) = (FactorId::from_bytes([1; 16]), FactorId::from_bytes([2; 16]));
    let accepted: Vec<bool> = store
        .accounts
        .write(|tx| {
            [(one, 10), (one, 9), (one, 11), (one, 11), (two, 11), (two, 11), (one, 12)]
                .iter()
                .map(|(factor, step)| factors::accept_totp_step(tx, *factor, *step, NOW))
                .collect::<Result<_, StoreError>>()
        })
        .unwrap();
    assert_eq!(accepted, [false, false, true, false, true, false, true]);
}

#[test]
fn an_authenticator_is_changed_by_its_own_account_alone() {
    let (_folder, store) = with_people();
    let one = FactorId::from_bytes([1; 16]);
    let names = store.accounts.write(|tx| {
        assert!(!factors::rename_authenticator(tx, SAM, one, "Mine")?);
        assert!(!factors::remove_authenticator(tx, SAM, one)?);
        assert!(factors::rename_authenticator(tx, ROBIN, one, "Tablet")?);
        let list = factors::authenticators(tx, ROBIN)?;
        assert!(factors::remove_authenticator(tx, ROBIN, one)?);
        assert!(!factors::remove_authenticator(tx, ROBIN, one)?);
        let left = factors::authenticators(tx, ROBIN)?.len();
        let names = list.into_iter().map(|one| one.name).collect::<Vec<_>>();
        Ok::<_, StoreError>((names, left, factors::authenticators(tx, SAM)?.len()))
    });
    assert_eq!(names.unwrap(), (vec!["Tablet".to_owned(), "Phone 2".to_owned()], 1, 0));
}

#[test]
fn a_remembered_browser_is_its_users_until_the_epoch_moves() {
    let (_folder, store) = with_people();
    let (robin, sam) = (UserId::from_bytes([1; 16]), UserId::from_bytes([2; 16]));
    let counted = store.accounts.write(|tx| {
        for n in 0..=REMEMBERED_DEVICES_MAX {
            let n = u8::try_from(n).unwrap();
            let device = DeviceId::from_bytes([n; 16]);
            let new = remembered::New {
                id: device,
                user: robin,
                agent: "Firefox",
                token_hash: [n; 32],
                length: RememberFor::Season,
                made_in: None,
            };
            remembered::add(tx, &RUN, &new, now())?;
        }
        let found = |user, n: u8| {
            Ok::<_, StoreError>(remembered::by_token(tx, &RUN, user, &[n; 32])?.is_some())
        };
        let before = (found(robin, 0)?, found(robin, 1)?, found(sam, 1)?);
        let many = remembered::of_user(tx, &RUN, robin)?.len();
        assert!(!remembered::remove(tx, sam, DeviceId::from_bytes([1; 16]))?);
        identity::bump_epoch(tx, robin)?;
        let after = remembered::of_user(tx, &RUN, robin)?.len();
        Ok::<_, StoreError>((before, many, found(robin, 1)?, after))
    });
    let most = usize::try_from(REMEMBERED_DEVICES_MAX).unwrap();
    assert_eq!(counted.unwrap(), ((false, true, false), most, false, 0));
}

fn open(tx: &WriteTx<'_, Accounts>, n: u8, created: WallMs) -> Result<SessionId, StoreError> {
    let session = Session {
        id: SessionId::from_bytes([n; 16]),
        user: UserId::from_bytes([1; 16]),
        client: ClientKind::Web,
        agent: "test".into(),
        issuer: IssuerId::from_bytes([1; 16]),
        methods: Methods::NONE.and(Method::Password),
        auth: Moment::of(now()),
        generation: 0,
        epoch: 0,
        created,
        last_seen: Moment::of(now()),
        rested: false,
    };
    sessions::make_session(tx, &RUN, &session, &[n; 32])?;
    Ok(session.id)
}

#[test]
fn a_clock_that_jumped_ends_no_session_of_this_start() {
    const DAY_S: u64 = 24 * 3600;
    let (_folder, store) = with_people();
    let removed = |run: &sessions::RunId, days_of_wall: u64, days_of_boot: u64| {
        let removed: Result<_, StoreError> = store.accounts.write(|tx| {
            open(tx, 1, NOW)?;
            let later = Now {
                wall: NOW.plus_ms((days_of_wall * DAY_S * 1000).cast_signed()),
                boot: now().boot.plus_ms(days_of_boot * DAY_S * 1000),
                ..now()
            };
            let removed = sessions::remove_unused(tx, run, later, 90 * DAY_S)?;
            sessions::end(tx, UserId::from_bytes([1; 16]), SessionId::from_bytes([1; 16]))?;
            Ok(removed)
        });
        removed.unwrap()
    };
    assert_eq!([removed(&RUN, 400, 89), removed(&RUN, 0, 90)], [0, 1]);
    let since = [7; 16];
    assert_eq!([removed(&since, 89, 400), removed(&since, 90, 0)], [0, 1]);
}

fn a_notice(id: NoticeId, kind: NoticeKind, at: WallMs) -> Notice {
    Notice { id, kind, about: String::new(), at, factor: None, session: None }
}

#[test]
fn each_session_sees_a_notice_for_itself_also_after_its_id_changed() {
    let (_folder, store) = with_people();
    let robin = UserId::from_bytes([1; 16]);
    store
        .accounts
        .write(|tx| {
            let (here, there) = (open(tx, 1, NOW)?, open(tx, 2, NOW)?);
            let id = NoticeId::from_bytes([1; 16]);
            let kind = NoticeKind::FactorAdded;
            let notice = Notice { about: "Phone".into(), ..a_notice(id, kind, NOW.plus_ms(5)) };
            notices::add(tx, robin, &notice)?;
            notices::known_to(tx, id, here)?;
            let shown = |session| notices::shown_to(tx, robin, session, NOW);
            assert_eq!((shown(here)?, shown(there)?), (vec![], vec![notice.clone()]));
            let later = open(tx, 3, NOW.plus_ms(9))?;
            assert_eq!(shown(later)?.len(), 1, "it was seen nowhere");
            assert!(notices::seen(tx, robin, later, id)?);
            assert!(!notices::seen(tx, UserId::from_bytes([2; 16]), there, id)?);
            assert_eq!((shown(later)?.len(), shown(there)?.len()), (0, 1));
            let next = open(tx, 4, NOW.plus_ms(9))?;
            assert_eq!(shown(next)?.len(), 1, "seen elsewhere is not seen here");
            let browser = |n| DeviceId::from_bytes([n; 16]);
            for (n, session) in [(1, later), (2, next)] {
                let new = remembered::New {
                    id: browser(n),
                    user: robin,
                    agent: "Firefox",
                    token_hash: [n; 32],
                    length: RememberFor::Month,
                    made_in: Some(session),
                };
                remembered::add(tx, &RUN, &new, now())?;
                sessions::note_browser(tx, session, browser(n))?;
            }
            assert!(notices::seen(tx, robin, later, id)?);
            for (n, in_browser, seen) in [(5, 1, true), (6, 2, false)] {
                let session = open(tx, n, NOW.plus_ms(9))?;
                sessions::note_browser(tx, session, browser(in_browser))?;
                assert_eq!(shown(session)?.is_empty(), seen, "in the browser where it was seen");
            }
            assert!(notices::seen(tx, robin, there, id)?);
            let stored = sessions::by_id(tx, &RUN, there)?.unwrap().session;
            let renewed = Session { id: SessionId::from_bytes([9; 16]), ..stored };
            sessions::renew(tx, &RUN, there, &renewed, &[9; 32])?;
            assert_eq!(shown(renewed.id)?.len(), 0, "it stays seen under another id");
            assert_eq!(notices::shown_to(tx, robin, here, NOW.plus_ms(6))?.len(), 0);
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

#[test]
fn notices_are_bounded_and_the_newest_stay() {
    let (_folder, store) = with_people();
    let robin = UserId::from_bytes([1; 16]);
    let shown = store.accounts.write(|tx| {
        let session = open(tx, 1, NOW)?;
        for n in 0..=u8::try_from(NOTICES_MAX).unwrap() {
            let id = NoticeId::from_bytes([n; 16]);
            let at = NOW.plus_ms(i64::from(n));
            let kind = NoticeKind::RecoveryCodesMade;
            notices::add(tx, robin, &a_notice(id, kind, at))?;
        }
        notices::shown_to(tx, robin, session, NOW)
    });
    let shown = shown.unwrap();
    assert_eq!(shown.len(), usize::try_from(NOTICES_MAX).unwrap());
    assert_eq!(shown.last().unwrap().at, NOW.plus_ms(1));
}

#[test]
fn an_epoch_ends_all_sessions_but_the_one_that_is_kept() {
    let (_folder, store) = with_people();
    let robin = UserId::from_bytes([1; 16]);
    store
        .accounts
        .write(|tx| {
            let (kept, ended) = (open(tx, 1, NOW)?, open(tx, 2, NOW)?);
            sessions::vouch(tx, kept, Vouched::OneTimeCode)?;
            identity::bump_epoch(tx, robin)?;
            sessions::keep(tx, kept)?;
            let current = |session| {
                let facts = sessions::by_id(tx, &RUN, session)?.unwrap();
                Ok::<_, StoreError>((facts.session.epoch == facts.epoch_now, facts.vouched))
            };
            assert_eq!(current(kept)?, (true, Vouched::OneTimeCode));
            assert_eq!(current(ended)?, (false, Vouched::OldPassword));
            let listed = sessions::of_user(tx, &RUN, robin)?;
            assert_eq!(listed.iter().map(|one| one.id).collect::<Vec<_>>(), [kept]);
            Ok::<_, StoreError>(())
        })
        .unwrap();
}
