//! One scan of one folder of a library: a walker, probers, a writer, with short queues between
//! them, so that the slowest sets the pace and memory does not grow with the library.
//!
//! ```text
//! walker ──tasks──▶ probers (1–4) ──done──▶ writer ──▶ library.db
//!    └──────── what needs no look ──────────▲
//! ```

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use stead_rules::ids::LibraryId;
use stead_rules::limits::SCAN_QUEUE;
use stead_rules::media::{LibraryKind, vanishing_asks};
use stead_store::accounts::ratings;
use stead_store::library::folders::{self, Artwork, KnownFolder, Signature};
use stead_store::library::missing;
use stead_store::library::put::{FileFacts, Remembered};
use stead_store::library::roots::{self, KnownRoot};
use stead_store::{Failure, Library, Store, StoreError, WriteTx};

use super::meaning::Meaning;
use super::prober::{Task, Tools, look};
use super::progress::Counters;
use super::root::{RootIdentity, is_there};
use super::walk::{self, SeenFile};
use super::walker::{Cut, Leftover, Walker};
use super::writer::Writer;

/// A folder that is being scanned.
#[derive(Debug)]
pub(super) struct Folder {
    /// Below the library's folder.
    pub(super) path: Vec<u8>,
    pub(super) signature: Signature,
    /// How many of its files are listed or reported.
    pub(super) files: u64,
    /// Files that were in it and are not there any more. They are taken away at the end of the
    /// scan or not at all, so a folder that has any is settled there and by nobody else.
    pub(super) gone: Vec<i64>,
    /// Its number in the store, once it is entered.
    pub(super) n: OnceLock<i64>,
    /// How many parts there are to write, once all are known.
    pub(super) parts: OnceLock<usize>,
    /// How many of them are written.
    pub(super) came: AtomicUsize,
}

impl Folder {
    /// The folder with this number, if it is known, of which nothing else is said yet.
    pub(super) fn known_as(n: Option<i64>) -> Self {
        Self {
            path: Vec::new(),
            signature: Signature::default(),
            files: 0,
            gone: Vec::new(),
            n: n.map_or_else(OnceLock::new, OnceLock::from),
            parts: OnceLock::new(),
            came: AtomicUsize::new(0),
        }
    }

    pub(super) fn below(&self) -> &Path {
        Path::new(crate::work::os_str(&self.path))
    }

    /// Whether all that there is to write is written.
    pub(super) fn is_written(&self) -> bool {
        self.parts.get() == Some(&self.came.load(Ordering::Relaxed))
    }
}

/// Something for the writer.
#[derive(Debug)]
pub(super) enum Done {
    /// A file that is listed.
    Enter {
        folder: Arc<Folder>,
        meaning: Box<Meaning>,
        facts: Box<FileFacts>,
        known_file_n: Option<i64>,
    },
    /// A file that is not, and why.
    Problem {
        folder: Arc<Folder>,
        file: SeenFile,
        code: &'static str,
        detail: String,
        known_file_n: Option<i64>,
        /// Whether it stays until the file changes; otherwise the next scan tries again.
        lasts: bool,
    },
    /// A file that is back.
    Back { folder: Arc<Folder>, file_n: i64 },
    /// A file under another inode.
    Renumbered { folder: Arc<Folder>, file_n: i64, inode: i64 },
    /// A problem whose file is gone.
    Cleared { folder: Arc<Folder>, name: Vec<u8> },
    /// The pictures that belong to media in a folder.
    Artwork { folder: Arc<Folder>, artwork: Vec<Artwork> },
    /// Nothing more comes for a folder.
    Sealed { folder: Arc<Folder> },
}

impl Done {
    pub(super) fn folder(&self) -> &Arc<Folder> {
        match self {
            Self::Enter { folder, .. }
            | Self::Problem { folder, .. }
            | Self::Back { folder, .. }
            | Self::Renumbered { folder, .. }
            | Self::Cleared { folder, .. }
            | Self::Artwork { folder, .. }
            | Self::Sealed { folder } => folder,
        }
    }
}

