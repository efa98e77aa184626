//! The plug pattern: presence proved by cutting the power of the box as often as one phone is told.
//!
//! ```text
//!  a phone waits ──▶ told 2, 3, 4 or 5      cut, start, cut, start, … then quiet
//!                                            └─ counted ─┘            └─ judged: exact, or nobody
//! ```
//!
//! Up to four phones wait, each with another number. While four do, each failure of the power from
//! two to five times is the number of one of them; so on a server that has an owner only one waits at
//! a time, and its owner is told. A network of IPv6 has more addresses than there are numbers, so
//! places go by its prefix. Only a start of
//! the machine counts that was preceded neither by a clean stop nor by a watchdog: the caller says
//! which it was. Time is uptime, summed over the starts; a clock is not needed. While a pattern is
//! under way nobody else may join, or they could wait for the right moment.

use super::state::State;
use crate::limits::{
    PLUG_CUTS_MAX, PLUG_CUTS_MIN, PLUG_PHONES_MAX, PLUG_PHONES_MAX_OWNED, PLUG_PROOF_SECONDS,
    PLUG_SETTLE_SECONDS, PLUG_WINDOW_SECONDS,
};
use crate::secret::same_bytes;

/// SHA-256 of what a waiting phone holds.
pub type PhoneHash = [u8; 32];

/// How the server came to run now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Began {
    /// The machine started, and was not told to stop before.
    PowerCut,
    /// The machine started after a clean stop of the server.
    CleanStop,
    /// The machine was reset by its watchdog.
    Watchdog,
    /// Only the process is another one, or nobody can tell.
    Process,
}

/// What a start is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StartMark {
    /// What names the machine's start, where something does.
    pub boot: Option<[u8; 16]>,
    /// The server was stopped cleanly in it.
    pub stopped: bool,
}

/// Says how the server came to run, from the mark of the run before.
#[must_use]
pub fn began(before: StartMark, boot: Option<[u8; 16]>, by_watchdog: bool) -> Began {
    match (before.boot, boot) {
        (Some(old), Some(new)) if old != new => {
            if before.stopped {
                Began::CleanStop
            } else if by_watchdog {
                Began::Watchdog
            } else {
                Began::PowerCut
            }
        }
        (Some(_) | None, _) => Began::Process,
    }
}

/// From where a phone asked, as what its hashes begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whose {
    /// An address, or the /64 that one network of IPv6 has: each holds one number.
    pub place: [u8; 16],
    /// The address itself: who asks anew from it takes their own place, and nobody else's.
    pub address: [u8; 16],
}

/// How many phones may wait at a time, by whether there is an owner to whom it would be done.
#[must_use]
pub const fn phones_at_once(state: &State) -> usize {
    match state {
        State::Claimed | State::Orphaned | State::Locked(_) => PLUG_PHONES_MAX_OWNED,
        State::Factory | State::Legacy | State::Offered | State::Pending(_) | State::Recovery => {
            PLUG_PHONES_MAX
        }
    }
}

/// A phone that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phone {
    /// Of its secret.
    pub hash: PhoneHash,
    /// Where it asked from.
    pub whose: Whose,
    /// How often it asked its person to cut the power.
    pub told: u8,
    /// Uptime since it was told.
    pub uptime_ms: u64,
}

/// The phone whose number was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Winner {
    /// Of its secret.
    pub hash: PhoneHash,
    /// Uptime since.
    pub uptime_ms: u64,
}

/// All that is waited for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plug {
    /// Who waits, each with another number.
    pub phones: Vec<Phone>,
    /// Power cuts so far.
    pub counted: u8,
    /// Uptime since the last start.
    pub quiet_ms: u64,
    /// Who has won, until they claim or their time is over.
    pub winner: Option<Winner>,
}

/// A phone may not wait now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoPlace {
    /// As many wait as there are numbers.
    #[error("four phones wait already")]
    Full,
    /// Another phone waits, and only one may: on this server, or from its network.
    #[error("another phone waits already")]
    Taken,
    /// Somebody's pattern is under way.
    #[error("a pattern is under way")]
    UnderWay,
    /// Somebody has won, and has not used it yet.
    #[error("another phone has proved its presence")]
    Won,
}

