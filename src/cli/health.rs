//! `stead health`: the answer is the exit code. The update's health gate and container probes
//! call it.

use super::Exit;
use super::ask::{Answer, AskError, ask};
use super::flags::ConfigFlags;
use super::say::{chain, complain, say};
use super::status;
use crate::config::Config;
use crate::host::last_words;
use crate::work::pace::Moment;
use clap::Args;
use std::sync::mpsc;
use std::time::Duration;

/// How often a server that is not well yet is asked again.
const BETWEEN: Duration = Duration::from_millis(500);

/// The command line of `stead health`.
#[derive(Debug, Args)]
pub(super) struct Health {
    /// Ask again until it does, for so many seconds: for the gate of an update
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    wait: u64,
    /// Well is only what can read its accounts, too: for the gate of an update
    #[arg(long)]
    accounts: bool,
    #[command(flatten)]
    config: ConfigFlags,
}

impl Health {
    pub(super) fn run(&self) -> Exit {
        let config = match self.config.load() {
            Ok(config) => config,
            Err(exit) => return exit,
        };
        let begun = Moment::now();
        // Nobody sends: this is a pause that ends by itself.
        let (_nobody, pause) = mpsc::channel::<()>();
        loop {
            let answer = ask(config.net.http_listen, "/health");
            let is_well = answer.as_ref().is_ok_and(|answer| self.is_well(answer));
            // One that is locked stays so.
            let is_up = answer.as_ref().is_ok_and(|answer| answer.status == 200);
            if is_up || begun.left_ms(self.wait.saturating_mul(1000)) == 0 {
                return tell(&config, answer, is_well);
            }
            let _ = pause.recv_timeout(BETWEEN);
        }
    }

    fn is_well(&self, answer: &Answer) -> bool {
        let reads_accounts = || answer.body.lines().any(|line| line == "database ok");
        answer.status == 200 && (!self.accounts || reads_accounts())
    }
}

fn tell(config: &Config, answer: Result<Answer, AskError>, is_well: bool) -> Exit {
    match answer {
        Ok(answer) if is_well => {
            say(answer.body.trim_end());
            Exit::Done
        }
        Ok(answer) => {
            say(answer.body.trim_end());
            complain(ailing(config, &answer));
            Exit::Failed
        }
        Err(error) => {
            let ended = failed(&error);
            // Last, where whoever goes back from an update finds it.
            if let Some(said) = last_words::told() {
                complain(said);
            }
            ended
        }
    }
}

/// In a sentence what is not well: who went back from an update reads it.
fn ailing(config: &Config, answer: &Answer) -> String {
    let failed = answer.body.lines().filter_map(|line| line.strip_suffix(" failed"));
    let failed = failed.collect::<Vec<_>>().join(", ");
    let server = status::server(config).ok().flatten();
    match server.filter(|server| server.reason.is_some()) {
        Some(server) => format!("Stead answers, and is {}", status::state(&server)),
        None if failed.is_empty() => "what answers is not Stead".to_owned(),
        None => format!("Stead answers, and is not well: {failed}"),
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
