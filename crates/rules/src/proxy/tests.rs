//! Forged and honest headers, by table.

use super::*;

const PROXIES: [&str; 3] = ["10.0.0.2/32", "10.0.0.3", "fd00:1::/64"];

fn ask(peer: &str, forwarded: &[&str], x_forwarded_for: &[&str]) -> (String, Way) {
    let told = Told {
        forwarded: forwarded.to_vec(),
        x_forwarded_for: x_forwarded_for.to_vec(),
        passed_on: true,
    };
    let proxies = PROXIES.map(|text| Prefix::parse(text).unwrap());
    let client = client(peer.parse().unwrap(), &told, &proxies);
    (client.address.to_string(), client.way)
}

#[test]
fn the_list_is_walked_from_its_end_and_only_by_proxies_that_are_known() {
    use Way::{Believed, Unknown};
    let cases: &[(&str, &[&str], &str, Way)] = &[
        ("10.0.0.2", &["203.0.113.7"], "203.0.113.7", Believed),
        ("::ffff:10.0.0.2", &["203.0.113.7"], "203.0.113.7", Believed),
        ("10.0.0.2", &["::ffff:203.0.113.7"], "203.0.113.7", Believed),
        ("10.0.0.2", &["203.0.113.7:4711"], "203.0.113.7", Believed),
        ("10.0.0.2", &["[2001:db8::7]:4711"], "2001:db8::7", Believed),
        ("fd00:1::5", &["2001:db8::7"], "2001:db8::7", Believed),
        // What stands before the first stranger is the stranger's own word.
        ("10.0.0.2", &["127.0.0.1, 192.168.1.9, 203.0.113.7"], "203.0.113.7", Believed),
        ("10.0.0.2", &["192.168.1.9, 203.0.113.7, 10.0.0.3"], "203.0.113.7", Believed),
        ("10.0.0.2", &["192.168.1.9", "203.0.113.7", "10.0.0.3"], "203.0.113.7", Believed),
        ("10.0.0.2", &["10.0.0.3"], "10.0.0.3", Believed),
        // Nobody known passes it on.
        ("192.168.1.66", &["203.0.113.7"], "192.168.1.66", Unknown),
        ("127.0.0.1", &["203.0.113.7"], "127.0.0.1", Unknown),
        ("fd00:2::5", &["2001:db8::7"], "fd00:2::5", Unknown),
        // The end of what can be read is the end of belief.
        ("10.0.0.2", &["unknown"], "10.0.0.2", Unknown),
        ("10.0.0.2", &["203.0.113.7, unknown, 10.0.0.3"], "10.0.0.3", Unknown),
        ("10.0.0.2", &["203.0.113.7,"], "10.0.0.2", Unknown),
        ("10.0.0.2", &[""], "10.0.0.2", Unknown),
        ("10.0.0.2", &["10.0.0.2"], "10.0.0.2", Unknown),
        ("10.0.0.2", &[], "10.0.0.2", Unknown),
        // A proxy cannot make anybody the person at this machine.
        ("10.0.0.2", &["127.0.0.1"], "10.0.0.2", Unknown),
        ("10.0.0.2", &["::1"], "10.0.0.2", Unknown),
        ("10.0.0.2", &["::ffff:127.0.0.1"], "10.0.0.2", Unknown),
        ("10.0.0.2", &["0.0.0.0"], "10.0.0.2", Unknown),
        ("10.0.0.2", &["203.0.113.7:99999"], "10.0.0.2", Unknown),
        ("10.0.0.2", &["203.0.113.007"], "10.0.0.2", Unknown),
        ("10.0.0.2", &["[203.0.113.7]"], "10.0.0.2", Unknown),
    ];
    for (peer, told, address, way) in cases {
        assert_eq!(ask(peer, &[], told), ((*address).to_owned(), *way), "{peer} {told:?}");
    }
}

#[test]
fn the_standard_header_is_read_like_the_old_one() {
    use Way::{Believed, Unknown};
    let cases: &[(&[&str], &str, Way)] = &[
        (&["for=203.0.113.7"], "203.0.113.7", Believed),
        (&["For=\"[2001:db8::7]:4711\";proto=https;by=10.0.0.2"], "2001:db8::7", Believed),
        (&["for=127.0.0.1, for=203.0.113.7;host=x, FOR=10.0.0.3"], "203.0.113.7", Believed),
        (&["for=192.0.2.1", "for=203.0.113.7"], "203.0.113.7", Believed),
        (&["proto=https"], "10.0.0.2", Unknown),
        (&["for=_hidden"], "10.0.0.2", Unknown),
        (&["for=203.0.113.7;for=198.51.100.1"], "10.0.0.2", Unknown),
    ];
    for (told, address, way) in cases {
        assert_eq!(ask("10.0.0.2", told, &[]), ((*address).to_owned(), *way), "{told:?}");
    }
}

#[test]
fn two_headers_that_tell_the_way_are_believed_in_neither() {
    let told = ask("10.0.0.2", &["for=192.168.1.9"], &["203.0.113.7"]);
    assert_eq!(told, ("10.0.0.2".to_owned(), Way::Unknown));
}

#[test]
fn a_way_without_end_is_not_followed() {
    let long = vec!["10.0.0.3"; FORWARDED_HOPS_MAX + 1].join(",");
    assert_eq!(ask("10.0.0.2", &[], &[&long]).1, Way::Unknown);
    let most = vec!["10.0.0.3"; FORWARDED_HOPS_MAX - 1].join(",");
    let told = ask("10.0.0.2", &[], &[&format!("203.0.113.7,{most}")]);
    assert_eq!(told, ("203.0.113.7".to_owned(), Way::Believed));
}

#[test]
fn without_a_mark_the_peer_is_the_client() {
    let told = Told::default();
    let peer = "::ffff:10.0.0.2".parse().unwrap();
    let proxies = [Prefix::parse("10.0.0.2").unwrap()];
    let client = client(peer, &told, &proxies);
    assert_eq!((client.address.to_string(), client.way), ("10.0.0.2".to_owned(), Way::Straight));
}

#[test]
fn ranges_are_read_or_not_at_all() {
    for (text, inside, outside) in [
        ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
        ("10.0.0.2", "10.0.0.2", "10.0.0.3"),
        ("10.0.0.2/31", "10.0.0.3", "10.0.0.4"),
        ("fd00::/8", "fdff::1", "fe00::1"),
        ("2001:db8::1", "2001:db8::1", "2001:db8::2"),
        ("192.168.1.0/24", "::ffff:192.168.1.9", "::192.168.1.9"),
    ] {
        let prefix = Prefix::parse(text).unwrap();
        assert!(prefix.contains(inside.parse().unwrap()), "{text}");
        assert!(!prefix.contains(outside.parse().unwrap()), "{text}");
    }
    assert!(Prefix::parse("0.0.0.0/0").unwrap().is_everything());
    for text in
        ["", "10.0.0.0/33", "10.0.0.1/8", "::/129", "fd00::1/8", "10/8", "a/8", "10.0.0.0/+8"]
    {
        assert_eq!(Prefix::parse(text), None, "{text}");
    }
}
