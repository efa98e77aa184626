//! Two machines on one cable, made of network namespaces: the box, and the phone of its owner.
//!
//! Multicast stays inside, so nothing of these tests is heard on a real network. Needs root; a
//! machine without namespaces fails the test and is told what is missing.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test tells failures by panicking"
)]

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read};
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use nix::sched::{CloneFlags, setns};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// The box on the cable.
pub(crate) const BOX_ADDRESS: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 10);
/// The phone on the cable.
pub(crate) const PHONE_ADDRESS: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 20);
/// Everything on the network happens within this, on a busy machine too.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

static MADE: AtomicU32 = AtomicU32::new(0);

/// The cable; gone with the value.
#[derive(Debug)]
pub(crate) struct Lan {
    name: String,
}

/// An end of the cable.
#[derive(Debug, Clone, Copy)]
pub(crate) enum End {
    Box,
    Phone,
}

impl End {
    const fn letter(self) -> &'static str {
        match self {
            Self::Box => "b",
            Self::Phone => "p",
        }
    }
}

impl Lan {
    /// Lays a cable whose names no other test and no other process has.
    pub(crate) fn new() -> Self {
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let lan = Self { name: format!("st{}x{number}", std::process::id()) };
        for end in [End::Box, End::Phone] {
            ip(&["netns", "add", &lan.namespace(end)]);
        }
        let [near, far] = [End::Box, End::Phone].map(|end| (lan.link(end), lan.namespace(end)));
        ip(&[
            "link", "add", &near.0, "netns", &near.1, "type", "veth", "peer", "name", &far.0,
            "netns", &far.1,
        ]);
        for (end, address) in [(End::Box, BOX_ADDRESS), (End::Phone, PHONE_ADDRESS)] {
            lan.ip(end, &["link", "set", "lo", "up"]);
            lan.ip(end, &["link", "set", &lan.link(end), "up"]);
            lan.add_address(end, address);
            lan.ip(end, &["route", "add", "224.0.0.0/4", "dev", &lan.link(end)]);
        }
        lan
    }

    /// The namespace as `ip netns` calls it.
    pub(crate) fn namespace(&self, end: End) -> String {
        format!("{}{}", self.name, end.letter())
    }

    fn link(&self, end: End) -> String {
        format!("{}{}", self.name, end.letter())
    }

    /// Gives an end one more address.
    pub(crate) fn add_address(&self, end: End, address: Ipv4Addr) {
        self.ip(end, &["addr", "add", &format!("{address}/24"), "dev", &self.link(end)]);
    }

    /// Takes an address away.
    pub(crate) fn remove_address(&self, end: End, address: Ipv4Addr) {
        self.ip(end, &["addr", "del", &format!("{address}/24"), "dev", &self.link(end)]);
    }

    fn ip(&self, end: End, arguments: &[&str]) {
        ip(&[&["-n", &self.namespace(end)], arguments].concat());
    }

    /// A command that will run at that end; its arguments come from the caller.
    pub(crate) fn command(&self, end: End, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.namespace(end), program]);
        command
    }

    /// Runs a piece of this test at that end: its sockets are there.
    pub(crate) fn at<T: Send + 'static>(
        &self,
        end: End,
        piece: impl FnOnce() -> T + Send + 'static,
    ) -> T {
        let path = Path::new("/run/netns").join(self.namespace(end));
        let there = thread::spawn(move || {
            setns(File::open(path).unwrap(), CloneFlags::CLONE_NEWNET).unwrap();
            piece()
        });
        there.join().expect("the piece does not panic")
    }
}

impl Drop for Lan {
    fn drop(&mut self) {
        for end in [End::Box, End::Phone] {
            let _ = Command::new("ip").args(["netns", "del", &self.namespace(end)]).status();
        }
    }
}

/// A network behind the phone, which routes for it: its machines are not on the box's link.
#[derive(Debug)]
pub(crate) struct Far {
    namespace: String,
}

