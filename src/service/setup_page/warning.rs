//! The warning that every browser shows before a certificate it does not know: what it looks
//! like and which two buttons lead on, with a picture per family of browsers.
//!
//! The pictures are drawn, not photographed: they follow the colours of the page, need no other
//! file, and a reader hears the same words that a viewer sees.

use super::template::escape;

/// Browsers that show the same warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Chrome, Edge, Brave, Opera, Samsung Internet, on any system but iOS.
    Chromium,
    /// Safari, and every browser on an iPhone or iPad.
    Safari,
    /// Firefox on any system but iOS.
    Firefox,
}

const ALL: [Family; 3] = [Family::Chromium, Family::Safari, Family::Firefox];

impl Family {
    /// Guesses from a `User-Agent` header; only the order of the page depends on it.
    #[must_use]
    pub fn of(user_agent: &str) -> Option<Self> {
        let has = |word: &str| user_agent.contains(word);
        if has("iPhone") || has("iPad") {
            Some(Self::Safari)
        } else if has("Firefox/") {
            Some(Self::Firefox)
        } else if has("Chrome/") || has("Chromium/") {
            Some(Self::Chromium)
        } else if has("Safari/") {
            Some(Self::Safari)
        } else {
            None
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Chromium => "Chrome, Edge, Samsung Internet",
            Self::Safari => "Safari, and any browser on iPhone or iPad",
            Self::Firefox => "Firefox",
        }
    }

    fn steps(self, host: &str) -> [String; 2] {
        match self {
            Self::Chromium => [
                String::from("Tap <strong>Advanced</strong>."),
                format!(
                    "Tap <strong>Proceed to {host} (unsafe)</strong>. Edge says <strong>Continue \
                     to</strong>."
                ),
            ],
            Self::Safari => [
                String::from("Tap <strong>Show Details</strong>."),
                String::from(
                    "At the end of the text, tap <strong>visit this website</strong>, and confirm \
                     with <strong>Visit Website</strong>.",
                ),
            ],
            Self::Firefox => [
                String::from("Choose <strong>Advanced</strong>."),
                format!(
                    "Choose <strong>Accept the Risk and Continue</strong>. Newer versions say \
                     <strong>Proceed to {host} (Risky)</strong>."
                ),
            ],
        }
    }

    fn picture(self, host: &str) -> String {
        match self {
            Self::Chromium => chromium(host),
            Self::Safari => safari(host),
            Self::Firefox => firefox(host),
        }
    }
}

/// One fold-out per family, the likely one first and open.
pub(super) fn guide(host: &str, likely: Option<Family>) -> String {
    let likely = likely.unwrap_or(Family::Chromium);
    let rest = ALL.into_iter().filter(|family| *family != likely);
    std::iter::once(likely).chain(rest).map(|family| fold(family, host, family == likely)).collect()
}

fn fold(family: Family, host: &str, open: bool) -> String {
    let host = escape(host);
    let open = if open { " open" } else { "" };
    let [first, second] = family.steps(&host);
    format!(
        "<details{open}><summary>{}</summary><div class=\"inside\">{}<ol class=\"steps\">\
         <li>{first}</li><li>{second}</li></ol></div></details>\n",
        family.name(),
        family.picture(&shortened(&host)),
    )
}

/// A name that fits the picture; the words below it are never cut.
fn shortened(host: &str) -> String {
    const FITS: usize = 26;
    if host.chars().count() <= FITS {
        return host.to_owned();
    }
    host.chars().take(FITS - 1).chain(['…']).collect()
}

fn frame(label: &str, host: &str, inside: &str) -> String {
    format!(
        "<svg class=\"picture\" viewBox=\"0 0 360 252\" role=\"img\" aria-label=\"{label}\">\
         <rect class=\"b-glass\" x=\"1\" y=\"1\" width=\"358\" height=\"250\" rx=\"16\"/>\
         <rect class=\"b-bar\" x=\"14\" y=\"13\" width=\"332\" height=\"28\" rx=\"14\"/>\
         <path class=\"b-red\" d=\"m29 20 8 14H21z\"/>\
         <text class=\"b-1\" x=\"46\" y=\"32\" font-size=\"13\">{host}</text>{inside}</svg>"
    )
}

/// A numbered ring around what is to be tapped.
fn pick(number: u8, x: u16, y: u16, width: u16, height: u16) -> String {
    format!(
        "<rect class=\"b-pick\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" \
         rx=\"9\"/><circle class=\"b-badge\" cx=\"{x}\" cy=\"{y}\" r=\"11\"/>\
         <text class=\"b-digit\" x=\"{x}\" y=\"{}\" font-size=\"13\">{number}</text>",
        y + 5
    )
}

