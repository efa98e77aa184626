//! Grace and exemptions are used up by what went by, whatever a clock says.

use proptest::prelude::*;

use super::world::NOW;
use crate::policy::{Allowance, Grace, Reminder, reminder_due};
use crate::time::{BootMs, Moment, Now, TimeTrust, WallMs};

const DAY: u64 = 24 * 3600;
const DAY_MS: u64 = DAY * 1000;

/// A box with its clock, and what really went by.
#[derive(Debug, Clone, Copy)]
struct Machine {
    now: Now,
    run: u64,
}

impl Machine {
    fn new() -> Self {
        Self { now: NOW, run: 0 }
    }

    /// Time goes by, as its clocks see it.
    fn pass(&mut self, ms: u64) {
        self.now.boot = self.now.boot.plus_ms(ms);
        self.now.wall = self.now.wall.plus_ms(i64::try_from(ms).unwrap());
    }

    /// Off for so long; it comes up with this trust, at the right time unless that is unknown.
    fn restart(&mut self, off_ms: u64, trust: TimeTrust) {
        self.run += 1;
        if trust != TimeTrust::Unknown {
            self.now.wall = self.now.wall.plus_ms(i64::try_from(off_ms).unwrap());
        }
        self.now = Now { boot: BootMs(0), trust, ..self.now };
    }
}

/// What is kept, with the run in which it was looked at.
struct Kept {
    row: Allowance,
    run: u64,
}

impl Kept {
    fn new(seconds: u64, at: Machine) -> Self {
        Self { row: Allowance::granted(seconds, at.now), run: at.run }
    }

    /// As it is read back: uptime means nothing in another run.
    fn read(&self, at: Machine) -> Allowance {
        let seen = self.row.seen;
        let same = self.run == at.run;
        Allowance { seen: Moment { boot: seen.boot.filter(|_| same), ..seen }, ..self.row }
    }

    fn look(&mut self, at: Machine) -> Grace {
        self.row = self.read(at).until(at.now);
        self.run = at.run;
        self.row.grace(at.now)
    }
}

#[test]
fn days_are_rounded_up_and_end() {
    let grace = Allowance::granted(7 * DAY, NOW);
    let after = |seconds: u64| {
        let ms = seconds * 1000;
        let wall = NOW.wall.plus_ms(i64::try_from(ms).unwrap());
        grace.grace(Now { wall, boot: NOW.boot.plus_ms(ms), ..NOW })
    };
    assert_eq!(after(0), Grace::Days(7));
    assert_eq!(after(1), Grace::Days(7));
    assert_eq!(after(DAY), Grace::Days(6));
    assert_eq!(after(7 * DAY - 1), Grace::Days(1));
    assert_eq!(after(7 * DAY), Grace::Over);
    assert_eq!(Allowance::granted(0, NOW).grace(NOW), Grace::Over);
    assert_eq!(Allowance::granted(u64::MAX, NOW).grace(NOW), Grace::Days(u32::MAX));
}

#[test]
fn no_clock_that_is_turned_stretches_or_takes_it() {
    let mut machine = Machine::new();
    let mut kept = Kept::new(7 * DAY, machine);
    machine.pass(DAY_MS);
    assert_eq!(kept.look(machine), Grace::Days(6));
    for wall in [0, machine.now.wall.0 - 400 * 86_400_000, machine.now.wall.0 + 400 * 86_400_000] {
        machine.now.wall = WallMs(wall);
        assert_eq!(kept.look(machine), Grace::Days(6), "{wall}");
        machine.pass(DAY_MS / 100);
    }
    machine.pass(2 * DAY_MS - 3 * DAY_MS / 100);
    assert_eq!(kept.look(machine), Grace::Days(4));
}

