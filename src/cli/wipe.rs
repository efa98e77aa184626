//! `stead wipe`: everything of a server goes, and nothing of anybody's media. As root, while the
//! server does not run; its owner does the same in the settings.

use std::io::Write as _;

use clap::Args;
use stead_store::Store;
use stead_store::accounts::claim::server;

use super::Exit;
use super::flags::ConfigFlags;
use super::say::{chain, complain, say};
use crate::config::{Config, Paths};
use crate::host::ground::DataFolder;
use crate::host::kind::Kind;
use crate::host::users;
use crate::service::claim::wipe;

/// What a server is called whose accounts cannot be read.
const NAMELESS: &str = "Stead";

/// The command line of `stead wipe`.
#[derive(Debug, Args)]
pub(super) struct Wipe {
    /// The server's name, to wipe it without being asked
    #[arg(long, value_name = "NAME")]
    yes_wipe: Option<String>,
    #[command(flatten)]
    config: ConfigFlags,
}

impl Wipe {
    pub(super) fn run(&self) -> Exit {
        let config = match self.config.load_of_server() {
            Ok(config) => config,
            Err(exit) => return exit,
        };
        if users::own_uid() != 0 {
            complain(format_args!(
                "only root may wipe a server; run: sudo stead wipe{}",
                self.config.typed()
            ));
            return Exit::NotPermitted;
        }
        if !config.paths.data_dir.is_dir() {
            complain(format_args!("there is no {}", config.paths.data_dir.display()));
            return Exit::DataFolder;
        }
        // Held until the end: no server starts on what is half gone.
        let _held = match DataFolder::prepare(&config.paths.data_dir, Kind::Server) {
            Ok(held) => held,
            Err(error) => {
                complain(chain(&error));
                return Exit::DataFolder;
            }
        };
        self.wiped(&config)
    }

    fn wiped(&self, config: &Config) -> Exit {
        let name = name(&config.paths);
        let typed = self.yes_wipe.clone().or_else(|| asked(&name)).unwrap_or_default();
        if typed.trim() != name {
            complain(format_args!("nothing was wiped: the server is called {name}"));
            return Exit::Failed;
        }
        let done = wipe::begin(&config.paths)
            .map_err(|error| chain(&error))
            .and_then(|()| wipe::go_on(&config.paths).map_err(|error| error.to_string()));
        match done {
            Ok(_) => {
                say("The server is wiped. When it starts it waits for its owner.");
                Exit::Done
            }
            Err(error) => {
                complain(format_args!(
                    "the wipe is not finished, and goes on at the next start: {error}"
                ));
                Exit::Failed
            }
        }
    }
}

fn name(paths: &Paths) -> String {
    let store = Store::open(&paths.data_dir).ok();
    let known = store.and_then(|store| store.accounts.read(server).ok()).flatten();
    known.map_or_else(|| NAMELESS.to_owned(), |server| server.name.trim().to_owned())
}

/// What somebody at a terminal types.
fn asked(name: &str) -> Option<String> {
    say(format_args!(
        "Accounts, libraries and where people stopped will be gone for good; media stay.\n\
         To wipe this server, type its name, which is {name}:"
    ));
    std::io::stdout().flush().ok()?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).ok()?;
    Some(line)
}
