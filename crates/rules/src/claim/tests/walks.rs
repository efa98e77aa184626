//! Random walks: many events, restarts and lost files in any order.

use std::collections::HashSet;

use proptest::prelude::*;

use super::world::{DEADLINE, at, events, states};
use crate::claim::{
    Copied, Database, Effect, Event, Generation, Kept, LocalSecurity, LockReason, Marker,
    RecoveryWay, State, apply, next_generation, recovery_generation, settle, start_state,
};
use crate::time::BootMs;

/// A box with its disk, as far as the claim sees it.
struct Box {
    state: State,
    boot: BootMs,
    marker: Marker,
    database: Database,
    owners: u64,
    was_claimed: bool,
}

#[derive(Debug, Clone)]
enum Happening {
    Event(usize),
    Passing(u64),
    /// The process is killed after so many effects of the event, and starts again.
    KilledAfter(usize, usize),
    DatabaseLost,
    DatabaseBroken,
    MarkerBroken,
    /// A database from before the last claim is put in its place.
    DatabaseOlder,
    /// An older copy of the same generation is.
    DatabaseCopied,
    Wiped,
}

impl Box {
    fn new() -> Self {
        let mut new = Self {
            state: State::Factory,
            boot: BootMs(0),
            marker: Marker::None,
            database: Database::None,
            owners: 0,
            was_claimed: false,
        };
        new.restart();
        new
    }

    fn restart(&mut self) {
        let start = start_state(self.marker, self.database, LocalSecurity::On);
        self.boot = BootMs(0);
        self.state = start.state;
        self.run(&start.effects, usize::MAX);
        if self.state == State::Factory {
            self.database = Database::NeverClaimed { created_by: None };
            self.step(&Event::OfferMade, usize::MAX);
        }
    }

    fn step(&mut self, event: &Event, effects_run: usize) {
        // Accounts that wait for their first owner hold nobody who could sign in as one.
        if self.owners == 0
            && matches!(event, Event::OwnerSteppedUp { .. } | Event::OwnerCameBack { .. })
        {
            return;
        }
        let event = self.with_generation(event);
        let applied = apply(&self.state, &event, at(self.boot));
        if applied.answer.is_ok() {
            self.commit(&event);
        }
        self.state = applied.next;
        self.run(&applied.effects, effects_run);
    }

    fn with_generation(&self, event: &Event) -> Event {
        let mut event = *event;
        if let Event::OwnerWritten { generation, .. }
        | Event::OwnerSteppedUp { generation }
        | Event::OwnerCameBack { generation } = &mut event
        {
            *generation = next_generation(self.marker, self.database);
        }
        if let Event::RecoveryOpened { generation, .. } | Event::BackupRestored { generation, .. } =
            &mut event
        {
            *generation = recovery_generation(self.marker, self.database);
        }
        event
    }

    /// What the transaction writes that the event was decided in.
    fn commit(&mut self, event: &Event) {
        if let Event::OwnerWritten { .. } = event {
            // A recovery disables the former owner in the same transaction.
            self.owners = if self.state.was_claimed() { 1 } else { self.owners + 1 };
            self.was_claimed = true;
        }
        if let Event::OwnerWritten { generation, .. } | Event::OwnerSteppedUp { generation } =
            *event
        {
            self.database =
                Database::Claimed { generation, kept: Kept::Owned, copied: Copied::Latest };
        }
        match *event {
            // A refused one never comes here; in RECOVERY it only asks for another secret.
            Event::RecoveryOpened { generation, .. } => {
                let generation = generation.max(self.generation());
                self.database =
                    Database::Claimed { generation, kept: Kept::Recovery, copied: Copied::Latest };
            }
            // Where it ends no recovery nothing is written.
            Event::OwnerCameBack { generation }
                if settle(&self.state, at(self.boot)).next == State::Recovery =>
            {
                self.database =
                    Database::Claimed { generation, kept: Kept::Owned, copied: Copied::Latest };
            }
            Event::BackupRestored { generation, .. } => {
                self.owners = 1;
                self.was_claimed = true;
                self.database =
                    Database::Claimed { generation, kept: Kept::Restored, copied: Copied::Latest };
            }
            Event::OwnerLost { .. } => {
                let generation = self.generation();
                self.database =
                    Database::Claimed { generation, kept: Kept::Orphaned, copied: Copied::Latest };
            }
            Event::OfferMade
            | Event::AddressesChanged
            | Event::RotateAsked
            | Event::SecretAged
            | Event::ProofAccepted { .. }
            | Event::ProofRejected { .. }
            | Event::StepBegun { .. }
            | Event::StepDone { .. }
            | Event::OwnerWritten { .. }
            | Event::Denied { .. }
            | Event::OwnerSteppedUp { .. }
            | Event::OwnerCameBack { .. }
            | Event::Tick => {}
        }
    }

    fn generation(&self) -> Generation {
        match self.database {
            Database::Claimed { generation, .. } => generation,
            Database::None | Database::Unreadable | Database::NeverClaimed { .. } => Generation(0),
        }
    }

    fn run(&mut self, effects: &[Effect], most: usize) {
        for effect in effects.iter().take(most) {
            if let Effect::RaiseMarker(generation) = effect {
                self.marker = Marker::Generation(*generation);
            }
        }
    }

