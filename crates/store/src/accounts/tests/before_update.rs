//! What an update keeps of the accounts, and the way back to it.
#![expect(clippy::disallowed_methods, reason = "versions are made here that no program makes")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rusqlite::Connection;

use refinery::Target;

use super::claim::make_server;
use super::*;
use crate::before_update::{is_kept, let_go, look, put_back, set_eras_of_copy};
use crate::open::newest_known;
use crate::{DatabaseKind as _, Db, Library};

const COPY: &str = "accounts.db.before-update";
const BEFORE: &str = "The name before";

fn era(n: u8) -> EraId {
    EraId::from_bytes([n; 16])
}

fn eras_of(found: &Found) -> Option<Eras> {
    match found {
        Found::Server { eras, .. } => *eras,
        Found::Nothing | Found::Unreadable | Found::Newer => panic!("{found:?}"),
    }
}

fn version(path: &Path) -> i64 {
    let connection = Connection::open(path).unwrap();
    let sql = "SELECT max(version) FROM refinery_schema_history";
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Accounts as the version before left them, and which that is.
fn older() -> (tempfile::TempDir, i64) {
    let folder = tempfile::tempdir().unwrap();
    let before = newest_known::<Accounts>().unwrap() - 1;
    let mut connection = Connection::open(folder.path().join("accounts.db")).unwrap();
    let target = Target::Version(i32::try_from(before).unwrap());
    Accounts::migrations().set_target(target).run(&mut connection).unwrap();
    let db = Db::<Accounts>::new(folder.path().to_path_buf(), connection);
    let first = Eras { current: era(1), previous: None };
    db.write(|tx| {
        make_server(tx, &a_server())?;
        claim::rename_server(tx, BEFORE)?;
        set_eras(tx, Some(first))
    })
    .unwrap();
    (folder, before)
}

/// The same accounts as a version that nobody has made yet would leave them, its writes in the log.
fn make_newer(folder: &Path) {
    let connection = Connection::open(folder.join("accounts.db")).unwrap();
    connection
        .set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        .unwrap();
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; ALTER TABLE server RENAME TO server_of_the_future;
             UPDATE server_of_the_future SET name = 'The name after';
             INSERT INTO refinery_schema_history (version, name, applied_on, checksum)
             VALUES (9999, 'future', '2030-01-01T00:00:00Z', '1')",
        )
        .unwrap();
}

fn name(store: &Store) -> String {
    store.accounts.read(server).unwrap().unwrap().name
}

#[test]
fn what_is_migrated_is_kept_as_it_was_and_what_is_not_stays_alone() {
    let (folder, before) = older();
    let (path, copy) = (folder.path().join("accounts.db"), folder.path().join(COPY));
    drop(Store::open(folder.path()).unwrap());
    assert_eq!((version(&copy), version(&path)), (before, before + 1));
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    let kept = fs::read(&copy).unwrap();
    drop(Store::open(folder.path()).unwrap());
    assert_eq!(fs::read(&copy).unwrap(), kept, "nothing was migrated");
    let names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with(COPY) && name != COPY)
        .collect();
    assert_eq!(names, Vec::<String>::new(), "it travels alone");
    let (fresh, _store) = opened();
    assert!(!is_kept(fresh.path()), "a new server comes from no other version");
}

#[test]
fn without_room_for_the_copy_nothing_is_migrated() {
    let (folder, before) = older();
    let path = folder.path().join("accounts.db");
    // It cannot be written where a folder is in the way.
    let in_the_way = folder.path().join("accounts.db.before-update.new");
    fs::create_dir(&in_the_way).unwrap();
    let refused = Store::open(folder.path());
    assert!(matches!(refused, Err(OpenError::Keep { .. })), "{refused:?}");
    assert_eq!(version(&path), before);
    fs::remove_dir(in_the_way).unwrap();
    drop(Store::open(folder.path()).unwrap());
    assert_eq!(version(&path), before + 1);
}

#[test]
fn newer_accounts_make_way_for_those_from_before_the_update() {
    let (folder, before) = older();
    drop(Store::open(folder.path()).unwrap());
    make_newer(folder.path());
    assert!(fs::metadata(folder.path().join("accounts.db-wal")).unwrap().len() > 0);
    assert_eq!(inspect(folder.path()).unwrap(), Found::Newer);
    let refused = Store::open(folder.path());
    assert!(matches!(refused, Err(OpenError::Newer { .. })), "{refused:?}");

    assert_eq!(eras_of(&look(folder.path()).unwrap()).unwrap().current, era(1));
    put_back(folder.path()).unwrap();
    assert!(!is_kept(folder.path()));
    assert_eq!(version(&folder.path().join("accounts.db")), before);
    let aside = folder.path().join("accounts.db.newer");
    assert_eq!(version(&aside), 9999, "with all that was in its log");
    assert_eq!(name(&Store::open(folder.path()).unwrap()), BEFORE);
}

