//! The commands at the edge: help, exit codes, busy ports, disks that refuse, other users.

#![expect(clippy::unwrap_used, reason = "a test tells failures by panicking")]

use crate::program::{Ended, STEAD, Served, answers, free_port, in_own_mounts, stead};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use stead::host::disk::BALLAST_BYTES;

#[test]
fn help_names_every_command_and_exit_code() {
    let help = stead(&["--help"]);
    assert_eq!(help.code, Some(0));
    for word in [
        "serve",
        "open",
        "rescue",
        "recover",
        "find",
        "status",
        "health",
        "console",
        "check-config",
        "audit",
        "wipe",
        "version",
    ] {
        assert!(help.said.contains(&format!("\n  {word} ")), "{word} in {}", help.said);
        let own = stead(&[word, "--help"]);
        assert_eq!((own.code, own.complained.as_str()), (Some(0), ""), "{word}");
    }
    for code in ["0", "1", "2", "3", "4", "73", "78"] {
        assert!(help.said.contains(&format!("\n{code:>4}  ")), "{code}");
    }
    assert!(!help.said.contains("worker"), "the worker is the server's own affair");
    assert_eq!(stead(&[]).code, Some(2));
    assert_eq!(stead(&["sevre"]).code, Some(2));
}

#[test]
fn only_root_may_ask_for_a_new_owner() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o777)).unwrap();
    // A copy that the other user may run, wherever the tests were built.
    let program = folder.path().join("stead");
    std::fs::copy(STEAD, &program).unwrap();
    let ended = Command::new(&program)
        .args(["recover", "--config", "/dev/null", "--data"])
        .arg(&data)
        .uid(65534)
        .gid(65534)
        .output()
        .unwrap();
    let ended = Ended::from(ended);
    assert_eq!(ended.code, Some(4), "{ended:?}");
    assert!(ended.complained.contains("run: sudo stead recover --config"), "{ended:?}");
    assert!(!data.join("recover").exists());
}

#[test]
fn a_server_is_wiped_by_its_name_and_not_while_it_runs() {
    let served = Served::start();
    let data = served.data();
    let wipe = |name: &str| {
        let data = data.to_str().unwrap();
        stead(&["wipe", "--yes-wipe", name, "--config", "/dev/null", "--data", data])
    };
    let running = wipe("Stead");
    assert_eq!(running.code, Some(73), "{running:?}");
    let _folder = served.kill();
    assert_eq!(wipe("Attic").code, Some(1));
    assert!(data.join("accounts.db").exists(), "nothing was wiped");
    let done = wipe("Stead");
    assert_eq!((done.code, done.complained.as_str()), (Some(0), ""), "{done:?}");
    assert!(!data.join("accounts.db").exists() && !data.join("tls").exists());
}

