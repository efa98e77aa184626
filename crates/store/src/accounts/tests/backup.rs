//! Backups: what one holds, what comes back, and what is none.
#![expect(clippy::disallowed_methods, reason = "a backup is spoilt here as a stranger would")]

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use stead_rules::claim::Generation;

use super::*;
use crate::backup::{BackupError, Carried, decide, describe, is_decided, put_in_place};
use stead_rules::time::{BootMs, Now, TimeTrust};

const AT: Now = Now { wall: NOW, boot: BootMs(0), trust: TimeTrust::Synced };

fn claimed() -> (tempfile::TempDir, Store) {
    let (folder, store) = opened();
    store
        .accounts
        .write(|tx| {
            a_user(tx, 1, Role::Owner)?;
            a_user(tx, 2, Role::Member)?;
            set_generation(tx, 3)
        })
        .unwrap();
    (folder, store)
}

fn authority() -> Vec<Carried> {
    vec![Carried { name: "tls/ca.pem".into(), content: b"a certificate".to_vec() }]
}

fn made(store: &Store, folder: &Path) -> PathBuf {
    let path = folder.join("copy");
    store.accounts.copy_to(&path, &authority(), NOW).unwrap();
    path
}

#[test]
fn a_backup_tells_what_it_is_of_and_carries_what_was_given_along() {
    let (folder, store) = claimed();
    let path = made(&store, folder.path());
    assert!(!folder.path().join("copy-wal").exists(), "it travels alone");
    let described = describe(&path).unwrap();
    assert_eq!((described.name.as_str(), described.generation), ("Stead", Generation(3)));
    assert_eq!((described.box_id, described.made), (BoxId::from_bytes([7; 16]), NOW));
    assert_eq!((described.people, described.carried), (2, authority()));
}

#[test]
fn no_session_and_no_offer_goes_along() {
    let (folder, store) = claimed();
    let (hash, invited) = ([0x5e; 32], [0x5f; 32]);
    store
        .accounts
        .write(|tx| {
            let offer = claim::Offer {
                link_secret: "a-secret-link-that-is-long".into(),
                console_code: "ABCDEFGH".into(),
                uptime_seconds: 0,
            };
            claim::put_offer(tx, &offer)?;
            a_user(tx, 5, Role::Member)?;
            let way =
                "INSERT INTO way_back SELECT id, 'link', ?1, 0, 0, 0, x'00' FROM user LIMIT 1";
            tx.transaction.execute(way, [hash])?;
            let invitation = "INSERT INTO invitation VALUES
                (x'00000000000000000000000000000009', ?1, 'Kim', 'kim', 'member', 0, 9, 0, 0, 0, x'00', 1)";
            Ok::<_, StoreError>(tx.transaction.execute(invitation, [invited]).map(drop)?)
        })
        .unwrap();
    let bytes = fs::read(made(&store, folder.path())).unwrap();
    let holds = |what: &[u8]| bytes.windows(what.len()).any(|window| window == what);
    assert!(holds(b"a certificate"));
    assert!(!holds(b"a-secret-link-that-is-long"));
    assert!(!holds(&hash) && !holds(&invited), "what works once works once");
}

#[test]
fn what_is_decided_takes_the_place_of_the_accounts_and_sets_them_aside() {
    let (folder, store) = claimed();
    let path = made(&store, folder.path());
    store.accounts.write(|tx| a_user(tx, 9, Role::Member).map(drop)).unwrap();
    drop(store);
    let before = fs::read(folder.path().join("accounts.db")).unwrap();
    assert!(!put_in_place(folder.path()).unwrap(), "nothing is decided yet");
    describe(&path).unwrap();
    let era = EraId::from_bytes([4; 16]);
    let known = Some(Eras { current: era, previous: None });
    decide(folder.path(), &path, AT, Generation(5), known).unwrap();
    assert!(is_decided(folder.path()).unwrap() && !path.exists());
    assert!(put_in_place(folder.path()).unwrap() && !put_in_place(folder.path()).unwrap());
    let aside = folder.path().join("accounts.db.before-recovery");
    assert_eq!(fs::read(aside).unwrap(), before);
    let want = Found::Server {
        box_id: BoxId::from_bytes([7; 16]),
        generation: 5,
        created_by: "0.1.0".into(),
        kept: Kept::Restored,
        eras: known,
    };
    assert_eq!(inspect(folder.path()).unwrap(), want);
    let store = Store::open(folder.path()).unwrap();
    let (epoch, left) = store
        .accounts
        .read(|tx| {
            let left: u64 =
                tx.transaction.query_row("SELECT count(*) FROM carried", [], |row| row.get(0))?;
            Ok::<_, StoreError>((server(tx)?.unwrap().epoch, left))
        })
        .unwrap();
    assert_eq!((epoch, left), (1, 0), "older sessions are void, and the keys are not kept twice");
}