/// How a scan ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Everything was read.
    Complete,
    /// So many files vanished that the owner is asked first. Everything else was read.
    Asks {
        /// How many.
        vanished: u64,
    },
    /// The folder is not there. Nothing was taken away.
    Offline,
    /// It was stopped and goes on at the folder where it stopped.
    Stopped,
    /// It could not go on: the store failed, or a thread of it.
    GivenUp,
}

/// What is scanned, and with what.
pub(super) struct Scan<'a> {
    pub(super) store: &'a Store,
    pub(super) tools: &'a Tools,
    pub(super) probers: usize,
    pub(super) library: LibraryId,
    pub(super) kind: LibraryKind,
    pub(super) root: KnownRoot,
    pub(super) path: PathBuf,
    /// A folder that is never looked into.
    pub(super) left_out: Option<walk::Place>,
    pub(super) gone_is_meant: bool,
    pub(super) now_ms: i64,
    pub(super) counters: &'a Counters,
}

impl Scan<'_> {
    /// Runs the scan; `tell` is called after each transaction.
    pub(super) fn run(&self, tell: impl FnMut() + Send) -> Result<Outcome, StoreError> {
        let before = self.identity_before();
        let Some(identity) = is_there(&self.path, before) else { return Ok(Outcome::Offline) };
        if before.is_none() {
            let facts = (identity.filesystem, identity.inode);
            self.store.library.write(|tx| roots::meet(tx, self.root.n, facts))?;
        }
        let known = self.store.library.read(|tx| folders::all(tx, self.root.n))?;
        let may_return = self.store.library.read(|tx| folders::has_files(tx, self.root.lib_n))?;
        let mut known: HashMap<Vec<u8>, KnownFolder> =
            known.into_iter().map(|folder| (folder.path.clone(), folder)).collect();
        let walked = self.pipeline(&mut known, may_return, tell)?;
        if self.tools.cancel.is_cancelled() {
            return Ok(Outcome::Stopped);
        }
        match walked {
            Ok(leftover) if is_there(&self.path, Some(identity)) == Some(identity) => {
                self.finish(identity, known, leftover)
            }
            Ok(_) | Err(Cut::WentAway) => Ok(Outcome::Offline),
            Err(Cut::NobodyWrites) => Ok(Outcome::GivenUp),
        }
    }

    fn identity_before(&self) -> Option<RootIdentity> {
        let (filesystem, inode) = self.root.filesystem.zip(self.root.inode)?;
        Some(RootIdentity { filesystem, inode })
    }

    /// Walks, probes and writes until the walker has seen everything.
    fn pipeline(
        &self,
        known: &mut HashMap<Vec<u8>, KnownFolder>,
        may_return: bool,
        tell: impl FnMut() + Send,
    ) -> Result<Result<Leftover, Cut>, StoreError> {
        let (tasks, taken) = sync_channel::<Task>(SCAN_QUEUE);
        let (done, written) = sync_channel::<Done>(SCAN_QUEUE);
        let taken = Mutex::new(taken);
        let decided = self.store.accounts.read(|tx| ratings::of_library(tx, self.library))?;
        std::thread::scope(|scope| {
            let writer = named("scan-writer").spawn_scoped(scope, || {
                let mut writer = Writer {
                    store: self.store,
                    root: self.root,
                    now_ms: self.now_ms,
                    counters: self.counters,
                    may_return,
                    remembered: Remembered::with(decided),
                };
                // Dropping the receiver ends everybody when the store refuses.
                let written = written;
                writer.run(&written, tell)
            });
            let mut probers = 0;
            for _ in 0..self.probers {
                let (taken, done) = (&taken, done.clone());
                let prober =
                    named("scan-prober").spawn_scoped(scope, move || self.probe(taken, &done));
                probers += usize::from(prober.is_ok());
            }
            let walk = Walker { scan: self, tasks, done, may_return };
            let walked = if probers == 0 { Err(Cut::NobodyWrites) } else { walk.all(known) };
            drop(walk);
            self.counters.walked();
            // A writer that panicked or never began wrote nothing: nothing may be taken away.
            match writer.map(std::thread::ScopedJoinHandle::join) {
                Ok(Ok(written)) => written.map(|()| walked),
                Ok(Err(_)) | Err(_) => Ok(Err(Cut::NobodyWrites)),
            }
        })
    }

    fn probe(&self, taken: &Mutex<Receiver<Task>>, done: &SyncSender<Done>) {
        super::step_back();
        let mut is_heard = true;
        loop {
            let task = taken.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(task) = task else { return };
            // Tasks are taken to the last even when they are for nothing: the walker waits.
            if is_heard
                && !self.tools.cancel.is_cancelled()
                && let Some(found) = look(self.tools, &self.path, task)
            {
                is_heard = done.send(found).is_ok();
            }
        }
    }

    /// Takes away what is gone, unless it is so much that the owner is asked.
    fn finish(
        &self,
        identity: RootIdentity,
        known: HashMap<Vec<u8>, KnownFolder>,
        leftover: Leftover,
    ) -> Result<Outcome, StoreError> {
        let vanished: Vec<KnownFolder> = known
            .into_values()
            .filter(|folder| !leftover.unread.iter().any(|path| is_below(&folder.path, path)))
            .collect();
        let gone = self.store.library.write(|tx| self.take_away(tx, &leftover.losing, &vanished));
        let outcome = match gone {
            Ok(()) => Outcome::Complete,
            Err(NotTaken::Asks { vanished }) => Outcome::Asks { vanished },
            Err(NotTaken::Store(error)) => return Err(error),
        };
        self.store.library.write(|tx| {
            let facts = (identity.filesystem, identity.inode);
            roots::finish(tx, self.root.n, facts, self.now_ms)?;
            match outcome {
                Outcome::Asks { vanished } => roots::ask(tx, self.root.n, vanished),
                Outcome::Complete | Outcome::Offline | Outcome::Stopped | Outcome::GivenUp => {
                    Ok(())
                }
            }
        })?;
        Ok(outcome)
    }

    fn take_away(
        &self,
        tx: &WriteTx<'_, Library>,
        losing: &[Arc<Folder>],
        vanished: &[KnownFolder],
    ) -> Result<(), NotTaken> {
        let before = missing::files_there(tx, self.root.n)?;
        for folder in losing {
            self.take_from(tx, folder)?;
        }
        for folder in vanished {
            for file_n in missing::files_in(tx, folder.n)? {
                missing::file_gone(tx, file_n, folder.n, self.now_ms)?;
            }
            missing::folder_gone(tx, folder.n)?;
        }
        let lost = before.saturating_sub(missing::files_there(tx, self.root.n)?);
        let count = |files: u64| usize::try_from(files).unwrap_or(usize::MAX);
        if !self.gone_is_meant && vanishing_asks(count(lost), count(before)) {
            // The transaction is rolled back: everything stays as it was.
            return Err(NotTaken::Asks { vanished: lost });
        }
        Ok(())
    }

    /// Takes away what is gone from a folder that is there, and settles it in the same breath:
    /// while its files are not taken away, each scan has to find again that they are gone.
    fn take_from(&self, tx: &WriteTx<'_, Library>, folder: &Folder) -> Result<(), StoreError> {
        let Some(folder_n) = folder.n.get() else { return Ok(()) };
        for file_n in &folder.gone {
            missing::file_gone(tx, *file_n, *folder_n, self.now_ms)?;
        }
        if folder.is_written() {
            folders::settle(tx, *folder_n, &folder.signature, folder.files)?;
        }
        Ok(())
    }
}

enum NotTaken {
    Asks { vanished: u64 },
    Store(StoreError),
}

impl Failure for NotTaken {
    fn into_store(self) -> Result<StoreError, Self> {
        match self {
            Self::Store(error) => Ok(error),
            Self::Asks { .. } => Err(self),
        }
    }
}

impl From<StoreError> for NotTaken {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

fn is_below(path: &[u8], folder: &[u8]) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

fn named(name: &str) -> std::thread::Builder {
    std::thread::Builder::new().name(name.to_owned())
}
