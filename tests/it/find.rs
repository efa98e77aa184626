//! `stead find` in a home of several machines: what is listed is what is there.

use std::net::{Ipv4Addr, UdpSocket};
use std::process::Command;

use serde_json::Value;

use crate::discovery::claim_here;
use crate::home::Home;
use crate::program::{Ended, PATIENCE, STEAD, Served, stead};

const FIRST: usize = 0;
const SECOND: usize = 1;
/// The machine that looks, after those that are looked for.
const PHONE: usize = 2;

fn find_at(home: &Home, machine: usize, arguments: &[&str]) -> Ended {
    Ended::of(home.command(machine, STEAD).arg("find").args(arguments))
}

/// Searches again and again until `enough` is there. Each search listens to the network itself, so
/// this is no busy loop.
fn found_until(home: &Home, enough: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let mut last = None;
    for _ in 0..PATIENCE.as_secs() {
        let ended = find_at(home, PHONE, &["--json", "--seconds", "4"]);
        let answer: Value = serde_json::from_str(&ended.said).expect("JSON");
        let boxes = answer["boxes"].as_array().expect("a list").clone();
        assert_eq!(ended.code, Some(i32::from(boxes.is_empty())), "{}", ended.complained);
        if enough(&boxes) {
            return boxes;
        }
        last = Some(boxes);
    }
    panic!("not found in time; last: {last:#?}");
}

/// The box that has exactly these addresses, IPv6 aside.
fn at_addresses<'a>(boxes: &'a [Value], addresses: &[Ipv4Addr]) -> Option<&'a Value> {
    let wanted: Vec<_> = addresses.iter().map(ToString::to_string).collect();
    boxes.iter().find(|found| {
        let all = found["addresses"].as_array().expect("a list").iter();
        let v4: Vec<_> = all.filter_map(Value::as_str).filter(|text| !text.contains(':')).collect();
        v4 == wanted
    })
}

