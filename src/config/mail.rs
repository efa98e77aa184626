//! The server by which mail goes out.

use std::net::IpAddr;
use std::path::PathBuf;

use lettre::message::Mailbox;

use super::checked::absolute;
use super::problem::Problem;
use super::raw::RawMail;

/// A server that takes mail (RFC 6409), and what it is shown.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Its name, which its certificate must be of.
    pub server: String,
    /// Its port.
    pub port: u16,
    /// How the way there is kept secret.
    pub security: MailSecurity,
    /// Who writes.
    pub from: Mailbox,
    /// As whom this server signs in there; none where nobody must.
    pub user: Option<String>,
    /// The file with the password.
    pub password_file: Option<PathBuf>,
    /// The certificates that vouch for it, in place of the usual ones.
    pub ca: Option<PathBuf>,
}

/// How the way to a mail server is kept secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailSecurity {
    /// TLS from the first byte (RFC 8314).
    Tls,
    /// TLS after STARTTLS (RFC 3207), and never without.
    StartTls,
    /// None: it is this machine.
    Loopback,
}

impl MailSecurity {
    /// The usual port for it.
    const fn port(self) -> u16 {
        match self {
            Self::Tls => 465,
            Self::StartTls => 587,
            Self::Loopback => 25,
        }
    }
}

/// Checks the section; none where no mail goes out.
pub(super) fn mail(raw: RawMail, note: &mut impl FnMut(Problem)) -> Option<Mail> {
    let server = raw.server.trim().to_owned();
    if server.is_empty() {
        if !raw.from.trim().is_empty() || !raw.user.trim().is_empty() {
            note(
                Problem::new("mail.server is missing")
                    .hint("name the server that takes your mail, or take the section away"),
            );
        }
        return None;
    }
    let security = security(&raw.security, &server, note);
    let from = from(&raw.from, note);
    let file = |path: PathBuf| (!path.as_os_str().is_empty()).then(|| absolute(&path));
    let user = Some(raw.user.trim().to_owned()).filter(|user| !user.is_empty());
    let password_file = file(raw.password_file);
    if user.is_some() != password_file.is_some() {
        note(
            Problem::new("of mail.user and mail.password_file one is set, and one is not")
                .hint("set both, or none if the server takes mail without a sign-in"),
        );
    }
    let (security, from) = (security?, from?);
    let port = if raw.port == 0 { security.port() } else { raw.port };
    Some(Mail { server, port, security, from, user, password_file, ca: file(raw.ca) })
}

fn security(text: &str, server: &str, note: &mut impl FnMut(Problem)) -> Option<MailSecurity> {
    let here = server.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    match text {
        "tls" => Some(MailSecurity::Tls),
        "starttls" => Some(MailSecurity::StartTls),
        "none" if here => Some(MailSecurity::Loopback),
        "none" => {
            note(
                Problem::new("mail.security = \"none\" is for a server at 127.0.0.1 or ::1 alone")
                    .hint("use \"starttls\" or \"tls\""),
            );
            None
        }
        other => {
            note(
                Problem::new(format!("mail.security: there is no {other:?}"))
                    .hint("one of starttls, tls, none"),
            );
            None
        }
    }
}

fn from(text: &str, note: &mut impl FnMut(Problem)) -> Option<Mailbox> {
    let from = text.trim().parse().ok();
    if from.is_none() {
        note(
            Problem::new(format!("mail.from: {text:?} is no address to write from"))
                .hint("for instance \"Stead <stead@example.net>\""),
        );
    }
    from
}
