//! `stead serve` and `stead accounts serve`: config, log, ground, doors, then the server, in this order, so that nothing
//! answers on a machine where it could not keep what it is told.

use super::check_config::missing_root;
use super::flags::{ConfigFlags, NoConfig};
use super::say::{chain, complain, say};
use super::setup_page::{SetupPage, find};
use super::{Exit, open, status};
use crate::app::{self, Edge};
use crate::config::{Config, LogFormat, LogLevel};
use crate::host::descriptors;
use crate::host::ground::{self, DataFolder};
use crate::host::kind::Kind;
use crate::host::last_words;
use crate::host::listen::{Doors, handed_over};
use crate::host::log;
use crate::host::notify::{Notifier, NotifyThread};
use crate::host::shutdown::{Shutdown, Signals};
use crate::host::start::Start;
use clap::Args;
use std::error::Error;
use std::io::IsTerminal as _;
use stead_rules::limits::BLOCKING_THREADS_MAX;
use tokio::runtime::{Builder, Runtime};

/// The command line of `stead serve`.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Show link and QR code of an unclaimed server, or the address of a claimed one, even when
    /// standard output is no terminal.
    /// Whoever reads them can claim it: do not let them run into a log
    #[arg(long)]
    show_claim: bool,
    #[command(flatten)]
    config: ConfigFlags,
}

/// What stopped the start: the exit, told already or with what is still to be told.
struct Stopped {
    exit: Exit,
    why: String,
}

impl Serve {
    pub(super) fn run(&self) -> Exit {
        let config = match config(&self.config) {
            Ok(config) => config,
            Err(exit) => return exit,
        };
        let paths = config.paths.clone();
        // Sockets that were handed over do not outlive this program.
        let activated = handed_over();
        match prepared(config, Kind::Server, self.show_claim) {
            Ok(()) if app::begins_anew(&paths) && activated => {
                complain("the server begins anew: whoever holds its sockets starts it again");
                Exit::Again
            }
            Ok(()) if app::begins_anew(&paths) => begin_anew(),
            outcome => told(outcome),
        }
    }
}

/// The command line of `stead accounts serve`.
#[derive(Debug, Args)]
pub(super) struct ServeAccounts {
    #[command(flatten)]
    config: ConfigFlags,
}

impl ServeAccounts {
    pub(super) fn run(&self) -> Exit {
        match config(&self.config) {
            Ok(config) => told(prepared(config, Kind::Accounts, false)),
            Err(exit) => exit,
        }
    }
}

fn config(flags: &ConfigFlags) -> Result<Config, Exit> {
    flags.read().map_err(|problems| {
        let none = NoConfig::Wrong(problems);
        keep(&none.why());
        none.tell()
    })
}

fn told(outcome: Result<(), Stopped>) -> Exit {
    match outcome {
        Ok(()) => Exit::Done,
        Err(Stopped { exit, why }) => {
            keep(&why);
            complain(why);
            exit
        }
    }
}

/// For a screen: nobody who stands before a box reads its log.
fn keep(why: &str) {
    if let Err(error) = last_words::keep(why) {
        complain(format_args!("no screen can say why: {}", chain(&error)));
    }
}

fn prepared(config: Config, kind: Kind, show_claim: bool) -> Result<(), Stopped> {
    // Whatever is written from here on is this user's alone.
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    log::init(format(config.log.format), level(config.log.level)).map_err(failed)?;
    descriptors::raise_limit();
    let data_folder = data_folder(&config, kind)?;
    match kind {
        Kind::Server => tell_missing_roots(&config),
        Kind::Accounts => {}
    }
    let doors = Doors::open(config.net.https_listen, config.net.http_listen).map_err(failed)?;
    let (notifier, notify_thread) = Notifier::start().map_err(failed)?;
    let answering = invitation(&config, kind, show_claim);
    let shutdown = Shutdown::new();
    run(Start { config, data_folder, doors, notifier, shutdown, answering }, notify_thread)
}

