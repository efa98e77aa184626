//! Work in the background: indexing, pictures, child processes.
//!
//! Nothing here knows HTTP. Whatever decodes pictures or video does so in a worker process that
//! is started for one job, is shut in before it sees a foreign byte, and is killed without regret.

pub mod launcher;
pub mod pace;
pub mod probe;
pub mod worker;
