//! Age ratings as files carry them, read as an age in years.
//!
//! ```text
//! "US:PG-13"  "Rated PG-13 for some violence"  "mpaa|PG-13|300|"   ─▶ 13
//! "Germany:16"  "DE-16"  "FSK 16"  "ab 16"                         ─▶ 16
//! "Not Rated"  "passed by nobody"  ""                              ─▶ nothing: unrated
//! ```
//!
//! An age is the youngest for whom the board says a title is made, or may be seen alone. What the
//! boards publish is where the tables come from: the Motion Picture Association's "Guide to Ratings"
//! (G, PG, PG-13, R, NC-17), the TV Parental Guidelines (TV-Y to TV-MA), the British Board of Film
//! Classification's guidelines (U from four, PG from about eight), the Freiwillige Selbstkontrolle
//! der Filmwirtschaft (0, 6, 12, 16, 18), the Australian and New Zealand classification offices, and
//! the boards of the countries that are named. Where a board advises parents and names no age, it
//! is ten.
//!
//! A word without a country is read as the American one where there is such, else as the strictest
//! that is known: a limit that hides a title too many is noticed and put right by hand.

use crate::limits::{AGE_MAX, CERTIFICATE_CHARS_MAX};

/// An age in years, 0 to 21, of a title or of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Age(u8);

/// No age that a title or a limit can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an age is from 0 to {AGE_MAX}")]
pub struct BadAge;

impl Age {
    /// This many years.
    ///
    /// # Errors
    /// [`BadAge`] beyond 21.
    pub const fn years(years: u8) -> Result<Self, BadAge> {
        if years > AGE_MAX { Err(BadAge) } else { Ok(Self(years)) }
    }

    /// How many years.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// Up to which age somebody sees titles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AgeLimit {
    /// What is rated above is hidden.
    pub up_to: Age,
    /// Whether films and series that nobody has rated are hidden, too.
    pub hides_unrated: bool,
}

impl AgeLimit {
    /// The stricter of both: by a profile one never sees more than its person does.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            up_to: self.up_to.min(other.up_to),
            hides_unrated: self.hides_unrated || other.hides_unrated,
        }
    }

    /// Whether a title of this age is shown. `is_rated_kind` tells films and series from music and
    /// photos, which nobody rates: without a rating these are always shown.
    #[must_use]
    pub fn shows(self, age: Option<Age>, is_rated_kind: bool) -> bool {
        match age {
            Some(age) => age <= self.up_to,
            None => !(self.hides_unrated && is_rated_kind),
        }
    }
}

/// The age that a certificate stands for; `None` when it says none, or nothing that is known. Of
/// several countries' certificates in one text the strictest counts.
#[must_use]
pub fn certificate_age(text: &str) -> Option<Age> {
    let text: String = text.chars().take(CERTIFICATE_CHARS_MAX).collect();
    let spaced = text.replace(" / ", ";");
    spaced.split([';', ',', '\n']).filter_map(one).max()
}

fn one(text: &str) -> Option<Age> {
    let text = text.trim().to_ascii_uppercase();
    if let Some((board, rest)) = text.split_once('|') {
        // As iTunes writes it: board, certificate, sorting key.
        let country = board.split('-').next().and_then(country);
        return in_words(country, rest.split('|').next().unwrap_or_default());
    }
    if let Some((place, rest)) = text.split_once(':') {
        return in_words(country(place.trim()), rest);
    }
    if let Some((place, rest)) = text.split_once('-')
        && place.len() == 2
        && let Some(country) = country(place)
    {
        return in_words(Some(country), rest);
    }
    in_words(None, &text)
}

/// A certificate among words: `Rated R for violence`, `FSK 12`, `R (restricted)`.
fn in_words(country: Option<Country>, text: &str) -> Option<Age> {
    let text = text.trim();
    let text = text.strip_prefix("RATED ").unwrap_or(text);
    let text = text.split(" FOR ").next().unwrap_or(text);
    let before = text.split('(').next().filter(|before| !before.trim().is_empty());
    let text = before.unwrap_or(text).trim();
    let (country, text) = match board(text) {
        Some((country, rest)) => (Some(country), rest),
        None => (country, text),
    };
    let key: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    by_country(country, &key).or_else(|| by_number(&key))
}

