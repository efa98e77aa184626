//! Codes of devices: their pace, their end, and how many there are.

use std::net::{IpAddr, Ipv4Addr};

use crate::claim::{Link, Peer};
use crate::limits::{DEVICE_CODE_SECONDS, DEVICE_CODES_FROM_ELSEWHERE_MAX, DEVICE_CODES_MAX};
use crate::limits::{DEVICE_CODES_OF_KIND_MAX, DEVICE_CODES_PER_NETWORK_MAX};
use crate::limits::{DEVICE_CODES_PER_PLACE_MAX, DEVICE_HASTY_POLLS_MAX};
use crate::signin::{
    DeviceClient, DevicesFull, Grant, GrantOver, Holder, Holding, Poll, Verdict, has_room,
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

fn holder(client: DeviceClient, peer: Peer) -> Holder {
    Holder { client, peer }
}

#[test]
fn a_place_a_network_a_kind_and_the_world_outside_hold_only_so_many_codes() {
    let near = holder(DeviceClient::Tv, peer(1, Link::OnLink));
    let far = holder(DeviceClient::Server, peer(1, Link::OffLink));
    let none = Holding::default();
    let elsewhere = DEVICE_CODES_FROM_ELSEWHERE_MAX;
    let cases = [
        (none, near, Ok(())),
        (Holding { here: DEVICE_CODES_PER_PLACE_MAX - 1, ..none }, near, Ok(())),
        (Holding { here: DEVICE_CODES_PER_PLACE_MAX, ..none }, near, Err(DevicesFull::Here)),
        (Holding { network: DEVICE_CODES_PER_NETWORK_MAX - 1, ..none }, far, Ok(())),
        (Holding { network: DEVICE_CODES_PER_NETWORK_MAX, ..none }, far, Err(DevicesFull::Here)),
        (Holding { kind: DEVICE_CODES_OF_KIND_MAX - 1, ..none }, near, Ok(())),
        (Holding { kind: DEVICE_CODES_OF_KIND_MAX, ..none }, near, Err(DevicesFull::Everywhere)),
        (Holding { all: 70, elsewhere, ..none }, far, Err(DevicesFull::Everywhere)),
        (Holding { all: 70, elsewhere, ..none }, near, Ok(())),
        (Holding { all: DEVICE_CODES_MAX, ..none }, near, Err(DevicesFull::Everywhere)),
    ];
    for (holding, asker, expected) in cases {
        assert_eq!(has_room(holding, asker), expected, "{holding:?} {asker:?}");
    }
    let tv = |last, link| holder(DeviceClient::Tv, peer(last, link));
    let waiting = [
        tv(1, Link::OnLink),
        tv(1, Link::OnLink),
        tv(2, Link::OnLink),
        far,
        tv(7, Link::OffLink),
        holder(DeviceClient::App, Peer { address: [198, 51, 100, 1].into(), link: Link::OffLink }),
    ];
    let counted = |asker| Holding::of(waiting.into_iter(), asker);
    let seen = Holding { all: 6, kind: 4, elsewhere: 3, network: 0, here: 2 };
    assert_eq!(counted(near), seen, "at home an address is a place and there is no network");
    assert_eq!(counted(far), Holding { all: 6, kind: 1, elsewhere: 3, network: 2, here: 1 });
}

/// Somebody with a network of their own, whatever address of it they take.
#[test]
fn user_code_flood_one_stranger_leaves_room_for_others() {
    let at = |address: std::net::Ipv6Addr| {
        holder(DeviceClient::Server, Peer { address: address.into(), link: Link::OffLink })
    };
    let mut held = Vec::new();
    for n in 0..u16::MAX {
        let asker = at(std::net::Ipv6Addr::new(0x2001, 0xdb8, 7, n, 0, 0, 0, 1));
        if has_room(Holding::of(held.iter().copied(), asker), asker).is_ok() {
            held.push(asker);
        }
    }
    assert_eq!(held.len(), DEVICE_CODES_PER_NETWORK_MAX);
    let other = at(std::net::Ipv6Addr::new(0x2001, 0xdb8, 8, 0, 0, 0, 0, 1));
    assert_eq!(has_room(Holding::of(held.into_iter(), other), other), Ok(()));
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
