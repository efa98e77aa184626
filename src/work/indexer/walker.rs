//! The walker of a scan: reads folder after folder in the order of the disk, compares each with
//! what is known of it, and hands out what is to be done.

use std::collections::{HashMap, HashSet};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use stead_rules::limits::FOLDER_DEPTH_MAX;
use stead_store::StoreError;
use stead_store::library::folders::{self, Artwork, Candidate, KnownFolder};

use super::beside::{Description, Descriptions};
use super::compare::{Before, Plan, compare, holds_a_work, sort};
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
    /// Folders that are there without files that were in them.
    pub(super) losing: Vec<Arc<Folder>>,
    /// Folders that could not be read; nothing below them is gone.
    pub(super) unread: Vec<Vec<u8>>,
}

/// A folder that is to be read.
#[derive(Debug, Default)]
struct Waiting {
    path: Vec<u8>,
    depth: usize,
    /// Whether the folder above holds a film or a series.
    below_a_work: bool,
    /// What describes the series that a folder above it is.
    show: Option<Description>,
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
        let mut waiting = vec![Waiting::default()];
        while let Some(Waiting { path, depth, below_a_work, show }) = waiting.pop() {
            if self.scan.tools.cancel.is_cancelled() {
                break;
            }
            let before = known.remove(&path);
            let at = Path::new(crate::work::os_str(&path));
            match walk::read(&self.scan.path, at, self.scan.left_out) {
                Ok(seen) => {
                    let seen = SeenFolder { below_a_work, show, ..seen };
                    if depth < FOLDER_DEPTH_MAX {
                        waiting.extend(self.below(&path, depth, &seen));
                    }
                    self.one(path, before, seen, &mut leftover)?;
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_empty() => {
                    self.check_root()?;
                    // It went a moment ago. It is known still, for the end to find that it is gone.
                    known.extend(before.map(|folder| (path, folder)));
                }
                Err(error) => self.unreadable(path, before, &error, &mut leftover)?,
            }
        }
        Ok(leftover)
    }

    /// What is to be read in a folder.
    fn below(&self, path: &[u8], depth: usize, seen: &SeenFolder) -> Vec<Waiting> {
        let below_a_work = holds_a_work(self.scan.kind, path, seen);
        let show = Descriptions::of(path, &seen.files, seen.show.as_ref()).show;
        // The last is taken first, so this keeps the order of the disk.
        let names = seen.folders.iter().rev();
        names
            .map(|name| {
                let name = name.as_bytes();
                let inside = || [path, b"/", name].concat();
                let path = if path.is_empty() { name.to_vec() } else { inside() };
                Waiting { path, depth: depth + 1, below_a_work, show: show.clone() }
            })
            .collect()
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
        if path.is_empty() {
            return Err(Cut::WentAway);
        }
        self.check_root()?;
        leftover.unread.push(path.clone());
        let folder = Folder { path, ..Folder::known_as(before.map(|folder| folder.n)) };
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
            folder: Arc::new(folder),
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

    fn check_root(&self) -> Result<(), Cut> {
        RootIdentity::of(&self.scan.path).map(drop).map_err(|_| Cut::WentAway)
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
        let descriptions = Descriptions::of(&path, &seen.files, seen.show.as_ref());
        let (listed, artwork) = sort(self.scan.kind, &path, seen);
        let files = listed.len() as u64;
        self.scan.counters.seen(files);
        let mut plan = self.plan(n, listed, artwork, &descriptions)?;
        let gone = std::mem::take(&mut plan.gone);
        let folder = Folder { path, signature, files, gone, ..Folder::known_as(n) };
        let folder = Arc::new(folder);
        if !folder.gone.is_empty() {
            leftover.losing.push(Arc::clone(&folder));
        }
        self.hand_out(&folder, plan)
    }

    /// What is to be done in the folder with the number `n`, if it is known.
    fn plan(
        &self,
        n: Option<i64>,
        listed: Vec<(SeenFile, Promise)>,
        artwork: Vec<Artwork>,
        descriptions: &Descriptions,
    ) -> Result<Plan, StoreError> {
        let known = match n {
            Some(n) => self.scan.store.library.read(|tx| folders::entries(tx, n))?,
            None => Vec::new(),
        };
        let candidates = self.candidates(&listed, &known)?;
        let before = Before { known: &known, candidates: &candidates, descriptions };
        Ok(compare(listed, artwork, &before))
    }

    fn hand_out(&self, folder: &Arc<Folder>, plan: Plan) -> Result<(), Cut> {
        self.scan.counters.unchanged(plan.unchanged);
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

fn unclear_sentence(code: &str) -> &'static str {
    match code {
        "no_episode_number" => {
            "The name does not say which episode this is. Name it like \"Series S01E02\"."
        }
        _ => "The name does not say what this is. Give it a title.",
    }
}
