//! The account service's doors for programs: what OAuth 2 and OpenID Connect name, with the bodies
//! and the errors of their RFCs. Forms are taken here, so no row below reads a cookie.

mod client;
pub(crate) mod device;
pub(crate) mod discovery;
mod error;
mod form;
pub(crate) mod register;
pub(crate) mod token;
pub(crate) mod tokens;

pub use form::{BadForm, Members};
