//! Requests, redirect addresses, registrations, and what follows from who is there.

use super::*;
use crate::signin::{Assurance, Method, Methods};
use crate::time::{BootMs, Moment, Now, TimeTrust, WallMs};

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const NOW: Now = Now { wall: WallMs(1_000_000), boot: BootMs(1_000_000), trust: TimeTrust::Synced };

fn client() -> Client {
    Client {
        id: "c".to_owned(),
        name: "Cellar".to_owned(),
        auth: ClientAuth::Basic,
        redirect_uris: vec!["https://cellar.example/cb".to_owned()],
        post_logout_uris: Vec::new(),
        grants: vec![GrantType::AuthorizationCode],
        scopes: Scopes::NONE.and(Scope::OpenId).and(Scope::Profile),
    }
}

fn query() -> AuthorizeQuery<'static> {
    AuthorizeQuery {
        client_id: Some("c"),
        redirect_uri: Some("https://cellar.example/cb"),
        response_type: Some("code"),
        scope: Some("openid"),
        code_challenge: Some(CHALLENGE),
        code_challenge_method: Some("S256"),
        ..AuthorizeQuery::default()
    }
}

#[test]
fn kinds_of_redirect_addresses() {
    use RedirectKind::{Https, Loopback, PrivateScheme};
    let cases: &[(&str, Option<RedirectKind>)] = &[
        ("https://cellar.example/cb", Some(Https)),
        ("https://stead-ab12.local:8443/signin/callback", Some(Https)),
        ("https://[fd00::1]:8443/cb", Some(Https)),
        ("http://127.0.0.1/callback", Some(Loopback)),
        ("http://127.0.0.1:5000/callback", Some(Loopback)),
        ("http://[::1]:5000/callback", Some(Loopback)),
        ("org.example.player:/cb", Some(PrivateScheme)),
        ("http://cellar.example/cb", None),
        ("http://localhost/cb", None),
        ("http://127.0.0.1.attacker.example/cb", None),
        ("http://127.0.0.1@attacker.example/cb", None),
        ("https://cellar.example@attacker.example/cb", None),
        ("https://cellar.example/cb#part", None),
        ("https://cellar.example\\@attacker.example/", None),
        ("https://cellar.example:0/cb", None),
        ("https://cellar.example:99999/cb", None),
        ("https:///cb", None),
        ("https:cellar.example", None),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("player:/cb", None),
        ("https://cellar.example/a b", None),
        ("https://cellar.example/ü", None),
        ("", None),
    ];
    for (uri, kind) in cases {
        assert_eq!(redirect_kind(uri), *kind, "{uri}");
    }
}

#[test]
fn a_redirect_is_the_registered_one_and_only_a_loopback_port_is_free() {
    let cases = [
        ("https://a.example/cb", "https://a.example/cb", true),
        ("https://a.example/cb", "https://a.example/cb/", false),
        ("https://a.example/cb", "https://a.example/cb?x=1", false),
        ("https://a.example/cb", "https://a.example:443/cb", false),
        ("https://a.example/cb", "https://A.example/cb", false),
        ("https://a.example/cb", "https://a.example/%63b", false),
        ("https://a.example/cb", "http://a.example/cb", false),
        ("http://127.0.0.1/cb", "http://127.0.0.1:49152/cb", true),
        ("http://127.0.0.1:1/cb", "http://127.0.0.1:49152/cb", true),
        ("http://127.0.0.1/cb", "http://127.0.0.1:49152/other", false),
        ("http://127.0.0.1/cb", "http://[::1]:49152/cb", false),
        ("http://[::1]/cb", "http://[::1]:49152/cb", true),
        ("http://127.0.0.1/cb", "https://127.0.0.1:49152/cb", false),
        ("org.example.player:/cb", "org.example.player:/cb", true),
        ("org.example.player:/cb", "org.example.other:/cb", false),
        ("javascript:x", "javascript:x", false),
    ];
    for (registered, asked, fits) in cases {
        assert_eq!(redirect_matches(registered, asked), fits, "{registered} {asked}");
    }
}

