//! What the helper of an appliance may do with its disks, its bundles and its networks: decided from
//! what the system says is there, whoever asks.
//!
//! A disk of the system itself is never mounted anew, never formatted, and not shown. It is known by
//! what is mounted from it outside of the folder for media, and by the names of its partitions: a
//! second card with a system on it is one, too. So is a stick labelled STEAD, whose `stead.txt` is read.

use std::path::Path;

use crate::limits::{DISK_LABEL_MAX_CHARS, HOST_LABEL_MAX_CHARS, UPDATE_NAME_MAX_CHARS};

mod address;

pub use address::{BadAddress, Link, StaticAddress};

#[cfg(test)]
mod tests;

/// What the partitions of an appliance are called by.
const OWN_PREFIX: &str = "stead-";
/// What a stick with a `stead.txt` is labelled, in large letters or small ones, and which file systems it
/// may have: every computer writes them.
const STICK_LABEL: &str = "STEAD";
const STICK_TYPES: [&str; 2] = ["vfat", "exfat"];
/// The file systems that are mounted: those of people's disks.
const MOUNTED_TYPES: [&str; 8] = ["ext4", "ext3", "ext2", "vfat", "exfat", "ntfs", "btrfs", "xfs"];
/// How an update ends.
const BUNDLE_ENDING: &str = ".raucb";

/// A disk or a partition, as the system tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Volume {
    /// What the kernel calls it: `sda`, `mmcblk0p1`.
    pub name: String,
    /// Whether it is a whole disk, or something that stands for one.
    pub whole: bool,
    /// How large it is.
    pub size_bytes: u64,
    /// The file system on it, if there is one.
    pub file_system: Option<String>,
    /// The name that its file system has.
    pub label: Option<String>,
    /// The id of its file system.
    pub uuid: Option<String>,
    /// The name that its partition has.
    pub part_label: Option<String>,
    /// Where it is mounted, or `[SWAP]`.
    pub mounted: Vec<String>,
    /// It takes no writes.
    pub read_only: bool,
    /// Its maker's name for it.
    pub model: Option<String>,
    /// What lies on it.
    pub parts: Vec<Volume>,
}

/// Why something is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// What was named is no name of such a thing.
    #[error("this is no name of a disk, a file system or an update")]
    BadName,
    /// There is none of that name.
    #[error("there is no such disk")]
    NoSuchDisk,
    /// Two have the same id.
    #[error("two disks have the same id: take one of them out")]
    Ambiguous,
    /// The system lies on it.
    #[error("the system lies on this disk")]
    OfTheSystem,
    /// Its file system is none that is mounted.
    #[error("its file system is none that can be read here")]
    UnknownFileSystem,
    /// It is mounted.
    #[error("this disk is in use")]
    InUse,
    /// It is not mounted.
    #[error("this disk is not mounted")]
    NotMounted,
    /// It takes no writes.
    #[error("this disk cannot be written")]
    ReadOnly,
    /// Since it was shown another one came in its place.
    #[error("this is not the disk that was shown: look again")]
    Changed,
    /// A network's name or password is none.
    #[error(
        "this is no name of a network, or no password of one: a password has 8 to 63 characters"
    )]
    BadNetwork,
    /// No country has this code.
    #[error("a country is its code of two letters, as DE, GB or US")]
    BadCountry,
    /// Nobody whom this box trusts has signed it, or it was changed or cut off afterwards.
    #[error(
        "this file is no update that this box trusts: it is damaged, cut off, or signed by others"
    )]
    NotSigned,
    /// It is for other boxes.
    #[error("this update is made for other boxes")]
    OtherBoard,
    /// It is older than what runs.
    #[error("this update is older than what runs: it could not read what is kept here")]
    Older,
}

/// The one volume with a file system of this id, if it may be mounted.
///
/// # Errors
/// [`Refusal`].
pub fn to_mount<'a>(disks: &'a [Volume], uuid: &str, media: &Path) -> Result<&'a Volume, Refusal> {
    check_uuid(uuid)?;
    let of = |disk: &'a Volume| disk.with_id(uuid).into_iter().map(move |one| (disk, one));
    let mut found = disks.iter().flat_map(of);
    let (disk, volume) = found.next().ok_or(Refusal::NoSuchDisk)?;
    if found.next().is_some() {
        return Err(Refusal::Ambiguous);
    }
    if disk.is_of_the_system(media) {
        return Err(Refusal::OfTheSystem);
    }
    if !volume.mounted.is_empty() {
        return Err(Refusal::InUse);
    }
    let known = volume.file_system.as_deref().is_some_and(|kind| MOUNTED_TYPES.contains(&kind));
    if known { Ok(volume) } else { Err(Refusal::UnknownFileSystem) }
}

