//! Who may do what: one pure function per request.

mod actor;

pub use actor::{Assurance, ClientKind, Role};