/// Where a phone stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It waits.
    Waits {
        /// The number it was told.
        told: u8,
        /// Cuts so far.
        counted: u8,
        /// How long it may take from here on.
        left_ms: u64,
    },
    /// It has won.
    Won,
    /// It does not wait, or no longer.
    Out,
}

impl Plug {
    /// Lets a phone wait beside fewer than `most` others, and says its number: one that nobody else
    /// was told, by `random`. It takes the place of whoever asked from the same address; another
    /// address of the same network gets none, so that one device cannot hold all numbers.
    ///
    /// # Errors
    /// [`NoPlace`].
    pub fn join(
        &mut self,
        hash: PhoneHash,
        whose: Whose,
        most: usize,
        random: u8,
    ) -> Result<u8, NoPlace> {
        if self.winner.is_some() {
            return Err(NoPlace::Won);
        }
        if self.counted > 0 {
            return Err(NoPlace::UnderWay);
        }
        let others = || self.phones.iter().filter(|phone| phone.whose != whose);
        if others().any(|phone| phone.whose.place == whose.place) {
            return Err(NoPlace::Taken);
        }
        if others().count() >= most.min(PLUG_PHONES_MAX) {
            return Err(if most == PLUG_PHONES_MAX_OWNED { NoPlace::Taken } else { NoPlace::Full });
        }
        self.phones.retain(|phone| phone.whose != whose);
        let is_free = |number: &u8| self.phones.iter().all(|phone| phone.told != *number);
        let free: Vec<u8> = (PLUG_CUTS_MIN..=PLUG_CUTS_MAX).filter(is_free).collect();
        let place = usize::from(random).checked_rem(free.len()).unwrap_or(0);
        let told = *free.get(place).ok_or(NoPlace::Full)?;
        self.phones.push(Phone { hash, whose, told, uptime_ms: 0 });
        Ok(told)
    }

    /// The phone waits no longer: whether it did until now.
    #[must_use]
    pub fn leave(&mut self, hash: &PhoneHash) -> bool {
        let waited = self.phones.len();
        self.phones.retain(|phone| !same_bytes(&phone.hash, hash));
        let had_won = self.has_won(hash);
        if had_won {
            self.winner = None;
        }
        self.settle_if_alone();
        had_won || self.phones.len() != waited
    }

    /// The server came to run.
    pub fn begin(&mut self, how: Began) {
        match how {
            Began::PowerCut if !self.phones.is_empty() => {
                self.counted = self.counted.saturating_add(1);
                self.quiet_ms = 0;
            }
            Began::CleanStop | Began::Watchdog => self.quiet_ms = 0,
            Began::PowerCut | Began::Process => {}
        }
    }

    /// Uptime goes by: who has won by that, if somebody has.
    pub fn pass(&mut self, ms: u64) -> Option<PhoneHash> {
        self.quiet_ms = self.quiet_ms.saturating_add(ms);
        for phone in &mut self.phones {
            phone.uptime_ms = phone.uptime_ms.saturating_add(ms);
        }
        if let Some(winner) = &mut self.winner {
            winner.uptime_ms = winner.uptime_ms.saturating_add(ms);
        }
        self.phones.retain(|phone| phone.uptime_ms <= PLUG_WINDOW_SECONDS * 1000);
        let won = self.judged();
        self.settle_if_alone();
        won
    }

    /// A proof that nobody uses is not good for ever. Where an owner is waited for it is kept.
    pub fn forget_unused(&mut self) {
        if self.winner.is_some_and(|winner| winner.uptime_ms >= PLUG_PROOF_SECONDS * 1000) {
            self.winner = None;
        }
    }

    /// What the winner waited for has happened: the proof counts from now on.
    pub const fn wait_is_over(&mut self) {
        if let Some(winner) = &mut self.winner {
            winner.uptime_ms = 0;
        }
    }

    /// Where the phone with this secret stands.
    #[must_use]
    pub fn place(&self, hash: &PhoneHash) -> Place {
        if self.has_won(hash) {
            return Place::Won;
        }
        let waits = self.phones.iter().find(|phone| same_bytes(&phone.hash, hash));
        waits.map_or(Place::Out, |phone| Place::Waits {
            told: phone.told,
            counted: self.counted,
            left_ms: self.left_ms(phone),
        })
    }

