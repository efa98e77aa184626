//! `accounts.db`: one module a table family, one function a question.

pub mod audit;
pub mod claim;
pub mod factors;
pub mod devices;
pub mod identity;
pub mod libraries;
pub mod notices;
pub mod remembered;
pub mod passkeys;
pub mod people;
pub mod provider;
pub mod sessions;
pub mod throttle;
pub mod user_data;
pub mod way_back;

#[cfg(test)]
mod tests;
