//! How the program ends: one signal drains, a second ends at once.
//!
//! ```text
//! SIGTERM, SIGINT ─▶ begin() ─▶ token cancelled: accept no more, finish what runs
//!                                  └─ drained(): every tracked task has ended, or 9 s are over
//! a second signal ─▶ end now
//! ```

use std::future::Future;
use std::io;
use std::time::Duration;
use stead_rules::limits::DRAIN_SECONDS;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};
use tokio_util::task::TaskTracker;

/// The promise is ten seconds; the last of them belongs to closing databases and the log.
pub const DRAIN: Duration = Duration::from_secs(DRAIN_SECONDS - 1);

/// The end of the program as a value: everybody who works holds a clone.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    token: CancellationToken,
    tasks: TaskTracker,
}

/// How a drain went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// Every task has ended.
    Clean,
    /// Time was up; so many tasks are cut off.
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

    /// Runs what blocks on the blocking pool; the end waits for it.
    pub fn spawn_blocking<F, T>(&self, work: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.tasks.spawn_blocking(work)
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

    /// Waits until every task has ended, at most [`DRAIN`].
    pub async fn drained(&self) -> Drained {
        self.drained_within(DRAIN).await
    }

    async fn drained_within(&self, limit: Duration) -> Drained {
        self.tasks.close();
        match tokio::time::timeout(limit, self.tasks.wait()).await {
            Ok(()) => Drained::Clean,
            Err(_) => Drained::CutOff(self.tasks.len()),
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
