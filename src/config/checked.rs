//! A config that can be meant: what each part of the program is given.

use super::issuer::{Issuer, issuer};
use super::mail::{Mail, mail};
use super::own::Own;
use super::problem::{Problem, Problems};
use super::raw::{
    Raw, RawAccounts, RawClaim, RawDiscovery, RawLog, RawMedia, RawNet, RawPaths, RawSystem,
    RawWork,
};
use super::source::{UpdateSource, source};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use stead_rules::provider::{RedirectKind, redirect_kind};

use stead_rules::claim::{Listed, Version};
use stead_rules::proxy::Prefix;

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
    /// The account service.
    pub accounts: AccountService,
    /// Where accounts are, if not on this server.
    pub issuer: Option<Issuer>,
    /// By which mail goes out, if any does.
    pub mail: Option<Mail>,
    /// What the system does for the server.
    pub system: System,
    /// Background work.
    pub work: Work,
    /// The log.
    pub log: Log,
    /// What became of the owner's own file.
    pub own: Own,
}

/// The data folder; what lies where in it is written here only.
#[derive(Debug, Clone)]
pub struct Paths {
    /// Its absolute path.
    pub data_dir: PathBuf,
    /// What holds the second copy of the marker, outside of the data folder; on an appliance only.
    pub marker_copy: Option<PathBuf>,
    /// Where updates lie, outside of the data folder; on an appliance only.
    pub updates: Option<PathBuf>,
    /// The file that says that the data folder stands in memory only; on an appliance only.
    pub data_missing: Option<PathBuf>,
    /// The config of the owner's own, on a card; on an appliance only.
    pub own_config: Option<PathBuf>,
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
    /// The address by which the server is reached from outside, without a slash at its end.
    pub public_url: Option<String>,
    /// With which certificate.
    pub tls: Tls,
    /// Whose word on where a request comes from is believed.
    pub proxies: Vec<Prefix>,
    /// Who may play over http.
    pub plain_playback: PlainPlayback,
}

/// Who may play over http.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlainPlayback {
    /// Nobody.
    Off,
    /// Televisions of the own network.
    OnLink,
}

/// Which certificate is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// The box's own.
    OwnCa,
    /// For the names in it, one that is brought along; else the box's own.
    Files {
        /// The chain, PEM.
        certificate: PathBuf,
        /// The key, PEM.
        key: PathBuf,
    },
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
    /// Answer searches by SSDP besides.
    pub ssdp: bool,
    /// On these interfaces, or on all when empty.
    pub interfaces: Vec<String>,
}

/// Who may use the server.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Whether it takes a sign-in before a claim too.
    pub local_security: LocalSecurity,
    /// The `stead.txt` on the medium that the box starts from.
    pub boot_file: Option<PathBuf>,
    /// Folders where sticks appear, each perhaps with a `stead.txt`.
    pub sticks: Vec<PathBuf>,
}

/// Whether a server that was never claimed may be played without a sign-in (C7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LocalSecurity {
    /// No.
    On,
    /// It was lifted for another major version, and does nothing in this one.
    Unconfirmed,
    /// By whoever is listed, and these folders only.
    Off {
        /// The folders; absolute.
        roots: Vec<PathBuf>,
        /// Who.
        listed: Listed,
    },
}

/// The account service.
#[derive(Debug, Clone)]
pub struct AccountService {
    /// By what address others name it; None for the server's own name.
    pub issuer: Option<String>,
    /// Who may make an account where it runs alone.
    pub sign_up: SignUp,
}

/// Who may make an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignUp {
    /// Anybody who reaches the service.
    Open,
    /// Nobody.
    Closed,
}

/// What the system of an appliance does for the server.
#[derive(Debug, Clone)]
pub struct System {
    /// The socket of the units that run workers.
    pub workers: Option<PathBuf>,
    /// The socket of the helper.
    pub helper: Option<PathBuf>,
    /// Where the helper mounts disks with media.
    pub disks: PathBuf,
    /// Whether disks are read as soon as they are there.
    pub attach_disks: bool,
    /// Where updates lie until the helper installs them.
    pub updates: PathBuf,
    /// Where they are fetched from, if they are.
    pub update_source: Option<UpdateSource>,
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

    /// The file by which `stead recover` asks for a new owner.
    #[must_use]
    pub fn recover_wish(&self) -> PathBuf {
        self.data_dir.join("recover")
    }

