//! The tables of on-link peers and of names.

use super::*;

fn interface(name: &str, address: &str, prefix: u8) -> Interface {
    let address: IpAddr = address.parse().unwrap();
    Interface { name: name.to_owned(), address, prefix, loopback: address.is_loopback() }
}

#[test]
fn lan_tests_v4_mapped_and_cgnat_a_peer_is_near_when_it_shares_a_prefix() {
    let home = [
        interface("lo", "127.0.0.1", 8),
        interface("lo", "::1", 128),
        interface("eth0", "192.168.1.10", 24),
        interface("eth0", "2001:db8:1:2::10", 64),
        interface("eth0", "fd12:3456:789a:1::10", 64),
        interface("eth0", "fe80::1", 64),
        interface("eth1", "10.20.0.1", 16),
    ];
    let behind_provider = [interface("wan0", "100.64.7.9", 10), interface("ppp0", "8.8.4.4", 32)];
    let too_wide = [interface("tun0", "10.0.0.1", 0), interface("tun0", "2001:db8::1", 32)];
    let cases: &[(&str, &[Interface], bool)] = &[
        ("127.0.0.1", &home, true),
        ("127.9.9.9", &home, true),
        ("::1", &home, true),
        ("192.168.1.77", &home, true),
        ("192.168.2.77", &home, false),
        ("::ffff:192.168.1.77", &home, true),
        ("::ffff:192.168.2.77", &home, false),
        ("::ffff:127.0.0.1", &home, true),
        // The deprecated v4-compatible form is not a v4 address.
        ("::192.168.1.77", &home, false),
        ("10.20.255.1", &home, true),
        ("10.21.0.1", &home, false),
        ("2001:db8:1:2:ffff::9", &home, true),
        ("2001:db8:1:3::9", &home, false),
        ("fd12:3456:789a:1::99", &home, true),
        ("fd12:3456:789a:2::99", &home, false),
        ("fe80::abcd", &home, true),
        // A link-local address outside the /64 that RFC 4291 allots.
        ("fe80:1::abcd", &home, false),
        // Shared addresses of providers (RFC 6598) are not a home network.
        ("100.64.7.10", &home, false),
        ("172.16.0.4", &home, false),
        ("8.8.8.8", &home, false),
        ("0.0.0.0", &home, false),
        ("64:ff9b::c0a8:14d", &home, false),
        ("2002:c0a8:14d::1", &home, false),
        // Only the prefix decides, also for addresses that a provider shares out.
        ("100.64.7.10", &behind_provider, true),
        ("100.128.0.1", &behind_provider, false),
        ("8.8.4.5", &behind_provider, false),
        ("203.0.113.5", &too_wide, false),
        ("2001:db8:ffff::5", &too_wide, false),
        ("192.168.1.77", &[], false),
        ("127.0.0.1", &[], true),
    ];
    for (peer, interfaces, expected) in cases {
        assert_eq!(on_link(peer.parse().unwrap(), interfaces), *expected, "{peer}");
    }
}

#[test]
fn reachable_addresses_leave_out_what_no_browser_can_open() {
    let all = [
        interface("lo", "127.0.0.1", 8),
        interface("eth0", "fe80::1", 64),
        interface("eth0", "fd00::10", 64),
        interface("eth0", "192.168.1.10", 24),
        interface("eth0.1", "192.168.1.10", 24),
    ];
    let texts: Vec<_> = reachable_addresses(&all).iter().map(ToString::to_string).collect();
    assert_eq!(texts, ["192.168.1.10", "fd00::10"]);
    assert_eq!(loopback_addresses(&all), ["127.0.0.1".parse::<IpAddr>().unwrap()]);
}

#[test]
fn the_host_name_is_four_digits_of_the_id() {
    let mut bytes = [0_u8; 16];
    bytes[14] = 0x0a;
    bytes[15] = 0xb2;
    let label = host_label(&BoxId::from_bytes(bytes));
    assert_eq!(label, "stead-0ab2");
    assert_eq!(
        local_names_with_renames(&label),
        ["stead-0ab2.local", "stead-0ab2-2.local", "stead-0ab2-3.local", "stead-0ab2-4.local"]
    );
}

#[test]
fn the_kernel_lists_loopback() {
    let found = interfaces().unwrap();
    let v4 = found.iter().find(|own| own.address == IpAddr::V4(Ipv4Addr::LOCALHOST));
    assert!(v4.is_some_and(|own| own.loopback && own.prefix == 8), "{found:?}");
}
