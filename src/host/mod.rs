//! The machine: clock, entropy, files, service manager, disks, console.

pub mod beneath;
pub mod clock;
pub mod descriptors;
pub mod disk;
pub mod entropy;
pub mod files;
pub mod ground;
pub mod hangup;
pub mod helper;
pub mod kind;
pub mod last_words;
pub mod listen;
pub mod log;
pub mod metrics;
pub mod notify;
pub mod packet;
pub mod shutdown;
pub mod start;
pub mod users;
pub mod vital;
