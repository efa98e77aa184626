//! Requirements: each judged by itself, the least permissive verdict wins.

use std::fmt::Write;

use super::world::{
    FILMS, PASSKEY, PASSWORD, PHOTOS, REMEMBERED, TOTP, ago, ask_with, cell, no_factor, question,
    session,
};
use crate::claim::State;
use crate::golden;
use crate::ids::LibraryId;
use crate::policy::{
    Action, Actor, Decision, Door, Grace, Guard, Opens, Question, Required, Requirement,
    RequirementId, Role, Rule, Scope, Session, Tend, decide,
};
use crate::signin::Assurance::{self, Mfa, MfaPhishingResistant};
use crate::signin::{Method, Methods};

fn row(level: Assurance, grace: Grace, exempt: bool) -> Requirement {
    Requirement {
        id: RequirementId(1),
        scope: Scope::Server,
        level,
        max_age_seconds: None,
        exempt,
        grace,
    }
}

fn browse(session: Session, rows: &[Requirement]) -> Decision {
    ask_with(&State::Claimed, &Actor::Session(session), Action::Browse, Door::Api, rows)
}

fn people() -> [(&'static str, Session); 7] {
    let member = |methods| session(Role::Member, methods, ago(60));
    [
        ("member, pwd, no factor", no_factor(Role::Member)),
        ("member, pwd, has a factor", member(PASSWORD)),
        ("member, totp", member(TOTP)),
        ("member, remembered device", member(REMEMBERED)),
        ("member, passkey", member(PASSKEY)),
        ("administrator, no factor", no_factor(Role::Administrator)),
        ("owner, totp", session(Role::Owner, TOTP, ago(60))),
    ]
}

#[test]
fn the_table_is_the_reviewed_one() {
    let mut text = String::from(
        "One requirement, judged for each kind of user; mfa+ is phishing-resistant.\n",
    );
    for level in [Mfa, MfaPhishingResistant] {
        for (grace_name, grace) in [("no grace", Grace::Over), ("3 days left", Grace::Days(3))] {
            for exempt in [false, true] {
                let exemption = if exempt { "exempt" } else { "not exempt" };
                writeln!(text, "\n{}, {grace_name}, {exemption}", level.word()).unwrap();
                lines(&mut text, &[row(level, grace, exempt)]);
            }
        }
    }
    for level in [Mfa, MfaPhishingResistant] {
        writeln!(text, "\n{}, of an owner who would require less", level.word()).unwrap();
        for (name, person) in owners() {
            let guard = |act| {
                let (actor, rows) = (Actor::Session(person), [row(level, Grace::Over, false)]);
                let act = Action::Guard(act);
                cell(&ask_with(&State::Claimed, &actor, act, Door::Api, &rows))
            };
            let (policy, ease) = (guard(Guard::Policy), guard(Guard::Ease));
            writeln!(text, "  {name:<35} policy: {policy:<12} ease: {ease}").unwrap();
        }
    }
    golden::check("requirements.txt", &text);
}

/// By what they keep, and what they have shown in this session.
fn owners() -> [(&'static str, Session); 9] {
    let code = PASSWORD.and(Method::RecoveryCode);
    let by =
        |reach, methods, seconds| Session { reach, ..session(Role::Owner, methods, ago(seconds)) };
    [
        ("nothing kept, pwd", by(Assurance::Password, PASSWORD, 60)),
        ("nothing kept, recovery code", by(Assurance::Password, code, 60)),
        ("totp kept, pwd", by(Mfa, PASSWORD, 60)),
        ("totp kept, totp", by(Mfa, TOTP, 60)),
        ("totp kept, totp 15m ago", by(Mfa, TOTP, 900)),
        ("passkey kept, totp", by(MfaPhishingResistant, TOTP, 60)),
        ("passkey kept, passkey", by(MfaPhishingResistant, PASSKEY, 60)),
        ("passkey kept, recovery code", by(MfaPhishingResistant, code, 60)),
        ("passkey kept, recovery code 15m ago", by(MfaPhishingResistant, code, 900)),
    ]
}

fn lines(text: &mut String, rows: &[Requirement]) {
    for (name, person) in people() {
        let actor = Actor::Session(person);
        let tend = Action::Tend(Tend::Scans);
        let tend = ask_with(&State::Claimed, &actor, tend, Door::Api, rows);
        let browse = cell(&browse(person, rows));
        writeln!(text, "  {name:<27} browse: {browse:<12} tend: {}", cell(&tend)).unwrap();
    }
}

#[test]
fn the_least_permissive_verdict_wins() {
    let person = no_factor(Role::Member);
    for (rows, want) in [
        (vec![], "yes"),
        (vec![row(Mfa, Grace::Days(9), false), row(Mfa, Grace::Days(2), false)], "notice 2d"),
        (vec![row(Mfa, Grace::Days(9), false), row(Mfa, Grace::Over, false)], "enrol mfa"),
        (vec![row(Mfa, Grace::Over, true), row(Mfa, Grace::Days(1), false)], "notice 1d"),
        (vec![row(Mfa, Grace::Days(0), false)], "enrol mfa"),
        (
            vec![row(Mfa, Grace::Over, false), row(MfaPhishingResistant, Grace::Over, false)],
            "enrol mfa+",
        ),
    ] {
        assert_eq!(cell(&browse(person, &rows)), want, "{rows:?}");
        let turned: Vec<_> = rows.iter().rev().copied().collect();
        assert_eq!(cell(&browse(person, &turned)), want, "order does not matter");
    }
}

#[test]
fn what_must_resist_phishing_is_not_played_over_plain_http() {
    let passkey = Actor::Session(session(Role::Member, PASSKEY, ago(60)));
    let ask = |action, door, level| {
        let rows = [row(level, Grace::Days(9), true)];
        cell(&ask_with(&State::Claimed, &passkey, action, door, &rows))
    };
    for action in [Action::Browse, Action::Play, Action::ReportProgress] {
        assert_eq!(ask(action, Door::Plain, MfaPhishingResistant), "-client", "{action:?}");
        assert_eq!(ask(action, Door::Plain, Mfa), "yes");
        assert_eq!(ask(action, Door::Api, MfaPhishingResistant), "yes");
    }
}

/// A session that outlived the factor that was shown in it, or that a code from the owner opened once.
#[test]
fn a_factor_that_is_gone_speaks_for_nobody() {
    let code = Methods::NONE.and(Method::Password).and(Method::RecoveryCode);
    let issuer = Methods::NONE.and(Method::ExternalPhishingResistant);
    for (methods, reach, level, want) in [
        (TOTP, Mfa, Mfa, "yes"),
        (TOTP, Assurance::Password, Mfa, "enrol mfa"),
        (REMEMBERED, Assurance::Password, Mfa, "enrol mfa"),
        (PASSKEY, Assurance::None, Mfa, "enrol mfa"),
        (PASSKEY, Mfa, Mfa, "yes"),
        (PASSKEY, Mfa, MfaPhishingResistant, "enrol mfa+"),
        (code, Mfa, Mfa, "yes"),
        (code, Assurance::Password, Mfa, "enrol mfa"),
        (issuer, Mfa, MfaPhishingResistant, "yes"),
        (issuer, Assurance::Password, Mfa, "yes"),
    ] {
        let person = Session { reach, ..session(Role::Member, methods, ago(60)) };
        for max_age_seconds in [None, Some(3600)] {
            let rows = [Requirement { max_age_seconds, ..row(level, Grace::Over, false) }];
            let got = cell(&browse(person, &rows));
            let want =
                if methods == REMEMBERED && max_age_seconds.is_some() { "enrol mfa" } else { want };
            assert_eq!(got, want, "{} with {reach:?} kept, {level:?}", methods.words());
        }
    }
}

#[test]
fn a_library_asks_for_itself_only() {
    let of =
        |library| Requirement { scope: Scope::Library(library), ..row(Mfa, Grace::Over, false) };
    let person = no_factor(Role::Member);
    assert_eq!(cell(&browse(person, &[of(PHOTOS)])), "yes", "films are asked for");
    assert_eq!(cell(&browse(person, &[of(FILMS)])), "enrol mfa");
}

#[test]
fn answers_name_the_requirement() {
    let answer = browse(no_factor(Role::Member), &[row(Mfa, Grace::Days(3), false)]);
    let Decision::AllowNotice { permit, rule, .. } = answer else { panic!("{answer:?}") };
    assert_eq!(rule, Rule::Requirement(RequirementId(1)));
    assert_eq!(permit.rule(), rule);
}

/// Who asks for nothing in particular gets everything but what is closed, and it is closed as it
/// would be if it were asked for alone.
#[test]
fn a_permission_names_the_libraries_that_it_is_not_good_for() {
    for (name, person) in people() {
        for level in [Mfa, MfaPhishingResistant] {
            for grace in [Grace::Over, Grace::Days(3)] {
                for exempt in [false, true] {
                    for door in [Door::Api, Door::Plain] {
                        let row = Requirement {
                            scope: Scope::Library(PHOTOS),
                            ..row(level, grace, exempt)
                        };
                        let actor = Actor::Session(person);
                        let ask = |libraries: &[LibraryId]| {
                            let required = Required::Rows(std::slice::from_ref(&row));
                            let browse = question(&State::Claimed, &actor, Action::Browse);
                            decide(&Question { door, libraries, required, ..browse })
                        };
                        let permit = ask(&[]).permit().unwrap();
                        let alone = ask(&[PHOTOS]);
                        let what = format!("{name} {row:?} {door:?} {alone:?}");
                        assert!(permit.opens(FILMS).is_ok(), "{what}");
                        let Err(closed) = permit.opens(PHOTOS) else {
                            assert!(alone.lets_in() && permit.closed().is_empty(), "{what}");
                            continue;
                        };
                        assert_eq!(closed.rule, Rule::Requirement(RequirementId(1)));
                        match (closed.opens, alone) {
                            (
                                Opens::StepUp { level, max_age_seconds },
                                Decision::StepUp { level: asked, max_age_seconds: age, .. },
                            ) => {
                                assert_eq!((level, max_age_seconds), (asked, age), "{what}");
                            }
                            (Opens::Enrol { level }, Decision::Enrol { level: asked, .. }) => {
                                assert_eq!(level, asked, "{what}")
                            }
                            (Opens::AnotherWayIn, Decision::Deny { .. }) => {}
                            (opens, _) => panic!("{opens:?} {what}"),
                        }
                    }
                }
            }
        }
    }
}
