//! The machine: clock, entropy, service manager, disks, console.

pub mod clock;
pub mod entropy;
pub mod files;