/// A board's name before its certificate.
fn board(text: &str) -> Option<(Country, &str)> {
    const BOARDS: [(&str, Country); 8] = [
        ("MPAA", Country::UnitedStates),
        ("MPA", Country::UnitedStates),
        ("BBFC", Country::UnitedKingdom),
        ("FSK", Country::Germany),
        ("IFCO", Country::Ireland),
        ("KIJKWIJZER", Country::Elsewhere),
        ("OFLC", Country::Australia),
        ("ACB", Country::Australia),
    ];
    let (name, country) = BOARDS.iter().find(|(name, _)| text.starts_with(name))?;
    let rest = text.get(name.len()..)?;
    Some((*country, rest.trim_start_matches([' ', '-', '_', ':', '.'])))
}

/// Where certificates are words of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Country {
    UnitedStates,
    UnitedKingdom,
    Ireland,
    Germany,
    Australia,
    NewZealand,
    Canada,
    India,
    Mexico,
    Japan,
    Nordic,
    Latin,
    /// A country that is known by name and whose certificates are numbers, or its own word for all.
    Elsewhere,
}

/// A country by its ISO 3166 code or by its name, as files have it.
fn country(name: &str) -> Option<Country> {
    use Country::{
        Australia, Canada, Elsewhere, Germany, India, Ireland, Japan, Latin, Mexico, NewZealand,
        Nordic, UnitedKingdom, UnitedStates,
    };
    Some(match name {
        "US" | "USA" | "UNITED STATES" | "UNITED STATES OF AMERICA" | "MPAA" => UnitedStates,
        "GB" | "UK" | "GBR" | "UNITED KINGDOM" | "GREAT BRITAIN" | "BBFC" => UnitedKingdom,
        "IE" | "IRL" | "IRELAND" => Ireland,
        "DE" | "DEU" | "GERMANY" | "DEUTSCHLAND" | "FSK" => Germany,
        "AU" | "AUS" | "AUSTRALIA" => Australia,
        "NZ" | "NZL" | "NEW ZEALAND" => NewZealand,
        "CA" | "CAN" | "CANADA" => Canada,
        "IN" | "IND" | "INDIA" => India,
        "MX" | "MEX" | "MEXICO" => Mexico,
        "JP" | "JPN" | "JAPAN" => Japan,
        "DK" | "SE" | "NO" | "FI" | "IS" | "DENMARK" | "SWEDEN" | "NORWAY" | "FINLAND"
        | "ICELAND" => Nordic,
        "FR" | "ES" | "IT" | "PT" | "BR" | "AR" | "CL" | "CO" | "FRANCE" | "SPAIN" | "ITALY"
        | "PORTUGAL" | "BRAZIL" | "ARGENTINA" | "CHILE" | "COLOMBIA" => Latin,
        "AT" | "CH" | "NL" | "BE" | "LU" | "PL" | "CZ" | "SK" | "HU" | "RO" | "BG" | "GR"
        | "EE" | "LV" | "LT" | "RU" | "UA" | "TR" | "KR" | "CN" | "HK" | "TW" | "SG" | "MY"
        | "TH" | "PH" | "ID" | "ZA" | "AUSTRIA" | "SWITZERLAND" | "NETHERLANDS" | "BELGIUM"
        | "POLAND" | "HUNGARY" | "RUSSIA" | "SOUTH KOREA" | "SINGAPORE" | "MALAYSIA"
        | "HONG KONG" | "TAIWAN" | "SOUTH AFRICA" => Elsewhere,
        _ => return None,
    })
}

/// Words, not numbers. A country's own meaning goes first.
fn by_country(country: Option<Country>, key: &str) -> Option<Age> {
    let own = country.and_then(|country| match country {
        Country::UnitedStates => united_states(key),
        Country::UnitedKingdom | Country::Ireland => british(key),
        Country::Australia => australian(key),
        Country::NewZealand => new_zealand(key),
        Country::Canada => canadian(key),
        Country::India => indian(key),
        Country::Mexico => mexican(key),
        Country::Japan => (key == "G").then_some(0),
        Country::Nordic => matches!(key, "A" | "BTL" | "S" | "L" | "T").then_some(0),
        Country::Latin => matches!(key, "A" | "U" | "T" | "L" | "AL").then_some(0),
        Country::Germany => german(key),
        Country::Elsewhere => (key == "III").then_some(18),
    });
    own.or_else(|| united_states(key)).or_else(|| of_anybody(key)).map(Age)
}

