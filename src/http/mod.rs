//! The doors: accept, gate, guard, route, answer.
//!
//! ```text
//! accept ─▶ gate ─────────▶ route row ─▶ guard ────────────▶ handler ─▶ use case
//!           host, origin    or 404       credential, decide   wire
//! ```

pub mod accept;
mod assets;
mod authorization;
pub mod conn;
mod cookies;
mod ctx;
mod document;
mod error;
mod gate;
mod guard;
mod headers;
mod leftover;
mod measure;
pub mod oauth;
mod pages;
pub mod routes;
pub mod row;
mod site;
mod stream;
mod v1;
mod wire;

pub use error::Problem;
