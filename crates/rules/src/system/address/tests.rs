//! Which lines give an address, what is said of the others, and what networkd is told.

use super::{BadAddress, Link, StaticAddress};

fn read(
    address: &str,
    gateway: Option<&str>,
    dns: Option<&str>,
) -> Result<Option<StaticAddress>, BadAddress> {
    StaticAddress::read(Some(address), gateway, dns)
}

#[track_caller]
fn file(address: &str, gateway: Option<&str>, dns: Option<&str>, link: Link) -> String {
    read(address, gateway, dns).unwrap().unwrap().network_file(link)
}

#[test]
fn without_a_line_there_is_no_address() {
    assert_eq!(StaticAddress::read(None, None, None), Ok(None));
    for (gateway, dns) in [(Some("192.168.1.1"), None), (None, Some("192.168.1.1"))] {
        assert_eq!(StaticAddress::read(None, gateway, dns), Err(BadAddress::Missing));
    }
}

#[test]
fn an_address_of_ipv4_takes_the_place_of_what_a_router_hands_out() {
    let told =
        file("192.168.1.20/24", Some("192.168.1.1"), Some("9.9.9.9, 2620:fe::fe"), Link::Wired);
    assert_eq!(
        told,
        "# Made at each start of what stead.txt says.\n\
         [Match]\nType=ether\nKind=!*\n\n\
         [Network]\nDHCP=ipv6\nLinkLocalAddressing=ipv6\nIPv6AcceptRA=yes\nLLMNR=no\nMulticastDNS=no\n\
         DNS=9.9.9.9\nDNS=2620:fe::fe\n\n\
         [Address]\nAddress=192.168.1.20/24\nRouteMetric=1024\nDuplicateAddressDetection=none\n\n\
         [Route]\nGateway=192.168.1.1\nMetric=1024\n\n\
         [DHCPv4]\nClientIdentifier=mac\nRouteMetric=1024\nUseMTU=yes\n\n\
         [IPv6AcceptRA]\nRouteMetric=1024\n\n\
         [Link]\nRequiredForOnline=no\n"
    );
}

#[test]
fn a_cable_goes_before_a_radio() {
    let told = file("192.168.1.20/24", Some("192.168.1.1"), None, Link::Wireless);
    assert!(told.contains("[Match]\nType=wlan\n\n"), "{told}");
    assert!(told.contains("RouteMetric=2048\nDup") && told.contains("\nMetric=2048\n"), "{told}");
    assert!(told.contains("IgnoreCarrierLoss=3s\n") && !told.contains("1024"), "{told}");
}

#[test]
fn an_address_of_ipv6_leaves_ipv4_to_the_router() {
    let told = file("2001:db8::20/64", Some("fe80::1"), None, Link::Wired);
    assert!(told.contains("DHCP=ipv4\nLinkLocalAddressing=yes\n"), "{told}");
    assert!(told.contains("Address=2001:db8::20/64\n") && told.contains("Gateway=fe80::1\n"));
    let advertised = "[IPv6AcceptRA]\nRouteMetric=1024\n\
                      UseAutonomousPrefix=no\nUseGateway=no\nDHCPv6Client=no\n\n";
    assert!(told.contains(advertised), "{told}");
}

#[test]
fn without_a_dns_line_the_gateway_knows_names_and_without_a_gateway_nobody() {
    let told = file("10.0.0.2/8", Some("10.9.9.9"), None, Link::Wired);
    assert!(told.contains("DNS=10.9.9.9\n"), "{told}");
    let told = file("10.0.0.2/8", None, None, Link::Wired);
    assert!(!told.contains("\nDNS=") && !told.contains("[Route]"), "{told}");
}

#[test]
fn each_line_that_cannot_be_meant_is_told_with_what_to_write() {
    let ok = Some("192.168.1.1");
    for (address, gateway, dns, told) in [
        ("192.168.1.300/24", ok, None, "address = 192.168.1.300/24 is no address; write it as"),
        ("192.168.1.020/24", ok, None, "is no address"),
        ("192.168.1.20/", ok, None, "is no address"),
        ("192.168.1.20/33", ok, None, "is no address"),
        ("192.168.1.20/0", ok, None, "is no address"),
        ("192.168.1.20/255.255.255.0", ok, None, "is no address"),
        ("192.168.1.20 255.255.255.0", ok, None, "is no address"),
        ("fe80::1%eth0/64", None, None, "is no address"),
        (
            "192.168.1.20",
            ok,
            None,
            "says no size of its network; in most homes it is 192.168.1.20/24",
        ),
        ("2001:db8::2", None, None, "in most homes it is 2001:db8::2/64"),
        ("192.168.1.0/24", ok, None, "is no address that a box can have"),
        ("192.168.1.255/24", ok, None, "is no address that a box can have"),
        ("127.0.0.1/8", None, None, "is no address that a box can have"),
        ("0.0.0.0/8", None, None, "is no address that a box can have"),
        ("255.255.255.255/32", None, None, "is no address that a box can have"),
        ("224.0.0.251/24", None, None, "is no address that a box can have"),
        ("fe80::2/64", None, None, "is no address that a box can have"),
        ("::ffff:192.168.1.20/120", None, None, "is no address that a box can have"),
        ("192.168.1.20/24", Some("router"), None, "gateway = router is no address of a router"),
        ("192.168.1.20/24", Some("192.168.1.20"), None, "the address of the box itself"),
        ("192.168.1.20/24", Some("192.168.1.255"), None, "does not lie in the network"),
        ("192.168.1.20/24", Some("2001:db8::1"), None, "does not lie in the network"),
        (
            "192.168.1.20/24",
            Some("192.168.2.1"),
            None,
            "gateway = 192.168.2.1 does not lie in the network of address = 192.168.1.20/24",
        ),
        ("2001:db8::2/64", Some("2001:db8:0:1::1"), None, "does not lie in the network"),
        ("2001:db8::2/64", ok, None, "does not lie in the network"),
        ("192.168.1.20/24", ok, Some("9.9.9.9 1.1.1.1"), "several with commas"),
        ("192.168.1.20/24", ok, Some("9.9.9.9,"), "dns =  is no address of a name server"),
        ("192.168.1.20/24", ok, Some("127.0.0.53"), "dns = 127.0.0.53 is no address"),
        ("192.168.1.20/24", ok, Some("fe80::1"), "dns = fe80::1 is no address"),
    ] {
        let bad = read(address, gateway, dns).expect_err(address).to_string();
        assert!(bad.contains(told), "{address} {gateway:?} {dns:?}: {bad}");
    }
}

#[test]
fn the_smallest_networks_have_machines_too() {
    for (address, gateway) in [
        ("10.0.0.0/31", Some("10.0.0.1")),
        ("10.0.0.1/32", None),
        ("10.0.0.1/30", Some("10.0.0.2")),
        ("2001:db8::1/128", Some("fe80::9")),
        ("2001:db8::/64", Some("2001:db8::1")),
    ] {
        assert!(read(address, gateway, None).unwrap().is_some(), "{address}");
    }
}

#[test]
fn a_long_line_is_not_repeated_whole() {
    let bad = read(&"x".repeat(5000), None, None).unwrap_err().to_string();
    assert!(bad.len() < 200, "{bad}");
}
