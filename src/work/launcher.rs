//! Starts worker processes and hears how they end.
//!
//! A worker dies with the *thread* that spawned it (`PR_SET_PDEATHSIG` is per thread), so one
//! thread that lives as long as the server spawns all of them. Everything else happens on the
//! thread of the caller, which blocks: a job is one process, one message each way, one time limit.
//!
//! ```text
//!  caller ──ask──▶ launcher thread ──spawn──▶ `stead worker`   (own process group, empty env)
//!    │  ◀──child, socket──┘                        │
//!    ├──job + descriptors──────────────────────────▶
//!    ◀──reply, or the exit status of the program it became
//! ```
//!
//! On an appliance the system runs the workers instead (`unit.rs`): each job is a connection to
//! `stead-worker.socket`, and an instance of `stead-worker@.service` with limits of its own.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};

use super::pace::{Moment, timespec};
use super::worker::EXIT_MACHINE;
use super::worker::wire::{self, Job, Reply};
use crate::host::vital::Post;

mod unit;

/// Spawn requests that may wait; there are never more callers than workers.
const ASKING_MAX: usize = 16;
/// How often a caller looks whether its job was cancelled.
const CANCEL_LOOK_MS: u64 = 100;
/// How much of what a failed worker wrote to stderr is kept for the log.
const COMPLAINT_MAX_BYTES: u64 = 2048;

/// What is spawned as a worker.
#[derive(Debug, Clone)]
pub struct WorkerProgram {
    /// The executable: this one, on a box.
    pub path: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
}

impl WorkerProgram {
    /// This very program with the argument `worker`.
    ///
    /// # Errors
    /// When the kernel does not tell what is running.
    pub fn this_one() -> io::Result<Self> {
        let path = std::env::current_exe()?;
        Ok(Self { path, arguments: vec![OsString::from("worker")] })
    }
}

/// Who runs the workers.
#[derive(Debug, Clone)]
pub enum Workers {
    /// This process does, as children of its own.
    Children(WorkerProgram),
    /// A unit of the system, which listens at this path.
    Unit(PathBuf),
}

/// Why a job brought nothing.
#[derive(Debug, thiserror::Error)]
pub enum JobFailure {
    /// The worker died of a signal or left without a reply: the file is suspected.
    #[error("the worker died ({how})")]
    Died {
        /// The signal or the exit status.
        how: String,
        /// The last it said.
        complaint: String,
    },
    /// The program that the worker became ended with an error of its own: the file is at fault.
    #[error("the program could not read the file")]
    ProgramFailed {
        /// The last it said.
        complaint: String,
    },
    /// The worker could not shut itself in or become its program; the file is not at fault.
    #[error("the worker could not begin")]
    Unable {
        /// The last it said.
        complaint: String,
    },
    /// It took too long and was killed: the file is suspected.
    #[error("the worker took longer than {limit_ms} ms")]
    TooLong {
        /// The limit.
        limit_ms: u64,
    },
    /// Somebody wanted it no more.
    #[error("the job was cancelled")]
    Cancelled,
    /// The worker could not be started or spoken to; the file is not at fault.
    #[error("a worker could not be used")]
    Machine(#[source] io::Error),
}

/// How a job ended well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The worker replied.
    Replied(Reply),
    /// The program that it became succeeded; its output is in the descriptor that was given.
    ProgramSucceeded,
}

/// A word to a running job that it is wanted no more.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Says so, for good.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was said.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The one that spawns. Clones share the thread, which ends when the last of them is dropped.
#[derive(Debug, Clone)]
pub struct Launcher(Way);

#[derive(Debug, Clone)]
enum Way {
    Asking(mpsc::SyncSender<Ask>),
    Unit {
        path: PathBuf,
        /// No thread is needed, and the post is held all the same: work is there until the end.
        _post: Arc<Post>,
    },
}

#[derive(Debug)]
struct Ask {
    answer: mpsc::SyncSender<io::Result<Running>>,
}

impl Launcher {
    /// Starts the thread, which holds `post`.
    ///
    /// # Errors
    /// When the system has no room for a thread.
    pub fn start(workers: Workers, post: Post) -> io::Result<Self> {
        let program = match workers {
            Workers::Children(program) => program,
            Workers::Unit(path) => {
                return Ok(Self(Way::Unit { path, _post: Arc::new(post) }));
            }
        };
        let (asking, asked) = mpsc::sync_channel::<Ask>(ASKING_MAX);
        std::thread::Builder::new().name("launcher".to_owned()).spawn(move || {
            let _post = post;
            while let Ok(ask) = asked.recv() {
                // Who asked may have gone; the child is then killed by `Running::drop`.
                ask.answer.send(spawn(&program)).ok();
            }
        })?;
        Ok(Self(Way::Asking(asking)))
    }

