//! A clock that its holder sets: for tests, and for the separate test host. The shipped binary
//! makes none, and no option or variable leads here.

use super::{Clock, Reading, Told, judge, taken};
use std::sync::{Mutex, MutexGuard, PoisonError};
use stead_rules::time::{BootMs, ClockBounds, Now, WallMs};

/// The same judgement as the machine's clock, over values that tests set.
pub struct ManualClock(Mutex<State>);

struct State {
    reading: Reading,
    told: Option<Told>,
    bounds: ClockBounds,
    boots: u128,
    by_watchdog: bool,
}

impl ManualClock {
    /// A clock that the network has set to `wall`, in a program that was built at `build`.
    #[must_use]
    pub fn synced(build: WallMs, wall: WallMs) -> Self {
        Self::new(build, wall, true)
    }

    /// A clock that nobody has set: `wall` is what the kernel says, 1970 for instance.
    #[must_use]
    pub fn unknown(build: WallMs, wall: WallMs) -> Self {
        Self::new(build, wall, false)
    }

    fn new(build: WallMs, wall: WallMs, network: bool) -> Self {
        let reading = Reading { wall, boot: BootMs(60_000), network, hardware: false };
        let bounds = ClockBounds { build, mark: None };
        Self(Mutex::new(State { reading, told: None, bounds, boots: 1, by_watchdog: false }))
    }

    /// Time passes: both clocks go on by `ms`.
    pub fn advance(&self, ms: u64) {
        let mut state = self.state();
        state.reading.boot = state.reading.boot.plus_ms(ms);
        let wall = state.reading.wall.plus_ms(i64::try_from(ms).unwrap_or(i64::MAX));
        state.reading.wall = wall;
    }

    /// Somebody sets the system's wall clock; uptime goes on as it was.
    pub fn set_wall(&self, wall: WallMs) {
        self.state().reading.wall = wall;
    }

    /// Network time comes or is gone.
    pub fn set_network(&self, network: bool) {
        self.state().reading.network = network;
    }

    /// The machine's watchdog has reset it, or has not.
    pub fn set_reset_by_watchdog(&self, by_watchdog: bool) {
        self.state().by_watchdog = by_watchdog;
    }

    /// A power cut: uptime starts anew, the kernel starts at `wall`, what was told is forgotten,
    /// and the next start finds `mark`.
    pub fn reboot(&self, wall: WallMs, mark: Option<WallMs>) {
        let mut state = self.state();
        let bounds = ClockBounds { mark, ..state.bounds };
        let reading = Reading { wall, boot: BootMs(5000), network: false, hardware: false };
        *state = State {
            reading,
            told: None,
            bounds,
            boots: state.boots + 1,
            by_watchdog: state.by_watchdog,
        };
    }

    fn take(&self, browser: WallMs, over: impl FnOnce(&State) -> Option<Told>) -> bool {
        let mut state = self.state();
        let taken = taken(state.reading, over(&state), state.bounds, browser);
        state.told = taken.or(state.told);
        taken.is_some()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Now {
        let state = self.state();
        judge(state.reading, state.told, state.bounds)
    }

    fn offer_browser_time(&self, browser: WallMs) -> bool {
        self.take(browser, |state| state.told)
    }

    fn replace_browser_time(&self, browser: WallMs) -> bool {
        self.take(browser, |_| None)
    }

    fn floor(&self) -> WallMs {
        self.state().bounds.floor()
    }

    fn reset_by_watchdog(&self) -> bool {
        self.state().by_watchdog
    }

    fn boot_id(&self) -> Option<[u8; 16]> {
        Some(self.state().boots.to_be_bytes())
    }
}
