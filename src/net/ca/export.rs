//! The public half in the forms that people and systems want it in.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use rustls::pki_types::CertificateDer;
use stead_rules::time::WallMs;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use super::{Authority, Leaf};

/// PEM lines are this long (RFC 7468 §2).
const PEM_LINE: usize = 64;

/// The SHA-256 of a certificate or of a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    fn of(bytes: &[u8]) -> Self {
        let hash = digest(&SHA256, bytes);
        Self(std::array::from_fn(|at| hash.as_ref().get(at).copied().unwrap_or(0)))
    }

    /// As in pins and Content-Security-Policy.
    #[must_use]
    pub fn base64(&self) -> String {
        STANDARD.encode(self.0)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// `AB:CD:…`, as every browser's certificate viewer shows it.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs: Vec<_> = self.0.iter().map(|byte| format!("{byte:02X}")).collect();
        f.write_str(&pairs.join(":"))
    }
}

impl Authority {
    /// The certificate for Linux, Android and curl.
    #[must_use]
    pub fn pem(&self) -> String {
        pem(&self.certificate)
    }

    /// The certificate for Windows and Android, `application/x-x509-ca-cert`.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.certificate
    }

    /// The SHA-256 of the whole certificate: what people compare.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.certificate)
    }

    /// A profile for iPhone, iPad and Mac, `application/x-apple-aspen-config`. Its identifiers
    /// come from the fingerprint, so installing it twice replaces it.
    #[must_use]
    pub fn mobileconfig(&self) -> String {
        let mark = self.fingerprint();
        let name = common_name(&self.certificate).unwrap_or_else(|| String::from("Stead"));
        let payload = STANDARD.encode(&self.certificate);
        profile(&escape(&name), &payload, &uuid(&mark, 0), &uuid(&mark, 16))
    }
}

impl Leaf {
    /// The certificate alone.
    #[must_use]
    pub fn pem(&self) -> String {
        pem(&self.certificate)
    }

    /// The SHA-256 of the whole certificate.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.certificate)
    }

    /// The certificate as it is served.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.certificate
    }

    /// The private key, PKCS #8, for the one place that serves with it.
    pub(in crate::net) fn key_der(&self) -> &[u8] {
        self.key.serialized_der()
    }

    /// The SHA-256 of the public key, by which some browsers pin.
    #[must_use]
    pub fn spki_hash(&self) -> Fingerprint {
        let parsed = X509Certificate::from_der(&self.certificate);
        Fingerprint::of(parsed.as_ref().map_or(&[], |(_, parsed)| parsed.public_key().raw))
    }

    /// When it ends.
    #[must_use]
    pub const fn not_after(&self) -> WallMs {
        self.facts.not_after
    }
}

fn pem(certificate: &CertificateDer<'_>) -> String {
    let text = STANDARD.encode(certificate);
    let mut lines = vec![String::from("-----BEGIN CERTIFICATE-----")];
    // Base64 is ASCII, so cutting anywhere is fine.
    lines.extend(text.as_bytes().chunks(PEM_LINE).map(|l| String::from_utf8_lossy(l).into_owned()));
    lines.push(String::from("-----END CERTIFICATE-----\n"));
    lines.join("\n")
}

fn common_name(certificate: &CertificateDer<'_>) -> Option<String> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let name = parsed.subject().iter_common_name().next()?.as_str().ok()?;
    Some(name.to_owned())
}

/// A version-8 UUID (RFC 9562 §5.8) of 16 bytes of the fingerprint.
fn uuid(mark: &Fingerprint, from: usize) -> String {
    let taken: Vec<u8> = mark.0.iter().skip(from).take(16).copied().collect();
    let number = taken.iter().fold(0_u128, |sum, byte| (sum << 8) | u128::from(*byte));
    let number = (number & !(0xf_u128 << 76) & !(0x3_u128 << 62)) | (0x8 << 76) | (0x2 << 62);
    let hex = format!("{number:032X}");
    let cut = |from: usize, to: usize| hex.get(from..to).unwrap_or_default().to_owned();
    [cut(0, 8), cut(8, 12), cut(12, 16), cut(16, 20), cut(20, 32)].join("-")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn profile(name: &str, certificate: &str, inner: &str, outer: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>PayloadContent</key>
	<array>
		<dict>
			<key>PayloadCertificateFileName</key>
			<string>stead.cer</string>
			<key>PayloadContent</key>
			<data>{certificate}</data>
			<key>PayloadDescription</key>
			<string>Lets this device check that it talks to {name}. It is limited to the names and addresses of that one box.</string>
			<key>PayloadDisplayName</key>
			<string>{name}</string>
			<key>PayloadIdentifier</key>
			<string>app.stead.ca.{inner}</string>
			<key>PayloadType</key>
			<string>com.apple.security.root</string>
			<key>PayloadUUID</key>
			<string>{inner}</string>
			<key>PayloadVersion</key>
			<integer>1</integer>
		</dict>
	</array>
	<key>PayloadDisplayName</key>
	<string>{name}</string>
	<key>PayloadDescription</key>
	<string>After installing, switch it on under Settings, General, About, Certificate Trust Settings.</string>
	<key>PayloadIdentifier</key>
	<string>app.stead.profile.{outer}</string>
	<key>PayloadRemovalDisallowed</key>
	<false/>
	<key>PayloadType</key>
	<string>Configuration</string>
	<key>PayloadUUID</key>
	<string>{outer}</string>
	<key>PayloadVersion</key>
	<integer>1</integer>
</dict>
</plist>
"#
    )
}
