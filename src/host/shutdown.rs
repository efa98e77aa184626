//! How the program ends: one signal drains, a second ends at once.
//!
//! ```text
//! SIGTERM, SIGINT ─▶ begin() ─▶ token cancelled: accept no more, finish what runs
//!                                  └─ drained(): every tracked task has ended, or 9 s are over;
//!                                     every thread, or 2 s: one may wait for a disk that hangs
//! a second signal ─▶ end now
//! ```

use std::future::Future;
use std::io;
use std::time::Duration;
use stead_rules::limits::{DRAIN_SECONDS, DRAIN_THREADS_SECONDS};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};
use tokio_util::task::TaskTracker;

use super::vital::{Fallen, Holds, Post};

/// The promise is ten seconds; the last of them belongs to closing databases and the log.
pub const DRAIN: Duration = Duration::from_secs(DRAIN_SECONDS - 1);

/// A thread that waits for a disk ends with the process; the others have ended long before.
pub const DRAIN_THREADS: Duration = Duration::from_secs(DRAIN_THREADS_SECONDS);

/// The end of the program as a value: everybody who works holds a clone.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    token: CancellationToken,
    tasks: TaskTracker,
    threads: TaskTracker,
    fallen: Fallen,
}

/// How a drain went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// Every task and every thread has ended.
    Clean,
    /// Time was up; so many are cut off.
    CutOff(usize),
}

impl Shutdown {
    /// Nothing has ended yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts a task that the end waits for. This is the only way to start one.
    pub fn spawn<F>(&self, task: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.tasks.spawn(task)
    }

    /// Starts a task that goes on beside the requests until its work is done or the end begins. A
    /// panic is a fall.
    pub fn spawn_chore<F>(&self, name: &'static str, chore: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let post = Post::new(name, Holds::ToItsOwnEnd, &self.fallen, &self.token);
        let token = self.token.clone();
        self.tasks.spawn(async move {
            let _post = post;
            tokio::select! {
                () = token.cancelled() => {}
                () = chore => {}
            }
        });
    }

    /// Starts a thread that works until the end, and that the end waits for a little. Whatever
    /// waits for media disks does so on one: on the blocking pool it would take a place for ever.
    ///
    /// # Errors
    /// When the system has no room for a thread.
    pub fn spawn_thread<F>(&self, name: &'static str, work: F) -> io::Result<()>
    where
        F: FnOnce() + Send + 'static,
    {
        let (tracked, post) = (self.threads.token(), self.post(name));
        std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            let _tracked = tracked;
            let _post = post;
            work();
        })?;
        Ok(())
    }

    /// The post of a part that holds out to the end.
    #[must_use]
    pub fn post(&self, name: &'static str) -> Post {
        Post::new(name, Holds::ToTheEnd, &self.fallen, &self.token)
    }

    /// The vital parts that have fallen.
    #[must_use]
    pub const fn fallen(&self) -> &Fallen {
        &self.fallen
    }

    /// Begins the end.
    pub fn begin(&self) {
        self.token.cancel();
        self.tasks.close();
    }

    /// Whether the end has begun.
    #[must_use]
    pub fn begun(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Waits for the end to begin.
    pub fn waited(&self) -> WaitForCancellationFuture<'_> {
        self.token.cancelled()
    }

    /// The token itself, for what takes one.
    #[must_use]
    pub const fn token(&self) -> &CancellationToken {
        &self.token
    }

    /// Waits until every task has ended, at most [`DRAIN`], and every thread, at most
    /// [`DRAIN_THREADS`].
    pub async fn drained(&self) -> Drained {
        self.drained_within(DRAIN, DRAIN_THREADS).await
    }

    async fn drained_within(&self, tasks: Duration, threads: Duration) -> Drained {
        self.tasks.close();
        self.threads.close();
        // Whoever is late is counted below.
        let _ = tokio::join!(
            tokio::time::timeout(tasks, self.tasks.wait()),
            tokio::time::timeout(threads, self.threads.wait())
        );
        match self.tasks.len() + self.threads.len() {
            0 => Drained::Clean,
            late => Drained::CutOff(late),
        }
    }
}

/// The signals that end the program.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// From now on the signals are ours; needs a runtime.
    pub fn install() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Begins the end at the first signal and returns at the second.
    pub async fn drive(mut self, shutdown: &Shutdown) {
        let name = self.next().await;
        tracing::info!(signal = name, "stopping; a second signal ends at once");
        shutdown.begin();
        let name = self.next().await;
        tracing::warn!(signal = name, "ending at once");
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

#[cfg(test)]
mod tests;
