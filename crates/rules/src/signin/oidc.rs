//! What the word of an external issuer is worth: from the claims of an ID token, whose signature,
//! issuer, audience and nonce hold already, to an identity and how sure this server is of it.
//!
//! An identity is the pair of issuer and `sub`. Names and e-mail addresses are words to show.

use super::assurance::{Method, Methods};
use crate::claim::WizardStep;
use crate::limits::{
    ISSUER_KEYS_AGAIN_SECONDS, ISSUER_KEYS_STALE_SECONDS, ISSUER_SKEW_SECONDS, ISSUER_WAIT_SECONDS,
};
use crate::time::{BootMs, Moment, Now, TimeTrust, WallMs};

/// The longest `sub` (OpenID Connect Core 1.0 §2).
const SUB_MAX_BYTES: usize = 255;

/// How far an issuer's word about second factors is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Profile {
    /// Not at all: this server asks for a factor of its own.
    None,
    /// Where the token says one of these.
    Claims(Assurances),
    /// Always: the owner vouches for it.
    Asserted,
}

/// The values of `acr` and `amr` that count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assurances {
    /// As a second factor.
    pub acr: Vec<String>,
    /// As a second factor (RFC 8176 names some).
    pub amr: Vec<String>,
    /// As a passkey.
    pub phishing_resistant_acr: Vec<String>,
    /// As a passkey.
    pub phishing_resistant_amr: Vec<String>,
}

/// By which way a token came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Authorization code with PKCE, in the browser that asked.
    Code,
    /// A code that was approved elsewhere: whoever approved it need not be near the box.
    Device,
}

/// The claims that are looked at here. Times are seconds since 1970 by the issuer's clock.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claims {
    /// Who, at that issuer.
    pub sub: String,
    /// For whom the token was made.
    pub audiences: Vec<String>,
    /// Who may use it, where several are named.
    pub authorized_party: Option<String>,
    /// When it was made.
    pub issued: i64,
    /// When it is over.
    pub expires: i64,
    /// When the person last showed who they are.
    pub authenticated: Option<i64>,
    /// How, as a class.
    pub acr: Option<String>,
    /// How, in words.
    pub amr: Vec<String>,
}

/// What was asked of the issuer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked<'a> {
    /// What this server is called there.
    pub client_id: &'a str,
    /// When the browser was sent there.
    pub begun: BootMs,
    /// By which way.
    pub way: Way,
    /// Whether the person must have shown who they are since then.
    pub anew: bool,
}

/// What a token is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    /// As methods of a session.
    pub methods: Methods,
    /// How long before the token was made the person showed who they are, in seconds. Somebody who
    /// is signed in at the issuer is let in without a question, and that is nothing shown now.
    pub shown_seconds_ago: u64,
}

/// Why a token is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadClaims {
    /// `sub` is empty or too long.
    #[error("the token names nobody")]
    Subject,
    /// It is for another client, or for others too.
    #[error("the token is for somebody else")]
    Audience,
    /// It is over.
    #[error("the token is over")]
    Expired,
    /// It is from the future, or older than the question.
    #[error("the token was not made now")]
    NotNow,
    /// The person did not show anew who they are, or the issuer does not say so.
    #[error("the person did not sign in anew")]
    NotAnew,
}

/// Judges the claims: the methods of a session that they are worth.
///
/// A box may not know the time. Where its clock is not trusted, that the token is fresh is known
/// by its nonce alone, which was made for this browser at most ten minutes of uptime ago; its end
/// is still held against the floor, which no believable time lies before. How long ago the person
/// signed in is measured by the issuer's own clock, from `auth_time` to `iat`.
///
/// # Errors
/// [`BadClaims`].
pub fn judge_claims(
    profile: &Profile,
    asked: Asked<'_>,
    claims: &Claims,
    now: Now,
) -> Result<Judged, BadClaims> {
    if claims.sub.is_empty() || claims.sub.len() > SUB_MAX_BYTES || has_control(&claims.sub) {
        return Err(BadClaims::Subject);
    }
    if !is_for(asked.client_id, claims) {
        return Err(BadClaims::Audience);
    }
    judge_times(asked, claims, now)?;
    let ago = claims.authenticated.map(|at| claims.issued.saturating_sub(at).max(0));
    let ago = ago.and_then(|ago| u64::try_from(ago).ok());
    // Who does not say when a second factor was shown does not say that it was; and a moment before
    // this start of the machine could not be told from a later one.
    let told = ago.filter(|ago| ago.saturating_mul(1000) <= now.boot.0);
    let method = told.map_or(Method::External, |_| worth(profile, asked.way, claims));
    let shown_seconds_ago = told.unwrap_or(0);
    Ok(Judged { methods: Methods::NONE.and(method), shown_seconds_ago })
}

/// The moment so many seconds ago, as far back as this start of the machine goes by its uptime.
#[must_use]
pub fn moment_before(now: Now, seconds: u64) -> Moment {
    let ms = seconds.saturating_mul(1000);
    let wall = WallMs(now.wall.0.saturating_sub_unsigned(ms));
    Moment { wall, boot: now.boot.0.checked_sub(ms).map(BootMs) }
}

fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

