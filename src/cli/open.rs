//! `stead open`: how to get in. Before the claim the QR code and the link, and the set-up *file*
//! in the browser; never the link as an argument of a process, where every user could read it.

use super::Exit;
use super::flags::{ConfigFlags, quoted};
use super::health::failed;
use super::say::{complain, say};
use super::setup_page::{SetupPage, find};
use super::{new_secret, status};
use crate::config::{Config, Paths};
use crate::net::qr;
use clap::Args;
use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// The command line of `stead open`.
#[derive(Debug, Clone, Args)]
pub(super) struct Open {
    /// Only tell; open no browser
    #[arg(long)]
    no_browser: bool,
    /// Replace link and code first, because the old ones came into other hands
    #[arg(long)]
    new_secret: bool,
    #[command(flatten)]
    config: ConfigFlags,
}

impl Open {
    pub(super) fn run(&self) -> Exit {
        let config = match self.config.load_of_server() {
            Ok(config) => config,
            Err(exit) => return exit,
        };
        match find(&config.paths.setup_page()) {
            Ok(SetupPage::Links { file, links, own }) => self.invite(&config, &file, &links, own),
            Ok(SetupPage::Foreign { owner }) => self.foreign(&owner),
            Ok(SetupPage::None) => self.home(&config),
            Err(error) => {
                complain(format_args!("the set-up page cannot be read: {error}"));
                Exit::Failed
            }
        }
    }

    /// Not claimed: how to claim. The page outlives the server, so whether that runs is asked.
    fn invite(&self, config: &Config, file: &Path, links: &[String], own: bool) -> Exit {
        if let Err(error) = status::server(config) {
            return failed(&error);
        }
        if self.new_secret {
            return self.renew(config, links);
        }
        say(invitation(&config.paths, file, links).trim_end());
        // A page of another user's that only root may read is of no use to a browser.
        if own && !self.no_browser {
            show(file.as_os_str());
        }
        Exit::Done
    }

    /// The page is read anew: it holds other links then.
    fn renew(&self, config: &Config, links: &[String]) -> Exit {
        match new_secret::renew(&config.paths, links) {
            Ok(true) => Self { new_secret: false, ..self.clone() }.run(),
            Ok(false) => {
                complain("the server has made no new secret yet; its log says why");
                Exit::Failed
            }
            Err(error) => {
                complain(format_args!("the server cannot be asked for a new secret: {error}"));
                Exit::Failed
            }
        }
    }

    fn foreign(&self, owner: &str) -> Exit {
        let flag = |is_set, word| if is_set { word } else { "" };
        let command = format!(
            "sudo -u {} stead open{}{}{}",
            quoted(owner),
            flag(self.no_browser, " --no-browser"),
            flag(self.new_secret, " --new-secret"),
            self.config.typed()
        );
        complain(format_args!(
            "the set-up page belongs to {owner}, and only {owner} may read it; run: {command}"
        ));
        Exit::NotPermitted
    }

    /// No set-up page: claimed, or never started.
    fn home(&self, config: &Config) -> Exit {
        if self.new_secret {
            complain("there is no set-up page, so there is no secret to replace");
            return Exit::Failed;
        }
        match status::server(config) {
            Ok(Some(server)) => {
                let address = status::home(config, &server);
                say(format_args!("{} is at {address}", server.name));
                if server.claimed && !self.no_browser {
                    show(address.as_ref());
                }
                Exit::Done
            }
            Ok(None) => status::foreign(config),
            Err(error) => failed(&error),
        }
    }
}

/// What an unclaimed server shows: QR code, links, the code to type, and the file for other
/// devices.
pub(super) fn invitation(paths: &Paths, file: &Path, links: &[String]) -> String {
    let mut text = String::new();
    if let Some(best) = links.first() {
        if let Ok(code) = qr::terminal(best, ground()) {
            let _ = writeln!(text, "{code}");
        }
        let _ = writeln!(text, "This Stead has no owner yet. Scan the code with a phone on the");
        let _ = writeln!(text, "same network, or open one of these links in a browser:\n");
        for link in links {
            let _ = writeln!(text, "  {link}");
        }
        let _ = writeln!(text, "\nThe browser warns once that it does not know this server; that");
        let _ = writeln!(text, "is expected. Whoever has a link can claim: give it to nobody.");
    }
    if let Some(code) = stead_store::waiting_code(&paths.data_dir) {
        let _ = writeln!(text, "\nWhoever cannot follow a link opens the address without the part");
        let _ = writeln!(text, "behind # and types this code:  {code}\n");
    }
    let _ = writeln!(text, "The same links are in the file {}", file.display());
    text
}

/// Colours where they may be used; a console or a file is taken for dark.
pub(super) fn ground() -> qr::Ground {
    if std::io::stdout().is_terminal() { qr::Ground::Coloured } else { qr::Ground::Dark }
}

/// Hands a file or a plain address to the desktop, if there is one. What comes of it is the
/// desktop's affair: everything needed was told already.
fn show(what: &std::ffi::OsStr) {
    if !has_desktop() {
        return;
    }
    let opened = Command::new("xdg-open")
        .arg(what)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if opened.is_err() {
        complain("no browser could be opened from here (xdg-open is missing)");
    }
}

fn has_desktop() -> bool {
    #[expect(clippy::disallowed_methods, reason = "a desktop session tells of itself there only")]
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    set("DISPLAY") || set("WAYLAND_DISPLAY")
}
