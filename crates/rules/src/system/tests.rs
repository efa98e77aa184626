use proptest::prelude::*;

use super::*;

const MEDIA: &str = "/run/stead/media";

fn part(name: &str, kind: &str, uuid: &str, mounted: &[&str]) -> Volume {
    Volume {
        name: name.into(),
        size_bytes: 1000,
        file_system: Some(kind.into()),
        uuid: Some(uuid.into()),
        mounted: mounted.iter().map(|at| (*at).to_owned()).collect(),
        ..Volume::default()
    }
}

fn disk(name: &str, parts: Vec<Volume>) -> Volume {
    let model = Some("Blue".to_owned());
    Volume { name: name.into(), whole: true, size_bytes: 4000, model, parts, ..Volume::default() }
}

fn box_of_disks() -> Vec<Volume> {
    let mut card = disk("mmcblk0", vec![part("mmcblk0p7", "ext4", "aaaa-0001", &["/var"])]);
    card.parts.push(part("mmcblk0p9", "ext4", "aaaa-0009", &[]));
    let mut old_card = disk("sdc", vec![part("sdc7", "ext4", "bbbb-0001", &[])]);
    old_card.parts[0].part_label = Some("stead-data".into());
    let swap = disk("sdd", vec![part("sdd1", "swap", "cccc-0001", &["[SWAP]"])]);
    let films = disk(
        "sda",
        vec![
            part("sda1", "ext4", "dddd-0001", &[]),
            part("sda2", "crypto_LUKS", "dddd-0002", &[]),
            part("sda3", "vfat", "DDDD-0003", &["/run/stead/media/DDDD-0003"]),
        ],
    );
    let twin = |name: &str| disk(name, vec![part(&format!("{name}1"), "ext4", "eeee-0001", &[])]);
    let empty = disk("sdb", Vec::new());
    let mut locked = disk("sdg", Vec::new());
    locked.read_only = true;
    vec![card, old_card, swap, films, twin("sde"), twin("sdf"), empty, locked]
}

/// Its `stead.txt` is read where another mount puts it, which the one for media would keep from being written.
#[test]
fn a_stick_with_a_stead_txt_is_the_systems() {
    let media = Path::new(MEDIA);
    for (label, kind, ours) in [
        ("STEAD", "vfat", true),
        ("Stead", "exfat", true),
        ("STEAD", "ext4", false),
        ("STEADY", "vfat", false),
    ] {
        let mut stick = disk("sdh", vec![part("sdh1", kind, "1234-0001", &[])]);
        stick.parts[0].label = Some(label.into());
        assert_eq!(stick.is_of_the_system(media), ours, "{label} {kind}");
    }
}

#[test]
fn a_disk_of_people_is_mounted_and_none_of_the_system() {
    let disks = box_of_disks();
    let media = Path::new(MEDIA);
    for (uuid, expected) in [
        ("dddd-0001", Ok("sda1")),
        ("dddd-0002", Err(Refusal::UnknownFileSystem)),
        ("DDDD-0003", Err(Refusal::InUse)),
        ("aaaa-0001", Err(Refusal::OfTheSystem)),
        ("aaaa-0009", Err(Refusal::OfTheSystem)),
        ("bbbb-0001", Err(Refusal::OfTheSystem)),
        ("cccc-0001", Err(Refusal::OfTheSystem)),
        ("eeee-0001", Err(Refusal::Ambiguous)),
        ("ffff-0001", Err(Refusal::NoSuchDisk)),
        ("", Err(Refusal::BadName)),
        ("../../dev/sda", Err(Refusal::BadName)),
        ("-dddd", Err(Refusal::BadName)),
        ("dddd 0001", Err(Refusal::BadName)),
    ] {
        let found = to_mount(&disks, uuid, media).map(|volume| volume.name.as_str());
        assert_eq!(found, expected, "{uuid}");
    }
}

