//! A config that can be meant: what each part of the program is given.

use super::problem::{Problem, Problems};
use super::raw::{Raw, RawClaim, RawDiscovery, RawLog, RawMedia, RawNet, RawPaths, RawWork};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// More indexers than this only take memory from each other.
const INDEXERS_MAX: u16 = 64;

/// A checked configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// The data folder.
    pub paths: Paths,
    /// Addresses and names.
    pub net: Net,
    /// Media folders and programs.
    pub media: Media,
    /// How the network finds the server.
    pub discovery: Discovery,
    /// Who may use it.
    pub claim: Claim,
    /// Background work.
    pub work: Work,
    /// The log.
    pub log: Log,
}

/// The data folder; what lies where in it is written here only.
#[derive(Debug, Clone)]
pub struct Paths {
    /// Its absolute path.
    pub data_dir: PathBuf,
}

/// Where the server answers.
#[derive(Debug, Clone)]
pub struct Net {
    /// https.
    pub https_listen: SocketAddr,
    /// http, which leads to https.
    pub http_listen: SocketAddr,
    /// Further host names, in lower case.
    pub names: Vec<String>,
}

/// Where media lies and what reads it.
#[derive(Debug, Clone)]
pub struct Media {
    /// The only folders in which libraries may be made; absolute.
    pub roots: Vec<PathBuf>,
    /// A name or a path.
    pub ffmpeg: PathBuf,
    /// A name or a path.
    pub ffprobe: PathBuf,
}

/// How the network finds the server.
#[derive(Debug, Clone)]
pub struct Discovery {
    /// Announce by mDNS.
    pub mdns: bool,
    /// On these interfaces, or on all when empty.
    pub interfaces: Vec<String>,
}

/// Who may use the server: always somebody who signed in. The value carries nothing yet.
#[derive(Debug, Clone)]
pub struct Claim {
    _always_secured: (),
}

/// Background work.
#[derive(Debug, Clone)]
pub struct Work {
    /// Files indexed at a time; None lets the pool choose.
    pub indexers: Option<u16>,
}

/// The log.
#[derive(Debug, Clone)]
pub struct Log {
    /// Where to and how.
    pub format: LogFormat,
    /// The least that is written.
    pub level: LogLevel,
}

/// Where the log goes and how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// The journal under systemd, else text.
    Auto,
    /// Lines for people, on standard error.
    Text,
    /// A JSON object a line, on standard error.
    Json,
    /// systemd's journal, with fields.
    Journald,
}

/// The least that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    /// Somebody must act.
    Error,
    /// Somebody should know.
    Warn,
    /// What happened.
    Info,
    /// How it happened.
    Debug,
    /// Every step.
    Trace,
}

impl Paths {
    /// Accounts, users, sessions, policy.
    #[must_use]
    pub fn accounts_db(&self) -> PathBuf {
        self.data_dir.join("accounts.db")
    }

    /// The index of the media.
    #[must_use]
    pub fn library_db(&self) -> PathBuf {
        self.data_dir.join("library.db")
    }

    /// The mark that says, outside the database, that there once was an owner.
    #[must_use]
    pub fn marker(&self) -> PathBuf {
        self.data_dir.join("marker")
    }

    /// The box's id, outside the database.
    #[must_use]
    pub fn box_id(&self) -> PathBuf {
        self.data_dir.join("box")
    }

    /// The box's certificates and keys.
    #[must_use]
    pub fn tls_dir(&self) -> PathBuf {
        self.data_dir.join("tls")
    }

    /// Pictures made from media.
    #[must_use]
    pub fn thumbs_dir(&self) -> PathBuf {
        self.data_dir.join("thumbs")
    }

    /// The page that leads to the claim.
    #[must_use]
    pub fn setup_page(&self) -> PathBuf {
        self.data_dir.join("Setup Stead.html")
    }

    /// The file by which `stead open --new-secret` asks for another claim secret.
    #[must_use]
    pub fn new_secret_wish(&self) -> PathBuf {
        self.data_dir.join("new-secret")
    }

    /// The file by which `stead rescue` asks for a rescue secret.
    #[must_use]
    pub fn rescue_wish(&self) -> PathBuf {
        self.data_dir.join("rescue-wanted")
    }

    /// The links that hold the rescue secret, while there is one.
    #[must_use]
    pub fn rescue_page(&self) -> PathBuf {
        self.data_dir.join("rescue-links")
    }
}

