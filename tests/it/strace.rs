//! strace on a server: what it asks of the kernel, and a kill at a chosen call.
//!
//! strace counts the calls of each kind, and of each thread, by themselves: "the third" of several
//! kinds would be whichever kind comes to three first, and most calls would never be cut off. So a
//! series is about one kind after the other.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::program::Served;

/// What changes a disk, by the kernel's names.
pub(crate) const DISK_CALLS: [&str; 14] = [
    "pwrite64",
    "write",
    "fsync",
    "fdatasync",
    "ftruncate",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "rmdir",
    "mkdir",
    "mkdirat",
    "linkat",
];

/// The same without what is written into files.
pub(crate) const NAMING_CALLS: [&str; 11] = [
    "fsync",
    "fdatasync",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "rmdir",
    "mkdir",
    "mkdirat",
    "linkat",
];

/// A moment at which a server is killed: at the entry of the nth call of a kind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kill {
    pub(crate) call: &'static str,
    pub(crate) nth: usize,
}

impl Kill {
    pub(crate) fn arguments(self) -> [String; 4] {
        let Self { call, nth } = self;
        let inject = format!("inject={call}:signal=SIGKILL:when={nth}");
        ["-e".to_owned(), format!("trace={call}"), "-e".to_owned(), inject]
    }

    /// Kills a running server in what is done next.
    pub(crate) fn attach(self, served: &Served) -> Strace {
        let arguments = self.arguments();
        Strace::attach(served, &arguments.each_ref().map(String::as_str))
    }
}

/// Kills at the first, second, … call of each kind, until `cut_off` says that this one was none:
/// how many kills there were. Pages of a database that is made are hundreds, all alike: of them
/// only every `stride`th is taken.
pub(crate) fn each_kill(
    calls: &[&'static str],
    stride: usize,
    mut cut_off: impl FnMut(Kill) -> bool,
) -> usize {
    let mut kills = 0;
    for call in calls {
        let stride = if *call == "pwrite64" { stride } else { 1 };
        for nth in (1..).step_by(stride) {
            assert!(nth < SERIES_MAX, "the series of {call} does not end");
            if !cut_off(Kill { call, nth }) {
                break;
            }
            kills += 1;
        }
    }
    kills
}

/// More calls of a kind than this mean that a series does not end by itself.
const SERIES_MAX: usize = 2000;

/// strace on all threads of a server, until it is dropped.
pub(crate) struct Strace(Child);

impl Strace {
    /// Attaches with these further arguments.
    pub(crate) fn attach(served: &Served, arguments: &[&str]) -> Self {
        let mut child = Command::new("strace")
            .args(["-f", "-p", &served.pid().to_string()])
            .args(arguments)
            .stderr(Stdio::piped())
            .stdin(Stdio::null())
            .spawn()
            .expect("strace is installed");
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        // "strace: Process N attached with M threads"
        while !line.contains("attached") {
            line.clear();
            assert_ne!(lines.read_line(&mut line).unwrap(), 0, "strace cannot attach");
        }
        // Whoever does not read a pipe stops its writer.
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        Self(child)
    }
}

impl Drop for Strace {
    fn drop(&mut self) {
        // The kernel lets go of what a tracer held when that is killed; asked politely, strace
        // waits for a process that it has killed itself.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
