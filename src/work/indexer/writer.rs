//! The one that writes what a scan finds, in transactions that last at most 50 ms.
//!
//! A folder is settled when everything in it is committed: a scan that is stopped goes on with
//! the folders that are not.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use stead_rules::limits::{SCAN_BATCH_FILES, SCAN_BATCH_MS};
use stead_store::library::problems::NewProblem;
use stead_store::library::put::{self, Place, Remembered};
use stead_store::library::{folders, missing, pictures, problems, roots::KnownRoot};
use stead_store::{Library, Store, StoreError, WriteTx};

use super::progress::Counters;
use super::scan::{Done, Folder};
use crate::work::pace::Moment;

/// What the writer of one scan knows.
pub(super) struct Writer<'a> {
    pub(super) store: &'a Store,
    pub(super) root: KnownRoot,
    pub(super) now_ms: i64,
    pub(super) counters: &'a Counters,
    /// Files of the library may have been here before, so a new one may be an old one.
    pub(super) may_return: bool,
    pub(super) remembered: Remembered,
}

impl Writer<'_> {
    /// Writes until all senders are gone; `committed` is called after each transaction.
    pub(super) fn run(
        &mut self,
        done: &Receiver<Done>,
        mut committed: impl FnMut(),
    ) -> Result<(), StoreError> {
        while let Ok(first) = done.recv() {
            self.batch(first, done)?;
            committed();
        }
        Ok(())
    }

    fn batch(&mut self, first: Done, more: &Receiver<Done>) -> Result<(), StoreError> {
        let store = self.store;
        let batch = store.library.write(|tx| {
            let begun = Moment::now();
            self.apply(tx, first)?;
            for _ in 0..SCAN_BATCH_FILES {
                let left = Duration::from_millis(begun.left_ms(SCAN_BATCH_MS));
                match more.recv_timeout(left) {
                    Ok(done) if !left.is_zero() => self.apply(tx, done)?,
                    Ok(done) => return self.apply(tx, done),
                    Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
                }
            }
            Ok(())
        });
        if batch.is_err() {
            // What was rolled back must not be remembered.
            self.remembered = Remembered::default();
        }
        batch
    }

    fn apply(&mut self, tx: &WriteTx<'_, Library>, done: Done) -> Result<(), StoreError> {
        let folder = Arc::clone(done.folder());
        let folder_n = self.folder_n(tx, &folder)?;
        match done {
            Done::Sealed { .. } => return settle(tx, &folder, folder_n),
            Done::Enter { meaning, facts, known_file_n, .. } => {
                let known_file_n = match known_file_n {
                    None if self.may_return => {
                        folders::missing_by_content(tx, self.root.lib_n, facts.content)?
                            .map(|found| found.file_n)
                    }
                    known => known,
                };
                let lib_n = self.root.lib_n;
                let place = Place { lib_n, folder_n, known_file_n, now_ms: self.now_ms };
                let remembered = &mut self.remembered;
                put::file(tx, remembered, place, &meaning.parents, &meaning.leaf, &facts)?;
                self.counters.done(1);
            }
            Done::Problem { file, code, detail, known_file_n, lasts, .. } => {
                let (name, detail) = (file.name.as_slice(), detail.as_str());
                // A time that no file has: the next scan takes it for a change.
                let mtime_ns = if lasts { file.mtime_ns } else { i64::MIN };
                let size = file.size;
                let problem = NewProblem { folder_n, name, size, mtime_ns, code, detail };
                problems::put(tx, &problem)?;
                if let Some(file_n) = known_file_n {
                    missing::file_gone(tx, file_n, folder_n, self.now_ms)?;
                }
                self.counters.problem();
                self.counters.done(1);
                if !lasts {
                    // It does not count as written, so its folder is not settled.
                    return Ok(());
                }
            }
            Done::Back { file_n, .. } => missing::file_back(tx, file_n)?,
            Done::Renumbered { file_n, inode, .. } => put::renumbered(tx, file_n, inode)?,
            Done::Cleared { name, .. } => problems::clear(tx, folder_n, &name)?,
            Done::Artwork { artwork, .. } => {
                if folders::put_artwork(tx, folder_n, &artwork)? {
                    pictures::want_again_in(tx, folder_n)?;
                }
            }
        }
        folder.came.fetch_add(1, Ordering::Relaxed);
        settle(tx, &folder, folder_n)
    }

    fn folder_n(&self, tx: &WriteTx<'_, Library>, folder: &Folder) -> Result<i64, StoreError> {
        if let Some(n) = folder.n.get() {
            return Ok(*n);
        }
        let n = folders::enter(tx, self.root.n, &folder.path)?;
        Ok(*folder.n.get_or_init(|| n))
    }
}

/// A folder of which everything has come is settled.
fn settle(tx: &WriteTx<'_, Library>, folder: &Folder, folder_n: i64) -> Result<(), StoreError> {
    if folder.parts.get() == Some(&folder.came.load(Ordering::Relaxed)) {
        folders::settle(tx, folder_n, &folder.signature, folder.files)?;
    }
    Ok(())
}