#[test]
fn the_version_is_told_with_date_and_target() {
    let version = stead(&["version"]);
    let start = format!("stead {} (built 20", env!("CARGO_PKG_VERSION"));
    assert!(version.said.starts_with(&start), "{version:?}");
    assert!(version.said.contains(" for ") && version.code == Some(0));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let mut child = Command::new(STEAD)
        .args(["check-config", "--example"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = Ended::from(child.wait_with_output().unwrap());
    assert_eq!((ended.code, ended.complained.as_str()), (Some(0), ""));
}

#[test]
fn without_a_server_the_exit_code_says_so() {
    let port = free_port().to_string();
    for command in ["status", "health", "open"] {
        let ended = stead(&[command, "--http-port", &port]);
        assert_eq!(ended.code, Some(3), "{command}");
        let told = format!(
            "stead: Stead does not run: nothing answers on port {port}; `stead serve` starts it\n"
        );
        assert_eq!(ended.complained, told);
    }
}

#[test]
fn a_running_server_tells_of_itself() {
    let served = Served::start();
    let health = served.command("health");
    assert_eq!(health.code, Some(0), "{health:?}");
    assert!(health.said.contains("database ok\nbackground ok\ndata_folder ok\n"), "{health:?}");
    let status = served.command("status");
    assert_eq!((status.code, status.complained.as_str()), (Some(0), ""), "{status:?}");
    let address = format!(".local:{}/\n", served.https_port);
    for part in ["runs, Stead ", "  address  https://stead-", &address, "waits for its owner"] {
        assert!(status.said.contains(part), "{part} in {}", status.said);
    }
}

#[test]
fn open_shows_code_links_and_file() {
    let served = Served::start();
    let opened = served.command("open");
    assert_eq!((opened.code, opened.complained.as_str()), (Some(0), ""), "{opened:?}");
    let page = served.data().join("Setup Stead.html");
    assert!(opened.said.contains(&page.display().to_string()), "{opened:?}");
    let port = served.https_port;
    assert!(opened.said.contains(&format!(".local:{port}/claim#s=")), "{opened:?}");
    assert!(opened.said.contains('█'), "a QR code");
    let code = stead_store::waiting_code(&served.data()).unwrap();
    assert!(opened.said.contains(&code), "the code to type");
}

/// What a box's screen shows from the first start to a server that is gone.
#[test]
fn the_console_shows_how_to_claim_until_the_claim_and_then_where_the_server_is() {
    let mut served = Served::start();
    let shown = |served: &Served| {
        let mut command = Command::new(STEAD);
        let shown = Ended::of(command.args(["console", "--once"]).args(served.flags()));
        assert_eq!((shown.code, shown.complained.as_str()), (Some(0), ""), "{shown:?}");
        shown.said
    };
    let waiting = shown(&served);
    let code = stead_store::waiting_code(&served.data()).unwrap();
    let secret = crate::harness::link_secret_in(&served.data());
    let port = served.https_port;
    // The sign of Stead has a few of these, and a code to scan hundreds.
    let drawn = |text: &str| text.matches(['█', '▄', '▀']).count() > 100;
    assert!(drawn(&waiting), "{waiting}");
    for part in ["has no owner yet", &code, &format!(".local:{port}/")] {
        assert!(waiting.contains(part), "{part} in {waiting}");
    }
    assert!(!waiting.contains(&secret), "the code to scan holds it, and no line");
    let browser = crate::harness::Client::new(served.http_port);
    let mut owner = crate::harness::Owner::almost_in(browser, &secret, crate::kills::now_ms());
    owner.finish().expect(200);
    let claimed = shown(&served);
    for part in ["address   https://stead-", "state     claimed", "health    "] {
        assert!(claimed.contains(part), "{part} in {claimed}");
    }
    assert!(!claimed.contains(&code) && !drawn(&claimed), "{claimed}");
    served.signal(nix::sys::signal::Signal::SIGTERM);
    served.told("STOPPING=1");
    while served.is_alive() {
        std::thread::yield_now();
    }
    assert!(shown(&served).contains("does not answer yet"));
}

/// A box has no log to read: a server that ends by a mistake leaves its last words, until it answers.
#[test]
fn a_server_that_cannot_start_says_why_on_the_screen() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = folder.path().join("runtime");
    std::fs::create_dir(&runtime).unwrap();
    let kept = runtime.join("last-words");
    let port = free_port().to_string();
    let data = folder.path().join("data");
    let flags = ["--config", "/dev/null", "--http-port", &port, "--data", data.to_str().unwrap()];
    let run = |arguments: &[&str]| {
        let mut command = Command::new(STEAD);
        Ended::of(command.args(arguments).args(flags).env("RUNTIME_DIRECTORY", &runtime))
    };
    let screen = || {
        let shown = run(&["console", "--once"]);
        assert_eq!((shown.code, shown.complained.as_str()), (Some(0), ""), "{shown:?}");
        shown.said
    };
    assert!(screen().contains("does not answer yet"));

    std::fs::write(&data, "no folder").unwrap();
    let ended = run(&["serve"]);
    assert_eq!(ended.code, Some(73), "{ended:?}");
    let said = std::fs::read_to_string(&kept).unwrap();
    assert_eq!(format!("stead: {said}"), ended.complained);
    let shown = screen();
    assert!(shown.contains("The last that it said:"), "{shown}");
    assert!(shown.replace("\n  ", " ").contains(said.trim()), "{said} in {shown}");
    // Whoever goes back from an update takes the last line of its gate.
    let gate = run(&["health", "--accounts"]);
    assert_eq!(gate.complained.lines().last(), Some(format!("stead: {said}").trim_end()));

    // Whoever wrote it: nothing of it steers a terminal.
    std::fs::write(&kept, b"all is well\x1b[2J\xc3").unwrap();
    let shown = screen();
    assert!(shown.contains("all is well [2J\u{fffd}") && !shown.contains('\x1b'), "{shown:?}");

    // Nor is anything else read through it, or waited for.
    std::fs::remove_file(&kept).unwrap();
    std::os::unix::fs::symlink("/proc/version", &kept).unwrap();
    assert!(screen().contains("does not answer yet"));
    std::fs::remove_file(&kept).unwrap();
    nix::unistd::mkfifo(&kept, nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert!(screen().contains("does not answer yet"));

    std::fs::remove_file(&data).unwrap();
    let mut command = Command::new(STEAD);
    command.arg("serve").env("RUNTIME_DIRECTORY", &runtime);
    let _served = Served::start_command(folder, command, |_| {});
    while kept.exists() {
        std::thread::yield_now();
    }
}

/// With a config that the server cannot read neither can its screen.
#[test]
fn a_mistake_in_the_config_is_shown_on_the_screen_until_it_is_mended() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("stead.toml");
    std::fs::write(&config, "[nobody_knows_this]\n").unwrap();
    let ended = Command::new(STEAD)
        .args(["serve", "--config"])
        .arg(&config)
        .env("RUNTIME_DIRECTORY", folder.path())
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(78), "{ended:?}");
    let kept = std::fs::read_to_string(folder.path().join("last-words")).unwrap();
    assert!(kept.contains("stead.toml:1:") && kept.contains("nobody_knows_this"), "{kept}");

    let mut console = Command::new(STEAD)
        .args(["console", "--http-port", &free_port().to_string(), "--config"])
        .arg(&config)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines =
        std::io::BufRead::lines(std::io::BufReader::new(console.stdout.take().unwrap()));
    let mut until = |part: &str| lines.any(|line| line.unwrap().contains(part));
    assert!(until("nobody_knows_this"));
    std::fs::write(&config, "").unwrap();
    std::fs::remove_file(folder.path().join("last-words")).unwrap();
    assert!(until("does not answer yet"));
    console.kill().unwrap();
    console.wait().unwrap();
}

