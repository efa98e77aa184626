use crate::limits::{APPROVAL_REFUSED_SECONDS, APPROVAL_SECONDS, APPROVALS_PENDING_MAX};
use crate::policy::ClientKind;
use crate::signin::{
    Approver, Life, Method, Methods, NotAsked, approval_is_live, may_approve, may_ask, numbers,
    refusal_counts, wrong_numbers_refuse,
};
use crate::time::{BootMs, Now, TimeTrust, WallMs};

const BEGUN: BootMs = BootMs(1_000_000);

fn after(seconds: u64) -> Now {
    let boot = BEGUN.plus_ms(seconds * 1000);
    Now { wall: WallMs(0), boot, trust: TimeTrust::Unknown }
}

#[test]
fn who_approves_has_shown_a_second_factor_and_elsewhere() {
    let password = Methods::NONE.and(Method::Password);
    let fine = Approver {
        client: ClientKind::Web,
        methods: password.and(Method::Totp),
        life: Life::Live,
        asks_itself: false,
    };
    for (what, approver, may) in [
        ("a code", fine, true),
        ("an app", Approver { client: ClientKind::App, ..fine }, false),
        ("a passkey", Approver { methods: Methods::NONE.and(Method::Passkey), ..fine }, true),
        ("a television", Approver { client: ClientKind::Tv, ..fine }, false),
        ("a password", Approver { methods: password, ..fine }, false),
        (
            "a remembered browser",
            Approver { methods: password.and(Method::RememberedDevice), ..fine },
            false,
        ),
        ("an idle phone", Approver { life: Life::PlaybackOnly, ..fine }, true),
        ("an ended one", Approver { life: Life::Ended, ..fine }, false),
        ("the one that asks", Approver { asks_itself: true, ..fine }, false),
    ] {
        assert_eq!(may_approve(approver), may, "{what}");
    }
}

#[test]
fn push_bombing_meets_a_bound_and_a_refusal() {
    let full = [BEGUN; APPROVALS_PENDING_MAX];
    let two = [BEGUN; APPROVALS_PENDING_MAX - 1];
    let many = Err(NotAsked::TooMany { wait_seconds: 1 });
    let refused = |wait_seconds| Err(NotAsked::Refused { wait_seconds });
    for (pending, refusal, seconds, expected) in [
        (&two[..], None, 0, Ok(())),
        (&full[..], None, APPROVAL_SECONDS - 1, many),
        (&full[..], None, APPROVAL_SECONDS, Ok(())),
        (&[], Some(BEGUN), 0, refused(APPROVAL_REFUSED_SECONDS)),
        (&[], Some(BEGUN), APPROVAL_REFUSED_SECONDS - 1, refused(1)),
        (&[], Some(BEGUN), APPROVAL_REFUSED_SECONDS, Ok(())),
    ] {
        assert_eq!(may_ask(pending, refusal, after(seconds)), expected, "{seconds}");
    }
    assert!(approval_is_live(BEGUN, after(APPROVAL_SECONDS - 1)));
    assert!(!approval_is_live(BEGUN, after(APPROVAL_SECONDS)));
    assert!(refusal_counts(BEGUN, after(APPROVAL_REFUSED_SECONDS - 1)));
    assert!(!refusal_counts(BEGUN, after(APPROVAL_REFUSED_SECONDS)));
    assert_eq!([0, 2, 3, 9].map(wrong_numbers_refuse), [false, false, true, true]);
}

#[test]
fn three_different_numbers_are_shown_and_the_right_one_is_among_them() {
    for right in 0..90 {
        for second in 0..89 {
            for third in 0..88 {
                let made = numbers(right, second, third, third % 3);
                let [a, b, c] = made.shown;
                assert!(a != b && b != c && a != c, "{made:?}");
                assert!(made.shown.iter().all(|n| (10..=99).contains(n)), "{made:?}");
                assert!(made.shown.contains(&made.right), "{made:?}");
            }
        }
    }
    let places: Vec<_> = (0..3)
        .map(|place| {
            let made = numbers(5, 6, 7, place);
            made.shown.iter().position(|n| *n == made.right)
        })
        .collect();
    assert_eq!(places, [Some(0), Some(1), Some(2)]);
}
