//! The policy's tables and what must hold in each of their rows.

mod acts;
mod grace;
mod invariants;
mod logged;
mod requirements;
mod table;
mod world;
