//! The config as the binary reads it. What every key may hold is tested beside the code.

use crate::program::{answers, free_port, stead, write};

#[test]
fn the_example_is_printed_and_is_itself_a_config() {
    let example = stead(&["check-config", "--example"]);
    assert_eq!(example.code, Some(0));
    let docs = include_str!("../../docs/stead.toml.example");
    assert_eq!(example.said, docs);
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "stead.toml", &example.said);
    let checked = stead(&["check-config", "--config", &file]);
    assert_eq!((checked.code, checked.said.as_str()), (Some(0), "the config is good\n"));
}

#[test]
fn every_mistake_is_told_and_nothing_starts() {
    let folder = tempfile::tempdir().unwrap();
    let (https, http) = (free_port(), free_port());
    let file = write(
        folder.path(),
        "stead.toml",
        &format!(
            "[net]\nhttps_listen = \"[::]:{https}\"\nhttp_listen = \"[::]:{http}\"\n\
             [paths]\ndata_dri = \"here\"\n[logs]\n"
        ),
    );
    let told = format!(
        "stead: {file}:5:1: unknown key `data_dri` in [paths]; did you mean `data_dir`?\n\
         stead: {file}:6:2: unknown section [logs]; did you mean `log`?\n"
    );
    for command in ["check-config", "serve", "status", "health", "open"] {
        let ended = stead(&[command, "--config", &file]);
        assert_eq!((ended.code, &ended.complained), (Some(78), &told), "{command}");
        assert_eq!(ended.said, "");
    }
    assert!(!answers(https) && !answers(http));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no folder was made");
}

#[test]
fn a_media_folder_that_is_not_there_is_a_warning() {
    let ended = stead(&["check-config", "--media", "/not/plugged/in"]);
    assert_eq!(ended.code, Some(0));
    let told = "stead: warning: the media folder /not/plugged/in is not there now\n";
    assert_eq!(ended.complained, told);
}

#[test]
fn open_without_sign_in_says_who_and_what_or_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "stead.toml", "[claim]\nlocal_security = false\n");
    let ended = stead(&["serve", "--config", &file]);
    assert_eq!(ended.code, Some(78));
    for words in ["claim.local_roots is empty", "claim.local_prefixes is empty"] {
        assert!(ended.complained.contains(words), "{words}: {ended:?}");
    }
}
