//! The claim's tables, its invariants and random walks over it.

mod boot_file;
mod boot_text;
mod era;
mod local;
mod plug;
mod proof;
mod start;
mod table;
mod walks;
mod words;
mod world;
