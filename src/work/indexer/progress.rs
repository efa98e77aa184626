//! How far a scan is: counted by all who work, told by one.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::service::scans::{ScanProgress, ScanState};
use crate::work::pace::Moment;

/// What is counted while a scan runs.
#[derive(Debug)]
pub(super) struct Counters {
    begun: Moment,
    seen: AtomicU64,
    done: AtomicU64,
    problems: AtomicU64,
    /// Files that had to be looked into, which is what takes time.
    looked_into: AtomicU64,
    /// Every folder has been read, so `seen` is all there is.
    walked: AtomicBool,
    /// How many files there were the last time.
    expected: u64,
    current: Mutex<String>,
}

impl Counters {
    pub(super) fn new(expected: u64) -> Self {
        Self {
            begun: Moment::now(),
            seen: AtomicU64::new(0),
            done: AtomicU64::new(0),
            problems: AtomicU64::new(0),
            looked_into: AtomicU64::new(0),
            walked: AtomicBool::new(false),
            expected,
            current: Mutex::default(),
        }
    }

    pub(super) fn seen(&self, files: u64) {
        self.seen.fetch_add(files, Ordering::Relaxed);
    }

    pub(super) fn unchanged(&self, files: u64) {
        self.done.fetch_add(files, Ordering::Relaxed);
    }

    pub(super) fn done(&self, files: u64) {
        self.done.fetch_add(files, Ordering::Relaxed);
        self.looked_into.fetch_add(files, Ordering::Relaxed);
    }

    pub(super) fn problem(&self) {
        self.problems.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn at(&self, folder: String) {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = folder;
    }

    pub(super) fn walked(&self) {
        self.walked.store(true, Ordering::Relaxed);
    }

    /// Files that were looked into.
    pub(super) fn looked_into(&self) -> u64 {
        self.looked_into.load(Ordering::Relaxed)
    }

    /// Files that turned out to be broken in this scan.
    pub(super) fn broken(&self) -> u64 {
        self.problems.load(Ordering::Relaxed)
    }

    /// How long the scan has run.
    pub(super) fn elapsed_ms(&self) -> u64 {
        self.begun.elapsed_ms()
    }

    /// How far it is now. `problems_before` are those of folders that did not change.
    pub(super) fn progress(&self) -> ScanProgress {
        let (seen, done) = (self.seen.load(Ordering::Relaxed), self.done.load(Ordering::Relaxed));
        let total = if self.walked.load(Ordering::Relaxed) {
            Some(seen)
        } else {
            (self.expected > 0).then(|| self.expected.max(seen))
        };
        let elapsed_ms = self.elapsed_ms().max(1);
        let rate = done.saturating_mul(1000) / elapsed_ms;
        let left = total.map(|total| total.saturating_sub(done));
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner).clone();
        ScanProgress {
            state: ScanState::Scanning,
            files_seen: seen,
            files_done: done,
            files_total: total,
            problems: self.problems.load(Ordering::Relaxed),
            rate_per_s: (elapsed_ms > 500).then_some(rate),
            left_s: left.and_then(|left| left.checked_div(rate)),
            current: (!current.is_empty()).then_some(current),
            vanished: 0,
        }
    }
}
