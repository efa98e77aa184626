//! The helper: the one process of Stead with root's rights. It comes with a connection as its
//! standard input, looks who is on the other side, takes one job of a closed list, decides by the
//! rules whether it may be done, does it with the system's own tools, answers, and ends.
//!
//! ```text
//! stead serve ──job──▶ stead helper ──▶ lsblk, mkfs, rauc, PID 1
//!             ◀─answer─┘  one process for each job, no network, no shell, no state
//! ```
//!
//! It trusts nothing that it is told: not a name, not that a disk is the one that was shown, and
//! not that the service is still the service.

mod disks;
mod jobs;
mod tools;
mod updates;

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::sockopt::socket_peercred;
use stead_rules::limits::HELPER_WAIT_MS;

use crate::host::helper::{Answer, Ask, VERSION};
use crate::host::packet::{receive, send};

pub use tools::Tools;

/// Where the helper's things lie.
#[derive(Debug, Clone)]
pub struct Place {
    /// Where disks with media are mounted.
    pub media: PathBuf,
    /// Where updates lie.
    pub updates: PathBuf,
    /// The folders in which the system keeps the networks that it knows.
    pub networks: Vec<PathBuf>,
    /// What the running system says of itself.
    pub os_release: PathBuf,
    /// What a system that was left by itself has said last: in this file, from this byte on.
    pub fallen: (PathBuf, u64),
    /// The programs that do the work.
    pub tools: Tools,
}

/// Why a connection came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum HelperError {
    /// Standard input is no connection.
    #[error("this is started by the system, with a connection as its input")]
    NoConnection(#[source] io::Error),
    /// Somebody else is on the other side.
    #[error("user {0} may not ask for anything")]
    Stranger(u32),
    /// No job came, or none of the list.
    #[error("no job that can be read")]
    NoJob(#[source] io::Error),
    /// A job of another version.
    #[error("this is version {VERSION} of the list of jobs, and version {0} was asked")]
    OtherVersion(u32),
    /// Nobody heard the answer.
    #[error("answering")]
    Answer(#[source] io::Error),
}

/// Does the one job of this process, if `may_ask` is who asks.
///
/// # Errors
/// [`HelperError`]; nothing was done but in the last case.
pub fn serve(socket: &OwnedFd, may_ask: u32, place: &Place) -> Result<(), HelperError> {
    let peer = socket_peercred(socket).map_err(|error| HelperError::NoConnection(error.into()))?;
    let uid = peer.uid.as_raw();
    if uid != may_ask {
        return Err(HelperError::Stranger(uid));
    }
    if !is_told(socket).map_err(HelperError::NoJob)? {
        return Ok(());
    }
    let Some((ask, _)) = receive::<Ask>(socket).map_err(HelperError::NoJob)? else {
        return Ok(());
    };
    if ask.version != VERSION {
        let why = "the helper is of another version: restart the box".to_owned();
        send(socket, &Answer::Refused { why }, &[]).map_err(HelperError::Answer)?;
        return Err(HelperError::OtherVersion(ask.version));
    }
    let answer = jobs::answer(place, &ask.job);
    send(socket, &answer, &[]).map_err(HelperError::Answer)
}

/// Whether something comes in time; whoever connects and says nothing is let go.
fn is_told(socket: impl AsFd) -> io::Result<bool> {
    let milliseconds = i64::try_from(HELPER_WAIT_MS).unwrap_or(i64::MAX);
    let limit = Timespec { tv_sec: milliseconds / 1000, tv_nsec: 0 };
    let mut fds = [PollFd::from_borrowed_fd(socket.as_fd(), PollFlags::IN)];
    Ok(poll(&mut fds, Some(&limit))? > 0)
}
