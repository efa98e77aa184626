//! What the documents say of the sources is held against the sources: codes, tests that are
//! named, and who may know SQL or decode pictures.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn read(path: impl AsRef<Path>) -> String {
    let path = Path::new(ROOT).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every file below `folder` with this ending, as paths from the root.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(Path::new(ROOT).join(folder)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&path, ending));
        } else if path.ends_with(ending) {
            found.push(PathBuf::from(path));
        }
    }
    found
}

fn is_code(text: &str) -> bool {
    text.contains('_') && text.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        || matches!(text, "busy" | "internal" | "locked" | "orphaned")
}

/// The text between the bracket that opens at the start of `text` and its partner.
fn bracketed(text: &str) -> &str {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' | '{' => depth += 1,
            ')' | '}' if depth == 1 => return &text[..at],
            ')' | '}' => depth -= 1,
            _ => {}
        }
    }
    text
}

/// String literals, none of which holds a quote of its own here.
fn literals(text: &str) -> impl Iterator<Item = &str> {
    text.split('"').skip(1).step_by(2)
}

/// What follows each occurrence of `call`, up to the end of its brackets.
fn calls<'a>(source: &'a str, call: &'a str) -> impl Iterator<Item = &'a str> {
    source.match_indices(call).map(move |(at, _)| bracketed(&source[at + call.len() - 1..]))
}

/// The status that a call names, as a number.
fn status_in(call: &str) -> Option<u16> {
    let name = call.split("StatusCode::").nth(1)?;
    let name: String = name.chars().take_while(|c| c.is_ascii_uppercase() || *c == '_').collect();
    (400..600).find(|number| {
        let status = axum::http::StatusCode::from_u16(*number).unwrap();
        let words = status.canonical_reason().unwrap_or("").to_uppercase();
        words.replace([' ', '-'], "_") == name || (*number == 413 && name == "PAYLOAD_TOO_LARGE")
    })
}

/// Every code that `src/http` makes itself, with its status where the call names one.
fn codes_of_calls() -> BTreeMap<String, Option<u16>> {
    let mut codes = BTreeMap::new();
    for file in files("src/http", ".rs") {
        let source = read(&file);
        for call in ["Problem::new(", "Self::new(", "wrong_code("] {
            for text in calls(&source, call) {
                if let Some(code) = literals(text).find(|text| is_code(text)) {
                    codes.insert(code.to_owned(), status_in(text));
                }
            }
        }
        for text in calls(&source, "::invalid(") {
            if let Some(code) = literals(text).nth(1) {
                codes.insert(code.to_owned(), Some(422));
            }
        }
    }
    codes
}

/// The literals of every `fn code` below `folder`.
fn codes_of_rules(folder: &str) -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    for file in files(folder, ".rs") {
        let source = read(&file);
        for body in source.split("fn code(").skip(1) {
            let from = body.find('{').unwrap();
            codes.extend(literals(bracketed(&body[from..])).map(str::to_owned));
        }
    }
    codes
}

/// The first cells of a table whose lines begin with a code, with the second cell.
fn table(section: &str) -> BTreeMap<String, String> {
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| {
        let (code, rest) = row.split_once("` | ").unwrap();
        (code.to_owned(), rest.split(" |").next().unwrap().to_owned())
    })
    .collect()
}

#[test]
fn every_code_has_its_line_and_every_line_its_code() {
    let page = read("docs/status-codes.md");
    let (problems, _) = page.split_once("## Reasons").unwrap();
    let documented = table(problems);
    let made = codes_of_calls();
    let mut known: BTreeSet<String> = made.keys().cloned().collect();
    for part in ["claim", "policy", "signin"] {
        known.extend(codes_of_rules(&format!("crates/rules/src/{part}")));
    }
    assert!(known.len() > 40, "the sources are read: {known:?}");
    let lines: BTreeSet<String> = documented.keys().cloned().collect();
    assert_eq!(lines, known, "docs/status-codes.md and the sources name the same codes");
    for (code, status) in made.into_iter().filter_map(|(code, status)| Some((code, status?))) {
        assert_eq!(documented[&code], status.to_string(), "the status of {code}");
    }
}

#[test]
fn every_reason_of_a_report_has_its_line() {
    let page = read("docs/status-codes.md");
    let (_, reasons) = page.split_once("## Reasons").unwrap();
    let mut known = codes_of_rules("src/work/probe");
    known.extend(codes_of_rules("crates/rules/src/media"));
    for file in files("src/work/indexer", ".rs") {
        let source = read(&file);
        for said in ["code: \"", "code = \""] {
            let found = source.split(said).skip(1).filter_map(|rest| rest.split('"').next());
            known.extend(found.map(str::to_owned));
        }
    }
    let lines: BTreeSet<String> = table(reasons).into_keys().collect();
    assert_eq!(lines, known);
}

/// `path.rs::name`, and `::name` for another test of the file before.
#[test]
fn every_test_that_is_named_exists() {
    let mut named = 0;
    for page in ["SPECIFICATION.md", "ARCHITECTURE.md", "docs/threat-model.md"] {
        let mut source = None;
        for word in literals_of_code(&read(page)) {
            let (path, name) = match word.split_once("::") {
                Some((path, name)) if path.is_empty() || path.ends_with(".rs") => (path, name),
                _ => continue,
            };
            if !path.is_empty() {
                source = Some(read(path));
            }
            let known = source.as_ref().expect("a file goes before a name alone");
            assert!(known.contains(&format!("fn {name}(")), "{page} names {word}");
            named += 1;
        }
    }
    assert!(named > 100, "the pages are read: {named}");
}

/// What stands between backticks.
fn literals_of_code(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_number_that_is_named_exists() {
    let limits = ["", "/media", "/provider"]
        .map(|part| read(format!("crates/rules/src/limits{part}.rs")))
        .concat();
    let page = read("SPECIFICATION.md");
    let (_, numbers) = page.split_once("## Numbers").unwrap();
    let (numbers, _) = numbers.split_once("## Figures").unwrap();
    for name in literals_of_code(numbers) {
        if name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_') {
            assert!(
                limits.contains(&format!("pub const {name}:")),
                "SPECIFICATION.md names {name}"
            );
        }
    }
}

#[test]
fn one_place_knows_sql_and_one_decodes_pictures() {
    for file in files("src", ".rs").into_iter().chain(files("crates/rules/src", ".rs")) {
        let source = read(&file);
        assert!(!source.contains("rusqlite"), "{} names SQLite", file.display());
        let decodes = source.contains("image::") || source.contains("fast_image_resize::");
        let worker = file.starts_with("src/work/worker");
        assert!(!decodes || worker, "{} decodes pictures in the server", file.display());
    }
}

/// A page that is linked to is there.
#[test]
fn links_between_pages_lead_somewhere() {
    let pages = ["README.md", "ARCHITECTURE.md", "SPECIFICATION.md", "SECURITY.md"];
    let mut pages: Vec<PathBuf> = pages.into_iter().map(PathBuf::from).collect();
    pages.extend(["CONTRIBUTING.md", "CHANGELOG.md"].map(PathBuf::from));
    pages.extend(files("docs", ".md"));
    for page in pages {
        let folder = page.parent().unwrap().to_owned();
        for target in read(&page).split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap();
            if file.is_empty() || file.starts_with("http") || file.ends_with(".png") {
                continue;
            }
            let there = Path::new(ROOT).join(&folder).join(file).exists();
            assert!(there, "{} links to {target}", page.display());
        }
    }
}
