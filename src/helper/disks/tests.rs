use super::*;

const TOLD: &str = r#"{ "blockdevices": [
  { "kname": "zram0", "type": "disk", "size": 4096, "fstype": null, "label": null, "uuid": null,
    "partlabel": null, "mountpoints": ["[SWAP]"], "model": null, "ro": false },
  { "kname": "mmcblk0", "type": "disk", "size": 31914983424, "fstype": null, "label": null,
    "uuid": null, "partlabel": null, "mountpoints": [null], "model": null, "ro": false,
    "children": [
      { "kname": "mmcblk0p7", "type": "part", "size": 1000, "fstype": "ext4", "label": null,
        "uuid": "aaaa-0001", "partlabel": "stead-data", "mountpoints": ["/var/lib/stead"],
        "model": null, "ro": false } ] },
  { "kname": "sda", "type": "disk", "size": 2000, "fstype": null, "label": null, "uuid": null,
    "partlabel": null, "mountpoints": [null], "model": "WDC Blue   ", "ro": false,
    "children": [
      { "kname": "sda1", "type": "part", "size": 1500, "fstype": "ext4", "label": "Films",
        "uuid": "bbbb-0001", "partlabel": null, "mountpoints": [null], "model": null,
        "ro": false },
      { "kname": "sda2", "type": "part", "size": 500, "fstype": null, "label": null, "uuid": null,
        "partlabel": null, "mountpoints": [null], "model": null, "ro": false } ] },
  { "kname": "sr0", "type": "rom", "size": 1073741312, "fstype": null, "label": null, "uuid": null,
    "partlabel": null, "mountpoints": [null], "model": "DVD", "ro": false } ] }"#;

#[test]
fn peoples_disks_are_shown_and_no_others() {
    let shown = shown(&parse(TOLD, &["disk".to_owned()]).unwrap(), Path::new("/run/stead/media"));
    let expected = Disk {
        name: "sda".into(),
        size_bytes: 2000,
        model: Some("WDC Blue".into()),
        read_only: false,
        volumes: vec![DiskVolume {
            uuid: "bbbb-0001".into(),
            label: Some("Films".into()),
            file_system: "ext4".into(),
            size_bytes: 1500,
            folder: None,
        }],
    };
    assert_eq!(shown, [expected]);
}

#[test]
fn what_is_no_list_of_disks_is_none() {
    for text in ["", "{}", "[]", r#"{"blockdevices": [{}]}"#, "lsblk: not found"] {
        assert!(parse(text, &[]).is_err(), "{text}");
    }
}
