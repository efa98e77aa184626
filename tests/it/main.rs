//! Everything that is tested from outside, one module an area.

mod access;
mod claim;
mod commands;
mod config;
mod directions;
mod harness;
mod kills;
mod program;
mod service_life;
mod tls;