    fn happen(&mut self, what: &Happening) {
        let all = events();
        match what {
            Happening::Event(index) => self.step(&all[index % all.len()].1, usize::MAX),
            Happening::Passing(ms) => self.boot = self.boot.plus_ms(*ms),
            Happening::KilledAfter(index, effects) => {
                self.step(&all[index % all.len()].1, *effects);
                self.restart();
            }
            Happening::DatabaseLost => self.lose(Database::None),
            Happening::DatabaseBroken => self.lose(Database::Unreadable),
            Happening::MarkerBroken if self.marker != Marker::None => {
                self.marker = Marker::Unreadable;
                self.restart();
            }
            Happening::MarkerBroken => {}
            Happening::DatabaseOlder => self.age(),
            Happening::DatabaseCopied => self.copy(),
            Happening::Wiped => {
                self.marker = Marker::None;
                self.lose(Database::None);
                assert_eq!(self.state, State::Offered);
            }
        }
    }

    fn age(&mut self) {
        if let Database::Claimed { generation, .. } = self.database
            && generation > Generation(1)
        {
            let generation = Generation(generation.0 - 1);
            self.database =
                Database::Claimed { generation, kept: Kept::Owned, copied: Copied::Latest };
            self.owners = 1;
            self.restart();
        }
    }

    /// Another start has been since the copy was made, so the marker tells.
    fn copy(&mut self) {
        if let Database::Claimed { copied, .. } = &mut self.database
            && self.marker != Marker::None
        {
            *copied = Copied::Older;
            self.owners = 1;
            self.restart();
            let serves = self.state.serves().library();
            assert!(!serves, "{:?} serves an older copy", self.state);
        }
    }

    /// Somebody with the box in hand makes themselves its owner, whatever became of it.
    fn is_taken_back(&mut self) {
        self.boot = self.boot.plus_ms(DEADLINE.0);
        let mut root = Event::RecoveryOpened { by: RecoveryWay::Root, generation: Generation(0) };
        root = self.with_generation(&root);
        self.step(&root, usize::MAX);
        claims(self);
    }

    /// Losing the database of a claim that never reached its marker is a factory wipe.
    fn lose(&mut self, left: Database) {
        if self.marker == Marker::None && left == Database::None {
            self.was_claimed = false;
        }
        self.database = left;
        self.owners = 0;
        self.restart();
    }

    fn check(&self) {
        assert!(self.owners <= 1, "two owners");
        if self.was_claimed {
            assert!(self.state.was_claimed(), "open to a claim after a claim: {:?}", self.state);
        }
        let open = self.state.serves().library();
        assert!(!open || self.owners == 1, "{:?} serves without an owner", self.state);
    }
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        20 => (0..1000_usize).prop_map(Happening::Event),
        3 => (0..1_000_000_u64).prop_map(Happening::Passing),
        2 => (0..1000_usize, 0..6_usize).prop_map(|(e, n)| Happening::KilledAfter(e, n)),
        1 => Just(Happening::DatabaseLost),
        1 => Just(Happening::DatabaseBroken),
        1 => Just(Happening::MarkerBroken),
        1 => Just(Happening::DatabaseOlder),
        1 => Just(Happening::DatabaseCopied),
        1 => Just(Happening::Wiped),
    ]
}

/// A walk that begins with a whole claim, since chance alone seldom completes one.
fn claims(a_box: &mut Box) {
    let all = events();
    let wanted = ["link from A", "A did owner", "A did totp", "A did codes", "owner of A written"];
    for name in wanted {
        let (_, event) = all.iter().find(|(label, _)| *label == name).unwrap();
        a_box.step(event, usize::MAX);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn never_two_owners_never_open_after_claimed(
        claimed in any::<bool>(),
        walk in prop::collection::vec(happening(), 0..80),
    ) {
        let mut a_box = Box::new();
        if claimed {
            claims(&mut a_box);
            prop_assert_eq!(a_box.state, State::Claimed);
        }
        for what in &walk {
            a_box.happen(what);
            a_box.check();
        }
        a_box.is_taken_back();
        prop_assert_eq!(a_box.state, State::Claimed, "an owner can always get in");
        a_box.restart();
        prop_assert_eq!(a_box.state, State::Claimed);
    }
}

#[test]
fn from_every_state_some_events_lead_to_claimed() {
    for (name, from) in states() {
        // Where nothing can be kept the way leads over the disk, and no event is one.
        let is_meant = from == State::Locked(LockReason::DataMissing);
        assert_eq!(reaches_claimed(from), !is_meant, "{name} is a dead end");
    }
}

fn reaches_claimed(from: State) -> bool {
    let mut known: HashSet<String> = HashSet::new();
    let mut open = vec![from];
    while let Some(state) = open.pop() {
        if state == State::Claimed {
            return true;
        }
        if !known.insert(format!("{state:?}")) {
            continue;
        }
        let now = at(BootMs(DEADLINE.0 - 1));
        open.extend(events().iter().map(|(_, event)| apply(&state, event, now).next));
    }
    false
}

#[test]
fn generations_never_decrease_in_a_life() {
    let mut a_box = Box::new();
    claims(&mut a_box);
    assert_eq!(a_box.marker, Marker::Generation(Generation(1)));
    a_box.lose(Database::None);
    a_box.is_taken_back();
    assert_eq!(a_box.state, State::Claimed);
    assert_eq!(a_box.marker, Marker::Generation(Generation(2)));
}
