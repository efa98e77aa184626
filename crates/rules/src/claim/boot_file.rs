//! `stead.txt`, which people put on the medium that a box starts from, or on a stick labelled STEAD.
//!
//! ```text
//! # Lines after a # are for people.
//! code = seven green kettles     the owner's own code, at least eight characters
//! recover = seven green kettles  the same code, to make a new owner
//! reset = everything             to make it a new server; media stay
//! host = films                   what the network calls it: films.local
//! wifi = Our house               a network to join,
//! wifi password = …              with its password if it has one,
//! country = DE                   and the country whose rules of radio hold
//! address = 192.168.1.20/24      its address, in place of what the router hands out,
//! gateway = 192.168.1.1          the router,
//! dns = 192.168.1.1              and who knows names
//! ```
//!
//! The words are read once and blanked: a code must not stay on a card that anybody can read, and a
//! wish must not come true twice. What became of them is told in a line of the file itself, since its
//! writer may have no other way to hear of it. The host name and the address are no secrets and no wishes:
//! they stay, as everything else in the file. Beside a reset a code and a network are for the server that
//! it makes, which reads them at its first start.

use crate::limits::{OWN_CODE_MAX_BYTES, OWN_CODE_MIN_CHARS};
use crate::secret::SecretText;
use crate::system::{BadAddress, StaticAddress};

/// Lines that Stead writes into the file begin so; older ones give way to new ones.
const TOLD: &str = "# Stead:";
const CODE: &str = "code";
const RECOVER: &str = "recover";
const RESET: &str = "reset";
const HOST: &str = "host";
const WIFI: &str = "wifi";
const WIFI_PASSWORD: &str = "wifi password";
const COUNTRY: &str = "country";
const ADDRESS: &str = "address";
const GATEWAY: &str = "gateway";
const DNS: &str = "dns";
/// Names that this version knows, and whether what stands behind them is blanked.
const KNOWN: [(&str, bool); 10] = [
    (CODE, true),
    (RECOVER, true),
    (RESET, true),
    (HOST, false),
    (WIFI, true),
    (WIFI_PASSWORD, true),
    (COUNTRY, true),
    (ADDRESS, false),
    (GATEWAY, false),
    (DNS, false),
];
/// What is written behind `reset`, so that nobody does it by taking a `#` away.
const EVERYTHING: &str = "everything";

/// What stands in a `stead.txt`.
#[derive(Debug, Default)]
pub struct BootFile {
    /// The owner's own code, if one is given.
    pub code: Option<SecretText>,
    /// The own code once more, to make a new owner.
    pub recover: Option<SecretText>,
    /// Whether the server is to become a new one.
    pub reset: Option<Reset>,
    /// What the network is to call it.
    pub host: Option<String>,
    /// The network to join.
    pub wifi: Option<String>,
    /// Its password.
    pub wifi_password: Option<SecretText>,
    /// The country whose rules of radio hold, as it is written.
    pub country: Option<String>,
    /// Its address, as it is written.
    pub address: Option<String>,
    /// The router, as it is written.
    pub gateway: Option<String>,
    /// Who knows names, as they are written.
    pub dns: Option<String>,
    /// Names that mean nothing to this version.
    pub unknown: Vec<String>,
}

/// What stands behind `reset`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reset {
    /// The word that is asked for.
    Everything,
    /// Another one: nothing is done.
    Unclear,
}

/// An own code cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadOwnCode {
    /// It has fewer than eight characters.
    #[error("the code is too short: it takes at least {OWN_CODE_MIN_CHARS} characters")]
    TooShort,
    /// It is longer than is looked at.
    #[error("the code is too long: it takes at most {OWN_CODE_MAX_BYTES} bytes")]
    TooLong,
    /// It holds what no keyboard makes.
    #[error("the code holds characters that no keyboard makes")]
    ControlCharacter,
}

