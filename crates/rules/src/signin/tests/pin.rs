use crate::limits::{PIN_TRIES, PROFILES_MAX};
use crate::secret::SecretText;
use crate::signin::{CannotEnter, Pin, PinDoor, Way, may_add_profile, way_through};

#[test]
fn a_pin_is_four_to_twelve_digits() {
    let is_pin = |text: &str| Pin::parse(&SecretText::new(text.to_owned())).is_ok();
    for text in ["0000", "1234", "123456789012"] {
        assert!(is_pin(text), "{text}");
    }
    for text in ["", "123", "1234567890123", "12a4", "12 34", "١٢٣٤", "１２３４", "-123"] {
        assert!(!is_pin(text), "{text}");
    }
}

#[test]
fn after_five_wrong_ones_no_pin_opens() {
    let door = |has_pin, needs_pin, misses| way_through(PinDoor { has_pin, needs_pin, misses });
    for misses in 0..PIN_TRIES {
        assert_eq!(door(true, false, misses), Ok(Way::ByPin));
        assert_eq!(door(true, true, misses), Ok(Way::ByPin));
    }
    for misses in [PIN_TRIES, PIN_TRIES + 1, u32::MAX] {
        assert_eq!(door(true, false, misses), Err(CannotEnter::Locked));
    }
    assert_eq!(door(false, false, 0), Ok(Way::Open));
    assert_eq!(door(false, true, 0), Err(CannotEnter::Missing));
}

#[test]
fn a_household_has_ten_profiles_at_most() {
    assert!(may_add_profile(PROFILES_MAX - 1).is_ok());
    assert!(may_add_profile(PROFILES_MAX).is_err());
}
