//! `stead helper`: root's part, started by the system for one connection.

use super::Exit;
use super::flags::ConfigFlags;
use super::say::{chain, complain};
use crate::config::Config;
use crate::helper::{HelperError, Place, Tools, serve};
use crate::host::users;
use clap::Args;
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};

/// os-release(5).
const OS_RELEASE: &str = "/etc/os-release";
/// Where `image/rootfs/usr/lib/stead/fall-back` leaves its word: beside the loader's environment, since
/// the data partition may be what is missing.
const STATE: &str = "/dev/stead/state";
/// In there, as `image/state.tsv` says.
const FALLEN_OFFSET: u64 = 262_656;
/// Where a system keeps the networks that it was told of: iwd's, and networkd's written by Stead.
const NETWORKS: [&str; 2] = ["/var/lib/iwd", "/var/lib/stead-network"];

/// The command line of `stead helper`.
#[derive(Debug, Args)]
pub(super) struct Helper {
    /// The only user that may ask
    #[arg(long, value_name = "NAME", default_value = "stead")]
    user: String,
    #[command(flatten)]
    config: ConfigFlags,
}

impl Helper {
    pub(super) fn run(&self) -> Exit {
        let config = match self.config.load() {
            Ok(config) => config,
            Err(exit) => return exit,
        };
        let Some(uid) = users::uid_of(&self.user) else {
            complain(format_args!("there is no user {}", self.user));
            return Exit::Failed;
        };
        let served = connection()
            .map_err(HelperError::NoConnection)
            .and_then(|socket| serve(&socket, uid, &place(&config)));
        match served {
            Ok(()) => Exit::Done,
            Err(error) => {
                complain(chain(&error));
                Exit::NotPermitted
            }
        }
    }
}

/// The connection that the system hands over, apart from what is this program's input.
fn connection() -> io::Result<OwnedFd> {
    let stdin = io::stdin();
    let socket = rustix::io::fcntl_dupfd_cloexec(stdin.as_fd(), 3)?;
    rustix::net::sockopt::socket_type(&socket)?;
    Ok(socket)
}

fn place(config: &Config) -> Place {
    Place {
        media: config.system.disks.clone(),
        updates: config.system.updates.clone(),
        os_release: OS_RELEASE.into(),
        fallen: (STATE.into(), FALLEN_OFFSET),
        networks: NETWORKS.map(Into::into).to_vec(),
        tools: Tools::of_the_system(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_of_a_system_that_was_left_lies_where_the_image_puts_it() {
        let table = include_str!("../../image/state.tsv");
        assert!(table.contains(&format!("\nfallen\t{FALLEN_OFFSET}\t512\n")), "{table}");
    }
}
