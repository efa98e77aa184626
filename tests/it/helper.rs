//! The helper: who may ask, what it refuses, and real disks, which are files behind loop devices, in
//! a mount namespace of the test's own.

use std::fs;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use rustix::net::{
    AddressFamily, SendFlags, SocketAddrUnix, SocketFlags, SocketType, accept_with, bind, listen,
    socket_with, socketpair,
};
use stead::helper::{HelperError, Place, Tools, serve};
use stead::host::helper::{Answer, Ask, Disk, Job, Passphrase, VERSION};
use stead::host::packet::{receive, send};

use crate::program::STEAD;

fn pair() -> (OwnedFd, OwnedFd) {
    socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).unwrap()
}

fn own_uid() -> u32 {
    nix::unistd::geteuid().as_raw()
}

/// A helper with folders of its own, and with the programs of the system.
pub(crate) struct Helper {
    folder: tempfile::TempDir,
    pub(crate) place: Place,
}

impl Helper {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for name in ["media", "updates", "iwd"] {
            fs::create_dir(root.join(name)).unwrap();
        }
        let mut tools = Tools::of_the_system();
        tools.disk_kinds.push("loop".to_owned());
        // PID 1 would mount in its own namespace, and not in the test's.
        tools.has_systemd = false;
        let place = Place {
            media: root.join("media"),
            updates: root.join("updates"),
            os_release: root.join("os-release"),
            fallen: (root.join("fallen"), 0),
            networks: vec![root.join("iwd"), root.join("not-there")],
            tools,
        };
        Self { folder, place }
    }

    /// With a program in place of rauc and systemctl that writes down how it was called.
    pub(crate) fn recording(says: &str) -> Self {
        let mut helper = Self::new();
        let program = helper.folder.path().join("program");
        let script = format!("#!/bin/sh\necho \"$@\" >>{}\n{says}\n", helper.calls().display());
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        helper.place.tools.rauc = program.clone();
        helper.place.tools.systemctl = program;
        helper
    }

    /// With a list of disks that holds no other, and writes down each look.
    pub(crate) fn sees_only(&mut self, disk: &Loop) {
        let program = self.folder.path().join("lsblk");
        let (lsblk, looks) = (self.place.tools.lsblk.display(), self.calls());
        let script = format!(
            "#!/bin/sh\necho look >>{}\nexec {lsblk} \"$@\" {}\n",
            looks.display(),
            disk.device
        );
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        self.place.tools.lsblk = program;
    }

    /// How often the disks were looked at.
    pub(crate) fn looks(&self) -> usize {
        self.called().lines().count()
    }

    /// Where it listens, as the system does for it: one job for each connection, until the test ends.
    pub(crate) fn listens(&self) -> PathBuf {
        let path = self.folder.path().join("helper.sock");
        let kind = (AddressFamily::UNIX, SocketType::SEQPACKET);
        let socket = socket_with(kind.0, kind.1, SocketFlags::CLOEXEC, None).unwrap();
        bind(&socket, &SocketAddrUnix::new(&path).unwrap()).unwrap();
        listen(&socket, 8).unwrap();
        let place = self.place.clone();
        std::thread::spawn(move || {
            while let Ok(connection) = accept_with(&socket, SocketFlags::CLOEXEC) {
                drop(serve(&connection, own_uid(), &place));
            }
        });
        path
    }

    fn calls(&self) -> PathBuf {
        self.folder.path().join("calls")
    }

    pub(crate) fn called(&self) -> String {
        fs::read_to_string(self.calls()).unwrap_or_default()
    }

    fn ask(&self, job: Job) -> Answer {
        let (ours, theirs) = pair();
        send(&ours, &Ask { version: VERSION, job }, &[]).unwrap();
        serve(&theirs, own_uid(), &self.place).unwrap();
        receive::<Answer>(&ours).unwrap().unwrap().0
    }

    /// What comes of bytes that somebody sends.
    fn hears(&self, bytes: &[u8]) -> Result<(), HelperError> {
        let (ours, theirs) = pair();
        rustix::net::send(&ours, bytes, SendFlags::empty()).unwrap();
        serve(&theirs, own_uid(), &self.place)
    }

    fn disks(&self) -> Vec<Disk> {
        let answer = self.ask(Job::ListDisks);
        let Answer::Disks(disks) = answer else { panic!("{answer:?}") };
        disks
    }
}

