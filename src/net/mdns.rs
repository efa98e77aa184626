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

pub mod found;
mod running;
mod services;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use mdns_sd::{DaemonEvent, Receiver};
use tokio::sync::watch;

use self::running::Running;
use crate::net::names::{RENAMES_MAX, SHARED_NAME, local_name};

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
        if let Err(trouble) = running.tell_claimed() {
            drop(running);
            self.shared.degrade(trouble);
        }
    }

    /// Says goodbye, so that the box vanishes from lists at once. Blocks for a moment.
    pub fn shutdown(&self) {
        self.shared.lock().goodbye();
    }
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
    let told = if live { running.tell_claimed() } else { Ok(()) };
    drop(running);
    if holds {
        shared.holds_shared_name(true);
    }
    match told {
        Ok(()) if live => shared.live(),
        Ok(()) => {}
        Err(trouble) => shared.degrade(trouble),
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
