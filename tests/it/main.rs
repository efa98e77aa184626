//! Everything that is tested from outside, one module an area.

mod access;
mod claim;
mod commands;
mod config;
mod directions;
mod discovery;
mod harness;
mod kills;
mod lan;
mod program;
mod service_life;
mod setup_page;
mod tls;
