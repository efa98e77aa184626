//! What the claims of an external issuer are worth, and when its keys are asked for.

use crate::claim::WizardStep;
use crate::signin::Method::{External, ExternalMfa, ExternalPhishingResistant};
use crate::signin::oidc::{
    Asked, Assurances, BadClaims, Claims, KeysKnown, KeysNow, Profile, Way, is_waited_for,
    judge_claims, keys_now, moment_before, names_issuer, steps_of_claim,
};
use crate::signin::{Assurance, Method, Methods};
use crate::time::{BootMs, Elapsed, Now, TimeTrust, WallMs};

const NOW_SECONDS: i64 = 1_790_000_000;

fn now(trust: TimeTrust) -> Now {
    Now { wall: WallMs(NOW_SECONDS * 1000), boot: BootMs(600_000), trust }
}

/// The browser was sent away half a minute ago.
fn asked(way: Way, anew: bool) -> Asked<'static> {
    Asked { client_id: "stead", begun: BootMs(570_000), way, anew }
}

fn fine() -> Claims {
    Claims {
        sub: "248289761001".to_owned(),
        audiences: vec!["stead".to_owned()],
        issued: NOW_SECONDS - 2,
        expires: NOW_SECONDS + 600,
        authenticated: Some(NOW_SECONDS - 20),
        ..Claims::default()
    }
}

