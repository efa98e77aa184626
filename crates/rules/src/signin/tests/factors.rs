//! Which factors may come and go.

use crate::limits::AUTHENTICATORS_MAX;
use crate::policy::Role;
use crate::signin::{
    CannotEnrol, FactorKind, FirstFactor, LastFactor, Method, Methods, NoticeKind, Vouched,
    may_add, may_enrol_first, may_remove, methods_for, notice_is_shown, password_min_chars,
    recovery_codes_are_few, step_up_methods,
};

#[test]
fn an_account_has_at_most_five_authenticators() {
    let allowed = [0, 4, 5, 6, usize::MAX].map(|present| may_add(present).is_ok());
    assert_eq!(allowed, [true, true, false, false, false]);
    assert_eq!(AUTHENTICATORS_MAX, 5);
}

#[test]
fn the_last_second_factor_stays_where_ownership_or_policy_needs_it() {
    for (role, required, present, expected) in [
        (Role::Owner, false, 2, Ok(())),
        (Role::Owner, false, 1, Err(LastFactor)),
        (Role::Owner, true, 1, Err(LastFactor)),
        (Role::Administrator, false, 1, Err(LastFactor)),
        (Role::Administrator, false, 2, Ok(())),
        (Role::Member, false, 1, Ok(())),
        (Role::Member, true, 1, Err(LastFactor)),
        (Role::Member, true, 2, Ok(())),
    ] {
        assert_eq!(may_remove(role, required, present), expected, "{role:?} {required} {present}");
    }
}

#[test]
fn a_first_factor_takes_more_than_an_old_password() {
    for (vouched, before, elsewhere, expected) in [
        (Vouched::OldPassword, false, false, Err(CannotEnrol)),
        (Vouched::OldPassword, true, false, Ok(())),
        (Vouched::OldPassword, false, true, Ok(())),
        (Vouched::MadeTheAccount, false, false, Ok(())),
        (Vouched::OneTimeCode, false, false, Ok(())),
        (Vouched::MailedLink, false, false, Ok(())),
    ] {
        let first = FirstFactor {
            vouched,
            device_before_requirement: before,
            second_factor_elsewhere: elsewhere,
        };
        assert_eq!(may_enrol_first(first), expected, "{first:?}");
        assert_eq!(Vouched::from_word(vouched.word()), Some(vouched));
    }
    assert_eq!(Vouched::from_word(""), None);
}

#[test]
fn a_password_alone_is_longer() {
    assert_eq!([0, 1, 2].map(password_min_chars), [15, 8, 8]);
}

#[test]
fn recovery_codes_stand_in_for_a_factor_and_for_nothing() {
    let totp = Methods::NONE.and(Method::Totp);
    assert_eq!(methods_for(&[], 10), Methods::NONE);
    assert_eq!(methods_for(&[FactorKind::Totp], 0), totp);
    assert_eq!(methods_for(&[FactorKind::Totp; 2], 1), totp.and(Method::RecoveryCode));
    let passkey = Methods::NONE.and(Method::Passkey);
    assert_eq!(methods_for(&[FactorKind::Passkey], 0), passkey);
    assert_eq!(step_up_methods(Methods::NONE), Methods::NONE.and(Method::Password));
    assert_eq!(step_up_methods(totp), totp);
}

#[test]
fn a_step_up_keeps_nothing_that_was_true_of_a_moment() {
    let password = Methods::NONE.and(Method::Password);
    let totp = Methods::NONE.and(Method::Totp);
    for (before, shown, after) in [
        (password.and(Method::Totp), totp, password.and(Method::Totp)),
        (password, totp, password.and(Method::Totp)),
        (password.and(Method::RecoveryCode), totp, password.and(Method::Totp)),
        (
            Methods::NONE.and(Method::Passkey),
            password.and(Method::Totp),
            password.and(Method::Totp),
        ),
        (Methods::NONE.and(Method::Passkey), totp, totp),
        (
            password.and(Method::RememberedDevice),
            totp,
            password.and(Method::RememberedDevice).and(Method::Totp),
        ),
        (
            password.and(Method::Totp),
            Methods::NONE.and(Method::Passkey),
            password.and(Method::Passkey),
        ),
    ] {
        assert_eq!(before.after_step_up(shown), after, "{before:?} {shown:?}");
    }
}

#[test]
fn a_notice_is_for_each_session_that_was_there_and_for_the_first_that_comes() {
    for (seen_here, by_anybody, before, shown) in [
        (false, false, true, true),
        (false, true, true, true),
        (true, true, true, false),
        (false, false, false, true),
        (false, true, false, false),
        (true, true, false, false),
    ] {
        let is = notice_is_shown(seen_here, by_anybody, before);
        assert_eq!(is, shown, "{seen_here} {by_anybody} {before}");
    }
    for kind in NoticeKind::ALL {
        assert_eq!(NoticeKind::from_word(kind.word()), Some(kind));
    }
    assert_eq!(NoticeKind::from_word("nothing"), None);
    assert_eq!([0, 3, 4, 10].map(recovery_codes_are_few), [true, true, false, false]);
}
