//! The machine: clock, entropy, files, service manager, disks, console.

pub mod clock;
pub mod disk;
pub mod entropy;
pub mod files;
pub mod ground;
pub mod users;
