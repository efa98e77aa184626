//! One server: everything is made here, in order, and taken down in reverse.
//!
//! ```text
//! data folder ─▶ state + databases ─▶ clock ─▶ TLS ─▶ discovery ─▶ core ─▶ doors ─▶ chores
//! ```

mod chores;
mod given;
mod ssdp;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock, RwLock};
use std::time::Duration;

use ring::hmac;
use stead_rules::claim::{self as rules, State};
use stead_rules::time::WallMs;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use stead_store::backup::is_decided;

use crate::config::{Config, LocalSecurity, Own, Paths, Tls};
use crate::host::clock::{Clock, SystemClock, build_time};
use crate::host::entropy::{Entropy, SystemEntropy, bytes};
use crate::host::kind::Kind;
use crate::host::listen::Doors;
use crate::host::metrics::Metrics;
use crate::host::notify::Liveness;
use crate::host::shutdown::{Drained, Shutdown};
use crate::host::start::Start;
use crate::host::vital::Fallen;
use crate::http::{accept, routes};
use crate::net::ca::{CaError, Change, IssueTimes, OwnNames, Reliance, TlsIdentity};
use crate::net::given::{Files, GivenError};
use crate::net::guard::HostGuard;
use crate::net::mdns::{AnnounceConfig, Announced, Announcer};
use crate::net::names::{
    Interface, InterfacesError, SHARED_NAME, host_label, interfaces, reachable_addresses,
};
use crate::net::outbound::OutboundError;
use crate::net::source::Source;
use crate::net::tls::{CurrentCertificate, TlsError, server_config};
use crate::service::claim::{self, ComeUp, StartError};
use crate::service::core::{CaFiles, Core};
use crate::service::disks::Disks;
use crate::service::drives::Drives;
use crate::service::health::{self, LastLook};
use crate::service::issuer::{self, ExternalIssuer};
use crate::service::passwords::{HashError, Hasher};
use crate::service::policy::log::Decisions;
use crate::service::proof::Proof;
use crate::service::pump::Pumps;
use crate::service::reach::Reach;
use crate::service::room::DataRoom;
use crate::service::scans::{Scans, Tray};
use crate::service::updates::UpdateDesk;
use crate::service::{local, mail, notices, passkeys};
use crate::work;
use crate::work::launcher::{WorkerProgram, Workers};

/// The edge of the world: what tests put their own in place of.
pub struct Edge {
    /// Makes the clock, given the mark that the last run kept.
    pub clock: Box<dyn FnOnce(Option<WallMs>) -> Arc<dyn Clock> + Send>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// The program that workers are.
    pub worker: WorkerProgram,
}

impl Edge {
    /// The machine's own clock and randomness.
    ///
    /// # Errors
    /// When the kernel does not tell which program this is.
    pub fn real() -> std::io::Result<Self> {
        Ok(Self {
            clock: Box::new(|mark| Arc::new(SystemClock::new(mark))),
            entropy: Arc::new(SystemEntropy::new()),
            worker: WorkerProgram::this_one()?,
        })
    }
}

