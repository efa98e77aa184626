//! Asking a running account service by two files in its data folder: see `service::operator`.
//!
//! Whoever may write there has the service in hand. Root may ask too, in a folder of somebody else.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, fchown};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use stead_rules::ids::TicketId;

use super::ask::AskError;
use super::flags::{ConfigFlags, quoted};
use super::say::{chain, complain};
use super::setup_page::owner_of;
use super::{Exit, status};
use crate::config::{Config, Paths};
use crate::host::disk::Trouble;
use crate::host::entropy::{SystemEntropy, fresh};
use crate::host::kind::Kind;
use crate::host::users;
use crate::service::operator::wire::{Answer, Ask, Told, Wish};

/// The service looks for a wish each second; a busy machine takes its time.
const TRIES: u32 = 300;
const BETWEEN: Duration = Duration::from_millis(100);

/// Speaks with one service.
pub(super) struct Asker<'a> {
    flags: &'a ConfigFlags,
    config: Config,
}

/// There is no answer of use.
#[derive(Debug)]
pub(super) enum Unanswered {
    /// It was told already.
    Told(Exit),
    /// The service said something else than it was asked.
    Odd,
}

impl Unanswered {
    /// Says what is wrong, if that was not said.
    pub(super) fn told(self) -> Exit {
        match self {
            Self::Told(exit) => exit,
            Self::Odd => {
                complain(
                    "the service gave another answer than was asked for; is it of this version?",
                );
                Exit::Failed
            }
        }
    }
}

fn failed(exit: Exit, why: impl std::fmt::Display) -> Unanswered {
    complain(why);
    Unanswered::Told(exit)
}

impl<'a> Asker<'a> {
    /// For the service of this config, which must run.
    pub(super) fn new(flags: &'a ConfigFlags) -> Result<Self, Unanswered> {
        let config = flags.load_of(Kind::Accounts).map_err(Unanswered::Told)?;
        match status::server(&config) {
            Ok(Some(server)) if server.kind == Kind::Accounts.word() => Ok(Self { flags, config }),
            Ok(Some(_)) => Err(failed(
                Exit::Failed,
                "a media server runs there, not an account service: its owner helps its people",
            )),
            Ok(None) => Err(Unanswered::Told(status::foreign(&config))),
            Err(AskError::NotRunning(address)) => Err(failed(
                Exit::NotRunning,
                format_args!(
                    "the account service does not run: nothing answers on port {}; `stead accounts \
                     serve` starts it",
                    address.port()
                ),
            )),
            Err(error) => Err(failed(Exit::Failed, chain(&error))),
        }
    }

    /// Asks, and waits for the answer.
    pub(super) fn ask(&self, ask: &Ask) -> Result<Told, Unanswered> {
        let id = fresh(&SystemEntropy::new(), TicketId::from_bytes).to_string();
        let paths = &self.config.paths;
        let wish = Wish { id: id.clone(), ask: ask.clone() };
        match put(paths, &wish) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(failed(Exit::Failed, "another `stead accounts` waits; try again"));
            }
            Err(error) if Trouble::of(&error) == Trouble::Denied => {
                return Err(self.not_permitted());
            }
            Err(error) => {
                return Err(failed(
                    Exit::DataFolder,
                    format_args!("the data folder does not take the wish: {error}"),
                ));
            }
        }
        match answer(paths, &id) {
            Some(Told::NoSuchAccount) => {
                Err(failed(Exit::Failed, "nobody signs in by this name; see stead accounts list"))
            }
            Some(Told::Failed) | None => {
                Err(failed(Exit::Failed, "the service did not do it; its log says why"))
            }
            Some(told @ (Told::Accounts(_) | Told::Link { .. } | Told::Removed(_))) => Ok(told),
        }
    }

    fn not_permitted(&self) -> Unanswered {
        let owner = owner_of(&self.config.paths.operator_wish());
        failed(
            Exit::NotPermitted,
            format_args!(
                "the data folder belongs to {owner}, and only {owner} and root may do this; run it \
                 by: sudo -u {} stead accounts …{}",
                quoted(&owner),
                self.flags.typed()
            ),
        )
    }
}

/// The wish appears whole, and in nobody's place.
fn put(paths: &Paths, wish: &Wish) -> io::Result<()> {
    let path = paths.operator_wish();
    let temporary = path.with_extension(&wish.id);
    let text = serde_json::to_vec(wish).map_err(io::Error::other)?;
    let written = write(&temporary, &text).and_then(|()| std::fs::hard_link(&temporary, &path));
    let _ = std::fs::remove_file(&temporary);
    written
}

/// What root writes must be readable by whoever runs the service, and by nobody else.
fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    if users::own_uid() == 0
        && let Some(folder) = path.parent()
    {
        let of = folder.metadata()?;
        fchown(&file, Some(of.uid()), Some(of.gid()))?;
    }
    file.write_all(text)?;
    file.sync_all()
}

/// Waits until the wish is taken away. One that nobody takes is taken back.
fn answer(paths: &Paths, id: &str) -> Option<Told> {
    // Nobody sends: this is a pause that ends by itself.
    let (_nobody, pause) = mpsc::channel::<()>();
    for _ in 0..TRIES {
        if paths.operator_wish().symlink_metadata().is_err() {
            let text = std::fs::read(paths.operator_answer()).ok()?;
            let answer: Answer = serde_json::from_slice(&text).ok()?;
            if answer.id != id {
                return None;
            }
            let _ = std::fs::remove_file(paths.operator_answer());
            return Some(answer.told);
        }
        let _ = pause.recv_timeout(BETWEEN);
    }
    let _ = std::fs::remove_file(paths.operator_wish());
    None
}
