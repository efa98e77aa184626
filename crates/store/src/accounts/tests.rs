//! The accounts database against a real file.

mod audit;
mod backup;
mod before_update;
mod factors;
mod policy;
mod throttle;
mod updates;

use stead_rules::claim::{Eras, Kept};
use stead_rules::ids::{AccountId, BoxId, EraId, IssuerId, LibraryId, RootId, SessionId, UserId};
use stead_rules::media::LibraryKind;
use stead_rules::policy::{ClientKind, Role};
use stead_rules::signin::{Method, Methods};
use stead_rules::time::{Moment, WallMs};

use super::claim::{self, Server, mark_clock, server, set_generation};
use super::era::{eras, set_eras};
use super::identity::{self, Account, User};
use super::libraries::{self, LibraryRow, RootRow};
use super::sessions::{self, Session};
use crate::{Accounts, Found, OpenError, Store, StoreError, WriteTx, inspect};

const NOW: WallMs = WallMs(1_700_000_000_000);

fn a_server() -> Server {
    Server {
        box_id: BoxId::from_bytes([7; 16]),
        name: "Stead".into(),
        generation: 0,
        epoch: 0,
        clock_mark: NOW,
        link_key: vec![1; 32],
        created_by: "0.1.0".into(),
    }
}

fn opened() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create(folder.path(), &a_server()).unwrap();
    (folder, store)
}

fn a_user(tx: &WriteTx<'_, Accounts>, n: u8, role: Role) -> Result<UserId, StoreError> {
    let issuer = identity::embedded_issuer(tx, IssuerId::from_bytes([n; 16]), NOW)?;
    let account = Account {
        id: AccountId::from_bytes([n; 16]),
        login: format!("user{n}"),
        name: format!("User {n}"),
        password_hash: "x".into(),
        epoch: 0,
        enabled: true,
    };
    identity::make_account(tx, &account, NOW)?;
    let user = User {
        id: UserId::from_bytes([n; 16]),
        issuer,
        sub: account.id.to_string(),
        account: account.id,
        name: account.name,
        role,
        enabled: true,
        epoch: 0,
    };
    identity::make_user(tx, &user, NOW)?;
    Ok(user.id)
}

/// Accounts that were just made, claimed so often.
fn found(generation: u64) -> Found {
    let box_id = BoxId::from_bytes([7; 16]);
    Found::Server { box_id, generation, created_by: "0.1.0".into(), kept: Kept::Owned, eras: None }
}

#[test]
fn a_generation_never_decreases() {
    let (folder, store) = opened();
    let generation = store
        .accounts
        .write(|tx| {
            set_generation(tx, 3)?;
            set_generation(tx, 2)?;
            Ok::<_, StoreError>(server(tx)?.unwrap().generation)
        })
        .unwrap();
    assert_eq!(generation, 3);
    let found = found(3);
    assert_eq!(inspect(folder.path()).unwrap(), found);
}

#[test]
fn a_clock_mark_is_kept_as_it_is_told_and_a_guess_is_not() {
    let (_folder, store) = opened();
    let later = NOW.plus_ms(1000);
    for (told, kept) in [(Some(later), later), (Some(NOW), NOW), (None, NOW)] {
        let mark = store.accounts.write(|tx| {
            mark_clock(tx, told)?;
            Ok::<_, StoreError>(server(tx)?.unwrap().clock_mark)
        });
        assert_eq!(mark.unwrap(), kept);
    }
}

#[test]
fn a_failed_use_case_leaves_no_trace() {
    let (_folder, store) = opened();
    let failed: Result<(), StoreError> = store.accounts.write(|tx| {
        claim::rename_server(tx, "Another")?;
        Err(StoreError::BadRow { what: "test" })
    });
    assert!(failed.is_err());
    let row = store.accounts.read(server).unwrap();
    assert_eq!(row.unwrap().name, "Stead");
}

#[test]
fn there_is_one_owner() {
    let (_folder, store) = opened();
    store.accounts.write(|tx| a_user(tx, 1, Role::Owner)).unwrap();
    let second = store.accounts.write(|tx| a_user(tx, 2, Role::Owner));
    assert!(matches!(second, Err(StoreError::Exists(_))), "{second:?}");
}

