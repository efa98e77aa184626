//! Folders as they are met. What needs a disk of a known size (full, read-only, room for the
//! reserve) is in tests/it/commands.

use super::*;

#[test]
fn a_missing_folder_is_made_for_this_user_only_and_held() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("a").join("data");
    let held = DataFolder::prepare(&path, Kind::Server).unwrap();
    assert!(held.made());
    assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o700);
    assert!(!path.join(".probe").exists());
    let second = DataFolder::prepare(&path, Kind::Server).unwrap_err();
    assert!(matches!(second, DataFolderError::InUse(_)));
    drop(held);
    assert!(!DataFolder::prepare(&path, Kind::Server).unwrap().made());
}

#[test]
fn a_file_is_no_folder() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let not =
        |result: Result<(), DataFolderError>| matches!(result, Err(DataFolderError::NotAFolder(_)));
    assert!(not(DataFolder::prepare(file.path(), Kind::Server).map(|_| ())));
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

#[test]
fn neither_kind_takes_the_others_folder() {
    let temp = tempfile::tempdir().unwrap();
    let (accounts, server) = (temp.path().join("accounts"), temp.path().join("server"));
    drop(DataFolder::prepare(&accounts, Kind::Accounts).unwrap());
    drop(DataFolder::prepare(&server, Kind::Server).unwrap());
    std::fs::write(server.join("box"), "").unwrap();
    drop(DataFolder::prepare(&accounts, Kind::Accounts).unwrap());
    drop(DataFolder::prepare(&server, Kind::Server).unwrap());
    let refused = DataFolder::prepare(&accounts, Kind::Server).unwrap_err();
    assert!(matches!(refused, DataFolderError::OfAccounts(_)), "{refused}");
    let refused = DataFolder::prepare(&server, Kind::Accounts).unwrap_err();
    assert!(matches!(refused, DataFolderError::OfServer(_)), "{refused}");
    assert!(!server.join("kind").exists(), "a refusal writes nothing");
}
