//! What every use case needs, in one value: the store, the clock, entropy, and the little state
//! that lives in memory. It knows nothing of HTTP.

use std::net::IpAddr;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

use stead_rules::claim::Listed;
use stead_rules::ids::BoxId;
use stead_rules::policy::{Action, NotPermitted, Permit};
use stead_rules::time::{Now, TimeTrust, WallMs};
use stead_store::accounts::claim::Server;
use stead_store::accounts::sessions::RunId;
use stead_store::{Accounts, Failure, Library, ReadTx, Store, StoreError};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::approvals::ApprovalDesk;
use super::claim::ClaimDesk;
use super::devices::DeviceDesk;
use super::disks::Disks;
use super::drafts::DraftDesk;
use super::drives::Drives;
use super::health::LastLook;
use super::issuer::ExternalIssuer;
use super::mail::Letterbox;
use super::operator::OperatorDesk;
use super::passkeys::PasskeyDesk;
use super::passwords::Hasher;
use super::policy::log::Decisions;
use super::proof::Proof;
use super::pump::Pumps;
use super::reach::Reach;
use super::rescue::RescueDesk;
use super::room::DataRoom;
use super::scans::Scans;
use super::signin::SignInDesk;
use super::updates::UpdateDesk;
use crate::config::{Config, Paths};
use crate::host::clock::Clock;
use crate::host::entropy::Entropy;
use crate::host::kind::Kind;
use crate::host::metrics::Metrics;
use crate::host::vital::Fallen;
use crate::net::mdns::Announcer;
use crate::net::source::Source;
use crate::net::ssdp::Device;
use crate::net::tls::CurrentCertificate;

/// What every use case needs.
pub struct Core {
    /// The checked configuration.
    pub config: Config,
    /// Whether this is a media server or the account service alone.
    pub kind: Kind,
    /// Wall time with its trust, and uptime.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Both databases; none while the accounts cannot be read and the server is locked. A recovery
    /// makes them anew.
    pub store: OnceLock<Arc<Store>>,
    /// Told when a recovery has made them.
    pub store_made: Notify,
    /// The server's own row, or what it is made of when there is none.
    pub own_row: Server,
    /// The room in the data folder.
    pub room: Arc<DataRoom>,
    /// The machine's start that uptimes count from; they are compared only within it. A restarted
    /// process goes on in the same one.
    pub run: RunId,
    /// Kept for life.
    pub box_id: BoxId,
    /// What the network calls it, without `.local` and while no other has that name.
    pub own_label: String,
    /// Signs stream links.
    pub link_key: ring::hmac::Key,
    /// Hides which names and places wrong passwords are counted under. It follows from what is kept
    /// with the accounts.
    pub throttle_key: ring::hmac::Key,
    /// Names, addresses and ports by which this server is reached now.
    pub reach: RwLock<Arc<Reach>>,
    /// The claim: its state, its secrets, and what the wizard has gathered.
    pub claim: Mutex<ClaimDesk>,
    /// Sign-ins that wait for a second factor.
    pub signin: Mutex<SignInDesk>,
    /// Signs the tickets of clients' requests whose person was told to sign in; of this run alone.
    pub ticket_key: ring::hmac::Key,
    /// Ways back that are under way.
    pub rescue: Mutex<RescueDesk>,
    /// What `stead accounts` asked last.
    pub operator: Mutex<OperatorDesk>,
    /// Where accounts are, if not on this server.
    pub issuer: Option<ExternalIssuer>,
    /// By which mail goes out, if any does.
    pub letterbox: Option<Arc<Letterbox>>,
    /// Televisions and apps that wait to be let in.
    pub devices: Mutex<DeviceDesk>,
    /// Challenges for passkeys that are waited for.
    pub passkeys: Mutex<PasskeyDesk>,
    /// Requests that wait for a phone.
    pub approvals: Mutex<ApprovalDesk>,
    /// Sent when such a request begins or ends; pages that listen ask for what waits.
    pub approval_told: watch::Sender<()>,
    /// Factors and recovery codes that wait to be confirmed.
    pub drafts: Mutex<DraftDesk>,
    /// What is known of disks, for one at a time.
    pub drives: Drives,
    /// An update on its way.
    pub updates: UpdateDesk,
    /// Where updates are fetched from, if they are.
    pub update_source: Option<Source>,
    /// Held by whoever makes or opens a backup.
    pub backup: Mutex<()>,
    /// Password hashing, a few at a time.
    pub hasher: Hasher,
    /// Who plays without a sign-in, where the system side says so and no claim was ever made.
    pub local: Option<Listed>,
    /// True once claimed; discovery listens.
    pub claimed: watch::Sender<bool>,
    /// Sent when a session ends; answers that go on ask again whether they may.
    pub session_ended: watch::Sender<()>,
    /// The certificates that are served.
    pub certificate: Arc<CurrentCertificate>,
    /// The certificate files of the config could not be used when they were last read.
    pub certificate_files_broken: AtomicBool,
    /// The box's own CA, for whoever wants to install it.
    pub ca: RwLock<Arc<CaFiles>>,
    /// Cancelled when the end begins: what goes on for ever ends then.
    pub stopping: CancellationToken,
    /// The vital parts that have fallen; none, as long as all is well.
    pub fallen: Fallen,
    /// What is announced.
    pub announcer: Announcer,
    /// What was decided of what is required, and is not written yet.
    pub decisions: Decisions,
    /// Calls on paths of media.
    pub disks: Disks,
    /// What all streams share.
    pub pumps: Arc<Pumps>,
    /// How the server was when it was last looked at.
    pub health: LastLook,
    /// Whether this system has proved itself.
    pub proof: Proof,
    /// Figures for Prometheus.
    pub metrics: Metrics,
    /// Orders to the indexer, and what it tells.
    pub scans: Scans,
}