#[test]
fn a_recovery_code_works_once() {
    let (_folder, store) = opened();
    let account = AccountId::from_bytes([1; 16]);
    let used = store
        .accounts
        .write(|tx| {
            a_user(tx, 1, Role::Owner)?;
            identity::put_recovery_codes(tx, account, &[[5; 32], [6; 32]])?;
            let first = identity::use_recovery_code(tx, account, &[5; 32], NOW)?;
            let again = identity::use_recovery_code(tx, account, &[5; 32], NOW)?;
            let unknown = identity::use_recovery_code(tx, account, &[9; 32], NOW)?;
            Ok::<_, StoreError>([first, again, unknown])
        })
        .unwrap();
    assert_eq!(used, [true, false, false]);
}

#[test]
fn a_member_sees_what_is_shared_with_them() {
    let (folder, store) = opened();
    let library = LibraryRow {
        id: LibraryId::from_bytes([9; 16]),
        name: "Films".into(),
        kind: LibraryKind::Films,
    };
    let root = RootRow {
        id: RootId::from_bytes([9; 16]),
        library: library.id,
        path: folder.path().to_path_buf(),
        marker: None,
    };
    let seen = store
        .accounts
        .write(|tx| {
            let owner = a_user(tx, 1, Role::Owner)?;
            let member = a_user(tx, 2, Role::Member)?;
            let guest = a_user(tx, 3, Role::Member)?;
            libraries::add(tx, &library, &root, NOW)?;
            libraries::share(tx, library.id, member, NOW)?;
            [owner, member, guest]
                .iter()
                .map(|user| Ok(libraries::visible(tx, *user)?.len()))
                .collect::<Result<Vec<_>, StoreError>>()
        })
        .unwrap();
    assert_eq!(seen, [1, 1, 0]);
}

/// Fewer methods than were shown would be a guess.
#[test]
fn a_session_with_a_method_that_nobody_knows_is_damaged() {
    let (_folder, store) = opened();
    let id = SessionId::from_bytes([1; 16]);
    let run = [0; 16];
    let read = |words: &str| {
        store.accounts.write(|tx| {
            tx.transaction.execute("UPDATE session SET methods = ?1", [words])?;
            Ok::<_, StoreError>(())
        })?;
        store.accounts.read(|tx| sessions::by_id(tx, &run, id))
    };
    store
        .accounts
        .write(|tx| {
            let user = a_user(tx, 1, Role::Owner)?;
            let moment = Moment::before_this_start(NOW);
            let session = Session {
                id,
                user,
                client: ClientKind::Web,
                agent: "test".into(),
                issuer: IssuerId::from_bytes([1; 16]),
                methods: Methods::NONE.and(Method::Password).and(Method::Totp),
                auth: moment,
                generation: 1,
                epoch: 0,
                created: NOW,
                last_seen: moment,
                rested: false,
            };
            sessions::make_session(tx, &run, &session, &[1; 32])?;
            let stored = sessions::by_id(tx, &run, id)?.unwrap().session;
            assert_eq!(stored.methods, session.methods);
            Ok::<_, StoreError>(())
        })
        .unwrap();
    assert!(read("password totp").is_ok());
    assert!(read("password sms").is_err());
}

#[test]
fn readers_cannot_write() {
    let (_folder, store) = opened();
    let refused = store
        .accounts
        .read(|tx| tx.transaction.execute("DELETE FROM user", []).map_err(StoreError::from));
    assert!(refused.is_err());
}

/// Reads within a read, each by a reader of its own.
fn nested(store: &Store, depth: u32) -> Result<u32, StoreError> {
    store.accounts.read(|_| if depth == 0 { Ok(0) } else { Ok(nested(store, depth - 1)? + 1) })
}

#[test]
fn whoever_holds_every_reader_waits_for_none() {
    let (_folder, store) = opened();
    assert_eq!(nested(&store, 10).unwrap(), 10);
    std::thread::scope(|scope| {
        for _ in 0..24 {
            scope.spawn(|| assert_eq!(nested(&store, 1).unwrap(), 1));
        }
    });
}