fn secret_of(served: &Served) -> String {
    let page = std::fs::read_to_string(served.data().join("Setup Stead.html")).unwrap();
    page.split("#s=").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

#[test]
fn two_boxes_are_found_and_which_of_them_waits_for_its_owner() {
    let home = Home::with(3);
    let [first, second] =
        [FIRST, SECOND].map(|machine| home.serve(machine, tempfile::tempdir().unwrap()));
    let (port, secret) = (first.http_port, secret_of(&first));
    home.at(FIRST, move || claim_here(port, &secret));

    let claimed = |boxes: &[Value], machine| {
        at_addresses(boxes, &[Home::address(machine)]).map(|found| found["claimed"].clone())
    };
    let boxes = found_until(&home, |boxes| {
        claimed(boxes, FIRST) == Some(Value::Bool(true))
            && claimed(boxes, SECOND) == Some(Value::Bool(false))
    });
    assert_eq!(boxes.len(), 2, "{boxes:#?}");
    for (machine, served) in [(FIRST, &first), (SECOND, &second)] {
        let found = at_addresses(&boxes, &[Home::address(machine)]).unwrap();
        let host = found["host_name"].as_str().unwrap();
        let port = served.https_port;
        assert!(host.starts_with("stead-") && host.ends_with(".local"), "{host}");
        assert_eq!(found["url"], format!("https://{host}:{port}/"));
        assert_eq!(found["port"], port);
        assert_eq!(found["version"], env!("CARGO_PKG_VERSION"));
        assert!(!found["model"].as_str().unwrap().is_empty());
        assert_eq!(found["id"].as_str().unwrap().len(), 32);
    }

    let told = find_at(&home, PHONE, &[]);
    assert_eq!((told.code, told.complained.as_str()), (Some(0), ""));
    let (waits, owned) = (told.said.find("waits for its owner"), told.said.find("has an owner"));
    assert!(waits.is_some() && waits < owned, "the new one comes first: {}", told.said);
    let link = format!("  https://{}:{}/\n", Home::address(SECOND), second.https_port);
    assert!(told.said.contains(&link), "{link} in {}", told.said);
    assert!(!told.said.contains(&secret_of(&second)), "a secret is told");

    // A box finds the others, and itself.
    let own = find_at(&home, FIRST, &["--json"]);
    let own: Value = serde_json::from_str(&own.said).unwrap();
    assert_eq!(own["boxes"].as_array().unwrap().len(), 2, "{own:#}");
}

/// A copy of a box's data has its name too.
#[test]
fn two_boxes_of_one_name_are_both_found_each_by_a_name_of_its_own() {
    let home = Home::with(3);
    let first = home.serve(FIRST, tempfile::tempdir().unwrap());
    let folder = first.kill();
    let copy = tempfile::tempdir().unwrap();
    let copied =
        Command::new("cp").arg("-a").arg(folder.path().join("data")).arg(copy.path()).status();
    assert!(copied.unwrap().success());
    let _first = home.serve(FIRST, folder);
    let alone = found_until(&home, |boxes| at_addresses(boxes, &[Home::address(FIRST)]).is_some());
    let name = alone[0]["host_name"].as_str().unwrap().to_owned();
    let renamed = name.replace(".local", "-2.local");

    let _second = home.serve(SECOND, copy);
    let named = |boxes: &[Value], machine, name: &str| {
        at_addresses(boxes, &[Home::address(machine)])
            .is_some_and(|found| found["host_name"] == name)
    };
    let both =
        found_until(&home, |boxes| named(boxes, FIRST, &name) && named(boxes, SECOND, &renamed));
    assert_eq!(both.len(), 2, "{both:#?}");
}

#[test]
fn a_box_is_found_at_the_address_that_it_has_now() {
    let home = Home::with(3);
    let _served = home.serve(FIRST, tempfile::tempdir().unwrap());
    let (before, after) = (Home::address(FIRST), Ipv4Addr::new(198, 51, 100, 77));
    let boxes = found_until(&home, |boxes| at_addresses(boxes, &[before]).is_some());
    let name = boxes[0]["host_name"].clone();

    home.give_address(FIRST, after);
    home.take_address(FIRST, before);
    let boxes = found_until(&home, |boxes| at_addresses(boxes, &[after]).is_some());
    assert_eq!((boxes.len(), &boxes[0]["host_name"]), (1, &name), "{boxes:#?}");
}

#[test]
fn a_box_whose_cable_was_pulled_is_found_again_once_it_is_back() {
    let home = Home::with(3);
    let _served = home.serve(FIRST, tempfile::tempdir().unwrap());
    let there = |boxes: &[Value]| at_addresses(boxes, &[Home::address(FIRST)]).is_some();
    let name = found_until(&home, there)[0]["host_name"].clone();

    home.pull(FIRST);
    assert_eq!(find_at(&home, PHONE, &["--seconds", "4"]).code, Some(1));
    home.put_back(FIRST);
    assert_eq!(found_until(&home, there)[0]["host_name"], name, "no name is lost by a cable");
}

#[test]
fn where_no_box_is_it_says_so_and_what_to_look_at() {
    let home = Home::with(3);
    let nobody = find_at(&home, PHONE, &["--seconds", "4"]);
    assert_eq!((nobody.code, nobody.said.as_str()), (Some(1), ""));
    for words in ["no box answered within 4 s", "switched on", "same network"] {
        assert!(nobody.complained.contains(words), "{words} in {}", nobody.complained);
    }
    let nobody = find_at(&home, PHONE, &["--seconds", "4", "--json"]);
    assert_eq!((nobody.code, nobody.said.as_str()), (Some(1), "{\"boxes\":[]}\n"));

    home.take_address(PHONE, Home::address(PHONE));
    // What is left is the address that IPv6 gives itself.
    home.at(PHONE, || std::fs::write("/proc/sys/net/ipv6/conf/eth0/disable_ipv6", "1")).unwrap();
    let alone = find_at(&home, PHONE, &["--seconds", "4"]);
    assert_eq!(alone.code, Some(1));
    assert!(alone.complained.contains("this computer is in no network"), "{}", alone.complained);
}

#[test]
fn a_program_that_keeps_the_port_for_itself_is_told() {
    let home = Home::with(3);
    let selfish = home.at(PHONE, || UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 5353)).unwrap());
    let refused = find_at(&home, PHONE, &["--seconds", "4"]);
    assert_eq!((refused.code, refused.said.as_str()), (Some(1), ""));
    assert!(refused.complained.contains("port 5353"), "{}", refused.complained);
    drop(selfish);
}

#[test]
fn a_time_without_an_end_is_refused() {
    for seconds in ["0", "3", "61", "ever"] {
        assert_eq!(stead(&["find", "--seconds", seconds]).code, Some(2), "{seconds}");
    }
}
