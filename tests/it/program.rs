//! The real binary as people and systemd start it: arguments, exit code, signals, notify socket.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test tells failures by panicking"
)]

use std::io::Read as _;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use crate::lan::{End, Lan};

/// Everything that is waited for comes within this, on a busy machine too.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The binary that was built for this test.
pub(crate) const STEAD: &str = env!("CARGO_BIN_EXE_stead");

/// Runs `stead` to its end, in an empty folder.
pub(crate) fn stead(arguments: &[&str]) -> Ended {
    let folder = tempfile::tempdir().expect("a temporary folder");
    Ended::of(Command::new(STEAD).args(arguments).current_dir(folder.path()))
}

/// How a program ended and what it said.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) said: String,
    pub(crate) complained: String,
}

impl Ended {
    /// Runs a command to its end.
    pub(crate) fn of(command: &mut Command) -> Self {
        let output = command.stdin(Stdio::null()).output().expect("the program starts");
        Self::from(output)
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Self {
            code: output.status.code(),
            said: text(output.stdout),
            complained: text(output.stderr),
        }
    }
}

/// Where [`free_port`] looks: below the ports that the kernel hands out by itself (32768 and up), or a
/// connection of another test could have it by the time that a server is started on it.
const PORTS: std::ops::Range<u16> = 12_000..32_000;

/// A port that nobody has, and that no other test is told of.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let many = PORTS.end - PORTS.start;
    // Another run at the same time begins elsewhere.
    let begin = u16::try_from(u32::from(many) * (std::process::id() % 97) / 97).unwrap();
    let mut ports = std::iter::repeat_with(|| {
        let step = NEXT.fetch_add(1, Ordering::Relaxed) % many;
        PORTS.start + (begin + step) % many
    });
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::UNSPECIFIED, *port)).is_ok();
    ports.by_ref().take(1000).find(is_free).expect("a free port")
}

/// Two different ones.
pub(crate) fn free_ports() -> (u16, u16) {
    (free_port(), free_port())
}

/// A config that leaves the machine's own alone and says nothing on its network.
pub(crate) const QUIET: &str = "[discovery]\nmdns = false\n";

/// A shell with a mount namespace of its own, in which `script` runs with `arguments`.
pub(crate) fn in_own_mounts(script: &str, arguments: &[&str]) -> Command {
    let namespaces: &[&str] = if nix::unistd::geteuid().is_root() {
        &["--mount"]
    } else {
        &["--mount", "--map-root-user"]
    };
    let mut command = Command::new("unshare");
    command.args(namespaces).args(["--", "sh", "-euc", script, "sh"]).args(arguments);
    command
}

/// A server under a service manager that is this test.
pub(crate) struct Served {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) https_port: u16,
    pub(crate) http_port: u16,
    pub(crate) told_before_ready: Vec<String>,
    manager: UnixDatagram,
    child: Child,
}

impl Served {
    /// Starts `stead serve` on a new data folder and waits until it is ready.
    pub(crate) fn start() -> Self {
        Self::start_with(|_| {})
    }