    /// The hash of the owner's own code, outside of the database, which may be what is lost.
    #[must_use]
    pub fn own_code(&self) -> PathBuf {
        self.data_dir.join("own-code")
    }

    /// Which update was installed last, and in which run of the box.
    #[must_use]
    pub fn update_installed(&self) -> PathBuf {
        self.data_dir.join("update-installed")
    }

    /// Which update the box has begun to install by itself, and how often.
    #[must_use]
    pub fn update_begun(&self) -> PathBuf {
        self.data_dir.join("update-begun")
    }

    /// The word that a wipe is decided.
    #[must_use]
    pub fn wipe_journal(&self) -> PathBuf {
        self.data_dir.join("wipe")
    }

    /// Where backups are made and taken in. Nothing there is kept over a start.
    #[must_use]
    pub fn backup_dir(&self) -> PathBuf {
        self.data_dir.join("backup")
    }

    /// The certificates of a backup, until they take the place of the box's own.
    #[must_use]
    pub fn restored_tls_dir(&self) -> PathBuf {
        self.data_dir.join("tls.restored")
    }

    /// The certificates that they took the place of.
    #[must_use]
    pub fn tls_dir_before_restore(&self) -> PathBuf {
        self.data_dir.join("tls.before-restore")
    }

    /// The phones that wait for the plug pattern, while some do.
    #[must_use]
    pub fn plug(&self) -> PathBuf {
        self.data_dir.join("plug")
    }

    /// The file by which `stead open --new-secret` asks for another claim secret.
    #[must_use]
    pub fn new_secret_wish(&self) -> PathBuf {
        self.data_dir.join("new-secret")
    }

    /// The file by which `stead accounts` asks a running account service.
    #[must_use]
    pub fn operator_wish(&self) -> PathBuf {
        self.data_dir.join("operator-wish")
    }

    /// What it answered, until that was read.
    #[must_use]
    pub fn operator_answer(&self) -> PathBuf {
        self.data_dir.join("operator-answer")
    }

    /// The file by which `stead rescue` asks for a rescue secret.
    #[must_use]
    pub fn rescue_wish(&self) -> PathBuf {
        self.data_dir.join("rescue-wanted")
    }

    /// What the network calls this server, if its owner has said so.
    #[must_use]
    pub fn host_name(&self) -> PathBuf {
        self.data_dir.join("host-name")
    }

    /// The file that says that a `stead.txt` asked for a reset, until the wipe is decided.
    #[must_use]
    pub fn reset_asked(&self) -> PathBuf {
        self.data_dir.join("reset-asked")
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
        paths: paths(&raw.paths, (&raw.claim.marker_copy, &raw.system), &mut note),
        net: net(raw.net, &mut note),
        media: media(raw.media, &mut note),
        discovery: discovery(raw.discovery),
        claim: claim(&raw.claim, &mut note),
        accounts: accounts(&raw.accounts, &mut note),
        issuer: issuer(raw.issuer, &mut note),
        mail: mail(raw.mail, &mut note),
        system: system(&raw.system, &mut note),
        work: work(&raw.work, &mut note),
        log: log(&raw.log, &mut note),
        own: Own::None,
    };
    if problems.is_empty() { Ok(config) } else { Err(Problems(problems)) }
}

fn paths(
    raw: &RawPaths,
    (marker_copy, system): (&Path, &RawSystem),
    note: &mut impl FnMut(Problem),
) -> Paths {
    if raw.data_dir.as_os_str().is_empty() {
        note(Problem::new("paths.data_dir is empty").hint("name a folder"));
    }
    Paths {
        data_dir: absolute(&raw.data_dir),
        marker_copy: given(marker_copy),
        own_config: given(&system.own_config),
        updates: given(&system.helper).map(|_| absolute(&system.updates)),
        data_missing: given(&raw.data_missing),
    }
}

fn net(raw: RawNet, note: &mut impl FnMut(Problem)) -> Net {
    let (https, http) = (raw.https_listen, raw.http_listen);
    if https.port() == http.port() && https.port() != 0 {
        let what = format!("net.https_listen and net.http_listen both name port {}", http.port());
        note(Problem::new(what).hint("give one of them another port"));
    }
    let mut names: Vec<_> = raw.names.iter().map(|name| name.trim().to_ascii_lowercase()).collect();
    for name in names.iter().filter(|name| !is_host_name(name)) {
        let what = format!("net.names: {name:?} is not a host name");
        note(Problem::new(what).hint("write it without https://, port or path: films.example.net"));
    }
    let public_url = public_url(&raw.public_url, note);
    // Who names an address by which the server is reached means its name, too.
    names.extend(public_url.as_deref().and_then(host_name));
    let tls = tls(&raw, note);
    let proxies = prefixes("net.proxies", &raw.proxies, note);
    let plain_playback = plain_playback(&raw, note);
    let (https_listen, http_listen) = (https, http);
    Net { https_listen, http_listen, names, public_url, tls, proxies, plain_playback }
}

