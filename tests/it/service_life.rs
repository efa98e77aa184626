//! One life of the service, as a service manager sees it: this test is the manager.

#![expect(clippy::unwrap_used, reason = "a test tells failures by panicking")]

use crate::harness::{Answer, App, Client, Options, Owner, link_secret_in};
use crate::lan::PATIENCE;
use crate::program::{Ended, STEAD, Served};
use nix::sys::signal::Signal;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};
use stead::host::clock::{Clock as _, SystemClock};
use stead::host::notify::Notifier;
use stead_rules::limits::{DRAIN_SECONDS, OPEN_FILES};

#[test]
fn sigterm_stops_in_order() {
    let mut served = Served::start();
    served.signal(Signal::SIGTERM);
    served.told("STOPPING=1");
    let ended = served.ended();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.complained.contains("signal=\"SIGTERM\""), "{ended:?}");
}

#[test]
fn whoever_says_nothing_does_not_hold_up_the_end() {
    let served = Served::start();
    let connect = |port| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    let _silent = (connect(served.https_port), connect(served.http_port));
    let mut half = connect(served.http_port);
    half.write_all(b"GET /health HTTP/1.1\r\nhost: ").unwrap();
    let _held = unfinished_request(&served);
    served.signal(Signal::SIGTERM);
    let (ended, told) = channel();
    std::thread::spawn(move || ended.send(served.ended()));
    let promised = Duration::from_secs(DRAIN_SECONDS);
    let ended = told.recv_timeout(promised).expect("an end within ten seconds");
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[test]
fn a_browser_that_is_still_connected_does_not_hold_up_the_end() {
    let served = Served::start();
    let mut kept = TcpStream::connect((Ipv4Addr::LOCALHOST, served.http_port)).unwrap();
    let head = format!("GET /health HTTP/1.1\r\nhost: 127.0.0.1:{}\r\n\r\n", served.http_port);
    kept.write_all(head.as_bytes()).unwrap();
    let mut told = [0; 12];
    kept.read_exact(&mut told).unwrap();
    served.signal(Signal::SIGTERM);
    let ended = served.ended();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(!ended.complained.contains("time was up"), "{ended:?}");
}

/// A request that the server is working on and waits for the rest of: it has asked to continue.
fn unfinished_request(served: &Served) -> TcpStream {
    let mut held = TcpStream::connect((Ipv4Addr::LOCALHOST, served.http_port)).unwrap();
    let head = format!(
        "POST /api/v1/claim/begin HTTP/1.1\r\nhost: 127.0.0.1:{}\r\ncontent-type: \
         application/json\r\ncontent-length: 99\r\nexpect: 100-continue\r\n\r\n",
        served.http_port
    );
    held.write_all(head.as_bytes()).unwrap();
    let mut told = [0; 12];
    held.read_exact(&mut told).unwrap();
    assert_eq!(String::from_utf8_lossy(&told), "HTTP/1.1 100");
    held
}

#[test]
fn a_second_signal_ends_at_once() {
    let served = Served::start();
    let _held = unfinished_request(&served);
    served.signal(Signal::SIGINT);
    let mut served = served;
    served.told("STOPPING=1");
    served.signal(Signal::SIGINT);
    let ended = served.ended();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.complained.contains("ended by a second signal"), "{ended:?}");
}

#[test]
fn it_asks_for_time_says_what_it_does_and_is_ready_last() {
    let served = Served::start();
    let told = &served.told_before_ready;
    assert!(told.iter().any(|line| line == "EXTEND_TIMEOUT_USEC=300000000"), "{told:?}");
    assert!(told.iter().any(|line| line == "STATUS=opening the databases"), "{told:?}");
    let status = served.told_within(Duration::from_secs(10)).unwrap();
    let address = format!(":{}/", served.https_port);
    assert!(status.starts_with("STATUS=offered; https://stead-"), "{status}");
    assert!(status.ends_with(&address), "{status}");
}

#[test]
fn the_status_follows_the_claim() {
    let mut served = Served::start();
    // A claim within the first moment would leave nothing of the state before it to be told.
    served.told_where(|line| line.starts_with("STATUS=offered; https://stead-"));
    let now_ms = SystemClock::new(None).now().wall.0;
    let secret = link_secret_in(&served.data());
    Owner::almost_in(Client::new(served.http_port), &secret, now_ms).finish().expect(200);
    served.told_where(|line| line.starts_with("STATUS=claimed; https://stead-"));
}

