//! `stead recover`: the way to a new owner for whoever has the system in hand.
//!
//! The wish is a file in the data folder, as with another secret. That folder belongs to the user
//! that runs the server, who must not be able to make somebody the owner; so the file counts only
//! if it is root's, and only root can make one.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use clap::Args;

use super::flags::ConfigFlags;
use super::say::{complain, say};
use super::setup_page::{SetupPage, find};
use super::{Exit, open, status};
use crate::config::Config;
use crate::host::users;

/// The server looks for a wish every five seconds; a busy box takes its time.
const TRIES: u32 = 150;
const BETWEEN: Duration = Duration::from_millis(200);

/// The command line of `stead recover`.
#[derive(Debug, Args)]
pub(super) struct Recover {
    /// Say that the button of the box asks, held for ten seconds or more, and not root
    #[arg(long)]
    button: bool,
    #[command(flatten)]
    config: ConfigFlags,
}

impl Recover {
    pub(super) fn run(&self) -> Exit {
        let config = match self.config.load_of_server() {
            Ok(config) => config,
            Err(exit) => return exit,
        };
        if users::own_uid() != 0 {
            complain(format_args!(
                "only root may ask for a new owner; run: sudo stead recover{}",
                self.config.typed()
            ));
            return Exit::NotPermitted;
        }
        let by = if self.button { "button\n" } else { "root\n" };
        if let Err(error) = ask(&config.paths.recover_wish(), by) {
            complain(format_args!(
                "the data folder {} does not take the wish: {error}",
                config.paths.data_dir.display()
            ));
            return Exit::DataFolder;
        }
        wait(&config)
    }
}

/// No link is followed, nothing is opened that lies there already. A wish that does is as good as
/// this one.
fn ask(path: &Path, by: &str) -> io::Result<()> {
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match opened {
        Ok(mut file) => file.write_all(by.as_bytes()).and_then(|()| file.sync_all()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

fn wait(config: &Config) -> Exit {
    // Nobody sends: this is a pause that ends by itself.
    let (_nobody, pause) = mpsc::channel::<()>();
    for _ in 0..TRIES {
        if config.paths.recover_wish().symlink_metadata().is_err() {
            return tell(config);
        }
        if status::server(config).is_err() {
            say("The server does not run. When it starts it waits for its new owner.");
            return Exit::Done;
        }
        let _ = pause.recv_timeout(BETWEEN);
    }
    complain("the server did not take the wish up; its log says why");
    Exit::Failed
}

fn tell(config: &Config) -> Exit {
    let waits = status::server(config).ok().flatten().is_some_and(|at| at.state == "recovery");
    match find(&config.paths.setup_page()) {
        Ok(SetupPage::Links { file, links, .. }) if waits => {
            say("The server waits for its new owner. Until then it serves nothing else.\n");
            say(open::invitation(&config.paths, &file, &links));
            Exit::Done
        }
        Ok(_) | Err(_) => {
            complain("there is nothing to recover: the server has no owner yet; see stead open");
            Exit::Failed
        }
    }
}
