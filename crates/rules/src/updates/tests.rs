//! When something is done about updates by itself, and what a source may say.

use super::*;
use crate::time::WallMs;

const HOUR_MS: u64 = 3600 * 1000;
/// 2026-01-01T00:00Z.
const MIDNIGHT: i64 = 1_767_225_600_000;

fn at(hour: u64) -> Now {
    let ms = hour * HOUR_MS;
    let wall = WallMs(MIDNIGHT).plus_ms(i64::try_from(ms).unwrap());
    Now { wall, boot: BootMs(1_000_000_000 + ms), trust: TimeTrust::Synced }
}

fn unknown(now: Now) -> Now {
    Now { trust: TimeTrust::Unknown, ..now }
}

#[test]
fn hours_go_over_midnight_and_hold_their_first_and_not_their_last() {
    for (from, to, held) in [
        (3, 5, vec![3, 4]),
        (22, 2, vec![0, 1, 22, 23]),
        (23, 0, vec![23]),
        (0, 23, (0..23).collect()),
    ] {
        let hours = Hours::new(from, to).unwrap();
        let holds: Vec<u64> = (0..24).filter(|hour| hours.hold(at(*hour))).collect();
        assert_eq!(holds, held, "{from} to {to}");
        assert_eq!((hours.from(), hours.to()), (from, to));
    }
    for (from, to) in [(3, 3), (24, 1), (1, 24), (255, 0)] {
        assert_eq!(Hours::new(from, to), None, "{from} to {to}");
    }
}

#[test]
fn nothing_goes_on_without_the_time_out_of_the_hours_or_while_somebody_plays() {
    let hours = Hours::new(3, 5).unwrap();
    let quiet = Playing::Since(None);
    let ago = |seconds: u64| Playing::Since(Some(BootMs(at(4).boot.0 - seconds * 1000)));
    for (playing, now, expected) in [
        (quiet, at(3), Ok(())),
        (quiet, at(4), Ok(())),
        (quiet, at(5), Err(Hold::Hours)),
        (quiet, at(2), Err(Hold::Hours)),
        (quiet, unknown(at(4)), Err(Hold::Time)),
        (Playing::Now, at(4), Err(Hold::Playing)),
        (ago(UPDATE_QUIET_SECONDS - 1), at(4), Err(Hold::Playing)),
        (ago(UPDATE_QUIET_SECONDS), at(4), Ok(())),
    ] {
        assert_eq!(may_go_on(hours, playing, now), expected, "{playing:?} {now:?}");
    }
}

#[test]
fn what_failed_is_tried_later_each_time_and_what_went_well_rests() {
    let now = at(4);
    let later = |seconds: u64| Now { boot: now.boot.plus_ms(seconds * 1000), ..now };
    assert!(Tries::default().is_due(UPDATE_LOOK_SECONDS, now));
    let done = Tries::done(now);
    assert!(!done.is_due(UPDATE_LOOK_SECONDS, later(UPDATE_LOOK_SECONDS - 1)));
    assert!(done.is_due(UPDATE_LOOK_SECONDS, later(UPDATE_LOOK_SECONDS)));
    let mut tries = Tries::default();
    let mut rest = UPDATE_AGAIN_FIRST_SECONDS;
    for _ in 0..100 {
        tries = tries.failed(now);
        assert!(!tries.is_due(0, later(rest - 1)), "{tries:?}");
        assert!(tries.is_due(0, later(rest)), "{tries:?}");
        rest = (rest * 2).min(UPDATE_AGAIN_LAST_SECONDS);
    }
}

#[test]
fn nobody_waits_for_ever_for_what_does_not_come() {
    let mut tries = Tries::default();
    for _ in 1..UPDATE_FRUITLESS_TRIES_MAX {
        tries = tries.failed(at(4));
        assert!(!tries.are_many(), "{tries:?}");
    }
    assert!(tries.failed(at(4)).are_many());
    assert!(!Tries::done(at(4)).are_many());
}