/// Motion Picture Association and TV Parental Guidelines. To a title that is NC-17 nobody of
/// seventeen is let in; to one that is R, with a parent.
fn united_states(key: &str) -> Option<u8> {
    Some(match key {
        "G" | "TVY" | "TVG" => 0,
        "TVY7" | "TVY7FV" => 7,
        "PG" | "GP" | "TVPG" => 10,
        "PG13" => 13,
        "TV14" => 14,
        "R" | "TVMA" => 17,
        "NC17" | "X" => 18,
        // With what it is for: dialogue, language, sexual situations, violence.
        _ => {
            let bare = key.trim_end_matches(['D', 'L', 'S', 'V']);
            return (bare.starts_with("TV") && bare != key).then(|| united_states(bare)).flatten();
        }
    })
}

fn german(key: &str) -> Option<u8> {
    match key {
        "OA" | "OHNE" => Some(0),
        "KJ" => Some(18),
        _ => key.starts_with("OHNEALTERSB").then_some(0),
    }
}

fn british(key: &str) -> Option<u8> {
    Some(match key {
        "UC" | "G" => 0,
        "U" => 4,
        "PG" => 8,
        "AA" => 14,
        _ => return None,
    })
}

fn australian(key: &str) -> Option<u8> {
    Some(match key {
        "P" | "C" | "G" => 0,
        "PG" => 10,
        "M" | "MA" | "AV" => 15,
        "R" | "X" => 18,
        _ => return None,
    })
}

fn new_zealand(key: &str) -> Option<u8> {
    Some(match key {
        "G" => 0,
        "PG" => 10,
        "M" => 16,
        "R" | "AO" => 18,
        _ => return None,
    })
}

fn canadian(key: &str) -> Option<u8> {
    Some(match key {
        "G" | "C" => 0,
        "C8" => 8,
        "PG" => 10,
        "R" | "A" | "E" => 18,
        _ => return None,
    })
}

fn indian(key: &str) -> Option<u8> {
    Some(match key {
        "U" => 0,
        "UA" => 12,
        "A" | "S" => 18,
        _ => return None,
    })
}

fn mexican(key: &str) -> Option<u8> {
    Some(match key {
        "AA" | "A" => 0,
        "B" => 12,
        "C" | "D" => 18,
        _ => return None,
    })
}

/// Words that mean the same wherever they are used, or else the strictest that they mean.
fn of_anybody(key: &str) -> Option<u8> {
    Some(match key {
        "ALL" | "AL" | "ATP" | "TP" | "APTA" | "BTL" | "LIVRE" | "UC" | "0" | "TOUSPUBLICS" => 0,
        "U" => 4,
        "UA" => 12,
        "MA" => 15,
        "M" => 16,
        "A" | "AO" | "XXX" => 18,
        _ => return None,
    })
}

/// A number, perhaps with the letters that boards put around it: `12+`, `15A`, `R18`, `VM14`, `K-16`.
fn by_number(key: &str) -> Option<Age> {
    const BEFORE: [&str; 21] = [
        "",
        "FREIGEGEBENAB",
        "FSK",
        "AB",
        "PG",
        "R",
        "RP",
        "M",
        "MA",
        "NC",
        "P",
        "K",
        "VM",
        "UA",
        "X",
        "B",
        "TV",
        "SAM",
        "T",
        "A",
        "DE",
    ];
    let first = key.find(|c: char| c.is_ascii_digit())?;
    let (before, rest) = key.split_at_checked(first)?;
    let digits = rest.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let after = rest.get(digits.len()..)?;
    let is_known = BEFORE.contains(&before)
        && matches!(after, "" | "A" | "PG" | "PLUS" | "ANS" | "YEARS" | "JAHRE" | "JAHREN");
    let years: u8 = digits.parse().ok().filter(|_| is_known)?;
    Age::years(years).ok()
}
