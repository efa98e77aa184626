//! What the log keeps of decisions, and what a member is told: both are what the door says.

use super::world::{
    FILMS, NOW, PASSWORD, PHOTOS, TOTP, ago, ask_with, no_factor, owner, question, session,
};
use crate::claim::State;
use crate::policy::{
    Action, Actor, Asks, Decision, Door, Grace, Guard, Logged, LoggedKind, Question, Required,
    Requirement, RequirementId, Role, Scope, Session, Tend, asks_of, decide,
};
use crate::signin::Assurance::Mfa;

fn row(scope: Scope, grace: Grace, exempt: bool) -> Requirement {
    let id = RequirementId(4);
    Requirement { id, scope, level: Mfa, max_age_seconds: None, exempt, grace }
}

fn logged(session: Session, action: Action, rows: &[Requirement]) -> Option<Logged> {
    let decision = ask_with(&State::Claimed, &Actor::Session(session), action, Door::Api, rows);
    Logged::of(&decision)
}

#[test]
fn what_a_requirement_had_a_say_in_is_kept_and_nothing_else() {
    let none = no_factor(Role::Member);
    let has = session(Role::Member, PASSWORD, ago(60));
    let shown = session(Role::Member, TOTP, ago(60));
    let server = |grace, exempt| [row(Scope::Server, grace, exempt)];
    let kept = |kind, reason| Some(Logged { kind, reason, requirement: Some(4) });
    for (session, rows, expected) in [
        (none, server(Grace::Over, false), kept(LoggedKind::Denied, "enrolment_required")),
        (none, server(Grace::Days(3), false), kept(LoggedKind::Notice, "grace")),
        (none, server(Grace::Over, true), kept(LoggedKind::Exempt, "exemption")),
        (
            has,
            server(Grace::Days(3), false),
            kept(LoggedKind::StepUp, "insufficient_user_authentication"),
        ),
        (shown, server(Grace::Over, false), None),
    ] {
        for action in [Action::Browse, Action::Play, Action::ReportProgress] {
            assert_eq!(logged(session, action, &rows), expected, "{action:?} {session:?}");
        }
        let words = expected.map(|kept| kept.kind.word());
        assert!(words.is_none_or(|word| ["denied", "notice", "exempt", "stepup"].contains(&word)));
        // What is no matter of requirements is in other families of the log, or in none.
        for action in [Action::Tend(Tend::Boards), Action::Guard(Guard::Users), Action::Metrics] {
            assert_eq!(logged(session, action, &rows), None, "{action:?}");
        }
    }
    assert_eq!(logged(owner(), Action::Guard(Guard::Users), &[]), None);
    let actor = Actor::Session(none);
    let asked = question(&State::Claimed, &actor, Action::Browse);
    let broken = decide(&Question { required: Required::Unreadable, ..asked });
    let policy_error =
        Logged { kind: LoggedKind::Denied, reason: "policy_error", requirement: None };
    assert_eq!(Logged::of(&broken), Some(policy_error));
}

#[test]
fn of_a_library_it_is_kept_when_it_is_asked_for() {
    let none = no_factor(Role::Member);
    let permit = |grace, exempt, session| {
        let rows = [row(Scope::Library(FILMS), grace, exempt)];
        let actor = Actor::Session(session);
        let asked = question(&State::Claimed, &actor, Action::Browse);
        let required = Required::Rows(&rows);
        let decision = decide(&Question { libraries: &[], required, ..asked });
        assert_eq!(Logged::of(&decision), None, "the rest of the server is not concerned");
        decision.permit().unwrap()
    };
    let closed = permit(Grace::Over, false, none);
    let told = Logged::of_closed(&closed.opens(FILMS).unwrap_err());
    assert_eq!((told.kind, told.requirement), (LoggedKind::Denied, Some(4)));
    assert!(closed.opens(PHOTOS).is_ok() && closed.eased(FILMS).is_none());
    for (grace, exempt, kind) in
        [(Grace::Days(3), false, LoggedKind::Notice), (Grace::Over, true, LoggedKind::Exempt)]
    {
        let permit = permit(grace, exempt, none);
        assert!(permit.opens(FILMS).is_ok());
        let told = Logged::of_eased(&permit.eased(FILMS).unwrap());
        assert_eq!((told.kind, told.requirement), (kind, Some(4)));
        assert!(permit.eased(PHOTOS).is_none());
    }
    let met = permit(Grace::Over, false, session(Role::Member, TOTP, ago(60)));
    assert!(met.opens(FILMS).is_ok() && met.eased(FILMS).is_none());
}

/// A member is told what their next request meets.
#[test]
fn what_is_asked_is_what_the_door_says() {
    let sessions = [
        no_factor(Role::Member),
        session(Role::Member, PASSWORD, ago(60)),
        session(Role::Member, TOTP, ago(60)),
        session(Role::Administrator, PASSWORD, ago(60)),
    ];
    for session in sessions {
        for grace in [Grace::Over, Grace::Days(0), Grace::Days(9)] {
            for exempt in [false, true] {
                let row = row(Scope::Server, grace, exempt);
                let actor = Actor::Session(session);
                let door = ask_with(&State::Claimed, &actor, Action::Browse, Door::Api, &[row]);
                let asks = asks_of(&row, &session, NOW);
                let fits = match (&door, asks) {
                    (Decision::Allow(_), None | Some(Asks::Exempt))
                    | (Decision::StepUp { .. }, Some(Asks::StepUp))
                    | (Decision::Enrol { .. }, Some(Asks::Enrol)) => true,
                    (Decision::AllowNotice { days, .. }, Some(asks)) => {
                        asks.days_left() == Some(*days) && asks.word() == "notice"
                    }
                    (
                        Decision::Allow(_)
                        | Decision::AllowNotice { .. }
                        | Decision::StepUp { .. }
                        | Decision::Enrol { .. }
                        | Decision::Deny { .. },
                        None
                        | Some(Asks::Exempt | Asks::Notice { .. } | Asks::StepUp | Asks::Enrol),
                    ) => false,
                };
                assert!(fits, "{session:?} {row:?}: {door:?} {asks:?}");
            }
        }
    }
}