#[test]
fn a_boot_at_1970_uses_up_what_the_box_is_up_and_what_it_was_off_when_the_time_is_known() {
    let mut machine = Machine::new();
    let mut kept = Kept::new(30 * DAY, machine);
    machine.pass(DAY_MS);
    kept.look(machine);
    machine.restart(10 * DAY_MS, TimeTrust::Unknown);
    machine.now.wall = WallMs(0);
    assert_eq!(kept.look(machine), Grace::Days(29), "nobody knows that it was off for ten days");
    machine.pass(2 * DAY_MS);
    assert_eq!(kept.look(machine), Grace::Days(27));
    // It starts again without knowing, and then the network says the time.
    machine.restart(0, TimeTrust::Unknown);
    machine.now.wall = WallMs(0);
    assert_eq!(kept.look(machine), Grace::Days(27));
    let wall = WallMs(NOW.wall.0 + 13 * 86_400_000);
    machine.now = Now { wall, trust: TimeTrust::Synced, ..machine.now };
    assert_eq!(kept.look(machine), Grace::Days(17));
    // From then on it is known, and turning the clock does nothing.
    machine.now.wall = wall.plus_ms(400 * 86_400_000);
    assert_eq!(kept.look(machine), Grace::Days(17));
}

#[test]
fn a_clock_that_nobody_believes_takes_nothing_by_running_ahead() {
    let mut machine = Machine::new();
    let mut kept = Kept::new(7 * DAY, machine);
    machine.restart(0, TimeTrust::Unknown);
    machine.now.wall = NOW.wall.plus_ms(400 * 86_400_000);
    assert_eq!(kept.look(machine), Grace::Days(7));
    // Granted without knowing the time, nothing is known of the time before.
    let mut kept = Kept::new(7 * DAY, machine);
    machine.pass(DAY_MS);
    machine.now.wall = NOW.wall.plus_ms(900 * 86_400_000);
    machine.now.trust = TimeTrust::Synced;
    assert_eq!(kept.look(machine), Grace::Days(6));
    machine.restart(DAY_MS, TimeTrust::Synced);
    assert_eq!(kept.look(machine), Grace::Days(5));
}

#[test]
fn what_goes_on_after_a_pause_has_used_up_nothing_meanwhile() {
    let mut machine = Machine::new();
    let mut kept = Kept::new(7 * DAY, machine);
    machine.pass(DAY_MS);
    kept.look(machine);
    machine.pass(100 * DAY_MS);
    kept.row = kept.read(machine).going_on(machine.now);
    assert_eq!(kept.look(machine), Grace::Days(6));
}

#[test]
fn off_counts_where_the_clock_is_believed() {
    for trust in [TimeTrust::Held, TimeTrust::Synced] {
        let mut machine = Machine::new();
        let mut kept = Kept::new(7 * DAY, machine);
        machine.restart(5 * DAY_MS, trust);
        assert_eq!(kept.look(machine), Grace::Days(2), "{trust:?}");
        machine.restart(5 * DAY_MS, trust);
        assert_eq!(kept.look(machine), Grace::Over, "{trust:?}");
    }
}

#[test]
fn shorter_holds_at_once_and_longer_gives_nothing_back_that_was_used() {
    let mut machine = Machine::new();
    let mut kept = Kept::new(30 * DAY, machine);
    machine.pass(10 * DAY_MS);
    kept.look(machine);
    let row = kept.read(machine);
    assert_eq!(row.regranted(14 * DAY).grace(machine.now), Grace::Days(4));
    assert_eq!(row.regranted(7 * DAY).grace(machine.now), Grace::Over);
    assert_eq!(row.regranted(40 * DAY).grace(machine.now), Grace::Days(30));
    // Off and on again: the row stays, so nothing begins anew.
    assert_eq!(row.regranted(0).regranted(30 * DAY).grace(machine.now), Grace::Days(20));
}

