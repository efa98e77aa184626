//! Both ways of opening, over the same folder.

use super::{READING, in_one_step, open_folder_beneath, part_by_part};
use rustix::io::Errno;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::symlink;
use std::path::Path;

fn world() -> (tempfile::TempDir, File) {
    let outer = tempfile::tempdir().unwrap();
    let root = outer.path().join("root");
    fs::create_dir_all(root.join("a/b")).unwrap();
    fs::write(root.join("a/b/film.mp4"), "film").unwrap();
    fs::write(outer.path().join("secret"), "secret").unwrap();
    symlink("../secret", root.join("out")).unwrap();
    symlink(outer.path(), root.join("away")).unwrap();
    symlink("a/b/film.mp4", root.join("within")).unwrap();
    symlink("a/b", root.join("inner")).unwrap();
    let folder = File::open(&root).unwrap();
    (outer, folder)
}

fn read(opened: Result<File, Errno>) -> Result<String, Errno> {
    let mut text = String::new();
    opened?.read_to_string(&mut text).unwrap();
    Ok(text)
}

#[test]
fn a_file_inside_opens_both_ways() {
    let (_outer, folder) = world();
    let path = Path::new("a/b/film.mp4");
    assert_eq!(read(in_one_step(&folder, path, READING)).as_deref(), Ok("film"));
    assert_eq!(read(part_by_part(&folder, path, READING)).as_deref(), Ok("film"));
}

#[test]
fn what_leads_out_opens_neither_way() {
    let (_outer, folder) = world();
    for path in ["../secret", "a/../../secret", "out", "away/secret", "/etc/passwd", "a/none"] {
        let path = Path::new(path);
        assert!(in_one_step(&folder, path, READING).is_err(), "{}", path.display());
        assert!(part_by_part(&folder, path, READING).is_err(), "{}", path.display());
    }
}

#[test]
fn neither_way_follows_a_link_even_one_that_stays_inside() {
    let (_outer, folder) = world();
    for path in ["within", "inner/film.mp4"] {
        let path = Path::new(path);
        assert_eq!(read(in_one_step(&folder, path, READING)), Err(Errno::LOOP));
        assert!(part_by_part(&folder, path, READING).is_err(), "{}", path.display());
    }
}

#[test]
fn a_folder_opens_by_its_path_and_without_one_and_never_by_a_link() {
    let (_outer, folder) = world();
    assert!(open_folder_beneath(&folder, Path::new("a/b")).is_ok());
    assert!(open_folder_beneath(&folder, Path::new("")).is_ok());
    for path in ["inner", "away", "a/b/film.mp4", ".."] {
        assert!(open_folder_beneath(&folder, Path::new(path)).is_err(), "{path}");
    }
}
