//! strace on a running server: what it asks of the kernel, and a kill at a chosen call.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::program::Served;

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