/// This client, and nobody beside it: another audience could show its copy here (OpenID Connect
/// Core 1.0 §3.1.3.7, steps 3 to 5).
fn is_for(client_id: &str, claims: &Claims) -> bool {
    let only = claims.audiences.len() == 1 && claims.audiences.iter().all(|one| one == client_id);
    only && claims.authorized_party.as_deref().is_none_or(|party| party == client_id)
}

fn judge_times(asked: Asked<'_>, claims: &Claims, now: Now) -> Result<(), BadClaims> {
    let seconds = now.wall.0.div_euclid(1000);
    let skew = i64::try_from(ISSUER_SKEW_SECONDS).unwrap_or(0);
    let since_asked = i64::try_from(now.boot.since_ms(asked.begun) / 1000).unwrap_or(i64::MAX);
    if claims.expires.saturating_add(skew) <= seconds || claims.expires <= claims.issued {
        return Err(BadClaims::Expired);
    }
    match now.trust {
        TimeTrust::Synced | TimeTrust::Held => {
            let age = seconds.saturating_sub(claims.issued);
            if age < -skew || age > since_asked.saturating_add(skew) {
                return Err(BadClaims::NotNow);
            }
        }
        TimeTrust::Unknown => {}
    }
    if asked.anew {
        let signed_in = claims.authenticated.ok_or(BadClaims::NotAnew)?;
        let age = claims.issued.saturating_sub(signed_in);
        if age > since_asked.saturating_add(skew) {
            return Err(BadClaims::NotAnew);
        }
    }
    Ok(())
}

fn worth(profile: &Profile, way: Way, claims: &Claims) -> Method {
    match (profile, way) {
        (Profile::None, Way::Code | Way::Device)
        | (Profile::Claims(_) | Profile::Asserted, Way::Device) => Method::External,
        (Profile::Asserted, Way::Code) => Method::ExternalMfa,
        (Profile::Claims(counts), Way::Code) => claimed(counts, claims),
    }
}

fn claimed(counts: &Assurances, claims: &Claims) -> Method {
    let said = |acr: &[String], amr: &[String]| {
        claims.acr.as_ref().is_some_and(|class| acr.contains(class))
            || claims.amr.iter().any(|method| amr.contains(method))
    };
    if said(&counts.phishing_resistant_acr, &counts.phishing_resistant_amr) {
        Method::ExternalPhishingResistant
    } else if said(&counts.acr, &counts.amr) {
        Method::ExternalMfa
    } else {
        Method::External
    }
}

impl Profile {
    /// The stable word, as stored and answered.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Claims(_) => "claims",
            Self::Asserted => "asserted",
        }
    }

    /// The classes to ask for where a second factor is wanted, the best first; empty where the
    /// issuer is not asked for one.
    #[must_use]
    pub fn wanted_classes(&self) -> Vec<&str> {
        match self {
            Self::None | Self::Asserted => Vec::new(),
            Self::Claims(counts) => {
                let both = counts.phishing_resistant_acr.iter().chain(&counts.acr);
                both.map(String::as_str).collect()
            }
        }
    }
}

/// The steps of the claim that a sign-in at the issuer does: who the owner is, and, where its word
/// counts for a second factor, that too. Recovery codes are never left out.
#[must_use]
pub fn steps_of_claim(methods: Methods) -> &'static [WizardStep] {
    let vouched =
        methods.has(Method::ExternalMfa) || methods.has(Method::ExternalPhishingResistant);
    if vouched { &[WizardStep::Owner, WizardStep::Totp] } else { &[WizardStep::Owner] }
}

/// Whether a browser that was sent to the issuer is still waited for.
#[must_use]
pub const fn is_waited_for(begun: BootMs, now: Now) -> bool {
    now.boot.since_ms(begun) < ISSUER_WAIT_SECONDS * 1000
}

/// Whether what came back names its issuer as it must (RFC 9207 §2.4): another issuer's code must
/// not be shown to this one.
#[must_use]
pub fn names_issuer(named: Option<&str>, issuer: &str, always_named: bool) -> bool {
    match named {
        Some(named) => named == issuer,
        None => !always_named,
    }
}

/// What is known of an issuer's keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeysKnown {
    /// When they were last received.
    pub received: BootMs,
    /// When they were last asked for, with or without an answer.
    pub asked: BootMs,
}

/// What to do about the keys before a token is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeysNow {
    /// The known ones do.
    Use,
    /// Ask; if the issuer does not answer, the known ones do.
    AskOrUse,
    /// Ask; without an answer there are none.
    MustAsk,
    /// They are too old, and were asked for just now.
    Gone,
}

/// Which keys to use for a token whose key is known or not. A token that names an unknown key makes
/// the server ask at most once a minute, so that a flood of invented names is no flood of questions.
#[must_use]
pub const fn keys_now(known: Option<KeysKnown>, has_key: bool, now: Now) -> KeysNow {
    let Some(known) = known else { return KeysNow::MustAsk };
    let may_ask = now.boot.since_ms(known.asked) >= ISSUER_KEYS_AGAIN_SECONDS * 1000;
    let stale = now.boot.since_ms(known.received) >= ISSUER_KEYS_STALE_SECONDS * 1000;
    match (stale, has_key, may_ask) {
        (true, _, true) => KeysNow::MustAsk,
        (true, _, false) => KeysNow::Gone,
        (false, false, true) => KeysNow::AskOrUse,
        (false, true, _) | (false, false, false) => KeysNow::Use,
    }
}
