//! What is on disk, and what a certificate says about itself.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use rcgen::KeyPair;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use stead_rules::time::WallMs;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

use super::{Authority, CaError, Leaf};

pub(super) const CA_PEM: &str = "ca.pem";
pub(super) const CA_KEY: &str = "ca.key";
pub(super) const LEAF_PEM: &str = "leaf.pem";
pub(super) const LEAF_KEY: &str = "leaf.key";

/// Names, addresses and time of a certificate: of a leaf what it is for, of an authority what it
/// may vouch for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::net) struct Facts {
    pub(super) names: Vec<String>,
    pub(super) addresses: Vec<IpAddr>,
    pub(super) not_before: WallMs,
    pub(super) not_after: WallMs,
}

impl Facts {
    pub(super) fn of_authority(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
        let constraints = parsed.name_constraints().ok()??;
        let permitted = constraints.value.permitted_subtrees.as_ref()?;
        Some(Self::collect(&parsed, permitted.iter().map(|subtree| &subtree.base)))
    }

    pub(super) fn of_leaf(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
        let alternative = parsed.subject_alternative_name().ok()??;
        Some(Self::collect(&parsed, alternative.value.general_names.iter()))
    }

    fn collect<'a>(
        parsed: &X509Certificate<'_>,
        names: impl Iterator<Item = &'a GeneralName<'a>> + Clone,
    ) -> Self {
        let validity = parsed.validity();
        Self {
            names: names.clone().filter_map(dns_name).collect(),
            addresses: names.filter_map(address).collect(),
            not_before: WallMs(validity.not_before.timestamp().saturating_mul(1000)),
            not_after: WallMs(validity.not_after.timestamp().saturating_mul(1000)),
        }
    }
}

/// The folder of keys: only the service looks inside.
pub(super) fn make_folder(folder: &Path) -> Result<(), CaError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|source| CaError::Read { path: folder.to_path_buf(), source })
}

/// The stored authority; none when there is no certificate yet.
pub(super) fn read_authority(folder: &Path) -> Result<Option<Authority>, CaError> {
    let Some(pem) = read(&folder.join(CA_PEM))? else { return Ok(None) };
    let damaged = |name: &str| CaError::Damaged { path: folder.join(name) };
    let key = read(&folder.join(CA_KEY))?.ok_or_else(|| damaged(CA_KEY))?;
    let certificate = certificate(&pem).ok_or_else(|| damaged(CA_PEM))?;
    let facts = Facts::of_authority(&certificate).ok_or_else(|| damaged(CA_PEM))?;
    let key = KeyPair::from_pem(&key).map_err(|_| damaged(CA_KEY))?;
    if !belongs(&certificate, &key) {
        return Err(damaged(CA_KEY));
    }
    Ok(Some(Authority { certificate, key, facts }))
}

/// The stored leaf, if it is whole and was issued by this authority. Anything else is issued anew,
/// so what is wrong with it does not matter.
pub(super) fn read_leaf(folder: &Path, authority: &Authority) -> Option<Leaf> {
    let certificate = certificate(&read(&folder.join(LEAF_PEM)).ok()??)?;
    let key = KeyPair::from_pem(&read(&folder.join(LEAF_KEY)).ok()??).ok()?;
    let facts = Facts::of_leaf(&certificate)?;
    let sound = belongs(&certificate, &key) && signed_by(&certificate, authority);
    sound.then_some(Leaf { certificate, key, facts })
}

fn read(path: &Path) -> Result<Option<String>, CaError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(CaError::Read { path: path.to_path_buf(), source }),
    }
}

fn certificate(pem: &str) -> Option<CertificateDer<'static>> {
    CertificateDer::from_pem_slice(pem.as_bytes()).ok()
}

fn belongs(certificate: &CertificateDer<'_>, key: &KeyPair) -> bool {
    let parsed = X509Certificate::from_der(certificate);
    parsed.is_ok_and(|(_, parsed)| {
        parsed.public_key().subject_public_key.data.as_ref() == key.public_key_raw()
    })
}

/// Every authority has its own name (it carries a hash of the key), so the issuer's name decides.
fn signed_by(leaf: &CertificateDer<'_>, authority: &Authority) -> bool {
    let leaf = X509Certificate::from_der(leaf);
    let authority = X509Certificate::from_der(&authority.certificate);
    matches!((leaf, authority), (Ok((_, leaf)), Ok((_, authority)))
        if leaf.issuer().as_raw() == authority.subject().as_raw())
}

fn dns_name(name: &GeneralName<'_>) -> Option<String> {
    if let GeneralName::DNSName(name) = name { Some((*name).to_owned()) } else { None }
}

/// An address of a leaf, or the address of a constraint, which is followed by its mask.
fn address(name: &GeneralName<'_>) -> Option<IpAddr> {
    let GeneralName::IPAddress(bytes) = name else { return None };
    let bytes = match bytes.len() {
        8 | 32 => bytes.get(..bytes.len() / 2)?,
        _ => bytes,
    };
    let v4 = <[u8; 4]>::try_from(bytes).ok().map(|octets| Ipv4Addr::from(octets).into());
    v4.or_else(|| <[u8; 16]>::try_from(bytes).ok().map(|octets| Ipv6Addr::from(octets).into()))
}
