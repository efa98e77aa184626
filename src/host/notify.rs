//! What the service manager is told: ready, status, stopping, more time, still alive.
//!
//! A thread of its own does the sending, since a send may block. The watchdog is fed by that same
//! thread, and only after the program has proved that it lives:
//!
//! ```text
//! notify thread ──check──▶ runtime ──▶ database, pool ──Ok──▶ WATCHDOG=1
//!        └── no answer in time, or an error: nothing is sent, and systemd acts
//! ```
//!
//! Without a service manager (no NOTIFY_SOCKET) every call does nothing. A child with that variable
//! would speak in our name; removing it from a running program is not sound, so children are
//! started with an empty environment.

use sd_notify::NotifyState;
use std::future::Future;
use std::pin::Pin;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::runtime::Handle;

/// Messages that may wait; they are few, and a manager that takes none is not worth memory.
const WAITING_MAX: usize = 64;

/// A check runs this often in one watchdog period, so that one slow check kills nobody.
const CHECKS_PER_PERIOD: u32 = 4;

/// The result of a liveness check; the error names what did not answer.
pub type Liveness = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// Makes a check that runs on the runtime, asks the database and the pool, and does not wait long.
pub type LivenessCheck = Box<dyn Fn() -> Liveness + Send>;

enum Message {
    Ready,
    Status(String),
    Stopping,
    MoreTime(Duration),
    Watch(Handle, LivenessCheck),
    End,
}

/// The way to the service manager. Clones speak through the same thread.
#[derive(Clone)]
pub struct Notifier {
    queue: Option<SyncSender<Message>>,
}

/// Waits, when dropped, until everything has been sent.
pub struct NotifyThread {
    queue: SyncSender<Message>,
    thread: Option<JoinHandle<()>>,
}

impl Notifier {
    /// Starts the thread if a service manager listens, and says so.
    pub fn start() -> std::io::Result<(Self, Option<NotifyThread>)> {
        #[expect(clippy::disallowed_methods, reason = "systemd names its socket there only")]
        let listens = std::env::var_os("NOTIFY_SOCKET").is_some();
        if !listens {
            return Ok((Self::silent(), None));
        }
        let (notifier, thread) = Self::start_with(sd_notify::watchdog_enabled(), send)?;
        Ok((notifier, Some(thread)))
    }

    /// Says nothing to nobody.
    #[must_use]
    pub const fn silent() -> Self {
        Self { queue: None }
    }

    fn start_with(
        watchdog_period: Option<Duration>,
        send: impl Fn(&[NotifyState<'_>]) + Send + 'static,
    ) -> std::io::Result<(Self, NotifyThread)> {
        let (queue, messages) = sync_channel(WAITING_MAX);
        let thread = std::thread::Builder::new()
            .name("notify".to_owned())
            .spawn(move || run(&messages, watchdog_period, &send))?;
        let guard = NotifyThread { queue: queue.clone(), thread: Some(thread) };
        Ok((Self { queue: Some(queue) }, guard))
    }

    /// The database is open, the sockets listen, the first health pass went well.
    pub fn ready(&self) {
        self.tell(Message::Ready);
    }

    /// One line for `systemctl status`; no secrets, no names of media.
    pub fn status(&self, line: impl Into<String>) {
        self.tell(Message::Status(line.into()));
    }

    /// The stop has begun.
    pub fn stopping(&self) {
        self.tell(Message::Stopping);
    }

    /// This start or stop goes on and needs up to `time` more, counted from now.
    pub fn more_time(&self, time: Duration) {
        self.tell(Message::MoreTime(time));
    }

    /// Feeds the watchdog, if the unit has one, as long as `check` succeeds on this runtime.
    pub fn watch(&self, runtime: Handle, check: LivenessCheck) {
        self.tell(Message::Watch(runtime, check));
    }

    fn tell(&self, message: Message) {
        if let Some(queue) = &self.queue
            && queue.try_send(message).is_err()
        {
            tracing::warn!("the service manager takes no messages");
        }
    }
}

impl Drop for NotifyThread {
    fn drop(&mut self) {
        // Both fail only when the thread has ended already.
        let _ = self.queue.send(Message::End);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn send(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the service manager could not be told");
    }
}

fn run(
    messages: &Receiver<Message>,
    watchdog_period: Option<Duration>,
    send: &impl Fn(&[NotifyState<'_>]),
) {
    let mut watched: Option<(Handle, LivenessCheck)> = None;
    let check_every = watchdog_period.map(|period| period / CHECKS_PER_PERIOD);
    loop {
        let next = match (check_every, &watched) {
            (Some(wait), Some(_)) => messages.recv_timeout(wait),
            (None, _) | (_, None) => messages.recv().map_err(RecvTimeoutError::from),
        };
        match next {
            Ok(Message::Ready) => send(&[NotifyState::Ready]),
            Ok(Message::Status(line)) => send(&[NotifyState::Status(&one_line(&line))]),
            Ok(Message::Stopping) => send(&[NotifyState::Stopping]),
            Ok(Message::MoreTime(time)) => send(&[NotifyState::ExtendTimeoutUsec(micros(time))]),
            Ok(Message::Watch(runtime, check)) => watched = Some((runtime, check)),
            Err(RecvTimeoutError::Timeout) => feed(check_every, watched.as_ref(), send),
            Ok(Message::End) | Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// A line break in a status would begin another message to the manager.
fn one_line(line: &str) -> String {
    line.replace(|c: char| c.is_control(), " ")
}

fn micros(time: Duration) -> u32 {
    u32::try_from(time.as_micros()).unwrap_or(u32::MAX)
}

fn feed(
    deadline: Option<Duration>,
    watched: Option<&(Handle, LivenessCheck)>,
    send: &impl Fn(&[NotifyState<'_>]),
) {
    let (Some(deadline), Some((runtime, check))) = (deadline, watched) else { return };
    match alive(runtime, check, deadline) {
        Ok(()) => send(&[NotifyState::Watchdog]),
        Err(what) => tracing::error!(what, "not alive; the watchdog is not fed"),
    }
}

/// Runs the check as a task of the runtime, so that a runtime that does not turn is noticed too.
fn alive(runtime: &Handle, check: &LivenessCheck, deadline: Duration) -> Result<(), String> {
    let (answer, answered) = sync_channel(1);
    let checking = check();
    // Not tracked: it ends by its own deadline, and a stop must not wait for it.
    let task = runtime.spawn(async move {
        // Nobody waits for a late answer.
        let _ = answer.try_send(checking.await);
    });
    let result = answered.recv_timeout(deadline);
    task.abort();
    result.unwrap_or_else(|_| Err("no answer in time".to_owned()))
}

#[cfg(test)]
mod tests;
