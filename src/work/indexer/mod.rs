//! The indexer: takes orders from the desk, scans one library at a time, and keeps what it finds
//! in the store.
//!
//! It runs on threads of its own, because everything it does waits for disks. When there is no
//! order nothing here makes a system call on a library's path.

mod beside;
mod compare;
mod describe;
mod meaning;
mod prober;
mod progress;
mod root;
mod scan;
mod walk;
mod walker;
mod writer;

use std::collections::HashSet;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use stead_rules::ids::LibraryId;
use stead_rules::limits::{FORGET_ROWS, MISSING_KEPT_DAYS, PROBERS_MAX, SCAN_TELL_MS};
use stead_rules::time::TimeTrust;
use stead_store::accounts::libraries::{self, LibraryRow, RootRow};
use stead_store::library::{missing, problems, roots, totals};
use stead_store::{Store, StoreError};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub(crate) use prober::Tools;

use self::progress::Counters;
use self::scan::{Outcome, Scan};
use crate::service::chain;
use crate::service::core::Core;
use crate::service::folders::is_allowed;
use crate::service::scans::{Order, ScanProgress, ScanState, Wish};
use crate::work::caught::caught;
use crate::work::pace::Moment;
use crate::work::probe;

/// The niceness of what reads disks in the background.
const NICENESS: i32 = 10;

/// The indexer with what it works with.
pub(crate) struct Indexer {
    pub(crate) core: Arc<Core>,
    pub(crate) store: Arc<Store>,
    pub(crate) tools: Tools,
    /// Where it says that there may be new pictures to make.
    pub(crate) pictures: crate::work::pictures::Bell,
}

impl Indexer {
    /// Takes orders until the end. Blocks.
    pub(crate) fn run(
        self,
        mut orders: mpsc::Receiver<Order>,
        runtime: &tokio::runtime::Handle,
        end: &CancellationToken,
    ) {
        step_back();
        let mut taken_up = HashSet::new();
        while !end.is_cancelled() {
            let order = orders.try_recv().ok().or_else(|| self.left_over(&mut taken_up));
            let next = order.or_else(|| runtime.block_on(next_order(&mut orders, end)));
            match next {
                Some(Order::Scan { library, gone_is_meant }) => {
                    // One that is given up is not begun again at once.
                    taken_up.insert(library);
                    self.scan(library, gone_is_meant);
                }
                Some(Order::Forget(library)) => {
                    caught("forgetting a library", || self.forget(library));
                }
                None => return,
            }
        }
    }

    fn scan(&self, library: LibraryId, gone_is_meant: bool) {
        let figures = &self.core.metrics.figures().scan;
        figures.running.inc();
        let ended = caught("scanning", || self.scan_all(library, gone_is_meant));
        figures.running.dec();
        let progress = match ended {
            Some(Ok(progress)) => progress,
            Some(Err(error @ StoreError::Full(_))) => {
                tracing::warn!(%library, error = %chain(&error), "a scan waits for room");
                self.cut_short(library, ScanState::DiskFull)
            }
            Some(Err(error)) => {
                tracing::error!(%library, error = %chain(&error), "a scan was given up");
                self.cut_short(library, ScanState::Failed)
            }
            None => self.cut_short(library, ScanState::Failed),
        };
        self.core.scans.tell(library, progress);
        self.core.scans.tell_changed(library);
        self.pictures.ring();
    }

    /// What is said of a scan that could not go on: as far as it came, nothing is lost.
    fn cut_short(&self, library: LibraryId, state: ScanState) -> ScanProgress {
        let progress = ScanProgress { state, ..self.core.scans.progress(library) };
        self.summary(library, progress.clone()).unwrap_or(progress)
    }

    /// Scans the folders of a library, one after the other.
    fn scan_all(
        &self,
        library: LibraryId,
        gone_is_meant: bool,
    ) -> Result<ScanProgress, StoreError> {
        let found = self.store.accounts.read(|tx| {
            let row = libraries::all(tx)?.into_iter().find(|row| row.id == library);
            Ok::<_, StoreError>((row, libraries::roots(tx, library)?))
        })?;
        // It may have been removed while the order waited.
        let (Some(row), folders) = found else { return Ok(ScanProgress::default()) };
        self.forget_old()?;
        let mut last = ScanProgress::default();
        for folder in folders {
            last = self.scan_one(&row, folder, gone_is_meant)?;
        }
        Ok(last)
    }

    fn scan_one(
        &self,
        library: &LibraryRow,
        folder: RootRow,
        gone_is_meant: bool,
    ) -> Result<ScanProgress, StoreError> {
        if !is_allowed(&self.core.config, &folder.path) {
            tracing::warn!(folder = %folder.path.display(), "media.roots does not name this folder: \
                it is not read");
            let offline = ScanProgress { state: ScanState::Offline, ..ScanProgress::default() };
            return self.summary(library.id, offline);
        }
        let now_ms = self.core.now().wall.0;
        let (known, expected) = self.store.library.write(|tx| {
            let known = roots::enter(tx, library.id, folder.id)?;
            roots::begin(tx, known.n, now_ms)?;
            problems::doubt_older(tx, known.n, probe::VERSION)?;
            Ok::<_, StoreError>((known, missing::files_there(tx, known.n)?))
        })?;
        let counters = Counters::new(expected);
        let scan = Scan {
            store: &self.store,
            tools: &self.tools,
            probers: self.probers(),
            library: library.id,
            kind: library.kind,
            root: known,
            path: folder.path,
            left_out: self.data_folder(),
            gone_is_meant,
            now_ms,
            counters: &counters,
        };
        let told = AtomicU64::new(0);
        let begun = Moment::now();
        let tell = || self.tell_now_and_then(library.id, &counters, begun, &told);
        self.core.scans.tell(library.id, counters.progress());
        let outcome = scan.run(tell)?;
        if outcome == Outcome::Offline {
            // It is not there: nothing goes on by itself.
            self.store.library.write(|tx| roots::end(tx, known.n))?;
        }
        self.count(&counters);
        self.log(library, outcome, &counters);
        let state = match outcome {
            Outcome::Complete | Outcome::Stopped | Outcome::Asks { .. } => ScanState::Idle,
            Outcome::Offline => ScanState::Offline,
            Outcome::GivenUp => ScanState::Failed,
        };
        self.summary(library.id, ScanProgress { state, ..counters.progress() })
    }

