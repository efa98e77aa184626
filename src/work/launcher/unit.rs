//! A worker that the system runs: one connection for one job. Closing it ends the worker.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use rustix::event::{PollFd, PollFlags, poll};

use super::{CANCEL_LOOK_MS, Cancel, Ended, JobFailure};
use crate::host::packet::{connect, receive, send};
use crate::work::pace::{Moment, timespec};
use crate::work::worker::wire::{Job, Order, Outcome};

/// The attendant counts the limit too, from when it has the job: its word is waited for so long.
const GRACE_MS: u64 = 3_000;

/// Runs one job to its end. Blocks for at most `limit_ms` and a moment.
pub(super) fn run(
    path: &Path,
    job: &Job,
    descriptors: &[BorrowedFd<'_>],
    limit_ms: u64,
    cancel: &Cancel,
) -> Result<Ended, JobFailure> {
    let socket = connect(path).map_err(JobFailure::Machine)?;
    let order = Order { job: job.clone(), limit_ms };
    send(&socket, &order, descriptors).map_err(JobFailure::Machine)?;
    let started = Moment::now();
    loop {
        if cancel.is_cancelled() {
            return Err(JobFailure::Cancelled);
        }
        let left_ms = started.left_ms(limit_ms.saturating_add(GRACE_MS));
        if left_ms == 0 {
            return Err(JobFailure::TooLong { limit_ms });
        }
        if wait_for_word(socket.as_fd(), left_ms.min(CANCEL_LOOK_MS))
            .map_err(JobFailure::Machine)?
        {
            return concluded(socket.as_fd(), limit_ms);
        }
    }
}

fn wait_for_word(socket: BorrowedFd<'_>, limit_ms: u64) -> io::Result<bool> {
    let mut fds = [PollFd::from_borrowed_fd(socket, PollFlags::IN)];
    match poll(&mut fds, Some(&timespec(limit_ms))) {
        Ok(ready) => Ok(ready > 0),
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn concluded(socket: BorrowedFd<'_>, limit_ms: u64) -> Result<Ended, JobFailure> {
    match receive::<Outcome>(socket) {
        Ok(Some((outcome, _))) => outcome.into_result(limit_ms),
        // A unit that ends with its worker ran out of what it was given: the file is suspected.
        Ok(None) => Err(JobFailure::Died {
            how: "its unit ended without a word".to_owned(),
            complaint: String::new(),
        }),
        Err(error) => Err(JobFailure::Machine(error)),
    }
}

impl Outcome {
    fn into_result(self, limit_ms: u64) -> Result<Ended, JobFailure> {
        match self {
            Self::Replied { reply } => Ok(Ended::Replied(reply)),
            Self::ProgramSucceeded => Ok(Ended::ProgramSucceeded),
            Self::Died { how, complaint } => Err(JobFailure::Died { how, complaint }),
            Self::ProgramFailed { complaint } => Err(JobFailure::ProgramFailed { complaint }),
            Self::Unable { complaint } => Err(JobFailure::Unable { complaint }),
            Self::TooLong => Err(JobFailure::TooLong { limit_ms }),
            Self::Machine { why } => Err(JobFailure::Machine(io::Error::other(why))),
        }
    }

    /// What is told of a job that ended so.
    pub(in crate::work) fn of(result: Result<Ended, JobFailure>) -> Self {
        match result {
            Ok(Ended::Replied(reply)) => Self::Replied { reply },
            Ok(Ended::ProgramSucceeded) => Self::ProgramSucceeded,
            Err(JobFailure::Died { how, complaint }) => Self::Died { how, complaint },
            Err(JobFailure::ProgramFailed { complaint }) => Self::ProgramFailed { complaint },
            Err(JobFailure::Unable { complaint }) => Self::Unable { complaint },
            Err(JobFailure::TooLong { .. }) => Self::TooLong,
            // Nobody hears this: who cancels has closed the connection.
            Err(JobFailure::Cancelled) => Self::Machine { why: "cancelled".to_owned() },
            Err(JobFailure::Machine(error)) => Self::Machine { why: error.to_string() },
        }
    }
}
