//! `stead audit`: whether the log of decisions is as it was written, and the log itself.
//!
//! Both read the database beside a server that runs.

use std::io::{BufWriter, Write as _};
use std::path::Path;

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use stead_store::StoreError;
use stead_store::accounts::audit::{Entry, Hash};
use stead_store::accounts::audit_chain::{Verified, export, from_hex, hex, verify};

use super::Exit;
use super::flags::ConfigFlags;
use super::say::{chain, complain, say};

/// The command line of `stead audit`.
#[derive(Debug, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(super) struct Audit {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check that no entry was changed or taken out; exit code 1 if one was
    Verify(Verify),
    /// Write every entry to standard output, one JSON object a line, the oldest first
    Export(Export),
}

impl Audit {
    pub(super) fn run(&self) -> Exit {
        match &self.command {
            Command::Verify(command) => command.run(),
            Command::Export(command) => command.run(),
        }
    }
}

/// The command line of `stead audit verify`.
#[derive(Debug, Args)]
struct Verify {
    /// An end of the log that was noted earlier, as this command told it: it must still be in it
    #[arg(long, value_name = "NUMBER:HASH", value_parser = head)]
    head: Option<(i64, Hash)>,
    #[command(flatten)]
    config: ConfigFlags,
}

fn head(text: &str) -> Result<(i64, Hash), String> {
    let told = text.split_once(':').and_then(|(number, hash)| {
        Some((number.parse().ok()?, from_hex(&hash.to_ascii_lowercase())?))
    });
    told.ok_or_else(|| "it is a number, a colon and 64 hexadecimal letters".to_owned())
}

impl Verify {
    fn run(&self) -> Exit {
        let config = match self.config.load() {
            Ok(config) => config,
            Err(exit) => return exit,
        };
        match looked_for(&config.paths.data_dir).and_then(|folder| {
            verify(folder, self.head)
                .map_err(|error| Unread::Store(folder.display().to_string(), error))
        }) {
            Ok(verified) => tell(&verified),
            Err(unread) => unread.told(),
        }
    }
}

fn tell(verified: &Verified) -> Exit {
    for anchor in &verified.anchors {
        say(format_args!(
            "entry {}: {} older entries were taken out to make room",
            anchor.seq, anchor.entries
        ));
    }
    if verified.unchained > 0 {
        say(format_args!(
            "{} entries are from before the log was a chain; nothing is known of them",
            verified.unchained
        ));
    }
    if let Some(broken) = verified.broken {
        complain(format_args!("the log does not hold: {broken}"));
        return Exit::Failed;
    }
    say(format_args!("the log holds: {} entries", verified.entries));
    if let Some((number, hash)) = verified.head {
        say(format_args!("its end: {number}:{}", hex(&hash)));
        say(
            "Note that down elsewhere: `stead audit verify --head` finds it again as long as nobody \
             wrote the log anew.",
        );
    }
    Exit::Done
}

/// The command line of `stead audit export`.
#[derive(Debug, Args)]
struct Export {
    #[command(flatten)]
    config: ConfigFlags,
}

impl Export {
    fn run(&self) -> Exit {
        let config = match self.config.load() {
            Ok(config) => config,
            Err(exit) => return exit,
        };
        match looked_for(&config.paths.data_dir).and_then(written) {
            Ok(()) => Exit::Done,
            Err(unread) => unread.told(),
        }
    }
}

fn written(folder: &Path) -> Result<(), Unread> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    export::<Unread>(folder, |entry| Ok(writeln!(out, "{}", line(&entry))?))?;
    Ok(out.flush()?)
}

/// An entry as a line of JSON.
fn line(entry: &Entry) -> Value {
    let detail: Value =
        serde_json::from_str(&entry.detail).unwrap_or_else(|_| Value::String(entry.detail.clone()));
    json!({
        "number": entry.seq,
        "at_ms": entry.at.0,
        "clock": entry.trust,
        "kind": entry.kind,
        "detail": detail,
        "hash": entry.hash.as_ref().map(hex),
    })
}

/// The log was not read.
enum Unread {
    /// There are no accounts.
    Nothing(String),
    /// The database says so.
    Store(String, StoreError),
    /// Whoever reads along has gone, which is no reason to complain, or the disk is full.
    Output(std::io::Error),
}

impl From<StoreError> for Unread {
    fn from(error: StoreError) -> Self {
        Self::Store("the data folder".to_owned(), error)
    }
}

impl From<std::io::Error> for Unread {
    fn from(error: std::io::Error) -> Self {
        Self::Output(error)
    }
}

impl Unread {
    fn told(self) -> Exit {
        match self {
            Self::Nothing(folder) => {
                complain(format_args!(
                    "{folder} holds no accounts, so there is no log; --data names another folder"
                ));
                Exit::DataFolder
            }
            Self::Store(folder, error) => {
                complain(format_args!("the log in {folder} cannot be read: {}", chain(&error)));
                Exit::Failed
            }
            Self::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Exit::Done,
            Self::Output(error) => {
                complain(format_args!("the log cannot be written out: {error}"));
                Exit::Failed
            }
        }
    }
}

fn looked_for(folder: &Path) -> Result<&Path, Unread> {
    if folder.join("accounts.db").exists() {
        Ok(folder)
    } else {
        Err(Unread::Nothing(folder.display().to_string()))
    }
}
