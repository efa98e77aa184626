//! `stead static-address`: what the network of an appliance is told of the address in `stead.txt`,
//! before it comes up. Without one, and where a line cannot be meant, nothing is told, and the router is
//! asked for an address.

use std::path::{Path, PathBuf};

use clap::Args;
use stead_rules::system::{Link, StaticAddress};

use super::Exit;
use super::flags::ConfigFlags;
use super::say::{chain, complain};
use crate::host::files::{FileError, remove_durably, write_atomically};
use crate::service::claim::static_address;

/// The files of the network, before those of the system by their numbers (`image/rootfs`).
const FILES: [(Link, &str); 2] = [
    (Link::Wired, "70-stead-static-wired.network"),
    (Link::Wireless, "70-stead-static-wireless.network"),
];
/// The network is a user of its own, and there is no secret in them.
const FOR_EVERYBODY: u32 = 0o644;

/// The command line of `stead static-address`.
#[derive(Debug, Args)]
pub(super) struct StaticAddressOf {
    /// The folder of systemd-networkd that holds until the next start
    #[arg(long, value_name = "FOLDER")]
    into: PathBuf,
    #[command(flatten)]
    config: ConfigFlags,
}

impl StaticAddressOf {
    /// A line that is wrong is told and no failure: a unit that failed would say so for ever, to nobody.
    pub(super) fn run(&self) -> Exit {
        let config = match self.config.load() {
            Ok(config) => config,
            Err(exit) => return exit,
        };
        let address = static_address(&config).unwrap_or_else(|wrong| {
            complain(wrong);
            None
        });
        match FILES.iter().try_for_each(|(link, name)| {
            put(&self.into.join(name), address.as_ref().map(|address| (address, *link)))
        }) {
            Ok(()) => Exit::Done,
            Err(error) => {
                complain(chain(&error));
                Exit::Failed
            }
        }
    }
}

fn put(file: &Path, address: Option<(&StaticAddress, Link)>) -> Result<(), FileError> {
    match address {
        Some((address, link)) => {
            write_atomically(file, address.network_file(link).as_bytes(), FOR_EVERYBODY)
        }
        None => remove_durably(file),
    }
}
