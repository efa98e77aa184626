//! Randomness, by one door, so that tests can make it repeatable.

use ring::rand::{SecureRandom, SystemRandom};

/// A source of random bytes.
pub trait Entropy: Send + Sync {
    /// Fills `bytes`. It cannot fail: a source that has nothing to give does not return.
    fn fill(&self, bytes: &mut [u8]);
}

/// `N` random bytes.
pub fn bytes<const N: usize>(entropy: &dyn Entropy) -> [u8; N] {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes);
    bytes
}

/// A fresh id: `fresh(entropy, UserId::from_bytes)`.
pub fn fresh<T>(entropy: &dyn Entropy, id: impl FnOnce([u8; 16]) -> T) -> T {
    id(bytes(entropy))
}

/// A number below `bound`, each as likely as the other; zero when `bound` is zero.
pub fn below(entropy: &dyn Entropy, bound: u32) -> u32 {
    // Numbers of the last, incomplete round would come up more often, so they are drawn again.
    let fair_end = u32::MAX - u32::MAX.checked_rem(bound).unwrap_or(0);
    loop {
        let drawn = u32::from_le_bytes(bytes(entropy));
        if drawn < fair_end || bound == 0 {
            return drawn.checked_rem(bound).unwrap_or(0);
        }
    }
}

/// The kernel's random numbers.
pub struct SystemEntropy(SystemRandom);

impl SystemEntropy {
    /// The kernel's random numbers; the first draw waits until the kernel has gathered enough.
    #[must_use]
    pub fn new() -> Self {
        Self(SystemRandom::new())
    }
}

impl Default for SystemEntropy {
    fn default() -> Self {
        Self::new()
    }
}

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        if self.0.fill(bytes).is_err() {
            // A secret from a broken source would look like any other: better no server than that.
            tracing::error!("the kernel gives no random numbers; ending at once");
            std::process::abort();
        }
    }
}

/// Repeatable bytes for tests: SplitMix64 from a seed. Never a source of secrets.
pub struct SeededEntropy(std::sync::atomic::AtomicU64);

impl SeededEntropy {
    /// Equal seeds give equal bytes.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(std::sync::atomic::AtomicU64::new(seed))
    }

    fn next(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let state = self.0.fetch_add(STEP, std::sync::atomic::Ordering::Relaxed).wrapping_add(STEP);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            for (to, from) in chunk.iter_mut().zip(self.next().to_le_bytes()) {
                *to = from;
            }
        }
    }
}

#[cfg(test)]
mod tests;
