//! Slows guesses at one credential, over restarts.
//!
//! Two counts, kept with the credential in the database. Misses from one place make only that
//! place wait, up to an hour: somebody who guesses all day keeps nobody else away. Misses from
//! everywhere together slow down whoever guesses from many places, for so short a time that it
//! locks nobody out; a place from which the credential was once right does not wait for it.
//!
//! Where the clock cannot tell how much time went by, uptime counts: pulling the plug does not
//! shorten a wait.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::claim::Wait;
use crate::limits::{
    SIGN_UP_ALL_WAIT_SECONDS, SIGN_UP_NETWORK_FREE, THROTTLE_ALL_FREE_MISSES,
    THROTTLE_FIRST_SECONDS, THROTTLE_FORGET_SECONDS, THROTTLE_LAST_SECONDS,
};
use crate::time::{Elapsed, Moment, Now};

/// The wrong tries at a credential that are not forgiven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Misses {
    /// How many.
    pub count: u32,
    /// When the last one was.
    pub last: Moment,
}

/// What is remembered of one credential.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tries {
    /// The misses from the place that asks.
    pub here: Option<Misses>,
    /// The credential was once right from there.
    pub right_here: bool,
    /// The misses from everywhere.
    pub everywhere: Option<Misses>,
}

/// The place that misses are counted for: an address, or the /64 that one IPv6 household has.
#[must_use]
pub fn place_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// The network that a place is in, as one customer of a provider may have it: a /24 of IPv4, a /48 of
/// IPv6.
#[must_use]
pub fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 80))),
        IpAddr::V4(v4) => IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & (u32::MAX << 8))),
    }
}

/// Whether somebody may make an account now. Whoever makes many goes on from another address of the
/// same network, so that is counted too; a household, or the guests of one, have some for free.
#[must_use]
pub fn wait_to_sign_up(tries: Tries, network: Option<Misses>, now: Now) -> Wait {
    let network = left_ms(network, SIGN_UP_NETWORK_FREE, THROTTLE_LAST_SECONDS, now).div_ceil(1000);
    match (wait_after(tries, SIGN_UP_ALL_WAIT_SECONDS, now), network) {
        (wait, 0) => wait,
        (Wait::Go, seconds) => Wait::Seconds(seconds),
        (Wait::Seconds(seconds), other) => Wait::Seconds(seconds.max(other)),
    }
}

/// Whether the credential may be tried now. A try that comes too early is not looked at and does
/// not count. `all_longest_seconds` bounds the wait for misses from everywhere.
#[must_use]
pub fn wait_after(tries: Tries, all_longest_seconds: u64, now: Now) -> Wait {
    let here = left_ms(tries.here, 0, THROTTLE_LAST_SECONDS, now);
    let everywhere = if tries.right_here { None } else { tries.everywhere };
    let all = left_ms(everywhere, THROTTLE_ALL_FREE_MISSES, all_longest_seconds, now);
    match here.max(all) {
        0 => Wait::Go,
        left => Wait::Seconds(left.div_ceil(1000)),
    }
}

/// Whether a count of misses at one place may make room for another: not while it keeps somebody
/// waiting.
#[must_use]
pub fn gives_way(misses: Misses, now: Now) -> bool {
    left_ms(Some(misses), 0, THROTTLE_LAST_SECONDS, now) == 0
}

/// The misses with one more, now.
#[must_use]
pub fn and_one(misses: Option<Misses>, now: Now) -> Misses {
    let count = misses.filter(|misses| !is_forgotten(*misses, now)).map_or(0, |old| old.count);
    Misses { count: count.saturating_add(1), last: Moment::of(now) }
}

/// How long ago the last miss was, at least.
fn since_ms(misses: Misses, now: Now) -> u64 {
    match misses.last.elapsed(now) {
        Elapsed::Exactly(ms) | Elapsed::AtLeast(ms) => ms,
    }
}

fn is_forgotten(misses: Misses, now: Now) -> bool {
    since_ms(misses, now) >= THROTTLE_FORGET_SECONDS * 1000
}

fn left_ms(misses: Option<Misses>, free: u32, longest_seconds: u64, now: Now) -> u64 {
    misses.map_or(0, |misses| {
        pause_ms(misses.count, free, longest_seconds).saturating_sub(since_ms(misses, now))
    })
}

/// One second after the first miss that is not free, twice as long after each further one.
fn pause_ms(count: u32, free: u32, longest_seconds: u64) -> u64 {
    let Some(doublings) = count.checked_sub(free.saturating_add(1)) else { return 0 };
    let seconds = THROTTLE_FIRST_SECONDS.checked_shl(doublings.min(32)).unwrap_or(u64::MAX);
    seconds.min(longest_seconds) * 1000
}
