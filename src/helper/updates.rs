//! The systems of a box with two slots, as rauc tells of them, and what an update is before it is
//! installed.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use stead_rules::system::{Refusal, check_update};

use super::Place;
use super::tools::{ToolError, run};
use crate::host::helper::{Bundle, Fallen, Slot, Systems};

/// The class of slot that is a whole system: its kernel belongs to it.
const SYSTEM_CLASS: &str = "root";

/// What a system that was left says lies in one block, which a disk writes whole or not at all.
const FALLEN_BYTES: u64 = 512;

/// `rauc status --detailed --output-format=json` (RAUC 1.8).
#[derive(Debug, Deserialize)]
struct Status {
    compatible: String,
    boot_primary: Option<String>,
    slots: Vec<BTreeMap<String, SlotRow>>,
}

#[derive(Debug, Deserialize)]
struct SlotRow {
    class: String,
    bootname: Option<String>,
    state: String,
    boot_status: Option<String>,
    slot_status: Option<SlotStatus>,
}

#[derive(Debug, Deserialize)]
struct SlotStatus {
    bundle: Option<Named>,
}

#[derive(Debug, Deserialize)]
struct Named {
    version: Option<String>,
}

/// `rauc info --output-format=json` (RAUC 1.8).
#[derive(Debug, Deserialize)]
struct Info {
    compatible: String,
    version: Option<String>,
}

/// Which systems there are.
pub(super) fn systems(place: &Place) -> Result<Systems, ToolError> {
    let told = run(&place.tools.rauc, &["status", "--detailed", "--output-format=json"])?;
    let status: Status = read(&told)?;
    let fallen = left_behind(&place.fallen).ok().and_then(|text| fallen(&text));
    Ok(Systems {
        compatible: status.compatible.clone(),
        version: running(&place.os_release)?,
        slots: slots(status),
        fallen,
    })
}

fn slots(status: Status) -> Vec<Slot> {
    let next = status.boot_primary;
    let rows = status.slots.into_iter().flatten().filter(|(_, row)| row.class == SYSTEM_CLASS);
    let mut slots: Vec<Slot> = rows
        .map(|(id, row)| Slot {
            is_next: next.as_ref() == Some(&id),
            name: row.bootname.unwrap_or(id),
            is_running: row.state == "booted",
            is_good: row.boot_status.as_deref() == Some("good"),
            version: row.slot_status.and_then(|status| status.bundle?.version),
        })
        .collect();
    // rauc lists them in no order.
    slots.sort_by(|one, other| one.name.cmp(&other.name));
    slots
}

/// What this file is, if it may be installed here: signed by whom this box trusts, for this board, and
/// not older than what runs. rauc decides the same again when it installs it.
pub(super) fn inspect(place: &Place, path: &Path) -> Result<Result<Bundle, Refusal>, ToolError> {
    let arguments = ["info".as_ref(), "--output-format=json".as_ref(), path.as_os_str()];
    let Ok(told) = run(&place.tools.rauc, &arguments) else { return Ok(Err(Refusal::NotSigned)) };
    let info: Info = read(&told)?;
    let board = run(&place.tools.rauc, &["status", "--output-format=json"])?;
    let board: Status = read(&board)?;
    let version = info.version.unwrap_or_default();
    let checked = check_update(
        (&info.compatible, &version),
        (&board.compatible, &running(&place.os_release)?),
    );
    Ok(checked.map(|()| Bundle { version }))
}

/// The version that runs.
fn running(os_release: &Path) -> Result<String, ToolError> {
    let failed =
        |why: &dyn std::fmt::Display| ToolError(format!("{}: {why}", os_release.display()));
    let text = fs::read_to_string(os_release).map_err(|error| failed(&error))?;
    let line = text.lines().find_map(|line| line.strip_prefix("IMAGE_VERSION="));
    line.map(|version| version.trim_matches('"').to_owned())
        .ok_or_else(|| failed(&"it names no IMAGE_VERSION"))
}

/// What a system that was left wrote into its block. The reason may be cut within a character.
fn left_behind((file, offset): &(PathBuf, u64)) -> io::Result<String> {
    let mut file = File::open(file)?;
    file.seek(SeekFrom::Start(*offset))?;
    let mut block = Vec::new();
    file.take(FALLEN_BYTES).read_to_end(&mut block)?;
    let text = block.split(|byte| *byte == 0).next().unwrap_or_default();
    Ok(String::from_utf8_lossy(text).into_owned())
}

/// `slot=B version=1.2 reason=…`, as the system that was left wrote it.
fn fallen(text: &str) -> Option<Fallen> {
    let (slot, rest) = text.trim().strip_prefix("slot=")?.split_once(" version=")?;
    let (version, reason) = rest.split_once(" reason=")?;
    Some(Fallen { slot: slot.to_owned(), version: version.to_owned(), reason: reason.to_owned() })
}

fn read<'a, T: Deserialize<'a>>(told: &'a str) -> Result<T, ToolError> {
    serde_json::from_str(told)
        .map_err(|error| ToolError(format!("rauc says what cannot be read: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str = r#"{"compatible":"stead-arm64","variant":"","booted":"A","boot_primary":"root.1","slots":[
        {"kernel.0":{"class":"kernel","device":"/dev/stead/kernel-a","type":"raw","bootname":null,"state":"active","parent":"root.0","mountpoint":null}},
        {"root.1":{"class":"root","device":"/dev/stead/root-b","type":"raw","bootname":"B","state":"inactive","parent":null,"mountpoint":null,"boot_status":"bad",
            "slot_status":{"bundle":{"compatible":"stead-arm64","version":"0.2.0"},"status":"ok"}}},
        {"root.0":{"class":"root","device":"/dev/stead/root-a","type":"raw","bootname":"A","state":"booted","parent":null,"mountpoint":null,"boot_status":"good"}}]}"#;

    #[test]
    fn both_systems_are_told_apart_from_their_kernels() {
        let slot = |name: &str, running, next, good, version: Option<&str>| Slot {
            name: name.to_owned(),
            is_running: running,
            is_next: next,
            is_good: good,
            version: version.map(ToOwned::to_owned),
        };
        let a = slot("A", true, false, true, None);
        let b = slot("B", false, true, false, Some("0.2.0"));
        assert_eq!(slots(read(STATUS).unwrap()), [a, b]);
        assert!(read::<Status>("Compatible: stead").is_err());
    }

    #[test]
    fn what_was_left_lies_in_one_block() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut bytes = vec![b'x'; 100];
        bytes.extend(b"slot=B version=1 reason=f\xc3\xbcr \xc3");
        bytes.resize(100 + 512, 0);
        bytes.extend(b"more");
        fs::write(file.path(), &bytes).unwrap();
        let read = |offset| left_behind(&(file.path().to_owned(), offset)).unwrap();
        assert_eq!(read(100), "slot=B version=1 reason=für \u{fffd}");
        assert_eq!(fallen(&read(500)), None, "a block of zeros");
        assert!(left_behind(&("/not/there".into(), 0)).is_err());
    }

    #[test]
    fn what_was_left_says_why() {
        let told = fallen("slot=B version=0.2.0 reason=the database = broken\n").unwrap();
        assert_eq!((told.slot.as_str(), told.version.as_str()), ("B", "0.2.0"));
        assert_eq!(told.reason, "the database = broken");
        for torn in ["", "slot=B", "slot=B version=0.2.0", "version=1 reason=x"] {
            assert_eq!(fallen(torn), None, "{torn}");
        }
    }
}
