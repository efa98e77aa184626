//! Which disks there are, by `lsblk`, and what lies on them, by `blkid`: from the disks themselves, since
//! what udev remembers is a moment older than a format or a change of disks.

use serde::Deserialize;
use std::path::Path;
use stead_rules::limits::DISKS_LISTED_MAX;
use stead_rules::system::{Volume, check_uuid};

use super::tools::{ToolError, Tools, run, run_or};
use crate::host::helper::{Disk, DiskVolume};

#[cfg(test)]
mod tests;

const COLUMNS: &str = "KNAME,TYPE,SIZE,PARTLABEL,MOUNTPOINTS,MODEL,RO";
/// How `blkid` ends when it knows nothing of what it read.
const NOTHING_KNOWN: i32 = 2;

#[derive(Debug, Deserialize)]
struct Told {
    blockdevices: Vec<Row>,
}

#[derive(Debug, Deserialize)]
struct Row {
    kname: String,
    #[serde(rename = "type")]
    kind: String,
    size: Option<u64>,
    partlabel: Option<String>,
    #[serde(default)]
    mountpoints: Vec<Option<String>>,
    model: Option<String>,
    #[serde(default)]
    ro: bool,
    #[serde(default)]
    children: Vec<Row>,
}

/// Every disk with whatever lies on it.
pub(super) fn all(tools: &Tools) -> Result<Vec<Volume>, ToolError> {
    // Without being told to, it lists partitions beside their disks where it is not asked for `NAME`.
    let text = run(&tools.lsblk, &["--json", "--tree", "--bytes", "--output", COLUMNS])?;
    let mut disks = parse(&text, &tools.disk_kinds)?;
    disks.iter_mut().for_each(|disk| probe(tools, disk));
    Ok(disks)
}

/// Adds what lies on a disk and its partitions. One that cannot be read holds nothing that is known.
fn probe(tools: &Tools, volume: &mut Volume) {
    if volume.size_bytes > 0 {
        let device = Path::new("/dev").join(&volume.name);
        let arguments = ["-p".as_ref(), "-o".as_ref(), "export".as_ref(), device.as_os_str()];
        let told = run_or(&tools.blkid, &arguments, NOTHING_KNOWN);
        told.iter().for_each(|told| note(volume, told));
    }
    volume.parts.iter_mut().for_each(|part| probe(tools, part));
}

fn note(volume: &mut Volume, told: &str) {
    for (name, value) in told.lines().filter_map(|line| line.split_once('=')) {
        let value = Some(unescaped(value));
        match name {
            "TYPE" => volume.file_system = value,
            "LABEL" => volume.label = value,
            "UUID" => volume.uuid = value,
            "PART_ENTRY_NAME" => volume.part_label = value,
            // There is more that it tells, and nothing of it is asked for.
            _ => {}
        }
    }
}

/// A value is written for a shell, with backslashes.
fn unescaped(value: &str) -> String {
    let mut characters = value.chars();
    let mut plain = String::new();
    while let Some(one) = characters.next() {
        plain.extend(if one == '\\' { characters.next() } else { Some(one) });
    }
    plain
}

fn parse(text: &str, disk_kinds: &[String]) -> Result<Vec<Volume>, ToolError> {
    let told: Told = serde_json::from_str(text)
        .map_err(|error| ToolError(format!("lsblk says what cannot be read: {error}")))?;
    Ok(told.blockdevices.into_iter().map(|row| row.volume(disk_kinds)).collect())
}

/// What is shown of them: disks that hold media or may be formatted, none of the system's.
pub(super) fn shown(disks: &[Volume], media: &Path) -> Vec<Disk> {
    let of_people =
        |disk: &&Volume| disk.whole && disk.size_bytes > 0 && !disk.is_of_the_system(media);
    disks.iter().filter(of_people).take(DISKS_LISTED_MAX).map(disk).collect()
}

fn disk(of: &Volume) -> Disk {
    let mut volumes = Vec::new();
    gather(of, &mut volumes);
    volumes.truncate(DISKS_LISTED_MAX);
    Disk {
        name: of.name.clone(),
        size_bytes: of.size_bytes,
        model: of.model.clone(),
        read_only: of.read_only,
        volumes,
    }
}

fn gather(of: &Volume, into: &mut Vec<DiskVolume>) {
    if let (Some(uuid), Some(file_system)) = (&of.uuid, &of.file_system)
        && check_uuid(uuid).is_ok()
        && !of.is_told_by_a_part()
    {
        into.push(DiskVolume {
            uuid: uuid.clone(),
            label: of.label.clone(),
            file_system: file_system.clone(),
            size_bytes: of.size_bytes,
            folder: of.mounted.first().cloned(),
        });
    }
    of.parts.iter().for_each(|part| gather(part, into));
}

impl Row {
    fn volume(self, disk_kinds: &[String]) -> Volume {
        // What the kernel keeps in memory is called a disk, too.
        let made_up = ["zram", "ram", "nbd"].iter().any(|kind| self.kname.starts_with(kind));
        Volume {
            whole: disk_kinds.contains(&self.kind) && !made_up,
            name: self.kname,
            size_bytes: self.size.unwrap_or(0),
            part_label: self.partlabel,
            mounted: self.mountpoints.into_iter().flatten().collect(),
            read_only: self.ro,
            model: self.model.map(|model| model.trim().to_owned()),
            parts: self.children.into_iter().map(|row| row.volume(disk_kinds)).collect(),
            ..Volume::default()
        }
    }
}