/// A machine in the network behind the phone.
const FAR_ADDRESS: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 7);
/// The phone's own end there.
const FAR_ROUTER: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 1);

impl Far {
    /// Makes a network behind the phone and tells both sides the way.
    pub(crate) fn behind(lan: &Lan) -> Self {
        let far = Self { namespace: format!("{}f", lan.name) };
        let (near, there) = (format!("{}n", lan.name), far.namespace.as_str());
        ip(&["netns", "add", there]);
        let phone = lan.namespace(End::Phone);
        ip(&[
            "link", "add", &near, "netns", &phone, "type", "veth", "peer", "name", there, "netns",
            there,
        ]);
        lan.ip(End::Phone, &["addr", "add", &format!("{FAR_ROUTER}/24"), "dev", &near]);
        lan.ip(End::Phone, &["link", "set", &near, "up"]);
        ip(&["-n", there, "addr", "add", &format!("{FAR_ADDRESS}/24"), "dev", there]);
        ip(&["-n", there, "link", "set", there, "up"]);
        ip(&["-n", there, "route", "add", "default", "via", &FAR_ROUTER.to_string()]);
        let way_back = [&format!("{FAR_ADDRESS}/32"), "via", &PHONE_ADDRESS.to_string()];
        lan.ip(
            End::Box,
            &[&["route", "add"], way_back.map(|word| word as &str).as_slice()].concat(),
        );
        lan.at(End::Phone, || std::fs::write("/proc/sys/net/ipv4/ip_forward", "1"))
            .expect("a namespace of this test may route");
        far
    }

    /// A command that will run there.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.namespace, program]);
        command
    }
}

impl Drop for Far {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "del", &self.namespace]).status();
    }
}

fn ip(arguments: &[&str]) {
    let ran = Command::new("ip").args(arguments).output().expect("`ip` of iproute2 is installed");
    assert!(
        ran.status.success(),
        "network namespaces are needed (root, or CAP_SYS_ADMIN): ip {}: {}",
        arguments.join(" "),
        String::from_utf8_lossy(&ran.stderr)
    );
}

/// Avahi at the phone's end: the other implementation of mDNS, with a bus of its own.
#[derive(Debug)]
pub(crate) struct Avahi {
    folder: tempfile::TempDir,
    running: Vec<Child>,
}

impl Avahi {
    /// Starts bus and daemon. The daemon calls its own host `host_name`.
    pub(crate) fn start(lan: &Lan, host_name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut avahi = Self { folder, running: Vec::new() };
        avahi.start_bus();
        avahi.start_daemon(lan, host_name);
        avahi
    }

    fn start_bus(&mut self) {
        let config = self.folder.path().join("bus.conf");
        let text = format!(
            "<busconfig><type>system</type><listen>{}</listen><policy context=\"default\">\
             <allow send_destination=\"*\"/><allow receive_sender=\"*\"/><allow own=\"*\"/>\
             <allow user=\"*\"/></policy></busconfig>",
            self.bus()
        );
        std::fs::write(&config, text).unwrap();
        let mut bus = Command::new("dbus-daemon");
        bus.args(["--nofork", "--nopidfile", "--print-address", "--config-file"]).arg(&config);
        let child = wait_for_line(&mut bus, "unix:path=");
        self.running.push(child);
    }

    fn start_daemon(&mut self, lan: &Lan, host_name: &str) {
        let config = self.folder.path().join("avahi.conf");
        let text = format!(
            "[server]\nhost-name={host_name}\nallow-interfaces={}\nuse-ipv6=yes\n\
             [wide-area]\nenable-wide-area=no\n[publish]\npublish-workstation=no\n",
            lan.link(End::Phone)
        );
        std::fs::write(&config, text).unwrap();
        let script = "mount -t tmpfs tmpfs /run; mkdir /run/avahi-daemon; \
                      exec avahi-daemon --no-drop-root --no-chroot --no-rlimits --file \"$1\"";
        let mut daemon = lan.command(End::Phone, "unshare");
        daemon.args(["--mount", "sh", "-euc", script, "sh"]).arg(&config);
        daemon.env("DBUS_SYSTEM_BUS_ADDRESS", self.bus());
        let child = wait_for_line(&mut daemon, "Server startup complete");
        self.running.push(child);
    }

