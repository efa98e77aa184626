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
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use stead_rules::limits::PICTURES_TELL_MS;
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
    /// Workers at once.
    pub(crate) workers: usize,
}

/// The one that makes pictures.
pub(crate) struct Pictures {
    means: Means,
    cache: Cache,
    /// What is being made.
    busy: Mutex<HashSet<(i64, Size)>>,
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

impl Pictures {
    pub(crate) fn new(means: Means) -> Self {
        let cache = Cache::new(means.core.paths().thumbs_dir());
        Self {
            means,
            cache,
            busy: Mutex::default(),
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
            locked(&self.busy).remove(&(task.wanting.n, task.size));
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
                    let is_new = locked(&self.busy).insert((task.wanting.n, task.size));
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
