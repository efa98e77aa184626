//! The use cases of the policy.

use stead_rules::ids::GroupId;
use stead_rules::policy::{RequirementId, Wished};
use stead_store::accounts::audit::Wanted;
use stead_store::accounts::requirements::About;

use super::*;
use crate::service::policy::board::{self, Ask, Sort};
use crate::service::policy::requirements::{self, Wish};
use crate::service::policy::{asked, audit, ease, exemptions, groups, preview, reminders};

const SOMEBODY: UserId = UserId::from_bytes([5; 16]);
const GROUP: GroupId = GroupId::from_bytes([5; 16]);
const ROW: RequirementId = RequirementId(1);

fn wish() -> Wish {
    let wished = Wished { level: Assurance::Mfa, grace_days: 0, max_age_seconds: None };
    Wish { about: About::Server, wished }
}

fn exemption() -> exemptions::Wish {
    exemptions::Wish { user: SOMEBODY, from: None, reason: "no phone".to_owned(), days: None }
}

fn ask() -> Ask {
    let (states, group, text) = Default::default();
    Ask { sort: Sort::Name, descending: false, states, group, text, offset: 0, limit: 1 }
}

pub(super) fn cases<'a>(core: &'a Core, by: &'a SessionFacts) -> Vec<Case<'a>> {
    let (boards, policy) = (Action::Tend(Tend::Boards), Action::Guard(Guard::Policy));
    let ease = Action::Guard(Guard::Ease);
    let (users, export) = (Action::Guard(Guard::Users), Action::Guard(Guard::Export));
    vec![
        case("requirements::all", boards, move |p| requirements::all(core, p, NOW, by)),
        case("requirements::preview", boards, move |permit| {
            preview::preview(core, permit, NOW, by, wish())
        }),
        case("requirements::set", policy, move |permit| {
            requirements::set(core, permit, NOW, by, wish())
        }),
        case("ease::lower", ease, |permit| ease::lower(core, permit, NOW, ROW)),
        case("ease::switch_off", ease, |permit| ease::switch_off(core, permit, NOW, ROW)),
        case("ease::remove", ease, |permit| ease::remove(core, permit, NOW, ROW)),
        case("requirements::give_days", policy, |permit| {
            requirements::give_days(core, permit, NOW, SOMEBODY, ROW, 7)
        }),
        case("exemptions::all", boards, |permit| exemptions::all(core, permit, NOW)),
        case("exemptions::give", policy, |p| exemptions::give(core, p, NOW, exemption())),
        case("exemptions::end", policy, |permit| exemptions::end(core, permit, NOW, "05")),
        case("groups::all", boards, |permit| groups::all(core, permit)),
        case("groups::members", boards, |permit| groups::members(core, permit, GROUP)),
        case("groups::make", users, |p| groups::make(core, p, NOW, "Family", false)),
        case("groups::change", users, |permit| {
            groups::change(core, permit, NOW, GROUP, "Family", false)
        }),
        case("groups::set_member", users, |permit| {
            groups::set_member(core, permit, NOW, GROUP, SOMEBODY, true)
        }),
        case("groups::remove", users, |permit| groups::remove(core, permit, NOW, GROUP)),
        case("board::look", boards, |permit| board::look(core, permit, NOW, &ask())),
        case("board::export", export, |permit| board::export(core, permit, NOW, &ask())),
        case("board::adoption", boards, |permit| board::adoption(core, permit, NOW, 90)),
        case("reminders::remind", users, |p| reminders::remind(core, p, NOW, SOMEBODY)),
        case("audit::page", boards, |p| audit::page(core, p, &Wanted::default(), 1)),
        case("audit::export", export, |p| audit::export(core, p, &Wanted::default(), 0)),
        case("asked::of", Action::OwnAccount(Own::Read), move |p| asked::of(core, p, NOW, by)),
    ]
}