/// The gate of an update waits for a server that is only beginning, and no longer than it is told.
#[test]
fn health_waits_for_a_server_as_long_as_it_is_told() {
    let port = free_port().to_string();
    let begun = std::time::Instant::now();
    let ended = stead(&["health", "--wait", "1", "--config", "/dev/null", "--http-port", &port]);
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(begun.elapsed() >= std::time::Duration::from_secs(1));
    let port: u16 = port.parse().unwrap();
    let late = std::thread::spawn(move || {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        let (mut asked, _) = listener.accept().unwrap();
        let mut question = [0; 1024];
        assert_ne!(std::io::Read::read(&mut asked, &mut question).unwrap(), 0);
        std::io::Write::write_all(&mut asked, b"HTTP/1.0 200 OK\r\n\r\ndatabase ok\n").unwrap();
    });
    let port = port.to_string();
    let ended = stead(&["health", "--wait", "60", "--config", "/dev/null", "--http-port", &port]);
    assert_eq!((ended.code, ended.said.as_str()), (Some(0), "database ok\n"), "{ended:?}");
    late.join().unwrap();
}

/// A locked server explains itself, which is no reason to restart it, and none to keep an update.
#[test]
fn the_gate_of_an_update_wants_the_accounts_too() {
    let gate = |served: &Served| {
        Ended::of(Command::new(STEAD).args(["health", "--accounts"]).args(served.flags()))
    };
    let served = Served::start();
    assert_eq!(gate(&served).code, Some(0));
    let folder = served.kill();
    std::fs::write(folder.path().join("data/accounts.db"), "no database").unwrap();
    let mut command = Command::new(STEAD);
    command.arg("serve");
    let served = Served::start_command(folder, command, |_| {});
    let health = served.command("health");
    assert_eq!(health.code, Some(0), "{health:?}");
    let gate = gate(&served);
    assert_eq!(gate.code, Some(1), "{gate:?}");
    assert!(gate.said.contains("database failed\n"), "{gate:?}");
    let why = "stead: Stead answers, and is locked: database_unreadable\n";
    assert_eq!(gate.complained, why, "whoever goes back from the update reads this");
}

