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
fn the_reserve_takes_space_and_gives_it_back() {
    let folder = tempfile::tempdir().unwrap();
    let ballast = Ballast::of(folder.path());
    assert!(!ballast.give_up());
    assert!(ballast.set_aside().unwrap());
    assert!(ballast.set_aside().unwrap());
    let file = folder.path().join("ballast").metadata().unwrap();
    assert_eq!(file.len(), BALLAST_BYTES);
    assert!(std::os::unix::fs::MetadataExt::blocks(&file) * 512 >= BALLAST_BYTES);
    assert!(ballast.give_up());
    assert!(!ballast.give_up());
}

#[test]
fn space_is_told_and_a_missing_folder_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let space_there = space(folder.path()).unwrap();
    assert!(space_there.total_bytes >= space_there.free_bytes && space_there.total_bytes > 0);
    assert!(space(&folder.path().join("missing")).is_err());
}
