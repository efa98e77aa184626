//! Slows guesses at the console code: per address first, then all addresses together.
//!
//! Only the code is slowed. The link's 128 bit cannot be guessed, so somebody who guesses codes
//! all day never keeps away a person with the set-up page. Misses live in memory: a restart
//! forgives them, and costs an attacker far more than it brings.

use std::net::IpAddr;

use crate::limits::{
    CODE_ADDRESSES_MAX, CODE_FORGET_SECONDS, CODE_FREE_MISSES, CODE_FREE_MISSES_GLOBAL,
    CODE_GLOBAL_WAIT_SECONDS, THROTTLE_FIRST_SECONDS, THROTTLE_LAST_SECONDS,
};
use crate::time::BootMs;

/// Whether a code may be tried now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Yes.
    Go,
    /// Not before so many seconds; the try is not looked at and does not count.
    Seconds(u64),
}

/// The misses so far. Its size is bounded whatever comes.
#[derive(Debug, Clone, Default)]
pub struct CodeThrottle {
    all: Misses,
    addresses: Vec<(IpAddr, Misses)>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Misses {
    count: u32,
    last: BootMs,
}

impl CodeThrottle {
    /// Whether `address` may try a code now.
    #[must_use]
    pub fn check(&self, address: IpAddr, now: BootMs) -> Wait {
        let own = self.misses_of(address).left_ms(now, CODE_FREE_MISSES, THROTTLE_LAST_SECONDS);
        let all = self.all.left_ms(now, CODE_FREE_MISSES_GLOBAL, CODE_GLOBAL_WAIT_SECONDS);
        match own.max(all) {
            0 => Wait::Go,
            ms => Wait::Seconds(ms.div_ceil(1000)),
        }
    }

    /// Whether `address` may try, whatever others missed: for a proof that must never be delayed by
    /// them, and whose guesses cost enough by themselves.
    #[must_use]
    pub fn check_place(&self, address: IpAddr, now: BootMs) -> Wait {
        match self.misses_of(address).left_ms(now, CODE_FREE_MISSES, THROTTLE_LAST_SECONDS) {
            0 => Wait::Go,
            ms => Wait::Seconds(ms.div_ceil(1000)),
        }
    }

    /// Counts a wrong code from `address`.
    pub fn missed(&mut self, address: IpAddr, now: BootMs) {
        self.all = self.all.and_one(now);
        let own = self.misses_of(address).and_one(now);
        self.forget(address);
        self.addresses.retain(|(_, misses)| !misses.are_forgotten(now));
        self.make_room();
        self.addresses.push((address.to_canonical(), own));
    }

    /// Forgets the misses of an address that showed a right code.
    pub fn forget(&mut self, address: IpAddr) {
        let address = address.to_canonical();
        self.addresses.retain(|(known, _)| *known != address);
    }

    fn misses_of(&self, address: IpAddr) -> Misses {
        let address = address.to_canonical();
        self.addresses
            .iter()
            .find(|(known, _)| *known == address)
            .map(|(_, misses)| *misses)
            .unwrap_or_default()
    }

    /// Entries stand in the order of their last miss, so the first one is the oldest.
    fn make_room(&mut self) {
        let surplus = (self.addresses.len() + 1).saturating_sub(CODE_ADDRESSES_MAX);
        self.addresses.drain(..surplus);
    }

    #[cfg(test)]
    pub(super) fn addresses(&self) -> usize {
        self.addresses.len()
    }
}

impl Misses {
    fn and_one(self, now: BootMs) -> Self {
        let count = if self.are_forgotten(now) { 0 } else { self.count };
        Self { count: count.saturating_add(1), last: now }
    }

    fn are_forgotten(self, now: BootMs) -> bool {
        now.since_ms(self.last) >= CODE_FORGET_SECONDS * 1000
    }

    fn left_ms(self, now: BootMs, free: u32, longest_seconds: u64) -> u64 {
        let Some(over) = self.count.checked_sub(free.saturating_add(1)) else { return 0 };
        let doubled = THROTTLE_FIRST_SECONDS.checked_shl(over.min(32)).unwrap_or(u64::MAX);
        let wait_ms = doubled.min(longest_seconds) * 1000;
        self.last.plus_ms(wait_ms).since_ms(now)
    }
}
