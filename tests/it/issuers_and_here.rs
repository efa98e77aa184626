//! Accounts elsewhere and what this server keeps beside them: its own factors, browsers that it
//! remembers, passwords for apps.

use serde_json::{Value, json};

use crate::devices::basic;
use crate::harness::{Answer, App, Client, in_accounts, totp_code};
use crate::issuers::{OWNER, Owner, claim, seconds, sent, sign_in, start};
use crate::recovery::state;

/// Ends a sign-in by the owner's authenticator.
fn show_code(
    browser: &mut Client,
    app: &App,
    owner: &Owner,
    step: &Value,
    remember: &str,
) -> Answer {
    let factor = json!({
        "ticket": step["ticket"], "method": "totp", "browser_time_ms": app.clock_ms(),
        "code": totp_code(owner.totp_secret.as_deref().unwrap(), seconds(app)),
        "remember": remember,
    });
    browser.post("/api/v1/signin/factor", &factor)
}

/// The issuer's word is worth no second factor there, and it refuses somebody all the same.
#[test]
fn an_issuer_whose_word_is_only_a_name_refuses_an_owner_too() {
    let (app, issuer) = start("");
    issuer.describes_itself(json!({ "claims_parameter_supported": true }));
    let mut owner = claim(&app, &issuer);
    let finish = "/api/v1/stepup/external/finish";
    let redirect = sent(&mut owner.browser, "/api/v1/stepup/external");
    assert!(redirect.contains("claims="), "{redirect}");
    let back = issuer.approve(&redirect, OWNER);
    let worth = owner.browser.post(finish, &back).expect(403);
    assert_eq!(worth.code(), "issuer_no_factor", "its yes is worth what it was");
    app.clock.advance(16 * 60 * 1000);
    let rename = json!({ "name": "Attic" });
    owner.browser.post("/api/v1/settings", &rename).expect(401);
    issuer.refuses(Some("access_denied"));
    let back = issuer.approve(&sent(&mut owner.browser, "/api/v1/stepup/external"), OWNER);
    assert_eq!(owner.browser.post(finish, &back).expect(403).code(), "issuer_shut_out");
    assert_eq!(state(&app), "orphaned");

    issuer.refuses(None);
    let mut browser = app.client();
    let first = sign_in(&mut browser, &issuer, OWNER).expect(200).json();
    show_code(&mut browser, &app, &owner, &first, "no").expect(200);
    browser.post("/api/v1/unlock", &json!({})).expect(204);
    assert_eq!(state(&app), "claimed");
}

#[test]
fn a_remembered_browser_is_not_asked_for_a_factor_after_a_sign_in_elsewhere() {
    let (app, issuer) = start("");
    let owner = claim(&app, &issuer);
    app.clock.advance(60 * 1000);
    let mut browser = app.client();
    let first = sign_in(&mut browser, &issuer, OWNER).expect(200).json();
    show_code(&mut browser, &app, &owner, &first, "30_days").expect(200);
    browser.post("/api/v1/signout", &json!({})).expect(204);

    // The word of the issuer is asked for all the same, and another browser is asked for the factor.
    let mut again = browser.clone();
    let second = sign_in(&mut again, &issuer, OWNER).expect(200).json();
    assert_eq!(second["step"], "done");
    again.get("/api/v1/home").expect(200);
    let rename = json!({ "name": "Attic" });
    let asked = again.post("/api/v1/settings", &rename).expect(401);
    assert_eq!(asked.code(), "insufficient_user_authentication", "nothing is guarded by it");
    let other = sign_in(&mut app.client(), &issuer, OWNER).expect(200).json();
    assert_eq!(other["step"], "factor");

    // Who is to show anew who they are shows a factor there, too.
    app.clock.advance(60 * 1000);
    let redirect = again.post("/api/v1/signin/external", &json!({ "anew": true })).expect(200);
    let redirect = redirect.json()["redirect"].as_str().unwrap().to_owned();
    let back = issuer.approve(&redirect, OWNER);
    let third = again.post("/api/v1/signin/external/finish", &back).expect(200).json();
    assert_eq!(third["step"], "factor");
    show_code(&mut again, &app, &owner, &third, "no").expect(200);
    again.post("/api/v1/settings", &rename).expect(204);

    app.clock.advance(31 * 24 * 3600 * 1000);
    let late = sign_in(&mut browser, &issuer, OWNER).expect(200).json();
    assert_eq!(late["step"], "factor", "only for so long");
}

#[test]
fn an_app_password_of_somebody_from_elsewhere_goes_with_the_name_that_is_shown() {
    let (app, issuer) = start("assurance = \"asserted\"\n");
    let mut owner = claim(&app, &issuer);
    let allowed = json!({ "allowed": true });
    owner.browser.post("/api/v1/settings/app-passwords", &allowed).expect(204);
    let make = json!({ "name": "Old radio" });
    let made = owner.browser.post("/api/v1/app-passwords", &make).expect(201).json();
    assert_eq!(made["login"], "Robin");
    let password = made["password"].as_str().unwrap();
    for name in ["Robin", "ROBIN", " robin "] {
        basic(&app, name, password).get("/api/v1/home").expect(200);
    }
    for name in ["Sam", "", " ", OWNER] {
        let refused = basic(&app, name, password).get("/api/v1/home");
        assert!([401, 429].contains(&refused.status), "{name:?}: {}", refused.text());
    }
    // A colon ends the name that an app sends, so another one is shown.
    in_accounts(&app, "UPDATE user SET name = 'Robin: at home'");
    let made = owner.browser.post("/api/v1/app-passwords", &make).expect(201).json();
    let (name, password) = (made["login"].as_str().unwrap(), made["password"].as_str().unwrap());
    assert!(!name.contains(':'), "{name}");
    basic(&app, name, password).get("/api/v1/home").expect(200);
}
