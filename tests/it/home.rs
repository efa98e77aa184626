//! A home with several machines on one switch, made of network namespaces as the cable of `lan` is.
//!
//! The switch is a bridge in a namespace of its own. A cable is pulled at the switch, so that the
//! machine at its other end sees what it would see at home: an interface that is up, has its
//! address, and no carrier.

use std::fs::File;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use nix::sched::{CloneFlags, setns};

use crate::program::{STEAD, Served};

static MADE: AtomicU32 = AtomicU32::new(0);

/// A switch and what is plugged in; gone with the value.
#[derive(Debug)]
pub(crate) struct Home {
    name: String,
    machines: usize,
}

impl Home {
    /// A home with so many machines, all plugged in.
    pub(crate) fn with(machines: usize) -> Self {
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let home = Self { name: format!("sh{}x{number}", std::process::id()), machines };
        let switch = home.switch();
        ip(&["netns", "add", &switch]);
        ip(&["-n", &switch, "link", "add", "lan", "type", "bridge", "mcast_snooping", "0"]);
        ip(&["-n", &switch, "link", "set", "lan", "up"]);
        (0..machines).for_each(|machine| home.plug_in(machine));
        home
    }

    fn plug_in(&self, machine: usize) {
        let (switch, there, port) = (self.switch(), self.namespace(machine), port(machine));
        ip(&["netns", "add", &there]);
        ip(&[
            "link", "add", &port, "netns", &switch, "type", "veth", "peer", "name", "eth0",
            "netns", &there,
        ]);
        ip(&["-n", &switch, "link", "set", &port, "master", "lan", "up"]);
        // As systemd has it: an address that came later stays when the first one goes.
        let promote = "/proc/sys/net/ipv4/conf/all/promote_secondaries";
        self.at(machine, move || std::fs::write(promote, "1")).unwrap();
        ip(&["-n", &there, "link", "set", "lo", "up"]);
        ip(&["-n", &there, "link", "set", "eth0", "up"]);
        self.give_address(machine, Self::address(machine));
    }

    /// The address of a machine at first.
    pub(crate) fn address(machine: usize) -> Ipv4Addr {
        Ipv4Addr::new(198, 51, 100, u8::try_from(10 + machine).unwrap())
    }

    /// Gives a machine one more address.
    pub(crate) fn give_address(&self, machine: usize, address: Ipv4Addr) {
        let (there, address) = (self.namespace(machine), format!("{address}/24"));
        ip(&["-n", &there, "addr", "add", &address, "dev", "eth0"]);
    }

    /// Takes an address away.
    pub(crate) fn take_address(&self, machine: usize, address: Ipv4Addr) {
        let (there, address) = (self.namespace(machine), format!("{address}/24"));
        ip(&["-n", &there, "addr", "del", &address, "dev", "eth0"]);
    }

    /// Pulls the cable of a machine out of the switch.
    pub(crate) fn pull(&self, machine: usize) {
        ip(&["-n", &self.switch(), "link", "set", &port(machine), "down"]);
    }

    /// Puts it back.
    pub(crate) fn put_back(&self, machine: usize) {
        ip(&["-n", &self.switch(), "link", "set", &port(machine), "up"]);
    }

    /// A command that will run at a machine; its arguments come from the caller.
    pub(crate) fn command(&self, machine: usize, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.namespace(machine), program]);
        command
    }

    /// Starts the real server at a machine, where it announces itself.
    pub(crate) fn serve(&self, machine: usize, folder: tempfile::TempDir) -> Served {
        let mut command = self.command(machine, STEAD);
        command.arg("serve");
        Served::start_configured(folder, "", command, |_| {})
    }

    /// Runs a piece of this test at a machine: its sockets are there.
    pub(crate) fn at<T: Send + 'static>(
        &self,
        machine: usize,
        piece: impl FnOnce() -> T + Send + 'static,
    ) -> T {
        let path = Path::new("/run/netns").join(self.namespace(machine));
        let there = thread::spawn(move || {
            setns(File::open(path).unwrap(), CloneFlags::CLONE_NEWNET).unwrap();
            piece()
        });
        there.join().expect("the piece does not panic")
    }

    fn switch(&self) -> String {
        format!("{}s", self.name)
    }

    fn namespace(&self, machine: usize) -> String {
        format!("{}m{machine}", self.name)
    }
}

fn port(machine: usize) -> String {
    format!("port{machine}")
}

impl Drop for Home {
    fn drop(&mut self) {
        let machines = (0..self.machines).map(|machine| self.namespace(machine));
        for namespace in machines.chain([self.switch()]) {
            let _ = Command::new("ip").args(["netns", "del", &namespace]).status();
        }
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
