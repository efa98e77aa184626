//! Which decisions the log keeps, and in which words.

use super::decision::{Closed, Decision, Eased, Opens, Reason, Rule};

/// A decision as the log keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Logged {
    /// What was decided.
    pub kind: LoggedKind,
    /// Why: a stable code.
    pub reason: &'static str,
    /// The requirement that asked for it, if it can be read.
    pub requirement: Option<i64>,
}

/// What was decided, of what is required.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LoggedKind {
    /// Let in while grace lasts.
    Notice,
    /// Let in by an exemption.
    Exempt,
    /// Asked to show a factor.
    StepUp,
    /// Not let in.
    Denied,
}

impl LoggedKind {
    /// The stable word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Exempt => "exempt",
            Self::StepUp => "stepup",
            Self::Denied => "denied",
        }
    }
}

impl Logged {
    /// What the log keeps of a decision: what a requirement had a say in, and a policy that cannot be
    /// judged.
    #[must_use]
    pub fn of(decision: &Decision) -> Option<Self> {
        let (kind, reason, rule) = match decision {
            Decision::Allow(permit) => (LoggedKind::Exempt, "exemption", permit.rule()),
            Decision::AllowNotice { rule, .. } => (LoggedKind::Notice, "grace", *rule),
            Decision::StepUp { rule, .. } => (LoggedKind::StepUp, STEP_UP, *rule),
            Decision::Enrol { rule, .. } => (LoggedKind::Denied, ENROL, *rule),
            Decision::Deny { reason, rule } => (LoggedKind::Denied, Reason::code(*reason), *rule),
        };
        match (kind, rule) {
            (LoggedKind::Exempt, Rule::Exemption(id))
            | (
                LoggedKind::Notice | LoggedKind::StepUp | LoggedKind::Denied,
                Rule::Requirement(id),
            ) => Some(Self { kind, reason, requirement: Some(id.0) }),
            (LoggedKind::Denied, Rule::Unreadable) => {
                Some(Self { kind, reason, requirement: None })
            }
            (
                LoggedKind::Exempt | LoggedKind::Notice | LoggedKind::StepUp | LoggedKind::Denied,
                Rule::State
                | Rule::Door
                | Rule::Session
                | Rule::Own
                | Rule::Role
                | Rule::Tend
                | Rule::Guard
                | Rule::Local
                | Rule::Default
                | Rule::Requirement(_)
                | Rule::Exemption(_)
                | Rule::Unreadable,
            ) => None,
        }
    }

    /// The same of a library that a permission is good for although its requirement is not met.
    #[must_use]
    pub const fn of_eased(eased: &Eased) -> Self {
        let (kind, reason) = if eased.exempt {
            (LoggedKind::Exempt, "exemption")
        } else {
            (LoggedKind::Notice, "grace")
        };
        Self { kind, reason, requirement: Some(eased.requirement.0) }
    }

    /// The same of a library that a permission is not good for.
    #[must_use]
    pub fn of_closed(closed: &Closed) -> Self {
        let (kind, reason) = match closed.opens {
            Opens::StepUp { .. } => (LoggedKind::StepUp, STEP_UP),
            Opens::Enrol { .. } => (LoggedKind::Denied, ENROL),
            Opens::AnotherWayIn => (LoggedKind::Denied, Reason::NotThisClient.code()),
        };
        let requirement = match closed.rule {
            Rule::Requirement(id) | Rule::Exemption(id) => Some(id.0),
            Rule::State
            | Rule::Door
            | Rule::Session
            | Rule::Own
            | Rule::Role
            | Rule::Tend
            | Rule::Guard
            | Rule::Local
            | Rule::Default
            | Rule::Unreadable => None,
        };
        Self { kind, reason, requirement }
    }
}

const STEP_UP: &str = "insufficient_user_authentication";
const ENROL: &str = "enrolment_required";
