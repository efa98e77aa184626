//! Time as values. A box has no battery-backed clock: wall time comes with how far it is trusted.

/// Milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct WallMs(pub i64);

/// Milliseconds of uptime: never goes back, starts anew at each boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct BootMs(pub u64);

/// How far the wall clock is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimeTrust {
    /// Nothing but the floor (build time, last mark) is known.
    Unknown,
    /// Taken from a person's browser, or kept over a restart; later than the floor.
    Held,
    /// The network says so.
    Synced,
}

/// The one reading of the clock that a request is decided with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Wall time, never before the floor.
    pub wall: WallMs,
    /// Uptime.
    pub boot: BootMs,
    /// How far `wall` is believed.
    pub trust: TimeTrust,
}

impl WallMs {
    /// Whole seconds since the epoch; zero for anything before it.
    #[must_use]
    pub const fn unix_seconds(self) -> u64 {
        if self.0 < 0 { 0 } else { self.0.unsigned_abs() / 1000 }
    }

    /// This moment plus `ms` milliseconds, saturating.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }
}

impl BootMs {
    /// This moment plus `ms` milliseconds, saturating.
    #[must_use]
    pub const fn plus_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// How long ago `earlier` was, zero if it lies ahead.
    #[must_use]
    pub const fn since_ms(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}
