//! What may be set, and that no such act locks the last owner out.

use proptest::prelude::*;

use super::world::{FILMS, NOW, PASSKEY, PASSWORD, TOTP, ago, ask_with, session};
use crate::claim::State;
use crate::limits::{EXEMPTION_SECONDS, GRACE_PRESETS_DAYS};
use crate::policy::{
    Action, Actor, Author, CannotExempt, CannotRequire, Decision, Door, Grace, Guard, Own, Person,
    Requirement, RequirementId, Role, Scope, Session, Standing, Wished, may_exempt, may_keep_less,
    may_remind, may_remove_group, may_require,
};
use crate::signin::Assurance::{self, Mfa, MfaPhishingResistant};
use crate::signin::{FactorKind, Method};
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

/// What befalls an owner or is asked for by one.
#[derive(Debug, Clone, Copy)]
enum Act {
    Require(Wished),
    RequireOfGroup(Wished),
    Join,
    RemoveFactor(FactorKind),
    AddPasskey,
    AddTotp,
    /// "It was not me": with the notice goes the passkey that it tells of.
    DisownPasskey,
    /// The phone is gone with what was on it, and the server does not know.
    LosePasskey,
    LoseTotp,
    UseUpCodes,
    MakeCodes,
    Rescue {
        new_factor: bool,
    },
    /// Nothing is left to show: a new owner takes the old one's place, by a claim with the box in hand.
    ClaimAnew,
    /// Whether the name that passkeys are made for leads here.
    NameLeadsHere(bool),
}

fn act() -> impl Strategy<Value = Act> {
    let level = prop_oneof![Just(Mfa), Just(MfaPhishingResistant), Just(Assurance::Password)];
    let age = prop_oneof![Just(None), Just(Some(7200))];
    let wished = (level, -2..100_i64, age).prop_map(|(level, grace_days, max_age_seconds)| {
        Wished { level, grace_days, max_age_seconds }
    });
    prop_oneof![
        wished.clone().prop_map(Act::Require),
        wished.prop_map(Act::RequireOfGroup),
        Just(Act::Join),
        Just(Act::RemoveFactor(FactorKind::Totp)),
        Just(Act::RemoveFactor(FactorKind::Passkey)),
        Just(Act::AddPasskey),
        Just(Act::AddTotp),
        Just(Act::DisownPasskey),
        Just(Act::LosePasskey),
        Just(Act::LoseTotp),
        Just(Act::UseUpCodes),
        Just(Act::MakeCodes),
        any::<bool>().prop_map(|new_factor| Act::Rescue { new_factor }),
        Just(Act::ClaimAnew),
        any::<bool>().prop_map(Act::NameLeadsHere),
    ]
}

/// An owner, as far as these rules see one.
#[derive(Debug, Clone)]
struct Owner {
    /// What is kept here of each kind.
    totp: usize,
    passkeys: usize,
    totp_is_lost: bool,
    passkey_is_lost: bool,
    codes: bool,
    name_leads_here: bool,
    in_group: bool,
    of_server: Vec<Requirement>,
    of_group: Vec<Requirement>,
}

impl Owner {
    const NEW: Self = Self {
        totp: 1,
        passkeys: 0,
        totp_is_lost: false,
        passkey_is_lost: false,
        codes: true,
        name_leads_here: true,
        in_group: false,
        of_server: Vec::new(),
        of_group: Vec::new(),
    };

    /// What the server takes for the best that they have.
    fn reach(&self) -> Assurance {
        match (self.totp, self.passkeys) {
            (_, 1..) if self.name_leads_here => MfaPhishingResistant,
            (1.., _) => Mfa,
            (0, _) => Assurance::Password,
        }
    }

    /// Whether they hold on to something that is enough by itself: a recovery code, or the best of
    /// what is kept here.
    fn holds_on(&self) -> bool {
        self.codes
            || match self.reach() {
                MfaPhishingResistant => !self.passkey_is_lost,
                Mfa => !self.totp_is_lost,
                Assurance::Password | Assurance::None => false,
            }
    }

    fn required(&self) -> Vec<Requirement> {
        let of_group = if self.in_group { self.of_group.as_slice() } else { &[] };
        [self.of_server.as_slice(), of_group].concat()
    }

    fn author(&self) -> Author {
        Author {
            reach: self.reach(),
            has_recovery_codes: self.codes,
            name_is_trusted: self.passkeys > 0 && self.name_leads_here,
        }
    }

