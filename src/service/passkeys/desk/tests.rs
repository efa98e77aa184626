//! How many challenges wait, and whose place is taken.

use std::net::Ipv4Addr;

use stead_rules::time::{TimeTrust, WallMs};

use super::*;

const NOW: Now = Now { wall: WallMs(0), boot: BootMs(60_000), trust: TimeTrust::Synced };

fn site() -> Site {
    let origin = webauthn_rs::prelude::Url::parse("https://stead-ab12.local").unwrap();
    Site { name: "stead-ab12.local".to_owned(), origin }
}

fn waiting(n: u16, place: IpAddr) -> Waiting {
    let [high, low] = n.to_be_bytes();
    let mut id = [0; 16];
    id[14..].copy_from_slice(&[high, low]);
    let (_, state) = site().webauthn().unwrap().start_discoverable_authentication().unwrap();
    let what = Ceremony::Anybody(Box::new(state));
    Waiting { id: TicketId::from_bytes(id), begun: NOW.boot, place, site: site(), what }
}

#[test]
fn a_flood_from_one_place_takes_no_other_place() {
    let mut desk = PasskeyDesk::default();
    let (quiet, loud) = (IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V4(Ipv4Addr::BROADCAST));
    let first = waiting(0, quiet);
    let id = first.id;
    desk.add(first, NOW);
    for n in 1..=1000 {
        desk.add(waiting(n, loud), NOW);
    }
    assert_eq!(desk.waiting.len(), 1 + PASSKEY_CEREMONIES_PER_PLACE_MAX);
    assert!(desk.take(id, NOW).is_some());
    assert!(desk.take(id, NOW).is_none(), "each is taken once");
}

#[test]
fn what_is_over_is_forgotten() {
    let mut desk = PasskeyDesk::default();
    let place = IpAddr::V4(Ipv4Addr::LOCALHOST);
    desk.add(waiting(0, place), NOW);
    let later = Now { boot: NOW.boot.plus_ms(10 * 60 * 1000), ..NOW };
    desk.add(waiting(1, place), later);
    assert_eq!(desk.waiting.len(), 1);
}
