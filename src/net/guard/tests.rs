//! The table of Host headers.

use super::*;

fn guard() -> HostGuard {
    let addresses = ["192.168.1.10", "fd00::10"].map(|text| text.parse::<IpAddr>().unwrap());
    HostGuard::new(["stead-ab12.local", "Media.Example.org."], addresses)
}

#[test]
fn only_own_names_and_addresses_are_admitted() {
    let cases = [
        ("stead-ab12.local", true),
        ("stead-ab12.local:8443", true),
        ("STEAD-AB12.Local", true),
        ("stead-ab12.local.", true),
        ("stead-ab12.local.:443", true),
        ("media.example.org", true),
        ("localhost:8080", true),
        ("127.0.0.1", true),
        ("[::1]:8443", true),
        ("192.168.1.10", true),
        ("192.168.1.10:65535", true),
        ("[fd00::10]", true),
        ("[FD00:0:0::10]:443", true),
        ("[::ffff:192.168.1.10]:443", true),
        // Rebinding: any name of somebody else that resolves to us.
        ("evil.example", false),
        ("192.168.1.10.nip.io", false),
        ("stead-ab12.local.evil.example", false),
        ("x.stead-ab12.local", false),
        ("stead-ab13.local", false),
        ("stead-ab12", false),
        ("local", false),
        ("192.168.1.11", false),
        ("0.0.0.0", false),
        ("[::]", false),
        ("[fd00::11]", false),
        // Other spellings of an own address are refused: browsers never send them.
        ("3232235786", false),
        ("0xc0a8010a", false),
        ("192.168.266", false),
        ("192.168.001.010", false),
        ("127.1", false),
        ("fd00::10", false),
        ("[fe80::1%25eth0]", false),
        ("[192.168.1.10]", false),
        // Broken syntax.
        ("", false),
        (".", false),
        (":443", false),
        ("stead-ab12.local:", false),
        ("stead-ab12.local:0", false),
        ("stead-ab12.local:+80", false),
        ("stead-ab12.local:65536", false),
        ("stead-ab12.local:80:80", false),
        ("stead-ab12.local:80a", false),
        ("stead-ab12.local..", false),
        (" stead-ab12.local", false),
        ("stead-ab12.local ", false),
        ("stead-ab12.local/", false),
        ("user@stead-ab12.local", false),
        ("stead-ab12.local@evil.example", false),
        ("stead-ab12%2elocal", false),
        ("stead-ab12.local,evil.example", false),
        ("stead-ab12.local\0", false),
        ("[::1", false),
        ("[::1]x", false),
        ("[]", false),
        ("[::1]]", false),
    ];
    for (host, expected) in cases {
        assert_eq!(guard().admits(host), expected, "{host:?}");
    }
}

#[test]
fn a_name_longer_than_dns_allows_is_not_a_name() {
    let long = ["a"; 128].join(".");
    assert_eq!(parse_host(&long), None);
}
