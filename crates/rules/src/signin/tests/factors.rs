//! Which factors may come and go.

use crate::ids::FactorId;
use crate::limits::AUTHENTICATORS_MAX;
use crate::policy::Role;
use crate::secret::SecretText;
use crate::signin::{
    Assurance, CannotEnrol, CannotSetWanted, FactorKind, FirstFactor, LastFactor, Method, Methods,
    NoticeKind, Password, RememberFor, ShownItself, Vouched, concerns_later_sessions,
    is_remembered, may_add, may_call_lost, may_enrol_first, may_leave_password, may_remove,
    may_remove_several, may_set_wanted_password, methods_for, new_factor_raises, notice_is_shown,
    password_min_chars, raises, recovery_codes_are_few, stands_alone, step_up_methods,
};
use crate::time::{BootMs, Moment, Now, TimeTrust, WallMs};

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
    let password = Methods::NONE.and(Method::Password);
    for (second, password_too, there, offered) in [
        (Methods::NONE, false, false, password),
        (Methods::NONE, false, true, password),
        (totp, false, false, totp),
        (totp, false, true, totp.and(Method::DeviceApproval)),
    ] {
        let told = step_up_methods(password, second, password_too, there);
        assert_eq!(told, offered, "{second:?} {there}");
    }
    let both = totp.and(Method::Passkey).and(Method::RecoveryCode);
    assert_eq!(step_up_methods(passkey, both, true, true), both, "the password is asked for, too");
    // An account that signs in elsewhere: a code stands beside nothing in a passkey's session.
    assert_eq!(step_up_methods(passkey, both, false, true), passkey);
    let external = Methods::NONE.and(Method::External);
    assert_eq!(step_up_methods(external, both, false, false), both);
}