fn public_url(text: &str, note: &mut impl FnMut(Problem)) -> Option<String> {
    let url = text.trim().trim_end_matches('/').to_ascii_lowercase();
    if url.is_empty() {
        return None;
    }
    if !url.starts_with("https://") || !is_issuer(&url) {
        note(
            Problem::new(format!("net.public_url: {url:?} is no address of a server"))
                .hint("write it as https://films.example.net, with a port if need be and no path"),
        );
    }
    Some(url)
}

/// The name in an address of a server, unless it is a literal address.
fn host_name(url: &str) -> Option<String> {
    let host = url.strip_prefix("https://")?.split(':').next()?;
    is_host_name(host).then(|| host.to_owned())
}

fn plain_playback(raw: &RawNet, note: &mut impl FnMut(Problem)) -> PlainPlayback {
    match raw.plain_playback.as_str() {
        "off" => PlainPlayback::Off,
        "on-link" => PlainPlayback::OnLink,
        other => {
            let what = format!("net.plain_playback: there is no {other:?}");
            note(Problem::new(what).hint("one of off, on-link"));
            PlainPlayback::Off
        }
    }
}

impl PlainPlayback {
    /// The word of the config.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::OnLink => "on-link",
        }
    }
}

fn tls(raw: &RawNet, note: &mut impl FnMut(Problem)) -> Tls {
    let files = [("net.cert_file", &raw.cert_file), ("net.key_file", &raw.key_file)];
    let missing = files.iter().filter(|(_, file)| file.as_os_str().is_empty());
    match raw.tls.as_str() {
        "files" => {
            for (key, _) in missing {
                let what = format!("net.tls is \"files\" and {key} is empty");
                note(Problem::new(what).hint("name the PEM file"));
            }
            Tls::Files { certificate: absolute(&raw.cert_file), key: absolute(&raw.key_file) }
        }
        "own-ca" => {
            for (key, file) in files.iter().filter(|(_, file)| !file.as_os_str().is_empty()) {
                let what = format!("{key} names {} and net.tls is \"own-ca\"", file.display());
                note(Problem::new(what).hint("set tls = \"files\", or take the line away"));
            }
            Tls::OwnCa
        }
        "acme" => {
            note(Problem::new("net.tls = \"acme\" is not available yet").hint(
                "let an ACME client of your own keep the files fresh, and set tls = \"files\"",
            ));
            Tls::OwnCa
        }
        other => {
            let what = format!("net.tls: there is no {other:?}");
            note(Problem::new(what).hint("one of own-ca, files"));
            Tls::OwnCa
        }
    }
}

/// Ranges of addresses. Everybody is never meant.
fn prefixes(key: &str, written: &[String], note: &mut impl FnMut(Problem)) -> Vec<Prefix> {
    let mut prefixes = Vec::new();
    for text in written {
        match Prefix::parse(text.trim()) {
            Some(prefix) if prefix.is_everything() => {
                note(Problem::new(format!("{key}: {text:?} is everybody")).hint("name fewer"));
            }
            Some(prefix) => prefixes.push(prefix),
            None => {
                let what = format!("{key}: {text:?} is no range of addresses");
                note(Problem::new(what).hint("write it as 192.168.1.0/24 or fd00:1::/64"));
            }
        }
    }
    prefixes
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
    Discovery { mdns: raw.mdns, ssdp: raw.ssdp, interfaces: raw.interfaces }
}

/// The word among the prefixes that means the machine itself.
const LOOPBACK: &str = "loopback";

fn claim(raw: &RawClaim, note: &mut impl FnMut(Problem)) -> Claim {
    let boot_file = given(&raw.boot_file);
    let sticks = raw.sticks.iter().map(|stick| absolute(stick)).collect();
    Claim { local_security: local_security(raw, note), boot_file, sticks }
}

