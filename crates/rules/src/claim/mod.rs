//! The life of a server: who may claim it, when, and what every state serves.
//!
//! ```text
//!            start                   proof              owner written
//!  FACTORY ────────▶ OFFERED ◀──────────────▶ PENDING ───────────────▶ CLAIMED ◀─────┐
//!                    LEGACY  ◀─ time, denial ─┘  ▲                     │     │       │ owner
//!                                                │ proof      owner    │     │ start │ stepped
//!                    RECOVERY ───────────────────┘            is lost  ▼     ▼       │ up
//!                       ▲                                      ORPHANED   LOCKED ────┤
//!                       │                                          └─────────────────┘
//!                       └─ the box in hand: root, button, own code, plug ─ any of these three
//! ```
//!
//! [`start_state`] says with what a server comes up, [`apply`] and [`step`] how it goes on, and
//! [`State::serves`] what a state gives away. No state that was ever claimed leads back to one
//! that was not: a server that loses its owner or its database is locked, never open.
//!
//! These modules know no clock, no file and no secret store. The caller holds one lock over the
//! state, decides inside the transaction that writes, and runs the effects after the commit, in
//! their order.

mod boot_file;
mod boot_text;
mod effect;
mod era;
mod event;
mod local;
mod marker_copy;
mod plug;
mod proof;
mod start;
mod state;
mod step;
mod throttle;

pub use boot_file::{BadOwnCode, BootFile, Reset, blanked, check_own_code, told, without_reset};
pub use boot_text::{BootText, encoded_like};
pub use effect::{ClaimLog, Effect, Ended};
pub use era::{Copied, Eras, Renewal, adopted, copied, renewal};
pub use event::{Event, Link, OwnerLoss, Peer, RecoveryWay, Reject};
pub use local::{AskedFor, Listed};
pub use marker_copy::{COPY_BYTES, MarkerCopy, copy_bytes};
pub use plug::{
    Began, NoPlace, Phone, PhoneHash, Place, Plug, StartMark, Whose, Winner, began, parse_plug,
    phones_at_once, plug_text,
};
pub use proof::{BadProof, ClaimCode, LinkSecret, secret_is_old};
pub use start::{
    CLAIM_RULE_SINCE, Database, Kept, LocalPlayback, LocalSecurity, Marker, Start, Version,
    next_generation, recovery_generation, start_state, start_without_data,
};
pub use state::{Before, Generation, LockReason, Pending, ProofKind, Serves, State, WizardStep};
pub use step::{Applied, Step, apply, may_show_proof, settle, step};
pub use throttle::{CodeThrottle, Wait};

#[cfg(test)]
mod tests;