    /// Runs one job to its end. Blocks for at most `limit_ms` and a moment.
    ///
    /// # Errors
    /// [`JobFailure`], which says whether the file is to blame.
    pub fn run(
        &self,
        job: &Job,
        descriptors: &[BorrowedFd<'_>],
        limit_ms: u64,
        cancel: &Cancel,
    ) -> Result<Ended, JobFailure> {
        match &self.0 {
            Way::Asking(asking) => {
                let running = spawned_by(asking).map_err(JobFailure::Machine)?;
                running.run(job, descriptors, limit_ms, cancel)
            }
            Way::Unit { path, .. } => unit::run(path, job, descriptors, limit_ms, cancel),
        }
    }
}

fn spawned_by(asking: &mpsc::SyncSender<Ask>) -> io::Result<Running> {
    let gone = |_| io::Error::other("the launcher thread has ended");
    let (answer, answered) = mpsc::sync_channel(1);
    asking.send(Ask { answer }).map_err(|_| io::Error::other("the launcher has ended"))?;
    answered.recv().map_err(gone)?
}

/// Runs one job to its end by a child of the calling thread, which must outlive it.
pub(super) fn run_here(
    program: &WorkerProgram,
    job: &Job,
    descriptors: &[BorrowedFd<'_>],
    limit_ms: u64,
) -> Result<Ended, JobFailure> {
    let running = spawn(program).map_err(JobFailure::Machine)?;
    running.run(job, descriptors, limit_ms, &Cancel::default())
}

fn spawn(program: &WorkerProgram) -> io::Result<Running> {
    let (ours, theirs) =
        socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
    let complaints = memfd_create(c"worker-stderr", MemfdFlags::CLOEXEC)?;
    let child = Command::new(&program.path)
        .args(&program.arguments)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::from(theirs))
        .stdout(Stdio::null())
        .stderr(Stdio::from(complaints.try_clone()?))
        .process_group(0)
        .spawn()?;
    Ok(Running { child, socket: ours, complaints: File::from(complaints) })
}

/// A worker with its socket. Dropping it kills its whole process group.
#[derive(Debug)]
struct Running {
    child: Child,
    socket: OwnedFd,
    complaints: File,
}

impl Running {
    fn run(
        mut self,
        job: &Job,
        descriptors: &[BorrowedFd<'_>],
        limit_ms: u64,
        cancel: &Cancel,
    ) -> Result<Ended, JobFailure> {
        self.begin(job, descriptors).map_err(JobFailure::Machine)?;
        self.finish(job, limit_ms, cancel)
    }

    fn begin(&self, job: &Job, descriptors: &[BorrowedFd<'_>]) -> io::Result<()> {
        wire::send(&self.socket, job, descriptors)
    }

    fn finish(&mut self, job: &Job, limit_ms: u64, cancel: &Cancel) -> Result<Ended, JobFailure> {
        let started = Moment::now();
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        let pid = pid.ok_or_else(|| JobFailure::Machine(io::Error::other("no process id")))?;
        let exit = pidfd_open(pid, PidfdFlags::empty()).map_err(machine)?;
        loop {
            if cancel.is_cancelled() {
                return Err(JobFailure::Cancelled);
            }
            let left_ms = started.left_ms(limit_ms);
            if left_ms == 0 {
                return Err(JobFailure::TooLong { limit_ms });
            }
            if wait_for_exit(exit.as_fd(), left_ms.min(CANCEL_LOOK_MS)).map_err(machine)? {
                return self.conclude(job);
            }
        }
    }

    /// After the process has ended, its reply (sent before) is in the socket's buffer.
    fn conclude(&mut self, job: &Job) -> Result<Ended, JobFailure> {
        let status = self.child.wait().map_err(JobFailure::Machine)?;
        if status.code() == Some(i32::from(EXIT_MACHINE)) {
            return Err(JobFailure::Unable { complaint: self.complaint() });
        }
        if job.becomes_program() {
            return match status.code() {
                Some(0) => Ok(Ended::ProgramSucceeded),
                Some(_) => Err(JobFailure::ProgramFailed { complaint: self.complaint() }),
                None => Err(self.died(status)),
            };
        }
        match wire::receive::<Reply>(&self.socket) {
            Ok(Some((reply, _))) => Ok(Ended::Replied(reply)),
            Ok(None) | Err(_) => Err(self.died(status)),
        }
    }

    fn died(&self, status: ExitStatus) -> JobFailure {
        let how = match (status.signal(), status.code()) {
            (Some(signal), _) => format!("signal {signal}"),
            (None, Some(code)) => format!("exit status {code}"),
            (None, None) => "unknown".to_owned(),
        };
        JobFailure::Died { how, complaint: self.complaint() }
    }

    fn complaint(&self) -> String {
        use std::os::unix::fs::FileExt;
        let length = self.complaints.metadata().map_or(0, |meta| meta.len());
        let mut tail = vec![0; usize::try_from(length.min(COMPLAINT_MAX_BYTES)).unwrap_or(0)];
        let from = length.saturating_sub(COMPLAINT_MAX_BYTES);
        let read = self.complaints.read_at(&mut tail, from).unwrap_or(0);
        tail.truncate(read);
        String::from_utf8_lossy(&tail).trim().to_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // It has not been waited for, so the number still means this group.
            kill_process_group(group, Signal::KILL).ok();
        }
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn machine(error: rustix::io::Errno) -> JobFailure {
    JobFailure::Machine(error.into())
}

fn wait_for_exit(exit: BorrowedFd<'_>, limit_ms: u64) -> rustix::io::Result<bool> {
    let mut fds = [PollFd::from_borrowed_fd(exit, PollFlags::IN)];
    match poll(&mut fds, Some(&timespec(limit_ms))) {
        Ok(ready) => Ok(ready > 0),
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(error) => Err(error),
    }
}