/// Most systems give a service 1024 open files and let it have more.
#[test]
fn it_takes_as_many_open_files_as_it_may_need() {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -Sn 256; exec \"$@\"", "sh", STEAD, "serve"]);
    let served = Served::start_command(tempfile::tempdir().unwrap(), command, |_| {});
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", served.pid())).unwrap();
    let open_files = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let soft: u64 = open_files.split_whitespace().nth(3).unwrap().parse().unwrap();
    assert!(soft >= OPEN_FILES, "{open_files}");
}

#[test]
fn what_it_writes_is_its_users_alone() {
    let served = Served::start();
    let mut folders = vec![served.data()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.path().extension().is_some_and(|kind| kind == "pem") {
                continue; // Certificates are told to everybody.
            }
            let found = entry.metadata().unwrap();
            assert_eq!(found.mode() & 0o077, 0, "{}", entry.path().display());
            if found.is_dir() {
                folders.push(entry.path());
            }
        }
    }
}

#[test]
fn both_doors_answer_when_it_is_ready() {
    let served = Served::start();
    for port in [served.https_port, served.http_port] {
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    }
}

#[test]
fn the_watchdog_is_fed_as_long_as_it_lives() {
    let mut served = Served::start_with(|command| {
        command.env("WATCHDOG_USEC", "400000");
    });
    served.told("WATCHDOG=1");
    served.told("WATCHDOG=1");
    served.signal(Signal::SIGSTOP);
    // What was sent before it stopped may still come; then nothing does.
    let left = (0..100).take_while(|_| served.told_within(Duration::from_millis(800)).is_some());
    assert!(left.count() < 100, "a stopped server says nothing");
    served.signal(Signal::SIGCONT);
    served.told("WATCHDOG=1");
}

/// Where a test that is its own manager finds that it is the inner one.
const INNER: &str = "STEAD_TEST_WATCHED";

/// The part is lost in this program, so the test starts itself again as the service, and is the
/// manager of that.
#[test]
fn a_server_that_lost_a_vital_part_feeds_no_watchdog() {
    if std::env::var_os(INNER).is_some() {
        return lose_a_part_when_told();
    }
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("notify");
    let manager = UnixDatagram::bind(&socket).unwrap();
    let mut inner = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "service_life::a_server_that_lost_a_vital_part_feeds_no_watchdog"])
        .args(["--nocapture", "--test-threads", "1"])
        .env(INNER, "1")
        .env("NOTIFY_SOCKET", &socket)
        .env("WATCHDOG_USEC", "2000000")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let fed_within = |time: Duration| {
        let (began, mut buffer) = (Instant::now(), [0; 4096]);
        while let Some(left) = time.checked_sub(began.elapsed()).filter(|left| !left.is_zero()) {
            manager.set_read_timeout(Some(left)).unwrap();
            let Ok(length) = manager.recv(&mut buffer) else { return false };
            if buffer[..length].starts_with(b"WATCHDOG=1") {
                return true;
            }
        }
        false
    };
    assert!(fed_within(PATIENCE) && fed_within(PATIENCE), "it lives");
    let mut orders = inner.stdin.take().unwrap();
    orders.write_all(b"lose\n").unwrap();
    // What was sent before it was lost may still come; then nothing does.
    let began = Instant::now();
    while fed_within(Duration::from_secs(3)) {
        assert!(began.elapsed() < PATIENCE, "it is fed on and on");
    }
    drop(orders);
    assert!(inner.wait().unwrap().success());
}

fn lose_a_part_when_told() {
    let (notifier, thread) = Notifier::start().unwrap();
    let app = App::start_with(Options { notifier, ..Options::default() });
    let mut orders = std::io::stdin().lines();
    assert_eq!(orders.next().unwrap().unwrap(), "lose");
    app.lose_a_part();
    assert!(orders.next().is_none());
    drop(app);
    drop(thread);
}

#[test]
fn a_watchdog_of_another_process_is_left_alone() {
    let served = Served::start_with(|command| {
        command.env("WATCHDOG_USEC", "200000").env("WATCHDOG_PID", "1");
    });
    while let Some(told) = served.told_within(Duration::from_millis(500)) {
        assert!(!told.contains("WATCHDOG"), "{told}");
    }
}

