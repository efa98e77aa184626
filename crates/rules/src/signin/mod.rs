//! Throttles, one-time codes and what a successful sign-in is worth.

mod assurance;
mod session;

pub use assurance::{Assurance, Method, Methods};
pub use session::{Life, life, rests};

#[cfg(test)]
mod tests;
