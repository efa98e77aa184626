//! The flags that stand in for config values, shared by every command that needs the config.

use super::Exit;
use super::say::{chain, complain};
use crate::config::{Config, Overrides, Problems};
use crate::host::ground::{DataFolderError, check_kind};
use crate::host::kind::Kind;
use clap::Args;
use std::path::PathBuf;

/// Flags of every command that reads the config.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Config")]
pub(super) struct ConfigFlags {
    /// Read this file [default: /etc/stead/stead.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The data folder [default: ./data, or what the config says]
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// A folder in which media may lie; may be given several times
    #[arg(long, value_name = "FOLDER")]
    media: Vec<PathBuf>,
    /// The port for https [default: 8443]
    #[arg(long, value_name = "PORT")]
    https_port: Option<u16>,
    /// The port for http, which leads to https [default: 8080]
    #[arg(long, value_name = "PORT")]
    http_port: Option<u16>,
}

/// Why there is no config to go by.
pub(super) enum NoConfig {
    /// It has mistakes.
    Wrong(Problems),
    /// It is about another kind of service.
    OfAnother(DataFolderError),
}

impl NoConfig {
    /// Tells it, to standard error.
    pub(super) fn tell(self) -> Exit {
        match self {
            Self::Wrong(problems) => {
                problems.0.iter().for_each(complain);
                Exit::Config
            }
            Self::OfAnother(error) => {
                complain(chain(&error));
                Exit::DataFolder
            }
        }
    }

    /// It in words, a line a mistake.
    pub(super) fn why(&self) -> String {
        match self {
            Self::Wrong(problems) => problems.to_string(),
            Self::OfAnother(error) => chain(error),
        }
    }
}

impl ConfigFlags {
    /// The checked config; its mistakes have been told when it is an exit.
    pub(super) fn load(&self) -> Result<Config, Exit> {
        self.read().map_err(|problems| NoConfig::Wrong(problems).tell())
    }

    /// The checked config; its mistakes are for the caller to tell.
    pub(super) fn read(&self) -> Result<Config, Problems> {
        let overrides = Overrides {
            file: self.config.clone(),
            data: self.data.clone(),
            media: self.media.clone(),
            https_port: self.https_port,
            http_port: self.http_port,
        };
        Config::load(&overrides)
    }

    /// The same for a command that is about a media server: the folder of an account service is
    /// left alone.
    pub(super) fn load_of_server(&self) -> Result<Config, Exit> {
        self.load_of(Kind::Server)
    }

    /// The same for a command that is about one kind of service alone.
    pub(super) fn load_of(&self, kind: Kind) -> Result<Config, Exit> {
        self.read_of(kind).map_err(NoConfig::tell)
    }

    /// The same; why there is none is for the caller to tell.
    pub(super) fn read_of(&self, kind: Kind) -> Result<Config, NoConfig> {
        let config = self.read().map_err(NoConfig::Wrong)?;
        check_kind(&config.paths.data_dir, kind).map_err(NoConfig::OfAnother)?;
        Ok(config)
    }

    /// The flags as they were typed, to be repeated in an advice.
    pub(super) fn typed(&self) -> String {
        let path = |flag: &str, path: &Option<PathBuf>| {
            path.as_ref().map(|path| format!(" --{flag} {}", quoted(&path.display().to_string())))
        };
        let port = |flag: &str, port: Option<u16>| port.map(|port| format!(" --{flag} {port}"));
        [
            path("config", &self.config),
            path("data", &self.data),
            port("https-port", self.https_port),
            port("http-port", self.http_port),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// As a shell takes it: in single quotes when it holds more than plain letters.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:@%,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}