#[test]
fn a_request_whose_redirect_is_not_known_is_sent_nowhere() {
    let device_only = built_in("stead-tv");
    let cases: [(Option<Client>, AuthorizeQuery<'_>, Result<&str, Untrusted>); 5] = [
        (Some(client()), query(), Ok("https://cellar.example/cb")),
        (None, query(), Err(Untrusted::Client)),
        (
            Some(client()),
            AuthorizeQuery { redirect_uri: None, ..query() },
            Err(Untrusted::Redirect),
        ),
        (
            Some(client()),
            AuthorizeQuery { redirect_uri: Some("https://attacker.example/"), ..query() },
            Err(Untrusted::Redirect),
        ),
        (device_only, query(), Err(Untrusted::Redirect)),
    ];
    for (client, query, expected) in cases {
        assert_eq!(trusted_redirect(client.as_ref(), &query), expected);
    }
}

#[test]
fn what_is_wrong_with_a_request_is_sent_back() {
    type Change = fn(&mut AuthorizeQuery<'static>);
    let cases: [(Change, Option<&str>); 16] = [
        (|_| {}, None),
        (|q| q.scope = Some("openid profile unheard"), None),
        (|q| q.response_type = Some("token"), Some("unsupported_response_type")),
        (|q| q.response_type = Some("code id_token"), Some("unsupported_response_type")),
        (|q| q.response_mode = Some("fragment"), Some("invalid_request")),
        (|q| q.code_challenge = None, Some("invalid_request")),
        (|q| q.code_challenge_method = None, Some("invalid_request")),
        (|q| q.code_challenge_method = Some("plain"), Some("invalid_request")),
        (|q| q.code_challenge = Some("short"), Some("invalid_request")),
        (|q| q.scope = None, Some("invalid_scope")),
        (|q| q.scope = Some("playback"), Some("invalid_scope")),
        (|q| q.prompt = Some("none login"), Some("invalid_request")),
        (|q| q.prompt = Some("dance"), Some("invalid_request")),
        (|q| q.max_age = Some("-1"), Some("invalid_request")),
        (|q| q.request = Some("e30.e30."), Some("request_not_supported")),
        (|q| q.request_uri = Some("https://a.example/"), Some("request_uri_not_supported")),
    ];
    for (at, (change, error)) in cases.into_iter().enumerate() {
        let mut query = query();
        change(&mut query);
        let outcome = understand_request(client(), "https://cellar.example/cb", &query);
        assert_eq!(outcome.err().map(|sent| sent.error), error, "case {at}");
    }
}

fn asked(change: impl FnOnce(&mut AuthorizeQuery<'static>)) -> Asked {
    let mut query = query();
    change(&mut query);
    understand_request(client(), "https://cellar.example/cb", &query).unwrap()
}

fn present() -> Present {
    Present {
        auth: Moment { wall: WallMs(0), boot: Some(BootMs(900_000)) },
        methods: Methods::NONE.and(Method::Password),
        reach: Assurance::Mfa,
        agreed: Scopes::NONE.and(Scope::OpenId),
        is_wanted: true,
    }
}

fn both() -> Present {
    let methods = Methods::NONE.and(Method::Password).and(Method::Totp);
    Present { methods, ..present() }
}

#[test]
fn what_follows_from_who_is_there() {
    let sign_in = |again| Follows::SignIn { again };
    let refused = |error| match error {
        "login_required" => Follows::Error(Sent { error, description: "" }),
        _ => Follows::Error(Sent { error: "consent_required", description: "" }),
    };
    let ask = |change: fn(&mut AuthorizeQuery<'static>)| asked(change);
    let since = |ms| Some(BootMs(ms));
    let factorless = Present { reach: Assurance::Password, ..present() };
    let cases = [
        (ask(|_| {}), None, None, sign_in(false)),
        (ask(|q| q.prompt = Some("none")), None, None, refused("login_required")),
        (ask(|_| {}), Some(present()), None, Follows::Code),
        (ask(|q| q.prompt = Some("login")), Some(present()), None, sign_in(true)),
        (ask(|q| q.prompt = Some("login")), Some(present()), since(950_000), sign_in(true)),
        // By the password alone, in a browser that is remembered.
        (ask(|q| q.prompt = Some("login")), Some(present()), since(850_000), sign_in(true)),
        (ask(|q| q.prompt = Some("login")), Some(both()), since(850_000), Follows::Code),
        (ask(|q| q.prompt = Some("login")), Some(factorless), since(850_000), Follows::Code),
        (ask(|q| q.max_age = Some("200")), Some(present()), None, Follows::Code),
        (ask(|q| q.max_age = Some("50")), Some(present()), None, sign_in(true)),
        (ask(|q| q.acr_values = Some("mfa pwd")), Some(present()), None, sign_in(true)),
        (ask(|q| q.acr_values = Some("pwd mfa")), Some(present()), None, Follows::Code),
        // What nobody here can reach is a wish that is not fulfilled.
        (
            ask(|q| q.acr_values = Some("mfa_phishing_resistant")),
            Some(present()),
            None,
            Follows::Code,
        ),
        (ask(|q| q.prompt = Some("consent")), Some(present()), None, Follows::Consent),
        (ask(|q| q.scope = Some("openid profile")), Some(present()), None, Follows::Consent),
        (
            asked(|q| {
                q.scope = Some("openid profile");
                q.prompt = Some("none");
            }),
            Some(present()),
            None,
            refused("consent_required"),
        ),
    ];
    for (at, (asked, present, since, expected)) in cases.into_iter().enumerate() {
        let told = match follows(&asked, present, since, NOW) {
            Follows::Error(sent) => Follows::Error(Sent { description: "", ..sent }),
            told @ Follows::SignIn { .. } | told @ Follows::Consent | told @ Follows::Code => told,
        };
        assert_eq!(told, expected, "case {at}");
    }
}

#[test]
fn to_let_an_app_play_takes_the_best_factor_shown_just_now() {
    let mut asked = asked(|_| {});
    asked.scopes = Scopes::NONE.and(Scope::Playback);
    asked.client.auth = ClientAuth::None;
    let long_ago = Moment { wall: WallMs(0), boot: Some(BootMs(0)) };
    let cases = [
        (both(), Follows::Consent),
        (present(), Follows::SignIn { again: true }),
        (Present { auth: long_ago, ..both() }, Follows::SignIn { again: true }),
    ];
    for (present, expected) in cases {
        assert_eq!(follows(&asked, Some(present), None, NOW), expected, "{present:?}");
    }
}

#[test]
fn a_public_client_is_asked_for_each_time() {
    let mut asked = asked(|_| {});
    asked.client.auth = ClientAuth::None;
    assert_eq!(follows(&asked, Some(present()), None, NOW), Follows::Consent);
}

#[test]
fn tokens_say_truthfully_what_was_shown() {
    use Method::{DeviceApproval, Passkey, Password, RecoveryCode, RememberedDevice, Totp};
    let cases: [(&[Method], &[&str], &str); 6] = [
        (&[Password], &["pwd"], "pwd"),
        (&[Password, Totp], &["pwd", "otp", "mfa"], "mfa"),
        (&[Password, RecoveryCode], &["pwd", "otp", "mfa"], "mfa"),
        (&[Password, DeviceApproval], &["pwd", "mca", "mfa"], "mfa"),
        (&[Passkey], &["pop", "user", "mfa"], "mfa_phishing_resistant"),
        (&[Password, RememberedDevice], &["pwd"], "pwd"),
    ];
    for (methods, words, level) in cases {
        let methods: Methods = methods.iter().copied().collect();
        assert_eq!(amr(methods), words);
        assert_eq!(acr(methods), level);
    }
}

#[test]
fn what_a_client_may_be_registered_as() {
    type Change = fn(&mut Metadata);
    let cases: [(Change, bool); 13] = [
        (|_| {}, true),
        (|m| m.redirect_uris.clear(), false),
        (|m| m.redirect_uris.push("http://a.example/".into()), false),
        (|m| m.redirect_uris = vec!["https://a.example/".into(); 17], false),
        (|m| m.post_logout_uris = vec!["javascript:x".into()], false),
        (|m| m.auth = Some("private_key_jwt".into()), false),
        (|m| m.auth = Some("none".into()), true),
        (|m| m.grants = Some(vec!["password".into()]), false),
        (|m| m.grants = Some(vec!["refresh_token".into()]), false),
        (|m| m.grants = Some(vec!["authorization_code".into(), "refresh_token".into()]), true),
        (|m| m.scope = Some("openid playback".into()), false),
        (|m| m.id_token_alg = Some("none".into()), false),
        (|m| m.name = Some("\u{200b}".into()), false),
    ];
    for (at, (change, taken)) in cases.into_iter().enumerate() {
        let uris = vec!["https://a.example/cb".to_owned()];
        let mut metadata = Metadata { redirect_uris: uris, ..Metadata::default() };
        change(&mut metadata);
        assert_eq!(register(&metadata, Registrant::Program).is_ok(), taken, "case {at}");
    }
}

#[test]
fn codes_and_tokens_end_when_they_must_and_never_when_it_is_not_known() {
    let given = |seconds: u64| Moment {
        wall: WallMs(0),
        boot: Some(BootMs(NOW.boot.0.saturating_sub(seconds * 1000))),
    };
    assert!(code_is_live(given(59), NOW));
    assert!(!code_is_live(given(60), NOW));
    assert!(access_is_live(given(599), NOW));
    assert!(!access_is_live(given(600), NOW));
    // Given before the machine was started, by a clock that nobody trusts: no right.
    let unknown = Now { trust: TimeTrust::Unknown, ..NOW };
    assert!(!code_is_live(Moment::before_this_start(NOW.wall), unknown));
    let keys = Moment::before_this_start(WallMs(0));
    assert!(!KeyStage::Current.is_over(keys, unknown));
    let later = Now { wall: WallMs(91 * 24 * 3600 * 1000), ..NOW };
    assert!(KeyStage::Current.is_over(keys, later));
    assert!(!KeyStage::Next.is_over(keys, later));
}

#[test]
fn a_verifier_has_the_length_and_letters_of_the_rfc() {
    assert!(is_verifier(&"a".repeat(43)));
    assert!(is_verifier(&"~".repeat(128)));
    assert!(!is_verifier(&"a".repeat(42)));
    assert!(!is_verifier(&"a".repeat(129)));
    assert!(!is_verifier(&" ".repeat(50)));
}

#[test]
fn a_server_that_was_let_in_by_a_code_registers_its_own_pages_alone() {
    let cases: [(&[&str], bool); 12] = [
        (&["https://stead-ab12.local:8443/signin/callback"], true),
        (&["https://192.0.2.7/claim/callback", "https://films.example/signin/callback"], true),
        (&["http://127.0.0.1:8080/signin/callback"], true),
        (&["https://films.example/signin/callback?next=x"], false),
        (&["https://films.example/signin/callback/"], false),
        (&["https://films.example/x/signin/callback"], false),
        (&["https://films.example/signin/callback", "https://films.example/"], false),
        (&["https://films.example"], false),
        (&["https://user@films.example/signin/callback"], false),
        (&["http://films.example/signin/callback"], false),
        (&["org.example.player:/signin/callback"], false),
        (&[], false),
    ];
    for (uris, taken) in cases {
        let redirect_uris = uris.iter().map(|&uri| uri.to_owned()).collect();
        let metadata = Metadata { redirect_uris, ..Metadata::default() };
        assert_eq!(register(&metadata, Registrant::Server).is_ok(), taken, "{uris:?}");
    }
    let metadata = Metadata {
        redirect_uris: vec!["https://films.example/signin/callback".to_owned()],
        post_logout_uris: vec!["org.example.player:/out".to_owned()],
        ..Metadata::default()
    };
    assert!(register(&metadata, Registrant::Server).is_err());
    assert!(register(&metadata, Registrant::Program).is_ok());
}

#[test]
fn nobody_registers_to_register() {
    let metadata = Metadata {
        redirect_uris: vec!["https://films.example/signin/callback".to_owned()],
        scope: Some("openid registration".to_owned()),
        ..Metadata::default()
    };
    for who in [Registrant::Program, Registrant::Server] {
        assert_eq!(register(&metadata, who), Err(BadMetadata::Unsupported("scope")));
    }
}

/// OpenID Connect Core 1.0 §5.5.1.
#[test]
fn a_request_for_one_person_succeeds_by_nobody_elses_sign_in() {
    let one = asked(|query| query.person = WantedPerson::One("robin"));
    assert_eq!(one.person.as_deref(), Some("robin"));
    let mut query = query();
    query.person = WantedPerson::Unreadable;
    let refused = understand_request(client(), "https://cellar.example/cb", &query);
    assert_eq!(refused.unwrap_err().error, "invalid_request");
    let silent = asked(|query| {
        query.person = WantedPerson::One("robin");
        query.prompt = Some("none");
    });
    let shown_at = BootMs(900_000);
    for (asked, is_wanted, since, expected) in [
        (&one, true, None, "code"),
        (&one, false, None, "sign in again"),
        (&one, false, Some(BootMs(shown_at.0 + 1)), "sign in again"),
        (&one, false, Some(shown_at), "access_denied"),
        (&silent, false, None, "login_required"),
    ] {
        let there = Present { is_wanted, ..both() };
        let told = match follows(asked, Some(there), since, NOW) {
            Follows::Code => "code",
            Follows::Consent => "consent",
            Follows::SignIn { again: true } => "sign in again",
            Follows::SignIn { again: false } => "sign in",
            Follows::Error(sent) => sent.error,
        };
        assert_eq!(told, expected, "{is_wanted} {since:?}");
    }
}
