//! The plug pattern: who is told what, what counts, and who has won.

use proptest::prelude::*;

use super::world::{DEADLINE, at, states};
use crate::claim::{
    Began, NoPlace, PhoneHash, Place, Plug, StartMark, State, Whose, began, parse_plug,
    phones_at_once, plug_text, settle,
};
use crate::limits::{
    PLUG_PHONES_MAX, PLUG_PHONES_MAX_OWNED, PLUG_PROOF_SECONDS, PLUG_SETTLE_SECONDS,
    PLUG_WINDOW_SECONDS,
};

const A: PhoneHash = [1; 32];
const B: PhoneHash = [2; 32];
const OLD: Option<[u8; 16]> = Some([1; 16]);
const NEW: Option<[u8; 16]> = Some([2; 16]);

/// A phone of this place, where four may wait.
fn join(plug: &mut Plug, hash: PhoneHash, place: PhoneHash, random: u8) -> Result<u8, NoPlace> {
    plug.join(hash, whose(place[0], 0), PLUG_PHONES_MAX, random)
}

fn whose(place: u8, address: u8) -> Whose {
    Whose { place: [place; 16], address: [address; 16] }
}

/// A told 2 (or what `random` makes of it), B the next.
fn waiting() -> Plug {
    let mut plug = Plug::default();
    assert_eq!(join(&mut plug, A, A, 0), Ok(2));
    assert_eq!(join(&mut plug, B, B, 0), Ok(3));
    plug
}

fn cut(plug: &mut Plug, times: u8) {
    for _ in 0..times {
        assert_eq!(plug.pass(20_000), None);
        plug.begin(Began::PowerCut);
    }
}

fn quiet(plug: &mut Plug) -> Option<PhoneHash> {
    assert_eq!(plug.pass(PLUG_SETTLE_SECONDS * 1000 - 1), None);
    plug.pass(1)
}

#[test]
fn a_start_counts_only_after_a_power_cut() {
    let mark = |boot, stopped| StartMark { boot, stopped };
    for (before, now, by_watchdog, want) in [
        (mark(OLD, false), NEW, false, Began::PowerCut),
        (mark(OLD, true), NEW, false, Began::CleanStop),
        (mark(OLD, true), NEW, true, Began::CleanStop),
        (mark(OLD, false), NEW, true, Began::Watchdog),
        // A process that fell, or was killed by the service's own watchdog.
        (mark(OLD, false), OLD, false, Began::Process),
        (mark(OLD, true), OLD, false, Began::Process),
        (mark(None, false), NEW, false, Began::Process),
        (mark(OLD, false), None, false, Began::Process),
    ] {
        assert_eq!(began(before, now, by_watchdog), want, "{before:?} {now:?} {by_watchdog}");
    }
}

#[test]
fn of_two_phones_the_one_wins_whose_number_was_met() {
    for (cuts, want) in [(1, None), (2, Some(A)), (3, Some(B)), (4, None), (9, None)] {
        let mut plug = waiting();
        cut(&mut plug, cuts);
        assert_eq!(quiet(&mut plug), want, "{cuts} cuts");
        assert_eq!(plug.has_won(&A), want == Some(A));
        assert_eq!(plug.has_won(&B), want == Some(B));
        assert_eq!(plug.phones, [], "nobody else goes on waiting");
    }
}

#[test]
fn a_single_outage_of_everybodys_power_is_nobodys_pattern() {
    let mut plug = waiting();
    cut(&mut plug, 1);
    assert_eq!(quiet(&mut plug), None);
    assert_eq!((plug.place(&A), plug.place(&B)), (Place::Out, Place::Out));
}

#[test]
fn clean_stops_and_watchdogs_do_not_count() {
    for other in [Began::CleanStop, Began::Watchdog, Began::Process] {
        let mut plug = waiting();
        cut(&mut plug, 1);
        plug.begin(other);
        cut(&mut plug, 1);
        assert_eq!(quiet(&mut plug), Some(A), "{other:?}");
        let mut plug = waiting();
        plug.begin(other);
        plug.begin(other);
        assert_eq!(plug.counted, 0, "{other:?}");
    }
}

