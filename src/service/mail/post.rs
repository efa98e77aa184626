//! Handing one message to the mail server (RFC 6409), over TLS.

use std::fs;
use std::io;
use std::time::Duration;

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::{AsyncSmtpTransport, Error as SmtpError};
use lettre::{AsyncTransport, Tokio1Executor};
use stead_rules::claim::BootText;
use stead_rules::ids::TicketId;
use stead_rules::limits::MAIL_SECONDS;
use tokio::sync::Notify;

use crate::config::{Mail, MailSecurity};

/// The way to the mail server.
pub struct Letterbox {
    way: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    /// Told when something waits.
    pub(super) told: Notify,
    /// Told when somebody does not want to wait for the next try.
    pub(super) hasten: Notify,
}

/// What the configuration names cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// The password.
    #[error("mail.password_file cannot be read")]
    Password(#[source] io::Error),
    /// The certificates.
    #[error("mail.ca cannot be read")]
    Ca(#[source] io::Error),
    /// TLS.
    #[error("mail.ca or mail.server cannot be used for TLS")]
    Tls(#[source] SmtpError),
}

/// A message.
pub(super) struct Letter<'a> {
    pub(super) to: &'a str,
    pub(super) subject: &'a str,
    pub(super) body: &'a str,
    /// What no other message is called.
    pub(super) id: TicketId,
    /// The name of this server, for the message's id.
    pub(super) host: &'a str,
}

/// What became of it.
pub(super) enum Posted {
    /// The server has it.
    Taken,
    /// The server never takes it: the address is wrong, or this server may not write.
    Refused(String),
    /// It was not reached, or asks to come back.
    NotTaken(String),
}

impl Letterbox {
    pub(super) fn new(mail: &Mail) -> Result<Self, SetUpError> {
        let tls = match mail.security {
            MailSecurity::Loopback => Tls::None,
            MailSecurity::StartTls => Tls::Required(trusted(mail)?),
            MailSecurity::Tls => Tls::Wrapper(trusted(mail)?),
        };
        let mut way = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&mail.server)
            .port(mail.port)
            .timeout(Some(Duration::from_secs(MAIL_SECONDS)))
            .tls(tls);
        if let (Some(user), Some(file)) = (&mail.user, &mail.password_file) {
            let password = fs::read(file).map_err(SetUpError::Password)?;
            // Whichever editor saved it.
            let password = BootText::decode(&password).text.trim().to_owned();
            way = way.credentials(Credentials::new(user.clone(), password));
        }
        let (told, hasten) = (Notify::new(), Notify::new());
        Ok(Self { way: way.build(), from: mail.from.clone(), told, hasten })
    }

    /// Who writes.
    #[must_use]
    pub fn from(&self) -> String {
        self.from.to_string()
    }

    pub(super) async fn post(&self, letter: &Letter<'_>) -> Posted {
        let message = match self.message(letter) {
            Ok(message) => message,
            Err(why) => return Posted::Refused(why),
        };
        match self.way.send(message).await {
            Ok(_) => Posted::Taken,
            Err(error) if error.is_permanent() => Posted::Refused(said(&error)),
            Err(error) => Posted::NotTaken(said(&error)),
        }
    }

    /// Written by a program (RFC 3834), so that nobody's "I am away" answers it.
    fn message(&self, letter: &Letter<'_>) -> Result<Message, String> {
        let to = letter.to.parse().map_err(|_| "the address cannot be written to".to_owned())?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(letter.subject)
            .message_id(Some(format!("<{}@{}>", letter.id, letter.host)))
            .raw_header(by_a_program())
            .header(ContentType::TEXT_PLAIN)
            .body(letter.body.to_owned());
        message.map_err(|error| error.to_string())
    }
}

fn by_a_program() -> HeaderValue {
    let name = HeaderName::new_from_ascii_str("Auto-Submitted");
    HeaderValue::new(name, "auto-generated".to_owned())
}

fn trusted(mail: &Mail) -> Result<TlsParameters, SetUpError> {
    let mut tls = TlsParameters::builder(mail.server.clone());
    if let Some(file) = &mail.ca {
        let pem = fs::read(file).map_err(SetUpError::Ca)?;
        tls = tls.certificate_store(CertificateStore::None);
        tls = tls.add_root_certificate(Certificate::from_pem(&pem).map_err(SetUpError::Tls)?);
    } else {
        tls = tls.certificate_store(CertificateStore::WebpkiRoots);
    }
    tls.build_rustls().map_err(SetUpError::Tls)
}

/// What the server said, in one line for people.
fn said(error: &SmtpError) -> String {
    crate::service::chain(error).to_string()
}
