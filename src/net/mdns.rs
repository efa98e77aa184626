//! Discovery: the box tells its network over mDNS what it is called and where it serves.
//!
//! ```text
//!   Starting ──announced──▶ Live ──name taken──▶ Starting (as stead-ab12-2) … at most 3 times
//!      │                     │
//!      └────── Degraded ◀────┘   port taken, names taken, daemon gone: the server goes on
//! ```
//!
//! The daemon of `mdns-sd` renames a host by itself when the name is taken, but counts any number
//! at its end up (`stead-1234` becomes `stead-1235`, another box's name) and each interface by
//! itself. So a rename is our own: the daemon is replaced by one that starts with the next name.
//!
//! `stead.local` comes besides, while no other box has it: whoever asked for it second does without.
//!
//! Nothing secret stands in TXT. Discovery must not know the claim; it is told the one bit.

mod services;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use mdns_sd::{DaemonEvent, DaemonStatus, IfKind, Receiver, ServiceDaemon};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrIn, bind, setsockopt, socket, sockopt,
};
use tokio::sync::watch;

use crate::net::names::{RENAMES_MAX, SHARED_NAME, local_name};

const MDNS_PORT: u16 = 5353;
/// The daemon repeats a goodbye after 120 ms; leaving earlier would drop the second one.
const GOODBYE: Duration = Duration::from_millis(200);
/// A daemon that does not answer within this time hangs.
const ANSWER: Duration = Duration::from_secs(1);

/// What is announced.
#[derive(Debug, Clone)]
pub struct AnnounceConfig {
    /// False: nothing is announced, and that is healthy.
    pub enabled: bool,
    /// The host name without `.local`, lower case.
    pub label: String,
    /// The id of the box.
    pub id: String,
    /// The version of the server.
    pub version: String,
    /// What kind of machine it is, such as `rockpro64`.
    pub model: String,
    /// Where the web app begins.
    pub path: String,
    /// The newest version of the HTTP API.
    pub api: String,
    /// Whether the server has an owner.
    pub claimed: bool,
    /// Where TLS is served.
    pub https_port: u16,
    /// Where the plain page is served, if it is.
    pub http_port: Option<u16>,
    /// The interfaces to announce on, by name; all of them when empty.
    pub interfaces: Vec<String>,
}

/// How discovery is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Discovery {
    /// Switched off by the configuration.
    Off,
    /// Names are being probed, or there is no network yet.
    Starting,
    /// All services are announced.
    Live,
    /// Nothing is announced, and why.
    Degraded(Trouble),
}

/// Why nothing is announced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The port could not be shared.
    #[error("port 5353 is taken by another program that does not share it ({0})")]
    Port(String),
    /// Every name we may take is taken.
    #[error("other devices have taken the name {0}.local and all names after it")]
    NamesTaken(String),
    /// The daemon did not start or has ended.
    #[error("announcing failed: {0}")]
    Daemon(String),
}

/// What others see at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announced {
    /// How it is doing.
    pub discovery: Discovery,
    /// The name that is really announced, such as `stead-ab12-2.local`.
    pub host_name: String,
    /// Whether [`SHARED_NAME`](crate::net::names::SHARED_NAME) leads here too.
    pub shared_name: bool,
}

/// Announces until [`Announcer::shutdown`].
#[derive(Debug)]
pub struct Announcer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    running: Mutex<Running>,
    announced: watch::Sender<Announced>,
}

struct Running {
    config: AnnounceConfig,
    renames: u32,
    daemon: Option<ServiceDaemon>,
    seen: BTreeSet<&'static str>,
    /// Somebody else has the shared name: it is not asked for again before the next start.
    shared_name_is_taken: bool,
}

