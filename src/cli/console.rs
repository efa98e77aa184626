//! `stead console`: what the screen and the serial line of a box show. Before the claim how to get
//! in, with the code that only who stands before the box can read; afterwards where the server is and
//! how it fares, or the last that it said where it does not answer. It shows what `stead open` and
//! `stead status` tell, and keeps no secret of its own.

mod screen;

use super::Exit;
use super::flags::ConfigFlags;
use super::open::ground;
use super::say::say;
use super::setup_page::{SetupPage, find};
use super::status::{self, Server};
use crate::config::Config;
use crate::host::kind::Kind;
use crate::host::last_words;
use crate::net::names::{interfaces, reachable_addresses};
use clap::Args;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use screen::{Seen, screen};
use std::io::{self, IsTerminal as _, Write as _};
use std::os::fd::AsFd as _;
use std::sync::mpsc;
use std::time::Duration;

/// How often is looked whether there is something else to show. A claim is seen in that time.
const LOOK_SECONDS: i64 = 3;

/// The command line of `stead console`.
#[derive(Debug, Args)]
pub(super) struct Console {
    /// Show it once and end
    #[arg(long)]
    once: bool,
    #[command(flatten)]
    config: ConfigFlags,
}

impl Console {
    pub(super) fn run(&self) -> Exit {
        if !self.once {
            return follow(&self.config);
        }
        let config = match self.config.load_of_server() {
            Ok(config) => config,
            Err(exit) => return exit,
        };
        say(screen(&look(&config), ground()).trim_end());
        Exit::Done
    }
}

/// Until the unit is stopped, or the terminal is gone.
fn follow(flags: &ConfigFlags) -> Exit {
    let mut known = None;
    let mut shown = String::new();
    loop {
        let seen = seen_by(flags, &mut known);
        let now = screen(&seen, ground());
        // While nothing answers the system writes on the same screen what it starts, and what fails.
        if now != shown || matches!(seen, Seen::Silent { .. }) {
            if show(&now).is_err() {
                return Exit::Failed;
            }
            shown = now;
        }
        // Whoever plugs a cable in presses a key, and sees it from the start.
        if wait_for_key() {
            shown.clear();
        }
    }
}

/// A config with a mistake is what stops the server, too: it is shown until it is mended.
fn seen_by(flags: &ConfigFlags, known: &mut Option<Config>) -> Seen {
    if let Some(config) = known {
        return look(config);
    }
    match flags.read_of(Kind::Server) {
        Ok(config) => look(known.insert(config)),
        Err(none) => Seen::Silent { said: Some(last_words::line(&none.why())) },
    }
}

fn show(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if io::stdout().is_terminal() {
        // From the top, with nothing left of what was there.
        out.write_all(b"\x1b[H\x1b[2J\x1b[3J")?;
    }
    writeln!(out, "{}", text.trim_end())?;
    out.flush()
}

/// Whether somebody typed; waits a while for it.
fn wait_for_key() -> bool {
    let stdin = io::stdin();
    let mut fds = [PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::IN)];
    let ready = poll(&mut fds, Some(&Timespec { tv_sec: LOOK_SECONDS, tv_nsec: 0 }));
    if !matches!(ready, Ok(ready) if ready > 0) {
        return false;
    }
    let mut typed = [0; 256];
    let typed = rustix::io::read(stdin.as_fd(), &mut typed);
    if matches!(typed, Ok(bytes) if bytes > 0) {
        return true;
    }
    // Nobody can type here: an input that has ended is always ready.
    let (_nobody, pause) = mpsc::channel::<()>();
    let _ = pause.recv_timeout(Duration::from_secs(LOOK_SECONDS.unsigned_abs()));
    false
}

fn look(config: &Config) -> Seen {
    match status::server(config) {
        Ok(Some(server)) => seen(config, server),
        Ok(None) => Seen::Foreign { port: config.net.http_listen.port() },
        Err(_) => Seen::Silent { said: last_words::told() },
    }
}

fn seen(config: &Config, server: Server) -> Seen {
    let addresses = interfaces().map(|up| reachable_addresses(&up)).unwrap_or_default();
    let health = status::health(config);
    let waits = matches!(server.state.as_str(), "offered" | "legacy" | "recovery");
    if waits && let Ok(SetupPage::Links { links, .. }) = find(&config.paths.setup_page()) {
        let code = stead_store::waiting_code(&config.paths.data_dir);
        let again = server.state == "recovery";
        return Seen::Waiting { links, code, again, health, addresses };
    }
    let port = config.net.https_listen.port();
    Seen::Running { server, health, addresses, port }
}
