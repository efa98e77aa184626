//! The complete table state × event × time, and what must hold in each of its rows.

use std::fmt::Write;

use super::world::{A, B, D, DEADLINE, at, events, rows, states};
use crate::claim::{
    Applied, Effect, Event, Link, Pending, RecoveryWay, Reject, Serves, State, WizardStep, apply,
    may_show_proof, settle, step,
};
use crate::golden;
use crate::ids::TicketId;
use crate::limits::{CLAIM_PENDING_SECONDS, PLUG_CLAIMED_WAIT_SECONDS};
use crate::time::{BootMs, Now};

#[test]
fn the_table_is_the_reviewed_one() {
    let mut text = String::from(
        "What every event leads to in every state. `late` is at or after the deadline of a\n\
         pending claim, `any` at any time. A refusal is written !code.\n",
    );
    for (name, state) in states() {
        writeln!(text, "\n{name}  (serves {:?})", state.serves()).unwrap();
        for (label, event) in events() {
            text.push_str(&lines(&state, label, &event));
        }
    }
    golden::check("claim.txt", &text);
}

fn lines(state: &State, label: &str, event: &Event) -> String {
    let (early_now, late_now) = (at(BootMs(DEADLINE.0 - 1)), at(DEADLINE));
    let early = outcome(&apply(state, event, early_now), early_now);
    let late = outcome(&apply(state, event, late_now), late_now);
    if early == late {
        return format!("  {label:<32} any   {early}\n");
    }
    format!("  {label:<32} early {early}\n  {:<32} late  {late}\n", "")
}

fn outcome(applied: &Applied, now: Now) -> String {
    let mut text = state_text(&applied.next, now);
    if let Err(reject) = applied.answer {
        write!(text, "  !{}", reject_text(&reject)).unwrap();
    }
    for effect in &applied.effects {
        write!(text, "  + {}", effect_text(effect)).unwrap();
    }
    text
}

fn state_text(state: &State, now: Now) -> String {
    match state {
        State::Pending(pending) => pending_text(pending, now),
        State::Locked(why) => format!("locked({})", why.word()),
        State::Factory
        | State::Legacy
        | State::Offered
        | State::Claimed
        | State::Orphaned
        | State::Recovery => state.word().to_owned(),
    }
}

fn pending_text(pending: &Pending, now: Now) -> String {
    let (left, step) = (pending.left_ms(now), pending.wizard.word());
    let mut text = format!("pending({} {step}, {left} ms left", browser(pending.holder));
    if let Some(displaced) = pending.displaced {
        write!(text, ", taken from {}", browser(displaced)).unwrap();
    }
    text + ")"
}

fn browser(ticket: TicketId) -> &'static str {
    match ticket {
        A => "A",
        B => "B",
        D => "D",
        _ => "?",
    }
}

fn reject_text(reject: &Reject) -> String {
    match reject {
        Reject::InProgress { can_take_over: true, .. } => "claim_in_progress, can take over".into(),
        Reject::NotYours { taken_over: true } => "claim_not_yours, taken over".into(),
        Reject::WrongStep { at } => format!("claim_wrong_step, at {}", at.word()),
        Reject::InProgress { .. }
        | Reject::NotYours { .. }
        | Reject::NotOffered
        | Reject::OffLink
        | Reject::ProofWrong
        | Reject::AlreadyClaimed
        | Reject::Locked(_)
        | Reject::NothingToUnlock
        | Reject::NotNow => reject.code().into(),
    }
}

pub(super) fn effect_text(effect: &Effect) -> String {
    match effect {
        Effect::EnsureSecret => "ensure secret".into(),
        Effect::RotateSecret => "rotate secret".into(),
        Effect::ForgetSecret => "forget secret".into(),
        Effect::WriteSetupPage => "write page".into(),
        Effect::RemoveSetupPage => "remove page".into(),
        Effect::RaiseMarker(to) => format!("marker to {}", to.0),
        Effect::EndPending(why) => format!("end pending ({})", why.word()),
        Effect::TellDisplaced { browser: ticket, .. } => format!("tell {}", browser(*ticket)),
        Effect::ForgetOwnCode => "forget own code".into(),
        Effect::AnnounceClaimed => "announce".into(),
        Effect::RecheckSessions => "recheck sessions".into(),
        Effect::Log(log) => format!("log {}", log.word()),
    }
}

/// Asserts something about every row.
fn always(rule: impl Fn(&State, &Event, Now, &Applied) -> bool) {
    for (state, event, now) in rows() {
        let applied = apply(&state, &event, now);
        assert!(rule(&state, &event, now, &applied), "{state:?} {event:?} {now:?} {applied:?}");
    }
}

#[test]
fn only_claimed_legacy_and_orphaned_serve_library_data() {
    for (_, state) in states() {
        let base = settle(&state, at(DEADLINE)).next;
        let may = matches!(base, State::Claimed | State::Legacy | State::Orphaned);
        assert_eq!(state.serves().library(), may, "{state:?}");
        assert_eq!(base.serves(), state.serves(), "a pending claim changes nothing for others");
    }
}

#[test]
fn factory_is_never_re_entered() {
    always(|state, _, _, applied| *state == State::Factory || applied.next != State::Factory);
}

#[test]
fn what_was_claimed_never_becomes_unclaimed() {
    always(|state, _, _, applied| !state.was_claimed() || applied.next.was_claimed());
}

#[test]
fn only_a_written_owner_or_a_stepped_up_one_leads_to_claimed() {
    always(|state, event, _, applied| {
        let by_owner = matches!(
            event,
            Event::OwnerWritten { .. } | Event::OwnerSteppedUp { .. } | Event::OwnerCameBack { .. }
        );
        applied.next != State::Claimed || *state == State::Claimed || by_owner
    });
}

