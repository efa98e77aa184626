//! The server over a clock that its tests set; never shipped.
//!
//! `stead-test-host --data DIR [--media DIR]…` runs the library as `stead serve` does, on ports of
//! its own choice and without discovery. `--boot N` says in which start of the machine it runs, and
//! `--https-port P` and `--http-port P` where: killed and started with another N on the same ports and
//! data, it is a box whose power was cut. When it answers, it prints one line of JSON:
//! `{"data_dir", "https_port", "http_port", "host_name", "setup_file", "ca_file"}`. Lines on
//! standard input step its clock, and each is answered by `done` once it goes by that:
//!
//! ```text
//! wall +3600000     wall time and uptime go on by so many milliseconds
//! trust unknown     the network's time is gone (or back: trust synced)
//! ```

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use stead::app::{Edge, serve};
use stead::config::{Config, Overrides};
use stead::host::clock::{Clock, build_time};
use stead::host::entropy::SystemEntropy;
use stead::host::ground::DataFolder;
use stead::host::kind::Kind;
use stead::host::listen::Doors;
use stead::host::notify::Notifier;
use stead::host::shutdown::Shutdown;
use stead::host::start::Start;
use stead::work::launcher::WorkerProgram;
use stead_rules::ids::BoxId;
use stead_rules::time::{BootMs, Now, TimeTrust, WallMs};

type Error = Box<dyn std::error::Error>;

/// The machine's clock plus what the tests add.
struct SteppedClock {
    begun: Instant,
    begun_wall: Duration,
    boot: u8,
    steps: Mutex<Steps>,
}

struct Steps {
    added: Duration,
    trust: TimeTrust,
}

impl SteppedClock {
    fn new(boot: u8) -> Self {
        #[expect(clippy::disallowed_methods, reason = "this is a clock")]
        let (begun, wall) = (Instant::now(), SystemTime::now());
        let begun_wall = wall.duration_since(UNIX_EPOCH).unwrap_or_default();
        let steps = Steps { added: Duration::ZERO, trust: TimeTrust::Synced };
        Self { begun, begun_wall, boot, steps: Mutex::new(steps) }
    }

    fn obey(&self, line: &str) -> Result<(), Error> {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        match line.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["wall", ms] => {
                steps.added += Duration::from_millis(ms.trim_start_matches('+').parse()?)
            }
            ["trust", "unknown"] => steps.trust = TimeTrust::Unknown,
            ["trust", "synced"] => steps.trust = TimeTrust::Synced,
            _ => return Err(format!("not a step of the clock: {line}").into()),
        }
        Ok(())
    }
}

impl Clock for SteppedClock {
    fn now(&self) -> Now {
        let steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        let uptime = self.begun.elapsed() + steps.added;
        let ms = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Now {
            wall: WallMs(i64::try_from(ms(self.begun_wall + uptime)).unwrap_or(i64::MAX)),
            boot: BootMs(ms(uptime) + 60_000),
            trust: steps.trust,
        }
    }

    fn offer_browser_time(&self, _: WallMs) -> bool {
        false
    }

    fn replace_browser_time(&self, _: WallMs) -> bool {
        false
    }

    fn boot_id(&self) -> Option<[u8; 16]> {
        Some([self.boot; 16])
    }

    fn floor(&self) -> WallMs {
        build_time()
    }
}

fn overrides() -> Result<(Overrides, u8, Kind), Error> {
    // The machine's own config is nothing to a test; what is asked for comes in flags.
    let mut overrides = Overrides { file: Some("/dev/null".into()), ..Overrides::default() };
    (overrides.https_port, overrides.http_port) = (Some(0), Some(0));
    let (mut boot, mut kind) = (1, Kind::Server);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().map(PathBuf::from).ok_or("every flag takes a value")?;
        match word.as_str() {
            "--data" => overrides.data = Some(value),
            "--media" => overrides.media.push(value),
            "--config" => overrides.file = Some(value),
            "--kind" if value == Path::new(Kind::Accounts.word()) => kind = Kind::Accounts,
            "--boot" => boot = number(&value)?,
            "--https-port" => overrides.https_port = Some(number(&value)?),
            "--http-port" => overrides.http_port = Some(number(&value)?),
            _ => return Err(format!("unknown flag {word}").into()),
        }
    }
    Ok((overrides, boot, kind))
}

