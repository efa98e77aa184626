//! The complete tables actor × action × server state × assurance and age, and door × action.

use std::fmt::Write;

use super::world::{PASSKEY, TOTP, actors, ask, ask_with, cell, owner, question, states};
use crate::claim::State;
use crate::golden;
use crate::policy::{Action, Actor, Door, Guard, Own, Question, Session, Tend, decide};
use crate::signin::{Method, Methods};

/// One action of each class; that a class is judged alike is a test of its own.
const COLUMNS: [Action; 13] = [
    Action::ReadPublic,
    Action::ClaimBegin,
    Action::ClaimStep,
    Action::SignIn,
    Action::OwnAccount(Own::Read),
    Action::OwnAccount(Own::Factors),
    Action::Browse,
    Action::Play,
    Action::ReportProgress,
    Action::Tend(Tend::Libraries),
    Action::Metrics,
    Action::Guard(Guard::Users),
    Action::Unlock,
];

const LEGEND: &str = "\
Who may do what. Each block is a state of the server. A session is named by role, way and age of
its sign-in; `device` is a password on a remembered device, `age?` an age that the clock cannot
tell. own, tend and guard stand for all actions of their class, own.factors for itself alone.

  yes            allowed                       -unclaimed   the server has no owner yet
  up mfa 15m     show a factor, not older      -claimed     the server has an owner
  enrol mfa      set up a factor first         -notyours    this browser holds no claim
  -stranger      not signed in                 -locked      the server is locked
  -ended         the session is over           -unlocked    there is nothing to unlock
  -disabled      the account is off            -orphaned    the owner is gone
  -role          takes another role            -client      not with this kind of client
  -refused       the issuer refused the owner and has not let them in since
";

#[test]
fn the_table_is_the_reviewed_one() {
    let mut text = LEGEND.to_owned();
    for (name, state) in states() {
        block(&mut text, name, &state);
    }
    doors(&mut text);
    refused_owner(&mut text);
    golden::check("policy.txt", &text);
}

fn block(text: &mut String, name: &str, state: &State) {
    head(text, name);
    for (label, actor) in actors() {
        let cells = COLUMNS.map(|action| cell(&ask(state, &actor, action)));
        row(text, &label, &cells);
    }
}

fn doors(text: &mut String) {
    head(text, "claimed, owner with a fresh factor, by door");
    for door in Door::ALL {
        let actor = Actor::Session(owner());
        let ask = |action| cell(&ask_with(&State::Claimed, &actor, action, door, &[]));
        row(text, door.word(), &COLUMNS.map(ask));
    }
}

/// How they signed in, and what that leaves an owner whom their issuer had refused.
fn refused_owner(text: &mut String) {
    head(text, "orphaned, the issuer refused the owner, by way of signing in");
    let none = Methods::NONE;
    let (word, sure) = (none.and(Method::External), none.and(Method::ExternalMfa));
    let strict = none.and(Method::ExternalPhishingResistant);
    for (label, methods) in [
        ("pwd + totp", TOTP),
        ("passkey", PASSKEY),
        ("issuer", word),
        ("issuer + totp", word.and(Method::Totp)),
        ("issuer + passkey", word.and(Method::Passkey)),
        ("issuer, on a device", word.and(Method::RememberedDevice)),
        ("issuer says mfa", sure),
        ("issuer says mfa+", strict),
    ] {
        let actor = Actor::Session(Session { methods, ..owner() });
        let ask = |action| {
            let question = question(&State::Orphaned, &actor, action);
            cell(&decide(&Question { owner_refused: true, ..question }))
        };
        row(text, label, &COLUMNS.map(ask));
    }
}

fn head(text: &mut String, name: &str) {
    let words = COLUMNS.map(|action| action.word().replace("report_", ""));
    let words = words.map(|word| match word.split_once('.') {
        Some(("own", "factors")) => word,
        Some((class, _)) => class.to_owned(),
        None => word,
    });
    writeln!(text, "\n{name}").unwrap();
    row(text, "", &words);
}

fn row(text: &mut String, label: &str, cells: &[String]) {
    let mut line = format!("  {label:<26}");
    for cell in cells {
        write!(line, " {cell:<12}").unwrap();
    }
    writeln!(text, "{}", line.trim_end()).unwrap();
}

#[test]
fn a_class_of_actions_is_judged_alike() {
    let stands_for = |action| match action {
        Action::OwnAccount(Own::Factors) => action,
        Action::OwnAccount(_) => Action::OwnAccount(Own::Read),
        Action::Tend(_) => Action::Tend(Tend::Libraries),
        Action::Guard(_) => Action::Guard(Guard::Users),
        Action::ReadPublic
        | Action::ClaimBegin
        | Action::ClaimStep
        | Action::ProvePresence
        | Action::SignIn
        | Action::Browse
        | Action::Play
        | Action::ReportProgress
        | Action::Metrics
        | Action::Unlock => action,
    };
    for (_, state) in states() {
        for (label, actor) in actors() {
            for action in Action::ALL {
                let other = cell(&ask(&state, &actor, stands_for(action)));
                assert_eq!(cell(&ask(&state, &actor, action)), other, "{label} {action:?}");
            }
        }
    }
}
