//! The box's own authority and the TLS it serves, judged by others: the openssl command, a
//! rustls client and a plist reader.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test tells failures by panicking"
)]

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use rustls::client::danger::ServerCertVerifier as _;
use rustls::client::{ClientConfig, Resumption, WebPkiServerVerifier};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ProtocolVersion, RootCertStore, SupportedProtocolVersion};
use stead::net::ca::{Change, IssueTimes, OwnNames, Reliance, TlsIdentity};
use stead::net::tls::{CurrentCertificate, accept, server_config};
use stead_rules::time::WallMs;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::access::member;
use crate::harness::{App, Client, Options, Owner};

const HOME: &[&str] = &["192.168.1.10", "fd00::10"];
const CHAIN_ERROR: &str = "permitted subtree violation";

/// An identity in a folder of its own, made with today's clock.
struct Box_ {
    folder: TempDir,
    identity: TlsIdentity,
}

impl Box_ {
    fn new(addresses: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let opened =
            TlsIdentity::open(folder.path(), &own(addresses), today(), Reliance::People).unwrap();
        let mut identity = opened.0;
        identity.keep().unwrap();
        Self { folder, identity }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn own(addresses: &[&str]) -> OwnNames {
    let addresses = addresses.iter().map(|text| text.parse::<IpAddr>().unwrap()).collect();
    OwnNames::of_box("stead-ab12", None, addresses)
}

fn today() -> IssueTimes {
    let now = WallMs(i64::try_from(UnixTime::now().as_secs()).unwrap() * 1000);
    IssueTimes { build: now, known: now }
}

/// Runs openssl, which belongs to what the tests need; its words come back either way.
fn openssl(arguments: &[&str]) -> Result<String, String> {
    let ran = Command::new("openssl").args(arguments).output().expect("openssl is installed");
    let words = [ran.stdout, ran.stderr].concat();
    let words = String::from_utf8_lossy(&words).into_owned();
    if ran.status.success() { Ok(words) } else { Err(words) }
}

fn verify(ca: &Path, leaf: &Path, asked: &[&str]) -> Result<String, String> {
    let (ca, leaf) = (ca.to_str().unwrap(), leaf.to_str().unwrap());
    let fixed = ["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", ca];
    openssl(&[&fixed, asked, &[leaf]].concat())
}

/// What somebody who stole the key of the authority could sign with it.
fn forge(own: &Box_, extensions: &str) -> PathBuf {
    sign(own, "ca", "forged", extensions)
}

fn sign(own: &Box_, issuer: &str, subject: &str, extensions: &str) -> PathBuf {
    let path =
        |name: &str, end: &str| own.file(&format!("{name}.{end}")).to_str().unwrap().to_owned();
    let (key, request) = (path(subject, "key"), path(subject, "csr"));
    let (wanted, made) = (path(subject, "ext"), path(subject, "pem"));
    fs::write(&wanted, extensions).unwrap();
    let kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    let name = format!("/CN={subject}");
    openssl(
        &[&["req", "-new", "-keyout", &key, "-out", &request, "-subj", &name], &kind[..]].concat(),
    )
    .unwrap();
    let (ca, ca_key) = (path(issuer, "pem"), path(issuer, "key"));
    let by = ["-CA", &ca, "-CAkey", &ca_key, "-CAcreateserial", "-days", "30"];
    let what = ["x509", "-req", "-in", &request, "-extfile", &wanted, "-out", &made];
    openssl(&[&what[..], &by[..]].concat()).unwrap();
    PathBuf::from(made)
}

fn leaf_extensions(alternative: &str) -> String {
    format!(
        "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n\
         extendedKeyUsage=serverAuth\nsubjectAltName={alternative}\n\
         subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
    )
}

#[test]
fn openssl_accepts_the_leaf_for_every_own_name_and_address() {
    let own = Box_::new(HOME);
    let (ca, leaf) = (own.file("ca.pem"), own.file("leaf.pem"));
    for name in ["stead-ab12.local", "stead.local", "localhost"] {
        verify(&ca, &leaf, &["-verify_hostname", name]).unwrap();
    }
    for address in ["192.168.1.10", "fd00::10", "127.0.0.1", "::1"] {
        verify(&ca, &leaf, &["-verify_ip", address]).unwrap();
    }
    assert!(verify(&ca, &leaf, &["-verify_hostname", "stead-ab13.local"]).is_err());
    assert!(verify(&ca, &leaf, &["-verify_ip", "192.168.1.1"]).is_err());
}

#[test]
fn a_stolen_authority_cannot_pose_as_anything_else() {
    let own = Box_::new(HOME);
    let ca = own.file("ca.pem");
    for alternative in ["DNS:stead-ab12.local", "DNS:stead-ab12-2.local", "IP:192.168.1.10"] {
        let good = forge(&own, &leaf_extensions(alternative));
        verify(&ca, &good, &[]).unwrap_or_else(|said| panic!("{alternative}: {said}"));
    }
    for alternative in [
        "IP:192.168.1.1",
        "IP:10.0.0.1",
        "IP:fd00::1",
        "IP:8.8.8.8",
        "DNS:bank.example",
        "DNS:fritz.box",
        "DNS:router.local",
        "DNS:stead-ab13.local",
        "DNS:stead-ab12.local.evil.example",
        "DNS:stead-ab12.local,DNS:bank.example",
        "DNS:*.local",
    ] {
        let forged = forge(&own, &leaf_extensions(alternative));
        let said = verify(&ca, &forged, &[]).expect_err(alternative);
        assert!(said.contains(CHAIN_ERROR), "{alternative}: {said}");
    }
}

/// The same by the verifier of rustls, which judges names in another way than openssl does.
#[test]
fn webpki_refuses_a_foreign_name_and_the_address_of_the_router() {
    let own = Box_::new(HOME);
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(own.identity.authority().der().to_vec())).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let judge = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
    let judge = judge.build().unwrap();
    let asked = |alternative: &str| {
        let forged = forge(&own, &leaf_extensions(alternative));
        let leaf = CertificateDer::from_pem_file(forged).unwrap();
        let name = alternative.split_once(':').unwrap().1.to_owned();
        let name = ServerName::try_from(name).unwrap();
        let judged = judge.verify_server_cert(&leaf, &[], &name, &[], UnixTime::now());
        judged.map(|_| ()).map_err(|error| format!("{error:?}"))
    };
    for good in ["DNS:stead-ab12.local", "DNS:localhost", "IP:192.168.1.10", "IP:fd00::10"] {
        asked(good).unwrap_or_else(|error| panic!("{good}: {error}"));
    }
    for bad in ["DNS:bank.example", "DNS:fritz.box", "IP:192.168.1.1", "IP:fd00::1", "IP:8.8.8.8"] {
        let said = asked(bad).expect_err(bad);
        assert!(said.contains("NameConstraintViolation"), "{bad}: {said}");
    }
}

/// The short name is every box's, so a device that trusts one authority trusts it for another box.
#[test]
fn a_stolen_authority_can_pose_as_another_box_by_the_shared_name_alone() {
    let own = Box_::new(HOME);
    let shared = forge(&own, &leaf_extensions("DNS:stead.local"));
    verify(&own.file("ca.pem"), &shared, &["-verify_hostname", "stead.local"]).unwrap();
}

#[test]
fn a_stolen_authority_cannot_make_another() {
    let own = Box_::new(HOME);
    let said = openssl(&["x509", "-in", own.file("ca.pem").to_str().unwrap(), "-noout", "-text"]);
    let said = said.unwrap();
    for words in [
        "CA:TRUE, pathlen:0",
        "X509v3 Basic Constraints: critical",
        "X509v3 Name Constraints: critical",
        "X509v3 Key Usage: critical",
        "Certificate Sign",
        "TLS Web Server Authentication",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let authority = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n\
                     subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n";
    let below = sign(&own, "ca", "below", authority);
    let deep = sign(&own, "below", "deep", &leaf_extensions("DNS:stead-ab12.local"));
    let untrusted = ["-untrusted", below.to_str().unwrap()];
    let said = verify(&own.file("ca.pem"), &deep, &untrusted);
    let said = said.expect_err("a chain of two authorities");
    assert!(said.contains("path length constraint exceeded"), "{said}");
}

#[test]
fn the_apple_profile_is_a_plist_that_carries_the_authority() {
    let own = Box_::new(HOME);
    let profile = own.file("stead.mobileconfig");
    fs::write(&profile, own.identity.authority().mobileconfig()).unwrap();
    fs::write(own.file("ca.der"), own.identity.authority().der()).unwrap();
    let program = "import plistlib,sys\n\
        p=plistlib.load(open(sys.argv[1],'rb'))\n\
        c=p['PayloadContent'][0]\n\
        assert c['PayloadType']=='com.apple.security.root', c\n\
        assert c['PayloadContent']==open(sys.argv[2],'rb').read()\n\
        assert len({p['PayloadUUID'],c['PayloadUUID']})==2\n\
        assert all(len(u)==36 for u in (p['PayloadUUID'],c['PayloadUUID']))\n";
    let ran = Command::new("python3")
        .args(["-c", program])
        .args([&profile, &own.file("ca.der")])
        .output()
        .expect("python3 is installed");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

#[test]
fn fingerprints_are_what_openssl_says() {
    let own = Box_::new(HOME);
    let print = |name: &str| {
        let file = own.file(name);
        let said =
            openssl(&["x509", "-in", file.to_str().unwrap(), "-noout", "-fingerprint", "-sha256"]);
        said.unwrap().trim().rsplit('=').next().unwrap().to_owned()
    };
    assert_eq!(own.identity.authority().fingerprint().to_string(), print("ca.pem"));
    assert_eq!(own.identity.leaf().fingerprint().to_string(), print("leaf.pem"));
    let pem = CertificateDer::from_pem_file(own.file("ca.pem")).unwrap();
    assert_eq!(own.identity.authority().der(), &*pem);
}

/// One side of a pipe served with the current certificate; everything read is sent back.
fn serve(certificate: &Arc<CurrentCertificate>) -> DuplexStream {
    let (ours, theirs) = duplex(64 * 1024);
    let config = Arc::new(server_config(Arc::clone(certificate)).unwrap());
    tokio::task::spawn_local(async move {
        let Ok(mut stream) = accept(config, ours).await else { return };
        let mut buffer = [0_u8; 1024];
        while let Ok(length @ 1..) = stream.read(&mut buffer).await {
            stream.write_all(&buffer[..length]).await.unwrap();
        }
    });
    theirs
}

async fn connect(
    own: &Box_,
    server: DuplexStream,
    name: &str,
    versions: &[&'static SupportedProtocolVersion],
) -> std::io::Result<TlsStream<DuplexStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(own.identity.authority().der().to_vec())).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    config.resumption = Resumption::disabled();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, server).await
}

async fn echoes(stream: &mut TlsStream<DuplexStream>, word: &[u8]) {
    stream.write_all(word).await.unwrap();
    let mut back = vec![0; word.len()];
    stream.read_exact(&mut back).await.unwrap();
    assert_eq!(back, word);
}

fn served_leaf(stream: &TlsStream<DuplexStream>) -> Vec<u8> {
    stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

/// Servers of these tests live on one thread, so no task outlives its test.
fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, test);
}

