//! What people and systemd call: one file a command.
//!
//! Nothing else in the program writes to standard output. Words for people go there, what is
//! wrong goes to standard error, and the exit code says the same to scripts.

mod accounts;
mod ask;
mod audit;
mod check_config;
mod console;
mod find;
mod flags;
mod health;
mod helper;
mod host_name;
mod new_secret;
mod open;
mod operator;
mod recover;
mod rescue;
mod say;
mod serve;
mod setup_page;
mod static_address;
mod status;
mod version;
mod wipe;

use crate::work::{attendant, worker};
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// What the exit code says. Documented in the help, so the numbers stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Something went wrong; standard error says what.
    Failed = 1,
    /// The server does not run.
    NotRunning = 3,
    /// The data folder belongs to another user.
    NotPermitted = 4,
    /// The data folder cannot be written: full, read-only, in use.
    DataFolder = 73,
    /// The server begins anew: it was wiped or restored, and cannot start itself again.
    Again = 75,
    /// The config has a mistake.
    Config = 78,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

const EXIT_CODES: &str = "\
Exit codes:
   0  done
   1  something went wrong; standard error says what
   2  the command line is wrong
   3  the server does not run
   4  the data folder belongs to another user
  73  the data folder cannot be written: full, read-only, or in use
  75  the server was wiped or restored, and is to be started again
  78  the config has a mistake";

/// A private media server that is never open.
#[derive(Debug, Parser)]
#[command(name = "stead", version = version::short(), after_help = EXIT_CODES)]
#[command(subcommand_required = true, arg_required_else_help = true, max_term_width = 100)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server, until SIGTERM or Ctrl-C
    Serve(serve::Serve),
    /// The account service alone: sign-in for servers elsewhere, and who has an account there
    Accounts(accounts::Accounts),
    /// Show how to get in: before the claim the QR code and the link, afterwards the address
    Open(open::Open),
    /// Help the owner back in who forgot the password or lost the phone
    Rescue(rescue::Rescue),
    /// Open the way to a new owner, as root: when the old one is gone for good
    Recover(recover::Recover),
    /// List the boxes of this network, with their addresses: exit code 1 if there is none
    Find(find::Find),
    /// Tell what the running server says of itself
    Status(status::Status),
    /// Ask the running server whether it works: exit code 0 if it does, be it with limits
    Health(health::Health),
    /// Show on a screen or a serial line of the box how to get in, and how the server fares
    Console(console::Console),
    /// Say what is wrong with the config, and where; changes nothing
    CheckConfig(check_config::CheckConfig),
    /// Check the log of decisions, or write it out
    Audit(audit::Audit),
    /// Make the server forget everything but media, as root and while it does not run
    Wipe(wipe::Wipe),
    /// Tell version, build date and target
    Version,
    /// Tell what the network will call this server; the system asks before it starts
    #[command(hide = true)]
    HostName(host_name::HostName),
    /// Tell the network the address of stead.txt; the system asks before it comes up
    #[command(hide = true)]
    StaticAddress(static_address::StaticAddressOf),
    /// Do one thing that only root can do; the system starts this when the server asks
    #[command(hide = true)]
    Helper(helper::Helper),
    /// Do one job for the server, which starts this itself
    #[command(hide = true)]
    Worker {
        /// Do it as a unit of the system, which tells how it ended
        #[arg(long)]
        unit: bool,
    },
}

/// Reads the command line and does what it says.
#[must_use]
pub fn main() -> ExitCode {
    match CommandLine::parse().command {
        Command::Serve(command) => command.run().into(),
        Command::Accounts(command) => command.run().into(),
        Command::Open(command) => command.run().into(),
        Command::Rescue(command) => command.run().into(),
        Command::Recover(command) => command.run().into(),
        Command::Find(command) => command.run().into(),
        Command::Status(command) => command.run().into(),
        Command::Health(command) => command.run().into(),
        Command::Console(command) => command.run().into(),
        Command::CheckConfig(command) => command.run().into(),
        Command::Audit(command) => command.run().into(),
        Command::Wipe(command) => command.run().into(),
        Command::Version => version::run().into(),
        Command::HostName(command) => command.run().into(),
        Command::StaticAddress(command) => command.run().into(),
        Command::Helper(command) => command.run().into(),
        Command::Worker { unit: false } => worker::main(),
        Command::Worker { unit: true } => attendant::main(),
    }
}

#[cfg(test)]
mod tests;
