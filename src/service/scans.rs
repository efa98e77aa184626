//! The desk between people and the indexer: orders go in, progress comes out. It is memory only;
//! what a scan finds is in the store.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use stead_rules::ids::{ItemId, LibraryId};
use stead_rules::limits::{SCAN_EVENTS_KEPT, SCAN_ORDERS_MAX};
use tokio::sync::{broadcast, mpsc};

/// What the indexer is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Read the folders of a library.
    Scan {
        /// Which.
        library: LibraryId,
        /// Whether the owner has said that files which vanished are really gone.
        gone_is_meant: bool,
    },
    /// Forget a library that was removed.
    Forget(LibraryId),
}

/// What the one who makes pictures is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// There may be new ones to make.
    Look,
    /// Somebody looks at this item: its small picture comes next.
    First(ItemId),
    /// Somebody looks closely at this item, which has a small picture: its large one comes next.
    Large(ItemId),
    /// Items are no more: their pictures can go.
    Sweep,
}

/// What a scan does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ScanState {
    /// Nothing.
    #[default]
    Idle,
    /// It waits for its turn or runs.
    Scanning,
    /// The library's folder is not there; everything is kept.
    Offline,
    /// It stopped because the data folder is full, and goes on when there is room.
    DiskFull,
    /// It was given up over a fault, which is in the log; what it had found is kept.
    Failed,
}

impl ScanState {
    /// The stable word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Scanning => "scanning",
            Self::Offline => "offline",
            Self::DiskFull => "disk_full",
            Self::Failed => "failed",
        }
    }
}

/// How far a scan is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScanProgress {
    /// What it does.
    pub state: ScanState,
    /// Media files met so far.
    pub files_seen: u64,
    /// Of these, what is entered, unchanged or reported.
    pub files_done: u64,
    /// How many there are, once that is known or guessed from the last scan.
    pub files_total: Option<u64>,
    /// Files that cannot be used.
    pub problems: u64,
    /// Files done each second.
    pub rate_per_s: Option<u64>,
    /// Seconds left.
    pub left_s: Option<u64>,
    /// The folder that was read last.
    pub current: Option<String>,
    /// Files that vanished and are kept until the owner says that they are gone.
    pub vanished: u64,
}

/// What is told to whoever listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// A scan went on.
    Scan(LibraryId, ScanProgress),
    /// Something in a library changed.
    Changed(LibraryId),
    /// The picture of an item was made, or is known not to come.
    Picture(ItemId),
}

/// The indexer has too much to do, or has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the indexer takes no more orders now")]
pub struct NoMoreOrders;

/// The desk.
#[derive(Debug)]
pub struct Scans {
    orders: mpsc::Sender<Order>,
    wishes: mpsc::Sender<Wish>,
    told: broadcast::Sender<Told>,
    progress: Mutex<HashMap<LibraryId, ScanProgress>>,
}

/// The other side of the desk, for those who work.
#[derive(Debug)]
pub struct Tray {
    /// For the indexer.
    pub orders: mpsc::Receiver<Order>,
    /// For the one who makes pictures.
    pub wishes: mpsc::Receiver<Wish>,
}

impl Scans {
    /// The desk and its other side.
    #[must_use]
    pub fn new() -> (Self, Tray) {
        let (orders, orders_taken) = mpsc::channel(SCAN_ORDERS_MAX);
        let (wishes, wishes_taken) = mpsc::channel(SCAN_ORDERS_MAX);
        let told = broadcast::Sender::new(SCAN_EVENTS_KEPT);
        let desk = Self { orders, wishes, told, progress: Mutex::default() };
        (desk, Tray { orders: orders_taken, wishes: wishes_taken })
    }

    /// Puts an order on the desk.
    ///
    /// # Errors
    /// [`NoMoreOrders`].
    pub fn order(&self, order: Order) -> Result<(), NoMoreOrders> {
        self.orders.try_send(order).map_err(|_| NoMoreOrders)?;
        if let Order::Scan { library, .. } = order {
            self.wait(library);
        }
        Ok(())
    }

    /// Puts an order on the desk that may be done later: with a full tray the indexer finds by
    /// itself what the order is about, once the tray is empty.
    pub fn order_or_later(&self, order: Order) {
        if self.order(order).is_err()
            && let Order::Scan { library, .. } = order
        {
            self.wait(library);
        }
    }

    /// A scan that waits for its turn has begun, for whoever asked for it.
    fn wait(&self, library: LibraryId) {
        let waiting = ScanProgress { state: ScanState::Scanning, ..ScanProgress::default() };
        let mut all = self.all();
        let known = all.entry(library).or_default();
        if known.state != ScanState::Scanning {
            *known = waiting.clone();
            let _ = self.told.send(Told::Scan(library, waiting));
        }
    }

    /// Makes a wish. With a full tray the pictures come all the same, only later.
    pub fn wish(&self, wish: Wish) {
        let _ = self.wishes.try_send(wish);
    }

    /// How far the scan of a library is.
    #[must_use]
    pub fn progress(&self, library: LibraryId) -> ScanProgress {
        self.all().get(&library).cloned().unwrap_or_default()
    }

    /// Whether any scan runs or waits for its turn.
    #[must_use]
    pub fn is_scanning(&self) -> bool {
        self.all().values().any(|progress| progress.state == ScanState::Scanning)
    }

    /// Libraries whose scan stopped because the data folder is full.
    #[must_use]
    pub fn stopped_by_a_full_disk(&self) -> Vec<LibraryId> {
        let all = self.all();
        let stopped = all.iter().filter(|(_, progress)| progress.state == ScanState::DiskFull);
        stopped.map(|(library, _)| *library).collect()
    }

    /// Everything that is told from now on.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<Told> {
        self.told.subscribe()
    }

    /// Tells how far a scan is.
    pub fn tell(&self, library: LibraryId, progress: ScanProgress) {
        self.all().insert(library, progress.clone());
        // Nobody may be listening.
        let _ = self.told.send(Told::Scan(library, progress));
    }

    /// Tells that something in a library changed.
    pub fn tell_changed(&self, library: LibraryId) {
        let _ = self.told.send(Told::Changed(library));
    }

    /// Tells that the picture of an item was made, or is known not to come.
    pub fn tell_picture(&self, item: ItemId) {
        let _ = self.told.send(Told::Picture(item));
    }

    /// Forgets a library that was removed.
    pub fn forget(&self, library: LibraryId) {
        self.all().remove(&library);
    }

    fn all(&self) -> MutexGuard<'_, HashMap<LibraryId, ScanProgress>> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
