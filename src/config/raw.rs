//! A config as written: what may stand in the file, and how its mistakes are told.
//!
//! The one list below makes the structs, the defaults, the example file and the suggestions.

use super::definitions::{KeyWords, SectionWords, definitions};
use super::problem::{Place, Problem, Problems};
use serde::Deserialize;
use std::net::{Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

definitions! {
    /// Where Stead keeps what it must not lose.
    paths: RawPaths {
        /// The data folder: accounts, the index, pictures, the box's own certificates. It belongs
        /// to the user that runs Stead, lies on the system medium (so that media disks may
        /// sleep), and is made if it is missing. A path that is not absolute counts from the
        /// folder of this file.
        data_dir: PathBuf = PathBuf::from("data");
        /// A file that whoever starts the server makes when the data folder could not be found and one in
        /// memory stands for it: the server is locked then, so that nothing is begun that would be
        /// gone at the next start. Empty for none.
        data_missing: PathBuf = PathBuf::new();
    }

    /// Where Stead answers.
    net: RawNet {
        /// Address and port for https. "[::]" means every address, IPv4 too.
        https_listen: SocketAddr = SocketAddr::from((Ipv6Addr::UNSPECIFIED, 8443));
        /// Address and port for http. It serves one page that leads to https.
        http_listen: SocketAddr = SocketAddr::from((Ipv6Addr::UNSPECIFIED, 8080));
        /// More names by which this server is reached, for instance ["films.example.net"]. Its
        /// addresses, its .local name and localhost need not be listed. Requests for any other
        /// name are refused.
        names: Vec<String> = Vec::new();
        /// The address by which this server is reached from outside of its own network, for instance
        /// "https://films.example.net"; invitations lead there. Its name need not be listed in
        /// names. Empty: invitations work in the home network only.
        public_url: String = String::new();
        /// "own-ca": the box makes its certificates itself. "files": whoever asks for a name in
        /// cert_file gets that one, and everybody else still the box's own. Its names need not be
        /// listed in names, but for wildcards. Changed files are taken within a minute, or at
        /// SIGHUP.
        tls: String = "own-ca".to_owned();
        /// The certificate with those of its issuers, in PEM (fullchain.pem).
        cert_file: PathBuf = PathBuf::new();
        /// Its private key, in PEM without a password (privkey.pem).
        key_file: PathBuf = PathBuf::new();
        /// "off", or "on-link": televisions of the own network that cannot accept the box's own
        /// certificate may play over http. Whoever listens there sees what is played. Such a
        /// television can do nothing else, and its sign-in is worth nothing elsewhere.
        plain_playback: String = "off".to_owned();
        /// Proxies whose word on where a request comes from is believed (X-Forwarded-For or
        /// Forwarded), for instance ["10.0.0.2/32"]. Anybody else who sends such a header only
        /// loses rights by it.
        proxies: Vec<String> = Vec::new();
    }

    /// Where films, series, music and photos lie.
    media: RawMedia {
        /// The folders in which libraries may be made; nothing outside them is ever read or
        /// shown. For instance ["/srv/media", "/mnt/disk2"].
        roots: Vec<PathBuf> = Vec::new();
        /// The ffmpeg program: a name to look for in the usual places, or a path.
        ffmpeg: PathBuf = PathBuf::from("ffmpeg");
        /// The ffprobe program that belongs to it.
        ffprobe: PathBuf = PathBuf::from("ffprobe");
    }

    /// How the local network finds this server.
    discovery: RawDiscovery {
        /// Announce stead-XXXX.local by mDNS (Bonjour, Zeroconf).
        mdns: bool = true;
        /// Be listed among the devices of a network by Windows, too (SSDP, UPnP): a name and the
        /// plain page, and nothing else. It asks no router for anything. Only with mdns = true.
        ssdp: bool = true;
        /// The network interfaces to announce on, for instance ["eth0"]; empty for all.
        interfaces: Vec<String> = Vec::new();
    }

    /// Who may use this server.
    claim: RawClaim {
        /// A server answers nobody until an owner has claimed it, and then only who signs in.
        /// false lets whoever is near play the folders below without a sign-in until then. It is
        /// for the time before a claim, ends with it, and is never meant to stay: every page says
        /// so. Nobody can change anything that way.
        local_security: bool = true;
        /// Which version local_security = false was last confirmed for: the first part of its
        /// number. After an update to another one the setting does nothing until it is confirmed.
        local_security_confirmed_for: i64 = -1;
        /// Who is near: ranges of addresses, for instance ["192.168.1.0/24"]. "loopback" means the
        /// machine itself; a proxy on it that sends no forwarding header lets in everybody.
        local_prefixes: Vec<String> = Vec::new();
        /// The folders that play without a sign-in, each a library of its own.
        local_roots: Vec<PathBuf> = Vec::new();
        /// The stead.txt on the medium that this box starts from, in which its owner may have put
        /// a code of their own; empty for none.
        boot_file: PathBuf = PathBuf::new();
        /// Folders where sticks labelled STEAD appear; a stead.txt on one is read too.
        sticks: Vec<PathBuf> = Vec::new();
        /// Where a second copy of the mark that this server was claimed is kept, outside of the data
        /// folder: the partition of the appliance that holds the loader's environment too, which lies
        /// before it. A data folder that is lost, or another server's, then locks this one; without
        /// a copy an empty data folder is a new server. Empty for none.
        marker_copy: PathBuf = PathBuf::new();
    }

    /// What the system of an appliance does for the server. Elsewhere there is nothing of it, and
    /// these are empty.
    system: RawSystem {
        /// The socket of the units that run workers (stead-worker.socket). Empty: the server runs
        /// its workers itself.
        workers: PathBuf = PathBuf::new();
        /// The socket of the helper (stead-helper.socket), which mounts, formats, updates and
        /// restarts as root. Empty: nobody does.
        helper: PathBuf = PathBuf::new();
        /// Where the helper mounts disks with media; one of media.roots.
        disks: PathBuf = PathBuf::from("/run/stead/media");
        /// Whether disks that are plugged in are read by themselves, once the server is claimed; no
        /// file on them is changed. false: the owner has each read by hand.
        attach_disks: bool = true;
        /// Where updates lie until the helper installs them.
        updates: PathBuf = PathBuf::from("/var/lib/stead/updates");
        /// The folder that updates are fetched from (https), for instance
        /// "https://updates.example.net/stead"; docs/updates.md says what lies in it. Nobody is asked
        /// before the owner wants it. Empty: nobody is asked at all.
        update_source: String = String::new();
        /// A file of the owner's own that is laid over this one at each start, where it is there; on
        /// an appliance it lies beside stead.txt. It may not change what belongs to the system of the
        /// box: paths, listening addresses, media, [claim], and of [system] what names files; and what
        /// files it names lie beside it. With a mistake in it the whole file is left out, and the
        /// owner's page says so. Empty for none.
        own_config: PathBuf = PathBuf::new();
    }

    /// The account service: the sign-in that other servers and apps of yours can use. It is part of
    /// every server, and `stead accounts serve` runs it alone.
    accounts: RawAccounts {
        /// The address by which others name this account service, for instance
        /// "https://films.example.net"; its name belongs into net.names too. Empty for this
        /// server's own .local name. Who has connected must connect anew when it changes.
        issuer: String = String::new();
        /// Who may make an account where it runs alone: "open" lets anybody who reaches it, "closed"
        /// nobody any more. A server's people are let in by its owner, whatever this says.
        sign_up: String = "open".to_owned();
    }

    /// Where people's accounts are, if not on this server: an OpenID provider. Who owns this server
    /// then signs in there to claim it, and nobody is asked here for the password of that account.
    issuer: RawIssuer {
        /// Its address as it names itself (https), for instance "https://id.example.net". Empty:
        /// accounts are on this server.
        url: String = String::new();
        /// What people call it; shown as "Continue with …".
        name: String = String::new();
        /// What this server is called there, where it was registered by hand. Its redirect address
        /// there is https://NAME:PORT/signin/callback, for each name and address by which it is
        /// reached. Empty: whoever claims the server lets it in there by a code, and it registers
        /// itself and keeps its addresses up to date. Account services of Stead do that; others must
        /// know the client "stead-server" (RFC 8628) and register what it lets in (RFC 7591).
        client_id: String = String::new();
        /// A file with this server's secret there, if it was registered by hand and given one.
        client_secret_file: PathBuf = PathBuf::new();
        /// A PEM file with the certificates that vouch for it, in place of the usual ones.
        ca: PathBuf = PathBuf::new();
        /// What its word is worth: "none" (this server asks for a second factor of its own),
        /// "claims" (what is listed below counts as one) or "asserted" (you vouch that it always
        /// asks for one).
        assurance: String = "none".to_owned();
        /// With "claims": each of these values of `acr` counts as a second factor.
        acr: Vec<String> = Vec::new();
        /// With "claims": each of these values of `amr` counts as a second factor.
        amr: Vec<String> = Vec::new();
        /// With "claims": these values of `acr` count as a passkey does.
        phishing_resistant_acr: Vec<String> = Vec::new();
        /// With "claims": these values of `amr` count as a passkey does.
        phishing_resistant_amr: Vec<String> = Vec::new();
        /// What is asked for there; "openid" always is.
        scopes: Vec<String> = vec!["openid".to_owned(), "profile".to_owned()];
    }

    /// The server that takes this server's mail: reminders for whoever has left an address. Nothing
    /// is sent without it.
    mail: RawMail {
        /// Its name, for instance "smtp.example.net". Empty: no mail goes out.
        server: String = String::new();
        /// Its port; 0 for the usual one: 587 with "starttls", 465 with "tls", 25 with "none".
        port: u16 = 0;
        /// "starttls", "tls", or "none" for a server on this machine (127.0.0.1 or ::1).
        security: String = "starttls".to_owned();
        /// Who writes, for instance "Stead <stead@example.net>".
        from: String = String::new();
        /// As whom Stead signs in there; empty for nobody.
        user: String = String::new();
        /// A file with the password for that.
        password_file: PathBuf = PathBuf::new();
        /// A PEM file with the certificates that vouch for it, in place of the usual ones.
        ca: PathBuf = PathBuf::new();
    }

    /// How much of the machine background work may take.
    work: RawWork {
        /// Files that are looked into at the same time during a scan; 0 lets Stead choose from
        /// processors and memory.
        indexers: u16 = 0;
    }

    /// What Stead writes to its log.
    log: RawLog {
        /// "auto" (the journal under systemd, else text), "text", "json" or "journald".
        format: String = "auto".to_owned();
        /// "error", "warn", "info", "debug" or "trace".
        level: String = "info".to_owned();
    }
}

/// Reads a text. Unknown names are all told, each with the nearest known one; of the mistakes in
/// form and type, the first.
pub(super) fn parse(file: &str, text: &str) -> Result<Raw, Problems> {
    let source = Source { file, text };
    let table = DeTable::parse(text).map_err(|error| source.problem_of(&error))?;
    let unknown = source.unknown_names(table.get_ref());
    if !unknown.is_empty() {
        return Err(Problems(unknown));
    }
    let document = toml::Deserializer::from(table);
    Raw::deserialize(document).map_err(|error| source.problem_of(&error).into())
}

/// One key that a file sets.
pub(super) struct Said {
    pub(super) section: String,
    pub(super) key: String,
    pub(super) place: Place,
}

impl Said {
    /// As problems name it.
    pub(super) fn name(&self) -> String {
        format!("{}.{}", self.section, self.key)
    }
}

/// What a text sets that can be read, in its order.
pub(super) fn said(file: &str, text: &str) -> Vec<Said> {
    let source = Source { file, text };
    let Ok(table) = DeTable::parse(text) else { return Vec::new() };
    let mut said: Vec<(usize, Said)> = Vec::new();
    for (section, value) in table.get_ref() {
        for (key, _) in value.get_ref().as_table().into_iter().flatten() {
            let offset = key.span().start;
            let (section, key) = (section.get_ref().to_string(), key.get_ref().to_string());
            said.push((offset, Said { section, key, place: source.place(offset) }));
        }
    }
    said.sort_by_key(|(offset, _)| *offset);
    said.into_iter().map(|(_, said)| said).collect()
}

impl Raw {
    /// Counts paths that are not absolute from `folder`; names of programs stay names.
    pub(super) fn resolve_paths(&mut self, folder: &Path) {
        self.paths.data_dir = folder.join(&self.paths.data_dir);
        if !self.claim.boot_file.as_os_str().is_empty() {
            self.claim.boot_file = folder.join(&self.claim.boot_file);
        }
        let of_system = [
            &mut self.paths.data_missing,
            &mut self.claim.marker_copy,
            &mut self.system.workers,
            &mut self.system.helper,
            &mut self.system.disks,
            &mut self.system.updates,
            &mut self.system.own_config,
        ];
        for path in of_system.into_iter().filter(|path| !path.as_os_str().is_empty()) {
            *path = folder.join(&*path);
        }
        for stick in &mut self.claim.sticks {
            *stick = folder.join(&*stick);
        }
        for root in self.media.roots.iter_mut().chain(&mut self.claim.local_roots) {
            *root = folder.join(&*root);
        }
        let certificates = [&mut self.net.cert_file, &mut self.net.key_file];
        let of_issuer = [&mut self.issuer.client_secret_file, &mut self.issuer.ca];
        let of_mail = [&mut self.mail.password_file, &mut self.mail.ca];
        for file in certificates.into_iter().chain(of_issuer).chain(of_mail) {
            if !file.as_os_str().is_empty() {
                *file = folder.join(&*file);
            }
        }
        for program in [&mut self.media.ffmpeg, &mut self.media.ffprobe] {
            if program.components().count() > 1 {
                *program = folder.join(&*program);
            }
        }
    }
}

struct Source<'a> {
    file: &'a str,
    text: &'a str,
}

