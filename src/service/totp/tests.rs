//! Codes agree with those of somebody else's implementation: Debian's oathtool.

use std::process::Command;

use ring::digest::{SHA256, digest};

use super::*;

const SECRETS: u64 = 100;
const TIMES: u64 = 100;

/// Secrets as good as random, and the same in each run.
fn secret(number: u64) -> Vec<u8> {
    let hash = digest(&SHA256, &number.to_be_bytes());
    hash.as_ref().iter().copied().take(SECRET_BYTES).collect()
}

/// Times from 1970 to beyond 2038, some of them at the edges of a step.
fn begin(number: u64) -> u64 {
    match number {
        0 => 0,
        1 => 59,
        2 => 1_111_111_109,
        3 => (1 << 31) - 1,
        4 => 20_000_000_000,
        other => other * 40_000_007,
    }
}

/// What oathtool says for this and the next steps.
fn codes_of_oathtool(secret: &[u8], from: u64) -> Vec<String> {
    let ran = Command::new("oathtool")
        .args(["--totp", "--base32", &base32(secret)])
        .args(["--now", &format!("@{from}"), "--window", &(TIMES - 1).to_string()])
        .output()
        .expect("oathtool is installed by scripts/setup test");
    assert!(ran.status.success(), "{ran:?}");
    String::from_utf8(ran.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn codes_agree_with_oathtool_on_ten_thousand_pairs_of_secret_and_time() {
    let mut pairs = 0_u64;
    for number in 0..SECRETS {
        let (secret, from) = (secret(number), begin(number));
        let codes = codes_of_oathtool(&secret, from);
        assert_eq!(u64::try_from(codes.len()).unwrap(), TIMES);
        for (later, code) in (0..).zip(&codes) {
            let seconds = from + later * TOTP_STEP_SECONDS;
            let wall = WallMs(i64::try_from(seconds * 1000).unwrap());
            let step = seconds / TOTP_STEP_SECONDS;
            assert_eq!(check(&secret, code, wall, None), Ok(step), "secret {number} at {seconds}");
            pairs += 1;
        }
    }
    assert_eq!(pairs, 10_000);
}