fn number<T: std::str::FromStr>(value: &Path) -> Result<T, Error> {
    let text = value.to_string_lossy();
    text.parse().map_err(|_| format!("not a number of the kind that is asked for: {text}").into())
}

fn main() -> Result<(), Error> {
    let (overrides, boot, kind) = overrides()?;
    let mut config = Config::load(&overrides)?;
    config.discovery.mdns = false;
    let doors = Doors::open(config.net.https_listen, config.net.http_listen)?;
    let ports = (doors.https.local_addr()?.port(), doors.http.local_addr()?.port());
    let data_folder = DataFolder::prepare(&config.paths.data_dir, kind)?;
    let clock = Arc::new(SteppedClock::new(boot));
    let shutdown = Shutdown::new();
    listen(Arc::clone(&clock), shutdown.clone());
    let paths = config.paths.clone();
    let answering = Box::new(move || {
        if let Err(error) = announce(&paths, kind, ports) {
            eprintln!("the test host could not say that it answers: {error}");
        }
    });
    let notifier = Notifier::silent();
    let start = Start { config, data_folder, doors, notifier, shutdown, answering };
    let edge = Edge {
        clock: Box::new(move |_| clock),
        entropy: Arc::new(SystemEntropy::new()),
        worker: worker()?,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    Ok(runtime.block_on(serve(start, edge))?)
}

/// Workers are the shipped binary, which was built beside this one.
fn worker() -> Result<WorkerProgram, Error> {
    let path = std::env::current_exe()?.with_file_name("stead");
    if !path.is_file() {
        return Err(format!("{} is missing: build it first", path.display()).into());
    }
    Ok(WorkerProgram { path, arguments: vec!["worker".into()] })
}

/// Obeys standard input until it ends, then ends the server.
fn listen(clock: Arc<SteppedClock>, shutdown: Shutdown) {
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            let obeyed = clock.obey(&line);
            if let Err(error) = obeyed.and_then(|()| Ok(writeln!(std::io::stdout(), "done")?)) {
                eprintln!("{error}");
            }
        }
        shutdown.begin();
    });
}

fn announce(
    paths: &stead::config::Paths,
    kind: Kind,
    (https_port, http_port): (u16, u16),
) -> Result<(), Error> {
    let host_name = match kind {
        Kind::Server => host_name(&paths.setup_page())?,
        Kind::Accounts => own_name(&paths.box_id())?,
    };
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{{\"data_dir\":{:?},\"https_port\":{https_port},\"http_port\":{http_port},\
          \"host_name\":{host_name:?},\"setup_file\":{:?},\"ca_file\":{:?}}}",
        paths.data_dir,
        paths.setup_page(),
        paths.tls_dir().join("ca.pem"),
    )?;
    Ok(out.flush()?)
}

/// The name that follows from the box's id: an account service has no set-up page.
fn own_name(box_id: &Path) -> Result<String, Error> {
    let text = std::fs::read_to_string(box_id)?;
    let id = text.lines().find_map(|line| line.strip_prefix("box "));
    let id: BoxId = id.and_then(|id| id.parse().ok()).ok_or("the box has no id")?;
    Ok(format!("{}.local", stead::net::names::host_label(&id)))
}

/// The name in the set-up page's first link; a claimed server has no page and needs none.
fn host_name(setup_page: &Path) -> Result<String, Error> {
    let Ok(page) = std::fs::read_to_string(setup_page) else { return Ok(String::new()) };
    let rest = page.split_once("https://stead-").ok_or("no link in the set-up page")?.1;
    let name = rest.split([':', '/']).next().ok_or("no name in the link")?;
    Ok(format!("stead-{name}"))
}
