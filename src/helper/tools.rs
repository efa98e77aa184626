//! The programs of the system that do the helper's work: by absolute path, without a shell, with an
//! empty environment.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// How much of what a program complains of is passed on.
const COMPLAINT_CHARS_MAX: usize = 600;

/// Where the programs lie.
#[derive(Debug, Clone)]
pub struct Tools {
    /// Lists disks.
    pub lsblk: PathBuf,
    /// Reads what lies on a disk.
    pub blkid: PathBuf,
    /// Takes away what a disk says of itself.
    pub wipefs: PathBuf,
    /// Makes a file system.
    pub mkfs: PathBuf,
    /// Has PID 1 mount something, which stays when the helper has ended.
    pub systemd_mount: PathBuf,
    /// The same without systemd.
    pub mount: PathBuf,
    /// Unmounts again.
    pub umount: PathBuf,
    /// Reads NTFS as a program, where the kernel does not.
    pub ntfs_3g: PathBuf,
    /// Where the kernel lists the file systems that it knows.
    pub file_systems: PathBuf,
    /// Installs updates and knows the slots.
    pub rauc: PathBuf,
    /// Restarts and powers off.
    pub systemctl: PathBuf,
    /// What `lsblk` calls a disk.
    pub disk_kinds: Vec<String>,
    /// Whether systemd is PID 1: then it mounts.
    pub has_systemd: bool,
}

impl Tools {
    /// Those of the system.
    #[must_use]
    pub fn of_the_system() -> Self {
        Self {
            lsblk: "/usr/bin/lsblk".into(),
            blkid: "/usr/sbin/blkid".into(),
            wipefs: "/usr/sbin/wipefs".into(),
            mkfs: "/usr/sbin/mkfs.ext4".into(),
            systemd_mount: "/usr/bin/systemd-mount".into(),
            mount: "/usr/bin/mount".into(),
            umount: "/usr/bin/umount".into(),
            ntfs_3g: "/usr/sbin/mount.ntfs-3g".into(),
            file_systems: "/proc/filesystems".into(),
            rauc: "/usr/bin/rauc".into(),
            systemctl: "/usr/bin/systemctl".into(),
            disk_kinds: vec!["disk".to_owned()],
            // sd_booted(3).
            has_systemd: Path::new("/run/systemd/system").is_dir(),
        }
    }
}

/// A program did not do what it was for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct ToolError(pub(super) String);

/// Runs a program to its end: what it said; nothing when it ends with `nothing`.
pub(super) fn run_or<S: AsRef<OsStr>>(
    program: &Path,
    arguments: &[S],
    nothing: i32,
) -> Result<String, ToolError> {
    told(program, output(program, arguments)?, Some(nothing))
}

/// Runs a program to its end: what it said.
pub(super) fn run<S: AsRef<OsStr>>(program: &Path, arguments: &[S]) -> Result<String, ToolError> {
    told(program, output(program, arguments)?, None)
}

fn output<S: AsRef<OsStr>>(program: &Path, arguments: &[S]) -> Result<Output, ToolError> {
    Command::new(program)
        .args(arguments)
        .env_clear()
        // Words of programs are for the log and are read by nobody but us.
        .env("LC_ALL", "C")
        .current_dir("/")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| ToolError(format!("{} does not start: {error}", program.display())))
}

fn told(program: &Path, output: Output, nothing: Option<i32>) -> Result<String, ToolError> {
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    if nothing.is_some() && output.status.code() == nothing {
        return Ok(String::new());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let from = said.char_indices().rev().nth(COMPLAINT_CHARS_MAX).map_or(0, |(at, _)| at);
    let last = said.get(from..).unwrap_or_default().trim();
    Err(ToolError(format!("{} ends with {}: {last}", program.display(), output.status)))
}
