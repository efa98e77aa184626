//! Which addresses an issuer may name, and how forms are written.

use super::form_encoded;
use crate::config::IssuerUrl;

#[test]
fn an_issuer_elsewhere_never_makes_this_server_ask_its_own_machine() {
    let elsewhere = IssuerUrl::parse("https://id.example.net").unwrap();
    let cases = [
        ("https://id.example.net/token", true),
        ("https://tokens.example.net/token?a=b", true),
        ("http://id.example.net/token", false),
        ("https://127.0.0.1/token", false),
        ("https://localhost:8443/token", false),
        ("https://[::1]/token", false),
        ("https://[::ffff:127.0.0.1]/token", false),
        ("http://127.0.0.1/token", false),
        ("https://robin@id.example.net/token", false),
        ("file:///etc/passwd", false),
        ("/token", false),
        ("", false),
    ];
    for (address, admitted) in cases {
        assert_eq!(elsewhere.admits(address), admitted, "{address}");
    }
    let here = IssuerUrl::parse("http://127.0.0.1:9000").unwrap();
    for (address, admitted) in [
        ("http://127.0.0.1:9000/token", true),
        ("http://[::1]:9000/token", true),
        ("http://192.168.1.2/token", false),
        ("http://localhost/token", false),
        ("https://id.example.net/token", true),
    ] {
        assert_eq!(here.admits(address), admitted, "{address}");
    }
}

#[test]
fn plain_http_is_for_a_literal_loopback_only() {
    for (text, fine) in [
        ("https://id.example.net", true),
        ("https://id.example.net/realms/home", true),
        ("http://127.0.0.1:8080", true),
        ("http://localhost:8080", false),
        ("http://id.example.net", false),
        ("https://id.example.net?x=1", false),
        ("https://id.example.net#x", false),
        ("https://a@id.example.net", false),
        ("id.example.net", false),
        ("https://", false),
    ] {
        assert_eq!(IssuerUrl::parse(text).is_ok(), fine, "{text}");
    }
}

#[test]
fn a_form_escapes_what_could_end_a_value() {
    assert_eq!(form_encoded(&[("a", "b c"), ("d", "e&f=g+ü")]), "a=b%20c&d=e%26f%3Dg%2B%C3%BC");
}
