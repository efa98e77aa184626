//! `stead find`: the boxes of this network, for whoever has one and does not know where.

use super::Exit;
use super::say::{chain, complain, say};
use crate::net::mdns::found::{Found, find};
use crate::net::names::interfaces;
use clap::Args;
use serde_json::json;
use std::fmt::Write as _;
use std::time::Duration;
use stead_rules::limits::{FIND_SECONDS, FIND_SECONDS_MAX};

/// The command line of `stead find`.
#[derive(Debug, Args)]
pub(super) struct Find {
    /// Listen this long, from 4 to 60
    #[arg(long, value_name = "SECONDS", default_value_t = FIND_SECONDS,
          value_parser = clap::value_parser!(u64).range(FIND_SECONDS..=FIND_SECONDS_MAX))]
    seconds: u64,
    /// Write JSON for other programs
    #[arg(long)]
    json: bool,
}

impl Find {
    pub(super) fn run(&self) -> Exit {
        match find(Duration::from_secs(self.seconds)) {
            Ok(boxes) => self.tell(&boxes),
            Err(trouble) => {
                complain(format_args!("the network could not be asked: {}", chain(&trouble)));
                Exit::Failed
            }
        }
    }

    fn tell(&self, boxes: &[Found]) -> Exit {
        if self.json {
            say(json!({ "boxes": boxes.iter().map(as_json).collect::<Vec<_>>() }));
        } else if !boxes.is_empty() {
            say(boxes.iter().map(as_text).collect::<Vec<_>>().join("\n").trim_end());
        }
        if boxes.is_empty() {
            complain(nobody(self.seconds, is_in_a_network()));
            return Exit::Failed;
        }
        Exit::Done
    }
}

/// An interface that leads to other machines and has an address.
fn is_in_a_network() -> bool {
    interfaces().is_ok_and(|all| all.iter().any(|interface| !interface.loopback))
}

fn nobody(seconds: u64, is_in_a_network: bool) -> String {
    if !is_in_a_network {
        return String::from(
            "this computer is in no network: connect it by cable or Wi-Fi, then try again",
        );
    }
    format!(
        "no box answered within {seconds} s. Is it switched on, and in the same network as this \
         computer? A guest Wi-Fi and a VPN are other networks. The list of devices in your router \
         and the screen of the box tell its address too"
    )
}

fn as_text(found: &Found) -> String {
    let mut text = format!("{}, {}\n", found.host_name, owner(found.claimed));
    for link in found.links() {
        let _ = writeln!(text, "  {link}");
    }
    let version = Some(format!("Stead {}", found.version)).filter(|_| !found.version.is_empty());
    let model = Some(found.model.clone()).filter(|model| !model.is_empty());
    let what: Vec<_> = version.into_iter().chain(model).collect();
    if !what.is_empty() {
        let _ = writeln!(text, "  {}", what.join(", "));
    }
    text
}

const fn owner(claimed: Option<bool>) -> &'static str {
    match claimed {
        Some(false) => "waits for its owner",
        Some(true) => "has an owner",
        None => "does not say whether it has an owner",
    }
}

fn as_json(found: &Found) -> serde_json::Value {
    json!({
        "host_name": found.host_name,
        "addresses": found.addresses,
        "port": found.port,
        "url": found.link(&found.host_name),
        "urls": found.links(),
        "claimed": found.claimed,
        "version": found.version,
        "model": found.model,
        "id": found.id,
    })
}