impl Source<'_> {
    fn place(&self, offset: usize) -> Place {
        Place::at(self.file, self.text, offset)
    }

    fn problem_of(&self, error: &toml::de::Error) -> Problem {
        let problem = Problem::new(error.message().trim().replace('\n', ", "));
        match error.span() {
            Some(span) => problem.at(self.place(span.start)),
            None => problem,
        }
    }

    fn unknown_names(&self, file: &DeTable<'_>) -> Vec<Problem> {
        let mut unknown: Vec<_> = file
            .iter()
            .flat_map(|(name, value)| match section_of(name.get_ref()) {
                Some(section) => self.unknown_keys(section, value),
                None => vec![(name.span().start, self.unknown_section(name))],
            })
            .collect();
        unknown.sort_by_key(|(offset, _)| *offset);
        unknown.into_iter().map(|(_, problem)| problem).collect()
    }

    fn unknown_keys(
        &self,
        section: &SectionWords,
        value: &Spanned<DeValue<'_>>,
    ) -> Vec<(usize, Problem)> {
        let Some(table) = value.get_ref().as_table() else { return Vec::new() };
        let known = |name: &str| section.keys.iter().any(|key| key.name == name);
        table
            .iter()
            .filter(|(name, _)| !known(name.get_ref()))
            .map(|(name, _)| (name.span().start, self.unknown_key(section, name)))
            .collect()
    }

    fn unknown_section(&self, name: &Spanned<toml::de::DeString<'_>>) -> Problem {
        let place = self.place(name.span().start);
        let name: &str = name.get_ref();
        if let Some(home) = WORDS.iter().find(|section| section.keys.iter().any(|k| k.name == name))
        {
            return Problem::new(format!("`{name}` stands outside of any section"))
                .hint(format!("put it under [{}]", home.name))
                .at(place);
        }
        let known: Vec<_> = WORDS.iter().map(|section| section.name).collect();
        Problem::new(format!("unknown section [{name}]")).hint(suggestion(name, &known)).at(place)
    }

    fn unknown_key(
        &self,
        section: &SectionWords,
        name: &Spanned<toml::de::DeString<'_>>,
    ) -> Problem {
        let known: Vec<_> = section.keys.iter().map(|key: &KeyWords| key.name).collect();
        let what = format!("unknown key `{}` in [{}]", name.get_ref(), section.name);
        Problem::new(what)
            .hint(suggestion(name.get_ref(), &known))
            .at(self.place(name.span().start))
    }
}

fn section_of(name: &str) -> Option<&'static SectionWords> {
    WORDS.iter().find(|section| section.name == name)
}

/// "did you mean …", or all there is when nothing is near.
fn suggestion(written: &str, known: &[&str]) -> String {
    nearest(written, known).map_or_else(
        || format!("known here: {}", known.join(", ")),
        |name| format!("did you mean `{name}`?"),
    )
}

/// The known name that takes the fewest slips of the finger, if few enough.
fn nearest<'a>(written: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|name| (strsim::damerau_levenshtein(&written.to_lowercase(), name), *name))
        .filter(|(slips, name)| *slips <= 1 + name.len() / 4)
        .min()
        .map(|(_, name)| name)
}
