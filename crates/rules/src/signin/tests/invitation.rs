use crate::limits::{INVITATION_DAYS, INVITATION_MAX_DAYS, INVITATIONS_MAX};
use crate::policy::Role;
use crate::signin::{Assurance, CannotInvite, asked_of_new, may_invite};

#[test]
fn members_and_administrators_are_invited_for_a_day_to_a_month() {
    for role in [Role::Member, Role::Administrator] {
        for days in [1, INVITATION_DAYS.into(), INVITATION_MAX_DAYS.into()] {
            assert_eq!(may_invite(role, days, 0), Ok(()));
        }
        for days in [i64::MIN, -1, 0, i64::from(INVITATION_MAX_DAYS) + 1, i64::MAX] {
            assert_eq!(may_invite(role, days, 0), Err(CannotInvite::Length), "{days}");
        }
        let full = may_invite(role, 7, INVITATIONS_MAX);
        assert_eq!(full, Err(CannotInvite::TooMany));
        assert_eq!(may_invite(role, 7, INVITATIONS_MAX - 1), Ok(()));
    }
    assert_eq!(may_invite(Role::Owner, 7, 0), Err(CannotInvite::Owner));
}

#[test]
fn who_is_new_is_asked_for_the_highest_of_what_is_required() {
    use Assurance::{Mfa, MfaPhishingResistant};
    let cases: [(Role, &[Assurance], Option<Assurance>); 6] = [
        (Role::Member, &[], None),
        (Role::Member, &[Mfa], Some(Mfa)),
        (Role::Member, &[Mfa, MfaPhishingResistant, Mfa], Some(MfaPhishingResistant)),
        (Role::Administrator, &[], Some(Mfa)),
        (Role::Administrator, &[Mfa], Some(Mfa)),
        (Role::Administrator, &[MfaPhishingResistant], Some(MfaPhishingResistant)),
    ];
    for (role, required, asked) in cases {
        assert_eq!(asked_of_new(role, required.iter().copied()), asked, "{role:?} {required:?}");
    }
}
