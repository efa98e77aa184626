//! The daemon of `mdns-sd` with what it announces, and how it is begun and left.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::mpsc;
use std::time::Duration;

use mdns_sd::{DaemonEvent, DaemonStatus, IfKind, Receiver, ServiceDaemon};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrIn, bind, setsockopt, socket, sockopt,
};

use super::{AnnounceConfig, Trouble, services};

const MDNS_PORT: u16 = 5353;
/// The daemon repeats a goodbye after 120 ms; leaving earlier would drop the second one.
const GOODBYE: Duration = Duration::from_millis(200);
/// A daemon that does not answer within this time hangs.
pub(super) const ANSWER: Duration = Duration::from_secs(1);

/// What is announced now, and by whom.
pub(super) struct Running {
    pub(super) config: AnnounceConfig,
    pub(super) renames: u32,
    pub(super) daemon: Option<ServiceDaemon>,
    seen: BTreeSet<&'static str>,
    /// What was last told of the claim.
    told_claimed: Option<bool>,
    /// Somebody else has the shared name: it is not asked for again before the next start.
    pub(super) shared_name_is_taken: bool,
}

/// Whether names must be asked for first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Probe {
    /// They may be somebody else's.
    First,
    /// They are ours already; only what stands under them changed.
    Known,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("renames", &self.renames).finish_non_exhaustive()
    }
}

impl Running {
    pub(super) fn of(config: AnnounceConfig) -> Self {
        let seen = BTreeSet::new();
        Self {
            config,
            renames: 0,
            daemon: None,
            seen,
            told_claimed: None,
            shared_name_is_taken: false,
        }
    }

    /// The label now in use: the configured one, or the one with the number of a rename.
    pub(super) fn label(&self) -> String {
        match self.renames {
            0 => self.config.label.clone(),
            renames => format!("{}-{}", self.config.label, renames + 1),
        }
    }

    pub(super) fn open(&mut self) -> Result<Receiver<DaemonEvent>, Trouble> {
        port_can_be_shared()?;
        let daemon = ServiceDaemon::new().map_err(daemon_trouble)?;
        let events = daemon.monitor().map_err(daemon_trouble)?;
        choose_interfaces(&daemon, &self.config.interfaces).map_err(daemon_trouble)?;
        self.daemon = Some(daemon);
        self.seen.clear();
        self.register(Probe::First)?;
        self.ask_for_shared_name()?;
        Ok(events)
    }

    fn ask_for_shared_name(&self) -> Result<(), Trouble> {
        let Some(daemon) = &self.daemon else { return Ok(()) };
        if self.shared_name_is_taken {
            return Ok(());
        }
        let service = services::shared(&self.config, &self.label()).map_err(daemon_trouble)?;
        daemon.register(service).map_err(daemon_trouble)
    }

    /// Leaves the shared name to the one who has it. The daemon has counted ours up by now; with
    /// its service that name goes too.
    pub(super) fn leave_shared_name(&mut self) {
        self.shared_name_is_taken = true;
        if let Some(daemon) = &self.daemon {
            // A daemon that is gone announces nothing.
            let _ = daemon.unregister(&services::shared_full_name(&self.label()));
        }
    }

    /// Tells of the claim when it is another one than was told. While names are asked for this waits:
    /// our own services with other words would be taken for another device's, and get a name each.
    pub(super) fn tell_claimed(&mut self) -> Result<(), Trouble> {
        if !self.is_announced() || self.told_claimed == Some(self.config.claimed) {
            return Ok(());
        }
        self.register(Probe::Known)
    }

    pub(super) fn register(&mut self, probe: Probe) -> Result<(), Trouble> {
        let Some(daemon) = &self.daemon else { return Ok(()) };
        self.told_claimed = Some(self.config.claimed);
        for mut service in services::all(&self.config, &self.label()).map_err(daemon_trouble)? {
            service.set_requires_probe(probe == Probe::First);
            daemon.register(service).map_err(daemon_trouble)?;
        }
        Ok(())
    }

    pub(super) fn answers(&self) -> bool {
        let Some(daemon) = &self.daemon else { return false };
        let status = daemon.status().ok().and_then(|answer| answer.recv_timeout(ANSWER).ok());
        matches!(status, Some(DaemonStatus::Running))
    }

    pub(super) fn goodbye(&mut self) {
        let Some(daemon) = self.daemon.take() else { return };
        let shared = services::shared_full_name(&self.label());
        for name in services::full_names(&self.config, &self.label()).into_iter().chain([shared]) {
            // A daemon that is gone has said its goodbye, or cannot.
            let _ = daemon.unregister(&name);
        }
        pause(GOODBYE);
        if let Ok(ended) = daemon.shutdown() {
            let _ = ended.recv_timeout(ANSWER);
        }
    }

    pub(super) fn has_announced(&mut self, full_name: &str) -> bool {
        let kinds = services::kinds(&self.config);
        self.seen.extend(kinds.iter().filter(|kind| full_name.ends_with(*kind)));
        self.is_announced()
    }

    fn is_announced(&self) -> bool {
        self.seen.len() == services::kinds(&self.config).len()
    }
}

/// The last choice that matches an interface counts, so loopback is taken out at the end.
fn choose_interfaces(daemon: &ServiceDaemon, wanted: &[String]) -> Result<(), mdns_sd::Error> {
    if !wanted.is_empty() {
        daemon.disable_interface(IfKind::All)?;
        daemon.enable_interface(wanted.iter().collect::<Vec<_>>())?;
    }
    daemon.disable_interface(vec![IfKind::LoopbackV4, IfKind::LoopbackV6])
}

/// The daemon keeps quiet when it cannot bind its port, so it is tried before. Other responders
/// share the port as we do; one that does not keeps it for itself.
pub(super) fn port_can_be_shared() -> Result<(), Trouble> {
    let tried = || -> nix::Result<()> {
        let flags = SockFlag::SOCK_CLOEXEC;
        let socket = socket(AddressFamily::Inet, SockType::Datagram, flags, None)?;
        setsockopt(&socket, sockopt::ReuseAddr, &true)?;
        setsockopt(&socket, sockopt::ReusePort, &true)?;
        let any = SockaddrIn::from(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, MDNS_PORT));
        bind(std::os::fd::AsRawFd::as_raw_fd(&socket), &any)
    };
    tried().map_err(|error| Trouble::Port(error.desc().to_owned()))
}

pub(super) fn daemon_trouble(error: mdns_sd::Error) -> Trouble {
    Trouble::Daemon(error.to_string())
}

/// Waits on a channel that nobody writes to.
pub(super) fn pause(time: Duration) {
    let (_silent, nothing) = mpsc::channel::<()>();
    let _ = nothing.recv_timeout(time);
}