/// The box's own CA in the forms that systems take.
#[derive(Debug, Clone)]
pub struct CaFiles {
    /// For Linux and Firefox.
    pub pem: String,
    /// For Windows and Android.
    pub der: Vec<u8>,
    /// For iPhone, iPad and Mac.
    pub profile: String,
    /// The names that it may vouch for.
    pub names: Vec<String>,
    /// The single addresses that it may vouch for.
    pub addresses: Vec<IpAddr>,
    /// When it ends.
    pub ends: WallMs,
}

/// The store could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum CoreError {
    /// There is no readable database: the server is locked.
    #[error("the database cannot be read; the server is locked")]
    NoStore,
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The process is ending.
    #[error("the server is stopping")]
    Stopping,
    /// The route table names another action than the use case.
    #[error(transparent)]
    NotPermitted(#[from] NotPermitted),
}

/// Whether the permission in hand is for what a use case does: the first line of each of them.
pub(crate) fn permitted(permit: &Permit, action: Action) -> Result<(), CoreError> {
    Ok(permit.permits(action)?)
}

impl Failure for CoreError {
    fn into_store(self) -> Result<StoreError, Self> {
        match self {
            Self::Store(error) => Ok(error),
            other @ (Self::NoStore | Self::Stopping | Self::NotPermitted(_)) => Err(other),
        }
    }
}

impl Core {
    /// The clock, read once for each request.
    #[must_use]
    pub fn now(&self) -> Now {
        self.clock.now()
    }

    /// What is told of this server by SSDP; None where it is not to be found that way.
    #[must_use]
    pub fn device(&self) -> Option<Device> {
        let wanted = self.config.discovery.mdns && self.config.discovery.ssdp;
        (wanted && self.kind == Kind::Server).then(|| Device {
            id: self.box_id,
            host_name: self.announcer.now().host_name,
            version: env!("CARGO_PKG_VERSION"),
            http_port: self.reach().http_port,
        })
    }

    /// The time to keep for the next start. While nobody owns the server a browser's word is not
    /// kept: a claim that was not finished must not raise the floor for the next one.
    #[must_use]
    pub fn clock_mark(&self) -> Option<WallMs> {
        let synced = self.now().trust == TimeTrust::Synced;
        let kept = synced || self.desk().state.was_claimed();
        if kept { self.clock.mark() } else { None }
    }

