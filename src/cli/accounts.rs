//! `stead accounts`: the account service alone, and what whoever runs it does to its accounts.
//!
//! The commands that change something ask the running service (`operator`), so that what they do holds
//! at once for whoever is signed in.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};

use clap::{Args, Subcommand};

use super::flags::ConfigFlags;
use super::open::ground;
use super::operator::{Asker, Unanswered};
use super::say::{complain, say};
use super::serve::ServeAccounts;
use super::{Exit, version};
use crate::net::qr;
use crate::service::operator::wire::{Ask, Line, Told};

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
    /// List the accounts of the running service
    List(List),
    /// Make a link by which somebody who forgot their password chooses another one
    Link(Link),
    /// Remove an account, with all that hangs on it
    Remove(Remove),
}

impl Accounts {
    pub(super) fn run(&self) -> Exit {
        match &self.command {
            Command::Serve(command) => command.run(),
            Command::List(command) => command.run(),
            Command::Link(command) => command.run(),
            Command::Remove(command) => command.run(),
        }
    }
}

/// The command line of `stead accounts list`.
#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    config: ConfigFlags,
}

impl List {
    fn run(&self) -> Exit {
        answered(&self.config, |asker| {
            let Told::Accounts(all) = asker.ask(&Ask::List)? else { return Err(Unanswered::Odd) };
            say(table(&all).trim_end());
            Ok(Exit::Done)
        })
    }
}

/// The command line of `stead accounts link`.
#[derive(Debug, Args)]
pub(super) struct Link {
    /// What its person types to sign in
    name: String,
    /// Set up a new authenticator by the link, too: for who lost what they sign in with. All second
    /// factors of the account go when the link is used
    #[arg(long)]
    new_factor: bool,
    #[command(flatten)]
    config: ConfigFlags,
}

impl Link {
    fn run(&self) -> Exit {
        answered(&self.config, |asker| {
            let ask = Ask::Link { name: self.name.clone(), new_factor: self.new_factor };
            let Told::Link { name, urls, seconds } = asker.ask(&ask)? else {
                return Err(Unanswered::Odd);
            };
            say(invitation(&name, &urls, seconds).trim_end());
            Ok(Exit::Done)
        })
    }
}

/// The command line of `stead accounts remove`.
#[derive(Debug, Args)]
pub(super) struct Remove {
    /// What its person types to sign in
    name: String,
    /// Remove it without being asked
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    config: ConfigFlags,
}

impl Remove {
    fn run(&self) -> Exit {
        answered(&self.config, |asker| {
            let named = || self.name.clone();
            let Told::Accounts(found) = asker.ask(&Ask::Look { name: named() })? else {
                return Err(Unanswered::Odd);
            };
            let Some(account) = found.first() else { return Err(Unanswered::Odd) };
            if !self.yes && !is_meant(account) {
                return Ok(Exit::Failed);
            }
            let Told::Removed(gone) = asker.ask(&Ask::Remove { name: named() })? else {
                return Err(Unanswered::Odd);
            };
            say(format_args!(
                "The account {} is removed, and everybody in it is signed out.",
                gone.name
            ));
            Ok(Exit::Done)
        })
    }
}

/// Speaks with the running service, and tells why if that did not come about.
fn answered(config: &ConfigFlags, work: impl Fn(&Asker<'_>) -> Result<Exit, Unanswered>) -> Exit {
    let done = Asker::new(config).and_then(|asker| work(&asker));
    done.unwrap_or_else(|why| why.told())
}

fn is_meant(account: &Line) -> bool {
    if !std::io::stdin().is_terminal() {
        complain("nothing was removed: nobody is at a terminal to say so; --yes says it");
        return false;
    }
    let clients = match account.clients {
        0 => String::new(),
        n => format!(
            "It let {n} servers or programs in: nobody signs in to them by this service any more.\n"
        ),
    };
    say(format_args!(
        "{} will be gone for good, with all that it signs in with.\n{clients}To remove this account, \
         type its name, which is {}:",
        account.name, account.name
    ));
    let mut line = String::new();
    let read = std::io::stdout().flush().and_then(|()| std::io::stdin().read_line(&mut line));
    let meant = read.is_ok() && line.trim() == account.name;
    if !meant {
        complain(format_args!("nothing was removed: the account is called {}", account.name));
    }
    meant
}

fn invitation(name: &str, urls: &[String], seconds: u64) -> String {
    let mut text = String::new();
    if let Some(best) = urls.first()
        && let Ok(code) = qr::terminal(best, ground())
    {
        let _ = writeln!(text, "{code}");
    }
    let hours = seconds / 3600;
    let _ = writeln!(
        text,
        "A new password for {name}. Hand over the code or one of these links: it works"
    );
    let _ =
        writeln!(text, "once, within {hours} hours. The old password works until it is used.\n");
    for url in urls {
        let _ = writeln!(text, "  {url}");
    }
    let _ = writeln!(text, "\nWhoever has the link has the account: give it to {name} alone.");
    text
}

fn table(all: &[Line]) -> String {
    if all.is_empty() {
        return "There are no accounts yet.".to_owned();
    }
    let rows: Vec<[String; 5]> = all.iter().map(row).collect();
    let heads = ["NAME", "MADE", "LAST SEEN", "SECOND FACTORS", "LET IN"].map(str::to_owned);
    let lines = || std::iter::once(&heads).chain(&rows);
    let width = |column: usize| {
        let cells = lines().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let mut text = String::new();
    for row in lines() {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let _ = writeln!(text, "\n{} accounts", all.len());
    if all.iter().any(|line| line.goes) {
        let _ = writeln!(text, "unused: it goes by itself a week after it was made");
    }
    text
}

fn row(line: &Line) -> [String; 5] {
    let day = |ms: i64| version::date(u64::try_from(ms).unwrap_or_default() / 86_400_000);
    let factors = match (line.factors.is_empty(), line.goes) {
        (false, _) => line.factors.join(", "),
        (true, true) => "none, unused".to_owned(),
        (true, false) => "none".to_owned(),
    };
    [
        line.name.clone(),
        day(line.created_ms),
        line.last_seen_ms.map_or_else(|| "-".to_owned(), day),
        factors,
        line.clients.to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_told_in_columns() {
        let line = |name: &str, goes: bool| Line {
            name: name.to_owned(),
            created_ms: 1_793_000_000_000,
            last_seen_ms: (!goes).then_some(1_793_000_000_000),
            factors: if goes { vec![] } else { vec!["totp".to_owned(), "passkey".to_owned()] },
            clients: 2,
            goes,
        };
        let told = table(&[line("Robin", false), line("Ängström", true)]);
        let expected = "\
NAME      MADE        LAST SEEN   SECOND FACTORS  LET IN
Robin     2026-10-26  2026-10-26  totp, passkey   2
Ängström  2026-10-26  -           none, unused    2

2 accounts
unused: it goes by itself a week after it was made
";
        assert_eq!(told, expected);
        assert_eq!(table(&[]), "There are no accounts yet.");
    }
}