#[test]
fn what_is_offered_to_raise_a_session_never_ends_it() {
    for bits in 0..1_u32 << Method::ALL.len() {
        let chosen = Method::ALL.into_iter().enumerate();
        let before: Methods =
            chosen.filter(|(at, _)| bits >> at & 1 == 1).map(|(_, method)| method).collect();
        let second = methods_for(&[FactorKind::Totp, FactorKind::Passkey], 1);
        for (password_too, there) in [(true, true), (true, false), (false, true), (false, false)] {
            for method in step_up_methods(before, second, password_too, there).iter() {
                let beside =
                    if password_too { Methods::NONE.and(Method::Password) } else { Methods::NONE };
                assert!(raises(before, beside.and(method)), "{before:?} {method:?}");
                let after = before.after_step_up(beside.and(method));
                assert!(after.assurance() > Assurance::None, "{before:?} {method:?}");
            }
        }
    }
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
fn no_new_factor_takes_what_a_session_is_worth() {
    for bits in 0..1_u32 << Method::ALL.len() {
        let chosen = Method::ALL.into_iter().enumerate();
        let shown: Methods =
            chosen.filter(|(at, _)| bits >> at & 1 == 1).map(|(_, method)| method).collect();
        for new in Method::ALL {
            if new_factor_raises(shown, new) {
                let after = shown.after_step_up(Methods::NONE.and(new));
                assert!(
                    after.assurance_shown_now() >= shown.assurance_shown_now(),
                    "{shown:?} {new:?}"
                );
            }
        }
    }
}

#[test]
fn a_new_factor_raises_a_session_that_has_shown_less() {
    let password = Methods::NONE.and(Method::Password);
    for (shown, new, raises) in [
        (password, Method::Totp, true),
        (password, Method::Passkey, true),
        (password.and(Method::Totp), Method::Totp, true),
        (password.and(Method::Totp), Method::Passkey, true),
        (password.and(Method::Passkey), Method::Totp, false),
        (Methods::NONE.and(Method::Passkey), Method::Totp, false),
        (password.and(Method::Passkey), Method::Passkey, true),
        (password.and(Method::RecoveryCode), Method::Totp, false),
        (password.and(Method::RecoveryCode), Method::Passkey, false),
        (password.and(Method::RememberedDevice), Method::Totp, true),
    ] {
        assert_eq!(new_factor_raises(shown, new), raises, "{shown:?} {new:?}");
    }
}

#[test]
fn a_notice_is_for_each_session_until_it_was_seen_there() {
    for (seen_here, before, later, shown) in [
        (false, true, true, true),
        (false, true, false, true),
        (false, false, true, true),
        (false, false, false, false),
        (true, true, true, false),
        (true, false, true, false),
    ] {
        let is = notice_is_shown(seen_here, before, later);
        assert_eq!(is, shown, "{seen_here} {before} {later}");
    }
    for kind in NoticeKind::ALL {
        assert_eq!(NoticeKind::from_word(kind.word()), Some(kind));
    }
    assert_eq!(NoticeKind::from_word("nothing"), None);
    assert_eq!([0, 3, 4, 10].map(recovery_codes_are_few), [true, true, false, false]);
}

#[test]
fn several_factors_go_at_once_only_where_one_stays_or_none_is_needed() {
    for (role, required, present, going, expected) in [
        (Role::Owner, false, 3, 2, Ok(())),
        (Role::Owner, false, 2, 2, Err(LastFactor)),
        (Role::Owner, false, 1, 0, Ok(())),
        (Role::Administrator, false, 2, 2, Err(LastFactor)),
        (Role::Member, false, 2, 2, Ok(())),
        (Role::Member, true, 2, 2, Err(LastFactor)),
    ] {
        let is = may_remove_several(role, required, present, going);
        assert_eq!(is, expected, "{role:?} {required} {present} {going}");
    }
}

#[test]
fn what_was_shown_last_is_not_lost() {
    let [one, two] = [1, 2].map(|n| FactorId::from_bytes([n; 16]));
    for (shown, lost, expected) in [
        (None, vec![one], Ok(())),
        (Some(one), vec![two], Ok(())),
        (Some(one), vec![], Ok(())),
        (Some(one), vec![two, one], Err(ShownItself)),
    ] {
        assert_eq!(may_call_lost(shown, &lost), expected, "{shown:?}");
    }
}

#[test]
fn a_password_that_is_wanted_takes_more_than_the_old_one() {
    let password = Methods::NONE.and(Method::Password);
    for (methods, vouched, expected) in [
        (password, Vouched::OldPassword, Err(CannotSetWanted)),
        (password, Vouched::MadeTheAccount, Err(CannotSetWanted)),
        (password.and(Method::RememberedDevice), Vouched::OldPassword, Err(CannotSetWanted)),
        (password, Vouched::OneTimeCode, Ok(())),
        (password, Vouched::MailedLink, Ok(())),
        (password.and(Method::Totp), Vouched::OldPassword, Ok(())),
        (password.and(Method::RecoveryCode), Vouched::OldPassword, Ok(())),
        (Methods::NONE.and(Method::Passkey), Vouched::OldPassword, Ok(())),
    ] {
        assert_eq!(may_set_wanted_password(methods, vouched), expected, "{methods:?} {vouched:?}");
    }
}

#[test]
fn a_sign_in_is_told_to_those_who_come_later_while_it_lasts() {
    for kind in NoticeKind::ALL {
        assert!(concerns_later_sessions(kind, true), "{kind:?}");
        let told = concerns_later_sessions(kind, false);
        assert_eq!(told, kind != NoticeKind::SignedIn, "{kind:?}");
    }
}

#[test]
fn a_browser_is_remembered_for_as_long_as_was_chosen_and_no_longer_than_a_season() {
    const DAY: u64 = 24 * 3600;
    let since = Moment { wall: WallMs(0), boot: Some(BootMs(0)) };
    let after = |days: u64| Now {
        wall: WallMs(i64::try_from(days * DAY * 1000).unwrap()),
        boot: BootMs(days * DAY * 1000),
        trust: TimeTrust::Synced,
    };
    for (seconds, days, expected) in [
        (RememberFor::Month.seconds(), 29, true),
        (RememberFor::Month.seconds(), 30, false),
        (RememberFor::Season.seconds(), 89, true),
        (RememberFor::Season.seconds(), 90, false),
        (u64::MAX, 90, false),
    ] {
        assert_eq!(is_remembered(since, seconds, after(days)), expected, "{seconds} {days}");
    }
    let unknown = Now { trust: TimeTrust::Unknown, boot: BootMs(5), ..after(1) };
    let before = Moment { wall: WallMs(0), boot: None };
    assert!(!is_remembered(before, RememberFor::Season.seconds(), unknown), "doubt grants nothing");
}

#[test]
fn the_last_factor_leaves_no_password_that_is_too_short_to_be_all_there_is() {
    for (present, going, alone, may) in [
        (1, 1, false, false),
        (1, 1, true, true),
        (2, 2, false, false),
        (2, 1, false, true),
        (1, 0, false, true),
        (0, 0, false, true),
    ] {
        let told = may_leave_password(present, going, alone);
        assert_eq!(told.is_ok(), may, "{going} of {present} {alone}");
    }
    let typed = |text: &str| Password::typed(&SecretText::new(text.to_owned()));
    assert!(stands_alone(&typed("fifteen letters")));
    assert!(!stands_alone(&typed("fourteen chars")));
}