#[test]
fn each_step_follows_from_what_the_owner_wants_and_how_things_stand() {
    let within = How::Within(Hours::new(3, 5).unwrap());
    let (news, known) = (Standing::Offered { told: false }, Standing::Offered { told: true });
    let due = (Tries::default(), Tries::default());
    let asked = (Tries::done(at(4)), Tries::default());
    let torn = (Tries::done(at(4)), Tries::default().failed(at(4)));
    let quiet = Playing::Since(None);
    for (how, standing, tries, playing, now, expected) in [
        (How::Off, news, due, quiet, at(4), Step::Rest),
        (How::Off, Standing::Installed, due, quiet, at(4), Step::Rest),
        (How::Tell, Standing::None, due, quiet, at(12), Step::Look),
        (How::Tell, Standing::None, due, Playing::Now, at(12), Step::Look),
        (How::Tell, Standing::None, due, quiet, unknown(at(12)), Step::Wait(Hold::Time)),
        (How::Tell, Standing::None, asked, quiet, at(4), Step::Rest),
        (How::Tell, news, asked, quiet, at(4), Step::Tell),
        (How::Tell, known, asked, quiet, at(4), Step::Rest),
        (How::Tell, known, due, quiet, at(4), Step::Look),
        (How::Tell, Standing::Fetched, asked, quiet, at(4), Step::Rest),
        (How::Tell, Standing::Installed, asked, quiet, at(4), Step::Rest),
        (within, Standing::None, due, quiet, at(4), Step::Look),
        (within, Standing::None, due, quiet, at(12), Step::Wait(Hold::Hours)),
        (within, Standing::None, asked, quiet, at(12), Step::Rest),
        (within, news, due, quiet, at(4), Step::Look),
        (within, news, asked, quiet, at(4), Step::Fetch),
        (within, news, asked, Playing::Now, at(4), Step::Wait(Hold::Playing)),
        (within, news, asked, quiet, unknown(at(4)), Step::Wait(Hold::Time)),
        (within, news, torn, quiet, at(4), Step::Wait(Hold::Again)),
        (within, known, asked, quiet, at(4), Step::Fetch),
        (within, Standing::Fetched, due, quiet, at(4), Step::Install),
        (within, Standing::Fetched, due, Playing::Now, at(4), Step::Wait(Hold::Playing)),
        (within, Standing::Installed, due, quiet, at(4), Step::Restart),
        (within, Standing::Installed, due, Playing::Now, at(4), Step::Wait(Hold::Playing)),
        (within, Standing::Installed, due, quiet, at(5), Step::Wait(Hold::Hours)),
        (within, Standing::Installed, due, quiet, unknown(at(4)), Step::Wait(Hold::Time)),
    ] {
        let step = next(how, standing, tries, playing, now);
        assert_eq!(step, expected, "{how:?} {standing:?} {tries:?} {playing:?} {now:?}");
    }
}

#[test]
fn a_version_is_new_once() {
    let left = ["0.10.0".to_owned()];
    for (offered, running, expected) in [
        ("0.10.0", "0.9.2", Worth::Left),
        ("0.10.1", "0.9.2", Worth::New),
        ("0.9.2", "0.9.2", Worth::Old),
        ("0.9.1", "0.9.2", Worth::Old),
        ("0.10.0", "0.10.0", Worth::Old),
        ("1.0", "0.10.0", Worth::New),
    ] {
        assert_eq!(worth(offered, running, &left), expected, "{offered} to {running}");
    }
}

#[test]
fn an_offer_is_taken_as_it_can_be_only() {
    let good = Offer {
        version: "0.10.0".to_owned(),
        file: "stead-arm64-0.10.0.raucb".to_owned(),
        size_bytes: 1000,
        sha256: "0a".repeat(32),
        notes: "Mends this.\nAnd that.".to_owned(),
    };
    assert_eq!(good.clone().check(), Ok(good.clone()));
    let with = |change: &dyn Fn(&mut Offer)| {
        let mut offer = good.clone();
        change(&mut offer);
        offer.check().unwrap_err()
    };
    for version in ["", "1 0", "1/0", "<b>", &"1".repeat(UPDATE_VERSION_MAX_CHARS + 1)] {
        assert_eq!(with(&|o| version.clone_into(&mut o.version)), BadOffer::Version, "{version}");
    }
    for file in
        ["", "../a.raucb", "https://x/a.raucb", "a/b.raucb", ".a.raucb", "a.img", "a?b.raucb"]
    {
        assert_eq!(with(&|o| file.clone_into(&mut o.file)), BadOffer::File, "{file}");
    }
    for size in [0, UPDATE_MAX_BYTES + 1, u64::MAX] {
        assert_eq!(with(&|o| o.size_bytes = size), BadOffer::Size, "{size}");
    }
    for sum in ["", "0a", &"0A".repeat(32), &"0g".repeat(32), &"0a".repeat(33)] {
        assert_eq!(with(&|o| sum.clone_into(&mut o.sha256)), BadOffer::Sum, "{sum}");
    }
    for notes in ["\u{1b}[31m", "a\tb", &"a".repeat(UPDATE_NOTES_MAX_CHARS + 1)] {
        assert_eq!(with(&|o| notes.clone_into(&mut o.notes)), BadOffer::Notes, "{notes}");
    }
    for channel in [Channel::Stable, Channel::Beta] {
        assert_eq!(Channel::from_word(channel.word()), Some(channel));
    }
    assert_eq!(Channel::from_word("../x"), None);
}