#[test]
fn each_step_is_told_once_and_a_box_that_was_off_tells_the_last_alone() {
    let told = |days: u64, looks: &[u64]| {
        let mut machine = Machine::new();
        let kept = Kept::new(days * DAY, machine);
        let (mut last, mut all, mut before) = (None, Vec::new(), 0);
        for hour in looks {
            machine.pass((hour - before) * 3_600_000);
            before = *hour;
            if let Some(step) = reminder_due(kept.read(machine), last, machine.now) {
                (last, all) = (Some(step), [all, vec![step.word()]].concat());
            }
        }
        all
    };
    let hourly: Vec<_> = (0..31 * 24).collect();
    assert_eq!(told(30, &hourly), ["on", "half", "week", "three_days", "day", "over"]);
    assert_eq!(told(14, &hourly), ["on", "half", "three_days", "day", "over"]);
    assert_eq!(told(10, &hourly), ["on", "week", "half", "three_days", "day", "over"]);
    assert_eq!(told(7, &hourly), ["on", "half", "three_days", "day", "over"]);
    assert_eq!(told(1, &hourly), ["on", "half", "over"]);
    assert_eq!(told(0, &hourly), ["over"]);
    assert_eq!(told(30, &[0, 29 * 24 + 1, 40 * 24]), ["on", "day", "over"]);
    for step in [Reminder::On, Reminder::Half, Reminder::Over] {
        assert_eq!(Reminder::from_word(step.word()), Some(step));
    }
    assert_eq!(Reminder::from_word("never"), None);
}

/// Something that happens to a box.
#[derive(Debug, Clone, Copy)]
enum Event {
    Pass { minutes: u64 },
    Turn { days: i64 },
    Restart { off_minutes: u64, trust: TimeTrust },
    Look,
}

fn event() -> impl Strategy<Value = Event> {
    let trust =
        prop_oneof![Just(TimeTrust::Unknown), Just(TimeTrust::Held), Just(TimeTrust::Synced)];
    prop_oneof![
        (0..5000_u64).prop_map(|minutes| Event::Pass { minutes }),
        (-4000..4000_i64).prop_map(|days| Event::Turn { days }),
        (0..5000_u64, trust).prop_map(|(off_minutes, trust)| Event::Restart { off_minutes, trust }),
        Just(Event::Look),
    ]
}

proptest! {
    /// Uptime that was seen is used up, whatever the wall clock does; and nothing is given back.
    #[test]
    fn what_the_box_was_up_is_used_up_and_never_given_back(events in proptest::collection::vec(event(), 1..40)) {
        let mut machine = Machine::new();
        let mut kept = Kept::new(90 * DAY, machine);
        let (mut up_ms, mut used) = (0, 0);
        for event in events {
            match event {
                Event::Pass { minutes } => {
                    machine.pass(minutes * 60_000);
                    up_ms += minutes * 60_000;
                }
                Event::Turn { days } => machine.now.wall = machine.now.wall.plus_ms(days * 86_400_000),
                Event::Restart { off_minutes, trust } => {
                    // A clean stop looks once more.
                    kept.look(machine);
                    machine.restart(off_minutes * 60_000, trust);
                }
                Event::Look => {
                    kept.look(machine);
                }
            }
            kept.look(machine);
            prop_assert!(kept.row.used_ms >= up_ms, "{} < {up_ms}", kept.row.used_ms);
            prop_assert!(kept.row.used_ms >= used);
            used = kept.row.used_ms;
        }
    }

    /// While nobody touches the clock and it is believed, it is used up exactly.
    #[test]
    fn with_a_clock_that_is_right_it_is_exact(
        passes in proptest::collection::vec((0..5000_u64, any::<bool>()), 1..40),
    ) {
        let mut machine = Machine::new();
        let mut kept = Kept::new(90 * DAY, machine);
        let mut real = 0;
        for (minutes, off) in passes {
            real += minutes * 60_000;
            if off {
                machine.restart(minutes * 60_000, TimeTrust::Synced);
            } else {
                machine.pass(minutes * 60_000);
            }
            kept.look(machine);
            prop_assert_eq!(kept.row.used_ms, real);
        }
    }
}
