//! `accounts.db`: one module a table family, one function a question.

pub mod audit;
pub mod claim;
pub mod identity;
pub mod libraries;
pub mod people;
pub mod sessions;
pub mod throttle;
pub mod user_data;
pub mod way_back;

#[cfg(test)]
mod tests;
