//! What a server shows that was claimed and cannot find its owner any more: what happened, and
//! what helps. It never becomes open instead.

use stead_rules::claim::LockReason;

use super::template::{self, Page, escape};

/// What the page is made from.
#[derive(Debug, Clone)]
pub struct LockedPage<'a> {
    /// The `.local` name that is really announced.
    pub host_name: &'a str,
    /// Why.
    pub reason: LockReason,
    /// Whether it reads a `stead.txt` on the medium that it starts from.
    pub on_card: bool,
    /// Whether it reads one on a stick.
    pub on_stick: bool,
    /// The version of the server.
    pub version: &'a str,
}

/// The whole page.
#[must_use]
pub fn render(page: &LockedPage<'_>) -> Page {
    let body = format!(
        "<h1>This server has locked itself</h1>\n<p class=\"lede\">{} So that nobody else can take \
         it, it serves nothing until that is mended. Your films, music and photos are not \
         touched.</p>\n\
         <section class=\"card key\"><h2>What happened</h2><p>{}</p></section>\n\
         <section><h2>What helps</h2><ol class=\"steps\">{}{}</ol></section>\n\
         <footer>{} · Stead {} · <span class=\"mono\">{}</span></footer>\n",
        owner(page.reason),
        happened(page.reason),
        remedies(page.reason),
        if page.reason.may_be_recovered() { new_owner(page) } else { String::new() },
        escape(page.host_name),
        escape(page.version),
        page.reason.word()
    );
    template::page("This server is locked – Stead", &body)
}

/// The way that is always there: on a box without screen, button, shell or internet too.
fn new_owner(page: &LockedPage<'_>) -> String {
    let place = match (page.on_card, page.on_stick) {
        (true, true) => "on its card or on a stick labelled STEAD",
        (true, false) => "on its card",
        (false, true) => "on a stick labelled STEAD",
        (false, false) => "",
    };
    let line = if place.is_empty() {
        String::new()
    } else {
        format!(
            "with a line <code>recover = (your own code)</code> in <code>stead.txt</code> {place}; "
        )
    };
    format!(
        "<li>If none of this helps, and you have the box at hand, make a new owner: \
         <a href=\"/claim?by=plug\">with its plug and this phone</a>; {line}or as root by \
         <code>stead recover</code>. What is left of the accounts is set aside, and media stay.</li>"
    )
}

/// A damaged database may also be that of a server which nobody has set up yet.
const fn owner(reason: LockReason) -> &'static str {
    match reason {
        LockReason::DatabaseUnreadable => {
            "It cannot tell any more whether it has an owner, and who that is."
        }
        LockReason::DataMissing => "It cannot tell whether it has an owner.",
        LockReason::DatabaseMissing
        | LockReason::DatabaseReplaced
        | LockReason::OlderGeneration
        | LockReason::OlderCopy
        | LockReason::Restored
        | LockReason::MarkerUnreadable => "It has an owner, but cannot tell any more who that is.",
    }
}

const fn happened(reason: LockReason) -> &'static str {
    match reason {
        LockReason::DataMissing => {
            "The part of the disk where it keeps its data could not be found, or is damaged. What \
             is done now would be forgotten at the next start, so nothing can be done."
        }
        LockReason::DatabaseMissing => {
            "The database with the accounts is gone, although this server was set up before. A \
             disk that is not connected can be the reason, or a data folder that was emptied."
        }
        LockReason::DatabaseUnreadable => {
            "The database with the accounts cannot be read. It is damaged, by a failing disk or memory \
             card or by a power cut at a bad moment; or a newer version of Stead has written it, and \
             this one is older."
        }
        LockReason::DatabaseReplaced => {
            "In place of the database with the accounts there is another one that was never set \
             up."
        }
        LockReason::OlderGeneration => {
            "The database with the accounts is an old copy, from before the server last changed \
             owners. Accounts that were removed since could sign in again."
        }
        LockReason::OlderCopy => {
            "The database with the accounts is an older copy, from before the server was last \
             started: somebody has put it back, or a disk was exchanged. Accounts that were \
             removed since could sign in again, and recovery codes that were used would be good \
             again."
        }
        LockReason::Restored => {
            "Somebody with this box in hand has put a backup back. Its owner has yet to say that it \
             is meant: accounts that were removed since it was made are in it again."
        }
        LockReason::MarkerUnreadable => {
            "The small file that remembers whether this server was set up is damaged. Without it \
             nobody can tell whether the accounts found here are the last ones."
        }
    }
}

const fn remedies(reason: LockReason) -> &'static str {
    match reason {
        LockReason::DataMissing => {
            "<li>Switch the server off, check that its disk or memory card sits well, and switch \
             it on again.</li>\
             <li>If that does not help, keep the disk or card as it is: what was kept may still be \
             read from it by a computer. Write the image to another one, and choose “Restore a \
             backup” there if you have one. Disks with media are not touched by any of this.</li>"
        }
        LockReason::DatabaseUnreadable => {
            "<li>Was an older version of Stead started? Start the newer one again: nothing is lost. A \
             box with two systems does so by itself, if the newer one works.</li>\
             <li>Switch the server off, check that its disk or memory card sits well, and switch \
             it on again.</li>\
             <li>Do you have a backup of this server? Show that you have the box at hand, by one \
             of the ways below, and choose “Restore a backup” on the page that opens.</li>"
        }
        LockReason::DatabaseMissing => {
            "<li>Switch the server off, check that its disk or memory card sits well, and switch \
             it on again.</li>\
             <li>Do you have a backup of this server? Show that you have the box at hand, by one \
             of the ways below, and choose “Restore a backup” on the page that opens.</li>"
        }
        LockReason::OlderGeneration => {
            "<li>Switch the server off, and take <code>accounts.db</code> and \
             <code>accounts.db-wal</code> out of the data folder. Put the newest \
             <code>accounts.db</code> there, the one from before the exchange or from a backup, \
             and switch the server on.</li>\
             <li>Or open it as it is: <a href=\"/signin\">sign in as its owner</a>, with your \
             second factor or a recovery code. The other recovery codes are void then, and \
             everybody signs in again.</li>"
        }
        LockReason::OlderCopy => {
            "<li>Did you put it back from a backup? Then open it: <a href=\"/signin\">sign in as \
             its owner</a>, with your second factor or a recovery code. The other recovery codes \
             are void then, and everybody signs in again. Look at who may come in: people you \
             removed since may be there again.</li>\
             <li>You did not? Switch the server off, take <code>accounts.db</code> and \
             <code>accounts.db-wal</code> out of the data folder, put the last ones there, and \
             switch it on.</li>"
        }
        LockReason::Restored => {
            "<li>Open it: <a href=\"/signin\">sign in as its owner</a>, with the password that was \
             good when the backup was made, and with your second factor or a recovery code. The \
             other recovery codes are void then, and everybody signs in again. Look at who may \
             come in: people you removed since may be there again.</li>"
        }
        LockReason::DatabaseReplaced => {
            "<li>Put the right <code>accounts.db</code> back into the data folder, the one from \
             before the exchange, and restart the server.</li>\
             <li>Or restore a backup of this server: show that you have the box at hand, by one \
             of the ways below, and choose “Restore a backup” on the page that opens.</li>"
        }
        LockReason::MarkerUnreadable => {
            "<li>Switch the server off and on once; a disk that was slow to start can be the \
             reason.</li>\
             <li>Put the file <code>marker</code> from the newest backup back into the data \
             folder, and restart the server.</li>\
             <li>Or <a href=\"/signin\">sign in as its owner</a>, with your second factor or a \
             recovery code: that opens it.</li>"
        }
    }
}