fn refused(answer: &Answer) -> &str {
    let Answer::Refused { why } = answer else { panic!("{answer:?}") };
    why
}

/// A disk that is a file.
pub(crate) struct Loop {
    device: String,
    _file: tempfile::NamedTempFile,
}

impl Loop {
    pub(crate) fn new(megabytes: u64, arguments: &[&str]) -> Self {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(megabytes * 1024 * 1024).unwrap();
        let output = Command::new("losetup")
            .args(["--find", "--show"])
            .args(arguments)
            .arg(file.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "loop devices take root: {output:?}");
        let device = String::from_utf8(output.stdout).unwrap().trim().to_owned();
        Self { device, _file: file }
    }

    pub(crate) fn device(&self) -> &str {
        &self.device
    }

    pub(crate) fn name(&self) -> &str {
        self.device.trim_start_matches("/dev/")
    }

    /// Has the kernel know a partition of it, as a table on it would: it begins at a sector, and has so
    /// many. Not each kernel reads tables. Returns its device.
    fn part(&self, start: u64, sectors: u64) -> String {
        let words = [self.device(), "1", &start.to_string(), &sectors.to_string()];
        let added = Command::new("addpart").args(words).output().unwrap();
        assert!(added.status.success(), "{added:?}");
        format!("{}p1", self.device)
    }

    fn in_list(&self, helper: &Helper) -> Disk {
        let disks = helper.disks();
        disks.into_iter().find(|disk| disk.name == self.name()).expect("it is listed")
    }

    fn format(&self, disk: &Disk, label: &str) -> Job {
        Job::Format {
            disk: disk.name.clone(),
            size_bytes: disk.size_bytes,
            model: disk.model.clone(),
            label: label.to_owned(),
        }
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        drop(Command::new("losetup").args(["--detach", &self.device]).status());
    }
}

