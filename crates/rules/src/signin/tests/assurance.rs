//! Methods and what they are worth.

use crate::signin::Assurance::{self, Mfa, MfaPhishingResistant, None};
use crate::signin::Method::{
    self, DeviceApproval, External, ExternalMfa, ExternalPhishingResistant, Passkey, Password,
    RecoveryCode, RememberedDevice, Totp,
};
use crate::signin::Methods;

fn check(methods: &[Method], worth: Assurance, shown_now: Assurance) {
    let methods: Methods = methods.iter().copied().collect();
    assert_eq!(methods.assurance(), worth, "{methods:?}");
    assert_eq!(methods.assurance_shown_now(), shown_now, "{methods:?}");
}

#[test]
fn methods_are_worth_this() {
    check(&[], None, None);
    check(&[Password], Assurance::Password, Assurance::Password);
    check(&[Totp], None, None);
    check(&[RecoveryCode], None, None);
    check(&[RememberedDevice], None, None);
    check(&[Password, Totp], Mfa, Mfa);
    check(&[Password, RecoveryCode], Mfa, Mfa);
    check(&[Password, DeviceApproval], Mfa, Mfa);
    check(&[Password, RememberedDevice], Mfa, Assurance::Password);
    check(&[Passkey], MfaPhishingResistant, MfaPhishingResistant);
    check(&[Password, Totp, Passkey], MfaPhishingResistant, MfaPhishingResistant);
    check(&[External], Assurance::Password, Assurance::Password);
    check(&[External, Totp], Mfa, Mfa);
    check(&[External, RecoveryCode], Mfa, Mfa);
    check(&[External, RememberedDevice], Mfa, Assurance::Password);
    check(&[ExternalMfa], Mfa, Mfa);
    check(&[ExternalPhishingResistant], MfaPhishingResistant, MfaPhishingResistant);
}

#[test]
fn a_method_more_is_never_worth_less() {
    for bits in 0..512_u16 {
        let has = |index: &usize| bits & (1 << index) != 0;
        let chosen: Methods = (0..9).filter(has).map(|index| Method::ALL[index]).collect();
        for method in Method::ALL {
            assert!(chosen.and(method).assurance() >= chosen.assurance());
            assert!(chosen.assurance() >= chosen.assurance_shown_now());
        }
    }
}

#[test]
fn words_read_back() {
    for method in Method::ALL {
        assert_eq!(Method::from_word(method.word()), Some(method));
        assert!(Methods::NONE.and(method).has(method));
        assert_eq!(Methods::NONE.and(method).iter().collect::<Vec<_>>(), [method]);
    }
    assert_eq!(Method::from_word("sms"), Option::None);
    let both = Methods::NONE.and(Totp).and(Password);
    assert_eq!(both.words(), "password totp");
    assert_eq!(Methods::from_words(" totp  password"), Some(both));
    assert_eq!(Methods::from_words(""), Some(Methods::NONE));
    assert_eq!(Methods::from_words("password sms"), Option::None);
    assert!(None < Assurance::Password && Assurance::Password < Mfa && Mfa < MfaPhishingResistant);
}
