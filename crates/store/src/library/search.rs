//! Search by the words of a title, or of what it is part of.

use stead_rules::ids::{LibraryId, UserId};

use super::item::{
    ItemRow, closed_list, item_columns, not_closed, picture_within_age, seen_by_user,
    title_within_age, visible, within_age,
};
use super::lists::rows;
use crate::{Library, ReadTx, StoreError};

/// Most words that are looked at.
const WORDS_MAX: usize = 8;

/// Up to `limit` items that hold all words of `text`, the last as a beginning, best first; nothing
/// of `closed` libraries.
///
/// # Errors
/// [`StoreError`].
pub fn search(
    tx: &ReadTx<'_, Library>,
    user: UserId,
    closed: &[LibraryId],
    text: &str,
    limit: u32,
) -> Result<Vec<ItemRow>, StoreError> {
    let Some(question) = question(text) else { return Ok(Vec::new()) };
    let sql = concat!(
        "SELECT ",
        item_columns!(),
        " FROM item_text t CROSS JOIN item i ON i.n = t.rowid",
        seen_by_user!(),
        "WHERE ",
        not_closed!("?4"),
        "AND item_text MATCH ?2 AND i.missing_ms IS NULL \
         ORDER BY bm25(item_text, 10.0, 1.0), i.sort_title, i.n LIMIT ?3"
    );
    rows(tx, sql, (user.as_bytes(), question, limit, closed_list(closed)))
}

/// Each word in quotes, so that nothing a person types is an operator.
fn question(text: &str) -> Option<String> {
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(WORDS_MAX)
        .map(|word| format!("\"{word}\""))
        .collect();
    (!words.is_empty()).then(|| format!("{}*", words.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::question;

    #[test]
    fn nothing_that_is_typed_is_an_operator() {
        assert_eq!(question("night OR \"x"), Some("\"night\" \"OR\" \"x\"*".to_owned()));
        assert_eq!(question("  *^:-() "), None);
    }
}