/// The disk to format: it is as it was shown, and nothing of it is in use.
///
/// # Errors
/// [`Refusal`].
pub fn to_format<'a>(
    disks: &'a [Volume],
    name: &str,
    size_bytes: u64,
    model: Option<&str>,
    media: &Path,
) -> Result<&'a Volume, Refusal> {
    check_disk_name(name)?;
    let named = |disk: &&Volume| disk.whole && disk.name == name;
    let disk = disks.iter().find(named).ok_or(Refusal::NoSuchDisk)?;
    if disk.is_of_the_system(media) {
        return Err(Refusal::OfTheSystem);
    }
    if disk.size_bytes != size_bytes || disk.model.as_deref() != model {
        return Err(Refusal::Changed);
    }
    if disk.all().any(|volume| !volume.mounted.is_empty()) {
        return Err(Refusal::InUse);
    }
    if disk.read_only || disk.size_bytes == 0 { Err(Refusal::ReadOnly) } else { Ok(disk) }
}

impl Volume {
    /// Whether this disk, with all that lies on it, is the system's.
    #[must_use]
    pub fn is_of_the_system(&self, media: &Path) -> bool {
        self.all().any(|volume| {
            let names = [&volume.part_label, &volume.label];
            let own = |name: &&Option<String>| {
                name.as_deref().is_some_and(|name| name.starts_with(OWN_PREFIX))
            };
            names.iter().any(own)
                || volume.is_stick()
                || volume.mounted.iter().any(|at| Path::new(at).parent() != Some(media))
        })
    }

    /// Whether a `stead.txt` is looked for on it.
    fn is_stick(&self) -> bool {
        let label =
            self.label.as_deref().is_some_and(|label| label.eq_ignore_ascii_case(STICK_LABEL));
        label && self.file_system.as_deref().is_some_and(|kind| STICK_TYPES.contains(&kind))
    }

    /// This volume and whatever lies on it.
    fn all(&self) -> Box<dyn Iterator<Item = &Self> + '_> {
        Box::new(std::iter::once(self).chain(self.parts.iter().flat_map(Self::all)))
    }

    /// Whether what lies on this disk is told of once more by a partition of it: many a stick holds a
    /// file system as a whole, with a table in it by which the same is one partition.
    #[must_use]
    pub fn is_told_by_a_part(&self) -> bool {
        self.uuid.is_some() && self.parts.iter().any(|part| part.uuid == self.uuid)
    }

    fn with_id(&self, uuid: &str) -> Vec<&Self> {
        let has_it = |volume: &&Self| volume.uuid.as_deref() == Some(uuid);
        self.all().filter(has_it).filter(|volume| !volume.is_told_by_a_part()).collect()
    }
}

/// Whether somebody typed the name that a disk was shown by: its model, or else what the kernel calls
/// it. Spaces around it and large letters do not matter.
#[must_use]
pub fn is_named(typed: &str, model: Option<&str>, name: &str) -> bool {
    let shown = model.map(str::trim).filter(|model| !model.is_empty()).unwrap_or(name);
    typed.trim().to_lowercase() == shown.to_lowercase()
}

/// An id of a file system: hexadecimal digits and hyphens, so no path leads anywhere by it.
///
/// # Errors
/// [`Refusal::BadName`].
pub fn check_uuid(uuid: &str) -> Result<(), Refusal> {
    let digits = uuid.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let ends = !uuid.starts_with('-') && !uuid.ends_with('-');
    if (4..=36).contains(&uuid.len()) && digits && ends { Ok(()) } else { Err(Refusal::BadName) }
}

/// A kernel's name of a disk.
///
/// # Errors
/// [`Refusal::BadName`].
pub fn check_disk_name(name: &str) -> Result<(), Refusal> {
    let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if (3..=16).contains(&name.len()) && plain { Ok(()) } else { Err(Refusal::BadName) }
}

/// The name that a new file system gets: what every system shows as it is.
///
/// # Errors
/// [`Refusal::BadName`].
pub fn check_label(label: &str) -> Result<(), Refusal> {
    let plain = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    let begins = label.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    // Else the disk would be taken for one of the system's ever after.
    let of_others = !label.to_ascii_lowercase().starts_with(OWN_PREFIX);
    let short = label.len() <= DISK_LABEL_MAX_CHARS;
    if plain && begins && short && of_others { Ok(()) } else { Err(Refusal::BadName) }
}