impl BootFile {
    /// Reads a file. Editors of all systems wrote it: a byte order mark, line ends of any kind and
    /// spaces around are no matter. Of a name that stands twice the last line counts.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut file = Self::default();
        for line in text.lines() {
            match entry(line) {
                Some((CODE, value)) => file.code = given(value).or(file.code),
                Some((RECOVER, value)) => file.recover = given(value).or(file.recover),
                Some((RESET, value)) => file.reset = reset(value).or(file.reset),
                Some((HOST, value)) => file.host = plain(value).or(file.host),
                Some((WIFI, value)) => file.wifi = plain(value).or(file.wifi),
                Some((WIFI_PASSWORD, value)) => {
                    file.wifi_password = given(value).or(file.wifi_password);
                }
                Some((COUNTRY, value)) => file.country = plain(value).or(file.country),
                Some((ADDRESS, value)) => file.address = plain(value).or(file.address),
                Some((GATEWAY, value)) => file.gateway = plain(value).or(file.gateway),
                Some((DNS, value)) => file.dns = plain(value).or(file.dns),
                Some((name, _)) => file.unknown.push(name.chars().take(40).collect()),
                None => {}
            }
        }
        file
    }

    /// The address that it gives the box, None if it gives none.
    ///
    /// # Errors
    /// [`BadAddress`].
    pub fn static_address(&self) -> Result<Option<StaticAddress>, BadAddress> {
        let (gateway, dns) = (self.gateway.as_deref(), self.dns.as_deref());
        StaticAddress::read(self.address.as_deref(), gateway, dns)
    }

    /// Whether it asks for anything that is done once.
    #[must_use]
    pub const fn is_idle(&self) -> bool {
        self.code.is_none()
            && self.recover.is_none()
            && self.reset.is_none()
            && self.wifi.is_none()
            && self.wifi_password.is_none()
            && self.country.is_none()
    }

    /// Whether it asks for what must not happen again at each start: it is done only if it could be
    /// taken out of the file before.
    #[must_use]
    pub const fn must_be_taken_out(&self) -> bool {
        self.recover.is_some() || matches!(self.reset, Some(Reset::Everything))
    }
}

/// What Stead has told in the file, in its order.
pub fn told(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| line.trim().strip_prefix(TOLD)).map(str::trim)
}

/// The file with its secrets blanked, and what became of them told in lines at its end.
#[must_use]
pub fn blanked(text: &str, told: &[&str]) -> String {
    rewritten(text, told, |name| KNOWN.contains(&(name, true)))
}

/// The file without its wish for a reset, and without a code that the new server does not know any more.
#[must_use]
pub fn without_reset(text: &str, told: &[&str]) -> String {
    rewritten(text, told, |name| [RESET, RECOVER].contains(&name))
}

fn rewritten(text: &str, told: &[&str], goes: impl Fn(&str) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines().filter(|line| !line.trim_start().starts_with(TOLD)) {
        match entry(line) {
            Some((name, _)) if goes(name) => {
                out.push_str(name);
                out.push_str(" =");
            }
            Some(_) | None => out.push_str(line.trim_end_matches('\r')),
        }
        // Old editors show a file without these as one line.
        out.push_str("\r\n");
    }
    for sentence in told {
        out.push_str(TOLD);
        out.push(' ');
        out.push_str(sentence);
        out.push_str("\r\n");
    }
    out
}

/// Whether an own code can be used.
///
/// # Errors
/// [`BadOwnCode`].
pub fn check_own_code(code: &SecretText) -> Result<(), BadOwnCode> {
    let text = code.expose();
    if text.len() > OWN_CODE_MAX_BYTES {
        return Err(BadOwnCode::TooLong);
    }
    if text.chars().count() < OWN_CODE_MIN_CHARS {
        return Err(BadOwnCode::TooShort);
    }
    if text.chars().any(char::is_control) {
        return Err(BadOwnCode::ControlCharacter);
    }
    Ok(())
}

fn entry(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start_matches('\u{feff}').trim();
    if line.starts_with('#') {
        return None;
    }
    let (name, value) = line.split_once('=')?;
    let name = name.trim();
    let mut known = KNOWN.into_iter().map(|(known, _)| known);
    let known = known.find(|known| name.eq_ignore_ascii_case(known));
    Some((known.unwrap_or(name), value.trim()))
}

fn plain(value: &str) -> Option<String> {
    (!value.is_empty()).then(|| value.to_owned())
}

fn reset(value: &str) -> Option<Reset> {
    let meant = value.eq_ignore_ascii_case(EVERYTHING);
    (!value.is_empty()).then_some(if meant { Reset::Everything } else { Reset::Unclear })
}

fn given(value: &str) -> Option<SecretText> {
    (!value.is_empty()).then(|| SecretText::new(value.to_owned()))
}
