//! What may be set, and that no such act locks the last owner out.

use proptest::prelude::*;

use super::world::{FILMS, NOW, PASSKEY, PASSWORD, TOTP, ago, ask_with, session};
use crate::claim::State;
use crate::limits::{EXEMPTION_SECONDS, GRACE_PRESETS_DAYS};
use crate::policy::{
    Action, Actor, Author, CannotExempt, CannotRequire, Decision, Door, Grace, Guard, Person,
    Requirement, RequirementId, Role, Scope, Session, Standing, Wished, may_exempt, may_keep_less,
    may_remind, may_remove_group, may_require,
};
use crate::signin::Assurance::{self, Mfa, MfaPhishingResistant};
use crate::signin::FactorKind;
use crate::time::{Moment, Now};

const READY: Author =
    Author { reach: MfaPhishingResistant, has_recovery_codes: true, name_is_trusted: true };
const USUAL: Wished = Wished { level: Mfa, grace_days: 14, max_age_seconds: None };

#[test]
fn what_would_lock_its_author_out_is_not_set() {
    let cases = [
        (READY, USUAL, None),
        (READY, Wished { grace_days: 0, ..USUAL }, None),
        (READY, Wished { grace_days: 90, ..USUAL }, None),
        (READY, Wished { grace_days: 91, ..USUAL }, Some(CannotRequire::Grace)),
        (READY, Wished { grace_days: -1, ..USUAL }, Some(CannotRequire::Grace)),
        (READY, Wished { max_age_seconds: Some(3600), ..USUAL }, None),
        (READY, Wished { max_age_seconds: Some(3599), ..USUAL }, Some(CannotRequire::MaxAge)),
        (READY, Wished { max_age_seconds: Some(u64::MAX), ..USUAL }, Some(CannotRequire::MaxAge)),
        (READY, Wished { level: Assurance::Password, ..USUAL }, Some(CannotRequire::Level)),
        (READY, Wished { level: Assurance::None, ..USUAL }, Some(CannotRequire::Level)),
        (READY, Wished { level: MfaPhishingResistant, ..USUAL }, None),
        (
            Author { name_is_trusted: false, ..READY },
            Wished { level: MfaPhishingResistant, ..USUAL },
            Some(CannotRequire::NameNotTrusted),
        ),
        (Author { name_is_trusted: false, ..READY }, USUAL, None),
        (
            Author { reach: Mfa, ..READY },
            Wished { level: MfaPhishingResistant, ..USUAL },
            Some(CannotRequire::OwnFactor),
        ),
        (Author { reach: Mfa, ..READY }, USUAL, None),
        (Author { reach: Assurance::Password, ..READY }, USUAL, Some(CannotRequire::OwnFactor)),
        (Author { has_recovery_codes: false, ..READY }, USUAL, Some(CannotRequire::RecoveryCodes)),
    ];
    for (author, wished, refused) in cases {
        assert_eq!(may_require(author, wished).err(), refused, "{author:?} {wished:?}");
    }
    for days in GRACE_PRESETS_DAYS {
        let wished = Wished { grace_days: i64::from(days), ..USUAL };
        assert_eq!(may_require(READY, wished), Ok(()));
    }
}

#[test]
fn exemptions_are_for_members_with_a_reason_and_an_end() {
    let day = 24 * 3600;
    for (role, seconds, reason, refused) in [
        (Role::Member, EXEMPTION_SECONDS, "has no phone", None),
        (Role::Member, day, "today", None),
        (Role::Member, day - 1, "an hour", Some(CannotExempt::Length)),
        (Role::Member, 367 * day, "for ever", Some(CannotExempt::Length)),
        (Role::Member, EXEMPTION_SECONDS, " \t", Some(CannotExempt::NoReason)),
        (Role::Administrator, EXEMPTION_SECONDS, "it is me", Some(CannotExempt::Privileged)),
        (Role::Owner, EXEMPTION_SECONDS, "it is me", Some(CannotExempt::Privileged)),
    ] {
        assert_eq!(may_exempt(role, seconds, reason).err(), refused, "{role:?} {seconds} {reason}");
    }
}

#[test]
fn a_group_that_something_is_required_of_stays() {
    assert!(may_remove_group(&[]).is_ok());
    assert!(may_remove_group(&[Scope::Library(FILMS)]).is_ok());
    assert!(may_remove_group(&[Scope::Library(FILMS), Scope::Group]).is_err());
}

#[test]
fn a_reminder_by_hand_is_sent_once_a_day() {
    assert!(may_remind(None, NOW).is_ok());
    for (hours, may) in [(0, false), (1, false), (23, false), (24, true), (48, true)] {
        let ms = hours * 3_600_000;
        let later = Now {
            boot: NOW.boot.plus_ms(ms),
            wall: NOW.wall.plus_ms(i64::try_from(ms).unwrap()),
            ..NOW
        };
        assert_eq!(may_remind(Some(Moment::of(NOW)), later).is_ok(), may, "{hours}");
    }
}

#[test]
fn the_last_factor_that_is_asked_for_stays() {
    for (role, required, after, may) in [
        (Role::Member, None, Assurance::Password, true),
        (Role::Member, Some(Mfa), Assurance::Password, false),
        (Role::Member, Some(Mfa), Mfa, true),
        (Role::Member, Some(MfaPhishingResistant), Mfa, false),
        (Role::Administrator, None, Assurance::Password, false),
        (Role::Owner, None, Mfa, true),
        (Role::Owner, Some(MfaPhishingResistant), Mfa, false),
        (Role::Owner, Some(MfaPhishingResistant), MfaPhishingResistant, true),
    ] {
        assert_eq!(
            may_keep_less(role, required, after).is_ok(),
            may,
            "{role:?} {required:?} {after:?}"
        );
    }
}

