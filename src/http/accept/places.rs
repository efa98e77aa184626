//! Who may hold how many connections: a bound for all, one for each peer, and a few places that
//! only the box itself gets, so that `stead health` is answered whatever goes on outside.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use stead_rules::claim::{Link, Peer};
use stead_rules::limits::{
    CONNECTIONS_MAX, CONNECTIONS_OF_THE_BOX, CONNECTIONS_PER_LINK_MAX, CONNECTIONS_PER_PEER_MAX,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Whose connections are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Whose {
    Address(IpAddr),
    /// The first half of an IPv6 address.
    Prefix(u64),
}

type Held = Arc<Mutex<HashMap<Whose, usize>>>;

/// The places that there are.
#[derive(Debug, Clone)]
pub(super) struct Places {
    shared: Arc<Semaphore>,
    own: Arc<Semaphore>,
    held: Held,
}

/// One place; dropping it gives it back.
#[derive(Debug)]
pub(super) struct Place {
    whose: Vec<Whose>,
    held: Held,
    _permit: OwnedSemaphorePermit,
}

impl Places {
    pub(super) fn new() -> Self {
        Self {
            shared: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
            own: Arc::new(Semaphore::new(CONNECTIONS_OF_THE_BOX)),
            held: Arc::default(),
        }
    }

    /// A place for this peer, if it may have one now.
    pub(super) fn take(&self, peer: Peer) -> Option<Place> {
        self.take_counted(peer, counted_as(peer))
    }

    /// A place for a proxy that the config names: behind it is a whole house.
    pub(super) fn take_for_proxy(&self, proxy: Peer) -> Option<Place> {
        let counted = vec![(Whose::Address(proxy.address), CONNECTIONS_PER_LINK_MAX)];
        self.take_counted(proxy, counted)
    }

    fn take_counted(&self, peer: Peer, counted: Vec<(Whose, usize)>) -> Option<Place> {
        let mut held = lock(&self.held);
        let full = |(whose, max): &(Whose, usize)| held.get(whose).is_some_and(|n| n >= max);
        if counted.iter().any(full) {
            return None;
        }
        let permit = self.permit(peer.address.is_loopback())?;
        let whose: Vec<_> = counted.into_iter().map(|(whose, _)| whose).collect();
        for one in &whose {
            let count = held.entry(*one).or_default();
            *count = count.saturating_add(1);
        }
        drop(held);
        Some(Place { whose, held: Arc::clone(&self.held), _permit: permit })
    }

    fn permit(&self, box_itself: bool) -> Option<OwnedSemaphorePermit> {
        let shared = Arc::clone(&self.shared).try_acquire_owned().ok();
        if shared.is_some() || !box_itself {
            return shared;
        }
        Arc::clone(&self.own).try_acquire_owned().ok()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = lock(&self.held);
        for whose in &self.whose {
            let left = held.get(whose).copied().unwrap_or(0).saturating_sub(1);
            if left == 0 {
                held.remove(whose);
            } else {
                held.insert(*whose, left);
            }
        }
    }
}

fn lock(held: &Held) -> MutexGuard<'_, HashMap<Whose, usize>> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a connection counts as, and how many may. Somewhere else one home has a /64 of IPv6, which
/// counts as one peer. The box's own /64 is the house: its devices count one by one, and since one
/// of them can take any number of its addresses, together too.
fn counted_as(peer: Peer) -> Vec<(Whose, usize)> {
    let alone = (Whose::Address(peer.address), CONNECTIONS_PER_PEER_MAX);
    let IpAddr::V6(address) = peer.address else { return vec![alone] };
    match peer.link {
        Link::OnLink if address.is_loopback() => vec![alone],
        Link::OnLink => vec![alone, (prefix(address), CONNECTIONS_PER_LINK_MAX)],
        Link::OffLink => vec![(prefix(address), CONNECTIONS_PER_PEER_MAX)],
    }
}

fn prefix(address: Ipv6Addr) -> Whose {
    let [a, b, c, d, e, f, g, h, ..] = address.octets();
    Whose::Prefix(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(address: &str) -> Peer {
        Peer { address: address.parse().unwrap(), link: Link::OffLink }
    }

    fn near(address: &str) -> Peer {
        Peer { link: Link::OnLink, ..peer(address) }
    }

    fn take(places: &Places, peer: Peer, count: usize) -> Vec<Place> {
        (0..count).map_while(|_| places.take(peer)).collect()
    }

    #[test]
    fn a_peer_gets_its_share_and_gives_it_back() {
        let places = Places::new();
        for seven in [peer("192.0.2.7"), near("192.0.2.7"), near("fd00::7")] {
            let held = take(&places, seven, 1000);
            assert_eq!(held.len(), CONNECTIONS_PER_PEER_MAX);
            assert!(places.take(peer("192.0.2.8")).is_some());
            drop(held);
            assert_eq!(take(&places, seven, 1000).len(), CONNECTIONS_PER_PEER_MAX);
            assert!(lock(&places.held).is_empty(), "nobody is remembered");
        }
    }

    #[test]
    fn behind_a_known_proxy_is_a_whole_house() {
        let places = Places::new();
        let proxy = peer("192.0.2.7");
        let held: Vec<_> = (0..1000).map_while(|_| places.take_for_proxy(proxy)).collect();
        assert_eq!(held.len(), CONNECTIONS_PER_LINK_MAX);
        assert!(places.take(peer("192.0.2.8")).is_some(), "and not everybody");
    }

    #[test]
    fn a_prefix_of_ipv6_is_one_peer() {
        let places = Places::new();
        let _held = take(&places, peer("2001:db8::1"), 1000);
        assert!(places.take(peer("2001:db8::2:1")).is_none());
        assert!(places.take(peer("2001:db8:0:1::1")).is_some());
    }

    #[test]
    fn one_device_does_not_take_the_places_of_its_house_over_ipv6() {
        let places = Places::new();
        let mut held = take(&places, near("2001:db8::1"), 1000);
        assert_eq!(held.len(), CONNECTIONS_PER_PEER_MAX);
        assert!(places.take(near("2001:db8::2")).is_some(), "another device of the house");
        assert!(places.take(near("fe80::2")).is_some());
        for made_up in 1..1000 {
            held.extend(take(&places, near(&format!("2001:db8::bad:{made_up}")), 1));
        }
        assert_eq!(held.len(), CONNECTIONS_PER_LINK_MAX, "whatever addresses it makes up");
        assert!(places.take(near("192.0.2.8")).is_some());
    }

    #[test]
    fn the_box_itself_gets_in_when_everything_is_taken() {
        let places = Places::new();
        let mut held = Vec::new();
        for host in 0..=u8::MAX {
            held.extend(take(&places, peer(&format!("192.0.2.{host}")), CONNECTIONS_PER_PEER_MAX));
        }
        assert_eq!(held.len(), CONNECTIONS_MAX);
        assert!(places.take(peer("198.51.100.1")).is_none());
        assert_eq!(take(&places, near("127.0.0.1"), 1000).len(), CONNECTIONS_OF_THE_BOX);
        assert!(places.take(near("::1")).is_some(), "given back above");
    }
}