/// A cut of power leaves what is there between one step and the next.
#[test]
fn a_way_back_that_is_cut_off_anywhere_is_gone_again() {
    type Step = fn(&Path);
    let log_settled: Step = |folder| {
        drop(Connection::open(folder.join("accounts.db")).map(|newer| {
            let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
            newer.query_row(sql, [], |_| Ok(())).unwrap();
        }));
    };
    let log_gone: Step = |folder| {
        for suffix in ["-wal", "-shm"] {
            drop(fs::remove_file(folder.join(format!("accounts.db{suffix}"))));
        }
    };
    let linked: Step = |folder| {
        fs::hard_link(folder.join("accounts.db"), folder.join("accounts.db.newer")).unwrap();
    };
    let steps = [log_settled, log_gone, linked];
    for cut in 0..=steps.len() {
        let (folder, before) = older();
        drop(Store::open(folder.path()).unwrap());
        make_newer(folder.path());
        // An older one, from another update, makes way.
        if cut < steps.len() {
            fs::write(folder.path().join("accounts.db.newer"), "an older one").unwrap();
        }
        for step in &steps[..cut] {
            step(folder.path());
        }
        assert_eq!(inspect(folder.path()).unwrap(), Found::Newer, "{cut}");
        assert!(look(folder.path()).is_some(), "{cut}");
        put_back(folder.path()).unwrap();
        assert_eq!(version(&folder.path().join("accounts.db")), before, "{cut}");
        assert_eq!(version(&folder.path().join("accounts.db.newer")), 9999, "{cut}");
    }
}

/// It is written to while it is kept. What was cut off is undone before it is looked at.
#[test]
fn the_copy_goes_along_with_the_eras_until_it_is_let_go() {
    let (folder, _) = older();
    drop(Store::open(folder.path()).unwrap());
    let copy = folder.path().join(COPY);
    let next = Eras { current: era(2), previous: Some(era(1)) };
    set_eras_of_copy(folder.path(), next).unwrap();
    assert_eq!(eras_of(&look(folder.path()).unwrap()), Some(next));

    // A hot journal, as a cut in the middle of a write leaves it beside a file that is half written.
    let whole = fs::read(&copy).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let mut connection = Connection::open(&copy).unwrap();
    connection.pragma_update(None, "cache_spill", 1).unwrap();
    connection.pragma_update(None, "cache_size", 1).unwrap();
    let transaction = connection.transaction().unwrap();
    transaction.execute("UPDATE era SET current = zeroblob(16)", []).unwrap();
    transaction.execute("UPDATE server SET name = hex(zeroblob(100000))", []).unwrap();
    for name in [COPY.to_owned(), format!("{COPY}-journal")] {
        fs::copy(folder.path().join(&name), elsewhere.path().join(&name)).unwrap();
    }
    drop(transaction);
    assert_ne!(fs::read(elsewhere.path().join(COPY)).unwrap(), whole, "it was written into");
    assert_eq!(eras_of(&look(elsewhere.path()).unwrap()), Some(next));

    drop(connection);
    let_go(folder.path()).unwrap();
    assert!(look(folder.path()).is_none());
    set_eras_of_copy(folder.path(), next).unwrap();
    assert!(!copy.exists(), "what is gone stays so");
}

/// What was left beside another copy would be taken for its own.
#[test]
fn a_copy_that_another_update_left_makes_way_with_its_journal() {
    let (folder, before) = older();
    let journal = folder.path().join(format!("{COPY}-journal"));
    for path in [&folder.path().join(COPY), &journal] {
        fs::write(path, "left behind").unwrap();
    }
    drop(Store::open(folder.path()).unwrap());
    assert!(!journal.exists());
    assert_eq!(version(&folder.path().join(COPY)), before);
}

#[test]
fn a_copy_that_this_version_cannot_read_is_none() {
    let (folder, _) = older();
    drop(Store::open(folder.path()).unwrap());
    let copy = folder.path().join(COPY);
    let whole = fs::read(&copy).unwrap();
    fs::write(&copy, &whole[..whole.len() / 2]).unwrap();
    assert!(look(folder.path()).is_none(), "half of it");
    fs::write(&copy, whole).unwrap();
    assert!(look(folder.path()).is_some());
    let sql = "UPDATE refinery_schema_history SET version = 9999 WHERE version = 1";
    assert_eq!(Connection::open(&copy).unwrap().execute(sql, []).unwrap(), 1);
    assert!(look(folder.path()).is_none(), "a newer one");
}

/// The index is made again; what people watched is in the accounts.
#[test]
fn a_newer_index_is_set_aside_and_made_anew() {
    let (folder, store) = opened();
    drop(store);
    let index = folder.path().join("library.db");
    let sql = "UPDATE refinery_schema_history SET version = 9999 WHERE version = 1";
    assert_eq!(Connection::open(&index).unwrap().execute(sql, []).unwrap(), 1);
    drop(Store::open(folder.path()).unwrap());
    assert_eq!(version(&folder.path().join("library.db.newer")), 9999);
    assert_eq!(Some(version(&index)), newest_known::<Library>());
}

/// It would be told of eras that it never was in.
#[test]
fn what_an_update_kept_goes_aside_with_the_accounts_that_it_was_made_of() {
    let (folder, before) = older();
    drop(Store::open(folder.path()).unwrap());
    drop(Store::create_for_recovery(folder.path(), &a_server(), None).unwrap());
    assert!(!is_kept(folder.path()));
    let aside = folder.path().join("accounts.db.before-recovery.before-update");
    assert_eq!(version(&aside), before, "nothing is deleted");
}
