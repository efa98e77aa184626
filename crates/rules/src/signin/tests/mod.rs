//! The rules of signing in, each as a table of cases.

mod approval;
mod assurance;
mod clock;
mod factors;
mod name;
mod passkey;
mod password;
mod recovery;
mod session;
mod throttle;
mod totp;
