//! The bytes of a file as a stream. Reads block, so they run on threads that may, a few at a time
//! for each block device: a disk that hangs starves no other. A read begins small and grows only
//! while the client takes everything at once, and all streams share one budget of bytes. Who does not
//! read holds what was read for them; so one user has a bounded number of streams, which together
//! hold a part of the budget.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::unfold;
use stead_rules::ids::UserId;
use stead_rules::limits::{
    READ_FIRST_BYTES, READ_LARGEST_BYTES, READS_AT_ONCE_PER_DEVICE, SESSION_LOOK_STREAM_SECONDS,
    STREAM_BUFFERS_BYTES, STREAMS_PER_USER_MAX,
};
use stead_rules::policy::{Action, Door, Permit};
use stead_rules::time::{BootMs, Now};
use stead_rules::updates::Playing;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::buffers::Buffers;
use super::core::Core;
use super::judge::{Asked, Running, Whose};
use super::playback::Opened;

/// A client that comes back for more within this time took everything at once.
const AT_ONCE_MS: u64 = 20;
/// Budget is counted in pieces of the smallest read.
const PIECE: usize = READ_FIRST_BYTES;

/// What all streams share.
#[derive(Debug)]
pub struct Pumps {
    budget: Arc<Semaphore>,
    threads: Arc<Semaphore>,
    devices: Mutex<HashMap<u64, Arc<Semaphore>>>,
    users: Arc<Mutex<HashMap<UserId, usize>>>,
    /// The last moment when somebody played, but for who plays now.
    last_played: Mutex<Option<BootMs>>,
    buffers: Arc<Buffers>,
}

/// The right to one stream; dropping it gives it back.
#[derive(Debug)]
pub struct Seat {
    user: UserId,
    whose: Whose,
    /// The door that it was asked for at: what is closed there meanwhile ends the stream.
    door: Door,
    users: Arc<Mutex<HashMap<UserId, usize>>>,
}

impl Pumps {
    /// Nothing is streamed yet. Reads take their threads from those that may wait for media.
    #[must_use]
    pub fn new(threads: Arc<Semaphore>) -> Self {
        let budget = Arc::new(Semaphore::new(STREAM_BUFFERS_BYTES / PIECE));
        let (devices, users, last_played, buffers) = Default::default();
        Self { budget, threads, devices, users, last_played, buffers }
    }

    /// Who plays.
    #[must_use]
    pub fn playing(&self) -> Playing {
        let users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        if !users.is_empty() {
            return Playing::Now;
        }
        Playing::Since(*self.last_played.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Somebody plays at this moment, with or without a stream.
    pub fn played(&self, now: Now) {
        *self.last_played.lock().unwrap_or_else(PoisonError::into_inner) = Some(now.boot);
    }

    /// A seat for one more stream of whoever holds the permission; none when they have as many as
    /// they may. All who play without a sign-in share the seats of one user.
    #[must_use]
    pub(crate) fn seat(&self, permit: &Permit) -> Option<Seat> {
        let (user, whose) = (permit.viewer()?, Whose::of(permit)?);
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        let streams = users.entry(user).or_default();
        if *streams >= STREAMS_PER_USER_MAX {
            return None;
        }
        *streams = streams.saturating_add(1);
        drop(users);
        Some(Seat { user, whose, door: permit.door(), users: Arc::clone(&self.users) })
    }

    fn device(&self, device: u64) -> Arc<Semaphore> {
        let mut devices = self.devices.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Semaphore::new(READS_AT_ONCE_PER_DEVICE));
        Arc::clone(devices.entry(device).or_insert_with(new))
    }

    /// `length` bytes of what is open from `start` on, for as long as the session may play it.
    pub fn stream(
        &self,
        core: Arc<Core>,
        seat: Seat,
        opened: Opened,
        start: u64,
        length: u64,
    ) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
        core.metrics.figures().play.streams.inc();
        let Opened { file, device, item, .. } = opened;
        let asked = Asked { action: Action::Play, door: seat.door };
        let pump = Pump {
            file: Arc::new(file),
            device: self.device(device),
            budget: Arc::clone(&self.budget),
            threads: Arc::clone(&self.threads),
            at: start,
            left: length,
            size: READ_FIRST_BYTES,
            handed_over: None,
            held: None,
            running: Running::since(core.now(), seat.whose, asked).of(item),
            _seat: seat,
            buffers: Arc::clone(&self.buffers),
            session_ended: core.session_ended.subscribe(),
            core,
        };
        unfold(pump, Pump::next)
    }
}

