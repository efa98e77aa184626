//! A certificate that the owner brings along: two PEM files that something else keeps fresh, an
//! ACME client for instance.
//!
//! It is served to whoever asks for a name that it covers. Everybody else, who comes by an address
//! or by the `.local` name, goes on being served by the box's own authority.
//!
//! It must not know when it is read again, nor what becomes of one that cannot be used.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::verify_server_name;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use stead_rules::limits::CERTIFICATE_FILE_MAX_BYTES;
use stead_rules::time::{Now, TimeTrust, WallMs};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

#[cfg(test)]
mod tests;

/// Where the certificate and its key are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// The certificate and those of its issuers, PEM.
    pub certificate: PathBuf,
    /// Its key, PEM.
    pub key: PathBuf,
}

/// What can be told of both files without reading them: when it changes, so have they.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp([Option<Look>; 2]);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    inode: u64,
    bytes: u64,
    changed_s: i64,
    changed_ns: i64,
}

/// A certificate with its key, ready to be served.
#[derive(Debug)]
pub struct Given {
    key: Arc<CertifiedKey>,
    names: Vec<String>,
    addresses: usize,
    not_before: WallMs,
    not_after: WallMs,
}

/// What the clock says of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// It can be used, or nobody knows the time.
    Good,
    /// Its time has not come.
    Early,
    /// Its time is over.
    Over,
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GivenError {
    /// A file cannot be read.
    #[error("reading {}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is longer than any chain.
    #[error("{} is no certificate and no key: it is too long", .0.display())]
    TooLong(PathBuf),
    /// There is no certificate in the file.
    #[error("{} holds no certificate in PEM", .0.display())]
    NoCertificate(PathBuf),
    /// There is no key in the file, or one with a password.
    #[error("{} holds no private key in PEM without a password", .0.display())]
    NoKey(PathBuf),
    /// The certificate names nothing that a browser would ask for.
    #[error("{} names no host (subject alternative name)", .0.display())]
    NoNames(PathBuf),
    /// The key is of another certificate, or of a kind that is not spoken.
    #[error("the key in {} does not fit the first certificate in {}", key.display(), certificate.display())]
    Unfit {
        /// The certificate.
        certificate: PathBuf,
        /// The key.
        key: PathBuf,
        /// What is wrong.
        source: rustls::Error,
    },
}

impl Files {
    /// How both files are now. Two system calls.
    #[must_use]
    pub fn stamp(&self) -> Stamp {
        Stamp([&self.certificate, &self.key].map(|path| look(path).ok()))
    }

    /// Reads both files and sees whether they can be used.
    ///
    /// # Errors
    /// [`GivenError`]; how old the certificate is, is no error here.
    pub fn read(&self) -> Result<Given, GivenError> {
        let chain = chain(&self.certificate)?;
        let key = PrivateKeyDer::from_pem_slice(&bytes(&self.key)?)
            .map_err(|_| GivenError::NoKey(self.key.clone()))?;
        let leaf =
            chain.first().ok_or_else(|| GivenError::NoCertificate(self.certificate.clone()))?;
        let (names, addresses, not_before, not_after) =
            facts(leaf).ok_or_else(|| GivenError::NoNames(self.certificate.clone()))?;
        let unfit = |source| GivenError::Unfit {
            certificate: self.certificate.clone(),
            key: self.key.clone(),
            source,
        };
        let key = CertifiedKey::from_der(chain, key, &default_provider()).map_err(unfit)?;
        Ok(Given { key: key.into(), names, addresses, not_before, not_after })
    }
}

impl Given {
    /// What is served.
    pub(super) fn key(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.key)
    }

    /// Its names without wildcards: a wildcard covers hosts, but does not say which are ours.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str).filter(|name| !name.starts_with('*'))
    }

    /// Whether it names addresses, and so may serve whoever asks for no name.
    #[must_use]
    pub const fn names_addresses(&self) -> bool {
        self.addresses > 0
    }

    /// Whether browsers take it for this host, a name or an address without a port.
    #[must_use]
    pub fn covers(&self, host: &str) -> bool {
        let Ok(name) = ServerName::try_from(host) else { return false };
        let Some(leaf) = self.key.cert.first() else { return false };
        ParsedCertificate::try_from(leaf).is_ok_and(|leaf| verify_server_name(&leaf, &name).is_ok())
    }

    /// What the clock says; one that nobody believes says nothing.
    #[must_use]
    pub fn age(&self, now: Now) -> Age {
        match now.trust {
            TimeTrust::Unknown => Age::Good,
            TimeTrust::Held | TimeTrust::Synced if now.wall < self.not_before => Age::Early,
            TimeTrust::Held | TimeTrust::Synced if now.wall > self.not_after => Age::Over,
            TimeTrust::Held | TimeTrust::Synced => Age::Good,
        }
    }
}

fn look(path: &Path) -> io::Result<Look> {
    let facts = std::fs::metadata(path)?;
    Ok(Look {
        inode: facts.ino(),
        bytes: facts.len(),
        changed_s: facts.mtime(),
        changed_ns: facts.mtime_nsec(),
    })
}

fn bytes(path: &Path) -> Result<zeroize::Zeroizing<Vec<u8>>, GivenError> {
    let failed = |source| GivenError::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    let mut bytes = zeroize::Zeroizing::new(Vec::new());
    file.take(CERTIFICATE_FILE_MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    let fits = u64::try_from(bytes.len()).is_ok_and(|read| read <= CERTIFICATE_FILE_MAX_BYTES);
    if fits { Ok(bytes) } else { Err(GivenError::TooLong(path.to_owned())) }
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, GivenError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes(path)?).collect();
    chain.map_err(|_| GivenError::NoCertificate(path.to_owned()))
}

/// Names, how many addresses, and from when to when; none where it names nothing.
fn facts(leaf: &CertificateDer<'_>) -> Option<(Vec<String>, usize, WallMs, WallMs)> {
    let (_, parsed) = X509Certificate::from_der(leaf).ok()?;
    let alternative = parsed.subject_alternative_name().ok()??;
    let all = &alternative.value.general_names;
    let names: Vec<_> = all.iter().filter_map(dns_name).collect();
    let addresses = all.iter().filter(|name| is_address(name)).count();
    let time = |at: x509_parser::time::ASN1Time| WallMs(at.timestamp().saturating_mul(1000));
    let validity = parsed.validity();
    let named = !names.is_empty() || addresses > 0;
    named.then(|| (names, addresses, time(validity.not_before), time(validity.not_after)))
}

fn dns_name(name: &GeneralName<'_>) -> Option<String> {
    if let GeneralName::DNSName(name) = name { Some(name.to_ascii_lowercase()) } else { None }
}

/// Four bytes or sixteen: an address of either family.
fn is_address(name: &GeneralName<'_>) -> bool {
    matches!(name, GeneralName::IPAddress(bytes) if matches!(bytes.len(), 4 | 16))
}
