//! Eras: the table of what is an older copy, and a disk whose power fails at any moment.

use std::fmt::Write;

use proptest::prelude::*;

use crate::claim::{Copied, Eras, Renewal, adopted, copied, renewal};
use crate::golden;
use crate::ids::EraId;

const N: [EraId; 4] = [
    EraId::from_bytes([0; 16]),
    EraId::from_bytes([1; 16]),
    EraId::from_bytes([2; 16]),
    EraId::from_bytes([3; 16]),
];
const FRESH: EraId = EraId::from_bytes([9; 16]);

fn name(era: Option<EraId>) -> String {
    match era {
        None => "none".to_owned(),
        Some(FRESH) => "fresh".to_owned(),
        Some(era) => format!("n{}", era.as_bytes()[0]),
    }
}

fn names(eras: Option<Eras>) -> String {
    eras.map_or_else(
        || "none".to_owned(),
        |eras| format!("{{{}, {}}}", name(Some(eras.current)), name(eras.previous)),
    )
}

fn accounts() -> Vec<Option<Eras>> {
    let of = |current: usize, previous: Option<usize>| {
        Some(Eras { current: N[current], previous: previous.map(|n| N[n]) })
    };
    vec![None, of(0, None), of(1, None), of(1, Some(0)), of(2, Some(1)), of(3, Some(2))]
}

#[test]
fn the_table_is_the_reviewed_one() {
    let mut text = String::from("Which accounts are an older copy, and how another era begins.\n");
    for marker in [None, Some(N[1]), Some(N[2])] {
        writeln!(text, "\nmarker {}", name(marker)).unwrap();
        for known in accounts() {
            let which = match copied(marker, known) {
                Copied::Latest => "latest",
                Copied::Older => "older",
            };
            let next = match renewal(marker, known, FRESH) {
                Renewal::Marker(era) => format!("marker to {}", name(Some(era))),
                Renewal::Accounts(eras) => format!("accounts to {}", names(Some(eras))),
            };
            writeln!(text, "  accounts {:<12} {which:<8} {next}", names(known)).unwrap();
        }
    }
    golden::check("era.txt", &text);
}

#[test]
fn accounts_that_were_adopted_are_the_latest() {
    for marker in [None, Some(N[1])] {
        assert_eq!(copied(marker, adopted(marker)), Copied::Latest);
    }
}

/// What lies on the disk, and what the process takes for it. A write that failed may be there all
/// the same after a cut of power: then there are two that may be found.
struct Disk {
    accounts: Vec<Option<Eras>>,
    marker: Vec<Option<EraId>>,
    /// What the process knows that the marker says.
    known: Option<EraId>,
    fresh: u8,
    renewed: bool,
}

#[derive(Debug, Clone, Copy)]
enum Did {
    Well,
    /// An error was told, and nobody knows what is on the disk.
    Failed,
}

#[derive(Debug, Clone, Copy)]
enum Happening {
    /// A renewal with how each of its writes goes, and after how many of them the power is cut.
    Renewal([Did; 3], usize),
    Cut {
        newer_accounts: bool,
        newer_marker: bool,
    },
}

impl Disk {
    /// What is read: the last that the process knows to be written.
    fn read(&self) -> Option<Eras> {
        self.accounts[0]
    }

    fn write_accounts(&mut self, eras: Eras, did: Did) {
        match did {
            Did::Well => self.accounts = vec![Some(eras)],
            Did::Failed => {
                self.accounts.truncate(1);
                self.accounts.push(Some(eras));
            }
        }
    }

    fn write_marker(&mut self, era: EraId, did: Did) {
        match did {
            Did::Well => (self.marker, self.known) = (vec![Some(era)], Some(era)),
            Did::Failed => self.marker.push(Some(era)),
        }
    }

    /// As `service::claim::era` does it.
    fn renew(&mut self, writes: [Did; 3], most: usize) {
        self.fresh += 1;
        let fresh = EraId::from_bytes([self.fresh; 16]);
        for did in writes.into_iter().take(most) {
            match renewal(self.known, self.read(), fresh) {
                Renewal::Marker(era) => {
                    self.write_marker(era, did);
                    if matches!(did, Did::Failed) {
                        return;
                    }
                    if era == fresh {
                        self.renewed = true;
                        return;
                    }
                }
                Renewal::Accounts(eras) => {
                    self.write_accounts(eras, did);
                    if matches!(did, Did::Failed) {
                        return;
                    }
                }
            }
        }
    }

    fn cut(&mut self, newer_accounts: bool, newer_marker: bool) {
        let found = |newer: bool, all: usize| if newer { all - 1 } else { 0 };
        self.accounts = vec![self.accounts[found(newer_accounts, self.accounts.len())]];
        self.marker = vec![self.marker[found(newer_marker, self.marker.len())]];
        self.known = self.marker[0];
    }

    /// Whatever may be found after a cut at this moment is the latest.
    fn is_whole(&self) -> bool {
        self.accounts.iter().all(|accounts| {
            self.marker.iter().all(|marker| copied(*marker, *accounts) == Copied::Latest)
        })
    }
}

fn happening() -> impl Strategy<Value = Happening> {
    let did = prop_oneof![4 => Just(Did::Well), 1 => Just(Did::Failed)];
    prop_oneof![
        3 => (prop::array::uniform3(did), 0..4_usize)
            .prop_map(|(writes, most)| Happening::Renewal(writes, most)),
        1 => any::<(bool, bool)>().prop_map(|(newer_accounts, newer_marker)| {
            Happening::Cut { newer_accounts, newer_marker }
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_cut_of_power_makes_an_older_copy_and_every_renewal_makes_one(
        walk in prop::collection::vec(happening(), 0..60),
    ) {
        let mut disk = Disk {
            accounts: vec![None], marker: vec![None], known: None, fresh: 0, renewed: false,
        };
        let mut copies: Vec<Option<Eras>> = Vec::new();
        for what in walk {
            let before = disk.read();
            disk.renewed = false;
            match what {
                Happening::Renewal(writes, most) => disk.renew(writes, most),
                Happening::Cut { newer_accounts, newer_marker } => {
                    disk.cut(newer_accounts, newer_marker);
                }
            }
            prop_assert!(disk.is_whole(), "{what:?}");
            if disk.renewed {
                copies.push(before);
                for copy in &copies {
                    prop_assert_eq!(copied(disk.known, *copy), Copied::Older);
                }
            }
        }
    }
}
