//! `stead status`: what the running server says of itself, for people.

use super::Exit;
use super::ask::{AskError, ask};
use super::flags::ConfigFlags;
use super::health::failed;
use super::say::{complain, say};
use crate::config::Config;
use clap::Args;
use serde::Deserialize;
use std::fmt::Write as _;
use std::iter;

/// The command line of `stead status`.
#[derive(Debug, Args)]
pub(super) struct Status {
    #[command(flatten)]
    config: ConfigFlags,
}

/// What `/api/v1/server` answers, as far as it is told here.
#[derive(Debug, Deserialize)]
pub(super) struct Server {
    pub(super) name: String,
    pub(super) host_name: String,
    pub(super) version: String,
    pub(super) state: String,
    pub(super) claimed: bool,
    /// `server` or `accounts`.
    #[serde(default)]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) reason: Option<String>,
}

/// What `/api/v1/health` answers.
#[derive(Debug, Deserialize)]
pub(super) struct Health {
    pub(super) status: String,
    checks: Vec<Check>,
}

#[derive(Debug, Deserialize)]
struct Check {
    name: String,
    ok: bool,
}

/// Lines that stand behind the words of a check.
fn advice(check: &str) -> &'static [&'static str] {
    match check {
        "card" => &[
            "  stead.txt cannot be read or written: no line in it is heeded.",
            "  If the drive STEAD-BOOT does not open in a computer either,",
            "  format it there as FAT, and no other part of that card.",
        ],
        "own_config" => &[
            "  There is a slip in stead.toml, so nothing in it holds.",
            "  Its owner reads under Settings, This server, in which line.",
        ],
        "boot_order" => &[
            "  Which system is to start could not be read: it began with the first.",
            "  If this comes again, the card or disk is worn out: take another.",
        ],
        "data_folder" => &["  Make room on the disk where its data is kept."],
        _ => &[],
    }
}

impl Status {
    pub(super) fn run(&self) -> Exit {
        let config = match self.config.load() {
            Ok(config) => config,
            Err(exit) => return exit,
        };
        match question::<Server>(&config, "/api/v1/server") {
            Ok(Some(server)) => tell(&config, &server),
            Ok(None) => foreign(&config),
            Err(error) => failed(&error),
        }
    }
}

impl Health {
    /// What is not well, in a line or two each: which check says so, and what to do where somebody at
    /// the box can do something.
    pub(super) fn ailing(&self) -> impl Iterator<Item = String> {
        let failed = self.checks.iter().filter(|check| !check.ok).map(|check| check.name.as_str());
        failed.flat_map(|name| {
            let says = format!("{name} is not well");
            iter::once(says).chain(advice(name).iter().map(|&line| line.to_owned()))
        })
    }
}

/// Asks for JSON; None when the answer is not what Stead would say.
fn question<T: for<'a> Deserialize<'a>>(
    config: &Config,
    path: &str,
) -> Result<Option<T>, AskError> {
    let answer = ask(config.net.http_listen, path)?;
    Ok(serde_json::from_str(&answer.body).ok())
}

/// What the running server says of itself, if it runs.
pub(super) fn server(config: &Config) -> Result<Option<Server>, AskError> {
    question(config, "/api/v1/server")
}

/// How the running server fares, if it says so.
pub(super) fn health(config: &Config) -> Option<Health> {
    question(config, "/api/v1/health").ok().flatten()
}

pub(super) fn foreign(config: &Config) -> Exit {
    let port = config.net.http_listen.port();
    complain(format_args!("something answers on port {port}, but it is not Stead"));
    Exit::Failed
}

/// The address and the state, for whoever has just started the server. It is asked like a
/// stranger's, on a thread of its own, since the start must not wait for the answer. Its health is
/// left out: what only just begins, as the announcing does, would be told as not well.
pub(super) fn greet(config: &Config) {
    let config = config.clone();
    std::thread::spawn(move || {
        if let Ok(Some(server)) = server(&config) {
            say(heading(&config, &server).trim_end());
        }
    });
}

fn tell(config: &Config, server: &Server) -> Exit {
    let answer = ask(config.net.http_listen, "/api/v1/health").ok();
    let health = answer.as_ref().and_then(|answer| serde_json::from_str(&answer.body).ok());
    say(page(config, server, health.as_ref()).trim_end());
    // As `stead health` judges: what the server can do without is told, but is no failure.
    let of_use = answer.is_some_and(|answer| answer.status == 200);
    if of_use { Exit::Done } else { Exit::Failed }
}

fn page(config: &Config, server: &Server, health: Option<&Health>) -> String {
    let mut page = heading(config, server);
    let _ = writeln!(page, "  health   {}", health.map_or("no answer", |health| &health.status));
    for line in health.into_iter().flat_map(Health::ailing) {
        let _ = writeln!(page, "           {line}");
    }
    page
}

fn heading(config: &Config, server: &Server) -> String {
    let mut heading = format!("{} runs, Stead {}\n", server.name, server.version);
    let _ = writeln!(heading, "  address  {}", home(config, server));
    let _ = writeln!(heading, "           {} on this machine", at(config, "localhost"));
    let _ = writeln!(heading, "  state    {}", state(server));
    heading
}

/// The address to type; the usual port need not be.
pub(super) fn home(config: &Config, server: &Server) -> String {
    at(config, &server.host_name)
}

fn at(config: &Config, host: &str) -> String {
    at_port(config.net.https_listen.port(), host)
}

/// The address of a host; the usual port need not be typed.
pub(super) fn at_port(port: u16, host: &str) -> String {
    match port {
        443 => format!("https://{host}/"),
        port => format!("https://{host}:{port}/"),
    }
}

/// Where the server stands, in words.
pub(super) fn state(server: &Server) -> String {
    let words = match server.state.as_str() {
        "claimed" if server.kind == "accounts" => "an account service",
        "offered" => "waits for its owner: `stead open` shows how to claim it",
        "pending" => "is being claimed",
        "claimed" => "claimed",
        "locked" => "locked",
        "legacy" => "runs as before; `stead open` shows how to claim it",
        other => other,
    };
    let reason = server.reason.as_ref().map(|reason| format!(": {reason}"));
    format!("{words}{}", reason.unwrap_or_default())
}
