//! Throttles, one-time codes and what a successful sign-in is worth.
//!
//! Everything here is a rule over values: hashes, codes and clocks are read elsewhere.

mod app_password;
mod approval;
mod assurance;
mod clock;
mod common;
mod device;
mod factors;
mod invitation;
pub mod let_in;
mod name;
mod notice;
pub mod oidc;
mod passkey;
mod password;
mod pin;
mod recovery;
mod remember;
mod session;
mod throttle;
mod totp;
mod way_back;

pub use crate::claim::ClaimCode as UserCode;
pub use crate::claim::Wait;
pub use app_password::{AppPassword, BadAppPassword};
pub use approval::{
    Approver, NotAsked, Numbers, approval_is_live, may_approve, may_ask, numbers, refusal_counts,
    wrong_numbers_refuse,
};
pub use assurance::{Assurance, Method, Methods};
pub use clock::{TimeSource, time_for_totp};
pub use device::{
    DeviceClient, DevicesFull, Grant, GrantOver, Holder, Holding, PLAYBACK_SCOPE, Poll,
    SERVER_SCOPES, Verdict, has_room,
};
pub use factors::{
    CannotEnrol, CannotSetWanted, FactorKind, FirstFactor, LastFactor, ShortAlone, ShownItself,
    TooManyFactors, Vouched, may_add, may_call_lost, may_enrol_first, may_leave_password,
    may_remove, may_remove_several, may_set_wanted_password, methods_for, new_factor_raises,
    password_min_chars, raises, stands_alone, step_up_methods,
};
pub use invitation::{CannotInvite, asked_of_new, may_invite};
pub use name::{BadName, Name};
pub use notice::{NoticeKind, concerns_later_sessions, notice_is_shown, recovery_codes_are_few};
pub use passkey::{
    AskedName, BoxNames, NoPasskeyHere, TooManyPasskeys, ceremony_is_live, may_add_passkey,
    passkey_name,
};
pub use password::{BadPassword, Password, check_password};
pub use pin::{
    BadPin, CannotEnter, Pin, PinDoor, TooManyProfiles, Way, may_add_profile, way_through,
};
pub use recovery::{BadRecoveryCode, RecoveryCode, tail_of_any};
pub use remember::{RememberFor, is_remembered};
pub use session::{Life, life, rests, ticket_is_live};
pub use throttle::{
    Misses, Tries, and_one, gives_way, network_of, place_of, wait_after, wait_to_sign_up,
};
pub use totp::{Drift, TotpVerdict, accept_step, judge_code, step_of, step_to_heal};
pub use way_back::{NoHelp, WayBack, may_be_given, rescue_is_live, way_back_is_live};

#[cfg(test)]
mod tests;