#[test]
fn every_phone_is_told_another_number_and_the_fifth_none() {
    for random in 0..=255_u8 {
        let mut plug = Plug::default();
        let mut told: Vec<u8> = (0..4)
            .map(|n| join(&mut plug, [n; 32], [n; 32], random.wrapping_mul(n + 1)).unwrap())
            .collect();
        told.sort_unstable();
        assert_eq!(told, [2, 3, 4, 5]);
        assert_eq!(join(&mut plug, [9; 32], [9; 32], random), Err(NoPlace::Full));
    }
}

/// Whoever asks again and again from one device would else be told every number, and any flicker of
/// the power would be theirs.
#[test]
fn one_address_holds_one_number_however_often_it_asks() {
    for random in 0..=255_u8 {
        let mut plug = Plug::default();
        for again in 0..9 {
            join(&mut plug, [again; 32], A, random.wrapping_mul(again)).unwrap();
        }
        assert_eq!(plug.phones.len(), 1);
        assert_eq!(plug.place(&[0; 32]), Place::Out);
        join(&mut plug, B, B, random).unwrap();
        assert_eq!(plug.phones.len(), 2);
    }
}

/// One device may have as many addresses of its network as it likes. Nor does it drive out who waits
/// there, only to be told a number while they pull the plug.
#[test]
fn one_network_of_ipv6_holds_one_number_whatever_address_asks() {
    let mut plug = Plug::default();
    let mut ask = |hash, address| plug.join(hash, whose(1, address), PLUG_PHONES_MAX, 0);
    assert_eq!(ask(A, 1), Ok(2));
    for address in 2..9 {
        assert_eq!(ask(B, address), Err(NoPlace::Taken));
    }
    assert_eq!(plug.phones.len(), 1);
    assert!(matches!(plug.place(&A), Place::Waits { .. }), "who came first waits on");
    assert_eq!(plug.join(B, whose(1, 1), PLUG_PHONES_MAX, 0), Ok(2), "their own place anew");
    assert_eq!((plug.place(&A), plug.phones.len()), (Place::Out, 1));
}

#[test]
fn beside_an_owner_one_phone_waits_at_a_time() {
    for (_, state) in states() {
        let settled = settle(&state, at(DEADLINE)).next;
        let owned = settled.was_claimed() && settled != State::Recovery;
        let most = if owned { PLUG_PHONES_MAX_OWNED } else { PLUG_PHONES_MAX };
        assert_eq!(phones_at_once(&settled), most, "{settled:?}");
    }
    let mut plug = Plug::default();
    assert_eq!(plug.join(A, whose(1, 1), PLUG_PHONES_MAX_OWNED, 0), Ok(2));
    assert_eq!(plug.join(B, whose(2, 2), PLUG_PHONES_MAX_OWNED, 0), Err(NoPlace::Taken));
    assert_eq!(plug.join(B, whose(1, 1), PLUG_PHONES_MAX_OWNED, 1), Ok(3), "the same one, anew");
}

/// Somebody who sees the lights go out could else wait for the number that is nearly met.
#[test]
fn nobody_joins_a_pattern_that_is_under_way() {
    let mut plug = waiting();
    cut(&mut plug, 1);
    assert_eq!(join(&mut plug, [3; 32], [3; 32], 0), Err(NoPlace::UnderWay));
    assert_eq!(quiet(&mut plug), None);
    assert_eq!(join(&mut plug, [3; 32], [3; 32], 0), Ok(2));
    cut(&mut plug, 2);
    assert_eq!(quiet(&mut plug), Some([3; 32]));
    assert_eq!(join(&mut plug, A, A, 0), Err(NoPlace::Won));
}

#[test]
fn a_pattern_has_ten_minutes_of_uptime_in_all() {
    let mut plug = waiting();
    let window = PLUG_WINDOW_SECONDS * 1000;
    assert_eq!(plug.pass(window - PLUG_SETTLE_SECONDS * 1000), None);
    plug.begin(Began::PowerCut);
    plug.begin(Began::PowerCut);
    assert_eq!(quiet(&mut plug), Some(A), "just in time");
    let mut plug = waiting();
    assert_eq!(plug.pass(window - PLUG_SETTLE_SECONDS * 1000 + 1), None);
    plug.begin(Began::PowerCut);
    plug.begin(Began::PowerCut);
    assert_eq!(quiet(&mut plug), None, "too late");
    assert_eq!(plug, Plug::default());
}

