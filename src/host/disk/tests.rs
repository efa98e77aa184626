//! Errors are sorted; the reserve takes space and gives it back.

use super::*;

#[test]
fn errors_are_sorted() {
    for (errno, trouble) in [
        (Errno::NOSPC, Trouble::Full),
        (Errno::DQUOT, Trouble::Full),
        (Errno::ROFS, Trouble::ReadOnly),
        (Errno::ACCESS, Trouble::Denied),
        (Errno::PERM, Trouble::Denied),
        (Errno::IO, Trouble::Other),
    ] {
        assert_eq!(Trouble::of(&errno.into()), trouble);
    }
    assert_eq!(Trouble::of(&io::Error::other("no errno")), Trouble::Other);
    assert!(is_full(&Errno::NOSPC.into()));
}

#[test]
fn the_reserve_is_set_aside_only_where_it_is_little() {
    let rule = |mebibytes: u64| has_room_for_ballast(mebibytes * 1024 * 1024);
    assert_eq!([0, 32, 255, 256, 1 << 20].map(rule), [false, false, false, true, true]);
}

#[test]
fn what_free_space_is_good_for() {
    let space = |mib: u64| Space { free_bytes: mib * 1024 * 1024, total_bytes: u64::MAX };
    let of = |mib| {
        let space = space(mib);
        [space.is_full(), space.is_short(), space.has_room_for_work()]
    };
    assert_eq!(of(0), [true, true, false]);
    assert_eq!(of(1), [false, true, false]);
    assert_eq!(of(8), [false, false, false]);
    assert_eq!(of(16), [false, false, true]);
    let well = |mib| [space(mib).is_well(true), space(mib).is_well(false)];
    assert_eq!(
        [0, 1, 31, 63].map(well),
        [[false, false], [true, false], [true, false], [true, false]]
    );
    assert_eq!(well(64), [true, true]);
}

/// A small reserve, so that the machine's own free space does not matter. A real one on disks of
/// known sizes is in tests/it/commands.
#[test]
fn the_reserve_takes_space_and_gives_it_back() {
    let folder = tempfile::tempdir().unwrap();
    let ballast = Ballast { bytes: 64 * 1024, ..Ballast::of(folder.path()) };
    assert!(!ballast.is_set_aside() && !ballast.give_up());
    ballast.take_whole().unwrap();
    assert!(ballast.is_set_aside() && ballast.set_aside().unwrap());
    let file = folder.path().join("ballast").metadata().unwrap();
    assert_eq!(file.len(), ballast.bytes);
    assert!(std::os::unix::fs::MetadataExt::blocks(&file) * 512 >= ballast.bytes);
    assert!(ballast.give_up());
    assert!(!ballast.is_set_aside() && !ballast.give_up());
}

#[test]
fn space_is_told_and_a_missing_folder_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let space_there = space(folder.path()).unwrap();
    assert!(space_there.total_bytes >= space_there.free_bytes && space_there.total_bytes > 0);
    assert!(space(&folder.path().join("missing")).is_err());
}
