//! Stead: a private media server that is never open.
#![deny(unsafe_code)]

pub mod app;
pub mod cli;
pub mod config;
pub mod helper;
pub mod host;
pub mod http;
pub mod net;
pub mod service;
pub mod work;
