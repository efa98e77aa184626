//! What an authorization request leads to, for the person who is there or is not.

use super::client::ClientAuth;
use super::request::{Asked, Sent};
use super::scope::{Scope, Scopes};
use crate::limits::GUARD_SECONDS;
use crate::signin::{Assurance, Method, Methods};
use crate::time::{BootMs, Moment, Now};

/// The person whose browser brought the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Present {
    /// When they last showed who they are.
    pub auth: Moment,
    /// How.
    pub methods: Methods,
    /// The best that their own factors could reach.
    pub reach: Assurance,
    /// What they let this client have before.
    pub agreed: Scopes,
    /// Whether the client asks for them, or for anybody.
    pub is_wanted: bool,
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follows {
    /// They show who they are, perhaps anew.
    SignIn {
        /// Somebody is signed in, and that is not enough.
        again: bool,
    },
    /// They are asked whether they agree.
    Consent,
    /// The client gets a code.
    Code,
    /// The client gets an error.
    Error(Sent),
}

/// Judges a request. `shown_since` is when this request was first told to sign in anew, if it was:
/// what was shown after that counts, whatever the request still says.
#[must_use]
pub fn follows(
    asked: &Asked,
    present: Option<Present>,
    shown_since: Option<BootMs>,
    now: Now,
) -> Follows {
    let silent = |error, description, otherwise| {
        if asked.prompt.none { Follows::Error(Sent { error, description }) } else { otherwise }
    };
    let Some(present) = present else {
        let otherwise = Follows::SignIn { again: false };
        return silent("login_required", "Nobody is signed in.", otherwise);
    };
    if !present.is_wanted {
        if is_shown_since(present, shown_since) {
            return Follows::Error(Sent {
                error: "access_denied",
                description: "Another person signed in than the one who was asked for.",
            });
        }
        let otherwise = Follows::SignIn { again: true };
        return silent("login_required", "Another person is signed in.", otherwise);
    }
    if !is_enough(asked, present, shown_since, now) {
        let otherwise = Follows::SignIn { again: true };
        return silent("login_required", "The sign-in is too old or too weak.", otherwise);
    }
    if asked.prompt.consent || !present.agreed.covers(asked.scopes) || is_anybody(asked) {
        let otherwise = Follows::Consent;
        return silent("consent_required", "The person has not agreed.", otherwise);
    }
    Follows::Code
}

fn is_shown_since(present: Present, since: Option<BootMs>) -> bool {
    since.zip(present.auth.boot).is_some_and(|(since, shown)| shown >= since)
}

fn is_enough(asked: &Asked, present: Present, shown_since: Option<BootMs>, now: Now) -> bool {
    // A remembered browser shows nothing: whoever has a second factor shows it, too.
    let showed = present.methods.assurance_shown_now() >= present.reach.min(Assurance::Mfa);
    let anew = showed && is_shown_since(present, shown_since);
    let young = asked
        .max_age_seconds
        .is_none_or(|seconds| present.auth.elapsed(now).surely_within(seconds.saturating_add(1)));
    // What a person cannot reach is not asked of them: `acr_values` is a wish (OIDC Core §3.1.2.1),
    // and the token says truthfully what was shown.
    let sure = asked.level.is_none_or(|level| {
        present.methods.assurance_shown_now() >= level || present.reach < level
    });
    anew || (young && sure && is_guarded(asked, present, now) && !asked.prompt.login)
}

/// To let an app play as oneself is to let somebody in: like a television it takes the best factor
/// that the person has, shown just now.
fn is_guarded(asked: &Asked, present: Present, now: Now) -> bool {
    !asked.scopes.has(Scope::Playback)
        || (present.auth.elapsed(now).surely_within(GUARD_SECONDS)
            && present.methods.assurance_shown_now() >= present.reach)
}

/// A public client on a loopback address or a scheme of its own may be any program: its person is
/// asked each time (RFC 8252 §8.6).
fn is_anybody(asked: &Asked) -> bool {
    asked.client.auth == ClientAuth::None
}

/// How somebody showed who they are, in the words of RFC 8176. A remembered device shows nothing
/// about the person.
#[must_use]
pub fn amr(methods: Methods) -> Vec<&'static str> {
    let mut words: Vec<&'static str> = Vec::new();
    for method in methods.iter() {
        let word = match method {
            Method::Password => Some("pwd"),
            Method::Totp | Method::RecoveryCode => Some("otp"),
            Method::DeviceApproval => Some("mca"),
            Method::Passkey => Some("pop"),
            Method::RememberedDevice
            | Method::External
            | Method::ExternalMfa
            | Method::ExternalPhishingResistant => None,
        };
        words.extend(word.filter(|word| !words.contains(word)));
    }
    if methods.has(Method::Passkey) {
        words.push("user");
    }
    if methods.assurance_shown_now() >= Assurance::Mfa {
        words.push("mfa");
    }
    words
}

/// How surely, in the words that `acr_values` takes.
#[must_use]
pub fn acr(methods: Methods) -> &'static str {
    methods.assurance_shown_now().word()
}

/// Whether tokens of these scopes are renewed while nobody is there.
#[must_use]
pub const fn is_renewed(scopes: Scopes) -> bool {
    scopes.has(Scope::OfflineAccess)
}
