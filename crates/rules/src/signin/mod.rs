//! Throttles, one-time codes and what a successful sign-in is worth.
//!
//! Everything here is a rule over values: hashes, codes and clocks are read elsewhere.

mod assurance;
mod clock;
mod common;
mod name;
mod password;
mod recovery;
mod session;
mod throttle;
mod totp;
mod way_back;

pub use crate::claim::Wait;
pub use assurance::{Assurance, Method, Methods};
pub use clock::{TimeSource, time_for_totp};
pub use name::{BadName, Name};
pub use password::{BadPassword, Password, check_password};
pub use recovery::{BadRecoveryCode, RecoveryCode, tail_of_any};
pub use session::{Life, life, rests, ticket_is_live};
pub use throttle::{Misses, Tries, and_one, place_of, wait_after};
pub use totp::{TotpVerdict, accept_step, judge_code, step_of, step_to_heal};
pub use way_back::{
    NoHelp, WayBack, may_be_given, new_password_min_chars, rescue_is_live, way_back_is_live,
};

#[cfg(test)]
mod tests;