/// Runs in a thread with mounts of its own, which end with it.
pub(crate) fn in_own_mounts(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::spawn(move || {
        unshare(CloneFlags::CLONE_NEWNS).expect("mounts of one's own take root");
        let flags = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
        mount(None::<&str>, "/", None::<&str>, flags, None::<&str>).unwrap();
        test();
    });
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn a_new_disk_is_formatted_and_its_films_can_be_read_and_not_written() {
    in_own_mounts(|| {
        let helper = Helper::new();
        let disk = Loop::new(64, &[]);
        let listed = disk.in_list(&helper);
        assert_eq!((listed.size_bytes, listed.volumes.len()), (64 * 1024 * 1024, 0));

        assert_eq!(helper.ask(disk.format(&listed, "Films")), Answer::Done);
        let listed = disk.in_list(&helper);
        let volume = &listed.volumes[0];
        assert_eq!((volume.label.as_deref(), volume.file_system.as_str()), (Some("Films"), "ext4"));
        let uuid = volume.uuid.clone();

        let Answer::Mounted { folder } = helper.ask(Job::Mount { uuid: uuid.clone() }) else {
            panic!("it is not mounted")
        };
        assert_eq!(Path::new(&folder), helper.place.media.join(&uuid));
        assert!(Path::new(&folder).join("lost+found").is_dir());
        let written = fs::write(Path::new(&folder).join("a"), "b").unwrap_err();
        assert_eq!(written.raw_os_error(), Some(30), "read-only: {written}");
        let listed = disk.in_list(&helper);
        assert_eq!(listed.volumes[0].folder.as_deref(), Some(folder.as_str()));

        let again = helper.ask(Job::Mount { uuid: uuid.clone() });
        assert!(refused(&again).contains("in use"), "{again:?}");
        let wiped = helper.ask(disk.format(&listed, "Other"));
        assert!(refused(&wiped).contains("in use"), "{wiped:?}");

        assert_eq!(helper.ask(Job::Unmount { uuid: uuid.clone() }), Answer::Done);
        assert!(!Path::new(&folder).exists(), "no empty folder is left");
        let again = helper.ask(Job::Unmount { uuid });
        assert!(matches!(again, Answer::Refused { .. } | Answer::Failed { .. }), "{again:?}");
    });
}

fn make_ext4(device: &str, label: &str) {
    let made = Command::new("mkfs.ext4").args(["-q", "-F", "-L", label, device]).output().unwrap();
    assert!(made.status.success(), "{made:?}");
}

#[test]
fn what_lies_on_a_partition_is_its_disks() {
    in_own_mounts(|| {
        let helper = Helper::new();
        let disk = Loop::new(64, &["--partscan"]);
        make_ext4(&disk.part(2048, 65536), "Films");
        let listed = disk.in_list(&helper);
        let volume = &listed.volumes[0];
        assert_eq!((listed.volumes.len(), volume.label.as_deref()), (1, Some("Films")));
        let answer = helper.ask(Job::Mount { uuid: volume.uuid.clone() });
        let Answer::Mounted { folder } = answer else { panic!("{answer:?}") };
        assert_eq!(disk.in_list(&helper).volumes[0].folder.as_deref(), Some(folder.as_str()));
        let wiped = helper.ask(disk.format(&listed, "Other"));
        assert!(refused(&wiped).contains("in use"), "{wiped:?}");
    });
}

#[test]
fn a_disk_with_a_partition_of_the_system_is_the_systems() {
    let helper = Helper::new();
    let card = Loop::new(64, &["--partscan"]);
    make_ext4(&card.part(2048, 65536), "stead-data");
    let names: Vec<_> = helper.disks().into_iter().map(|disk| disk.name).collect();
    assert!(!names.contains(&card.name().to_owned()), "{names:?}");
    let as_shown = Disk {
        name: card.name().to_owned(),
        size_bytes: 64 * 1024 * 1024,
        model: None,
        read_only: false,
        volumes: Vec::new(),
    };
    let answer = helper.ask(card.format(&as_shown, "Films"));
    assert!(refused(&answer).contains("system"), "{answer:?}");
}

#[test]
fn a_stick_that_is_one_file_system_and_its_one_partition_is_mounted() {
    in_own_mounts(|| {
        let helper = Helper::new();
        let stick = Loop::new(64, &["--partscan"]);
        make_ext4(stick.device(), "Stick");
        stick.part(0, 131_072);
        let volumes = stick.in_list(&helper).volumes;
        assert_eq!(volumes.len(), 1, "{volumes:?}");
        let answer = helper.ask(Job::Mount { uuid: volumes[0].uuid.clone() });
        assert!(matches!(answer, Answer::Mounted { .. }), "{answer:?}");
    });
}

/// A disk as Windows leaves it that was not shut down but sleeps, with one film.
fn of_windows(film: &str) -> Loop {
    let disk = Loop::new(64, &[]);
    let made = Command::new("mkntfs").args(["-Q", "-F", disk.device()]).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    let mut asleep = b"hibr".to_vec();
    asleep.resize(4096, 0);
    for (name, content) in [(film, b"a film".as_slice()), ("hiberfil.sys", &asleep)] {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), content).unwrap();
        let copied = Command::new("ntfscp")
            .env("LC_ALL", "C.UTF-8")
            .args([disk.device(), file.path().to_str().unwrap(), name])
            .output()
            .unwrap();
        assert!(copied.status.success(), "{copied:?}");
    }
    disk
}

#[test]
fn a_disk_of_windows_is_read_where_the_kernel_does_not_know_how() {
    in_own_mounts(|| {
        let mut helper = Helper::new();
        helper.place.tools.file_systems = helper.folder.path().join("not-there");
        let disk = of_windows("Größe 日本.mkv");
        let uuid = disk.in_list(&helper).volumes[0].uuid.clone();
        let answer = helper.ask(Job::Mount { uuid: uuid.clone() });
        let Answer::Mounted { folder } = answer else { panic!("{answer:?}") };
        let film = Path::new(&folder).join("Größe 日本.mkv");
        assert_eq!(fs::read_to_string(&film).unwrap(), "a film");
        let mode = fs::metadata(&film).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o755, "everybody may read it");
        let written = fs::write(&film, "b").unwrap_err();
        assert_eq!(written.raw_os_error(), Some(30), "read-only: {written}");
        assert_eq!(helper.ask(Job::Unmount { uuid }), Answer::Done);
        assert!(!Path::new(&folder).exists(), "no empty folder is left");
    });
}

