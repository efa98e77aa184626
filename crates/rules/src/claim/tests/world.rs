//! Every kind of state and every kind of event, so that tables over them are complete.

use std::net::{IpAddr, Ipv4Addr};

use crate::claim::{
    Before, Event, Generation, Link, LockReason, OwnerLoss, Peer, Pending, ProofKind, RecoveryWay,
    State, WizardStep,
};
use crate::ids::TicketId;
use crate::limits::PLUG_CLAIMED_WAIT_SECONDS;
use crate::time::{BootMs, Now, TimeTrust, WallMs};

pub(super) const A: TicketId = TicketId::from_bytes([0xaa; 16]);
pub(super) const B: TicketId = TicketId::from_bytes([0xbb; 16]);
pub(super) const D: TicketId = TicketId::from_bytes([0xdd; 16]);
pub(super) const DEADLINE: BootMs = BootMs(5_000_000);
pub(super) const LOCKS: [LockReason; 8] = [
    LockReason::DataMissing,
    LockReason::DatabaseMissing,
    LockReason::DatabaseUnreadable,
    LockReason::DatabaseReplaced,
    LockReason::OlderGeneration,
    LockReason::OlderCopy,
    LockReason::Restored,
    LockReason::MarkerUnreadable,
];
pub(super) const STEPS: [WizardStep; 4] =
    [WizardStep::Owner, WizardStep::Totp, WizardStep::Codes, WizardStep::Finish];

pub(super) fn at(boot: BootMs) -> Now {
    Now { wall: WallMs(1_700_000_000_000), boot, trust: TimeTrust::Unknown }
}

pub(super) fn address(last: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(192, 168, 1, last))
}

pub(super) fn peer(browser: TicketId, link: Link) -> Peer {
    Peer { address: address(browser.as_bytes()[0]), link }
}

pub(super) fn pending(wizard: WizardStep, resumes: Before) -> Pending {
    Pending {
        holder: A,
        proof: ProofKind::Link,
        from: address(0xaa),
        since: BootMs(DEADLINE.0 - 900_000),
        deadline: DEADLINE,
        wizard,
        displaced: None,
        resumes,
    }
}

pub(super) fn proof(kind: ProofKind, browser: TicketId, link: Link, take_over: bool) -> Event {
    Event::ProofAccepted { kind, browser, take_over, peer: peer(browser, link) }
}

pub(super) fn done(browser: TicketId, step: WizardStep) -> Event {
    Event::StepDone { browser, step }
}

pub(super) fn written(browser: TicketId) -> Event {
    Event::OwnerWritten { browser, generation: Generation(7) }
}

/// Every state, a pending claim in all its forms.
pub(super) fn states() -> Vec<(String, State)> {
    let mut all: Vec<(String, State)> =
        [State::Factory, State::Legacy, State::Offered, State::Claimed]
            .into_iter()
            .chain([State::Orphaned, State::Recovery])
            .map(|state| (state.word().to_owned(), state))
            .collect();
    for resumes in [Before::Offered, Before::Legacy, Before::Recovery] {
        for step in STEPS {
            let before = resumes.state().word();
            let name = format!("pending, held by A, at {}, from {before}", step.word());
            all.push((name, State::Pending(pending(step, resumes))));
        }
    }
    let taken = Pending { displaced: Some(D), ..pending(WizardStep::Totp, Before::Offered) };
    all.push(("pending, taken over from D by A, at totp".into(), State::Pending(taken)));
    all.extend(LOCKS.map(|why| (format!("locked, {}", why.word()), State::Locked(why))));
    all
}

/// Every event, from every kind of browser.
pub(super) fn events() -> Vec<(&'static str, Event)> {
    use Link::{OffLink, OnLink};
    use ProofKind::{Code, Link as ByLink, Own, Plug};
    let mut all = vec![
        ("offer made", Event::OfferMade),
        ("addresses changed", Event::AddressesChanged),
        ("new secret asked for", Event::RotateAsked),
        ("secret is old", Event::SecretAged),
        ("link from A", proof(ByLink, A, OnLink, false)),
        ("code from A", proof(Code, A, OnLink, false)),
        ("own code from A", proof(Own, A, OnLink, false)),
        ("plug from A", proof(Plug, A, OnLink, false)),
        ("own code from B, take over", proof(Own, B, OnLink, true)),
        ("plug from B off-link", proof(Plug, B, OffLink, false)),
        ("link from B", proof(ByLink, B, OnLink, false)),
        ("link from B, take over", proof(ByLink, B, OnLink, true)),
        ("link from B off-link", proof(ByLink, B, OffLink, false)),
        ("link from B off-link, take over", proof(ByLink, B, OffLink, true)),
    ];
    all.extend([
        ("wrong link from B", wrong(ByLink, OnLink)),
        ("wrong code from B", wrong(Code, OnLink)),
        ("wrong code from B off-link", wrong(Code, OffLink)),
        ("A began a step", Event::StepBegun { browser: A }),
        ("B began a step", Event::StepBegun { browser: B }),
        ("A did owner", done(A, WizardStep::Owner)),
        ("A did totp", done(A, WizardStep::Totp)),
        ("A did codes", done(A, WizardStep::Codes)),
        ("A did finish", done(A, WizardStep::Finish)),
        ("B did owner", done(B, WizardStep::Owner)),
        ("D did owner", done(D, WizardStep::Owner)),
        ("owner of A written", written(A)),
        ("owner of B written", written(B)),
        ("backup of A put back", restored(A)),
        ("backup of B put back", restored(B)),
        ("A gave up", Event::Denied { browser: A }),
        ("B gave up", Event::Denied { browser: B }),
        ("owner stepped up", Event::OwnerSteppedUp { generation: Generation(7) }),
        ("owner came back", Event::OwnerCameBack { generation: Generation(7) }),
        ("owner signed the server out", Event::OwnerLost { why: OwnerLoss::SignedOut }),
        ("owner refused by the issuer", Event::OwnerLost { why: OwnerLoss::IssuerRefused }),
        ("recovery by root", recovery(RecoveryWay::Root)),
        ("recovery by the button", recovery(RecoveryWay::Button)),
        ("recovery by own code", recovery(RecoveryWay::OwnCode)),
        ("recovery by plug at once", recovery(RecoveryWay::Plug { waited_seconds: 0 })),
        ("recovery by plug too early", recovery(plug(PLUG_CLAIMED_WAIT_SECONDS - 1))),
        ("recovery by plug after a day", recovery(plug(PLUG_CLAIMED_WAIT_SECONDS))),
        ("tick", Event::Tick),
    ]);
    all
}

fn restored(browser: TicketId) -> Event {
    Event::BackupRestored { browser, generation: Generation(6) }
}

fn recovery(by: RecoveryWay) -> Event {
    Event::RecoveryOpened { by, generation: Generation(6) }
}

const fn plug(waited_seconds: u64) -> RecoveryWay {
    RecoveryWay::Plug { waited_seconds }
}

fn wrong(kind: ProofKind, link: Link) -> Event {
    Event::ProofRejected { kind, peer: peer(B, link) }
}

/// Every row of the table: the state, the event, and a moment before or after the deadline.
pub(super) fn rows() -> Vec<(State, Event, Now)> {
    let mut rows = Vec::new();
    for (_, state) in states() {
        for (_, event) in events() {
            rows.push((state, event, at(BootMs(DEADLINE.0 - 1))));
            rows.push((state, event, at(DEADLINE)));
        }
    }
    rows
}
