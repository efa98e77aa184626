//! Makes the pictures that items want, a few at a time, in worker processes.
//!
//! ```text
//! desk ─wishes─▶ queue: what somebody looks at, then, while nothing is scanned, all in order
//!                  └─▶ makers (a few threads), each with one worker at a time ─▶ cache, store
//! ```
//! A file that kills two workers is left alone until it changes.

mod cache;
mod make;
mod queue;
mod source;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use stead_rules::limits::{MEMORY_LOOK_MS, PICTURES_TELL_MS};
use stead_store::library::pictures::{self, Wanting};
use stead_store::{Room, Store};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use self::cache::Cache;
use self::queue::{Next, Queue};
use crate::service::chain;
use crate::service::core::Core;
use crate::service::pictures::Size;
use crate::service::scans::Wish;
use crate::work::caught::caught;
use crate::work::indexer::step_back;
use crate::work::launcher::{Cancel, Launcher};
use crate::work::memory::Memory;
use crate::work::pace::Moment;

/// Says that there may be new pictures to make.
#[derive(Clone)]
pub(crate) struct Bell(pub(crate) Arc<Core>);

impl Bell {
    pub(crate) fn ring(&self) {
        self.0.scans.wish(Wish::Look);
    }
}

/// What makers work with.
pub(crate) struct Means {
    pub(crate) core: Arc<Core>,
    pub(crate) store: Arc<Store>,
    pub(crate) launcher: Launcher,
    /// Where ffmpeg is, if there is one.
    pub(crate) ffmpeg: Option<PathBuf>,
    pub(crate) cancel: Cancel,
    /// Where disks are asked.
    pub(crate) runtime: Handle,
    /// Workers at once, at most.
    pub(crate) workers: usize,
    /// Says whether there is memory for one more.
    pub(crate) memory: Memory,
}

/// The one that makes pictures.
pub(crate) struct Pictures {
    means: Means,
    cache: Cache,
    busy: Busy,
    /// Folders of media whose disk gave no answer, and when.
    silent: Mutex<HashMap<PathBuf, Moment>>,
    /// When pages were last told to look again.
    told: Mutex<Option<Moment>>,
}

/// A picture to make.
#[derive(Debug, Clone)]
struct Task {
    wanting: Wanting,
    size: Size,
}

impl Task {
    const fn key(&self) -> Key {
        (self.wanting.n, self.size)
    }
}

/// A picture of an item.
type Key = (i64, Size);

/// What is being made.
#[derive(Default)]
struct Busy {
    keys: Mutex<HashSet<Key>>,
    /// Something was made.
    freed: Condvar,
}

