//! The three services and what stands in their TXT records.

use mdns_sd::ServiceInfo;

use super::AnnounceConfig;
use crate::net::names::{SHARED_NAME, local_name};

pub(super) const STEAD: &str = "_stead._tcp.local.";
const HTTPS: &str = "_https._tcp.local.";
const HTTP: &str = "_http._tcp.local.";

/// Carries the shared name and no service: only a service brings a host name with it.
const SHARED: &str = "_stead-name._tcp.local.";

/// The form of the TXT record (RFC 6763 §6.7).
const TXT_VERSION: &str = "1";

/// The kinds of service that this configuration announces.
pub(super) fn kinds(config: &AnnounceConfig) -> Vec<&'static str> {
    let plain = config.http_port.map(|_| HTTP);
    [STEAD, HTTPS].into_iter().chain(plain).collect()
}

/// The services under this host label. They are named after the host, in lower case: it is
/// unique, tells nothing of the owner, and the daemon finds lower-case names again when it
/// repeats an announcement.
pub(super) fn all(
    config: &AnnounceConfig,
    label: &str,
) -> Result<Vec<ServiceInfo>, mdns_sd::Error> {
    kinds(config).into_iter().map(|kind| service(config, label, kind)).collect()
}

/// As the daemon knows them.
pub(super) fn full_names(config: &AnnounceConfig, label: &str) -> Vec<String> {
    kinds(config).iter().map(|kind| format!("{label}.{kind}")).collect()
}

/// What announces the shared name, and how the daemon knows it.
pub(super) fn shared(config: &AnnounceConfig, label: &str) -> Result<ServiceInfo, mdns_sd::Error> {
    let nothing: [(&str, &str); 0] = [];
    let host = shared_host();
    let info = ServiceInfo::new(SHARED, label, &host, "", config.https_port, &nothing[..])?;
    Ok(info.enable_addr_auto())
}

/// The name of [`shared`] at the daemon.
pub(super) fn shared_full_name(label: &str) -> String {
    format!("{label}.{SHARED}")
}

/// The shared name as the daemon spells hosts.
pub(super) fn shared_host() -> String {
    format!("{SHARED_NAME}.")
}

/// A host name rather than the name of a service.
pub(super) fn is_host(name: &str) -> bool {
    name.ends_with(".local.") && !name.contains("._tcp.")
}

fn service(
    config: &AnnounceConfig,
    label: &str,
    kind: &str,
) -> Result<ServiceInfo, mdns_sd::Error> {
    let port = if kind == HTTP { config.http_port } else { Some(config.https_port) };
    let host = format!("{}.", local_name(label));
    let info = ServiceInfo::new(kind, label, &host, "", port.unwrap_or(0), &txt(config)[..])?;
    Ok(info.enable_addr_auto())
}

fn txt(config: &AnnounceConfig) -> [(&'static str, &str); 7] {
    [
        ("txtvers", TXT_VERSION),
        ("id", &config.id),
        ("ver", &config.version),
        ("model", &config.model),
        ("path", &config.path),
        ("claimed", if config.claimed { "1" } else { "0" }),
        ("api", &config.api),
    ]
}