#[test]
fn ntfs_is_read_by_the_kernel_or_else_by_ntfs_3g_and_never_written() {
    let disk = of_windows("a.mkv");
    for (kernel, program, by) in [
        ("nodev\tproc\n\text4\n\tntfs3\n", true, "ntfs3"),
        ("nodev\tproc\n\tntfs\n\tfuseblk\n", true, "ntfs-3g"),
        ("\text4\n", false, "ntfs3"),
    ] {
        let mut helper = Helper::recording("");
        let root = helper.folder.path().to_owned();
        let tools = &mut helper.place.tools;
        (tools.has_systemd, tools.systemd_mount) = (true, tools.rauc.clone());
        (tools.file_systems, tools.ntfs_3g) = (root.join("kernel"), root.join("ntfs-3g"));
        fs::write(&tools.file_systems, kernel).unwrap();
        if program {
            fs::write(&tools.ntfs_3g, "").unwrap();
        }
        let uuid = disk.in_list(&helper).volumes[0].uuid.clone();
        let answer = helper.ask(Job::Mount { uuid: uuid.clone() });
        assert!(matches!(answer, Answer::Mounted { .. }), "{answer:?}");
        let (device, folder) = (disk.device(), helper.place.media.join(uuid));
        let called = helper.called();
        let plain = format!(
            " -t {by} -o ro,nosuid,nodev,noexec,umask=0022 {device} {}\n",
            folder.display()
        );
        let before = called.strip_suffix(&plain).expect(&called);
        if by == "ntfs-3g" {
            let shut_in = before.strip_prefix("--collect --fsck=no --property ").expect(before);
            let rights: Vec<_> = shut_in.split(" --property ").collect();
            let least = "CapabilityBoundingSet=CAP_SYS_ADMIN CAP_SETGID CAP_SETUID";
            assert!(rights.contains(&least), "{rights:?}");
            let devices: Vec<_> =
                rights.iter().filter(|right| right.starts_with("Device")).collect();
            let only = format!("DeviceAllow={device} r");
            assert_eq!(
                devices,
                [&"DevicePolicy=closed", &"DeviceAllow=/dev/fuse rw", &only.as_str()]
            );
        } else {
            assert_eq!(before, "--collect --fsck=no", "the kernel reads it");
        }
    }
}

#[test]
fn a_disk_that_is_another_one_now_keeps_what_is_on_it() {
    let helper = Helper::new();
    let disk = Loop::new(64, &[]);
    let listed = disk.in_list(&helper);
    assert_eq!(helper.ask(disk.format(&listed, "Films")), Answer::Done);
    let before = disk.in_list(&helper);
    let other = |change: &dyn Fn(&mut Disk)| {
        let mut other = before.clone();
        change(&mut other);
        helper.ask(disk.format(&other, "Other"))
    };
    for answer in [
        other(&|disk| disk.size_bytes += 512),
        other(&|disk| disk.model = Some("Blue".into())),
        other(&|disk| disk.name = "sdzz".into()),
        other(&|disk| disk.name = format!("../{}", disk.name)),
        other(&|disk| disk.name = format!("/dev/{}", disk.name)),
        helper.ask(disk.format(&before, "stead-data")),
        helper.ask(disk.format(&before, "-O none")),
        helper.ask(disk.format(&before, "")),
    ] {
        refused(&answer);
    }
    assert_eq!(disk.in_list(&helper), before);
}

#[test]
fn disks_of_the_system_are_neither_shown_nor_touched() {
    let helper = Helper::new();
    let card = Loop::new(64, &[]);
    let path = &card.device;
    let made = Command::new("mkfs.ext4").args(["-q", "-F", "-L", "stead-data", path]).output();
    assert!(made.unwrap().status.success());
    let uuid = Command::new("blkid").args(["-p", "-o", "value", "-s", "UUID", path]).output();
    let uuid = String::from_utf8(uuid.unwrap().stdout).unwrap().trim().to_owned();
    let names: Vec<_> = helper.disks().into_iter().map(|disk| disk.name).collect();
    assert!(!names.contains(&card.name().to_owned()), "{names:?}");
    let answer = helper.ask(Job::Mount { uuid });
    assert!(refused(&answer).contains("system"), "{answer:?}");
    let disk = Disk {
        name: card.name().to_owned(),
        size_bytes: 64 * 1024 * 1024,
        model: None,
        read_only: false,
        volumes: Vec::new(),
    };
    let answer = helper.ask(card.format(&disk, "Films"));
    assert!(refused(&answer).contains("system"), "{answer:?}");

    // The disk that this machine runs from, whatever it is called here.
    let root = Command::new("findmnt").args(["-n", "-o", "SOURCE", "/"]).output().unwrap();
    let root = String::from_utf8(root.stdout).unwrap();
    for disk in helper.disks() {
        assert!(!root.trim().starts_with(&format!("/dev/{}", disk.name)), "{disk:?}");
    }
}