fn chromium(host: &str) -> String {
    let inside = format!(
        "<path class=\"b-red\" d=\"m37 58 17 30H20z\"/>\
         <text class=\"b-1\" x=\"20\" y=\"112\" font-size=\"17\" font-weight=\"600\">Your connection \
         is not private</text>\
         <rect class=\"b-line\" x=\"20\" y=\"124\" width=\"300\" height=\"6\" rx=\"3\"/>\
         <rect class=\"b-line\" x=\"20\" y=\"137\" width=\"236\" height=\"6\" rx=\"3\"/>\
         <text class=\"b-1\" x=\"34\" y=\"179\" font-size=\"13.5\">Advanced</text>\
         <rect class=\"b-button\" x=\"212\" y=\"160\" width=\"128\" height=\"30\" rx=\"15\"/>\
         <text class=\"b-on\" x=\"276\" y=\"180\" font-size=\"13\">Back to safety</text>\
         <text class=\"b-link\" x=\"34\" y=\"227\" font-size=\"13.5\">Proceed to {host} \
         (unsafe)</text>{}{}",
        pick(1, 20, 159, 92, 31),
        pick(2, 20, 207, 322, 31)
    );
    let label = "The warning of Chrome: Your connection is not private. 1: Advanced, at the \
                 bottom left. 2: the link Proceed, which appears below.";
    frame(label, host, &inside)
}

fn safari(host: &str) -> String {
    let inside = format!(
        "<text class=\"b-1\" x=\"20\" y=\"80\" font-size=\"19\" font-weight=\"700\">This Connection \
         Is Not Private</text>\
         <rect class=\"b-line\" x=\"20\" y=\"94\" width=\"316\" height=\"6\" rx=\"3\"/>\
         <rect class=\"b-line\" x=\"20\" y=\"107\" width=\"262\" height=\"6\" rx=\"3\"/>\
         <text class=\"b-1\" x=\"34\" y=\"147\" font-size=\"13.5\">Show Details</text>\
         <rect class=\"b-bar\" x=\"240\" y=\"127\" width=\"100\" height=\"31\" rx=\"9\"/>\
         <text class=\"b-2\" x=\"290\" y=\"147\" font-size=\"13\" text-anchor=\"middle\">Go \
         Back</text>\
         <rect class=\"b-line\" x=\"20\" y=\"176\" width=\"316\" height=\"6\" rx=\"3\"/>\
         <text class=\"b-2\" x=\"40\" y=\"199\" font-size=\"13\">… you understand the risks, you \
         can</text>\
         <text class=\"b-link\" x=\"34\" y=\"229\" font-size=\"13.5\">visit this website</text>{}{}",
        pick(1, 20, 127, 114, 31),
        pick(2, 20, 209, 138, 31)
    );
    let label = "The warning of Safari: This Connection Is Not Private. 1: Show Details. 2: the \
                 link visit this website, at the end of the text that appears.";
    frame(label, host, &inside)
}

fn firefox(host: &str) -> String {
    let inside = format!(
        "<path class=\"b-badge\" d=\"m37 58 17 30H20z\"/>\
         <text class=\"b-1\" x=\"64\" y=\"74\" font-size=\"16.5\" font-weight=\"650\">Warning: \
         Potential Security</text>\
         <text class=\"b-1\" x=\"64\" y=\"95\" font-size=\"16.5\" font-weight=\"650\">Risk \
         Ahead</text>\
         <rect class=\"b-line\" x=\"20\" y=\"112\" width=\"316\" height=\"6\" rx=\"3\"/>\
         <rect class=\"b-line\" x=\"20\" y=\"125\" width=\"250\" height=\"6\" rx=\"3\"/>\
         <rect class=\"b-button\" x=\"74\" y=\"146\" width=\"126\" height=\"30\" rx=\"6\"/>\
         <text class=\"b-on\" x=\"137\" y=\"166\" font-size=\"13\">Go Back</text>\
         <rect class=\"b-bar\" x=\"220\" y=\"146\" width=\"118\" height=\"30\" rx=\"6\"/>\
         <text class=\"b-1\" x=\"279\" y=\"166\" font-size=\"13\" \
         text-anchor=\"middle\">Advanced…</text>\
         <rect class=\"b-bar\" x=\"118\" y=\"204\" width=\"220\" height=\"30\" rx=\"6\"/>\
         <text class=\"b-1\" x=\"228\" y=\"224\" font-size=\"13\" text-anchor=\"middle\">Accept the \
         Risk and Continue</text>{}{}",
        pick(1, 217, 143, 124, 36),
        pick(2, 115, 201, 226, 36)
    );
    let label = "The warning of Firefox: Warning: Potential Security Risk Ahead. 1: Advanced. \
                 2: Accept the Risk and Continue, below.";
    frame(label, host, &inside)
}
