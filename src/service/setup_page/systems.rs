//! How the certificate is installed and removed, system by system, with a picture of the screen on
//! which it is switched on.
//!
//! The pictures are drawn, not photographed, like those of [`super::warning`].

/// Systems, and Firefox, which keeps certificates of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// iPhone and iPad.
    Ios,
    /// Android.
    Android,
    /// Windows.
    Windows,
    /// Mac.
    MacOs,
    /// Firefox on any system but iOS.
    Firefox,
    /// Linux.
    Linux,
}

const ALL: [System; 6] =
    [System::Ios, System::Android, System::Windows, System::MacOs, System::Firefox, System::Linux];

/// One line of a drawn screen.
enum Line {
    /// Words that only are there.
    Words(&'static str),
    /// Something to tap, with its number.
    Tap(u8, &'static str),
    /// A switch, with its number.
    Switch(u8, &'static str),
}

impl System {
    /// Guesses from a `User-Agent` header; only the order of the page depends on it.
    #[must_use]
    pub fn of(user_agent: &str) -> Option<Self> {
        let has = |word: &str| user_agent.contains(word);
        let signs = [
            (has("iPhone") || has("iPad"), Self::Ios),
            (has("Firefox/") && !has("Android"), Self::Firefox),
            (has("Android"), Self::Android),
            (has("Windows"), Self::Windows),
            (has("Macintosh"), Self::MacOs),
            (has("Linux"), Self::Linux),
        ];
        signs.into_iter().find(|(there, _)| *there).map(|(_, system)| system)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Ios => "iPhone and iPad",
            Self::Android => "Android",
            Self::Windows => "Windows",
            Self::MacOs => "Mac",
            Self::Firefox => "Firefox on a computer",
            Self::Linux => "Linux",
        }
    }

    const fn file(self) -> (&'static str, &'static str) {
        match self {
            Self::Ios => ("/api/v1/ca.mobileconfig", "Get the profile"),
            Self::Android | Self::Windows | Self::MacOs => {
                ("/api/v1/ca.crt", "Get the certificate")
            }
            Self::Firefox | Self::Linux => ("/api/v1/ca.pem", "Get the certificate"),
        }
    }

    const fn steps(self) -> &'static [&'static str] {
        match self {
            Self::Ios => &[
                "Get the profile in Safari and allow the download.",
                "Open Settings, tap <strong>Profile Downloaded</strong>, then \
                 <strong>Install</strong>, and confirm.",
                "In Settings, open General, About, <strong>Certificate Trust Settings</strong> and \
                 switch “Stead …” on. Without this step nothing changes.",
            ],
            Self::Android => &[
                "Get the certificate; it is kept in Downloads.",
                "Open Settings and search for <strong>CA certificate</strong> (it is under Security, \
                 Encryption &amp; credentials, Install a certificate).",
                "Choose <strong>Install anyway</strong> and pick the file. Then close the browser \
                 and open it again.",
            ],
            Self::Windows => &[
                "Get the certificate, open it and choose <strong>Install Certificate</strong> for \
                 the current user.",
                "Choose <strong>Place all certificates in the following store</strong> and pick \
                 <strong>Trusted Root Certification Authorities</strong>.",
                "Compare the thumbprint if you are asked, and confirm.",
            ],
            Self::MacOs => &[
                "Get the certificate and open it: it goes into Keychain Access, under login.",
                "Open the entry “Stead …” there, then <strong>Trust</strong>.",
                "At “When using this certificate” choose <strong>Always Trust</strong>, close the \
                 window and confirm.",
            ],
            Self::Firefox => &[
                "Get the certificate.",
                "Open Settings, Privacy &amp; Security, Certificates, <strong>View \
                 Certificates</strong>, Authorities, <strong>Import</strong> and pick the file.",
                "Tick <strong>Trust this CA to identify websites</strong> and confirm.",
            ],
            Self::Linux => &[
                "Get the certificate.",
                "Debian and Ubuntu: copy it to <code>/usr/local/share/ca-certificates/stead.crt</code> \
                 and run <code>sudo update-ca-certificates</code>. Fedora: <code>sudo trust anchor \
                 stead-ca.pem</code>.",
                "Chrome keeps its own list: Settings, Privacy and security, Security, Manage \
                 certificates, <strong>Custom</strong>, Import.",
            ],
        }
    }

    const fn removal(self) -> &'static str {
        match self {
            Self::Ios => {
                "Settings, General, VPN &amp; Device Management, “Stead …”, <strong>Remove \
                 Profile</strong>."
            }
            Self::Android => {
                "Settings, search for <strong>Trusted credentials</strong>, User, “Stead …”, \
                 <strong>Remove</strong>."
            }
            Self::Windows => {
                "Run <code>certmgr.msc</code>, open Trusted Root Certification Authorities, \
                 Certificates, and delete “Stead …”."
            }
            Self::MacOs => "In Keychain Access, under login, delete “Stead …”.",
            Self::Firefox => {
                "View Certificates, Authorities, “Stead”, <strong>Delete or Distrust</strong>."
            }
            Self::Linux => {
                "Delete the file and run <code>sudo update-ca-certificates --fresh</code>; Fedora: \
                 <code>sudo trust anchor --remove stead-ca.pem</code>."
            }
        }
    }