#[test]
fn two_disks_with_one_id_are_not_told_apart_by_chance() {
    let helper = Helper::new();
    let uuid = "7f1c2d3e-0001-4000-8000-0123456789ab";
    let disks = [Loop::new(64, &[]), Loop::new(64, &[])];
    for disk in &disks {
        let made = Command::new("mkfs.ext4").args(["-q", "-F", "-U", uuid, &disk.device]).output();
        assert!(made.unwrap().status.success());
    }
    let answer = helper.ask(Job::Mount { uuid: uuid.to_owned() });
    assert!(refused(&answer).contains("the same id"), "{answer:?}");
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    let helper = Helper::new();
    fs::write(helper.folder.path().join("outside.raucb"), "x").unwrap();
    let elsewhere = helper.folder.path().join("outside.raucb");
    std::os::unix::fs::symlink(&elsewhere, helper.place.updates.join("link.raucb")).unwrap();
    fs::create_dir(helper.place.updates.join("folder.raucb")).unwrap();
    std::os::unix::fs::symlink("/etc", helper.place.media.join("abcd-0001")).unwrap();
    for uuid in ["", "..", "../..", "/", "a/b", "abcd-0001\0", "a b", "abcd-0001"] {
        refused(&helper.ask(Job::Mount { uuid: uuid.to_owned() }));
        let unmounted = helper.ask(Job::Unmount { uuid: uuid.to_owned() });
        assert!(matches!(unmounted, Answer::Refused { .. } | Answer::Failed { .. }), "{uuid}");
    }
    for bundle in [
        "",
        "../outside.raucb",
        "/etc/passwd",
        "link.raucb",
        "folder.raucb",
        "none.raucb",
        "-x.raucb",
    ] {
        let answer = helper.ask(Job::Install { bundle: bundle.to_owned() });
        refused(&answer);
    }
}

#[test]
fn an_update_is_installed_by_rauc_and_by_its_path_alone() {
    let helper = Helper::recording("");
    let bundle = helper.place.updates.join("stead-1.2.3.raucb");
    fs::write(&bundle, "x").unwrap();
    let install = Job::Install { bundle: "stead-1.2.3.raucb".to_owned() };
    for job in [install, Job::SwitchSlot, Job::Restart] {
        assert_eq!(helper.ask(job.clone()), Answer::Done, "{job:?}");
    }
    let expected =
        format!("install {}\nstatus mark-active other\n--no-block reboot\n", bundle.display());
    assert_eq!(helper.called(), expected);
}

#[test]
fn what_a_tool_complains_of_is_told() {
    let helper = Helper::recording("echo 'signature verification failed' >&2\nexit 1");
    fs::write(helper.place.updates.join("a.raucb"), "x").unwrap();
    let answer = helper.ask(Job::Install { bundle: "a.raucb".to_owned() });
    let Answer::Failed { detail } = &answer else { panic!("{answer:?}") };
    assert!(detail.contains("signature verification failed"), "{detail}");
}

#[test]
fn a_network_is_kept_for_root_alone_and_whoever_looks_after_it_hears_of_the_country() {
    let helper = Helper::recording("");
    let networks = helper.folder.path().join("iwd");
    let join = |password: Option<&str>, country: Option<&str>| {
        let password = password.map(|text| Passphrase(text.to_owned()));
        let country = country.map(ToOwned::to_owned);
        helper.ask(Job::JoinNetwork { name: "Our house".to_owned(), password, country })
    };
    let kept = |file: &str| fs::read_to_string(networks.join(file)).unwrap();

    assert_eq!(join(Some("seven green kettles"), None), Answer::Done);
    assert_eq!(kept("Our house.psk"), "[Security]\nPassphrase=seven green kettles\n");
    let mode = networks.join("Our house.psk").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(helper.called(), "", "iwd sees it by itself");

    assert_eq!(join(Some("another password"), Some("de")), Answer::Done);
    assert!(kept("Our house.psk").contains("another password"));
    assert_eq!(kept("main.conf"), "[General]\nCountry=DE\n");
    assert_eq!(helper.called(), "--no-block try-restart iwd.service\n");

    let refused = join(Some("a third password"), Some("Germany"));
    assert!(matches!(refused, Answer::Refused { .. }), "{refused:?}");
    assert!(kept("Our house.psk").contains("another password"), "all of it or nothing");
}

