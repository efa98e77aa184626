//! Which part of the binary may know which. Cargo keeps the crates apart; this keeps the modules.
//!
//! ```text
//! main → cli → app → {http, work} → service → {store, rules}
//! config, host, net: below app; http, work and service reach their running parts through App
//! ```
//!
//! It reads every `use crate::…` and every `crate::…` path in the sources of `src/`.

#![expect(clippy::expect_used, reason = "a test says why it could not go on by panicking")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A part, and the parts it may name. What is not listed here fails: a new part is a decision.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("main", &["app", "cli", "config", "helper", "host", "http", "net", "service", "work"]),
    ("cli", &["app", "config", "helper", "host", "http", "net", "service", "work"]),
    ("app", &["config", "host", "http", "net", "service", "work"]),
    ("http", &["app", "config", "host", "net", "service"]),
    ("work", &["app", "config", "host", "net", "service"]),
    ("service", &["config", "host", "net"]),
    ("net", &["config", "host"]),
    ("helper", &["config", "host"]),
    ("host", &["config"]),
    ("config", &[]),
];

/// What a line of source names: `crate::part…`, or `stead::part…` in main.rs.
fn named_parts(line: &str) -> Vec<String> {
    let code = line.split("//").next().unwrap_or("");
    let mut parts = Vec::new();
    for root in ["crate::", "stead::"] {
        for (at, _) in code.match_indices(root) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':' || c == '$') {
                continue;
            }
            parts.extend(first_names(&code[at + root.len()..]));
        }
    }
    parts
}

/// The names right after the root: one, or those of a brace list.
fn first_names(rest: &str) -> Vec<String> {
    let name_of = |text: &str| -> String {
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    match rest.strip_prefix('{') {
        None => vec![name_of(rest)],
        Some(list) => top_level_pieces(list).into_iter().map(name_of).collect(),
    }
}

/// The pieces of a brace list that are not inside further braces.
fn top_level_pieces(list: &str) -> Vec<&str> {
    let (mut pieces, mut depth, mut start) = (Vec::new(), 0_i32, 0);
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                pieces.push(&list[start..at]);
                return pieces;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                pieces.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    pieces.push(&list[start..]);
    pieces
}

/// Joins a `use crate::{` that goes over several lines into one.
fn statements(source: &str) -> Vec<(usize, String)> {
    let mut joined: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for (number, line) in source.lines().enumerate() {
        let code = line.split("//").next().unwrap_or("");
        match joined.last_mut() {
            Some((_, statement)) if open => statement.push_str(code),
            _ => joined.push((number + 1, code.to_owned())),
        }
        open = (open || code.contains("use crate::{")) && !code.contains(';');
    }
    joined
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("src can be read") {
        let path = entry.expect("an entry can be read").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// `src/http/v1/claim.rs` belongs to `http`, `src/app.rs` to `app`.
fn part_of(file: &Path) -> String {
    let first = file.components().next().expect("a path under src has a first part");
    let name = first.as_os_str().to_string_lossy().into_owned();
    name.strip_suffix(".rs").map(str::to_owned).unwrap_or(name)
}

fn is_test(file: &Path) -> bool {
    let tests = ["tests", "tests.rs"];
    file.components().any(|part| tests.contains(&part.as_os_str().to_string_lossy().as_ref()))
}

/// Every wrong line of one file.
fn violations(part: &str, file: &Path, source: &str) -> Vec<String> {
    let Some((_, allowed)) = MAY_NAME.iter().find(|(name, _)| *name == part) else {
        return vec![format!("{}: `{part}` has no row in MAY_NAME", file.display())];
    };
    let known: BTreeSet<&str> = MAY_NAME.iter().map(|(name, _)| *name).collect();
    let mut wrong = Vec::new();
    for (number, statement) in statements(source) {
        for named in named_parts(&statement) {
            let fine = named == part || allowed.contains(&named.as_str());
            if known.contains(named.as_str()) && !fine {
                wrong.push(format!("src/{}:{number}: {part} names {named}", file.display()));
            }
        }
    }
    wrong
}

#[test]
fn parts_name_only_what_lies_below_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut wrong = Vec::new();
    for path in files {
        let file = path.strip_prefix(&root).expect("found under src");
        let part = part_of(file);
        // lib.rs only lists the parts; tests may build a world out of all of them.
        if part == "lib" || is_test(file) {
            continue;
        }
        let source = std::fs::read_to_string(&path).expect("a source is text");
        wrong.extend(violations(&part, file, &source));
    }
    assert!(wrong.is_empty(), "against the direction of ARCHITECTURE.md:\n{}", wrong.join("\n"));
}

#[test]
fn the_reader_of_sources_sees_every_way_to_name_a_part() {
    let check = |part: &str, source: &str, lines: &[&str]| {
        assert_eq!(violations(part, Path::new("x.rs"), source), lines, "{source}");
    };
    check("http", "use crate::service::claim;\nuse crate::app::App;", &[]);
    check("http", "use crate::work::Pool;", &["src/x.rs:1: http names work"]);
    check("service", "use crate::{host, http::error};", &["src/x.rs:1: service names http"]);
    check("work", "\nuse crate::{\n  app::App,\n  http,\n};", &["src/x.rs:2: work names http"]);
    check("net", "let x = crate::app::App::new();", &["src/x.rs:1: net names app"]);
    check("net", "// crate::app is above us", &[]);
    check("service", "pub(crate) use crate::service::x;", &[]);
    check("unheard", "", &["x.rs: `unheard` has no row in MAY_NAME"]);
}
