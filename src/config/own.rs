//! The owner's own file, laid over the first one.
//!
//! ```text
//! first file ─▶ Raw ─────────────┬─ check ──▶ Config            where the own one is left out
//! own file ───▶ what may be said ─┴─ check ──▶ Config + first    where it can be meant as a whole
//! ```
//!
//! On an appliance the first file is part of the system and the same on every box; the own one lies where
//! any computer can write it. Whoever makes a slip there must still get a server that says so, so a
//! mistake leaves the whole file out and starts nothing less. What makes the box a box (its folders,
//! its doors, its sockets, its programs) is not said there at all.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde::Deserialize as _;
use stead_rules::claim::BootText;
use stead_rules::limits::BOOT_FILE_MAX_BYTES;

use super::Config;
use super::problem::{Problem, Problems};
use super::raw::{self, Raw, Said};

/// What may be said there: sections, and of each its keys, or all where none is named.
const OWNERS: [(&str, &[&str]); 8] = [
    ("net", &["names", "public_url", "tls", "cert_file", "key_file", "plain_playback", "proxies"]),
    ("discovery", &[]),
    ("system", &["attach_disks", "update_source"]),
    ("accounts", &[]),
    ("issuer", &[]),
    ("mail", &[]),
    ("work", &[]),
    ("log", &[]),
];

/// Keys that name a file.
const FILES: [(&str, &str); 6] = [
    ("net", "cert_file"),
    ("net", "key_file"),
    ("issuer", "client_secret_file"),
    ("issuer", "ca"),
    ("mail", "password_file"),
    ("mail", "ca"),
];

/// What became of the owner's own file.
#[derive(Debug, Clone, Default)]
pub enum Own {
    /// There is none.
    #[default]
    None,
    /// It holds.
    Taken {
        /// Where it lies.
        file: PathBuf,
        /// What it sets, as `section.key`, in its order.
        keys: Vec<String>,
        /// The config without it.
        first: Box<Config>,
    },
    /// It does not hold.
    LeftOut(Problems),
}

impl Config {
    /// The config without the owner's own file, which turned out to be of no use.
    #[must_use]
    pub fn without_own(self, why: impl Into<String>) -> Self {
        match self.own {
            Own::Taken { file, first, .. } => {
                let problem = Problem::new(format!("{}: {}", file.display(), why.into()));
                Self { own: Own::LeftOut(problem.into()), ..*first }
            }
            Own::None | Own::LeftOut(_) => self,
        }
    }
}

/// The two files as one, with what the second says.
pub(super) struct Laid {
    pub(super) raw: Raw,
    said: Vec<Said>,
}

impl Laid {
    /// What the second file sets, as `section.key`, in its order.
    pub(super) fn keys(&self) -> Vec<String> {
        self.said.iter().map(Said::name).collect()
    }

    /// Gives each mistake in the meaning of a key the place where the key is set, where it is known.
    pub(super) fn placed(&self, file: &Path, problems: Problems) -> Problems {
        let place = |problem: Problem| {
            let names = |said: &&Said| problem.what.contains(&said.name());
            match self.said.iter().find(names).map(|said| said.place.clone()) {
                Some(place) if problem.place.is_none() => problem.at(place),
                Some(_) => problem,
                None => {
                    Problem { what: format!("{}: {}", file.display(), problem.what), ..problem }
                }
            }
        };
        Problems(problems.0.into_iter().map(place).collect())
    }
}

/// Lays the file over the first one; None where there is none.
pub(super) fn lay(first: &Raw, file: &Path) -> Result<Option<Laid>, Problems> {
    let Some(text) = read(file)? else { return Ok(None) };
    let name = file.display().to_string();
    let mut own = raw::parse(&name, &text)?;
    let said = raw::said(&name, &text);
    let values = toml::from_str(&text).unwrap_or_default();
    let others = said.iter().filter(|said| !is_owners(said)).map(not_theirs);
    let elsewhere = said.iter().filter(|said| leads_away(said, &values)).map(not_beside);
    let refused: Vec<Problem> = others.chain(elsewhere).collect();
    if !refused.is_empty() {
        return Err(Problems(refused));
    }
    own.resolve_paths(file.parent().unwrap_or(Path::new("")));
    let raw = merged(first, &own, &said).map_err(|error| {
        Problem::new(format!("{name} does not go with the config of the system: {error}"))
    })?;
    Ok(Some(Laid { raw, said }))
}

fn read(file: &Path) -> Result<Option<String>, Problems> {
    let more_than_all = BOOT_FILE_MAX_BYTES + 1;
    let mut bytes = Vec::new();
    let opened = File::open(file);
    match opened.and_then(|file| file.take(more_than_all).read_to_end(&mut bytes)) {
        Ok(_) if bytes.len() as u64 >= more_than_all => {
            let what =
                format!("{} is larger than {} KiB", file.display(), BOOT_FILE_MAX_BYTES / 1024);
            Err(Problem::new(what).hint("write a short one").into())
        }
        // Whichever editor saved it.
        Ok(_) => Ok(Some(BootText::decode(&bytes).text.to_string())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            Err(Problem::new(format!("{} cannot be read: {error}", file.display())).into())
        }
    }
}

fn is_owners(said: &Said) -> bool {
    OWNERS.iter().any(|(section, keys)| {
        *section == said.section && (keys.is_empty() || keys.contains(&said.key.as_str()))
    })
}

/// Whether it names a file that does not lie beside this one: whoever writes it chooses also to whom what
/// stands in such a file is shown.
fn leads_away(said: &Said, values: &toml::Table) -> bool {
    let is_file = FILES.contains(&(said.section.as_str(), said.key.as_str()));
    let named = values.get(&said.section).and_then(|keys| keys.get(&said.key)?.as_str());
    is_file && named.is_some_and(|named| named.contains('/') || named == "..")
}

fn not_beside(said: &Said) -> Problem {
    Problem::new(format!("{} names no file beside this one", said.name()))
        .hint("put the file there, and write its name alone")
        .at(said.place.clone())
}

fn not_theirs(said: &Said) -> Problem {
    Problem::new(format!("{} belongs to the system of the box, and is not set here", said.name()))
        .hint("take the line away")
        .at(said.place.clone())
}

/// The first config, with what the own one says in its place.
fn merged(first: &Raw, own: &Raw, said: &[Said]) -> Result<Raw, String> {
    let table = |raw: &Raw| toml::Table::try_from(raw).map_err(|error| error.to_string());
    let (mut whole, own) = (table(first)?, table(own)?);
    for Said { section, key, .. } in said {
        let value = own.get(section).and_then(|keys| keys.get(key)).cloned();
        let keys = whole.get_mut(section).and_then(toml::Value::as_table_mut);
        if let (Some(value), Some(keys)) = (value, keys) {
            keys.insert(key.clone(), value);
        }
    }
    Raw::deserialize(whole).map_err(|error| error.to_string())
}
