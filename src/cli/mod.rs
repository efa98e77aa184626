//! What people and systemd call: one file a command.