#[test]
fn a_stick_that_is_one_file_system_and_its_one_partition_is_mounted_once() {
    let mut stick = disk("sdf", vec![part("sdf1", "vfat", "ABCD-0001", &[])]);
    (stick.file_system, stick.uuid) = (Some("vfat".into()), Some("ABCD-0001".into()));
    let media = Path::new(MEDIA);
    let disks = [stick.clone()];
    let found = to_mount(&disks, "ABCD-0001", media).map(|volume| volume.name.as_str());
    assert_eq!(found, Ok("sdf1"));
    // A second one of the same id is told apart by nobody.
    let disks = [stick, disk("sdg", vec![part("sdg1", "vfat", "ABCD-0001", &[])])];
    assert_eq!(to_mount(&disks, "ABCD-0001", media), Err(Refusal::Ambiguous));
}

#[test]
fn only_a_disk_that_is_as_it_was_shown_and_in_nobodys_use_is_formatted() {
    let disks = box_of_disks();
    let media = Path::new(MEDIA);
    for (name, size, model, expected) in [
        ("sdb", 4000, Some("Blue"), Ok("sdb")),
        ("sde", 4000, Some("Blue"), Ok("sde")),
        ("sdb", 4001, Some("Blue"), Err(Refusal::Changed)),
        ("sdb", 4000, Some("Red"), Err(Refusal::Changed)),
        ("sdb", 4000, None, Err(Refusal::Changed)),
        ("sda", 4000, Some("Blue"), Err(Refusal::InUse)),
        ("sda1", 1000, None, Err(Refusal::NoSuchDisk)),
        ("mmcblk0", 4000, Some("Blue"), Err(Refusal::OfTheSystem)),
        ("sdc", 4000, Some("Blue"), Err(Refusal::OfTheSystem)),
        ("sdd", 4000, Some("Blue"), Err(Refusal::OfTheSystem)),
        ("sdg", 4000, Some("Blue"), Err(Refusal::ReadOnly)),
        ("sdz", 4000, Some("Blue"), Err(Refusal::NoSuchDisk)),
        ("../sdb", 4000, Some("Blue"), Err(Refusal::BadName)),
        ("/dev/sdb", 4000, Some("Blue"), Err(Refusal::BadName)),
        ("", 4000, Some("Blue"), Err(Refusal::BadName)),
    ] {
        let found = to_format(&disks, name, size, model, media).map(|disk| disk.name.as_str());
        assert_eq!(found, expected, "{name} {size} {model:?}");
    }
}

#[test]
fn names_lead_nowhere() {
    for good in ["stead-arm64-1.2.3.raucb", "a.raucb", "1.0~rc1+b2.raucb"] {
        assert_eq!(check_bundle(good), Ok(()), "{good}");
    }
    let long = format!("{}.raucb", "a".repeat(200));
    for bad in ["", ".raucb", "../a.raucb", "a/b.raucb", "-a.raucb", "a.img", "a b.raucb", &long] {
        assert_eq!(check_bundle(bad), Err(Refusal::BadName), "{bad}");
    }
    for good in ["Films", "disk-2", "A_b.c"] {
        assert_eq!(check_label(good), Ok(()), "{good}");
    }
    for bad in ["", "-L", "a b", "stead-data", "Stead-x", "seventeen-letters", "ü", "a;b"] {
        assert_eq!(check_label(bad), Err(Refusal::BadName), "{bad}");
    }
}

#[test]
fn what_comes_before_a_release_is_older_than_it() {
    let in_order = [
        "1.1.9",
        "1.2.0-7",
        "1.2.0-alpha",
        "1.2.0-alpha.1",
        "1.2.0-beta2",
        "1.2.0-beta10",
        "1.2.0-rc.2",
        "1.2.0-rc.10",
        "1.2.0",
        "1.2.0.1-rc",
        "1.2.0.1",
        "1.3.0-alpha",
    ];
    for (at, version) in in_order.iter().enumerate() {
        for (other_at, other) in in_order.iter().enumerate() {
            assert_eq!(is_newer(version, other), at > other_at, "{version} after {other}");
        }
    }
    assert!(
        !is_newer("1.2.0+b2", "1.2.0+a") && !is_newer("1.2.0", "1.2.0+a"),
        "what it is made of"
    );
    assert!(is_newer("1.2.0-rc.1+b", "1.2.0-rc"), "both");
}

