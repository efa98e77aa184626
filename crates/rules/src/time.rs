//! Time as values. A box has no battery-backed clock: wall time comes with how far it is trusted.

mod bounds;

pub use bounds::ClockBounds;

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

/// A moment that was written down, to be compared with a later `now`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The wall clock's reading then.
    pub wall: WallMs,
    /// The uptime then, if the box has not been started since.
    pub boot: Option<BootMs>,
}

/// How long ago something was, with how far that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Elapsed {
    /// So many milliseconds.
    Exactly(u64),
    /// So many milliseconds or more: the clock was off or wrong in between.
    AtLeast(u64),
}

impl Moment {
    /// The present moment, to be written down.
    #[must_use]
    pub const fn of(now: Now) -> Self {
        Self { wall: now.wall, boot: Some(now.boot) }
    }

    /// A moment from before the last start, of which only the wall clock's reading is left.
    #[must_use]
    pub const fn before_this_start(wall: WallMs) -> Self {
        Self { wall, boot: None }
    }

    /// How long ago this was. Uptime is believed before the wall clock, which may have jumped.
    #[must_use]
    pub fn elapsed(self, now: Now) -> Elapsed {
        if let Some(boot) = self.boot {
            return Elapsed::Exactly(now.boot.since_ms(boot));
        }
        let wall_ms = now.wall.0.saturating_sub(self.wall.0);
        match (now.trust, u64::try_from(wall_ms)) {
            (TimeTrust::Held | TimeTrust::Synced, Ok(ms)) => Elapsed::Exactly(ms.max(now.boot.0)),
            (TimeTrust::Unknown, Ok(ms)) => Elapsed::AtLeast(ms.max(now.boot.0)),
            (TimeTrust::Unknown | TimeTrust::Held | TimeTrust::Synced, Err(_)) => {
                Elapsed::AtLeast(now.boot.0)
            }
        }
    }
}

impl Elapsed {
    /// Certainly less than so many seconds: the question before a right is granted.
    #[must_use]
    pub const fn surely_within(self, seconds: u64) -> bool {
        match self {
            Self::Exactly(ms) => ms < seconds.saturating_mul(1000),
            Self::AtLeast(_) => false,
        }
    }

    /// Certainly so many seconds or more: the question before something is ended.
    #[must_use]
    pub const fn surely_reached(self, seconds: u64) -> bool {
        match self {
            Self::Exactly(ms) | Self::AtLeast(ms) => ms >= seconds.saturating_mul(1000),
        }
    }
}

#[cfg(test)]
mod tests;
