//! The words of the console, from what was seen. Made for 80 columns and 25 lines, which is what a
//! screen without a driver and a serial line have.

use crate::cli::status::{self, Health, Server};
use crate::net::qr;
use std::fmt::Write as _;
use std::net::IpAddr;

#[cfg(test)]
mod tests;

/// How wide a line may be.
const COLUMNS: usize = 80;
/// How many lines there may be: with one more the top of a code to scan is gone.
const ROWS: usize = 24;
/// How wide the words beside a QR code are.
const BESIDE_COLUMNS: usize = 36;
/// Before what is quoted.
const INDENT: &str = "  ";
/// More addresses than this are of no use on a screen.
const ADDRESSES_MAX: usize = 4;

const NO_NETWORK: &str = "No network: is the cable in, and the router on?";

const LOGO: [&str; 4] = ["     ▄▀▄", "   ▄▀   ▀▄", "   █  ▶  █     S t e a d", "   ▀▀▀▀▀▀▀"];

/// What there is to show.
#[derive(Debug)]
pub(super) enum Seen {
    /// Nothing answers.
    Silent {
        /// One line: why the server ended, if it said so.
        said: Option<String>,
    },
    /// Something else answers there.
    Foreign { port: u16 },
    /// The server waits for its owner.
    Waiting {
        /// With the secret, the best first.
        links: Vec<String>,
        /// The code to type.
        code: Option<String>,
        /// It had an owner before.
        again: bool,
        health: Option<Health>,
        addresses: Vec<IpAddr>,
    },
    /// The server has its owner, or somebody becomes it.
    Running { server: Server, health: Option<Health>, addresses: Vec<IpAddr>, port: u16 },
}

/// All that is shown.
pub(super) fn screen(seen: &Seen, ground: qr::Ground) -> String {
    match seen {
        Seen::Silent { said: Some(said) } => ended(said),
        Seen::Silent { said: None } => with_logo(&[
            "Stead does not answer yet.",
            "",
            "After a start, or with an update, this takes a minute or two. If it stays",
            "so, switch the box off and on again; what it keeps is not lost by that.",
        ]),
        Seen::Foreign { port } => {
            let line = format!("Something answers on port {port}, but it is not Stead.");
            with_logo(&[line.as_str()])
        }
        Seen::Waiting { links, code, again, health, addresses } => {
            let shown = waiting(links, code.as_deref(), *again, ground);
            with_what_is_wrong(shown, health.as_ref(), addresses)
        }
        Seen::Running { server, health, addresses, port } => {
            running(server, health.as_ref(), addresses, *port)
        }
    }
}

fn with_logo(lines: &[&str]) -> String {
    LOGO.iter().chain(&[""]).chain(lines).fold(String::new(), |text, line| text + line + "\n")
}

/// Why there is no server.
fn ended(said: &str) -> String {
    let told: Vec<String> = folded(said, COLUMNS - INDENT.len())
        .into_iter()
        .map(|line| format!("{INDENT}{line}"))
        .collect();
    let before = ["Stead does not answer. The last that it said:", ""];
    let after = [
        "",
        "If it stays so, switch the box off and on again; what it keeps is not lost by",
        "that.",
    ];
    let lines = before.into_iter().chain(told.iter().map(String::as_str)).chain(after);
    with_logo(&lines.collect::<Vec<_>>())
}

/// A text in lines of this width, broken between words; a word that is too long is broken itself.
fn folded(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ').map(|word| word.chars().collect::<Vec<_>>()) {
        for piece in word.chunks(width) {
            match lines.last_mut() {
                Some(line) if line.chars().count() + 1 + piece.len() <= width => {
                    line.push(' ');
                    line.extend(piece);
                }
                Some(_) | None => lines.push(piece.iter().collect()),
            }
        }
    }
    lines
}

/// How to claim: the code to scan, and beside it what to type for whoever cannot scan.
fn waiting(links: &[String], code: Option<&str>, again: bool, ground: qr::Ground) -> String {
    let words = words(links, code, again);
    let drawn = links.first().and_then(|best| qr::terminal(best, ground).ok());
    let Some(drawn) = drawn else { return with_logo(&lines(&words)) };
    let beside: Vec<&str> = LOGO.into_iter().chain([""]).chain(lines(&words)).collect();
    let width = drawn.lines().next().map_or(0, visible);
    if width + 2 + BESIDE_COLUMNS > COLUMNS {
        return format!("{drawn}\n{}", with_logo(&lines(&words)));
    }
    side_by_side(&drawn, width, &beside)
}

