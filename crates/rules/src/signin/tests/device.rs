//! Codes of devices: their pace, their end, and how many there are.

use std::net::{IpAddr, Ipv4Addr};

use crate::claim::{Link, Peer};
use crate::limits::{DEVICE_CODE_SECONDS, DEVICE_CODES_FROM_ELSEWHERE_MAX, DEVICE_CODES_MAX};
use crate::limits::{DEVICE_CODES_PER_PLACE_MAX, DEVICE_HASTY_POLLS_MAX};
use crate::signin::{
    DeviceClient, DevicesFull, Grant, GrantOver, Holding, Poll, Verdict, has_room,
};
use crate::time::{BootMs, Now, TimeTrust, WallMs};

fn at(seconds: u64) -> Now {
    let boot = BootMs(1_000_000 + seconds * 1000);
    Now { wall: WallMs(0), boot, trust: TimeTrust::Unknown }
}

/// Asks at these seconds; what is told each time.
fn asked(grant: Grant, seconds: &[u64]) -> Vec<Poll> {
    let mut grant = grant;
    let ask = |&second: &u64| {
        let (told, next) = grant.poll(at(second));
        grant = next;
        told
    };
    seconds.iter().map(ask).collect()
}

#[test]
fn whoever_asks_too_often_waits_five_seconds_longer_from_then_on() {
    use Poll::{Over, Pending, SlowDown};
    let cases: &[(&[u64], &[Poll])] = &[
        (&[0], &[Pending]),
        (&[0, 5, 10, 15], &[Pending, Pending, Pending, Pending]),
        (&[0, 4], &[Pending, SlowDown]),
        // The interval is 10 s after one hasty question, 15 s after the next.
        (&[0, 4, 14], &[Pending, SlowDown, Pending]),
        (&[0, 4, 13, 28], &[Pending, SlowDown, SlowDown, Pending]),
        (&[0, 4, 13, 27], &[Pending, SlowDown, SlowDown, SlowDown]),
        (&[599], &[Pending]),
        (&[600], &[Over]),
        (&[10_000], &[Over]),
    ];
    for (seconds, expected) in cases {
        assert_eq!(asked(Grant::new(at(0)), seconds), *expected, "{seconds:?}");
    }
}

#[test]
fn a_device_that_never_listens_loses_its_code() {
    let many = usize::try_from(DEVICE_HASTY_POLLS_MAX).unwrap();
    let told = asked(Grant::new(at(0)), &vec![1; many + 3]);
    assert_eq!(told[0], Poll::Pending);
    assert!(told[1..=many].iter().all(|poll| *poll == Poll::SlowDown));
    assert!(told[many + 1..].iter().all(|poll| *poll == Poll::Over));
}

#[test]
fn a_verdict_is_given_once_and_in_time() {
    let fresh = Grant::new(at(0));
    for (verdict, told) in [(Verdict::Approved, Poll::Approved), (Verdict::Denied, Poll::Denied)] {
        let judged = fresh.judged(verdict, at(599)).unwrap();
        assert_eq!(judged.verdict(), verdict);
        assert_eq!(asked(judged, &[599, 599, 600]), [told, told, Poll::Over]);
        for again in [Verdict::Approved, Verdict::Denied] {
            assert_eq!(judged.judged(again, at(1)), Err(GrantOver));
        }
        assert_eq!(fresh.judged(verdict, at(DEVICE_CODE_SECONDS)), Err(GrantOver));
    }
    assert_eq!(fresh.left_seconds(at(0)), Some(DEVICE_CODE_SECONDS));
    assert_eq!(fresh.left_seconds(at(600)), None);
}

fn peer(last: u8, link: Link) -> Peer {
    Peer { address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)), link }
}

#[test]
fn a_place_and_the_world_outside_hold_only_so_many_codes() {
    let near = peer(1, Link::OnLink);
    let far = peer(1, Link::OffLink);
    let cases = [
        (Holding::default(), near, Ok(())),
        (Holding { here: DEVICE_CODES_PER_PLACE_MAX - 1, ..Holding::default() }, near, Ok(())),
        (
            Holding { here: DEVICE_CODES_PER_PLACE_MAX, ..Holding::default() },
            near,
            Err(DevicesFull::Here),
        ),
        (
            Holding { all: 70, elsewhere: DEVICE_CODES_FROM_ELSEWHERE_MAX, here: 0 },
            far,
            Err(DevicesFull::Everywhere),
        ),
        (Holding { all: 70, elsewhere: DEVICE_CODES_FROM_ELSEWHERE_MAX, here: 0 }, near, Ok(())),
        (
            Holding { all: DEVICE_CODES_MAX, ..Holding::default() },
            near,
            Err(DevicesFull::Everywhere),
        ),
    ];
    for (holding, asker, expected) in cases {
        assert_eq!(has_room(holding, asker), expected, "{holding:?} {asker:?}");
    }
    let waiting = [near, near, far, peer(2, Link::OnLink)];
    let counted = Holding::of(waiting.into_iter(), near);
    assert_eq!(counted, Holding { all: 4, elsewhere: 1, here: 2 });
}

#[test]
fn clients_are_known_by_their_ids_and_get_little() {
    for client in DeviceClient::ALL {
        assert_eq!(DeviceClient::from_id(client.id()), Some(client));
        assert!(client.session().is_none_or(|kind| !kind.may_administer()));
    }
    assert_eq!(DeviceClient::from_id("stead-web"), None);
    assert_eq!(DeviceClient::Server.session(), None, "a server plays nothing");
    for (scope, as_app, as_server) in [
        ("", true, true),
        ("playback", true, false),
        (" playback ", true, false),
        ("playback admin", false, false),
        ("openid registration", false, true),
        ("registration", false, true),
        ("openid registration playback", false, false),
        ("openid profile", false, false),
        ("x", false, false),
    ] {
        assert_eq!(DeviceClient::App.may_ask_for(scope), as_app, "{scope:?}");
        assert_eq!(DeviceClient::Tv.may_ask_for(scope), as_app, "{scope:?}");
        assert_eq!(DeviceClient::Server.may_ask_for(scope), as_server, "{scope:?}");
    }
}
