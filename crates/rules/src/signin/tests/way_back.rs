use crate::limits::{RESCUE_SECONDS, WAY_BACK_SECONDS};
use crate::policy::Role;
use crate::signin::{NoHelp, WayBack, may_be_given, rescue_is_live, way_back_is_live};
use crate::time::{BootMs, Moment, Now, TimeTrust, WallMs};

fn at(boot: u64, wall: i64, trust: TimeTrust) -> Now {
    Now { wall: WallMs(wall), boot: BootMs(boot), trust }
}

#[test]
fn nobody_makes_a_way_into_the_owners_account() {
    for what in [WayBack::Link, WayBack::Code] {
        for here in [false, true] {
            assert_eq!(may_be_given(what, Role::Owner, here), Err(NoHelp::Owner));
        }
    }
    for role in [Role::Member, Role::Administrator] {
        assert_eq!(may_be_given(WayBack::Link, role, true), Ok(()));
        assert_eq!(may_be_given(WayBack::Link, role, false), Err(NoHelp::NoPasswordHere));
        assert_eq!(may_be_given(WayBack::Code, role, false), Ok(()));
    }
}

#[test]
fn a_link_ends_after_a_day_and_at_once_where_nobody_can_tell() {
    let day = WAY_BACK_SECONDS * 1000;
    let made = at(5, 1_000_000, TimeTrust::Synced);
    let later = |ms: u64| at(5 + ms, 1_000_000, TimeTrust::Unknown);
    assert!(way_back_is_live(Moment::of(made), later(day - 1)), "uptime tells, whatever the clock");
    assert!(!way_back_is_live(Moment::of(made), later(day)));

    let before = Moment::before_this_start(WallMs(1_000_000));
    let wall = |ms: u64| 1_000_000 + i64::try_from(ms).unwrap();
    assert!(way_back_is_live(before, at(9, wall(day - 1), TimeTrust::Synced)));
    assert!(!way_back_is_live(before, at(9, wall(day), TimeTrust::Synced)));
    assert!(!way_back_is_live(before, at(9, wall(10), TimeTrust::Unknown)), "it may be any time");
    assert!(!way_back_is_live(before, at(9, 999, TimeTrust::Synced)), "the clock went back");
}

#[test]
fn a_rescue_counts_in_uptime() {
    let end = RESCUE_SECONDS * 1000;
    assert!(rescue_is_live(BootMs(7), at(7 + end - 1, i64::MAX, TimeTrust::Synced)));
    assert!(!rescue_is_live(BootMs(7), at(7 + end, 0, TimeTrust::Unknown)));
}