/// At a terminal somebody is waiting to be told how to get in; a log must not hold a secret.
fn invitation(config: &Config, kind: Kind, show_claim: bool) -> Box<dyn FnOnce() + Send> {
    let wanted = show_claim || std::io::stdout().is_terminal();
    let config = config.clone();
    Box::new(move || {
        last_words::forget();
        match (wanted, kind) {
            (true, Kind::Server) => invite(&config),
            (true, Kind::Accounts) => status::greet(&config),
            (false, Kind::Server | Kind::Accounts) => {}
        }
    })
}

/// The same program in place of this one, which has let go of everything: a server that was wiped
/// waits for an owner again, and one that is restored for its own, without anybody at a shell.
fn begin_anew() -> Exit {
    use std::os::unix::process::CommandExt as _;
    let Ok(program) = std::env::current_exe() else { return Exit::Failed };
    let error = std::process::Command::new(program).args(std::env::args_os().skip(1)).exec();
    complain(format_args!(
        "the server ended to begin anew, and could not be started: start it: {error}"
    ));
    Exit::Failed
}

/// How to claim; a server that has its owner tells its address and its state instead.
fn invite(config: &Config) {
    match find(&config.paths.setup_page()) {
        Ok(SetupPage::Links { file, links, .. }) => {
            say(open::invitation(&config.paths, &file, &links));
        }
        Ok(SetupPage::None) => status::greet(config),
        Ok(SetupPage::Foreign { .. }) | Err(_) => {}
    }
}

/// A disk that hangs must not keep the server from starting, so nobody waits for the look.
fn tell_missing_roots(config: &Config) {
    let roots = config.media.roots.clone();
    let looking = std::thread::Builder::new().name("roots".to_owned()).spawn(move || {
        for folder in ground::missing_folders(&roots) {
            tracing::warn!("{}", missing_root(folder));
        }
    });
    if let Err(error) = looking {
        tracing::warn!(%error, "the media folders were not looked at");
    }
}

fn data_folder(config: &Config, kind: Kind) -> Result<DataFolder, Stopped> {
    let folder = DataFolder::prepare(&config.paths.data_dir, kind)
        .map_err(|error| Stopped { exit: Exit::DataFolder, why: chain(&error) })?;
    if folder.gave_up_ballast() {
        tracing::error!(
            data_folder = %folder.path().display(),
            "the disk is full; Stead gave up its reserve to start: make room there"
        );
    }
    Ok(folder)
}

/// Runs the server until it ends; the notify thread has sent everything before this returns.
fn run(start: Start, notify_thread: Option<NotifyThread>) -> Result<(), Stopped> {
    let runtime = runtime().map_err(failed)?;
    let edge = Edge::real().map_err(failed)?;
    let shutdown = start.shutdown.clone();
    let ended = runtime.block_on(async {
        let signals = Signals::install().map_err(failed)?;
        tokio::select! {
            served = app::serve(start, edge) => served.map_err(failed),
            () = signals.drive(&shutdown) => Err(cut_off()),
        }
    });
    // What still blocks after the drain has had its time.
    runtime.shutdown_background();
    drop(notify_thread);
    ended
}

fn runtime() -> std::io::Result<Runtime> {
    Builder::new_multi_thread()
        .enable_all()
        .thread_name("stead")
        .max_blocking_threads(BLOCKING_THREADS_MAX)
        .build()
}

fn cut_off() -> Stopped {
    Stopped { exit: Exit::Failed, why: "ended by a second signal".to_owned() }
}

fn failed(error: impl Error) -> Stopped {
    Stopped { exit: Exit::Failed, why: chain(&error) }
}

const fn format(format: LogFormat) -> log::Format {
    match format {
        LogFormat::Auto => log::Format::Auto,
        LogFormat::Text => log::Format::Text,
        LogFormat::Json => log::Format::Json,
        LogFormat::Journald => log::Format::Journald,
    }
}

const fn level(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
        LogLevel::Trace => "trace",
    }
}
