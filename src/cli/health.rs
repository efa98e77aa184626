//! `stead health`: the answer is the exit code. The update's health gate and container probes
//! call it.

use super::Exit;
use super::ask::{AskError, ask};
use super::flags::ConfigFlags;
use super::say::{chain, complain, say};
use clap::Args;

/// The command line of `stead health`.
#[derive(Debug, Args)]
pub(super) struct Health {
    #[command(flatten)]
    config: ConfigFlags,
}

impl Health {
    pub(super) fn run(&self) -> Exit {
        let config = match self.config.load() {
            Ok(config) => config,
            Err(exit) => return exit,
        };
        match ask(config.net.http_listen, "/health") {
            Ok(answer) => {
                say(answer.body.trim_end());
                if answer.status == 200 { Exit::Done } else { Exit::Failed }
            }
            Err(error) => failed(&error),
        }
    }
}

/// Tells why nobody answered.
pub(super) fn failed(error: &AskError) -> Exit {
    complain(chain(error));
    match error {
        AskError::NotRunning(_) => Exit::NotRunning,
        AskError::Silent { .. } => Exit::Failed,
    }
}