#[test]
fn a_factory_reset_forgets_the_networks_and_restarts() {
    let helper = Helper::recording("");
    let networks = helper.folder.path().join("iwd");
    for name in ["Home.psk", "Cafe.open", "10-static.network", ".known_network.freq", "notes.txt"] {
        fs::write(networks.join(name), "secret").unwrap();
    }
    assert_eq!(helper.ask(Job::FactoryReset), Answer::Done);
    let left: Vec<_> = fs::read_dir(&networks).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["notes.txt"]);
    assert_eq!(helper.called(), "--no-block reboot\n");
}

#[test]
fn a_stranger_and_what_is_no_job_get_nothing() {
    let helper = Helper::recording("");
    let (ours, theirs) = pair();
    send(&ours, &Ask { version: VERSION, job: Job::Restart }, &[]).unwrap();
    let stranger = serve(&theirs, own_uid() + 1, &helper.place);
    assert!(matches!(stranger, Err(HelperError::Stranger(_))), "{stranger:?}");

    for text in [
        "",
        "{}",
        "no JSON",
        r#"{"version":1}"#,
        r#"{"version":1,"job":"run"}"#,
        r#"{"version":1,"job":{"run":{"command":"id"}}}"#,
        r#"{"version":1,"job":"restart","as":"root"}"#,
        r#"{"version":1,"job":{"mount":{"uuid":"abcd","options":"rw"}}}"#,
        r#"{"version":1,"job":{"mount":{}}}"#,
        r#"{"version":1,"job":["restart","restart"]}"#,
        &format!(r#"{{"version":1,"job":"restart"{}}}"#, " ".repeat(20_000)),
    ] {
        let heard = helper.hears(text.as_bytes());
        let nothing = text.is_empty() && heard.is_ok();
        assert!(nothing || matches!(heard, Err(HelperError::NoJob(_))), "{text}: {heard:?}");
    }
    let newer = helper.hears(br#"{"version":2,"job":"restart"}"#);
    assert!(matches!(newer, Err(HelperError::OtherVersion(2))), "{newer:?}");
    let (ours, theirs) = pair();
    drop(ours);
    serve(&theirs, own_uid(), &helper.place).unwrap();
    assert_eq!(helper.called(), "", "nothing was done");
}

/// The program as the system starts it: a connection as its input.
#[test]
fn the_program_answers_who_it_is_for_and_nobody_else() {
    let helper = |user: &str, input: OwnedFd| {
        Command::new(STEAD)
            .args(["helper", "--config", "/dev/null", "--user", user])
            .stdin(input)
            .output()
            .unwrap()
    };
    let own = stead::host::users::name_of(own_uid());
    let (ours, theirs) = pair();
    send(&ours, &Ask { version: VERSION, job: Job::Mount { uuid: "../x".to_owned() } }, &[])
        .unwrap();
    let ended = helper(&own, theirs);
    assert!(ended.status.success(), "{ended:?}");
    let (answer, _) = receive::<Answer>(ours.as_fd()).unwrap().unwrap();
    assert_eq!(refused(&answer), "this is no name of a disk, a file system or an update");

    let other = if own == "nobody" { "root" } else { "nobody" };
    let (ours, theirs) = pair();
    send(&ours, &Ask { version: VERSION, job: Job::Restart }, &[]).unwrap();
    let ended = helper(other, theirs);
    assert_eq!(ended.status.code(), Some(4), "{ended:?}");
    // A connection that ends with something unheard is reset.
    let answer = receive::<Answer>(ours.as_fd());
    assert!(matches!(answer, Ok(None) | Err(_)), "not even an answer");

    let nothing = helper(&own, fs::File::open("/dev/null").unwrap().into());
    let said = String::from_utf8_lossy(&nothing.stderr).into_owned();
    assert!(said.contains("started by the system"), "{said}");
}
