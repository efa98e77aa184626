//! The machine's own clocks.

use super::{Clock, Reading, Told, build_time, judge, taken};
use rustix::time::{ClockId, Timespec, clock_gettime};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use stead_rules::time::{BootMs, ClockBounds, Now, WallMs};

/// timesyncd makes this file, on a tmpfs, at its first answer in a boot.
const NETWORK_TIME: &str = "/run/systemd/timesync/synchronized";

/// "1" in `hctosys` of a hardware clock says that the kernel took its time from it at boot;
/// `since_epoch` is what it says now, in seconds.
const HARDWARE_CLOCKS: &str = "/sys/class/rtc";

/// How far such a clock may be from the system's at first: it has whole seconds only, and what is slow
/// in a start is done within some. One without a battery is away by all the time that a box was off.
const APART_MS: u64 = 60_000;

/// By which part of the uptime they may part further: two quartzes, each wrong by 50 in a million.
const APART_OF_UPTIME: u64 = 10_000;

/// The kernel draws it anew at each start.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// What a watchdog's driver says of the start: bit 5 is WDIOF_CARDRESET of linux/watchdog.h, "the
/// card rebooted the machine".
const WATCHDOGS: &str = "/sys/class/watchdog";
const CARD_RESET: u32 = 0x20;

/// How often the file system is asked whether network time has come.
const NETWORK_TIME_CHECK_MS: u64 = 5000;

/// The clocks of the machine: CLOCK_REALTIME, and CLOCK_BOOTTIME, which counts sleep too.
pub struct SystemClock {
    bounds: ClockBounds,
    hardware: bool,
    told: Mutex<Option<Told>>,
    network: AtomicBool,
    network_check_due_boot_ms: AtomicU64,
}

impl SystemClock {
    /// `mark` is what [`Clock::mark`] gave for keeping in an earlier run.
    #[must_use]
    pub fn new(mark: Option<WallMs>) -> Self {
        Self {
            bounds: ClockBounds { build: build_time(), mark },
            hardware: held_by_hardware(Path::new(HARDWARE_CLOCKS), system_wall_ms(), boot_ms()),
            told: Mutex::new(None),
            network: AtomicBool::new(false),
            network_check_due_boot_ms: AtomicU64::new(0),
        }
    }

    fn read(&self) -> Reading {
        let boot = boot_ms();
        let network = self.network_heard(boot);
        Reading { wall: system_wall_ms(), boot, network, hardware: self.hardware }
    }

    /// Once heard it stays so for this run: the machine's clock keeps its pace well enough.
    fn network_heard(&self, boot: BootMs) -> bool {
        if self.network.load(Ordering::Relaxed) {
            return true;
        }
        if boot.0 < self.network_check_due_boot_ms.load(Ordering::Relaxed) {
            return false;
        }
        self.network_check_due_boot_ms.store(boot.0 + NETWORK_TIME_CHECK_MS, Ordering::Relaxed);
        let heard = Path::new(NETWORK_TIME).exists();
        self.network.store(heard, Ordering::Relaxed);
        heard
    }

    fn take(&self, browser: WallMs, over: impl FnOnce(Option<Told>) -> Option<Told>) -> bool {
        let reading = self.read();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = taken(reading, over(*told), self.bounds, browser);
        *told = taken.or(*told);
        taken.is_some()
    }

    fn told(&self) -> Option<Told> {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Now {
        judge(self.read(), self.told(), self.bounds)
    }

    fn offer_browser_time(&self, browser: WallMs) -> bool {
        self.take(browser, |told| told)
    }

    fn replace_browser_time(&self, browser: WallMs) -> bool {
        self.take(browser, |_| None)
    }

    fn floor(&self) -> WallMs {
        self.bounds.floor()
    }

    fn reset_by_watchdog(&self) -> bool {
        reset_by_a_watchdog(Path::new(WATCHDOGS))
    }

    fn boot_id(&self) -> Option<[u8; 16]> {
        boot_id(&std::fs::read_to_string(BOOT_ID).ok()?)
    }
}

/// A UUID as bytes; zeros name nothing.
pub(super) fn boot_id(text: &str) -> Option<[u8; 16]> {
    let number = u128::from_str_radix(&text.trim().replace('-', ""), 16).ok()?;
    (number != 0).then(|| number.to_be_bytes())
}

fn system_wall_ms() -> WallMs {
    WallMs(ms(clock_gettime(ClockId::Realtime)))
}

fn boot_ms() -> BootMs {
    BootMs(u64::try_from(ms(clock_gettime(ClockId::Boottime))).unwrap_or(0))
}

fn ms(time: Timespec) -> i64 {
    time.tv_sec.saturating_mul(1000).saturating_add(time.tv_nsec / 1_000_000)
}

/// Whether the kernel took its time from one of the hardware clocks under `classes`, and that one agrees
/// with the `system`'s still, after an uptime of `up`.
pub(super) fn held_by_hardware(classes: &Path, system: WallMs, up: BootMs) -> bool {
    let Ok(clocks) = std::fs::read_dir(classes) else { return false };
    let apart = APART_MS + up.0 / APART_OF_UPTIME;
    clocks.flatten().any(|clock| {
        let read = |name| std::fs::read_to_string(clock.path().join(name)).ok();
        let says = || read("since_epoch")?.trim().parse::<i64>().ok();
        let did_set = read("hctosys").is_some_and(|text| text.trim() == "1");
        did_set && says().is_some_and(|s| s.saturating_mul(1000).abs_diff(system.0) <= apart)
    })
}

/// Whether any watchdog says that it was the one; drivers that know nothing say 0.
pub(super) fn reset_by_a_watchdog(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| {
        std::fs::read_to_string(entry.path().join("bootstatus"))
            .ok()
            .and_then(|text| text.trim().parse::<u32>().ok())
            .is_some_and(|status| status & CARD_RESET != 0)
    })
}
