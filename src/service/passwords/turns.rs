//! Whose password is hashed next: a few at a time, one of each place, and one of the box itself.
//!
//! ```text
//! a place ── its lane: 1 goes on, 2 wait, more are refused ──▶ the queue of all places ──▶ hash
//! the box ───────────────────────────────────────────────────▶ a queue of its own ───────▶ hash
//! ```
//!
//! A place stands in the queue of all once, however much it sends, so whoever comes from elsewhere
//! waits for one hash of each place and not for a flood.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use stead_rules::claim::Peer;
use stead_rules::limits::{
    PASSWORD_HASHES_AT_ONCE, PASSWORD_HASHES_OF_THE_BOX, PASSWORD_HASHES_PER_PLACE_MAX,
};
use stead_rules::signin::place_of;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

type Lanes = Arc<Mutex<HashMap<IpAddr, Lane>>>;

/// The turns that there are.
#[derive(Debug)]
pub(super) struct Turns {
    shared: Arc<Semaphore>,
    own: Arc<Semaphore>,
    lanes: Lanes,
}

/// A turn to hash. It goes with the hash, not with the request: the request may be given up.
#[derive(Debug)]
pub(super) struct Turn {
    _hash: OwnedSemaphorePermit,
    _first: Option<(OwnedSemaphorePermit, Spot)>,
}

/// What one place has under way.
#[derive(Debug)]
struct Lane {
    count: usize,
    first: Arc<Semaphore>,
}

/// A spot in the lane of a place; dropping it gives it back.
#[derive(Debug)]
struct Spot {
    place: IpAddr,
    lanes: Lanes,
}

impl Turns {
    pub(super) fn new() -> Self {
        Self {
            shared: Arc::new(Semaphore::new(PASSWORD_HASHES_AT_ONCE)),
            own: Arc::new(Semaphore::new(PASSWORD_HASHES_OF_THE_BOX)),
            lanes: Arc::default(),
        }
    }

    /// A turn for this peer; none at once if its place has its share.
    pub(super) async fn take(&self, peer: Peer) -> Option<Turn> {
        if peer.is_the_box() {
            return Some(Turn { _hash: wait(&self.own).await?, _first: None });
        }
        let (spot, first) = self.spot(place_of(peer.address))?;
        let first = wait(&first).await?;
        Some(Turn { _hash: wait(&self.shared).await?, _first: Some((first, spot)) })
    }

    fn spot(&self, place: IpAddr) -> Option<(Spot, Arc<Semaphore>)> {
        let mut lanes = lock(&self.lanes);
        let lane = lanes
            .entry(place)
            .or_insert_with(|| Lane { count: 0, first: Arc::new(Semaphore::new(1)) });
        if lane.count >= PASSWORD_HASHES_PER_PLACE_MAX {
            return None;
        }
        lane.count = lane.count.saturating_add(1);
        Some((Spot { place, lanes: Arc::clone(&self.lanes) }, Arc::clone(&lane.first)))
    }
}

async fn wait(turns: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
    Arc::clone(turns).acquire_owned().await.ok()
}

impl Drop for Spot {
    fn drop(&mut self) {
        let mut lanes = lock(&self.lanes);
        let Some(lane) = lanes.get_mut(&self.place) else { return };
        lane.count = lane.count.saturating_sub(1);
        if lane.count == 0 {
            lanes.remove(&self.place);
        }
    }
}

fn lock(lanes: &Lanes) -> MutexGuard<'_, HashMap<IpAddr, Lane>> {
    lanes.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};

    use stead_rules::claim::Link;

    use super::*;

    type Asking<'a> = Pin<Box<dyn Future<Output = Option<Turn>> + 'a>>;

    fn ask<'a>(turns: &'a Turns, address: &str) -> Asking<'a> {
        ask_by(turns, address, Link::OnLink)
    }

    fn ask_by<'a>(turns: &'a Turns, address: &str, link: Link) -> Asking<'a> {
        Box::pin(turns.take(Peer { address: address.parse().unwrap(), link }))
    }

    fn look(asking: &mut Asking<'_>) -> Poll<Option<Turn>> {
        asking.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    }

    /// The turn that is had at once.
    fn had(turns: &Turns, address: &str) -> Turn {
        match look(&mut ask(turns, address)) {
            Poll::Ready(Some(turn)) => turn,
            refused @ (Poll::Ready(None) | Poll::Pending) => panic!("{address}: {refused:?}"),
        }
    }

    fn is_refused(turns: &Turns, address: &str) -> bool {
        matches!(look(&mut ask(turns, address)), Poll::Ready(None))
    }

    #[test]
    fn of_one_place_one_goes_on_and_two_wait() {
        let turns = Turns::new();
        let first = had(&turns, "192.0.2.7");
        let mut second = ask(&turns, "192.0.2.7");
        let mut third = ask(&turns, "::ffff:192.0.2.7");
        assert!(look(&mut second).is_pending() && look(&mut third).is_pending());
        assert!(is_refused(&turns, "192.0.2.7"), "a fourth");
        let other = had(&turns, "192.0.2.8");
        drop((first, other));
        assert!(matches!(look(&mut second), Poll::Ready(Some(_))), "its turn, over at once");
        assert!(matches!(look(&mut third), Poll::Ready(Some(_))));
        drop((second, third));
        assert!(lock(&turns.lanes).is_empty(), "nobody is remembered");
    }

    #[test]
    fn whoever_gives_up_waiting_makes_room() {
        let turns = Turns::new();
        let _first = had(&turns, "2001:db8::1");
        let mut waiting = [ask(&turns, "2001:db8::2"), ask(&turns, "2001:db8::3")];
        assert!(waiting.iter_mut().all(|one| look(one).is_pending()));
        assert!(is_refused(&turns, "2001:db8::4"), "one household");
        drop(waiting);
        assert!(look(&mut ask(&turns, "2001:db8::4")).is_pending(), "it may wait");
    }

    #[test]
    fn the_box_itself_has_a_turn_whoever_else_asks() {
        let turns = Turns::new();
        let _held = ["192.0.2.7", "192.0.2.8"].map(|address| had(&turns, address));
        assert!(look(&mut ask(&turns, "192.0.2.9")).is_pending());
        let own = had(&turns, "127.0.0.1");
        let mut more: Vec<_> = (0..20).map(|_| ask(&turns, "::1")).collect();
        assert!(more.iter_mut().all(|one| look(one).is_pending()), "never refused");
        drop(own);
        assert!(matches!(look(&mut more[0]), Poll::Ready(Some(_))));
    }

    #[test]
    fn visitors_by_a_proxy_on_the_box_are_one_place() {
        let turns = Turns::new();
        let mut visitors: Vec<_> =
            (0..4).map(|_| ask_by(&turns, "127.0.0.1", Link::OffLink)).collect();
        let (fourth, rest) = visitors.split_last_mut().unwrap();
        let Poll::Ready(Some(_turn)) = look(&mut rest[0]) else { panic!("it is free") };
        assert!(rest[1..].iter_mut().all(|one| look(one).is_pending()));
        assert!(matches!(look(fourth), Poll::Ready(None)));
        drop(had(&turns, "127.0.0.1"));
    }
}
