//! Each job, once it is known who asks.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use stead_rules::system::{
    Refusal, Volume, check_bundle, check_label, check_uuid, country_file, network_file, to_format,
    to_mount,
};

use super::Place;
use super::disks;
use super::tools::{ToolError, Tools, run};
use super::updates;
use crate::host::files::{PRIVATE, write_atomically};
use crate::host::helper::{Answer, Job, Passphrase};

/// Nothing that lies on a disk of people is run, and nothing of it gets rights here.
const OPTIONS: &str = "ro,nosuid,nodev,noexec";
/// Everybody may read what has no owner of its own.
const OPTIONS_WITHOUT_OWNERS: &str = "ro,nosuid,nodev,noexec,umask=0022";
/// Files of which the names of networks and their secrets are kept in.
const NETWORK_ENDINGS: [&str; 6] = ["psk", "open", "8021x", "network", "conf", "freq"];

/// Why a job is not done.
#[derive(Debug, thiserror::Error)]
enum Undone {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Tool(#[from] ToolError),
    #[error("{doing} {}: {source}", path.display())]
    File { doing: &'static str, path: PathBuf, source: io::Error },
}

/// Does a job and says what came of it.
pub(super) fn answer(place: &Place, job: &Job) -> Answer {
    match done(place, job) {
        Ok(answer) => answer,
        Err(Undone::Refused(refusal)) => Answer::Refused { why: refusal.to_string() },
        Err(failed @ (Undone::Tool(_) | Undone::File { .. })) => {
            Answer::Failed { detail: failed.to_string() }
        }
    }
}

fn done(place: &Place, job: &Job) -> Result<Answer, Undone> {
    let tools = &place.tools;
    match job {
        Job::ListDisks => Ok(Answer::Disks(disks::shown(&disks::all(tools)?, &place.media))),
        Job::Mount { uuid } => mount(place, uuid),
        Job::Unmount { uuid } => unmount(place, uuid),
        Job::Format { disk, size_bytes, model, label } => {
            check_label(label)?;
            let all = disks::all(tools)?;
            let disk = to_format(&all, disk, *size_bytes, model.as_deref(), &place.media)?;
            format(place, disk, label)
        }
        Job::ListSystems => Ok(Answer::Systems(updates::systems(place)?)),
        Job::Inspect { bundle } => {
            Ok(Answer::Update(updates::inspect(place, &bundle_path(place, bundle)?)??))
        }
        Job::InspectOnDisk { uuid, bundle } => {
            let path = plain_file(&mounted(place, uuid)?, bundle)?;
            Ok(Answer::Update(updates::inspect(place, &path)??))
        }
        Job::Install { bundle } => install(place, bundle),
        Job::SwitchSlot => told(&tools.rauc, &["status", "mark-active", "other"]),
        Job::JoinNetwork { name, password, country } => {
            join(place, name, password.as_ref(), country.as_deref())
        }
        Job::FactoryReset => {
            place.networks.iter().try_for_each(|folder| forget_networks(folder))?;
            told(&tools.systemctl, &["--no-block", "reboot"])
        }
        Job::Restart => told(&tools.systemctl, &["--no-block", "reboot"]),
    }
}

fn told(program: &Path, arguments: &[&str]) -> Result<Answer, Undone> {
    run(program, arguments)?;
    Ok(Answer::Done)
}

fn device(volume: &Volume) -> PathBuf {
    Path::new("/dev").join(&volume.name)
}

fn mount(place: &Place, uuid: &str) -> Result<Answer, Undone> {
    let all = disks::all(&place.tools)?;
    let volume = to_mount(&all, uuid, &place.media)?;
    let folder = folder_for(place, uuid)?;
    // What is told to mount is the kernel's name of what was just looked at, not an id that
    // somebody else could carry a moment later.
    let from = device(volume);
    let kind = volume.file_system.as_deref().unwrap_or_default();
    let (kind, options) = match kind {
        "ntfs" => (ntfs(&place.tools), OPTIONS_WITHOUT_OWNERS),
        "vfat" | "exfat" => (kind, OPTIONS_WITHOUT_OWNERS),
        other => (other, OPTIONS),
    };
    let (program, first) = if place.tools.has_systemd {
        (&place.tools.systemd_mount, ["--collect", "--fsck=no"].as_slice())
    } else {
        (&place.tools.mount, [].as_slice())
    };
    let mut arguments: Vec<OsString> = first.iter().map(OsString::from).collect();
    if kind == BY_PROGRAM && place.tools.has_systemd {
        let device = format!("DeviceAllow={} r", from.display());
        let shut_in = SHUT_IN.iter().map(OsString::from).chain([device.into()]);
        arguments.extend(shut_in.flat_map(|property| ["--property".into(), property]));
    }
    arguments.extend(["-t", kind, "-o", options].map(OsString::from));
    arguments.extend([from.into_os_string(), folder.clone().into_os_string()]);
    if let Err(error) = run(program, &arguments) {
        // An empty folder left behind would be a disk without films.
        drop(fs::remove_dir(&folder));
        return Err(error.into());
    }
    Ok(Answer::Mounted { folder: folder.to_string_lossy().into_owned() })
}

/// What reads NTFS as a program does.
const BY_PROGRAM: &str = "ntfs-3g";

/// That program reads what strangers' disks hold, as root, since only root mounts: it has no other right
/// of root's but to drop groups and users, as it does, no network and no other device, and no room for
/// more than the table of one large disk. A namespace of files would hide the mount, so there is none.
const SHUT_IN: [&str; 14] = [
    "CapabilityBoundingSet=CAP_SYS_ADMIN CAP_SETGID CAP_SETUID",
    "NoNewPrivileges=yes",
    "RestrictAddressFamilies=AF_UNIX",
    "IPAddressDeny=any",
    "RestrictNamespaces=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "LockPersonality=yes",
    "MemoryDenyWriteExecute=yes",
    "SystemCallArchitectures=native",
    "SystemCallFilter=@system-service @mount",
    "MemoryMax=128M",
    "DevicePolicy=closed",
    "DeviceAllow=/dev/fuse rw",
];

/// What reads NTFS: the kernel where it knows how, else ntfs-3g, whose process stays in the unit of its
/// mount. Debian's kernels of now are built without ntfs3; a kernel that has it to load has it loaded by
/// `mount`, where there is no ntfs-3g.
fn ntfs(tools: &Tools) -> &'static str {
    let known = fs::read_to_string(&tools.file_systems).unwrap_or_default();
    let of_the_kernel = known.lines().any(|line| line.split_whitespace().last() == Some("ntfs3"));
    if of_the_kernel || !tools.ntfs_3g.exists() { "ntfs3" } else { BY_PROGRAM }
}

/// The folder that a file system appears in: new, or left empty by an earlier one, and a folder.
fn folder_for(place: &Place, uuid: &str) -> Result<PathBuf, Undone> {
    let media = canonical(&place.media)?;
    let folder = media.join(uuid);
    let made = fs::DirBuilder::new().mode(0o755).create(&folder);
    match made {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(source) => return Err(Undone::File { doing: "making", path: folder, source }),
    }
    if canonical(&folder)? == folder && !is_mount_point(&folder)? {
        Ok(folder)
    } else {
        Err(Refusal::InUse.into())
    }
}

fn unmount(place: &Place, uuid: &str) -> Result<Answer, Undone> {
    let folder = mounted(place, uuid)?;
    if place.tools.has_systemd {
        run(&place.tools.systemd_mount, &["--umount".as_ref(), folder.as_os_str()])?;
    } else {
        run(&place.tools.umount, &[folder.as_os_str()])?;
    }
    // It is empty now; one that is not is somebody's, and stays.
    drop(fs::remove_dir(&folder));
    Ok(Answer::Done)
}

/// The folder that a file system is mounted in.
fn mounted(place: &Place, uuid: &str) -> Result<PathBuf, Undone> {
    check_uuid(uuid)?;
    let folder = canonical(&place.media)?.join(uuid);
    if canonical(&folder).ok().as_ref() != Some(&folder) || !is_mount_point(&folder)? {
        return Err(Refusal::NotMounted.into());
    }
    Ok(folder)
}

fn is_mount_point(folder: &Path) -> Result<bool, Undone> {
    let facts = |path: &Path| {
        path.symlink_metadata().map_err(|source| Undone::File {
            doing: "looking at",
            path: path.to_owned(),
            source,
        })
    };
    let above = folder.parent().unwrap_or(Path::new("/"));
    Ok(facts(folder)?.dev() != facts(above)?.dev())
}

fn canonical(path: &Path) -> Result<PathBuf, Undone> {
    let failed = |source| Undone::File { doing: "looking at", path: path.to_owned(), source };
    path.canonicalize().map_err(failed)
}

fn format(place: &Place, disk: &Volume, label: &str) -> Result<Answer, Undone> {
    let on = device(disk);
    // Tables and file systems of before, at both ends of the disk, or they would be found again.
    run(&place.tools.wipefs, &["--all".as_ref(), "--force".as_ref(), on.as_os_str()])?;
    let arguments: [&str; 6] = ["-q", "-F", "-m", "0", "-L", label];
    let arguments: Vec<OsString> =
        arguments.iter().map(OsString::from).chain([on.into_os_string()]).collect();
    run(&place.tools.mkfs, &arguments)?;
    Ok(Answer::Done)
}

/// What rauc is told to install is a plain file in the one folder for updates; whether it is an
/// update of this board, and signed, is rauc's to say.
fn install(place: &Place, bundle: &str) -> Result<Answer, Undone> {
    let path = bundle_path(place, bundle)?;
    run(&place.tools.rauc, &["install".as_ref(), path.as_os_str()])?;
    Ok(Answer::Done)
}

fn bundle_path(place: &Place, bundle: &str) -> Result<PathBuf, Undone> {
    plain_file(&canonical(&place.updates)?, bundle)
}

/// A file of a bundle's name in this very folder, and no link to another one.
fn plain_file(folder: &Path, bundle: &str) -> Result<PathBuf, Undone> {
    check_bundle(bundle)?;
    let path = folder.join(bundle);
    let found = path.symlink_metadata();
    if !found.is_ok_and(|found| found.is_file()) || canonical(&path)? != path {
        return Err(Refusal::BadName.into());
    }
    Ok(path)
}

/// Keeps a network where iwd finds it at once, and the country where it is read at its next start.
fn join(
    place: &Place,
    name: &str,
    password: Option<&Passphrase>,
    country: Option<&str>,
) -> Result<Answer, Undone> {
    let network = network_file(name, password.map(|password| password.0.as_str()))?;
    let country = country.map(country_file).transpose()?;
    let folder = place.networks.first().filter(|folder| folder.is_dir());
    let folder = folder.ok_or_else(|| ToolError("this box has no wireless network".to_owned()))?;
    for (file, text) in country.iter().chain([&network]) {
        write_atomically(&folder.join(file), text.as_bytes(), PRIVATE)
            .map_err(|error| ToolError(format!("the network could not be kept: {error}")))?;
    }
    if country.is_some() {
        run(&place.tools.systemctl, &["--no-block", "try-restart", "iwd.service"])?;
    }
    Ok(Answer::Done)
}

/// Takes away what names a network; a folder that is not there names none.
fn forget_networks(folder: &Path) -> Result<(), Undone> {
    let failed = |doing, path: &Path| {
        let path = path.to_owned();
        move |source| Undone::File { doing, path, source }
    };
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other.map_err(failed("reading", folder))?,
    };
    for entry in entries {
        let path = entry.map_err(failed("reading", folder))?.path();
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if NETWORK_ENDINGS.contains(&ending) {
            fs::remove_file(&path).map_err(failed("removing", &path))?;
        }
    }
    Ok(())
}