#[test]
fn nothing_opens_but_what_leads_to_claimed() {
    always(|state, _, _, applied| {
        let opened = !state.serves().library() && applied.next.serves().library();
        !opened || applied.next == State::Claimed
    });
}

#[test]
fn only_a_lost_owner_or_the_box_in_hand_ends_claimed() {
    always(|state, event, _, applied| {
        let leaves = match event {
            Event::OwnerLost { .. } => applied.next == State::Orphaned,
            Event::RecoveryOpened { by: RecoveryWay::Plug { waited_seconds }, .. } => {
                applied.next == State::Recovery && *waited_seconds >= PLUG_CLAIMED_WAIT_SECONDS
            }
            Event::RecoveryOpened { .. } => applied.next == State::Recovery,
            Event::OfferMade
            | Event::AddressesChanged
            | Event::RotateAsked
            | Event::SecretAged
            | Event::ProofAccepted { .. }
            | Event::ProofRejected { .. }
            | Event::StepBegun { .. }
            | Event::StepDone { .. }
            | Event::OwnerWritten { .. }
            | Event::BackupRestored { .. }
            | Event::Denied { .. }
            | Event::OwnerSteppedUp { .. }
            | Event::OwnerCameBack { .. }
            | Event::Tick => false,
        };
        *state != State::Claimed || applied.next == State::Claimed || leaves
    });
}

/// A new owner is made by whoever opened the recovery, and no sooner than the marker says so.
#[test]
fn a_recovery_raises_the_marker_before_anything_else() {
    always(|state, _, _, applied| {
        let opens = applied.next == State::Recovery
            && !matches!(state, State::Recovery | State::Pending(_));
        !opens || matches!(applied.effects.first(), Some(Effect::RaiseMarker(_)))
    });
}

#[test]
fn no_proof_from_off_link_changes_anything() {
    always(|state, event, now, applied| {
        let off_link = matches!(
            event, Event::ProofAccepted { peer, .. } if peer.link == Link::OffLink
        );
        !off_link || (applied.answer.is_err() && applied.next == settle(state, now).next)
    });
}

#[test]
fn only_the_holder_moves_a_pending_claim_on() {
    always(|state, event, _, applied| match (state, event, applied.next) {
        (
            State::Pending(before),
            Event::StepDone { browser, .. } | Event::StepBegun { browser },
            State::Pending(after),
        ) => *browser == before.holder || *before == after,
        _ => true,
    });
}

#[test]
fn after_the_deadline_the_holder_is_a_stranger() {
    always(|state, event, now, applied| match (state, event) {
        (
            State::Pending(pending),
            Event::StepBegun { browser }
            | Event::StepDone { browser, .. }
            | Event::OwnerWritten { browser, .. }
            | Event::BackupRestored { browser, .. }
            | Event::Denied { browser },
        ) if pending.is_over(now) => {
            assert_eq!(*browser == pending.holder, *browser == A);
            applied.next == pending.resumes.state()
                && applied.answer == Err(Reject::NotYours { taken_over: false })
        }
        _ => true,
    });
}

#[test]
fn every_step_restarts_the_time() {
    always(|_, event, now, applied| match (event, applied.next, &applied.answer) {
        (
            Event::StepBegun { .. } | Event::StepDone { .. } | Event::ProofAccepted { .. },
            State::Pending(pending),
            Ok(()),
        ) => pending.left_ms(now) == CLAIM_PENDING_SECONDS * 1000,
        _ => true,
    });
}

#[test]
fn who_takes_over_begins_anew_and_the_first_is_told() {
    always(|state, event, now, applied| {
        let (State::Pending(before), State::Pending(after)) = (state, applied.next) else {
            return true;
        };
        if before.holder == after.holder || before.is_over(now) {
            return true;
        }
        let tells = |effect: &Effect| matches!(effect, Effect::TellDisplaced { browser, .. } if *browser == before.holder);
        after.wizard == WizardStep::Owner
            && after.displaced == Some(before.holder)
            && before.wizard != WizardStep::Finish
            && applied.effects.iter().any(tells)
            && matches!(event, Event::ProofAccepted { take_over: true, .. })
    });
}

#[test]
fn the_marker_is_raised_before_the_page_goes() {
    always(|_, _, _, applied| {
        let place = |wanted: fn(&Effect) -> bool| applied.effects.iter().position(wanted);
        let marker = place(|effect| matches!(effect, Effect::RaiseMarker(_)));
        let page = place(|effect| *effect == Effect::RemoveSetupPage);
        page.is_none() || (marker.is_some() && marker < page)
    });
}

#[test]
fn who_may_not_show_a_proof_is_told_the_same_for_any_proof() {
    always(|state, event, now, applied| {
        let Some((_, peer)) = event.proof() else { return true };
        match may_show_proof(state, peer, now) {
            Err(reject) => applied.answer == Err(reject),
            Ok(()) => !matches!(applied.answer, Err(Reject::OffLink | Reject::AlreadyClaimed)),
        }
    });
}

#[test]
fn step_and_apply_agree() {
    always(|state, event, now, applied| match step(state, event, now) {
        Ok(step) => {
            applied.answer == Ok(())
                && (applied.next, &applied.effects) == (step.next, &step.effects)
        }
        Err(reject) => applied.answer == Err(reject) && applied.next == settle(state, now).next,
    });
}

#[test]
fn a_pending_claim_serves_what_was_served_before() {
    let (_, recovery) = states().into_iter().find(|(name, _)| name.contains("recovery")).unwrap();
    assert_eq!(recovery.serves(), Serves::RecoveryOnly);
}
