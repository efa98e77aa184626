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
use stead_store::library::put::{self, FileFacts, Place, Remembered};
use stead_store::library::{folders, missing, pictures, problems, roots::KnownRoot};
use stead_store::{Library, Store, StoreError, WriteTx};

use super::meaning::Meaning;
use super::prober::{READER_FAILED, Said};
use super::progress::Counters;
use super::scan::{Done, Folder};
use crate::service::chain;
use crate::work::pace::Moment;
use crate::work::probe;

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
            self.remembered.forget_containers();
        }
        batch
    }

    fn apply(&mut self, tx: &WriteTx<'_, Library>, done: Done) -> Result<(), StoreError> {
        let folder = Arc::clone(done.folder());
        let folder_n = self.folder_n(tx, &folder)?;
        match done {
            Done::Sealed { .. } => return settle(tx, &folder, folder_n),
            Done::Enter { meaning, facts, known_file_n, .. } => {
                self.enter(tx, folder_n, known_file_n, &meaning, &facts)?;
            }
            Done::Problem { file, code, detail, known_file_n, lasts, .. } => {
                let (name, detail) = (file.name.as_slice(), detail.as_str());
                let mtime_ns = if lasts { file.mtime_ns } else { problems::NO_TIME };
                let (size, reader) = (file.size, probe::VERSION);
                let problem = NewProblem { folder_n, name, size, mtime_ns, code, detail, reader };
                self.report(tx, &problem, known_file_n)?;
                if !lasts {
                    // It does not count as written, and the folder is looked into again also if
                    // by then it is as it was before.
                    return folders::unsettle(tx, folder_n);
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

    /// Enters a file. One that says of itself what cannot be stored is reported and costs itself.
    fn enter(
        &mut self,
        tx: &WriteTx<'_, Library>,
        folder_n: i64,
        known_file_n: Option<i64>,
        meaning: &Meaning,
        facts: &FileFacts,
    ) -> Result<(), StoreError> {
        let lib_n = self.root.lib_n;
        let known_file_n = match known_file_n {
            None if self.may_return => {
                let found = folders::missing_by_content(tx, lib_n, facts.content)?;
                found.map(|found| found.file_n)
            }
            known => known,
        };
        let place = Place { lib_n, folder_n, known_file_n, now_ms: self.now_ms };
        let Meaning { parents, leaf } = meaning;
        match put::file(tx, &mut self.remembered, place, parents, leaf, facts) {
            Ok(()) => {
                self.counters.done(1);
                Ok(())
            }
            Err(error) if error.is_of_the_value() => {
                let file = String::from_utf8_lossy(&facts.name);
                tracing::error!(%file, error = %chain(&error), "a file could not be entered");
                let Said { code, detail } = READER_FAILED;
                let FileFacts { name, size, mtime_ns, .. } = facts;
                let (size, mtime_ns, reader) = (*size, *mtime_ns, probe::VERSION);
                let problem = NewProblem { folder_n, name, size, mtime_ns, code, detail, reader };
                self.report(tx, &problem, known_file_n)
            }
            Err(error) => Err(error),
        }
    }

    /// Notes a file that cannot be used; the one it was, if that is known, is not there any more.
    fn report(
        &self,
        tx: &WriteTx<'_, Library>,
        problem: &NewProblem<'_>,
        known_file_n: Option<i64>,
    ) -> Result<(), StoreError> {
        problems::put(tx, problem)?;
        if let Some(file_n) = known_file_n {
            missing::file_gone(tx, file_n, problem.folder_n, self.now_ms)?;
        }
        self.counters.problem();
        self.counters.done(1);
        Ok(())
    }

    fn folder_n(&self, tx: &WriteTx<'_, Library>, folder: &Folder) -> Result<i64, StoreError> {
        if let Some(n) = folder.n.get() {
            return Ok(*n);
        }
        let n = folders::enter(tx, self.root.n, &folder.path)?;
        Ok(*folder.n.get_or_init(|| n))
    }
}

/// A folder of which everything has come is settled, unless files are to be taken away from it.
fn settle(tx: &WriteTx<'_, Library>, folder: &Folder, folder_n: i64) -> Result<(), StoreError> {
    if folder.gone.is_empty() && folder.is_written() {
        folders::settle(tx, folder_n, &folder.signature, folder.files)?;
    }
    Ok(())
}
