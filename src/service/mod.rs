//! Use cases: one function per thing a person can do.

pub mod setup_page;
