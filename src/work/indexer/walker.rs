//! The walker of a scan: reads folder after folder in the order of the disk, compares each with
//! what is known of it, and hands out what is to be done.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::Path;
use std::sync::atomic::AtomicUsize;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, OnceLock};

use stead_rules::limits::FOLDER_DEPTH_MAX;
use stead_store::StoreError;
use stead_store::library::folders::{self, Artwork, Candidate, KnownFolder, Signature};
use stead_store::library::missing;

use super::compare::{Before, compare, sort};
use super::meaning::Promise;
use super::prober::Task;
use super::root::RootIdentity;
use super::scan::{Done, Folder, Scan};
use super::walk::{self, SeenFile, SeenFolder};

/// Why the walker did not see everything.
pub(super) enum Cut {
    /// The library's folder went away.
    WentAway,
    /// The writer has ended, or the store does not answer.
    NobodyWrites,
}

/// What the walker leaves behind for the end.
#[derive(Debug, Default)]
pub(super) struct Leftover {
    /// Files that are gone from folders that are there: file and folder.
    pub(super) gone: Vec<(i64, i64)>,
    /// Folders that could not be read; nothing below them is gone.
    pub(super) unread: Vec<Vec<u8>>,
}

/// Reads folder after folder and hands out what is to be done.
pub(super) struct Walker<'s, 'a> {
    pub(super) scan: &'s Scan<'a>,
    pub(super) tasks: SyncSender<Task>,
    pub(super) done: SyncSender<Done>,
    pub(super) may_return: bool,
}

impl Walker<'_, '_> {
    /// Reads everything; folders that are there are removed from `known`.
    pub(super) fn all(&self, known: &mut HashMap<Vec<u8>, KnownFolder>) -> Result<Leftover, Cut> {
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