fn system(raw: &RawSystem, note: &mut impl FnMut(Problem)) -> System {
    for (key, folder) in [("disks", &raw.disks), ("updates", &raw.updates)] {
        if folder.as_os_str().is_empty() || absolute(folder) == Path::new("/") {
            let what = format!("system.{key} names no folder of its own");
            note(Problem::new(what).hint("leave it away for the usual one"));
        }
    }
    System {
        workers: given(&raw.workers),
        helper: given(&raw.helper),
        disks: absolute(&raw.disks),
        attach_disks: raw.attach_disks,
        updates: absolute(&raw.updates),
        update_source: source(&raw.update_source, note),
    }
}

fn local_security(raw: &RawClaim, note: &mut impl FnMut(Problem)) -> LocalSecurity {
    if raw.local_security {
        return LocalSecurity::On;
    }
    let listed = listed(raw, note);
    for root in raw.local_roots.iter().filter(|root| absolute(root) == Path::new("/")) {
        let what = format!("claim.local_roots: {} is the whole system", root.display());
        note(Problem::new(what).hint("name the folder in which media lies"));
    }
    if raw.local_roots.is_empty() {
        note(
            Problem::new("claim.local_security is false and claim.local_roots is empty")
                .hint("name the folders that play without a sign-in"),
        );
    }
    let roots = raw.local_roots.iter().map(|root| absolute(root)).collect();
    let confirmed = raw.local_security_confirmed_for == own_major();
    let off = LocalSecurity::Off { roots, listed };
    if confirmed { off } else { LocalSecurity::Unconfirmed }
}

fn listed(raw: &RawClaim, note: &mut impl FnMut(Problem)) -> Listed {
    let (loopback, ranges): (Vec<_>, Vec<_>) =
        raw.local_prefixes.iter().cloned().partition(|text| text.trim() == LOOPBACK);
    if raw.local_prefixes.is_empty() {
        note(
            Problem::new("claim.local_security is false and claim.local_prefixes is empty")
                .hint("say who is near, for instance [\"192.168.1.0/24\"]"),
        );
    }
    let prefixes = prefixes("claim.local_prefixes", &ranges, note);
    Listed { prefixes, loopback: !loopback.is_empty() }
}

/// The first part of this program's version.
pub(crate) fn own_major() -> i64 {
    Version::parse(env!("CARGO_PKG_VERSION")).map_or(0, |version| version.major.into())
}

impl LocalSecurity {
    /// What whoever runs the server must hear of the setting.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        match self {
            Self::On => Vec::new(),
            Self::Unconfirmed => vec![format!(
                "claim.local_security = false is not confirmed for this version and does nothing: \
                 set claim.local_security_confirmed_for = {} to go on without a sign-in",
                own_major()
            )],
            Self::Off { listed, .. } => {
                let off = "local security is off: whoever is near plays the listed folders without \
                           a sign-in until this server is claimed";
                let proxy = "loopback is listed in claim.local_prefixes: a proxy on this machine \
                             that sends no forwarding header lets in everybody who reaches it";
                let proxy = listed.loopback.then_some(proxy);
                std::iter::once(off).chain(proxy).map(str::to_owned).collect()
            }
        }
    }
}

fn accounts(raw: &RawAccounts, note: &mut impl FnMut(Problem)) -> AccountService {
    let issuer = raw.issuer.trim().trim_end_matches('/');
    if !issuer.is_empty() && !is_issuer(issuer) {
        note(
            Problem::new(format!(
                "accounts.issuer: {issuer:?} is no address of an account service"
            ))
            .hint("write it as https://films.example.net, with a port if need be and no path"),
        );
    }
    let sign_up = match raw.sign_up.as_str() {
        "open" => SignUp::Open,
        "closed" => SignUp::Closed,
        other => {
            let what = format!("accounts.sign_up: there is no {other:?}");
            note(Problem::new(what).hint("one of open, closed"));
            SignUp::Closed
        }
    };
    AccountService { issuer: (!issuer.is_empty()).then(|| issuer.to_owned()), sign_up }
}

/// Over TLS, or on this machine alone: an issuer that anybody on the way could be is none.
fn is_issuer(text: &str) -> bool {
    let kind = redirect_kind(text);
    let plain = !text.contains(['?', ',']) && text.matches('/').count() == 2;
    plain && matches!(kind, Some(RedirectKind::Https | RedirectKind::Loopback))
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

/// A path, if one is given.
fn given(path: &Path) -> Option<PathBuf> {
    (!path.as_os_str().is_empty()).then(|| absolute(path))
}

/// Absolute, counted from the working folder; it need not exist.
pub(super) fn absolute(path: &Path) -> PathBuf {
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
