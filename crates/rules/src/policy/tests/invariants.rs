//! What must hold whatever the tables say.

use std::collections::HashSet;

use super::world::{HOLDER, NOW, actors, ago, ask, ask_with, owner, question, session, states};
use super::world::{PASSKEY, TOTP};
use crate::claim::State;
use crate::ids::{ProfileId, UserId};
use crate::policy::{
    Action, Actor, ClientKind, Decision, Door, Epoch, Holder, Own, Question, Role, Session, Shows,
    decide,
};
use crate::signin::{Assurance, Method, Methods};
use crate::time::{Moment, Now, TimeTrust};

fn every_answer(check: impl Fn(&State, &Actor, Action, Decision)) {
    for (_, state) in states() {
        for (_, actor) in actors() {
            for action in Action::ALL {
                check(&state, &actor, action, ask(&state, &actor, action));
            }
        }
    }
}

fn is_library(action: Action) -> bool {
    matches!(action, Action::Browse | Action::Play | Action::ReportProgress)
}

fn is_administration(action: Action) -> bool {
    let more = matches!(action, Action::Metrics | Action::Unlock);
    more || matches!(action, Action::Tend(_) | Action::Guard(_))
}

#[test]
fn no_state_but_claimed_legacy_and_orphaned_serves_library_data() {
    every_answer(|state, actor, action, answer| {
        // Before a claim the system side may list folders that play without a sign-in (C7).
        let listed = *actor == Actor::Local && !state.was_claimed();
        if is_library(action) && answer.lets_in() && !listed {
            assert!(state.serves().library(), "{state:?} {actor:?} {action:?}");
        }
    });
}

#[test]
fn strangers_get_public_facts_the_claim_the_plug_and_the_sign_in_only() {
    every_answer(|state, actor, action, answer| {
        if *actor == Actor::Stranger && answer.lets_in() {
            let open =
                [Action::ReadPublic, Action::ClaimBegin, Action::ProvePresence, Action::SignIn];
            assert!(open.contains(&action), "{state:?} {action:?}");
        }
    });
}

#[test]
fn who_plays_without_a_sign_in_looks_and_plays_and_is_a_stranger_in_all_else() {
    every_answer(|state, actor, action, answer| {
        if *actor != Actor::Local {
            return;
        }
        let plays = matches!(action, Action::Browse | Action::Play);
        if plays && !state.was_claimed() {
            let permit = answer.permit().unwrap();
            assert_eq!((permit.holder(), permit.user()), (Holder::Local, None), "{state:?}");
        } else {
            let stranger = ask(state, &Actor::Stranger, action).lets_in();
            assert_eq!(answer.lets_in(), stranger, "{state:?} {action:?}");
        }
    });
}

#[test]
fn nobody_administers_without_a_factor_shown_by_themselves() {
    every_answer(|_, actor, action, answer| {
        if let (true, true, Actor::Session(session)) =
            (is_administration(action), answer.lets_in(), actor)
        {
            assert!(session.methods.assurance_shown_now() >= Assurance::Mfa, "{session:?}");
            assert!(session.role.is_privileged() && session.client.may_administer());
        }
    });
}

#[test]
fn a_spoilt_session_is_a_stranger() {
    let fine = owner();
    let spoilt = [
        Session { epoch: Epoch(4), ..fine },
        Session { generation: crate::claim::Generation(2), ..fine },
        Session { generation: crate::claim::Generation(4), ..fine },
        Session { last_seen: ago(90 * 86_400), ..fine },
        Session { methods: Methods::NONE, ..fine },
    ];
    for session in spoilt {
        for action in Action::ALL {
            let as_session = ask(&State::Claimed, &Actor::Session(session), action).lets_in();
            let as_stranger = ask(&State::Claimed, &Actor::Stranger, action).lets_in();
            assert_eq!(as_session, as_stranger, "{action:?} {session:?}");
        }
    }
}

