//! What is written to people: of what binds them, with links that work where they are; and what is said
//! where there is no room for more of it.

use serde_json::json;
use stead_rules::signin::Assurance;
use stead_store::accounts::mail;

use crate::harness::in_accounts_many;
use crate::policy_acts::{on_board, require, sam};
use crate::policy_house::{House, Of, SAM};
use crate::resets::television;

/// A server with a name in the world, whose mail nobody takes, and Sam wants some.
fn house() -> House {
    let house = House::with(
        "public_url = \"https://attic.example.net\"\n\n\
         [mail]\nserver = \"127.0.0.1\"\nport = 1\nfrom = \"Attic <attic@example.net>\"\n",
    );
    house.write(|tx, _| mail::set_address(tx, SAM, Some("sam@example.net")));
    house
}

#[test]
fn a_reminder_is_of_what_binds_its_person_and_leads_to_where_they_are() {
    let house = house();
    let mut owner = house.owner();
    house.give_factor();
    // The authenticator does for the one, so its days are nothing to Sam, and not for the other.
    let met = house.require(Of::Server, Assurance::Mfa);
    house.grant(met, 7);
    let binds = house.require(Of::Films, Assurance::MfaPhishingResistant);
    house.grant(binds, 30);
    // Whatever is set has what is due told.
    require(&house, &mut owner, Of::Songs, 0);
    assert_eq!(on_board(&mut owner)["reminders"], 1, "of the passkey, and not of what they have");
    owner.post("/api/v1/policy/reminders", &json!({ "user_id": sam() })).expect(204);
    for _ in 0..2 {
        house.write(|tx, now| {
            let waiting = mail::next(tx)?.expect("both wait");
            assert!(waiting.subject.ends_with(": a passkey is asked for"), "{}", waiting.subject);
            assert!(
                waiting.body.contains("asks for a passkey here within 30 days."),
                "{waiting:?}"
            );
            let link = "\nhttps://attic.example.net/settings/enrol\n";
            assert!(waiting.body.contains(link), "{}", waiting.body);
            mail::sent(tx, waiting.id, now.wall)
        });
    }
    let told = house.browser_with_factor().get("/api/v1/notices").expect(200).json();
    let mut asked = told["notices"].as_array().unwrap().iter();
    let asked = asked.find(|notice| notice["kind"] == "second_factor_asked").unwrap();
    assert_eq!(asked["about"], "mfa_phishing_resistant");
}

#[test]
fn links_that_are_handed_over_lead_to_the_public_address_first() {
    let house = house();
    let public = |url: &serde_json::Value, path: &str| {
        let url = url.as_str().unwrap();
        assert!(url.starts_with(&format!("https://attic.example.net/{path}")), "{url}");
    };
    let link = format!("/api/v1/people/{}/link", sam());
    let made = house.owner().post(&link, &json!({ "new_factor": false })).expect(200).json();
    public(&made["urls"][0], "reset#s=");
    assert!(made["urls"].as_array().unwrap().len() > 1, "the home network's are named too");
    let (_, shown) = television(house.app());
    public(&shown["pages"][0], "device");
}

#[test]
fn where_there_is_no_room_for_more_mail_it_is_said_and_told_in_the_app() {
    let house = house();
    let mut owner = house.owner();
    let filled = "INSERT INTO mail_waiting (user_id, subject, body, made_ms)
                  WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 19999)
                  SELECT user_id, 'x', 'x', 0 FROM mail_address, n";
    in_accounts_many(house.app(), filled);
    let full = |owner: &mut crate::harness::Client| {
        let log = owner.get("/api/v1/audit?kind=mail.full").expect(200).json();
        let rows = log["entries"].as_array().unwrap().len();
        (owner.get("/api/v1/mail").expect(200).json()["full"].clone(), rows)
    };
    assert_eq!(full(&mut owner), (json!(false), 0));
    // One is kept still, and two are not.
    for (of, expected) in [(Of::Server, 0), (Of::Group, 1), (Of::Films, 1)] {
        let id = require(&house, &mut owner, of, 1);
        assert_eq!(full(&mut owner), (json!(true), expected), "{of:?}");
        crate::policy_acts::switch_off(&mut owner, id);
    }
    let told = house.browser().get("/api/v1/notices").expect(200).json();
    let asked = told["notices"].as_array().unwrap().iter();
    assert_eq!(asked.filter(|notice| notice["kind"] == "second_factor_asked").count(), 3);
    // What was refused for good makes room.
    in_accounts_many(house.app(), "UPDATE mail_waiting SET refused = 'no such person'");
    require(&house, &mut owner, Of::Songs, 1);
    assert_eq!(owner.get("/api/v1/mail").expect(200).json()["waiting"], 1);
}
