//! A whole server in this process: real files, real SQLite, real sockets, and a clock that the
//! test sets.

mod app;
mod client;
mod issuer;
mod people;
mod registrar;

pub(crate) use app::{App, Options, copy_folder, link_secret_in};
pub(crate) use client::{Answer, Client};
pub(crate) use issuer::{FakeIssuer, Lie, TokenDraft, encoded, query_of};
pub(crate) use people::{
    Owner, damage_accounts, in_accounts, in_accounts_many, in_index, second_account,
    second_account_in, totp_code,
};
