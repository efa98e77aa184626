//! What stands in the two kinds of certificate.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    NameConstraints, SanType, date_time_ymd,
};
use stead_rules::time::WallMs;

use super::stored::Facts;
use super::{Authority, CaError, DAY_MS, IssueTimes, Leaf, OwnNames};

/// As long as a box may live: installing a new authority on every device is a person's work.
const CA_VALID_MS: i64 = 20 * 365 * DAY_MS;
/// One day less than the longest that browsers take from anybody (398 days).
const LEAF_VALID_MS: i64 = 397 * DAY_MS;
/// Clocks of phones may be behind ours.
const BACKDATE_MS: i64 = DAY_MS;

/// Makes a new authority with a new key.
pub(super) fn authority(own: &OwnNames, times: IssueTimes) -> Result<Authority, CaError> {
    let key = KeyPair::generate()?;
    let begin = times.build.plus_ms(-BACKDATE_MS);
    let mut params = params(begin, times.build.plus_ms(CA_VALID_MS));
    params.distinguished_name = authority_name(own, &key);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    // Without a purpose, some systems would also take it for mail and programs.
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.name_constraints = Some(constraints(own));
    let certificate = params.self_signed(&key)?.der().clone();
    let facts = Facts::of_authority(&certificate).ok_or(rcgen::Error::CouldNotParseCertificate)?;
    Ok(Authority { certificate, key, facts })
}

/// Issues a leaf with a new key. The caller has left out what the authority may not vouch for.
pub(super) fn leaf(
    authority: &Authority,
    names: &[String],
    addresses: &[IpAddr],
    times: IssueTimes,
) -> Result<Leaf, CaError> {
    let key = KeyPair::generate()?;
    let begin = times.known.plus_ms(-BACKDATE_MS);
    let mut params = params(begin, begin.plus_ms(LEAF_VALID_MS));
    params.subject_alt_names = alt_names(names, addresses)?;
    if let Some(name) = names.first() {
        params.distinguished_name.push(DnType::CommonName, name.as_str());
    }
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let issuer = Issuer::from_ca_cert_der(&authority.certificate, &authority.key)?;
    let certificate = params.signed_by(&key, &issuer)?.der().clone();
    let facts = Facts::of_leaf(&certificate).ok_or(rcgen::Error::CouldNotParseCertificate)?;
    Ok(Leaf { certificate, key, facts })
}

/// Those own names that the authority covers: one too many would spoil the leaf for all.
pub(super) fn leaf_names(authority: &Authority, own: &OwnNames) -> Vec<String> {
    let covered = |name: &&String| authority.facts.names.contains(name);
    own.serving.iter().filter(covered).cloned().collect()
}

/// Loopback and those own addresses that the authority covers.
pub(super) fn leaf_addresses(authority: &Authority, own: &OwnNames) -> Vec<IpAddr> {
    with_loopback(own).into_iter().filter(|address| authority.covers(*address)).collect()
}

/// The serial number comes from the new key, so no two certificates of one issuer share one.
fn params(begin: WallMs, end: WallMs) -> CertificateParams {
    let mut params = CertificateParams::default();
    let epoch = date_time_ymd(1970, 1, 1);
    params.not_before = epoch + Duration::from_secs(begin.unix_seconds());
    params.not_after = epoch + Duration::from_secs(end.unix_seconds());
    params.distinguished_name = DistinguishedName::new();
    params
}

/// `Stead stead-ab12 (3f2a)`: people find it in a list of authorities, and a second one of the
/// same box has another name, which is what browsers go by.
fn authority_name(own: &OwnNames, key: &KeyPair) -> DistinguishedName {
    let host = own.permitted.first().map_or("box", String::as_str);
    let label = host.strip_suffix(".local").unwrap_or(host);
    let hash = ring::digest::digest(&ring::digest::SHA256, key.public_key_raw());
    let mark: String = hash.as_ref().iter().take(2).map(|byte| format!("{byte:02x}")).collect();
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, "Stead");
    name.push(DnType::CommonName, format!("Stead {label} ({mark})"));
    name
}

fn constraints(own: &OwnNames) -> NameConstraints {
    let names = own.permitted.iter().map(|name| GeneralSubtree::DnsName(name.clone()));
    let addresses = with_loopback(own).into_iter().map(single_address);
    NameConstraints {
        permitted_subtrees: names.chain(addresses).collect(),
        excluded_subtrees: Vec::new(),
    }
}

/// Both families are always there: a family without any permitted address would be unlimited.
fn with_loopback(own: &OwnNames) -> Vec<IpAddr> {
    let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    let others = own.addresses.iter().copied().filter(|address| !loopback.contains(address));
    loopback.into_iter().chain(others).collect()
}

fn single_address(address: IpAddr) -> GeneralSubtree {
    GeneralSubtree::IpAddress(match address {
        IpAddr::V4(v4) => CidrSubnet::V4(v4.octets(), [0xff; 4]),
        IpAddr::V6(v6) => CidrSubnet::V6(v6.octets(), [0xff; 16]),
    })
}

fn alt_names(names: &[String], addresses: &[IpAddr]) -> Result<Vec<SanType>, rcgen::Error> {
    let names = names.iter().map(|name| Ok(SanType::DnsName(name.as_str().try_into()?)));
    let addresses = addresses.iter().map(|address| Ok(SanType::IpAddress(*address)));
    names.chain(addresses).collect()
}
