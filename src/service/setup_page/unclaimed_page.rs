//! What an unclaimed server shows to everybody: that it needs set-up, and every way to get at it.

use super::template::{self, ARROW, Page, escape};

/// What the page is made from.
#[derive(Debug, Clone)]
pub struct UnclaimedPage<'a> {
    /// The `.local` name that is really announced.
    pub host_name: &'a str,
    /// Whether somebody is at it.
    pub progress: Progress,
    /// Whether the system side lets people near play without a sign-in.
    pub open: bool,
    /// The version of the server.
    pub version: &'a str,
}

/// How far set-up is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Nobody has begun.
    Waiting,
    /// A browser has shown a proof and goes through the steps.
    Begun,
    /// Somebody who has the box at hand has opened the way to a new owner.
    Recovery,
}

/// The whole page.
#[must_use]
pub fn render(page: &UnclaimedPage<'_>) -> Page {
    let body = format!(
        "{}{}<section><h2>How to begin</h2><p class=\"soft\">Being in the same network is not enough. \
         The owner is who can show that the server is in their hands, in one of these ways:</p>\
         </section>\n{}{}{}{}<footer>{} · Stead {}</footer>\n",
        banner(page.open),
        opening(page.progress),
        file_way(),
        console_way(),
        code_way(),
        plug_way(),
        escape(page.host_name),
        escape(page.version)
    );
    template::page("This server needs set-up – Stead", &body)
}

fn banner(open: bool) -> &'static str {
    if open {
        "<section class=\"card key\" role=\"note\"><h2>Local security is off</h2><p>Whoever is in a \
         listed network plays the listed folders of this server without a sign-in, by a setting in \
         its configuration. Setting the server up ends that.</p></section>\n"
    } else {
        ""
    }
}

fn opening(progress: Progress) -> &'static str {
    match progress {
        Progress::Waiting => {
            "<h1>This server is waiting for its owner</h1>\n<p class=\"lede\">It is new or was \
             reset. Until somebody sets it up it shows nothing but this page.</p>\n"
        }
        Progress::Recovery => {
            "<h1>This server is waiting for a new owner</h1>\n<p class=\"lede\">Somebody who has it at \
             hand has asked for that. Nothing is lost: media, and the people that it knows, are kept \
             until its new owner decides.</p>\n"
        }
        Progress::Begun => {
            "<h1>Set-up is under way</h1>\n<p class=\"lede\">It goes on in the browser in which it \
             was begun. If that was you on another device, the same link or code lets you go on \
             here. Left alone for 15 minutes, it starts over.</p>\n"
        }
    }
}

fn file_way() -> &'static str {
    "<section class=\"card\"><h2>With the set-up file</h2><p>Open <code>Setup Stead.html</code> on \
     a phone or computer of this network. On a box that was \
     written to a card or disk it lies there, on the drive <code>STEAD-BOOT</code>; elsewhere in the data \
     folder of the server, and <code>stead open</code> says where that is.</p></section>\n"
}

fn console_way() -> &'static str {
    "<section class=\"card\"><h2>With its screen</h2><p>A box shows a QR code \
     for your phone’s camera on its screen or serial line, and with it a code of eight letters. \
     Elsewhere run <code>stead open</code> on the server: it shows both.</p></section>\n"
}

fn code_way() -> String {
    format!(
        "<section class=\"card\"><h2>With a code</h2><p>You have the eight letters, or a code of \
         your own in <code>stead.txt</code>? Then go on right here.</p><a class=\"go\" href=\"/claim\">Enter the code{ARROW}</a></section>\n"
    )
}

fn plug_way() -> String {
    format!(
        "<section class=\"card\"><h2>With its plug</h2><p>No screen and no code? Pull the plug of the \
         box as often as this phone is told, and it knows that you are beside it.</p>\
         <a class=\"go\" href=\"/claim?by=plug\">Use the plug{ARROW}</a></section>\n"
    )
}
