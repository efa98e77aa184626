//! The machine: clock, entropy, service manager, disks, console.