#[test]
fn permits_say_whose_they_are_and_for_what() {
    every_answer(|_, actor, action, answer| {
        let Some(permit) = answer.permit() else { return };
        for other in Action::ALL {
            assert_eq!(permit.permits(other).is_ok(), other == action, "{other:?}");
        }
        let (user, session) = match actor {
            Actor::Session(session) => (Some(session.user), Some(session.id)),
            Actor::Stranger | Actor::ClaimHolder(_) | Actor::Local => (None, None),
        };
        assert_eq!((permit.user(), permit.session()), (user, session));
        assert_eq!(
            permit.holder() == Holder::Claimant(HOLDER),
            *actor == Actor::ClaimHolder(HOLDER)
        );
    });
}

#[test]
fn older_is_never_more() {
    for role in [Role::Owner, Role::Administrator, Role::Member] {
        for methods in [TOTP, PASSKEY] {
            for action in Action::ALL {
                let at = |seconds| {
                    let actor = Actor::Session(session(role, methods, ago(seconds)));
                    ask(&State::Claimed, &actor, action).lets_in()
                };
                let ages = [0, 60, 899, 900, 3600, 86_399, 86_400].map(at);
                assert!(
                    ages.is_sorted_by(|younger, older| younger >= older),
                    "{action:?} {ages:?}"
                );
            }
        }
    }
}

#[test]
fn a_clock_that_does_not_know_the_time_takes_rights_only_across_a_restart() {
    let dark = Now { trust: TimeTrust::Unknown, ..NOW };
    let running = Session { auth: Moment::of(dark), ..owner() };
    let before = Session { auth: Moment::before_this_start(dark.wall), ..owner() };
    for (session, may) in [(running, true), (before, false)] {
        let actor = &Actor::Session(session);
        let wipe = Action::Guard(crate::policy::Guard::Wipe);
        let question = Question { now: dark, ..question(&State::Claimed, actor, wipe) };
        assert_eq!(decide(&question).lets_in(), may);
    }
}

#[test]
fn without_an_owner_nothing_plays_where_the_owner_said_so() {
    let actor = &Actor::Session(owner());
    for (_, server) in states() {
        for action in Action::ALL {
            let asked = |orphaned_playback| {
                decide(&Question { orphaned_playback, ..question(&server, actor, action) })
            };
            let closed = is_library(action) && server == State::Orphaned;
            assert_eq!(asked(false) != asked(true), closed, "{server:?} {action:?}");
            assert!(!closed || !asked(false).lets_in());
        }
    }
}

#[test]
fn an_owner_whom_the_issuer_refused_opens_the_server_by_its_word_alone() {
    for (_, server) in states() {
        for (_, actor) in actors() {
            let methods = match &actor {
                Actor::Session(session) => session.methods,
                Actor::Stranger | Actor::ClaimHolder(_) | Actor::Local => Methods::NONE,
            };
            for action in Action::ALL {
                let asked = |owner_refused| {
                    decide(&Question { owner_refused, ..question(&server, &actor, action) })
                };
                let (before, since) = (asked(false), asked(true));
                assert!(action == Action::Unlock || before == since, "{server:?} {action:?}");
                assert!(action != Action::Unlock || !since.lets_in() || methods.are_of_an_issuer());
            }
        }
    }
    let word = Methods::NONE.and(Method::External).and(Method::Totp);
    let actor = Actor::Session(Session { methods: word, ..owner() });
    let asked = question(&State::Orphaned, &actor, Action::Unlock);
    assert!(decide(&Question { owner_refused: true, ..asked }).lets_in());
}

#[test]
fn a_door_takes_what_it_is_for() {
    let actor = Actor::Session(owner());
    for action in Action::ALL {
        let at = |door| ask_with(&State::Claimed, &actor, action, door, &[]).lets_in();
        assert!(!at(Door::Stream) || action == Action::Play);
        assert!(!at(Door::Metrics) || action == Action::Metrics);
        let own = [Own::Read, Own::SignOut, Own::Profiles].map(Action::OwnAccount);
        assert!(!at(Door::Tv) || is_library(action) || own.contains(&action));
        assert_eq!(at(Door::Tv), at(Door::AppPassword));
        let way_in = [Action::ReadPublic, Action::SignIn];
        let plays = at(Door::Tv) || way_in.contains(&action);
        assert!(!at(Door::Plain) || plays, "{action:?}");
    }
}

