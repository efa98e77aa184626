use super::*;

const TOLD: &str = r#"{ "blockdevices": [
  { "kname": "zram0", "type": "disk", "size": 4096, "partlabel": null, "mountpoints": ["[SWAP]"], "model": null, "ro": false },
  { "kname": "mmcblk0", "type": "disk", "size": 31914983424, "partlabel": null, "mountpoints": [null], "model": null, "ro": false,
    "children": [
      { "kname": "mmcblk0p7", "type": "part", "size": 1000, "partlabel": "stead-data", "mountpoints": ["/var/lib/stead"],
        "model": null, "ro": false } ] },
  { "kname": "sda", "type": "disk", "size": 2000, "partlabel": null, "mountpoints": [null], "model": "WDC Blue   ", "ro": false,
    "children": [
      { "kname": "sda1", "type": "part", "size": 1500, "partlabel": null, "mountpoints": [null], "model": null,
        "ro": false },
      { "kname": "sda2", "type": "part", "size": 500,     "partlabel": null, "mountpoints": [null], "model": null, "ro": false } ] },
  { "kname": "sr0", "type": "rom", "size": 1073741312, "partlabel": null, "mountpoints": [null], "model": "DVD", "ro": false } ] }"#;

#[test]
fn peoples_disks_are_shown_and_no_others() {
    let mut disks = parse(TOLD, &["disk".to_owned()]).unwrap();
    let films = &mut disks[2].parts[0];
    note(films, "DEVNAME=/dev/sda1\nLABEL=My\\ \\'Films\\'\nUUID=bbbb-0001\nTYPE=ext4\nUSAGE=x\n");
    let shown = shown(&disks, Path::new("/run/stead/media"));
    let expected = Disk {
        name: "sda".into(),
        size_bytes: 2000,
        model: Some("WDC Blue".into()),
        read_only: false,
        volumes: vec![DiskVolume {
            uuid: "bbbb-0001".into(),
            label: Some("My 'Films'".into()),
            file_system: "ext4".into(),
            size_bytes: 1500,
            folder: None,
        }],
    };
    assert_eq!(shown, [expected]);
}

/// As `mkfs.vfat` makes one of a whole stick: with a table in it that names all of it.
#[test]
fn a_stick_that_is_one_file_system_and_its_one_partition_is_shown_once() {
    let mut disks = parse(TOLD, &["disk".to_owned()]).unwrap();
    let stick = &mut disks[2];
    note(stick, "UUID=ABCD-0001\nTYPE=vfat\n");
    note(&mut stick.parts[0], "UUID=ABCD-0001\nTYPE=vfat\n");
    stick.parts[0].mounted.push("/run/stead/media/ABCD-0001".to_owned());
    let shown = shown(&disks, Path::new("/run/stead/media"));
    let folders: Vec<_> = shown[0].volumes.iter().map(|volume| volume.folder.as_deref()).collect();
    assert_eq!(folders, [Some("/run/stead/media/ABCD-0001")]);
}

#[test]
fn what_is_no_list_of_disks_is_none() {
    for text in ["", "{}", "[]", r#"{"blockdevices": [{}]}"#, "lsblk: not found"] {
        assert!(parse(text, &[]).is_err(), "{text}");
    }
}
