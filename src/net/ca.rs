//! The box's own certificate authority and the leaf it serves with.
//!
//! A CA that is valid for all private addresses could pose as the router of the house, so this one
//! is name-constrained: the `.local` names of the box (one of them, `stead.local`, is every box's),
//! `localhost`, and the single addresses the box had when the CA was made. The price: an address
//! that comes later is left out of the leaf (see [`TlsIdentity::uncovered`]); under it browsers warn,
//! and the `.local` name goes on working. As long as nobody relies on the CA, a new address makes a
//! new one.
//!
//! Making and keeping are two steps: what was issued is served also while a full disk does not take
//! it, and is kept when there is room.
//!
//! ```text
//!   data_dir/tls/ca.key    written first; a key without ca.pem is an unfinished making
//!   data_dir/tls/ca.pem    public, offered for installing
//!   data_dir/tls/leaf.key  derived data: whatever is wrong with the leaf, a new one is issued
//!   data_dir/tls/leaf.pem
//! ```
//!
//! It must not know why names and addresses are what they are, nor who is connected.

mod carried;
mod export;
mod issue;
mod stored;

#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use rcgen::KeyPair;
use rustls::pki_types::CertificateDer;
use stead_rules::time::{Now, TimeTrust, WallMs};

use crate::host::files::{FileError, PRIVATE, remove_durably, write_atomically};
use crate::net::names::{SHARED_NAME, local_name, local_names_with_renames};

pub use carried::AuthorityFiles;
pub use export::Fingerprint;
use stored::Facts;

const PUBLIC: u32 = 0o644;
const DAY_MS: i64 = 24 * 3600 * 1000;
/// A leaf is replaced this long before it ends: devices that are off for a month come back to a
/// certificate that is still good.
const RENEW_BEFORE_MS: i64 = 30 * DAY_MS;

/// Why there is no TLS identity.
#[derive(Debug, thiserror::Error)]
pub enum CaError {
    /// A file could not be written.
    #[error("keeping the TLS identity")]
    Write(#[from] FileError),
    /// A file is there and could not be read.
    #[error("reading {}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The stored authority is not what we once wrote.
    #[error(
        "{} is damaged; restore it from a backup, or remove it and its key to make a new authority \
         that every device must install again",
        path.display()
    )]
    Damaged {
        /// Which file.
        path: PathBuf,
    },
    /// Making or signing failed.
    #[error("making a certificate")]
    Make(#[from] rcgen::Error),
}

/// What the box is called and where it is reached, as far as certificates care.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnNames {
    /// The names in the leaf, the current `.local` name first.
    pub serving: Vec<String>,
    /// The names that the CA may ever vouch for: also those a name conflict may lead to.
    pub permitted: Vec<String>,
    /// The addresses without loopback, which is always covered.
    pub addresses: Vec<IpAddr>,
}

/// The two moments that validity is counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IssueTimes {
    /// When this program was built: a CA made with a wrong clock is good all the same.
    pub build: WallMs,
    /// The latest moment that is known to have passed.
    pub known: WallMs,
}

/// Who relies on the authority as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reliance {
    /// Nobody: there is no owner and no claim under way, so a better one may take its place.
    Nobody,
    /// People: it may be installed on their devices, and stays whatever addresses come.
    People,
    /// Nobody knows: the server is locked, and what it takes for its names may be part of what it
    /// lost. The authority stays, whatever the names.
    Unknown,
}

/// What opening or refreshing did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The stored leaf still fits.
    Kept,
    /// A new leaf of the same authority: nobody needs to do anything.
    LeafIssued,
    /// A new authority: whoever installed the old one must install it again.
    AuthorityMade,
}

/// The authority and its current leaf.
pub struct TlsIdentity {
    folder: PathBuf,
    authority: Authority,
    leaf: Leaf,
    uncovered: Vec<IpAddr>,
    unkept: Unkept,
}

/// What was issued and is not on the disk yet.
#[derive(Default)]
struct Unkept {
    authority: bool,
    leaf: bool,
}

/// The certificate authority of this box.
pub struct Authority {
    pub(super) certificate: CertificateDer<'static>,
    pub(super) key: KeyPair,
    pub(super) facts: Facts,
}

/// A certificate for serving, with its key.
pub struct Leaf {
    pub(super) certificate: CertificateDer<'static>,
    pub(super) key: KeyPair,
    pub(super) facts: Facts,
}

impl Change {
    const fn of(made: bool, issued: bool) -> Self {
        match (made, issued) {
            (true, _) => Self::AuthorityMade,
            (false, true) => Self::LeafIssued,
            (false, false) => Self::Kept,
        }
    }
}

impl OwnNames {
    /// The names of a box with this host label; `renamed` is what a conflict made of it.
    #[must_use]
    pub fn of_box(label: &str, renamed: Option<&str>, addresses: Vec<IpAddr>) -> Self {
        let current = renamed.map_or_else(|| local_name(label), str::to_owned);
        let mut permitted = local_names_with_renames(label);
        let always = [String::from(SHARED_NAME), String::from("localhost")];
        permitted.extend(always.clone());
        let serving = std::iter::once(current).chain(always).collect();
        Self { serving, permitted, addresses }
    }
}

impl IssueTimes {
    /// `floor` is the later of build time and clock mark. The wall time counts only when it is
    /// believed, since a leaf from the future is refused by everybody.
    #[must_use]
    pub fn at(now: Now, floor: WallMs, build: WallMs) -> Self {
        let known = match now.trust {
            TimeTrust::Unknown => floor,
            TimeTrust::Held | TimeTrust::Synced => now.wall.max(floor),
        };
        Self { build, known: known.max(build) }
    }
}

