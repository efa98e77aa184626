//! `accounts.db`: one module a table family, one function a question.

pub mod audit;
pub mod claim;
pub mod identity;
pub mod libraries;
pub mod local;
pub mod plain;
pub mod sessions;
pub mod throttle;
pub mod user_data;

#[cfg(test)]
mod tests;
