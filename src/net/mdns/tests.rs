//! What is announced, without a network. The network is tested between two namespaces.

use super::*;

fn config() -> AnnounceConfig {
    AnnounceConfig {
        enabled: false,
        label: String::from("stead-1234"),
        id: String::from("00112233445566778899aabbccddeeff"),
        version: String::from("0.1.0"),
        model: String::from("test"),
        path: String::from("/"),
        api: String::from("1"),
        claimed: false,
        https_port: 8443,
        http_port: None,
        interfaces: Vec::new(),
    }
}

#[test]
fn what_is_switched_off_is_healthy_and_still_has_a_name() {
    let announcer = Announcer::start(config());
    assert_eq!(announcer.now().discovery, Discovery::Off);
    assert_eq!(announcer.now().host_name, "stead-1234.local");
    assert!(announcer.registered());
    announcer.set_claimed(true);
    announcer.shutdown();
}

#[test]
fn a_rename_counts_renames_and_not_the_number_of_the_box() {
    let mut running = Running::of(config());
    let labels: Vec<_> = (0..=RENAMES_MAX)
        .map(|renames| {
            running.renames = renames;
            local_name(&running.label())
        })
        .collect();
    assert_eq!(labels, crate::net::names::local_names_with_renames("stead-1234"));
}

#[test]
fn every_service_is_announced_before_it_is_live() {
    let config = AnnounceConfig { http_port: Some(8080), ..config() };
    let mut running = Running::of(config);
    assert!(!running.has_announced("stead-1234._stead._tcp.local."));
    assert!(!running.has_announced("stead-1234._stead._tcp.local."));
    assert!(!running.has_announced("stead-1234 (2)._http._tcp.local."));
    assert!(running.has_announced("stead-1234._https._tcp.local."));
}

#[test]
fn services_carry_the_public_facts_and_the_one_bit() {
    for (claimed, text) in [(false, "0"), (true, "1")] {
        let config = AnnounceConfig { claimed, http_port: Some(8080), ..config() };
        let services = services::all(&config, "stead-1234").unwrap();
        let ports: Vec<_> = services.iter().map(|s| (s.get_type(), s.get_port())).collect();
        assert_eq!(
            ports,
            [
                ("_stead._tcp.local.", 8443),
                ("_https._tcp.local.", 8443),
                ("_http._tcp.local.", 8080)
            ]
        );
        for service in &services {
            assert_eq!(service.get_property_val_str("claimed"), Some(text));
            assert_eq!(service.get_property_val_str("txtvers"), Some("1"));
            assert_eq!(service.get_hostname(), "stead-1234.local.");
        }
    }
}

#[test]
fn the_shared_name_brings_no_service_that_browsers_list() {
    let shared = services::shared(&config(), "stead-1234").unwrap();
    assert_eq!(shared.get_hostname(), "stead.local.");
    assert_eq!(shared.get_fullname(), services::shared_full_name("stead-1234"));
    assert!(!services::kinds(&config()).contains(&shared.get_type()));
}

#[test]
fn host_names_are_told_from_service_names() {
    assert!(services::is_host("stead-ab12.local."));
    assert!(!services::is_host("stead-ab12._stead._tcp.local."));
}
