//! What the service asks of the helper, the one process with root's rights: a closed list, one job
//! for each connection. The helper decides again whatever the service has decided.

use std::io;
use std::os::fd::AsFd as _;
use std::path::Path;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde::{Deserialize, Serialize};
use stead_rules::limits::{HELPER_LONG_MS, HELPER_SHORT_MS};

use super::packet::{connect, receive, send};

/// The version of this list. The two processes are one program; but while an update is installed, a
/// service may still run that is older than its helper.
pub const VERSION: u32 = 1;

/// A job with the version that it is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// [`VERSION`].
    pub version: u32,
    /// What is to be done.
    pub job: Job,
}

/// All that the helper can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Job {
    /// Tell which disks there are, but for the system's.
    ListDisks,
    /// Mount a file system, read-only, in the folder for media.
    Mount {
        /// Its id.
        uuid: String,
    },
    /// Unmount it again.
    Unmount {
        /// Its id.
        uuid: String,
    },
    /// Make an empty file system on a whole disk. That somebody typed its name is checked before.
    Format {
        /// What the kernel calls it.
        disk: String,
        /// How large it was when it was shown.
        size_bytes: u64,
        /// Its model when it was shown.
        model: Option<String>,
        /// What the new file system is called.
        label: String,
    },
    /// Tell which systems there are, and which runs.
    ListSystems,
    /// Say what an update is that lies in the folder for updates.
    Inspect {
        /// The name of its file.
        bundle: String,
    },
    /// Say what an update is that lies in the top folder of a disk which is mounted for media.
    InspectOnDisk {
        /// The id of the file system.
        uuid: String,
        /// The name of its file.
        bundle: String,
    },
    /// Install an update that lies in the folder for updates.
    Install {
        /// The name of its file.
        bundle: String,
    },
    /// Start from the other slot next time.
    SwitchSlot,
    /// Join a wireless network, now and whenever it is near.
    JoinNetwork {
        /// Its name.
        name: String,
        /// Its password, if it has one.
        password: Option<Passphrase>,
        /// The country whose rules of radio hold, if one is said.
        country: Option<String>,
    },
    /// Forget what the system itself keeps of its owner (the networks that it knows), and restart.
    /// The server's own data goes by its own wipe.
    FactoryReset,
    /// Restart the box.
    Restart,
}

/// A network's password, which no log shows.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Passphrase(pub String);

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

impl Job {
    /// How long it may take.
    const fn limit_ms(&self) -> u64 {
        match self {
            Self::Format { .. } | Self::Install { .. } => HELPER_LONG_MS,
            Self::ListDisks
            | Self::ListSystems
            | Self::Inspect { .. }
            | Self::InspectOnDisk { .. }
            | Self::Mount { .. }
            | Self::Unmount { .. }
            | Self::SwitchSlot
            | Self::JoinNetwork { .. }
            | Self::FactoryReset
            | Self::Restart => HELPER_SHORT_MS,
        }
    }
}

/// What the helper answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It is done.
    Done,
    /// The disks.
    Disks(Vec<Disk>),
    /// The systems.
    Systems(Systems),
    /// What the update is.
    Update(Bundle),
    /// It is mounted there.
    Mounted {
        /// The folder.
        folder: String,
    },
    /// It is not done, by the rules.
    Refused {
        /// A sentence for the owner.
        why: String,
    },
    /// It was tried, and a tool says why it did not go.
    Failed {
        /// The last that the tool said.
        detail: String,
    },
}

/// The systems of a box, of which one runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Systems {
    /// What updates must be made for.
    pub compatible: String,
    /// The version that runs.
    pub version: String,
    /// Where they lie, in the order of their names.
    pub slots: Vec<Slot>,
    /// The last one that did not work and was left by itself.
    pub fallen: Option<Fallen>,
}

/// Where a system lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// `A` or `B`.
    pub name: String,
    /// It runs.
    pub is_running: bool,
    /// The next start begins with it.
    pub is_next: bool,
    /// It may be started.
    pub is_good: bool,
    /// Its version, where an update brought it.
    pub version: Option<String>,
}

impl Slot {
    /// Nothing was seen to start there, and no update has brought anything: what was flashed is not copied into
    /// it yet.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        !self.is_good && self.version.is_none()
    }
}

/// A system that was left by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fallen {
    /// Where it lay.
    pub slot: String,
    /// Its version.
    pub version: String,
    /// The last that its service said.
    pub reason: String,
}

/// An update that may be installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bundle {
    /// Its version.
    pub version: String,
}

/// A disk that is not the system's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disk {
    /// What the kernel calls it.
    pub name: String,
    /// How large it is.
    pub size_bytes: u64,
    /// Its maker's name for it.
    pub model: Option<String>,
    /// It takes no writes.
    pub read_only: bool,
    /// The file systems on it.
    pub volumes: Vec<DiskVolume>,
}

/// A file system on a disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskVolume {
    /// Its id.
    pub uuid: String,
    /// Its name, if it has one.
    pub label: Option<String>,
    /// Which kind it is.
    pub file_system: String,
    /// How large it is.
    pub size_bytes: u64,
    /// Where it is mounted, if it is.
    pub folder: Option<String>,
}

/// The helper did not answer.
#[derive(Debug, thiserror::Error)]
pub enum HelperError {
    /// Nobody listens there, or it went away.
    #[error("asking the helper")]
    Unreachable(#[source] io::Error),
    /// It took too long.
    #[error("the helper does not answer")]
    Late,
    /// It ended without a word.
    #[error("the helper ended without an answer")]
    Gone,
}

/// Asks the helper that listens at `path`. Blocks until it is done.
///
/// # Errors
/// [`HelperError`].
pub fn ask(path: &Path, job: Job) -> Result<Answer, HelperError> {
    let seconds = i64::try_from(job.limit_ms() / 1000).unwrap_or(i64::MAX);
    let socket = connect(path).map_err(HelperError::Unreachable)?;
    send(&socket, &Ask { version: VERSION, job }, &[]).map_err(HelperError::Unreachable)?;
    let mut fds = [PollFd::from_borrowed_fd(socket.as_fd(), PollFlags::IN)];
    match poll(&mut fds, Some(&Timespec { tv_sec: seconds, tv_nsec: 0 })) {
        Ok(0) => return Err(HelperError::Late),
        Ok(_) => {}
        Err(error) => return Err(HelperError::Unreachable(error.into())),
    }
    match receive::<Answer>(&socket) {
        Ok(Some((answer, _))) => Ok(answer),
        Ok(None) => Err(HelperError::Gone),
        Err(error) => Err(HelperError::Unreachable(error)),
    }
}
