//! What a server is given to start with: everything that had to be settled before the first
//! thread and the first request.

use super::ground::DataFolder;
use super::listen::Doors;
use super::notify::Notifier;
use super::shutdown::Shutdown;
use crate::config::Config;

/// Everything for one run of the server.
pub struct Start {
    /// The checked config.
    pub config: Config,
    /// The data folder, tried and held; the lock goes when this is dropped.
    pub data_folder: DataFolder,
    /// The open sockets, which nobody answers yet.
    pub doors: Doors,
    /// The way to the service manager.
    pub notifier: Notifier,
    /// Begun by a signal; the server drains then.
    pub shutdown: Shutdown,
    /// To be called once, when the first health pass went well and the doors answer.
    pub answering: Box<dyn FnOnce() + Send>,
}