    /// What the server keeps is not media, also where its folder lies inside a library.
    fn data_folder(&self) -> Option<walk::Place> {
        let facts = std::fs::metadata(&self.core.paths().data_dir).ok()?;
        Some((facts.dev(), facts.ino()))
    }

    /// One prober less than there are processors waits for one disk well enough.
    fn probers(&self) -> usize {
        let wanted = self.core.config.work.indexers.map(usize::from);
        let there = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        wanted.unwrap_or(there).clamp(1, PROBERS_MAX)
    }

    fn tell_now_and_then(
        &self,
        library: LibraryId,
        counters: &Counters,
        begun: Moment,
        told: &AtomicU64,
    ) {
        let now = begun.elapsed_ms();
        if now.saturating_sub(told.load(Ordering::Relaxed)) >= SCAN_TELL_MS {
            told.store(now, Ordering::Relaxed);
            self.core.scans.tell(library, counters.progress());
            self.core.scans.tell_changed(library);
            self.pictures.ring();
        }
    }

    /// What is said when a scan has ended.
    fn summary(
        &self,
        library: LibraryId,
        progress: ScanProgress,
    ) -> Result<ScanProgress, StoreError> {
        self.store.library.read(|tx| {
            Ok(ScanProgress {
                problems: totals::of_library(tx, library)?.problems,
                vanished: roots::asking(tx, library)?,
                rate_per_s: None,
                left_s: None,
                current: None,
                ..progress
            })
        })
    }

    fn count(&self, counters: &Counters) {
        let figures = &self.core.metrics.figures().scan;
        figures.files.inc_by(counters.looked_into());
        figures.broken_files.inc_by(counters.broken());
    }

    fn log(&self, library: &LibraryRow, outcome: Outcome, counters: &Counters) {
        let progress = counters.progress();
        tracing::info!(
            library = %library.id,
            ?outcome,
            files = progress.files_seen,
            looked_into = counters.looked_into(),
            problems = counters.broken(),
            elapsed_ms = counters.elapsed_ms(),
            "a scan has ended"
        );
    }

    /// Forgets files that have been gone for long, when the date is known at all.
    fn forget_old(&self) -> Result<(), StoreError> {
        let now = self.core.now();
        if now.trust == TimeTrust::Unknown {
            return Ok(());
        }
        let before = now.wall.plus_ms(-MISSING_KEPT_DAYS * 24 * 3600 * 1000);
        while self.store.library.write(|tx| missing::forget_old(tx, before.0, FORGET_ROWS))? > 0 {}
        Ok(())
    }

    /// With an empty tray: what was never begun, because the tray was full, and what a stop cut
    /// short. Each is taken up once in a life, so that a scan which cannot end does not turn round.
    fn left_over(&self, taken_up: &mut HashSet<LibraryId>) -> Option<Order> {
        caught("forgetting libraries", || self.forget_removed());
        let found = self.store.library.read(roots::settled).and_then(|settled| {
            let folders = self.store.accounts.read(libraries::all_roots)?;
            Ok(folders.into_iter().filter(move |folder| !settled.contains(&folder.id)))
        });
        match found {
            Ok(mut folders) => folders
                .find(|folder| taken_up.insert(folder.library))
                .map(|folder| Order::Scan { library: folder.library, gone_is_meant: false }),
            Err(error) => {
                tracing::warn!(error = %chain(&error), "what is left to scan is not known");
                None
            }
        }
    }

    /// Libraries that were removed while nobody listened.
    fn forget_removed(&self) {
        let known = self.store.library.read(roots::libraries);
        let there = self.store.accounts.read(libraries::all);
        if let (Ok(known), Ok(there)) = (known, there) {
            for library in known {
                if there.iter().all(|row| row.id != library) {
                    self.forget(library);
                }
            }
        }
    }

    fn forget(&self, library: LibraryId) {
        loop {
            match self.store.library.write(|tx| roots::forget(tx, library, FORGET_ROWS)) {
                Ok(true) => break,
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(%library, error = %chain(&error), "a library lingers");
                    break;
                }
            }
        }
        self.core.scans.forget(library);
        self.core.scans.tell_changed(library);
        self.core.scans.wish(Wish::Sweep);
    }
}

async fn next_order(orders: &mut mpsc::Receiver<Order>, end: &CancellationToken) -> Option<Order> {
    tokio::select! {
        biased;
        () = end.cancelled() => None,
        order = orders.recv() => order,
    }
}

/// Lets everybody else go first; on Linux this holds for the calling thread.
pub(crate) fn step_back() {
    rustix::process::setpriority_process(None, NICENESS).ok();
}
