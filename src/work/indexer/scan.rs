//! One scan of one folder of a library: a walker, probers, a writer, with short queues between
//! them, so that the slowest sets the pace and memory does not grow with the library.
//!
//! ```text
//! walker ──tasks──▶ probers (1–4) ──done──▶ writer ──▶ library.db
//!    └──────── what needs no look ──────────▲
//! ```

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicUsize;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use stead_rules::limits::{FOLDER_DEPTH_MAX, SCAN_QUEUE};
use stead_rules::media::{LibraryKind, vanishing_asks};
use stead_store::library::folders::{self, Artwork, Candidate, KnownFolder, Signature};
use stead_store::library::missing;
use stead_store::library::put::{FileFacts, Remembered};
use stead_store::library::roots::{self, KnownRoot};
use stead_store::{Failure, Library, Store, StoreError, WriteTx};

use super::compare::{Before, compare, sort};
use super::meaning::{Meaning, Promise};
use super::prober::{Task, Tools, look};
use super::progress::Counters;
use super::root::{RootIdentity, is_there};
use super::walk::{self, SeenFile, SeenFolder};
use super::writer::Writer;

/// A folder that is being scanned.
#[derive(Debug)]
pub(super) struct Folder {
    /// Below the library's folder.
    pub(super) path: Vec<u8>,
    pub(super) signature: Signature,
    /// How many of its files are listed or reported.
    pub(super) files: u64,
    /// Its number in the store, once it is entered.
    pub(super) n: OnceLock<i64>,
    /// How many parts there are to write, once all are known.
    pub(super) parts: OnceLock<usize>,
    /// How many of them are written.
    pub(super) came: AtomicUsize,
}

impl Folder {
    pub(super) fn below(&self) -> &Path {
        Path::new(crate::work::os_str(&self.path))
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
}

/// What is scanned, and with what.
pub(super) struct Scan<'a> {
    pub(super) store: &'a Store,
    pub(super) tools: &'a Tools,
    pub(super) probers: usize,
    pub(super) kind: LibraryKind,
    pub(super) root: KnownRoot,
    pub(super) path: PathBuf,
    /// A folder that is never looked into.
    pub(super) left_out: Option<walk::Place>,
    pub(super) gone_is_meant: bool,
    pub(super) now_ms: i64,
    pub(super) counters: &'a Counters,
}

/// Why the walker did not see everything.
enum Cut {
    /// The library's folder went away.
    WentAway,
    /// The writer has ended, or the store does not answer.
    NobodyWrites,
}