#[test]
fn open_hands_the_desktop_the_file_and_never_the_link() {
    let served = Served::start();
    let bin = served.folder.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    let seen = served.folder.path().join("seen");
    let pipe = nix::unistd::mkfifo(&seen, nix::sys::stat::Mode::S_IRWXU);
    pipe.unwrap();
    let script = format!("#!/bin/sh\nprintf '%s\\n' \"$@\" > '{}'\n", seen.display());
    let written = crate::program::write(served.folder.path(), "script", &script);
    install(&written, &bin.join("xdg-open"));
    let path = format!("{}:/usr/bin:/bin", bin.display());
    let mut command = Command::new(STEAD);
    command.arg("open").args(served.flags()).env("PATH", path).env("DISPLAY", ":9");
    assert_eq!(Ended::of(&mut command).code, Some(0));
    let arguments = std::fs::read_to_string(&seen).unwrap();
    assert_eq!(arguments, format!("{}\n", served.data().join("Setup Stead.html").display()));
}

#[test]
fn a_port_of_somebody_else_is_not_taken_for_stead() {
    let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = other.local_addr().unwrap().port().to_string();
    std::thread::spawn(move || {
        for connection in other.incoming().take(2) {
            std::io::Write::write_all(&mut connection.unwrap(), b"SSH-2.0-OpenSSH_9\r\n").unwrap();
        }
    });
    for command in ["status", "health"] {
        let ended = stead(&[command, "--http-port", &port]);
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.complained.contains("no answer came from Stead"), "{ended:?}");
    }
}

#[test]
fn a_busy_port_is_named_and_nothing_else_opens() {
    let held = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    let busy = held.local_addr().unwrap().port().to_string();
    let other = free_port();
    let other_text = other.to_string();
    for (https, http, flag) in
        [(&other_text, &busy, "--http-port"), (&busy, &other_text, "--https-port")]
    {
        let ended = stead(&["serve", "--https-port", https, "--http-port", http]);
        assert_eq!(ended.code, Some(1));
        let told = format!("stead: port {busy} is taken by another program");
        assert!(ended.complained.contains(&told), "{ended:?}");
        assert!(ended.complained.contains(flag), "{ended:?}");
        assert!(!answers(other));
    }
}

#[test]
fn a_data_folder_serves_one_server() {
    let served = Served::start();
    let data = served.data().display().to_string();
    let second = stead(&["serve", "--data", &data, "--https-port", "0", "--http-port", "0"]);
    assert_eq!(second.code, Some(73));
    let told = format!("stead: another Stead already runs on the data folder {data}: stop it");
    assert!(second.complained.contains(&told), "{second:?}");
}

/// Runs the binary on a small file system of its own, made ready by `script` in `$1`.
fn on_small_disk(options: &str, script: &str, command: &str) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().display().to_string();
    let script = format!(
        "mount -t tmpfs -o {options} none \"$1\"; cd \"$1\"; {script}; \
         \"$2\" {command} --data \"$1/data\" --https-port 0 --http-port 0 || code=$?; \
         cat data/accounts 2>/dev/null || true; exit ${{code:-0}}"
    );
    Ended::of(&mut in_own_mounts(&script, &[&disk, STEAD]))
}

#[test]
fn a_read_only_data_folder_is_told_as_such() {
    for prepare in ["mkdir data", "true"] {
        let script = format!("{prepare}; mount -o remount,bind,ro \"$1\"");
        for command in ["serve", "check-config"] {
            let ended = on_small_disk("size=1m", &script, command);
            assert_eq!(ended.code, Some(73), "{ended:?}");
            let told = "data cannot be written: the file system is read-only";
            assert!(ended.complained.contains(told), "{ended:?}");
            assert!(ended.complained.contains("Mount it for writing"), "{ended:?}");
        }
    }
}

