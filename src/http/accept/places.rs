//! Who may hold how many connections: a bound for all, one for each peer, and a few places that
//! only the box itself gets, so that `stead health` is answered whatever goes on outside.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use stead_rules::limits::{CONNECTIONS_MAX, CONNECTIONS_OF_THE_BOX, CONNECTIONS_PER_PEER_MAX};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The places that there are.
#[derive(Debug, Clone)]
pub(super) struct Places {
    shared: Arc<Semaphore>,
    own: Arc<Semaphore>,
    held: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// One place; dropping it gives it back.
#[derive(Debug)]
pub(super) struct Place {
    whose: IpAddr,
    held: Arc<Mutex<HashMap<IpAddr, usize>>>,
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
    pub(super) fn take(&self, peer: IpAddr) -> Option<Place> {
        let whose = counted_as(peer);
        let mut held = lock(&self.held);
        let count = held.get(&whose).copied().unwrap_or(0);
        if count >= CONNECTIONS_PER_PEER_MAX {
            return None;
        }
        let permit = self.permit(whose.is_loopback())?;
        held.insert(whose, count.saturating_add(1));
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
        let left = held.get(&self.whose).copied().unwrap_or(0).saturating_sub(1);
        if left == 0 {
            held.remove(&self.whose);
        } else {
            held.insert(self.whose, left);
        }
    }
}

fn lock(held: &Mutex<HashMap<IpAddr, usize>>) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One device has a whole /64 of IPv6 addresses to choose from, so that counts as one peer.
fn counted_as(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) if !address.is_loopback() => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))
        }
        other @ (IpAddr::V4(_) | IpAddr::V6(_)) => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(places: &Places, peer: &str, count: usize) -> Vec<Place> {
        (0..count).map_while(|_| places.take(peer.parse().unwrap())).collect()
    }

    #[test]
    fn a_peer_gets_its_share_and_gives_it_back() {
        let places = Places::new();
        let held = take(&places, "192.0.2.7", 1000);
        assert_eq!(held.len(), CONNECTIONS_PER_PEER_MAX);
        assert!(places.take("::ffff:192.0.2.7".parse().unwrap()).is_none(), "the same peer");
        assert!(places.take("192.0.2.8".parse().unwrap()).is_some());
        drop(held);
        assert_eq!(take(&places, "192.0.2.7", 1000).len(), CONNECTIONS_PER_PEER_MAX);
        assert!(lock(&places.held).is_empty(), "nobody is remembered");
    }

    #[test]
    fn a_prefix_of_ipv6_is_one_peer() {
        let places = Places::new();
        let _held = take(&places, "2001:db8::1", 1000);
        assert!(places.take("2001:db8::2:1".parse().unwrap()).is_none());
        assert!(places.take("2001:db8:0:1::1".parse().unwrap()).is_some());
    }

    #[test]
    fn the_box_itself_gets_in_when_everything_is_taken() {
        let places = Places::new();
        let mut held = Vec::new();
        for peer in 0..=u8::MAX {
            held.extend(take(&places, &format!("192.0.2.{peer}"), CONNECTIONS_PER_PEER_MAX));
        }
        assert_eq!(held.len(), CONNECTIONS_MAX);
        assert!(places.take("198.51.100.1".parse().unwrap()).is_none());
        assert_eq!(take(&places, "127.0.0.1", 1000).len(), CONNECTIONS_OF_THE_BOX);
        assert!(places.take("::1".parse().unwrap()).is_some(), "given back above");
    }
}
