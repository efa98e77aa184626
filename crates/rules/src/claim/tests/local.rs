//! Who plays without a sign-in, by table.

use crate::claim::{AskedFor, Listed};
use crate::proxy::{Client, Prefix, Way};

#[test]
fn only_listed_peers_without_a_proxy_play_and_the_box_only_under_a_loopback_name() {
    use AskedFor::{Loopback, Other};
    use Way::{Believed, Straight, Unknown};
    let cases = [
        ("192.168.1.9", Straight, Other, true),
        ("::ffff:192.168.1.9", Straight, Other, true),
        ("fd00:1::9", Straight, Other, true),
        ("192.168.2.9", Straight, Other, false),
        ("100.64.1.9", Straight, Other, false),
        ("192.168.1.9", Believed, Other, false),
        ("192.168.1.9", Unknown, Other, false),
        ("127.0.0.1", Straight, Loopback, true),
        ("::1", Straight, Loopback, true),
        ("::ffff:127.0.0.1", Straight, Loopback, true),
        ("127.0.0.1", Straight, Other, false),
        ("127.0.0.1", Unknown, Loopback, false),
        ("127.0.0.1", Believed, Loopback, false),
    ];
    let prefixes = ["192.168.1.0/24", "fd00:1::/64", "127.0.0.0/8"];
    let prefixes: Vec<_> = prefixes.iter().filter_map(|text| Prefix::parse(text)).collect();
    for (address, way, host, admitted) in cases {
        let address: std::net::IpAddr = address.parse().unwrap();
        let client = Client { address, way };
        for loopback in [true, false] {
            let listed = Listed { prefixes: prefixes.clone(), loopback };
            let want = admitted && (loopback || !address.to_canonical().is_loopback());
            assert_eq!(listed.admits(client, host), want, "{address} {way:?} {host:?} {loopback}");
        }
        assert!(!Listed::default().admits(client, host), "nothing is listed");
    }
}
