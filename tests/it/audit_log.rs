//! The log of decisions beside a server that runs: checked, written out, and what is changed shows.

use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{App, Owner, in_accounts};
use crate::program::{Ended, stead};

fn audit(data: &Path, words: &[&str]) -> Ended {
    let data = data.to_str().unwrap();
    stead(&[&["audit"], words, &["--config", "/dev/null", "--data", data]].concat())
}

#[test]
fn the_log_of_a_claim_holds_is_written_out_and_shows_a_change() {
    let app = App::start();
    let mut owner = Owner::claim(&app).browser;
    owner.post("/api/v1/settings", &json!({ "name": "Attic" })).expect(204);

    let checked = audit(&app.data, &["verify"]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
    assert!(checked.said.contains("the log holds"), "{checked:?}");
    let end = checked.said.lines().find_map(|line| line.strip_prefix("its end: ")).unwrap();

    let written = audit(&app.data, &["export"]);
    let lines: Vec<Value> =
        written.said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<_> = lines.iter().map(|line| line["kind"].as_str().unwrap()).collect();
    for kind in ["claim.claimed", "server.renamed"] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    let last = lines.last().unwrap();
    let told = format!("{}:{}", last["number"], last["hash"].as_str().unwrap());
    assert_eq!(told, end);

    // It goes on, and the end that was noted is still in it.
    owner.post("/api/v1/settings", &json!({ "name": "Cellar" })).expect(204);
    assert_eq!(audit(&app.data, &["verify", "--head", end]).code, Some(0));

    in_accounts(&app, "UPDATE audit SET detail = '{}' WHERE kind = 'claim.claimed'");
    let checked = audit(&app.data, &["verify", "--head", end]);
    assert_eq!(checked.code, Some(1), "{checked:?}");
    assert!(checked.complained.contains("is not what was written"), "{checked:?}");
}

#[test]
fn without_accounts_or_with_an_odd_end_it_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    for words in [["verify"], ["export"]] {
        let ended = audit(folder.path(), &words);
        assert_eq!(ended.code, Some(73), "{ended:?}");
        assert!(ended.complained.contains("--data names another folder"), "{ended:?}");
    }
    let ended = audit(folder.path(), &["verify", "--head", "12"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.complained.contains("64 hexadecimal letters"), "{ended:?}");
}