impl Announcer {
    /// Starts to announce. It never fails: a server that cannot be found is still a server.
    #[must_use]
    pub fn start(config: AnnounceConfig) -> Self {
        let discovery = if config.enabled { Discovery::Starting } else { Discovery::Off };
        let host_name = local_name(&config.label);
        let first = Announced { discovery, host_name, shared_name: false };
        let enabled = config.enabled;
        let running = Running::of(config);
        let shared =
            Arc::new(Shared { running: Mutex::new(running), announced: watch::Sender::new(first) });
        if enabled && let Err(trouble) = begin(&shared) {
            shared.degrade(trouble);
        }
        Self { shared }
    }

    /// What others see now; wait on it to learn of a new name.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Announced> {
        self.shared.announced.subscribe()
    }

    /// What others see now.
    #[must_use]
    pub fn now(&self) -> Announced {
        self.shared.announced.borrow().clone()
    }

    /// For health: everything is announced and the daemon answers, or it is switched off. Blocks
    /// for up to a second.
    #[must_use]
    pub fn registered(&self) -> bool {
        match self.now().discovery {
            Discovery::Off => true,
            Discovery::Live => self.shared.lock().answers(),
            Discovery::Starting | Discovery::Degraded(_) => false,
        }
    }

    /// Tells the network that the server has an owner now, or has lost it.
    pub fn set_claimed(&self, claimed: bool) {
        let mut running = self.shared.lock();
        running.config.claimed = claimed;
        if let Err(trouble) = running.register(Probe::Known) {
            drop(running);
            self.shared.degrade(trouble);
        }
    }

    /// Says goodbye, so that the box vanishes from lists at once. Blocks for a moment.
    pub fn shutdown(&self) {
        self.shared.lock().goodbye();
    }
}

/// Whether names must be asked for first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Probe {
    /// They may be somebody else's.
    First,
    /// They are ours already; only what stands under them changed.
    Known,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Running> {
        // Nothing is left half-done by a panic: each change is one assignment.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn degrade(&self, trouble: Trouble) {
        tracing::warn!(%trouble, "discovery does not work; the address still does");
        self.announced.send_modify(|now| now.discovery = Discovery::Degraded(trouble));
    }

    fn starting_as(&self, host_name: String) {
        self.announced.send_modify(|now| {
            *now = Announced { discovery: Discovery::Starting, host_name, shared_name: false };
        });
    }

    fn is_up(&self) -> bool {
        matches!(self.announced.borrow().discovery, Discovery::Starting | Discovery::Live)
    }

    fn holds_shared_name(&self, holds: bool) {
        self.announced.send_if_modified(|now| {
            let news = now.shared_name != holds;
            now.shared_name = holds;
            news
        });
    }

    fn live(&self) {
        self.announced.send_if_modified(|now| {
            let news = now.discovery != Discovery::Live;
            now.discovery = Discovery::Live;
            news
        });
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("renames", &self.renames).finish_non_exhaustive()
    }
}

impl Running {
    fn of(config: AnnounceConfig) -> Self {
        let seen = BTreeSet::new();
        Self { config, renames: 0, daemon: None, seen, shared_name_is_taken: false }
    }

    /// The label now in use: the configured one, or the one with the number of a rename.
    fn label(&self) -> String {
        match self.renames {
            0 => self.config.label.clone(),
            renames => format!("{}-{}", self.config.label, renames + 1),
        }
    }

