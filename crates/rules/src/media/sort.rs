//! The keys by which titles are sorted and compared.

/// The key to sort a title by: no case, no accents, no leading English article, numbers by their
/// value. Articles of other languages stay: "Die Hard" belongs under D, "La La Land" under L.
#[must_use]
pub fn sort_title(title: &str) -> String {
    let words = folded_words(title);
    let shown = match words.split_first() {
        Some((first, rest)) if !rest.is_empty() && is_article(first) => rest,
        Some(_) | None => words.as_slice(),
    };
    shown.iter().map(|word| with_padded_numbers(word)).collect::<Vec<_>>().join(" ")
}

/// What two spellings of one title share: letters and digits, no case, no accents.
#[must_use]
pub fn title_key(title: &str) -> String {
    let spelled = title.replace('&', " and ");
    spelled.chars().filter(|c| *c != '\'' && *c != '’').flat_map(folded).collect()
}

fn folded_words(title: &str) -> Vec<String> {
    // "Ocean's" and "A.I." are one word each.
    let plain = title.chars().filter(|c| !matches!(c, '\'' | '’' | '.'));
    let spaced: String = plain.map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    spaced.split_whitespace().map(|word| word.chars().flat_map(folded).collect()).collect()
}

fn is_article(word: &str) -> bool {
    matches!(word, "the" | "a" | "an")
}

fn with_padded_numbers(word: &str) -> String {
    let mut padded = String::new();
    let mut digits = String::new();
    for c in word.chars().chain([' ']) {
        if c.is_ascii_digit() {
            digits.push(c);
        } else {
            flush(&mut padded, &mut digits);
            padded.push(c);
        }
    }
    padded.trim_end().to_owned()
}

fn flush(padded: &mut String, digits: &mut String) {
    if !digits.is_empty() {
        padded.push_str(&format!("{:0>8}", digits.trim_start_matches('0')));
        digits.clear();
    }
}

/// Lower case without accents; nothing for what is neither letter nor digit.
fn folded(c: char) -> impl Iterator<Item = char> {
    let lower = c.to_lowercase().filter(|c| c.is_alphanumeric());
    lower.flat_map(|c| plain_letters(c).chars().chain(own_letter(c)))
}

fn own_letter(c: char) -> Option<char> {
    plain_letters(c).is_empty().then_some(c)
}

/// The plain letters for an accented Latin one; nothing for any other letter.
const fn plain_letters(c: char) -> &'static str {
    match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' | 'ǎ' => "a",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => "e",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
        'ĥ' | 'ħ' => "h",
        'ì' | 'í' | 'î' | 'ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => "i",
        'ĵ' => "j",
        'ķ' => "k",
        'ĺ' | 'ļ' | 'ľ' | 'ł' => "l",
        'ñ' | 'ń' | 'ņ' | 'ň' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' | 'ŏ' | 'ő' => "o",
        'ŕ' | 'ŗ' | 'ř' => "r",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
        'ţ' | 'ť' | 'ŧ' | 'ț' => "t",
        'ù' | 'ú' | 'û' | 'ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => "u",
        'ŵ' => "w",
        'ý' | 'ÿ' | 'ŷ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        'æ' => "ae",
        'œ' => "oe",
        'ß' => "ss",
        'þ' => "th",
        _ => "",
    }
}
