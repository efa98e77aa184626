//! Every decision Stead takes, as functions of values.
//!
//! Nothing here reads a clock, draws randomness, opens a file or a socket, logs, or awaits.
//! What a decision needs is an argument; what must happen afterwards is returned as data.
#![forbid(unsafe_code)]

pub mod claim;
pub mod ids;
pub mod limits;
pub mod media;
pub mod playback;
pub mod policy;
pub mod provider;
pub mod proxy;
pub mod secret;
pub mod signin;
pub mod system;
pub mod time;
pub mod updates;

#[cfg(test)]
mod golden;