    /// The same, with something changed in the command.
    pub(crate) fn start_with(change: impl FnOnce(&mut Command)) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut command = Command::new(STEAD);
        command.arg("serve");
        Self::start_command(folder, command, change)
    }

    /// The same, with a `[log]` section of the config.
    pub(crate) fn start_logging(log: &str, change: impl FnOnce(&mut Command)) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut command = Command::new(STEAD);
        command.arg("serve");
        Self::start_configured(folder, &format!("{QUIET}[log]\n{log}\n"), command, change)
    }

    /// Starts `stead serve` at the box's end of a cable, where it announces itself.
    pub(crate) fn start_on(lan: &Lan, folder: tempfile::TempDir) -> Self {
        let mut command = lan.command(End::Box, STEAD);
        command.arg("serve");
        Self::start_configured(folder, "", command, |_| {})
    }

    /// Starts a command that leads to `stead serve`, which says nothing on the network.
    pub(crate) fn start_command(
        folder: tempfile::TempDir,
        command: Command,
        change: impl FnOnce(&mut Command),
    ) -> Self {
        Self::start_configured(folder, QUIET, command, change)
    }

    /// Starts a command that leads to `stead serve` and gives it a config, data folder and ports
    /// as its last arguments.
    pub(crate) fn start_configured(
        folder: tempfile::TempDir,
        config: &str,
        command: Command,
        change: impl FnOnce(&mut Command),
    ) -> Self {
        let mut served = Self::spawn(folder, config, command, change);
        served.told_before_ready = served.told("READY=1");
        served
    }

    fn spawn(
        folder: tempfile::TempDir,
        config: &str,
        mut command: Command,
        change: impl FnOnce(&mut Command),
    ) -> Self {
        let config = write(folder.path(), "stead.toml", config);
        let socket = folder.path().join("notify");
        // The socket of an earlier start in this folder.
        let _ = std::fs::remove_file(&socket);
        let manager = UnixDatagram::bind(&socket).expect("a notify socket");
        manager.set_read_timeout(Some(PATIENCE)).expect("a time limit");
        let (https_port, http_port) = free_ports();
        command
            .args(["--config", &config])
            .arg("--data")
            .arg(folder.path().join("data"))
            .args(["--https-port", &https_port.to_string()])
            .args(["--http-port", &http_port.to_string()])
            .current_dir(folder.path())
            .env("NOTIFY_SOCKET", &socket)
            // A desktop at which the tests are run must not open pages.
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        change(&mut command);
        let child = command.spawn().expect("the program starts");
        let told_before_ready = Vec::new();
        Self { folder, https_port, http_port, told_before_ready, manager, child }
    }

    /// Starts a command that may be killed before the server is ready: then its folder comes back.
    pub(crate) fn try_start_command(
        folder: tempfile::TempDir,
        command: Command,
    ) -> Result<Self, tempfile::TempDir> {
        Self::try_start_configured(folder, QUIET, command)
    }

    /// The same with a config.
    pub(crate) fn try_start_configured(
        folder: tempfile::TempDir,
        config: &str,
        command: Command,
    ) -> Result<Self, tempfile::TempDir> {
        let mut served = Self::spawn(folder, config, command, |_| {});
        loop {
            match served.told_within(Duration::from_millis(20)) {
                Some(told) if told.contains("READY=1") => return Ok(served),
                Some(_) => {}
                None if served.is_alive() => {}
                None => return Err(served.kill()),
            }
        }
    }

    /// Kills it and gives its folder, for another start.
    pub(crate) fn kill(mut self) -> tempfile::TempDir {
        self.stop();
        let empty = tempfile::tempdir().expect("a temporary folder");
        std::mem::replace(&mut self.folder, empty)
    }

    /// The data folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Reads what the service manager is told until `line` comes; gives everything up to it.
    pub(crate) fn told(&mut self, line: &str) -> Vec<String> {
        self.told_where(|told| told == line)
    }

    /// The same until a line comes that is one of these.
    pub(crate) fn told_where(&mut self, is_it: impl Fn(&str) -> bool) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let mut buffer = [0; 4096];
        while !lines.iter().any(|told| is_it(told)) {
            match self.manager.recv(&mut buffer) {
                Ok(length) => {
                    let text = String::from_utf8_lossy(&buffer[..length]);
                    lines.extend(text.lines().map(str::to_owned));
                }
                Err(error) => panic!("it did not come ({error}); told: {lines:?}; {}", self.stop()),
            }
        }
        lines
    }

    /// The next thing that the service manager is told, if it comes within `time`.
    pub(crate) fn told_within(&self, time: Duration) -> Option<String> {
        self.manager.set_read_timeout(Some(time)).expect("a time limit");
        let mut buffer = [0; 4096];
        let told = self.manager.recv(&mut buffer).ok();
        self.manager.set_read_timeout(Some(PATIENCE)).expect("a time limit");
        told.map(|length| String::from_utf8_lossy(&buffer[..length]).trim().to_owned())
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: nix::sys::signal::Signal) {
        nix::sys::signal::kill(self.pid(), signal).expect("it runs");
    }

    /// Whether it still runs.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.child.try_wait().expect("it was started").is_none()
    }

    /// The process.
    pub(crate) fn pid(&self) -> nix::unistd::Pid {
        nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).expect("a pid"))
    }

    /// Flags by which another command finds this server.
    pub(crate) fn flags(&self) -> Vec<String> {
        let config = self.folder.path().join("stead.toml").display().to_string();
        let data = self.data().display().to_string();
        let (https, http) = (self.https_port.to_string(), self.http_port.to_string());
        let flags =
            ["--config", &config, "--data", &data, "--https-port", &https, "--http-port", &http];
        flags.map(str::to_owned).into()
    }

    /// Runs another command on this server.
    pub(crate) fn command(&self, command: &str) -> Ended {
        let mut asked = Command::new(STEAD);
        asked.arg(command).args(self.flags()).current_dir("/");
        Ended::of(asked.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY"))
    }

    /// Waits for the end and gives the exit code, if nothing killed it.
    pub(crate) fn exit_code(&mut self) -> Option<i32> {
        self.child.wait().expect("it ends").code()
    }

    /// Waits for the end and gives exit code and words.
    pub(crate) fn ended(mut self) -> Ended {
        let status = self.child.wait().expect("it ends");
        let mut ended =
            Ended { code: status.code(), said: String::new(), complained: String::new() };
        let (out, err) = (self.child.stdout.take(), self.child.stderr.take());
        out.expect("piped").read_to_string(&mut ended.said).expect("UTF-8");
        err.expect("piped").read_to_string(&mut ended.complained).expect("UTF-8");
        ended
    }

    /// Kills it and gives what it complained of.
    fn stop(&mut self) -> String {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let mut complained = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            let _ = stderr.read_to_string(&mut complained);
        }
        complained
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if self.child.try_wait().ok().flatten().is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Whether anything answers at a port of this machine.
pub(crate) fn answers(port: u16) -> bool {
    std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// A file with a text, in a folder.
pub(crate) fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("written");
    path.display().to_string()
}
