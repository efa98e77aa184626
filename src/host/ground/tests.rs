//! Folders as they are met. What needs a disk of a known size (full, read-only, room for the
//! reserve) is in tests/it/commands.

use super::*;

#[test]
fn a_missing_folder_is_made_for_this_user_only_and_held() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("a").join("data");
    let held = DataFolder::prepare(&path).unwrap();
    assert!(held.made());
    assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o700);
    assert!(!path.join(".probe").exists());
    let second = DataFolder::prepare(&path).unwrap_err();
    assert!(matches!(second, DataFolderError::InUse(_)));
    drop(held);
    assert!(!DataFolder::prepare(&path).unwrap().made());
}

#[test]
fn a_file_is_no_folder() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let not =
        |result: Result<(), DataFolderError>| matches!(result, Err(DataFolderError::NotAFolder(_)));
    assert!(not(DataFolder::prepare(file.path()).map(|_| ())));
    assert!(not(examine_data_folder(file.path())));
    assert!(not(examine_data_folder(&file.path().join("below"))));
}

#[test]
fn examining_makes_nothing() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("data");
    examine_data_folder(&path).unwrap();
    assert!(!path.exists());
}

#[test]
fn missing_media_folders_are_named() {
    let temp = tempfile::tempdir().unwrap();
    let folders = [temp.path().to_owned(), temp.path().join("unplugged")];
    assert_eq!(missing_folders(&folders), [folders[1].as_path()]);
}
