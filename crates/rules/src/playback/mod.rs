//! Who may be sent which bytes, and how.
//!
//! [`plan`] says whether a client can play a file as it is, [`admit`] whether a signed link still
//! opens it, [`answer`] which bytes of it go out, and [`resume`] where to go on the next time. None of them opens a file.

mod date;
mod plan;
mod range;
mod resume;
mod token;

pub use date::{http_date, parse_http_date};
pub use plan::{Client, Media, NotPlayable, Plan, plan};
pub use range::{Answer, Conditions, Method, Representation, answer, file_etag};
pub use resume::{Heard, Resume, resume};
pub use token::{BadLink, LOCAL_SESSION, StreamLink, admit};

#[cfg(test)]
mod tests;
