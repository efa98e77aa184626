//! Packets and the description, without a network.

use super::*;

fn device() -> Device {
    Device {
        id: "00112233445566778899aabbccddeeff".parse().unwrap(),
        host_name: String::from("stead-eeff.local"),
        version: "0.1.0",
        http_port: 8080,
    }
}

const OWN: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 7);
const ITSELF: &str = "uuid:00112233-4455-6677-8899-aabbccddeeff";

fn asked(target: &str) -> Vec<u8> {
    format!(
        "M-SEARCH * HTTP/1.1\r\nHost: 239.255.255.250:1900\r\nMan: \"ssdp:discover\"\r\n\
         MX: 3\r\nST: {target}\r\n\r\n"
    )
    .into_bytes()
}

#[test]
fn a_search_is_answered_by_what_it_asks_for() {
    for (target, answers) in [
        ("ssdp:all", 3),
        ("upnp:rootdevice", 1),
        ("urn:schemas-upnp-org:device:Basic:1", 1),
        (ITSELF, 1),
        ("urn:schemas-upnp-org:device:MediaServer:1", 0),
        ("uuid:00112233-4455-6677-8899-aabbccddee00", 0),
        ("", 0),
    ] {
        let search = search(&asked(target)).unwrap();
        let told = device().answers(&search, OWN);
        assert_eq!(told.len(), answers, "{target}");
        for answer in told {
            assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\n"));
            assert!(answer.contains("\r\nLOCATION: http://192.0.2.7:8080/device.xml\r\n"));
            assert!(answer.contains(&format!("\r\nUSN: {ITSELF}")), "{answer}");
        }
    }
}

#[test]
fn what_is_no_search_is_not_answered() {
    let whole = asked("ssdp:all");
    let text = String::from_utf8(whole.clone()).unwrap();
    for other in [
        text.replace("M-SEARCH", "NOTIFY"),
        text.replace("HTTP/1.1", "HTTP/1.0"),
        text.replace("\"ssdp:discover\"", "ssdp:discover"),
        text.replace("Man", "Woman"),
        text.replace("ST: ", "TS: "),
        format!("{text}{}", "x".repeat(SSDP_SEARCH_MAX_BYTES)),
        String::new(),
    ] {
        assert_eq!(search(other.as_bytes()), None, "{other}");
    }
    assert_eq!(search(&[whole, vec![0xff]].concat()), None, "not UTF-8");
}

#[test]
fn coming_and_going_are_told() {
    let alive = device().news(News::Alive, OWN);
    let goodbye = device().news(News::Goodbye, OWN);
    assert_eq!((alive.len(), goodbye.len()), (3, 3));
    assert!(alive.iter().all(|told| told.contains("\r\nNTS: ssdp:alive\r\n")));
    assert!(alive.iter().all(|told| told.contains("\r\nCACHE-CONTROL: max-age=1800\r\n")));
    assert!(goodbye.iter().all(|told| told.contains("\r\nNTS: ssdp:byebye\r\n")));
}

#[test]
fn the_description_has_a_page_and_no_service() {
    let told = device().description("192.0.2.7:8080");
    assert!(told.contains("<presentationURL>http://192.0.2.7:8080/</presentationURL>"), "{told}");
    assert!(told.contains(&format!("<UDN>{ITSELF}</UDN>")), "{told}");
    assert!(!told.contains("<service"), "{told}");
    assert!(!device().description("a<b>&").contains("<b>"));
}

#[test]
fn only_who_is_on_the_link_has_an_address_to_go_to() {
    let interface = |name: &str, address: &str, prefix, loopback| Interface {
        name: name.to_owned(),
        address: address.parse().unwrap(),
        prefix,
        loopback,
    };
    let all = [
        interface("lo", "127.0.0.1", 8, true),
        interface("eth0", "192.0.2.7", 24, false),
        interface("eth1", "198.51.100.7", 24, false),
        interface("eth1", "2001:db8::7", 64, false),
    ];
    let own = |peer: &str| own_address(peer.parse().unwrap(), &all).map(|own| own.to_string());
    assert_eq!(own("192.0.2.99").as_deref(), Some("192.0.2.7"));
    assert_eq!(own("198.51.100.99").as_deref(), Some("198.51.100.7"));
    assert_eq!((own("203.0.113.9"), own("127.0.0.1")), (None, None));
    let heard = |wanted: &[String]| heard_on(&all, wanted).len();
    assert_eq!((heard(&[]), heard(&[String::from("eth1")])), (2, 1));
}