struct Pump {
    core: Arc<Core>,
    file: Arc<File>,
    device: Arc<Semaphore>,
    budget: Arc<Semaphore>,
    threads: Arc<Semaphore>,
    at: u64,
    left: u64,
    size: usize,
    handed_over: Option<BootMs>,
    running: Running,
    _seat: Seat,
    buffers: Arc<Buffers>,
    session_ended: watch::Receiver<()>,
    /// What the piece on its way holds of the budget; given back when the next one is asked for.
    held: Option<OwnedSemaphorePermit>,
}

impl Pump {
    async fn next(mut self) -> Option<(io::Result<Bytes>, Self)> {
        if self.left == 0 {
            return None;
        }
        self.held = None;
        if !self.goes_on().await {
            self.left = 0;
            return Some((Err(io::Error::other("the session has ended")), self));
        }
        self.pace();
        match self.read().await {
            Ok(piece) => {
                let read = u64::try_from(piece.len()).unwrap_or(self.left).min(self.left);
                self.at = self.at.saturating_add(read);
                self.left = self.left.saturating_sub(read);
                self.core.metrics.figures().play.bytes.inc_by(read);
                self.handed_over = Some(self.core.now().boot);
                Some((Ok(piece), self))
            }
            Err(error) => {
                tracing::warn!(%error, "a file could not be read while it was sent");
                self.left = 0;
                Some((Err(error), self))
            }
        }
    }

    /// Whether the session may still play: asked when any session ended, and now and then.
    async fn goes_on(&mut self) -> bool {
        let now = self.core.now().boot;
        let due = now.since_ms(self.running.looked()) >= SESSION_LOOK_STREAM_SECONDS * 1000;
        if !due && !self.session_ended.has_changed().unwrap_or(true) {
            return true;
        }
        self.session_ended.mark_unchanged();
        self.running.goes_on(&self.core).await
    }

    fn pace(&mut self) {
        let now = self.core.now().boot;
        let at_once = self.handed_over.is_some_and(|then| now.since_ms(then) <= AT_ONCE_MS);
        self.size = if at_once {
            self.size.saturating_mul(2).min(READ_LARGEST_BYTES)
        } else {
            READ_FIRST_BYTES
        };
    }

    async fn read(&mut self) -> io::Result<Bytes> {
        let want = usize::try_from(self.left).unwrap_or(self.size).min(self.size);
        let pieces = u32::try_from(want.div_ceil(PIECE)).unwrap_or(1);
        let gone = |_| io::Error::other("the server is stopping");
        // First the disk's own bound: what waits for a disk that hangs holds nothing of the others.
        let turn = Arc::clone(&self.device).acquire_owned().await.map_err(gone)?;
        let held = Arc::clone(&self.budget).acquire_many_owned(pieces).await.map_err(gone)?;
        let thread = Arc::clone(&self.threads).acquire_owned().await.map_err(gone)?;
        let (file, at, buffers) = (Arc::clone(&self.file), self.at, Arc::clone(&self.buffers));
        let read = tokio::task::spawn_blocking(move || {
            let _held = (turn, thread);
            read_at(&file, at, want, buffers)
        });
        let piece = read.await.map_err(io::Error::other)??;
        self.held = Some(held);
        Ok(piece)
    }
}

fn read_at(file: &File, at: u64, want: usize, buffers: Arc<Buffers>) -> io::Result<Bytes> {
    let mut buffer = buffers.take(want);
    let read = file.read_at(&mut buffer, at)?;
    if read == 0 {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file became shorter"));
    }
    Ok(buffers.lend(buffer, read))
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        let left = users.get(&self.user).copied().unwrap_or(0).saturating_sub(1);
        if left == 0 {
            users.remove(&self.user);
        } else {
            users.insert(self.user, left);
        }
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        self.core.metrics.figures().play.streams.dec();
        // Before its seat is given back, so that nobody sees neither.
        self.core.pumps.played(self.core.now());
    }
}