fn judged(claims: &Claims, trust: TimeTrust) -> Result<Methods, BadClaims> {
    let judged = judge_claims(&Profile::None, asked(Way::Code, false), claims, now(trust));
    judged.map(|judged| judged.methods)
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn a_token_for_somebody_else_is_not_taken() {
    let case = |change: &dyn Fn(&mut Claims), expected: Result<(), BadClaims>| {
        let mut claims = fine();
        change(&mut claims);
        for trust in [TimeTrust::Synced, TimeTrust::Held, TimeTrust::Unknown] {
            assert_eq!(judged(&claims, trust).map(drop), expected, "{claims:?}");
        }
    };
    case(&|_| {}, Ok(()));
    case(&|c| c.authorized_party = Some("stead".to_owned()), Ok(()));
    case(&|c| c.sub = "x".repeat(255), Ok(()));
    case(&|c| c.sub = String::new(), Err(BadClaims::Subject));
    case(&|c| c.sub = "x".repeat(256), Err(BadClaims::Subject));
    case(&|c| c.sub = "robin\n".to_owned(), Err(BadClaims::Subject));
    case(&|c| c.audiences = words(&["other"]), Err(BadClaims::Audience));
    case(&|c| c.audiences = words(&[]), Err(BadClaims::Audience));
    case(&|c| c.audiences = words(&["stead", "other"]), Err(BadClaims::Audience));
    case(&|c| c.authorized_party = Some("other".to_owned()), Err(BadClaims::Audience));
    case(&|c| c.expires = c.issued, Err(BadClaims::Expired));
    case(&|c| c.expires = NOW_SECONDS - 3600, Err(BadClaims::Expired));
}

#[test]
fn a_token_is_made_now_where_the_clock_can_tell() {
    // (made so many seconds from now, with a trusted clock, without one)
    let cases = [
        (0, true, true),
        (59, true, true),
        (61, false, true),
        (-89, true, true),
        (-91, false, true),
        (-599, false, true),
    ];
    for (from_now, trusted, unknown) in cases {
        let issued = NOW_SECONDS + from_now;
        let claims = Claims { issued, expires: NOW_SECONDS + 3600, ..fine() };
        for (trust, taken) in [
            (TimeTrust::Synced, trusted),
            (TimeTrust::Held, trusted),
            (TimeTrust::Unknown, unknown),
        ] {
            let expected = if taken { Ok(()) } else { Err(BadClaims::NotNow) };
            assert_eq!(judged(&claims, trust).map(drop), expected, "{from_now} {trust:?}");
        }
    }
}

#[test]
fn anew_means_since_the_browser_was_sent_there_by_the_issuers_own_clock() {
    let cases = [
        (Some(0), Ok(())),
        (Some(89), Ok(())),
        (Some(91), Err(BadClaims::NotAnew)),
        (Some(86_400), Err(BadClaims::NotAnew)),
        (None, Err(BadClaims::NotAnew)),
    ];
    for (ago, expected) in cases {
        for trust in [TimeTrust::Synced, TimeTrust::Unknown] {
            let mut claims = fine();
            claims.authenticated = ago.map(|ago| claims.issued - ago);
            let judged = judge_claims(&Profile::None, asked(Way::Code, true), &claims, now(trust));
            assert_eq!(judged.map(drop), expected, "{ago:?} {trust:?}");
        }
    }
}

/// What a profile is told (the way, acr, amr), and what it is worth.
type Said<'a> = (&'a Profile, Way, Option<&'a str>, &'a [&'a str], Method);

#[test]
fn a_profile_says_what_the_issuers_word_is_worth() {
    let counts = Profile::Claims(Assurances {
        acr: words(&["urn:two"]),
        amr: words(&["otp"]),
        phishing_resistant_acr: words(&["phr"]),
        phishing_resistant_amr: words(&["hwk"]),
    });
    let cases: [Said<'_>; 11] = [
        (&Profile::None, Way::Code, Some("phr"), &["hwk", "mfa"], External),
        (&Profile::Asserted, Way::Code, None, &[], ExternalMfa),
        (&Profile::Asserted, Way::Device, None, &["hwk"], External),
        (&counts, Way::Code, None, &[], External),
        (&counts, Way::Code, None, &["pwd", "mfa"], External),
        (&counts, Way::Code, None, &["pwd", "otp"], ExternalMfa),
        (&counts, Way::Code, Some("urn:two"), &[], ExternalMfa),
        (&counts, Way::Code, Some("hwk"), &[], External),
        (&counts, Way::Code, Some("phr"), &["otp"], ExternalPhishingResistant),
        (&counts, Way::Code, None, &["hwk"], ExternalPhishingResistant),
        (&counts, Way::Device, Some("phr"), &["hwk", "otp"], External),
    ];
    for (profile, way, acr, amr, expected) in cases {
        let claims = Claims { acr: acr.map(str::to_owned), amr: words(amr), ..fine() };
        let judged = judge_claims(profile, asked(way, false), &claims, now(TimeTrust::Synced));
        let methods = judged.map(|judged| judged.methods);
        assert_eq!(methods, Ok(Methods::NONE.and(expected)), "{profile:?} {way:?} {acr:?} {amr:?}");
    }
}

#[test]
fn who_is_let_in_there_without_a_question_has_shown_nothing_now() {
    let judge = |authenticated| {
        let claims = Claims { authenticated, ..fine() };
        let asked = asked(Way::Code, false);
        judge_claims(&Profile::Asserted, asked, &claims, now(TimeTrust::Synced)).unwrap()
    };
    let worth = |method| Methods::NONE.and(method);
    let fresh = judge(Some(fine().issued));
    assert_eq!((fresh.methods, fresh.shown_seconds_ago), (worth(ExternalMfa), 0));
    let old = judge(Some(fine().issued - 300));
    assert_eq!((old.methods, old.shown_seconds_ago), (worth(ExternalMfa), 300));
    let before_this_start = judge(Some(fine().issued - 601));
    assert_eq!(before_this_start.methods, worth(External));
    let ahead = judge(Some(fine().issued + 5));
    assert_eq!((ahead.methods, ahead.shown_seconds_ago), (worth(ExternalMfa), 0));
    assert_eq!(judge(None).methods, worth(External));
}

#[test]
fn a_moment_before_is_so_long_ago() {
    for (seconds, known) in [(0, true), (599, true), (600, true), (601, false), (u64::MAX, false)] {
        let now = now(TimeTrust::Synced);
        let moment = moment_before(now, seconds);
        assert_eq!(moment.boot.is_some(), known, "{seconds}");
        if seconds < 1_000_000 {
            assert_eq!(moment.elapsed(now), Elapsed::Exactly(seconds * 1000));
        }
        assert!(!moment.elapsed(now).surely_within(seconds.min(1_000_000)));
    }
}

#[test]
fn the_claim_is_left_what_the_issuer_does_not_vouch_for() {
    let steps = |method| steps_of_claim(Methods::NONE.and(method));
    assert_eq!(steps(External), [WizardStep::Owner]);
    for method in [ExternalMfa, ExternalPhishingResistant] {
        assert_eq!(steps(method), [WizardStep::Owner, WizardStep::Totp]);
        assert!(Methods::NONE.and(method).assurance_shown_now() >= Assurance::Mfa);
    }
}

#[test]
fn an_issuer_that_says_it_names_itself_must() {
    let issuer = "https://id.example.net";
    let cases = [
        (Some(issuer), false, true),
        (Some(issuer), true, true),
        (None, false, true),
        (None, true, false),
        (Some("https://id.example.net/"), false, false),
        (Some("https://other.example.net"), true, false),
    ];
    for (named, always, fits) in cases {
        assert_eq!(names_issuer(named, issuer, always), fits, "{named:?} {always}");
    }
}

#[test]
fn a_flood_of_unknown_keys_is_one_question_a_minute_and_old_keys_end() {
    let hour = 3_600_000;
    // (received, asked, the key is known, now) → what to do
    let cases = [
        (0, 0, true, 0, KeysNow::Use),
        (0, 0, true, 23 * hour, KeysNow::Use),
        (0, 0, false, 59_999, KeysNow::Use),
        (0, 0, false, 60_000, KeysNow::AskOrUse),
        (0, 23 * hour, false, 23 * hour + 1, KeysNow::Use),
        (0, 23 * hour, true, 24 * hour, KeysNow::MustAsk),
        (0, 24 * hour - 1, true, 24 * hour, KeysNow::Gone),
        (0, 24 * hour - 1, false, 24 * hour, KeysNow::Gone),
    ];
    for (received, asked, has_key, boot, expected) in cases {
        let known = KeysKnown { received: BootMs(received), asked: BootMs(asked) };
        let now = Now { boot: BootMs(boot), ..now(TimeTrust::Synced) };
        assert_eq!(keys_now(Some(known), has_key, now), expected, "{received} {asked} {boot}");
    }
    assert_eq!(keys_now(None, false, now(TimeTrust::Synced)), KeysNow::MustAsk);
}

#[test]
fn a_browser_is_waited_for_ten_minutes() {
    let at = |boot| Now { boot: BootMs(boot), ..now(TimeTrust::Unknown) };
    assert!(is_waited_for(BootMs(5), at(600_004)));
    assert!(!is_waited_for(BootMs(5), at(600_005)));
}