#[test]
fn a_full_data_folder_is_told_as_such_and_loses_nothing() {
    let fill = "mkdir data; echo kept > data/accounts; cat /dev/zero > filler || true; sync";
    for command in ["serve", "check-config"] {
        let ended = on_small_disk("size=256k", fill, command);
        assert_eq!(ended.code, Some(73), "{ended:?}");
        assert!(ended.complained.contains("data cannot be written: no space is left"), "{ended:?}");
        assert!(ended.complained.contains("Make room on that disk"), "{ended:?}");
        assert_eq!(ended.said, "kept\n");
    }
}

#[test]
fn a_full_disk_gives_up_its_reserve_and_starts() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let script = "mount -t tmpfs -o size=40m none \"$1\"; fallocate -l 32M \"$1/ballast\"; \
                  cat /dev/zero > \"$1/filler\" 2>/dev/null || true; shift; exec \"$@\"";
    let command = in_own_mounts(script, &[&data.display().to_string(), STEAD, "serve"]);
    let served = Served::start_command(folder, command, |_| {});
    let inside = format!("/proc/{}/root{}", served.pid(), data.display());
    assert!(!Path::new(&inside).join("ballast").exists());
    served.signal(nix::sys::signal::Signal::SIGTERM);
    let ended = served.ended();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.complained.contains("gave up its reserve"), "{ended:?}");
}

#[test]
fn a_reserve_is_set_aside_where_there_is_room_for_it() {
    for (size, is_there) in [("300m", true), ("200m", false)] {
        let script = format!("mount -t tmpfs -o size={size} none \"$1\"; shift; exec \"$@\"");
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let arguments = [&data.display().to_string(), STEAD, "serve"];
        let served = Served::start_command(folder, in_own_mounts(&script, &arguments), |_| {});
        let ballast = format!("/proc/{}/root{}/ballast", served.pid(), data.display());
        let length = std::fs::metadata(ballast).map(|file| file.len());
        assert_eq!(length.ok(), is_there.then_some(BALLAST_BYTES), "on {size}");
    }
}

#[test]
fn another_user_is_told_whose_server_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("Setup Stead.html"), "href=\"https://a/claim#s=x\"").unwrap();
    let ended = denied(folder.path(), &data);
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!((ended.code, ended.said.as_str()), (Some(4), ""), "{ended:?}");
    let me = nix::unistd::User::from_uid(nix::unistd::geteuid()).unwrap().unwrap().name;
    let told = format!(
        "stead: the set-up page belongs to {me}, and only {me} may read it; run: sudo -u {me} \
         stead open --new-secret --data {}\n",
        data.display()
    );
    assert_eq!(ended.complained, told);
}

/// Makes a program of a file, in another process: one that this process had open for writing
/// could not be started while a test beside this one forks.
fn install(file: &str, program: &Path) {
    let installed = Command::new("install").args(["-m", "755", file]).arg(program).status();
    assert!(installed.unwrap().success());
}

/// Runs `stead open` where the data folder may not be read: root becomes nobody, others lose
/// their own rights to the folder.
fn denied(folder: &Path, data: &Path) -> Ended {
    let mode = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let program = folder.join("stead");
    install(STEAD, &program);
    let mut command = Command::new(&program);
    command.args(["open", "--new-secret", "--data"]).arg(data).current_dir("/");
    if nix::unistd::geteuid().is_root() {
        mode(folder, 0o755);
        mode(data, 0o700);
        command.uid(65_534).gid(65_534);
    } else {
        mode(data, 0o000);
    }
    Ended::of(&mut command)
}

#[test]
fn nothing_in_the_binary_sets_its_clock() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![sources.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.starts_with(sources.join("host/clock")) && !is_test(&path) {
                let text = std::fs::read_to_string(&path).unwrap_or_default();
                assert!(!text.contains("ManualClock::"), "{}", path.display());
            }
        }
    }
}

fn is_test(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str().to_string_lossy().starts_with("tests"))
}
