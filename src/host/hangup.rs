//! SIGHUP, by which whoever renewed a certificate says so. It is taken only where there is
//! something to read again; elsewhere it ends the program, as it does any other.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that come.
#[derive(Debug)]
pub struct Hangups(Signal);

impl Hangups {
    /// From now on the signal ends nothing; needs a runtime.
    ///
    /// # Errors
    /// When the system takes no handler.
    pub fn install() -> io::Result<Self> {
        Ok(Self(signal(SignalKind::hangup())?))
    }

    /// The next one; never, where none could be installed.
    pub async fn next(hangups: &mut Option<Self>) {
        let came = match hangups {
            Some(Self(signal)) => signal.recv().await.is_some(),
            None => false,
        };
        if !came {
            std::future::pending().await
        }
    }
}
