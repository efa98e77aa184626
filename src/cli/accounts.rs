//! `stead accounts`: the account service alone.

use super::Exit;
use super::serve::ServeAccounts;
use clap::{Args, Subcommand};

/// The command line of `stead accounts`.
#[derive(Debug, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(super) struct Accounts {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the account service without a media server, until SIGTERM or Ctrl-C
    Serve(ServeAccounts),
}

impl Accounts {
    pub(super) fn run(&self) -> Exit {
        match &self.command {
            Command::Serve(command) => command.run(),
        }
    }
}
