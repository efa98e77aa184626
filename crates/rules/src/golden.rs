//! Compares a generated table with the one that was reviewed and checked in.
//!
//! `BLESS=1 cargo test -p stead-rules` writes the tables anew; the diff is what gets reviewed.

use std::path::PathBuf;

/// Fails when `golden/<name>` is not `text`, naming the first line that differs.
#[expect(clippy::disallowed_methods, reason = "blessing is asked for by whoever runs the tests")]
pub(crate) fn check(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden").join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, text).expect("the golden folder can be written");
        return;
    }
    let reviewed = std::fs::read_to_string(&path).expect("the golden table is checked in");
    assert_same(name, &reviewed, text);
}

fn assert_same(name: &str, reviewed: &str, made: &str) {
    let differing = reviewed.lines().zip(made.lines()).find(|(left, right)| left != right);
    assert_eq!(differing, None, "golden/{name} (reviewed, now): BLESS=1 rewrites it");
    let (old, new) = (reviewed.lines().count(), made.lines().count());
    assert_eq!(old, new, "golden/{name} has another length: BLESS=1 rewrites it");
}