/// The server could not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The databases.
    #[error(transparent)]
    Store(#[from] StartError),
    /// The box's certificates.
    #[error(transparent)]
    Ca(#[from] CaError),
    /// TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The certificate that the config names.
    #[error("the certificate of net.cert_file cannot be used")]
    Given(#[from] GivenError),
    /// The network interfaces.
    #[error(transparent)]
    Interfaces(#[from] InterfacesError),
    /// Password hashing.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The open sockets.
    #[error("the sockets could not be used")]
    Sockets(#[source] std::io::Error),
    /// The external issuer of the configuration.
    #[error(transparent)]
    Issuer(#[from] issuer::SetUpError),
    /// The source of updates of the configuration.
    #[error("the source of updates cannot be asked")]
    UpdateSource(#[from] OutboundError),
    /// The mail server of the configuration.
    #[error(transparent)]
    Mail(#[from] mail::SetUpError),
    /// Background work.
    #[error("background work could not be started")]
    Work(#[source] std::io::Error),
    /// What takes connections has ended by itself; whoever watches the process starts it again.
    #[error("the part that answers has failed")]
    NobodyAnswers,
    /// The first health pass, which READY waits for.
    #[error("the first look at the server's health failed: {0} does not answer")]
    NotWell(String),
}

/// Whether a server that ends does so that its next start goes on with something: a wipe, or a restore.
#[must_use]
pub fn begins_anew(paths: &Paths) -> bool {
    paths.wipe_journal().exists() || is_decided(&paths.data_dir).unwrap_or(false)
}

/// How long systemd is asked to wait while the databases are opened.
const MIGRATION_TIME: Duration = Duration::from_secs(300);

/// Runs one server until its end is asked for and running answers are drained.
///
/// # Errors
/// [`ServeError`]; nothing has answered then.
pub async fn serve(start: Start, edge: Edge) -> Result<(), ServeError> {
    let Start { config, data_folder, doors, notifier, shutdown, answering } = start;
    let kind = data_folder.kind();
    let config = with_usable_own(config, kind);
    let ports = Ports::of(&doors, &config);
    // Opening may migrate: a database of years on a slow card takes its time.
    notifier.more_time(MIGRATION_TIME);
    notifier.status("opening the databases");
    let workers = match config.system.workers.clone() {
        Some(path) => Workers::Unit(path),
        None => Workers::Children(edge.worker.clone()),
    };
    let (made, tray) = make(config, kind, ports, edge, &shutdown)?;
    let core = Arc::clone(&made.core);
    let tls = tokio_rustls_config(&made)?;
    let router = routes::router(Arc::clone(&core));
    let (https, http) = (listener(doors.https)?, listener(doors.http)?);
    let doorkeeper = shutdown.spawn(accept::serve(Arc::clone(&core), router, https, http, tls));
    chores::begin(&shutdown, &made);
    match kind {
        Kind::Server => begin_work(&shutdown, &core, tray, workers).map_err(ServeError::Work)?,
        // It has no media.
        Kind::Accounts => drop(tray),
    }
    liveness(Arc::clone(&core)).await.map_err(ServeError::NotWell)?;
    notifier.ready();
    shutdown.spawn_chore("status", chores::tell_status(Arc::clone(&core), notifier.clone()));
    let watched = Arc::clone(&core);
    notifier
        .watch(tokio::runtime::Handle::current(), Box::new(move || liveness(Arc::clone(&watched))));
    answering();
    let ended = until_the_end(&shutdown, doorkeeper).await;
    shutdown.begin();
    if begins_anew(core.paths()) {
        // The same process goes on: nobody is to count its time, or to start another beside it.
        notifier.status("beginning anew");
    } else {
        notifier.stopping();
        notifier.status("stopping");
    }
    // What runs has its time from the signal on, and not from the end of the goodbye.
    let (drained, ()) = tokio::join!(shutdown.drained(), leave(&core));
    if let Drained::CutOff(tasks) = drained {
        tracing::warn!(tasks, "time was up; what still ran was cut off");
    }
    ended
}

/// What the owner's own file names must be there and be what it is taken for, or the file is left out:
/// nobody stands beside a box to read why it did not start.
fn with_usable_own(config: Config, kind: Kind) -> Config {
    let config = match &config.own {
        Own::Taken { .. } => match try_files(&config, kind) {
            Ok(()) => config,
            Err(error) => config.without_own(crate::service::chain(&error)),
        },
        Own::None | Own::LeftOut(_) => config,
    };
    match &config.own {
        Own::Taken { file, .. } => {
            tracing::info!(file = %file.display(), "the owner's own file is laid over the config");
        }
        Own::LeftOut(problems) => {
            tracing::error!("the owner's own file is left out: {problems}");
        }
        Own::None => {}
    }
    config
}

/// Opens what the config names beside the data folder, as the start does, and lets go of it.
fn try_files(config: &Config, kind: Kind) -> Result<(), ServeError> {
    if let Some(files) = given_files(config) {
        files.read()?;
    }
    if kind == Kind::Server {
        if let Some(issuer) = config.issuer.clone() {
            ExternalIssuer::new(issuer, Arc::new(SystemClock::new(None)))?;
        }
        mail::letterbox(config.mail.as_ref())?;
    }
    Ok(())
}

/// Waits until the end begins, or until what takes connections has ended before it.
async fn until_the_end(shutdown: &Shutdown, doorkeeper: impl Future) -> Result<(), ServeError> {
    tokio::select! {
        () = shutdown.waited() => {}
        _ = doorkeeper => {}
    }
    // The doorkeeper ends with the end too, and may be the first of the two to be seen.
    if shutdown.begun() { Ok(()) } else { Err(ServeError::NobodyAnswers) }
}

/// Background work needs the databases. Where there are none it begins when a recovery makes them.
fn begin_work(
    shutdown: &Shutdown,
    core: &Arc<Core>,
    tray: Tray,
    workers: Workers,
) -> std::io::Result<()> {
    if core.store.get().is_some() {
        return work::begin(shutdown, core, tray, workers);
    }
    let (ends, core) = (shutdown.clone(), Arc::clone(core));
    shutdown.spawn_chore("work to begin", async move {
        core.store_made.notified().await;
        if let Err(error) = work::begin(&ends, &core, tray, workers) {
            tracing::error!(%error, "background work could not be started; restart the server");
        }
    });
    Ok(())
}

async fn leave(core: &Arc<Core>) {
    // The goodbye is sent twice with a pause between, so it goes where blocking is fine.
    let leaving = Arc::clone(core);
    drop(tokio::task::spawn_blocking(move || leaving.announcer.shutdown()).await);
    ssdp::leave(core).await;
    chores::keep_policy(core).await;
    chores::keep_clock_mark(core).await;
    let stopped = Arc::clone(core);
    let last = move || {
        claim::plug::stopping(&stopped);
        claim::renew_era(&stopped);
    };
    drop(tokio::task::spawn_blocking(last).await);
}

/// What [`make`] made.
#[derive(Clone)]
struct Made {
    core: Arc<Core>,
    identity: Arc<Mutex<TlsIdentity>>,
    certificate: Arc<CurrentCertificate>,
    label: String,
    ports: Ports,
}

#[derive(Clone, Copy)]
struct Ports {
    https: u16,
    http: u16,
}

impl Ports {
    fn of(doors: &Doors, config: &Config) -> Self {
        let port = |listener: &std::net::TcpListener, fallback| {
            listener.local_addr().map_or(fallback, |address| address.port())
        };
        Self {
            https: port(&doors.https, config.net.https_listen.port()),
            http: port(&doors.http, config.net.http_listen.port()),
        }
    }
}

fn make(
    config: Config,
    kind: Kind,
    ports: Ports,
    edge: Edge,
    shutdown: &Shutdown,
) -> Result<(Made, Tray), ServeError> {
    let entropy = edge.entropy;
    let room = Arc::new(DataRoom::of(&config.paths.data_dir));
    let setting = match config.claim.local_security {
        LocalSecurity::On | LocalSecurity::Unconfirmed => rules::LocalSecurity::On,
        LocalSecurity::Off { .. } => rules::LocalSecurity::Off,
    };
    let come_up = claim::come_up(&config.paths, entropy.as_ref(), &room, setting, kind)?;
    let clock = (edge.clock)(Some(come_up.server.clock_mark));
    let label = match kind {
        Kind::Server => claim::label(&config, &come_up.server.box_id),
        Kind::Accounts => host_label(&come_up.server.box_id),
    };
    let up = interfaces()?;
    let own = OwnNames::of_box(&label, None, reachable_addresses(&up));
    let times = IssueTimes::at(clock.now(), clock.floor(), build_time());
    let state = &come_up.desk.state;
    let (mut identity, change) =
        TlsIdentity::open(&config.paths.tls_dir(), &own, times, reliance(state))?;
    room.with_room(|| identity.keep()).map_err(CaError::from)?;
    let certificate = CurrentCertificate::new(&identity)?;
    if let Some(files) = given_files(&config) {
        given::take_at_start(&certificate, &files, &config, clock.now())?;
    }
    let announcer = Announcer::start(announcement(&config, kind, &label, &come_up, ports));
    let reach = reach(&config, announcer.now(), up, ports, &identity, &certificate);
    let ca = ca_files(&identity);
    let (stopping, fallen) = (shutdown.token().clone(), shutdown.fallen().clone());
    let served = Arc::clone(&certificate);
    let own_label = label.clone();
    let around =
        Around { own_label, room, clock, entropy, reach, served, ca, announcer, stopping, fallen };
    let (core, tray) = core(config, kind, come_up, around)?;
    tell_change(&core, change);
    let identity = Arc::new(Mutex::new(identity));
    Ok((Made { core: Arc::new(core), identity, certificate, label, ports }, tray))
}

/// Whoever has installed the authority of a claimed server must hear of another one, unless it is
/// served with a certificate that its owner brought.
fn tell_change(core: &Core, change: Change) {
    if change != Change::AuthorityMade || !*core.claimed.borrow() {
        return;
    }
    tracing::warn!(
        "a new certificate authority was made: devices that installed the old one warn until they \
         install this one"
    );
    if core.certificate.given().is_some() {
        return;
    }
    if let Err(error) = notices::tell_of_authority(core, core.now()) {
        tracing::warn!(%error, "people could not be told of the new certificate authority");
    }
}

/// What the core is made of beside the data folder.
struct Around {
    own_label: String,
    room: Arc<DataRoom>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    reach: Reach,
    served: Arc<CurrentCertificate>,
    ca: CaFiles,
    announcer: Announcer,
    stopping: CancellationToken,
    fallen: Fallen,
}

fn core(
    config: Config,
    kind: Kind,
    come_up: ComeUp,
    around: Around,
) -> Result<(Core, Tray), ServeError> {
    let ComeUp { store, server, desk, local_playback, effects } = come_up;
    let Around { own_label, room, clock, entropy, reach, served, ca, announcer, stopping, fallen } =
        around;
    let claimed = desk.state.was_claimed();
    let local = local::listed(local_playback, &config.claim.local_security);
    let (scans, tray) = Scans::new();
    let issuer = config
        .issuer
        .clone()
        // An account service is where people are; it asks nobody else who they are.
        .filter(|_| kind == Kind::Server)
        .map(|issuer| ExternalIssuer::new(issuer, Arc::clone(&clock)))
        .transpose()?;
    let letterbox = mail::letterbox(config.mail.as_ref().filter(|_| kind == Kind::Server))?;
    let update_source = config
        .system
        .update_source
        .clone()
        // Who has no helper has nobody to install what comes.
        .filter(|_| kind == Kind::Server && config.system.helper.is_some())
        .map(|source| Source::new(source, Arc::clone(&clock)))
        .transpose()?;
    let disks = Disks::default();
    let core = Core {
        config,
        kind,
        store: store.map(OnceLock::from).unwrap_or_default(),
        store_made: Notify::new(),
        own_row: server.clone(),
        own_label,
        room,
        // Where nothing names the machine's start, each process is one of its own.
        run: clock.boot_id().unwrap_or_else(|| bytes(entropy.as_ref())),
        box_id: server.box_id,
        link_key: hmac::Key::new(hmac::HMAC_SHA256, &server.link_key),
        throttle_key: key_of(&server.link_key, b"what wrong passwords are counted under"),
        reach: RwLock::new(Arc::new(reach)),
        claim: Mutex::new(desk),
        signin: Mutex::default(),
        ticket_key: hmac::Key::new(hmac::HMAC_SHA256, &bytes::<32>(entropy.as_ref())),
        rescue: Mutex::default(),
        operator: Mutex::default(),
        issuer,
        letterbox,
        devices: Mutex::default(),
        passkeys: Mutex::default(),
        approvals: Mutex::default(),
        approval_told: watch::Sender::new(()),
        drafts: Mutex::default(),
        drives: Drives::default(),
        updates: UpdateDesk::default(),
        update_source,
        backup: Mutex::new(()),
        hasher: Hasher::new(bytes(entropy.as_ref()))?,
        local,
        claimed: watch::Sender::new(claimed),
        session_ended: watch::Sender::new(()),
        certificate: served,
        certificate_files_broken: AtomicBool::new(false),
        ca: RwLock::new(Arc::new(ca)),
        stopping,
        fallen,
        announcer,
        health: LastLook::default(),
        proof: Proof::from(clock.now().boot),
        metrics: Metrics::new(),
        decisions: Decisions::default(),
        pumps: Arc::new(Pumps::new(disks.threads())),
        disks,
        scans,
        clock,
        entropy,
    };
    match kind {
        Kind::Server => {
            claim::begin_life(&core, effects);
            issuer::keep_row(&core);
        }
        Kind::Accounts => claim::begin_life_of_accounts(&core, effects),
    }
    passkeys::note_names(&core);
    local::begin(&core, local_playback, core.now());
    Ok((core, tray))
}

/// A key that follows from another one, for a use of its own.
fn key_of(kept: &[u8], used_for: &[u8]) -> hmac::Key {
    let kept = hmac::Key::new(hmac::HMAC_SHA256, kept);
    hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&kept, used_for).as_ref())
}

/// The certificate files that the config names, if it names any.
fn given_files(config: &Config) -> Option<Files> {
    match &config.net.tls {
        Tls::OwnCa => None,
        Tls::Files { certificate, key } => {
            Some(Files { certificate: certificate.clone(), key: key.clone() })
        }
    }
}

fn ca_files(identity: &TlsIdentity) -> CaFiles {
    let authority = identity.authority();
    CaFiles {
        pem: authority.pem(),
        der: authority.der().to_vec(),
        profile: authority.mobileconfig(),
        names: authority.names().to_vec(),
        addresses: authority.addresses().to_vec(),
        ends: authority.ends(),
    }
}

fn reach(
    config: &Config,
    announced: Announced,
    interfaces: Vec<Interface>,
    ports: Ports,
    identity: &TlsIdentity,
    certificate: &CurrentCertificate,
) -> Reach {
    let addresses = reachable_addresses(&interfaces);
    let own = [announced.host_name.as_str(), SHARED_NAME];
    let given = certificate.given();
    // Whoever gives a certificate for a name means the name.
    let brought = given.iter().flat_map(|given| given.hosts());
    let names = config.net.names.iter().map(String::as_str).chain(own).chain(brought);
    let guard = HostGuard::new(names, interfaces.iter().map(|interface| interface.address));
    Reach {
        guard,
        interfaces,
        addresses,
        https_port: ports.https,
        http_port: ports.http,
        ca_fingerprint: identity.authority().fingerprint().to_string(),
        leaf_fingerprint: identity.leaf().fingerprint().to_string(),
        shared_name: announced.shared_name,
        host_name: announced.host_name,
    }
}

fn announcement(
    config: &Config,
    kind: Kind,
    label: &str,
    come_up: &ComeUp,
    ports: Ports,
) -> AnnounceConfig {
    AnnounceConfig {
        // Apps look for media servers.
        enabled: config.discovery.mdns && kind == Kind::Server,
        label: label.to_owned(),
        id: come_up.server.box_id.to_string(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        model: model(Path::new("/proc/device-tree/model")),
        path: "/".to_owned(),
        api: "v1".to_owned(),
        claimed: come_up.desk.state.was_claimed(),
        https_port: ports.https,
        http_port: Some(ports.http),
        interfaces: config.discovery.interfaces.clone(),
    }
}

/// Boards say what they are; other computers are just computers.
fn model(path: &Path) -> String {
    std::fs::read_to_string(path)
        .map(|text| text.trim_end_matches('\0').to_owned())
        .unwrap_or_else(|_| "generic".to_owned())
}

fn tokio_rustls_config(made: &Made) -> Result<Arc<rustls::ServerConfig>, ServeError> {
    Ok(Arc::new(server_config(Arc::clone(&made.certificate))?))
}

fn listener(socket: std::net::TcpListener) -> Result<TcpListener, ServeError> {
    socket.set_nonblocking(true).map_err(ServeError::Sockets)?;
    TcpListener::from_std(socket).map_err(ServeError::Sockets)
}

/// One line for whoever looks at the service. Blocks for as long as a claim is being written.
fn status(core: &Core) -> String {
    let state = match core.kind {
        Kind::Server => core.desk().state.word(),
        Kind::Accounts => "accounts",
    };
    let (host, port) = (core.announcer.now().host_name, core.reach().https_port);
    format!("{state}; https://{host}:{port}/")
}

/// Until somebody has begun to claim, nobody has installed the authority or looked at its leaf.
fn reliance(state: &State) -> Reliance {
    match state {
        State::Factory | State::Offered => Reliance::Nobody,
        State::Pending(_) | State::Claimed | State::Legacy | State::Orphaned | State::Recovery => {
            Reliance::People
        }
        State::Locked(_) => Reliance::Unknown,
    }
}

fn liveness(core: Arc<Core>) -> Liveness {
    Box::pin(async move {
        let failed = health::examine(&core).await.into_iter().find(|c| c.vital && !c.ok);
        failed.map_or(Ok(()), |check| Err(check.name.to_owned()))
    })
}