    const fn screen(self) -> (&'static str, &'static [Line]) {
        match self {
            Self::Ios => (
                "Certificate Trust Settings",
                &[
                    Line::Words("Enable full trust for root certificates"),
                    Line::Switch(3, "Stead …"),
                ],
            ),
            Self::Android => (
                "Install a certificate",
                &[
                    Line::Tap(2, "CA certificate"),
                    Line::Words("Your data won’t be private"),
                    Line::Tap(3, "Install anyway"),
                ],
            ),
            Self::Windows => (
                "Certificate Import Wizard",
                &[
                    Line::Words("Place all certificates in the following store"),
                    Line::Tap(2, "Trusted Root Certification Authorities"),
                    Line::Tap(3, "Finish"),
                ],
            ),
            Self::MacOs => (
                "Keychain Access: Stead …",
                &[Line::Tap(2, "Trust"), Line::Tap(3, "When using: Always Trust")],
            ),
            Self::Firefox => (
                "Certificate Manager: Authorities",
                &[Line::Tap(2, "Import…"), Line::Tap(3, "Trust this CA to identify websites")],
            ),
            Self::Linux => (
                "Terminal",
                &[
                    Line::Words("/usr/local/share/ca-certificates/stead.crt"),
                    Line::Tap(2, "sudo update-ca-certificates"),
                ],
            ),
        }
    }
}

/// One fold-out a system, the likely one first and open. The files are at `files_at`, an origin or
/// nothing, which is ours and needs no escaping.
pub(super) fn guide(files_at: &str, likely: Option<System>) -> String {
    let likely = likely.unwrap_or(System::Ios);
    let rest = ALL.into_iter().filter(|system| *system != likely);
    std::iter::once(likely).chain(rest).map(|one| fold(one, files_at, one == likely)).collect()
}

fn fold(system: System, files_at: &str, open: bool) -> String {
    let open = if open { " open" } else { "" };
    let steps: String = system.steps().iter().map(|step| format!("<li>{step}</li>")).collect();
    let (path, words) = system.file();
    format!(
        "<details{open}><summary>{}</summary><div class=\"inside\">{}<ol class=\"steps\">{steps}\
         </ol><a class=\"go\" href=\"{files_at}{path}\">{words}</a><p class=\"soft after\">To remove \
         it: {}</p></div></details>\n",
        system.name(),
        picture(system),
        system.removal(),
    )
}

const LINE_HEIGHT: u16 = 46;
const FIRST_LINE: u16 = 64;

fn picture(system: System) -> String {
    let (title, lines) = system.screen();
    let mut inside = String::new();
    let mut told = String::new();
    let mut y = FIRST_LINE;
    for line in lines {
        inside.push_str(&drawn(line, y));
        told.push_str(&format!(" {}", read_aloud(line)));
        y += LINE_HEIGHT;
    }
    let height = y + 8;
    format!(
        "<svg class=\"picture\" viewBox=\"0 0 360 {height}\" role=\"img\" \
         aria-label=\"A screen titled {title}.{told}\">\
         <rect class=\"b-glass\" x=\"1\" y=\"1\" width=\"358\" height=\"{}\" rx=\"16\"/>\
         <rect class=\"b-bar\" x=\"14\" y=\"13\" width=\"332\" height=\"30\" rx=\"9\"/>\
         <text class=\"b-1\" x=\"26\" y=\"33\" font-size=\"14\" font-weight=\"600\">{title}</text>\
         {inside}</svg>",
        height - 2
    )
}

fn drawn(line: &Line, y: u16) -> String {
    let baseline = y + 22;
    match line {
        Line::Words(words) => {
            format!("<text class=\"b-2\" x=\"26\" y=\"{baseline}\" font-size=\"13\">{words}</text>")
        }
        Line::Tap(number, words) => format!(
            "<text class=\"b-1\" x=\"36\" y=\"{baseline}\" font-size=\"13.5\">{words}</text>{}",
            pick(*number, y)
        ),
        Line::Switch(number, words) => format!(
            "<text class=\"b-1\" x=\"36\" y=\"{baseline}\" font-size=\"13.5\">{words}</text>\
             <rect class=\"b-button\" x=\"284\" y=\"{}\" width=\"42\" height=\"24\" rx=\"12\"/>\
             <circle class=\"b-glass\" cx=\"314\" cy=\"{}\" r=\"9\"/>{}",
            y + 5,
            y + 17,
            pick(*number, y)
        ),
    }
}

/// A numbered ring around a whole line.
fn pick(number: u8, y: u16) -> String {
    format!(
        "<rect class=\"b-pick\" x=\"20\" y=\"{y}\" width=\"320\" height=\"34\" rx=\"9\"/>\
         <circle class=\"b-badge\" cx=\"20\" cy=\"{y}\" r=\"11\"/>\
         <text class=\"b-digit\" x=\"20\" y=\"{}\" font-size=\"13\">{number}</text>",
        y + 5
    )
}

fn read_aloud(line: &Line) -> String {
    match line {
        Line::Words(words) => format!("{words}."),
        Line::Tap(number, words) => format!("{number}: {words}."),
        Line::Switch(number, words) => format!("{number}: the switch of {words}."),
    }
}
