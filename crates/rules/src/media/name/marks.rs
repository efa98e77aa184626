//! What stands in square and curly brackets: numbers of databases, labels, noise.

use super::Ids;

/// A name without its brackets, and what they held.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Marks {
    pub(super) text: String,
    pub(super) ids: Ids,
    pub(super) labels: Vec<String>,
}

/// Takes every `[…]` and `{…}` out of a name.
pub(super) fn take(name: &str) -> Marks {
    let mut marks = Marks::default();
    let mut rest = name;
    while let Some(open) = rest.find(['[', '{']) {
        let (before, from) = rest.split_at(open);
        let close = if from.starts_with('[') { ']' } else { '}' };
        let Some((inside, after)) = from.get(1..).and_then(|inner| inner.split_once(close)) else {
            break;
        };
        marks.text.push_str(before);
        marks.text.push(' ');
        marks.note(inside.trim());
        rest = after;
    }
    marks.text.push_str(rest);
    marks.text = marks.text.split_whitespace().collect::<Vec<_>>().join(" ");
    marks
}

impl Marks {
    fn note(&mut self, inside: &str) {
        let Some((key, value)) = inside.split_once(['-', '=', ':']) else {
            return self.labels.push(inside.to_owned());
        };
        let value = value.trim();
        match key.trim().to_ascii_lowercase().as_str() {
            "tmdb" | "tmdbid" if is_number(value) => self.ids.tmdb = Some(value.to_owned()),
            "tvdb" | "tvdbid" if is_number(value) => self.ids.tvdb = Some(value.to_owned()),
            "imdb" | "imdbid" if is_imdb(value) => self.ids.imdb = Some(value.to_owned()),
            "edition" if !value.is_empty() => self.labels.insert(0, format!("edition {value}")),
            _ => self.labels.push(inside.to_owned()),
        }
    }
}

fn is_number(value: &str) -> bool {
    (1..=12).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_imdb(value: &str) -> bool {
    value.strip_prefix("tt").is_some_and(is_number)
}