    /// Whether this secret proves presence.
    #[must_use]
    pub fn has_won(&self, hash: &PhoneHash) -> bool {
        self.winner.is_some_and(|winner| same_bytes(&winner.hash, hash))
    }

    /// Whether nothing is to be remembered.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.phones.is_empty() && self.winner.is_none()
    }

    fn left_ms(&self, phone: &Phone) -> u64 {
        let window = (PLUG_WINDOW_SECONDS * 1000).saturating_sub(phone.uptime_ms);
        if self.counted == 0 {
            return window;
        }
        window.min((PLUG_SETTLE_SECONDS * 1000).saturating_sub(self.quiet_ms))
    }

    /// After the last cut all is quiet: the count is final, and good for one phone or none.
    fn judged(&mut self) -> Option<PhoneHash> {
        if self.counted == 0 || self.quiet_ms < PLUG_SETTLE_SECONDS * 1000 {
            return None;
        }
        let met = self.phones.iter().find(|phone| phone.told == self.counted);
        let hash = met.map(|phone| phone.hash);
        self.phones.clear();
        self.winner = hash.map(|hash| Winner { hash, uptime_ms: 0 });
        hash
    }

    fn settle_if_alone(&mut self) {
        if self.phones.is_empty() {
            self.counted = 0;
            self.quiet_ms = 0;
        }
    }
}

const FIRST_LINE: &str = "stead plug 2";

/// The pattern and the start it was seen in, as they are kept.
#[must_use]
pub fn plug_text(plug: &Plug, mark: StartMark) -> String {
    let mut lines = vec![
        FIRST_LINE.to_owned(),
        format!("boot {}", mark.boot.map_or_else(|| "-".to_owned(), |id| hex(&id))),
        format!("stopped {}", u8::from(mark.stopped)),
        format!("counted {} {}", plug.counted, plug.quiet_ms),
    ];
    let phone = |phone: &Phone| {
        let (hash, place) = (hex(&phone.hash), hex(&phone.whose.place));
        let address = hex(&phone.whose.address);
        format!("phone {hash} {place} {address} {} {}", phone.told, phone.uptime_ms)
    };
    lines.extend(plug.phones.iter().map(phone));
    let winner = |winner: &Winner| format!("won {} {}", hex(&winner.hash), winner.uptime_ms);
    lines.extend(plug.winner.iter().map(winner));
    lines.push("end\n".to_owned());
    lines.join("\n")
}

/// Reads what [`plug_text`] wrote; anything else is nothing.
#[must_use]
pub fn parse_plug(text: &str) -> Option<(Plug, StartMark)> {
    let mut lines = text.lines();
    if lines.next()? != FIRST_LINE {
        return None;
    }
    let boot = match lines.next()?.strip_prefix("boot ")? {
        "-" => None,
        id => Some(unhex(id)?),
    };
    let stopped = match lines.next()?.strip_prefix("stopped ")? {
        "0" => false,
        "1" => true,
        _ => return None,
    };
    let (counted, quiet) = lines.next()?.strip_prefix("counted ")?.split_once(' ')?;
    let (counted, quiet_ms) = (counted.parse().ok()?, quiet.parse().ok()?);
    let mut plug = Plug { counted, quiet_ms, ..Plug::default() };
    loop {
        let words: Vec<&str> = lines.next()?.split(' ').collect();
        match words.as_slice() {
            ["phone", hash, place, address, told, uptime]
                if plug.phones.len() < PLUG_PHONES_MAX =>
            {
                let (told, uptime_ms) = (told.parse().ok()?, uptime.parse().ok()?);
                plug.phones.push(Phone {
                    hash: unhex(hash)?,
                    whose: Whose { place: unhex(place)?, address: unhex(address)? },
                    told,
                    uptime_ms,
                });
            }
            ["won", hash, uptime] if plug.winner.is_none() => {
                let uptime_ms = uptime.parse().ok()?;
                plug.winner = Some(Winner { hash: unhex(hash)?, uptime_ms });
            }
            ["end"] => return Some((plug, StartMark { boot, stopped })),
            _ => return None,
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; N];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(bytes)
}
