//! Passwords for apps.

use crate::signin::AppPassword;

#[test]
fn four_groups_of_six_letters_and_every_letter_is_equally_likely() {
    let made = AppPassword::from_random(&[0; AppPassword::RANDOM_BYTES]).unwrap();
    assert_eq!(made.expose(), "bbbbbb-bbbbbb-bbbbbb-bbbbbb");
    let mut random = [255; AppPassword::RANDOM_BYTES];
    assert!(AppPassword::from_random(&random).is_none(), "bytes beyond the fair ones are skipped");
    for (at, byte) in random.iter_mut().enumerate().skip(40) {
        *byte = u8::try_from((at - 40) * 10 % 240).unwrap();
    }
    let made = AppPassword::from_random(&random).unwrap();
    assert_eq!(made.expose(), "bnbnbn-bnbnbn-bnbnbn-bnbnbn");
}

#[test]
fn it_is_read_however_it_is_typed() {
    let shown = "bcdfgh-jklmnp-qrstvw-xzbcdf";
    for typed in [
        shown,
        "bcdfghjklmnpqrstvwxzbcdf",
        "BCDFGH JKLMNP QRSTVW XZBCDF",
        " b-cdfghjklmnpqrstvwxzbcdf ",
    ] {
        assert_eq!(AppPassword::parse(typed).unwrap().expose(), shown, "{typed:?}");
    }
    for typed in [
        "",
        "bcdfgh-jklmnp-qrstvw-xzbcd",
        "bcdfgh-jklmnp-qrstvw-xzbcdfg",
        "acdfgh-jklmnp-qrstvw-xzbcdf",
        "bcdfgh_jklmnp_qrstvw_xzbcdf",
    ] {
        assert!(AppPassword::parse(typed).is_err(), "{typed:?}");
    }
}