/// The name of an update: a file in the one folder for updates.
///
/// # Errors
/// [`Refusal::BadName`].
pub fn check_bundle(name: &str) -> Result<(), Refusal> {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.+~".contains(&byte));
    let begins = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    let short = name.len() <= UPDATE_NAME_MAX_CHARS;
    if plain && begins && short && name.ends_with(BUNDLE_ENDING) {
        Ok(())
    } else {
        Err(Refusal::BadName)
    }
}

/// Whether an update may be installed: both are a board and a version, of what is offered and of what
/// runs. The same version is, to mend a system.
///
/// # Errors
/// [`Refusal::OtherBoard`], [`Refusal::Older`].
pub fn check_update(offered: (&str, &str), running: (&str, &str)) -> Result<(), Refusal> {
    if offered.0 != running.0 {
        return Err(Refusal::OtherBoard);
    }
    if place(offered.1) < place(running.1) { Err(Refusal::Older) } else { Ok(()) }
}

/// Whether one version comes after another.
#[must_use]
pub fn is_newer(version: &str, than: &str) -> bool {
    place(version) > place(than)
}

/// A piece of what stands after the hyphen of a version that comes before its release.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Piece<'a> {
    Number(u64),
    Word(&'a str),
}

/// Where a version stands among others: by its numbers; then what comes before a release, in its own
/// order; then the release (Semantic Versioning 2.0.0, 10 and 11; beyond it `beta10` comes after `beta9`).
fn place(version: &str) -> (Vec<u64>, bool, Vec<Piece<'_>>) {
    let (version, _) = version.split_once('+').unwrap_or((version, ""));
    let (numbers, before) = version.split_once('-').unwrap_or((version, ""));
    let numbers = numbers.split(|one: char| !one.is_ascii_digit()).filter(|part| !part.is_empty());
    (numbers.map(number).collect(), before.is_empty(), pieces(before))
}

/// A number too large to be one is the largest.
fn number(digits: &str) -> u64 {
    digits.parse().unwrap_or(u64::MAX)
}

fn pieces(mut text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    while let Some(first) = text.chars().next() {
        let is_number = first.is_ascii_digit();
        let end = text.find(|one: char| one.is_ascii_digit() != is_number).unwrap_or(text.len());
        let (piece, rest) = text.split_at(end);
        found.push(if is_number { Piece::Number(number(piece)) } else { Piece::Word(piece) });
        text = rest;
    }
    found
}

/// The file in which iwd keeps a network, and what stands in it (iwd.network(5)).
///
/// # Errors
/// [`Refusal::BadNetwork`].
pub fn network_file(name: &str, password: Option<&str>) -> Result<(String, String), Refusal> {
    let is_name = (1..=32).contains(&name.len()) && !name.chars().any(char::is_control);
    let is_password = |password: &str| {
        (8..=63).contains(&password.len()) && password.bytes().all(|b| (b' '..=b'~').contains(&b))
    };
    if !is_name || !password.is_none_or(is_password) {
        return Err(Refusal::BadNetwork);
    }
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" -_".contains(&byte));
    let stem = if plain {
        name.to_owned()
    } else {
        name.bytes().fold("=".to_owned(), |text, byte| format!("{text}{byte:02x}"))
    };
    Ok(match password {
        Some(password) => {
            let escaped = password.replace('\\', "\\\\");
            let escaped = match escaped.strip_prefix(' ') {
                Some(rest) => format!("\\s{rest}"),
                None => escaped,
            };
            (format!("{stem}.psk"), format!("[Security]\nPassphrase={escaped}\n"))
        }
        None => (format!("{stem}.open"), String::new()),
    })
}

/// The file in which iwd is told whose rules of radio hold, and what stands in it (iwd.config(5)).
/// `written` is a code of two letters (ISO 3166-1); whether a country has it is the kernel's to know,
/// which keeps to the rules of no country where it has none.
///
/// # Errors
/// [`Refusal::BadCountry`].
pub fn country_file(written: &str) -> Result<(String, String), Refusal> {
    let country = written.to_ascii_uppercase();
    if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(Refusal::BadCountry);
    }
    Ok(("main.conf".to_owned(), format!("[General]\nCountry={country}\n")))
}

/// A name that a network may call this box by: one label, and not what every box is called.
///
/// # Errors
/// [`Refusal::BadName`].
pub fn host_name(written: &str) -> Result<String, Refusal> {
    let name = written.trim().trim_end_matches(".local").to_ascii_lowercase();
    let label = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && (1..=HOST_LABEL_MAX_CHARS).contains(&name.len())
        && !name.starts_with('-')
        && !name.ends_with('-');
    let taken = ["stead", "localhost", "local"].contains(&name.as_str());
    if label && !taken { Ok(name) } else { Err(Refusal::BadName) }
}
