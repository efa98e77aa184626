//! Who may do what: one pure function per request.
//!
//! [`decide`] judges in a fixed order: the state of the server, the door, the session, what is
//! always allowed to oneself, administration, and then the requirements that the owner set. The
//! least permissive verdict wins, and what nothing allows is denied.
//!
//! Every answer that lets somebody in carries a [`Permit`], which only this module can make. Use
//! cases take a `&Permit`, so forgetting to ask does not compile, and begin with
//! [`Permit::permits`], so asking for something else opens nothing.
//!
//! Facts come from the database at each request; nothing that a client carries is believed.

mod act;
mod actor;
mod acts;
mod decide;
mod decision;
mod grace;
mod logged;
mod question;
mod remind;
mod require;
mod standing;

pub use crate::signin::Assurance;
pub use act::{Action, Door, Guard, Own, Tend, is_done_in_a_profile};
pub use actor::{ClientKind, Role, Shows};
pub use acts::{
    Author, CannotExempt, CannotRequire, GroupIsRequired, RemindedAlready, Wished, may_exempt,
    may_give_days, may_keep_less, may_remind, may_remove_group, may_require,
};
pub use decide::decide;
pub use decision::{
    Closed, Decision, Eased, Holder, LOCAL_VIEWER, NotPermitted, Opens, Permit, Reason, Rule,
};
pub use grace::Allowance;
pub use logged::{Logged, LoggedKind};
pub use question::{Account, Actor, Epoch, Question, Session};
pub use remind::{Reminder, reminder_due};
pub use require::{Asks, Grace, Required, Requirement, RequirementId, Scope, asks_of};
pub use standing::{Person, Standing};

#[cfg(test)]
mod tests;