    /// Whatever they can show now.
    fn sessions(&self) -> Vec<Session> {
        let by = |methods| Session { reach: self.reach(), ..session(Role::Owner, methods, ago(1)) };
        let passkey = self.passkeys > 0 && self.name_leads_here && !self.passkey_is_lost;
        let totp = self.totp > 0 && !self.totp_is_lost;
        let ways =
            [(passkey, PASSKEY), (totp, TOTP), (self.codes, PASSWORD.and(Method::RecoveryCode))];
        ways.into_iter().filter(|(can, _)| *can).map(|(_, methods)| by(methods)).collect()
    }

    fn can(&self, action: Action) -> bool {
        let rows = self.required();
        self.sessions().into_iter().any(|session| {
            ask_with(&State::Claimed, &Actor::Session(session), action, Door::Api, &rows).lets_in()
        })
    }

    fn asks(&mut self, act: Act) {
        match act {
            Act::Require(wished) => {
                if let Some(row) = self.wishes(wished) {
                    self.of_server = vec![row];
                }
            }
            Act::RequireOfGroup(wished) => {
                if let Some(row) = self.wishes(wished) {
                    self.of_group = vec![row];
                }
            }
            Act::Join => {
                let levels = self.of_group.iter().map(|row| row.level);
                let may = self.can(Action::Guard(Guard::Users))
                    && levels.clone().all(|level| self.reach() >= level);
                self.in_group |= may;
            }
            Act::RemoveFactor(kind) => self.removes(kind),
            Act::AddPasskey => {
                if self.name_leads_here && self.can(FACTORS) {
                    (self.passkeys, self.passkey_is_lost) = (self.passkeys + 1, false);
                }
            }
            Act::AddTotp => {
                if self.can(FACTORS) {
                    (self.totp, self.totp_is_lost) = (self.totp + 1, false);
                }
            }
            Act::DisownPasskey => {
                if self.can(FACTORS) && self.totp + self.passkeys > 1 {
                    self.passkeys = self.passkeys.saturating_sub(1);
                }
            }
            Act::LosePasskey => self.passkey_is_lost = true,
            Act::LoseTotp => self.totp_is_lost = true,
            Act::UseUpCodes => self.codes = false,
            Act::MakeCodes => self.codes |= self.can(FACTORS),
            Act::Rescue { new_factor } => self.is_rescued(new_factor),
            Act::ClaimAnew => *self = self.claimed_anew(),
            Act::NameLeadsHere(leads) => self.name_leads_here = leads,
        }
    }

    fn claimed_anew(&self) -> Self {
        let (of_server, of_group) = (self.of_server.clone(), self.of_group.clone());
        Self { of_server, of_group, name_leads_here: self.name_leads_here, ..Self::NEW }
    }

    fn wishes(&self, wished: Wished) -> Option<Requirement> {
        let may =
            self.can(Action::Guard(Guard::Policy)) && may_require(self.author(), wished).is_ok();
        let row = Requirement {
            max_age_seconds: wished.max_age_seconds,
            ..row(wished.level, false, Grace::Over)
        };
        may.then_some(row)
    }

    fn removes(&mut self, kind: FactorKind) {
        let mut after = self.clone();
        match kind {
            FactorKind::Totp => after.totp = after.totp.saturating_sub(1),
            FactorKind::Passkey => after.passkeys = after.passkeys.saturating_sub(1),
        }
        let required = self.required().iter().map(|row| row.level).max();
        if self.can(FACTORS) && may_keep_less(Role::Owner, required, after.reach()).is_ok() {
            *self = after;
        }
    }

    /// By the box in hand and a recovery code; a new authenticator takes the place of all factors.
    fn is_rescued(&mut self, new_factor: bool) {
        if new_factor && self.codes {
            *self = Self { totp: 1, passkeys: 0, totp_is_lost: false, ..self.clone() };
        }
    }
}

const FACTORS: Action = Action::OwnAccount(Own::Factors);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]
    #[test]
    fn nothing_that_befalls_the_last_owner_keeps_them_from_requiring_less(
        acts in proptest::collection::vec(act(), 0..40),
    ) {
        let mut owner = Owner::NEW;
        for act in acts {
            owner.asks(act);
            for owner in [&owner, &owner.claimed_anew()] {
                if !owner.holds_on() {
                    continue;
                }
                prop_assert!(owner.can(Action::Guard(Guard::Ease)), "{:?} {:?}", act, owner);
                // And with that, everything is theirs again.
                let eased = Owner { of_server: vec![], of_group: vec![], ..owner.clone() };
                prop_assert!(eased.can(Action::Guard(Guard::Policy)), "{:?} {:?}", act, owner);
            }
        }
    }
}