#[test]
fn an_update_is_of_this_board_and_not_older() {
    let runs = ("stead-arm64", "0.9.2");
    for (board, version, expected) in [
        ("stead-arm64", "0.9.2", Ok(())),
        ("stead-arm64", "0.9.2.1", Ok(())),
        ("stead-arm64", "0.10.0", Ok(())),
        ("stead-arm64", "1.0", Ok(())),
        ("stead-arm64", "99999999999999999999.0", Ok(())),
        ("stead-arm64", "0.9.1", Err(Refusal::Older)),
        ("stead-arm64", "0.9", Err(Refusal::Older)),
        ("stead-arm64", "", Err(Refusal::Older)),
        ("stead-armhf", "1.0", Err(Refusal::OtherBoard)),
        ("", "1.0", Err(Refusal::OtherBoard)),
    ] {
        assert_eq!(check_update((board, version), runs), expected, "{board} {version}");
    }
}

#[test]
fn networks_are_kept_as_iwd_reads_them() {
    for (name, password, file, text) in [
        ("Our house_2", Some("12345678"), "Our house_2.psk", "[Security]\nPassphrase=12345678\n"),
        ("Café", Some(" a\\b c d="), "=436166c3a9.psk", "[Security]\nPassphrase=\\sa\\\\b c d=\n"),
        ("../x", None, "=2e2e2f78.open", ""),
        ("guest", None, "guest.open", ""),
    ] {
        let expected = Ok((file.to_owned(), text.to_owned()));
        assert_eq!(network_file(name, password), expected, "{name}");
    }
    let long = "x".repeat(64);
    for (name, password) in [
        ("", None),
        ("a\nb", None),
        (long.as_str(), None),
        ("home", Some("1234567")),
        ("home", Some("line\nbreak")),
        ("home", Some("käsekuchen")),
        ("home", Some(long.as_str())),
    ] {
        assert_eq!(network_file(name, password), Err(Refusal::BadNetwork), "{name} {password:?}");
    }
}

proptest! {
    /// Whatever stands in a file on a card, nothing of it becomes a line of iwd's, or a path, of its own.
    #[test]
    fn no_network_is_more_than_one_value_in_one_file(
        name in any::<String>(), password in prop::option::of("[ -~\\PC\r\n]{0,70}"), country in any::<String>(),
    ) {
        if let Ok((file, text)) = network_file(&name, password.as_deref()) {
            prop_assert!(!file.contains('/') && !file.starts_with('.'), "{}", file);
            prop_assert!(file.len() <= "=".len() + 2 * 32 + ".open".len());
            prop_assert_eq!(text.lines().count(), if password.is_some() { 2 } else { 0 });
        }
        if let Ok((_, text)) = country_file(&country) {
            prop_assert_eq!(text.len(), "[General]\nCountry=XX\n".len());
        }
    }
}

#[test]
fn a_country_is_two_letters() {
    for (written, country) in [("DE", "DE"), ("gb", "GB")] {
        let text = format!("[General]\nCountry={country}\n");
        assert_eq!(country_file(written), Ok(("main.conf".to_owned(), text)));
    }
    for bad in ["", "D", "DEU", "D1", "Ä", "00", "D\n", " D"] {
        assert_eq!(country_file(bad), Err(Refusal::BadCountry), "{bad:?}");
    }
}

#[test]
fn a_host_name_is_one_label() {
    for (written, name) in [("Films", "films"), (" films.local ", "films"), ("box-2", "box-2")] {
        assert_eq!(host_name(written).as_deref(), Ok(name));
    }
    let long = "a".repeat(33);
    for bad in ["", "-a", "a-", "a.b", "a b", "ü", "stead", "stead.local", "localhost", &long] {
        assert_eq!(host_name(bad), Err(Refusal::BadName), "{bad}");
    }
}

#[test]
fn a_disk_is_named_by_its_model_or_else_by_the_kernel() {
    for (typed, model, is_it) in [
        ("WDC WD40EFRX", Some("WDC WD40EFRX"), true),
        (" wdc wd40efrx ", Some("WDC WD40EFRX "), true),
        ("sda", Some("WDC WD40EFRX"), false),
        ("", Some("WDC WD40EFRX"), false),
        ("sda", None, true),
        ("sda", Some("  "), true),
        ("sdb", None, false),
        ("", None, false),
    ] {
        assert_eq!(is_named(typed, model, "sda"), is_it, "{typed:?} of {model:?}");
    }
}
