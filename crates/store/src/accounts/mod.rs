//! `accounts.db`: one module a table family, one function a question.

pub mod adoption;
pub mod alone;
pub mod audit;
pub mod audit_chain;
pub mod board;
pub mod claim;
pub mod decisions;
pub mod devices;
pub mod era;
pub mod exemptions;
pub mod factors;
pub mod grace;
pub mod groups;
pub mod identity;
pub mod invitations;
pub mod issuers;
pub mod libraries;
pub mod limits;
pub mod local;
pub mod lost;
pub mod mail;
pub mod notices;
pub mod passkeys;
pub mod password_tries;
pub mod people;
pub mod plain;
pub mod profiles;
pub mod provider;
pub mod ratings;
pub mod remembered;
pub mod reminders;
pub mod requirements;
pub mod sessions;
pub mod throttle;
pub mod updates;
pub mod user_data;
pub mod way_back;

#[cfg(test)]
mod tests;