#[test]
fn a_strict_client_connects_by_name_and_address_with_both_versions() {
    run(async {
        let own = Box_::new(HOME);
        let current = CurrentCertificate::new(&own.identity).unwrap();
        let versions = [
            (&rustls::version::TLS12, ProtocolVersion::TLSv1_2),
            (&rustls::version::TLS13, ProtocolVersion::TLSv1_3),
        ];
        for name in [
            "stead-ab12.local",
            "stead.local",
            "localhost",
            "192.168.1.10",
            "fd00::10",
            "127.0.0.1",
        ] {
            for (version, expected) in versions {
                let stream = connect(&own, serve(&current), name, &[version]).await;
                let mut stream = stream.unwrap_or_else(|error| panic!("{name}: {error}"));
                assert_eq!(stream.get_ref().1.protocol_version(), Some(expected));
                assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
                echoes(&mut stream, b"hello").await;
            }
        }
        let wrong = connect(&own, serve(&current), "192.168.1.11", rustls::ALL_VERSIONS).await;
        assert!(wrong.is_err(), "a foreign address");
    });
}

#[test]
fn a_new_certificate_drops_no_connection() {
    run(async {
        let mut own = Box_::new(HOME);
        let current = CurrentCertificate::new(&own.identity).unwrap();
        let mut before =
            connect(&own, serve(&current), "stead-ab12.local", rustls::ALL_VERSIONS).await.unwrap();
        echoes(&mut before, b"before").await;

        let moved = self::own(&["192.168.1.10"]);
        let change = own.identity.refresh(&moved, today(), Reliance::People).unwrap();
        assert_eq!(change, Change::LeafIssued);
        current.replace(&own.identity).unwrap();

        echoes(&mut before, b"still there").await;
        let mut after =
            connect(&own, serve(&current), "192.168.1.10", rustls::ALL_VERSIONS).await.unwrap();
        echoes(&mut after, b"after").await;
        assert_ne!(served_leaf(&before), served_leaf(&after));
        assert_eq!(served_leaf(&after), own.identity.leaf().der());
        let gone = connect(&own, serve(&current), "fd00::10", rustls::ALL_VERSIONS).await;
        assert!(gone.is_err(), "an address that is no longer ours");
    });
}

/// Kinds of what the session is told.
fn told(browser: &mut Client) -> Vec<String> {
    let list = browser.get("/api/v1/notices").expect(200).json();
    let kinds = list["notices"].as_array().unwrap().iter();
    kinds.map(|notice| notice["kind"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn another_authority_is_told_to_everybody_who_may_have_installed_the_old_one() {
    let mut app = App::start();
    let owner = Owner::claim(&app).browser;
    let mut people = [owner, member(&app)];
    for gone in ["leaf.pem", "ca.pem"] {
        app.stop();
        fs::remove_file(app.data.join("tls").join(gone)).unwrap();
        let options = Options::with_clock(&app.clock);
        app = app.restart(options);
        for browser in &mut people {
            *browser = browser.at(app.http_port);
            let expected: &[&str] = if gone == "ca.pem" { &["authority_made"] } else { &[] };
            assert_eq!(told(browser), expected, "{gone}");
        }
    }
    // A start that makes nothing tells nothing.
    app.stop();
    let options = Options::with_clock(&app.clock);
    let app = app.restart(options);
    for browser in people {
        assert_eq!(told(&mut browser.at(app.http_port)), ["authority_made"]);
    }
}
