//! `tls = "files"`: a certificate that the owner brings along, served, renewed and spoilt, judged
//! by curl.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use nix::sys::signal::Signal;
use rcgen::{CertificateParams, KeyPair, SanType, date_time_ymd};

use crate::harness::{App, Options};
use crate::program::{Ended, PATIENCE, QUIET, STEAD, Served, write};

const CONFIG: &str = "[net]\ntls = \"files\"\ncert_file = \"chain.pem\"\nkey_file = \"key.pem\"\n";

/// Writes a certificate for this name, good until this year, that is its own authority.
fn bring(folder: &Path, name: &str, until: i32) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.subject_alt_names = vec![SanType::DnsName(name.try_into().unwrap())];
    params.not_before = date_time_ymd(2025, 1, 1);
    params.not_after = date_time_ymd(until, 1, 1);
    let certificate = params.self_signed(&key).unwrap();
    std::fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
    std::fs::write(folder.join("chain.pem"), certificate.pem()).unwrap();
}

fn serve(folder: tempfile::TempDir) -> Served {
    let mut command = Command::new(STEAD);
    command.arg("serve");
    Served::start_configured(folder, &format!("{QUIET}{CONFIG}"), command, |_| {})
}

/// What curl gets for `/health` under `host` when it trusts this certificate alone.
fn ask(served: &Served, host: &str, trusts: &Path) -> Result<String, i32> {
    let port = served.https_port;
    let ran = Command::new("curl")
        .args(["-sS", "-i", "--max-time", "20", "--resolve", &format!("{host}:{port}:127.0.0.1")])
        .arg("--cacert")
        .arg(trusts)
        .arg(format!("https://{host}:{port}/health"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).to_lowercase();
    if ran.status.success() { Ok(said) } else { Err(ran.status.code().unwrap()) }
}

/// Curl does not trust the certificate that it was shown.
const UNTRUSTED: i32 = 60;

/// Asks until the answer is as it should be.
fn until(served: &Served, host: &str, trusts: &Path, fits: impl Fn(&str) -> bool) {
    let begun = Instant::now();
    loop {
        let told = ask(served, host, trusts);
        if told.as_ref().is_ok_and(|told| fits(told)) {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{told:?}");
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
}

#[test]
fn files_serve_their_names_and_the_box_serves_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    bring(folder.path(), "films.example.net", 2099);
    let served = serve(folder);
    let (brought, own) = (served.folder.path().join("chain.pem"), served.data().join("tls/ca.pem"));
    let told = ask(&served, "films.example.net", &brought).unwrap();
    assert!(told.starts_with("http/2 200"), "{told}");
    assert!(told.contains("strict-transport-security: max-age="), "{told}");
    assert!(told.contains("certificate ok"), "{told}");
    assert_eq!(ask(&served, "films.example.net", &own), Err(UNTRUSTED));
    for host in ["localhost", "127.0.0.1"] {
        let told = ask(&served, host, &own).unwrap();
        assert!(told.starts_with("http/2 200"), "{host}: {told}");
        assert!(!told.contains("strict-transport-security"), "{host}: never on the own authority");
        assert_eq!(ask(&served, host, &brought), Err(UNTRUSTED));
    }
}

#[test]
fn new_files_are_taken_and_broken_ones_leave_the_old_in_use() {
    let folder = tempfile::tempdir().unwrap();
    bring(folder.path(), "films.example.net", 2099);
    let served = serve(folder);
    let files = served.folder.path();
    let first =
        write(files, "first.pem", &std::fs::read_to_string(files.join("chain.pem")).unwrap());
    let first = Path::new(&first);
    // Its key is of another certificate.
    let key = KeyPair::generate().unwrap();
    std::fs::write(files.join("key.pem"), key.serialize_pem()).unwrap();
    served.signal(Signal::SIGHUP);
    until(&served, "films.example.net", first, |told| {
        told.contains("degraded") && told.contains("certificate failed")
    });
    bring(files, "other.example.net", 2099);
    served.signal(Signal::SIGHUP);
    let second = files.join("chain.pem");
    until(&served, "other.example.net", &second, |told| told.contains("certificate ok"));
    assert_eq!(ask(&served, "films.example.net", first), Err(UNTRUSTED), "served no more");
    let ended = {
        served.signal(Signal::SIGTERM);
        served.ended()
    };
    assert_eq!(ended.code, Some(0));
    assert!(ended.complained.contains("the one before is kept"), "{}", ended.complained);
}

#[test]
fn a_certificate_that_cannot_be_used_starts_nothing() {
    let folder = tempfile::tempdir().unwrap();
    bring(folder.path(), "films.example.net", 2099);
    let key = KeyPair::generate().unwrap();
    std::fs::write(folder.path().join("key.pem"), key.serialize_pem()).unwrap();
    let config = write(folder.path(), "stead.toml", &format!("{QUIET}{CONFIG}"));
    let data = folder.path().join("data").display().to_string();
    let ended = Ended::of(
        Command::new(STEAD).args(["serve", "--config", &config, "--data", &data]).args([
            "--https-port",
            "0",
            "--http-port",
            "0",
        ]),
    );
    assert_eq!(ended.code, Some(1), "{}", ended.complained);
    assert!(
        ended.complained.contains("does not fit the first certificate"),
        "{}",
        ended.complained
    );
}

#[test]
fn a_certificate_whose_time_is_over_is_told_by_health() {
    let folder = tempfile::tempdir().unwrap();
    for (until, told) in [(2099, "certificate ok"), (2026, "certificate failed")] {
        bring(folder.path(), "films.example.net", until);
        let files = folder.path().display().to_string();
        let config = CONFIG.replace("chain.pem", &format!("{files}/chain.pem"));
        let config = config.replace("key.pem", &format!("{files}/key.pem"));
        let app = App::start_with(Options { config, ..Options::default() });
        let health = app.client().get("/health").expect(200).text();
        assert!(health.contains(told), "{until}: {health}");
        let mut asked = app.client().with_host("films.example.net");
        assert!(!asked.get("/").expect(200).text().is_empty(), "its name is ours");
        app.client().with_host("bank.example").get("/").expect(421);
    }
}
