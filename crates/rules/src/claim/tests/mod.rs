//! The claim's tables, its invariants and random walks over it.

mod local;
mod proof;
mod start;
mod table;
mod walks;
mod words;
mod world;
