//! The claim's one piece of memory, and what may be told of it.

use std::net::IpAddr;

use stead_rules::claim::{BadOwnCode, ClaimCode, CodeThrottle, Effect, LinkSecret, Marker, State};
use stead_rules::ids::{AccountId, EraId, TicketId};
use stead_rules::signin::RecoveryCode;
use stead_rules::time::BootMs;
use stead_store::StoreError;
use stead_store::accounts::{claim as rows, identity};
use zeroize::Zeroizing;

use super::own_code::Looked;
use super::plug::{self, Kept};
use crate::service::core::Core;
use crate::service::issuer::{self, Identity, Registered};

/// The claim: its state, its secrets, and what the wizard has gathered.
pub struct ClaimDesk {
    /// Where the server stands.
    pub(crate) state: State,
    /// What the marker says.
    pub(crate) marker: Marker,
    /// The era that the marker was last known to name, if it names one.
    pub(crate) era: Option<EraId>,
    /// What proves possession, while there is something to claim.
    pub(crate) offer: Option<Secrets>,
    /// Slows guesses at the code.
    pub(crate) throttle: CodeThrottle,
    /// What the present holder has entered.
    pub(crate) draft: Draft,
    /// The browser that lost the claim, and where it went on.
    pub(crate) displaced: Option<(TicketId, IpAddr)>,
    /// When a refused proof was last written to the audit, so that a flood cannot fill it.
    pub(crate) refusal_logged: Option<BootMs>,
    /// The same of a right proof that came too late: no flood of wrong ones hides it.
    pub(crate) race_logged: Option<BootMs>,
    /// What a decision asked for and could not be done: it is made up for.
    pub(crate) unfinished: Vec<Effect>,
    /// Which wish for another secret was last looked at, and when; one that cannot be fulfilled or
    /// removed must not be tried at every look.
    pub(crate) wish: Option<Wish>,
    /// The same of a wish for a new owner.
    pub(crate) recover_wish: Option<Wish>,
    /// Every `stead.txt` as it was when it was last looked at.
    pub(crate) boot_files: Vec<Looked>,
    /// Why the own code that was read last was not taken, if it was not.
    pub(crate) own_code_refused: Option<BadOwnCode>,
    /// Slows guesses at the own code, each place by itself.
    pub(crate) own_throttle: CodeThrottle,
    /// The phones that wait for the plug pattern.
    pub(crate) plug: Kept,
    /// Uptime when the offer's age was last written down.
    pub(crate) aged_at: BootMs,
}

/// A file that asks for another secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wish {
    /// Which file: inode, and when it was made (seconds, nanoseconds).
    pub(crate) file: (u64, i64, i64),
    /// Whether there is another secret since.
    pub(crate) fulfilled: bool,
    /// Uptime at the last try.
    pub(crate) tried: BootMs,
}

/// What proves possession.
pub(crate) struct Secrets {
    pub(crate) link: LinkSecret,
    pub(crate) code: ClaimCode,
}

/// What the wizard has gathered; nothing of it is stored before the owner is made.
#[derive(Default)]
pub(crate) struct Draft {
    pub(crate) name: String,
    pub(crate) login: String,
    pub(crate) password_hash: Zeroizing<String>,
    pub(crate) account: Option<AccountId>,
    /// Who they are at the external issuer, if they come from one.
    pub(crate) external: Option<Identity>,
    /// As what this server was registered there, if that was part of this claim.
    pub(crate) client: Option<Registered>,
    pub(crate) totp_secret: Zeroizing<Vec<u8>>,
    /// The step of the code that confirmed the authenticator.
    pub(crate) totp_step: Option<u64>,
    pub(crate) recovery_codes: Vec<RecoveryCode>,
}

impl ClaimDesk {
    pub(crate) fn new(state: State, marker: Marker, era: Option<EraId>) -> Self {
        Self {
            state,
            marker,
            era,
            offer: None,
            throttle: CodeThrottle::default(),
            draft: Draft::default(),
            displaced: None,
            refusal_logged: None,
            race_logged: None,
            wish: None,
            recover_wish: None,
            boot_files: Vec::new(),
            own_code_refused: None,
            own_throttle: CodeThrottle::default(),
            plug: Kept::nothing(),
            unfinished: Vec::new(),
            aged_at: BootMs(0),
        }
    }
}

/// Puts another draft in the place of what was gathered. A registration that was part of it is
/// nobody's any more.
pub(crate) fn replace_draft(core: &Core, desk: &mut ClaimDesk, draft: Draft) {
    let former = std::mem::replace(&mut desk.draft, draft);
    if let Some(client) = former.client {
        issuer::give_back(core, client);
    }
}

/// What anybody may know of the server.
#[derive(Debug, Clone)]
pub struct Card {
    /// Where it stands.
    pub state: State,
    /// What its owner calls it.
    pub name: String,
    /// Somebody has shown the plug pattern: the owner may still come within this time.
    pub owner_has_seconds: Option<u64>,
    /// A phone waits to show it, beside an owner. For the owner to know.
    pub phone_waits: bool,
    /// Whether anybody signs in by a password of this server.
    pub passwords_here: bool,
}

/// What anybody may know of the server. Blocks.
pub fn card(core: &Core) -> Card {
    let (state, owner_has_seconds, phone_waits) = {
        let desk = core.desk();
        let state = stead_rules::claim::settle(&desk.state, core.now()).next;
        (state, plug::waits(&desk), plug::somebody_waits(&desk))
    };
    let read = core.store().ok().and_then(|store| {
        let known = store
            .accounts
            .read(|tx| Ok::<_, StoreError>((rows::server(tx)?, identity::any_password(tx)?)));
        known.ok()
    });
    let (server, passwords_here) = read.unwrap_or((None, false));
    let name = server.map_or_else(|| "Stead".to_owned(), |server| server.name);
    Card { state, name, owner_has_seconds, phone_waits, passwords_here }
}

/// The link and the code, for the person at the console; none when there is nothing to claim.
pub fn facts(core: &Core) -> Option<(String, String)> {
    let desk = core.desk();
    desk.offer.as_ref().map(|secrets| (secrets.link.expose(), secrets.code.expose()))
}
