//! The room in the data folder: how much is left, and the reserve for the moment when nothing is.
//!
//! ```text
//! plenty ─▶ short: indexing and pictures wait ─▶ full: the reserve is given up for whoever waits
//!    ▲                                              │ (claim, sign-in, settings), then 507
//!    └────────── room is back: set aside again, work goes on, the rest is made up ◀─┘
//! ```

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use stead_rules::time::Now;
use stead_store::{Room, StoreError};

use super::chain;
use crate::host::disk::{Ballast, Space, space};
use crate::host::files::FileError;

/// A full disk is told in the log this often, and not at each request.
const TOLD_MS: u64 = 60_000;

/// The room in the data folder.
#[derive(Debug)]
pub struct DataRoom {
    folder: PathBuf,
    ballast: Ballast,
    /// Somebody was told that it is short, and so waits.
    somebody_waits: AtomicBool,
    /// Uptime when something was last told to be left out; 0 for never.
    told: AtomicU64,
}

impl DataRoom {
    /// The room in a data folder.
    #[must_use]
    pub fn of(data_dir: &Path) -> Self {
        let ballast = Ballast::of(data_dir);
        let (somebody_waits, told) = (AtomicBool::new(false), AtomicU64::new(0));
        Self { folder: data_dir.to_owned(), ballast, somebody_waits, told }
    }

    /// A folder that cannot be looked at is no full one: what is written there fails by itself.
    fn space(&self) -> Option<Space> {
        space(&self.folder).ok()
    }

    /// Whether there is room, and something set aside for when there is none.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.space().is_some_and(|space| space.is_well(self.ballast.is_set_aside()))
    }

    /// Whether work waits for room and there is some now; told once.
    #[must_use]
    pub fn is_back(&self) -> bool {
        let has_room = self.space().is_some_and(Space::has_room_for_work);
        has_room && self.somebody_waits.swap(false, Ordering::Relaxed)
    }

    /// Sets the reserve aside again when there is room for it.
    pub fn mend(&self) {
        if self.ballast.is_set_aside() {
            return;
        }
        match self.ballast.set_aside() {
            Ok(true) => tracing::info!("the data folder has room again: a reserve is set aside"),
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "no reserve could be set aside on the disk"),
        }
    }

    /// Writes a file, and once more if it found no room and some could be made.
    ///
    /// # Errors
    /// Those of `write`.
    pub fn with_room(
        &self,
        mut write: impl FnMut() -> Result<(), FileError>,
    ) -> Result<(), FileError> {
        match write() {
            Err(error) if error.is_full() && self.make() => write(),
            written => written,
        }
    }

    /// Tells of something that was not written and that nobody waits for, now and then.
    pub fn left_out(&self, now: Now, what: &'static str, error: &StoreError) {
        let told = self.told.load(Ordering::Relaxed);
        if told == 0 || now.boot.0.saturating_sub(told) >= TOLD_MS {
            self.told.store(now.boot.0.max(1), Ordering::Relaxed);
            tracing::warn!(what, error = %chain(error), "not written; everything else goes on");
        }
    }
}

impl Room for DataRoom {
    fn is_full(&self) -> bool {
        self.space().is_some_and(Space::is_full)
    }

    fn is_short(&self) -> bool {
        let is_short = self.space().is_some_and(Space::is_short);
        if is_short {
            self.somebody_waits.store(true, Ordering::Relaxed);
        }
        is_short
    }

    fn make(&self) -> bool {
        let made = self.ballast.give_up();
        if made {
            tracing::warn!("the data folder is full: gave up its reserve; make room on its disk");
        }
        made
    }
}