/// What the walker leaves behind for the end.
#[derive(Debug, Default)]
struct Leftover {
    /// Files that are gone from folders that are there: file and folder.
    gone: Vec<(i64, i64)>,
    /// Folders that could not be read; nothing below them is gone.
    unread: Vec<Vec<u8>>,
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
            Err(Cut::NobodyWrites) => Ok(Outcome::Stopped),
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
        std::thread::scope(|scope| {
            let writer = named("scan-writer").spawn_scoped(scope, || {
                let mut writer = Writer {
                    store: self.store,
                    root: self.root,
                    now_ms: self.now_ms,
                    counters: self.counters,
                    may_return,
                    remembered: Remembered::default(),
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
        let gone = self.store.library.write(|tx| self.take_away(tx, &leftover.gone, &vanished));
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
                Outcome::Complete | Outcome::Offline | Outcome::Stopped => Ok(()),
            }
        })?;
        Ok(outcome)
    }

    fn take_away(
        &self,
        tx: &WriteTx<'_, Library>,
        gone: &[(i64, i64)],
        vanished: &[KnownFolder],
    ) -> Result<(), NotTaken> {
        let before = missing::files_there(tx, self.root.n)?;
        for (file_n, folder_n) in gone {
            missing::file_gone(tx, *file_n, *folder_n, self.now_ms)?;
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

/// Reads folder after folder and hands out what is to be done.
struct Walker<'s, 'a> {
    scan: &'s Scan<'a>,
    tasks: SyncSender<Task>,
    done: SyncSender<Done>,
    may_return: bool,
}

impl Walker<'_, '_> {
    /// Reads everything; folders that are there are removed from `known`.
    fn all(&self, known: &mut HashMap<Vec<u8>, KnownFolder>) -> Result<Leftover, Cut> {
        super::step_back();
        let mut leftover = Leftover::default();
        let mut waiting = vec![(Vec::new(), 0_usize)];
        while let Some((path, depth)) = waiting.pop() {
            if self.scan.tools.cancel.is_cancelled() {
                break;
            }
            let before = known.remove(&path);
            let at = Path::new(crate::work::os_str(&path));
            match walk::read(&self.scan.path, at, self.scan.left_out) {
                Ok(seen) => {
                    if depth < FOLDER_DEPTH_MAX {
                        waiting
                            .extend(below(&path, &seen).into_iter().map(|path| (path, depth + 1)));
                    }
                    self.one(path, before, seen, &mut leftover)?;
                }
                Err(error) => self.unreadable(path, before, &error, &mut leftover)?,
            }
        }
        Ok(leftover)
    }

    /// A folder that cannot be read is reported and keeps what it has; unless the whole library
    /// went away.
    fn unreadable(
        &self,
        path: Vec<u8>,
        before: Option<KnownFolder>,
        error: &io::Error,
        leftover: &mut Leftover,
    ) -> Result<(), Cut> {
        if path.is_empty() || RootIdentity::of(&self.scan.path).is_err() {
            return Err(Cut::WentAway);
        }
        if error.kind() == io::ErrorKind::NotFound {
            // It went a moment ago: what was in it is gone. It is put back for the end to find.
            leftover.gone.extend(self.files_of(before.as_ref()));
            return Ok(());
        }
        leftover.unread.push(path.clone());
        let folder = self.folder(path, before.map(|folder| folder.n), Signature::default(), 0);
        let file = SeenFile {
            name: Vec::new(),
            kind: stead_rules::media::FileKind::Other,
            inode: 0,
            size: 0,
            mtime_ns: 0,
        };
        let detail = format!("The folder cannot be read: {error}. Check its rights and the disk.");
        let code = "folder_unreadable";
        let problem = Done::Problem {
            folder: Arc::clone(&folder),
            file,
            code,
            detail,
            known_file_n: None,
            lasts: false,
        };
        // Never sealed, so the next scan looks again.
        self.done.send(problem).ok();
        Ok(())
    }

    fn files_of(&self, folder: Option<&KnownFolder>) -> Vec<(i64, i64)> {
        let Some(folder) = folder else { return Vec::new() };
        let files = self.scan.store.library.read(|tx| missing::files_in(tx, folder.n));
        files.unwrap_or_default().into_iter().map(|file_n| (file_n, folder.n)).collect()
    }

    fn folder(
        &self,
        path: Vec<u8>,
        n: Option<i64>,
        signature: Signature,
        files: u64,
    ) -> Arc<Folder> {
        let known = OnceLock::new();
        if let Some(n) = n {
            known.get_or_init(|| n);
        }
        Arc::new(Folder {
            path,
            signature,
            files,
            n: known,
            parts: OnceLock::new(),
            came: AtomicUsize::new(0),
        })
    }

    /// One folder that was read.
    fn one(
        &self,
        path: Vec<u8>,
        before: Option<KnownFolder>,
        seen: SeenFolder,
        leftover: &mut Leftover,
    ) -> Result<(), Cut> {
        self.scan.counters.at(String::from_utf8_lossy(&path).into_owned());
        let signature = seen.signature();
        if let Some(same) = before.as_ref().filter(|known| known.signature == Some(signature)) {
            self.scan.counters.seen(same.files);
            self.scan.counters.unchanged(same.files);
            return Ok(());
        }
        let n = before.map(|folder| folder.n);
        let (listed, artwork) = sort(self.scan.kind, &path, seen);
        let files = listed.len() as u64;
        self.scan.counters.seen(files);
        let folder = self.folder(path, n, signature, files);
        self.hand_out(&folder, n, listed, artwork, leftover)
    }

    fn hand_out(
        &self,
        folder: &Arc<Folder>,
        n: Option<i64>,
        listed: Vec<(SeenFile, Promise)>,
        artwork: Vec<Artwork>,
        leftover: &mut Leftover,
    ) -> Result<(), Cut> {
        let known = match n {
            Some(n) => self.scan.store.library.read(|tx| folders::entries(tx, n))?,
            None => Vec::new(),
        };
        let candidates = self.candidates(&listed, &known)?;
        let before = Before { known: &known, candidates: &candidates };
        let plan = compare(listed, artwork, &before);
        self.scan.counters.unchanged(plan.unchanged);
        leftover.gone.extend(n.into_iter().flat_map(|n| plan.gone.iter().map(move |f| (*f, n))));
        let mut parts = 0;
        let mut send = |done| {
            parts += 1;
            self.done.send(done)
        };
        let same = || Arc::clone(folder);
        send(Done::Artwork { folder: same(), artwork: plan.artwork })?;
        for (file, code) in plan.unclear {
            let detail = unclear_sentence(code).to_owned();
            let known_file_n = None;
            send(Done::Problem { folder: same(), file, code, detail, known_file_n, lasts: true })?;
        }
        for file_n in plan.back {
            send(Done::Back { folder: same(), file_n })?;
        }
        for (file_n, inode) in plan.renumbered {
            send(Done::Renumbered { folder: same(), file_n, inode })?;
        }
        for name in plan.cleared {
            send(Done::Cleared { folder: same(), name })?;
        }
        for to_read in plan.read {
            parts += 1;
            self.tasks.send(Task { folder: same(), to_read })?;
        }
        folder.parts.get_or_init(|| parts);
        self.done.send(Done::Sealed { folder: same() })?;
        Ok(())
    }

    /// Known files elsewhere that are the very inode of a new one here, and are not there any more.
    fn candidates(
        &self,
        listed: &[(SeenFile, Promise)],
        known: &[folders::KnownEntry],
    ) -> Result<Vec<(Vec<u8>, Candidate)>, StoreError> {
        if !self.may_return {
            return Ok(Vec::new());
        }
        let known: HashSet<&[u8]> = known.iter().map(|entry| entry.name.as_slice()).collect();
        let is_known = |name: &[u8]| known.contains(name);
        let root_n = self.scan.root.n;
        self.scan.store.library.read(|tx| {
            let mut found = Vec::new();
            for (file, _) in listed.iter().filter(|(file, _)| !is_known(&file.name)) {
                let same = (file.inode.cast_signed(), file.size, file.mtime_ns);
                if let Some(candidate) = folders::by_inode(tx, root_n, same)?
                    && (candidate.missing || walk::is_gone(&self.scan.path, &candidate.path))
                {
                    found.push((file.name.clone(), candidate));
                }
            }
            Ok(found)
        })
    }
}

impl<T> From<std::sync::mpsc::SendError<T>> for Cut {
    fn from(_: std::sync::mpsc::SendError<T>) -> Self {
        Self::NobodyWrites
    }
}

impl From<StoreError> for Cut {
    fn from(error: StoreError) -> Self {
        tracing::warn!(error = %crate::service::chain(&error), "a folder could not be compared");
        Self::NobodyWrites
    }
}

fn named(name: &str) -> std::thread::Builder {
    std::thread::Builder::new().name(name.to_owned())
}

fn below(path: &[u8], seen: &SeenFolder) -> Vec<Vec<u8>> {
    use std::os::unix::ffi::OsStrExt;
    // The last is taken first, so this keeps the order of the disk.
    let names = seen.folders.iter().rev();
    names
        .map(|name| {
            if path.is_empty() {
                name.as_bytes().to_vec()
            } else {
                [path, b"/", name.as_bytes()].concat()
            }
        })
        .collect()
}

fn unclear_sentence(code: &str) -> &'static str {
    match code {
        "no_episode_number" => {
            "The name does not say which episode this is. Name it like \"Series S01E02\"."
        }
        _ => "The name does not say what this is. Give it a title.",
    }
}