impl Busy {
    /// Waits until there is memory for it: whether it is to be made, and by nobody yet. Blocks.
    fn begin(&self, key: Key, memory: &Memory, end: &CancellationToken) -> bool {
        let look = Duration::from_millis(MEMORY_LOOK_MS);
        let mut keys = locked(&self.keys);
        // One that is being made is not waited for: it would be made a second time.
        while !keys.contains(&key) && !memory.admits(keys.len()) {
            if end.is_cancelled() {
                return false;
            }
            let waited = self.freed.wait_timeout(keys, look);
            (keys, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        keys.insert(key)
    }

    fn end(&self, key: Key) {
        locked(&self.keys).remove(&key);
        self.freed.notify_all();
    }
}

impl Pictures {
    pub(crate) fn new(means: Means) -> Self {
        let cache = Cache::new(means.core.paths().thumbs_dir());
        Self {
            means,
            cache,
            busy: Busy::default(),
            silent: Mutex::default(),
            told: Mutex::default(),
        }
    }

    /// Makes pictures until the end. Blocks.
    pub(crate) fn run(self, wishes: mpsc::Receiver<Wish>, end: &CancellationToken) {
        let (work, taken) = sync_channel::<Task>(0);
        let taken = Mutex::new(taken);
        std::thread::scope(|scope| {
            let mut makers = 0;
            for _ in 0..self.means.workers {
                let maker = std::thread::Builder::new().name("picture-maker".to_owned());
                match maker.spawn_scoped(scope, || self.make_all(&taken)) {
                    Ok(_) => makers += 1,
                    Err(error) => tracing::warn!(%error, "no thread for pictures"),
                }
            }
            if makers > 0 {
                self.hand_out(Queue::new(wishes), work, end);
            }
        });
    }

    fn make_all(&self, taken: &Mutex<Receiver<Task>>) {
        step_back();
        loop {
            let next = locked(taken).recv();
            let Ok(task) = next else { return };
            // A maker that fell would take the next task for ever.
            caught("making a picture", || self.make(&task));
            self.busy.end(task.key());
            self.tell(&task.wanting);
        }
    }

    /// Takes one task after the other from the queue, until the end.
    fn hand_out(&self, mut queue: Queue, work: SyncSender<Task>, end: &CancellationToken) {
        while !end.is_cancelled() {
            let is_scanning = self.means.core.scans.is_scanning();
            match queue.next(&self.means.store, is_scanning) {
                // One that found no room would be taken for one that cannot be made. The chore
                // that looks for room rings when there is some.
                Ok(Next::Make(_)) if self.means.core.room.is_short() => queue.rest(),
                Ok(Next::Make(task)) => {
                    let is_new = self.busy.begin(task.key(), &self.means.memory, end);
                    if is_new && work.send(task).is_err() {
                        return;
                    }
                }
                Ok(Next::Sweep) => self.sweep(),
                Ok(Next::Nothing) => {
                    if !self.means.runtime.block_on(queue.wait(end)) {
                        return;
                    }
                }
                Err(error) => {
                    tracing::warn!(error = %chain(&error), "no pictures are made now");
                    queue.rest();
                }
            }
        }
    }

    /// Tells whoever waits for this picture, and now and then all pages.
    fn tell(&self, wanting: &Wanting) {
        let scans = &self.means.core.scans;
        scans.tell_picture(wanting.id);
        let mut told = locked(&self.told);
        if told.is_none_or(|at| at.elapsed_ms() >= PICTURES_TELL_MS) {
            *told = Some(Moment::now());
            scans.tell_changed(wanting.library);
        }
    }

    fn sweep(&self) {
        let library = &self.means.store.library;
        match self.cache.sweep(|item| library.read(|tx| pictures::exists(tx, item))) {
            Ok(removed) => tracing::info!(removed, "pictures of what is no more are gone"),
            Err(error) => tracing::warn!(error = %chain(&error), "old pictures stay"),
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{RecvTimeoutError, channel};

    #[test]
    fn one_picture_is_made_at_a_time_while_memory_is_short() {
        let folder = tempfile::tempdir().unwrap();
        let memory = Memory {
            amounts: folder.path().join("meminfo"),
            pressure: folder.path().join("memory"),
        };
        std::fs::write(&memory.amounts, "MemAvailable: 1048576 kB\n").unwrap();
        let (busy, end) = (Busy::default(), CancellationToken::new());
        let key = |n| (n, Size::Small);
        assert!(busy.begin(key(1), &memory, &end));
        assert!(busy.begin(key(2), &memory, &end));
        std::fs::write(&memory.pressure, "full avg10=40.00 avg60=0.00 avg300=0.00 total=9\n")
            .unwrap();
        assert!(!busy.begin(key(2), &memory, &end));
        let (begun, told) = channel();
        std::thread::scope(|scope| {
            scope.spawn(|| begun.send(busy.begin(key(3), &memory, &end)).unwrap());
            busy.end(key(1));
            // It looks again, beside one that still runs.
            assert_eq!(
                told.recv_timeout(Duration::from_millis(300)),
                Err(RecvTimeoutError::Timeout)
            );
            busy.end(key(2));
            assert_eq!(told.recv(), Ok(true));
            // The end is not waited for.
            scope.spawn(|| begun.send(busy.begin(key(4), &memory, &end)).unwrap());
            end.cancel();
            assert_eq!(told.recv(), Ok(false));
        });
    }
}