/// Checks every section; tells every mistake.
pub(super) fn check(raw: Raw) -> Result<Config, Problems> {
    let mut problems = Vec::new();
    let mut note = |problem: Problem| problems.push(problem);
    let config = Config {
        paths: paths(raw.paths, &mut note),
        net: net(raw.net, &mut note),
        media: media(raw.media, &mut note),
        discovery: discovery(raw.discovery),
        claim: claim(&raw.claim, &mut note),
        work: work(&raw.work, &mut note),
        log: log(&raw.log, &mut note),
    };
    if problems.is_empty() { Ok(config) } else { Err(Problems(problems)) }
}

fn paths(raw: RawPaths, note: &mut impl FnMut(Problem)) -> Paths {
    if raw.data_dir.as_os_str().is_empty() {
        note(Problem::new("paths.data_dir is empty").hint("name a folder"));
    }
    Paths { data_dir: absolute(&raw.data_dir) }
}

fn net(raw: RawNet, note: &mut impl FnMut(Problem)) -> Net {
    let (https, http) = (raw.https_listen, raw.http_listen);
    if https.port() == http.port() && https.port() != 0 {
        let what = format!("net.https_listen and net.http_listen both name port {}", http.port());
        note(Problem::new(what).hint("give one of them another port"));
    }
    let names: Vec<_> = raw.names.iter().map(|name| name.trim().to_ascii_lowercase()).collect();
    for name in names.iter().filter(|name| !is_host_name(name)) {
        let what = format!("net.names: {name:?} is not a host name");
        note(Problem::new(what).hint("write it without https://, port or path: films.example.net"));
    }
    Net { https_listen: https, http_listen: http, names }
}

fn media(raw: RawMedia, note: &mut impl FnMut(Problem)) -> Media {
    let programs = [("media.ffmpeg", &raw.ffmpeg), ("media.ffprobe", &raw.ffprobe)];
    for (key, _) in programs.iter().filter(|(_, program)| program.as_os_str().is_empty()) {
        note(Problem::new(format!("{key} is empty")).hint("leave it away for the usual program"));
    }
    for root in raw.roots.iter().filter(|root| absolute(root) == Path::new("/")) {
        let what = format!("media.roots: {} is the whole system", root.display());
        note(Problem::new(what).hint("name the folder in which media lies"));
    }
    let roots = raw.roots.iter().map(|root| absolute(root)).collect();
    Media { roots, ffmpeg: raw.ffmpeg, ffprobe: raw.ffprobe }
}

fn discovery(raw: RawDiscovery) -> Discovery {
    Discovery { mdns: raw.mdns, interfaces: raw.interfaces }
}

fn claim(raw: &RawClaim, note: &mut impl FnMut(Problem)) -> Claim {
    if !raw.local_security {
        note(
            Problem::new("claim.local_security = false is not available yet")
                .hint("take the line away: this version always asks people to sign in"),
        );
    }
    Claim { _always_secured: () }
}

fn work(raw: &RawWork, note: &mut impl FnMut(Problem)) -> Work {
    if raw.indexers > INDEXERS_MAX {
        let what = format!("work.indexers is {}, more than {INDEXERS_MAX}", raw.indexers);
        note(Problem::new(what).hint("0 lets Stead choose"));
    }
    Work { indexers: (raw.indexers > 0).then_some(raw.indexers) }
}

fn log(raw: &RawLog, note: &mut impl FnMut(Problem)) -> Log {
    let format = match raw.format.as_str() {
        "auto" => Some(LogFormat::Auto),
        "text" => Some(LogFormat::Text),
        "json" => Some(LogFormat::Json),
        "journald" => Some(LogFormat::Journald),
        _ => None,
    };
    let level = match raw.level.as_str() {
        "error" => Some(LogLevel::Error),
        "warn" => Some(LogLevel::Warn),
        "info" => Some(LogLevel::Info),
        "debug" => Some(LogLevel::Debug),
        "trace" => Some(LogLevel::Trace),
        _ => None,
    };
    if format.is_none() {
        note(
            Problem::new(format!("log.format: there is no {:?}", raw.format))
                .hint("one of auto, text, json, journald"),
        );
    }
    if level.is_none() {
        note(
            Problem::new(format!("log.level: there is no {:?}", raw.level))
                .hint("one of error, warn, info, debug, trace"),
        );
    }
    Log { format: format.unwrap_or(LogFormat::Auto), level: level.unwrap_or(LogLevel::Info) }
}

/// Absolute, counted from the working folder; it need not exist.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Labels of letters, digits and inner hyphens, as in RFC 1123.
fn is_host_name(name: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    name.len() <= 253 && name.split('.').all(label)
}
