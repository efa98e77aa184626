//! `stead check-config`: what is wrong, and where. It changes nothing.

use super::flags::ConfigFlags;
use super::say::{complain, say};
use super::{Exit, say::chain};
use crate::config::example::example;
use crate::config::{Config, Own};
use crate::host::ground;
use clap::Args;

/// The command line of `stead check-config`.
#[derive(Debug, Args)]
pub(super) struct CheckConfig {
    /// Print a commented example with every key and its default
    #[arg(long)]
    example: bool,
    #[command(flatten)]
    config: ConfigFlags,
}

impl CheckConfig {
    pub(super) fn run(&self) -> Exit {
        if self.example {
            say(example().trim_end());
            return Exit::Done;
        }
        match self.config.load() {
            Ok(config) => look_at_the_ground(&config),
            Err(exit) => exit,
        }
    }
}

fn look_at_the_ground(config: &Config) -> Exit {
    if let Own::LeftOut(problems) = &config.own {
        problems.0.iter().for_each(complain);
        return Exit::Config;
    }
    if let Err(error) = ground::examine_data_folder(&config.paths.data_dir) {
        complain(chain(&error));
        return Exit::DataFolder;
    }
    for folder in ground::missing_folders(&config.media.roots) {
        complain(format_args!("warning: {}", missing_root(folder)));
    }
    for warning in config.claim.local_security.warnings() {
        complain(format_args!("warning: {warning}"));
    }
    say("the config is good");
    Exit::Done
}

/// A warning, not a mistake: the disk may be plugged in later.
pub(super) fn missing_root(folder: &std::path::Path) -> String {
    format!("the media folder {} is not there now", folder.display())
}
