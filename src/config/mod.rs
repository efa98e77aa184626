//! Configuration: as written, then checked, then one struct per concern.
//!
//! ```text
//! file ──parse──▶ Raw ──overrides──▶ Raw ──check──▶ Config
//!        unknown keys,    flags           values
//!        types, lines
//! ```
//!
//! A config with a mistake starts nothing, and every mistake is told at once, with its place; only the
//! owner's own file over it (`own`) is left out. What
//! the values mean on this machine (can the data folder be written?) is `host::ground`'s to say.

pub mod checked;
mod definitions;
pub mod example;
mod issuer;
mod mail;
mod own;
mod problem;
pub mod raw;
mod source;

pub use checked::{
    AccountService, Claim, Config, Discovery, LocalSecurity, Log, LogFormat, LogLevel, Media, Net,
    Paths, PlainPlayback, SignUp, System, Tls, Work,
};
pub use issuer::{Issuer, IssuerUrl};
pub use mail::{Mail, MailSecurity};
pub use own::Own;
pub use problem::{Place, Problem, Problems};
pub use source::UpdateSource;

use raw::Raw;
use std::path::{Path, PathBuf};

/// Where the config lies when no flag names one; it need not exist.
pub const SYSTEM_FILE: &str = "/etc/stead/stead.toml";

/// What command-line flags put in place of the file's values.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// The file to read instead of the system's.
    pub file: Option<PathBuf>,
    /// The data folder.
    pub data: Option<PathBuf>,
    /// The folders in which media may lie; given once, they replace the file's.
    pub media: Vec<PathBuf>,
    /// The port for https.
    pub https_port: Option<u16>,
    /// The port for http.
    pub http_port: Option<u16>,
}

impl Config {
    /// Reads the file that the flags name, else the system's, else the defaults; lets the flags
    /// have the last word; checks every value.
    pub fn load(overrides: &Overrides) -> Result<Self, Problems> {
        let mut raw = match file_to_read(overrides) {
            Some(file) => read(&file)?,
            None => Raw::default(),
        };
        let own = Some(raw.system.own_config.clone()).filter(|own| !own.as_os_str().is_empty());
        let laid = own.map(|file| (own::lay(&raw, &file), file));
        overrides.apply(&mut raw);
        let first = checked::check(raw)?;
        Ok(match laid {
            Some((laid, file)) => Self::over(first, laid, file, overrides),
            None => first,
        })
    }

    /// The owner's own file over the first one, or the first one and why.
    fn over(
        first: Self,
        laid: Result<Option<own::Laid>, Problems>,
        file: PathBuf,
        overrides: &Overrides,
    ) -> Self {
        let whole = match laid {
            Ok(None) => return first,
            Err(problems) => Err(problems),
            Ok(Some(mut laid)) => {
                overrides.apply(&mut laid.raw);
                checked::check(laid.raw.clone())
                    .map(|whole| (whole, laid.keys()))
                    .map_err(|problems| laid.placed(&file, problems))
            }
        };
        match whole {
            Ok((whole, keys)) => {
                Self { own: Own::Taken { file, keys, first: Box::new(first) }, ..whole }
            }
            Err(problems) => Self { own: Own::LeftOut(problems), ..first },
        }
    }
}

/// A file that a flag names must exist; the system's need not.
fn file_to_read(overrides: &Overrides) -> Option<PathBuf> {
    overrides.file.clone().or_else(|| {
        let system = PathBuf::from(SYSTEM_FILE);
        system.exists().then_some(system)
    })
}

fn read(file: &Path) -> Result<Raw, Problems> {
    let text = std::fs::read_to_string(file).map_err(|error| unreadable(file, &error))?;
    let mut raw = raw::parse(&file.display().to_string(), &text)?;
    raw.resolve_paths(file.parent().unwrap_or(Path::new("")));
    Ok(raw)
}

fn unreadable(file: &Path, error: &std::io::Error) -> Problems {
    let what = format!("the config file {} cannot be read: {error}", file.display());
    Problem::new(what)
        .hint("name another one with --config, or leave it away for the defaults")
        .into()
}

impl Overrides {
    fn apply(&self, raw: &mut Raw) {
        if let Some(data) = &self.data {
            raw.paths.data_dir.clone_from(data);
        }
        if !self.media.is_empty() {
            raw.media.roots.clone_from(&self.media);
        }
        if let Some(port) = self.https_port {
            raw.net.https_listen.set_port(port);
        }
        if let Some(port) = self.http_port {
            raw.net.http_listen.set_port(port);
        }
    }
}

#[cfg(test)]
mod tests;
