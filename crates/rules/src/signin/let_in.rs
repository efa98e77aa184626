//! This server as one that asks to be let in at an issuer (RFC 8628): how long a code is waited for,
//! when the issuer is asked, and what is registered there afterwards (RFC 7591, RFC 7592).
//!
//! ```text
//! code shown ─▶ asked every `interval` ─▶ let in ─▶ registered ─▶ kept up to date
//!                 │ slow_down: +5 s for good      (names and addresses as they change)
//!                 └ no answer: twice as long, a minute at most
//! ```

use std::net::IpAddr;

use crate::limits::{
    CLAIM_PENDING_SECONDS, CLIENT_REDIRECTS_MAX, ISSUER_POLL_PAUSE_MAX_SECONDS,
    ISSUER_POLL_SECONDS, ISSUER_POLL_SLOWER_SECONDS, REGISTRATION_AGAIN_MAX_SECONDS,
    REGISTRATION_AGAIN_SECONDS,
};
use crate::provider::redirect_kind;
use crate::time::{BootMs, Now};

/// What the issuer says of its code, in seconds (RFC 8628 §3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeTimes {
    /// How long the code is good.
    pub expires_in: u64,
    /// How long to wait between two questions; none says five seconds.
    pub interval: Option<u64>,
}

/// A code that somebody is waited for to approve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    ends: BootMs,
    next: BootMs,
    interval_seconds: u64,
    pause_seconds: u64,
}

/// What to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Ask the issuer.
    Ask,
    /// It was asked a moment ago.
    Wait {
        /// Until it may be asked again.
        seconds: u64,
    },
    /// The code is over.
    Over,
}

/// What came of a question, as long as nobody has decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// Not yet.
    Pending,
    /// Not yet, and too often.
    SlowDown,
    /// Nothing that can be used: the network, or an issuer that fails.
    Nothing,
}

impl Patience {
    /// Begins to wait. A code never outlives the claim that it is for.
    #[must_use]
    pub fn begin(times: CodeTimes, now: Now) -> Self {
        let interval_seconds = times.interval.unwrap_or(ISSUER_POLL_SECONDS).max(1);
        let good_for = times.expires_in.min(CLAIM_PENDING_SECONDS);
        Self {
            ends: now.boot.plus_ms(good_for * 1000),
            next: after(now, interval_seconds),
            interval_seconds,
            pause_seconds: interval_seconds,
        }
    }

    /// What to do now.
    #[must_use]
    pub fn turn(&self, now: Now) -> Turn {
        if now.boot >= self.ends {
            return Turn::Over;
        }
        match self.rest_seconds(now) {
            0 => Turn::Ask,
            seconds => Turn::Wait { seconds },
        }
    }

    /// For how long the issuer is left alone, whether the code is over or not.
    #[must_use]
    pub const fn rest_seconds(&self, now: Now) -> u64 {
        self.next.since_ms(now.boot).div_ceil(1000)
    }

    /// The next question is due a pause after this answer. One that came to nothing doubles the
    /// pause, so that an issuer that is down is not asked in vain all the time (RFC 8628 §3.5); the
    /// interval itself grows only at the issuer's word, and stays so.
    #[must_use]
    pub fn heard(self, heard: Heard, now: Now) -> Self {
        let interval_seconds = match heard {
            Heard::Pending | Heard::Nothing => self.interval_seconds,
            Heard::SlowDown => self.interval_seconds.saturating_add(ISSUER_POLL_SLOWER_SECONDS),
        };
        let pause_seconds = match heard {
            Heard::Pending | Heard::SlowDown => interval_seconds,
            Heard::Nothing => {
                let most = ISSUER_POLL_PAUSE_MAX_SECONDS.max(interval_seconds);
                self.pause_seconds.saturating_mul(2).min(most)
            }
        };
        Self { next: after(now, pause_seconds), interval_seconds, pause_seconds, ..self }
    }

    /// How long the code is still good, in seconds.
    #[must_use]
    pub const fn left_seconds(&self, now: Now) -> u64 {
        self.ends.since_ms(now.boot) / 1000
    }
}

fn after(now: Now, seconds: u64) -> BootMs {
    now.boot.plus_ms(seconds.saturating_mul(1000))
}

/// By what this server is reached.
#[derive(Debug, Clone, Copy)]
pub struct Doors<'a> {
    /// Names, those first that people know best.
    pub names: &'a [&'a str],
    /// Names by which a proxy is reached, which has the usual port.
    pub behind_proxy: &'a [&'a str],
    /// Addresses that other machines use.
    pub addresses: &'a [IpAddr],
    /// The port of TLS.
    pub https_port: u16,
    /// The port of http, which takes a sign-in on the machine itself only.
    pub http_port: u16,
}

/// The pages to which an issuer may send people back, by each name and address that people use:
/// names before addresses, the machine itself last, as many as are registered at once.
#[must_use]
pub fn callbacks(doors: &Doors<'_>) -> Vec<String> {
    let tls = |host: String| page("https", &host, doors.https_port, 443);
    let proxied = doors.behind_proxy.iter().map(|name| page("https", name, 443, 443));
    let names = doors.names.iter().map(|name| tls((*name).to_owned()));
    let addresses = doors.addresses.iter().map(|address| tls(host_of(*address)));
    let here = [
        page("http", "127.0.0.1", doors.http_port, 80),
        tls("127.0.0.1".to_owned()),
        tls("localhost".to_owned()),
    ];
    let mut pages = Vec::new();
    for page in proxied.chain(names).chain(addresses).chain(here) {
        // A name with a wildcard is nobody's address.
        let is_one = redirect_kind(&page).is_some() && !page.contains('*');
        if is_one && !pages.contains(&page) && pages.len() < CLIENT_REDIRECTS_MAX {
            pages.push(page);
        }
    }
    pages
}

/// As a browser writes it: the usual port is left out.
fn page(scheme: &str, host: &str, port: u16, usual: u16) -> String {
    let port = if port == usual { String::new() } else { format!(":{port}") };
    format!("{scheme}://{host}{port}/signin/callback")
}

fn host_of(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("[{v6}]"),
    }
}

/// How long to wait before the issuer is told once more, after so many tries in vain.
#[must_use]
pub fn told_again_after_seconds(failures: u32) -> u64 {
    let doubled = 1_u64.checked_shl(failures.saturating_sub(1)).unwrap_or(u64::MAX);
    REGISTRATION_AGAIN_SECONDS.saturating_mul(doubled).min(REGISTRATION_AGAIN_MAX_SECONDS)
}