#[test]
fn sockets_of_systemd_are_taken() {
    let socket = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    let port = socket.local_addr().unwrap().port();
    let mut command = Command::new("sh");
    let script = "exec 3<&0 </dev/null; export LISTEN_PID=$$; exec \"$@\"";
    command.args(["-c", script, "sh", STEAD, "serve"]);
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start_command(folder, command, |command| {
        command
            .env("LISTEN_FDS", "1")
            .env("LISTEN_FDNAMES", "http")
            .stdin(Stdio::from(OwnedFd::from(socket)));
    });
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    TcpStream::connect((Ipv4Addr::LOCALHOST, served.https_port)).unwrap();
    assert!(!crate::program::answers(served.http_port), "the socket came from outside");
}

#[test]
fn a_json_log_is_json() {
    let served = Served::start_logging("format = \"json\"", |_| {});
    served.signal(Signal::SIGTERM);
    let ended = served.ended();
    let lines: Vec<serde_json::Value> =
        ended.complained.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().any(|line| line["signal"] == "SIGTERM"), "{lines:?}");
}

#[test]
fn nothing_secret_is_said_where_a_log_could_catch_it() {
    let served = Served::start();
    served.signal(Signal::SIGTERM);
    let ended: Ended = served.ended();
    assert_eq!(ended.said, "", "standard output is no terminal here");
    assert!(!ended.complained.contains("#s="), "{ended:?}");
}

#[test]
fn a_claim_leaves_no_secret_in_the_most_talkative_log_and_is_counted() {
    let served = Served::start_logging("level = \"trace\"", |_| {});
    let page = std::fs::read_to_string(served.data().join("Setup Stead.html")).unwrap();
    let (_, rest) = page.split_once("/claim#s=").unwrap();
    let link_secret = rest.split('"').next().unwrap();
    let now_ms = SystemClock::new(None).now().wall.0;
    let mut owner = Owner::almost_in(Client::new(served.http_port), link_secret, now_ms);
    owner.finish().expect(200);
    let metrics = owner.browser.get("/metrics").expect(200).text();
    let count = "stead_http_answers_total{route=\"/api/v1/claim/totp\",status=\"200\"} 1";
    assert!(metrics.contains(count), "{metrics}");
    let cookies = owner.browser.cookie_values();
    assert!(!cookies.is_empty());
    owner.browser.post("/api/v1/signout", &serde_json::json!({})).expect(204);

    served.signal(Signal::SIGTERM);
    let log = served.ended().complained;
    assert!(log.contains("claim"), "there is a log: {log}");
    let codes = owner.recovery_codes.iter();
    let told = [link_secret, &owner.password, &owner.totp_secret].into_iter();
    for secret in told.chain(codes.chain(&cookies).map(String::as_str)) {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

#[test]
fn who_starts_a_server_that_has_its_owner_is_told_where_it_is() {
    let served = Served::start();
    let secret = link_secret_in(&served.data());
    let now_ms = SystemClock::new(None).now().wall.0;
    Owner::almost_in(Client::new(served.http_port), &secret, now_ms).finish().expect(200);
    let (told, terminal) = UnixStream::pair().unwrap();
    told.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut command = Command::new(STEAD);
    command.args(["serve", "--show-claim"]);
    let served = Served::start_command(served.kill(), command, |command| {
        command.stdout(OwnedFd::from(terminal));
    });
    let here = format!("https://localhost:{}/ on this machine", served.https_port);
    let mut lines = BufReader::new(told).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.ends_with(&here)), "the address");
    assert_eq!(lines.next().as_deref(), Some("  state    claimed"));
}

#[test]
fn a_second_life_finds_the_folder_as_the_first_left_it() {
    let first = Served::start();
    first.signal(Signal::SIGKILL);
    let flags = first.flags();
    let again = Command::new(STEAD).arg("check-config").args(&flags).output().unwrap();
    assert!(again.status.success(), "a killed server leaves no lock behind");
}

/// A thread that ends early leaves a server that does half of its work, so it is not called well:
/// the watchdog judges by the same checks.
#[test]
fn a_server_that_lost_a_vital_part_is_not_well() {
    let app = App::start();
    let mut browser = app.client();
    let background = |answer: &Answer| {
        let checks = answer.json()["checks"].clone();
        let mut checks = checks.as_array().unwrap().iter();
        checks.find(|check| check["name"] == "background").unwrap()["ok"].as_bool()
    };
    let well = browser.get("/api/v1/health").expect(200);
    assert_eq!(background(&well), Some(true));
    app.lose_a_part();
    app.clock.advance(60_000);
    let ill = browser.get("/api/v1/health").expect(503);
    assert_eq!(background(&ill), Some(false));
}