    /// Where things lie in the data folder.
    #[must_use]
    pub fn paths(&self) -> &Paths {
        &self.config.paths
    }

    /// How this server is reached now.
    #[must_use]
    pub fn reach(&self) -> Arc<Reach> {
        Arc::clone(&self.reach.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Where links of this server lead, the farthest-reaching first: whoever gets one may be away from
    /// home. Each ends with a slash.
    #[must_use]
    pub fn link_bases(&self) -> Vec<String> {
        let public = self.config.net.public_url.as_ref().map(|url| format!("{url}/"));
        public.into_iter().chain(self.reach().urls()).collect()
    }

    /// The CA as it is now.
    #[must_use]
    pub fn ca(&self) -> Arc<CaFiles> {
        Arc::clone(&self.ca.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Another CA was made.
    pub fn set_ca(&self, files: CaFiles) {
        *self.ca.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(files);
    }

    /// Names or addresses changed.
    pub fn set_reach(&self, reach: Reach) {
        *self.reach.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(reach);
    }

    /// The claim's state, for one decision. Blocks for as long as a claim is being written.
    pub fn desk(&self) -> MutexGuard<'_, ClaimDesk> {
        self.claim.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sign-ins that wait, for one look.
    pub fn signin_desk(&self) -> MutexGuard<'_, SignInDesk> {
        self.signin.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ways back that are under way, for one look.
    pub fn rescue_desk(&self) -> MutexGuard<'_, RescueDesk> {
        self.rescue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What `stead accounts` asked last, for one look.
    pub fn operator_desk(&self) -> MutexGuard<'_, OperatorDesk> {
        self.operator.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Televisions and apps that wait, for one look.
    pub fn device_desk(&self) -> MutexGuard<'_, DeviceDesk> {
        self.devices.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What waits to be confirmed, for one look.
    pub fn draft_desk(&self) -> MutexGuard<'_, DraftDesk> {
        self.drafts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Challenges for passkeys, for one look.
    pub fn passkey_desk(&self) -> MutexGuard<'_, PasskeyDesk> {
        self.passkeys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Requests that wait for a phone, for one look.
    pub fn approval_desk(&self) -> MutexGuard<'_, ApprovalDesk> {
        self.approvals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The store, for code that runs on a thread that may block.
    ///
    /// # Errors
    /// [`CoreError::NoStore`] when the server is locked without a database.
    pub fn store(&self) -> Result<&Store, CoreError> {
        self.store.get().map(Arc::as_ref).ok_or(CoreError::NoStore)
    }

    /// Runs a use case that blocks (on SQLite or a file) off the async threads.
    ///
    /// # Errors
    /// What `work` returns, or [`CoreError::Stopping`].
    pub async fn blocking<T, E>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<CoreError> + Send + 'static,
    {
        let core = Arc::clone(self);
        tokio::task::spawn_blocking(move || work(&core))
            .await
            .unwrap_or_else(|_| Err(CoreError::Stopping.into()))
    }

    /// Asks the accounts.
    ///
    /// # Errors
    /// What `work` returns, or [`CoreError`].
    pub async fn read_accounts<T, E>(
        self: &Arc<Self>,
        work: impl FnOnce(&ReadTx<'_, Accounts>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, CoreError>
    where
        T: Send + 'static,
        E: Into<CoreError> + From<StoreError>,
    {
        self.blocking(|core| core.store()?.accounts.read(work).map_err(Into::into)).await
    }

    /// Asks the library.
    ///
    /// # Errors
    /// What `work` returns, or [`CoreError`].
    pub async fn read_library<T, E>(
        self: &Arc<Self>,
        work: impl FnOnce(&ReadTx<'_, Library>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, CoreError>
    where
        T: Send + 'static,
        E: Into<CoreError> + From<StoreError>,
    {
        self.blocking(|core| core.store()?.library.read(work).map_err(Into::into)).await
    }
}