    fn open(&mut self) -> Result<Receiver<DaemonEvent>, Trouble> {
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
    fn leave_shared_name(&mut self) {
        self.shared_name_is_taken = true;
        if let Some(daemon) = &self.daemon {
            // A daemon that is gone announces nothing.
            let _ = daemon.unregister(&services::shared_full_name(&self.label()));
        }
    }

    fn register(&self, probe: Probe) -> Result<(), Trouble> {
        let Some(daemon) = &self.daemon else { return Ok(()) };
        for mut service in services::all(&self.config, &self.label()).map_err(daemon_trouble)? {
            service.set_requires_probe(probe == Probe::First);
            daemon.register(service).map_err(daemon_trouble)?;
        }
        Ok(())
    }

    fn answers(&self) -> bool {
        let Some(daemon) = &self.daemon else { return false };
        let status = daemon.status().ok().and_then(|answer| answer.recv_timeout(ANSWER).ok());
        matches!(status, Some(DaemonStatus::Running))
    }

    fn goodbye(&mut self) {
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

    fn has_announced(&mut self, full_name: &str) -> bool {
        let kinds = services::kinds(&self.config);
        self.seen.extend(kinds.iter().filter(|kind| full_name.ends_with(*kind)));
        self.seen.len() == kinds.len()
    }
}

fn begin(shared: &Arc<Shared>) -> Result<(), Trouble> {
    let events = shared.lock().open()?;
    let shared = Arc::clone(shared);
    thread::Builder::new()
        .name(String::from("mdns-watch"))
        .spawn(move || follow(&shared, events))
        .map(drop)
        .map_err(|error| Trouble::Daemon(error.to_string()))
}

/// Follows the daemon until it ends.
fn follow(shared: &Shared, mut events: Receiver<DaemonEvent>) {
    loop {
        let next = match events.recv() {
            Ok(event) => react(shared, &event),
            Err(_) => After::Ended,
        };
        match next {
            After::Nothing => {}
            After::Replaced(fresh) => events = fresh,
            After::Ended => break,
        }
    }
    if shared.lock().daemon.take().is_some() && shared.is_up() {
        shared.degrade(Trouble::Daemon(String::from("its thread has ended")));
    }
}

enum After {
    Nothing,
    Replaced(Receiver<DaemonEvent>),
    Ended,
}

fn react(shared: &Shared, event: &DaemonEvent) -> After {
    if let DaemonEvent::Announce(full_name, _) = event {
        announced(shared, full_name);
    }
    if let DaemonEvent::Error(error) = event {
        tracing::warn!(%error, "the mDNS daemon met an error");
    }
    let DaemonEvent::NameChange(change) = event else { return After::Nothing };
    if change.original.eq_ignore_ascii_case(&services::shared_host()) {
        tracing::info!(name = SHARED_NAME, "another device has this name; ours is enough");
        shared.lock().leave_shared_name();
        shared.holds_shared_name(false);
    } else if services::is_host(&change.original) {
        return rename(shared);
    }
    After::Nothing
}

fn announced(shared: &Shared, full_name: &str) {
    let mut running = shared.lock();
    let ours = full_name == services::shared_full_name(&running.label());
    let holds = ours && !running.shared_name_is_taken;
    let live = running.has_announced(full_name);
    drop(running);
    if holds {
        shared.holds_shared_name(true);
    }
    if live {
        shared.live();
    }
}

/// Our host name is somebody else's: leave it, and start with the next one.
fn rename(shared: &Shared) -> After {
    let mut running = shared.lock();
    let taken = local_name(&running.label());
    running.goodbye();
    if running.renames >= RENAMES_MAX {
        let label = running.config.label.clone();
        drop(running);
        shared.degrade(Trouble::NamesTaken(label));
        return After::Ended;
    }
    running.renames += 1;
    let host_name = local_name(&running.label());
    let opened = running.open();
    drop(running);
    tracing::warn!(%taken, %host_name, "another device has this name");
    shared.starting_as(host_name);
    match opened {
        Ok(events) => After::Replaced(events),
        Err(trouble) => {
            shared.degrade(trouble);
            After::Ended
        }
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
fn port_can_be_shared() -> Result<(), Trouble> {
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

fn daemon_trouble(error: mdns_sd::Error) -> Trouble {
    Trouble::Daemon(error.to_string())
}

/// Waits on a channel that nobody writes to.
fn pause(time: Duration) {
    let (_silent, nothing) = mpsc::channel::<()>();
    let _ = nothing.recv_timeout(time);
}
