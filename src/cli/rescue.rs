//! `stead rescue`: the owner's way back. It asks the running server for a rescue secret, as
//! whoever can write in the data folder may, and shows the links that hold it.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::mpsc;
use std::time::Duration;

use clap::Args;

use super::Exit;
use super::flags::{ConfigFlags, quoted};
use super::health::failed;
use super::open::ground;
use super::say::{complain, say};
use super::setup_page::owner_of;
use super::status;
use crate::config::{Config, Paths};
use crate::host::disk::Trouble;
use crate::net::qr;

/// The server looks for a wish every five seconds; a busy box takes its time.
const TRIES: u32 = 150;
const BETWEEN: Duration = Duration::from_millis(200);

/// The command line of `stead rescue`.
#[derive(Debug, Clone, Args)]
pub(super) struct Rescue {
    #[command(flatten)]
    config: ConfigFlags,
}

impl Rescue {
    pub(super) fn run(&self) -> Exit {
        let config = match self.config.load_of_server() {
            Ok(config) => config,
            Err(exit) => return exit,
        };
        match status::server(&config) {
            Ok(Some(server)) if server.claimed => self.ask(&config),
            Ok(Some(_)) => {
                complain("this server has no owner yet; `stead open` shows how to become it");
                Exit::Failed
            }
            Ok(None) => status::foreign(&config),
            Err(error) => failed(&error),
        }
    }

    fn ask(&self, config: &Config) -> Exit {
        match links(&config.paths) {
            Ok(Some(links)) => {
                say(invitation(&links).trim_end());
                Exit::Done
            }
            Ok(None) => {
                complain("the server has made no rescue secret yet; its log says why");
                Exit::Failed
            }
            Err(error) if Trouble::of(&error) == Trouble::Denied => {
                let owner = owner_of(&config.paths.rescue_page());
                let command =
                    format!("sudo -u {} stead rescue{}", quoted(&owner), self.config.typed());
                complain(format_args!(
                    "the data folder belongs to {owner}, and only {owner} may do this; run: {command}"
                ));
                Exit::NotPermitted
            }
            Err(error) => {
                complain(format_args!("the server cannot be asked for a rescue secret: {error}"));
                Exit::Failed
            }
        }
    }
}

/// Asks the running server, and waits until the wish is fulfilled: none when that does not come.
fn links(paths: &Paths) -> io::Result<Option<String>> {
    let wish = paths.rescue_wish();
    // Root may ask too, in a folder of somebody else: no link is followed, nothing is opened that
    // lies there already. A wish that does is as good as this one.
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&wish) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        Ok(_) | Err(_) => {}
    }
    // Nobody sends: this is a pause that ends by itself.
    let (_nobody, pause) = mpsc::channel::<()>();
    for _ in 0..TRIES {
        if wish.symlink_metadata().is_err() {
            return std::fs::read_to_string(paths.rescue_page()).map(Some);
        }
        let _ = pause.recv_timeout(BETWEEN);
    }
    Ok(None)
}

fn invitation(links: &str) -> String {
    let mut text = String::new();
    if let Some(best) = links.lines().next()
        && let Ok(code) = qr::terminal(best, ground())
    {
        let _ = writeln!(text, "{code}");
    }
    let _ =
        writeln!(text, "The way back of this server's owner. Scan the code, or open one of these");
    let _ = writeln!(text, "links within 15 minutes, and have a recovery code at hand:\n");
    for link in links.lines() {
        let _ = writeln!(text, "  {link}");
    }
    let _ = writeln!(text, "\nThe link alone opens nothing. Give it to nobody all the same.");
    text
}
