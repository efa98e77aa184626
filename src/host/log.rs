//! The log: lines for people, JSON for machines, or fields in systemd's journal.
//!
//! What may be written: ids as fields, units in names, what happened. Never secrets, tokens or
//! bodies: types that hold a secret print nothing of it.

use std::io::IsTerminal as _;
use std::os::unix::fs::MetadataExt as _;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{EnvFilter, Registry, fmt};

/// How the log looks and where it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The journal when standard error leads there, else text.
    Auto,
    /// Lines for people, on standard error.
    Text,
    /// A JSON object a line, on standard error.
    Json,
    /// systemd's journal, with fields.
    Journald,
}

/// The log cannot be written as asked.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// There is no journal.
    #[error("log.format is journald, but systemd's journal does not listen: choose auto")]
    NoJournal(#[source] std::io::Error),
    /// Somebody set a log up before.
    #[error("the log is set up already")]
    Twice(#[from] tracing::subscriber::SetGlobalDefaultError),
}

/// Sets the log up for the whole program. `level` is one of error, warn, info, debug, trace; it
/// is for Stead's own words, what libraries say is heard from warnings up.
pub fn init(format: Format, level: &str) -> Result<(), LogError> {
    let filter = EnvFilter::new(format!("warn,stead={level},stead_store={level}"));
    let base = tracing_subscriber::registry().with(filter);
    match format {
        Format::Text => install(base.with(text())),
        Format::Json => install(base.with(json())),
        Format::Journald => {
            let journal = tracing_journald::layer().map_err(LogError::NoJournal)?;
            install(base.with(journal))
        }
        Format::Auto => match journal_if_connected() {
            Some(journal) => install(base.with(journal)),
            None => install(base.with(text())),
        },
    }?;
    std::panic::set_hook(Box::new(log_panic));
    Ok(())
}

fn install(subscriber: impl tracing::Subscriber + Send + Sync) -> Result<(), LogError> {
    tracing::subscriber::set_global_default(subscriber).map_err(LogError::from)
}

type Base = tracing_subscriber::layer::Layered<EnvFilter, Registry>;

fn text() -> impl tracing_subscriber::Layer<Base> + Send + Sync {
    let colours = std::io::stderr().is_terminal();
    fmt::layer().with_writer(std::io::stderr).with_ansi(colours).with_target(false)
}

fn json() -> impl tracing_subscriber::Layer<Base> + Send + Sync {
    fmt::layer().json().flatten_event(true).with_writer(std::io::stderr)
}

/// systemd tells device and inode of the stream that leads to the journal; when standard error
/// was redirected since, they differ and the log belongs there.
fn journal_if_connected() -> Option<tracing_journald::Layer> {
    #[expect(clippy::disallowed_methods, reason = "systemd names its stream there only")]
    let stream = std::env::var("JOURNAL_STREAM").ok()?;
    let stderr = std::fs::metadata("/proc/self/fd/2").ok()?;
    let connected = stream == format!("{}:{}", stderr.dev(), stderr.ino());
    connected.then(|| tracing_journald::layer().ok()).flatten()
}

/// Where it happened, not with which values: those may be anybody's.
fn log_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(place, "a defect in Stead: a part of it ended");
}
