//! `Setup Stead.html` and the static pages as another machine meets them: the file is carried
//! away, the box moves, and the links of the copy still lead in.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test tells failures by panicking"
)]

use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::Value;
use stead::net::qr;

use crate::harness::link_secret_in;
use crate::lan::{BOX_ADDRESS, End, Lan, PATIENCE};
use crate::program::Served;

fn serve(lan: &Lan, data: &Path) -> Served {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(data, folder.path().join("data")).unwrap();
    Served::start_on(lan, folder)
}

fn page(data: &Path) -> String {
    std::fs::read_to_string(data.join("Setup Stead.html")).unwrap()
}

/// Everything that a page links to.
fn links(html: &str) -> Vec<String> {
    let links = html.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    links.map(|link| link.replace("&amp;", "&")).collect()
}

/// The links with the secret, split into host and the rest.
fn ways(html: &str) -> Vec<(String, String)> {
    let ways = links(html).into_iter().filter(|link| link.contains("/claim#s="));
    ways.map(|link| {
        let (host, rest) = link.strip_prefix("https://").unwrap().split_once('/').unwrap();
        (host.rsplit_once(':').unwrap().0.to_owned(), format!("/{rest}"))
    })
    .collect()
}

/// Curl at the phone's end, which trusts this box and knows the address of its name.
fn phone(lan: &Lan, served: &Served, address: Ipv4Addr, url: &str, extra: &[&str]) -> Answer {
    let mut curl = lan.command(End::Phone, "curl");
    curl.args(["--silent", "--show-error", "--include", "--max-time", "20", "--cacert"]);
    curl.arg(served.data().join("tls/ca.pem"));
    for name in own_names(served) {
        for port in [served.https_port, served.http_port] {
            curl.args(["--resolve", &format!("{name}:{port}:{address}")]);
        }
    }
    let ran = curl.args(extra).arg(url).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(ran.status.success(), "{url}: {}", String::from_utf8_lossy(&ran.stderr));
    let (head, body) = said.split_once("\r\n\r\n").unwrap();
    Answer { head: head.to_lowercase(), body: body.to_owned() }
}

/// The `.local` names that the page of this server links to.
fn own_names(served: &Served) -> Vec<String> {
    let file = served.data().join("Setup Stead.html");
    let html = std::fs::read_to_string(file).unwrap_or_default();
    ways(&html).into_iter().map(|way| way.0).filter(|host| host.ends_with(".local")).collect()
}

struct Answer {
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{}", self.body))
    }
}

#[test]
fn a_copy_from_before_a_move_and_three_restarts_still_leads_in() {
    let lan = Lan::new();
    let data = tempfile::tempdir().unwrap();
    let first = serve(&lan, data.path());
    let copy = page(data.path());
    let mode = data.path().join("Setup Stead.html").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let hosts: Vec<_> = ways(&copy).into_iter().map(|(host, _)| host).collect();
    assert!(hosts.contains(&BOX_ADDRESS.to_string()), "{hosts:?}");
    stop(first);

    let moved = Ipv4Addr::new(198, 51, 100, 99);
    lan.remove_address(End::Box, BOX_ADDRESS);
    lan.add_address(End::Box, moved);
    for _ in 0..2 {
        stop(serve(&lan, data.path()));
    }
    let served = serve(&lan, data.path());
    let fresh: Vec<_> = ways(&page(data.path())).into_iter().map(|(host, _)| host).collect();
    assert!(fresh.contains(&moved.to_string()), "the new page names the new address: {fresh:?}");
    assert!(!fresh.contains(&BOX_ADDRESS.to_string()), "{fresh:?}");

    // The copy's first link goes by name, so it is as good as ever.
    let (host, way) = ways(&copy).remove(0);
    assert!(host.ends_with(".local"), "{host}");
    let (path, secret) = way.split_once("#s=").unwrap();
    let origin = format!("https://{host}:{}", served.https_port);
    let wizard = phone(&lan, &served, moved, &format!("{origin}{path}"), &[]);
    assert!(wizard.head.contains(" 200"), "{}", wizard.head);
    let body = format!(
        "{{\"proof\":{{\"kind\":\"link\",\"secret\":\"{secret}\"}},\"browser_time_ms\":{}}}",
        rustls::pki_types::UnixTime::now().as_secs() * 1000
    );
    let begin = format!("{origin}/api/v1/claim/begin");
    let json = ["--header", "content-type: application/json", "--data", &body];
    let begun = phone(&lan, &served, moved, &begin, &json);
    assert_eq!(begun.json()["step"], "owner", "{}", begun.body);
}

/// What openssl calls the authority of a server.
fn authority(data: &Path) -> String {
    let file = data.join("tls/ca.pem");
    let mut openssl = Command::new("openssl");
    openssl.args(["x509", "-noout", "-fingerprint", "-sha256", "-in"]).arg(file);
    let said = String::from_utf8(openssl.output().unwrap().stdout).unwrap();
    said.trim().rsplit('=').next().unwrap().to_owned()
}

/// Whether the page of a server names this address, and its authority as it is.
fn tells(data: &Path, address: Ipv4Addr) -> bool {
    let page = page(data).replace("<wbr>", "");
    page.contains(&format!("https://{address}:")) && page.contains(&authority(data))
}