    fn bus(&self) -> String {
        format!("unix:path={}", self.folder.path().join("bus").display())
    }

    /// Everything that can be resolved now, one line a service, as `avahi-browse -p` writes it.
    pub(crate) fn resolved(&self) -> Vec<String> {
        let mut browse = self.browse_command();
        let ran = browse.args(["--resolve", "--terminate"]).output().unwrap();
        let lines = String::from_utf8_lossy(&ran.stdout).into_owned();
        lines.lines().filter(|line| line.starts_with('=')).map(str::to_owned).collect()
    }

    /// Resolves again and again until `enough` says so.
    pub(crate) fn resolved_until(&self, enough: impl Fn(&[String]) -> bool) -> Vec<String> {
        let mut seen = Vec::new();
        // Each browse waits for the network itself, so this is no busy loop.
        for _ in 0..PATIENCE.as_secs() {
            seen = self.resolved();
            if enough(&seen) {
                return seen;
            }
        }
        panic!("not seen in time; last: {seen:#?}");
    }

    /// What comes and goes from now on.
    pub(crate) fn browse(&self) -> Browse {
        let mut command = Command::new("stdbuf");
        command.args(["-oL", "avahi-browse", "--parsable", "--no-db-lookup", "--all"]);
        command.env("DBUS_SYSTEM_BUS_ADDRESS", self.bus());
        Browse::start(&mut command)
    }

    fn browse_command(&self) -> Command {
        let mut command = Command::new("avahi-browse");
        command
            .args(["--parsable", "--no-db-lookup", "--all"])
            .env("DBUS_SYSTEM_BUS_ADDRESS", self.bus());
        command
    }
}

impl Drop for Avahi {
    fn drop(&mut self) {
        // The daemon first: without its bus it would complain.
        for child in self.running.iter_mut().rev() {
            end(child);
        }
    }
}

/// A browse that goes on.
#[derive(Debug)]
pub(crate) struct Browse {
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Browse {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (sender, lines) = channel();
        forward(child.stdout.take().unwrap(), sender);
        Self { child, lines, seen: Vec::new() }
    }

    /// Waits for a line with this begin and this piece, if it has not come already.
    pub(crate) fn wait_for(&mut self, begin: &str, piece: &str) {
        let fits = |line: &String| line.starts_with(begin) && line.contains(piece);
        while !self.seen.iter().any(fits) {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => self.seen.push(line),
                Err(_) => panic!("no line {begin}…{piece}; seen: {:#?}", self.seen),
            }
        }
    }
}

impl Drop for Browse {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// Starts a program and waits until it says that it is up. Both its streams are read to their
/// end: a program that writes into a closed one is killed.
fn wait_for_line(command: &mut Command, words: &str) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (sender, lines) = channel();
    forward(child.stdout.take().unwrap(), sender.clone());
    forward(child.stderr.take().unwrap(), sender);
    let mut said = Vec::new();
    while let Ok(line) = lines.recv_timeout(PATIENCE) {
        if line.contains(words) {
            return child;
        }
        said.push(line);
    }
    end(&mut child);
    panic!("{command:?} did not come up: {said:#?}");
}

fn forward(stream: impl Read + Send + 'static, lines: Sender<String>) {
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            // Nobody listens any more once the program is up.
            let _ = lines.send(line);
        }
    });
}

fn end(child: &mut Child) {
    if let Ok(pid) = i32::try_from(child.id()) {
        let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
    }
    let _ = child.wait();
}
