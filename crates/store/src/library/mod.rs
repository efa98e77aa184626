//! `library.db`: what lies on the disks, what it is called, and what is known about it.
//!
//! Every list that people see joins `acc.visible_library`; functions that do are those that take
//! a [`UserId`](stead_rules::ids::UserId). The others are for the indexer, which sees all.

pub mod detail;
pub mod folders;
pub mod home;
pub mod item;
pub mod lists;
pub mod missing;
pub mod pictures;
pub mod problems;
pub mod put;
pub mod ratings;
pub mod roots;
pub mod search;
pub mod totals;

#[cfg(test)]
mod tests;