impl TlsIdentity {
    /// Reads the identity from `folder`, and makes what is missing or no longer fits. What was made
    /// is not written before [`TlsIdentity::keep`].
    pub fn open(
        folder: &Path,
        own: &OwnNames,
        times: IssueTimes,
        reliance: Reliance,
    ) -> Result<(Self, Change), CaError> {
        stored::make_folder(folder)?;
        let kept = stored::read_authority(folder)?.filter(|kept| kept.suits(own, reliance));
        let made = kept.is_none();
        let authority = kept.map_or_else(|| issue::authority(own, times), Ok)?;
        let names = issue::leaf_names(&authority, own);
        let addresses = issue::leaf_addresses(&authority, own);
        let kept = stored::read_leaf(folder, &authority)
            .filter(|leaf| leaf.fits(&names, &addresses, times));
        let issued = kept.is_none();
        let new = || issue::leaf(&authority, &names, &addresses, times);
        let leaf = kept.map_or_else(new, Ok)?;
        let uncovered = authority.uncovered(own);
        let unkept = Unkept { authority: made, leaf: issued };
        let folder = folder.to_path_buf();
        Ok((Self { folder, authority, leaf, uncovered, unkept }, Change::of(made, issued)))
    }

    /// Looks again, after a name, an address or the time has changed. On an error the identity is
    /// as it was.
    pub fn refresh(
        &mut self,
        own: &OwnNames,
        times: IssueTimes,
        reliance: Reliance,
    ) -> Result<Change, CaError> {
        let fresh = (!self.authority.suits(own, reliance)).then(|| issue::authority(own, times));
        let fresh = fresh.transpose()?;
        let authority = fresh.as_ref().unwrap_or(&self.authority);
        let names = issue::leaf_names(authority, own);
        let addresses = issue::leaf_addresses(authority, own);
        let stands = fresh.is_none() && self.leaf.fits(&names, &addresses, times);
        let leaf = (!stands).then(|| issue::leaf(authority, &names, &addresses, times));
        let change = Change::of(fresh.is_some(), leaf.is_some());
        if let Some(leaf) = leaf.transpose()? {
            self.leaf = leaf;
            self.unkept.leaf = true;
        }
        if let Some(authority) = fresh {
            self.authority = authority;
            self.unkept.authority = true;
        }
        self.uncovered = self.authority.uncovered(own);
        Ok(change)
    }

    /// Writes down what was issued and is not on the disk yet; to be tried again after an error.
    pub fn keep(&mut self) -> Result<(), FileError> {
        if self.unkept.authority {
            // In this order a cut of power leaves a key without its certificate, which is made anew.
            remove_durably(&self.folder.join(stored::CA_PEM))?;
            self.write(stored::CA_KEY, &self.authority.key.serialize_pem(), PRIVATE)?;
            self.write(stored::CA_PEM, &self.authority.pem(), PUBLIC)?;
            self.unkept.authority = false;
        }
        if self.unkept.leaf {
            self.write(stored::LEAF_KEY, &self.leaf.key.serialize_pem(), PRIVATE)?;
            self.write(stored::LEAF_PEM, &self.leaf.pem(), PUBLIC)?;
            self.unkept.leaf = false;
        }
        Ok(())
    }

    fn write(&self, name: &str, text: &str, mode: u32) -> Result<(), FileError> {
        write_atomically(&self.folder.join(name), text.as_bytes(), mode)
    }

    /// The authority, to be shown and exported.
    #[must_use]
    pub const fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The certificate that is served.
    #[must_use]
    pub const fn leaf(&self) -> &Leaf {
        &self.leaf
    }

    /// Own addresses that the authority may not vouch for, because they came after it was made.
    #[must_use]
    pub fn uncovered(&self) -> &[IpAddr] {
        &self.uncovered
    }
}

impl Authority {
    /// The names that it may vouch for.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.facts.names
    }

    /// The single addresses that it may vouch for.
    #[must_use]
    pub fn addresses(&self) -> &[IpAddr] {
        &self.facts.addresses
    }

    /// When it ends.
    #[must_use]
    pub const fn ends(&self) -> WallMs {
        self.facts.not_after
    }

    /// The authority may sign for the names of today. Addresses come and go without making a new
    /// one once people rely on it; only one from before the box had any address is of no use to a
    /// phone, so nobody has installed it.
    fn suits(&self, own: &OwnNames, reliance: Reliance) -> bool {
        let names = own.serving.iter().all(|name| self.facts.names.contains(name));
        let had_address = self.facts.addresses.iter().any(|known| !known.is_loopback());
        match reliance {
            Reliance::Nobody => names && !self.uncovered(own).into_iter().any(is_lasting),
            Reliance::People => names && (had_address || own.addresses.is_empty()),
            Reliance::Unknown => true,
        }
    }

    fn covers(&self, address: IpAddr) -> bool {
        self.facts.addresses.contains(&address)
    }

    fn uncovered(&self, own: &OwnNames) -> Vec<IpAddr> {
        own.addresses.iter().copied().filter(|address| !self.covers(*address)).collect()
    }
}

impl Leaf {
    fn fits(&self, names: &[String], addresses: &[IpAddr], times: IssueTimes) -> bool {
        let alive = self.facts.not_before <= times.known
            && times.known.plus_ms(RENEW_BEFORE_MS) <= self.facts.not_after;
        alive && same_set(&self.facts.names, names) && same_set(&self.facts.addresses, addresses)
    }
}

/// An address that a machine has while nobody gave it one is no reason for a new authority.
fn is_lasting(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !v4.is_link_local(),
        IpAddr::V6(v6) => !v6.is_unicast_link_local(),
    }
}

fn same_set<T: PartialEq>(left: &[T], right: &[T]) -> bool {
    left.iter().all(|one| right.contains(one)) && right.iter().all(|one| left.contains(one))
}
