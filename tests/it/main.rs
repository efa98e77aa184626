//! Everything that is tested from outside, one module an area.

mod commands;
mod config;
mod directions;
mod program;
mod service_life;
mod tls;