/// Below it what keeps the box from being reached or from working, as far as there is room.
fn with_what_is_wrong(shown: String, health: Option<&Health>, addresses: &[IpAddr]) -> String {
    let no_network = addresses.is_empty().then(|| NO_NETWORK.to_owned());
    let wrong = no_network.into_iter().chain(health.into_iter().flat_map(Health::ailing));
    let room = ROWS.saturating_sub(shown.lines().count());
    wrong.take(room).fold(shown, |text, line| text + INDENT + &line + "\n")
}

fn lines(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).collect()
}

fn words(links: &[String], code: Option<&str>, again: bool) -> Vec<String> {
    let first = if again { "waits for its new owner." } else { "has no owner yet." };
    let mut words = vec![
        format!("This Stead {first}"),
        String::new(),
        "Scan the code with a phone in the".to_owned(),
        "same network. Or open one of these".to_owned(),
        "in a browser there:".to_owned(),
        String::new(),
    ];
    words.extend(addresses_to_type(links).into_iter().map(|address| format!("  {address}")));
    if let Some(code) = code {
        words.extend([String::new(), format!("and type      {code}")]);
    }
    words.extend([
        String::new(),
        "The browser warns once that it does".to_owned(),
        "not know this server. That is".to_owned(),
        "expected.".to_owned(),
    ]);
    words
}

/// The links without their secret, which nobody types, and without what leads to this machine alone.
fn addresses_to_type(links: &[String]) -> Vec<&str> {
    let addresses = links.iter().filter_map(|link| link.split_once("claim#").map(|(to, _)| to));
    let elsewhere = |address: &&str| {
        let host = address.trim_start_matches("https://");
        !["localhost", "127.", "[::1]"].iter().any(|own| host.starts_with(own))
    };
    addresses
        .filter(elsewhere)
        .filter(|to| to.len() + 2 <= BESIDE_COLUMNS)
        .take(ADDRESSES_MAX)
        .collect()
}

/// Characters that take room; colours take none.
fn visible(line: &str) -> usize {
    let mut rest = line;
    let mut count = 0;
    while let Some(first) = rest.chars().next() {
        if first == '\x1b' {
            rest = rest.split_once('m').map_or("", |(_, after)| after);
        } else {
            count += 1;
            rest = rest.get(first.len_utf8()..).unwrap_or("");
        }
    }
    count
}

fn side_by_side(drawn: &str, width: usize, beside: &[&str]) -> String {
    let mut text = String::new();
    let left: Vec<&str> = drawn.lines().collect();
    let blank = " ".repeat(width);
    for row in 0..left.len().max(beside.len()) {
        let code = left.get(row).copied().unwrap_or(&blank);
        let words = beside.get(row).copied().unwrap_or("");
        let line = if words.is_empty() { code.to_owned() } else { format!("{code}  {words}") };
        let _ = writeln!(text, "{line}");
    }
    text
}

/// Where the server is and how it fares.
fn running(server: &Server, health: Option<&Health>, addresses: &[IpAddr], port: u16) -> String {
    let mut lines = vec![format!("{}, Stead {}", server.name, server.version), String::new()];
    lines.push(format!("  address   {}", status::at_port(port, &server.host_name)));
    for address in addresses.iter().take(ADDRESSES_MAX) {
        let host = match address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        };
        lines.push(format!("            {}", status::at_port(port, &host)));
    }
    if addresses.is_empty() {
        lines.push(format!("            {NO_NETWORK}"));
    }
    lines.push(format!("  state     {}", status::state(server)));
    lines.push(format!("  health    {}", health.map_or("no answer", |health| &health.status)));
    lines.extend(
        health.into_iter().flat_map(Health::ailing).map(|line| format!("            {line}")),
    );
    with_logo(&lines.iter().map(String::as_str).collect::<Vec<_>>())
}
