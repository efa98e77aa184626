//! Starting and stopping the server under test.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use stead::app::{Edge, serve};
use stead::config::{Config, Overrides};
use stead::host::clock::{Clock as _, ManualClock};
use stead::host::entropy::SystemEntropy;
use stead::host::ground::DataFolder;
use stead::host::kind::Kind;
use stead::host::listen::Doors;
use stead::host::notify::Notifier;
use stead::host::shutdown::Shutdown;
use stead::host::start::Start;
use stead::work::launcher::WorkerProgram;
use stead_rules::limits::BLOCKING_THREADS_MAX;
use stead_rules::time::WallMs;

use super::Client;
use crate::program::{QUIET, STEAD};

/// When every test begins, unless it says otherwise.
const BUILD: WallMs = WallMs(1_767_225_600_000); // 2026-01-01
const TODAY: WallMs = WallMs(1_793_000_000_000);

/// How a server is started.
pub(crate) struct Options {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) media: Vec<PathBuf>,
    /// A media server, or the account service alone.
    pub(crate) kind: Kind,
    /// More of the config, as TOML.
    pub(crate) config: String,
    /// The way to a service manager, if there is one.
    pub(crate) notifier: Notifier,
    /// What is started as a worker, if not the real one.
    pub(crate) worker: Option<WorkerProgram>,
    /// Power was cut before: the clock begins anew at this wall time, with the mark it kept.
    pub(crate) after_power_cut: Option<WallMs>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            clock: Arc::new(ManualClock::synced(BUILD, TODAY)),
            media: Vec::new(),
            kind: Kind::Server,
            config: String::new(),
            notifier: Notifier::silent(),
            worker: None,
            after_power_cut: None,
        }
    }
}

impl Options {
    /// A box whose clock stands at 1970 and hears no network.
    pub(crate) fn without_a_clock() -> Self {
        let clock = Arc::new(ManualClock::unknown(BUILD, WallMs(0)));
        Self { clock, ..Self::default() }
    }

    /// The same for a service of this kind.
    pub(crate) fn of_kind(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }

    /// The same clock again, for a restart.
    pub(crate) fn with_clock(clock: &Arc<ManualClock>) -> Self {
        Self { clock: Arc::clone(clock), ..Self::default() }
    }
}

/// A running server.
pub(crate) struct App {
    pub(crate) data: PathBuf,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) http_port: u16,
    pub(crate) https_port: u16,
    shutdown: Shutdown,
    thread: Option<JoinHandle<()>>,
    _temp: Option<tempfile::TempDir>,
}

impl App {
    /// A server in a fresh data folder.
    pub(crate) fn start() -> Self {
        Self::start_with(Options::default())
    }

    /// A server in a fresh data folder.
    pub(crate) fn start_with(options: Options) -> Self {
        let temp = tempfile::tempdir().unwrap();
        let mut app = Self::start_in(&temp.path().join("data"), options);
        app._temp = Some(temp);
        app
    }

    /// A server over a data folder that the test keeps.
    pub(crate) fn start_in(data: &Path, options: Options) -> Self {
        let media = options.media.clone();
        // Not the config of the machine: what it says is nothing to a test.
        let quiet = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(quiet.path(), format!("{QUIET}\n{}", options.config)).unwrap();
        let file = Some(quiet.path().to_owned());
        let overrides =
            Overrides { file, data: Some(data.to_owned()), media, ..Overrides::default() };
        let config = Config::load(&overrides).unwrap();
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let doors = Doors::open(any, any).unwrap();
        let http_port = doors.http.local_addr().unwrap().port();
        let https_port = doors.https.local_addr().unwrap().port();
        let data_folder = DataFolder::prepare(data, options.kind).unwrap();
        let shutdown = Shutdown::new();
        let (tell, told) = mpsc::channel();
        let answering = Box::new(move || tell.send(()).unwrap());
        let start = Start {
            config,
            data_folder,
            doors,
            notifier: options.notifier.clone(),
            shutdown: shutdown.clone(),
            answering,
        };
        let clock = Arc::clone(&options.clock);
        let thread = std::thread::spawn(move || run(start, edge(options)));
        told.recv_timeout(Duration::from_secs(30)).expect("the server answers");
        let data = data.to_owned();
        Self { data, clock, http_port, https_port, shutdown, thread: Some(thread), _temp: None }
    }

    /// Ends this server and starts another one on the same data folder.
    pub(crate) fn restart(mut self, options: Options) -> Self {
        self.stop();
        let temp = self._temp.take();
        let mut next = Self::start_in(&self.data, options);
        next._temp = temp;
        next
    }

    /// The power is cut: another server starts, at this wall time, on what lies on the disk now.
    /// This one never gets to its clean stop there.
    pub(crate) fn cut_off(self, wall: WallMs) -> Self {
        self.cut_off_with(wall, String::new())
    }

    /// The same, with more lines of the config.
    pub(crate) fn cut_off_with(self, wall: WallMs, config: String) -> Self {
        let temp = tempfile::tempdir().unwrap();
        let data = temp.path().join("data");
        copy_folder(&self.data, &data);
        let mut options = Options::with_clock(&self.clock);
        options.after_power_cut = Some(wall);
        options.config = config;
        drop(self);
        let mut next = Self::start_in(&data, options);
        next._temp = Some(temp);
        next
    }

    /// A client that speaks plain http on loopback.
    pub(crate) fn client(&self) -> Client {
        Client::new(self.http_port)
    }

    /// The secret of the link in the set-up page.
    pub(crate) fn link_secret(&self) -> String {
        link_secret_in(&self.data)
    }

    /// What the clock of the server says.
    pub(crate) fn clock_ms(&self) -> i64 {
        self.clock.now().wall.0
    }

    /// A vital part of the server ends before the server does.
    pub(crate) fn lose_a_part(&self) {
        drop(self.shutdown.post("a part"));
    }

    pub(crate) fn stop(&mut self) {
        self.shutdown.begin();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.shutdown.begin();
        if let Some(thread) = self.thread.take() {
            // A failed test is told by its own panic.
            drop(thread.join());
        }
    }
}

/// What the disk holds at one moment; memory that programs share, and the reserve, are left out.
///
/// A file that a running server puts in another's place meanwhile belongs to no one moment: the
/// copy is made again then.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    assert!(from.is_dir());
    while let Err(error) = try_copy(from, to) {
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
        std::fs::remove_dir_all(to).unwrap();
    }
}

fn try_copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type()?.is_dir() {
            try_copy(&entry.path(), &to.join(name))?;
        } else if !name.ends_with("-shm") && name != "ballast" {
            std::fs::copy(entry.path(), to.join(name))?;
        }
    }
    Ok(())
}

/// The secret of the link in the set-up page of a data folder.
pub(crate) fn link_secret_in(data: &Path) -> String {
    let page = std::fs::read_to_string(data.join("Setup Stead.html")).unwrap();
    let rest = page.split_once("/claim#s=").expect("the page has a link").1;
    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect()
}

fn edge(options: Options) -> Edge {
    let Options { clock, after_power_cut, worker, .. } = options;
    let real = || WorkerProgram { path: STEAD.into(), arguments: vec!["worker".into()] };
    Edge {
        clock: Box::new(move |mark| {
            if let Some(wall) = after_power_cut {
                clock.reboot(wall, mark);
            }
            clock
        }),
        entropy: Arc::new(SystemEntropy::new()),
        worker: worker.unwrap_or_else(real),
    }
}

fn run(start: Start, edge: Edge) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(BLOCKING_THREADS_MAX)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(serve(start, edge)).unwrap();
    runtime.shutdown_background();
}
