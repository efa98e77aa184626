//! What is on disk after writing, replacing, failing and removing.

use super::*;

#[test]
fn a_file_is_replaced_with_the_mode_asked_for_and_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("leaf.key");
    fs::write(&path, "old").unwrap();
    write_atomically(&path, b"new", PRIVATE).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    write_atomically(&path, b"public", 0o644).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn what_a_killed_writer_left_does_not_stop_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("marker");
    fs::write(folder.path().join(".marker.new"), "half and longer than the next").unwrap();
    write_atomically(&path, b"whole", PRIVATE).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"whole");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_write_that_fails_names_the_file_and_keeps_the_folder_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("taken");
    fs::create_dir(&path).unwrap();
    fs::write(path.join("inside"), "x").unwrap();
    let error = write_atomically(&path, b"x", PRIVATE).unwrap_err();
    assert!(error.to_string().starts_with("writing /"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    assert!(write_atomically(&folder.path().join("no/such"), b"x", PRIVATE).is_err());
}

#[test]
fn removing_twice_is_fine() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Setup Stead.html");
    fs::write(&path, "x").unwrap();
    remove_durably(&path).unwrap();
    remove_durably(&path).unwrap();
    assert!(!path.exists());
}
