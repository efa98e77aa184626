//! `stead host-name`: what the network will call a server, told before it starts. On an appliance the
//! router hears it with the first question for an address.

use clap::Args;

use super::Exit;
use super::flags::ConfigFlags;
use super::say::{chain, complain, say};
use crate::host::entropy::SystemEntropy;
use crate::host::ground::DataFolder;
use crate::host::kind::Kind;
use crate::service::claim::name_ahead;

/// The command line of `stead host-name`.
#[derive(Debug, Args)]
pub(super) struct HostName {
    #[command(flatten)]
    config: ConfigFlags,
}

impl HostName {
    pub(super) fn run(&self) -> Exit {
        let config = match self.config.load_of_server() {
            Ok(config) => config,
            Err(exit) => return exit,
        };
        // Held until the name is told: no server starts on what is half done.
        let _held = match DataFolder::prepare(&config.paths.data_dir, Kind::Server) {
            Ok(held) => held,
            Err(error) => {
                complain(chain(&error));
                return Exit::DataFolder;
            }
        };
        match name_ahead(&config, &SystemEntropy::new()) {
            Ok(name) => {
                say(name);
                Exit::Done
            }
            Err(error) => {
                complain(chain(&error));
                Exit::Failed
            }
        }
    }
}
