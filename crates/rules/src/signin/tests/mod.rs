//! The rules of signing in, each as a table of cases.

mod app_password;
mod approval;
mod assurance;
mod clock;
mod device;
mod factors;
mod invitation;
mod let_in;
mod name;
mod oidc;
mod passkey;
mod password;
mod pin;
mod recovery;
mod session;
mod throttle;
mod totp;
mod way_back;
