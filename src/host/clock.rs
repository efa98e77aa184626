//! What time it is, and how far that is believed.
//!
//! A box has no battery-backed clock: after a power cut the kernel starts at 1970, or where its
//! last start left off. So wall time is a claim with a degree of trust, in this order:
//!
//! | trust   | why                                                    | wall time is                  |
//! |---------|--------------------------------------------------------|-------------------------------|
//! | Synced  | systemd-timesyncd has heard from a server in this boot | the system's                  |
//! | Held    | a browser told it to somebody who proved who they are  | the browser's, plus uptime    |
//! | Held    | the kernel set itself from a hardware clock, see below | the system's                  |
//! | Unknown | nothing of these                                       | the system's, not below floor |
//!
//! The *floor* is the later of the build time and the mark that the last run kept; wall time is
//! never reported before it. Two guards keep a wrong clock from becoming a lasting one: a mark is
//! only offered for keeping while the time is believed, and network time outranks the mark (but
//! never the build time), so that a clock that once stood in 2050 finds its way back. A time more
//! than twenty years after the build is not believed from anybody but the network.
//!
//! A hardware clock without a battery says 2013, and whoever remembers a later time (timesyncd, the mark)
//! puts the system's right up to that, but not to the present. So a hardware clock counts only if it
//! agrees with the system's at the start of this program. Later nobody asks: the network or an
//! administrator may move the system's clock and leave the other one.
//!
//! On a computer with neither a hardware clock nor timesyncd (many virtual machines) the trust is
//! Unknown and the wall time is nevertheless right: everything works, by the browser's word.

pub mod manual;
mod system;

pub use manual::ManualClock;
pub use system::SystemClock;

use stead_rules::time::{BootMs, ClockBounds, Now, TimeTrust, WallMs};

/// Reads the time. A request reads it once and decides everything with that one reading.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Now;

    /// Takes the time of a browser whose person has proved who they are: the holder of the claim's
    /// proof, or a user after the right password and factor. True when it was taken: only while
    /// the trust is Unknown, and only a believable time later than the floor. From then on the
    /// trust is Held.
    fn offer_browser_time(&self, browser: WallMs) -> bool;

    /// Takes the time of a browser that has shown the proof of the claim, also in place of what
    /// another browser told. Nobody owns the box yet, so no proof is worth more than another, and
    /// the first laptop with a wrong clock must not make the claim impossible for the next.
    fn replace_browser_time(&self, browser: WallMs) -> bool;

    /// No believable wall time lies before this.
    fn floor(&self) -> WallMs;

    /// What names the machine's start that uptime counts from, so that uptimes written down by an
    /// earlier process of the same start can be compared. None when nothing names it.
    fn boot_id(&self) -> Option<[u8; 16]> {
        None
    }

    /// Whether the machine's watchdog has reset it, and no cut of power: then the start before this
    /// one ended by a fault.
    fn reset_by_watchdog(&self) -> bool {
        false
    }

    /// The time worth keeping for the next start, to be stored as it is (it may be earlier than
    /// the one stored before, when the network has corrected a clock that ran ahead). None while
    /// the time is not believed: a guess must not become the floor.
    fn mark(&self) -> Option<WallMs> {
        let now = self.now();
        (now.trust != TimeTrust::Unknown).then_some(now.wall)
    }
}

/// When this program was built.
#[must_use]
pub fn build_time() -> WallMs {
    let seconds: i64 = env!("BUILD_UNIX_SECONDS").parse().unwrap_or(0);
    WallMs(seconds.saturating_mul(1000))
}

/// What the machine says at one moment.
#[derive(Debug, Clone, Copy)]
struct Reading {
    wall: WallMs,
    boot: BootMs,
    /// A time server has been heard in this boot.
    network: bool,
    /// The kernel set its clock from a hardware clock in this boot, which agreed with it at the start.
    hardware: bool,
}

/// A browser's time and the uptime at which it was told.
#[derive(Debug, Clone, Copy)]
struct Told {
    wall: WallMs,
    boot: BootMs,
}

/// What is told from now on, if a browser's time is taken over what was `told` so far.
fn taken(
    reading: Reading,
    told: Option<Told>,
    bounds: ClockBounds,
    browser: WallMs,
) -> Option<Told> {
    let now = judge(reading, told, bounds);
    let taken = bounds.takes_from_browser(now, browser);
    taken.then_some(Told { wall: browser, boot: reading.boot })
}

/// The whole judgement, from values.
fn judge(reading: Reading, told: Option<Told>, bounds: ClockBounds) -> Now {
    let now = |wall: WallMs, trust| Now { wall, boot: reading.boot, trust };
    if reading.network {
        return now(reading.wall.max(bounds.build), TimeTrust::Synced);
    }
    if let Some(told) = told {
        return now(told.at(reading.boot), TimeTrust::Held);
    }
    if reading.hardware && bounds.believable(reading.wall) {
        return now(reading.wall, TimeTrust::Held);
    }
    now(reading.wall.max(bounds.floor()), TimeTrust::Unknown)
}

impl Told {
    fn at(self, boot: BootMs) -> WallMs {
        self.wall.plus_ms(i64::try_from(boot.since_ms(self.boot)).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests;