/// The power is cut after each of the two renames, or before the first.
#[test]
fn a_restore_that_was_cut_off_is_finished() {
    for cut in ["before", "set aside"] {
        let (folder, store) = claimed();
        let path = made(&store, folder.path());
        drop(store);
        describe(&path).unwrap();
        decide(folder.path(), &path, AT, Generation(3), None).unwrap();
        if cut == "set aside" {
            let from = folder.path().join("accounts.db");
            fs::rename(from, folder.path().join("accounts.db.before-recovery")).unwrap();
        }
        assert!(put_in_place(folder.path()).unwrap(), "{cut}");
        let found = inspect(folder.path()).unwrap();
        assert!(matches!(found, Found::Server { kept: Kept::Restored, .. }), "{cut}: {found:?}");
        assert!(folder.path().join("accounts.db.before-recovery").exists(), "{cut}");
    }
}

#[test]
fn what_is_no_backup_of_ours_is_refused() {
    let (folder, store) = claimed();
    let path = made(&store, folder.path());
    let whole = fs::read(&path).unwrap();
    let spoilt = |sql: &str| {
        fs::write(&path, &whole).unwrap();
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        describe(&path).unwrap_err()
    };
    for sql in [
        "CREATE TRIGGER t AFTER UPDATE ON server BEGIN UPDATE server SET name = 'x'; END",
        "CREATE VIEW v AS SELECT 1",
        "PRAGMA writable_schema = on; UPDATE sqlite_schema SET name = 'sqlite_x' WHERE name = 'a_role_ends_exemptions'",
        "ANALYZE",
        "UPDATE server SET epoch = 9223372036854775806",
        "UPDATE server SET generation = 9223372036854775806",
        "INSERT INTO sqlite_sequence VALUES ('audit', 9223372036854775806)",
        "CREATE VIRTUAL TABLE more USING fts5 (a)",
        "CREATE TABLE more (a)",
        "DROP TABLE passkey",
        "CREATE INDEX more ON user (name)",
        "DELETE FROM server",
        "PRAGMA foreign_keys = off; DELETE FROM account",
        "UPDATE carried SET content = x'ff' WHERE name = 'made_ms'",
    ] {
        assert!(matches!(spoilt(sql), BackupError::NotOurs), "{sql}");
    }
    for sql in [
        "UPDATE server SET generation = 0",
        "DELETE FROM user WHERE role = 'owner'",
        "UPDATE user SET enabled = 0",
    ] {
        assert!(matches!(spoilt(sql), BackupError::NoOwner), "{sql}");
    }
    let newer = "INSERT INTO refinery_schema_history SELECT 9999, name, applied_on, checksum
                   FROM refinery_schema_history LIMIT 1";
    assert!(matches!(spoilt(newer), BackupError::Newer));
    for bytes in [&b""[..], b"not a database", &whole[..whole.len() / 2]] {
        fs::write(&path, bytes).unwrap();
        let refused = describe(&path).unwrap_err();
        assert!(matches!(refused, BackupError::NotOurs), "{} bytes: {refused}", bytes.len());
    }
    fs::write(&path, &whole).unwrap();
    describe(&path).unwrap();
}

/// An index that leaves a row out hides it from whoever asks by it.
#[test]
fn an_index_that_leaves_a_second_owner_out_hides_nobody() {
    let (folder, store) = claimed();
    let path = made(&store, folder.path());
    let spoil = Connection::open(&path).unwrap();
    spoil
        .execute_batch(
            "PRAGMA writable_schema = on;
             UPDATE sqlite_schema SET sql = replace(sql, 'role = ''owner''', 'role = ''nobody''')
              WHERE name = 'one_owner';",
        )
        .unwrap();
    drop(spoil);
    let spoil = Connection::open(&path).unwrap();
    spoil.execute_batch("REINDEX; UPDATE user SET role = 'owner'").unwrap();
    spoil
        .execute_batch(
            "PRAGMA writable_schema = on;
             UPDATE sqlite_schema SET sql = replace(sql, 'role = ''nobody''', 'role = ''owner''')
              WHERE name = 'one_owner';",
        )
        .unwrap();
    drop(spoil);
    let refused = describe(&path).unwrap_err();
    assert!(!matches!(refused, BackupError::Io(_)), "{refused}");
}