/// Set up at one desk and used at another: nobody relies on the first authority yet.
#[test]
fn until_a_claim_begins_the_authority_follows_the_box_to_another_network() {
    let lan = Lan::new();
    let data = tempfile::tempdir().unwrap();
    let served = serve(&lan, data.path());
    let first = authority(data.path());
    assert!(tells(data.path(), BOX_ADDRESS));
    let moved = Ipv4Addr::new(198, 51, 100, 99);
    lan.remove_address(End::Box, BOX_ADDRESS);
    lan.add_address(End::Box, moved);
    let began = Instant::now();
    while !tells(data.path(), moved) {
        assert!(began.elapsed() < PATIENCE, "{}", page(data.path()));
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_ne!(authority(data.path()), first);
    // The phone trusts that authority and nothing else.
    let by_address = format!("https://{moved}:{}/api/v1/server", served.https_port);
    let answer = phone(&lan, &served, moved, &by_address, &[]);
    assert!(answer.head.contains(" 200"), "{}", answer.head);

    let (name, secret) = (own_names(&served).remove(0), link_secret_in(data.path()));
    let begin = format!("https://{name}:{}/api/v1/claim/begin", served.https_port);
    let body = format!(
        "{{\"proof\":{{\"kind\":\"link\",\"secret\":\"{secret}\"}},\"browser_time_ms\":0}}"
    );
    let json = ["--header", "content-type: application/json", "--data", &body];
    let begun = phone(&lan, &served, moved, &begin, &json);
    assert_eq!(begun.json()["step"], "owner", "{}", begun.body);
    let relied_on = authority(data.path());
    let again = Ipv4Addr::new(198, 51, 100, 77);
    lan.add_address(End::Box, again);
    let began = Instant::now();
    while !tells(data.path(), again) {
        assert!(began.elapsed() < PATIENCE, "{}", page(data.path()));
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(authority(data.path()), relied_on, "the browser that claims has looked at it");
}

fn stop(served: Served) {
    served.signal(Signal::SIGTERM);
    assert_eq!(served.ended().code, Some(0));
}

#[test]
fn another_machine_is_led_from_the_plain_port_to_the_set_up() {
    let lan = Lan::new();
    let data = tempfile::tempdir().unwrap();
    let served = serve(&lan, data.path());
    let secret = ways(&page(data.path()))[0].1.split_once("#s=").unwrap().1.to_owned();
    let name = own_names(&served).remove(0);
    for host in [BOX_ADDRESS.to_string(), name] {
        let plain = format!("http://{host}:{}/", served.http_port);
        let trust = phone(&lan, &served, BOX_ADDRESS, &plain, &[]);
        check_static(&trust, &secret);
        let secure = format!("https://{host}:{}/", served.https_port);
        assert!(links(&trust.body).contains(&secure), "{host}: {:?}", links(&trust.body));
        assert_eq!(trust.body.matches("class=\"picture\"").count(), 3, "one picture a browser");

        let unclaimed = phone(&lan, &served, BOX_ADDRESS, &secure, &[]);
        check_static(&unclaimed, &secret);
        for way in ["Setup Stead.html", "stead open", "QR code", "href=\"/claim\""] {
            assert!(unclaimed.body.contains(way), "{way}");
        }
    }
}

/// A page without a secret, a cookie or a script, whose style its own policy allows.
fn check_static(answer: &Answer, secret: &str) {
    let Answer { head, body } = answer;
    assert!(head.contains(" 200"), "{head}");
    assert!(!body.contains(secret) && !head.contains(&secret.to_lowercase()), "the secret leaks");
    assert!(!head.contains("set-cookie") && !head.contains("strict-transport"), "{head}");
    assert!(!body.contains("<script"), "{body}");
    let policy = head.lines().find(|line| line.starts_with("content-security-policy:")).unwrap();
    let style = body.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
    let digest = ring::digest::digest(&ring::digest::SHA256, style.as_bytes());
    let hash = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, digest);
    let source = format!("'sha256-{hash}'").to_lowercase();
    assert!(policy.contains(&source), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
}

/// Reads one QR code out of modules that are dark where `dark` says so.
fn decoded(side: usize, dark: impl Fn(usize, usize) -> bool) -> String {
    const PIXELS: usize = 4;
    let shade = |x: usize, y: usize| if dark(x / PIXELS, y / PIXELS) { 0 } else { 255 };
    let (width, height) = (side * PIXELS, side * PIXELS);
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, shade);
    let grids = image.detect_grids();
    assert_eq!(grids.len(), 1, "one code is found");
    grids[0].decode().unwrap().1
}

const LINK: &str =
    "https://[fd00:1234:5678:9abc:def0:1234:5678:9abc]:8443/claim#s=AbCdEfGhIjKlMnOpQrStUv";

#[test]
fn the_code_on_a_terminal_can_be_read() {
    for (ground, ink) in [(qr::Ground::Light, true), (qr::Ground::Dark, false)] {
        let text = qr::terminal(LINK, ground).unwrap();
        let lines: Vec<Vec<char>> = text.lines().map(|line| line.chars().collect()).collect();
        let side = lines[0].len();
        let inked = |x: usize, y: usize| {
            let upper = y.is_multiple_of(2);
            match lines[y / 2][x] {
                '█' => true,
                '▀' => upper,
                '▄' => !upper,
                _ => false,
            }
        };
        assert_eq!(decoded(side, |x, y| inked(x, y) == ink), LINK, "{ground:?}\n{text}");
    }
}

#[test]
fn the_code_of_a_page_can_be_read() {
    let svg = qr::svg(LINK, "x").unwrap();
    let side: usize =
        svg.split("viewBox=\"0 0 ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    let mut dark = vec![false; side * side];
    let path = svg.split(" d=\"").nth(1).unwrap().split('"').next().unwrap();
    for run in path.split('M').skip(1) {
        let (x, rest) = run.split_once(' ').unwrap();
        let (y, rest) = rest.split_once('h').unwrap();
        let (width, _) = rest.split_once('v').unwrap();
        let [x, y, width] = [x, y, width].map(|number| number.parse::<usize>().unwrap());
        dark[y * side + x..y * side + x + width].fill(true);
    }
    assert_eq!(decoded(side, |x, y| dark[y * side + x]), LINK);
}
