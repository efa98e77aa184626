//! The commented example file, made from the definitions: it cannot tell of a key that is gone.

use super::raw::{Raw, WORDS};
use std::fmt::Write as _;

const HEAD: &str = "\
# Stead's configuration. Every key is shown with its default; take the `#` away to change one.
# `stead check-config` says what is wrong, and where. Flags of `stead serve` have the last word.
";

/// The example: every section, every key with its words and its default.
#[must_use]
pub fn example() -> String {
    let defaults = toml::Table::try_from(Raw::default()).unwrap_or_default();
    let mut text = HEAD.to_owned();
    for section in WORDS {
        text.push('\n');
        comment(&mut text, section.doc);
        let _ = writeln!(text, "[{}]", section.name);
        for key in section.keys {
            comment(&mut text, key.doc);
            let value = defaults.get(section.name).and_then(|table| table.get(key.name));
            let value = value.map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(text, "#{} = {value}", key.name);
        }
    }
    text
}

fn comment(text: &mut String, lines: &[&str]) {
    for line in lines {
        let _ = writeln!(text, "#{line}");
    }
}