#[test]
fn a_phone_sees_the_count_go_along() {
    let mut plug = waiting();
    let window = PLUG_WINDOW_SECONDS * 1000;
    assert_eq!(plug.place(&B), Place::Waits { told: 3, counted: 0, left_ms: window });
    cut(&mut plug, 2);
    let settle = PLUG_SETTLE_SECONDS * 1000;
    assert_eq!(plug.place(&B), Place::Waits { told: 3, counted: 2, left_ms: settle });
    assert_eq!(plug.place(&[7; 32]), Place::Out);
    cut(&mut plug, 1);
    assert_eq!(quiet(&mut plug), Some(B));
    assert_eq!((plug.place(&B), plug.place(&A)), (Place::Won, Place::Out));
}

#[test]
fn a_proof_that_nobody_uses_is_forgotten() {
    let mut plug = waiting();
    cut(&mut plug, 2);
    assert_eq!(quiet(&mut plug), Some(A));
    plug.pass(PLUG_PROOF_SECONDS * 1000 - 1);
    plug.forget_unused();
    assert!(plug.has_won(&A));
    plug.pass(1);
    plug.forget_unused();
    assert!(!plug.has_won(&A) && plug.is_idle());
}

#[test]
fn a_pattern_is_read_as_it_was_kept_or_not_at_all() {
    let mut plug = waiting();
    cut(&mut plug, 1);
    plug.pass(1234);
    let mut won = waiting();
    cut(&mut won, 2);
    assert_eq!(quiet(&mut won), Some(A));
    for plug in [Plug::default(), waiting(), plug, won] {
        for (boot, stopped) in [(None, false), (OLD, true), (NEW, false)] {
            let mark = StartMark { boot, stopped };
            let text = plug_text(&plug, mark);
            assert_eq!(parse_plug(&text), Some((plug.clone(), mark)));
            for length in 0..text.len() - 1 {
                assert_eq!(parse_plug(&text[..length]), None, "cut short: {}", &text[..length]);
            }
        }
    }
}

#[test]
fn who_leaves_waits_no_longer() {
    let mut plug = waiting();
    assert!(!plug.leave(&[7; 32]), "a stranger changes nothing");
    assert_eq!(plug, waiting());
    assert!(plug.leave(&A) && !plug.leave(&A));
    cut(&mut plug, 2);
    assert_eq!(quiet(&mut plug), None);
    let mut plug = waiting();
    cut(&mut plug, 2);
    assert_eq!(quiet(&mut plug), Some(A));
    assert!(!plug.leave(&B) && plug.has_won(&A));
    assert!(plug.leave(&A) && plug.is_idle());
}

proptest! {
    #[test]
    fn at_most_one_wins_and_only_by_its_own_number(
        joins in 1..5_u8,
        steps in prop::collection::vec((0..4_u8, 0..120_000_u64), 0..20),
    ) {
        let mut plug = Plug::default();
        let mut told = Vec::new();
        for phone in 0..joins {
            told.push((phone, join(&mut plug, [phone; 32], [phone; 32], phone).unwrap()));
        }
        let (mut cuts, mut won) = (0_u8, None);
        for (how, ms) in steps {
            if let Some(hash) = plug.pass(ms) {
                prop_assert!(won.is_none());
                won = Some((hash, cuts));
            }
            let how = [Began::PowerCut, Began::CleanStop, Began::Watchdog, Began::Process]
                [usize::from(how)];
            if won.is_none() && !plug.phones.is_empty() {
                cuts += u8::from(how == Began::PowerCut);
            }
            plug.begin(how);
        }
        if let Some((hash, cuts)) = won {
            let number = told.iter().find(|(phone, _)| [*phone; 32] == hash).unwrap().1;
            prop_assert_eq!(number, cuts);
        }
    }
}