#[test]
fn what_lies_there_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(inspect(folder.path()).unwrap(), Found::Nothing);
    let path = folder.path().join("accounts.db");
    std::fs::write(&path, b"").unwrap();
    assert_eq!(inspect(folder.path()).unwrap(), Found::Unreadable, "an empty file");
    std::fs::write(&path, b"not a database, but long enough to be looked at by SQLite".repeat(99))
        .unwrap();
    assert_eq!(inspect(folder.path()).unwrap(), Found::Unreadable, "another file");
}

#[test]
fn a_truncated_database_is_unreadable_and_stays() {
    let (folder, store) = opened();
    drop(store);
    let path = folder.path().join("accounts.db");
    let whole = std::fs::metadata(&path).unwrap().len();
    for length in [whole / 2, 4096, 100, 1, 0] {
        let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(length).unwrap();
        assert_eq!(inspect(folder.path()).unwrap(), Found::Unreadable, "{length} of {whole} bytes");
        assert!(Store::open(folder.path()).is_err(), "{length} of {whole} bytes");
        assert_eq!(std::fs::metadata(&path).unwrap().len(), length, "nothing was changed");
    }
}

#[test]
fn a_newer_database_is_refused() {
    let (folder, store) = opened();
    store
        .accounts
        .write(|tx| {
            let sql = "INSERT INTO refinery_schema_history (version, name, applied_on, checksum)
                       VALUES (9999, 'future', '2030-01-01T00:00:00Z', '1')";
            tx.transaction.execute(sql, []).map_err(StoreError::from)
        })
        .unwrap();
    drop(store);
    let refused = Store::open(folder.path());
    assert!(matches!(refused, Err(OpenError::Newer { .. })), "{refused:?}");
}

/// Rights, descriptors and failing disks are no damage: a server must not lock itself for them.
#[test]
fn what_cannot_be_looked_at_is_not_damaged() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("accounts.db")).unwrap();
    let looked = inspect(folder.path());
    assert!(matches!(looked, Err(OpenError::Io { .. })), "{looked:?}");
    let not_a_folder = folder.path().join("file");
    std::fs::write(&not_a_folder, "").unwrap();
    assert!(matches!(inspect(&not_a_folder), Err(OpenError::Look { .. })));
}

/// The file that is put in place travels without a write-ahead log.
#[test]
fn a_new_database_is_whole_by_itself() {
    let (folder, store) = opened();
    drop(store);
    for suffix in ["-wal", "-shm"] {
        drop(std::fs::remove_file(folder.path().join(format!("accounts.db{suffix}"))));
    }
    let found = found(0);
    assert_eq!(inspect(folder.path()).unwrap(), found);
    let left: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("new"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
}

/// What is told without opening it for writing is what its own transactions say.
#[test]
fn the_eras_of_the_accounts_are_kept_and_seen_from_outside() {
    let (folder, store) = opened();
    let seen = || match inspect(folder.path()).unwrap() {
        Found::Server { eras, .. } => eras,
        Found::Nothing | Found::Unreadable | Found::Newer => panic!("it is there"),
    };
    assert_eq!(seen(), None);
    let era = |n| EraId::from_bytes([n; 16]);
    for (current, previous) in [(1, None), (2, Some(1)), (3, Some(2))] {
        let new = Some(Eras { current: era(current), previous: previous.map(era) });
        store.accounts.write(|tx| set_eras(tx, new)).unwrap();
        assert_eq!((seen(), store.accounts.read(eras).unwrap()), (new, new));
    }
    // The file alone knows them once it is settled.
    let known = seen();
    store.accounts.settle().unwrap();
    let alone = tempfile::tempdir().unwrap();
    let [from, to] = [&folder, &alone].map(|folder| folder.path().join("accounts.db"));
    std::fs::copy(from, to).unwrap();
    let Found::Server { eras: of_file, .. } = inspect(alone.path()).unwrap() else {
        panic!("it is whole")
    };
    assert_eq!(of_file, known);
    store.accounts.write(|tx| set_eras(tx, None)).unwrap();
    assert_eq!(seen(), None);
}
