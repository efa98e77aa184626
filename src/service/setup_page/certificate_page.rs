//! The page about the box's certificate: what it can and cannot do, how a device comes to trust it,
//! and how it is taken away again. It is there in every state, for everybody.
//!
//! On the plain port the same page leads to TLS for the files themselves: there anybody on the way
//! could put another certificate in their place.

use std::net::IpAddr;

use super::systems::{self, System};
use super::template::{self, Page, escape};

/// What the page is made from.
#[derive(Debug, Clone)]
pub struct CertificatePage<'a> {
    /// The names that the authority may vouch for.
    pub names: &'a [String],
    /// The single addresses that it may vouch for.
    pub addresses: &'a [IpAddr],
    /// SHA-256 of the authority, as text.
    pub fingerprint: &'a str,
    /// The day on which it ends, such as `15 Jan 2046`.
    pub ends: &'a str,
    /// Where the files are: nothing for the same server, or its `https://` origin.
    pub files_at: &'a str,
    /// The system of whoever reads, as far as it can be told.
    pub system: Option<System>,
}

/// The whole page.
#[must_use]
pub fn render(page: &CertificatePage<'_>) -> Page {
    let body = format!(
        "<h1>The certificate of this server</h1>\n<p class=\"lede\">Installed on a device, it ends \
         the warning of the browser. iPhones need it to play films in the browser and to use \
         passkeys.</p>\n{}{}{}<section><h2>Install it, and remove it</h2><p class=\"soft\">Each \
         system asks in its own words. Removing it costs nothing but the warning, which comes \
         back.</p>{}</section>\n{}",
        can(page),
        cannot(),
        hint(page),
        systems::guide(page.files_at, page.system),
        comparison(page),
    );
    template::page("The certificate of this server – Stead", &body)
}

fn can(page: &CertificatePage<'_>) -> String {
    let names = page.names.iter().map(|name| code(name));
    let addresses = page.addresses.iter().map(|address| code(&address.to_string()));
    let covered: Vec<_> = names.chain(addresses).collect();
    format!(
        "<section class=\"card\"><h2>What it can do</h2><ul class=\"plain\">\
         <li>Vouch for this one server, under these names and single addresses: {}.</li>\
         <li>Do so until {}. Its key never leaves the server, except in a backup.</li></ul>\
         </section>\n",
        covered.join(", "),
        escape(page.ends)
    )
}

fn code(text: &str) -> String {
    format!("<code>{}</code>", escape(text))
}

fn cannot() -> &'static str {
    "<section class=\"card\"><h2>What it cannot do</h2><ul class=\"plain\">\
     <li>Vouch for any other site: not for your bank, your mail or a shop.</li>\
     <li>Vouch for your router or any other device, although they are in the same network. Other \
     addresses, also of the same network, are not in it.</li>\
     <li>Read or change what you do elsewhere. It is no VPN and manages no device, although iPhones \
     list it under that title.</li></ul>\
     <p class=\"soft\">The limits stand in the certificate itself, and the device refuses whatever \
     goes beyond them. Whoever stole its key could pose as this server, and where there is a second \
     Stead server as <code>stead.local</code>; as nothing else.</p></section>\n"
}

fn hint(page: &CertificatePage<'_>) -> &'static str {
    if page.files_at.is_empty() {
        ""
    } else {
        "<section class=\"card key\"><h2>The files come by the secure page</h2><p>The links below \
         lead there, and the browser warns one last time. On this page, anybody on the way could \
         have changed them.</p></section>\n"
    }
}

fn comparison(page: &CertificatePage<'_>) -> String {
    format!(
        "<section class=\"card\"><h2>Is it the right one?</h2><p class=\"soft\">While installing, \
         the device shows a fingerprint (SHA-256). It is the one that stands in the set-up file and \
         under Settings, “This server”:</p><p class=\"mono\">{}</p></section>\n",
        template::fingerprint(page.fingerprint)
    )
}
