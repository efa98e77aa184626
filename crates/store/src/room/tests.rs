//! Every face of a full disk is "full"; the accounts get one more try, the library none.

use std::cell::Cell;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use stead_rules::ids::BoxId;
use stead_rules::time::WallMs;

use super::*;
use crate::OpenError;
use crate::accounts::claim::Server;
use crate::{ReadTx, Store};

/// A disk that the test fills, with something set aside.
#[derive(Debug, Default)]
struct Disk {
    is_full: AtomicBool,
    has_reserve: AtomicBool,
}

impl Disk {
    fn full(has_reserve: bool) -> Self {
        Self { is_full: true.into(), has_reserve: has_reserve.into() }
    }
}

impl Room for Disk {
    fn is_full(&self) -> bool {
        self.is_full.load(Ordering::Relaxed)
    }
    fn is_short(&self) -> bool {
        self.is_full()
    }
    fn make(&self) -> bool {
        self.has_reserve.swap(false, Ordering::Relaxed)
    }
}

fn sqlite(code: i32) -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)
}

fn is_full(error: &StoreError) -> bool {
    matches!(error, StoreError::Full(_))
}

#[test]
fn every_face_of_a_full_disk_is_told_from_other_trouble() {
    let want_of_room = [
        ffi::SQLITE_FULL,
        ffi::SQLITE_IOERR_WRITE,
        ffi::SQLITE_IOERR_FSYNC,
        ffi::SQLITE_IOERR_TRUNCATE,
        ffi::SQLITE_IOERR_SHMOPEN,
        ffi::SQLITE_IOERR_SHMSIZE,
        ffi::SQLITE_CANTOPEN,
    ];
    let (full, empty) = (Disk::full(false), Disk::default());
    for code in want_of_room {
        assert!(is_full(&sorted(sqlite(code).into(), &full)), "{code}");
        let open = OpenError::Io { path: PathBuf::new(), source: sqlite(code) };
        assert!(is_full(&sorted(StoreError::Open(Box::new(open)), &full)), "{code}");
        let elsewhere = is_full(&sorted(sqlite(code).into(), &empty));
        assert_eq!(elsewhere, code == ffi::SQLITE_FULL, "{code}: SQLite itself knows only one");
    }
    for code in [ffi::SQLITE_IOERR_READ, ffi::SQLITE_BUSY, ffi::SQLITE_CORRUPT, ffi::SQLITE_PERM] {
        assert!(!is_full(&sorted(sqlite(code).into(), &full)), "{code}");
    }
}

fn store(folder: &tempfile::TempDir, disk: Disk) -> Store {
    let server = Server {
        box_id: BoxId::from_bytes([1; 16]),
        name: "Stead".to_owned(),
        generation: 0,
        epoch: 0,
        clock_mark: WallMs(0),
        link_key: vec![0; 32],
        created_by: "0".to_owned(),
    };
    Store::create(folder.path(), &server).unwrap().with_room(Arc::new(disk))
}

/// Fails for want of room until the `after`th try; how many tries there were, and what came.
fn tries<D>(
    after: u32,
    run: impl FnOnce(&dyn Fn(&ReadTx<'_, D>) -> Tried) -> Tried,
) -> (u32, bool) {
    let tried = Cell::new(0);
    let work = |_: &ReadTx<'_, D>| {
        tried.set(tried.get() + 1);
        if tried.get() > after { Ok(()) } else { Err(sqlite(ffi::SQLITE_FULL).into()) }
    };
    let ended = run(&work);
    assert!(ended.as_ref().err().is_none_or(is_full));
    (tried.get(), ended.is_ok())
}

type Tried = Result<(), StoreError>;

#[test]
fn the_accounts_are_tried_once_more_when_room_was_made() {
    let folder = tempfile::tempdir().unwrap();
    for (has_reserve, fails, expected) in
        [(true, 1, (2, true)), (true, 2, (2, false)), (false, 1, (1, false)), (true, 0, (1, true))]
    {
        let store = store(&folder, Disk::full(has_reserve));
        assert_eq!(tries(fails, |work| store.accounts.write(|tx| work(tx))), expected);
    }
}

#[test]
fn what_nobody_waits_for_takes_nothing_of_the_reserve() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder, Disk::full(true));
    assert_eq!(tries(1, |work| store.accounts.note(|tx| work(tx))), (1, false));
    assert_eq!(tries(0, |work| store.library.write(|tx| work(tx))), (0, false), "not even begun");
    assert_eq!(
        tries(1, |work| store.accounts.write(|tx| work(tx))),
        (2, true),
        "it is still there"
    );
}
