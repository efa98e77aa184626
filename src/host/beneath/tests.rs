//! Both ways of opening, over the same folder.

use super::{in_one_step, part_by_part};
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
    assert_eq!(read(in_one_step(&folder, path)).as_deref(), Ok("film"));
    assert_eq!(read(part_by_part(&folder, path)).as_deref(), Ok("film"));
}

#[test]
fn what_leads_out_opens_neither_way() {
    let (_outer, folder) = world();
    for path in ["../secret", "a/../../secret", "out", "away/secret", "/etc/passwd", "a/none"] {
        let path = Path::new(path);
        assert!(in_one_step(&folder, path).is_err(), "{}", path.display());
        assert!(part_by_part(&folder, path).is_err(), "{}", path.display());
    }
}

#[test]
fn the_older_way_follows_no_link_at_all() {
    let (_outer, folder) = world();
    let path = Path::new("within");
    assert_eq!(read(in_one_step(&folder, path)).as_deref(), Ok("film"));
    assert_eq!(read(part_by_part(&folder, path)), Err(Errno::LOOP));
}