fn row(level: Assurance, exempt: bool, grace: Grace) -> Requirement {
    let (id, scope) = (RequirementId(1), Scope::Server);
    Requirement { id, scope, level, max_age_seconds: None, exempt, grace }
}

/// The board says of everybody what the door would say of them if they came with the least.
#[test]
fn the_board_agrees_with_the_door() {
    for role in [Role::Owner, Role::Administrator, Role::Member] {
        for reach in [Assurance::Password, Mfa, MfaPhishingResistant] {
            for level in [Mfa, MfaPhishingResistant] {
                for exempt in [false, true] {
                    for grace in [Grace::Over, Grace::Days(0), Grace::Days(3)] {
                        let row = row(level, exempt, grace);
                        let person = Person { role, reach, has_come: true };
                        let session = Session { reach, ..session(role, PASSWORD, ago(60)) };
                        let (actor, state) = (Actor::Session(session), State::Claimed);
                        let door = ask_with(&state, &actor, Action::Browse, Door::Api, &[row]);
                        let fits = match (person.standing(&[row]), &door) {
                            (Standing::Fine, Decision::StepUp { .. }) => true,
                            (Standing::Exempt, Decision::Allow(_)) => true,
                            (Standing::Grace(left), Decision::AllowNotice { days, .. }) => {
                                left.0 == *days
                            }
                            (Standing::Blocked, Decision::Enrol { .. }) => true,
                            // An exempt person who could step up is let in without it.
                            (Standing::Fine, Decision::Allow(_)) => exempt && role == Role::Member,
                            _ => false,
                        };
                        assert!(fits, "{role:?} {reach:?} {row:?} {door:?}");
                    }
                }
            }
        }
    }
    let stranger = Person { role: Role::Member, reach: Assurance::Password, has_come: false };
    assert_eq!(stranger.standing(&[row(Mfa, false, Grace::Over)]), Standing::NeverCame);
    assert_eq!(stranger.standing(&[]).word(), "ok");
}

/// One administrative act, asked for by the owner.
#[derive(Debug, Clone, Copy)]
enum Act {
    Require(Wished),
    RemoveFactor(FactorKind),
    AddPasskey,
    AddTotp,
    UseUpCodes,
    MakeCodes,
    LoseTheName,
}

fn act() -> impl Strategy<Value = Act> {
    let level = prop_oneof![Just(Mfa), Just(MfaPhishingResistant), Just(Assurance::Password)];
    let age = prop_oneof![Just(None), Just(Some(7200))];
    let wished = (level, -2..100_i64, age).prop_map(|(level, grace_days, max_age_seconds)| {
        Wished { level, grace_days, max_age_seconds }
    });
    prop_oneof![
        wished.prop_map(Act::Require),
        Just(Act::RemoveFactor(FactorKind::Totp)),
        Just(Act::RemoveFactor(FactorKind::Passkey)),
        Just(Act::AddPasskey),
        Just(Act::AddTotp),
        Just(Act::UseUpCodes),
        Just(Act::MakeCodes),
        Just(Act::LoseTheName),
    ]
}

/// An owner, as far as these rules see one.
#[derive(Debug, Clone)]
struct Owner {
    totp: usize,
    passkeys: usize,
    codes: bool,
    name_is_trusted: bool,
    required: Vec<Requirement>,
}

impl Owner {
    fn reach(&self) -> Assurance {
        match (self.totp, self.passkeys) {
            (_, 1..) => MfaPhishingResistant,
            (1.., 0) => Mfa,
            (0, 0) => Assurance::Password,
        }
    }

    fn asks(&mut self, act: Act) {
        match act {
            Act::Require(wished) => {
                let author = Author {
                    reach: self.reach(),
                    has_recovery_codes: self.codes,
                    name_is_trusted: self.name_is_trusted,
                };
                if may_require(author, wished).is_ok() {
                    let row = row(wished.level, false, Grace::Over);
                    self.required
                        .push(Requirement { max_age_seconds: wished.max_age_seconds, ..row });
                }
            }
            Act::RemoveFactor(kind) => {
                let after = match kind {
                    FactorKind::Totp => Self { totp: self.totp.saturating_sub(1), ..self.clone() },
                    FactorKind::Passkey => {
                        Self { passkeys: self.passkeys.saturating_sub(1), ..self.clone() }
                    }
                };
                let required = self.required.iter().map(|row| row.level).max();
                if may_keep_less(Role::Owner, required, after.reach()).is_ok() {
                    *self = after;
                }
            }
            Act::AddPasskey => self.passkeys += 1,
            Act::AddTotp => self.totp += 1,
            Act::UseUpCodes => self.codes = false,
            Act::MakeCodes => self.codes = true,
            Act::LoseTheName => self.name_is_trusted = false,
        }
    }

    fn best(&self) -> Session {
        let methods = if self.passkeys > 0 { PASSKEY } else { TOTP };
        Session { reach: self.reach(), ..session(Role::Owner, methods, ago(1)) }
    }
}

proptest! {
    #[test]
    fn no_administrative_act_locks_the_last_owner_out(acts in proptest::collection::vec(act(), 0..30)) {
        let mut owner =
            Owner { totp: 1, passkeys: 0, codes: true, name_is_trusted: true, required: vec![] };
        for act in acts {
            owner.asks(act);
            let actor = Actor::Session(owner.best());
            for action in [Action::Browse, Action::Guard(Guard::Policy), Action::Guard(Guard::Users)] {
                let answer = ask_with(&State::Claimed, &actor, action, Door::Api, &owner.required);
                prop_assert!(answer.lets_in(), "{:?} {:?} {:?}", owner, action, answer);
            }
        }
    }
}