#[test]
fn only_a_browser_administers_and_only_a_browser_gets_what_a_row_is_for() {
    for client in ClientKind::ALL {
        assert_eq!(client.may_administer(), client == ClientKind::Web);
        for way in Door::ALL {
            let door = client.door(way);
            let as_it_is = client == ClientKind::Web || [Door::Stream, Door::Plain].contains(&way);
            assert_eq!(
                door == way,
                as_it_is || way == client.door(Door::Api),
                "{client:?} {way:?}"
            );
            for action in Action::ALL {
                let playback = is_library(action)
                    || matches!(
                        action,
                        Action::OwnAccount(Own::Read | Own::SignOut | Own::Profiles)
                    );
                let way_in = [Action::ReadPublic, Action::SignIn].contains(&action);
                let playback = playback || (door == Door::Plain && way_in);
                assert!(client == ClientKind::Web || !door.takes(action) || playback);
            }
        }
    }
}

#[test]
fn what_one_kind_of_client_shows_is_worth_nothing_shown_in_another_way() {
    let known = |client: ClientKind| {
        [Shows::Cookie, Shows::Bearer, Shows::Basic].map(|shown| client.is_known_by(shown))
    };
    assert_eq!(known(ClientKind::Web), [true, false, false]);
    assert_eq!(known(ClientKind::Tv), [true, true, false]);
    assert_eq!(known(ClientKind::App), [false, true, false]);
    assert_eq!(known(ClientKind::AppPassword), [false, true, true]);
}

#[test]
fn words_are_stable_distinct_and_read_back() {
    let words: HashSet<_> = Action::ALL.iter().map(|action| action.word()).collect();
    assert_eq!(words.len(), Action::ALL.len());
    for role in [Role::Owner, Role::Administrator, Role::Member] {
        assert_eq!(Role::from_word(role.word()), Some(role));
    }
    for client in ClientKind::ALL {
        assert_eq!(ClientKind::from_word(client.word()), Some(client));
    }
    assert_eq!(Role::from_word("root"), None);
    assert_eq!(ClientKind::from_word(""), None);
}

#[test]
fn a_recovery_code_just_shown_stands_for_a_passkey_that_is_lost() {
    let reach = Assurance::MfaPhishingResistant;
    let factors = Action::OwnAccount(Own::Factors);
    let password = Methods::NONE.and(Method::Password);
    for (method, seconds, may) in [
        (Method::Totp, 60, false),
        (Method::RecoveryCode, 60, true),
        (Method::RecoveryCode, 900, false),
        (Method::RememberedDevice, 60, false),
    ] {
        let fine = session(Role::Member, password.and(method), ago(seconds));
        let actor = Actor::Session(Session { reach, ..fine });
        let allowed = ask(&State::Claimed, &actor, factors).lets_in();
        assert_eq!(allowed, may, "{method:?} {seconds}");
    }
}

/// A household profile plays by its person's device, and does nothing else.
#[test]
fn a_profile_is_for_playing_and_never_for_administration() {
    let actor = Actor::Session(owner());
    let profile = ProfileId::from_bytes([4; 16]);
    let own = [Own::Read, Own::SignOut, Own::Profiles].map(Action::OwnAccount);
    for action in Action::ALL {
        let plain = ask_with(&State::Claimed, &actor, action, Door::Api, &[]);
        let lets_in = plain.lets_in();
        let decision = plain.by_profile(action, profile);
        let plays = is_library(action) || own.contains(&action);
        assert_eq!(decision.lets_in(), lets_in && plays, "{action:?}");
        if let Some(permit) = decision.permit() {
            let eyes = UserId::from_bytes(*profile.as_bytes());
            assert_eq!(permit.viewer(), Some(eyes), "{action:?}");
            assert_ne!(permit.user(), Some(eyes), "{action:?}");
        }
    }
}
